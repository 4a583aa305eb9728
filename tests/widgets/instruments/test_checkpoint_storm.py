"""CheckpointStorm shows the model's rates, waits and bytes, on axes that never move."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.checkpoint.storm import storm_profile
from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint, longest_storm, storm
from storagelab.parts.checkpoint.scheme import latency
from storagelab.parts.checkpoint.words import format_interval
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_rare, format_size, format_time
from storagelab.widgets.instruments.checkpoint_storm import (
    JOB,
    PATH,
    WRITERS,
    CheckpointStorm,
    checkpoint_storm,
    extent,
    linear_end,
    passing,
    queue_of,
)
from tests.widgets.benches import area, built, outcomes, within

EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())
PART = PARTS["checkpoint"]
MANY = [name for name in TRACKS if load_track(name).checkpoint.nodes > 1]
ALONE = [name for name in TRACKS if name not in MANY]


def drawn(name: str, data: Any) -> tuple[Any, Any, Any, Any]:
    """Return any outcome, the instrument that shows it in any groups, the storm, the caption."""
    outcome = data.draw(outcomes(name, "checkpoint"))
    instrument = built(CheckpointStorm, name)
    instrument.update(outcome)
    if instrument.many:
        options = [value for _, value in instrument.groups.widget.options]
        instrument.groups.value = data.draw(st.sampled_from(options))
    instrument.logarithmic.value = data.draw(st.booleans())
    shown = storm(load_track(name), outcome.settings, instrument.count)
    return outcome, instrument, shown, instrument.draw(outcome)


def rectangle_of(lines: Any, index: Any) -> tuple[Any, Any, Any, Any]:
    x, y = np.asarray(lines.x)[index], np.asarray(lines.y)[index]
    return x.min(), x.max(), y.min(), y.max()


def seconds(instrument: Any, places: Any) -> Any:
    """Return the times of places on the axis: what its ticks stand for, in between."""
    at = np.asarray(places, dtype=float)
    if instrument.logarithmic.value:
        return instrument.left * (instrument.right / instrument.left) ** at
    return at * instrument.end


def drawn_seconds(instrument: Any, times: Any) -> Any:
    """Return times as the axis can show them, which begins later than 0 where it is logarithmic."""
    low = instrument.left if instrument.logarithmic.value else 0.0
    high = instrument.right if instrument.logarithmic.value else instrument.end
    return pytest.approx(np.clip(times, low, high), rel=1e-6)


@EVERY_TRACK
@ANY
def test_the_storm_is_as_high_and_as_long_as_the_models(name: str, data: Any) -> None:
    outcome, instrument, shown, _ = drawn(name, data)
    begin = latency(load_track(name), outcome.settings)
    done = begin + shown.time
    x, y = np.asarray(instrument.used.x), np.asarray(instrument.used.y)
    assert seconds(instrument, [x.min(), x.max()]) == drawn_seconds(instrument, [begin, done])
    share = float(shown.rates.max()) / shown.shared_bandwidth
    if shown.ends.size <= 16:
        assert y.max() == pytest.approx(PATH[0] + (PATH[1] - PATH[0]) * share)
    assert y.min() == PATH[0]
    assert seconds(instrument, instrument.done.x) == drawn_seconds(instrument, [done, done])
    head = str(instrument.heads.text[0])
    assert format_bandwidth(shown.shared_bandwidth) in head
    assert format_bandwidth(float(shown.demanded.max())) in head
    texts = [str(item) for label in instrument.texts.values() for item in label.text]
    assert f"done {format_time(done)}" in texts


@EVERY_TRACK
@ANY
def test_on_a_linear_axis_the_area_is_what_is_written(name: str, data: Any) -> None:
    outcome, instrument, shown, _ = drawn(name, data)
    instrument.logarithmic.value = False
    x, y = np.asarray(instrument.used.x), np.asarray(instrument.used.y)
    share = area(x * instrument.end, (y - PATH[0]) / (PATH[1] - PATH[0]))
    assert share * shown.shared_bandwidth == pytest.approx(outcome.written)


@EVERY_TRACK
def test_the_axis_of_time_is_linear_until_the_switch_makes_it_logarithmic(name: str) -> None:
    instrument = CheckpointStorm(load_track(name))
    assert instrument.logarithmic.value is False
    outcome = PART.crisis(load_track(name))
    instrument.update(outcome)
    ticks = np.asarray(instrument.axis.tick_values)
    assert np.diff(ticks) == pytest.approx(ticks[1] - ticks[0], abs=2e-4)
    assert ticks[0] == 0
    assert "log" not in instrument.axis.label
    done = (
        latency(load_track(name), outcome.settings) + storm(load_track(name), outcome.settings).time
    )
    assert 0.35 < done / instrument.end <= 0.8
    instrument.logarithmic.value = True
    assert "(logarithmic)" in instrument.axis.label
    for tick in (0.01, 0.1, 1.0, 10.0):
        if instrument.left < tick / 10 < tick < instrument.right:
            decade = np.diff(instrument.at([tick / 10, tick]))[0]
            whole = np.log10(instrument.right / instrument.left)
            assert decade == pytest.approx(1 / whole)


@pytest.mark.parametrize(
    ("done", "others", "end"),
    [
        (448.0, (73.0, 4000.0), 600.0),  # 7.5 min: up to 10 min
        (0.98, (73.0,), 1.5),
        (0.43, (1.0,), 1.2),  # the limit is near enough to be shown
        (8.0, (np.inf,), 10.0),
    ],
)
def test_a_linear_axis_ends_at_a_round_number_behind_the_storm(
    done: float, others: Any, end: float
) -> None:
    assert linear_end(done, *others) == pytest.approx(end)


@EVERY_TRACK
@ANY
def test_the_queue_is_what_is_left_of_the_writers(name: str, data: Any) -> None:
    """Saved are as many as bytes have passed for; each writer's bytes are the same."""
    outcome, instrument, shown, _ = drawn(name, data)
    begin = latency(load_track(name), outcome.settings)
    queue = queue_of(shown, begin)
    assert np.all(np.diff(queue.times) >= 0)
    assert np.all(np.diff(queue.saved) >= -1e-12)
    assert np.all(queue.saved <= queue.begun + 1e-12)
    assert (queue.saved[-1], queue.begun[-1]) == pytest.approx((1, 1))
    # integrate what passes, independently of the groups' counts
    ends = begin + shown.ends
    for time in np.linspace(begin, begin + shown.time, 9):
        passed = np.clip(time - (ends - shown.durations), 0, shown.durations) @ shown.rates
        at = np.interp(time, queue.times, queue.saved)
        assert at == pytest.approx(passed / outcome.written, abs=1e-9)
    if shown.ends.size == 1:
        assert np.all(queue.begun == 1)
    # the three areas fill the panel while the storm lasts
    if not instrument.logarithmic.value:
        filled = sum(
            area(x, y) for x, y in zip(instrument.queue.x, instrument.queue.y, strict=True)
        )
        lasts = (begin + shown.time) / instrument.end
        assert filled == pytest.approx((WRITERS[1] - WRITERS[0]) * lasts)


