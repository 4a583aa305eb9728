"""The shared version: no person in it, no group of fewer than five.

A table that is about persons isn't shared; what is said of each is dropped with it. In a table of
counts, a count from 1 to 4 is withheld. Where the withheld counts of a group together are fewer
than five, or there is only one of them, the rest would tell it: the smallest other count is
withheld too. What is a share of a shown count (right predictions, students with all points) is
rounded to fives, and so is a median time, in minutes. This protects against reading a table, not
against somebody who knows most of the class, and it doesn't hide what everybody of a larger group
has in common.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence

from sandgrader.report.tables import ASSIGNMENT, Column, Guard, Row, Table

LEAST = 5
"""Students in the smallest group that is shared."""


def in_fives(count: int, of: int) -> int:
    """Return a part of ``of``, rounded to fives: a share tells a count where its whole is known."""
    return min(LEAST * round(count / LEAST), of)


def withheld(counts: Sequence[int | None], least: int = LEAST) -> list[bool]:
    """Return which of the counts that add up to a known whole must not be shown.

    A count of 0 is shown: nobody is in it. ``None`` is withheld already.
    """
    hidden = [count is None or 0 < count < least for count in counts]
    sizes = [count or 0 for count in counts]
    while any(hidden):
        together = sum(size for size, gone in zip(sizes, hidden, strict=True) if gone)
        if together >= least and sum(hidden) > 1:
            break
        left = [index for index, gone in enumerate(hidden) if not gone and sizes[index]]
        if not left:
            break
        hidden[min(left, key=lambda index: sizes[index])] = True
    return hidden


def guarded(table: Table) -> Table | None:
    """Return what of a table may be shared, or None where nothing may."""
    guard = table.guard
    if guard is None:
        return None
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in table.rows:
        groups[tuple(row[name] for name in guard.group)].append(dict(row))
    for rows in groups.values():
        for position, name in enumerate(guard.counts):
            hidden = withheld([row[name] for row in rows])
            for row, gone in zip(rows, hidden, strict=True):
                if gone:
                    row[name] = None
                    if not position:
                        row.update(dict.fromkeys((*guard.goes, *guard.counts)))
    kept = [
        row
        for rows in groups.values()
        for row in rows
        if not (guard.rows_go and row[guard.counts[0]] is None)
    ]
    return Table(table.name, table.title, table.columns, kept, guard)


PSEUDONYMS = (
    Column("student", "a name drawn for this assignment in this report, and kept nowhere",
           "student"),
    ASSIGNMENT,
    Column("parts", "each notebook by the beginning of its name, and whether it has at least half "
           "of its points; empty where fewer than five are alike", "at least half of the points"),
)  # fmt: skip


def pseudonymous(students: Table, points: Table) -> Table:
    """Return a row for each graded student under a drawn name, alike in groups of five or more.

    The names are drawn anew for each assignment in each report, in an order that tells nothing,
    and what belongs to which is kept nowhere. What is said is coarse, and withheld for those whom
    fewer than four others are like.
    """
    halves: dict[tuple[str, str], list[str]] = defaultdict(list)
    short = _beginnings({row["notebook"] for row in points.rows})
    for row in points.rows:
        enough = row["points"] >= 0.5 * row["most"]
        halves[row["assignment"], row["student"]].append(
            f"{short[row['notebook']]} {'yes' if enough else 'no'}"
        )
    by_assignment: dict[str, list[str]] = defaultdict(list)
    for row in students.rows:
        where = row["assignment"], row["student"]
        if where in halves:
            by_assignment[row["assignment"]].append(", ".join(halves[where]))
    rows: list[Row] = []
    for assignment, found in by_assignment.items():
        alike = Counter(found)
        kinds = sorted(alike)
        hidden = dict(zip(kinds, withheld([alike[kind] for kind in kinds]), strict=True))
        secrets.SystemRandom().shuffle(found)
        width = len(str(len(found)))
        rows += [
            {
                "student": f"student {number:0{width}d}",
                "assignment": assignment,
                "parts": None if hidden[kind] else kind,
            }
            for number, kind in enumerate(found, start=1)
        ]
    title = "Students under drawn names"
    return Table("pseudonyms", title, PSEUDONYMS, rows, Guard((), ()))


def _beginnings(names: set[str]) -> dict[str, str]:
    """Return the beginnings of names before an underscore, or the names where these are alike."""
    short = {name: name.partition("_")[0] for name in names}
    return short if len(set(short.values())) == len(names) else {name: name for name in names}
