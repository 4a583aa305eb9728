"""How a job is protected: what a state's way costs it, whatever the interval."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic

import msgspec
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
from storagelab.checks import MOST, DomainWarning, Floats, Q, to_scalar
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.checkpoint.table import Destination

if TYPE_CHECKING:
    from storagelab.tracks import Track

_NEVER = 300.0
"""Length of a segment in MTBFs from which a job practically never ends: e^300 tries."""
_ENDLESS = 1e4
"""Times its own work from which on it is said to: a month then takes 800 years."""


class Restart(msgspec.Struct, Generic[Q], frozen=True):
    """What passes between a failure and the moment at which the job works again, in seconds."""

    detect: float
    """Until it is noticed and understood."""
    wait: Q
    """For another machine, on average over the failures that take one and those that don't."""
    start: float
    """Until everything is started again, but for the state."""
    read: Q
    """While the state is read back."""

    @property
    def time(self) -> Q:
        """All in all."""
        return self.detect + self.wait + self.start + self.read


class Scheme(msgspec.Struct, Generic[Q], frozen=True, dict=True):
    """What protecting a job costs at any interval; times in seconds.

    One number each, or for fleets of n sizes arrays of shape (n, 1), so that the intervals of each
    fleet stand in a row of their own: ``wall_times`` takes those in shape (n, k) or (n, 1).
    """

    kind: str
    """As the destination's."""
    stop: Q
    """How long the job stands still for each state, beside any wait for the shared storage."""
    storm: Q
    """How long a state takes to arrive at the shared storage."""
    full: bool | np.ndarray
    """Whether so many machines fill the path there."""
    every: int
    """One state in so many goes on to the shared storage."""
    mtbf: Q
    """Of the whole job."""
    local_share: float
    """Of the failures, those after which what is kept near is still there."""
    near: Restart[Q]
    """After these."""
    far: Restart[Q]
    """After the others."""

    @property
    def restart_time(self: Scheme) -> float:
        """The mean over all failures, if none strikes a restart."""
        return self.local_share * self.near.time + (1 - self.local_share) * self.far.time

    def dump_time(self: Scheme, interval: float) -> float:
        """Return how long the job stands still for each state on average."""
        if self.kind == "background":  # the copy before it has to be done first
            return self.stop + max(0.0, self.storm - interval)
        return self.stop + self.storm / self.every

    def wall_times(self, solve_time: float | Floats, intervals: Floats) -> Floats:
        """Return the expected wall time at each interval; infinite where it never ends."""
        stretch = self.every * (intervals + self.stop) + self.storm
        restart = np.maximum(self.near.time, self.far.time)
        ends = np.maximum(stretch, restart) / self.mtbf <= _NEVER
        # the laws refuse a job that never ends: such a one is asked about as one without failures
        mtbf = np.where(ends, self.mtbf, MOST)
        steps = np.where(ends, intervals, solve_time / self.every)
        walls = self._law(solve_time, steps, mtbf)
        return np.where(ends & (walls <= _ENDLESS * solve_time), walls, np.inf)

    def _law(self, solve_time: float | Floats, intervals: Floats, mtbf: Floats) -> Floats:
        """Return the expected wall time at each interval by the law of the kind."""
        if self.kind == "near":
            return two_level_wall_time(
                solve_time, intervals, self.every, self.stop, self.storm, mtbf,
                self.local_share, self.near.time, self.far.time, restarts_fail=True,
            )  # fmt: skip
        if self.kind == "background":
            dump = self.stop + np.maximum(0.0, self.storm - intervals)
            walls = expected_wall_time(solve_time, intervals, dump, mtbf, self.far.time)
            # a failure during the copy falls back on the one before
            return walls * np.exp(self.storm / mtbf)
        return expected_wall_time(
            solve_time, intervals, self.stop + self.storm, mtbf, self.far.time
        )

    def wall_time(self: Scheme, solve_time: float, interval: float) -> float:
        """Return the expected wall time at one interval; infinite where it never ends."""
        return float(self.wall_times(solve_time, np.array([interval]))[0])

    @property
    def restarting(self) -> Q:
        """The share of an expected wall time that goes to restarts, struck or not."""
        return two_level_restarts(1.0, self.mtbf, self.local_share, self.near.time, self.far.time)

    @property
    def first_order(self) -> Q:
        """The best interval by Young's rule, or by what it becomes on two levels."""
        if self.kind == "near":
            return two_level_optimum(self.every, self.stop, self.storm, self.mtbf, self.local_share)
        dump = self.stop if self.kind == "background" else self.stop + self.storm
        with warnings.catch_warnings():
            # where Young's rule parts from the optimum is what the plot shows
            warnings.simplefilter("ignore", DomainWarning)
            return young_interval(dump, self.mtbf)

    @cached_property
    def optimum(self) -> Q:
        """The interval that wastes least; restarts move it by a trifle, on two levels."""
        if self.kind == "near":
            return _two_level_best(self)
        if self.kind == "background":
            return asynchronous_interval(self.stop, self.storm, self.mtbf)
        return optimal_interval(self.stop + self.storm, self.mtbf)

    def fallback(self: Scheme, interval: float, near: bool) -> float:
        """Return the seconds of work that a failure costs on average, first order.

        ``near`` says whether it leaves what is kept near, if anything is.
        """
        period = interval + self.stop
        if self.kind == "background":
            return period / 2 + self.storm
        if near:
            return period / 2
        return (self.every * period + self.storm) / 2

    def storage_share(self: Scheme, interval: float) -> float:
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

    def shortest_interval(self: Scheme, limit: float) -> float:
        """Return the interval at which the shared storage is full for ``limit`` of the time."""
        if not self.full:
            return 0.0
        period = self.storm / limit - self._waits * self.storm
        return max(0.0, period / self.every - self.stop)

    def longest_storm(self: Scheme, interval: float, limit: float) -> float:
        """Return how long the storage may be full each time, to be so for ``limit`` in all."""
        period = self.every * (interval + self.stop)
        return period * limit / (1 - limit if self._waits else 1.0)