@EVERY_TRACK
@ANY
def test_the_job_waits_until_the_last_writer_is_done_and_goes_on_for_an_interval(
    name: str, data: Any
) -> None:
    outcome, instrument, shown, words = drawn(name, data)
    done = latency(load_track(name), outcome.settings) + shown.time
    way, interval = outcome.scheme, outcome.settings.interval
    waits, again = {
        "at_once": lambda: (done, done + interval),
        "background": lambda: (way.stop, max(done, way.stop + interval)),
        "near": lambda: (way.stop + done, done + way.every * (way.stop + interval)),
    }[way.kind]()
    left, right, bottom, top = rectangle_of(instrument.job, 0)
    assert (left, bottom, top) == (0, *JOB)
    assert seconds(instrument, right) == drawn_seconds(instrument, waits)
    left, right, *_ = rectangle_of(instrument.job, 1)
    found = seconds(instrument, [left, right])
    assert found == drawn_seconds(instrument, sorted([waits, again]))
    assert seconds(instrument, instrument.next.x) == drawn_seconds(instrument, [again, again])
    texts = [str(item) for label in instrument.texts.values() for item in label.text]
    assert any(f"waits {format_time(waits)}" in text for text in texts)
    assert any(f"next {format_time(again)}" in text for text in texts)
    if way.kind == "background":
        assert f"waits {format_time(way.stop)} for its snapshot alone" in words
    else:
        assert format_time(done) in words


