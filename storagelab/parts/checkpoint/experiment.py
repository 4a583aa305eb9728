"""Part 3: how often to save a job that fails, and what the saving does to the storage."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from storagelab.access import lifetime
from storagelab.checkpoint import (
    checkpoint_size,
    daly_interval,
    expected_wall_time,
    job_mtbf,
    optimal_interval,
    shortest_interval,
    storage_share,
    storm_write_time,
    young_interval,
)
from storagelab.checkpoint.simulation import sample_wall_times
from storagelab.checkpoint.storm import Storm, storm_profile
from storagelab.checks import DomainWarning, positive
from storagelab.parts.checkpoint import limits
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.limits import Limit
from storagelab.parts.outcome import Outcome

if TYPE_CHECKING:
    from storagelab.tracks import Track

_NEVER = 300.0
"""Length of a segment in MTBFs from which a job practically never ends: e^300 tries."""


class CheckpointOutcome(Outcome, frozen=True, kw_only=True):
    """What protecting the track's job with some settings comes to. Times in seconds."""

    settings: CheckpointSettings
    size: float
    """Bytes of one full checkpoint."""
    written: float
    """Bytes that go to storage at each checkpoint."""
    dump_time: float
    mtbf: float
    """Of the whole job."""
    solve_time: float
    restart_time: float
    young: float
    daly: float
    optimum: float
    wall_time: float
    """Expected, at the chosen interval; infinite where the job practically never ends."""
    best_wall_time: float
    """Expected, at the exact optimum; infinite likewise."""
    parts: dict[str, float]
    """What the wall time is made of: solve, dump, lost (work done again), restart."""
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
    def wasted(self) -> float:
        """Seconds beyond the failure-free work."""
        return self.wall_time - self.solve_time


def wall_time_or_never(
    solve_time: float, interval: float, dump_time: float, mtbf: float, restart_time: float
) -> float:
    """Return the expected wall time in seconds, or infinity where it is beyond a float's range."""
    if (interval + dump_time) / mtbf > _NEVER or restart_time / mtbf > _NEVER:
        return math.inf
    return float(expected_wall_time(solve_time, interval, dump_time, mtbf, restart_time))


def _written(track: Track, settings: CheckpointSettings) -> float:
    """Return the bytes that go to storage at each dump."""
    part = track.checkpoint
    size = float(checkpoint_size(part.parameters, settings.bytes_per_parameter))
    return size * (1.0 if settings.sharded else part.full_copies or part.nodes)


def _dump_and_mtbf(track: Track, settings: CheckpointSettings) -> tuple[float, float]:
    """Return the seconds of one dump, and the job's mean time between failures."""
    part = track.checkpoint
    # the copies are in the bytes already
    flowing = storm_write_time(
        _written(track, settings), part.nodes, settings.write_bandwidth, part.node_bandwidth
    )
    return part.dump_latency + float(flowing), float(job_mtbf(settings.node_mtbf, part.nodes))


def _endurance(track: Track, write_bandwidth: float) -> float:
    """Return the bytes that the storage behind a write bandwidth bears in its life."""
    part = track.checkpoint
    if not part.endurance:
        return math.inf
    control = part.control("write_bandwidth")
    offered = [float(control.to_si(value)) for value in control.values]
    slower = [index for index, value in enumerate(offered) if value <= write_bandwidth * 1.000001]
    return part.endurance[slower[-1] if slower else 0]


def evaluate_checkpoint(track: Track, settings: CheckpointSettings) -> CheckpointOutcome:
    """Return what saving ``track``'s job with ``settings`` comes to.

    Every failure of any node stops the whole job, and all nodes write at the same moment. The
    expected number of failures is the wall time over the MTBF, each followed by a restart that
    a further failure can cut short; what is neither work, dump nor restart is work done again.
    """
    part = track.checkpoint
    size = float(checkpoint_size(part.parameters, settings.bytes_per_parameter))
    dump, mtbf = _dump_and_mtbf(track, settings)
    with warnings.catch_warnings():
        # where Young's rule parts from the optimum is what the plot shows
        warnings.simplefilter("ignore", DomainWarning)
        young = float(young_interval(dump, mtbf))
    optimum = min(float(optimal_interval(dump, mtbf)), part.solve_time)
    job = (dump, mtbf, part.restart_time)
    wall = wall_time_or_never(part.solve_time, settings.interval, *job)
    dumps = part.solve_time / settings.interval * dump
    restarts = wall * -math.expm1(-part.restart_time / mtbf)
    limit, written = part.storage_limit, _written(track, settings)
    endurance = _endurance(track, settings.write_bandwidth)
    life = math.inf
    if math.isfinite(endurance):
        life = float(lifetime(endurance, 1, written / (settings.interval + dump), 1))
    return CheckpointOutcome(
        settings=settings,
        size=size,
        written=written,
        dump_time=dump,
        mtbf=mtbf,
        solve_time=part.solve_time,
        restart_time=part.restart_time,
        young=young,
        daly=float(daly_interval(dump, mtbf)),
        optimum=optimum,
        wall_time=wall,
        best_wall_time=wall_time_or_never(part.solve_time, optimum, *job),
        parts={
            "solve": part.solve_time,
            "dump": dumps,
            "lost": wall - part.solve_time - dumps - restarts if math.isfinite(wall) else math.inf,
            "restart": restarts,
        },
        storage_share=float(storage_share(settings.interval, dump)),
        storage_limit=limit,
        storm_interval=float(shortest_interval(dump, limit)),
        life=life,
        life_target=part.life_target,
        waste_limit=part.waste_limit,
        wear_interval=max(0.0, part.life_target * written / endurance - dump),
        costs={
            "wasted": (wall - part.solve_time) * track.waste_price,
            "bandwidth": track.charge("write", settings.write_bandwidth)
            * part.solve_time
            / track.currency.period,
        },
    )


