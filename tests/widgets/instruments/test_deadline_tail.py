"""The tail is the model's, the quantiles lie on it, and late steps lie beyond the deadline."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.access.experiment import late_quantiles, late_shares
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_count, format_time
from storagelab.widgets.instruments.deadline_tail import (
    LEAST,
    POINTS,
    QUANTILES,
    DeadlineTail,
    deadline_tail,
    tail,
)
from storagelab.widgets.playback import Playback
from tests.widgets.benches import built, outcomes

ANY = given(st.data())
TIMED = [name for name in TRACKS if load_track(name).access.misses_limit is not None]
EVERY_TIMED = pytest.mark.parametrize("name", TIMED)


@pytest.mark.parametrize("name", TRACKS)
def test_a_deadline_is_shown_where_late_steps_are_counted(name: str) -> None:
    assert DeadlineTail.shows(load_track(name)) == (name in TIMED)


@EVERY_TIMED
@ANY
def test_the_curve_is_the_share_that_is_later(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    instrument.update(outcome)
    times, shares = tail(outcome)
    line = slice(0, len(times))
    np.testing.assert_allclose(instrument.tail.x[0][line] * instrument.scale, times, rtol=1e-12)
    np.testing.assert_array_equal(instrument.tail.y[0][line], shares)
    assert np.all(np.diff(times) >= -1e-12)
    assert np.all(np.diff(shares) <= 1e-12)
    # after the drop, every point that the figure shows lies on the model's tail
    seen = (np.arange(len(times)) >= 2) & (shares >= LEAST)
    if outcome.stall_fraction and outcome.stall_time:
        np.testing.assert_allclose(late_shares(outcome, times[seen]), shares[seen], rtol=1e-4)
    else:
        np.testing.assert_array_equal(times[2:], outcome.io_time)


@EVERY_TIMED
@ANY
def test_where_the_tail_crosses_the_deadline_lie_the_late_steps(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    words = instrument.draw(outcome)
    late = late_shares(outcome, np.array([outcome.deadline]))[0]
    per_hour = 3600 / track.node.compute_time
    assert late * per_hour == pytest.approx(outcome.misses, rel=1e-6, abs=1e-6 * per_hour)
    ahead = 0.0 if outcome.io_time > track.node.compute_time else outcome.settings.buffer
    deadline = track.node.compute_time + ahead / outcome.demand
    assert outcome.deadline == pytest.approx(deadline)
    at = min(deadline, instrument.longest) / instrument.scale
    assert list(instrument.deadline.x) == pytest.approx([at, at])
    assert list(instrument.deadline_names.x) == pytest.approx([at, at])
    said, counted = instrument.deadline_names.text
    assert said.startswith(f"deadline {format_time(outcome.deadline)}")
    assert counted == f"{format_count(outcome.misses)} late an hour"
    assert f"{format_count(outcome.misses)} {track.terms.steps} an hour come too late" in words


@ANY
def test_a_skip_is_drawn_where_the_tail_crosses_it_and_counted(data: Any) -> None:
    track, outcome = load_track("mobile_nomad"), data.draw(outcomes("mobile_nomad", "access"))
    instrument = built(DeadlineTail, "mobile_nomad")
    words = instrument.draw(outcome)
    assert outcome.skip_deadline is not None
    at = min(outcome.skip_deadline, instrument.longest) / instrument.scale
    assert list(instrument.skip.x) == pytest.approx([at, at])
    assert list(instrument.skip_name.x) == pytest.approx([at])
    assert instrument.skip_name.text[0].startswith(f"{format_count(outcome.skips)} skips an hour")
    beyond = outcome.skip_deadline >= instrument.longest
    assert ("▶" in instrument.skip_name.text[0]) == beyond
    assert f"{format_count(outcome.skips)} times an hour nothing new comes for 50 ms" in words
    what, time, share = instrument.table(outcome).rows[-1]
    assert what == "skip"
    assert time * instrument.scale == pytest.approx(outcome.skip_deadline)
    shown = max(track.node.compute_time, outcome.io_time)
    assert share / 1e6 * 3600 / shown == pytest.approx(outcome.skips, abs=1e-6)
    # a skip is later than a late frame
    assert outcome.skip_deadline > outcome.deadline


@pytest.mark.parametrize("name", [name for name in TIMED if name != "mobile_nomad"])
def test_no_skip_is_drawn_where_nobody_counts_them(name: str) -> None:
    instrument = built(DeadlineTail, name)
    assert instrument.skip is None
    assert "nothing new" not in instrument.legend.value


@EVERY_TIMED
@ANY
def test_what_is_filled_is_what_comes_behind_the_deadline(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    instrument.update(outcome)
    x, y = instrument.tail.x[1] * instrument.scale, instrument.tail.y[1]
    begin = min(outcome.deadline, instrument.longest)
    assert np.all(x >= begin * (1 - 1e-12))
    assert np.all(x <= instrument.longest * (1 + 1e-12))
    first = late_shares(outcome, np.array([begin]))[0]
    assert y.max() == pytest.approx(max(first, LEAST))
    assert y.min() == y[0] == y[-1] == LEAST
    if outcome.misses == 0 and outcome.deadline < instrument.longest:
        assert np.all(y == LEAST)


@EVERY_TIMED
@ANY
def test_the_quantiles_lie_on_the_tail_and_are_named_and_said(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    words = instrument.draw(outcome)
    times = late_quantiles(outcome, np.array([0.99, 0.999]))
    np.testing.assert_allclose(instrument.quantiles.y, [0.01, 0.001])
    shown = np.minimum(times, instrument.longest) / instrument.scale
    np.testing.assert_allclose(instrument.quantiles.x, shown)
    for label, quantile, time, at in zip(
        instrument.quantile_names, QUANTILES, times, shown, strict=True
    ):
        beyond = time > instrument.longest
        assert label.text[0] == f"{quantile} {format_time(time)}{' ▶' if beyond else ''}"
        assert label.x[0] == pytest.approx(at)
        assert f"within {format_time(time)} ({quantile})" in words
    assert ("beyond the figure (▶)" in words) == (times.max() > instrument.longest)


@EVERY_TIMED
@ANY
def test_a_deadline_beyond_the_figure_is_said(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    words = instrument.draw(outcome)
    beyond = outcome.deadline > instrument.longest
    assert ("beyond the figure." in words) == beyond
    assert ("▶" in instrument.deadline_names.text[0]) == beyond
    scale = instrument.figure.axes[0].scale
    assert instrument.deadline.x[0] <= scale.max * (1 + 1e-9)


@EVERY_TIMED
@ANY
def test_the_table_has_the_models_numbers_uncut(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(DeadlineTail, name)
    rows = instrument.table(outcome).rows
    counts_skips = load_track(name).access.skip_time is not None
    assert len(rows) == 1 + len(QUANTILES) + POINTS + 2 + counts_skips
    what, time, share = rows[0]
    assert what == "deadline"
    assert time * instrument.scale == pytest.approx(outcome.deadline)
    per_hour = 3600 / load_track(name).node.compute_time
    assert share / 1e6 * per_hour == pytest.approx(outcome.misses, abs=1e-6 * per_hour)
    assert [row[0] for row in rows[1:3]] == ["p99", "p99.9"]
    assert [row[2] for row in rows[1:3]] == pytest.approx([10_000, 1_000])


def test_a_drive_that_is_fast_on_average_has_a_tail_beyond_its_deadline() -> None:
    instrument = built(DeadlineTail, "edge_guardian")
    outcome = PARTS["access"].crisis(load_track("edge_guardian"))
    instrument.update(outcome)
    assert outcome.io_time < outcome.deadline
    assert instrument.quantiles.x[0] > instrument.deadline.x[0]


@EVERY_TIMED
def test_small_shares_are_said_as_people_say_them(name: str) -> None:
    labels = built(DeadlineTail, name).figure.axes[1].tick_labels
    assert list(labels.values()) == [
        "1 in 100 million", "1 in 1 million", "1 in 10,000", "1 in 100", "all"
    ]  # fmt: skip
    assert list(labels) == ["1e-8", "0.000001", "0.0001", "0.01", "1"]


def test_the_picture_plays_without_a_kernel() -> None:
    box = deadline_tail()
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    assert len(playback.frames) == len(load_track("edge_guardian").access.control("buffer").values)
