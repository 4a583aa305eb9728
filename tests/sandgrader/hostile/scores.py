"""Scores of a course, and those that the pack deserves."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade

from tests.sandgrader.hostile.case import STEMS, TRACK, Case, Loss

Scores = dict[str, float | None]
"""A student's points by ``part/cell``; None where the gradebook waits for a person."""


@cache
def full_scores(source: Path) -> dict[str, float]:
    """Return all points of every cell that a machine grades, from the course's ``source/``."""
    return {
        f"{part}/{cell.metadata.nbgrader['grade_id']}": float(cell.metadata.nbgrader["points"])
        for part, stem in STEMS.items()
        for cell in nbformat.read(source / TRACK / f"{stem}.ipynb", as_version=4).cells
        if is_grade(cell)
    }


def deserved(loses: dict[str, Loss], full: dict[str, float]) -> dict[str, float]:
    """Return the points of every cell that a machine grades.

    Raises ``KeyError`` for a loss of a cell that isn't there.
    """
    scores = dict(full)
    for cell, loss in loses.items():
        if loss.score >= scores[cell]:
            raise ValueError(f"{cell}: {loss.score} points are no loss")
        scores[cell] = loss.score
    return scores


def differences(case: Case, got: Scores, full: dict[str, float]) -> dict[str, str]:
    """Return what is wrong with a case's scores, by cell; nothing where all are deserved."""
    wrong: dict[str, str] = {}
    for cell, points in deserved(case.loses, full).items():
        right = {points, full[cell]} if cell in case.chance else {points}
        if cell not in got:
            wrong[cell] = f"no score, {points:g} deserved"
        elif got[cell] not in right:
            wrong[cell] = f"{got[cell]}, {points:g} deserved"
    return wrong


def read_scores(gradebook: Path, full: dict[str, float]) -> dict[str, Scores]:
    """Return the points of every student in a gradebook for the cells that are in ``full``."""
    part_of = {stem: part for part, stem in STEMS.items()}
    scores: dict[str, Scores] = {}
    with Gradebook(f"sqlite:///{gradebook}") as book:
        for submission in book.assignment_submissions(TRACK):
            cells = scores.setdefault(submission.student_id, {})
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    cell = f"{part_of[notebook.name]}/{grade.name}"
                    if cell in full:
                        cells[cell] = None if grade.needs_manual_grade else grade.score
    return scores
