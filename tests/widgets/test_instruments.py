"""Instruments without a browser: they draw what the model says."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.book import show_moving
from storagelab.widgets.controls import value_label
from storagelab.widgets.playback import Playback, record
from storagelab.widgets.workbench import Workbench, instruments_of

from .benches import CLOUDS_OWN, EVERY_BENCH, bench_of, corners, equations, texts

TRACK = load_track("cloud_titan")
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())


def start(bench: Any) -> dict[Any, Any]:
    """Return the defaults of a workbench's controls, in the student's units."""
    return {item.name: item.default for item in bench.content.controls}


def crisis(bench: Any) -> dict[str, Any]:
    """Return a workbench's controls in the crisis, in the student's units."""
    names = {item.answer: item.name for item in bench.content.controls}
    turn = bench.content.turn
    return {**start(bench), **{names[key]: value for key, value in turn.items()}}


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_corner_of_the_sliders_gives_finite_marks_and_words(
    name: str, part_name: str
) -> None:
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
def test_a_control_moves_the_instruments_and_the_words(name: str, part_name: str) -> None:
    track, bench = load_track(name), bench_of(name, part_name)
    part = PARTS[part_name]
    for item in part.of(track).controls:
        bench.set(**crisis(bench))
        said = bench.summary.value
        widget = bench.controls[item.name]
        widget.value = next(value for value in item.values if value != widget.value)
        outcome = part.run(track, bench.settings())
        assert bench.outcome == outcome
        # a cache that serves nothing changes no rate, however large or fast it is
        unmoved = ("device", "request_size", "buffer", "bytes_per_parameter", "cache", "nvme")
        if item.name not in unmoved:
            assert bench.summary.value != said, item.name
        assert escape(part.summary(track, outcome)) in bench.summary.value


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_control_moves_some_mark_or_word(name: str, part_name: str) -> None:
    """Every slider has an effect on the crisis: between its ends, some figure or text changes."""
    bench = bench_of(name, part_name)
    for item in bench.content.controls:
        seen = set()
        for value in item.values:
            bench.set(**{**crisis(bench), item.name: value})
            seen.add("".join([bench.summary.value, *(x.caption.value for x in bench.instruments)]))
        assert len(seen) > 1, item.name


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_the_line_to_paste_is_read_back_as_the_same_decision(name: str, part_name: str) -> None:
    bench = Workbench(load_track(name), part_name)
    track, part = bench.track, PARTS[part_name]
    line = bench.line.field.value
    typed: dict[str, object] = {}
    exec(line, typed)
    judged = part.judge(track, typed["decision"])
    settings = {**bench.settings(), **part.given(track)}
    assert judged == part.run(track, settings)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_back_to_the_start_resets_every_control(name: str, part_name: str) -> None:
    bench = Workbench(load_track(name), part_name)
    moved = {item.name: item.values[0] for item in bench.content.controls}
    bench.set(**moved)
    assert bench.outcome != PARTS[part_name].baseline(bench.track)
    bench.set(**start(bench))
    assert bench.outcome == PARTS[part_name].baseline(bench.track)


@EVERY_TRACK
def test_ten_runs_and_no_more(name: str) -> None:
    recorded: list[dict] = []

    def on_record(run: Any) -> Any:
        recorded.append(run)
        return recorded

    bench = Workbench(load_track(name), "pipeline", on_record=on_record)
    for number in range(1, 11):
        assert f"({number} of 10)" in bench.recorder.button.description
        both = [
            (item, value)
            for item in ("link", "nvme")
            for value in bench.content.control(item).values
        ]
        item, value = both[number]
        bench.controls[item].value = value
        bench.recorder.button.click()
    assert bench.recorder.button.disabled
    assert "No runs left" in bench.recorder.button.description
    assert bench.recorder.ten_runs.listing.value.count('scope="row"') == 10
    plot = bench.recorder.ten_runs.plot
    assert len(plot.points.x) + len(plot.below.x) == 10


def test_a_recorder_that_refuses_says_so_and_loses_nothing() -> None:
    def on_record(run: dict[str, Any]) -> list[Any]:
        raise ValueError("ledger.json is in use by another notebook")

    bench = Workbench(TRACK, "pipeline", on_record=on_record)
    bench.recorder.button.click()
    shown = [child for child in bench.recorder.widget.children if hasattr(child, "value")]
    assert any("in use by another notebook" in child.value for child in shown)


@EVERY_TRACK
def test_the_ops_leads_call_sets_the_mtbf(name: str) -> None:
    track = load_track(name)
    bench = Workbench(track, "checkpoint")
    button, words = bench.event.widget.children
    assert button.description == track.checkpoint.event_button
    button.click()
    assert bench.settings()["node_mtbf"] == track.checkpoint.event_node_mtbf
    assert "ops lead" in words.value
    assert "{" not in words.value


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
def test_every_frame_of_a_pages_playback_is_the_model_at_that_value(
    name: str, part_name: str, moving: str
) -> None:
    track, part = load_track(name), PARTS[part_name]
    settings = {"format": SHARDED[name]} if part_name == "access" else {}
    box = show_moving(name, part_name, moving, **settings)
    playback, slider = box.children[1], box.children[2]
    control = part.of(track).control(moving)
    assert len(playback.frames) == len(control.values)
    instruments = instruments_of(track, part_name)
    figures = [shown for shown in box.children if "storagelab-instrument" in shown._dom_classes]
    captions = [
        next(
            part
            for part in figure.children
            if "storagelab-words" in str(getattr(part, "value", ""))
        )
        for figure in figures
    ]
    for instrument in instruments:
        instrument.update(part.crisis(track))
        instrument.on_a_page()
    crisis = part.crisis(track).settings
    for index in (0, len(control.values) // 2, len(control.values) - 1):
        value = control.to_si(control.values[index])
        outcome = part.experiment(track, replace(crisis, **settings, **{moving: value}))
        frame = played(playback, playback.frames[index])
        for instrument, caption in zip(instruments, captions, strict=True):
            words = instrument.draw(outcome)
            # text that never changes isn't played back but stands on the page
            assert escape(words) in frame.get((id(caption), "value"), caption.value)
    assert any("value" in name for name in playback.names)
    assert slider.value == control.default


def played(playback: Any, shown: Any) -> dict[tuple[int, str], Any]:
    """Return what a frame sets, and what the playbacks in it then set, by widget and trait."""
    frame = {}
    for target, trait, value in zip(playback.targets, playback.names, shown, strict=True):
        frame[id(target), trait] = value
        if isinstance(target, Playback):
            frame |= played(target, value[target.source.index])
    return frame


def test_playback_leaves_out_what_never_changes() -> None:
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
        ("cloud_titan", "access", "format", "webdataset", "WebDataset shards"),
        ("cloud_titan", "access", "shuffled", True, "stochastic shuffle"),
        ("cloud_titan", "access", "buffer", 8192.0, "8,192 samples"),
        ("cloud_titan", "pipeline", "nvme", 0.25, "0.25 GB/s"),
        ("cloud_titan", "pipeline", "cache", 10000.0, "10,000 GB"),
        ("cloud_titan", "checkpoint", "interval", 0.5, "0.5 min"),
        ("edge_guardian", "access", "device", "ufs_3_1", "UFS 3.1"),
        ("edge_guardian", "pipeline", "link", 15.0, "15 Mb/s"),
        ("mobile_nomad", "access", "shuffled", False, "layers in order"),
        ("mobile_nomad", "pipeline", "policy", "never_evict", "keeps what it has (pinned)"),
        ("tiny_pioneer", "access", "request_size", 3840.0, "3,840 bytes"),
        ("tiny_pioneer", "pipeline", "link", 8.25, "8.25 MB/s"),
        ("tiny_pioneer", "checkpoint", "write_bandwidth", 77.0, "quad flash (77 kB/s)"),
    ],
)
def test_a_sliders_value_is_shown_in_peoples_units(
    name: str, part: str, control: str, value: Any, says: str
) -> None:
    assert value_label(PARTS[part].of(load_track(name)).control(control), value) == says


# --- every track speaks its own language


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_no_text_shows_what_a_program_says_of_nothing(name: str, part_name: str) -> None:
    bench = bench_of(name, part_name)
    for corner in corners(bench.content.controls):
        bench.set(**corner)
        for text in texts(bench.widget):
            assert not re.search(r"[{}]", text.partition("decision =")[0]), text
            assert not re.search(r"\b(nan|inf|None|True|False)\b", text.partition("decision =")[0])
        for tex in equations(bench.widget):
            assert not re.search(r"\b(nan|inf|None)\b", tex)


@pytest.mark.parametrize(
    ("name", "part_name"), [case for case in EVERY_BENCH if case.values[0] != "cloud_titan"]
)
def test_a_device_track_says_nothing_of_accelerators(name: Any, part_name: Any) -> None:
    bench = bench_of(name, part_name)
    for corner in corners(bench.content.controls):
        bench.set(**corner)
        for text in texts(bench.widget):
            assert not re.search(CLOUDS_OWN, text, re.IGNORECASE), text


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_a_workbench_speaks_of_its_tracks_consumer_and_of_no_other(
    name: str, part_name: str
) -> None:
    bench = bench_of(name, part_name)
    bench.set(**start(bench))
    said = " ".join(texts(bench.widget))
    terms = {
        "access": lambda track: track.terms.consumer.name,
        "pipeline": lambda track: track.fed.name,
        "checkpoint": lambda track: f"stops {track.terms.job} for",
    }[part_name]
    assert terms(load_track(name)) in said
    for other in TRACKS:
        own = terms(load_track(name)), terms(load_track(other))
        assert (own[1] in said) == (own[0] == own[1])
