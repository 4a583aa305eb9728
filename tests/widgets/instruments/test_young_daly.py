"""YoungDaly shows the model's curves, band and optima, and mentions what leaves the figure."""

import math
import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import (
    JOBS,
    evaluate_checkpoint,
    is_played,
    overhead_band,
    overhead_curve,
)
from storagelab.parts.checkpoint.words import format_interval, format_loss, loss_digits
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_time
from storagelab.widgets import shared_styles
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


def guessing(name: str) -> YoungDaly:
    """Return an instrument of the track's start whose guess is marked."""
    instrument = YoungDaly(load_track(name))
    instrument.update(PART.baseline(load_track(name)))
    instrument.guess.button.click()
    return instrument


@cache
def revealed(name: str) -> YoungDaly:
    """Return an instrument that all tests share, whose guess is marked."""
    return guessing(name)


def drawn(name: str, data: Any) -> tuple[Any, Any, Any]:
    """Return any outcome of a track, the instrument that shows it, and the caption."""
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = revealed(name)
    instrument.update(outcome)
    return outcome, instrument, instrument.draw(outcome)


def shown_texts(instrument: YoungDaly) -> list[str]:
    """Return every text on the figure."""
    return [str(item) for label in instrument.texts.values() for item in label.text]


# --- what is hidden before there is a guess


@EVERY_TRACK
@ANY
def test_neither_the_best_interval_nor_the_limits_are_shown_before_a_guess(
    name: str, data: Any
) -> None:
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument, track = built(YoungDaly, name), load_track(name)
    instrument.update(outcome)
    words = instrument.draw(outcome)
    assert not any(shown_texts(instrument))
    assert not instrument.optima.x.size
    assert np.ptp(instrument.limits.x) == 0
    for lines in (instrument.poles, instrument.rules):
        assert np.ptp(lines.x) == np.ptp(lines.y) == 0
    said = [words, PART.summary(track, outcome)]
    said += [cell for row in instrument.table(outcome).rows for cell in row if cell == "best"]
    equation = PART.equation(track, outcome)
    said += [equation.words, *(f"{item.value} {item.unit}" for item in equation.symbols)]
    own = {
        format_interval(track, time)
        for time in (
            outcome.settings.interval, outcome.dump_time, outcome.scheme.storm, outcome.mtbf
        )
    }  # fmt: skip
    for secret in (outcome.optimum, outcome.young, outcome.storm_interval, outcome.wear_interval):
        spelt = format_interval(track, secret)
        if secret and spelt not in own:
            assert not any(f" {spelt} " in f" {text} " for text in said if len(spelt) > 4), spelt
    assert "Mark your guess" in words
    assert not re.search(r"The least|holds down|crashes below|wears out below", words)


@EVERY_TRACK
def test_a_guess_is_typed_and_marked_and_then_all_appears(name: str) -> None:
    track = load_track(name)
    outcome = PART.baseline(track)
    instrument = YoungDaly(track)
    instrument.update(outcome)
    control = track.checkpoint.control("interval")
    instrument.guess.field.value = control.values[4]
    assert instrument.guess.marked is None
    instrument.guess.button.click()
    guess = float(control.to_si(control.values[4]))
    assert instrument.guess.marked == pytest.approx(guess)
    assert instrument.guessed.x == pytest.approx([control.values[4]] * 2)
    there = evaluate_checkpoint(track, replace(outcome.settings, interval=guess))
    words = instrument.draw(outcome)
    digits = loss_digits(track, there.loss, outcome.best_loss)
    lost = format_loss(track, there.loss, digits)
    assert f"Your guess, {format_interval(track, guess)}, loses {lost}." in words
    assert format_interval(track, outcome.optimum) in words
    assert any("optimum" in text or "exact" in text for text in shown_texts(instrument))
    marks = [row[-1] for row in instrument.table(outcome).rows]
    assert {"you", "my guess", "best"} <= set(marks)


@EVERY_TRACK
def test_the_guess_is_a_mark_that_can_be_dragged_until_it_is_marked(name: str) -> None:
    track = load_track(name)
    instrument = YoungDaly(track)
    instrument.update(PART.baseline(track))
    aim, you = instrument.handles()
    control = track.checkpoint.control("interval")
    assert (aim.mark, aim.field, you.mark) == (
        instrument.aim, instrument.guess.field, instrument.point
    )  # fmt: skip
    assert aim.places == you.places == tuple(control.values)
    for value, place in zip(control.values, aim.places, strict=True):
        instrument.guess.field.value = value  # what the page sets when it is dragged there
        assert instrument.aim.x[0] == place
        assert set(instrument.guessed.x) == {place}
        assert instrument.hands.words[instrument.hands.named.index(instrument.aim)] == [
            f"My guess: {format_interval(track, float(control.to_si(value)))}"
        ]
    assert instrument.guessed.line_style == "dashed"
    assert not instrument.revealed
    instrument.guess.button.click()
    assert instrument.guessed.line_style == "solid"
    aim, you = instrument.handles()
    assert aim.places == ()
    assert instrument.hands.places[0] == []
    assert not instrument.aim.visible
    instrument.guess.field.value = control.values[0]  # the mark stays until it is marked again
    assert instrument.guessed.x[0] == control.values[-1]


