"""The gauge: bars as long as the model's rates, hatched gaps, and the distance to the target."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.formatting import format_answer
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_share
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
    assert rows == (2 if track.pipeline.cold_start else 1)
    assert shown[-1].rate == outcome.warm.rate
    assert shown[0].rate == outcome.cold.rate
    demand = outcome.demand / gauge.scale
    for row, bar in enumerate(shown):
        arrives, besides = gauge.shapes.x[row], gauge.shapes.x[rows + row]
        assert (arrives.min(), arrives.max()) == (0, pytest.approx(bar.rate / gauge.scale))
        most = END * track.pass_demand / gauge.scale
        more = max(demand, min(bar.supply / gauge.scale, most))
        assert (besides.min(), besides.max()) == (demand, pytest.approx(more))
        missing = np.atleast_2d(gauge.missing.x)[row]  # bqplot turns a single row into a line
        assert missing.min() == pytest.approx(bar.rate / gauge.scale)
        wide = outcome.demand - bar.rate > 1e-9 * outcome.demand
        assert missing.max() == pytest.approx(demand if wide else missing.min())


@EVERY_TRACK
@ANY
def test_each_pass_is_told_with_its_rate_and_its_time(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    words = gauge.draw(outcome)
    seconds = [outcome.read_off]
    if track.pipeline.cold_start:
        seconds.insert(0, outcome.cold.time)
    for bar, text, time in zip(bars(track, outcome), gauge.names.text, seconds, strict=True):
        assert bar.rate <= bar.supply * (1 + 1e-9)
        assert format_bandwidth(bar.rate) in text
        assert format_answer(track.pipeline.answer, time) in text
        assert format_answer(track.pipeline.answer, time) in words
    assert format_share(outcome.warm.rate / outcome.demand) in words


@EVERY_TRACK
@ANY
def test_the_mark_of_the_demand_stands_at_what_is_asked_for(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    gauge.draw(outcome)
    np.testing.assert_allclose(np.asarray(gauge.goal.x) * gauge.scale, outcome.demand)
    written = "".join(str(mark.text[0]) for mark in gauge.marks.values())
    assert written == f"demand {format_bandwidth(outcome.demand)}"


@EVERY_TRACK
@ANY
def test_a_supply_beyond_the_figure_is_marked_and_said(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    words = gauge.draw(outcome)
    warm = outcome.warm.supply
    end = END * load_track(name).pass_demand
    assert ("beyond the figure" in words) == (warm > max(end, outcome.demand))
    assert ("could deliver" in words) == (warm > outcome.demand)
    for text, bar in zip(gauge.supplies.text, bars(load_track(name), outcome), strict=True):
        assert ("▸" in text) == (bar.supply > max(end, outcome.demand))
        assert bool(text) == (bar.supply > outcome.demand)


@EVERY_TRACK
@ANY
def test_the_table_has_the_models_numbers_uncut(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    gauge = built(DataFlowGauge, name)
    table = gauge.table(outcome)
    assert all(f"({gauge.unit})" in column for column in table.columns[1:4])
    _, arrives, demand, supply, share, time = table.rows[-1]
    assert arrives * gauge.scale == pytest.approx(outcome.warm.rate)
    assert demand * gauge.scale == pytest.approx(outcome.demand)
    assert share == pytest.approx(100 * outcome.warm.rate / load_track(name).pass_demand)
    assert supply * gauge.scale == pytest.approx(outcome.warm.supply)
    assert time * load_track(name).pipeline.answer.si == pytest.approx(outcome.read_off)


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


def test_the_crisis_of_the_cloud_is_half_of_what_is_asked_for() -> None:
    track = load_track("cloud_titan")
    gauge = DataFlowGauge(track)
    gauge.update(PARTS["pipeline"].baseline(track))
    assert gauge.names.text[-1] == "a warm epoch: 824 MB/s, 3.37 hours"
