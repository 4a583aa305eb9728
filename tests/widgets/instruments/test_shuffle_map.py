"""The map's dots are a simulated order, and its strips the model's reach and bandwidth."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.formats import FORMATS
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_count, format_share
from storagelab.widgets.buffer_sweep import BufferSweep
from storagelab.widgets.instruments.shuffle_map import (
    DOTS,
    NEIGHBOURS,
    SHARD,
    ShuffleMap,
    dot_size,
    played,
    shuffle_map,
)
from storagelab.widgets.playback import Playback
from tests.widgets.benches import built, outcomes, within

ANY = given(st.data())
NAME = "cloud_titan"
TRACK = load_track(NAME)


def outcome_of(**settings: Any) -> Any:
    """Return the outcome of the baseline with some of the student's settings changed."""
    controls = TRACK.access.controls
    values = {item.name: settings.get(item.name, item.default) for item in controls}
    return PARTS["access"].run(
        TRACK, {item.name: item.to_si(values[item.name]) for item in controls}
    )


def drawn_places(instrument: Any) -> Any:
    """Return when each sample is used, sorted by where it is stored."""
    places = np.empty(DOTS)
    places[instrument.marked] = instrument.neighbours.x
    places[~instrument.marked] = instrument.others.x
    return places / instrument.unit - 0.5


@pytest.mark.parametrize("name", TRACKS)
def test_the_map_is_shown_where_a_random_order_is_asked_for(name: str) -> None:
    assert ShuffleMap.shows(load_track(name)) == (load_track(name).access.reach_target > 0)
    assert ShuffleMap.shows(load_track(name)) == (name == "cloud_titan")


@ANY
def test_every_place_is_used_once_and_drawn_where_it_was_played(data: Any) -> None:
    outcome = data.draw(outcomes(NAME, "access"))
    instrument = built(ShuffleMap, NAME)
    instrument.update(outcome)
    used = drawn_places(instrument)
    np.testing.assert_allclose(used, played(TRACK, outcome).order.used, atol=1e-9)
    assert sorted(np.round(used)) == list(range(DOTS))
    stored = np.arange(DOTS) + 0.5
    np.testing.assert_allclose(instrument.neighbours.y / instrument.unit, stored[NEIGHBOURS])


def test_in_order_is_a_diagonal_and_single_files_are_a_cloud() -> None:
    instrument = built(ShuffleMap, NAME)
    words = instrument.draw(outcome_of(shuffled=False))
    np.testing.assert_allclose(drawn_places(instrument), np.arange(DOTS), atol=1e-9)
    assert words.startswith("A diagonal")
    words = instrument.draw(outcome_of(shuffled=True, format="raw"))
    moved = np.abs(drawn_places(instrument) - np.arange(DOTS)).mean()
    assert moved == pytest.approx(DOTS / 3, rel=0.1)
    assert words.startswith("A cloud")


def test_shards_without_a_buffer_are_blocks_and_a_buffer_blurs_them() -> None:
    instrument = built(ShuffleMap, NAME)
    words = instrument.draw(outcome_of(shuffled=True, format="webdataset", buffer=0))
    blocks = drawn_places(instrument).reshape(-1, SHARD)
    np.testing.assert_allclose(np.diff(blocks, axis=1), 1, atol=1e-9)
    assert not np.allclose(np.diff(blocks[:, 0]), SHARD)
    assert words.startswith("Blocks")
    words = instrument.draw(outcome_of(shuffled=True, format="webdataset", buffer=16384))
    spread = drawn_places(instrument).reshape(-1, SHARD)
    assert np.ptp(spread, axis=1).mean() > 3 * SHARD
    assert words.startswith("Blurred blocks")
    # the blocks are still where their shards were read
    assert np.corrcoef(spread.mean(axis=1), blocks.mean(axis=1))[0, 1] > 0.9
    words = instrument.draw(outcome_of(shuffled=True, format="webdataset", buffer=1048576))
    assert words.startswith("A cloud")


def test_a_buffer_that_is_smaller_than_a_dot_is_said_to_be() -> None:
    words = built(ShuffleMap, NAME).draw(outcome_of(shuffled=True, format="tfrecord", buffer=512))
    assert "a buffer of 512 is too small to be seen here" in words


@ANY
def test_shards_and_buffer_are_scaled_down_as_the_dataset_is(data: Any) -> None:
    outcome = data.draw(outcomes(NAME, "access"))
    small, dot = played(TRACK, outcome), dot_size(TRACK)
    file_format = FORMATS[outcome.settings.format]
    assert (small.shard is None) == (not file_format.sharded)
    if small.shard is not None:
        assert file_format.shard_size is not None
        size = file_format.shard_size / file_format.stored_size(TRACK.dataset.sample_size)
        assert small.shard == pytest.approx(size / dot, abs=0.5)
        assert small.shard in (3, SHARD)
    assert small.buffer == pytest.approx(min(DOTS, outcome.settings.buffer / dot), abs=0.5)


