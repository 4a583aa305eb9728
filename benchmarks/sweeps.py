"""A million points through every closed form, against the bare NumPy expression.

The bare expression checks nothing. Where a law is the root of an equation, the reference is the
shortest way to it: SciPy's Lambert W. Both have to give the same numbers before they are timed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import digamma, lambertw

from benchmarks.measuring import Result, at_most, in_pairs
from storagelab import (
    access,
    checkpoint,
    cost,
    energy,
    formats,
    pipeline,
    queueing,
    sensors,
)
from storagelab.checks import Counts, Floats

Values: TypeAlias = float | Floats | Counts
POINTS = 1_000_000
PAIRS = 7
LIMIT = 5.0

_generator = np.random.default_rng(4)


def _between(low: float, high: float) -> Floats:
    return np.exp(_generator.uniform(np.log(low), np.log(high), POINTS))


SIZE = _between(4096, 1e8)
RATE = _between(1e8, 1e10)
TIME = _between(1e-5, 1e-1)
LONG = _between(10, 1000)
MTBF = _between(3600, 1e6)
SHARE = _generator.uniform(0.01, 0.99, POINTS)
COUNT = _generator.integers(1, 5000, POINTS).astype(float)
DEPTH = _between(1, 1000)
TWO_RATES = np.stack([RATE, RATE[::-1]], axis=-1)


def _erlang(load: Floats) -> Floats:
    """Erlang's loss with three servers, as the quotient of its sums."""
    return load**3 / 6 / (1 + load + load**2 / 2 + load**3 / 6)


def _amplification(spare: Floats) -> Floats:
    alpha = 1 + spare
    found: Floats = alpha / (alpha + lambertw(-alpha * np.exp(-alpha)).real)
    return found


def _displacement(samples: float, buffer: Floats) -> Floats:
    share = buffer / samples
    short = 2 * buffer / math.e * (1 - (6 - 2 * math.e) * share)
    long = 4 * share**2 - np.exp(1 - 1 / share) * (4 * share**3 + 6 * share**2 + 1) / (3 * share)
    exact = np.exp(1 + buffer * np.log1p(-1 / buffer))
    return np.where(share <= 0.5, short, samples * long) * exact


