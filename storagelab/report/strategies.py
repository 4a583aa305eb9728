"""Where decisions and recorded runs lie in the plane of cost and utilisation.

What a ledger says of an outcome isn't believed: it is computed again from the settings.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Sequence

from sandgrader.report.tables import (
    ASSIGNMENT,
    STUDENT,
    Column,
    Guard,
    Row,
    Table,
    percent,
)
from storagelab.parts import PARTS
from storagelab.report.cohort import TrackCohort
from storagelab.report.columns import PART, PART_IN_FILE
from storagelab.report.outcomes import DECISION, RUN, judge, target
from storagelab.tracks import Track

COST_BINS = 16
"""Cells of the plane along the cost, even in its logarithm."""
STEP = 0.1
"""Height of a cell along the utilisation; the target is an edge as well."""

_STRATEGIES = (
    STUDENT,
    ASSIGNMENT,
    PART,
    Column("kind", "a recorded run, or the decision", "kind"),
    Column("number", "which run it is; 1 for the decision", "number"),
    Column("cost", "in the track's currency for its period; part 3: for the whole job", "cost"),
    Column("useful", "utilisation, 0 to 1; part 3: the share of the job's time that is work",
           "useful share", percent),
    Column("meets", "whether every target is met", "meets"),
    Column("missed", "the targets that are missed", "misses"),
)  # fmt: skip
_PLANE = (
    ASSIGNMENT,
    PART_IN_FILE,
    Column("kind", "recorded runs, or decisions", "kind"),
    Column("meets", "whether every target is met", "meets"),
    Column("cost", "mean cost of those in this cell of the plane", "cost"),
    Column("useful", "mean utilisation, 0 to 1; part 3: share of the job's time that is work",
           "utilisation", percent),
    Column("settings", "decisions or runs in the cell", "how many"),
    Column("students", "students whom they are of", "students"),
)  # fmt: skip
_MISSES = (
    ASSIGNMENT,
    PART,
    Column("came_to", "what the decision misses, or that it meets every target", "decision"),
    Column("students", "students", "students"),
)
MEETS, UNREADABLE = "meets every target", "no decision that can be read"


def _labels(part: str, missed: Sequence[str]) -> list[str]:
    """Return what the page calls the limits that a decision misses."""
    return [PARTS[part].limit(name).label for name in missed]


def strategies(cohort: TrackCohort, track: Track) -> Table:
    """Return where each recorded run and each decision lies."""
    rows: list[Row] = []
    for student, evidence in sorted(cohort.evidence.items()):
        point = judge(track.name, evidence.variant)
        for part in PARTS:
            found = [(RUN, number, said) for number, said in enumerate(evidence.runs(part), 1)]
            if part in evidence.decisions:
                found.append((DECISION, 1, evidence.decisions[part]))
            for kind, number, said in found:
                place = point(part, kind, said)
                if place is None or not math.isfinite(place.cost):
                    continue
                rows.append(
                    {
                        "student": student,
                        "assignment": cohort.assignment.name,
                        "part": part,
                        "kind": kind,
                        "number": number,
                        "cost": place.cost,
                        "useful": place.useful,
                        "meets": not place.missed,
                        "missed": ", ".join(_labels(part, place.missed)) or None,
                    }
                )
    return Table("strategies", "Every run and every decision", _STRATEGIES, rows)


def plane(track: Track, strategies: Table) -> Table:
    """Return the distribution of strategies: how many lie in each cell of the plane."""
    rows: list[Row] = []
    for part in PARTS:
        here = [row for row in strategies.rows if row["part"] == part]
        costs = [row["cost"] for row in here if row["cost"] > 0]
        if not costs:
            continue
        aim = target(track, part)
        heights = sorted({*(round(STEP * at, 10) for at in range(1, round(1 / STEP))),
                          *([aim] if aim else [])})  # fmt: skip
        least = min(costs)
        low = math.log(least)
        width = (math.log(max(costs)) - low) / COST_BINS or 1.0
        cells: dict[tuple[str, bool, int, int], list[Row]] = defaultdict(list)
        for row in here:
            # what costs nothing has no logarithm, and lies with the cheapest
            across = int((math.log(max(row["cost"], least)) - low) / width)
            across = min(across, COST_BINS - 1)
            up = bisect.bisect_right(heights, row["useful"])
            cells[row["kind"], row["meets"], across, up].append(row)
        for (kind, meets, _, _), inside in sorted(cells.items()):
            rows.append(
                {
                    "assignment": here[0]["assignment"],
                    "part": part,
                    "kind": kind,
                    "meets": meets,
                    "cost": math.fsum(row["cost"] for row in inside) / len(inside),
                    "useful": math.fsum(row["useful"] for row in inside) / len(inside),
                    "settings": len(inside),
                    "students": len({row["student"] for row in inside}),
                }
            )
    guard = Guard(
        group=("assignment", "part", "kind"),
        counts=("students",),
        goes=("cost", "useful", "settings", "meets"),
        rows_go=True,
    )
    return Table("plane", "Strategies in the plane of cost and utilisation", _PLANE, rows, guard)


def misses(cohort: TrackCohort, strategies: Table) -> Table:
    """Return how many decisions meet every target, and what the others miss."""
    name, rows = cohort.assignment.name, []
    for part in PARTS:
        decided = [row for row in strategies.rows if row["part"] == part
                   and row["kind"] == DECISION]  # fmt: skip
        counted: dict[str, int] = defaultdict(int)
        for row in decided:
            counted[f"misses {row['missed']}" if row["missed"] else MEETS] += 1
        counted[UNREADABLE] = len(cohort.evidence) - len(decided)
        rows += [
            {"assignment": name, "part": part, "came_to": kind, "students": count}
            for kind, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
            if count
        ]
    guard = Guard(group=("assignment", "part"), counts=("students",))
    return Table("decisions", "What decisions come to", _MISSES, rows, guard)
