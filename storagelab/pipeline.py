"""The feeding path: tiers, caches and steps between a dataset and its accelerators."""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Floats,
    Quantity,
    fraction,
    non_negative,
    plain,
    positive,
    require,
    whole,
)

CACHE_POLICIES = ("never_evict", "lru", "random_replacement")

# 1 - (1 - e^-r)/r in powers of r
_LOST = (0.0, 1 / 2, -1 / 6, 1 / 24, -1 / 120, 1 / 720, -1 / 5040)


def _random_replacement_miss(cached: Floats) -> Floats:
    """Solve ``1 - m = [(1 - e^(-m/c)) / (m/c)]²`` for the miss rate m in [1 - c, 1]."""
    low, high = 1 - cached, np.ones_like(cached)
    for _ in range(60):  # bisection: each pass halves the bracket, 60 reach a double's precision
        middle = (low + high) / 2
        # lost is 1 - (1 - e^-r)/r; for small r, c near 1, the difference would lose its digits.
        # For c -> 0 it becomes 1: every read misses.
        ratio = middle / np.maximum(cached, 1e-300)
        lost = np.where(
            ratio < 0.01,
            np.polynomial.polynomial.polyval(np.minimum(ratio, 0.01), _LOST),
            1 + np.expm1(-ratio) / np.maximum(ratio, 0.01),
        )
        too_low = middle < lost * (2 - lost)
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return (low + high) / 2


def cache_hit_rate(cached_fraction: Quantity, policy: str) -> Quantity:
    """Return the share of reads that a cache serves when every epoch is a fresh permutation.

    ``cached_fraction`` c is the cache's size over the dataset's. ``never_evict`` keeps what came
    first, hit rate c, the best that is possible (MinIO in Mohan et al. 2021); ``lru`` is
    ``c + (1-c)·ln(1-c)``; ``random_replacement``, which Linux's page cache resembles under a
    random order, solves ``1 - m = [(1 - e^(-m/c)) / (m/c)]²`` for the miss rate m. Steady state,
    so not the first epoch; the independent-reference model does not apply to permutations.

    Raises ``ValueError`` for a fraction outside [0, 1] or an unknown policy.
    """
    cached = fraction("cached_fraction", cached_fraction)
    if policy == "never_evict":
        return plain(cached)
    if policy == "lru":
        missing = 1 - cached
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = np.where(missing > 0, missing * np.log(np.where(missing > 0, missing, 1)), 0.0)
        return plain(np.maximum(cached + lost, 0.0))
    if policy == "random_replacement":
        return plain(np.where(cached < 1, 1 - _random_replacement_miss(cached), 1.0))
    raise ValueError(f"policy must be one of {', '.join(CACHE_POLICIES)}; got {policy!r}")


def bytes_fetched(dataset_size: Quantity, cached_fraction: Quantity, policy: str) -> Quantity:
    """Return the bytes of one warm epoch that the cache does not serve.

    ``dataset_size`` in bytes; see :func:`cache_hit_rate` for the rest and for the errors.
    """
    size = non_negative("dataset_size", dataset_size)
    return plain(size * (1 - np.asarray(cache_hit_rate(cached_fraction, policy))))


def parallel_tiers_bandwidth(bandwidths: Quantity, fractions: Quantity) -> Quantity:
    """Return the bytes/s of tiers that are read at the same time, along the last axis.

    Tier i delivers ``fractions[i]`` of the bytes at up to ``bandwidths[i]`` bytes/s; the stream
    goes as fast as the tier that finishes last: ``min(BW_i / fraction_i)``. A tier with no
    share does not bind.

    Raises ``ValueError`` unless bandwidths are above 0 and the fractions sum to 1.
    """
    bandwidths = positive("bandwidths", bandwidths)
    shares = fraction("fractions", fractions)
    require(np.abs(shares.sum(axis=-1) - 1) < 1e-9, "fractions must sum to 1")
    with np.errstate(divide="ignore"):
        return plain(np.min(np.where(shares > 0, bandwidths / shares, np.inf), axis=-1))


def stall_time(io_time: Quantity, prepare_time: Quantity, compute_time: Quantity) -> Quantity:
    """Return the seconds per step that the accelerator waits in a pipelined loop.

    Reading, preparing and computing overlap, so a step lasts as long as the slowest of them and
    the accelerator waits ``max(0, max(io, prepare) - compute)``. Prefetching deeper than one
    step only absorbs variance.

    Raises ``ValueError`` for a negative time.
    """
    feeding = np.maximum(
        non_negative("io_time", io_time), non_negative("prepare_time", prepare_time)
    )
    return plain(np.maximum(0.0, feeding - non_negative("compute_time", compute_time)))


