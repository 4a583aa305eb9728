"""The played feeding path against exact theory, inside stated confidence bounds."""

import math
from typing import Any

import numpy as np
import pytest

from storagelab.access import shuffle_displacement
from storagelab.pipeline import cache_hit_rate, training_throughput
from storagelab.queueing import asymptotic_bounds, mva
from storagelab.simulation import FeedingPath, ServiceTime, simulate_feeding

AT_ONCE = ServiceTime(0.0)
SIGMAS = 4.5
"""Standard errors that a mean may be off: one in 150,000 by chance, over some fifty checks."""


def path(**changes: Any) -> FeedingPath:
    """Return a path of constant times, one reader and one sample a batch, but for ``changes``."""
    plain = {
        "samples": 400,
        "batch_size": 1,
        "readers": 1,
        "read": ServiceTime(2.0),
        "compute": ServiceTime(1.0),
    }
    return FeedingPath(**{**plain, **changes})


def endless(**changes: Any) -> Any:
    """Return a path whose consumer never holds anything up: a closed network of its readers."""
    return path(compute=AT_ONCE, prefetch=10**6, **changes)


def close(estimate: Any, expected: Any, slack: float = 0.0) -> Any:
    return abs(estimate.mean - expected) <= SIGMAS * estimate.standard_error + slack


# --- closed networks


@pytest.mark.parametrize("readers", [1, 2, 4, 8])
@pytest.mark.parametrize("seed", [1, 2])
def test_readers_at_an_exponential_device_have_the_exact_throughput(
    readers: int, seed: int
) -> None:
    """The loop is then a machine-repairman network, which mean-value analysis solves exactly."""
    samples = 6000
    run = simulate_feeding(
        endless(
            samples=samples,
            readers=readers,
            read=ServiceTime(1.0, 1.0),
            prepare=ServiceTime(2.0, 1.0),
        ),
        6,
        seed,
    )
    exact = mva(2.0, [1.0], readers).throughput[-1]
    # the start and the end, when not all readers are at work, are some 3 R of samples/X
    assert close(run.throughput, exact, slack=3 * readers * exact**2 / samples)
    low, high = asymptotic_bounds(2.0, 1.0, 1.0, readers)
    assert low * 0.97 <= run.throughput.mean <= high * 1.03


def test_constant_service_is_faster_than_exponential_and_within_the_same_bounds() -> None:
    options = {"samples": 4000, "readers": 3, "prepare": ServiceTime(2.0)}
    constant = simulate_feeding(endless(read=ServiceTime(1.0), **options), 2, 1)
    varied = simulate_feeding(endless(read=ServiceTime(1.0, 1.0), **options), 4, 1)
    assert constant.throughput.mean == pytest.approx(1.0, rel=2e-3)  # N = 3 just fills Z + D = 3
    assert varied.throughput.mean < constant.throughput.mean


def test_littles_law_holds_at_the_device() -> None:
    run = simulate_feeding(endless(samples=3000, readers=5, read=ServiceTime(1.0, 1.0)), 4, 3)
    rate_times_time = run.throughput.mean * run.read_time.mean
    assert run.outstanding.mean == pytest.approx(rate_times_time, rel=5e-3)


@pytest.mark.parametrize(("channels", "depth", "width"), [(1, 99, 1), (4, 99, 4), (4, 2, 2)])
def test_the_device_serves_as_many_as_it_has_channels_and_the_queue_lets_through(
    channels: int, depth: int, width: int
) -> None:
    run = simulate_feeding(
        endless(samples=1200, readers=8, channels=channels, queue_depth=depth), 2, 1
    )
    assert run.throughput.mean == pytest.approx(width / 2.0, rel=1e-2)


# --- steps of constant times


@pytest.mark.parametrize("prefetch", [1, 8])
@pytest.mark.parametrize(
    ("read", "prepare", "compute"), [(2, 1, 1), (1, 0, 3), (1, 1, 2), (3, 1, 8)]
)
def test_a_pipelined_step_is_as_long_as_its_slowest_stage(
    prefetch: int, read: int, prepare: int, compute: int
) -> None:
    """One reader reads and prepares in turn, while the accelerator computes."""
    run = simulate_feeding(
        path(
            read=ServiceTime(read),
            prepare=ServiceTime(prepare),
            compute=ServiceTime(compute),
            prefetch=prefetch,
        ),
        2,
        1,
    )
    busy = compute / max(read + prepare, compute)
    # the last batch is computed and nothing waited for behind it
    assert run.utilization.mean == pytest.approx(busy, rel=2 / 400)
    assert run.utilization.standard_error == 0
    assert run.fill_time.mean == read + prepare
    wait = max(0, read + prepare - compute)
    assert run.stall_time.mean == pytest.approx(wait * 399, abs=1e-6)


