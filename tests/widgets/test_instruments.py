"""Instruments without a browser: what is drawn is what the model says."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.experiments.access import late_shares
from storagelab.experiments.checkpoint import overhead_curve, protect
from storagelab.experiments.pipeline import TIERS
from storagelab.formats import FORMATS
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import value_label
from storagelab.widgets.deadline_tail import DeadlineTail
from storagelab.widgets.flow_gauge import FlowGauge
from storagelab.widgets.io_waterfall import IOWaterfall, in_order, waterfall
from storagelab.widgets.iops_throughput import IOPSThroughput, curves, request_sizes
from storagelab.widgets.playback import record
from storagelab.widgets.sankey import DRAM, DataFlowSankey, bands, outline
from storagelab.widgets.saturation import Saturation
from storagelab.widgets.ten_runs import TenRuns, best_run
from storagelab.widgets.workbench import Workbench, instruments_of
from storagelab.widgets.young_daly import YoungDaly

from .benches import EVERY_BENCH, bench_of, built, corners, equations, outcomes, texts

TRACK = load_track("cloud_titan")
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())
TIMED = [name for name in TRACKS if load_track(name).access.misses_limit is not None]


@EVERY_TRACK
@ANY
def test_the_waterfalls_bars_add_up_to_the_models_step(name, data):
    outcome = data.draw(outcomes(name, "access"))
    bars = waterfall(outcome)
    ends = [segment[2] for segment in bars.storage]
    begins = [segment[1] for segment in bars.storage]
    assert begins == [0.0, *ends[:-1]]
    assert ends[-1] == pytest.approx(sum(outcome.steps[x] for x in ("open", "wait", "read")))
    (_, _, computed), (_, idle_from, idle_to) = bars.accelerators
    assert computed == idle_from == outcome.steps["compute"]
    assert idle_to == bars.step == pytest.approx(max(ends[-1], computed))
    assert (idle_to - idle_from) / bars.step == pytest.approx(1 - outcome.utilization, abs=1e-9)


@EVERY_TRACK
@ANY
def test_the_waterfall_draws_no_bar_beyond_its_axis(name, data):
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOWaterfall, name)
    instrument.update(outcome)
    for shape in instrument.shapes.values():
        assert np.all((np.asarray(shape.x) >= 0) & (np.asarray(shape.x) <= instrument.end))
    cut = waterfall(outcome).step / instrument.scale > instrument.end
    assert ("off the axis" in instrument.totals.text[1]) == cut


@EVERY_TRACK
@ANY
def test_what_the_waterfall_compares_with_is_the_same_device_read_in_order(name, data):
    """In the largest requests, and in shards where the track has any."""
    track = load_track(name)
    now = data.draw(outcomes(name, "access"))
    best = in_order(track, now)
    assert best.settings.shuffled is False
    assert best.settings.device == now.settings.device
    largest = track.access.control("request_size")
    assert best.settings.request_size == largest.to_si(largest.values[-1])
    formats = track.access.control("format").values
    assert FORMATS[best.settings.format].sharded == any(FORMATS[item].sharded for item in formats)
    assert best.moved >= 0.9 * min(best.sequential_bandwidth, now.moved)


def test_shards_in_order_are_what_the_waterfall_compares_with():
    outcome = in_order(TRACK, PARTS["access"].baseline(TRACK))
    assert outcome.settings.shuffled is False
    assert outcome.settings.format == "webdataset"
    assert outcome.settings.device == "object_store"


@EVERY_TRACK
@ANY
def test_the_curve_shows_every_device_and_the_present_point(name, data):
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    shown = curves(track, outcome.settings.queue_depth)
    for device, rates in shown.items():
        np.testing.assert_array_equal(instrument.lines[device].y, rates)
        assert rates.shape == request_sizes(track).shape
    part = track.access
    devices = part.control("device").values if part.has_control("device") else [part.home]
    assert list(shown) == list(instrument.lines) == devices
    assert instrument.point.x[0] == outcome.request_bytes
    assert instrument.point.y[0] == max(outcome.bandwidth, instrument.low)


@pytest.mark.parametrize("name", TIMED)
@ANY
def test_where_the_tail_crosses_the_deadline_lie_the_late_steps(name, data):
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    instrument.update(outcome)
    late = late_shares(outcome, np.array([outcome.deadline]))[0]
    per_hour = 3600 / track.node.compute_time
    assert late * per_hour == pytest.approx(outcome.misses, rel=1e-6, abs=1e-6 * per_hour)
    np.testing.assert_allclose(
        np.maximum(instrument.tail.y, 0), np.maximum(late_shares(outcome, instrument.times), 1e-10)
    )
    ahead = 0.0 if outcome.io_time > track.node.compute_time else outcome.settings.buffer
    deadline = track.node.compute_time + ahead / outcome.demand
    assert outcome.deadline == pytest.approx(deadline)
    at = min(deadline, instrument.times[-1]) / instrument.scale
    assert list(instrument.deadline.x) == pytest.approx([at, at])


@EVERY_TRACK
def test_a_deadline_is_shown_where_late_steps_are_counted(name):
    shown = [type(item) for item in instruments_of(load_track(name), "access")]
    assert (DeadlineTail in shown) == (name in TIMED)


@EVERY_TRACK
@ANY
def test_the_sankey_conserves_bytes_at_every_node(name, data):
    outcome = data.draw(outcomes(name, "pipeline"))
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


@EVERY_TRACK
@ANY
def test_gauge_and_saturation_show_the_models_rates(name, data):
    track, outcome = load_track(name), data.draw(outcomes(name, "pipeline"))
    gauge, saturation = built(FlowGauge, name), built(Saturation, name)
    gauge.update(outcome)
    saturation.update(outcome)
    scale = saturation.scale
    assert gauge.scale == scale
    assert 0.99 <= track.pass_demand / scale < 1000
    assert gauge.bar.x[1] == pytest.approx(outcome.demand * outcome.utilization / scale)
    link = track.pipeline.control("link")
    assert saturation.point.x[0] * link.si == pytest.approx(outcome.settings.link)
    assert saturation.point.y[0] == outcome.warm.rate / scale
    lowest = np.min([np.asarray(saturation.ceilings[tier].y) for tier in TIERS], axis=0)
    np.testing.assert_allclose(saturation.delivered.y, lowest)
    on_curve = np.interp(
        np.log(saturation.point.x[0]), np.log(saturation.delivered.x), saturation.delivered.y
    )
    top = saturation.top
    assert saturation.point.y[0] == pytest.approx(on_curve, rel=0.02, abs=1e-3 * top)


@EVERY_TRACK
@ANY
def test_young_dalys_parts_add_up_and_its_optimum_is_the_lowest_point(name, data):
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = built(YoungDaly, name)
    instrument.update(outcome)
    curves_ = {kind: np.asarray(curve.y) for kind, curve in instrument.curves.items()}
    shown = curves_["total"] < instrument.top
    np.testing.assert_allclose(
        (curves_["dump"] + curves_["lost"])[shown], curves_["total"][shown], rtol=1e-9
    )
    for curve in curves_.values():
        assert np.isfinite(curve).all()
    if shown.sum() > 3:
        lowest = instrument.shown[np.argmin(curves_["total"])]
        step = instrument.shown[1] / instrument.shown[0]
        assert lowest / step <= instrument.optimum.x[0] <= lowest * step
    edge = instrument.crash.x[1]
    inside = outcome.settings.interval / instrument.si < edge * (1 - 1e-9)
    breaks = bool({"storage", "wear"} & set(outcome.unmet))
    assert inside == breaks or edge == instrument.high


@EVERY_TRACK
@ANY
def test_the_whole_curve_is_the_model_at_each_interval(name, data):
    track, outcome = load_track(name), data.draw(outcomes(name, "checkpoint"))
    control = track.checkpoint.control("interval")
    intervals = np.array([control.to_si(control.values[index]) for index in (0, 5, 10, -1)])
    curve = overhead_curve(track, outcome.settings, intervals)
    for index, interval in enumerate(intervals):
        there = protect(track, replace(outcome.settings, interval=float(interval)))
        work = there.solve_time
        assert curve["total"][index] == pytest.approx(there.wasted / work, rel=1e-9, abs=1e-12)
        assert curve["dump"][index] == pytest.approx(there.parts["dump"] / work)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_corner_of_the_sliders_gives_finite_marks_and_words(name, part_name):
    bench = bench_of(name, part_name)
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


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_a_control_moves_the_instruments_and_the_words(name, part_name):
    track, bench = load_track(name), bench_of(name, part_name)
    part = PARTS[part_name]
    for item in part.of(track).controls:
        bench.set(**bench._defaults())
        said = bench.summary.value
        widget = bench.controls[item.name]
        widget.value = next(value for value in item.values if value != item.default)
        outcome = part.run(track, bench.settings())
        assert bench.outcome == outcome
        if item.name not in ("device", "request_size", "buffer", "bytes_per_parameter"):
            assert bench.summary.value != said, item.name
        assert escape(part.summary(track, outcome)) in bench.summary.value


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_control_moves_some_mark_or_word(name, part_name):
    """No slider is there for nothing: between its ends, something is drawn or said anew."""
    bench = bench_of(name, part_name)
    for item in bench.content.controls:
        seen = set()
        for value in item.values:
            bench.set(**{**bench._defaults(), item.name: value})
            seen.add("".join([bench.summary.value, *(x.caption.value for x in bench.instruments)]))
        assert len(seen) > 1, item.name


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_the_line_to_paste_is_read_back_as_the_same_decision(name, part_name):
    bench = Workbench(load_track(name), part_name)
    track, part = bench.track, PARTS[part_name]
    line = unescape(bench.line.value.split("<code>")[1].split("</code>")[0])
    typed: dict[str, object] = {}
    exec(line, typed)
    judged = part.judge(track, typed["decision"])
    settings = {**bench.settings(), **part.given(track)}
    assert judged == part.run(track, settings)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_back_to_the_start_resets_every_control(name, part_name):
    bench = Workbench(load_track(name), part_name)
    moved = {item.name: item.values[0] for item in bench.content.controls}
    bench.set(**moved)
    assert bench.outcome != PARTS[part_name].baseline(bench.track)
    bench.set(**bench._defaults())
    assert bench.outcome == PARTS[part_name].baseline(bench.track)


@EVERY_TRACK
def test_ten_runs_and_no_more(name):
    recorded: list[dict] = []

    def on_record(run):
        recorded.append(run)
        return recorded

    bench = Workbench(load_track(name), "pipeline", on_record=on_record)
    for number in range(1, 11):
        assert f"({number} of 10)" in bench.record_button.description
        bench.controls["link"].value = bench.content.control("link").values[number - 1]
        bench.record_button.click()
    assert bench.record_button.disabled
    assert "No runs left" in bench.record_button.description
    assert bench.ten_runs.table.value.count('scope="row"') == 10
    assert len(bench.ten_runs.points.x) == 10


@EVERY_TRACK
def test_a_run_stands_in_the_table_as_on_the_sliders_and_in_the_tracks_currency(name):
    track, part = load_track(name), PARTS["pipeline"]
    bench = Workbench(track, "pipeline", on_record=lambda run: [run])
    bench.record_button.click()
    said = " ".join(texts(bench.ten_runs.widget))
    crisis = part.baseline(track)
    unit = {"$": f"${crisis.cost:,.0f}", "W": "W"}[track.currency.unit]
    assert unit in said
    assert ("$" in said) == (track.currency.unit == "$")
    for control in track.pipeline.controls:
        assert control.label in said
        if control.labels:
            assert control.label_of(control.default) in said
    scale = bench.ten_runs.figure.axes[1].scale
    assert scale.min <= bench.ten_runs.points.y[0] <= scale.max
    assert bench.ten_runs.points.y[0] * track.currency.axis == pytest.approx(crisis.cost)


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


@EVERY_TRACK
def test_the_ops_leads_call_sets_the_mtbf(name):
    track = load_track(name)
    bench = Workbench(track, "checkpoint")
    (event,) = [
        box
        for box in bench.widget.children
        for item in getattr(box, "children", [])
        if getattr(item, "description", "") == track.checkpoint.event_button
    ]
    event.children[0].click()
    assert bench.settings()["node_mtbf"] == track.checkpoint.event_node_mtbf
    assert "ops lead" in event.children[1].value
    assert "{" not in event.children[1].value


SHARDED = {
    "cloud_titan": "webdataset",
    "edge_guardian": "segment",
    "mobile_nomad": "bundle",
    "tiny_pioneer": "segment",
}


@pytest.mark.parametrize(
    ("part_name", "moving"),
    [("access", "request_size"), ("pipeline", "link"), ("checkpoint", "interval")],
)
@EVERY_TRACK
def test_every_frame_of_a_pages_playback_is_the_model_at_that_value(name, part_name, moving):
    track, part = load_track(name), PARTS[part_name]
    settings = {"format": SHARDED[name]} if part_name == "access" else {}
    box = show_moving(name, part_name, moving, **settings)
    playback, slider = box.children[1], box.children[2]
    control = part.of(track).control(moving)
    assert len(playback.frames) == len(control.values)
    instruments = instruments_of(track, part_name)
    captions = [shown.children[-1] for shown in box.children[3 : 3 + len(instruments)]]
    baseline = part.baseline(track).settings
    for index in (0, len(control.values) // 2, len(control.values) - 1):
        value = control.to_si(control.values[index])
        outcome = part.experiment(track, replace(baseline, **settings, **{moving: value}))
        frame = {
            (id(target), trait): shown
            for target, trait, shown in zip(
                playback.targets, playback.names, playback.frames[index], strict=True
            )
        }
        for instrument, caption in zip(instruments, captions, strict=True):
            words = instrument.draw(outcome)
            # what never changes isn't played back, and stands on the page
            assert escape(words) in frame.get((id(caption), "value"), caption.value)
    assert any("value" in name for name in playback.names)
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
    ("name", "part", "control", "value", "says"),
    [
        ("cloud_titan", "access", "request_size", 16384.0, "16 MiB"),
        ("cloud_titan", "access", "format", "webdataset", "WebDataset"),
        ("cloud_titan", "access", "shuffled", True, "stochastic shuffle"),
        ("cloud_titan", "access", "buffer", 8192.0, "8,192 samples"),
        ("cloud_titan", "pipeline", "nvme", 0.25, "0.25 GB/s"),
        ("cloud_titan", "pipeline", "cache", 10000.0, "10,000 GB"),
        ("cloud_titan", "checkpoint", "interval", 0.5, "0.5 min"),
        ("edge_guardian", "access", "device", "ufs_3_1", "UFS 3.1"),
        ("edge_guardian", "pipeline", "link", 15.0, "15 Mb/s"),
        ("mobile_nomad", "access", "shuffled", False, "whole layers, in order"),
        ("mobile_nomad", "pipeline", "policy", "never_evict", "keeps what it has (pinned)"),
        ("tiny_pioneer", "access", "request_size", 3840.0, "3,840 bytes"),
        ("tiny_pioneer", "pipeline", "link", 8.25, "8.25 MB/s"),
        ("tiny_pioneer", "checkpoint", "write_bandwidth", 77.0, "quad flash (77 kB/s)"),
    ],
)
def test_a_sliders_value_is_shown_in_peoples_units(name, part, control, value, says):
    assert value_label(PARTS[part].of(load_track(name)).control(control), value) == says


def test_a_workbench_shows_itself_for_the_present_sankey():
    instrument = DataFlowSankey(TRACK)
    words = instrument.draw(PARTS["pipeline"].baseline(TRACK))
    assert "625 MB/s come through the download link" in words


# --- every track speaks its own language


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_no_text_shows_what_a_program_says_of_nothing(name, part_name):
    bench = bench_of(name, part_name)
    for corner in corners(bench.content.controls):
        bench.set(**corner)
        for text in texts(bench.widget):
            assert not re.search(r"[{}]", text.partition("decision =")[0]), text
            assert not re.search(r"\b(nan|inf|None|True|False)\b", text.partition("decision =")[0])
        for tex in equations(bench.widget):
            assert not re.search(r"\b(nan|inf|None)\b", tex)


CLOUDS_OWN = (
    r"accelerator|\bGPU|H100|\bepoch|\btrain|checkpoint|object store|\bDRAM|\bnode\b|\bbatch"
)
"""What is said of a cloud alone."""


@pytest.mark.parametrize(
    ("name", "part_name"), [case for case in EVERY_BENCH if case.values[0] != "cloud_titan"]
)
def test_a_device_track_says_nothing_of_accelerators(name, part_name):
    bench = bench_of(name, part_name)
    for corner in corners(bench.content.controls):
        bench.set(**corner)
        for text in texts(bench.widget):
            assert not re.search(CLOUDS_OWN, text, re.IGNORECASE), text


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_a_workbench_speaks_of_its_tracks_consumer_and_of_no_other(name, part_name):
    bench = bench_of(name, part_name)
    bench.set(**bench._defaults())
    said = " ".join(texts(bench.widget))
    terms = {
        "access": lambda track: track.terms.consumer.name,
        "pipeline": lambda track: track.fed.name,
        "checkpoint": lambda track: f"{track.terms.job} fails",
    }[part_name]
    assert terms(load_track(name)) in said
    for other in TRACKS:
        own = terms(load_track(name)), terms(load_track(other))
        assert (own[1] in said) == (own[0] == own[1])
