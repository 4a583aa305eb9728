"""Part 1: how fast a dataset can be read in the order that training needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from storagelab.access import (
    buffer_fill_time,
    iops_at_queue_depth,
    knee_request_size,
    queued_bandwidth,
)
from storagelab.access import order_factor as order_factor_law
from storagelab.checks import at_least, non_negative, require
from storagelab.devices import Device
from storagelab.formats import FORMATS, SampleCost, sample_cost, shuffle_reach, shuffle_separation
from storagelab.parts.access import limits
from storagelab.parts.access.settings import AccessSettings
from storagelab.parts.access.writes import later_than, stalls
from storagelab.parts.limits import Limit
from storagelab.parts.outcome import Outcome
from storagelab.published import Row, read_table
from storagelab.queueing import deadline_misses, stall_quantile, stall_tail
from storagelab.units import HOUR

if TYPE_CHECKING:
    from storagelab.tracks import Track


class AccessOutcome(Outcome, frozen=True, kw_only=True):
    """What reading the track's dataset with some settings comes to."""

    settings: AccessSettings
    demand: float
    """Samples/s that the accelerators of a node take when they never wait."""
    supply: float
    """Samples/s that storage can deliver."""
    ceilings: dict[str, float]
    """Samples/s that each limit alone would allow: latency, iops, bandwidth."""
    binding: str
    """What holds a step up: the lowest of the ceilings where storage is too slow on average,
    ``stalls`` where it is fast enough and too many steps are late, else ``compute``."""
    utilization: float
    """Share of time in which the accelerators compute."""
    steps: dict[str, float]
    """Seconds of one step: open, wait and read (all of storage), behind writes, and compute.

    ``blocked`` is how long a step waits behind a write on average, which comes on top of the
    storage's own time: half a stall where one is in progress, and nothing otherwise.
    """
    request_bytes: float
    """Mean bytes that one request carries."""
    bandwidth: float
    """Useful bytes/s that storage can deliver."""
    sequential_bandwidth: float
    """Bytes/s that the device streams at its best."""
    knee: float
    """Request size, in bytes, at which the device turns from IOPS-bound to bandwidth-bound."""
    order_factor: float
    """How many times more bytes/s come in stored order than at random, like for like: of this
    device, in requests of the size that is set, with as many outstanding."""
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
    stall_fraction: float
    """Share of time in which the device is busy with the writes beside."""
    stall_time: float
    """Seconds at most that it then keeps a read waiting."""
    slack: float
    """Seconds that a step can wait beyond its own read before it is late: period and buffer."""
    misses: float
    """Steps an hour that come too late."""
    misses_limit: float | None
    skips: float
    """Times an hour that nothing new comes for as long as people notice."""
    skips_limit: float | None
    skip_deadline: float | None
    """Seconds from a step's start at which its data is late for long enough to be a skip."""
    active: float
    """Share of time in which the device works on reads."""
    budget: float | None
    memory: float
    """Bytes of DRAM for the shuffle buffer and the requests in flight."""

    @property
    def limits(self) -> Sequence[Limit[AccessOutcome]]:
        """What a decision can miss."""
        return limits.LIMITS

    @property
    def io_time(self) -> float:
        """Seconds in which storage delivers one step's data, without a stall."""
        return self.steps["open"] + self.steps["wait"] + self.steps["read"]

    @property
    def moved(self) -> float:
        """Bytes/s that the device moves, whether or not they are of use."""
        left = (1 - self.stall_fraction) * self.sequential_bandwidth
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


class _SampleTime(msgspec.Struct, frozen=True):
    """One reader's seconds for one sample, and the most samples/s of all readers together."""

    opening: float
    waiting: float
    streaming: float
    requests: float

    @property
    def total(self) -> float:
        return self.opening + self.waiting + self.streaming