def stalled_fraction(io_time: Quantity, prepare_time: Quantity, compute_time: Quantity) -> Quantity:
    """Return the share of a pipelined step that the accelerator waits, 0 to 1.

    ``stall / (stall + compute)``; see :func:`stall_time`. Raises ``ValueError`` for a negative
    time or a compute time of 0.
    """
    stall = np.asarray(stall_time(io_time, prepare_time, compute_time))
    return plain(stall / (stall + positive("compute_time", compute_time)))


def mean_epoch_time(cold: Quantity, warm: Quantity, epochs: Quantity) -> Quantity:
    """Return the mean seconds of an epoch when the first is cold: ``(cold + (E-1)·warm) / E``."""
    cold, warm = non_negative("cold", cold), non_negative("warm", warm)
    epochs = whole("epochs", epochs)
    return plain((cold + (epochs - 1) * warm) / epochs)


def max_accelerators(
    bandwidth: Quantity,
    record_size: Quantity,
    batch_size: Quantity,
    compute_time: Quantity,
    target_utilization: Quantity,
) -> Quantity:
    """Return how many accelerators a storage system keeps busy, a whole number.

    Each takes ``target_utilization · batch_size · record_size / compute_time`` bytes/s
    (``record_size`` in bytes, ``compute_time`` in seconds per batch) of ``bandwidth`` bytes/s.
    A vendor's bandwidth alone is an upper bound: with small records latency and CPU bind first.

    Raises ``ValueError`` for an argument of 0 or less or a target above 1.
    """
    target = positive("target_utilization", fraction("target_utilization", target_utilization))
    record = positive("record_size", record_size)
    batch = positive("batch_size", batch_size)
    each = target * batch * record / positive("compute_time", compute_time)
    # a hair above the quotient, so that a whole number isn't lost to its last binary digit
    count = np.floor(positive("bandwidth", bandwidth) / each * (1 + 1e-12))
    return int(count) if count.ndim == 0 else count.astype(np.int64)


def training_throughput(
    accelerators: Quantity,
    batch_size: Quantity,
    compute_time: Quantity,
    utilization: Quantity,
    readers: Quantity = 0,
    steps: Quantity = 1,
) -> Quantity:
    """Return samples/s of synchronous training, the fill of the pipeline included.

    ``N·B/t · AU · (1 - w/steps)``: ``utilization`` AU leaves the first batch out (as MLPerf
    Storage defines it) while samples/s includes it, and with ``readers`` w loading in parallel
    the first batch costs about w batch-times out of ``steps`` per epoch. That holds where every
    reader fetches a batch of its own (56 published runs, mean error 0.7%); where readers share
    one batch, as with TFRecords, leave ``readers`` at 0 (34 runs, 0.3%).

    Raises ``ValueError`` for a utilisation outside [0, 1], or more readers than steps.
    """
    accelerators = positive("accelerators", accelerators)
    rate = accelerators * positive("batch_size", batch_size)
    rate = rate / positive("compute_time", compute_time) * fraction("utilization", utilization)
    readers, steps = non_negative("readers", readers), positive("steps", steps)
    require(readers <= steps, "readers must not exceed steps: the pipeline would never fill")
    return plain(rate * (1 - readers / steps))


def straggler_utilization(accelerators: Quantity, coefficient: Quantity) -> Quantity:
    """Return the utilisation left by waiting for the slowest at each step's barrier.

    ``1 / (1 + c·ln N)``, empirical: the expected maximum of N light-tailed delays grows with
    ln N. ``coefficient`` c has no unit and has to be fitted to a system.

    Raises ``ValueError`` for a count below 1 or a negative coefficient.
    """
    count = whole("accelerators", accelerators)
    return plain(1 / (1 + non_negative("coefficient", coefficient) * np.log(count)))


def connections_for(link_bandwidth: Quantity, stream_bandwidth: Quantity) -> Quantity:
    """Return how many parallel connections fill a link, a whole number.

    ``link_bandwidth`` and ``stream_bandwidth`` (of one connection) in bytes/s. Raises
    ``ValueError`` for an argument of 0 or less.
    """
    link = positive("link_bandwidth", link_bandwidth)
    count = np.ceil(link / positive("stream_bandwidth", stream_bandwidth) * (1 - 1e-12))
    return int(count) if count.ndim == 0 else count.astype(np.int64)
