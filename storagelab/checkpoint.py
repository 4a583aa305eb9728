"""Checkpoints: how long a dump takes, how often to make one, what a failure-prone job costs.

Symbols: d dump time, τ interval of compute between dumps (it leaves the dump out), M mean time
between failures of the whole job, R restart time, Ts failure-free work. Failures are taken as
exponential: independent of age, of the load and of one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.checks import (
    Floats,
    Quantity,
    non_negative,
    plain,
    positive,
    require,
    single,
    whole,
)

# Coefficients of s, s², … in τ/M for s = sqrt(2d/M): the reversion of u + ln(1 - u) = -s²/2.
# The first three are Daly's higher-order formula.
_SERIES = (1.0, -1 / 3, 1 / 36, 1 / 270, 1 / 4320, -1 / 17010, -139 / 5443200)
_SERIES_BELOW = 0.01


def young_interval(dump_time: Quantity, mtbf: Quantity) -> Quantity:
    """Return Young's checkpoint interval in seconds: ``sqrt(2·d·M)`` (Young 1974).

    A first-order result for ``dump_time`` much below ``mtbf``, both in seconds. Often read as
    the period; here, as elsewhere in this module, it is the compute time between dumps.

    Raises ``ValueError`` for a negative dump time or an MTBF of 0 or less.
    """
    dump = non_negative("dump_time", dump_time)
    return plain(np.sqrt(2 * dump) * np.sqrt(positive("mtbf", mtbf)))


def daly_interval(dump_time: Quantity, mtbf: Quantity) -> Quantity:
    """Return Daly's higher-order checkpoint interval in seconds (Daly 2006, equation 37).

    ``sqrt(2dM)·[1 + sqrt(d/2M)/3 + (d/2M)/9] - d`` for ``d < 2M``, else ``M``.

    Raises ``ValueError`` for a negative dump time or an MTBF of 0 or less.
    """
    dump, mtbf = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    ratio = dump / mtbf / 2
    root = np.sqrt(2 * dump) * np.sqrt(mtbf)
    return plain(np.where(ratio < 1, root * (1 + np.sqrt(ratio) / 3 + ratio / 9) - dump, mtbf))


def optimal_interval(dump_time: Quantity, mtbf: Quantity) -> Quantity:
    """Return the interval, in seconds, that minimises the expected wall time exactly.

    Setting the derivative of :func:`expected_wall_time` to zero gives
    ``τ = M·[1 + W0(-exp(-1 - d/M))]`` with Lambert's W; restart time and work drop out.

    Raises ``ValueError`` for a negative dump time or an MTBF of 0 or less.
    """
    dump, mtbf = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    delay = dump / mtbf
    root = np.sqrt(2 * delay)
    # Near the branch point W loses half of its digits, the series none.
    series = root * np.polynomial.polynomial.polyval(root, _SERIES)
    return plain(mtbf * np.where(root < _SERIES_BELOW, series, _one_plus_w0(delay)))


def _one_plus_w0(delay: Floats) -> Floats:
    """Return ``1 + W0(-exp(-1 - delay))``, by Newton on ``u + ln(1 - u) + delay = 0``.

    The unknown is ``v = 1 - u``, solving ``ln v - v + 1 + delay = 0`` on (0, 1]: concave and
    rising, so that Newton started below the root climbs to it and cannot leave the interval.
    """
    # below, the series serves; above, v = exp(-target) is nothing beside 1 and must not underflow
    target = 1 + np.clip(delay, _SERIES_BELOW**2 / 2, 700)
    v = np.exp(-target)  # below the root, since ln v - v + target = -v < 0 there
    for _ in range(60):
        step = (np.log(v) - v + target) * v / (1 - v)
        v = v - step
        if np.all(np.abs(step) <= 1e-15 * v):
            break
    return 1 - v


def expected_wall_time(
    solve_time: Quantity,
    interval: Quantity,
    dump_time: Quantity,
    mtbf: Quantity,
    restart_time: Quantity,
) -> Quantity:
    """Return the expected seconds, failures and all, of a job of ``solve_time`` seconds.

    ``T = M·e^(R/M)·(e^((τ+d)/M) - 1)·Ts/τ``, exact for exponential failures that may also strike
    a dump or a restart, with a dump after every interval (Daly 2006, equation 20). All arguments
    in seconds; ``interval`` leaves the dump out.

    Raises ``ValueError`` for an argument out of its range, an interval longer than the work, or
    a job that practically never ends (the expectation overflows).
    """
    work, interval = positive("solve_time", solve_time), positive("interval", interval)
    dump, mtbf = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    restart = non_negative("restart_time", restart_time)
    require(
        interval <= work * (1 + 1e-12),
        "interval must not exceed solve_time: such a job makes no checkpoint at all",
    )
    with np.errstate(over="ignore"):
        wall = (
            (mtbf / interval) * np.exp(restart / mtbf) * np.expm1((interval + dump) / mtbf) * work
        )
    return plain(_ends("expected wall time", wall))


def unprotected_wall_time(solve_time: Quantity, mtbf: Quantity, restart_time: Quantity) -> Quantity:
    """Return the expected seconds of a job without checkpoints: ``M·e^(R/M)·(e^(Ts/M) - 1)``.

    Raises ``ValueError`` for an argument out of its range, or where the expectation overflows.
    """
    work, mtbf = positive("solve_time", solve_time), positive("mtbf", mtbf)
    restart = non_negative("restart_time", restart_time)
    with np.errstate(over="ignore"):
        wall = mtbf * np.exp(restart / mtbf) * np.expm1(work / mtbf)
    return plain(_ends("expected wall time", wall))


def _ends(name: str, seconds: Floats) -> Floats:
    require(
        np.isfinite(seconds),
        f"the {name} is beyond a float's range: with failures this frequent the job never ends",
    )
    return seconds


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
    interval = single("interval", positive("interval", interval))
    dump = single("dump_time", non_negative("dump_time", dump_time))
    mean = single("mtbf", positive("mtbf", mtbf))
    restart = single("restart_time", non_negative("restart_time", restart_time))
    count = int(single("trials", whole("trials", trials, least=2)))
    generator = np.random.default_rng(int(single("seed", whole("seed", seed, least=0))))
    segments = max(1, int(np.ceil(work / interval * (1 - 1e-12))))
    period = interval + dump
    last = work - (segments - 1) * interval
    with np.errstate(over="ignore"):
        pieces = (segments - 1) * np.expm1(period / mean) + np.expm1(last / mean)
        failures = np.exp(restart / mean) * pieces  # the mean wall time over the MTBF
    require(failures <= 1e6, "the simulated job practically never ends: failures are too frequent")

    wall = np.zeros(count)
    running = np.arange(count)
    saved = np.zeros(count, dtype=np.int64)
    pause = 0.0  # a first start needs no restart
    while running.size:
        lifetime = generator.exponential(mean, running.size)
        needed = pause + (segments - 1 - saved[running]) * period + last
        done = lifetime >= needed
        wall[running] += np.where(done, needed, lifetime)
        kept = np.maximum(lifetime - pause, 0.0) // period
        running, kept = running[~done], kept[~done]
        saved[running] = np.minimum(saved[running] + kept.astype(np.int64), segments - 1)
        pause = restart
    return WallTimeEstimate(float(wall.mean()), float(wall.std(ddof=1) / np.sqrt(count)), count)


def storm_write_time(
    size: Quantity,
    writers: Quantity,
    shared_bandwidth: Quantity,
    node_bandwidth: Quantity,
    sharded: bool = True,
) -> Quantity:
    """Return the seconds in which ``writers`` nodes save one checkpoint at the same moment.

    ``size`` bytes are one full checkpoint. Sharded, each writer saves its own part and the
    checkpoint goes to storage once; replicated, each writer saves all of it. The bytes pass
    ``min(shared_bandwidth, writers · node_bandwidth)`` bytes/s. Metadata operations and
    contention beyond the shared bandwidth are left out.

    Raises ``ValueError`` for a negative size, a bandwidth of 0 or less, or a writer count that
    isn't a whole number from 1 up.
    """
    size, writers = non_negative("size", size), whole("writers", writers)
    shared = positive("shared_bandwidth", shared_bandwidth)
    path = np.minimum(shared, writers * positive("node_bandwidth", node_bandwidth))
    return plain(size * (1.0 if sharded else writers) / path)


def job_mtbf(component_mtbf: Quantity, count: Quantity) -> Quantity:
    """Return the MTBF, in seconds, of a job that stops when any of ``count`` equal parts fails.

    ``M_part / n``, for independent exponential failures. Measured clusters stray from 1/n:
    Kokolis et al. (2025) report a 1,024-GPU mean time to failure that the scaling of node
    failure rates misses by 3.7 times.

    Raises ``ValueError`` for an MTBF of 0 or less, or a count below 1.
    """
    return plain(positive("component_mtbf", component_mtbf) / whole("count", count))


def checkpoint_size(parameters: Quantity, bytes_per_parameter: Quantity) -> Quantity:
    """Return the bytes of a full checkpoint.

    2 bytes a parameter are bf16 weights alone; 14 add 32-bit weights and two 32-bit Adam moments
    (the MLPerf Storage checkpoint workloads write that). Raises ``ValueError`` for 0 or less.
    """
    size = positive("bytes_per_parameter", bytes_per_parameter)
    return plain(positive("parameters", parameters) * size)


def transformer_parameters(
    layers: Quantity,
    hidden: Quantity,
    ffn: Quantity,
    heads: Quantity,
    kv_heads: Quantity,
    vocab: Quantity,
) -> Quantity:
    """Return the parameters of a decoder with grouped-query attention and a gated feed-forward.

    ``L(2h² + 2h·kv·h/heads + 3h·f) + 2Vh``: query and output, key and value, three feed-forward
    matrices, and separate input and output embeddings; norms are left out (under 0.01%).

    Raises ``ValueError`` for a dimension that isn't a whole number from 1 up.
    """
    layers, hidden, ffn = whole("layers", layers), whole("hidden", hidden), whole("ffn", ffn)
    heads, kv_heads = whole("heads", heads), whole("kv_heads", kv_heads)
    attention = 2 * hidden**2 + 2 * hidden * kv_heads * hidden / heads
    return plain(layers * (attention + 3 * hidden * ffn) + 2 * whole("vocab", vocab) * hidden)


def storage_share(interval: Quantity, dump_time: Quantity) -> Quantity:
    """Return the share of time in which dumps saturate the storage: ``d / (τ + d)``, 0 to 1.

    Raises ``ValueError`` for an interval of 0 or less or a negative dump time.
    """
    dump = non_negative("dump_time", dump_time)
    return plain(dump / (positive("interval", interval) + dump))


def shortest_interval(dump_time: Quantity, storage_limit: Quantity) -> Quantity:
    """Return the interval, in seconds, at which dumps take ``storage_limit`` of the storage's time.

    The inverse of :func:`storage_share`: ``d·(1 - limit)/limit``; checkpointing more often
    crashes the storage. Raises ``ValueError`` for a limit outside (0, 1).
    """
    limit = positive("storage_limit", storage_limit)
    require(limit < 1, "storage_limit must be below 1")
    return plain(non_negative("dump_time", dump_time) * (1 - limit) / limit)
