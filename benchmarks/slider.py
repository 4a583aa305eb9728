"""One slider move's worth of model work: all that the figures of a part are drawn from."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.measuring import Result, seconds
from storagelab.devices import load_device
from storagelab.parts import PARTS
from storagelab.parts.access.experiment import device_curve, evaluate_access, late_shares
from storagelab.parts.access.settings import AccessSettings
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint, overhead_curve
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.pipeline.experiment import binding_changes, evaluate_pipeline, sweep
from storagelab.parts.pipeline.settings import PipelineSettings
from storagelab.tracks import TRACKS, Track, load_track

SIZES = np.geomspace(4096, 2**26, 57)
LINKS = np.geomspace(1e8, 2.5e10, 181)
TIMES = np.linspace(0, 0.2, 240)
"""As many points as the instruments draw."""
MOVES = 50
LIMIT = 2e-3


def _moves() -> dict[str, Callable[[], object]]:
    """Return what a move computes, for each part of each track."""
    moves: dict[str, Callable[[], object]] = {}
    for name in TRACKS:
        track = load_track(name)
        audited, fed, saved = (
            PARTS[part].baseline(track).settings for part in ("access", "pipeline", "checkpoint")
        )
        part = track.access
        devices = part.control("device").values if part.has_control("device") else [part.home]
        moves[f"{name}, part 1"] = partial(_access, track, audited, devices)
        moves[f"{name}, part 2"] = partial(_pipeline, track, fed)
        moves[f"{name}, part 3"] = partial(_checkpoint, track, saved)
    return moves


def _access(track: Track, settings: AccessSettings, devices: Sequence[object]) -> None:
    outcome = evaluate_access(track, settings)
    if outcome.misses_limit is not None:
        late_shares(outcome, TIMES)
    for device in devices:
        device_curve(load_device(str(device)), SIZES, settings.queue_depth)


def _pipeline(track: Track, settings: PipelineSettings) -> None:
    evaluate_pipeline(track, settings)
    for resource in ("cache", "link"):
        sweep(track, settings, resource, LINKS)
    binding_changes(track, settings, "link", LINKS)


def _checkpoint(track: Track, settings: CheckpointSettings) -> None:
    evaluate_checkpoint(track, settings)
    control = track.checkpoint.control("interval")
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    overhead_curve(track, settings, np.geomspace(low, high, 90))


def results() -> list[Result]:
    """Return the time of a move in each part of each track."""
    found = []
    for name, move in _moves().items():
        move()
        taken = statistics.median(seconds(move) for _ in range(MOVES))
        found.append(
            Result(
                f"slider move, models, {name}, ms",
                taken,
                None,
                1e3 * taken,
                f"at most {1e3 * LIMIT:g}",
                taken <= LIMIT,
            )
        )
    return found
