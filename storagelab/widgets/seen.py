"""Whether there is anything to see of a mark, so that a legend lists what is drawn and no more."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from storagelab.checks import Floats

LEAST_AREA = 1e-5
"""The least area that is seen, as a share of the figure's: a pixel or two of 500 by 300."""
LEAST_LENGTH = 0.003
"""The least length of a line that is seen, as a share of the axes: one or two pixels."""


def seen_rows(mark: Any) -> list[bool]:
    """Return whether something of each row of a mark is to be seen between its scales' ends.

    A mark of several lines or shapes has a row for each, others have one. Points are seen if there
    are any, lines if they have a length, and filled shapes if they have an area.
    """
    across, up = (_shares(getattr(mark, name), mark.scales[name]) for name in "xy")
    if not isinstance(mark, bqplot.Lines):
        inside = (across >= 0) & (across <= 1) & (up >= 0) & (up <= 1)
        return [bool(mark.visible and inside.size and inside.any())]
    count = max(at.shape[0] if at.ndim > 1 else 1 for at in (across, up))
    if not (mark.visible and across.size and up.size):
        return [False] * count
    # one of the two may be the same for all rows
    across, up = np.atleast_2d(across), np.atleast_2d(up)
    if mark.fill == "none":
        steps = (at.clip(0, 1) for at in (across, up))
        lengths = np.hypot(*(at[:, 1:] - at[:, :-1] for at in steps))
        lengths[_beyond(across) | _beyond(up)] = 0
        found = lengths.sum(axis=1) > LEAST_LENGTH
    else:
        across, up = across.clip(0, 1), up.clip(0, 1)
        twice = (across[:, :-1] * up[:, 1:] - up[:, :-1] * across[:, 1:]).sum(axis=1)
        # and from the last corner to the first
        twice = twice + across[:, -1] * up[:, 0] - up[:, -1] * across[:, 0]
        found = np.abs(twice) / 2 > LEAST_AREA
    return [bool(row) for row in np.broadcast_to(found, count)]


def _beyond(at: Floats) -> Any:
    """Return which steps of lines lie wholly beyond one end of an axis, shape (lines, steps)."""
    before, after = at[:, :-1], at[:, 1:]
    return (np.maximum(before, after) < 0) | (np.minimum(before, after) > 1)


def _shares(values: Any, scale: Any) -> Floats:
    """Return coordinates as shares of a scale, 0 at its beginning and 1 at its end.

    Where a scale has no ends, the values themselves are its ends.
    """
    at = np.asarray(values, dtype=float)
    low, high = scale.min, scale.max
    if at.size and (low is None or high is None):
        low, high = float(at.min()), float(at.max())
    if not at.size or low == high:
        return np.zeros_like(at)
    if isinstance(scale, bqplot.LogScale):
        at, low, high = np.log(np.maximum(at, 1e-300)), np.log(low), np.log(high)
    return np.asarray((at - low) / (high - low))
