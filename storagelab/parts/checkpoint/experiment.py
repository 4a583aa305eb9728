"""Part 3: how often to save a job that fails, and what the saving does to the storage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from storagelab.access import lifetime
from storagelab.checkpoint import checkpoint_size, daly_interval, wear_period
from storagelab.checkpoint.simulation import sample_wall_times
from storagelab.checkpoint.storm import Storm, storm_profile
from storagelab.checks import positive
from storagelab.parts.checkpoint import limits
from storagelab.parts.checkpoint.scheme import (
    Restart,
    Scheme,
    near_bytes,
    scheme,
    schemes,
    spares,
    written_bytes,
)
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.limits import Limit
from storagelab.parts.outcome import Outcome

if TYPE_CHECKING:
    from storagelab.tracks import Track


class CheckpointOutcome(Outcome, frozen=True, kw_only=True):
    """What protecting the track's job with some settings comes to. Times in seconds."""

    settings: CheckpointSettings
    scheme: Scheme
    """What it costs at any interval."""
    size: float
    """Bytes of one full checkpoint."""
    written: float
    """Bytes that go to storage at each checkpoint."""
    spares: int
    """Machines that are held to spare."""
    dump_time: float
    """How long the job stands still for each checkpoint, on average."""
    solve_time: float
    wall_time: float
    """Expected, at the chosen interval; infinite where the job practically never ends."""
    parts: dict[str, float]
    """What the wall time is made of: solve, dump, lost (work done again), restart."""
    gone: bool
    """Whether what is lost is lost for good: a share of the run, that takes no longer for it."""
    storage_share: float
    """Share of time in which dumps saturate the shared storage."""
    storage_limit: float
    storm_interval: float
    """The interval below which checkpoints take more than the storage can give."""
    life: float
    """Seconds until the storage is worn out; infinite where it doesn't wear."""
    life_target: float
    waste_limit: float | None
    wear_interval: float
    """The interval below which it is worn out too early; 0 where it doesn't wear."""

    @property
    def limits(self) -> Sequence[Limit[CheckpointOutcome]]:
        """What a decision can miss."""
        return limits.LIMITS

    @property
    def mtbf(self) -> float:
        """Of the whole job."""
        return self.scheme.mtbf

    @property
    def restart(self) -> Restart:
        """What passes after a failure that leaves no state but the one at the shared storage."""
        return self.scheme.far

    @property
    def optimum(self) -> float:
        """The interval that wastes least, of those with which the job makes a checkpoint at all."""
        return _best(self.scheme, self.solve_time)[0]

    @property
    def best_wall_time(self) -> float:
        """Expected, at the exact optimum; infinite where the job practically never ends."""
        return _best(self.scheme, self.solve_time)[1]

    @property
    def young(self) -> float:
        """The best interval by Young's rule, or by what it becomes on two levels."""
        return self.scheme.first_order

    @property
    def daly(self) -> float:
        """The best interval by Daly's higher order, for a job that waits for each dump."""
        return float(daly_interval(self.scheme.dump_time(math.inf), self.mtbf))

    @property
    def wasted(self) -> float:
        """Seconds beyond the failure-free work."""
        return self.wall_time - self.solve_time

    @property
    def losses(self) -> dict[str, float]:
        """What is lost to dumps, lost work, restarts, and in ``total``, as it is asked for.

        Seconds of a run that takes longer for it, or shares of one that doesn't.
        """
        found = {name: self.parts[name] for name in LOST}
        found["total"] = self.wasted
        if not self.gone:
            return found
        if not math.isfinite(self.wall_time):
            return {"dump": 0.0, "lost": 1.0, "restart": 0.0, "total": 1.0}
        return {name: value / self.wall_time for name, value in found.items()}

    @property
    def loss(self) -> float:
        """What is lost in all: seconds, or a share of the run."""
        return self.losses["total"]

    @property
    def best_loss(self) -> float:
        """The same at the exact optimum."""
        best = self.best_wall_time
        if not self.gone:
            return best - self.solve_time
        return 1 - self.solve_time / best


@lru_cache(maxsize=4096)
def _best(way: Scheme, solve_time: float) -> tuple[float, float]:
    """Return the interval that wastes least, and the expected wall time there.

    Remembered, as most moves of a control leave both, and figures name them again and again.
    """
    interval = min(way.optimum, solve_time / way.every)
    return interval, way.wall_time(solve_time, interval)


LOST = ("dump", "lost", "restart")
"""What a run loses time to: dumps, work that is lost, restarts."""


def _endurance(track: Track, write_bandwidth: float) -> float:
    """Return the bytes that the storage behind a write bandwidth bears in its life."""
    part = track.checkpoint
    if not part.endurance:
        return math.inf
    control = part.control("write_bandwidth")
    offered = [float(control.to_si(value)) for value in control.values]
    slower = [index for index, value in enumerate(offered) if value <= write_bandwidth * 1.000001]
    return part.endurance[slower[-1] if slower else 0]


