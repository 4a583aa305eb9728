"""Cases: a published figure, what the model says of the same inputs, and how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from storagelab.access import (
    baseline_rate,
    burst_duration,
    garbage_collection_amplification,
    iops_at_queue_depth,
    queued_bandwidth,
    random_read_bandwidth,
    ranged_read_time,
    read_time,
    refill_time,
    roofline_bandwidth,
    serial_read_time,
    transfer_time,
)
from storagelab.checkpoint import (
    checkpoint_size,
    daly_interval,
    job_mtbf,
    storm_write_time,
    survival_probability,
    transformer_parameters,
)
from storagelab.devices import load_device
from storagelab.pipeline import (
    bytes_fetched,
    cache_hit_rate,
    connections_for,
    find_bottleneck,
    max_accelerators,
    training_throughput,
)
from storagelab.published import Row, read_table
from storagelab.queueing import frame_miss_probability
from storagelab.sensors import lidar_packet_size
from storagelab.units import DAY, GIB, HOUR, MIB, MINUTE, TIB, YEAR

ARITHMETIC = 1e-3
"""Tolerance of what a source computed itself: its rounding."""
WORKLOADS_WITH_BATCHES_OF_THEIR_OWN = ("unet3d", "cosmoflow")
"""Those whose readers each fetch a whole batch, so that the pipeline's fill costs one each."""

Tests = Literal["prediction", "identity", "arithmetic"]
"""What a case can show.

- ``prediction``: somebody measured or rated the figure, and the model gets it from other facts;
- ``identity``: the figure and an input of the model are two columns of one measurement, so that
  the case shows that they are consistent, and nothing of the world;
- ``arithmetic``: the source worked it out, promises or advises it.
"""
Sure = Literal["read", "second-hand", "memory"]
"""How sure a figure is: read in its source, read where another quotes it, or not looked up."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One published figure beside the model's."""

    model: str
    """The function's name with its module, such as ``pipeline.cache_hit_rate``."""
    name: str
    published: float
    predicted: float
    unit: str
    """Of both figures, SI: ``s``, ``B``, ``B/s``, ``1/s`` or empty for a count or a share."""
    tolerance: float
    """Largest |error| that meets the case, relative."""
    tests: Tests
    sure: Sure
    source: str
    why: str = ""
    """Why the model misses, where it is known to."""

    @property
    def error(self) -> float:
        """How far the model is off, relative to the published figure; above 0: too high."""
        return self.predicted / self.published - 1

    @property
    def met(self) -> bool:
        """Whether the error is within the tolerance."""
        return abs(self.error) <= self.tolerance * (1 + 1e-9)


def _case(model: Callable[..., Any], row: Row, name: str, **figures: Any) -> Case:
    room = model.__module__.removeprefix("storagelab.").partition(".")[0]
    return Case(
        model=f"{room}.{model.__name__}",
        name=name,
        tests=row["tests"],
        sure=row["sure"],
        source=row["source"],
        why=row.get("why", ""),
        **figures,
    )


def accelerator_counts(row: Row) -> Iterator[Case]:
    """How many accelerators one drive keeps busy, give or take one."""
    count = max_accelerators(
        row["bandwidth_B_s"],
        row["record_size_B"],
        row["batch_size"],
        row["compute_time_s"],
        row["target_utilization"],
    )
    name = f"{row['workload']}, {row['accelerator'].upper()}: accelerators on one drive"
    yield _case(
        max_accelerators,
        row,
        name,
        published=row["accelerators"],
        predicted=float(count),
        unit="",
        tolerance=1 / row["accelerators"],
    )


def burst_durations(row: Row) -> Iterator[Case]:
    """How long gp2 volumes burst, and how long they refill."""
    volume = row["volume"].replace("_", " ")
    lasts = burst_duration(row["credits"], row["burst_iops"], row["baseline_iops"])
    yield _case(
        burst_duration,
        row,
        f"{volume}: burst",
        published=row["duration_s"],
        predicted=lasts,
        unit="s",
        tolerance=ARITHMETIC,
    )
    yield _case(
        refill_time,
        row,
        f"{volume}: refill",
        published=row["refill_s"],
        predicted=refill_time(row["credits"], row["baseline_iops"]),
        unit="s",
        tolerance=ARITHMETIC,
    )


