"""Figures that don't mislead: nothing off its axis unsaid, no line that means nothing."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.devices import load_device
from storagelab.experiments.access import device_curve
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import make_control, value_label
from storagelab.widgets.flow_gauge import FlowGauge
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.io_waterfall import IOWaterfall
from storagelab.widgets.iops_throughput import HIGH, LOW, SIZES, IOPSThroughput
from storagelab.widgets.sankey import DataFlowSankey
from storagelab.widgets.saturation import Saturation
from storagelab.widgets.ten_runs import cost_range, log_ticks
from storagelab.widgets.theme import TEXT, area, rectangle, steps
from storagelab.widgets.workbench import Workbench
from storagelab.widgets.young_daly import TOP, YoungDaly

from .test_instruments import TRACK, outcomes


@cache
def built(instrument: type[Instrument]) -> Any:
    """Return one instrument of its kind: what an update leaves behind would show."""
    return instrument(TRACK)


COSTS = cost_range(TRACK)


@given(outcomes("access"))
def test_every_point_and_curve_lies_between_the_ends_of_the_throughput_axes(outcome):
    instrument = built(IOPSThroughput)
    instrument.update(outcome)
    drawn = [instrument.point, instrument.knees, *instrument.lines.values()]
    for mark in drawn:
        assert np.all((np.asarray(mark.y) >= LOW) & (np.asarray(mark.y) <= HIGH))
        # a request of whole samples is a byte short of 4 KiB, which nobody sees
        assert np.all((np.asarray(mark.x) > 0.99 * SIZES[0]) & (np.asarray(mark.x) <= SIZES[-1]))


@given(outcomes("access"))
def test_what_is_read_ahead_isnt_said_to_be_bound_by_requests(outcome):
    words = built(IOPSThroughput).draw(outcome)
    device, size = load_device(outcome.settings.device), np.array([outcome.request_bytes])
    random = device_curve(device, size, outcome.settings.queue_depth)[0]
    above = outcome.bandwidth > 1.05 * random
    assert ("read ahead" in words) == above
    assert ("requests per second bind" in words) <= (not above)


@given(outcomes("access"))
def test_the_times_that_the_waterfall_says_are_all_of_the_storages(outcome):
    words = built(IOWaterfall).draw(outcome)
    assert ("opening files" in words) == (outcome.steps["open"] > 0)


@given(outcomes("pipeline"))
def test_a_shape_without_an_area_is_not_drawn(outcome):
    sankey, gauge = built(DataFlowSankey), built(FlowGauge)
    sankey.update(outcome)
    gauge.update(outcome)
    flows = outcome.warm.flows
    assert sankey.bands["link"].visible == (flows["link"] > 0)
    assert sankey.bands["hits"].visible == (flows["hits"] > 0)
    for shape in (*sankey.bands.values(), gauge.bar, gauge.missing):
        assert shape.visible == (area(shape.x, shape.y) > 1e-9)


@given(outcomes("pipeline"))
def test_the_sankey_marks_what_binds_once(outcome):
    sankey = built(DataFlowSankey)
    sankey.update(outcome)
    marks = [str(text) for text in (*sankey.cache.text, *sankey.bottleneck.text)]
    said = "busy" if outcome.warm.binding == "compute" else "bottleneck"
    assert sum(said in text for text in marks) == 1
    assert sum("bottleneck" in text or "busy" in text for text in marks) == 1


@given(outcomes("pipeline"))
def test_a_ceiling_that_is_out_of_sight_is_told(outcome):
    instrument = built(Saturation)
    words = instrument.draw(outcome)
    hidden = np.min(instrument.ceilings["nvme"].y) > instrument.top
    assert ("above the figure" in words or "no ceiling" in words) == hidden


@given(outcomes("pipeline"))
def test_every_run_costs_something_between_the_ends_of_its_axis(outcome):
    assert COSTS[0] <= outcome.cost <= COSTS[1]


@given(outcomes("checkpoint"))
def test_an_overhead_above_the_figure_is_marked_and_said(outcome):
    instrument = built(YoungDaly)
    words = instrument.draw(outcome)
    beyond = not 100 * outcome.wasted / outcome.solve_time <= TOP
    assert (instrument.point.marker == "triangle-up") == beyond
    assert ("above the figure" in words) == beyond
    assert instrument.point.y[0] <= TOP
    assert instrument.crash.visible == (outcome.storm_interval / 60 > instrument.low * (1 + 1e-9))


@pytest.mark.parametrize("part_name", PARTS)
def test_targets_are_everything_that_an_update_changes(part_name):
    part = PARTS[part_name]
    bench = Workbench(TRACK, part_name)
    named, changed = set(), set()
    for instrument in bench.instruments:
        named |= {(id(widget), trait) for widget, trait in instrument.targets()}
        for widget in (*instrument.figure.marks, *instrument.figure.axes, instrument.caption):
            widget.observe(lambda change: changed.add((id(change.owner), change.name)))
    for item in part.of(TRACK).controls:
        for value in item.values:
            bench.controls[item.name].value = value
    assert changed <= named
    assert changed


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


def test_without_a_summary_the_captions_are_announced():
    box = show_moving("cloud_titan", "checkpoint", "interval")
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


@pytest.mark.parametrize("part_name", PARTS)
def test_whatever_takes_the_pages_colour_of_text_brings_its_definition(part_name):
    assert TEXT.startswith("var(--storagelab-text")
    boxes = [Workbench(TRACK, part_name).widget]
    moving = {"access": "request_size", "pipeline": "link", "checkpoint": "interval"}
    boxes.append(show_moving("cloud_titan", part_name, moving[part_name]))
    for box in boxes:
        texts = [getattr(child, "value", "") for child in box.children]
        assert sum("--storagelab-text:" in str(text) for text in texts) == 1
