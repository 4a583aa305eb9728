"""The gauge: bars as long as the model's rates, hatched gaps, and the distance to the target."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_share, significant
from storagelab.widgets.instruments.flow_gauge import (
    END,
    DataFlowGauge,
    bars,
    data_flow_gauge,
)
from storagelab.widgets.playback import Playback
from storagelab.widgets.theme import hatching
from tests.widgets.benches import area, built, outcomes

ANY = given(st.data())
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)


@EVERY_TRACK
@ANY
def test_bars_are_as_long_as_what_arrives_is_missing_and_could_come_besides(
    name: str, data: Any
) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    gauge.update(outcome)
    shown = bars(track, outcome)
    rows = len(shown)
    assert rows == (3 if track.pipeline.cold_start else 1)
    mean = shown[-1]
    assert mean.rate == outcome.demand * outcome.utilization
    demand = outcome.demand / gauge.scale
    for row, bar in enumerate(shown):
        arrives, besides = gauge.shapes.x[row], gauge.shapes.x[rows + row]
        assert (arrives.min(), arrives.max()) == (0, pytest.approx(bar.rate / gauge.scale))
        more = min(max(bar.supply or 0, outcome.demand) / gauge.scale, END * demand)
        assert (besides.min(), besides.max()) == (demand, pytest.approx(more))
        missing = np.atleast_2d(gauge.missing.x)[row]  # bqplot turns a single row into a line
        assert missing.min() == pytest.approx(bar.rate / gauge.scale)
        wide = outcome.demand - bar.rate > 1e-9 * outcome.demand
        assert missing.max() == pytest.approx(demand if wide else missing.min())


@EVERY_TRACK
@ANY
def test_the_jobs_mean_lies_between_its_passes_and_below_what_each_could_deliver(
    name: str, data: Any
) -> None:
    shown = bars(load_track(name), data.draw(outcomes(name, "pipeline")))
    rates = [bar.rate for bar in shown]
    assert min(rates[:-1] or rates) * (1 - 1e-9) <= rates[-1] <= max(rates) * (1 + 1e-9)
    for bar in shown:
        assert bar.supply is None or bar.rate <= bar.supply * (1 + 1e-9)


@EVERY_TRACK
@ANY
def test_the_distance_from_the_target_is_written_and_said_alike(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    words = gauge.draw(outcome)
    (verdict,) = gauge.verdict.text
    gap = outcome.utilization - outcome.target_utilization
    assert ("short" in verdict) == ("short of the target" in words) == (gap < 0)
    assert ("above" in verdict) == ("above the target" in words) == (gap >= 0)
    assert ("utilization" in outcome.unmet) == ("short" in verdict)
    rate = format_bandwidth(abs(gap) * outcome.demand)
    points = f"{significant(100 * abs(gap), 2)} point"
    for text in (verdict, words):
        assert rate in text
        assert points in text
    assert format_share(outcome.utilization) in words


@EVERY_TRACK
@ANY
def test_a_supply_beyond_the_figure_is_marked_and_said(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    words = gauge.draw(outcome)
    warm = outcome.warm.supply
    assert ("beyond the figure" in words) == (warm > END * outcome.demand)
    assert ("could deliver" in words) == (warm > outcome.demand)
    for text, bar in zip(gauge.supplies.text, bars(load_track(name), outcome), strict=True):
        assert ("▸" in text) == ((bar.supply or 0) > END * outcome.demand)
        assert bool(text) == ((bar.supply or 0) > outcome.demand)


@EVERY_TRACK
@ANY
def test_the_table_has_the_models_numbers_uncut(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    table = gauge.table(outcome)
    assert all(f"({gauge.unit})" in column for column in table.columns[1:5])
    _, arrives, demand, target, supply, share = table.rows[-1]
    assert arrives * gauge.scale == pytest.approx(outcome.demand * outcome.utilization)
    assert demand * gauge.scale == pytest.approx(outcome.demand)
    assert target / demand == pytest.approx(outcome.target_utilization)
    assert share == pytest.approx(100 * outcome.utilization)
    if load_track(name).pipeline.cold_start:
        assert supply == ""
        assert table.rows[1][4] * gauge.scale == pytest.approx(outcome.warm.supply)
    else:
        assert supply * gauge.scale == pytest.approx(outcome.warm.supply)


@EVERY_TRACK
def test_the_share_above_and_the_rate_below_are_one_scale(name: str) -> None:
    gauge = built(DataFlowGauge, name)
    below, above, _ = gauge.figure.axes
    assert above.side == "top"
    assert above.scale.max / 100 == pytest.approx(below.scale.max / gauge.demand)


edges = st.tuples(*[st.floats(0, 1)] * 4)


@given(edges)
def test_hatching_stays_in_its_rectangle_and_encloses_it(ends: Any) -> None:
    left, right = sorted(ends[:2])
    bottom, top = sorted(ends[2:])
    x, y = hatching(left, right, bottom, top, np.linspace(-0.1, 1, 12), 0.1)
    assert len(x) == len(y) == 5 + 3 * 12
    if right <= left or top <= bottom:
        assert set(x) == {left}
        assert set(y) == {bottom}
        return
    assert area(x[:5], y[:5]) == pytest.approx((right - left) * (top - bottom))
    assert np.all((x >= left) & (x <= right))
    assert np.all((y >= bottom - 1e-12) & (y <= top + 1e-12))


def test_hatchings_strokes_are_parallel_and_go_along_the_edge_between() -> None:
    x, y = hatching(0.2, 0.8, 0.0, 1.0, np.linspace(-0.1, 1, 12), 0.1)
    steps = zip(np.diff(x[5:]), np.diff(y[5:]), x[5:], y[5:], strict=False)
    for dx, dy, at_x, at_y in steps:
        if abs(dx) < 1e-12 or abs(dy) < 1e-12:  # along an edge, or of no length
            on_edge = min(abs(at_x - 0.2), abs(at_x - 0.8), abs(at_y), abs(at_y - 1))
            assert on_edge < 1e-12
        else:
            assert dy / dx == pytest.approx(10)


def test_the_picture_plays_without_a_kernel() -> None:
    box = data_flow_gauge("edge_guardian", "cache")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    control = load_track("edge_guardian").pipeline.control("cache")
    assert len(playback.frames) == len(control.values)


def test_the_crisis_of_the_cloud_is_short_of_its_target() -> None:
    track = load_track("cloud_titan")
    gauge = DataFlowGauge(track)
    gauge.update(PARTS["pipeline"].baseline(track))
    assert gauge.verdict.text[0] == "48 points short: 781 MB/s"
