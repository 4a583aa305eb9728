"""Monte Carlo: a job played through random failures, many times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.checks import Floats, non_negative, positive, require, single, whole

_CHUNK = 4096
"""Trials that are played at once: their state stays in the processor's cache, and memory is
bounded however many there are."""


@dataclass(frozen=True)
class WallTimeEstimate:
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
    with np.errstate(over="ignore"):
        pieces = (segments - 1) * np.expm1((step + dump) / mean) + np.expm1(last / mean)
        failures = np.exp(restart / mean) * pieces  # the mean wall time over the MTBF
    require(failures <= 1e6, "the simulated job practically never ends: failures are too frequent")

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
