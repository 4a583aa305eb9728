"""The feeding path as a closed loop: readers, a device, a cache, a shuffle buffer, an accelerator.

Nothing arrives from outside. A reader asks for its next sample only when there is room for it, so
a stalled accelerator delays the next request, as it does in a training loop.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from storagelab.checks import Floats, fraction, require, single, whole
from storagelab.simulation.service import ServiceTime

_NO_TIME = ServiceTime(0.0)


@dataclass(frozen=True, kw_only=True)
class FeedingPath:
    """A feeding path, for one epoch of ``samples`` samples.

    Raises ``ValueError`` for counts that aren't whole, a fraction outside [0, 1], or samples
    that don't fill whole batches.
    """

    samples: int
    batch_size: int
    readers: int
    """Loader workers; each reads one sample at a time."""
    read: ServiceTime
    """One request at the device, without waiting for it."""
    compute: ServiceTime
    """One batch on the accelerator."""
    channels: int = 1
    """Requests that the device serves at the same time; the others wait their turn."""
    queue_depth: int = 1_000_000
    """Requests that may be outstanding at once."""
    prepare: ServiceTime = _NO_TIME
    """A worker's own time for a sample that it has read (decode, augment)."""
    cached_fraction: float = 0.0
    """Share of the samples that a cache which never evicts holds."""
    cached_read: ServiceTime = _NO_TIME
    """A hit; hits don't wait for the device."""
    shuffle_buffer: int = 1
    """Samples from which the next one is drawn at random; 1: none."""
    prefetch: int = 1
    """Batches for which there is room ahead of the accelerator."""

    def __post_init__(self) -> None:
        names = ("samples", "batch_size", "readers", "channels", "queue_depth", "shuffle_buffer")
        for name in (*names, "prefetch"):
            single(name, whole(name, getattr(self, name)))
        single("cached_fraction", fraction("cached_fraction", self.cached_fraction))
        require(
            self.samples % self.batch_size == 0,
            f"samples must fill whole batches of batch_size = {self.batch_size}; "
            f"got {self.samples}",
        )

    @property
    def room(self) -> int:
        """Samples that may have been asked for and not yet taken by the accelerator."""
        return self.prefetch * self.batch_size + self.shuffle_buffer - 1


@dataclass(frozen=True)
class Estimate:
    """A mean over replications, with its standard error."""

    mean: float
    standard_error: float


@dataclass(frozen=True, kw_only=True)
class FeedingRun:
    """What some replications of a path came to."""

    path: FeedingPath
    replications: int
    utilization: Estimate
    """Share of the time from the first batch on in which the accelerator computes."""
    throughput: Estimate
    """Samples/s of the whole epoch, its start included."""
    fill_time: Estimate
    """Seconds until the accelerator has its first batch."""
    stall_time: Estimate
    """Seconds an epoch that the accelerator waits after its first batch."""
    hit_rate: Estimate
    read_time: Estimate
    """Seconds of a read at the device, waiting included; 0 where all hit the cache."""
    outstanding: Estimate
    """Mean requests at the device."""
    displacement: Estimate
    """Mean distance between where a sample is read and where it is used, in samples."""
    read_quantiles: dict[float, float]
    """Seconds of a read at the device at the quantiles 0.5, 0.99 and 0.999, all together."""