def _sample_time(device: Device, cost: SampleCost, shuffled: bool) -> _SampleTime:
    """Return what one sample costs one reader.

    In stored order a device that reads ahead lets no request wait, and files follow one another
    with their directory. At random every request waits and counts, for a sample or for a piece
    of a shard: whoever reads several shards at once goes from one to another with each request.
    An object store prefetches nothing in any order.
    """
    streaming = cost.bytes / device.stream_bandwidth
    if device.read_ahead == "no":
        return _SampleTime(0.0, cost.requests * device.latency, streaming, cost.requests)
    if not shuffled:
        # read ahead from all parts of the device at once
        return _SampleTime(0.0, 0.0, cost.bytes / device.bandwidth, 0.0)
    opening = cost.opens * device.open_time
    requests = cost.requests + cost.opens
    return _SampleTime(opening, cost.requests * device.latency, streaming, requests)


def _in_order(cost: SampleCost, useful: float, density: float) -> SampleCost:
    """Return what a sample costs where everything in order is read and ``density`` of it used.

    ``useful`` is what ``cost`` takes to be used of a shard: who reads all of them leaves no shard
    out, so that only ``density`` counts.
    """
    more = useful / density
    return SampleCost(cost.requests * more, cost.opens * more, cost.bytes * more)


def _cost(track: Track, settings: AccessSettings) -> SampleCost:
    """Return what a sample costs in requests and bytes.

    A request brings no more than there is room for: what a step needs now, and the buffer.
    """
    dataset, node, file_format = track.dataset, track.node, FORMATS[settings.format]
    stored = file_format.stored_size(dataset.sample_size)
    room = (node.accelerators * node.batch_size + settings.buffer) * stored
    cost = sample_cost(file_format, dataset.sample_size, min(settings.request_size, room))
    return cost if settings.shuffled else _in_order(cost, file_format.useful, track.access.density)


def request_bytes(track: Track, settings: AccessSettings) -> float:
    """Return the bytes that a request really carries, at most ``settings.request_size``."""
    cost = _cost(track, settings)
    return cost.bytes / cost.requests


def evaluate_access(track: Track, settings: AccessSettings) -> AccessOutcome:
    """Return what reading ``track``'s dataset with ``settings`` comes to, for one node.

    ``settings.queue_depth`` requests are outstanding at once and follow
    :func:`storagelab.access.iops_at_queue_depth`, with a sample in the place of a request.
    Reading and computing overlap, so the accelerators are busy for ``supply / demand`` of the
    time, at most all of it. Preparation on the CPU is left to part 2. Writes beside the reads
    stall some of them (:func:`storagelab.parts.access.writes.stalls`): a step is late where its
    own slack and what the buffer holds ahead don't cover the wait.
    """
    device, file_format = track.access.device(settings.device), FORMATS[settings.format]
    dataset, node = track.dataset, track.node
    step_samples = node.accelerators * node.batch_size
    cost = _cost(track, settings)
    sharded = file_format.sharded
    time = _sample_time(device, cost, settings.shuffled)

    demand = node.demand
    stall_fraction, stall_time = stalls(track, device, settings.scattered_writes)
    alone = {
        "latency": settings.queue_depth / time.total,
        "iops": device.max_iops / time.requests if time.requests else np.inf,
        "bandwidth": device.bandwidth / cost.bytes,
    }
    most = min(alone["iops"], alone["bandwidth"])
    left = 1 - stall_fraction  # of the device's time, for reads
    ceilings = {name: left * rate for name, rate in alone.items()}
    supply = left * float(iops_at_queue_depth(time.total, most, settings.queue_depth))
    lowest = min(ceilings, key=lambda name: ceilings[name])

    io_time = step_samples / supply
    opening = step_samples * time.opening / settings.queue_depth
    reading = step_samples * cost.bytes / device.bandwidth
    steps = {
        "open": opening,
        "wait": max(0.0, io_time - opening - reading),
        "read": reading,
        "blocked": stall_fraction * stall_time / 2,
        "compute": node.compute_time,
    }
    utilization = min(1.0, supply / demand)
    slack = max(0.0, node.compute_time - io_time) + settings.buffer / demand
    late = 1.0
    if io_time <= node.compute_time:
        late = later_than(io_time, stall_fraction, stall_time, io_time + slack)
    part, active = track.access, min(1.0, demand / supply)
    misses = float(deadline_misses(late, 1 / node.compute_time))
    stalled = part.misses_limit is not None and misses > part.misses_limit
    fed = "stalls" if stalled else "compute"
    skip_deadline, skips = _skip_deadline(track, io_time, slack), 0.0
    if skip_deadline is not None:
        late = later_than(io_time, stall_fraction, stall_time, skip_deadline)
        skips = late / max(node.compute_time, io_time) * HOUR
    carried = cost.bytes / cost.requests
    memory = settings.buffer * dataset.sample_size + settings.queue_depth * carried
    return AccessOutcome(
        settings=settings,
        demand=demand,
        supply=supply,
        ceilings=ceilings,
        binding=fed if supply >= demand else lowest,
        utilization=utilization,
        steps=steps,
        request_bytes=carried,
        bandwidth=supply * dataset.sample_size,
        sequential_bandwidth=device.bandwidth,
        knee=float(knee_request_size(device.max_iops, device.bandwidth)),
        order_factor=order_factor(device, settings.request_size, settings.queue_depth),
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
        stall_fraction=stall_fraction,
        stall_time=stall_time,
        slack=slack,
        misses=misses,
        misses_limit=part.misses_limit,
        skips=skips,
        skips_limit=None if part.skip_time is None else part.skips_limit,
        skip_deadline=skip_deadline,
        active=active,
        budget=part.budget,
        memory=memory,
        costs={
            "device": part.device_prices.get(settings.device, 0.0)
            + track.charge("active", device.read_power * active),
            "memory": track.charge("memory", memory),
            "requests": track.charge_flow("request", demand * utilization * cost.requests)
            if settings.device in (part.charged_requests or [settings.device])
            else 0.0,
            "idle": track.charge_flow("idle", (1 - utilization) * node.accelerators),
        },
    )


