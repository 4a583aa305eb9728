"""The waterfall draws the model's steps, in order and now, on one axis that never changes."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.access.experiment import ACTIVITIES, in_order, prepare_time
from storagelab.parts.access.stalled import stalled_timeline
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_count, format_share, format_time
from storagelab.widgets.instruments.io_waterfall import (
    BOTTOM,
    COLORS,
    HALF,
    SLIVER,
    TOP,
    IOWaterfall,
    inside,
    io_waterfall,
)
from storagelab.widgets.playback import Playback
from storagelab.widgets.seen import LEAST_AREA
from storagelab.widgets.theme import boxes, fitting
from tests.widgets.benches import area, built, outcomes

EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())


def shown_boxes(instrument: Any, key: tuple[str, str]) -> Any:
    """Return the left and right edges of one activity's drawn boxes, shape (n, 2)."""
    index = instrument.keys.index(key)
    edges = np.asarray(instrument.bars.x)[index].reshape(-1, 4)
    assert np.all(edges[:, 0] == edges[:, 1])
    assert np.all(edges[:, 2] == edges[:, 3])
    return edges[edges[:, 2] > edges[:, 0]][:, [0, 2]]


@EVERY_TRACK
@ANY
def test_every_box_is_the_models_span_cut_at_the_axis(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOWaterfall, name)
    instrument.update(outcome)
    for order, shown in (("in order", in_order(track, outcome.settings)), ("now", outcome)):
        line = stalled_timeline(shown, prepare_time(track), instrument.span)
        for activity in ACTIVITIES:
            boxes = shown_boxes(instrument, (order, activity)) * instrument.scale
            spans = [
                (max(0.0, begin), min(instrument.span, end))
                for begin, end in line.spans[activity]
                if min(instrument.span, end) - max(0.0, begin) > SLIVER * instrument.span
            ]
            np.testing.assert_allclose(boxes, np.array(spans).reshape(-1, 2), rtol=1e-9)


@EVERY_TRACK
@ANY
def test_lanes_are_told_by_place_and_who_waits_by_height(name: str, data: Any) -> None:
    instrument = built(IOWaterfall, name)
    instrument.update(data.draw(outcomes(name, "access")))
    y = np.asarray(instrument.bars.y)
    for (_, activity), corners_of in zip(instrument.keys, y, strict=True):
        assert np.ptp(corners_of) == pytest.approx(2 * HALF[activity])
        assert (HALF[activity] < 0.3) == (activity in ("blocked", "wait", "idle"))
    middles = [values.mean() for values in y]
    assert len({round(float(middle), 6) for middle in middles}) == 6
    ticks = {round(float(tick), 6) for tick in instrument.figure.axes[1].tick_values}
    assert {round(float(middle), 6) for middle in middles} == ticks


@EVERY_TRACK
@ANY
def test_time_and_idle_share_stand_at_the_rows_and_in_the_words(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOWaterfall, name)
    words = instrument.draw(outcome)
    best = in_order(track, outcome.settings)
    ordered = outcome.settings == best.settings
    for head, name_, shown in zip(
        instrument.heads.text, ("in order", "yours"), (best, outcome), strict=True
    ):
        assert head.startswith(f"{name_}: ")
        if ordered and name_ == "yours":
            assert head == "yours: in order too, the same"
            continue
        line = stalled_timeline(shown, prepare_time(track), instrument.span)
        assert f" {format_time(line.period)}, " in head
        if line.late:
            assert head.endswith(f", {line.late} late behind one write")
        else:
            assert head.endswith(f"idle {format_share(1 - shown.utilization)}")
    assert ("in order already" in words) == ordered
    assert f"idle {format_share(1 - outcome.utilization)}".replace("idle", "") in words
    blocked = outcome.steps["blocked"]
    assert ("Behind a write it waits" in words) == (blocked > 0)
    if blocked:
        both = (
            f"{format_time(blocked)} on average, and {format_time(best.steps['blocked'])} in order"
        )
        assert both in words
        line = stalled_timeline(outcome, prepare_time(track), instrument.span)
        assert f"one write at its longest, {format_time(outcome.stall_time)}" in words
        assert f"makes {line.late or 'no'} " in words
        assert f"{format_time(line.silent)} for it" in words
    assert ("opening files" in words) == (outcome.steps["open"] > 0)
    for item in ("wait", "read", "compute"):
        assert format_time(outcome.steps[item]) in words
    period, least = (max(of.io_time, of.steps["compute"]) for of in (outcome, best))
    assert format_time(least) in words
    if period > 1.05 * least:
        assert f"{format_count(period / least)} in the time of one" in words
    assert ("which is longer" in words) == (period < 0.95 * least)