@EVERY_TRACK
@ANY
def test_a_storm_in_the_red_is_one_that_the_storage_does_not_bear(name: str, data: Any) -> None:
    outcome, instrument, shown, words = drawn(name, data)
    left, right, *_ = rectangle_of(instrument.path, 0)
    assert right == 1
    if not shown.saturated_time:
        assert left == right
        assert "never full" in words
        return
    limit = longest_storm(outcome)
    assert seconds(instrument, left) == drawn_seconds(instrument, limit)
    assert ("it crashes" in words) == ("storage" in outcome.unmet)
    if instrument.count == 1:
        assert f"fills the storage {format_rare(outcome.storage_share)} of the time" in words
    inside = float(instrument.done.x[0]) > left + 1e-9
    assert inside == ("storage" in outcome.unmet) or left in (0, 1)
    texts = [str(item) for label in instrument.texts.values() for item in label.text]
    assert any(format_time(limit) in text and "crash" in text for text in texts)


@pytest.mark.parametrize("name", MANY)
@ANY
def test_what_staggering_leaves_to_readers_is_drawn_and_said(name: Any, data: Any) -> None:
    _, instrument, shown, words = drawn(name, data)
    _left, right, bottom, top = rectangle_of(instrument.path, 1)
    if shown.saturated_time:
        assert bottom == pytest.approx(top)
        assert "stay free" not in words
        return
    share = (top - bottom) / (PATH[1] - PATH[0])
    assert share * shown.shared_bandwidth == pytest.approx(shown.room)
    assert right == pytest.approx(instrument.done.x[0])
    if instrument.count > 1:
        assert f"{format_bandwidth(shown.room)} stay free for readers" in words
        assert "The other figures take all at once" in words


@EVERY_TRACK
@ANY
def test_the_legend_has_at_most_six_entries_of_what_has_an_area(name: str, data: Any) -> None:
    _, instrument, shown, _ = drawn(name, data)
    told = instrument.legend.value
    assert 2 <= told.count("<svg") <= 6
    assert ("left for readers" in told) <= (not shown.saturated_time)
    assert ("haven't begun" in told) <= (shown.ends.size > 1)
    crash = rectangle_of(instrument.path, 0)
    assert ("crashes" in told) == (crash[0] < 1 - 1e-4)


@EVERY_TRACK
@ANY
def test_everything_lies_on_the_figure(name: str, data: Any) -> None:
    _, instrument, _, _ = drawn(name, data)
    for mark in instrument.figure.marks:
        for values in (mark.x, mark.y):
            at = np.asarray(values, dtype=float)
            assert np.isfinite(at).all()
            assert np.all(at >= -1e-9)
            assert np.all(at <= 1 + 1e-9)


@EVERY_TRACK
@ANY
def test_the_words_are_the_models(name: str, data: Any) -> None:
    outcome, instrument, shown, words = drawn(name, data)
    assert not re.search(r"\b(nan|inf)\b", words)
    if instrument.count == 1:
        assert format_size(outcome.written) in words
        assert format_interval(load_track(name), outcome.settings.interval) in words
    if instrument.many:
        assert format_bandwidth(shown.demanded.max()) in words
    else:
        assert format_bandwidth(shown.rates.max()) in words


@EVERY_TRACK
@ANY
def test_the_table_holds_every_group_and_all_bytes(name: str, data: Any) -> None:
    outcome, instrument, shown, _ = drawn(name, data)
    table = instrument.table(outcome)
    assert len(table.rows) == instrument.count
    assert all("(" in column for column in table.columns[2:])
    rows = np.array(table.rows, dtype=float)
    written = ((rows[:, 3] - rows[:, 2]) * rows[:, 4]).sum() * instrument.si
    assert written == pytest.approx(outcome.written)
    assert rows[:, 1].sum() == outcome.settings.nodes
    assert rows[1:, 2] == pytest.approx(rows[:-1, 3])
    assert seconds(instrument, instrument.done.x[0]) == drawn_seconds(instrument, rows[-1, 3])
    np.testing.assert_allclose(rows[:, 5] * instrument.si, shown.demanded)