def test_deeper_prefetching_absorbs_variance_and_nothing_else() -> None:
    def busy(prefetch: int, variation: float) -> Any:
        times = {"read": ServiceTime(1.0, variation), "compute": ServiceTime(1.05)}
        return simulate_feeding(path(samples=800, prefetch=prefetch, **times), 8, 5).utilization

    assert busy(1, 0.0).mean == pytest.approx(busy(16, 0.0).mean)
    shallow, deep = busy(1, 1.0), busy(16, 1.0)
    assert shallow.mean < deep.mean - 5 * (shallow.standard_error + deep.standard_error)
    assert deep.mean <= 1.0


def test_a_batch_waits_for_all_of_its_samples() -> None:
    run = simulate_feeding(path(batch_size=8, readers=8, channels=8, prefetch=2), 2, 1)
    assert run.fill_time.mean == pytest.approx(2.0)
    assert run.utilization.mean == pytest.approx(0.5, rel=0.02)


def test_the_pipelines_fill_costs_a_batch_time_for_each_reader() -> None:
    """Readers with batches of their own on storage that just keeps up: training_throughput's term.

    A 'sample' is here a whole batch; w readers share a device that takes t for a batch, so that
    the w-th first batch comes after w t and the first ones are far apart.
    """
    steps, readers, compute = 500, 8, 1.0
    run = simulate_feeding(
        path(
            samples=steps,
            readers=readers,
            channels=readers,
            read=ServiceTime(readers * compute),
            compute=ServiceTime(compute),
            prefetch=readers,
        ),
        2,
        1,
    )
    assert run.fill_time.mean == readers * compute
    with_fill = training_throughput(1, 1, compute, run.utilization.mean, readers, steps)
    assert run.throughput.mean == pytest.approx(with_fill, rel=1e-3)
    without = training_throughput(1, 1, compute, run.utilization.mean)
    assert run.throughput.mean < without * (1 - 0.9 * readers / steps)


# --- the closed loop


def test_a_stalled_accelerator_delays_the_next_request() -> None:
    """With room for r samples ahead, the device can't be busier than the accelerator lets it."""
    slow = path(samples=200, readers=16, channels=16, compute=ServiceTime(50.0), prefetch=3)
    run = simulate_feeding(slow, 2, 1)
    assert run.throughput.mean == pytest.approx(1 / 50, rel=0.02)
    # never more than the room's three at the device, and idle nearly always
    assert run.outstanding.mean == pytest.approx(2.0 / 50, rel=0.05)
    assert slow.room == 3


def test_a_wait_in_a_closed_loop_is_shorter_than_the_open_queues() -> None:
    """An open M/M/1 queue at the same utilisation would wait longer: it goes on asking."""
    run = simulate_feeding(
        endless(samples=8000, readers=4, read=ServiceTime(1.0, 1.0), prepare=ServiceTime(2.0, 1.0)),
        4,
        7,
    )
    busy = run.throughput.mean * 1.0
    open_wait = busy / (1 - busy)
    assert run.read_time.mean - 1.0 < 0.5 * open_wait


# --- cache, shuffle, tails


@pytest.mark.parametrize("cached", [0.0, 0.25, 0.9, 1.0])
def test_a_cache_that_never_evicts_hits_its_share_of_every_permutation(cached: float) -> None:
    run = simulate_feeding(endless(cached_fraction=cached, cached_read=ServiceTime(0.1)), 3, 1)
    assert run.hit_rate.mean == pytest.approx(cache_hit_rate(cached, "never_evict"))
    assert run.hit_rate.standard_error == pytest.approx(0, abs=1e-15)
    # one reader takes tiers in series: hits for 0.1, misses for 2
    assert run.throughput.mean == pytest.approx(1 / (0.1 * cached + 2.0 * (1 - cached)))
    if cached == 1:
        assert run.read_time.mean == 0
        assert run.read_quantiles == {0.5: 0.0, 0.99: 0.0, 0.999: 0.0}


def test_hits_and_batches_take_the_times_that_they_are_given_variance_and_all() -> None:
    run = simulate_feeding(
        endless(samples=4000, cached_fraction=1.0, cached_read=ServiceTime(0.5, 1.0)), 8, 3
    )
    assert close(run.throughput, 2.0, slack=1e-3)
    assert run.throughput.standard_error > 0
    varied = simulate_feeding(path(samples=2000, compute=ServiceTime(4.0, 1.0), prefetch=64), 8, 3)
    assert close(varied.throughput, 0.25, slack=5e-3)
    assert varied.throughput.standard_error > 0


def test_a_run_tells_what_was_run() -> None:
    shown = path()
    run = simulate_feeding(shown, 3, 1)
    assert run.path is shown
    assert run.replications == 3


def test_a_single_batch_that_computes_nothing_kept_nobody_waiting() -> None:
    run = simulate_feeding(path(samples=1, read=ServiceTime(0.5), compute=AT_ONCE), 2, 1)
    assert run.utilization.mean == 1.0
    assert run.fill_time.mean == 0.5


