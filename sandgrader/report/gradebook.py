"""The class in nbgrader's gradebook: one query for each table, however many students there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import Select, select

from sandgrader.report.course import ReportError
from sandgrader.scores import Scores, read_scores


@dataclass(frozen=True)
class Person:
    """A student of the gradebook."""

    id: str
    name: str
    """First and last name; empty where the gradebook has none."""


@dataclass(frozen=True)
class Cell:
    """A cell that points are given for, as the assignment's source has it."""

    notebook: str
    name: str
    by_person: bool
    """Whether it is a task, which a person grades."""
    most: float


@dataclass(frozen=True)
class Submission:
    """A graded submission. Times without a zone are in UTC, as nbgrader keeps them."""

    student: str
    submitted: datetime | None
    late: timedelta
    """Past the due date, the extension counted in; 0 in time."""
    penalty: float
    """Points that the course's late-submission plugin takes off."""


@dataclass(frozen=True)
class Assignment:
    """An assignment: its notebooks, its cells, and what was handed in and graded."""

    name: str
    due: datetime | None
    notebooks: list[str]
    cells: list[Cell]
    submissions: dict[str, Submission]
    """By student."""


@dataclass(frozen=True)
class ClassBook:
    """All that a report takes from the gradebook."""

    people: list[Person]
    assignments: list[Assignment]
    scores: Scores


def read_class(gradebook: Gradebook, names: Sequence[str] = ()) -> ClassBook:
    """Return the class, with the assignments called ``names`` or all that there are.

    Raises :class:`ReportError` for an unknown assignment, or where there is none at all.
    """

    def rows(query: Select[Any]) -> Any:
        return gradebook.db.execute(query)

    student, assignment = api.Student.__table__.c, api.Assignment.__table__.c
    notebook, cell = api.Notebook.__table__.c, api.BaseCell.__table__.c
    submission, submitted = api.SubmittedAssignment.__table__.c, api.SubmittedNotebook.__table__.c
    test, task = api.GradeCell.__table__, api.TaskCell.__table__

    found = {
        row.name: row for row in rows(select(assignment.id, assignment.name, assignment.duedate))
    }
    _check_names(names, sorted(found))
    wanted = {found[name].id: name for name in (names or sorted(found))}
    people = [
        Person(row.id, " ".join(filter(None, (row.first_name, row.last_name))))
        for row in rows(
            select(student.id, student.first_name, student.last_name).order_by(student.id)
        )
    ]
    notebooks: dict[str, list[str]] = {name: [] for name in wanted.values()}
    place: dict[str, tuple[str, str]] = {}
    for row in rows(select(notebook.id, notebook.name, notebook.assignment_id)):
        if row.assignment_id in wanted:
            place[row.id] = wanted[row.assignment_id], row.name
            notebooks[wanted[row.assignment_id]].append(row.name)
    cells: dict[str, list[Cell]] = {name: [] for name in wanted.values()}
    for by_person, kind in ((False, test), (True, task)):
        graded = api.BaseCell.__table__.join(kind, kind.c.id == cell.id)
        query = select(cell.name, cell.notebook_id, kind.c.max_score).select_from(graded)
        for row in rows(query):
            if row.notebook_id in place:
                where, name = place[row.notebook_id]
                cells[where].append(Cell(name, row.name, by_person, row.max_score))
    penalties: dict[str, float] = {}
    for row in rows(select(submitted.assignment_id, submitted.late_submission_penalty)):
        added = row.late_submission_penalty or 0.0
        penalties[row.assignment_id] = penalties.get(row.assignment_id, 0.0) + added
    handed_in: dict[str, dict[str, Submission]] = {name: {} for name in wanted.values()}
    for row in rows(
        select(
            submission.id, submission.assignment_id, submission.student_id,
            submission.timestamp, submission.extension,
        )
    ):  # fmt: skip
        if row.assignment_id in wanted:
            name = wanted[row.assignment_id]
            handed_in[name][row.student_id] = Submission(
                student=row.student_id,
                submitted=row.timestamp,
                late=_late(row.timestamp, found[name].duedate, row.extension),
                penalty=penalties.get(row.id, 0.0),
            )
    return ClassBook(
        people=people,
        assignments=[
            Assignment(
                name=name,
                due=found[name].duedate,
                notebooks=sorted(notebooks[name]),
                cells=sorted(cells[name], key=lambda item: (item.notebook, item.name)),
                submissions=handed_in[name],
            )
            for name in wanted.values()
        ],
        scores=read_scores(gradebook, list(wanted.values()) if names else None),
    )


def _check_names(names: Sequence[str], known: Sequence[str]) -> None:
    if not known:
        raise ReportError("The gradebook has no assignment yet: there is nothing to report on.")
    for name in names:
        if name not in known:
            raise ReportError(
                f"The gradebook has no assignment {name!r}; it has {', '.join(known)}."
            )


def _late(
    submitted: datetime | None, due: datetime | None, extension: timedelta | None
) -> timedelta:
    if submitted is None or due is None:
        return timedelta()
    return max(submitted - due - (extension or timedelta()), timedelta())
