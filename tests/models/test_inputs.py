"""One door for every law: what it refuses, how it names it, and that arrays are many scalars."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab import (
    access,
    checkpoint,
    checks,
    cost,
    energy,
    formats,
    pipeline,
    queueing,
    sensors,
)

GOOD: dict[Callable[..., Any], dict[str, float]] = {
    access.read_time: {"size": 1e6, "latency": 1e-3, "bandwidth": 1e9},
    access.random_read_bandwidth: {"bandwidth": 7e9, "latency": 69e-6, "request_size": 4096.0},
    access.iops_at_queue_depth: {"latency": 69e-6, "max_iops": 1.6e6, "queue_depth": 8.0},
    access.roofline_bandwidth: {"max_iops": 1e6, "max_bandwidth": 7e9, "request_size": 4096.0},
    access.knee_request_size: {"max_iops": 1e6, "max_bandwidth": 7e9},
    access.burst_duration: {"credits": 5.4e6, "burst": 3000.0, "baseline": 100.0},
    access.shuffle_displacement: {"buffer": 1000.0},
    access.stream_displacement: {"samples": 1e6, "buffer": 1000.0},
    access.neighbour_separation: {"interleave": 8, "buffer": 1000.0},
    access.buffer_memory: {"buffer": 1000.0, "sample_size": 1e5},
    access.buffer_fill_time: {"buffer": 1000.0, "sample_size": 1e5, "bandwidth": 1e9},
    access.half_bandwidth_request_size: {"bandwidth": 7e9, "latency": 69e-6},
    access.request_size_for: {"share": 0.9, "latency": 69e-6, "bandwidth": 7e9},
    access.queued_bandwidth: {
        "latency": 69e-6,
        "stream_bandwidth": 7e9,
        "max_iops": 1.6e6,
        "max_bandwidth": 7e9,
        "request_size": 4096.0,
        "queue_depth": 8.0,
    },
    access.order_factor: {
        "latency": 69e-6,
        "stream_bandwidth": 7e9,
        "max_iops": 1.6e6,
        "max_bandwidth": 7e9,
        "request_size": 4096.0,
        "queue_depth": 8.0,
    },
    access.refill_time: {"credits": 5.4e6, "baseline": 100.0},
    access.baseline_rate: {"capacity": 1e11, "rate_per_byte": 3e-9, "least": 100.0, "most": 16e3},
    access.transfer_time: {"size": 1e12, "burst": 80e6, "baseline": 12e6, "credits": 1e11},
    access.rotation_time: {"rotations_per_second": 120.0},
    access.mean_seek_time: {"track_to_track": 2e-4, "full_stroke": 16e-3},
    access.positioning_time: {"seek_time": 8.5e-3, "rotation": 8.3e-3},
    access.pages_touched: {"size": 100.0, "page_size": 4096.0},
    access.useful_fraction: {"run": 4096.0, "window": 131072.0},
    access.read_ahead_bandwidth: {
        "bandwidth": 270e6,
        "latency": 12.7e-3,
        "run": 4096.0,
        "window": 131072.0,
    },
    access.ranged_read_time: {
        "size": 1e9,
        "first_byte": 0.15,
        "stream_bandwidth": 9e7,
        "streams": 8,
        "link_bandwidth": 1.25e9,
    },
    access.get_rate: {
        "size": 1e5,
        "first_byte": 0.15,
        "stream_bandwidth": 9e7,
        "streams": 64,
        "prefixes": 2,
        "prefix_rate": 5500.0,
        "link_bandwidth": 1.25e9,
    },
    access.serial_read_time: {
        "size": 64.0,
        "command_bits": 24.0,
        "clock_rate": 20e6,
        "lanes": 1.0,
    },
    access.serial_request_size: {"share": 0.9, "command_bits": 40.0, "lanes": 4.0},
    access.in_place_update_time: {
        "size": 100.0,
        "sector_size": 4096.0,
        "sector_time": 0.06,
        "page_size": 256.0,
        "page_time": 1.4e-3,
    },
    access.append_time: {
        "size": 100.0,
        "sector_size": 4096.0,
        "sector_time": 0.06,
        "page_size": 256.0,
        "page_time": 1.4e-3,
    },
    access.program_time: {"size": 1000.0, "page_size": 256.0, "page_time": 7e-4},
    access.erase_time: {"size": 1000.0, "sector_size": 4096.0, "sector_time": 0.06},
    access.longest_stall: {"operation_time": 0.4, "suspend_time": 30e-6},
    access.erase_time_with_suspends: {
        "erase": 0.06,
        "read_period": 1e-2,
        "read_time": 1e-3,
        "suspend_time": 30e-6,
    },
    access.partial_write_amplification: {"write_size": 100.0, "unit_size": 256.0},
    access.garbage_collection_amplification: {"over_provisioning": 0.28},
    access.lifetime: {
        "capacity": 1e6,
        "cycles": 1e5,
        "write_rate": 100.0,
        "amplification": 2.0,
    },
    pipeline.cache_hit_rate: {"cached_fraction": 0.4},
    pipeline.bytes_fetched: {"dataset_size": 1e12, "cached_fraction": 0.4},
    pipeline.stall_time: {"io_time": 2.0, "prepare_time": 1.0, "compute_time": 1.5},
    pipeline.stalled_fraction: {"io_time": 2.0, "prepare_time": 1.0, "compute_time": 1.5},
    pipeline.serial_step_time: {"io_time": 2.0, "prepare_time": 1.0, "compute_time": 1.5},
    pipeline.serial_utilization: {"io_time": 2.0, "prepare_time": 1.0, "compute_time": 1.5},
    pipeline.pipelined_step_time: {"io_time": 2.0, "prepare_time": 1.0, "compute_time": 1.5},
    pipeline.loader_rate: {"workers": 8, "cores": 4, "prepare_time": 2e-3},
    pipeline.cold_epoch_time: {
        "dataset_size": 1e13,
        "link_bandwidth": 1.25e9,
        "connections": 8,
        "stream_bandwidth": 9e7,
        "write_bandwidth": 2e9,
    },
    pipeline.cached_stream_bandwidth: {
        "link_bandwidth": 1.25e9,
        "cache_bandwidth": 7e9,
        "hit_rate": 0.6,
    },
    pipeline.recorded_share: {
        "stream": 6e7,
        "duration": 3e4,
        "room": 2e11,
        "uplink": 2e6,
        "log_bandwidth": 4e8,
    },
    pipeline.barrier_time: {"accelerators": 64, "mean_delay": 0.01},
    pipeline.mean_epoch_time: {"cold": 100.0, "warm": 10.0, "epochs": 5},
    pipeline.max_accelerators: {
        "bandwidth": 7e9,
        "record_size": 114660.0,
        "batch_size": 400,
        "compute_time": 0.224,
        "target_utilization": 0.9,
    },
    pipeline.training_throughput: {
        "accelerators": 8,
        "batch_size": 400,
        "compute_time": 0.224,
        "utilization": 0.9,
        "readers": 8,
        "steps": 500,
    },
    pipeline.straggler_utilization: {"accelerators": 64, "coefficient": 0.02},
    pipeline.connections_for: {"link_bandwidth": 1.25e9, "stream_bandwidth": 87.5e6},
    checkpoint.young_interval: {"dump_time": 300.0, "mtbf": 86400.0},
    checkpoint.daly_interval: {"dump_time": 300.0, "mtbf": 86400.0},
    checkpoint.optimal_interval: {"dump_time": 300.0, "mtbf": 86400.0},
    checkpoint.expected_wall_time: {
        "solve_time": 1.8e6,
        "interval": 7000.0,
        "dump_time": 300.0,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.unprotected_wall_time: {
        "solve_time": 1.8e5,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.segmented_wall_time: {
        "solve_time": 1.8e6,
        "segments": 250,
        "dump_time": 300.0,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.immune_restart_wall_time: {
        "solve_time": 1.8e6,
        "interval": 7000.0,
        "dump_time": 300.0,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.first_order_wall_time: {
        "solve_time": 1.8e6,
        "interval": 7000.0,
        "dump_time": 300.0,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.asynchronous_interval: {
        "snapshot_time": 3.0,
        "persist_time": 300.0,
        "mtbf": 86400.0,
    },
    checkpoint.asynchronous_wall_time: {
        "solve_time": 1.8e6,
        "interval": 7000.0,
        "snapshot_time": 3.0,
        "persist_time": 300.0,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.two_level_wall_time: {
        "solve_time": 1.8e6,
        "interval": 700.0,
        "durable_every": 10,
        "local_dump": 3.0,
        "durable_dump": 300.0,
        "mtbf": 86400.0,
        "local_share": 0.8,
        "local_restart": 60.0,
        "durable_restart": 600.0,
    },
    checkpoint.two_level_restarts: {
        "wall_time": 1.8e6,
        "mtbf": 86400.0,
        "local_share": 0.8,
        "local_restart": 60.0,
        "durable_restart": 600.0,
    },
    checkpoint.two_level_optimum: {
        "durable_every": 10,
        "local_dump": 3.0,
        "durable_dump": 300.0,
        "mtbf": 86400.0,
        "local_share": 0.8,
    },
    checkpoint.first_order_loss: {
        "interval": 700.0,
        "dump_time": 3.0,
        "mtbf": 86400.0,
        "restart_time": 600.0,
    },
    checkpoint.read_back_time: {
        "size": 350e9,
        "readers": 1024,
        "shared_bandwidth": 1e11,
        "node_bandwidth": 25e9,
    },
    checkpoint.spare_wait: {"repair_time": 14400.0, "loss_mtbf": 9000.0, "spares": 3},
    checkpoint.wear_period: {"written": 4096.0, "capacity": 262144.0, "cycles": 1e5, "life": 1e8},
    checkpoint.storm_write_time: {
        "size": 350e9,
        "writers": 1024,
        "shared_bandwidth": 1e11,
        "node_bandwidth": 25e9,
        "efficiency": 0.9,
        "files_per_writer": 2,
        "metadata_rate": 1e4,
    },
    checkpoint.survival_probability: {"time": 3600.0, "mtbf": 86400.0},
    checkpoint.job_mtbf: {"component_mtbf": 1.8e8, "count": 16384},
    checkpoint.checkpoint_size: {"parameters": 70.55e9, "bytes_per_parameter": 14.0},
    checkpoint.transformer_parameters: {
        "layers": 32,
        "hidden": 4096,
        "ffn": 14336,
        "heads": 32,
        "kv_heads": 8,
        "vocab": 128256,
    },
    checkpoint.storage_share: {"interval": 600.0, "dump_time": 3.5},
    checkpoint.shortest_interval: {"dump_time": 3.5, "storage_limit": 0.02},
    cost.idle_cost: {
        "utilization": 0.4,
        "accelerators": 8,
        "dollars_per_hour": 2.5,
        "time": 1e6,
    },
    cost.capacity_cost: {"size": 1e13, "dollars_per_gb_month": 0.023, "time": 1e7},
    cost.rent: {"rate": 10.0, "dollars_per_month": 110.0, "time": 1e7},
    cost.request_cost: {
        "size": 1e13,
        "request_size": 1e7,
        "epochs": 90,
        "dollars_per_request": 4e-7,
    },
    cost.transfer_cost: {"size": 1e13, "epochs": 90, "dollars_per_gb": 0.02},
    energy.read_power: {"current": 8e-3, "voltage": 3.0},
    energy.read_energy: {"read_time": 116e-6, "current": 8e-3, "voltage": 3.0},
    energy.average_power: {"energy": 2.8e-6, "period": 1e-2, "standby_power": 3e-5},
    energy.two_tier_power: {
        "size": 96e3,
        "hits": 0.4,
        "near_energy": 1e-11,
        "far_energy": 9e-10,
        "period": 1e-2,
        "standby_power": 1e-6,
    },
    energy.current_at_bandwidth: {"bandwidth": 4.2e9, "bytes_per_coulomb": 6e9},
    formats.metadata_rate: {"opens": 1.0, "sample_rate": 1e4},
    formats.shards_per_host: {"dataset_size": 1e13, "shard_size": 1e9, "hosts": 64},
    formats.shard_imbalance: {"shards": 1001, "hosts": 64},
    formats.straddled_shards: {"shards": 1001, "hosts": 64},
    sensors.audio_rate: {"sample_rate": 48e3, "bits": 24, "channels": 2},
    sensors.buffer_time: {"size": 65536.0, "rate": 288e3},
    sensors.lidar_packet_size: {
        "columns": 16,
        "channels": 64,
        "channel_size": 12.0,
        "header_size": 16.0,
        "trailer_size": 4.0,
        "footer_size": 6.0,
    },
    pipeline.fleet_load_time: {
        "size": 141e9,
        "replicas": 8,
        "source_bandwidth": 25e9,
        "port_bandwidth": 12.5e9,
    },
    pipeline.doubling_load_time: {
        "size": 141e9,
        "replicas": 8,
        "source_bandwidth": 25e9,
        "port_bandwidth": 12.5e9,
    },
    pipeline.kv_cache_size: {
        "tokens": 8192.0,
        "layers": 80,
        "kv_heads": 8,
        "head_size": 128,
        "bytes_per_number": 2.0,
    },
    pipeline.spill_bandwidth: {"token_size": 327680.0, "parameters": 7e10, "operations": 3e15},
    queueing.littles_outstanding: {"rate": 1e6, "time": 1e-4},
    queueing.mm1_response_tail: {"service_time": 1e-3, "utilization": 0.7, "time": 1e-2},
    queueing.mm1_response_quantile: {"service_time": 1e-3, "utilization": 0.7, "quantile": 0.9},
    queueing.stall_tail: {
        "read_time": 1e-4,
        "stall_fraction": 0.01,
        "stall_time": 0.06,
        "time": 1e-2,
    },
    queueing.stall_quantile: {
        "read_time": 1e-4,
        "stall_fraction": 0.3,
        "stall_time": 0.06,
        "quantile": 0.9,
    },
    queueing.frame_miss_probability: {"miss_probability": 1e-3, "reads": 20},
    queueing.deadline_misses: {"miss_probability": 1e-3, "rate": 60.0},
    queueing.mm1_wait: {"service_time": 1e-3, "utilization": 0.7},
    queueing.md1_wait: {"service_time": 1e-3, "utilization": 0.7},
    queueing.mg1_wait: {"service_time": 1e-3, "utilization": 0.7, "squared_variation": 0.3},
}
"""Every law of numbers, with arguments that are fine."""

FIXED: dict[Callable[..., Any], dict[str, Any]] = {
    pipeline.cache_hit_rate: {"policy": "random_replacement"},
    pipeline.bytes_fetched: {"policy": "lru"},
    access.order_factor: {"reads_ahead": True},
}
WHOLE = {pipeline.max_accelerators, pipeline.connections_for}
ONE_BY_ONE: dict[Callable[..., Any], dict[str, float]] = {
    checkpoint.simulate_wall_time: {
        "solve_time": 3600.0,
        "interval": 600.0,
        "dump_time": 5.0,
        "mtbf": 7200.0,
        "restart_time": 60.0,
        "trials": 10,
        "seed": 1,
    },
    queueing.mva: {"think_time": 1.0, "population": 4},
    access.reordered_iops: {
        "track_to_track": 2e-4,
        "full_stroke": 16e-3,
        "rotation": 8.3e-3,
        "queue_depth": 16,
    },
}
"""Functions that take one number at a time."""
FIXED[queueing.mva] = {"demands": 1.0}
PAIRS: dict[Callable[..., Any], dict[str, float]] = {
    checkpoint.two_level_intervals: {
        "local_dump": 3.0,
        "durable_dump": 300.0,
        "mtbf": 86400.0,
        "local_share": 0.8,
    },
    queueing.asymptotic_bounds: {
        "think_time": 3.0,
        "total_demand": 1.5,
        "largest_demand": 1.0,
        "population": 4,
    },
    formats.shuffle_reach: {"samples": 1e6, "buffer": 1000.0},
    formats.shuffle_separation: {"samples": 1e6, "buffer": 1000.0},
}
"""Functions that give two numbers, or take a record besides: only their door is tested here."""
for _shuffle in (formats.shuffle_reach, formats.shuffle_separation):
    FIXED[_shuffle] = {"file_format": formats.FORMATS["tfrecord"], "shuffled": True}

BAD = {
    "NaN": math.nan,
    "infinity": math.inf,
    "negative": -1.0,
    "text": "12",
    "None": None,
    "a bool": True,
    "an array of bools": np.array([True, False]),
    "complex": 1j,
    "ragged rows": [[1.0], [1.0, 2.0]],
    "a dictionary": {"a": 1},
}


def call(function: Any, arguments: Any) -> Any:
    return function(**arguments, **FIXED.get(function, {}))


def each_argument(table: Any) -> list[Any]:
    return [
        pytest.param(function, arguments, name, id=f"{function.__name__}-{name}")
        for function, arguments in table.items()
        for name in arguments
    ]


def laws() -> set[str]:
    """Return the public functions of the model modules, as ``pipeline.cache_hit_rate``."""
    return {
        f"{module.__name__.removeprefix('storagelab.')}.{name}"
        for module in (access, pipeline, queueing, checkpoint, cost, energy, formats, sensors)
        for name, item in inspect.getmembers(module, inspect.isfunction)
        if item.__module__.startswith(module.__name__) and not name.startswith("_")
    }


def test_no_public_law_is_left_out() -> None:
    """A function that is added to a module of laws has to be added to this file."""
    # take rows
    tiers = {"parallel_tiers_bandwidth", "series_tiers_bandwidth", "combined_mtbf", "load_time"}
    # take or give records
    records = {"find_bottleneck", "gains", "sample_cost", "two_level_hit_rates"}
    public = {name.partition(".")[2] for name in laws()}
    tested = {item.__name__ for item in (*GOOD, *ONE_BY_ONE, *PAIRS)}
    assert public - tiers - records == tested


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    ("function", "arguments", "name"), each_argument({**GOOD, **ONE_BY_ONE, **PAIRS})
)
def test_a_bad_value_is_refused_by_the_name_of_its_quantity(
    function: Any, arguments: Any, name: Any, bad: Any
) -> None:
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call(function, {**arguments, name: bad})


@pytest.mark.parametrize(("function", "arguments", "name"), each_argument(GOOD))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -1.0])
def test_the_wrong_element_of_an_array_is_named_by_its_index(
    function: Any, arguments: Any, name: Any, bad: Any
) -> None:
    fine = arguments[name]
    with pytest.raises(ValueError, match=rf"^{name}\[1, 2\] must be .*; got "):
        call(function, {**arguments, name: [[fine, fine, fine], [fine, fine, bad]]})


@pytest.mark.parametrize(("function", "arguments", "name"), each_argument(ONE_BY_ONE))
def test_an_array_for_a_single_number_is_refused(function: Any, arguments: Any, name: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be one number, not an array"):
        call(function, {**arguments, name: [arguments[name]] * 2})


@pytest.mark.parametrize("function", GOOD, ids=lambda item: item.__name__)
@pytest.mark.parametrize("convert", [float, np.float64, np.asarray], ids=["float", "numpy", "0-d"])
def test_scalars_in_give_a_plain_number_out(function: Any, convert: Any) -> None:
    """A Python float, or a Python int where the quantity is whole: JSON and nbgrader take both."""
    result = call(function, {name: convert(value) for name, value in GOOD[function].items()})
    assert type(result) is (int if function in WHOLE else float)


@pytest.mark.parametrize("function", GOOD, ids=lambda item: item.__name__)
def test_an_array_is_as_many_scalars(function: Any) -> None:
    """Arguments broadcast against each other, and each element is what the scalar would give."""
    arguments = GOOD[function]
    for name, value in arguments.items():
        factors = (1, 1, 1) if isinstance(value, int) else (1, 1.02, 1.05)
        column = np.array([[value * factor] for factor in factors])
        others = {key: np.array([item, item]) for key, item in arguments.items() if key != name}
        result = call(function, {**others, name: column})
        one_by_one = [call(function, {**arguments, name: row[0]}) for row in column]
        expected = (3, 2) if others else (3, 1)
        assert np.shape(result) == expected
        np.testing.assert_array_equal(result, np.broadcast_to(np.c_[one_by_one], expected))


@pytest.mark.parametrize("function", GOOD, ids=lambda item: item.__name__)
def test_what_is_passed_in_stays_as_it_was(function: Any) -> None:
    arguments = {name: np.array([value, value]) for name, value in GOOD[function].items()}
    copies = {name: value.copy() for name, value in arguments.items()}
    call(function, arguments)
    for name, value in arguments.items():
        np.testing.assert_array_equal(value, copies[name])


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (access.iops_at_queue_depth, {"latency": 1e-7}, "latency must be at least 1/max_iops"),
        (access.iops_at_queue_depth, {"queue_depth": 0.5}, "queue_depth must be"),
        (access.request_size_for, {"share": 1.0}, "share must be below 1"),
        (access.serial_request_size, {"share": 1.0}, "share must be below 1"),
        (access.burst_duration, {"burst": 100.0}, "burst must be above baseline"),
        (pipeline.cache_hit_rate, {"cached_fraction": 1.1}, "cached_fraction must be a fraction"),
        (pipeline.max_accelerators, {"target_utilization": 1.1}, "target_utilization must be"),
        (pipeline.max_accelerators, {"target_utilization": 0.0}, "target_utilization must be"),
        (pipeline.training_throughput, {"utilization": 1.1}, "utilization must be a fraction"),
        (pipeline.training_throughput, {"readers": 501}, "readers must not exceed steps"),
        (pipeline.straggler_utilization, {"accelerators": 2.5}, "accelerators must be a whole"),
        (pipeline.mean_epoch_time, {"epochs": 0}, "epochs must be a whole number from 1 up"),
        (checkpoint.expected_wall_time, {"interval": 2e6}, "interval must not exceed solve_time"),
        (checkpoint.expected_wall_time, {"mtbf": 9.0}, "the job never ends"),
        (checkpoint.unprotected_wall_time, {"mtbf": 9.0}, "the job never ends"),
        (checkpoint.storm_write_time, {"writers": 1.5}, "writers must be a whole number"),
        (checkpoint.shortest_interval, {"storage_limit": 1.0}, "storage_limit must be below 1"),
        (cost.idle_cost, {"utilization": 1.01}, "utilization must be a fraction"),
        (queueing.mm1_wait, {"utilization": 1.0}, "utilization must be below 1"),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_a_value_outside_the_domain_is_explained(function: Any, arguments: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call(function, {**GOOD[function], **arguments})


@pytest.mark.parametrize("function", [pipeline.cache_hit_rate, pipeline.bytes_fetched])
def test_an_unknown_policy_is_refused_with_the_known_ones(function: Any) -> None:
    arguments: dict[str, Any] = {**GOOD[function], "policy": "lfu"}
    with pytest.raises(ValueError, match="replacement, lru_repeated; got 'lfu'"):
        function(**arguments)


def test_trials_and_seed_are_whole_and_enough() -> None:
    good = ONE_BY_ONE[checkpoint.simulate_wall_time]
    for change in ({"trials": 1}, {"trials": 2.5}, {"seed": -1}, {"seed": 0.5}):
        with pytest.raises(ValueError, match=f"{next(iter(change))} must be a whole number"):
            call(checkpoint.simulate_wall_time, {**good, **change})


@given(st.integers(-(10**15), 10**15))
def test_integers_are_as_good_as_floats(number: int) -> None:
    if number > 0:
        assert checks.positive("size", number) == float(number)
    else:
        with pytest.raises(ValueError, match="size must be"):
            checks.positive("size", number)