@pytest.mark.parametrize("buffer", [1, 2, 10, 50])
def test_the_shuffle_buffer_displaces_as_its_law_says(buffer: int) -> None:
    samples = 6000
    run = simulate_feeding(
        endless(samples=samples, read=ServiceTime(1e-3), shuffle_buffer=buffer), 8, 11
    )
    # at both ends, K of N samples each, the law of the endless stream doesn't hold
    assert close(run.displacement, shuffle_displacement(buffer), slack=2 * buffer**2 / samples)


def test_a_buffer_as_large_as_the_epoch_is_a_full_shuffle_and_fills_before_the_first_batch() -> (
    None
):
    samples = 300
    run = simulate_feeding(path(samples=samples, shuffle_buffer=samples), 40, 2)
    assert close(run.displacement, (samples**2 - 1) / (3 * samples))
    assert run.fill_time.mean == samples * 2.0
    some = simulate_feeding(path(samples=samples, shuffle_buffer=50), 2, 2)
    assert some.fill_time.mean == 50 * 2.0


def test_the_tail_of_the_reads_is_the_stalls() -> None:
    """One read in fifty meets a stall of 30: half and p99 tell different stories."""
    times = ServiceTime(1.0, 0.0, stall_probability=0.02, stall_time=30.0)
    assert times.total_mean == pytest.approx(1.6)
    run = simulate_feeding(endless(samples=5000, read=times), 8, 9)
    assert close(run.read_time, times.total_mean)
    assert run.read_quantiles == {0.5: 1.0, 0.99: 31.0, 0.999: 31.0}


@pytest.mark.parametrize("variation", [0.0, 0.25, 1.0, 4.0])
def test_a_service_time_has_the_mean_and_the_variation_that_it_was_given(variation: float) -> None:
    times = ServiceTime(3.0, variation).draw(np.random.default_rng(5), 200_000)
    error = 3.0 * math.sqrt(variation / times.size)
    assert abs(times.mean() - 3.0) <= SIGMAS * error + 1e-12
    assert times.var() / 9.0 == pytest.approx(variation, rel=0.1, abs=1e-12)
    assert (times >= 0).all()


# --- reproducible, and strict at the door


def test_the_same_seed_is_the_same_run_and_another_is_another() -> None:
    varied = path(read=ServiceTime(1.0, 1.0), shuffle_buffer=7)
    assert simulate_feeding(varied, 3, 5) == simulate_feeding(varied, 3, 5)
    other = simulate_feeding(varied, 3, 6)
    assert other.throughput.mean != simulate_feeding(varied, 3, 5).throughput.mean


def test_more_replications_make_the_standard_error_smaller() -> None:
    varied = path(samples=40, read=ServiceTime(1.0, 1.0))
    few, many = (simulate_feeding(varied, count, 1).throughput for count in (64, 1024))
    assert many.standard_error == pytest.approx(few.standard_error / 4, rel=0.3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"samples": 0}, r"samples must be a whole number from 1 up \(to 2\^53\); got 0"),
        (
            {"samples": 10, "batch_size": 4},
            "samples must fill whole batches of batch_size = 4; got 10",
        ),
        ({"batch_size": 1.5}, r"batch_size must be a whole number from 1 up \(to 2\^53\); got 1.5"),
        ({"readers": -1}, "readers must be a whole number"),
        ({"channels": 0}, "channels must be a whole number"),
        ({"queue_depth": 0}, "queue_depth must be a whole number"),
        ({"prefetch": math.nan}, "prefetch must be a whole number"),
        ({"shuffle_buffer": 0}, "shuffle_buffer must be a whole number"),
        ({"cached_fraction": 1.01}, "cached_fraction must be a fraction from 0 to 1; got 1.01"),
    ],
)
def test_a_bad_path_is_refused_by_name(changes: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        path(**changes)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((-1.0,), "mean must be a finite number of 0 or more"),
        ((1.0, math.inf), "squared_variation must be a finite number of 0 or more"),
        ((1.0, 1.0, 2.0), "stall_probability must be a fraction from 0 to 1; got 2.0"),
        ((1.0, 1.0, 0.1, -3.0), "stall_time must be a finite number of 0 or more"),
        ((np.ones(2),), "mean must be one number"),
    ],
)
def test_a_bad_service_time_is_refused_by_name(arguments: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ServiceTime(*arguments)


def test_a_path_that_takes_no_time_has_no_rate() -> None:
    with pytest.raises(ValueError, match="the path takes no time at all"):
        simulate_feeding(path(read=AT_ONCE, compute=AT_ONCE), 2, 1)


@pytest.mark.parametrize(
    ("replications", "seed", "says"),
    [
        (1, 1, r"replications must be a whole number from 2 up \(to 2\^53\); got 1"),
        (2, 0.5, r"seed must be a whole number from 0 up \(to 2\^53\); got 0.5"),
    ],
)
def test_replications_and_seed_are_whole_and_enough(
    replications: Any, seed: Any, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        simulate_feeding(path(), replications, seed)
