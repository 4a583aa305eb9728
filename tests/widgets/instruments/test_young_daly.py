"""YoungDaly shows the model's curves, band and optima, and mentions what leaves the figure."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import (
    JOBS,
    evaluate_checkpoint,
    overhead_band,
    overhead_curve,
)
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_share, format_time
from storagelab.widgets.instruments.young_daly import (
    YoungDaly,
    best_flags,
    grid,
    leaving,
    overheads,
    young_daly,
)
from tests.widgets.benches import built, outcomes

EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())
PART = PARTS["checkpoint"]
ALL = ["Young", "Daly", "exact"]
"""The intervals that a flag of the optimum stands for."""


def drawn(name: str, data: Any) -> tuple[Any, Any, Any]:
    """Return any outcome of a track, the instrument that shows it, and the caption."""
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = built(YoungDaly, name)
    instrument.update(outcome)
    return outcome, instrument, instrument.draw(outcome)


@EVERY_TRACK
@ANY
def test_the_parts_add_up_and_the_optimum_is_the_lowest_point(name: str, data: Any) -> None:
    outcome, instrument, _ = drawn(name, data)
    curves = {kind: np.asarray(curve.y) for kind, curve in instrument.curves.items()}
    shown = curves["total"] < instrument.top
    parts = curves["dump"] + curves["lost"] + curves["restart"]
    np.testing.assert_allclose(parts[shown], curves["total"][shown], rtol=1e-9, atol=1e-9)
    for curve in curves.values():
        assert np.isfinite(curve).all()
    if shown.sum() > 3:
        lowest = instrument.shown[np.argmin(curves["total"])]
        step = instrument.shown[1] / instrument.shown[0]
        assert lowest / step <= instrument.poles.x[0][0] <= lowest * step
    best = outcome.optimum / instrument.si
    least = 100 * outcome.best_wall_time / outcome.solve_time - 100
    if instrument.low <= best <= instrument.high and least <= instrument.top:
        assert instrument.optima.x[0] == pytest.approx(best)
        assert instrument.optima.y[0] == pytest.approx(least)
        assert least <= curves["total"].min() * (1 + 1e-9)


@EVERY_TRACK
@ANY
def test_the_curves_are_the_models_at_every_interval(name: str, data: Any) -> None:
    outcome, instrument, _ = drawn(name, data)
    track = load_track(name)
    shares = overhead_curve(track, outcome.settings, grid(track))
    for kind, curve in instrument.curves.items():
        expected = np.minimum(100 * shares[kind], 10 * instrument.top)
        np.testing.assert_allclose(curve.y, expected, rtol=1e-12)
    usual = track.checkpoint.control("node_mtbf")
    settings = replace(outcome.settings, node_mtbf=usual.to_si(usual.default))
    before = 100 * overhead_curve(track, settings, grid(track))["total"]
    np.testing.assert_allclose(instrument.before.y, np.minimum(before, 10 * instrument.top))
    assert instrument.before.visible == (settings.node_mtbf != outcome.settings.node_mtbf)


@EVERY_TRACK
@ANY
def test_the_band_is_that_of_the_simulated_jobs_where_they_are_simulated(
    name: str, data: Any
) -> None:
    outcome, instrument, words = drawn(name, data)
    track, top = load_track(name), instrument.top / 100
    seen = overheads(track, outcome.settings, grid(track), top)
    tenth = np.arange(0, len(seen.intervals), 10)
    assert list(seen.at) == [index for index in tenth if seen.shares["total"][index] <= 1.5 * top]
    band = seen.played
    if seen.at.size:
        band = overhead_band(track, outcome.settings, seen.intervals[seen.at])
    for side, line in ((band.low, seen.low), (band.high, seen.high)):
        np.testing.assert_allclose(line[seen.at], side, rtol=1e-9)
    assert np.all(seen.low <= seen.high)
    low, high = np.split(np.asarray(instrument.band.y), 2)
    np.testing.assert_allclose(low, np.minimum(100 * seen.low, 10 * instrument.top))
    np.testing.assert_allclose(high[::-1], np.minimum(100 * seen.high, 10 * instrument.top))
    inside = band.mean <= top
    np.testing.assert_allclose(instrument.played.y, 100 * band.mean[inside])
    shown = outcome.wasted / outcome.solve_time <= top
    assert (f"of {JOBS} simulated runs" in words) == shown


@EVERY_TRACK
@ANY
def test_limits_are_shaded_and_named_where_they_are(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    shown = {"crashes": outcome.storm_interval, "wears out": outcome.wear_interval}
    texts = [str(item) for label in instrument.texts.values() for item in label.text]
    for index, (what, limit) in enumerate(shown.items()):
        left, right = np.min(instrument.limits.x[index]), np.max(instrument.limits.x[index])
        assert left == instrument.low
        assert right == pytest.approx(
            np.clip(limit / instrument.si, instrument.low, instrument.high)
        )
        named = any(what in text for text in texts)
        assert named == (limit / instrument.si > instrument.low * (1 + 1e-9))
    if "storage" in outcome.unmet:
        assert f"crashes below {format_time(outcome.storm_interval)}" in words
    elif "wear" in outcome.unmet:
        assert f"wears out below {format_time(outcome.wear_interval)}" in words
    else:
        assert "holds down to" in words
    breaks = bool({"storage", "wear"} & set(outcome.unmet))
    edge = np.max(instrument.limits.x)
    inside = outcome.settings.interval / instrument.si < edge * (1 - 1e-9)
    assert inside == breaks or edge == instrument.high


@EVERY_TRACK
@ANY
def test_an_overhead_above_the_figure_is_marked_and_said(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    top = load_track(name).checkpoint.plot_top
    beyond = not 100 * outcome.wasted / outcome.solve_time <= top
    assert (instrument.point.marker == "triangle-up") == beyond
    assert ("above the figure" in words.split(". ")[0]) == beyond
    assert instrument.point.y[0] <= top
    total = 100 * instrument.seen.shares["total"]
    ends = [total[0] > top, total[-1] > top]
    if total.min() <= top:
        assert len(instrument.off.x) == sum(ends)
        assert ("leaves the figure" in words) == any(ends)
    else:
        assert len(instrument.off.x) == 1
        assert "All of the average lies above the figure" in words


@EVERY_TRACK
@ANY
def test_what_the_words_say_is_what_the_model_says(name: str, data: Any) -> None:
    outcome, _, words = drawn(name, data)
    work = outcome.solve_time
    assert format_time(outcome.settings.interval) in words
    if math.isfinite(outcome.wall_time):
        assert f"overhead is {format_share(outcome.wasted / work)} of the work" in words
        for kind in ("dump", "lost", "restart"):
            assert format_share(outcome.parts[kind] / work) in words
    else:
        assert "without end" in words
    assert f"Young: {format_time(outcome.young)}, Daly: {format_time(outcome.daly)}" in words
    control = load_track(name).checkpoint.control("node_mtbf")
    usual = outcome.settings.node_mtbf == control.to_si(control.default)
    assert ("At the usual failure rate" in words) == (
        not usual and math.isfinite(outcome.best_wall_time)
    )
    assert not re.search(r"\b(nan|inf)\b", words)


@EVERY_TRACK
def test_after_the_ops_leads_call_both_optima_are_marked_and_the_new_one_is_sooner(
    name: str,
) -> None:
    track = load_track(name)
    calm = PART.baseline(track).settings
    event = evaluate_checkpoint(
        track, replace(calm, sharded=True, node_mtbf=track.checkpoint.event_node_mtbf)
    )
    before = evaluate_checkpoint(track, replace(calm, sharded=True))
    instrument = YoungDaly(track)
    instrument.update(event)
    new, old = (line[0] * instrument.si for line in instrument.poles.x)
    held = [np.clip(at, *(instrument.intervals[[0, -1]])) for at in (event.optimum, before.optimum)]
    assert [new, old] == pytest.approx(held)
    assert event.optimum < before.optimum
    texts = [str(item) for label in instrument.texts.values() for item in label.text]
    assert any(f"usually {format_time(before.optimum)}" in text for text in texts)
    instrument.update(before)
    assert not instrument.before.visible
    assert instrument.poles.y[1][1] == 0


@EVERY_TRACK
@ANY
def test_the_rules_are_marked_apart_where_they_part_and_as_one_where_they_do_not(
    name: str, data: Any
) -> None:
    outcome = data.draw(outcomes(name, "checkpoint"))
    same = built(YoungDaly, name).same
    flags = best_flags(outcome, same)
    heads = [flag.text.partition(" ")[0].split("≈") for flag in flags]
    names = ALL if heads == [["optimum"]] else [name for head in heads for name in head]
    assert sorted(names) == ["Daly", "Young", "exact"]
    assert flags[0].interval == outcome.optimum
    for name_, at in (("Young", outcome.young), ("Daly", outcome.daly)):
        (flag,) = [flag for flag in flags if name_ in flag.text or "optimum" in flag.text]
        assert 1 / same <= at / flag.interval <= same
    for index, flag in enumerate(flags):
        for other in flags[:index]:
            assert not 1 / same <= flag.interval / other.interval <= same


@EVERY_TRACK
@ANY
def test_the_interval_alone_moves_nothing_but_the_point_and_the_words(name: str, data: Any) -> None:
    outcome, instrument, _ = drawn(name, data)
    changed = set()
    watched = [mark for mark in instrument.figure.marks if mark is not instrument.point]

    def note(change: Any) -> None:
        changed.add(change.name)

    for mark in watched:
        mark.observe(note)
    control = load_track(name).checkpoint.control("interval")
    other = data.draw(st.sampled_from(control.values))
    there = evaluate_checkpoint(
        load_track(name), replace(outcome.settings, interval=float(control.to_si(other)))
    )
    instrument.update(there)
    for mark in watched:
        mark.unobserve(note)
    assert not changed
    assert instrument.point.x[0] == pytest.approx(float(other))


@EVERY_TRACK
@ANY
def test_the_table_is_the_model_unclipped(name: str, data: Any) -> None:
    outcome, instrument, _ = drawn(name, data)
    track = load_track(name)
    table = instrument.table(outcome)
    assert all(re.search(r"\(.*\)$", column) for column in table.columns[:-1])
    places = [float(row[0]) for row in table.rows]
    assert places == sorted(places)
    at = np.array(places) * instrument.si
    shares = overhead_curve(track, outcome.settings, at)
    for index, row in enumerate(table.rows):
        for kind, cell in zip(shares, row[1:5], strict=True):
            assert cell == pytest.approx(100 * shares[kind][index], rel=1e-9, abs=1e-12)
    marks = {row[-1]: row[0] for row in table.rows if row[-1]}
    assert marks["you"] == pytest.approx(outcome.settings.interval / instrument.si)
    assert marks["best"] == pytest.approx(outcome.optimum / instrument.si)
    band = overhead_band(track, outcome.settings, at[[not row[-1] for row in table.rows]])
    simulated = np.array([row[5:8] for row in table.rows if not row[-1]], dtype=float)
    np.testing.assert_allclose(simulated.T, 100 * np.array([band.low, band.mean, band.high]))


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([4.0, 1.0, 0.5, 1.0, 4.0], (2**0.5, 8 * 2**0.5)),  # straight lines on logarithmic axes
        ([1.0, 1.0, 1.0, 1.0, 1.0], (1.0, 16.0)),
        ([4.0, 1.0, 1.0, 1.0, math.inf], (2**0.5, 8.0)),
        ([3.0, 3.0, 3.0, 3.0, 3.0], None),
    ],
)
def test_where_a_curve_leaves_the_figure(shares: Any, expected: tuple[float, float] | None) -> None:
    found = leaving(np.array([1.0, 2, 4, 8, 16]), np.array(shares), 2.0)
    assert found == (expected if expected is None else pytest.approx(expected))


@EVERY_TRACK
def test_a_page_of_it_plays_without_a_kernel(name: str) -> None:
    box = young_daly(name, "node_mtbf")
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    assert len(playback.frames) == len(load_track(name).checkpoint.control("node_mtbf").values)
