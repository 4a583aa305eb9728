"""A mark dragged to a place means what its slider means there, and points say their numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import value_label
from storagelab.widgets.hands import Hands
from storagelab.widgets.instruments.iops_throughput import IOPSThroughput
from storagelab.widgets.instruments.saturation import PipelineSaturation
from storagelab.widgets.instruments.young_daly import YoungDaly
from storagelab.widgets.playback import Playback

from .benches import EVERY_BENCH, bench_of, built, outcomes, within

EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())
DRAGGED = [("access", IOPSThroughput), ("pipeline", PipelineSaturation), ("checkpoint", YoungDaly)]
OF_A_FIGURE = pytest.mark.parametrize(("part_name", "kind"), DRAGGED)


@OF_A_FIGURE
@EVERY_TRACK
@ANY
def test_the_point_lies_at_the_place_to_which_it_was_dragged(
    name: str, part_name: str, kind: Any, data: Any
) -> None:
    track, part = load_track(name), PARTS[part_name]
    outcome, instrument = data.draw(outcomes(name, part_name)), built(kind, name)
    instrument.update(outcome)
    handles = [item for item in instrument.handles() if item.places and item.field is None]
    assert len(handles) == 1
    (handle,) = handles
    assert handle.mark is instrument.point
    assert len(handle.places) == len(handle.control.values)
    index = data.draw(st.integers(0, len(handle.places) - 1))
    value = handle.control.to_si(handle.control.values[index])
    instrument.update(
        part.experiment(track, replace(outcome.settings, **{handle.control.name: value}))
    )
    assert instrument.point.x[0] == pytest.approx(handle.places[index], rel=1e-9, abs=1e-12)
    again = next(item for item in instrument.handles() if item.places and item.field is None)
    assert again.places == pytest.approx(handle.places)  # the way stays while it is gone


@OF_A_FIGURE
@EVERY_TRACK
def test_every_place_lies_on_the_axis(name: str, part_name: str, kind: Any) -> None:
    instrument = built(kind, name)
    instrument.update(PARTS[part_name].crisis(load_track(name)))
    for handle in instrument.handles():
        scale = handle.mark.scales["x"]
        assert all(0.99 * scale.min <= place <= scale.max for place in handle.places)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
@ANY
def test_every_point_with_words_has_its_own(name: str, part_name: str, data: Any) -> None:
    bench = bench_of(name, part_name)
    outcome = data.draw(outcomes(name, part_name))
    for instrument in bench.instruments:
        if instrument.hands is None:
            continue
        instrument.update(outcome)
        assert len(instrument.hands.words) == len(instrument.hands.named)
        for mark, words in zip(instrument.hands.named, instrument.hands.words, strict=True):
            assert len(words) == np.size(mark.x)
            assert all("{" not in text and "nan" not in text for text in words)
    bench.refresh()


@EVERY_TRACK
def test_a_workbench_hands_its_own_sliders_to_the_marks(name: str) -> None:
    for part_name, kind in DRAGGED:
        bench = bench_of(name, part_name)
        (instrument,) = [item for item in bench.instruments if isinstance(item, kind)]
        hands = instrument.hands
        handles = [item for item in instrument.handles() if item.field is None]
        sources = [
            source for source, way in zip(hands.sources, hands.ways, strict=True)
            if way["trait"] == "index"
        ]  # fmt: skip
        assert sources == [bench.controls[item.control.name].slider for item in handles]
        for item, way, source in zip(
            handles, [way for way in hands.ways if way["trait"] == "index"], sources, strict=True
        ):
            control = item.control
            assert way["texts"] == [value_label(control, value) for value in control.values]
            assert control.label in way["label"]
            before = source.index
            for index in (0, len(control.values) - 1):
                source.index = way["values"][index]  # as the page does
                assert bench.settings()[control.name] == control.to_si(control.values[index])
            source.index = before


def hands_of(box: Any) -> list[Hands]:
    return [item for item in within(box) if isinstance(item, Hands)]


@pytest.mark.parametrize(
    ("part_name", "moving"),
    [("access", "request_size"), ("pipeline", "link"), ("checkpoint", "interval")],
)
@EVERY_TRACK
def test_on_a_page_the_one_slider_has_its_handle_and_the_words_are_played(
    name: str, part_name: str, moving: str
) -> None:
    box = show_moving(name, part_name, moving)
    control = PARTS[part_name].of(load_track(name)).control(moving)
    (playback,) = [item for item in box.children if isinstance(item, Playback)]
    found = [hands for hands in hands_of(box) if any(hands.places)]
    assert len(found) == 1
    (hands,) = found
    at = [index for index, places in enumerate(hands.places) if places]
    assert [hands.sources[index] for index in at] == [playback.source]
    assert len(hands.places[at[0]]) == len(control.values)
    assert (hands, "words") in list(zip(playback.targets, playback.names, strict=True))


def test_a_page_of_another_control_has_words_and_no_handle() -> None:
    box = show_moving("cloud_titan", "access", "queue_depth")
    for hands in hands_of(box):
        assert hands.marks == []
        assert hands.named
