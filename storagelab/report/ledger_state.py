"""Whether a ledger can be taken as it is: missing, unusable, doubtful, or sound.

The ledger that counts is the one that was handed in. The copy that was graded has lain beside
running code of the student's; where it says something else, that is told.
"""

from __future__ import annotations

import itertools
import math
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sandgrader.submission_files import is_regular_file
from storagelab.ledger import FILE_NAME, Entry, LedgerError, entries_of, read_ledger
from storagelab.parts import PARTS
from storagelab.report.outcomes import DECISION, RUN, judge
from storagelab.tracks import Track

SOUND, MISSING, UNUSABLE, DOUBTFUL = "sound", "missing", "unusable", "doubtful"
"""What a ledger can be; a doubtful one is read, and its doubts are listed."""


class Ledger(NamedTuple):
    """What was found in the place of a ledger."""

    entries: list[Entry]
    state: str
    doubts: tuple[str, ...] = ()
    """Why it is unusable or doubtful, in sentences."""


def read_state(folder: Path, track: Track) -> Ledger:
    """Return the ledger in ``folder``, which is untrusted, and what is wrong with it."""
    path = folder / FILE_NAME
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return Ledger([], MISSING)
    if not is_regular_file(path):
        kind = "a link" if stat.S_ISLNK(mode) else "no plain file"
        return Ledger([], UNUSABLE, (f"{FILE_NAME} is {kind}.",))
    try:
        entries = read_ledger(folder, track.name)
    except LedgerError as problem:
        return Ledger([], UNUSABLE, (_first_sentence(str(problem)),))
    except (ValueError, RecursionError, MemoryError) as problem:
        return Ledger([], UNUSABLE, (f"{FILE_NAME} can't be read ({type(problem).__name__}).",))
    if not entries:
        return Ledger([], MISSING)
    doubts = (*_doubts(entries), *_other_numbers(entries, track))
    return Ledger(entries, DOUBTFUL if doubts else SOUND, doubts)


def _first_sentence(text: str) -> str:
    """Return what is wrong, without the advice for the student behind it."""
    return text.partition(". ")[0].rstrip(".")[:240] + "."


def variant_in(entries: Iterable[Entry]) -> int:
    """Return which variant of the track's numbers a ledger was kept with; 0 is the book's own."""
    for entry in entries:
        number = entry.said.get("variant")
        if isinstance(number, int) and not isinstance(number, bool):
            return number
    return 0


def step_back(entries: Iterable[Entry]) -> tuple[int, float] | None:
    """Return the first entry that is older than the one before it, and by how many seconds."""
    for earlier, later in itertools.pairwise(entries):
        if earlier.written and later.written and later.written < earlier.written:
            return later.sequence, (earlier.written - later.written).total_seconds()
    return None


def _doubts(entries: list[Entry]) -> Iterable[str]:
    """Yield what the notebooks would never write, though the chain of digests is whole."""
    times = [entry.written for entry in entries]
    if None in times:
        yield f"Entry {times.index(None) + 1} has no time."
    if step_back(entry for entry in entries if entry.written):
        yield "Its clock runs backwards."
    for part in PARTS:
        locks, reveals, runs = (
            entries_of(entries, part, kind) for kind in ("lock", "reveal", "run")
        )
        evidence = [*reveals, *runs]
        if len(locks) > 1:
            yield f"The part {part} was locked {len(locks)} times."
        if evidence and not locks:
            yield f"The part {part} was revealed without a lock."
        elif evidence and min(item.sequence for item in evidence) < locks[0].sequence:
            yield f"The part {part} was revealed before it was locked."
        for lock in locks[:1]:
            if not 0 <= float(lock.said["confidence"]) <= 1:
                yield f"The part {part} was locked with a confidence outside of 0 to 1."


def _other_numbers(entries: list[Entry], track: Track) -> Iterable[str]:
    """Yield a sentence where an entry's numbers aren't what the model says of its settings."""
    point = judge(track.name, variant_in(entries))
    for entry in entries:
        cost = entry.model.get("cost")
        if entry.kind not in (RUN, DECISION) or not isinstance(cost, float):
            continue
        computed = point(entry.part, entry.kind, dict(entry.said)) if entry.part in PARTS else None
        if computed is None or not math.isclose(computed.cost, cost, rel_tol=1e-6):
            yield (
                f"The numbers of entry {entry.sequence} aren't this course's: they come from "
                "another version of it, or are made up."
            )
            return


def changed_since(handed_in: Path, graded: Path, track: Track) -> str:
    """Return how the graded copy of a ledger differs from the one handed in; empty if it doesn't.

    A student who has handed in again since then has a ledger that goes on from the graded one.
    """
    if not graded.is_dir() or not handed_in.is_dir():
        return ""
    if _content(handed_in) == _content(graded):
        return ""
    own, copy = (read_state(folder, track) for folder in (handed_in, graded))
    if copy.state == UNUSABLE != own.state:
        return "The graded copy can't be read any more; the ledger that was handed in can."
    known = {entry.digest for entry in own.entries}
    more = sum(entry.digest not in known for entry in copy.entries)
    if not more:
        return ""
    entries = "1 entry that wasn't" if more == 1 else f"{more} entries that weren't"
    return (
        f"The graded copy holds {entries} handed in: this report goes by the ledger that was "
        "handed in."
    )


def _content(folder: Path) -> bytes | None:
    path = folder / FILE_NAME
    return path.read_bytes() if is_regular_file(path) else None
