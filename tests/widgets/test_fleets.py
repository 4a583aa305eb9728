"""The instruments of the chapter at fleet scale show what their laws say and what is published."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from storagelab.checkpoint import read_back_time
from storagelab.published import read_table
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_time
from storagelab.widgets.fleets import (
    TRACK,
    ColdStart,
    FanOut,
    RestoreStorm,
    Spill,
    cold_start,
    fan_out,
    kv_cache_spill,
    restore_storm,
)

KINDS = [ColdStart, RestoreStorm, FanOut, Spill]
every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))


def shown(kind: Any, value: float | None = None) -> Any:
    """Return an instrument that shows one of its control's values, in the control's unit."""
    instrument = kind(load_track(TRACK))
    control = kind.control
    instrument.update(control.to_si(control.default if value is None else value))
    return instrument


@every
def test_each_value_moves_the_picture_and_its_words(kind: Any) -> None:
    seen = [shown(kind, value) for value in kind.control.values]
    assert len({item.caption.value for item in seen}) == len(seen)
    rows = [str(item.table(item.outcome).rows) for item in seen]
    assert len(set(rows)) == len(rows)


def handed_on(size: float, count: int, source: float, port: float) -> float:
    """Return when the last of ``count`` replicas has its weights, one hand-over at a time."""
    free = [size / min(source, port)]  # when each that has them can hand them on next
    while len(free) < count:
        first = min(free)
        free.remove(first)
        free += [first + size / port] * 2
    return max(free)


@pytest.mark.parametrize("gigabytes", ColdStart.control.values)
def test_cold_starts_are_those_of_replicas_that_take_turns(gigabytes: float) -> None:
    bench = shown(ColdStart, gigabytes)
    source = gigabytes * 1e9
    for index, count in enumerate(bench.replicas):
        # water filling: every replica draws an equal share, at most its port
        alone = bench.size / min(bench.port, source / count)
        assert bench.shared.y[index] == pytest.approx(alone)
        handed = handed_on(bench.size, int(count), source, bench.port)
        assert bench.doubled.y[index] == pytest.approx(handed)


@pytest.mark.parametrize("gigabytes", RestoreStorm.control.values)
def test_states_come_back_as_to_nodes_that_share_the_storage(gigabytes: float) -> None:
    bench = shown(RestoreStorm, gigabytes)
    full, handed, shards = (np.asarray(curve.y) for curve in bench.curves)
    for index in range(0, len(bench.nodes), 10):
        count = int(bench.nodes[index])
        # water filling: every node draws an equal share, at most its port
        rate = min(bench.port, gigabytes * 1e9 / count)
        assert full[index] == pytest.approx(bench.size / rate)
        assert shards[index] == pytest.approx(bench.size / count / rate)
        if count <= 1024:  # each hand-over is played
            turns = handed_on(bench.size, count, gigabytes * 1e9, bench.port)
            assert handed[index] == pytest.approx(turns)


def test_the_published_load_is_that_of_its_own_state_by_the_law() -> None:
    bench = shown(RestoreStorm)
    (points,) = [mark for mark in bench.figure.marks if type(mark).__name__ == "Scatter"]
    row = next(row for row in read_table("checkpoint_writes") if bench.LOADED in row["save"])
    law = read_back_time(row["size_B"], row["writers"], bench.LOAD_RATE, row["node_B_s"])
    assert points.y[0] == pytest.approx(law)
    assert points.x[0] == row["writers"]


def test_the_measured_load_is_slower_than_the_law_and_near_it() -> None:
    bench = shown(ColdStart)
    (points,) = [mark for mark in bench.figure.marks if type(mark).__name__ == "Scatter"]
    assert 1 < points.y[0] / bench.shared.y[0] < 2


def test_tails_are_those_of_machines_that_are_drawn_at_random() -> None:
    bench, draw = shown(FanOut, 1e-2), random.Random(1)
    for count in (10, 100):
        steps = 4000
        slow = sum(any(draw.random() < 1e-2 for _ in range(count)) for _ in range(steps)) / steps
        share = np.interp(count, bench.machines, bench.curve.y) / 100
        assert abs(slow - share) < 4 * np.sqrt(share * (1 - share) / steps) + 1e-3


def test_the_published_tails_lie_on_their_curves() -> None:
    for row in read_table("fan_outs"):
        bench = shown(FanOut, row["miss_probability"])
        share = np.interp(row["servers"], bench.machines, bench.curve.y) / 100
        assert share == pytest.approx(row["published_share"], rel=0.02)
        assert row["servers"] in bench.published.x


@pytest.mark.parametrize("percent", Spill.control.values)
def test_reading_and_computing_take_as_long_where_the_lines_cross(percent: float) -> None:
    bench = shown(Spill, percent)
    parameters, tokens = 70.55e9, 8192
    again = 2 * parameters * tokens / (percent / 100 * 8 * 989e12)
    assert bench.computed.y[0] == pytest.approx(again, rel=1e-3)
    crossing = np.exp(np.interp(-np.log(again), -np.log(bench.read.y), np.log(bench.rates)))
    assert bench.even.x[0] == pytest.approx(crossing, rel=1e-2)
    assert format_time(bench.even.y[0]) in bench.caption.value


def test_a_track_without_a_fleet_of_replicas_says_so() -> None:
    for name in set(TRACKS) - {TRACK}:
        if load_track(name).pipeline.load is None:
            with pytest.raises(ValueError, match="port"):
                ColdStart(load_track(name))


@pytest.mark.parametrize("build", [cold_start, restore_storm, fan_out, kv_cache_spill])
def test_the_chapters_pictures_play_every_value_without_a_kernel(build: Any) -> None:
    from storagelab.widgets.playback import Playback

    box = build()
    (playback,) = [item for item in box.children if isinstance(item, Playback)]
    assert len(playback.frames) == len(playback.source.options)
    assert len({str(frame) for frame in playback.frames}) == len(playback.frames)
