"""Monte Carlo: a job played through random failures, many times.

:func:`simulate_wall_time` plays every job failure by failure. :func:`sample_wall_times` draws the
same jobs by their counts, fast enough to follow a slider.
"""

from __future__ import annotations

import msgspec
import numpy as np

from storagelab.checks import (
    Counts,
    Floats,
    Q,
    non_negative,
    positive,
    require,
    single,
    to_scalar,
    whole,
)

_CHUNK = 4096
"""Trials that are played at once: their state stays in the processor's cache, and memory is
bounded however many there are."""
_FAILURES = 1e6
"""Failures, on average, from which a job practically never ends."""
_FEW = 8
"""Losses of a job that are drawn one by one; of more only their sum is drawn."""


class WallTimeEstimate(msgspec.Struct, frozen=True):
    """A Monte Carlo estimate of a job's wall time, in seconds."""

    mean: float
    standard_error: float
    trials: int


def simulate_wall_time(
    solve_time: float,
    interval: float,
    dump_time: float,
    mtbf: float,
    restart_time: float,
    trials: int,
    seed: int,
) -> WallTimeEstimate:
    """Play ``trials`` jobs through random failures and return their mean wall time.

    Each job runs segments of ``interval`` seconds of work with a dump behind each but the last;
    a failure, exponential with mean ``mtbf`` and possible during dumps and restarts too, costs
    the work since the last dump and a restart of ``restart_time``. All times in seconds. The
    draws share nothing with the closed form. The same seed gives the same result.

    Raises ``ValueError`` for an argument out of its range, fewer than 2 trials, or a job that
    would see more than a million failures on average.
    """
    work = single("solve_time", positive("solve_time", solve_time))
    step = single("interval", positive("interval", interval))
    dump = single("dump_time", non_negative("dump_time", dump_time))
    mean = single("mtbf", positive("mtbf", mtbf))
    restart = single("restart_time", non_negative("restart_time", restart_time))
    count = int(single("trials", whole("trials", trials, least=2)))
    generator = np.random.default_rng(int(single("seed", whole("seed", seed, least=0))))
    segments = max(1.0, float(np.ceil(work / step * (1 - 1e-12))))
    last = work - (segments - 1) * step
    failures = _mean_failures(segments, step + dump, last, mean, restart)
    require(
        failures <= _FAILURES, "the simulated job practically never ends: failures are too frequent"
    )

    total = squares = 0.0
    shift = work + (segments - 1) * dump  # without it, squares of long jobs would lose digits
    for done in range(0, count, _CHUNK):
        walls = _play(
            min(_CHUNK, count - done), segments, step + dump, last, mean, restart, generator
        )
        beyond = walls - shift
        total += float(beyond.sum())
        squares += float(beyond @ beyond)
    variance = max(0.0, squares - total**2 / count) / (count - 1)
    return WallTimeEstimate(shift + total / count, float(np.sqrt(variance / count)), count)


def sample_wall_times(
    solve_time: float,
    intervals: Floats,
    dump_time: float,
    mtbf: float,
    restart_time: float,
    trials: int,
    seed: int,
) -> Floats:
    """Return wall times in seconds of ``trials`` random jobs at each interval, shape (n, trials).

    The jobs of :func:`simulate_wall_time`, all times in seconds, drawn by their counts: how many
    segments of a job are struck is binomial, how often they are struck again while they restart
    and compute is negative binomial, and each failure loses a random part, exponential but cut
    off at the length of what it strikes, of one attempt. Beyond eight losses of a kind their sum
    is drawn from the normal distribution that it tends to, of its exact mean and variance. The
    same seed gives the same jobs. Infinite where a job would see more than a million failures on
    average.

    Raises ``ValueError`` for an argument out of its range.
    """
    work = single("solve_time", positive("solve_time", solve_time))
    dump = single("dump_time", non_negative("dump_time", dump_time))
    mean = single("mtbf", positive("mtbf", mtbf))
    restart = single("restart_time", non_negative("restart_time", restart_time))
    count = int(single("trials", whole("trials", trials, least=1)))
    generator = np.random.default_rng(int(single("seed", whole("seed", seed, least=0))))
    step = np.atleast_1d(positive("intervals", intervals))
    segments = np.maximum(1.0, np.ceil(work / step * (1 - 1e-12)))
    last = work - (segments - 1) * step
    ends = _mean_failures(segments, step + dump, last, mean, restart) <= _FAILURES
    # the last segment differs from the others: it is shorter, and no dump stands behind it
    number = np.concatenate([segments[ends] - 1, np.ones(ends.sum())])
    length = np.concatenate([step[ends] + dump, last[ends]])
    most, final = np.split(_struck(number, length, mean, restart, count, generator), 2)
    walls = np.full((step.size, count), np.inf)
    walls[ends] = most + final
    return walls


