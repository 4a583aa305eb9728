"""Controls that are moved, typed into and reset; presets; the line of code, written and read."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.answers import answer_line, in_units
from storagelab.schema import Value
from storagelab.tracks import TRACKS, load_track
from storagelab.units import KIB
from storagelab.widgets.code_line import read_line
from storagelab.widgets.control_row import ControlRow, in_field, nearest, snap
from storagelab.widgets.controls import value_label
from storagelab.widgets.presets import CRISIS, START, positions
from storagelab.widgets.workbench import Workbench

from .benches import EVERY_BENCH, bench_of

TRACK = load_track("cloud_titan")
SIZE = TRACK.access.control("request_size")
CACHE = TRACK.pipeline.control("cache")
ANSWERED: dict[str, Any] = {item.answer: item.default for item in TRACK.pipeline.controls}
SCALES = [
    pytest.param(control, id=f"{name}-{part_name}-{control.name}")
    for name in TRACKS
    for part_name in PARTS
    for control in PARTS[part_name].of(load_track(name)).controls
    if control.kind == "scale"
]


@pytest.mark.parametrize("control", SCALES)
@given(st.floats())
def test_whatever_is_typed_becomes_a_value_of_the_scale(control: Any, typed: float) -> None:
    for present in control.values:
        assert snap(control, typed, present) in control.values


@pytest.mark.parametrize("control", SCALES)
def test_a_value_of_the_scale_is_itself(control: Any) -> None:
    for value in control.values:
        assert nearest(control, value) == value
        assert snap(control, value, control.default) == value


def test_the_nearest_is_by_ratio_where_values_span_decades_and_by_difference_elsewhere() -> None:
    assert nearest(SIZE, 90.0) == 64  # the geometric mean of 64 and 128 is 90.5
    assert nearest(SIZE, 91.0) == 128
    assert nearest(CACHE, 1499.0) == 1000
    assert nearest(CACHE, 1501.0) == 2000


@pytest.mark.parametrize("control", SCALES)
def test_who_asks_for_more_gets_more_and_for_less_gets_less(control: Any) -> None:
    for present in control.values[:-1]:
        assert snap(control, present * (1 + 1e-6) + 1e-9, present) > present
    for present in control.values[1:]:
        assert snap(control, present * (1 - 1e-6) - 1e-9, present) < present


@pytest.mark.parametrize("control", SCALES)
def test_a_field_shows_the_number_that_is_read_and_typing_it_changes_nothing(control: Any) -> None:
    row = ControlRow(control, lambda: None)
    for value in control.values:
        row.value = value
        shown = row.field.value
        row._typed({"new": shown})
        assert (row.value, row.field.value) == (value, shown)
        for other in (control.values[0], control.values[-1]):
            row.value = other
            row.field.value = shown
            assert (row.value, row.field.value) == (value, shown)
        text = f"{shown:,.0f}" if shown.is_integer() else repr(shown)
        assert len(text) <= 9
        said = value_label(control, value).split()[0]
        # some have a name instead, and KiB are read as MiB
        if said[0].isdigit() and control.si != KIB:
            assert said == text


def test_a_number_of_many_digits_is_shown_whole_or_as_it_is_read() -> None:
    assert in_field(TRACK.access.control("buffer"), 1048576.0) == 1048576
    assert value_label(TRACK.access.control("buffer"), 1048576.0) == "1,048,576 samples"
    size = TRACK.checkpoint.control("bytes_per_parameter")
    long = next(value for value in size.values if value != round(float(value), 3))
    row = ControlRow(size, lambda: None)
    row.value = long
    assert len(repr(row.field.value)) == 4


def test_beyond_its_ends_a_scale_stays_at_its_ends() -> None:
    assert snap(SIZE, 1e12, 128.0) == SIZE.values[-1]
    assert snap(SIZE, -5.0, 128.0) == SIZE.values[0]
    most = float(SIZE.values[-1])
    assert snap(SIZE, most + 1, most) == most
    assert snap(SIZE, math.nan, 128.0) == 128


def test_slider_field_and_button_do_the_same_thing() -> None:
    calls = []
    row = ControlRow(SIZE, lambda: calls.append(row.value))
    row.field.value = 300.0
    assert (row.value, row.field.value) == (256, 256)
    row.slider.index += 1
    assert (row.value, row.field.value) == (512, 512)
    row.field.value = 512.4
    assert (row.value, row.field.value) == (1024, 1024)
    row.back.click()
    assert row.value == row.field.value == SIZE.default
    assert calls == [256, 512, 1024, 128]  # one call for each change


def test_a_field_is_named_with_its_unit_and_a_button_with_its_control() -> None:
    row = ControlRow(SIZE, lambda: None)
    assert row.field.description == "Request size (KiB)"
    assert row.back.tooltip == "Request size: back to the default"


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_every_preset_sets_every_control_and_says_what_is_seen(name: str, part_name: str) -> None:
    bench = Workbench(load_track(name), part_name)
    told = positions(bench.content)
    assert [button.description for button in bench.presets.buttons] == [
        position.label for position in told
    ]
    turns = bool(bench.content.turn)
    assert [item.label for item in told if item.label in (START, CRISIS)] == (
        [START, CRISIS] if turns else [CRISIS]
    )
    bench.presets.buttons[turns].click()
    assert told[turns].label == CRISIS
    assert bench.outcome == bench.part.crisis(bench.track)
    assert len({tuple(position.values.items()) for position in told}) == len(told) >= 2
    for button, position in zip(reversed(bench.presets.buttons), reversed(told), strict=True):
        button.click()
        assert {key: row.value for key, row in bench.controls.items()} == position.values
        assert position.words in bench.presets.words.value.replace("&#x27;", "'")
    baseline = bench.part.baseline(bench.track)
    assert bench.outcome == baseline


def pressed(bench: Any) -> list[Any]:
    row = bench.presets.widget.children[0]
    return [
        item.description for item in row.children[1:] if "mod-active" in (item._dom_classes or ())
    ]


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_a_preset_is_pressed_while_the_controls_are_there_and_its_words_go_when_they_leave(
    name: str, part_name: str
) -> None:
    bench = Workbench(load_track(name), part_name)
    told = positions(bench.content)
    assert pressed(bench) == [told[0].label]  # the workbench opens there
    assert bench.presets.words.value == ""
    for button, position in zip(bench.presets.buttons, told, strict=True):
        for control in bench.content.controls:
            there = position.values[control.name]
            button.click()
            assert pressed(bench) == [position.label]
            assert bench.presets.words.value
            bench.set(**{control.name: next(item for item in control.values if item != there)})
            assert position.label not in pressed(bench)
            assert bench.presets.words.value == ""
            bench.set(**{control.name: there})
            assert pressed(bench) == [position.label]


def test_a_line_that_is_pasted_leaves_a_preset_and_comes_to_one() -> None:
    bench = Workbench(TRACK, "pipeline")
    start, *_, other = bench.presets.buttons
    start.click()
    line = bench.line.field.value
    other.click()
    assert pressed(bench) == [other.description]
    bench.line.field.value = line
    assert pressed(bench) == [start.description]
    assert bench.presets.words.value == ""


@cache
def any_position(name: str, part_name: str) -> st.SearchStrategy[dict[str, Value]]:
    """Return a strategy for the settings of a workbench, in the student's units."""
    controls = bench_of(name, part_name).content.controls
    return st.fixed_dictionaries({item.name: st.sampled_from(item.values) for item in controls})


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
@given(st.data())
def test_the_line_restores_the_workbench_from_any_state(
    name: str, part_name: str, data: st.DataObject
) -> None:
    bench = bench_of(name, part_name)
    decided = {item.name for item in bench.content.controls if item.decided}

    def state() -> dict[Any, Any]:
        return {key: row.value for key, row in bench.controls.items() if key in decided}

    bench.set(**data.draw(any_position(name, part_name)))
    line, before = bench.line.field.value, state()
    bench.set(**{item.name: item.default for item in bench.content.controls})
    bench.line.field.value = line
    assert state() == before
    assert bench.line.field.value == line


