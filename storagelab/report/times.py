"""How long a part took, as far as the ledger can tell."""

from __future__ import annotations

from collections import Counter

import numpy as np

from sandgrader.report.tables import (
    ASSIGNMENT,
    STUDENT,
    Column,
    Guard,
    Row,
    Table,
)
from storagelab.ledger import minutes_spent
from storagelab.parts import PARTS
from storagelab.report.cohort import TrackCohort
from storagelab.report.columns import PART


def _minutes(value: float) -> str:
    return f"{value:.1f}"


BIN = 5
"""Minutes in one row of the distribution."""
LONGEST = 60
"""Minutes from which all are counted together."""

_TIMES = (
    STUDENT,
    ASSIGNMENT,
    PART,
    Column("minutes", "minutes between the part's entries, longer pauses left out", "minutes",
           _minutes),
    Column("entries", "entries of the part", "entries"),
    Column("first", "time of the first entry, ISO 8601, UTC, by the clock of the student's machine",
           "first"),
)  # fmt: skip
_SPREAD = (
    ASSIGNMENT,
    PART,
    Column(
        "from_minutes",
        "minutes between the part's entries, longer pauses left out, from",
        "from (min)",
    ),
    Column("to_minutes", "up to but not including; empty: and all above", "below (min)"),
    Column("students", "students", "students"),
)  # fmt: skip
_QUARTILES = (
    ASSIGNMENT,
    PART,
    Column("students", "students with two entries or more", "students"),
    Column("quarter", "minutes that a quarter of them stay below", "a quarter below (min)",
           _minutes),
    Column("median", "minutes that half of them stay below", "half below (min)", _minutes),
    Column("three_quarters", "minutes that three quarters of them stay below",
           "three quarters below (min)", _minutes),
)  # fmt: skip


def times(cohort: TrackCohort) -> Table:
    """Return the time of every student in every part with two entries or more."""
    rows: list[Row] = []
    for student, evidence in sorted(cohort.evidence.items()):
        for part in PARTS:
            found = evidence.times(part)
            if len(found) >= 2:
                rows.append(
                    {
                        "student": student,
                        "assignment": cohort.assignment.name,
                        "part": part,
                        "minutes": minutes_spent(evidence.entries, part),
                        "entries": len(found),
                        "first": min(found).isoformat(timespec="seconds"),
                    }
                )
    return Table("times", "Each student's time in each part", _TIMES, rows)


def spread(times: Table) -> Table:
    """Return how many students took how long, from the table of :func:`times`."""
    rows: list[Row] = []
    for part in PARTS:
        here = [row for row in times.rows if row["part"] == part]
        counted = Counter(int(min(row["minutes"], LONGEST) // BIN) for row in here)
        rows += [
            {
                "assignment": here[0]["assignment"],
                "part": part,
                "from_minutes": at * BIN,
                "to_minutes": (at + 1) * BIN if at * BIN < LONGEST else None,
                "students": counted[at],
            }
            for at in range(LONGEST // BIN + 1)
            if here
        ]
    guard = Guard(group=("assignment", "part"), counts=("students",))
    return Table("time_spread", "How long it took", _SPREAD, rows, guard)


def quartiles(times: Table, coarse: bool = False) -> Table:
    """Return the quartiles of the time in each part; ``coarse`` in steps of five minutes."""
    rows: list[Row] = []
    for part in PARTS:
        here = [row for row in times.rows if row["part"] == part]
        if not here:
            continue
        at = [float(value) for value in np.percentile([row["minutes"] for row in here],
                                                      (25, 50, 75))]  # fmt: skip
        if coarse:
            at = [float(BIN * round(value / BIN)) for value in at]
        rows.append(
            {
                "assignment": here[0]["assignment"],
                "part": part,
                "students": len(here),
                "quarter": at[0],
                "median": at[1],
                "three_quarters": at[2],
            }
        )
    guard = Guard(
        group=("assignment", "part"),
        counts=("students",),
        goes=("quarter", "median", "three_quarters"),
    )
    return Table("time_quartiles", "Time in each part", _QUARTILES, rows, guard)