def cache_misses(row: Row) -> Iterator[Case]:
    """Misses of caches under shuffled epochs, and what is fetched for them."""
    cached, policy = row["cached_fraction"], row["policy"]
    yield _case(
        cache_hit_rate,
        row,
        f"{row['system']}: share missed",
        published=row["miss_fraction"],
        predicted=1 - cache_hit_rate(cached, policy),
        unit="",
        tolerance=row["relative_tolerance"],
    )
    if row["fetched_bytes"]:
        yield _case(
            bytes_fetched,
            row,
            f"{row['system']}: read in an epoch",
            published=row["fetched_bytes"],
            predicted=bytes_fetched(row["dataset_bytes"], cached, policy),
            unit="B",
            tolerance=row["relative_tolerance"],
        )


def checkpoint_bytes(row: Row) -> Iterator[Case]:
    """Bytes of checkpoints that were written."""
    shape = [row[name] for name in ("layers", "hidden", "ffn", "heads", "kv_heads", "vocab")]
    kind = {name: row[name] == "yes" for name in ("gated", "tied")}
    size = checkpoint_size(transformer_parameters(*shape, **kind), row["bytes_per_parameter"])
    yield _case(
        checkpoint_size,
        row,
        f"{row['model']}: checkpoint",
        published=row["written_bytes"],
        predicted=size,
        unit="B",
        tolerance=row["relative_tolerance"],
    )


def checkpoint_writes(row: Row) -> Iterator[Case]:
    """Bytes/s of saves at once, by the law without a measured efficiency."""
    size = row["size_B"]
    time = storm_write_time(size, row["writers"], row["peak_B_s"], row["node_B_s"])
    yield _case(
        storm_write_time,
        row,
        row["save"],
        published=row["rate_B_s"],
        predicted=size / time,
        unit="B/s",
        tolerance=row["relative_tolerance"],
    )


def checkpoint_intervals(row: Row) -> Iterator[Case]:
    """Daly's optimal intervals."""
    yield _case(
        daly_interval,
        row,
        row["case"].replace("daly_figure_", "Daly's figure "),
        published=row["published_interval_min"] * MINUTE,
        predicted=daly_interval(row["dump_time_s"], row["mtbf_s"]),
        unit="s",
        tolerance=0.01,
    )


def connections(row: Row) -> Iterator[Case]:
    """How many connections fill a port."""
    yield _case(
        connections_for,
        row,
        f"connections that fill a {8 * row['link_B_s'] / 1e9:.0f} Gb/s port",
        published=row["connections"],
        predicted=float(connections_for(row["link_B_s"], row["stream_B_s"])),
        unit="",
        tolerance=row["within"] / row["connections"],
    )


def failure_counts(row: Row) -> Iterator[Case]:
    """How many failures a run has in a period."""
    mtbf = job_mtbf(row["component_mtbf_h"] * HOUR, row["accelerators"])
    fewest, most = row["fewest"], row["most"]
    yield _case(
        job_mtbf,
        row,
        row["run"],
        published=(fewest + most) / 2,
        predicted=row["period_h"] * HOUR / mtbf,
        unit="",
        tolerance=(most - fewest) / (fewest + most),
    )


def failure_probabilities(row: Row) -> Iterator[Case]:
    """How likely a job meets any failure."""
    mtbf = job_mtbf(YEAR / row["failures_per_year"], row["accelerators"])
    yield _case(
        survival_probability,
        row,
        f"{row['job']}: some failure",
        published=row["failure_share"],
        predicted=1 - survival_probability(row["time_d"] * DAY, mtbf),
        unit="",
        tolerance=row["relative_tolerance"],
    )


def flash_read_times(row: Row) -> Iterator[Case]:
    """Time to load weights from flash."""
    yield _case(
        read_time,
        row,
        f"weights from flash, {row['configuration']}",
        published=row["read_time_s"],
        predicted=read_time(row["size_B"], 0, row["bandwidth_B_s"]),
        unit="s",
        tolerance=row["relative_tolerance"],
    )


def fan_outs(row: Row) -> Iterator[Case]:
    """How many requests to many servers meet a slow one."""
    yield _case(
        frame_miss_probability,
        row,
        f"requests to {row['fan_out']} that meet a slow one",
        published=row["published_share"],
        predicted=frame_miss_probability(row["miss_probability"], row["servers"]),
        unit="",
        tolerance=row["relative_tolerance"],
    )


def flash_random_reads(row: Row) -> Iterator[Case]:
    """Random reads of one size, from the latency that those of another size imply."""
    lost = row["bandwidth_B_s"] / row["known_bandwidth_B_s"] - 1
    latency = row["known_size_B"] * lost / row["bandwidth_B_s"]
    yield _case(
        random_read_bandwidth,
        row,
        f"{row['device']}: random reads of {row['size_B'] / 1024:.0f} KiB",
        published=row["random_bandwidth_B_s"],
        predicted=random_read_bandwidth(row["bandwidth_B_s"], latency, row["size_B"]),
        unit="B/s",
        tolerance=row["relative_tolerance"],
    )