def test_a_line_between_the_sliders_values_is_taken_to_the_nearest_and_said() -> None:
    bench = Workbench(TRACK, "pipeline")
    run = {**ANSWERED, "cache_gb": 5123, "link_gbps": 26}
    bench.line.field.value = f"decision = {run!r}"
    assert bench.controls["cache"].value == 5000
    assert bench.controls["link"].value == 20
    assert "as near as the sliders come" in bench.line.words.value
    assert "5000" in bench.line.field.value


@pytest.mark.parametrize(
    "line",
    [
        "",
        "decision = ",
        "decision = {",
        "hello",
        "decision = __import__('os').system('true')",
        "decision = {'cache_gb': 1}",
        f"decision = { {**ANSWERED, 'cache_gb': 'much'}!r}",
        f"decision = { {**ANSWERED, 'cache_gb': 1e99}!r}",
        "decision = [1, 2]",
        "(" * 5000,
    ],
)
def test_a_line_that_is_none_changes_nothing_and_is_answered_in_words(line: Any) -> None:
    bench = Workbench(TRACK, "pipeline")
    bench.set(link=50)
    bench.line.field.value = line
    assert bench.controls["link"].value == 50
    assert len(bench.line.words.value) > 60
    with pytest.raises(ValueError, match=r"decision|must be"):
        read_line(bench.content.controls, line)


def test_a_line_is_read_with_or_without_its_beginning() -> None:
    settings = {item.name: item.to_si(item.default) for item in TRACK.pipeline.controls}
    line = answer_line(TRACK.pipeline.controls, settings)
    for text in (line, line.removeprefix("decision = "), f"  {line}  "):
        assert read_line(TRACK.pipeline.controls, text) == settings


def test_the_best_run_becomes_a_preset() -> None:
    good = {**ANSWERED, "cache_gb": 8000.0, "link_gbps": 10.0, "loader_workers": 64.0}
    better = {**good, "cache_gb": 6000.0, "nvme_gbs": 2.0}
    kept = [ANSWERED]

    def record(run: Any) -> Any:
        kept.append(run)
        return kept

    bench = Workbench(TRACK, "pipeline", runs=kept, on_record=record)
    row = bench.presets.widget.children[0]
    assert "My best run" not in [getattr(item, "description", "") for item in row.children]
    buttons = len(row.children)
    for run in (good, better):
        bench.line.field.value = f"decision = {run!r}"
        bench.recorder.button.click()
    bench.presets.buttons[0].click()
    row.children[-1].click()
    assert row.children[-1].description == "My best run"
    assert pressed(bench) == ["My best run"]
    assert len(row.children) == buttons + 1  # the new button replaced the previous one
    present = in_units(bench.content.controls, bench.settings())
    costs = [bench.part.judge(TRACK, run).cost for run in (good, better)]
    assert present == (good, better)[costs.index(min(costs))]
