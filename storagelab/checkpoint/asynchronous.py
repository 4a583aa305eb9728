"""Asynchronous checkpoints: a snapshot stops the job, its copy to storage goes on beside it."""

from __future__ import annotations

import numpy as np

from storagelab.checkpoint.intervals import optimal_interval
from storagelab.checkpoint.wall_time import ending, expected_wall_time
from storagelab.checks import Q, Quantity, non_negative, positive, require, to_scalar


def asynchronous_interval(
    snapshot_time: Quantity[Q], persist_time: Quantity[Q], mtbf: Quantity[Q]
) -> Q:
    """Return the best interval, in seconds, where only the snapshot stops the job.

    The exact optimum for a dump of ``snapshot_time`` seconds, but not less than the
    ``persist_time`` seconds that the copy to storage takes: one copy has to be done before the
    next snapshot. Raises ``ValueError`` for a negative time or an MTBF of 0 or less.
    """
    snapshot = non_negative("snapshot_time", snapshot_time)
    least = non_negative("persist_time", persist_time)
    return to_scalar(np.maximum(optimal_interval(snapshot, mtbf), least))


def asynchronous_wall_time(
    solve_time: Quantity[Q],
    interval: Quantity[Q],
    snapshot_time: Quantity[Q],
    persist_time: Quantity[Q],
    mtbf: Quantity[Q],
    restart_time: Quantity[Q],
) -> Q:
    """Return the expected seconds of a job whose checkpoints are copied in the background.

    :func:`storagelab.checkpoint.expected_wall_time` with the snapshot as the dump, times
    ``e^(persist/M)``: a failure during the copy falls back on the checkpoint before it. Derived
    for this course from the renewal equations of the two states, copy pending or not; exact for
    a job of many intervals, and checked by simulation.

    Raises ``ValueError`` as that does, and for an interval shorter than the copy.
    """
    snapshot = non_negative("snapshot_time", snapshot_time)
    persist = non_negative("persist_time", persist_time)
    require(
        persist <= positive("interval", interval) * (1 + 1e-12),
        "interval must not be shorter than persist_time: the next snapshot has nowhere to go",
    )
    wall = expected_wall_time(solve_time, interval, snapshot, mtbf, restart_time)
    with np.errstate(over="ignore"):
        return to_scalar(ending(wall * np.exp(persist / positive("mtbf", mtbf))))
