"""The corpus: small nbgrader courses, each of which both nbgrader and the grader grade.

For instructors who want to know whether the grader is right on their course, and for whoever
changes it. Each case stands for one thing that nbgrader's documentation teaches, or that people run
into with it. What nbgrader makes of each is stored; a case passes where the grader gives the same,
cell by cell, or differs exactly as the case says and for the reason that it gives.

``python -m tests.sandgrader.corpus measure`` has nbgrader grade the cases anew, ``table`` writes
``docs/corpus.md``, and ``lay-out`` makes the courses to be looked at.
"""

from __future__ import annotations

from tests.sandgrader.corpus import (
    answers,
    checks,
    configuration,
    folders,
    kernels,
    people,
    students,
)
from tests.sandgrader.corpus.case import Case

THEMES: dict[str, list[Case]] = {
    "What tests look at": checks.CASES,
    "Kinds of answers": answers.CASES,
    "What a kernel does": kernels.CASES,
    "Files and folders": folders.CASES,
    "Configuration and plugins": configuration.CASES,
    "What students do to notebooks": students.CASES,
    "Where persons grade": people.CASES,
}
"""The corpus, by theme."""

CORPUS: dict[str, Case] = {case.name: case for theme in THEMES.values() for case in theme}
"""Every case, by its name."""

if len(CORPUS) != sum(map(len, THEMES.values())):
    raise ValueError("two cases of the corpus have the same name")

BY_DAY = [
    case.name
    for theme in THEMES.values()
    for case in [each for each in theme if not each.slow][::3]
]
"""Every third of each theme: what is graded after every change. By night all are."""

__all__ = ["BY_DAY", "CORPUS", "THEMES", "Case"]
