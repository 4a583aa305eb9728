"""Part 1: how fast a dataset can be read in the order that training needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.access import (
    buffer_fill_time,
    iops_at_queue_depth,
    knee_request_size,
    queued_bandwidth,
)
from storagelab.checks import at_least, non_negative, positive
from storagelab.cost import idle_cost
from storagelab.devices import Device, load_device
from storagelab.formats import FORMATS, SampleCost, sample_cost, shuffle_reach, shuffle_separation
from storagelab.tracks import Track
from storagelab.units import GB, MONTH


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """What the student sets: sizes in bytes, the buffer in samples."""

    shuffled: bool
    format: str
    device: str
    request_size: float
    queue_depth: float
    buffer: float

    def __post_init__(self) -> None:
        positive("request_size", self.request_size)
        at_least("queue_depth", self.queue_depth, 1)
        non_negative("buffer", self.buffer)
        if self.format not in FORMATS:
            raise ValueError(f"unknown format {self.format!r}; known are {', '.join(FORMATS)}")
        load_device(self.device)


@dataclass(frozen=True, kw_only=True)
class AccessOutcome:
    """What reading the track's dataset with some settings comes to."""

    settings: AccessSettings
    demand: float
    """Samples/s that the accelerators of a node take when they never wait."""
    supply: float
    """Samples/s that storage can deliver."""
    ceilings: dict[str, float]
    """Samples/s that each limit alone would allow: latency, iops, bandwidth."""
    binding: str
    """What holds the training up: ``compute``, or the lowest of the ceilings."""
    utilization: float
    """Share of time in which the accelerators compute."""
    steps: dict[str, float]
    """Seconds of one step: open, wait, read (all of storage) and compute."""
    request_bytes: float
    """Mean bytes that one request carries."""
    bandwidth: float
    """Useful bytes/s that storage can deliver."""
    sequential_bandwidth: float
    """Bytes/s that the device streams at its best."""
    knee: float
    """Request size, in bytes, at which the device turns from IOPS-bound to bandwidth-bound."""
    reach: float
    """Mean |displacement| of a sample, in samples."""
    full_reach: float
    """Mean |displacement| of a sample in a true permutation of the dataset."""
    separation: float
    """Mean samples between two that were stored side by side."""
    fill_time: float
    """Seconds in which the shuffle buffer fills before the first batch of an epoch."""
    reach_target: float
    target_utilization: float
    memory: float
    """Bytes of DRAM for the shuffle buffer and the requests in flight."""
    costs: dict[str, float]
    """Dollars a month: memory, requests, idle accelerators."""

    @property
    def kept(self) -> float:
        """Share of the device's best bandwidth that this order of reading keeps."""
        return self.bandwidth / self.sequential_bandwidth

    @property
    def cost(self) -> float:
        """Dollars a month, all in all."""
        return sum(self.costs.values())

    @property
    def unmet(self) -> tuple[str, ...]:
        """The targets that these settings miss: ``utilization``, ``reach``."""
        missed = []
        if self.utilization < self.target_utilization:
            missed.append("utilization")
        if self.reach < self.reach_target:
            missed.append("reach")
        return tuple(missed)


@dataclass(frozen=True)
class _SampleTime:
    """One reader's seconds for one sample, and the most samples/s of all readers together."""

    opening: float
    waiting: float
    streaming: float
    requests: float

    @property
    def total(self) -> float:
        return self.opening + self.waiting + self.streaming


def _sample_time(device: Device, cost: SampleCost, sharded: bool, shuffled: bool) -> _SampleTime:
    """Return what one sample costs one reader.

    A device that reads ahead hides the latency of requests that follow one another: a shard
    pays for its first one, and files read in the order in which they lie (their directory too)
    pay for none. An object store prefetches nothing: every request waits for its first byte.
    """
    streaming = cost.bytes / device.stream_bandwidth
    if device.read_ahead == "no":
        return _SampleTime(0.0, cost.requests * device.latency, streaming, cost.requests)
    if sharded:
        return _SampleTime(
            cost.opens * device.open_time, cost.opens * device.latency, streaming, 2 * cost.opens
        )
    if not shuffled:
        return _SampleTime(0.0, 0.0, streaming, 0.0)
    requests = cost.requests + cost.opens
    return _SampleTime(
        cost.opens * device.open_time, cost.requests * device.latency, streaming, requests
    )