@EVERY_TRACK
def test_nothing_is_guessed_on_a_page_without_a_kernel(name: str) -> None:
    instrument = YoungDaly(load_track(name))
    instrument.update(PART.baseline(load_track(name)))
    instrument.on_a_page()
    assert not any(mark.visible for mark in (instrument.aim, instrument.aimed, instrument.guessed))
    assert instrument.handles()[0].places == ()


@EVERY_TRACK
@ANY
def test_digits_tell_a_loss_from_the_least_where_four_of_them_do(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    loss, best = outcome.losses["total"], outcome.best_loss
    said = re.search(r" loses ([\d.,]+)", words)
    least = re.search(r"The least, ([\d.,]+)", words)
    if said and least and math.isfinite(loss) and loss > best * 1.001:
        numbers = [float(found[1].rstrip(".,").replace(",", "")) for found in (said, least)]
        assert numbers[0] > numbers[1]
        assert loss / instrument.answer_si == pytest.approx(numbers[0], rel=0.006)


@EVERY_TRACK
@pytest.mark.parametrize(("typed", "end"), [(-5.0, 0), (0.0, 0), (1e12, -1)])
def test_a_guess_beyond_the_axis_is_held_to_its_end(name: str, typed: float, end: int) -> None:
    instrument = YoungDaly(load_track(name))
    instrument.update(PART.baseline(load_track(name)))
    instrument.guess.field.value = typed
    instrument.guess.button.click()
    assert instrument.guessed.x[0] == load_track(name).checkpoint.control("interval").values[end]


def test_no_number_is_no_guess() -> None:
    instrument = YoungDaly(load_track("cloud_titan"))
    instrument.update(PART.baseline(load_track("cloud_titan")))
    instrument.guess.field.value = math.nan
    instrument.guess.button.click()
    assert instrument.guess.marked is None
    assert not instrument.revealed


@EVERY_TRACK
def test_a_page_without_a_kernel_shows_all_and_asks_for_no_guess(name: str) -> None:
    with shared_styles.shared():
        instrument = YoungDaly(load_track(name))
        around = instrument.widget
    instrument.update(PART.baseline(load_track(name)))
    instrument.on_a_page()
    assert instrument.guess.widget.layout.display == "none"
    assert around.layout.display is None  # boxes share layouts, and one hidden would hide all
    assert "The least" in instrument.caption.value
    assert "Your guess" not in instrument.caption.value


# --- what is shown of any outcome


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
        best = np.clip(outcome.optimum / instrument.si, instrument.low, instrument.high)
        assert instrument.poles.x[0][0] == pytest.approx(best)
        # a job that waits for the copy before it has a kink there, and not a smooth valley
        assert lowest / step**1.01 <= best <= lowest * step**1.01
    best = outcome.optimum / instrument.si
    least = outcome.best_loss / instrument.answer_si
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
        expected = np.minimum(shares[kind] / instrument.answer_si, 10 * instrument.top)
        np.testing.assert_allclose(curve.y, expected, rtol=1e-12)
    usual = track.checkpoint.control("node_mtbf")
    settings = replace(outcome.settings, node_mtbf=usual.to_si(usual.default))
    before = overhead_curve(track, settings, grid(track))["total"] / instrument.answer_si
    np.testing.assert_allclose(instrument.before.y, np.minimum(before, 10 * instrument.top))
    assert instrument.before.visible == (settings.node_mtbf != outcome.settings.node_mtbf)
    # its name is where it can be seen, on the side where there is room
    seen = instrument.before.visible and before.min() < 0.8 * instrument.top
    assert instrument.usual.visible == seen
    if seen:
        across = np.log(instrument.usual.x[0] / instrument.low)
        right = across > np.log(instrument.high / instrument.low) / 2
        assert instrument.usual.align == ("end" if right else "start")


@EVERY_TRACK
@ANY
def test_the_band_is_that_of_the_simulated_jobs_where_they_are_simulated(
    name: str, data: Any
) -> None:
    outcome, instrument, words = drawn(name, data)
    track, si = load_track(name), instrument.answer_si
    top = instrument.top * si
    seen = overheads(track, outcome.settings, grid(track), top)
    tenth = np.arange(0, len(seen.intervals), 10)
    played = is_played(track, outcome.settings)
    near = [index for index in tenth if seen.losses["total"][index] <= 1.5 * top]
    assert list(seen.at) == (near if played else [])
    band = seen.played
    if seen.at.size:
        band = overhead_band(track, outcome.settings, seen.intervals[seen.at])
    for side, line in ((band.low, seen.low), (band.high, seen.high)):
        np.testing.assert_allclose(line[seen.at], side, rtol=1e-9)
    assert np.all(seen.low <= seen.high)
    low, high = np.split(np.asarray(instrument.band.y), 2)
    np.testing.assert_allclose(low, np.minimum(seen.low / si, 10 * instrument.top))
    np.testing.assert_allclose(high[::-1], np.minimum(seen.high / si, 10 * instrument.top))
    inside = band.mean <= top
    np.testing.assert_allclose(instrument.played.y, band.mean[inside] / si)
    shown = outcome.loss <= top and bool(seen.at.size)
    assert (f"of {JOBS} simulated runs" in words) == shown


@EVERY_TRACK
@ANY
def test_limits_are_shaded_and_named_where_they_are(name: str, data: Any) -> None:
    outcome, instrument, words = drawn(name, data)
    shown = {"crashes": outcome.storm_interval, "wears out": outcome.wear_interval}
    texts = shown_texts(instrument)

    def said(interval: float) -> str:
        return format_interval(load_track(name), interval)

    for index, (what, limit) in enumerate(shown.items()):
        left, right = np.min(instrument.limits.x[index]), np.max(instrument.limits.x[index])
        assert left == instrument.low
        assert right == pytest.approx(
            np.clip(limit / instrument.si, instrument.low, instrument.high)
        )
        named = any(what in text for text in texts)
        assert named == (limit / instrument.si > instrument.low * (1 + 1e-9))
    if "storage" in outcome.unmet:
        assert f"crashes below {said(outcome.storm_interval)}" in words
    elif "wear" in outcome.unmet:
        assert f"wears out below {said(outcome.wear_interval)}" in words
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
    beyond = not outcome.loss / instrument.answer_si <= top
    assert (instrument.point.marker == "triangle-up") == beyond
    assert ("above the figure" in words.split("estarts.")[0].split("no end,")[-1]) == beyond
    assert instrument.point.y[0] <= top
    total = instrument.seen.losses["total"] / instrument.answer_si
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
    track = load_track(name)
    assert format_interval(track, outcome.settings.interval) in words
    if math.isfinite(outcome.wall_time):
        lost = {kind: format_loss(track, loss) for kind, loss in outcome.losses.items()}
        digits = loss_digits(track, outcome.losses["total"], outcome.best_loss)
        total = format_loss(track, outcome.losses["total"], digits)
        assert f" loses {total} of " in words
        for kind, what in (("dump", track.terms.dumps), ("lost", "lost work")):
            assert f"{lost[kind]} to {what}" in words
        assert f"{lost['restart']} to recovery" in words
        assert f"each restart of {format_time(outcome.scheme.restart_time)}" in words
    else:
        assert "no end" in words
    young, daly = (format_interval(track, time) for time in (outcome.young, outcome.daly))
    rules = f"Young: {young}, Daly: {daly}"
    waits = outcome.scheme.kind == "at_once" and math.isfinite(outcome.best_wall_time)
    assert (rules in words) == waits
    assert ("restarts don't move it" in words) == math.isfinite(outcome.best_wall_time)
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
    instrument = guessing(name)
    instrument.update(event)
    new, old = (line[0] * instrument.si for line in instrument.poles.x)
    held = [np.clip(at, *(instrument.intervals[[0, -1]])) for at in (event.optimum, before.optimum)]
    assert [new, old] == pytest.approx(held)
    assert event.optimum < before.optimum
    usually = f"usually {format_interval(track, before.optimum)}"
    assert any(usually in text for text in shown_texts(instrument))
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
    flags = best_flags(load_track(name), outcome, same)
    if outcome.scheme.kind != "at_once":
        (flag,) = flags
        assert (flag.interval, flag.text.split()[0]) == (outcome.optimum, "optimum")
        return
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
            lost = shares[kind][index] / instrument.answer_si
            assert cell == pytest.approx(lost, rel=1e-9, abs=1e-9)
    marks = {row[-1]: row[0] for row in table.rows if row[-1]}
    assert marks["you"] == pytest.approx(outcome.settings.interval / instrument.si)
    assert marks["best"] == pytest.approx(outcome.optimum / instrument.si)
    simulated = [row[5:8] for row in table.rows if not row[-1]]
    if not is_played(track, outcome.settings):
        assert set(simulated) == {("", "", "")}
        return
    band = overhead_band(track, outcome.settings, at[[not row[-1] for row in table.rows]])
    expected = np.array([band.low, band.mean, band.high]) / instrument.answer_si
    np.testing.assert_allclose(np.array(simulated, dtype=float).T, expected)


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
