"""Locks that don't give themselves away, beside what ``test_lessons.py`` asks of each of them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import keys
import pytest

from storagelab.course.lessons.lesson import Lesson
from storagelab.course.lessons.texts import above
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from tests.parts.sliders import EVERY_PART

EVASIONS = re.compile(r"something else|none of (these|them|the above)|all of the above", re.I)


@cache
def key(name: str, part_name: str) -> Any:
    return keys.KEYS[part_name](load_track(name))


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_no_question_ends_in_something_else(name: str, part: Any) -> None:
    track = load_track(name)
    for where, text in above(Lesson(track, part, keys)).items():
        assert not EVASIONS.search(text), where


def test_the_right_options_stand_in_different_places() -> None:
    places = {
        [item.id for item in part.of(load_track(name)).question.options].index(
            key(name, part.name)["prediction"]
        )
        for name in TRACKS
        for part in PARTS.values()
    }
    assert len(places) >= 3
