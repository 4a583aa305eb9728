"""Figures don't mislead: what leaves an axis is mentioned, and every line has a meaning."""

from __future__ import annotations

from itertools import pairwise

import bqplot
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import make_control, value_label
from storagelab.widgets.instruments.iops_throughput import IOPSThroughput
from storagelab.widgets.instruments.young_daly import YoungDaly
from storagelab.widgets.theme import TEXT, log_ticks, rectangle, steps, tick_key
from storagelab.widgets.workbench import Workbench

from .benches import EVERY_BENCH, area, bench_of, built, drawn, ends, within

TRACK = load_track("cloud_titan")
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_targets_are_everything_that_an_update_changes(name: str, part_name: str) -> None:
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
    "PipelineSaturation": "a ceiling leaves the figure at its own slope",
    "YoungDaly": "a curve leaves the figure at its own slope",
    "DeadlineTail": "a share of nothing leaves the figure at its lower edge",
}
"""The instruments whose curves may continue beyond the axes, where they are clipped."""


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_mark_is_finite_and_inside_its_axes_or_clipped_on_purpose(
    name: str, part_name: str
) -> None:
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
def test_no_axis_has_more_than_twelve_ticks_or_one_outside_of_it(name: str, part_name: str) -> None:
    track = load_track(name)
    run = {item.answer: item.default for item in track.pipeline.controls}
    bench = Workbench(track, part_name, runs=[run])
    count = len(bench.instruments) + PARTS[part_name].records_runs  # the runs
    figures = [item for item in within(bench.widget) if isinstance(item, bqplot.Figure)]
    assert len(figures) == count
    for axis in [axis for figure in figures for axis in figure.axes if axis.visible]:
        ticks = np.asarray(axis.tick_values, dtype=float)
        assert 2 <= len(ticks) <= 12, axis.label
        assert np.all(np.diff(sorted(ticks)) > 0)
        assert np.all(ticks >= axis.scale.min * (1 - 1e-4)), axis.label
        assert np.all(ticks <= axis.scale.max * (1 + 1e-4)), axis.label
        assert axis.label or axis.tick_labels
        # a label without a tick would never be shown
        if axis.tick_labels:
            assert set(axis.tick_labels) == {tick_key(tick) for tick in ticks}


@EVERY_TRACK
def test_the_slider_of_an_axis_lies_on_it_from_end_to_end(name: str) -> None:
    track = load_track(name)
    for control, instrument in (
        (track.access.control("request_size"), built(IOPSThroughput, name)),
        (track.checkpoint.control("interval"), built(YoungDaly, name)),
    ):
        scale = instrument.figure.axes[0].scale
        si = 1.0 if instrument is not built(IOPSThroughput, name) else control.si
        # there may be room for a point at its end, but no more than that
        ends = float(control.values[0]) * si, float(control.values[-1]) * si
        assert ends[0] / 1.4 < scale.min <= ends[0] * (1 + 1e-9)
        assert ends[1] * (1 - 1e-9) <= scale.max < ends[1] * 1.4


@EVERY_TRACK
def test_a_figures_baseline_can_be_read(name: str) -> None:
    """The baseline lies inside the figure and away from its edges, so that changes are visible."""
    track = load_track(name)
    shown = built(YoungDaly, name)
    shown.update(PARTS["checkpoint"].baseline(track))
    assert 0.005 * shown.top < shown.point.y[0] < shown.top
    control = track.checkpoint.control("interval")
    assert control.values[0] < shown.point.x[0] < control.values[-1]


@given(st.floats(1e-6, 1e9))
def test_ticks_are_round_and_neither_few_nor_many(high: float) -> None:
    ticks = steps(0, high)
    assert 3 <= len(ticks) <= 9
    assert ticks[0] == 0
    assert high / 2 < ticks[-1] <= high * (1 + 1e-6)
    gaps = [after - before for before, after in pairwise(ticks)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps), rel=1e-4)


def test_a_log_axis_has_ticks_at_1_2_and_5() -> None:
    assert log_ticks(1100, 30000) == [2000, 5000, 10000, 20000]


@pytest.mark.parametrize(
    ("tick", "key"),
    [
        (6.9, "6.9"), (1.0, "1"), (-8.0, "-8"), (36000.0, "36000"), (1e-4, "0.0001"),
        (2e-5, "0.00002"), (1e-6, "0.000001"), (1e-8, "1e-8"), (2.5e-7, "2.5e-7"),
    ],
)  # fmt: skip
def test_a_ticks_label_is_found_by_the_number_as_javascript_writes_it(
    tick: float, key: str
) -> None:
    assert tick_key(tick) == key


def test_a_rectangles_area() -> None:
    assert area(*rectangle(1.0, 3.0, 0.0, 0.5)) == pytest.approx(1.0)
    assert area(*rectangle(0.3, 0.3, 0.1, 0.8)) == pytest.approx(0.0, abs=1e-12)


def test_a_screen_reader_hears_the_summary_and_not_every_caption() -> None:
    bench = Workbench(TRACK, "pipeline")
    assert "storagelab-announced" in bench.summary.value
    for instrument in bench.instruments:
        assert "storagelab-announced" not in instrument.caption.value


@EVERY_TRACK
def test_without_a_summary_the_captions_are_announced(name: str) -> None:
    box = show_moving(name, "checkpoint", "interval")
    texts = [
        child.value
        for part in box.children
        for child in getattr(part, "children", ())
        if "storagelab-words" in str(getattr(child, "value", ""))
    ]
    assert texts
    assert all("storagelab-announced" in text for text in texts)


def test_one_request_is_one_request() -> None:
    control = load_track("cloud_titan").access.control("queue_depth")
    assert value_label(control, 1.0) == "1 request"
    assert value_label(control, 2.0) == "2 requests"


def test_a_switch_has_its_name_as_its_tooltip() -> None:
    control = TRACK.access.control("shuffled")
    assert make_control(control).tooltip == control.label


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_whatever_takes_the_pages_colour_of_text_brings_its_definition(
    name: str, part_name: str
) -> None:
    assert TEXT.startswith("var(--storagelab-text")
    boxes = [Workbench(load_track(name), part_name).widget]
    moving = {"access": "request_size", "pipeline": "link", "checkpoint": "interval"}
    boxes.append(show_moving(name, part_name, moving[part_name]))
    for box in boxes:
        styles = [str(getattr(child, "_css", "")) for child in box.children]
        assert sum("--storagelab-text:" in text for text in styles) == 1
