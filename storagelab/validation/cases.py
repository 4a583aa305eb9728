"""Cases: a published figure, what the model says of the same inputs, and how far apart they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from storagelab.access import (
    baseline_rate,
    burst_duration,
    iops_at_queue_depth,
    random_read_bandwidth,
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
    transformer_parameters,
)
from storagelab.pipeline import (
    bytes_fetched,
    cache_hit_rate,
    connections_for,
    max_accelerators,
    training_throughput,
)
from storagelab.published import Row, read_table
from storagelab.sensors import lidar_packet_size
from storagelab.units import GIB, HOUR, MIB, MINUTE, TIB

ARITHMETIC = 1e-3
"""Tolerance of what a source computed itself: its rounding."""
WORKLOADS_WITH_BATCHES_OF_THEIR_OWN = ("unet3d", "cosmoflow")
"""Those whose readers each fetch a whole batch, so that the pipeline's fill costs one each."""


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

    @property
    def measured(self) -> bool:
        """Whether somebody ran it, and the figure is no arithmetic or guidance."""
        return "measured" in self.source


def _case(model: Callable[..., Any], row: Row, name: str, **figures: Any) -> Case:
    room = model.__module__.removeprefix("storagelab.").partition(".")[0]
    return Case(
        model=f"{room}.{model.__name__}",
        name=name,
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
    """Bytes that checkpoint workloads wrote."""
    shape = [row[name] for name in ("layers", "hidden", "ffn", "heads", "kv_heads", "vocab")]
    size = checkpoint_size(transformer_parameters(*shape), row["bytes_per_parameter"])
    yield _case(
        checkpoint_size,
        row,
        f"{row['model']}: checkpoint",
        published=row["written_bytes"],
        predicted=size,
        unit="B",
        tolerance=1e-3,
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
        "connections that fill a 10 Gb/s port",
        published=row["connections"],
        predicted=float(connections_for(row["link_B_s"], row["stream_B_s"])),
        unit="",
        tolerance=row["within"] / row["connections"],
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
        predicted=job_mtbf(row["component_mtbf_h"] * HOUR, row["accelerators"]),
        unit="s",
        tolerance=row["relative_tolerance"],
    )


def lidar_packets(row: Row) -> Iterator[Case]:
    """Bytes of a lidar's packet."""
    sizes = [row[name] for name in ("channel_B", "header_B", "trailer_B")]
    yield _case(
        lidar_packet_size,
        row,
        f"{row['device']}: packet",
        published=row["packet_B"],
        predicted=lidar_packet_size(row["columns"], row["channels"], *sizes),
        unit="B",
        tolerance=ARITHMETIC,
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


TABLES: dict[str, Callable[[Row], Iterator[Case]]] = {
    "accelerator_counts": accelerator_counts,
    "burst_durations": burst_durations,
    "cache_misses": cache_misses,
    "checkpoint_bytes": checkpoint_bytes,
    "checkpoint_intervals": checkpoint_intervals,
    "connections": connections,
    "flash_random_reads": flash_random_reads,
    "flash_read_times": flash_read_times,
    "iops_at_depth": iops_at_depth,
    "job_mtbf": job_mtbfs,
    "lidar_packets": lidar_packets,
    "read_rates": read_rates,
    "scan_times": scan_times,
    "training_throughput": training_throughputs,
    "volume_baselines": volume_baselines,
    "volume_limits": volume_limits,
}
"""How each published table is held against its model."""


def all_cases() -> list[Case]:
    """Return every case of every table, those that the model misses by most first."""
    cases = [
        case for table, check in TABLES.items() for row in read_table(table) for case in check(row)
    ]
    return sorted(cases, key=lambda case: (case.met, -abs(case.error)))
