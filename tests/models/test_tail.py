"""Tails against simulated queues and a device that is played with its stalls."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import expon

from storagelab.queueing import (
    asymptotic_bounds,
    deadline_misses,
    frame_miss_probability,
    littles_outstanding,
    mm1_response_quantile,
    mm1_response_tail,
    mm1_wait,
    mva,
    stall_quantile,
    stall_tail,
)

BUSY = st.floats(0, 0.99)
SHARES = st.floats(0, 1)


def test_response_times_of_a_simulated_queue_have_the_tail() -> None:
    """Lindley's recursion, the way that a first-come queue is played request by request."""
    generator, count, service, busy = np.random.default_rng(4), 400_000, 2.0, 0.7
    times = generator.exponential(service, count)
    walk = np.concatenate([[0.0], np.cumsum(times - generator.exponential(service / busy, count))])
    responses = (walk - np.minimum.accumulate(walk))[:-1] + times
    for late in (1.0, 5.0, 20.0, 40.0):
        # neighbours wait together: only long batches of them are independent
        shares = (responses > late).reshape(40, -1).mean(axis=1)
        error = shares.std(ddof=1) / np.sqrt(40)
        assert abs(shares.mean() - mm1_response_tail(service, busy, late)) < 4 * error
    for level in (0.5, 0.99):
        law = mm1_response_quantile(service, busy, level)
        assert np.quantile(responses, level) == pytest.approx(law, rel=0.05)


@given(st.floats(1e-6, 1e3), BUSY, st.floats(0, 0.999999))
def test_a_quantile_is_where_the_tail_has_what_is_left(
    service: float, busy: float, level: float
) -> None:
    time = mm1_response_quantile(service, busy, level)
    assert mm1_response_tail(service, busy, time) == pytest.approx(1 - level)
    exact = expon(scale=service / (1 - busy))
    assert time == pytest.approx(exact.ppf(level), rel=1e-9, abs=1e-300)


def test_p99_is_4_6_means_and_p999_6_9() -> None:
    mean = 2.0 + mm1_wait(2.0, 0.7)
    assert mm1_response_quantile(2.0, 0.7, 0.99) / mean == pytest.approx(4.6, abs=0.01)
    assert mm1_response_quantile(2.0, 0.7, 0.999) / mean == pytest.approx(6.9, abs=0.01)
    assert mm1_response_tail(2.0, 0.7, 0.0) == 1
    assert mm1_response_quantile(2.0, 0.7, 0.0) == 0
    assert mm1_response_tail(1e-6, 0.7, 1e6) == pytest.approx(0, abs=1e-300)


@pytest.mark.parametrize("bad", [1.0, 1.5, -0.1])
def test_a_tail_without_an_end_has_no_longest_time(bad: float) -> None:
    with pytest.raises(ValueError, match="quantile must be"):
        mm1_response_quantile(1.0, 0.5, bad)
    with pytest.raises(ValueError, match="utilization must be"):
        mm1_response_tail(1.0, bad, 1.0)


# --- a device that stalls


def test_reads_that_come_at_any_time_wait_as_the_law_says() -> None:
    """Erases of 60 ms every 2 s, and reads at random moments."""
    stall, period, read = 60e-3, 2.0, 1e-3
    at = np.random.default_rng(6).uniform(0, period, 1_000_000)
    times = read + np.clip(stall - at, 0, None)  # an erase begins each period
    share = stall / period
    for late in (0.5e-3, 2e-3, 10e-3, 50e-3, 61.5e-3):
        seen = (times > late).mean()
        assert stall_tail(read, share, stall, late) == pytest.approx(seen, abs=2e-4)
    for level in (0.5, 0.97, 0.98, 0.99, 0.999):
        law = stall_quantile(read, share, stall, level)
        assert law == pytest.approx(np.quantile(times, level), abs=4e-4)


@given(st.floats(1e-6, 1), st.floats(1e-6, 1), st.floats(1e-6, 10), st.floats(1e-6, 0.9))
def test_a_quantile_inside_the_stall_is_where_the_tail_has_what_is_left(
    read: float, share: float, stall: float, part: float
) -> None:
    level = 1 - share * part
    time = stall_quantile(read, share, stall, level)
    assert read <= time <= read + stall
    assert stall_tail(read, share, stall, time) == pytest.approx(share * part, rel=1e-6, abs=1e-9)


def test_a_device_that_never_stalls_and_one_that_always_does() -> None:
    assert stall_tail(1e-3, 0.0, 0.06, 0.9e-3) == 1
    assert stall_tail(1e-3, 0.0, 0.06, 1.1e-3) == 0
    assert stall_quantile(1e-3, 0.0, 0.06, 1.0) == 1e-3
    assert stall_quantile(1e-3, 0.01, 0.06, 0.98) == 1e-3
    assert stall_quantile(1e-3, 1.0, 0.06, 1.0) == pytest.approx(61e-3)
    assert stall_tail(1e-3, 1.0, 0.06, 31e-3) == pytest.approx(0.5)


@given(SHARES, st.integers(0, 500))
def test_a_frame_is_late_unless_all_of_its_reads_are_in_time(miss: float, reads: int) -> None:
    in_time = 1.0
    for _ in range(reads):
        in_time *= 1 - miss
    assert frame_miss_probability(miss, reads) == pytest.approx(1 - in_time, abs=1e-12)


def test_small_chances_keep_their_digits() -> None:
    assert frame_miss_probability(1e-15, 3) == pytest.approx(3e-15, rel=1e-9)
    assert frame_miss_probability(1e-3, 100) == pytest.approx(0.0952, abs=1e-4)
    assert frame_miss_probability(1.0, 0) == 0
    assert frame_miss_probability(1.0, 1) == 1


def test_misses_an_hour_are_counted_at_the_rate_of_the_deadlines() -> None:
    assert deadline_misses(1e-3, 60) == pytest.approx(216)
    assert deadline_misses(0.0, 100) == 0
    with pytest.raises(ValueError, match="miss_probability must be a fraction"):
        deadline_misses(1.1, 60)


# --- bounds and Little's law


@given(
    st.floats(0, 100),
    st.lists(st.floats(1e-3, 10), min_size=1, max_size=4),
    st.integers(1, 40),
)
def test_exact_analysis_lies_between_its_bounds_and_reaches_both(
    think: float, demands: list[float], population: int
) -> None:
    least, most = asymptotic_bounds(think, sum(demands), max(demands), population)
    exact = mva(think, demands, population).throughput[-1]
    assert least * (1 - 1e-9) <= exact <= most * (1 + 1e-9)
    alone = mva(think, demands, 1).throughput[0]
    bounds = asymptotic_bounds(think, sum(demands), max(demands), 1)
    assert alone == pytest.approx(bounds[0])
    assert min(1 / max(demands), alone) == pytest.approx(bounds[1])


def test_many_customers_fill_the_busiest_station_and_no_more() -> None:
    least, most = asymptotic_bounds(3.0, 1.5, 1.0, np.array([1.0, 2.0, 1000.0]))
    np.testing.assert_allclose(most, [1 / 4.5, 2 / 4.5, 1.0])
    np.testing.assert_allclose(least, [1 / 4.5, 2 / 6.0, 1000 / 1503])
    with pytest.raises(ValueError, match="largest_demand must not exceed total_demand"):
        asymptotic_bounds(3.0, 1.5, 1.6, 2)


def test_a_million_requests_of_100_microseconds_are_100_at_once() -> None:
    assert littles_outstanding(1e6, 100e-6) == pytest.approx(100)
