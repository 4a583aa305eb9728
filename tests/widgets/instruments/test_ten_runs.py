"""The recorded runs are listed, drawn, numbered and compared with the model's values."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.ledger import FILE_NAME
from storagelab.parts import PARTS
from storagelab.parts.formatting import format_cost
from storagelab.parts.pipeline.experiment import frontier
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_share
from storagelab.widgets.closing import close_all
from storagelab.widgets.instruments.ten_runs import (
    BEGIN,
    EDGE,
    END,
    HIGH,
    LEAST,
    POINT,
    WIDE,
    TenRuns,
    best_run,
    compare,
    cost_range,
    name_points,
    ten_runs,
)
from tests.widgets.benches import ends, outcomes, texts

ANY = given(st.data())
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
TRACK = load_track("cloud_titan")
COSTS = {name: cost_range(load_track(name)) for name in TRACKS}
RUNS: list[dict[str, Any]] = [
    # cheap, but it starves
    {"cache_gb": 0, "link_gbps": 2, "nvme_gbs": 0.5, "dram_gb": 64, "loader_workers": 32},
    {"cache_gb": 10000, "link_gbps": 100, "nvme_gbs": 14, "dram_gb": 1024, "loader_workers": 96},
    {"cache_gb": 3000, "link_gbps": 12, "nvme_gbs": 2, "dram_gb": 192, "loader_workers": 64},
]


@cache
def answers(name: str) -> Any:
    """Return a strategy for the runs of a track, in the student's units."""
    return st.fixed_dictionaries(
        {item.answer: st.sampled_from(item.values) for item in load_track(name).pipeline.controls}
    )


@EVERY_TRACK
@ANY
def test_every_run_costs_something_between_the_ends_of_its_axis(name: str, data: Any) -> None:
    low, high = COSTS[name]
    assert low < data.draw(outcomes(name, "pipeline")).cost < high


@EVERY_TRACK
def test_the_axis_is_no_wider_than_it_has_to_be(name: str) -> None:
    """The cheapest and the dearest position of the sliders come close to the ends."""
    track, part = load_track(name), PARTS["pipeline"]
    low, high = COSTS[name]
    costs = []
    for position in ends(track.pipeline.controls):
        run = {item.answer: position[item.name] for item in track.pipeline.controls}
        costs.append(part.judge(track, run).cost)
    assert low < min(costs)
    assert max(costs) < high
    assert high / low < 40 * max(costs) / min(costs)


@EVERY_TRACK
@ANY
def test_points_stand_at_the_runs_cost_and_utilisation(name: str, data: Any) -> None:
    track = load_track(name)
    runs = data.draw(st.lists(answers(name), min_size=1, max_size=10))
    shown = TenRuns(track)
    shown.update(runs)
    judged = [PARTS["pipeline"].judge(track, run) for run in runs]
    plot = shown.plot
    inside = [item for item in judged if 100 * item.utilization >= LEAST]
    others = [item for item in judged if item not in inside]
    np.testing.assert_allclose(plot.points.x, [100 * item.utilization for item in inside])
    assert list(plot.below.x) == [EDGE] * len(others)
    for mark, items in ((plot.points, inside), (plot.below, others)):
        np.testing.assert_allclose(
            np.asarray(mark.y) * track.currency.axis, [item.cost for item in items]
        )
        for told, item in zip(mark.names, items, strict=True):
            assert f": {format_share(item.utilization)} for " in told
            assert format_cost(track, item.cost) in told
    named = [name.partition(":")[0] for name in [*plot.points.names, *plot.below.names]]
    assert sorted(named) == sorted(f"run {at + 1}" for at in range(len(runs)))
    assert any("◂" in text for text in plot.numbers.text) == bool(others)
    assert (f"Below {LEAST}%" in plot.caption.value) == bool(others)
    scale = plot.figure.axes[1].scale
    for mark in (plot.points, plot.below):
        assert np.all((mark.y >= scale.min) & (mark.y <= scale.max))
    best = best_run(judged)
    assert len(shown.plot.best.x) == (best is not None)
    assert shown.listing.value.count("◆ best") == (best is not None)
    assert shown.listing.value.count('scope="row"') == len(runs)
    for row, item in zip(shown.plot.table(judged).rows, judged, strict=True):
        assert row[-2] == pytest.approx(100 * item.utilization)
        assert float(row[-1]) * track.currency.axis == pytest.approx(item.cost)
    for item in judged:
        assert format_cost(track, item.cost) in shown.listing.value
        assert format_share(item.utilization) in shown.plot.caption.value
    assert shown.plot.caption.value.count("un ") == len(runs)
    assert plot.table(judged).rows[0][0] == 1


