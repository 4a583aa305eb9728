"""Instruments without a browser: what is drawn is what the model says."""

from __future__ import annotations

from dataclasses import replace
from html import escape, unescape

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.experiments.checkpoint import overhead_curve, protect
from storagelab.experiments.pipeline import TIERS
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.units import GB, GBIT_PER_SECOND
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import value_label
from storagelab.widgets.flow_gauge import FlowGauge
from storagelab.widgets.io_waterfall import IOWaterfall, in_order, waterfall
from storagelab.widgets.iops_throughput import SIZES, IOPSThroughput, curves
from storagelab.widgets.playback import record
from storagelab.widgets.sankey import DRAM, DataFlowSankey, bands, outline
from storagelab.widgets.saturation import Saturation
from storagelab.widgets.ten_runs import TenRuns, best_run
from storagelab.widgets.workbench import INSTRUMENTS, Workbench
from storagelab.widgets.young_daly import TOP, YoungDaly

TRACK = load_track("cloud_titan")


def outcomes(part_name):
    """Any outcome on the grid of a part's controls."""
    part = PARTS[part_name]
    controls = part.of(TRACK).controls
    return st.fixed_dictionaries(
        {
            item.name: st.sampled_from([item.to_si(value) for value in item.values])
            for item in controls
        }
    ).map(lambda values: part.run(TRACK, values))


@given(outcomes("access"))
def test_the_waterfalls_bars_add_up_to_the_models_step(outcome):
    bars = waterfall(outcome)
    ends = [segment[2] for segment in bars.storage]
    begins = [segment[1] for segment in bars.storage]
    assert begins == [0.0, *ends[:-1]]
    assert ends[-1] == pytest.approx(sum(outcome.steps[x] for x in ("open", "wait", "read")))
    (_, _, computed), (_, idle_from, idle_to) = bars.accelerators
    assert computed == idle_from == outcome.steps["compute"]
    assert idle_to == bars.step == pytest.approx(max(ends[-1], computed))
    assert (idle_to - idle_from) / bars.step == pytest.approx(1 - outcome.utilization, abs=1e-9)


@given(outcomes("access"))
def test_the_waterfall_draws_no_bar_beyond_its_axis(outcome):
    instrument = IOWaterfall(TRACK)
    instrument.update(outcome)
    for shape in instrument.shapes.values():
        assert np.all((np.asarray(shape.x) >= 0) & (np.asarray(shape.x) <= instrument.end))
    cut = waterfall(outcome).step > instrument.end
    assert ("off the axis" in instrument.totals.text[1]) == cut


def test_shards_in_order_are_what_the_waterfall_compares_with():
    outcome = in_order(TRACK, PARTS["access"].baseline(TRACK))
    assert outcome.settings.shuffled is False
    assert outcome.settings.format == "webdataset"
    assert outcome.settings.device == "object_store"


@given(outcomes("access"))
def test_the_curve_shows_every_device_and_the_present_point(outcome):
    instrument = IOPSThroughput(TRACK)
    instrument.update(outcome)
    for name, rates in curves(TRACK, outcome.settings.queue_depth).items():
        np.testing.assert_array_equal(instrument.lines[name].y, rates)
        assert rates.shape == SIZES.shape
    assert instrument.point.x[0] == outcome.request_bytes
    assert instrument.point.y[0] == outcome.bandwidth


@given(outcomes("pipeline"))
def test_the_sankey_conserves_bytes_at_every_node(outcome):
    drawn = bands(outcome)
    into_dram = drawn["link"].rate + drawn["hits"].rate
    assert into_dram == pytest.approx(drawn["accelerators"].rate)
    assert drawn["accelerators"].rate + drawn["starved"].rate == pytest.approx(outcome.demand)
    # and in the picture: hits lie on the link's bytes without a gap, and end where these end
    assert drawn["hits"].end == (DRAM, drawn["link"].rate)
    for band in drawn.values():
        x, y = outline(band)
        half = len(x) // 2
        assert np.allclose(y[half:][::-1] - y[:half], band.rate)
        assert np.isfinite([*x, *y]).all()


@given(outcomes("pipeline"))
def test_gauge_and_saturation_show_the_models_rates(outcome):
    gauge, saturation = FlowGauge(TRACK), Saturation(TRACK)
    gauge.update(outcome)
    saturation.update(outcome)
    assert gauge.bar.x[1] == pytest.approx(outcome.demand * outcome.utilization / GB)
    assert saturation.point.x[0] == outcome.settings.link / GBIT_PER_SECOND
    assert saturation.point.y[0] == outcome.warm.rate / GB
    lowest = np.min([np.asarray(saturation.ceilings[tier].y) for tier in TIERS], axis=0)
    np.testing.assert_allclose(saturation.delivered.y, lowest)
    on_curve = np.interp(
        np.log(saturation.point.x[0]), np.log(saturation.delivered.x), saturation.delivered.y
    )
    assert saturation.point.y[0] == pytest.approx(on_curve, rel=0.02, abs=1e-3)