def _mean_failures(segments: Q, period: Q, last: Q, mean: float, restart: float) -> Q:
    """Return a job's mean number of failures: its mean wall time over the MTBF."""
    with np.errstate(over="ignore"):
        pieces = (segments - 1) * np.expm1(period / mean) + np.expm1(last / mean)
        return to_scalar(np.exp(restart / mean) * pieces)


def _struck(
    number: Floats,
    length: Floats,
    mean: float,
    restart: float,
    count: int,
    generator: np.random.Generator,
) -> Floats:
    """Return the seconds that ``number`` segments of ``length`` take, shape (n, count)."""
    number, length = number[:, None], length[:, None]
    shape = (number.size, count)
    first = generator.binomial(number.astype(np.int64), -np.expm1(-length / mean), shape)
    survives = np.exp(-(restart + length) / mean)
    again = generator.negative_binomial(np.maximum(first, 1), survives, shape) * (first > 0)
    lost = _losses(first, length, mean, generator)
    lost += _losses(again, restart + length, mean, generator)
    # each segment that was struck is done at last, after one restart that holds
    return number * length + first * restart + lost


def _losses(counts: Counts, length: Floats, mean: float, generator: np.random.Generator) -> Floats:
    """Return the sums of ``counts`` lifetimes below ``length``, shape (n, count).

    A lifetime that ended within an attempt is exponential, given that it is shorter than it.
    """
    ratio = length / mean
    fails = -np.expm1(-ratio)
    average = 1 - ratio * np.exp(-ratio) / fails
    square = 2 - ratio * (ratio + 2) * np.exp(-ratio) / fails
    spread = np.sqrt(np.maximum(square - average**2, 0.0))
    sums = generator.standard_normal(counts.shape)
    sums *= np.sqrt(counts) * spread
    sums += counts * average
    few = counts <= _FEW
    number = counts[few]
    most = int(number.max(initial=0))
    ends = generator.random((most, number.size)) * np.broadcast_to(fails, counts.shape)[few]
    lives = -np.log1p(-ends)
    lives[np.arange(most)[:, None] >= number] = 0.0
    sums[few] = lives.sum(axis=0)
    sums *= mean
    return np.asarray(sums)


def _play(
    count: int,
    segments: float,
    period: float,
    last: float,
    mean: float,
    restart: float,
    generator: np.random.Generator,
) -> Floats:
    """Return the wall times of ``count`` jobs, shape (count,), failure by failure."""
    walls = np.empty(count)
    running = np.arange(count)
    elapsed = np.zeros(count)
    needed = np.full(count, (segments - 1) * period + last)  # without a failure, from now on
    pause = 0.0  # a first start needs no restart
    while running.size:
        lifetime = generator.standard_exponential(running.size)
        lifetime *= mean
        done = lifetime >= needed + pause
        if done.any():
            walls[running[done]] = elapsed[done] + needed[done] + pause
            going = ~done
            running, elapsed, needed = running[going], elapsed[going], needed[going]
            lifetime = lifetime[going]
        elapsed += lifetime
        lifetime -= pause
        np.maximum(lifetime, 0.0, out=lifetime)  # the restart itself was struck
        lifetime /= period
        np.floor(lifetime, out=lifetime)  # the segments that were saved
        lifetime *= period
        needed -= lifetime
        pause = restart
    return walls
