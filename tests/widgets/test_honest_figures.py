"""Figures that don't mislead: nothing off its axis unsaid, no line that means nothing."""

from __future__ import annotations

from itertools import pairwise

import bqplot
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.devices import load_device
from storagelab.experiments.access import device_curve
from storagelab.formats import FORMATS
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_share
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import make_control, value_label
from storagelab.widgets.deadline_tail import DeadlineTail
from storagelab.widgets.flow_gauge import FlowGauge
from storagelab.widgets.io_waterfall import IOWaterfall
from storagelab.widgets.iops_throughput import IOPSThroughput
from storagelab.widgets.sankey import DataFlowSankey
from storagelab.widgets.saturation import Saturation
from storagelab.widgets.ten_runs import TenRuns, cost_range
from storagelab.widgets.theme import TEXT, area, log_ticks, rectangle, steps
from storagelab.widgets.workbench import Workbench
from storagelab.widgets.young_daly import YoungDaly

from .benches import EVERY_BENCH, bench_of, built, drawn, ends, outcomes, within

TRACK = load_track("cloud_titan")
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())
COSTS = {name: cost_range(load_track(name)) for name in TRACKS}


@EVERY_TRACK
@ANY
def test_every_point_and_curve_lies_between_the_ends_of_the_throughput_axes(name, data):
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    x, y = (axis.scale for axis in instrument.figure.axes)
    for mark in [instrument.point, instrument.knees, *instrument.lines.values()]:
        assert np.all((np.asarray(mark.y) >= y.min) & (np.asarray(mark.y) <= y.max))
        # a request of whole samples is a byte short of 4 KiB, which nobody sees
        assert np.all((np.asarray(mark.x) > 0.99 * x.min) & (np.asarray(mark.x) <= x.max))


@EVERY_TRACK
@ANY
def test_a_rate_below_the_figure_is_marked_and_said(name, data):
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    words = instrument.draw(outcome)
    below = outcome.bandwidth < instrument.figure.axes[1].scale.min
    assert (instrument.point.marker == "triangle-down") == below
    assert ("below the figure" in words) == below


@EVERY_TRACK
def test_a_knee_is_in_the_legend_where_one_is_drawn(name):
    instrument = built(IOPSThroughput, name)
    assert ("knee" in instrument.legend.value) == (len(instrument.knees.x) > 0)
    for device in instrument.lines:
        knee = load_device(device).bandwidth / load_device(device).max_iops
        scale = instrument.figure.axes[0].scale
        assert (knee in list(instrument.knees.x)) == (scale.min <= knee <= scale.max)


@EVERY_TRACK
@ANY
def test_what_is_read_ahead_isnt_said_to_be_bound_by_requests(name, data):
    outcome = data.draw(outcomes(name, "access"))
    words = built(IOPSThroughput, name).draw(outcome)
    device, size = load_device(outcome.settings.device), np.array([outcome.request_bytes])
    random = device_curve(device, size, outcome.settings.queue_depth)[0]
    above = outcome.moved > 1.05 * random
    assert ("read ahead" in words) == above
    assert ("requests per second bind" in words) <= (not above)
    if outcome.ceilings["iops"] > 100 * outcome.supply and outcome.binding == "bandwidth":
        assert "requests per second bind" not in words


@EVERY_TRACK
@ANY
def test_what_the_device_moves_is_what_is_useful_and_what_is_not(name, data):
    outcome = data.draw(outcomes(name, "access"))
    assert outcome.bandwidth <= outcome.moved * (1 + 1e-9)
    assert outcome.moved <= outcome.sequential_bandwidth * (1 + 1e-9)
    useful = outcome.bandwidth / outcome.moved
    words = built(IOPSThroughput, name).draw(outcome)
    assert "is needed" not in words or f"of which {format_share(useful)} is needed" in words
    density, part = load_track(name).access.density, FORMATS[outcome.settings.format]
    expected = part.useful if outcome.settings.shuffled else density
    sample = load_track(name).dataset.sample_size
    assert useful == pytest.approx(expected * sample / part.stored_size(sample))


@EVERY_TRACK
@ANY
def test_the_times_that_the_waterfall_says_are_all_of_the_storages(name, data):
    outcome = data.draw(outcomes(name, "access"))
    words = built(IOWaterfall, name).draw(outcome)
    assert ("opening files" in words) == (outcome.steps["open"] > 0)


@pytest.mark.parametrize(
    "name", [name for name in TRACKS if load_track(name).access.misses_limit is not None]
)
@ANY
def test_a_deadline_beyond_the_figure_is_said(name, data):
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    words = instrument.draw(outcome)
    scale = instrument.figure.axes[0].scale
    beyond = outcome.deadline / instrument.scale > scale.max * (1 + 1e-9)
    assert ("beyond the figure" in words) == beyond
    assert instrument.deadline.x[0] <= scale.max * (1 + 1e-9)


