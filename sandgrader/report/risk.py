"""Students at risk: who may need help, by rules that are said and can be changed."""

from __future__ import annotations

from collections.abc import Iterator

from sandgrader.report.cohort import Cohort
from sandgrader.report.roster import NOTHING, state_of
from sandgrader.report.sections import Sections
from sandgrader.report.tables import ASSIGNMENT, STUDENT, Column, Row, Table, percent

BELOW = 0.5
"""Share of the machine's points below which a student is at risk, unless told otherwise."""
UNDONE = 0.5
"""Share of the notebooks without a point by machine from which on a student is."""

_AT_RISK = (
    STUDENT,
    ASSIGNMENT,
    Column("signs", "how many of the rules hold", "signs"),
    Column("why", "which they are", "why"),
    Column("machine_share", "points by machine, of those that it has given out, 0 to 1; empty "
           "where nothing is graded", "points by machine", percent),
)  # fmt: skip


def at_risk(cohort: Cohort, sections: Sections, below: float = BELOW) -> Table:
    """Return the students for whom a rule holds, those with most signs first."""
    rows: list[Row] = []
    for person in cohort.people:
        share = _machine_share(cohort, person.id)
        why = [*_signs(cohort, sections, person.id, share, below), *sections.risks(person.id)]
        if why:
            rows.append(
                {
                    "student": person.id,
                    "assignment": cohort.assignment.name,
                    "signs": len(why),
                    "why": "; ".join(why),
                    "machine_share": share,
                }
            )
    rows.sort(key=lambda row: (-row["signs"], row["machine_share"] or 0.0, row["student"]))
    return Table("at_risk", "Students at risk", _AT_RISK, rows)


def _signs(
    cohort: Cohort, sections: Sections, student: str, share: float | None, below: float
) -> Iterator[str]:
    if state_of(cohort, student) == NOTHING:
        if sections.expects(student):
            yield "nothing handed in"
        return
    if share is not None and share < below:
        yield f"{percent(share)} of the points by machine"
    undone, tested = _undone(cohort, student)
    if tested > 1 and undone >= UNDONE * tested:
        yield f"no point by machine in {undone} of {tested} notebooks"


def _by_machine(cohort: Cohort, student: str) -> Iterator[tuple[str, float, float]]:
    """Yield notebook, points and most of each cell that the machine has graded."""
    scores = cohort.scores.get(student, {})
    for cell in cohort.assignment.cells:
        score = scores.get((cell.notebook, cell.name))
        if score is not None and not cell.by_person and not score.waits and score.most:
            yield cell.notebook, score.points, score.most


def _machine_share(cohort: Cohort, student: str) -> float | None:
    found = list(_by_machine(cohort, student))
    most = sum(item[2] for item in found)
    return sum(item[1] for item in found) / most if most else None


def _undone(cohort: Cohort, student: str) -> tuple[int, int]:
    """Return how many notebooks have no point by machine, and how many it grades."""
    points: dict[str, float] = {}
    for notebook, got, _ in _by_machine(cohort, student):
        points[notebook] = points.get(notebook, 0.0) + got
    return sum(got <= 0 for got in points.values()), len(points)