@given(outcomes("checkpoint"))
def test_young_dalys_parts_add_up_and_its_optimum_is_the_lowest_point(outcome):
    instrument = YoungDaly(TRACK)
    instrument.update(outcome)
    curves_ = {name: np.asarray(curve.y) for name, curve in instrument.curves.items()}
    shown = curves_["total"] < TOP
    np.testing.assert_allclose(
        (curves_["dump"] + curves_["lost"])[shown], curves_["total"][shown], rtol=1e-9
    )
    for curve in curves_.values():
        assert np.isfinite(curve).all()
    if shown.sum() > 3:
        lowest = instrument.minutes[np.argmin(curves_["total"])]
        step = instrument.minutes[1] / instrument.minutes[0]
        assert lowest / step <= instrument.optimum.x[0] <= lowest * step
    inside = outcome.settings.interval / 60 < instrument.crash.x[1] * (1 - 1e-9)
    assert inside == ("storage" in outcome.unmet) or instrument.crash.x[1] == instrument.high


@given(outcomes("checkpoint"))
def test_the_whole_curve_is_the_model_at_each_interval(outcome):
    intervals = np.array([30.0, 600.0, 3600.0, 21600.0])
    curve = overhead_curve(TRACK, outcome.settings, intervals)
    for index, interval in enumerate(intervals):
        there = protect(TRACK, replace(outcome.settings, interval=float(interval)))
        work = there.solve_time
        assert curve["total"][index] == pytest.approx(there.wasted / work, rel=1e-9, abs=1e-12)
        assert curve["dump"][index] == pytest.approx(there.parts["dump"] / work)


def corners(controls):
    """Every combination of the ends of a part's controls, in the student's units."""
    grids = [(item.values[0], item.values[-1]) for item in controls]
    for index in range(2 ** len(grids)):
        yield {
            item.name: grid[(index >> bit) & 1]
            for bit, (item, grid) in enumerate(zip(controls, grids, strict=True))
        }


@pytest.mark.parametrize("part_name", PARTS)
def test_every_corner_of_the_sliders_gives_finite_marks_and_words(part_name):
    bench = Workbench(TRACK, part_name)
    for corner in corners(bench.content.controls):
        bench.set(**corner)
        for instrument in bench.instruments:
            for widget, trait in instrument.targets():
                value = getattr(widget, trait)
                if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    assert np.isfinite(value).all(), (corner, trait)
                if isinstance(value, str):
                    assert "nan" not in value
                    assert "inf " not in value


@pytest.mark.parametrize("part_name", PARTS)
def test_a_control_moves_the_instruments_and_the_words(part_name):
    bench = Workbench(TRACK, part_name)
    part = PARTS[part_name]
    for item in part.of(TRACK).controls:
        bench.set(**bench._defaults())
        said = bench.summary.value
        widget = bench.controls[item.name]
        widget.value = next(value for value in item.values if value != item.default)
        outcome = part.run(TRACK, bench.settings())
        assert bench.outcome == outcome
        if item.name not in ("device", "request_size", "buffer", "bytes_per_parameter"):
            assert bench.summary.value != said, item.name
        assert escape(part.summary(TRACK, outcome)) in bench.summary.value


@pytest.mark.parametrize("part_name", PARTS)
def test_the_line_to_paste_is_read_back_as_the_same_decision(part_name):
    bench = Workbench(TRACK, part_name)
    part = PARTS[part_name]
    line = unescape(bench.line.value.split("<code>")[1].split("</code>")[0])
    typed: dict[str, object] = {}
    exec(line, typed)
    judged = part.judge(TRACK, typed["decision"])
    settings = {**bench.settings(), **part.given(TRACK)}
    assert judged == part.run(TRACK, settings)


def test_back_to_the_start_resets_every_control():
    bench = Workbench(TRACK, "pipeline")
    bench.set(cache=0.0, link=100.0, nvme=14.0)
    bench.set(**bench._defaults())
    assert bench.outcome == PARTS["pipeline"].baseline(TRACK)


def test_ten_runs_and_no_more():
    recorded: list[dict] = []

    def on_record(run):
        recorded.append(run)
        return recorded

    bench = Workbench(TRACK, "pipeline", on_record=on_record)
    for number in range(1, 11):
        assert f"({number} of 10)" in bench.record_button.description
        bench.controls["link"].value = bench.content.control("link").values[number]
        bench.record_button.click()
    assert bench.record_button.disabled
    assert "No runs left" in bench.record_button.description
    assert bench.ten_runs.table.value.count('scope="row"') == 10
    assert len(bench.ten_runs.points.x) == 10


