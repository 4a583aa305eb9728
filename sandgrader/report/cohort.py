"""All that is known of one assignment's class, read once, for every table to be made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandgrader.report.course import SUBMITTED, Course
from sandgrader.report.gradebook import Assignment, ClassBook, Person
from sandgrader.scores import Score, Scores
from sandgrader.submission_files import read_moment


@dataclass(frozen=True)
class Cohort:
    """One assignment and its class."""

    assignment: Assignment
    people: list[Person]
    """Everybody in the gradebook, and who has handed in without being there."""
    scores: dict[str, dict[tuple[str, str], Score]]
    """By student, then by notebook and cell."""
    handed_in: dict[str, datetime | None]
    """When each student handed in last, graded or not: UTC without a zone, as in nbgrader."""

    @property
    def graded(self) -> list[str]:
        """The students whose work is in the gradebook, sorted."""
        return sorted(self.assignment.submissions)


def read_cohorts(course: Course, book: ClassBook) -> list[Cohort]:
    """Return the class of each assignment in ``book``."""
    scores = _by_assignment(book.scores)
    return [_read(course, book, item, scores.get(item.name, {})) for item in book.assignments]


def _by_assignment(scores: Scores) -> dict[str, dict[str, dict[tuple[str, str], Score]]]:
    found: dict[str, dict[str, dict[tuple[str, str], Score]]] = {}
    for (student, assignment, notebook, cell), score in scores.items():
        cells = found.setdefault(assignment, {}).setdefault(student, {})
        cells[notebook, cell] = score
    return found


def _read(
    course: Course,
    book: ClassBook,
    assignment: Assignment,
    scores: dict[str, dict[tuple[str, str], Score]],
) -> Cohort:
    collected = course.students_in(SUBMITTED, assignment.name)
    known = {person.id: person for person in book.people}
    students = sorted({*known, *collected})
    handed_in = {
        student: _timestamp(course, student, assignment.name)
        for student in {*collected, *assignment.submissions}
    }
    return Cohort(
        assignment=assignment,
        people=[known.get(student, Person(student, "")) for student in students],
        scores=scores,
        handed_in=handed_in,
    )


def _timestamp(course: Course, student: str, assignment: str) -> datetime | None:
    """Return when a collected submission was handed in, as nbgrader notes it beside it."""
    moment = read_moment(course.folder(SUBMITTED, student, assignment))
    return datetime.fromisoformat(moment) if moment else None
