"""How a job is protected: what a state's way costs it, whatever the interval."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from storagelab.checkpoint import (
    asynchronous_interval,
    checkpoint_size,
    expected_wall_time,
    job_mtbf,
    optimal_interval,
    read_back_time,
    spare_wait,
    storm_write_time,
    two_level_optimum,
    two_level_restarts,
    two_level_wall_time,
    young_interval,
)
from storagelab.checks import DomainWarning
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.checkpoint.table import Destination

if TYPE_CHECKING:
    from storagelab.tracks import Track

_NEVER = 300.0
"""Length of a segment in MTBFs from which a job practically never ends: e^300 tries."""
_ENDLESS = 1e4
"""Times its own work from which on it is said to: a month then takes 800 years."""


@dataclass(frozen=True)
class Restart:
    """What passes between a failure and the moment at which the job works again, in seconds."""

    detect: float
    """Until it is noticed and understood."""
    wait: float
    """For another machine, on average over the failures that take one and those that don't."""
    start: float
    """Until everything is started again, but for the state."""
    read: float
    """While the state is read back."""

    @property
    def time(self) -> float:
        """All in all."""
        return self.detect + self.wait + self.start + self.read


@dataclass(frozen=True)
class Scheme:
    """What protecting a job costs at any interval; times in seconds."""

    kind: str
    """As the destination's."""
    stop: float
    """How long the job stands still for each state, beside any wait for the shared storage."""
    storm: float
    """How long a state takes to arrive at the shared storage."""
    full: bool
    """Whether so many machines fill the path there."""
    every: int
    """One state in so many goes on to the shared storage."""
    mtbf: float
    """Of the whole job."""
    local_share: float
    """Of the failures, those after which what is kept near is still there."""
    near: Restart
    """After these."""
    far: Restart
    """After the others."""

    @property
    def restart_time(self) -> float:
        """The mean over all failures, if none strikes a restart."""
        return self.local_share * self.near.time + (1 - self.local_share) * self.far.time

    def dump_time(self, interval: float) -> float:
        """Return how long the job stands still for each state on average."""
        if self.kind == "background":  # the copy before it has to be done first
            return self.stop + max(0.0, self.storm - interval)
        return self.stop + self.storm / self.every

    def wall_times(self, solve_time: float, intervals: np.ndarray) -> np.ndarray:
        """Return the expected wall time at each interval; infinite where it never ends."""
        walls = self._laws(solve_time, intervals)
        walls[walls > _ENDLESS * solve_time] = np.inf
        return walls

    def _laws(self, solve_time: float, intervals: np.ndarray) -> np.ndarray:
        """Return the expected wall time at each interval by the law of the kind."""
        walls = np.full(intervals.shape, np.inf)
        stretch = self.every * (intervals + self.stop) + self.storm
        ends = stretch / self.mtbf <= _NEVER
        if max(self.near.time, self.far.time) / self.mtbf > _NEVER or not ends.any():
            return walls
        shown = intervals[ends]
        if self.kind == "near":
            walls[ends] = two_level_wall_time(
                solve_time, shown, self.every, self.stop, self.storm, self.mtbf,
                self.local_share, self.near.time, self.far.time, restarts_fail=True,
            )  # fmt: skip
            return walls
        dump = np.asarray(self.stop + self.storm)
        if self.kind == "background":
            dump = self.stop + np.maximum(0.0, self.storm - shown)
        walls[ends] = expected_wall_time(solve_time, shown, dump, self.mtbf, self.far.time)
        if self.kind == "background":  # a failure during the copy falls back on the one before
            walls[ends] *= math.exp(self.storm / self.mtbf)
        return walls

    def wall_time(self, solve_time: float, interval: float) -> float:
        """Return the expected wall time at one interval; infinite where it never ends."""
        return float(self.wall_times(solve_time, np.array([interval]))[0])

    def restarts(self, wall: float) -> float:
        """Return how much of an expected ``wall`` time goes to restarts, struck or not."""
        near, far = self.near.time, self.far.time
        return wall * float(two_level_restarts(1.0, self.mtbf, self.local_share, near, far))

    @property
    def first_order(self) -> float:
        """The best interval by Young's rule, or by what it becomes on two levels."""
        if self.kind == "near":
            return float(
                two_level_optimum(self.every, self.stop, self.storm, self.mtbf, self.local_share)
            )
        with warnings.catch_warnings():
            # where Young's rule parts from the optimum is what the plot shows
            warnings.simplefilter("ignore", DomainWarning)
            return float(young_interval(self.dump_time(math.inf), self.mtbf))

    @cached_property
    def optimum(self) -> float:
        """The interval that wastes least; restarts move it by a trifle, on two levels."""
        if self.kind == "near":
            return _two_level_best(self)
        if self.kind == "background":
            return float(asynchronous_interval(self.stop, self.storm, self.mtbf))
        return float(optimal_interval(self.stop + self.storm, self.mtbf))

    def fallback(self, interval: float, near: bool) -> float:
        """Return the seconds of work that a failure costs on average, first order.

        ``near`` says whether it leaves what is kept near, if anything is.
        """
        period = interval + self.stop
        if self.kind == "background":
            return period / 2 + self.storm
        if near:
            return period / 2
        return (self.every * period + self.storm) / 2

    def storage_share(self, interval: float) -> float:
        """Return the share of time in which the shared storage is full."""
        if not self.full:
            return 0.0
        period = self.every * (interval + self.stop) + self._waits * self.storm
        if self.kind == "background":
            period = max(period, self.storm)
        return self.storm / period

    @property
    def _waits(self) -> bool:
        return self.kind != "background"

    def shortest_interval(self, limit: float) -> float:
        """Return the interval at which the shared storage is full for ``limit`` of the time."""
        if not self.full:
            return 0.0
        period = self.storm / limit - self._waits * self.storm
        return max(0.0, period / self.every - self.stop)

    def longest_storm(self, interval: float, limit: float) -> float:
        """Return how long the storage may be full each time, to be so for ``limit`` in all."""
        period = self.every * (interval + self.stop)
        return period * limit / (1 - limit if self._waits else 1.0)