@ANY
def test_the_strips_and_the_words_are_the_models_reach_and_bandwidth(data: Any) -> None:
    outcome = data.draw(outcomes(NAME, "access"))
    instrument = built(ShuffleMap, NAME)
    words = instrument.draw(outcome)
    whole_reach, whole_kept, moved, kept = (edges.max() for edges in instrument.strips.x)
    assert whole_reach == whole_kept == instrument.size
    assert kept / instrument.size == pytest.approx(outcome.kept)
    along = math.log(max(1.0, outcome.reach)) / math.log(TRACK.dataset.samples / 3)
    assert moved / instrument.size == pytest.approx(along, abs=1e-9)
    passed = outcome.reach >= outcome.reach_target
    assert (moved >= instrument.asked.x[0]) == passed
    first, second = instrument.names.text
    assert first == f"moved by {format_count(outcome.reach)} places on average"
    assert second == f"keeps {format_share(outcome.kept)} of the bandwidth"
    assert f"moved by {format_count(outcome.reach)} places on average" in words
    assert f"moves it by {format_count(outcome.full_reach)}" in words
    assert f"end up {format_count(outcome.separation)} apart" in words
    assert f"keeps {format_share(outcome.kept)} of the device's bandwidth" in words


@ANY
def test_the_table_has_every_dot(data: Any) -> None:
    outcome = data.draw(outcomes(NAME, "access"))
    instrument = built(ShuffleMap, NAME)
    instrument.update(outcome)
    rows = np.array(instrument.table(outcome).rows, dtype=float)
    assert rows.shape == (DOTS, 5)
    np.testing.assert_allclose(rows[:, 2] / instrument.unit - 0.5, drawn_places(instrument))
    np.testing.assert_allclose(rows[:, 3], outcome.reach)
    np.testing.assert_allclose(rows[:, 4], 100 * outcome.kept)


@ANY
def test_the_sweep_plays_the_order_that_the_map_draws(data: Any) -> None:
    outcome = data.draw(outcomes(NAME, "access"))
    instrument = built(ShuffleMap, NAME)
    instrument.update(outcome)
    sweep = instrument.sweep
    np.testing.assert_allclose(sweep.used, drawn_places(instrument), atol=1e-9)
    assert sorted(sweep.read) == sorted(sweep.used) == list(range(DOTS))
    read, used = np.array(sweep.read), np.array(sweep.used)
    room = max(1, sweep.buffer)
    for place in range(DOTS):
        # what has been read and not been used is what the buffer has room for, or all that is left
        inside = (read < place + room) & (used >= place)
        assert np.count_nonzero(inside) == min(room, DOTS - place)
        assert inside[used == place].all()
    assert sweep.marked == list(range(NEIGHBOURS.start, NEIGHBOURS.stop))
    y = instrument.drawing.scales["y"]
    assert sweep.top * instrument.size == pytest.approx(y.max)


def test_the_sweep_has_three_sentences_that_follow_the_settings() -> None:
    instrument = built(ShuffleMap, NAME)
    said = set()
    for settings in (
        {"shuffled": False},
        {"shuffled": True, "format": "raw"},
        {"shuffled": True, "format": "webdataset", "buffer": 0},
        {"shuffled": True, "format": "webdataset", "buffer": 16384},
    ):
        instrument.update(outcome_of(**settings))
        assert len(instrument.sweep.sentences) == 3
        said.add(tuple(instrument.sweep.sentences))
    assert len(said) == 4
    assert "lets one of them out at random" in instrument.sweep.sentences[1]


def test_a_page_without_a_kernel_plays_the_sweep_of_each_buffer() -> None:
    box = shuffle_map(format="webdataset")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    (sweep,) = [item for item in within(box) if isinstance(item, BufferSweep)]
    names = [
        name
        for target, name in zip(playback.targets, playback.names, strict=True)
        if target is sweep
    ]
    assert names == ["used", "buffer", "sentences"]  # the shards are read in one order


def test_the_legend_names_what_has_no_name_of_its_own() -> None:
    instrument = built(ShuffleMap, NAME)
    instrument.update(outcome_of(shuffled=True, format="webdataset"))
    assert instrument.legend.value.count("<svg") == 3
    assert instrument.figure.layout.height == "440px"


def test_the_picture_plays_without_a_kernel() -> None:
    box = shuffle_map(format="webdataset")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    assert len(playback.frames) == len(TRACK.access.control("buffer").values)
