"""Every score of a gradebook, as a snapshot, and what moved between two of them.

A snapshot is a JSON file, version 1::

    {"format": "storagelab-scores", "version": 1, "taken": "2026-11-23T16:20:58+00:00", "scores": [
      {"student": "ada", "assignment": "cloud_titan", "notebook": "1_access", "cell": "law-test",
       "auto": 8.0, "manual": null, "extra": null, "most": 8.0, "waits": false}]}

``sandgrader grade`` keeps one before it regrades; a gradebook itself does as well.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import Join, func, select

FORMAT, VERSION = "storagelab-scores", 1


class SnapshotError(ValueError):
    """A file is no snapshot of scores; the message says why, in a sentence."""


class Key(NamedTuple):
    """Which score it is."""

    student: str
    assignment: str
    notebook: str
    cell: str


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a gradebook says of one graded cell of one submission, in points."""

    auto: float | None
    """What the machine gave; none where it hasn't graded, or a person has to."""
    manual: float | None
    """What a person gave, in the machine's place."""
    extra: float | None
    most: float
    waits: bool
    """Whether a person still has to grade it."""

    @property
    def points(self) -> float:
        """What nbgrader counts: a person's points before the machine's, and the extra ones."""
        given = self.manual if self.manual is not None else self.auto
        # nbgrader gives extra credit only on top of a score
        return 0.0 if given is None else given + (self.extra or 0.0)


Scores = dict[Key, Score]


def grades_with_cells() -> Join:
    """Return nbgrader's tables of grades, each row with its submission, its cell and its points."""
    grade, cell = api.Grade.__table__.c, api.BaseCell.__table__.c
    submission, submitted = api.SubmittedAssignment.__table__.c, api.SubmittedNotebook.__table__.c
    notebook, assignment = api.Notebook.__table__.c, api.Assignment.__table__.c
    test, task = api.GradeCell.__table__, api.TaskCell.__table__
    joined: Join = (
        api.Grade.__table__.join(api.SubmittedNotebook.__table__, submitted.id == grade.notebook_id)
        .join(api.SubmittedAssignment.__table__, submission.id == submitted.assignment_id)
        .join(api.Notebook.__table__, notebook.id == submitted.notebook_id)
        .join(api.Assignment.__table__, assignment.id == submission.assignment_id)
        .join(api.BaseCell.__table__, cell.id == grade.cell_id)
        .outerjoin(test, test.c.id == cell.id)
        .outerjoin(task, task.c.id == cell.id)
    )
    return joined


def read_scores(
    gradebook: Gradebook,
    assignments: Collection[str] | None = None,
    students: Collection[str] | None = None,
) -> Scores:
    """Return every score in a gradebook, or of some assignments or students, in one query."""
    grade, cell = api.Grade.__table__.c, api.BaseCell.__table__.c
    submission = api.SubmittedAssignment.__table__.c
    notebook, assignment = api.Notebook.__table__.c, api.Assignment.__table__.c
    test, task = api.GradeCell.__table__, api.TaskCell.__table__
    query = (
        select(
            submission.student_id, assignment.name, notebook.name, cell.name,
            grade.auto_score, grade.manual_score, grade.extra_credit,
            func.coalesce(test.c.max_score, task.c.max_score, 0.0), grade.needs_manual_grade,
        )
        .select_from(grades_with_cells())
    )  # fmt: skip
    if assignments is not None:
        query = query.where(assignment.name.in_(assignments))
    if students is not None:
        query = query.where(submission.student_id.in_(students))
    return {
        Key(*row[:4]): Score(
            auto=row[4], manual=row[5], extra=row[6], most=row[7], waits=bool(row[8])
        )
        for row in gradebook.db.execute(query)
    }


# --- snapshots


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    student: str
    assignment: str
    notebook: str
    cell: str
    auto: float | None
    manual: float | None
    extra: float | None
    most: float
    waits: bool


class _File(msgspec.Struct, frozen=True):
    format: str
    version: int
    taken: str
    scores: list[_Line]


def write_snapshot(path: Path, scores: Mapping[Key, Score]) -> None:
    """Write ``scores`` to ``path``, whole or not at all. Raises ``OSError``."""
    lines = [
        _Line(**key._asdict(), **msgspec.structs.asdict(score))
        for key, score in sorted(scores.items(), key=lambda item: item[0])
    ]
    file = _File(FORMAT, VERSION, datetime.now(UTC).isoformat(timespec="seconds"), lines)
    write_whole(path, msgspec.json.encode(file))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all. Raises ``OSError``."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_snapshot(path: Path) -> Scores:
    """Return the scores in a snapshot; :class:`SnapshotError` where it is none that is known."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except OSError as problem:
        raise SnapshotError(f"{path} can't be read: {problem.strerror}.") from None
    except (msgspec.DecodeError, RecursionError) as problem:
        raise SnapshotError(f"{path} is no snapshot of scores: {problem}.") from None
    if (file.format, file.version) != (FORMAT, VERSION):
        raise SnapshotError(
            f"{path} is {file.format!r}, version {file.version}; "
            f"this sandgrader reads {FORMAT!r}, version {VERSION}."
        )
    return {
        Key(line.student, line.assignment, line.notebook, line.cell): Score(
            auto=line.auto, manual=line.manual, extra=line.extra, most=line.most, waits=line.waits
        )
        for line in file.scores
    }


# --- what moved


@dataclass(frozen=True)
class Change:
    """A score that isn't what it was. ``before`` or ``after`` is none where there was none."""

    key: Key
    before: Score | None
    after: Score | None

    @property
    def by(self) -> float:
        """Points more than before; a score that isn't there counts nothing, as in nbgrader."""
        before, after = (score.points if score else 0.0 for score in (self.before, self.after))
        return after - before

    @property
    def what(self) -> str:
        """What happened, in words."""
        if self.before is None:
            return "graded for the first time"
        if self.after is None:
            return "no longer in the gradebook"
        if not math.isclose(self.before.points, self.after.points, abs_tol=1e-9):
            return "more points" if self.by > 0 else "fewer points"
        if self.before.waits != self.after.waits:
            return "waits for a person" if self.after.waits else "graded by a person"
        if self.before.most != self.after.most:
            return "another maximum"
        return "the same points, given otherwise"


@dataclass(frozen=True)
class Moved:
    """What is different between two sets of scores, and how much isn't."""

    changes: list[Change]
    same: int
    """Scores in which nothing is different."""

    @property
    def students(self) -> dict[tuple[str, str], float]:
        """Points more than before, by student and assignment, for everybody with a change."""
        sums: dict[tuple[str, str], float] = {}
        for change in self.changes:
            where = change.key.student, change.key.assignment
            sums[where] = sums.get(where, 0.0) + change.by
        return sums


def moved(before: Mapping[Key, Score], after: Mapping[Key, Score]) -> Moved:
    """Return whose score moved between two snapshots, by student, assignment, notebook, cell."""
    changes, same = [], 0
    for key in sorted({*before, *after}):
        change = Change(key, before.get(key), after.get(key))
        if change.before is not None and change.after is not None and _equal(change):
            same += 1
        else:
            changes.append(change)
    return Moved(changes, same)


def _equal(change: Change) -> bool:
    one, other = change.before, change.after
    assert one is not None
    assert other is not None
    if (one.waits, one.most) != (other.waits, other.most):
        return False
    return all(
        same_points(*pair)
        for pair in ((one.auto, other.auto), (one.manual, other.manual), (one.extra, other.extra))
    )


def same_points(one: float | None, other: float | None) -> bool:
    """Return whether two scores are the same, where none is the same as none alone."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, abs_tol=1e-9)