@dataclass
class _Epoch:
    """One epoch while it is played, and what is noted of it."""

    path: FeedingPath
    generator: np.random.Generator
    env: simpy.Environment = field(default_factory=simpy.Environment)
    pool: list[int] = field(default_factory=list)
    """Positions read, in the shuffle buffer."""
    used: list[int] = field(default_factory=list)
    """Positions read, in the order in which they were used."""
    reads: list[float] = field(default_factory=list)
    hits: int = 0
    arrived: int = 0
    asked: int = 0
    busy: float = 0.0
    started: float = 0.0

    def __post_init__(self) -> None:
        path, generator = self.path, self.generator
        self.order = generator.permutation(path.samples)
        self.cached = round(path.cached_fraction * path.samples)
        self.read_times = path.read.draw(generator, path.samples)
        self.hit_times = path.cached_read.draw(generator, path.samples)
        self.prepare_times = path.prepare.draw(generator, path.samples)
        self.compute_times = path.compute.draw(generator, path.samples // path.batch_size)
        self.draws = generator.random(path.samples)
        self.device = simpy.Resource(self.env, capacity=path.channels)
        self.slots = simpy.Resource(self.env, capacity=path.queue_depth)
        self.room = simpy.Container(self.env, capacity=path.room, init=path.room)
        self.ready = simpy.Container(self.env, init=0)

    def play(self) -> None:
        """Run the epoch to its end."""
        for _ in range(self.path.readers):
            self.env.process(self.reader())
        self.env.run(until=self.env.process(self.accelerator()))

    def reader(self) -> Generator[Any, Any, None]:
        """Read sample after sample as long as there is room for them."""
        while self.asked < self.path.samples:
            turn = self.asked
            self.asked += 1
            yield self.room.get(1)
            if self.order[turn] < self.cached:
                self.hits += 1
                yield self.env.timeout(self.hit_times[turn])
            else:
                asked_at = self.env.now
                with self.slots.request() as slot:
                    yield slot
                    with self.device.request() as channel:
                        yield channel
                        yield self.env.timeout(self.read_times[turn])
                self.reads.append(self.env.now - asked_at)
            yield self.env.timeout(self.prepare_times[turn])
            released = self.shuffle()
            if released:
                yield self.ready.put(released)

    def shuffle(self) -> int:
        """Take a sample into the buffer, draw as many as it gives up, and return their number."""
        self.pool.append(self.arrived)
        self.arrived += 1
        at_the_end = self.arrived == self.path.samples
        released = 0
        while self.pool and (at_the_end or len(self.pool) >= self.path.shuffle_buffer):
            place = int(self.draws[len(self.used)] * len(self.pool))
            self.pool[place], self.pool[-1] = self.pool[-1], self.pool[place]
            self.used.append(self.pool.pop())
            released += 1
        return released

    def accelerator(self) -> Generator[Any, Any, None]:
        """Take batch after batch and compute."""
        for step, time in enumerate(self.compute_times):
            yield self.ready.get(self.path.batch_size)
            if step == 0:
                self.started = self.env.now
            # where the stream has ended nothing more is asked for, and room may be left over
            yield self.room.put(min(self.path.batch_size, self.room.capacity - self.room.level))
            yield self.env.timeout(time)
            self.busy += time


def _estimate(values: list[float]) -> Estimate:
    numbers = np.asarray(values)
    return Estimate(float(numbers.mean()), float(numbers.std(ddof=1) / np.sqrt(numbers.size)))


def simulate_feeding(path: FeedingPath, replications: int, seed: int) -> FeedingRun:
    """Play ``path`` for one epoch, ``replications`` times, and return what it came to.

    The replications' random numbers are spawned from ``seed`` and independent; the same seed
    gives the same run. Each epoch reads a fresh permutation with the cache already filled.

    Raises ``ValueError`` for fewer than 2 replications, a seed that isn't whole, or a path in
    which nothing takes time.
    """
    count = int(single("replications", whole("replications", replications, least=2)))
    root = np.random.SeedSequence(int(single("seed", whole("seed", seed, least=0))))
    noted: dict[str, list[float]] = {
        name: []
        for name in (
            "utilization", "throughput", "fill_time", "stall_time",
            "hit_rate", "read_time", "outstanding", "displacement",
        )
    }  # fmt: skip
    reads: list[Floats] = []
    for child in root.spawn(count):
        epoch = _Epoch(path, np.random.default_rng(child))
        epoch.play()
        end, times = float(epoch.env.now), np.asarray(epoch.reads)
        require(end > 0, "the path takes no time at all: give read or compute a mean above 0")
        running = end - epoch.started
        noted["utilization"].append(epoch.busy / running if running > 0 else 1.0)
        noted["throughput"].append(path.samples / end)
        noted["fill_time"].append(epoch.started)
        noted["stall_time"].append(running - epoch.busy)
        noted["hit_rate"].append(epoch.hits / path.samples)
        noted["read_time"].append(float(times.mean()) if times.size else 0.0)
        noted["outstanding"].append(float(times.sum()) / end)
        moved = np.abs(np.asarray(epoch.used) - np.arange(path.samples))
        noted["displacement"].append(float(moved.mean()))
        reads.append(times)
    together = np.concatenate(reads)
    quantiles = (0.5, 0.99, 0.999)
    at = np.quantile(together, quantiles) if together.size else np.zeros(len(quantiles))
    return FeedingRun(
        path=path,
        replications=count,
        read_quantiles=dict(zip(quantiles, map(float, at), strict=True)),
        **{name: _estimate(values) for name, values in noted.items()},
    )