WORK = 2.6e6
SWEEPS: dict[str, tuple[Callable[[], Values], Callable[[], Values]]] = {
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
    "access.order_factor": (
        lambda: access.order_factor(69e-6, 7e9, 1e12, 7e9, SIZE, 1, True),
        lambda: 1 + 69e-6 * 7e9 / SIZE,
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
        lambda: 8 + SIZE * np.exp(8 * np.log1p(-1 / SIZE)),
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
    "access.knee_request_size": (
        lambda: access.knee_request_size(1.6e6, RATE),
        lambda: RATE / 1.6e6,
    ),
    "access.request_size_for": (
        lambda: access.request_size_for(SHARE, TIME, RATE),
        lambda: TIME * RATE * (SHARE / (1 - SHARE)),
    ),
    "access.serial_request_size": (
        lambda: access.serial_request_size(SHARE, 32, 4),
        lambda: 32 * 4 / 8 * (SHARE / (1 - SHARE)),
    ),
    "access.half_bandwidth_request_size": (
        lambda: access.half_bandwidth_request_size(RATE, TIME),
        lambda: RATE * TIME,
    ),
    "access.refill_time": (
        lambda: access.refill_time(SIZE, 100),
        lambda: SIZE / 100,
    ),
    "access.baseline_rate": (
        lambda: access.baseline_rate(RATE, 3e-9, 100, 16e3),
        lambda: np.minimum(np.maximum(RATE * 3e-9, 100), 16e3),
    ),
    "access.rotation_time": (
        lambda: access.rotation_time(LONG),
        lambda: 1 / LONG,
    ),
    "access.mean_seek_time": (
        lambda: access.mean_seek_time(1e-6, TIME),
        lambda: 1e-6 + (TIME - 1e-6) * 8 / 15,
    ),
    "access.positioning_time": (
        lambda: access.positioning_time(TIME, 8e-3),
        lambda: TIME + 8e-3 / 2,
    ),
    "access.pages_touched": (
        lambda: access.pages_touched(SIZE, 4096),
        lambda: 1 + (SIZE - 1) / 4096,
    ),
    "access.read_ahead_bandwidth": (
        lambda: access.read_ahead_bandwidth(2.7e8, 12e-3, SIZE, 131072),
        lambda: SIZE / (12e-3 + np.ceil(SIZE / 131072) * 131072 / 2.7e8),
    ),
    "access.ranged_read_time": (
        lambda: access.ranged_read_time(SIZE, 0.15, 9e7, 8, 1.25e9),
        lambda: 0.15 + SIZE / min(8 * 9e7, 1.25e9),
    ),
    "access.serial_read_time": (
        lambda: access.serial_read_time(SIZE, 32, 133e6, 4),
        lambda: (32 + SIZE * 8 / 4) / 133e6,
    ),
    "access.in_place_update_time": (
        lambda: access.in_place_update_time(SIZE, 4096, 0.06, 256, 1.4e-3),
        lambda: np.ceil(SIZE / 4096) * (0.06 + 16 * 1.4e-3),
    ),
    "access.append_time": (
        lambda: access.append_time(SIZE, 4096, 0.06, 256, 1.4e-3),
        lambda: np.ceil(SIZE / 256) * 1.4e-3 + SIZE / 4096 * 0.06,
    ),
    "access.program_time": (
        lambda: access.program_time(SIZE, 256, 7e-4),
        lambda: np.ceil(SIZE / 256) * 7e-4,
    ),
    "access.erase_time": (
        lambda: access.erase_time(SIZE, 4096, 0.06),
        lambda: np.ceil(SIZE / 4096) * 0.06,
    ),
    "access.longest_stall": (
        lambda: access.longest_stall(TIME, 30e-6),
        lambda: np.minimum(TIME, 30e-6),
    ),
    "access.erase_time_with_suspends": (
        lambda: access.erase_time_with_suspends(TIME, 1e-2, 1e-3, 30e-6),
        lambda: TIME * (1e-2 / (1e-2 - 1e-3 - 30e-6)),
    ),
    "access.partial_write_amplification": (
        lambda: access.partial_write_amplification(SIZE, 4096),
        lambda: np.ceil(SIZE / 4096) * 4096 / SIZE,
    ),
    "access.stream_displacement": (
        lambda: access.stream_displacement(2e8, SIZE),
        lambda: _displacement(2e8, SIZE),
    ),
    "access.buffer_memory": (
        lambda: access.buffer_memory(SIZE, 114660),
        lambda: SIZE * 114660,
    ),
    "access.buffer_fill_time": (
        lambda: access.buffer_fill_time(SIZE, 114660, 1e9),
        lambda: SIZE * 114660 / 1e9,
    ),
    "formats.shard_imbalance": (
        lambda: formats.shard_imbalance(COUNT, 64),
        lambda: np.ceil(COUNT / 64) * 64 / COUNT,
    ),
    "formats.metadata_rate": (
        lambda: formats.metadata_rate(1, SIZE),
        lambda: 1 * SIZE,
    ),
    "formats.shards_per_host": (
        lambda: formats.shards_per_host(1e13, SIZE, 64),
        lambda: 1e13 / SIZE / 64,
    ),
    "formats.straddled_shards": (
        lambda: formats.straddled_shards(COUNT, 64),
        lambda: np.minimum(COUNT, 64 - np.gcd(COUNT.astype(np.int64), 64)),
    ),
    "pipeline.cache_hit_rate, lru": (
        lambda: pipeline.cache_hit_rate(SHARE, "lru"),
        lambda: SHARE + (1 - SHARE) * np.log(1 - SHARE),
    ),
    "pipeline.cache_hit_rate, random": (
        lambda: pipeline.cache_hit_rate(SHARE, "random_replacement"),
        lambda: -SHARE * np.log(1 - SHARE + SHARE * np.exp(-1 / SHARE)),
    ),
    "pipeline.fleet_load_time": (
        lambda: pipeline.fleet_load_time(SIZE, COUNT, RATE, 1e9),
        lambda: np.maximum(SIZE / 1e9, COUNT * SIZE / RATE),
    ),
    "pipeline.doubling_load_time": (
        lambda: pipeline.doubling_load_time(SIZE, COUNT, RATE, 1e9),
        lambda: SIZE / np.minimum(RATE, 1e9) + np.ceil(np.log2(COUNT)) * SIZE / 1e9,
    ),
    "pipeline.kv_cache_size": (
        lambda: pipeline.kv_cache_size(COUNT, 80, 8, 128, 2),
        lambda: COUNT * (2 * 80 * 8 * 128 * 2),
    ),
    "pipeline.spill_bandwidth": (
        lambda: pipeline.spill_bandwidth(SIZE, 7e10, 3e15),
        lambda: SIZE * 3e15 / (2 * 7e10),
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
    "pipeline.cache_hit_rate, never evict": (
        lambda: pipeline.cache_hit_rate(SHARE, "never_evict"),
        lambda: SHARE.copy(),
    ),
    "pipeline.cache_hit_rate, lru repeated": (
        lambda: pipeline.cache_hit_rate(SHARE, "lru_repeated"),
        lambda: np.where(SHARE < 1, 0.0, 1.0),
    ),
    "pipeline.bytes_fetched": (
        lambda: pipeline.bytes_fetched(1e13, SHARE, "never_evict"),
        lambda: 1e13 * (1 - SHARE),
    ),
    "pipeline.serial_step_time": (
        lambda: pipeline.serial_step_time(TIME, 0.01, 0.02),
        lambda: TIME + 0.01 + 0.02,
    ),
    "pipeline.serial_utilization": (
        lambda: pipeline.serial_utilization(TIME, 0.01, 0.02),
        lambda: 0.02 / (TIME + 0.01 + 0.02),
    ),
    "pipeline.pipelined_step_time": (
        lambda: pipeline.pipelined_step_time(TIME, 0.01, 0.02),
        lambda: np.maximum(np.maximum(TIME, 0.01), 0.02),
    ),
    "pipeline.loader_rate": (
        lambda: pipeline.loader_rate(LONG, 64, 2e-3),
        lambda: np.minimum(LONG, 64) / 2e-3,
    ),
    "pipeline.cold_epoch_time": (
        lambda: pipeline.cold_epoch_time(1e13, RATE, 64, 87.5e6, 2e9),
        lambda: 1e13 / np.minimum(np.minimum(RATE, 64 * 87.5e6), 2e9),
    ),
    "pipeline.barrier_time": (
        lambda: pipeline.barrier_time(COUNT, 0.01),
        lambda: 0.01 * (digamma(COUNT + 1) + np.euler_gamma),
    ),
    "pipeline.parallel_tiers_bandwidth": (
        lambda: pipeline.parallel_tiers_bandwidth(TWO_RATES, [0.4, 0.6]),
        lambda: 1 / np.max([0.4, 0.6] / TWO_RATES, axis=-1),
    ),
    "pipeline.cached_stream_bandwidth": (
        lambda: pipeline.cached_stream_bandwidth(RATE, 7e9, SHARE),
        lambda: np.minimum(RATE / (1 - SHARE), 7e9 / SHARE),
    ),
    "pipeline.series_tiers_bandwidth": (
        lambda: pipeline.series_tiers_bandwidth(TWO_RATES, [0.4, 0.6]),
        lambda: 1 / np.sum([0.4, 0.6] / TWO_RATES, axis=-1),
    ),
    "pipeline.load_time": (
        lambda: pipeline.load_time(1.4e11, TWO_RATES),
        lambda: 1.4e11 / np.min(TWO_RATES, axis=-1),
    ),
    "pipeline.two_level_hit_rates": (
        lambda: pipeline.two_level_hit_rates(0.1, SHARE, "never_evict")[1],
        lambda: np.minimum(1, 0.1 + SHARE) - 0.1,
    ),
    "pipeline.recorded_share": (
        lambda: pipeline.recorded_share(RATE, 28800, 2e11, 2e6),
        lambda: np.minimum(1, (2e11 / 28800 + 2e6) / RATE),
    ),
    "pipeline.connections_for": (
        lambda: pipeline.connections_for(RATE, 87.5e6),
        lambda: np.ceil(RATE / 87.5e6).astype(np.int64),
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
    "queueing.mm1_wait": (
        lambda: queueing.mm1_wait(1e-3, SHARE),
        lambda: SHARE * 1e-3 / (1 - SHARE),
    ),
    "queueing.md1_wait": (
        lambda: queueing.md1_wait(1e-3, SHARE),
        lambda: SHARE * 1e-3 / (2 * (1 - SHARE)),
    ),
    "queueing.littles_outstanding": (
        lambda: queueing.littles_outstanding(RATE, TIME),
        lambda: RATE * TIME,
    ),
    "queueing.mm1_response_tail": (
        lambda: queueing.mm1_response_tail(1e-3, SHARE, 1e-2),
        lambda: np.exp(-(1 - SHARE) * 1e-2 / 1e-3),
    ),
    "queueing.stall_quantile": (
        lambda: queueing.stall_quantile(1e-4, SHARE, 0.06, 0.9),
        lambda: 1e-4 + np.where(SHARE > 0.1, 0.06 * (1 - 0.1 / SHARE), 0),
    ),
    "queueing.frame_miss_probability": (
        lambda: queueing.frame_miss_probability(SHARE, 20),
        lambda: 1 - (1 - SHARE) ** 20,
    ),
    "queueing.deadline_misses": (
        lambda: queueing.deadline_misses(SHARE, 60),
        lambda: SHARE * 60 * 3600,
    ),
    "queueing.asymptotic_bounds": (
        lambda: np.array(queueing.asymptotic_bounds(3.0, 1.5, 1.0, COUNT)),
        lambda: np.array([COUNT / (3 + 1.5 * COUNT), np.minimum(COUNT / 4.5, 1.0)]),
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
    "checkpoint.two_level_restarts": (
        lambda: checkpoint.two_level_restarts(LONG, MTBF, 0.8, 60, 600),
        lambda: _restarts(),
    ),
    "checkpoint.two_level_optimum": (
        lambda: checkpoint.two_level_optimum(10, 3, LONG, MTBF, 0.8),
        lambda: np.sqrt(2 * (3 + LONG / 10) * MTBF / (0.8 + 0.2 * 10)),
    ),
    "checkpoint.first_order_loss": (
        lambda: checkpoint.first_order_loss(600, LONG, 1e5, 600),
        lambda: LONG / 600 + ((600 + LONG) / 2 + 600) / 1e5,
    ),
    "checkpoint.read_back_time": (
        lambda: checkpoint.read_back_time(SIZE, 1024, 1e11, 2.5e10),
        lambda: SIZE / min(1e11, 1024 * 2.5e10),
    ),
    "checkpoint.spare_wait": (
        lambda: checkpoint.spare_wait(14400, LONG, 3),
        lambda: _erlang(14400 / LONG) * 14400 / 4,
    ),
    "checkpoint.wear_period": (
        lambda: checkpoint.wear_period(4096, 262144, 1e5, LONG),
        lambda: 4096 * LONG / (262144 * 1e5),
    ),
    "checkpoint.storm_write_time": (
        lambda: checkpoint.storm_write_time(SIZE, 1024, 1e11, 2.5e10),
        lambda: SIZE / min(1e11, 1024 * 2.5e10),
    ),
    "checkpoint.storage_share": (
        lambda: checkpoint.storage_share(600, LONG),
        lambda: LONG / (600 + LONG),
    ),
    "checkpoint.segmented_wall_time": (
        lambda: checkpoint.segmented_wall_time(WORK, 700, LONG, MTBF, 600),
        lambda: (
            MTBF
            * np.exp(600 / MTBF)
            * (699 * (np.exp((WORK / 700 + LONG) / MTBF) - 1) + (np.exp(WORK / 700 / MTBF) - 1))
        ),
    ),
    "checkpoint.immune_restart_wall_time": (
        lambda: checkpoint.immune_restart_wall_time(WORK, 3600, LONG, MTBF, 600),
        lambda: (MTBF + 600) * (np.exp((3600 + LONG) / MTBF) - 1) * WORK / 3600,
    ),
    "checkpoint.unprotected_wall_time": (
        lambda: checkpoint.unprotected_wall_time(1e5, MTBF, 600),
        lambda: MTBF * np.exp(600 / MTBF) * (np.exp(1e5 / MTBF) - 1),
    ),
    "checkpoint.asynchronous_interval": (
        lambda: checkpoint.asynchronous_interval(LONG, 300, MTBF),
        lambda: np.maximum(MTBF * (1 + lambertw(-np.exp(-1 - LONG / MTBF)).real), 300),
    ),
    "checkpoint.asynchronous_wall_time": (
        lambda: checkpoint.asynchronous_wall_time(WORK, 3600, LONG, 300, MTBF, 600),
        lambda: MTBF * np.exp(900 / MTBF) * (np.exp((3600 + LONG) / MTBF) - 1) * WORK / 3600,
    ),
    "checkpoint.survival_probability": (
        lambda: checkpoint.survival_probability(LONG, MTBF),
        lambda: np.exp(-LONG / MTBF),
    ),
    "checkpoint.job_mtbf": (
        lambda: checkpoint.job_mtbf(1.8e8, COUNT),
        lambda: 1.8e8 / COUNT,
    ),
    "checkpoint.combined_mtbf": (
        lambda: checkpoint.combined_mtbf(TWO_RATES, [8, 2]),
        lambda: 1 / np.sum([8, 2] / TWO_RATES, axis=-1),
    ),
    "checkpoint.checkpoint_size": (
        lambda: checkpoint.checkpoint_size(RATE, 14),
        lambda: RATE * 14,
    ),
    "checkpoint.transformer_parameters": (
        lambda: checkpoint.transformer_parameters(COUNT, 4096, 14336, 32, 8, 128256),
        lambda: (
            COUNT * (2 * 4096**2 + 2 * 4096 * 8 * 4096 / 32 + 3 * 4096 * 14336) + 2 * 128256 * 4096
        ),
    ),
    "checkpoint.shortest_interval": (
        lambda: checkpoint.shortest_interval(LONG, 0.02),
        lambda: LONG * (1 - 0.02) / 0.02,
    ),
    "checkpoint.two_level_intervals": (
        lambda: np.array(checkpoint.two_level_intervals(3, LONG, MTBF, 0.8)),
        lambda: np.array([np.sqrt(2 * 3 * MTBF / 0.8), np.sqrt(2 * LONG * MTBF / 0.2)]),
    ),
    "cost.idle_cost": (
        lambda: cost.idle_cost(SHARE, 8, 2.5),
        lambda: (1 - SHARE) * 8 * 2.5 * 730.5,
    ),
    "energy.two_tier_power": (
        lambda: energy.two_tier_power(96e3, SHARE, 1e-11, 9e-10, 0.01),
        lambda: 96e3 * (SHARE * 1e-11 + (1 - SHARE) * 9e-10) / 0.01,
    ),
    "energy.average_power": (
        lambda: energy.average_power(TIME, 0.01),
        lambda: TIME / 0.01,
    ),
    "cost.capacity_cost": (
        lambda: cost.capacity_cost(SIZE, 0.023, 1e7),
        lambda: SIZE / 1e9 * 1e7 / 2629800 * 0.023,
    ),
    "cost.rent": (
        lambda: cost.rent(SIZE, 110, 1e7),
        lambda: SIZE * 110 * 1e7 / 2629800,
    ),
    "cost.request_cost": (
        lambda: cost.request_cost(1e13, SIZE, 90, 4e-7),
        lambda: 1e13 / SIZE * 90 * 4e-7,
    ),
    "cost.transfer_cost": (
        lambda: cost.transfer_cost(SIZE, 90, 0.02),
        lambda: SIZE / 1e9 * 90 * 0.02,
    ),
    "energy.read_power": (
        lambda: energy.read_power(TIME, 3.0),
        lambda: TIME * 3.0,
    ),
    "energy.read_energy": (
        lambda: energy.read_energy(TIME, 8e-3, 3.0),
        lambda: TIME * 8e-3 * 3.0,
    ),
    "energy.current_at_bandwidth": (
        lambda: energy.current_at_bandwidth(RATE, 6e9),
        lambda: RATE / 6e9,
    ),
    "sensors.audio_rate": (
        lambda: sensors.audio_rate(LONG, 24, 2),
        lambda: LONG * (24 * 2 / 8),
    ),
    "sensors.buffer_time": (
        lambda: sensors.buffer_time(65536, RATE),
        lambda: 65536 / RATE,
    ),
    "sensors.lidar_packet_size": (
        lambda: sensors.lidar_packet_size(16, COUNT, 12, 16, 4),
        lambda: 16 * (16 + COUNT * 12 + 4),
    ),
}


def _restarts() -> Floats:
    near, far = 1 - np.exp(-60 / MTBF), 1 - np.exp(-600 / MTBF)
    durable = 0.2 / (1 - 0.8 * far)
    return np.asarray(LONG * (durable * far + (1 - durable) * near))


def _two_levels() -> Floats:
    inner, last = np.expm1(603 / MTBF), np.expm1((603 + LONG) / MTBF)
    loss = np.log1p(inner * 0.2)
    mean = MTBF + 0.8 * 60 + 0.2 * 600
    first = np.expm1(9 * loss) / -np.expm1(-loss) * inner * mean / (1 + inner * 0.2)
    found: Floats = (first * (1 + last * 0.2) + last * mean) * WORK / 6000
    return found


def results() -> list[Result]:
    """Return a comparison for each law."""
    found = []
    for name, (ours, bare) in SWEEPS.items():
        np.testing.assert_allclose(ours(), bare(), rtol=1e-6, err_msg=name)
        found.append(at_most(f"{name} / bare", *in_pairs(ours, bare, PAIRS), LIMIT))
    return found
