"""One write beside the reads, played: which steps it makes late, and when nothing is computed."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from storagelab.checks import Floats, non_negative, require
from storagelab.parts.access.experiment import STORAGE, AccessOutcome, timeline


class Stalled(msgspec.Struct, frozen=True):
    """Steps that follow one another, with at most one write among them."""

    period: float
    """Seconds from one step to the next, without the write."""
    spans: dict[str, Floats]
    """Begin and end, in seconds, of each activity, shape (n, 2), in order of time.

    Nothing is computed while the accelerators are ``idle``; ``blocked`` is the write.
    """
    late: int
    """Steps that the write makes late: what they need can't be there in time."""
    silent: float
    """Seconds in which nothing is computed because of the write."""


def stalled_timeline(
    outcome: AccessOutcome, preparing: float, span: float, phase: float = 0.0
) -> Stalled:
    """Return the steps of ``span`` seconds among which one write keeps the device busy.

    The write takes as long as it can (``outcome.stall_time``). It begins one period after 0 less
    ``phase`` periods, where the read of a step is due; with a phase of 0 that read waits for all
    of it. Without a write it is :func:`storagelab.parts.access.experiment.timeline`.

    Steps are computed at the ticks of a clock of their period. Storage reads a step when it is
    due: so long before its tick that it may wait for ``outcome.slack`` and is there all the same.
    What couldn't be there in time any more is given up, and its tick passes without a step; the
    others that waited are read one after the other. So a step is late where what is left of the
    write, when its read is due, exceeds the slack, as in
    :func:`storagelab.queueing.stall_tail`. Where storage is the slowest anyway there is no slack
    and no clock: all that follows comes later by the write.

    Raises ``ValueError`` for a negative time, a phase outside of 0 to below 1, or where preparing
    is the slowest of the three.
    """
    non_negative("preparing", preparing), non_negative("span", span)
    require(0 <= phase < 1, "phase must be 0 or more and below 1")
    computing, io_time = outcome.steps["compute"], outcome.io_time
    period = max(io_time, computing)
    if not outcome.stall_fraction or not outcome.stall_time:
        even = timeline(outcome, preparing, span)
        return Stalled(period, {**even.spans, "blocked": np.empty((0, 2))}, 0, 0.0)
    require(preparing <= period, "preparing must not be slower than storage and computing")
    begun = (1 - phase) * period
    freed = begun + outcome.stall_time
    waits = io_time > computing
    # how long before its tick a step is read
    ahead = io_time + preparing if waits else io_time + outcome.slack + period
    due = period * np.arange(-math.ceil(ahead / period), math.ceil(max(span, freed) / period) + 2)
    after = due >= begun
    if waits:
        kept = np.ones(due.size, dtype=bool)
        reads = np.where(after, due + max(0.0, freed - period), due)
    else:
        kept = ~(after & (due + outcome.slack < freed))
        reads = _one_after_the_other(np.where(after, np.maximum(due, freed), due), kept, io_time)
    ticks = (reads if waits else due) + ahead
    packs = ticks - (preparing if waits else period)
    spans = {"blocked": np.array([[begun, freed]])}
    at = reads[kept]
    for name in STORAGE[1:]:
        spans[name] = np.column_stack([at, at + outcome.steps[name]])
        at = spans[name][:, 1]
    spans["prepare"] = np.column_stack([packs[kept], packs[kept] + preparing])
    spans["compute"] = np.column_stack([ticks[kept], ticks[kept] + computing])
    idle = np.column_stack([spans["compute"][:-1, 1], spans["compute"][1:, 0]])
    spans["idle"] = idle[np.diff(idle).ravel() > 1e-9 * period]
    silent = float((np.diff(idle).ravel() - (period - computing)).sum())
    return Stalled(period, spans, int(np.count_nonzero(~kept)), silent)


def _one_after_the_other(earliest: Floats, kept: Any, length: float) -> Floats:
    """Return when reads of ``length`` seconds begin, no sooner than ``earliest``, one at a time.

    Those that aren't ``kept`` take no time.
    """
    begins, free = earliest.copy(), -math.inf
    for index in np.flatnonzero(kept):
        begins[index] = max(earliest[index], free)
        free = begins[index] + length
    return begins