def test_one_erase_silences_the_hearable_until_it_is_over() -> None:
    """The crisis: the read waits for 120 ms, 26 ms are covered, and ten buffers are missing."""
    instrument = built(IOWaterfall, "tiny_pioneer")
    instrument.update(PARTS["access"].crisis(load_track("tiny_pioneer")))
    ((begun, freed),) = shown_boxes(instrument, ("now", "blocked"))
    ((silent, sounding),) = shown_boxes(instrument, ("now", "idle"))
    assert freed - begun == pytest.approx(120)
    assert sounding - silent == pytest.approx(100)
    assert begun < silent < freed < sounding < instrument.end
    assert not shown_boxes(instrument, ("in order", "idle")).size
    assert instrument.heads.text[1] == "yours: buffer 10 ms, 10 late behind one write"


@EVERY_TRACK
@ANY
def test_the_legend_lists_exactly_what_has_an_area(name: str, data: Any) -> None:
    instrument = built(IOWaterfall, name)
    instrument.update(data.draw(outcomes(name, "access")))
    told = re.findall(r"</svg> (\w+)", instrument.legend.value)
    share = {
        activity: max(
            float(np.diff(shown_boxes(instrument, (order, activity))).sum()) / instrument.end
            for order in ("in order", "now")
        )
        for activity in ACTIVITIES
    }
    heights = {activity: 2 * HALF[activity] / (TOP - BOTTOM) for activity in ACTIVITIES}
    assert told == [
        activity for activity in ACTIVITIES if share[activity] * heights[activity] > LEAST_AREA
    ]


def test_no_two_activities_of_a_lane_look_alike_but_for_their_colour() -> None:
    assert len(set(COLORS.values())) == len(ACTIVITIES)
    storage = {name: HALF[name] for name in ("blocked", "open", "wait", "read")}
    assert len(set(storage.values())) == 4
    assert HALF["compute"] != HALF["idle"]


def test_every_box_of_opening_has_strokes() -> None:
    track = load_track("edge_guardian")
    instrument = built(IOWaterfall, "edge_guardian")
    for shown in (PARTS["access"].crisis(track), PARTS["access"].baseline(track)):
        instrument.update(shown)
        x, y = np.asarray(instrument.strokes.x), np.asarray(instrument.strokes.y)
        drawn = [row for row in range(len(x)) if np.ptp(y[row]) > 0]
        boxes = [
            box for order in ("in order", "now") for box in shown_boxes(instrument, (order, "open"))
        ]
        assert len(drawn) == len(boxes) > 6
        for row, (left, right) in zip(drawn, boxes, strict=True):
            assert (x[row].min(), x[row].max()) == pytest.approx((left, right))
    assert built(IOWaterfall, "tiny_pioneer").strokes is None


@EVERY_TRACK
@ANY
def test_a_step_that_goes_on_beyond_the_axis_is_marked_and_said(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOWaterfall, name)
    words = instrument.draw(outcome)
    beyond = max(outcome.io_time, outcome.steps["compute"]) > instrument.span
    assert (instrument.names.text[-1] == "▶") == beyond
    assert ("off the axis" in words) == beyond
    assert np.max(instrument.bars.x) <= instrument.end
    assert np.min(instrument.bars.x) >= 0


@EVERY_TRACK
def test_the_axis_holds_the_step_of_the_crisis_and_stays(name: str) -> None:
    track = load_track(name)
    crisis = PARTS["access"].crisis(track)
    instrument = built(IOWaterfall, name)
    instrument.update(crisis)
    assert 1.05 * crisis.io_time < instrument.span
    assert instrument.span >= 6 * track.node.compute_time
    scale = instrument.figure.axes[0].scale
    assert (scale.min, scale.max) == (0, instrument.end)
    assert not any(trait == "max" for _, trait in instrument.targets())


def test_one_shuffled_step_takes_the_time_of_nine_that_are_read_in_order() -> None:
    track = load_track("cloud_titan")
    instrument = built(IOWaterfall, "cloud_titan")
    instrument.update(PARTS["access"].crisis(track))
    step = shown_boxes(instrument, ("now", "compute"))
    period = step[1, 0] - step[0, 0]
    done = shown_boxes(instrument, ("in order", "compute"))
    assert np.count_nonzero(done[:, 1] <= period * (1 + 1e-9)) == 9
    waits = shown_boxes(instrument, ("now", "wait"))
    assert np.diff(waits[0])[0] > 0.75 * instrument.end
    assert instrument.names.text[instrument.keys.index(("now", "wait"))] == "wait 2.09 s"


def width(instrument: Any, key: tuple[str, str]) -> float:
    """Return how wide the widest of an activity's boxes is, as a share of the axis."""
    boxes = shown_boxes(instrument, key)
    return float(np.diff(boxes).max()) / instrument.end if len(boxes) else 0.0


