"""Part 1: how fast a dataset can be read in the order that training needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.access import (
    buffer_fill_time,
    garbage_collection_amplification,
    iops_at_queue_depth,
    knee_request_size,
    queued_bandwidth,
)
from storagelab.checks import at_least, non_negative, positive
from storagelab.devices import Device, load_device
from storagelab.formats import FORMATS, SampleCost, sample_cost, shuffle_reach, shuffle_separation
from storagelab.queueing import deadline_misses, stall_tail
from storagelab.tracks import Track

_MOST_STALLED = 0.98
"""A device that can't keep up with its writes serves a read now and then all the same."""


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
    stalled_share: float
    """Share of time in which the device is busy with the writes beside."""
    stall_time: float
    """Seconds at most that it then keeps a read waiting."""
    slack: float
    """Seconds that a step can wait beyond its own read before it is late: period and buffer."""
    misses: float
    """Steps an hour that come too late."""
    misses_limit: float | None
    active: float
    """Share of time in which the device works on reads."""
    budget: float | None
    memory: float
    """Bytes of DRAM for the shuffle buffer and the requests in flight."""
    costs: dict[str, float]
    """In the track's currency: the device and its work, memory, requests, idle consumers."""

    @property
    def io_time(self) -> float:
        """Seconds in which storage delivers one step's data, without a stall."""
        return self.steps["open"] + self.steps["wait"] + self.steps["read"]

    @property
    def moved(self) -> float:
        """Bytes/s that the device moves, whether or not they are of use."""
        left = (1 - self.stalled_share) * self.sequential_bandwidth
        return self.supply / self.ceilings["bandwidth"] * left

    @property
    def deadline(self) -> float:
        """Seconds from a step's start at which its data is late.

        What is buffered puts it off, but where storage is too slow on average the buffer is empty.
        """
        compute = self.steps["compute"]
        return compute if self.io_time > compute else self.io_time + self.slack

    @property
    def kept(self) -> float:
        """Share of the device's best bandwidth that this order of reading keeps."""
        return self.bandwidth / self.sequential_bandwidth

    @property
    def cost(self) -> float:
        """All in all, in the track's currency."""
        return sum(self.costs.values())

    @property
    def unmet(self) -> tuple[str, ...]:
        """The targets that these settings miss: utilization, reach, misses, budget."""
        missed = []
        if self.utilization < self.target_utilization:
            missed.append("utilization")
        if self.reach < self.reach_target:
            missed.append("reach")
        if self.misses_limit is not None and self.misses > self.misses_limit:
            missed.append("misses")
        if self.budget is not None and self.cost > self.budget:
            missed.append("budget")
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


def _in_order(cost: SampleCost, useful: float, density: float) -> SampleCost:
    """Return what a sample costs where everything in order is read and ``density`` of it used.

    ``useful`` is what ``cost`` takes to be used of a shard: who reads all of them leaves no shard
    out, so that only ``density`` counts.
    """
    more = useful / density
    return SampleCost(cost.requests * more, cost.opens * more, cost.bytes * more)


def _stalls(track: Track, device: Device, sharded: bool) -> tuple[float, float]:
    """Return the share of time that the device is busy with writes, and its longest wait.

    What is written in segments from end to end leaves only short pauses. Small writes all over
    the place make the device collect garbage: more is written than was asked for, and a read
    that comes meanwhile waits for a whole operation.
    """
    part = track.access
    if not part.writes:
        return 0.0, device.pause
    amplification = 1.0 if sharded else float(garbage_collection_amplification(part.spare_share))
    share = part.writes * amplification / device.write_bandwidth
    return min(_MOST_STALLED, share), device.pause if sharded else device.stall


def audit(track: Track, settings: AccessSettings) -> AccessOutcome:
    """Return what reading ``track``'s dataset with ``settings`` comes to, for one node.

    ``settings.queue_depth`` requests are outstanding at once and follow
    :func:`storagelab.access.iops_at_queue_depth`, with a sample in the place of a request.
    Reading and computing overlap, so the accelerators are busy for ``supply / demand`` of the
    time, at most all of it. Preparation on the CPU is left to part 2. Writes beside the reads
    stall some of them (:func:`storagelab.queueing.stall_tail`): a step is late where its own
    slack and what the buffer holds ahead don't cover the wait.
    """
    device, file_format = load_device(settings.device), FORMATS[settings.format]
    dataset, node = track.dataset, track.node
    cost = sample_cost(file_format, dataset.sample_size, settings.request_size)
    if not settings.shuffled:
        cost = _in_order(cost, file_format.useful, track.access.density)
    sharded = file_format.sharded
    time = _sample_time(device, cost, sharded, settings.shuffled)

    demand = node.demand
    stalled_share, stall_time = _stalls(track, device, sharded)
    alone = {
        "latency": settings.queue_depth / time.total,
        "iops": device.max_iops / time.requests if time.requests else np.inf,
        "bandwidth": device.bandwidth / cost.bytes,
    }
    most = min(alone["iops"], alone["bandwidth"])
    left = 1 - stalled_share  # of the device's time, for reads
    ceilings = {name: left * rate for name, rate in alone.items()}
    supply = left * float(iops_at_queue_depth(time.total, most, settings.queue_depth))
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
    slack = max(0.0, node.compute_time - io_time) + settings.buffer / demand
    if io_time > node.compute_time:
        late = 1.0
    elif stall_time:
        late = float(stall_tail(io_time, stalled_share, stall_time, io_time + slack))
    else:
        late = 0.0
    part, active = track.access, min(1.0, demand / supply)
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
        reach_target=part.reach_target,
        target_utilization=part.target_utilization,
        stalled_share=stalled_share,
        stall_time=stall_time,
        slack=slack,
        misses=float(deadline_misses(late, 1 / node.compute_time)),
        misses_limit=part.misses_limit,
        active=active,
        budget=part.budget,
        memory=memory,
        costs={
            "device": part.device_prices.get(settings.device, 0.0)
            + track.charge("active", device.read_power * active),
            "memory": track.charge("memory", memory),
            "requests": track.charge_flow("request", demand * utilization * cost.requests),
            "idle": track.charge_flow("idle", (1 - utilization) * node.accelerators),
        },
    )


def late_shares(outcome: AccessOutcome, times: np.ndarray) -> np.ndarray:
    """Return the share of steps whose data comes later than each of ``times`` seconds, shape (n,).

    Counted from the step's start, whatever is buffered.
    """
    if not outcome.stall_time:
        return np.where(times < outcome.io_time, 1.0, 0.0)
    return np.asarray(stall_tail(outcome.io_time, outcome.stalled_share, outcome.stall_time, times))


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
