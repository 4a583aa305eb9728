"""Accelerators: how many a storage system feeds, and what a run of them delivers."""

from __future__ import annotations

from typing import overload

import numpy as np

from storagelab.checks import (
    Counts,
    Floats,
    Q,
    Quantity,
    as_int,
    fraction,
    non_negative,
    positive,
    require,
    to_scalar,
    whole,
)


@overload
def max_accelerators(  # type: ignore[overload-overlap]
    bandwidth: float,
    record_size: float,
    batch_size: float,
    compute_time: float,
    target_utilization: float,
) -> int: ...
@overload
def max_accelerators(
    bandwidth: Quantity[Floats],
    record_size: Quantity[Floats],
    batch_size: Quantity[Floats],
    compute_time: Quantity[Floats],
    target_utilization: Quantity[Floats],
) -> Counts: ...
def max_accelerators(
    bandwidth: Quantity[Floats],
    record_size: Quantity[Floats],
    batch_size: Quantity[Floats],
    compute_time: Quantity[Floats],
    target_utilization: Quantity[Floats],
) -> int | Counts:
    """Return how many accelerators a storage system keeps busy, a whole number.

    Each takes ``target_utilization · batch_size · record_size / compute_time`` bytes/s
    (``record_size`` in bytes, ``compute_time`` in seconds per batch) of ``bandwidth`` bytes/s.
    A vendor's bandwidth alone is an upper bound: with small records latency and CPU bind first.

    Raises ``ValueError`` for an argument of 0 or less or a target above 1.
    """
    target = positive("target_utilization", fraction("target_utilization", target_utilization))
    record = positive("record_size", record_size)
    batch = positive("batch_size", batch_size)
    speed, time = positive("bandwidth", bandwidth), positive("compute_time", compute_time)
    with np.errstate(over="ignore"):  # infinitely many are refused below
        fed = speed * (time / (target * batch * record))
    # a hair above the quotient, so that a whole number isn't lost to its last binary digit
    count = np.floor(fed * (1 + 1e-12))
    return as_int("number of accelerators", count)


def training_throughput(
    accelerators: Quantity[Q],
    batch_size: Quantity[Q],
    compute_time: Quantity[Q],
    utilization: Quantity[Q],
    readers: Quantity[Q] = 0,
    steps: Quantity[Q] = 1,
) -> Q:
    """Return samples/s of synchronous training, the fill of the pipeline included.

    ``N·B/t · AU · (1 - w/steps)``: ``utilization`` AU leaves the first batch out (as MLPerf
    Storage defines it) while samples/s includes it, and with ``readers`` w loading in parallel
    the first batch costs about w batch-times out of ``steps`` per epoch. That holds where every
    reader fetches a batch of its own (56 published runs, mean error 0.7%); where readers share
    one batch, as with TFRecords, leave ``readers`` at 0 (34 runs, 0.3%).

    Raises ``ValueError`` for a utilisation outside [0, 1], or more readers than steps.
    """
    rate = positive("accelerators", accelerators) * positive("batch_size", batch_size)
    rate = rate / positive("compute_time", compute_time) * fraction("utilization", utilization)
    filling, epoch = non_negative("readers", readers), positive("steps", steps)
    require(filling <= epoch, "readers must not exceed steps: the pipeline would never fill")
    return to_scalar(rate * (1 - filling / epoch))


def straggler_utilization(accelerators: Quantity[Q], coefficient: Quantity[Q]) -> Q:
    """Return the utilisation left by waiting for the slowest at each step's barrier.

    ``1 / (1 + c·ln N)``, empirical: the expected maximum of N light-tailed delays grows with
    ln N. ``coefficient`` c has no unit and has to be fitted to a system.

    Raises ``ValueError`` for a count below 1 or a negative coefficient.
    """
    count = whole("accelerators", accelerators)
    return to_scalar(1 / (1 + non_negative("coefficient", coefficient) * np.log(count)))


def barrier_time(accelerators: Quantity[Q], mean_delay: Quantity[Q]) -> Q:
    """Return the mean seconds that a barrier waits for the slowest of N exponential delays.

    ``mean · (1 + 1/2 + ... + 1/N)``, exact for independent exponential delays of ``mean_delay``
    seconds and about ``ln N + 0.577`` means: the reason for the logarithm in
    :func:`straggler_utilization`. Heavier tails grow faster.

    Raises ``ValueError`` for a count that isn't whole (1 to 10 million) or a negative delay.
    """
    count = whole("accelerators", accelerators)
    require(count <= 1e7, "accelerators must be 10 million or fewer")
    # the harmonic numbers, to a float's precision: exact sums below 20, Euler-Maclaurin above
    exact = np.cumsum(1 / np.arange(1, 20))
    small = exact[np.minimum(count, 19).astype(np.int64) - 1]
    n = np.maximum(count, 20)
    large = np.log(n) + np.euler_gamma + 1 / (2 * n) - 1 / (12 * n**2) + 1 / (120 * n**4)
    harmonic = np.where(count < 20, small, large - 1 / (252 * n**6))
    return to_scalar(harmonic * non_negative("mean_delay", mean_delay))