@EVERY_TRACK
@ANY
def test_a_shape_without_an_area_is_not_drawn(name, data):
    outcome = data.draw(outcomes(name, "pipeline"))
    sankey, gauge = built(DataFlowSankey, name), built(FlowGauge, name)
    sankey.update(outcome)
    gauge.update(outcome)
    flows = outcome.warm.flows
    assert sankey.bands["link"].visible == (flows["link"] > 0)
    assert sankey.bands["hits"].visible == (flows["hits"] > 0)
    for shape in (*sankey.bands.values(), gauge.bar, gauge.missing):
        assert shape.visible == (area(shape.x, shape.y) > 1e-9)


@EVERY_TRACK
@ANY
def test_the_sankey_marks_what_binds_once(name, data):
    outcome = data.draw(outcomes(name, "pipeline"))
    sankey = built(DataFlowSankey, name)
    sankey.update(outcome)
    marks = [str(text) for text in (*sankey.cache.text, *sankey.bottleneck.text)]
    said = "busy" if outcome.warm.binding == "compute" else "bottleneck"
    assert sum(said in text for text in marks) == 1
    assert sum("bottleneck" in text or "busy" in text for text in marks) == 1


@EVERY_TRACK
@ANY
def test_a_ceiling_that_is_out_of_sight_is_told(name, data):
    outcome = data.draw(outcomes(name, "pipeline"))
    instrument = built(Saturation, name)
    words = instrument.draw(outcome)
    hidden = np.min(instrument.ceilings["nvme"].y) > instrument.top
    assert ("above the figure" in words or "no ceiling" in words) == hidden


@EVERY_TRACK
@ANY
def test_every_run_costs_something_between_the_ends_of_its_axis(name, data):
    low, high = COSTS[name]
    assert low <= data.draw(outcomes(name, "pipeline")).cost <= high


@EVERY_TRACK
@ANY
def test_an_overhead_above_the_figure_is_marked_and_said(name, data):
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = built(YoungDaly, name)
    words = instrument.draw(outcome)
    top = load_track(name).checkpoint.plot_top
    beyond = not 100 * outcome.wasted / outcome.solve_time <= top
    assert (instrument.point.marker == "triangle-up") == beyond
    assert ("above the figure" in words) == beyond
    assert instrument.point.y[0] <= top
    shortest = max(outcome.storm_interval, outcome.wear_interval) / instrument.si
    assert instrument.crash.visible == (shortest > instrument.low * (1 + 1e-9))


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_targets_are_everything_that_an_update_changes(name, part_name):
    part = PARTS[part_name]
    bench = Workbench(load_track(name), part_name)
    named, changed = set(), set()
    for instrument in bench.instruments:
        named |= {(id(widget), trait) for widget, trait in instrument.targets()}
        for widget in (*instrument.figure.marks, *instrument.figure.axes, instrument.caption):
            widget.observe(lambda change: changed.add((id(change.owner), change.name)))
    for item in part.of(bench.track).controls:
        for value in item.values:
            bench.controls[item.name].value = value
    assert changed <= named
    assert changed


# --- every figure of every workbench, each control at both of its ends


DELIBERATE = {
    "IOWaterfall": "bars are cut at the end, and it is said",
    "Saturation": "a ceiling leaves the figure at its own slope",
    "YoungDaly": "a curve leaves the figure at its own slope",
    "DeadlineTail": "a share of nothing leaves the figure at its lower edge",
}
"""Where a curve may go on beyond the axes, where it is clipped."""


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_mark_is_finite_and_inside_its_axes_or_clipped_on_purpose(name, part_name):
    bench = bench_of(name, part_name)
    for position in ends(bench.content.controls):
        bench.set(**position)
        for instrument in bench.instruments:
            kind = type(instrument).__name__
            for mark, *places in drawn(instrument.figure):
                for direction, at in zip("xy", places, strict=True):
                    assert np.isfinite(at).all(), (kind, position)
                    scale = mark.scales[direction]
                    low = scale.min - 1e-9 * abs(scale.min)
                    high = scale.max + 1e-9 * abs(scale.max)
                    if isinstance(scale, bqplot.LogScale):
                        assert np.all(at > 0), (kind, position)
                        low = 0.99 * scale.min
                    outside = np.any((at < low) | (at > high))
                    line = isinstance(mark, bqplot.Lines) and mark.apply_clip
                    assert not outside or (line and kind in DELIBERATE), (kind, position)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_no_axis_has_more_than_twelve_ticks_or_one_outside_of_it(name, part_name):
    bench = Workbench(load_track(name), part_name, runs=())
    figures = [item for item in within(bench.widget) if isinstance(item, bqplot.Figure)]
    if part_name == "pipeline":
        figures.append(bench.ten_runs.figure)
    assert len(figures) >= len(bench.instruments)
    for axis in [axis for figure in figures for axis in figure.axes if axis.visible]:
        ticks = np.asarray(axis.tick_values, dtype=float)
        assert 2 <= len(ticks) <= 12, axis.label
        assert np.all(np.diff(sorted(ticks)) > 0)
        assert np.all(ticks >= axis.scale.min * (1 - 1e-4)), axis.label
        assert np.all(ticks <= axis.scale.max * (1 + 1e-4)), axis.label
        assert axis.label or axis.tick_labels
        # a label belongs to a tick, or it is never shown
        if axis.tick_labels:
            assert set(axis.tick_labels) == {format(tick, axis.tick_format) for tick in ticks}