def overhead_curve(
    track: Track, settings: CheckpointSettings, intervals: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the overhead at each of ``intervals`` seconds as shares of the work, shape (n,).

    ``dump``, ``lost`` (work done again), ``restart`` and their sum, ``total``; the last three are
    infinite where the job practically never ends. Raises ``ValueError`` for an interval of 0 or
    less.
    """
    part, dump, mtbf = track.checkpoint, *_dump_and_mtbf(track, settings)
    shown = positive("intervals", intervals)
    ends = ((shown + dump) / mtbf <= _NEVER) & (part.restart_time / mtbf <= _NEVER)
    walls = np.full(shown.shape, np.inf)
    job = (shown[ends], dump, mtbf, part.restart_time)
    walls[ends] = expected_wall_time(part.solve_time, *job)
    total = walls / part.solve_time - 1
    dumps = dump / shown
    restarts = walls / part.solve_time * -math.expm1(-part.restart_time / mtbf)
    lost = np.full(shown.shape, np.inf)
    lost[ends] = total[ends] - dumps[ends] - restarts[ends]
    return {"dump": dumps, "lost": lost, "restart": restarts, "total": total}


JOBS = 100
"""Simulated jobs at each interval of an :class:`OverheadBand`."""
_SEED = 1


class OverheadBand(msgspec.Struct, frozen=True):
    """The overhead of simulated jobs at some intervals, as shares of the work, shape (n,) each."""

    mean: np.ndarray
    low: np.ndarray
    """A tenth of the jobs waste less."""
    high: np.ndarray
    """A tenth of the jobs waste more."""


def overhead_band(
    track: Track, settings: CheckpointSettings, intervals: np.ndarray
) -> OverheadBand:
    """Return how the overhead of ``JOBS`` random jobs is spread at each of ``intervals`` seconds.

    The same jobs for the same settings, whatever interval they have; infinite where a job
    practically never ends. Raises ``ValueError`` for an interval of 0 or less.
    """
    part = track.checkpoint
    shown = tuple(positive("intervals", intervals).tolist())
    return _band(part.solve_time, shown, *_dump_and_mtbf(track, settings), part.restart_time)


@lru_cache(maxsize=256)
def _band(
    solve_time: float, intervals: tuple[float, ...], dump: float, mtbf: float, restart: float
) -> OverheadBand:
    # a slider that comes back to where it was, or one that leaves dump and MTBF, costs nothing
    walls = sample_wall_times(
        solve_time, np.array(intervals), dump, mtbf, restart, trials=JOBS, seed=_SEED
    )
    walls.sort(axis=1)
    # between two jobs, as numpy's percentiles are
    at = np.array([0.1, 0.9]) * (JOBS - 1)
    below = np.floor(at).astype(int)
    with np.errstate(invalid="ignore"):
        between = walls[:, below] + (at - below) * (walls[:, below + 1] - walls[:, below])
    spread = np.where(np.isnan(between), np.inf, between) / solve_time - 1
    return OverheadBand(walls.mean(axis=1) / solve_time - 1, spread[:, 0], spread[:, 1])


def storm(track: Track, settings: CheckpointSettings, groups: int = 1) -> Storm:
    """Return what one dump does to the shared path if its writers come in ``groups``, in turn.

    The bytes alone: the seconds before they flow (the track's dump latency) come on top. Raises
    ``ValueError`` for more groups than nodes.
    """
    part = track.checkpoint
    return storm_profile(
        _written(track, settings),
        part.nodes,
        settings.write_bandwidth,
        part.node_bandwidth,
        groups,
    )


def longest_storm(outcome: CheckpointOutcome) -> float:
    """Return the seconds that dumps may take at the chosen interval before the storage crashes."""
    limit = outcome.storage_limit
    return outcome.settings.interval * limit / (1 - limit)