@EVERY_TRACK
def test_a_run_stands_in_the_table_as_on_the_sliders_and_in_the_tracks_currency(name: str) -> None:
    track = load_track(name)
    shown = TenRuns(track)
    shown.update([{item.answer: item.default for item in track.pipeline.controls}])
    said = " ".join(texts(shown.widget))
    crisis = PARTS["pipeline"].baseline(track)
    assert {"$": f"${crisis.cost:,.0f}", "W": "W"}[track.currency.unit] in said
    assert ("$" in said) == (track.currency.unit == "$")
    for control in track.pipeline.controls:
        assert control.label in said
        if control.labels:
            assert control.label_of(control.default) in said


def test_the_best_run_is_the_cheapest_that_meets_the_target() -> None:
    judged = [PARTS["pipeline"].judge(TRACK, run) for run in RUNS]
    assert [bool(outcome.unmet) for outcome in judged] == [True, False, False]
    assert best_run(judged) == 2
    assert best_run(judged[:1]) is None
    shown = TenRuns(TRACK)
    shown.update(RUNS)
    assert "Run 3 is the cheapest" in shown.words.value


# --- numbers at the points

points_ = st.lists(st.tuples(st.floats(EDGE, 100), st.floats(0.05, 0.95)), max_size=10)


@given(points_)
def test_every_run_is_named_once_and_no_name_covers_another_or_its_point(at: list[Any]) -> None:
    x, heights = [point[0] for point in at], [point[1] for point in at]
    found = name_points(x, heights)
    numbers: list[int] = []
    for name in found:
        for part in filter(None, name.text.split(", ")):
            first, _, last = part.partition("–")
            numbers += range(int(first), int(last or first) + 1)
    assert sorted(numbers) == list(range(1, len(at) + 1))
    for index, one in enumerate(found):
        half = WIDE * len(one.text) / 2
        if 2 * half < END - BEGIN:
            assert one.x - half >= BEGIN - 1e-9
            assert one.x + half <= END + 1e-9
        for other in found[index + 1 :]:
            apart = WIDE * (len(one.text) + len(other.text)) / 2
            assert abs(one.x - other.x) >= apart or abs(one.height - other.height) >= HIGH
    if len(found) == len(at):
        for one in found:
            for number, (at_x, height) in enumerate(zip(x, heights, strict=True), start=1):
                if str(number) != one.text:
                    beside = abs(one.x - at_x) >= WIDE / 2 + POINT[0]
                    assert beside or abs(one.height + HIGH - height) >= HIGH / 2


def test_runs_alike_are_named_together() -> None:
    (name,) = name_points([95.0] * 4, [0.5] * 4)
    assert name.text == "1–4"
    names = name_points([82.0, 95.0, 88.0, 95.0], [0.5] * 4)
    assert {name.text for name in names} == {"1", "2, 4", "3"}


# --- two runs compared


@EVERY_TRACK
@ANY
def test_a_comparison_says_the_models_difference(name: str, data: Any) -> None:
    track = load_track(name)
    one, other = data.draw(answers(name)), data.draw(answers(name))
    before, after = (PARTS["pipeline"].judge(track, run) for run in (one, other))
    said = compare(track, (1, 2), (one, other))
    if one == other:
        assert said == "Run 2 and run 1 have the same settings."
        return
    if abs(after.cost - before.cost) > 1e-6 * before.cost:
        assert format_cost(track, abs(after.cost - before.cost)) in said
        assert said.endswith(f"{'more' if after.cost > before.cost else 'less'}.")
    points = 100 * after.utilization - 100 * before.utilization
    useful = track.pipeline.useful_name
    assert (f"same {useful}" in said) == (abs(points) < 0.005)
    if abs(points) >= 0.005:
        assert f"{'more' if points > 0 else 'less'} {useful}" in said
    for item in track.pipeline.controls:
        if one[item.answer] == other[item.answer] and item.kind == "scale":
            assert f" the {item.label[0].lower()}{item.label[1:]} " not in f"{said} "


def test_twice_the_link_is_said_to_be_twice_the_link() -> None:
    one = {item.answer: item.default for item in TRACK.pipeline.controls}
    said = compare(TRACK, (1, 3), (one, {**one, "link_gbps": 10.0}))
    assert said.startswith("Compared with run 1, run 3 has twice the download bandwidth: 34 points")
    said = compare(TRACK, (1, 2), (one, {**one, "cache_gb": 0.0}))
    assert "0 GB instead of 2,000 GB of local cache (NVMe)" in said


