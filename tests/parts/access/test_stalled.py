"""One write among the reads: as many late steps as the law of the tail has on average."""

from typing import Any

import numpy as np
import pytest

from storagelab.parts import PARTS
from storagelab.parts.access.experiment import prepare_time, timeline
from storagelab.parts.access.stalled import stalled_timeline
from storagelab.tracks import load_track
from storagelab.units import HOUR
from tests.parts.sliders import of_part, positions

EVERY_TRACK = pytest.mark.parametrize(("name", "part"), of_part("access"))


def cases(part: Any, name: str, count: int) -> Any:
    """Yield outcomes with a write beside the reads, and the seconds that a step is prepared."""
    track = load_track(name)
    for outcome in positions(part, track, count=count):
        if outcome.stall_fraction and outcome.stall_time:
            yield outcome, prepare_time(track)


@EVERY_TRACK
def test_writes_at_any_moment_make_as_many_steps_late_as_the_law_of_the_tail(
    name: str, part: Any
) -> None:
    """The law takes a wait that is even between nothing and the write; here it is played."""
    phases = (np.arange(400) + 0.5) / 400
    for outcome, preparing in cases(part, name, 30):
        if outcome.io_time > outcome.steps["compute"]:
            continue
        late = [stalled_timeline(outcome, preparing, 0.0, phase).late for phase in phases]
        writes = outcome.stall_fraction / outcome.stall_time * HOUR
        assert np.mean(late) * writes == pytest.approx(outcome.misses, abs=0.01 * writes)


@EVERY_TRACK
def test_what_is_late_leaves_a_gap_and_all_else_is_computed_in_time(name: str, part: Any) -> None:
    for outcome, preparing in cases(part, name, 100):
        span = 3 * outcome.stall_time + 12 * outcome.io_time + 12 * outcome.steps["compute"]
        shown = stalled_timeline(outcome, preparing, span)
        period, spans, room = shown.period, shown.spans, 1e-9 * shown.period
        ((begun, freed),) = spans["blocked"]
        assert (begun, freed - begun) == pytest.approx((period, outcome.stall_time))
        reads = np.column_stack([spans["open"][:, 0], spans["read"][:, 1]])
        assert np.diff(reads) == pytest.approx(outcome.io_time)
        assert np.all(reads[1:, 0] >= reads[:-1, 1] - room)
        assert np.all((reads[:, 1] <= begun + room) | (reads[:, 0] >= freed - room))
        assert np.all(spans["prepare"][:, 0] >= reads[:, 1] - room)
        assert np.all(spans["compute"][:, 0] >= spans["prepare"][:, 1] - room)
        # idling is what lies between, and a gap is what it is longer than without a write
        computed = spans["compute"]
        idle = float(np.diff(spans["idle"]).sum())
        assert idle + float(np.diff(computed).sum()) == pytest.approx(
            computed[-1, 1] - computed[0, 0]
        )
        if outcome.io_time <= outcome.steps["compute"]:
            assert shown.silent == pytest.approx(shown.late * period, abs=room)
            assert shown.late == max(0, np.ceil((outcome.stall_time - outcome.slack) / period))
        else:
            assert shown.late == 0
            assert shown.silent == pytest.approx(outcome.stall_time)
        # the span holds all of it
        assert computed[-1, 0] >= span - room
        assert computed[0, 0] <= room


@EVERY_TRACK
def test_without_a_write_the_steps_follow_one_another_evenly(name: str, part: Any) -> None:
    track = load_track(name)
    preparing, seen = prepare_time(track), 0
    for outcome in positions(part, track, count=100):
        if outcome.stall_fraction and outcome.stall_time:
            continue
        seen += 1
        shown, even = (
            of(outcome, preparing, 5 * outcome.steps["compute"])
            for of in (stalled_timeline, timeline)
        )
        assert (shown.late, shown.silent, shown.period) == (0, 0.0, even.period)
        assert not shown.spans["blocked"].size
        for name_, spans in even.spans.items():
            if name_ != "blocked":
                np.testing.assert_array_equal(shown.spans[name_], spans)
    assert seen or name in ("edge_guardian", "mobile_nomad")


def test_the_hearables_erase_silences_it_and_more_blocks_ahead_hide_it() -> None:
    track = load_track("tiny_pioneer")
    crisis = PARTS["access"].crisis(track)
    shown = stalled_timeline(crisis, prepare_time(track), 0.2)
    # 120 ms of erase, of which 25.5 ms are covered, at a buffer of 10 ms
    assert shown.late == 10
    assert shown.silent == pytest.approx(0.1)


def test_what_makes_no_sense_is_refused() -> None:
    outcome = PARTS["access"].crisis(load_track("tiny_pioneer"))
    for wrong in (
        {"phase": 1.0}, {"phase": -0.1}, {"span": -1.0}, {"preparing": -1.0}, {"preparing": 1.0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            stalled_timeline(outcome, **{"preparing": 0.001, "span": 0.1, **wrong})
