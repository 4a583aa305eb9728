"""What the gradebook says of each student's assignment: points by whom, late, what still waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from nbgrader import api
from sqlalchemy import select

from sandgrader.configuration import CourseError
from sandgrader.report.course import ReportError
from sandgrader.report.gradebook import Assignment, read_class
from sandgrader.scores import Key, Scores

State = Literal["graded", "waits for a person", "handed in, not graded", "nothing handed in"]


@dataclass(frozen=True)
class Person:
    """A student, as the gradebook has them; empty where it has nothing."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


@dataclass(frozen=True)
class Part:
    """The points of a notebook."""

    machine: float
    hand: float
    """What a person gave in the machine's place, and extra credit."""
    most: float
    waiting: tuple[str, ...]
    """Cells that a person has still to grade."""


@dataclass(frozen=True)
class Grade:
    """A student's assignment. Times are in UTC, without a zone."""

    person: Person
    assignment: str
    state: State
    due: datetime | None
    submitted: datetime | None
    extension: timedelta | None
    late: timedelta
    """Past the due date, the extension counted in."""
    parts: dict[str, Part]
    """By notebook."""
    penalty: float

    @property
    def points(self) -> float:
        """All points, before the penalty."""
        return sum(part.machine + part.hand for part in self.parts.values())

    @property
    def total(self) -> float:
        """The points that are left; never less than none, as in nbgrader."""
        return max(0.0, self.points - self.penalty)

    @property
    def most(self) -> float:
        """The points that there are to get."""
        return sum(part.most for part in self.parts.values())

    @property
    def waiting(self) -> list[str]:
        """Cells that a person has still to grade, with their notebooks."""
        return [f"{name}: {cell}" for name, part in self.parts.items() for cell in part.waiting]


def read_grades(
    gradebook: Any,
    names: Sequence[str],
    students: Collection[str],
    handed_in: Mapping[str, Collection[str]],
) -> list[Grade]:
    """Return every student's grade of each assignment called ``names``, or of all.

    ``students`` are whom to look at, none for everybody; ``handed_in`` says by assignment who has
    something in ``submitted/``. Raises :class:`CourseError` for an unknown assignment or student.
    """
    try:
        book = read_class(gradebook, names)
    except ReportError as problem:
        raise CourseError(str(problem)) from None
    people = _people(gradebook)
    for those in handed_in.values():
        people.update({name: Person(name) for name in those if name not in people})
    unknown = sorted({*students} - {*people})
    if unknown:
        raise CourseError(f"The gradebook doesn't have {', '.join(unknown)}.")
    extensions = _extensions(gradebook)
    return [
        _grade(people[student], item, book.scores, handed_in, extensions)
        for item in book.assignments
        for student in sorted(people)
        if not students or student in students
    ]


def _people(gradebook: Any) -> dict[str, Person]:
    student = api.Student.__table__.c
    query = select(
        student.id, student.first_name, student.last_name, student.email, student.lms_user_id
    )
    return {row[0]: Person(*(cell or "" for cell in row)) for row in gradebook.db.execute(query)}


def _extensions(gradebook: Any) -> dict[tuple[str, str], timedelta]:
    submission, of = api.SubmittedAssignment.__table__, api.Assignment.__table__
    query = (
        select(of.c.name, submission.c.student_id, submission.c.extension)
        .select_from(submission.join(of, of.c.id == submission.c.assignment_id))
        .where(submission.c.extension.is_not(None))
    )
    return {(row[0], row[1]): row[2] for row in gradebook.db.execute(query)}


def _grade(
    person: Person,
    item: Assignment,
    scores: Scores,
    handed_in: Mapping[str, Collection[str]],
    extensions: Mapping[tuple[str, str], timedelta],
) -> Grade:
    submission = item.submissions.get(person.id)
    parts: dict[str, Part] = {}
    ungraded = False
    for notebook in item.notebooks:
        machine = hand = 0.0
        waiting: list[str] = []
        for cell in item.cells:
            if cell.notebook != notebook:
                continue
            score = scores.get(Key(person.id, item.name, notebook, cell.name))
            if score is None:
                continue
            if score.waits:
                waiting.append(cell.name)
            ungraded |= score.auto is None and score.manual is None and not score.waits
            if score.manual is not None:
                hand += score.points
            elif score.auto is not None:
                machine += score.auto
                hand += score.extra or 0.0
        most = sum(cell.most for cell in item.cells if cell.notebook == notebook)
        parts[notebook] = Part(machine, hand, most, tuple(waiting))
    return Grade(
        person=person,
        assignment=item.name,
        state=_state(submission is not None, ungraded, parts, person.id, handed_in[item.name]),
        due=item.due,
        submitted=submission.submitted if submission else None,
        extension=extensions.get((item.name, person.id)),
        late=submission.late if submission else timedelta(),
        parts=parts,
        penalty=submission.penalty if submission else 0.0,
    )


def _state(
    has_row: bool,
    ungraded: bool,
    parts: Mapping[str, Part],
    student: str,
    handed_in: Collection[str],
) -> State:
    if not has_row:
        return "handed in, not graded" if student in handed_in else "nothing handed in"
    if ungraded:
        return "handed in, not graded"
    waits = any(part.waiting for part in parts.values())
    return "waits for a person" if waits else "graded"
