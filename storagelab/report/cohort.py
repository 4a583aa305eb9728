"""All that is known of one assignment's class, read once, for every table to be made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nbgrader.utils import parse_utc

from storagelab.parts import PARTS
from storagelab.report.course import SUBMITTED, Course
from storagelab.report.gradebook import Assignment, ClassBook, Person
from storagelab.report.notebooks import regular_file
from storagelab.report.reference import Reference, read_reference
from storagelab.report.scores import Score, Scores
from storagelab.report.submissions import Evidence, read_evidence
from storagelab.tracks import TRACKS, Track, load_track

STEMS = {part.stem: part.name for part in PARTS.values()}
"""The name of a part by that of its notebook."""


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
    track: Track | None
    """None where the assignment is no track of this course: it has no ledgers."""
    evidence: dict[str, Evidence]
    reference: dict[str, Reference]
    """The right options by part, as far as they are known."""

    @property
    def graded(self) -> list[str]:
        """The students whose work is in the gradebook, sorted."""
        return sorted(self.assignment.submissions)

    def right(self, part: str, option: str, conclusion: bool = False) -> bool | None:
        """Return whether an option is right, or None where that isn't known."""
        reference = self.reference.get(part)
        if reference is None:
            return None
        return option == (reference.conclusion if conclusion else reference.prediction)


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
    track = load_track(assignment.name) if assignment.name in TRACKS else None
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
        track=track,
        evidence=read_evidence(course, track, sorted(handed_in)) if track else {},
        reference=read_reference(course, track) if track else {},
    )


def _timestamp(course: Course, student: str, assignment: str) -> datetime | None:
    """Return when a collected submission was handed in, as nbgrader notes it beside it."""
    path = course.folder(SUBMITTED, student, assignment) / "timestamp.txt"
    if not regular_file(path):
        return None
    try:
        time = parse_utc(path.read_text(encoding="utf-8").strip()[:100])
    except (OSError, ValueError, OverflowError):
        return None
    return time if isinstance(time, datetime) else None