@EVERY_TRACK
def test_the_slider_of_an_axis_lies_on_it_from_end_to_end(name):
    track = load_track(name)
    for control, instrument in (
        (track.access.control("request_size"), built(IOPSThroughput, name)),
        (track.pipeline.control("link"), built(Saturation, name)),
        (track.checkpoint.control("interval"), built(YoungDaly, name)),
    ):
        scale = instrument.figure.axes[0].scale
        si = 1.0 if instrument is not built(IOPSThroughput, name) else control.si
        assert scale.min == pytest.approx(control.values[0] * si)
        assert scale.max == pytest.approx(control.values[-1] * si)


@EVERY_TRACK
def test_a_figures_baseline_can_be_read(name):
    """Neither pressed to an axis nor off the figure, so that the way out is seen to be one."""
    track = load_track(name)
    for part_name, instrument in (("pipeline", Saturation), ("checkpoint", YoungDaly)):
        shown = built(instrument, name)
        shown.update(PARTS[part_name].baseline(track))
        assert 0.005 * shown.top < shown.point.y[0] < shown.top
        control = (
            PARTS[part_name].of(track).control("link" if part_name == "pipeline" else "interval")
        )
        assert control.values[0] < shown.point.x[0] < control.values[-1]


@EVERY_TRACK
def test_the_runs_axis_holds_the_ends_of_every_slider(name):
    track, part = load_track(name), PARTS["pipeline"]
    runs = [
        {item.answer: position[item.name] for item in track.pipeline.controls}
        for position in ends(track.pipeline.controls)
    ]
    table = TenRuns(track)
    table.update(runs[:10])
    scale = table.figure.axes[1].scale
    for run in runs:
        cost = part.judge(track, run).cost / track.currency.axis
        assert scale.min <= cost <= scale.max
    assert np.all((table.points.x >= 0) & (table.points.x <= 100 + 1e-9))


@given(st.floats(1e-6, 1e9))
def test_ticks_are_round_and_neither_few_nor_many(high):
    ticks = steps(0, high)
    assert 3 <= len(ticks) <= 9
    assert ticks[0] == 0
    assert high / 2 < ticks[-1] <= high * (1 + 1e-6)
    gaps = [after - before for before, after in pairwise(ticks)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps), rel=1e-4)


def test_a_log_axis_has_ticks_at_1_2_and_5():
    assert log_ticks(1100, 30000) == [2000, 5000, 10000, 20000]


def test_a_rectangles_area():
    assert area(*rectangle(1.0, 3.0, 0.0, 0.5)) == pytest.approx(1.0)
    assert area(*rectangle(0.3, 0.3, 0.1, 0.8)) == pytest.approx(0.0, abs=1e-12)


def test_a_screen_reader_hears_the_summary_and_not_every_caption():
    bench = Workbench(TRACK, "pipeline")
    assert 'aria-live="polite"' in bench.summary.value
    for instrument in bench.instruments:
        assert 'aria-live="off"' in instrument.caption.value


@EVERY_TRACK
def test_without_a_summary_the_captions_are_announced(name):
    box = show_moving(name, "checkpoint", "interval")
    texts = [
        child.value
        for part in box.children
        for child in getattr(part, "children", ())
        if "aria-live" in getattr(child, "value", "")
    ]
    assert texts
    assert all('aria-live="polite"' in text for text in texts)


def test_one_request_is_one_request():
    control = load_track("cloud_titan").access.control("queue_depth")
    assert value_label(control, 1.0) == "1 request"
    assert value_label(control, 2.0) == "2 requests"


def test_a_switch_has_its_name_as_its_tooltip():
    control = TRACK.access.control("shuffled")
    assert make_control(control).tooltip == control.label


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_whatever_takes_the_pages_colour_of_text_brings_its_definition(name, part_name):
    assert TEXT.startswith("var(--storagelab-text")
    boxes = [Workbench(load_track(name), part_name).widget]
    moving = {"access": "request_size", "pipeline": "link", "checkpoint": "interval"}
    boxes.append(show_moving(name, part_name, moving[part_name]))
    for box in boxes:
        texts = [getattr(child, "value", "") for child in box.children]
        assert sum("--storagelab-text:" in str(text) for text in texts) == 1
