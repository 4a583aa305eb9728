"""Which cells with points by hand need a second look after a regrade."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandgrader.by_hand import answers_of, needs_no_second_look
from sandgrader.scores import Key, Score


def cell(source: str, attachments: Any = None, **grading: Any) -> dict[str, Any]:
    made = {"cell_type": "code", "source": source, "metadata": {"nbgrader": grading}}
    return made if attachments is None else {**made, "attachments": attachments}


def sheet(essay: str = "Because.", answer: str = "x = 1", picture: str = "", note: str = "") -> str:
    """A graded notebook: a note, an answer with its test, an essay."""
    cells = [
        {"cell_type": "markdown", "source": note, "metadata": {}},
        cell(answer, grade_id="x", solution=True),
        cell("assert x == 1", grade_id="x-test", grade=True, locked=True, solution=False),
        cell(essay, {"a.png": {"image/png": picture}}, grade_id="essay", solution=True, grade=True),
    ]
    return json.dumps({"cells": cells})


def score(auto: float | None, waits: bool, manual: float | None = 2.0, most: float = 4.0) -> Score:
    return Score(auto=auto, manual=manual, extra=None, most=most, waits=waits)


def settled(after: str, was: Any = None, now: Any = None, most: float = 4.0) -> set[str]:
    """Return which cells of one and of another version of the sheet need no second look."""
    before = {
        Key("ada", "ps1", "one", "x-test"): was or score(1.0, False),
        Key("ada", "ps1", "one", "essay"): score(None, False),
    }
    graded = {
        Key("ada", "ps1", "one", "x-test"): now or score(1.0, True),
        Key("ada", "ps1", "one", "essay"): score(None, True),
    }
    answers = {"one": (answers_of(sheet()), answers_of(after))}
    kept = {("one", "x-test"): (1.0, most), ("one", "essay"): (None, 4.0)}
    return {key.cell for key in needs_no_second_look(before, graded, answers, kept)}


def test_what_is_the_same_needs_none() -> None:
    assert settled(sheet()) == {"x-test", "essay"}


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (sheet(essay="Why not."), set()),  # a test looks at all that the student wrote
        (sheet(picture="another"), set()),
        (sheet(answer="x = 2"), {"essay"}),
        (sheet(note="by the way"), {"essay"}),
        ("{", set()),
        (json.dumps({"cells": [3]}), set()),
    ],
)
def test_another_answer_is_looked_at(after: str, left: set[str]) -> None:
    assert settled(after) == left


def test_other_points_of_the_machine_are_looked_at() -> None:
    assert settled(sheet(), now=score(0.5, True)) == {"essay"}
    assert settled(sheet(), now=score(None, True)) == {"essay"}


def test_another_maximum_is_looked_at() -> None:
    assert settled(sheet(), most=2.0) == {"essay"}


def test_what_waited_before_still_waits() -> None:
    assert settled(sheet(), was=score(1.0, True)) == {"essay"}
    assert settled(sheet(), was=score(1.0, False, manual=None)) == {"essay"}
