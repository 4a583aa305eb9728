"""Points and comments in nbgrader's gradebook, as formgrader writes them, and who gave them.

nbgrader keeps one score of an answer. Who gave it, and what a second marker gave, is in a table of
the same database, which nbgrader and formgrader pass over: a backup of the gradebook has it, and it
works wherever the gradebook does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from nbgrader import api
from nbgrader.api import MissingEntry
from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from sandgrader.gradebook import OpenGradebook, trouble_with
from sandgrader.marking.pile import Answer, Question, read_pile
from sandgrader.scores import Key

Role = Literal["first", "second", "third"]
"""Who gave some points: who marked the answer, who marked it again, who settled between them."""

MARKS = Table(
    "sandgrader_mark",
    MetaData(),
    Column("student", String(128), primary_key=True),
    Column("assignment", String(128), primary_key=True),
    Column("notebook", String(128), primary_key=True),
    Column("cell", String(255), primary_key=True),
    Column("role", String(8), primary_key=True),
    Column("marker", Text, nullable=False),
    Column("points", Float),
    Column("comment", Text, nullable=False),
    Column("moment", String(32), nullable=False),
)
"""By names and not by nbgrader's ids: these are others once a submission is graded again."""


class MarkError(ValueError):
    """A mark can't be written; the message says why, in a sentence."""


class GoneError(MarkError):
    """There is no such answer (any more)."""


@dataclass(frozen=True)
class Mark:
    """Points and a comment for one answer."""

    points: float | None
    comment: str
    marker: str = ""
    """Who gave them; empty where that isn't known, as with formgrader."""
    waits: bool = False
    """Whether the gradebook waits for a person."""
    automatic: str = ""
    """What nbgrader says in the place of a comment, such as "No response."."""


class ChangedError(MarkError):
    """Somebody else has written meanwhile what would be written over."""

    def __init__(self, now: Mark) -> None:
        super().__init__("This answer was marked by somebody else meanwhile.")
        self.now = now
        """What the gradebook says."""


class Marks:
    """The marks of a course."""

    def __init__(self, gradebook: OpenGradebook) -> None:
        """Make the table where it isn't there. Raises ``GradebookError``."""
        self._open = gradebook
        try:
            MARKS.create(gradebook.gradebook.engine, checkfirst=True)
        except SQLAlchemyError as problem:
            raise trouble_with(problem, gradebook.address) from None

    def pile(self, assignments: tuple[str, ...] = ()) -> list[Answer]:
        """Return every answer that a person marks, of some assignments or of all."""
        with self._reading() as gradebook:
            return read_pile(gradebook, assignments)

    def assignments(self) -> list[str]:
        """Return the assignments that the gradebook knows."""
        with self._reading() as gradebook:
            return [item.name for item in gradebook.assignments]

    def task(self, question: Question) -> str | None:
        """Return what the gradebook keeps of a task, with its mark scheme; None for no task."""
        with self._reading() as gradebook:
            where = (question.cell, question.notebook, question.assignment)
            try:
                gradebook.find_task_cell(*where)
            except MissingEntry:
                return None
            return str(gradebook.find_source_cell(*where).source or "")

    def read(self, answer: Answer) -> Mark:
        """Return what the gradebook says of an answer. Raises :class:`GoneError`."""
        with self._reading() as gradebook:
            grade = _grade(gradebook, answer)
            return _said(grade, _comment(gradebook, grade), self._of(gradebook, answer.key))

    def given(self, key: Key) -> dict[str, Mark]:
        """Return what markers gave an answer in this page, by their role."""
        with self._reading() as gradebook:
            return self._of(gradebook, key)

    def all_given(self) -> dict[Key, dict[str, Mark]]:
        """Return what markers gave all answers in this page, by their role."""
        found: dict[Key, dict[str, Mark]] = {}
        with self._reading() as gradebook:
            for row in gradebook.db.execute(select(MARKS)):
                key = Key(row.student, row.assignment, row.notebook, row.cell)
                mark = Mark(row.points, row.comment, row.marker)
                found.setdefault(key, {})[row.role] = mark
        return found

    def write(
        self,
        answer: Answer,
        marker: str,
        change: Mapping[str, Any],
        seen: Mark,
    ) -> Mark:
        """Write ``points``, a ``comment`` or both, and return what the gradebook then says.

        ``seen`` is what the marker saw there before. Other points for an answer that was marked
        twice are a third look, and what the first marker gave stays known. Raises
        :class:`ChangedError` where the gradebook isn't as it was seen, and then nothing is written;
        :class:`MarkError` for points that can't be given, and SQLAlchemy's errors.
        """
        if "points" in change:
            _check(change["points"], answer.most)
        with self._open.transaction(writing=True) as gradebook:
            grade = _grade(gradebook, answer)
            comment = _comment(gradebook, grade)
            given = self._of(gradebook, answer.key)
            now = _said(grade, comment, given)
            for name, value in change.items():
                # what is there already may have been sent twice
                if getattr(now, name) not in (getattr(seen, name), value):
                    raise ChangedError(now)
            if "points" in change:
                # as formgrader does: points for what is beyond the question stay as they are
                grade.manual_score = change["points"]
                grade.needs_manual_grade = grade.manual_score is None and grade.auto_score is None
            if "comment" in change:
                gradebook.db.add(comment)
                comment.manual_comment = change["comment"]
            written = _said(grade, comment, {})
            role: Role = "third" if {"first", "second"} <= set(given) else "first"
            self._keep(gradebook, answer.key, role, marker, written)
            gradebook.db.flush()
            self._open.commit()
        return Mark(written.points, written.comment, marker, written.waits, written.automatic)

    def write_second(self, answer: Answer, marker: str, change: Mapping[str, Any]) -> Mark:
        """Write what a second marker gives, which the gradebook has no place for.

        Raises :class:`MarkError` for points that can't be given, or where another second marker has
        the answer.
        """
        if "points" in change:
            _check(change["points"], answer.most)
        with self._open.transaction(writing=True) as gradebook:
            before = self._of(gradebook, answer.key).get("second", Mark(None, "", marker))
            if before.marker != marker:
                raise MarkError("Another second marker has this answer already.")
            mark = Mark(
                change.get("points", before.points), change.get("comment", before.comment), marker
            )
            self._keep(gradebook, answer.key, "second", marker, mark)
            self._open.commit()
        return mark

    def flag(self, answer: Answer, flagged: bool) -> None:
        """Flag the answer's notebook, or take the flag away, as formgrader does."""
        with self._open.transaction(writing=True) as gradebook:
            _grade(gradebook, answer).notebook.flagged = flagged
            gradebook.db.flush()
            self._open.commit()

    def comments(self, question: Question, role: Role) -> list[tuple[str, int]]:
        """Return the lines of comments that were given to a question's answers, most used first.

        A comment is kept by being given. A second marker is shown those of second markers: the
        first one's would say what to think.
        """
        with self._reading() as gradebook:
            if role == "second":
                given = gradebook.db.execute(
                    select(MARKS.c.comment).where(
                        MARKS.c.role == role, MARKS.c.assignment == question.assignment,
                        MARKS.c.notebook == question.notebook, MARKS.c.cell == question.cell,
                    )
                )  # fmt: skip
            else:
                given = gradebook.db.execute(_comments_on(question))
            lines = Counter(
                line.strip() for (text,) in given for line in (text or "").splitlines()
                if line.strip()
            )  # fmt: skip
        return sorted(lines.items(), key=lambda item: (-item[1], item[0]))

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._open.transaction() as gradebook:
            yield gradebook
            self._open.commit()  # the next one sees what others have written

    def _of(self, gradebook: Any, key: Key) -> dict[str, Mark]:
        rows = gradebook.db.execute(select(MARKS).where(*_is(key)))
        return {row.role: Mark(row.points, row.comment, row.marker) for row in rows}

    def _keep(self, gradebook: Any, key: Key, role: Role, marker: str, mark: Mark) -> None:
        gradebook.db.execute(delete(MARKS).where(*_is(key), MARKS.c.role == role))
        gradebook.db.execute(
            insert(MARKS).values(
                **key._asdict(),
                role=role,
                marker=marker,
                points=mark.points,
                comment=mark.comment,
                moment=datetime.now(UTC).isoformat(timespec="seconds"),
            )
        )


