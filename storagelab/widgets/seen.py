"""Whether there is anything to see of a mark, so that a legend lists what is drawn and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot
import numpy as np

from storagelab.checks import Floats

LEAST_AREA = 1e-5
"""The least area that is seen, as a share of the figure's: a pixel or two of 500 by 300."""
LEAST_LENGTH = 0.003
"""The least length of a line that is seen, as a share of the axes: one or two pixels."""


def seen(mark: Any, shapes: Sequence[int] = ()) -> bool:
    """Return whether something of a mark is to be seen between the ends of its scales.

    ``shapes`` are the rows of a mark of several; without them the whole mark counts. Points are
    seen if there are any, lines if they have a length, and filled shapes if they have an area.
    """
    if not mark.visible:
        return False
    across, up = (_shares(getattr(mark, name), mark.scales[name]) for name in "xy")
    if not across.size or not up.size:
        return False
    if not isinstance(mark, bqplot.Lines):
        inside = (across >= 0) & (across <= 1) & (up >= 0) & (up <= 1)
        return bool(inside.any())
    across, up = np.broadcast_arrays(np.atleast_2d(across), np.atleast_2d(up))
    rows = list(shapes) or range(len(across))
    across, up = across[rows], up[rows]
    if mark.fill == "none":
        lengths = np.hypot(np.diff(across.clip(0, 1)), np.diff(up.clip(0, 1)))
        lengths[_beyond(across) | _beyond(up)] = 0
        return bool((lengths.sum(axis=1) > LEAST_LENGTH).any())
    across, up = across.clip(0, 1), up.clip(0, 1)
    twice = (across * np.roll(up, -1, axis=1) - up * np.roll(across, -1, axis=1)).sum(axis=1)
    return bool((np.abs(twice) / 2 > LEAST_AREA).any())


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