@EVERY_TRACK
def test_the_axes_hold_every_position_of_every_slider(name: str) -> None:
    track = load_track(name)
    ends = extent(track)
    part = track.checkpoint
    bandwidths = part.control("write_bandwidth")
    for value in bandwidths.values:
        for sharded in (False, True):
            settings = replace(
                PART.baseline(track).settings,
                write_bandwidth=float(bandwidths.to_si(value)), sharded=sharded,
            )  # fmt: skip
            outcome = evaluate_checkpoint(track, settings)
            assert ends.shortest * 0.999 <= outcome.scheme.storm <= ends.longest
    instrument = built(CheckpointStorm, name)
    assert instrument.left < ends.shortest < ends.longest < instrument.right


@pytest.mark.parametrize("name", ALONE)
def test_a_single_writer_has_no_groups_to_choose(name: Any) -> None:
    instrument = built(CheckpointStorm, name)
    assert instrument.extras == (instrument.logarithmic.widget,)
    assert instrument.groups is None
    with pytest.raises(ValueError, match="single writer"):
        checkpoint_storm(name, "groups")


@pytest.mark.parametrize("name", MANY)
def test_groups_are_powers_of_two_up_to_one_writer_each(name: Any) -> None:
    slider = CheckpointStorm(load_track(name)).groups.widget
    nodes = load_track(name).checkpoint.nodes
    counts = [value for _, value in slider.options]
    assert counts[0] == slider.value == 1
    assert counts[-1] == nodes
    assert all(more == 2 * fewer for fewer, more in pairwise(counts))
    assert slider.description
    labels = [label for label, _ in slider.options]
    assert labels[:2] == ["all at once", "in 2 groups"]


@pytest.mark.parametrize("name", MANY)
def test_the_slider_of_the_groups_redraws_and_says_so(name: Any) -> None:
    instrument = CheckpointStorm(load_track(name))
    instrument.update(PART.baseline(load_track(name)))
    before = instrument.caption.value
    instrument.groups.value = instrument.groups.widget.options[-1][1]
    assert instrument.caption.value != before
    assert "groups" in instrument.caption.value


def test_groups_are_parted_by_lines_while_they_can_be_told_apart() -> None:
    few, many = (storm_profile(1024.0, 1024, 64.0, 1.0, groups) for groups in (4, 64))
    x, y = passing(few, 0.5)
    assert sorted(set(x)) == pytest.approx([0.5, 4.5, 8.5, 12.5, 16.5])
    assert set(y) == {0.0, 1.0}
    assert x[0] == x[-1]
    x, y = passing(many, 2.0)
    assert sorted(set(x)) == pytest.approx([2.0, 2.0 + many.time])
    assert y.max() == pytest.approx(many.rates.max() / 64.0)


@EVERY_TRACK
def test_a_page_of_it_plays_without_a_kernel_and_shows_no_dead_slider(name: str) -> None:
    box = checkpoint_storm(name, "write_bandwidth")
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    values = load_track(name).checkpoint.control("write_bandwidth").values
    assert len(playback.frames) == len(values)
    sliders = [
        item for item in within(box)
        if getattr(item, "description", "") in ("Writers start", "Time axis")
        and item.layout.display != "none"
    ]  # fmt: skip
    assert not sliders


@pytest.mark.parametrize("name", MANY)
def test_on_a_page_the_groups_can_be_what_moves(name: Any) -> None:
    box = checkpoint_storm(name, "groups", sharded=True)
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    assert playback.source.description == "Writers start"
    assert playback.source.layout.display != "none"
    assert len(playback.frames) == len(playback.source.options)
    said = [
        text
        for frame in playback.frames
        for text in frame
        if isinstance(text, str) and "The writers start in" in text
    ]
    assert len(said) == len(playback.frames) - 1