def _costs(track: Track, settings: CheckpointSettings, wall: float) -> dict[str, float]:
    """Return what is paid for the whole job: for what is lost, and for what is rented."""
    part = track.checkpoint
    lost = wall - part.solve_time
    if part.gone is not None:
        lost = part.solve_time * (1 - part.solve_time / wall)
    periods = part.solve_time / track.currency.period
    machine = track.charge("idle", track.node.accelerators * part.solve_time)
    way, near = part.destination(settings.destination), 0.0
    if way.held is not None:
        near = track.charge(way.held, near_bytes(track, settings) * settings.nodes) * periods
    return {
        "wasted": lost * track.waste_price * settings.nodes / part.nodes,
        "bandwidth": track.charge("write", settings.write_bandwidth) * periods,
        "spares": spares(settings) * machine,
        "near": near,
    }


def evaluate_checkpoint(
    track: Track, settings: CheckpointSettings, way: Scheme | None = None
) -> CheckpointOutcome:
    """Return what saving ``track``'s job with ``settings`` comes to.

    ``way`` is how the job is protected with them, where that is known from another interval.

    Every failure of any node stops the whole job, and all nodes write at the same moment. The
    expected number of failures is the wall time over the MTBF, each followed by a restart that
    a further failure can cut short; what is neither work, dump nor restart is work done again.
    """
    part, way = track.checkpoint, way or scheme(track, settings)
    dump = way.dump_time(settings.interval)
    wall = way.wall_time(part.solve_time, settings.interval)
    dumps = part.solve_time / settings.interval * dump
    restarts = wall * way.restarting
    limit, written = part.storage_limit, written_bytes(track, settings)
    endurance = _endurance(track, settings.write_bandwidth)
    life, wear = math.inf, 0.0
    if math.isfinite(endurance):
        life = float(lifetime(endurance, 1, written / (settings.interval + dump), 1))
        wear = max(0.0, float(wear_period(written, endurance, 1, part.life_target)) - dump)
    return CheckpointOutcome(
        settings=settings,
        scheme=way,
        size=float(checkpoint_size(part.parameters, settings.bytes_per_parameter)),
        written=written,
        spares=spares(settings),
        dump_time=dump,
        solve_time=part.solve_time,
        wall_time=wall,
        parts={
            "solve": part.solve_time,
            "dump": dumps,
            "lost": max(0.0, wall - part.solve_time - dumps - restarts)
            if math.isfinite(wall)
            else math.inf,
            "restart": restarts,
        },
        gone=part.gone is not None,
        storage_share=way.storage_share(settings.interval),
        storage_limit=limit,
        storm_interval=way.shortest_interval(limit),
        life=life,
        life_target=part.life_target,
        waste_limit=part.waste_limit,
        wear_interval=wear,
        costs=_costs(track, settings, wall),
    )


