"""What reads the same numbers of an outcome is shown once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.recorded.reads import Memory, Watched


@dataclass(frozen=True)
class Settings:
    size: float
    depth: float


class Found(msgspec.Struct, frozen=True):
    settings: Settings
    rate: float
    parts: dict[str, float]

    @property
    def doubled(self) -> float:
        return 2 * self.rate


def found(size: float = 1.0, depth: float = 2.0, rate: float = 3.0) -> Watched:
    return Watched(Found(Settings(size, depth), rate, {"a": rate}))


def test_what_is_read_is_noted_through_properties_and_records_inside() -> None:
    outcome = found()
    memory: Memory[float] = Memory(lambda seen: seen.doubled + seen.settings.size)
    assert memory(found()) == 7
    assert memory(found(depth=9)) == 7
    assert memory.calls == 1
    assert memory(found(size=2)) == 8
    assert memory.calls == 2
    assert outcome.seen.doubled == 6
    assert isinstance(outcome.seen, Found)


def test_a_record_that_is_replaced_has_read_all_but_what_replaces() -> None:
    memory: Memory[Any] = Memory(lambda seen: replace(seen.settings, size=0.0).depth)
    assert [memory(found(size=size)) for size in (1, 2, 3)] == [2, 2, 2]
    assert memory.calls == 1
    assert memory(found(depth=5)) == 5


def test_a_record_that_is_compared_or_looked_up_has_been_read_whole() -> None:
    compared: Memory[bool] = Memory(lambda seen: seen.settings == Settings(1.0, 2.0))
    looked_up: Memory[int] = Memory(lambda seen: hash(seen.settings))
    for memory in (compared, looked_up):
        memory(found())
        memory(found(depth=9))
        assert memory.calls == 2


def test_what_is_read_later_makes_what_is_known_void() -> None:
    memory: Memory[float] = Memory(
        lambda seen: seen.settings.depth if seen.settings.size > 1 else 0.0
    )
    assert memory(found(size=1, depth=5)) == 0
    assert memory(found(size=2, depth=5)) == 5
    assert memory(found(size=2, depth=6)) == 6
    assert memory(found(size=1, depth=6)) == 0


def test_values_that_are_equal_and_written_differently_are_told_apart() -> None:
    memory: Memory[str] = Memory(lambda seen: repr(seen.rate))
    assert [memory(found(rate=rate)) for rate in (1, 1.0, True)] == ["1", "1.0", "True"]


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=30), st.integers(0, 5))
def test_a_memory_never_differs_from_what_it_remembers(states: Any, kind: int) -> None:
    def show(seen: Any) -> Any:
        if seen.settings.size > kind % 3:
            return (seen.rate, seen.parts["a"])
        return math.hypot(seen.settings.depth, kind)

    memory: Memory[Any] = Memory(show)
    for size, depth, rate in states:
        outcome = found(float(size), float(depth), float(rate))
        assert memory(outcome) == show(outcome.record)


@pytest.mark.parametrize("part_name", PARTS)
def test_a_parts_own_words_are_the_same_for_a_watched_outcome(part_name: str) -> None:
    track, part = load_track("cloud_titan"), PARTS[part_name]
    outcome = part.baseline(track)
    memory: Memory[str] = Memory(lambda seen: part.summary(track, seen))
    assert memory(Watched(outcome)) == part.summary(track, outcome)
    assert memory(Watched(part.crisis(track))) == part.summary(track, part.crisis(track))