def forget(gradebook: Any, student: str) -> None:
    """Delete the marks of a student's answers. Raises SQLAlchemy's errors."""
    if inspect(gradebook.db.connection()).has_table(MARKS.name):
        gradebook.db.execute(delete(MARKS).where(MARKS.c.student == student))


def _is(key: Key) -> list[Any]:
    return [MARKS.c[name] == value for name, value in key._asdict().items()]


def _check(points: object, most: float) -> None:
    """Raise :class:`MarkError` for what aren't points that can be given."""
    if points is None:
        return
    if isinstance(points, bool) or not isinstance(points, int | float) or not math.isfinite(points):
        raise MarkError(f"{points!r} isn't a number of points.")
    if not 0 <= points <= most:
        raise MarkError(f"{points:g} points can't be given: there are 0 to {most:g}.")


def _grade(gradebook: Any, answer: Answer) -> Any:
    try:
        return gradebook.find_grade_by_id(answer.grade_id)
    except MissingEntry:
        raise GoneError(
            "This answer isn't in the gradebook any more: its submission was graded again or taken "
            "out. Reload the page."
        ) from None


def _comment(gradebook: Any, grade: Any) -> Any:
    """Return the gradebook's comment on an answer; where there is none, one to be added."""
    cell = api.BaseCell
    place = (
        gradebook.db.query(cell)
        .filter(
            cell.name == grade.cell.name,
            cell.notebook_id == grade.cell.notebook_id,
            cell.type.in_(("SolutionCell", "TaskCell")),
        )
        .one()
    )
    wanted = {"cell_id": place.id, "notebook_id": grade.notebook_id}
    found = gradebook.db.query(api.Comment).filter_by(**wanted).one_or_none()
    return found or api.Comment(**wanted)


def _said(grade: Any, comment: Any, given: Mapping[str, Mark]) -> Mark:
    """Return what the gradebook says; the marker is known who gave just that."""
    points, words = grade.manual_score, comment.manual_comment or ""
    last = given.get("third") or given.get("first")
    known = last is not None and last.points == points
    return Mark(
        points=points,
        comment=words,
        marker=last.marker if last and known else "",
        waits=bool(grade.needs_manual_grade),
        automatic=comment.auto_comment or "",
    )


def _comments_on(question: Question) -> Any:
    comment, cell = api.Comment.__table__, api.BaseCell.__table__
    notebook, assignment = api.Notebook.__table__, api.Assignment.__table__
    return (
        select(comment.c.manual_comment)
        .select_from(
            comment.join(cell, cell.c.id == comment.c.cell_id)
            .join(notebook, notebook.c.id == cell.c.notebook_id)
            .join(assignment, assignment.c.id == notebook.c.assignment_id)
        )
        .where(
            cell.c.name == question.cell,
            notebook.c.name == question.notebook,
            assignment.c.name == question.assignment,
            comment.c.manual_comment.is_not(None),
        )
    )