def audit(track: Track, settings: AccessSettings) -> AccessOutcome:
    """Return what reading ``track``'s dataset with ``settings`` comes to, for one node.

    ``settings.queue_depth`` requests are outstanding at once and follow
    :func:`storagelab.access.iops_at_queue_depth`, with a sample in the place of a request.
    Reading and computing overlap, so the accelerators are busy for ``supply / demand`` of the
    time, at most all of it. Preparation on the CPU is left to part 2.
    """
    device, file_format = load_device(settings.device), FORMATS[settings.format]
    dataset, node = track.dataset, track.node
    cost = sample_cost(file_format, dataset.sample_size, settings.request_size)
    sharded = file_format.shard_size is not None
    time = _sample_time(device, cost, sharded, settings.shuffled)

    demand = node.demand
    iops = device.max_iops / time.requests if time.requests else np.inf
    ceilings = {
        "latency": settings.queue_depth / time.total,
        "iops": iops,
        "bandwidth": device.bandwidth / cost.bytes,
    }
    most = min(ceilings["iops"], ceilings["bandwidth"])
    supply = float(iops_at_queue_depth(time.total, most, settings.queue_depth))
    lowest = min(ceilings, key=lambda name: ceilings[name])

    step_samples = node.accelerators * node.batch_size
    io_time = step_samples / supply
    opening = step_samples * time.opening / settings.queue_depth
    reading = step_samples * cost.bytes / device.bandwidth
    steps = {
        "open": opening,
        "wait": max(0.0, io_time - opening - reading),
        "read": reading,
        "compute": node.compute_time,
    }
    utilization = min(1.0, supply / demand)
    request_bytes = cost.bytes / cost.requests
    memory = settings.buffer * dataset.sample_size + settings.queue_depth * request_bytes
    return AccessOutcome(
        settings=settings,
        demand=demand,
        supply=supply,
        ceilings=ceilings,
        binding="compute" if supply >= demand else lowest,
        utilization=utilization,
        steps=steps,
        request_bytes=request_bytes,
        bandwidth=supply * dataset.sample_size,
        sequential_bandwidth=device.bandwidth,
        knee=float(knee_request_size(device.max_iops, device.bandwidth)),
        reach=shuffle_reach(file_format, settings.shuffled, dataset.samples, settings.buffer),
        full_reach=dataset.samples / 3,
        separation=shuffle_separation(
            file_format, settings.shuffled, dataset.samples, settings.buffer
        ),
        fill_time=float(
            buffer_fill_time(settings.buffer, cost.bytes, supply * cost.bytes)
            if sharded and settings.shuffled
            else 0.0
        ),
        reach_target=track.access.reach_target,
        target_utilization=track.access.target_utilization,
        memory=memory,
        costs={
            "memory": memory / GB * track.price("dram_gb_month"),
            "requests": demand * utilization * cost.requests * MONTH * track.price("get_request"),
            "idle": float(
                idle_cost(utilization, node.accelerators, track.price("accelerator_hour"))
            ),
        },
    )


def device_curve(device: Device, request_sizes: np.ndarray, queue_depth: float) -> np.ndarray:
    """Return the bytes/s of random reads at each of ``request_sizes`` bytes, shape (n,).

    ``queue_depth`` requests outstanding; :func:`storagelab.access.roofline_bandwidth` is the
    bound that the curve comes up to.
    """
    return np.asarray(
        queued_bandwidth(
            device.latency,
            device.stream_bandwidth,
            device.max_iops,
            device.bandwidth,
            request_sizes,
            queue_depth,
        )
    )
