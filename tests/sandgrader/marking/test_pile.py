"""Whose share an answer is, whether it is marked twice, in which order answers come."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from sandgrader.marking.pile import (
    Answer,
    Share,
    in_order,
    is_in_sample,
    read_percentage,
    read_pile,
    read_share,
)
from sandgrader.scores import Key

from .essays import CODE, STUDENTS, TASK, TEXT, address, make_course

KEYS = [
    Key(f"student{number:03}", "essays", notebook, "reflect")
    for number in range(300)
    for notebook in ("one", "two", "three")
]


def test_shares_are_all_of_the_pile_and_nothing_twice() -> None:
    shares = [Share(number, 5) for number in range(1, 6)]
    held = [[share.has(key) for share in shares] for key in KEYS]
    assert all(sum(row) == 1 for row in held)
    sizes = [sum(column) for column in zip(*held, strict=True)]
    assert all(150 <= size <= 210 for size in sizes), sizes


def test_who_hands_in_later_moves_no_answer() -> None:
    # another machine, another year: the same
    assert [place for place, key in enumerate(KEYS[:30]) if Share(2, 5).has(key)] == [
        3,
        9,
        17,
        18,
        19,
        23,
    ]


def test_a_sample_is_about_as_large_as_it_is_said_to_be() -> None:
    tenth = [key for key in KEYS if is_in_sample(key, 0.1)]
    assert 65 <= len(tenth) <= 115
    assert set(tenth) <= {key for key in KEYS if is_in_sample(key, 0.3)}
    assert all(is_in_sample(key, 1.0) for key in KEYS)
    # a marker's share says nothing of the sample
    assert 10 <= sum(Share(1, 5).has(key) for key in tenth) <= 30


@pytest.mark.parametrize("text", ["0/5", "6/5", "2", "2/0", "-1/2", "a/b", "1/2/3", ""])
def test_what_is_no_share_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="2/5 for the second of five"):
        read_share(text)


@pytest.mark.parametrize("text", ["0", "101%", "ten", "-5", "nan", ""])
def test_what_is_no_percentage_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="10% for every tenth"):
        read_percentage(text)


def test_what_is_one_is_read() -> None:
    assert read_share(" 2 / 5 ") == Share(2, 5)
    assert read_percentage("10%") == read_percentage("10") == 0.1


def test_a_marker_stays_with_a_question_and_marked_answers_come_last() -> None:
    answers = [
        Answer(str(number), key, 6.0, None, None, waits=number % 4 != 0, flagged=False)
        for number, key in enumerate(KEYS)
    ]
    ordered = in_order(answers)
    questions = [question for question, _ in groupby(item.question for item in ordered)]
    assert len(questions) == 3
    for _, group in groupby(ordered, key=lambda item: item.question):
        waits = [item.waits for item in group]
        assert waits == sorted(waits, reverse=True)
    students = [item.key.student for item in ordered if item.waits][:200]
    assert students != sorted(students)
    assert in_order(reversed(answers)) == ordered


def test_the_pile_is_what_a_person_marks(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    with Gradebook(address(course)) as gradebook:
        pile = read_pile(gradebook)
        assert read_pile(gradebook, ["another"]) == []
    assert Counter(item.key.cell for item in pile) == dict.fromkeys((TASK, TEXT, CODE), 4)
    assert {item.key.student for item in pile} == set(STUDENTS)
    assert {(item.key.cell, item.most) for item in pile} == {(TASK, 6), (TEXT, 3), (CODE, 20)}
    assert all(item.waits and item.manual is None for item in pile)
