"""FleetGoodput shows where the time goes on fleets of all sizes, and what others measured."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.checkpoint import expected_wall_time, optimal_interval
from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import fleet_shares
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_count, format_share
from storagelab.widgets.instruments.fleet_goodput import FleetGoodput, fleet_goodput, fleet_sizes
from tests.widgets.benches import built, outcomes

ANY = given(st.data())
MANY = [name for name in TRACKS if FleetGoodput.shows(load_track(name))]
EVERY = pytest.mark.parametrize("name", MANY)
PART = PARTS["checkpoint"]


def drawn(name: str, data: Any) -> tuple[Any, Any, str]:
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = built(FleetGoodput, name)
    instrument.update(outcome)
    return outcome, instrument, instrument.draw(outcome)


def test_a_single_machine_has_no_fleet() -> None:
    assert "cloud_titan" in MANY
    for name in TRACKS:
        if name not in MANY:
            with pytest.raises(ValueError, match="single machine"):
                fleet_goodput(name)


@EVERY
@ANY
def test_the_areas_are_the_shares_on_top_of_one_another(name: str, data: Any) -> None:
    outcome, instrument, _ = drawn(name, data)
    seen = fleet_shares(load_track(name), outcome.settings, instrument.sizes)
    np.testing.assert_allclose(seen.useful + seen.saved + seen.restart, 1)
    floor = np.zeros_like(seen.useful)
    for share, y in zip((seen.useful, seen.saved, seen.restart), instrument.areas.y, strict=True):
        low, high = np.split(np.asarray(y), 2)
        np.testing.assert_allclose(low, floor)
        floor = np.minimum(floor + 100 * share, 100)
        np.testing.assert_allclose(high[::-1], floor)
    assert list(instrument.here.x) == [outcome.settings.nodes] * 2


@EVERY
@ANY
def test_the_words_are_the_models_shares_and_where_it_never_ends(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    here = fleet_shares(load_track(name), outcome.settings, np.array([outcome.settings.nodes]))
    for share in (here.useful, here.saved, here.restart):
        assert format_share(float(share[0])) in words
    assert f"On {format_count(outcome.settings.nodes)} nodes" in words
    never = instrument.never_from()
    assert ("practically never ends" in words) == (never is not None)
    if never is not None:
        index = list(instrument.sizes).index(never)
        assert instrument.seen.useful[index] < 0.1
        assert index == 0 or instrument.seen.useful[index - 1] >= 0.1
        assert np.min(instrument.never.x) == never
    assert not re.search(r"\b(nan|inf)\b|\de\+", words)


def small(name: str) -> Any:
    """Return settings under which both overheads are small: shards, straight to shared storage."""
    settings = PART.baseline(load_track(name)).settings
    return replace(settings, sharded=True, spare_share=0.02, nodes=100.0)


@EVERY
def test_saving_grows_as_the_root_of_the_fleet_and_recovery_as_the_fleet(name: str) -> None:
    """With a dump and a restart that don't depend on the nodes, as long as both cost little."""
    from msgspec import structs

    track = load_track(name)
    fixed = structs.replace(track.checkpoint, metadata_rate=None, repair_time=0.0)
    track = structs.replace(track, checkpoint=fixed)
    few, many = (fleet_shares(track, small(name), np.array([count])) for count in (50.0, 5000.0))
    saved, restarting = (
        float(((more / many.useful) / (less / few.useful))[0])
        for less, more in ((few.saved, many.saved), (few.restart, many.restart))
    )
    assert saved == pytest.approx(10, rel=0.25)
    assert restarting == pytest.approx(100, rel=0.35)


@EVERY
@ANY
def test_fleets_of_all_sizes_at_once_are_each_what_it_is_by_itself(name: str, data: Any) -> None:
    track = load_track(name)
    settings = drawn(name, data)[0].settings
    sizes = fleet_sizes(track)
    shares = fleet_shares(track, settings, sizes)
    for index in data.draw(st.sets(st.integers(0, len(sizes) - 1), min_size=1, max_size=4)):
        alone = PART.experiment(track, replace(settings, nodes=float(sizes[index])))
        best = PART.experiment(track, replace(alone.settings, interval=alone.optimum))
        if not math.isfinite(alone.best_wall_time):
            assert shares.useful[index] == 0
            continue
        useful = best.solve_time / best.wall_time
        assert shares.useful[index] == pytest.approx(useful, rel=1e-9)
        restart = best.parts["restart"] / best.wall_time
        assert shares.restart[index] == pytest.approx(restart, rel=1e-9)


@EVERY
def test_a_share_is_the_laws_at_its_best_interval(name: str) -> None:
    track, settings = load_track(name), small(name)
    outcome = PART.experiment(track, settings)
    dump, mtbf = outcome.scheme.storm, outcome.mtbf
    interval = optimal_interval(dump, mtbf)
    wall = expected_wall_time(outcome.solve_time, interval, dump, mtbf, outcome.restart.time)
    shares = fleet_shares(track, settings, np.array([settings.nodes]))
    assert shares.useful[0] == pytest.approx(outcome.solve_time / wall, rel=1e-9)


@EVERY
def test_published_runs_lie_on_the_figure_with_their_names_and_sources(name: str) -> None:
    instrument = FleetGoodput(load_track(name))
    outcome = PART.baseline(load_track(name))
    instrument.update(outcome)
    points = [mark for mark in instrument.figure.marks if type(mark).__name__ == "Scatter"]
    drawn_at = {
        (float(x), float(y)) for mark in points for x, y in zip(mark.x, mark.y, strict=True)
    }
    fleets = load_track(name).checkpoint.fleets
    assert drawn_at == {(item.nodes, 100 * item.useful) for item in fleets}
    rows = instrument.table(outcome).rows
    for item in fleets:
        (row,) = [row for row in rows if row[0] == item.nodes and row[-1]]
        assert row[1] == 100 * item.useful
        assert item.label in str(row[-1])
        assert item.source in str(row[-1])


@EVERY
def test_the_models_own_fleet_is_near_the_published_ones(name: str) -> None:
    """With sharded checkpoints that are copied beside the training: all say 87% or more."""
    track = load_track(name)
    settings = replace(small(name), destination="snapshot")
    for item in track.checkpoint.fleets:
        shares = fleet_shares(track, settings, np.array([item.nodes]))
        assert abs(float(shares.useful[0]) - item.useful) < 0.13, item.label


@EVERY
def test_sizes_are_whole_and_span_the_control(name: str) -> None:
    sizes = fleet_sizes(load_track(name))
    values = load_track(name).checkpoint.control("nodes").values
    assert (sizes[0], sizes[-1]) == (values[0], values[-1]) == (1, 100000)
    assert np.all(sizes == np.round(sizes))
    assert np.all(np.diff(sizes) > 0)


@EVERY
def test_a_page_of_it_plays_without_a_kernel(name: str) -> None:
    box = fleet_goodput(name, "node_mtbf", sharded=True)
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    assert len(playback.frames) == len(load_track(name).checkpoint.control("node_mtbf").values)
