"""Locks that don't give themselves away: nothing above one says what opens it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import keys
import pytest

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.units import significant
from tests.parts.sliders import EVERY_PART

UNITS = {"milliseconds": "ms", "seconds": "s", "hours": "h", "minutes": "min"}
"""How the course's prose writes a unit that an answer is asked for in."""
SMALL = 4
"""Letters of a word up to which it says nothing: *the*, *more*, *are*."""
EVASIONS = re.compile(r"something else|none of (these|them|the above)|all of the above", re.I)


@cache
def key(name: str, part_name: str) -> Any:
    return keys.KEYS[part_name](load_track(name))


def stems(text: str) -> set[str]:
    """Return the words of a text that carry meaning, cut so that their forms are the same."""
    return {word[:6] for word in re.findall(r"[a-z]+", text.lower()) if len(word) > SMALL}


def above(track: Any, part: Any) -> dict[str, str]:
    """Return what a student has read before the lock is locked, by where it stands."""
    content = part.of(track)
    said = {"crisis": content.crisis, "question": content.question.text}
    said |= {f"option {item.id}": item.text for item in content.question.options}
    return {where: part.words(track, text) for where, text in said.items()}


def before_the_number(track: Any, part: Any) -> dict[str, str]:
    """Return every text that a student meets before the number is asked for, by where it stands."""
    content = part.of(track)
    said = {"look": content.look}
    said |= {f"reveal of {item.id}": item.words for item in content.question.options}
    for preset in content.presets:
        said[f"preset {preset.label}"] = f"{preset.label} {preset.words}"
    filled = {where: part.words(track, text) for where, text in said.items()}
    return {**above(track, part), **filled, "start": part.summary(track, part.baseline(track))}


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_number_asked_for_is_printed_nowhere_before_it_is_asked_for(
    name: str, part: Any
) -> None:
    """It is read off an instrument at the position that the question names."""
    track, number = load_track(name), key(name, part.name)["number"]
    spelled = {significant(number, digits) for digits in (2, 3, 4)}
    telling = {text for text in spelled if len(re.sub(r"\D", "", text).strip("0")) > 1}
    for where, text in before_the_number(track, part).items():
        found = set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))
        assert not found & telling, where
        # a round number tells nothing by itself, and does with its unit
        unit = UNITS.get(part.asked(track).unit, part.asked(track).unit)
        assert not any(f"{short} {unit}" in text for short in spelled), where


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_crisis_speaks_of_the_right_option_no_more_than_of_a_wrong_one(
    name: str, part: Any
) -> None:
    track = load_track(name)
    options = part.of(track).question.options
    own = {item.id: stems(f"{part.words(track, item.text)} {item.belief}") for item in options}
    # what several options say tells none of them apart
    distinct = {
        item: words - set().union(*(other for name, other in own.items() if name != item))
        for item, words in own.items()
    }
    right = key(name, part.name)["prediction"]
    read = stems(" ".join(above(track, part)[where] for where in ("crisis", "question")))
    said = {item: len(words & read) for item, words in distinct.items()}
    assert said[right] <= max(count for item, count in said.items() if item != right) + 1


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_no_question_ends_in_something_else(name: str, part: Any) -> None:
    track = load_track(name)
    for where, text in above(track, part).items():
        assert not EVASIONS.search(text), where


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_right_option_is_not_the_longest_by_far(name: str, part: Any) -> None:
    track = load_track(name)
    options = part.of(track).question.options
    lengths = {item.id: len(part.words(track, item.text)) for item in options}
    right = key(name, part.name)["prediction"]
    longest_wrong = max(size for item, size in lengths.items() if item != right)
    assert lengths[right] <= 1.4 * longest_wrong


def test_the_right_options_stand_in_different_places() -> None:
    places = {
        [item.id for item in part.of(load_track(name)).question.options].index(
            key(name, part.name)["prediction"]
        )
        for name in (item.values[0] for item in EVERY_PART)
        for part in PARTS.values()
    }
    assert len(places) >= 3