def _skip_deadline(track: Track, io_time: float, slack: float) -> float | None:
    """Return the seconds from which on a step leaves a gap of the track's ``skip_time``, if any.

    Steps are shown at the ticks of a clock of their period. Where storage keeps up, a step does
    so that is late by more than ``skip_time`` less two periods; where it doesn't, one whose data
    takes longer than ``skip_time`` less one.
    """
    period, skip = track.node.compute_time, track.access.skip_time
    if skip is None:
        return None
    return io_time + slack + skip - 2 * period if io_time <= period else skip - period


@lru_cache(maxsize=4096)
def order_factor(device: Device, request_size: float, queue_depth: float) -> float:
    """Return :func:`storagelab.access.order_factor` of a device."""
    return float(
        order_factor_law(
            device.latency,
            device.stream_bandwidth,
            device.max_iops,
            device.bandwidth,
            request_size,
            queue_depth,
            device.read_ahead == "yes",
        )
    )


def late_shares(outcome: AccessOutcome, times: np.ndarray) -> np.ndarray:
    """Return the share of steps whose data comes later than each of ``times`` seconds, shape (n,).

    Counted from the step's start, whatever is buffered.
    """
    if not outcome.stall_time:
        return np.where(times < outcome.io_time, 1.0, 0.0)
    return np.asarray(
        stall_tail(outcome.io_time, outcome.stall_fraction, outcome.stall_time, times)
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


def late_quantiles(outcome: AccessOutcome, levels: np.ndarray) -> np.ndarray:
    """Return the seconds within which each share of ``levels`` of the steps has its data.

    The inverse of :func:`late_shares`; shape (n,). Raises ``ValueError`` for a level outside of
    0 to 1.
    """
    if not outcome.stall_time:
        return np.full(np.shape(levels), outcome.io_time)
    return np.asarray(
        stall_quantile(outcome.io_time, outcome.stall_fraction, outcome.stall_time, levels)
    )


def in_order(track: Track, settings: AccessSettings) -> AccessOutcome:
    """Return what the same settings do in order: the track's turn, turned back.

    Of reads, or of the writes beside them: whichever order the student turns.
    """
    part = track.access
    back: dict[str, Any] = {name: part.start(name) for name in part.to_si(part.turn)}
    return evaluate_access(track, replace(settings, **back))


# --- steps on a time axis


STORAGE = ("blocked", "open", "wait", "read")
"""What a step waits for in storage, in the order in which a timeline has it."""
ACTIVITIES = (*STORAGE, "prepare", "compute", "idle")


class Timeline(msgspec.Struct, frozen=True):
    """Steps that follow one another evenly: when each is read, prepared and computed."""

    period: float
    """Seconds from one step to the next."""
    spans: dict[str, np.ndarray]
    """Begin and end, in seconds, of each of :data:`ACTIVITIES`, shape (steps, 2).

    Step 0 begins to compute at 0; ``idle`` is what follows a step's computing.
    """

    @property
    def idle_share(self) -> float:
        """Share of the time in which nothing is computed."""
        return float(np.diff(self.spans["idle"][0])[0]) / self.period


def prepare_time(track: Track) -> float:
    """Return the seconds in which the CPU prepares one step's samples."""
    node = track.node
    return node.accelerators * node.batch_size / node.prepare_rate


def timeline(outcome: AccessOutcome, preparing: float, span: float) -> Timeline:
    """Return the steps that fall into ``span`` seconds once they follow one another evenly.

    Storage, the CPU (``preparing`` seconds a step) and the accelerators work at the same time on
    steps that follow one another, and each has room for one step's data beside the one that it
    works on: it begins the next as soon as that has come and the one before has been taken from
    it. Where storage is the slowest, all wait for its data; where computing is, storage has read
    a step ahead and rests. Opening, waiting and reading alternate from request to request and
    are summed up for a step; what it waits behind a write on average comes first, as far as the
    period has room for it.

    Raises ``ValueError`` for a negative time, or where preparing is the slowest of the three.
    """
    non_negative("preparing", preparing), non_negative("span", span)
    computing, io_time = outcome.steps["compute"], outcome.io_time
    period = max(io_time, computing)
    require(preparing <= period, "preparing must not be slower than storage and computing")
    begin = period * np.arange(int(span / period) + 4)
    # how long before a step is computed storage and CPU begin with it
    waits = io_time > computing
    reading, packing = (io_time + preparing, preparing) if waits else (2 * period, period)
    spans = {}
    at = begin - reading
    for name in STORAGE:
        length = outcome.steps[name]
        if name == "blocked":
            length = min(length, period - io_time)
        spans[name] = np.column_stack([at, at + length])
        at = spans[name][:, 1]
    spans["prepare"] = np.column_stack([begin - packing, begin - packing + preparing])
    spans["compute"] = np.column_stack([begin, begin + computing])
    spans["idle"] = np.column_stack([begin + computing, begin + period])
    return Timeline(period, spans)


# --- a device's curve and what others have measured


def asymptotes(device: Device, queue_depth: float) -> tuple[float, float]:
    """Return what a device's curve runs up to at a queue depth: requests/s, and bytes/s.

    Small requests reach the first and large ones the second; :func:`device_curve` lies below
    both. With one request outstanding they are one over the latency and the bandwidth of a
    stream, and as the queue grows all that the device can do.
    """
    requests = iops_at_queue_depth(device.latency, device.max_iops, queue_depth)
    # large requests only stream, for which the same law holds in bytes
    level = iops_at_queue_depth(1 / device.stream_bandwidth, device.bandwidth, queue_depth)
    return float(requests), float(level)


def waits_for_latency(device: Device, queue_depth: float) -> bool:
    """Return whether small requests are slow because too few are outstanding, not by number.

    So it is where fewer than ``L · IOPS`` are: more of them in flight would bring more.
    """
    return queue_depth < device.latency * device.max_iops


def turning_size(device: Device, queue_depth: float) -> float:
    """Return the request size, in bytes, at which a device turns at a queue depth.

    Where its :func:`asymptotes` meet: below it requests/s bind, above it bytes/s. With one
    request outstanding that is latency times bandwidth, and as the queue grows
    :func:`storagelab.access.knee_request_size`.
    """
    requests, level = asymptotes(device, queue_depth)
    return level / requests


class MeasuredRead(msgspec.Struct, frozen=True):
    """Random reads that somebody measured: bytes, requests outstanding, bytes/s."""

    device: str
    kind: str
    """Of the device, as in ``data/devices.csv``."""
    request_size: float
    queue_depth: float
    bandwidth: float
    source: str


CRYSTAL_DISK_MARK = 4096
"""Bytes of a random read in CrystalDiskMark's own profiles (RND4K)."""
FLASH_THREADS = 32
"""Readers at once in the flash measurements of Alizadeh et al. (2024)."""


@cache
def measured_reads() -> tuple[MeasuredRead, ...]:
    """Return the published random reads whose size and queue depth are known, each once.

    From ``data/published``; what is rated, worked out or advised there is left out. Of the drives
    at a queue depth only the table's first one is returned: all were read in requests of one
    size, where the dots of six would cover one another. The book's "Is it true?" has the others.
    """
    found: dict[tuple[str, float, float], MeasuredRead] = {}

    def add(row: Row, size: float, depth: float, rate: float) -> None:
        # so far all of them are NVMe flash; a drive's depth of 1 stands in each of its rows
        item = MeasuredRead(row["device"], "nvme", size, depth, rate, row["source"])
        found.setdefault((item.device, size, depth), item)

    size = CRYSTAL_DISK_MARK
    drives = read_table("iops_at_depth")
    for row in drives:
        if row["device"] == drives[0]["device"]:
            add(row, size, 1, row["iops_at_depth_1"] * size)
            add(row, size, row["queue_depth"], row["iops"] * size)
    for row in read_table("flash_random_reads"):
        add(row, row["known_size_B"], FLASH_THREADS, row["known_bandwidth_B_s"])
        add(row, row["size_B"], FLASH_THREADS, row["random_bandwidth_B_s"])
    return tuple(found.values())


# --- an order, played


class PlayedOrder(msgspec.Struct, frozen=True):
    """The order in which a small dataset is read and used, by the place where it is stored."""

    read: np.ndarray
    """The position at which each stored sample is read, from 0; shape (samples,)."""
    used: np.ndarray
    """The position at which it leaves the shuffle buffer, from 0; shape (samples,)."""

    @property
    def displacement(self) -> float:
        """Mean places by which the buffer, or a permutation of single files, moves a sample."""
        return float(np.abs(self.used - self.read).mean())


@lru_cache(maxsize=256)
def play_order(samples: int, shard: int | None, buffer: int, seed: int) -> PlayedOrder:
    """Return an epoch of ``samples`` samples in shuffled order, played with a seed.

    Without a ``shard`` (its samples) each sample lies for itself and the epoch is a permutation,
    which is what moves them. Shards come in random order and are read from end to end; the
    ``buffer`` behind them holds so many samples and hands out one at random for each that it
    takes in (:func:`storagelab.access.shuffle_displacement`).

    Raises ``ValueError`` for fewer than 1 sample or sample a shard, or a negative buffer.
    """
    at_least("samples", samples, 1), non_negative("buffer", buffer)
    generator = np.random.default_rng(seed)
    stored = np.arange(samples)
    if shard is None:
        return PlayedOrder(stored, _places(generator.permutation(samples)))
    at_least("shard", shard, 1)
    shards = np.array_split(stored, range(shard, samples, shard))
    stream = np.concatenate([shards[index] for index in generator.permutation(len(shards))])
    used = np.empty(samples, dtype=int)
    pool: list[int] = []
    draws = generator.random(samples).tolist()
    for place in range(samples):
        # whatever is needed to fill the buffer, then one in for each one out
        taken = min(samples, place + max(1, buffer))
        pool.extend(stream[place + len(pool) : taken].tolist())
        chosen = int(draws[place] * len(pool))
        pool[chosen], pool[-1] = pool[-1], pool[chosen]
        used[pool.pop()] = place
    return PlayedOrder(_places(stream), used)


def _places(order: np.ndarray) -> np.ndarray:
    """Return at which place of ``order`` each sample stands."""
    places = np.empty(len(order), dtype=int)
    places[order] = np.arange(len(order))
    return places
