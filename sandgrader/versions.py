"""By which version of an assignment a grade was made: kept in the gradebook, beside the grade.

A version is a digest of what decides points: the tests and the points of the gradebook's cells, the
given cells and files of ``source/`` that tests stand on, and the grader's own rules. It lies in a
table of this grader's own, ``storagelab_graded``, which nbgrader passes over, and is written in the
transaction of the scores that it is about: killed at any moment, both are there or neither.

nbgrader grades without it. What it has graded in between is found by its scores, which aren't
those that were kept with the version. Such a grade, and one from before versions were kept, is
*noted*: by whatever it was made, it was there when the assignment was of a certain version.

Tests may judge by more than the assignment: by a package's prices, facts and laws. A course that
says what these are (``c.Grade.stands_on``) has a digest of them kept as well, in a second table,
``storagelab_stood_on``, since there were gradebooks with the first one alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nbgrader import api
from sqlalchemy import Boolean, Column, MetaData, String, Table, Text, delete, inspect, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from sandgrader.assignment import Assignment, Notebook
from sandgrader.gradebook import OpenGradebook
from sandgrader.scores import Scores, same_points

RULES = 1
"""Raised where this grader's own rules change what the same work earns: grades are then stale."""

_TABLES = MetaData()
GRADED = Table(
    "storagelab_graded",
    _TABLES,
    # without a foreign key: nbgrader deletes submissions and knows nothing of this table
    Column("submission", String(32), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("known", Boolean, nullable=False),
    Column("regrade", String(32), nullable=False),
    Column("made", String(32), nullable=False),
    Column("scores", Text, nullable=False),
    Column("answers", Text, nullable=False),
)
"""A row for each graded submission, by its id in nbgrader's ``submitted_assignment``."""

STOOD_ON = Table(
    "storagelab_stood_on",
    _TABLES,
    Column("submission", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("known", Boolean, nullable=False),
)
"""A row for each submission that was graded in a course that says what it stands on."""

Given = dict[tuple[str, str], tuple[float | None, float]]
"""By notebook and cell, what the machine gave and the most that there was to get, in points."""


@dataclass(frozen=True)
class Made:
    """What is kept of the making of a submission's grade."""

    version: str
    known: bool
    """Whether it was made by this version; else it was there when the assignment was of it."""
    regrade: str
    """The run that made it."""
    scores: Given
    answers: dict[str, dict[str, str]]
    """By notebook and grade id, digests of what the student wrote; empty where that isn't known."""
    stood_on: str = ""
    """What the course stood on; empty where that wasn't kept."""
    stood_on_known: bool = False
    """Whether it was made on that; else it was there when the course stood on it."""

    def is_still(self, scores: Scores) -> bool:
        """Return whether a submission's scores are the machine's that were kept with this."""
        now = {(key.notebook, key.cell): score.auto for key, score in scores.items()}
        return now.keys() == self.scores.keys() and all(
            same_points(auto, self.scores[place][0]) for place, auto in now.items()
        )


def version_of(assignment: Assignment) -> str:
    """Return an assignment's version; texts, limits and the sandbox are no part of it."""
    said = {
        "rules": RULES,
        "notebooks": {
            name: _deciding(notebook) for name, notebook in sorted(assignment.notebooks.items())
        },
        "beside": {
            name: hashlib.sha256(content).hexdigest()
            for name, content in sorted(assignment.beside.items())
        },
        "kept": sorted(assignment.kept),
        "evidence": sorted(assignment.evidence),
        "add_missing": assignment.add_missing,
        "forgives": assignment.forgives,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _deciding(notebook: Notebook) -> dict[str, Any]:
    """Return what of a notebook decides points."""
    return {
        "cells": [
            [
                cell.grade_id, cell.cell_type, cell.locked, cell.grade, cell.solution, cell.task,
                cell.points, cell.source if cell.locked and cell.cell_type == "code" else "",
            ]
            for _, cell in sorted(notebook.cells.items())
        ],
        "script": [cell.source for cell in notebook.script],
        "answers": sorted(notebook.bound),
        "kernel": notebook.kernel.name if notebook.kernel else "",
    }  # fmt: skip


def prepare(book: OpenGradebook) -> bool:
    """Make the tables where there are none; return whether the database lets that be done."""
    try:
        with book.transaction() as gradebook:
            if all(_has(gradebook, table) for table in _TABLES.sorted_tables):
                return True
        with book.transaction(writing=True) as gradebook:
            keep_versions(gradebook)
            book.commit()
    except OperationalError:  # locked: who writes waits for that anyway, and makes the table then
        return True
    except ProgrammingError:  # no right to make one
        return False
    return True


def keep_versions(gradebook: Any) -> None:
    """Make the tables where there are none. Raises SQLAlchemy's errors."""
    _TABLES.create_all(gradebook.db.connection(), checkfirst=True)


def _has(gradebook: Any, table: Table) -> bool:
    return bool(inspect(gradebook.db.connection()).has_table(table.name))


def read_versions(
    gradebook: Any, assignment: str, students: Collection[str] | None = None
) -> dict[str, Made]:
    """Return by student what is kept of the making of an assignment's grades."""
    stood_on = {
        row.student_id: (row.digest, bool(row.known))
        for row in _rows(gradebook, STOOD_ON, assignment, students)
    }
    return {
        row.student_id: Made(
            version=row.version,
            known=bool(row.known),
            regrade=row.regrade,
            scores={
                (notebook, cell): (auto, most)
                for notebook, cell, auto, most in json.loads(row.scores)
            },
            answers=json.loads(row.answers),
            stood_on=stood_on.get(row.student_id, ("", False))[0],
            stood_on_known=stood_on.get(row.student_id, ("", False))[1],
        )
        for row in _rows(gradebook, GRADED, assignment, students)
    }


def _rows(
    gradebook: Any, table: Table, assignment: str, students: Collection[str] | None
) -> list[Any]:
    """Return a table's rows of an assignment, with whose they are; none where it isn't there."""
    if not _has(gradebook, table):
        return []
    submission, of = api.SubmittedAssignment.__table__, api.Assignment.__table__
    query = (
        select(submission.c.student_id, *table.c)
        .select_from(
            table.join(submission, submission.c.id == table.c.submission).join(
                of, of.c.id == submission.c.assignment_id
            )
        )
        .where(of.c.name == assignment)
    )
    if students is not None:
        query = query.where(submission.c.student_id.in_([*students]))
    return list(gradebook.db.execute(query))


def record(
    gradebook: Any,
    assignment: str,
    scores: Scores,
    version: str,
    regrade: str,
    answers: Mapping[str, Mapping[str, str]] | None = None,
    known: bool = True,
    stands_on: str = "",
) -> None:
    """Keep what made some students' grades; of what is there, the newest counts.

    ``scores`` are all of these students' scores of the assignment, ``answers`` what one of them
    wrote, as far as that is known, ``stands_on`` what the course stands on.
    """
    by_student: dict[str, Scores] = {}
    for key, score in scores.items():
        by_student.setdefault(key.student, {})[key] = score
    ids = _submissions(gradebook, assignment, by_student)
    rows = [
        {
            "submission": ids[student],
            "version": version,
            "known": known,
            "regrade": regrade,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "scores": json.dumps(
                [
                    [key.notebook, key.cell, score.auto, score.most]
                    for key, score in sorted(own.items(), key=lambda item: item[0])
                ]
            ),
            "answers": json.dumps(answers or {}),
        }
        for student, own in by_student.items()
    ]
    for row in rows:
        for table in (GRADED, STOOD_ON):
            gradebook.db.execute(delete(table).where(table.c.submission == row["submission"]))
    if rows:
        gradebook.db.execute(GRADED.insert(), rows)
        _stand_on(gradebook, (ids[student] for student in by_student), stands_on, known)


def note_stood_on(
    gradebook: Any, assignment: str, students: Collection[str], stands_on: str
) -> None:
    """Note what the course stands on for grades that are there, by whatever they were made.

    For ``students`` of whom that isn't kept yet.
    """
    ids = _submissions(gradebook, assignment, students)
    kept = {row.student_id for row in _rows(gradebook, STOOD_ON, assignment, students)}
    _stand_on(
        gradebook, (ids[name] for name in students if name in ids.keys() - kept), stands_on, False
    )


def _stand_on(gradebook: Any, submissions: Iterable[str], digest: str, known: bool) -> None:
    rows = [{"submission": id_, "digest": digest, "known": known} for id_ in submissions]
    if digest and rows:
        gradebook.db.execute(STOOD_ON.insert(), rows)


def forget(gradebook: Any, student: str) -> None:
    """Delete what is kept of a student who is in the gradebook. Raises SQLAlchemy's errors."""
    submission = api.SubmittedAssignment.__table__
    own = select(submission.c.id).where(submission.c.student_id == student)
    for table in _TABLES.sorted_tables:
        if _has(gradebook, table):
            gradebook.db.execute(delete(table).where(table.c.submission.in_(own)))


def _submissions(gradebook: Any, assignment: str, students: Iterable[str]) -> Mapping[str, str]:
    submission, of = api.SubmittedAssignment.__table__, api.Assignment.__table__
    query = (
        select(submission.c.student_id, submission.c.id)
        .select_from(submission.join(of, of.c.id == submission.c.assignment_id))
        .where(of.c.name == assignment, submission.c.student_id.in_([*students]))
    )
    return {row.student_id: row.id for row in gradebook.db.execute(query)}
