"""Ledgers that begin alike: a digest holds everything before it, to the second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from storagelab.ledger import Entry

COPIED_FROM = 4
"""Entries with the same digest, by content and second, from which two ledgers are one."""


class Shared(NamedTuple):
    """What a ledger has in common with those of others."""

    entries: int
    """How many from its beginning are the same."""
    others: tuple[str, ...]
    whole: bool
    """Whether that is all of it."""
    goes_on: tuple[str, ...]
    """Of the others, whose ledger goes on from there."""

    def __str__(self) -> str:
        """Say it in a sentence."""
        what = "All of its" if self.whole else "Its first"
        said = f"{what} {self.entries} entries are those of {', '.join(self.others)}, to the second"
        if self.whole and self.goes_on:
            return f"{said}; that of {', '.join(self.goes_on)} goes on from there."
        return f"{said}."


def shared_ledgers(ledgers: Mapping[str, list[Entry]]) -> dict[str, Shared]:
    """Return whose ledger begins like another's, for as long as it does with any of them."""
    owners: dict[str, list[str]] = defaultdict(list)
    for student, entries in sorted(ledgers.items()):
        for entry in entries:
            owners[entry.digest].append(student)
    found = {}
    for student, entries in ledgers.items():
        # the last digest that somebody else has too: everything before it is the same
        same = [entry for entry in entries if len(owners[entry.digest]) > 1]
        if len(same) < COPIED_FROM:
            continue
        last = same[-1]
        others = tuple(other for other in owners[last.digest] if other != student)
        found[student] = Shared(
            last.sequence,
            others,
            last is entries[-1],
            tuple(other for other in others if len(ledgers[other]) > last.sequence),
        )
    return found
