"""The vectorised steps against the closed form and against the event-by-event simulation."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.simulation import FeedingPath, ServiceTime, simulate_feeding, utilization_band

IO = np.array([0.25, 0.5, 0.9, 1.0, 1.1, 2.0, 4.0])


@pytest.mark.parametrize("prefetch", [1, 2, 5])
def test_without_variation_it_is_the_closed_form_at_any_depth(prefetch: int) -> None:
    steps = 2000
    band = utilization_band(IO, 0.0, 1.0, prefetch, steps, 4, 1)
    exact = 1.0 / np.maximum(IO, 1.0)
    # nothing is waited for behind the last step: one step in all of them
    np.testing.assert_allclose(band.mean, exact, rtol=4 / steps)
    assert (band.standard_error == 0).all()
    np.testing.assert_array_equal(band.low, band.high)


@pytest.mark.parametrize("prefetch", [1, 2, 8])
@pytest.mark.parametrize("variation", [0.3, 1.0])
def test_it_agrees_with_the_simulation_of_every_event(prefetch: int, variation: float) -> None:
    """Another program, other random numbers: equal within four joint standard errors."""
    played = simulate_feeding(
        FeedingPath(
            samples=128,
            batch_size=1,
            readers=1,
            read=ServiceTime(1.0, variation),
            compute=ServiceTime(1.0),
            prefetch=prefetch,
        ),
        96,
        3,
    ).utilization
    band = utilization_band(1.0, variation, 1.0, prefetch, 128, 512, 4)
    joint = math.hypot(played.standard_error, band.standard_error[0])
    assert abs(played.mean - band.mean[0]) < 4 * joint


def test_every_step_is_that_of_a_plain_loop() -> None:
    """The recurrence once more, job by job, with the band's own random numbers."""
    depth, steps, jobs, seed, compute = 3, 40, 5, 9, 0.8
    factors = np.random.default_rng(seed).gamma(1 / 0.6, 0.6, (steps, jobs))
    busy = []
    for job in range(jobs):
        starts: list[float] = []
        ready = end = 0.0
        for step in range(steps):
            room = starts[step - depth] if step >= depth else 0.0
            ready = max(ready, room) + 1.3 * factors[step, job]
            starts.append(max(ready, end))
            end = starts[-1] + compute
        busy.append(steps * compute / (end - starts[0]))
    band = utilization_band(1.3, 0.6, compute, depth, steps, jobs, seed)
    assert band.mean[0] == pytest.approx(np.mean(busy), rel=1e-12)
    assert band.standard_error[0] == pytest.approx(np.std(busy, ddof=1) / math.sqrt(jobs))
    assert band.low[0] == pytest.approx(np.quantile(busy, 0.05))
    assert band.high[0] == pytest.approx(np.quantile(busy, 0.95))


@given(st.floats(0.05, 3), st.integers(1, 12), st.integers(0, 99))
def test_deeper_prefetching_never_hurts_and_no_job_is_more_than_busy(
    variation: float, depth: int, seed: int
) -> None:
    """With the same random numbers each start is no later, the last one included."""
    shallow = utilization_band(IO, variation, 1.0, depth, 60, 8, seed)
    deep = utilization_band(IO, variation, 1.0, depth + 3, 60, 8, seed)
    for band in (shallow, deep):
        assert ((band.mean > 0) & (band.mean <= 1 + 1e-12)).all()
        assert (band.low <= band.mean + 1e-12).all() or (band.low <= band.high).all()
        # longer reads of the same luck never make the accelerator busier
        assert (np.diff(band.mean) <= 1e-12).all()


def test_variance_costs_most_where_reading_and_computing_balance() -> None:
    lost = 1.0 / np.maximum(IO, 1.0) - utilization_band(IO, 1.0, 1.0, 2, 400, 64, 1).mean
    assert IO[np.argmax(lost)] == pytest.approx(1.0, abs=0.11)
    assert lost[0] < 0.25 * lost.max()


def test_deep_prefetching_comes_back_to_the_closed_form() -> None:
    band = utilization_band(np.array([0.8, 1.25]), 1.0, 1.0, 400, 4000, 32, 1)
    np.testing.assert_allclose(band.mean, [1.0, 0.8], rtol=0.02)


def test_the_same_seed_is_the_same_band() -> None:
    one, two = (utilization_band(IO, 1.0, 1.0, 2, 50, 16, 3) for _ in range(2))
    np.testing.assert_array_equal(one.mean, two.mean)
    assert (utilization_band(IO, 1.0, 1.0, 2, 50, 16, 4).mean != one.mean).any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"io_time": [0.1, -1.0]}, r"io_time\[1\] must be a finite number of 0 or more"),
        ({"io_time": [[0.1]]}, "io_time must be one number or one row of them"),
        ({"squared_variation": -1}, "squared_variation must be a finite number of 0 or more"),
        ({"compute_time": 0}, "compute_time must be a finite number above 0"),
        ({"prefetch": 0}, "prefetch must be a whole number from 1 up"),
        ({"steps": 1}, "steps must be a whole number from 2 up"),
        ({"replications": 1}, "replications must be a whole number from 2 up"),
        ({"seed": -1}, "seed must be a whole number from 0 up"),
    ],
)
def test_bad_values_are_refused_by_name(change: Any, says: str) -> None:
    good = {
        "io_time": 1.0,
        "squared_variation": 0.5,
        "compute_time": 1.0,
        "prefetch": 2,
        "steps": 10,
        "replications": 4,
        "seed": 1,
    }
    with pytest.raises(ValueError, match=says):
        utilization_band(**{**good, **change})
