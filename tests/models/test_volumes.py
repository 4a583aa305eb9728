"""Cloud volumes against a bucket that is played second by second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.access import baseline_rate, burst_duration, refill_time, transfer_time


@given(st.integers(1, 3000), st.integers(2, 60), st.integers(1, 50), st.integers(0, 3000))
def test_a_transfer_takes_as_long_as_a_played_bucket(
    size: int, burst: int, baseline: int, credits: int
) -> None:
    baseline = min(baseline, burst - 1)
    slice_, left, held, clock = 1e-2, float(size), float(credits), 0.0
    while left > 0:
        rate = burst if held > 0 else baseline
        held += (baseline - rate) * slice_
        left -= rate * slice_
        clock += slice_
    law = transfer_time(size, burst, baseline, credits)
    assert law == pytest.approx(clock, abs=3 * slice_ * burst / baseline)


def test_a_bucket_lasts_through_a_short_transfer_and_not_through_a_long_one() -> None:
    assert transfer_time(100, 10, 1, 900) == 10
    # the bucket of 90 lasts 10 s, in which 100 go through; 50 more go at 1
    assert transfer_time(150, 10, 1, 90) == pytest.approx(60)
    assert burst_duration(90, 10, 1) == 10


def test_an_idle_volume_earns_its_credits_back() -> None:
    held, seconds = 0.0, 0
    while held < 900:
        held += 3
        seconds += 1
    assert refill_time(900, 3) == seconds
    assert refill_time(0, 3) == 0


def test_a_baseline_grows_with_the_volume_between_its_ends() -> None:
    assert baseline_rate(10, 3, 100, 16000) == 100
    assert baseline_rate(100, 3, 100, 16000) == 300
    assert baseline_rate(10_000, 3, 100, 16000) == 16000
    with pytest.raises(ValueError, match="least must not exceed most"):
        baseline_rate(10, 3, 101, 100)
    with pytest.raises(ValueError, match="burst must be above baseline"):
        transfer_time(10, 3, 3, 100)
