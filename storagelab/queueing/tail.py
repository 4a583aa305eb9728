"""Tails: how often a read comes too late, and how late the latest are.

A frame of 16.67 ms and an audio buffer of 10 ms live by these, not by the mean.
"""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    fraction,
    non_negative,
    positive,
    require,
    to_scalar,
    whole,
)
from storagelab.queueing.open import below_one
from storagelab.units import HOUR


def _inner_quantile(quantile: object) -> Floats:
    level = fraction("quantile", quantile)
    require(level < 1, "quantile must be below 1: a tail without an end has no longest time")
    return level


def mm1_response_tail(service_time: Quantity[Q], utilization: Quantity[Q], time: Quantity[Q]) -> Q:
    """Return the share of reads that take longer than ``time`` seconds in an M/M/1 queue.

    Wait and service together are exponential: ``e^(-(1 - ρ)·t/S)`` (Kleinrock 1975, volume 1,
    section 5). ``service_time`` S in seconds, ``utilization`` ρ.

    Raises ``ValueError`` for a utilisation outside [0, 1) or a negative time.
    """
    service = positive("service_time", service_time)
    late = non_negative("time", time) * ((1 - below_one(utilization)) / service)
    return to_scalar(np.exp(-np.minimum(late, 745.0)))  # e^-745 is the least a float can say


def mm1_response_quantile(
    service_time: Quantity[Q], utilization: Quantity[Q], quantile: Quantity[Q]
) -> Q:
    """Return the seconds within which a share ``quantile`` of reads is served in an M/M/1 queue.

    ``-S·ln(1 - p) / (1 - ρ)``, the inverse of :func:`mm1_response_tail`: p99 is 4.6 times the
    mean and p99.9 6.9 times. Raises ``ValueError`` for a utilisation or quantile outside [0, 1).
    """
    service = positive("service_time", service_time)
    level = _inner_quantile(quantile)
    return to_scalar(-np.log1p(-level) * service / (1 - below_one(utilization)))


def _stalls(
    read_time: object, stall_fraction: object, stall_time: object
) -> tuple[Floats, Floats, Floats]:
    return (
        non_negative("read_time", read_time),
        fraction("stall_fraction", stall_fraction),
        positive("stall_time", stall_time),
    )


def stall_tail(
    read_time: Quantity[Q], stall_fraction: Quantity[Q], stall_time: Quantity[Q], time: Quantity[Q]
) -> Q:
    """Return the share of reads that take longer than ``time`` seconds on a device that stalls.

    A read takes ``read_time`` seconds, unless it arrives while the device erases or collects
    garbage: it does so a share ``stall_fraction`` f of the time, in stalls of ``stall_time`` E
    seconds, and who arrives at a random moment of one waits for its rest, uniform from 0 to E:
    ``f·(1 - (t - r)/E)`` from t = r on. Reads must come independently of the stalls (Wolff's
    PASTA) and rarely enough not to queue behind one another.

    Raises ``ValueError`` for a negative time, a share outside [0, 1], or a stall of no length.
    """
    read, share, stall = _stalls(read_time, stall_fraction, stall_time)
    beyond = non_negative("time", time) - read
    rest = np.clip(1 - beyond / stall, 0.0, 1.0)
    return to_scalar(np.where(beyond < 0, 1.0, share * rest))


def stall_quantile(
    read_time: Quantity[Q],
    stall_fraction: Quantity[Q],
    stall_time: Quantity[Q],
    quantile: Quantity[Q],
) -> Q:
    """Return the seconds within which a share ``quantile`` of reads ends on a device that stalls.

    The inverse of :func:`stall_tail`: ``r + E·(1 - (1 - p)/f)`` where more than ``1 - p`` of the
    time is stalled, else r. Raises ``ValueError`` as that does, and for a quantile above 1.
    """
    read, share, stall = _stalls(read_time, stall_fraction, stall_time)
    above = 1 - fraction("quantile", quantile)
    waits = share > above
    return to_scalar(read + np.where(waits, stall * (1 - above / np.where(waits, share, 1.0)), 0.0))


def frame_miss_probability(miss_probability: Quantity[Q], reads: Quantity[Q]) -> Q:
    """Return how likely at least one of a frame's ``reads`` comes too late.

    ``1 - (1 - p)^n`` for independent reads: what is one in a thousand for a read is one in ten
    for a frame of a hundred. Reads that one stall holds up together miss in fewer frames, so
    this is the upper bound. Raises ``ValueError`` for a probability outside [0, 1] or a count
    of reads that isn't whole.
    """
    miss = fraction("miss_probability", miss_probability)
    count = whole("reads", reads, least=0)
    certain = (miss == 1) & (count > 0)
    return to_scalar(
        np.where(certain, 1.0, -np.expm1(count * np.log1p(-np.where(miss < 1, miss, 0))))
    )


def deadline_misses(miss_probability: Quantity[Q], rate: Quantity[Q]) -> Q:
    """Return the deadlines that are missed in an hour, of ``rate`` deadlines/s."""
    miss = fraction("miss_probability", miss_probability)
    return to_scalar(miss * non_negative("rate", rate) * HOUR)