@EVERY_TRACK
def test_the_turn_makes_one_bar_grow_tenfold_and_it_is_to_be_seen(name: str) -> None:
    """What the text asks for: which bar grows?"""
    track, part = load_track(name), PARTS["access"]
    instrument = built(IOWaterfall, name)
    instrument.update(part.baseline(track))
    before = {bar: width(instrument, ("now", bar)) for bar in ACTIVITIES}
    instrument.update(part.crisis(track))
    after = {bar: width(instrument, ("now", bar)) for bar in ACTIVITIES}
    grown = [bar for bar in ACTIVITIES if after[bar] > 9.9 * before[bar] and after[bar] > 0.02]
    waits = ("blocked", "idle") if part.crisis(track).binding == "stalls" else ("wait", "idle")
    assert grown == [bar for bar in waits if after[bar]]
    # in the row above nothing has changed
    assert {bar: width(instrument, ("in order", bar)) for bar in ACTIVITIES} == before


@EVERY_TRACK
@ANY
def test_a_box_is_named_where_its_name_fits_into_it(name: str, data: Any) -> None:
    instrument = built(IOWaterfall, name)
    instrument.update(data.draw(outcomes(name, "access")))
    for index, key in enumerate(instrument.keys):
        text, at = instrument.names.text[index], instrument.names.x[index]
        boxes = shown_boxes(instrument, key)
        if not text:
            continue
        assert text.startswith(key[1])
        (box,) = [box for box in boxes if box[0] <= at <= box[1]]
        # of 360 pixels the axis has 240
        assert 240 * (box[1] - box[0]) / instrument.end >= 7 * len(text)


@EVERY_TRACK
@ANY
def test_a_pointer_finds_each_lanes_numbers(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOWaterfall, name)
    instrument.update(outcome)
    assert instrument.lanes.tooltip.fields == ["name"]
    storage, prepare, compute = instrument.lanes.labels[3:]
    for item in ("wait", "read"):
        assert format_time(outcome.steps[item]) in storage
    assert format_time(prepare_time(load_track(name))) in prepare
    assert format_time(outcome.steps["compute"]) in compute
    period = max(outcome.io_time, outcome.steps["compute"])
    assert f"{format_time(period - outcome.steps['compute'])} idle" in compute


@EVERY_TRACK
@ANY
def test_the_table_has_the_models_times_uncut(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOWaterfall, name)
    rows = instrument.table(outcome).rows
    assert len(rows) == 2 * len(ACTIVITIES)
    for order, shown in (("in order", in_order(track, outcome.settings)), ("now", outcome)):
        of = {row[1]: row[2:] for row in rows if row[0] == order}
        for item, seconds in shown.steps.items():
            assert of[item][0] * instrument.scale == pytest.approx(seconds)
        assert of["prepare"][0] * instrument.scale == pytest.approx(prepare_time(track))
        assert of["idle"][1] == pytest.approx(100 * (1 - shown.utilization), abs=1e-6)
        assert of["compute"][1] + of["idle"][1] == pytest.approx(100)


def test_spans_are_cut_at_both_ends_and_left_out_beyond() -> None:
    spans = np.array([[-2.0, -1.0], [-1.0, 0.5], [0.5, 2.0], [2.0, 9.0], [9.0, 12.0]])
    np.testing.assert_array_equal(inside(spans, 5.0), [[0.0, 0.5], [0.5, 2.0], [2.0, 5.0]])


def test_the_picture_plays_without_a_kernel() -> None:
    for moving, settings in (("queue_depth", {}), ("shuffled", {"device": "hdd_shelf"})):
        box = io_waterfall(moving=moving, **settings)
        (playback,) = [child for child in box.children if isinstance(child, Playback)]
        values = load_track("cloud_titan").access.control(moving).values
        assert len(playback.frames) == len(values)
        assert "x" in playback.names


def test_boxes_are_one_outline_whose_area_is_theirs() -> None:
    x, y = boxes([[0.0, 1.0], [4.0, 6.0]], 2.0, 5.0, most=4)
    assert x.shape == y.shape == (16,)
    assert area(x, y) == pytest.approx(3 * (1 + 2))
    assert area(*boxes([], 2.0, 5.0, most=4)) == 0
    np.testing.assert_array_equal(boxes([], 2.0, 5.0, most=4)[1], y)
    with pytest.raises(ValueError, match="2 boxes don't fit into 1"):
        boxes([[0.0, 1.0], [4.0, 6.0]], 2.0, 5.0, most=1)


def test_the_longest_text_that_fits_is_written() -> None:
    assert fitting(0.5, "wait 8.11 s", "wait") == "wait 8.11 s"
    assert fitting(0.2, "wait 8.11 s", "wait") == "wait"
    assert fitting(0.1, "wait 8.11 s", "wait") == ""
