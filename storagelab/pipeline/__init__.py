"""The feeding path: tiers, caches and steps between a dataset and its accelerators."""

from storagelab.pipeline.accelerators import (
    barrier_time,
    max_accelerators,
    straggler_utilization,
    training_throughput,
)
from storagelab.pipeline.bottleneck import Bottleneck, find_bottleneck, gains
from storagelab.pipeline.caches import (
    CACHE_POLICIES,
    bytes_fetched,
    cache_hit_rate,
    two_level_hit_rates,
)
from storagelab.pipeline.logs import recorded_share
from storagelab.pipeline.serving import (
    doubling_load_time,
    fleet_load_time,
    kv_cache_size,
    spill_bandwidth,
)
from storagelab.pipeline.steps import (
    loader_rate,
    pipelined_step_time,
    serial_step_time,
    serial_utilization,
    stall_time,
    stalled_fraction,
)
from storagelab.pipeline.tiers import (
    cached_stream_bandwidth,
    cold_epoch_time,
    connections_for,
    load_time,
    mean_epoch_time,
    parallel_tiers_bandwidth,
    series_tiers_bandwidth,
)

__all__ = [
    "CACHE_POLICIES",
    "Bottleneck",
    "barrier_time",
    "bytes_fetched",
    "cache_hit_rate",
    "cached_stream_bandwidth",
    "cold_epoch_time",
    "connections_for",
    "doubling_load_time",
    "find_bottleneck",
    "fleet_load_time",
    "gains",
    "kv_cache_size",
    "load_time",
    "loader_rate",
    "max_accelerators",
    "mean_epoch_time",
    "parallel_tiers_bandwidth",
    "pipelined_step_time",
    "recorded_share",
    "serial_step_time",
    "serial_utilization",
    "series_tiers_bandwidth",
    "spill_bandwidth",
    "stall_time",
    "stalled_fraction",
    "straggler_utilization",
    "training_throughput",
    "two_level_hit_rates",
]
