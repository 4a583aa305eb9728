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
from storagelab.units import format_bandwidth, format_bytes, format_share, format_time
from storagelab.widgets.instruments.checkpoint_storm import (
    CheckpointStorm,
    checkpoint_storm,
    extent,
    outline,
    sizes,
)
from tests.widgets.benches import built, outcomes, within

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
        options = [value for _, value in instrument.groups.options]
        instrument.groups.value = data.draw(st.sampled_from(options))
    shown = storm(load_track(name), outcome.settings, instrument.count)
    return outcome, instrument, shown, instrument.draw(outcome)


def rectangle_of(lines: Any, index: Any) -> tuple[Any, Any, Any, Any]:
    x, y = np.asarray(lines.x)[index], np.asarray(lines.y)[index]
    return x.min(), x.max(), y.min(), y.max()


@EVERY_TRACK
@ANY
def test_the_storm_is_as_high_and_as_long_as_the_models(name: str, data: Any) -> None:
    outcome, instrument, shown, _ = drawn(name, data)
    done = latency(load_track(name), outcome.settings) + shown.time
    assert instrument.corner.x[0] == pytest.approx(done)
    assert instrument.corner.y[0] * instrument.si == pytest.approx(shown.rates.max())
    assert np.max(instrument.used.x) == pytest.approx(done)
    assert np.max(instrument.used.y) * instrument.si == pytest.approx(shown.rates.max())
    assert instrument.path.y[0] * instrument.si == pytest.approx(shown.shared_bandwidth)
    demand = float(shown.demanded.max())
    drawn_at = min(demand, instrument.ceiling * instrument.si)
    assert instrument.demand.y[0] * instrument.si == pytest.approx(drawn_at)
    texts = [str(item) for label in instrument.texts.values() for item in label.text]
    assert any("▴" in text for text in texts) == (drawn_at < demand * (1 - 1e-12))


@EVERY_TRACK
@ANY
def test_the_storm_ends_on_the_line_of_its_bytes(name: str, data: Any) -> None:
    """On that line, bandwidth times time is what is written, for any bandwidth and groups."""
    outcome, instrument, _, _ = drawn(name, data)
    which = list(sizes(load_track(name), outcome).values()).index(outcome.written)
    x, y = np.asarray(instrument.bytes.x)[which], np.asarray(instrument.bytes.y)[which]
    begin = latency(load_track(name), outcome.settings)
    np.testing.assert_allclose((x - begin) * y * instrument.si, outcome.written, rtol=1e-9)
    on_line = np.interp(np.log(instrument.corner.y[0]), np.log(y), np.log(x))
    assert on_line == pytest.approx(np.log(instrument.corner.x[0]), abs=0.05)


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
    waits, again = max(waits, instrument.left), min(again, instrument.right)
    left, right, *_ = rectangle_of(instrument.job, 0)
    assert (left, right) == pytest.approx((instrument.left, waits))
    left, right, *_ = rectangle_of(instrument.job, 1)
    assert (left, right) == pytest.approx((min(waits, again), max(waits, again)))
    assert instrument.next.x == pytest.approx([again, again])
    if way.kind == "background":
        assert f"waits {format_time(way.stop)} for its snapshot alone" in words
    else:
        assert format_time(done) in words


@EVERY_TRACK
@ANY
def test_a_storm_in_the_red_is_one_that_the_storage_does_not_bear(name: str, data: Any) -> None:
    outcome, instrument, shown, words = drawn(name, data)
    left, right, *_ = rectangle_of(instrument.areas, 0)
    assert right == instrument.right
    if not shown.saturated_time:
        assert left == right
        assert "never full" in words
        return
    assert left == pytest.approx(max(instrument.left, min(longest_storm(outcome), right)))
    assert ("it crashes" in words) == ("storage" in outcome.unmet)
    if instrument.count == 1:
        assert f"fills the storage {format_share(outcome.storage_share)} of the time" in words
    inside = instrument.corner.x[0] > left * (1 + 1e-9)
    assert inside == ("storage" in outcome.unmet) or left == instrument.left


