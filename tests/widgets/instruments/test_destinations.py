"""Destinations shows what each way of a checkpoint loses, and what a failure takes with it."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import LOST, evaluate_checkpoint
from storagelab.parts.checkpoint.words import format_loss
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_time
from storagelab.widgets.instruments.destinations import Destinations, destinations
from tests.widgets.benches import built, outcomes

ANY = given(st.data())
MANY = [name for name in TRACKS if Destinations.shows(load_track(name))]
ONE = [name for name in TRACKS if name not in MANY]
EVERY = pytest.mark.parametrize("name", MANY)


def drawn(name: str, data: Any) -> tuple[Any, Any, str]:
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = built(Destinations, name)
    instrument.update(outcome)
    return outcome, instrument, instrument.draw(outcome)


def each(name: str, outcome: Any) -> list[Any]:
    """Return what every destination comes to, evaluated here."""
    track = load_track(name)
    return [
        evaluate_checkpoint(track, replace(outcome.settings, destination=way.name))
        for way in track.checkpoint.destinations
    ]


def test_the_cloud_has_ways_to_choose_and_the_devices_have_one() -> None:
    assert "cloud_titan" in MANY
    assert ONE
    for name in ONE:
        with pytest.raises(ValueError, match="no destination to choose"):
            destinations(name)


@EVERY
@ANY
def test_a_bar_is_as_long_as_what_its_way_loses(name: str, data: Any) -> None:
    outcome, instrument, _ = drawn(name, data)
    bars = np.asarray(instrument.bars.x).reshape(-1, 3, 5)
    for bar, there in zip(bars, each(name, outcome), strict=True):
        lost = [there.losses[kind] / instrument.si for kind in LOST]
        ends = np.minimum(np.cumsum(lost), instrument.top)
        ends = np.where(np.isfinite(ends), ends, instrument.top)
        assert bar[0].min() == 0
        assert [part.max() for part in bar] == pytest.approx(list(ends))
        assert [part.min() for part in bar[1:]] == pytest.approx(list(ends[:-1]))


@EVERY
@ANY
def test_every_way_has_its_number_and_the_chosen_one_is_outlined(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    texts = [str(text) for label in instrument.ends.values() for text in label.text]
    for way, there in zip(instrument.ways, each(name, outcome), strict=True):
        said = format_loss(load_track(name), there.loss)
        beyond = not there.loss / instrument.si <= instrument.top
        crash = ", crash" if "storage" in there.unmet else ""
        assert (f"{said} ▸{crash}" if beyond else f"{said}{crash}") in texts
        crash = " (and crashes the storage)" if "storage" in there.unmet else ""
        assert re.search(re.escape(f"{way.name} {said}{crash}") + r"[.,]", words)
        named = [text for text in instrument.names.text if str(text).startswith(way.label)]
        assert ("(yours)" in str(named[0])) == (way.name == outcome.settings.destination)
    row = [way.name for way in instrument.ways].index(outcome.settings.destination)
    assert np.mean(instrument.chosen.y[:4]) == pytest.approx(len(instrument.ways) - 1 - row)
    assert not re.search(r"\b(nan|inf)\b", words)


@EVERY
@ANY
def test_what_a_failure_takes_is_said_and_tabled(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    table, content = instrument.table(outcome), load_track(name).checkpoint
    assert len(table.rows) == len(content.destinations)
    interval = outcome.settings.interval
    for way, there, row in zip(instrument.ways, each(name, outcome), table.rows, strict=True):
        lost = [there.losses[kind] / instrument.si for kind in (*LOST, "total")]
        for loss, cell in zip(lost, row[1:5], strict=True):
            assert cell == ("without end" if math.isinf(loss) else pytest.approx(loss))
        assert row[5] == pytest.approx(100 * there.storage_share)
        for failure, cell in zip(content.failures, row[6:], strict=True):
            near = failure.name in way.survives
            assert cell == format_time(there.scheme.fallback(interval, near))
            if way.name == outcome.settings.destination:
                assert f"{cell} after {failure.label}" in words


@EVERY
def test_the_farther_a_state_is_the_more_it_survives(name: str) -> None:
    """Near states spare the failures that they survive most of the work, and the others none."""
    track = load_track(name)
    start = PARTS["checkpoint"].baseline(track)
    for there in each(name, start):
        way = track.checkpoint.destination(there.settings.destination)
        near, far = (there.scheme.fallback(3600.0, held) for held in (True, False))
        assert (near < far / 5) == (way.kind == "near")
        assert (there.scheme.local_share > 0) == bool(way.survives)


@EVERY
def test_a_page_of_it_plays_without_a_kernel(name: str) -> None:
    box = destinations(name, "interval", sharded=True)
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    assert len(playback.frames) == len(load_track(name).checkpoint.control("interval").values)