@lru_cache(maxsize=4096)
def _two_level_best(scheme: Scheme) -> float:
    """Return the interval at which the two-level law is least, to 1e-4, near the first order."""
    # an hour of work is as good as any: the law is in proportion to it
    best, width = min(scheme.first_order, scheme.mtbf), 8.0
    for _ in range(4):
        tried = np.geomspace(best / width, best * width, 33)
        work = scheme.every * tried[-1]
        walls = scheme.wall_times(work, tried)
        if not np.isfinite(walls).any():
            return best
        best = float(tried[np.argmin(walls)])
        width **= 1 / 8
    return best


def written_bytes(track: Track, settings: CheckpointSettings) -> float:
    """Return the bytes that go to storage at each dump."""
    part = track.checkpoint
    size = float(checkpoint_size(part.parameters, settings.bytes_per_parameter))
    return size * (1.0 if settings.sharded else part.full_copies or settings.nodes)


def latency(track: Track, settings: CheckpointSettings) -> float:
    """Return the seconds of a dump before its bytes flow: the fixed ones, and files to be made."""
    part = track.checkpoint
    files = settings.nodes * part.files_per_writer
    return part.dump_latency + (files / part.metadata_rate if part.metadata_rate else 0.0)


def _storm(track: Track, settings: CheckpointSettings) -> float:
    """Return the seconds in which a state arrives at the shared storage."""
    part = track.checkpoint
    # the copies are in the bytes already
    flowing = storm_write_time(
        written_bytes(track, settings),
        settings.nodes,
        settings.write_bandwidth,
        part.node_bandwidth,
        efficiency=part.write_efficiency,
        files_per_writer=part.files_per_writer,
        metadata_rate=part.metadata_rate or 1e100,
    )
    return part.dump_latency + float(flowing)


def _read_back(track: Track, settings: CheckpointSettings) -> float:
    """Return the seconds in which every node has read its state from the shared storage."""
    part = track.checkpoint
    size = float(checkpoint_size(part.parameters, settings.bytes_per_parameter))
    return float(
        read_back_time(
            size * (part.full_copies or 1.0),  # of what changed alone nobody can start again
            settings.nodes,
            part.read_bandwidth or settings.write_bandwidth,
            part.read_bandwidth or part.node_bandwidth,
            settings.sharded,
        )
    )


def near_bytes(track: Track, settings: CheckpointSettings) -> float:
    """Return the bytes of a state at each machine."""
    return written_bytes(track, settings) / settings.nodes


def spares(settings: CheckpointSettings) -> int:
    """Return the machines that are held to spare: a share of all, and a whole number."""
    return math.ceil(settings.spare_share * settings.nodes - 1e-9)


def scheme(track: Track, settings: CheckpointSettings) -> Scheme:
    """Return how ``track``'s job is protected with some settings, whatever their interval."""
    part = track.checkpoint
    way: Destination = part.destination(settings.destination)
    mtbf = float(job_mtbf(settings.node_mtbf, settings.nodes))
    near = 0.0 if way.bandwidth is None else near_bytes(track, settings) / way.bandwidth
    lost = math.fsum(item.share for item in part.failures if item.takes_node)
    wait = spare_wait(part.repair_time, mtbf / lost, spares(settings)) if lost else 0.0

    def after(those: Callable[[str], bool], read: float) -> Restart:
        """Return what follows the failures of some kinds."""
        kinds = [item for item in part.failures if those(item.name)]
        all_of_it = math.fsum(item.share for item in kinds)
        taking = math.fsum(item.share for item in kinds if item.takes_node)
        waits = wait * taking / all_of_it if all_of_it else 0.0
        return Restart(part.detect_time, waits, part.start_time, read)

    spared = [item.share for item in part.failures if item.name in way.survives]
    far = after(lambda name: name not in way.survives, _read_back(track, settings))
    return Scheme(
        kind=way.kind,
        stop=near,
        storm=_storm(track, settings),
        full=settings.nodes * part.node_bandwidth
        >= settings.write_bandwidth * part.write_efficiency,
        every=way.every,
        mtbf=mtbf,
        local_share=math.fsum(spared),
        near=after(lambda name: name in way.survives, near) if spared else far,
        far=far,
    )