_TRIED = 33
_WIDTHS = tuple(np.geomspace(1 / width, width, _TRIED) for width in (8.0, 8.0 ** (1 / 8)))
"""What the best interval is multiplied by in each round of the search for a better one."""


def _two_level_best(scheme: Scheme[Q]) -> Q:
    """Return the interval at which the two-level law is least, to 1e-4, near the first order."""
    best = np.atleast_1d(np.minimum(scheme.first_order, scheme.mtbf))
    for width in _WIDTHS:
        tried = best * width
        # so much work is as good as any: the law is in proportion to it
        walls = scheme.wall_times(scheme.every * tried[..., -1:], tried)
        least = walls.argmin(axis=-1, keepdims=True)
        at = np.clip(least, 1, _TRIED - 2)
        before, there, after = (np.take_along_axis(walls, at + one, -1) for one in (-1, 0, 1))
        ends = np.isfinite(there)
        best = np.where(ends, np.take_along_axis(tried, least, axis=-1), best)
    # the law is smooth so near: the rest is the vertex of a parabola through the least three
    with np.errstate(invalid="ignore", divide="ignore"):
        vertex = (before - after) / (2 * (before - 2 * there + after))
    inside = (at == least) & (np.abs(vertex) <= 1)  # and not where one of them never ends
    best = best * (width[1] / width[0]) ** np.where(inside, vertex, 0.0)
    return to_scalar(best if isinstance(scheme.mtbf, np.ndarray) else best[0])


def written_bytes(track: Track, settings: CheckpointSettings) -> float:
    """Return the bytes that go to storage at each dump."""
    return _written(track, settings, settings.nodes)


def _written(track: Track, settings: CheckpointSettings, nodes: Q) -> Q:
    part = track.checkpoint
    size = float(checkpoint_size(part.parameters, settings.bytes_per_parameter))
    copies = 1.0 if settings.sharded else part.full_copies or nodes
    return size * copies + np.zeros_like(nodes) if isinstance(nodes, np.ndarray) else size * copies


def latency(track: Track, settings: CheckpointSettings) -> float:
    """Return the seconds of a dump before its bytes flow: the fixed ones, and files to be made."""
    part = track.checkpoint
    files = settings.nodes * part.files_per_writer
    return part.dump_latency + (files / part.metadata_rate if part.metadata_rate else 0.0)