def overhead_curve(
    track: Track, settings: CheckpointSettings, intervals: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what is lost at each of ``intervals`` seconds, shape (n,): seconds, or shares.

    ``dump``, ``lost`` (work done again), ``restart`` and their sum, ``total``, as in
    :attr:`CheckpointOutcome.losses`; infinite seconds, or all of it, where the job practically
    never ends. Raises ``ValueError`` for an interval of 0 or less.
    """
    part, way = track.checkpoint, scheme(track, settings)
    shown = positive("intervals", intervals)
    walls = way.wall_times(part.solve_time, shown)
    ends = np.isfinite(walls)
    dumps = part.solve_time / shown * [way.dump_time(float(interval)) for interval in shown]
    restarts = np.where(ends, walls, 0.0) * way.restarting
    lost = np.full(shown.shape, np.inf)
    lost[ends] = np.maximum(0.0, walls[ends] - part.solve_time - dumps[ends] - restarts[ends])
    restarts[~ends] = np.inf
    curve = {"dump": dumps, "lost": lost, "restart": restarts, "total": walls - part.solve_time}
    if part.gone is None:
        return curve
    never = {"dump": 0.0, "lost": 1.0, "restart": 0.0, "total": 1.0}
    with np.errstate(invalid="ignore"):
        return {name: np.where(ends, item / walls, never[name]) for name, item in curve.items()}


JOBS = 100
"""Simulated jobs at each interval of an :class:`OverheadBand`."""
_SEED = 1


class OverheadBand(msgspec.Struct, frozen=True):
    """What simulated jobs lose at some intervals, seconds or shares of the run, shape (n,) each."""

    mean: np.ndarray
    low: np.ndarray
    """A tenth of the jobs waste less."""
    high: np.ndarray
    """A tenth of the jobs waste more."""


def is_played(track: Track, settings: CheckpointSettings) -> bool:
    """Return whether jobs with some settings are simulated: those on one level."""
    return track.checkpoint.destination(settings.destination).kind != "near"


def overhead_band(
    track: Track, settings: CheckpointSettings, intervals: np.ndarray
) -> OverheadBand:
    """Return how the losses of ``JOBS`` random jobs are spread at each of ``intervals`` seconds.

    The same jobs for the same settings, whatever interval they have; infinite, or all of the run,
    where a job practically never ends. Raises ``ValueError`` for an interval of 0 or less, and for
    a job on two levels.
    """
    if not is_played(track, settings):
        raise ValueError("only jobs on one level are simulated")
    part = track.checkpoint
    shown = tuple(positive("intervals", intervals).tolist())
    return _band(part.solve_time, shown, scheme(track, settings), part.gone is not None)


@lru_cache(maxsize=256)
def _band(solve_time: float, intervals: tuple[float, ...], way: Scheme, gone: bool) -> OverheadBand:
    # a slider that comes back to where it was, or one that leaves dump and MTBF, costs nothing
    walls = np.concatenate(
        [
            sample_wall_times(
                solve_time, np.array(same), way.dump_time(same[0]), way.mtbf,
                way.far.time, trials=JOBS, seed=_SEED,
            )
            for same in _alike(intervals, way)
        ]
    )  # fmt: skip
    if way.kind == "background":
        walls *= math.exp(min(way.storm / way.mtbf, 700.0))
    losses = 1 - solve_time / walls if gone else walls - solve_time
    losses.sort(axis=1)
    # between two jobs, as numpy's percentiles are
    at = np.array([0.1, 0.9]) * (JOBS - 1)
    below = np.floor(at).astype(int)
    with np.errstate(invalid="ignore"):
        between = losses[:, below] + (at - below) * (losses[:, below + 1] - losses[:, below])
    spread = np.where(np.isnan(between), np.inf, between)
    return OverheadBand(losses.mean(axis=1), spread[:, 0], spread[:, 1])


def _alike(intervals: tuple[float, ...], way: Scheme) -> list[list[float]]:
    """Return the intervals in groups with the same dump time, in their order."""
    groups: list[list[float]] = []
    for interval in intervals:
        if groups and way.dump_time(groups[-1][0]) == way.dump_time(interval):
            groups[-1].append(interval)
        else:
            groups.append([interval])
    return groups


def storm(track: Track, settings: CheckpointSettings, groups: int = 1) -> Storm:
    """Return what one dump does to the shared path if its writers come in ``groups``, in turn.

    The path is what so many writers leave of it. The bytes alone: the seconds before they flow
    (:func:`storagelab.parts.checkpoint.scheme.latency`) come on top. Raises ``ValueError`` for
    more groups than nodes.
    """
    part = track.checkpoint
    return storm_profile(
        written_bytes(track, settings),
        int(settings.nodes),
        settings.write_bandwidth * part.write_efficiency,
        part.node_bandwidth,
        groups,
    )


def longest_storm(outcome: CheckpointOutcome) -> float:
    """Return the seconds that dumps may take at the chosen interval before the storage crashes."""
    return outcome.scheme.longest_storm(outcome.settings.interval, outcome.storage_limit)


class FleetShares(msgspec.Struct, frozen=True):
    """Where the time of a job goes on more or fewer machines, as shares of it, shape (n,) each."""

    nodes: np.ndarray
    useful: np.ndarray
    saved: np.ndarray
    """For dumps, and for work that is lost and done again."""
    restart: np.ndarray

    def rows(self, some: slice) -> FleetShares:
        """Return the shares of some of the fleets."""
        return FleetShares(
            self.nodes[some], self.useful[some], self.saved[some], self.restart[some]
        )


def fleet_shares(track: Track, settings: CheckpointSettings, nodes: np.ndarray) -> FleetShares:
    """Return where the time goes on each of ``nodes`` machines, all else but the interval the same.

    Each number of machines gets its best interval, whether or not the shared storage bears it: so
    checkpoints grow as the root of the machines and restarts as their number, as long as both are
    small. A job that practically never ends does no useful work, and restarts for ever.
    """
    solve_time, ways = track.checkpoint.solve_time, schemes(track, settings, nodes)
    best = np.minimum(ways.optimum, solve_time / ways.every)
    walls = ways.wall_times(solve_time, best)
    ends = np.isfinite(walls)
    useful = solve_time / walls
    restart = np.where(ends, ways.restarting, 1.0)
    saved = np.where(ends, np.maximum(0.0, 1 - useful - restart), 0.0)
    return FleetShares(np.asarray(nodes, dtype=float), useful[:, 0], saved[:, 0], restart[:, 0])


def alternatives(track: Track, outcome: CheckpointOutcome) -> dict[str, CheckpointOutcome]:
    """Return what every destination of the track comes to, by name, with all else the same."""
    chosen = outcome.settings
    return {
        item.name: outcome
        if item.name == chosen.destination
        else evaluate_checkpoint(track, replace(chosen, destination=item.name))
        for item in track.checkpoint.destinations
    }