@pytest.mark.parametrize("name", MANY)
@ANY
def test_what_staggering_leaves_to_readers_is_drawn_and_said(name: Any, data: Any) -> None:
    _, instrument, shown, words = drawn(name, data)
    left, right, bottom, top = rectangle_of(instrument.areas, 1)
    if shown.saturated_time:
        assert left == right
        assert "stay free" not in words
        return
    assert (top - bottom) * instrument.si == pytest.approx(shown.room)
    assert right == pytest.approx(instrument.corner.x[0])
    if instrument.count > 1:
        assert f"{format_bandwidth(shown.room)} stay free for readers" in words
        assert "The other figures take all at once" in words


@EVERY_TRACK
@ANY
def test_everything_lies_on_the_figure(name: str, data: Any) -> None:
    _, instrument, _, _ = drawn(name, data)
    for mark in instrument.figure.marks:
        for direction, values in (("x", mark.x), ("y", mark.y)):
            scale, at = mark.scales[direction], np.asarray(values, dtype=float)
            assert np.isfinite(at).all()
            assert np.all(at >= scale.min * (1 - 1e-9))
            assert np.all(at <= scale.max * (1 + 1e-9))


@EVERY_TRACK
@ANY
def test_the_words_are_the_models(name: str, data: Any) -> None:
    outcome, instrument, shown, words = drawn(name, data)
    assert not re.search(r"\b(nan|inf)\b", words)
    if instrument.count == 1:
        assert format_bytes(outcome.written) in words
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
    assert rows[-1, 3] == pytest.approx(instrument.corner.x[0])
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
            assert ends.slowest <= settings.write_bandwidth <= ends.fastest
    instrument = built(CheckpointStorm, name)
    x, y = (axis.scale for axis in instrument.figure.axes)
    assert x.min < ends.shortest < ends.longest < x.max
    assert y.min * instrument.si < ends.slowest < ends.fastest < y.max * instrument.si


@pytest.mark.parametrize("name", ALONE)
def test_a_single_writer_has_no_groups_to_choose(name: Any) -> None:
    instrument = built(CheckpointStorm, name)
    assert instrument.extras == ()
    assert instrument.groups is None
    with pytest.raises(ValueError, match="single writer"):
        checkpoint_storm(name, "groups")


@pytest.mark.parametrize("name", MANY)
def test_groups_are_powers_of_two_up_to_one_writer_each(name: Any) -> None:
    slider = CheckpointStorm(load_track(name)).groups
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
    instrument.groups.value = instrument.groups.options[-1][1]
    assert instrument.caption.value != before
    assert "groups" in instrument.caption.value


def test_groups_are_parted_by_lines_while_they_can_be_told_apart() -> None:
    few, many = (storm_profile(1024.0, 1024, 64.0, 1.0, groups) for groups in (4, 64))
    x, y = outline(few, 0.0, 0.5, 0.1)
    assert sorted(set(x)) == pytest.approx([0.5, 4, 8, 12, 16])
    assert set(y) == {0.1, 64.0}
    assert x[0] == x[-1]
    x, y = outline(many, 2.0, 0.5, 0.1)
    assert sorted(set(x)) == pytest.approx([2.0, 2.0 + many.time])
    assert y.max() == pytest.approx(many.rates.max())


@EVERY_TRACK
def test_a_page_of_it_plays_without_a_kernel_and_shows_no_dead_slider(name: str) -> None:
    box = checkpoint_storm(name, "write_bandwidth")
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    values = load_track(name).checkpoint.control("write_bandwidth").values
    assert len(playback.frames) == len(values)
    sliders = [
        item for item in within(box)
        if getattr(item, "description", "") == "Writers start" and item.layout.display != "none"
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
