"""A million points through every closed form, against the bare NumPy expression.

The bare expression checks nothing. Where a law is the root of an equation, the reference is the
shortest way to it: SciPy's Lambert W, or as many Newton steps with nothing around them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from measuring import Result, at_most, in_pairs
from scipy.special import lambertw

from storagelab import access, checkpoint, cost, energy, formats, pipeline, queueing

POINTS = 1_000_000
PAIRS = 7
LIMIT = 5.0

_generator = np.random.default_rng(4)


def _between(low: float, high: float) -> Any:
    return np.exp(_generator.uniform(np.log(low), np.log(high), POINTS))


SIZE = _between(4096, 1e8)
RATE = _between(1e8, 1e10)
TIME = _between(1e-5, 1e-1)
LONG = _between(10, 1000)
MTBF = _between(3600, 1e6)
SHARE = _generator.uniform(0.01, 0.99, POINTS)
COUNT = _generator.integers(1, 5000, POINTS).astype(float)
DEPTH = _between(1, 1000)


def _newton_miss(cached: Any) -> Any:
    r = (1 - cached) * (1 / cached + 5 / 7 * cached)
    for _ in range(5):
        kept = np.exp(-r)
        g = (1 - kept) / r
        r = r + (1 - g * g - cached * r) / (cached - 2 * g * (g - kept) / r)
    return ((1 - np.exp(-r)) / r) ** 2


def _amplification(spare: Any) -> Any:
    alpha = 1 + spare
    return alpha / (alpha + lambertw(-alpha * np.exp(-alpha)).real)


WORK = 2.6e6
SWEEPS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "access.read_time": (
        lambda: access.read_time(SIZE, 1e-4, 7e9),
        lambda: 1e-4 + SIZE / 7e9,
    ),
    "access.random_read_bandwidth": (
        lambda: access.random_read_bandwidth(RATE, TIME, SIZE),
        lambda: RATE * (SIZE / (SIZE + TIME * RATE)),
    ),
    "access.iops_at_queue_depth": (
        lambda: access.iops_at_queue_depth(69e-6, 1.6e6, DEPTH),
        lambda: DEPTH / (69e-6 - 1 / 1.6e6 + DEPTH / 1.6e6),
    ),
    "access.roofline_bandwidth": (
        lambda: access.roofline_bandwidth(1.6e6, 7e9, SIZE),
        lambda: np.minimum(1.6e6 * SIZE, 7e9),
    ),
    "access.queued_bandwidth": (
        lambda: access.queued_bandwidth(69e-6, 7e9, 1.6e6, 7e9, SIZE, 32),
        lambda: (
            32
            / (
                69e-6
                + SIZE / 7e9
                - 1 / (np.minimum(1.6e6 * SIZE, 7e9) / SIZE)
                + 32 / (np.minimum(1.6e6 * SIZE, 7e9) / SIZE)
            )
            * SIZE
        ),
    ),
    "access.burst_duration": (
        lambda: access.burst_duration(SIZE, 3000, 100),
        lambda: SIZE / (3000 - 100),
    ),
    "access.transfer_time": (
        lambda: access.transfer_time(SIZE, 8e7, 1e7, 1e6),
        lambda: (
            np.minimum(SIZE, 1e6 / 7e7 * 8e7) / 8e7
            + (SIZE - np.minimum(SIZE, 1e6 / 7e7 * 8e7)) / 1e7
        ),
    ),
    "access.shuffle_displacement": (
        lambda: access.shuffle_displacement(SIZE),
        lambda: 2 * SIZE * np.exp(SIZE * np.log1p(-1 / SIZE)),
    ),
    "access.neighbour_separation": (
        lambda: access.neighbour_separation(8, SIZE),
        lambda: 8 + (SIZE - 1) * np.exp(-8 / (SIZE - 1)),
    ),
    "access.useful_fraction": (
        lambda: access.useful_fraction(SIZE, 131072),
        lambda: SIZE / (np.ceil(SIZE / 131072) * 131072),
    ),
    "access.get_rate": (
        lambda: access.get_rate(SIZE, 0.15, 9e7, 64, 2, 5500, 1.25e9),
        lambda: np.minimum(np.minimum(64 / (0.15 + SIZE / 9e7), 2 * 5500), 1.25e9 / SIZE),
    ),
    "access.garbage_collection_amplification": (
        lambda: access.garbage_collection_amplification(SHARE),
        lambda: _amplification(SHARE),
    ),
    "access.lifetime": (
        lambda: access.lifetime(SIZE, 1e5, 100, 2),
        lambda: SIZE * 1e5 / (100 * 2),
    ),
    "formats.shard_imbalance": (
        lambda: formats.shard_imbalance(COUNT, 64),
        lambda: np.ceil(COUNT / 64) * 64 / COUNT,
    ),
    "pipeline.cache_hit_rate, lru": (
        lambda: pipeline.cache_hit_rate(SHARE, "lru"),
        lambda: SHARE + (1 - SHARE) * np.log(1 - SHARE),
    ),
    "pipeline.cache_hit_rate, random": (
        lambda: pipeline.cache_hit_rate(SHARE, "random_replacement"),
        lambda: _newton_miss(SHARE),
    ),
    "pipeline.stall_time": (
        lambda: pipeline.stall_time(TIME, 0.01, 0.02),
        lambda: np.maximum(0, np.maximum(TIME, 0.01) - 0.02),
    ),
    "pipeline.stalled_fraction": (
        lambda: pipeline.stalled_fraction(TIME, 0.01, 0.02),
        lambda: (
            np.maximum(0, np.maximum(TIME, 0.01) - 0.02)
            / (np.maximum(0, np.maximum(TIME, 0.01) - 0.02) + 0.02)
        ),
    ),
    "pipeline.mean_epoch_time": (
        lambda: pipeline.mean_epoch_time(100, 10, COUNT),
        lambda: (100 + (COUNT - 1) * 10) / COUNT,
    ),
    "pipeline.max_accelerators": (
        lambda: pipeline.max_accelerators(RATE, 114660, 400, 0.224, 0.9),
        lambda: np.floor(RATE / (0.9 * 400 * 114660 / 0.224)).astype(np.int64),
    ),
    "pipeline.training_throughput": (
        lambda: pipeline.training_throughput(8, 400, 0.224, SHARE, 8, 500),
        lambda: 8 * 400 / 0.224 * SHARE * (1 - 8 / 500),
    ),
    "pipeline.straggler_utilization": (
        lambda: pipeline.straggler_utilization(COUNT, 0.02),
        lambda: 1 / (1 + 0.02 * np.log(COUNT)),
    ),
    "queueing.mg1_wait": (
        lambda: queueing.mg1_wait(1e-3, SHARE, 0.5),
        lambda: SHARE * 1e-3 * 1.5 / (2 * (1 - SHARE)),
    ),
    "queueing.mm1_response_quantile": (
        lambda: queueing.mm1_response_quantile(1e-3, SHARE, 0.99),
        lambda: -np.log(0.01) * 1e-3 / (1 - SHARE),
    ),
    "queueing.stall_tail": (
        lambda: queueing.stall_tail(1e-4, 0.01, 0.06, TIME),
        lambda: np.where(TIME < 1e-4, 1.0, 0.01 * np.clip(1 - (TIME - 1e-4) / 0.06, 0, 1)),
    ),
    "checkpoint.young_interval": (
        lambda: checkpoint.young_interval(LONG, MTBF),
        lambda: np.sqrt(2 * LONG * MTBF),
    ),
    "checkpoint.daly_interval": (
        lambda: checkpoint.daly_interval(LONG, MTBF),
        lambda: np.where(
            LONG < 2 * MTBF,
            np.sqrt(2 * LONG * MTBF) * (1 + np.sqrt(LONG / (2 * MTBF)) / 3 + LONG / (2 * MTBF) / 9)
            - LONG,
            MTBF,
        ),
    ),
    "checkpoint.optimal_interval": (
        lambda: checkpoint.optimal_interval(LONG, MTBF),
        lambda: MTBF * (1 + lambertw(-np.exp(-1 - LONG / MTBF)).real),
    ),
    "checkpoint.expected_wall_time": (
        lambda: checkpoint.expected_wall_time(WORK, 3600, LONG, MTBF, 600),
        lambda: MTBF * np.exp(600 / MTBF) * (np.exp((3600 + LONG) / MTBF) - 1) * WORK / 3600,
    ),
    "checkpoint.first_order_wall_time": (
        lambda: checkpoint.first_order_wall_time(WORK, 600, LONG, 1e5, 600),
        lambda: WORK + (WORK / 600 - 1) * LONG + ((600 + LONG) / 2 + 600) * WORK / 1e5,
    ),
    "checkpoint.two_level_wall_time": (
        lambda: checkpoint.two_level_wall_time(WORK, 600, 10, 3, LONG, MTBF, 0.8, 60, 600),
        lambda: _two_levels(),
    ),
    "checkpoint.storm_write_time": (
        lambda: checkpoint.storm_write_time(SIZE, 1024, 1e11, 2.5e10),
        lambda: SIZE / min(1e11, 1024 * 2.5e10),
    ),
    "checkpoint.storage_share": (
        lambda: checkpoint.storage_share(600, LONG),
        lambda: LONG / (600 + LONG),
    ),
    "cost.idle_cost": (
        lambda: cost.idle_cost(SHARE, 8, 2.5),
        lambda: (1 - SHARE) * 8 * 2.5 * 730.5,
    ),
    "energy.average_power": (
        lambda: energy.average_power(TIME, 0.01),
        lambda: TIME / 0.01,
    ),
}


def _two_levels() -> Any:
    inner, last = np.expm1(603 / MTBF), np.expm1((603 + LONG) / MTBF)
    loss = np.log1p(inner * 0.2)
    mean = MTBF + 0.8 * 60 + 0.2 * 600
    first = np.expm1(9 * loss) / -np.expm1(-loss) * inner * mean / (1 + inner * 0.2)
    return (first * (1 + last * 0.2) + last * mean) * WORK / 6000


def results() -> list[Result]:
    """Return a comparison for each law."""
    found = []
    for name, (ours, bare) in SWEEPS.items():
        np.testing.assert_allclose(ours(), bare(), rtol=1e-6, err_msg=name)
        found.append(at_most(f"{name} / bare", *in_pairs(ours, bare, PAIRS), LIMIT))
    return found
