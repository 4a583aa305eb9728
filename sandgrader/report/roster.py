"""Who is where: handed in or not, graded or not, how late, and the points in each notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from sandgrader.report.cohort import Cohort
from sandgrader.report.tables import ASSIGNMENT, NAME, STUDENT, Column, Guard, Row, Table

NOTHING, UNGRADED, WAITS, GRADED = (
    "nothing handed in", "handed in, not graded", "waiting for a person", "graded",
)  # fmt: skip
STATES = (GRADED, WAITS, UNGRADED, NOTHING)
BIN = 10
"""Per cent of the points in one bar of their distribution."""


def _minute(moment: str) -> str:
    """Return a moment to the minute, as a page has room for it."""
    return moment[:16].replace("T", " ")


_STUDENTS = (
    STUDENT,
    NAME,
    ASSIGNMENT,
    Column("state", f"one of: {', '.join(STATES)}", "state"),
    Column("handed_in", "when it was handed in last, ISO 8601, UTC", "handed in (UTC)", _minute),
    Column("hours_late", "hours past the due date, the extension counted in; 0 in time",
           "hours late"),
    Column("again", "handed in once more after it was graded: grade it again", "handed in again"),
    Column("points", "points so far, after the penalty", "points"),
    Column("most", "points of the assignment", "of"),
    Column("waiting", "points that a person still has to give or not", "waiting for a person"),
    Column("penalty", "points taken off for being late", "penalty"),
)  # fmt: skip
_POINTS = (
    Column("student", "the student's id"),
    ASSIGNMENT,
    Column("notebook", "the notebook"),
    Column("points", "points so far, before a penalty"),
    Column("most", "points of the notebook"),
    Column("waiting", "points that a person still has to give or not"),
)
_STATES = (
    ASSIGNMENT,
    Column("state", f"one of: {', '.join(STATES)}", "state"),
    Column("students", "students in it", "students"),
    Column("late", "those of them who handed in late", "late"),
)
_BINS = (
    ASSIGNMENT,
    Column("from_percent", "points in per cent of what machine and people have given out so far, "
           "from", "from (%)"),
    Column("to_percent", "the same, up to but not including; 100 is in the last", "below (%)"),
    Column("students", "graded students", "students"),
)  # fmt: skip


def state_of(cohort: Cohort, student: str) -> str:
    """Return where a student is."""
    if student not in cohort.assignment.submissions:
        return UNGRADED if student in cohort.handed_in else NOTHING
    scores = cohort.scores.get(student, {}).values()
    return WAITS if any(score.waits for score in scores) else GRADED


def students(
    cohort: Cohort,
    added: Sequence[Column] = (),
    about: Callable[[str], Row] = lambda student: {},
) -> Table:
    """Return a row for each student; ``about`` gives a student's values of ``added`` columns."""
    name, most = cohort.assignment.name, sum(cell.most for cell in cohort.assignment.cells)
    rows: list[Row] = []
    for person in cohort.people:
        graded = cohort.assignment.submissions.get(person.id)
        last = cohort.handed_in.get(person.id) or (graded.submitted if graded else None)
        scores = cohort.scores.get(person.id, {}).values()
        due = cohort.assignment.due
        late = graded.late.total_seconds() if graded else 0.0
        if not graded and last and due:
            late = max((last - due).total_seconds(), 0.0)
        handed_in = person.id in cohort.handed_in
        total = sum(score.points for score in scores) - graded.penalty if graded else None
        rows.append(
            {
                "student": person.id,
                "name": person.name or None,
                "assignment": name,
                "state": state_of(cohort, person.id),
                "handed_in": f"{last.isoformat(timespec='seconds')}Z" if last else None,
                "hours_late": late / 3600 if handed_in else None,
                "again": bool(
                    graded and last and graded.submitted and last > graded.submitted
                ) if handed_in else None,
                "points": None if total is None else max(total, 0.0),
                "most": most,
                "waiting": sum(score.most for score in scores if score.waits) if graded else None,
                "penalty": graded.penalty if graded else None,
                **about(person.id),
            }
        )  # fmt: skip
    return Table("students", "Who is where", (*_STUDENTS, *added), rows)


def points(cohort: Cohort) -> Table:
    """Return the points of each graded student in each notebook."""
    rows: list[Row] = []
    for student in cohort.graded:
        scores = cohort.scores.get(student, {})
        for notebook in cohort.assignment.notebooks:
            cells = [score for (where, _), score in scores.items() if where == notebook]
            rows.append(
                {
                    "student": student,
                    "assignment": cohort.assignment.name,
                    "notebook": notebook,
                    "points": sum(score.points for score in cells),
                    "most": sum(
                        cell.most for cell in cohort.assignment.cells if cell.notebook == notebook
                    ),
                    "waiting": sum(score.most for score in cells if score.waits),
                }
            )
    return Table("points", "Points in each notebook", _POINTS, rows)


def states(students: Table) -> Table:
    """Return how many students are where, from the table of :func:`students`."""
    counted = Counter(row["state"] for row in students.rows)
    late = Counter(row["state"] for row in students.rows if row["hours_late"])
    name = students.rows[0]["assignment"] if students.rows else ""
    rows: list[Row] = [
        {"assignment": name, "state": state, "students": counted[state], "late": late[state]}
        for state in STATES
    ]
    guard = Guard(group=("assignment",), counts=("students", "late"))
    return Table("states", "How many are where", _STATES, rows, guard)


def distribution(points: Table) -> Table:
    """Return how many students have how much of the points that were given out so far.

    What still waits for a person counts neither as points nor as points to be had.
    """
    had: dict[str, list[float]] = {}
    for row in points.rows:
        sums = had.setdefault(row["student"], [0.0, 0.0])
        sums[0] += row["points"]
        sums[1] += row["most"] - row["waiting"]
    name = points.rows[0]["assignment"] if points.rows else ""
    bins = Counter(
        min(int(100 * max(earned, 0.0) / most // BIN), 100 // BIN - 1)
        for earned, most in had.values()
        if most > 0
    )
    rows: list[Row] = [
        {
            "assignment": name,
            "from_percent": at * BIN,
            "to_percent": (at + 1) * BIN,
            "students": bins[at],
        }
        for at in range(100 // BIN)
    ]
    guard = Guard(group=("assignment",), counts=("students",))
    return Table("distribution", "How the points are spread", _BINS, rows, guard)
