"""The pile: every answer that a person marks, whose share it is, and in which order they come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from nbgrader import api
from sqlalchemy import exists, func, select

from sandgrader.scores import Key, grades_with_cells


class Question(NamedTuple):
    """A cell of an assignment that a person gives points for."""

    assignment: str
    notebook: str
    cell: str


@dataclass(frozen=True)
class Answer:
    """One student's answer to a question, and where its marking stands."""

    grade_id: str
    """The gradebook's own id, which says nothing of the student."""
    key: Key
    most: float
    """Points that can be given."""
    auto: float | None
    """Points that the machine gave: nbgrader gives 0 where nothing was written."""
    manual: float | None
    waits: bool
    """Whether a person still has to mark it."""
    flagged: bool
    """Whether its notebook is flagged, as formgrader does."""

    @property
    def question(self) -> Question:
        """Return which question it answers."""
        return Question(self.key.assignment, self.key.notebook, self.key.cell)


class Share(NamedTuple):
    """A marker's part of a pile: the ``number``-th of ``of``, from 1."""

    number: int
    of: int

    def has(self, key: Key) -> bool:
        """Return whether an answer is in this share.

        It depends on the answer's name alone: whoever hands in later moves nobody else's answers.
        """
        return int(_draw("share", key) * self.of) == self.number - 1


ALL = Share(1, 1)


def read_share(text: str) -> Share:
    """Return the share that ``text`` says, such as ``2/5``. Raises ``ValueError`` for no such."""
    found = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", text)
    number, of = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= of:
        raise ValueError(f"{text!r} is no share of a pile: say 2/5 for the second of five.")
    return Share(number, of)


def read_percentage(text: str) -> float:
    """Return what ``text`` says, such as ``10%``, as a fraction from 0 to 1.

    Raises ``ValueError`` where it is nothing above 0 and up to 100.
    """
    try:
        percent = float(text.strip().removesuffix("%"))
    except ValueError:
        percent = 0.0
    if not 0 < percent <= 100:
        raise ValueError(f"{text!r} is no part of a pile: say 10% for every tenth answer.")
    return percent / 100


def is_in_sample(key: Key, fraction: float) -> bool:
    """Return whether an answer belongs to the ``fraction`` of all that is marked twice."""
    return _draw("second", key) < fraction


def _draw(purpose: str, key: Key) -> float:
    """Return a number from 0 up to 1 that is the same for an answer on any machine."""
    digest = hashlib.sha256("\0".join((purpose, *key)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def in_order(answers: Iterable[Answer]) -> list[Answer]:
    """Return answers so that a marker stays with a question, and what is marked comes last.

    Within a question students come in an order that has nothing to do with their names, and is
    another in each question: nobody is always read by somebody who is tired.
    """
    return sorted(
        answers, key=lambda item: (item.question, not item.waits, _draw("order", item.key))
    )


def read_pile(gradebook: Any, assignments: Collection[str] = ()) -> list[Answer]:
    """Return every answer that a person marks, of ``assignments`` or of all, in one query.

    These are tasks, and solution cells with points, also those that are marked already or got
    their points from the machine.
    """
    grade, cell = api.Grade.__table__.c, api.BaseCell.__table__.c
    submission, submitted = api.SubmittedAssignment.__table__.c, api.SubmittedNotebook.__table__.c
    notebook, assignment = api.Notebook.__table__.c, api.Assignment.__table__.c
    test, task = api.GradeCell.__table__, api.TaskCell.__table__
    solution = api.BaseCell.__table__.alias()
    written = exists().where(
        solution.c.name == cell.name,
        solution.c.notebook_id == cell.notebook_id,
        solution.c.type == "SolutionCell",
    )
    query = (
        select(
            grade.id, submission.student_id, assignment.name, notebook.name, cell.name,
            grade.auto_score, grade.manual_score, grade.needs_manual_grade, submitted.flagged,
            func.coalesce(task.c.max_score, test.c.max_score, 0.0),
        )
        .select_from(grades_with_cells())
        .where(task.c.id.is_not(None) | written)
    )  # fmt: skip
    if assignments:
        query = query.where(assignment.name.in_(assignments))
    return [
        Answer(
            grade_id=row[0],
            key=Key(*row[1:5]),
            auto=row[5],
            manual=row[6],
            waits=bool(row[7]),
            flagged=bool(row[8]),
            most=float(row[9]),
        )
        for row in gradebook.db.execute(query)
    ]
