"""Steps of a pipelined loop whose reads vary: many jobs at once, a band around the closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.checks import Floats, non_negative, positive, require, single, whole


@dataclass(frozen=True)
class UtilizationBand:
    """Utilisation at each point, over replications; all of shape (points,)."""

    mean: Floats
    standard_error: Floats
    low: Floats
    """5% of the replications are below."""
    high: Floats
    """95% of them are."""


def utilization_band(
    io_time: float | Floats,
    squared_variation: float,
    compute_time: float,
    prefetch: int,
    steps: int,
    replications: int,
    seed: int,
) -> UtilizationBand:
    """Return the accelerator's utilisation where the time to read a batch varies.

    ``io_time`` are mean seconds of a batch, one number or one a point, gamma-distributed with
    ``squared_variation``; ``compute_time`` seconds are constant. A loader reads batch after
    batch while fewer than ``prefetch`` of them wait: batch n begins when n - 1 is read and
    n - ``prefetch`` has been taken. Without variation that is the closed form
    ``compute / max(io, compute)`` at any depth; with it, deeper prefetching comes closer to it
    and never passes it. All points share their random numbers, so that a curve is smooth.

    Raises ``ValueError`` for a negative time or variation, a compute time of 0, or counts that
    aren't whole (2 steps and 2 replications at least).
    """
    mean = np.atleast_1d(non_negative("io_time", io_time))
    require(mean.ndim == 1, "io_time must be one number or one row of them")
    variation = single("squared_variation", non_negative("squared_variation", squared_variation))
    compute = single("compute_time", positive("compute_time", compute_time))
    depth = int(single("prefetch", whole("prefetch", prefetch)))
    count = int(single("steps", whole("steps", steps, least=2)))
    jobs = int(single("replications", whole("replications", replications, least=2)))
    generator = np.random.default_rng(int(single("seed", whole("seed", seed, least=0))))
    if variation > 0:
        factors = generator.gamma(1 / variation, variation, (count, jobs))
    else:
        factors = np.ones((count, jobs))

    shape = (mean.size, jobs)
    ready, end = np.zeros(shape), np.zeros(shape)
    taken = np.zeros((depth, *shape))  # when each of the last batches was taken
    first = np.zeros(shape)
    io = np.empty(shape)
    for step in range(count):
        start = taken[step % depth]  # of the batch whose room this one gets
        np.maximum(ready, start, out=ready)
        np.multiply(mean[:, None], factors[step], out=io)
        ready += io
        np.maximum(ready, end, out=start)
        if step == 0:
            first[:] = start
        np.add(start, compute, out=end)
    utilization = count * compute / (end - first)
    low, high = np.quantile(utilization, (0.05, 0.95), axis=1)
    error = utilization.std(axis=1, ddof=1) / np.sqrt(jobs)
    return UtilizationBand(utilization.mean(axis=1), error, low, high)