def iops_at_depth(row: Row) -> Iterator[Case]:
    """Requests/s of an NVMe drive at a queue depth."""
    depth = row["queue_depth"]
    yield _case(
        iops_at_queue_depth,
        row,
        f"{row['device']}: {depth:.0f} outstanding",
        published=row["iops"],
        predicted=iops_at_queue_depth(1 / row["iops_at_depth_1"], row["max_iops"], depth),
        unit="1/s",
        tolerance=row["relative_tolerance"],
    )


def job_mtbfs(row: Row) -> Iterator[Case]:
    """MTBF of large jobs, from that of their parts."""
    yield _case(
        job_mtbf,
        row,
        f"{row['job']}: MTBF",
        published=row["job_mtbf_h"] * HOUR,
        predicted=job_mtbf(row["component_mtbf_h"] * HOUR, row["parts"]),
        unit="s",
        tolerance=row["relative_tolerance"],
    )


def lidar_packets(row: Row) -> Iterator[Case]:
    """Bytes of a lidar's packet."""
    sizes = [row[name] for name in ("channel_B", "header_B", "trailer_B", "footer_B")]
    yield _case(
        lidar_packet_size,
        row,
        f"{row['device']}: packet",
        published=row["packet_B"],
        predicted=lidar_packet_size(row["columns"], row["channels"], *sizes),
        unit="B",
        tolerance=ARITHMETIC,
    )


def load_times(row: Row) -> Iterator[Case]:
    """Time to load weights through the narrowest of a volume, an instance and a network."""
    path = {name: row[f"{name}_B_s"] or math.inf for name in ("volume", "instance", "network")}
    yield _case(
        read_time,
        row,
        row["load"],
        published=row["load_time_s"],
        predicted=read_time(row["size_B"], 0, find_bottleneck(path).rate),
        unit="s",
        tolerance=row["relative_tolerance"],
    )


def mobile_reads(row: Row) -> Iterator[Case]:
    """Random reads of phones, by the row of the device table that they are like."""
    like = load_device(row["like"])
    yield _case(
        queued_bandwidth,
        row,
        f"{row['device']}: {row['queue_depth']:.0f} outstanding",
        published=row["bandwidth_B_s"],
        predicted=queued_bandwidth(
            like.latency,
            like.stream_bandwidth,
            like.max_iops,
            like.bandwidth,
            row["size_B"],
            row["queue_depth"],
        ),
        unit="B/s",
        tolerance=row["relative_tolerance"],
    )


def object_reads(row: Row) -> Iterator[Case]:
    """First bytes and rates of one connection, against the device table's own figures."""
    device = load_device(row["device"])
    stream, link = device.stream_bandwidth, device.bandwidth
    first = bool(row["first_byte_s"])
    # a second of the whole link is so large that the first byte makes no difference to the rate
    time = ranged_read_time(0 if first else link, device.latency if first else 0, stream, 1, link)
    yield _case(
        ranged_read_time,
        row,
        row["store"],
        published=row["first_byte_s"] if first else row["stream_B_s"],
        predicted=time if first else link / time,
        unit="s" if first else "B/s",
        tolerance=row["relative_tolerance"],
    )


def path_rates(row: Row) -> Iterator[Case]:
    """Bytes/s between a storage system and its clients, from the ports of both."""
    ports = {name: row[f"{name}_B_s"] or math.inf for name in ("storage", "clients")}
    yield _case(
        find_bottleneck,
        row,
        row["path"],
        published=row["rate_B_s"],
        predicted=find_bottleneck(ports).rate,
        unit="B/s",
        tolerance=row["relative_tolerance"],
    )


def read_rates(row: Row) -> Iterator[Case]:
    """Reads/s of a serial memory."""
    time = serial_read_time(row["size_B"], row["command_bits"], row["clock_rate_Hz"], row["lanes"])
    yield _case(
        serial_read_time,
        row,
        row["device"],
        published=row["reads_per_s"],
        predicted=1 / time,
        unit="1/s",
        tolerance=ARITHMETIC,
    )


def scan_times(row: Row) -> Iterator[Case]:
    """Hours to read all of a cold-storage volume."""
    size = row["size_TiB"] * TIB
    burst = min(80 * row["size_TiB"], 250) * MIB
    time = transfer_time(size, burst, 12 * row["size_TiB"] * MIB, size)
    yield _case(
        transfer_time,
        row,
        f"{row['volume']}: read once",
        published=row["scan_time_h"] * HOUR,
        predicted=time,
        unit="s",
        tolerance=2e-3,  # hours with two decimals
    )