def test_a_recorder_that_refuses_says_so_and_loses_nothing():
    def on_record(run):
        raise ValueError("ledger.json is in use by another notebook")

    bench = Workbench(TRACK, "pipeline", on_record=on_record)
    bench.record_button.click()
    (recorder,) = [
        box for box in bench.widget.children if bench.record_button in getattr(box, "children", ())
    ]
    shown = [child for child in recorder.children if hasattr(child, "value")]
    assert any("in use by another notebook" in child.value for child in shown)


def test_the_best_run_is_the_cheapest_that_meets_the_target():
    part = PARTS["pipeline"]
    runs = [
        {"cache_gb": 0, "link_gbps": 1, "nvme_gbs": 0.25},  # cheap, and starves
        {"cache_gb": 10000, "link_gbps": 100, "nvme_gbs": 14},
        {"cache_gb": 2500, "link_gbps": 12, "nvme_gbs": 1},
    ]
    judged = [part.judge(TRACK, run) for run in runs]
    assert [bool(outcome.unmet) for outcome in judged] == [True, False, False]
    assert best_run(judged) == 2
    assert best_run(judged[:1]) is None
    table = TenRuns(TRACK)
    table.update(runs)
    assert "Run 3 is the cheapest" in table.words.value
    assert table.table.value.count("◆ best") == 1


def test_the_ops_leads_call_sets_the_mtbf():
    bench = Workbench(TRACK, "checkpoint")
    (event,) = [
        box
        for box in bench.widget.children
        for item in getattr(box, "children", [])
        if getattr(item, "description", "") == "The ops lead calls"
    ]
    event.children[0].click()
    assert bench.settings()["node_mtbf"] == TRACK.checkpoint.event_node_mtbf
    assert "ops lead" in event.children[1].value


@pytest.mark.parametrize(
    ("part_name", "moving"),
    [("access", "request_size"), ("pipeline", "link"), ("checkpoint", "interval")],
)
def test_every_frame_of_a_pages_playback_is_the_model_at_that_value(part_name, moving):
    part = PARTS[part_name]
    settings = {"format": "webdataset"} if part_name == "access" else {}
    box = show_moving("cloud_titan", part_name, moving, **settings)
    playback, slider = box.children[1], box.children[2]
    control = part.of(TRACK).control(moving)
    assert len(playback.frames) == len(control.values)
    instruments = [build(TRACK) for build in INSTRUMENTS[part_name]]
    baseline = part.baseline(TRACK).settings
    for index in (0, len(control.values) // 2, len(control.values) - 1):
        value = control.to_si(control.values[index])
        outcome = part.experiment(TRACK, replace(baseline, **settings, **{moving: value}))
        shown = dict(zip(map(id, playback.targets), playback.frames[index], strict=False))
        texts = [frame for frame in playback.frames[index] if isinstance(frame, str)]
        for instrument in instruments:
            words = instrument.draw(outcome)
            assert any(words.split(".")[0].split("(")[0] in text for text in texts) or not texts
        assert shown
    assert slider.value == control.default


def test_playback_leaves_out_what_never_changes():
    import ipywidgets

    slider = ipywidgets.SelectionSlider(options=[1, 2, 3])
    moving, still = ipywidgets.HTML(), ipywidgets.HTML("the same")
    slider.observe(lambda change: setattr(moving, "value", f"frame {slider.index}"), "index")
    moving.value = "frame 0"
    playback = record(slider, [(moving, "value"), (still, "value")])
    assert playback.targets == [moving]
    assert playback.frames == [["frame 0"], ["frame 1"], ["frame 2"]]
    assert slider.index == 0


@pytest.mark.parametrize(
    ("part", "control", "value", "says"),
    [
        ("access", "request_size", 16384.0, "16 MiB"),
        ("access", "format", "webdataset", "WebDataset"),
        ("access", "shuffled", True, "stochastic shuffle"),
        ("access", "buffer", 8192.0, "8,192 samples"),
        ("pipeline", "nvme", 0.25, "0.25 GB/s"),
        ("pipeline", "cache", 10000.0, "10,000 GB"),
        ("checkpoint", "interval", 0.5, "0.5 min"),
    ],
)
def test_a_sliders_value_is_shown_in_peoples_units(part, control, value, says):
    assert value_label(PARTS[part].of(TRACK).control(control), value) == says


def test_a_workbench_shows_itself_for_the_present_sankey():
    instrument = DataFlowSankey(TRACK)
    words = instrument.draw(PARTS["pipeline"].baseline(TRACK))
    assert "625 MB/s come through the link" in words