def arrival_time(track: Track, settings: CheckpointSettings, nodes: Q) -> Q:
    """Return the seconds in which a state of ``nodes`` machines arrives at the shared storage."""
    part = track.checkpoint
    # the copies are in the bytes already
    flowing = storm_write_time(
        _written(track, settings, nodes),
        nodes,
        settings.write_bandwidth,
        part.node_bandwidth,
        efficiency=part.write_efficiency,
        files_per_writer=part.files_per_writer,
        metadata_rate=part.metadata_rate or 1e100,
    )
    return part.dump_latency + flowing


def _read_back(track: Track, settings: CheckpointSettings, nodes: Q) -> Q:
    """Return the seconds in which every node has read its state from the shared storage."""
    part = track.checkpoint
    size = float(checkpoint_size(part.parameters, settings.bytes_per_parameter))
    return read_back_time(
        size * (part.full_copies or 1.0),  # of what changed alone nobody can start again
        nodes,
        part.read_bandwidth or settings.write_bandwidth,
        part.read_bandwidth or part.node_bandwidth,
        settings.sharded,
    )


def near_bytes(track: Track, settings: CheckpointSettings) -> float:
    """Return the bytes of a state at each machine."""
    return written_bytes(track, settings) / settings.nodes


def spares(settings: CheckpointSettings) -> int:
    """Return the machines that are held to spare: a share of all, and a whole number."""
    return int(_spares(settings, settings.nodes))


def _spares(settings: CheckpointSettings, nodes: Q) -> Q:
    return to_scalar(np.ceil(settings.spare_share * nodes - 1e-9))


def scheme(track: Track, settings: CheckpointSettings) -> Scheme:
    """Return how ``track``'s job is protected with some settings, whatever their interval."""
    return _scheme(track, settings, settings.nodes)


def schemes(track: Track, settings: CheckpointSettings, nodes: Floats) -> Scheme[Floats]:
    """Return how the job would be protected on each of ``nodes`` machines, shape (n,)."""
    return _scheme(track, settings, np.asarray(nodes, dtype=float)[:, np.newaxis])


def _scheme(track: Track, settings: CheckpointSettings, nodes: Q) -> Scheme[Q]:
    part = track.checkpoint
    way: Destination = part.destination(settings.destination)
    mtbf = job_mtbf(settings.node_mtbf, nodes)
    near = (
        nodes * 0.0
        if way.bandwidth is None
        else _written(track, settings, nodes) / nodes / way.bandwidth
    )
    wait = _spare_wait(track, settings, nodes, mtbf)

    def after(those: Callable[[str], bool], read: Q) -> Restart[Q]:
        """Return what follows the failures of some kinds."""
        kinds = [item for item in part.failures if those(item.name)]
        all_of_it = math.fsum(item.share for item in kinds)
        taking = math.fsum(item.share for item in kinds if item.takes_node)
        waits = wait * (taking / all_of_it if all_of_it else 0.0)
        return Restart(part.detect_time, waits, part.start_time, read)

    spared = [item.share for item in part.failures if item.name in way.survives]
    far = after(lambda name: name not in way.survives, _read_back(track, settings, nodes))
    return Scheme(
        kind=way.kind,
        stop=near,
        storm=arrival_time(track, settings, nodes),
        full=nodes * part.node_bandwidth >= settings.write_bandwidth * part.write_efficiency,
        every=way.every,
        mtbf=mtbf,
        local_share=math.fsum(spared),
        near=after(lambda name: name in way.survives, near) if spared else far,
        far=far,
    )


# most moves of a control leave all three, for each of a curve's fleets
_spare_wait_once: Callable[[float, float, float], float] = lru_cache(maxsize=4096)(spare_wait)


def _spare_wait(track: Track, settings: CheckpointSettings, nodes: Q, mtbf: Q) -> Q:
    """Return the mean seconds until another machine takes the place of a lost one."""
    part = track.checkpoint
    lost = math.fsum(item.share for item in part.failures if item.takes_node)
    if not lost:
        return nodes * 0.0
    asked = (part.repair_time, mtbf / lost, _spares(settings, nodes))
    if not isinstance(nodes, np.ndarray):
        return _spare_wait_once(*asked)
    return np.asarray(np.vectorize(_spare_wait_once, otypes=[float])(*asked))
