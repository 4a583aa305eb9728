"""What version 0.1.0 left of a class is read by this one, and graded on, in mid-term."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from sandgrader.scores import moved, read_scores, read_snapshot
from tests.sandgrader.quickstart import NAME, copied, grades_of

EARLIER = Path(__file__).with_name("earlier")
CLASS = {"all_right", "wrong"}


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> Path:
    """A course whose gradebook is an earlier version's, with a point and a comment by hand."""
    course = copied(fresh, tmp_path)
    for student in (course / "submitted").iterdir():
        if student.name not in CLASS:
            shutil.rmtree(student)
    (course / "gradebook.db").unlink()
    with sqlite3.connect(course / "gradebook.db") as database:
        database.executescript((EARLIER / "gradebook_0_1_0.sql").read_text(encoding="utf-8"))
    database.close()
    return course


@pytest.mark.full
def test_an_earlier_gradebook_is_graded_on(course: Path, grade: Callable[..., str]) -> None:
    before = grades_of(course)
    assert {key[0] for key in before} == CLASS
    by_hand = ("wrong", "problem2", "part-a")
    assert before[by_hand].manual == 0.25
    grade(course, NAME)
    assert (course / "autograded" / "wrong" / NAME / "problem2.ipynb").is_file()
    after = grades_of(course)
    assert after == before
    assert after[*by_hand, "comment"].comment == "Say why."


@pytest.mark.full
def test_an_earlier_snapshot_is_compared_with_it(course: Path) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        now = read_scores(gradebook)
    found = moved(read_snapshot(EARLIER / "scores_0_1_0.json"), now)
    (by_hand,) = found.changes
    assert (by_hand.key.cell, by_hand.what) == ("part-a", "waits for a person")
    assert found.same == len(now) - 1 > 15