def training_throughputs(row: Row) -> Iterator[Case]:
    """Samples/s of training runs, from their measured utilisation."""
    fills = row["workload"] in WORKLOADS_WITH_BATCHES_OF_THEIR_OWN
    rate = training_throughput(
        row["accelerators"],
        row["batch_size"],
        row["compute_time_s"],
        row["utilization"],
        row["readers"] if fills else 0,
        row["steps"],
    )
    accelerators = f"{row['accelerators']:.0f} {row['accelerator'].upper()}"
    yield _case(
        training_throughput,
        row,
        f"{row['workload']} on {accelerators}, {row['organisation']}",
        published=row["samples_per_s"],
        predicted=rate,
        unit="1/s",
        tolerance=0.04,
    )


def volume_baselines(row: Row) -> Iterator[Case]:
    """Baseline IOPS of gp2 volumes."""
    yield _case(
        baseline_rate,
        row,
        f"{row['volume']}: baseline",
        published=row["baseline_iops"],
        predicted=baseline_rate(row["size_GiB"] * GIB, 3 / GIB, 100, 16000),
        unit="1/s",
        tolerance=ARITHMETIC,
    )


def volume_limits(row: Row) -> Iterator[Case]:
    """IOPS and bandwidth limits of cloud volumes, which meet at the roofline's knee."""
    yield _case(
        roofline_bandwidth,
        row,
        f"{row['volume']}: bandwidth at its IOPS",
        published=row["max_bandwidth_MiB_s"] * MIB,
        predicted=roofline_bandwidth(row["max_iops"], 1e15, row["request_size_B"]),
        unit="B/s",
        tolerance=ARITHMETIC,
    )


def write_amplifications(row: Row) -> Iterator[Case]:
    """Write amplification of an SSD, from its spare room."""
    yield _case(
        garbage_collection_amplification,
        row,
        f"{row['device']}: write amplification",
        published=row["sequential_TBW"] / row["random_TBW"],
        predicted=garbage_collection_amplification(row["raw_B"] / row["user_B"] - 1),
        unit="",
        tolerance=row["relative_tolerance"],
    )


TABLES: dict[str, Callable[[Row], Iterator[Case]]] = {
    "accelerator_counts": accelerator_counts,
    "burst_durations": burst_durations,
    "cache_misses": cache_misses,
    "checkpoint_bytes": checkpoint_bytes,
    "checkpoint_intervals": checkpoint_intervals,
    "checkpoint_writes": checkpoint_writes,
    "connections": connections,
    "failure_counts": failure_counts,
    "failure_probabilities": failure_probabilities,
    "fan_outs": fan_outs,
    "flash_random_reads": flash_random_reads,
    "flash_read_times": flash_read_times,
    "iops_at_depth": iops_at_depth,
    "job_mtbf": job_mtbfs,
    "lidar_packets": lidar_packets,
    "load_times": load_times,
    "mobile_reads": mobile_reads,
    "object_reads": object_reads,
    "path_rates": path_rates,
    "read_rates": read_rates,
    "scan_times": scan_times,
    "training_throughput": training_throughputs,
    "volume_baselines": volume_baselines,
    "volume_limits": volume_limits,
    "write_amplifications": write_amplifications,
}
"""How each published table is held against its model."""


def all_cases() -> list[Case]:
    """Return every case of every table, those that the model misses by most first."""
    cases = [
        case for table, check in TABLES.items() for row in read_table(table) for case in check(row)
    ]
    return sorted(cases, key=lambda case: (case.met, -abs(case.error)))


def by_tests(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Return the cases by what they can show, each group in the order given."""
    return {tests: [case for case in cases if case.tests == tests] for tests in get_args(Tests)}


def headline(cases: Sequence[Case]) -> str:
    """Return how many cases test a prediction and how many don't, and how many are met, as text."""
    said = []
    for tests, words in (
        ("prediction", "test a prediction"),
        ("identity", "check an identity (two measured columns that have to be consistent)"),
        ("arithmetic", "repeat a source's own arithmetic, limit or advice"),
    ):
        group = [case for case in cases if case.tests == tests]
        met = sum(case.met for case in group)
        said.append(f"{len(group)} {words}: {met} met, {len(group) - met} missed")
    return f"{len(cases)} published figures. {'. '.join(said)}."