def test_two_runs_can_be_chosen_and_the_present_settings_too() -> None:
    shown = TenRuns(TRACK)
    assert shown.comparison.sides_row.children == ()
    shown.update(RUNS[:1])
    assert shown.comparison.sides_row.children == ()
    shown.update(RUNS)
    assert len(shown.comparison.sides_row.children) == 2
    assert [side.value for side in shown.comparison.sides] == [1, 2]
    assert "Compared with run 2, run 3 has" in shown.comparison.difference.value
    shown.comparison.sides[0].value = 0
    assert "Compared with run 1, run 3 has" in shown.comparison.difference.value
    assert shown.comparison.difference.value.count('scope="row"') == 8
    shown.comparison.sides[1].value = 0
    assert "same settings" in shown.comparison.difference.value


def test_what_isnt_recorded_is_compared_with_nothing() -> None:
    """Else the present settings' cost and utilisation could be read there without a run."""
    shown = TenRuns(TRACK)
    shown.update(RUNS[:1])
    assert shown.comparison.sides_row.children == ()
    assert shown.comparison.difference.value == ""
    shown.update(RUNS[:2])
    assert [side.value for side in shown.comparison.sides] == [0, 1]


# --- when no run is left


def ten(last: Any) -> list[Any]:
    """Return ten runs that starve, but for the last."""
    starving = [{**RUNS[0], "cache_gb": size} for size in TRACK.pipeline.control("cache").values]
    return [*starving[:9], last]


def test_the_frontier_is_drawn_when_no_run_is_left_and_not_before() -> None:
    runs = ten(RUNS[2])
    shown = TenRuns(TRACK)
    shown.update(runs[:9])
    assert len(shown.plot.frontier.x) == 0
    shown.update(runs)
    x, y = np.asarray(shown.plot.frontier.x), np.asarray(shown.plot.frontier.y)
    useful, cost = frontier(TRACK)
    assert (x[0], x[-1]) == (BEGIN, 100 * useful[-1])
    assert np.all(np.diff(x) >= 0)
    for share, least in zip(useful, cost, strict=True):
        assert np.interp(100 * share - 1e-6, x, y) * TRACK.currency.axis == pytest.approx(least)
    # whoever meets the target pays at least what the frontier has there
    best = PARTS["pipeline"].judge(TRACK, runs[-1])
    there = np.interp(100 * best.utilization - 1e-6, x, y) * TRACK.currency.axis
    assert there <= best.cost * (1 + 1e-9)
    least = format_cost(TRACK, min(cost[useful >= 0.95]))
    assert f"95% or more can be had for {least}" in shown.plot.caption.value
    shown.update(runs[:9])
    assert len(shown.plot.frontier.x) == 0
    assert "At the least" not in shown.plot.caption.value


def test_who_has_no_run_left_and_missed_the_target_is_told_what_to_do() -> None:
    shown = TenRuns(TRACK)
    runs = ten({**RUNS[0], "link_gbps": 8, "nvme_gbs": 2})
    shown.update(runs[:9])
    assert "None meets the target yet." in shown.words.value
    shown.update(runs)
    assert "no run is left: decide for run 10, which comes closest" in shown.words.value
    shown.update(ten(RUNS[2]))
    assert "Run 10 is the cheapest that meets the target." in shown.words.value


def test_nothing_is_made_before_there_is_a_run_and_closing_closes_all_of_it() -> None:
    shown = TenRuns(TRACK)
    assert not {"plot", "comparison", "listing"} & set(vars(shown))
    shown.update(RUNS)
    plot = shown.plot.figure
    close_all(shown.widget)
    assert plot.comm is None


def test_without_a_run_there_is_nothing_and_with_one_its_file_is_named() -> None:
    shown = TenRuns(TRACK)
    assert shown.widget.children == ()
    shown.update(RUNS)
    assert len(shown.widget.children) == 5
    said = " ".join(texts(shown.widget))
    assert f"Kept in {FILE_NAME}" in said
    assert "can't be taken back" in said
    assert "3 of 10 runs recorded" in shown.words.value


def test_every_choice_has_a_name() -> None:
    assert [side.description for side in TenRuns(TRACK).comparison.sides] == ["Compare", "with"]


def test_the_picture_stands_without_a_kernel() -> None:
    box = ten_runs("cloud_titan", RUNS)
    said = " ".join(texts(box))
    assert "Compared with run 2, run 3" in said
    with pytest.raises(ValueError, match="link_gbps"):
        ten_runs("cloud_titan", [{"cache_gb": 1}])
