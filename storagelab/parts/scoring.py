"""Which share of its points an answer earns that isn't simply right or wrong."""

from __future__ import annotations

import math

FREE_COST = 1.25
"""Times the least cost up to which a decision earns all points."""
DEAR_COST = 5.0
"""Times the least cost from which a decision earns the least that meeting its targets is worth."""
LEAST_SHARE = 0.25
"""That share: meeting the targets is worth something at any price."""
FREE_WASTE = 1.05
"""Times the least waste up to which an interval earns all points."""
WORST_WASTE = 2.0
"""Times the least waste from which an interval earns nothing."""


def share_for_cost(cost: float, least: float) -> float:
    """Return the share of points for an answer that meets its targets at ``cost``.

    All of them up to ``FREE_COST`` times the ``least`` cost, then falling with the logarithm of
    the ratio to ``LEAST_SHARE`` at ``DEAR_COST`` times and beyond.
    """
    ratio = max(cost / least, 1.0)
    fallen = math.log(ratio / FREE_COST) / math.log(DEAR_COST / FREE_COST)
    return min(1.0, max(LEAST_SHARE, 1 - (1 - LEAST_SHARE) * fallen))


def share_for_waste(ratio: float) -> float:
    """Return the share of points for an interval that wastes ``ratio`` times the least.

    All of them up to ``FREE_WASTE``, then falling in a straight line to none at ``WORST_WASTE``.
    """
    return min(1.0, max(0.0, (WORST_WASTE - ratio) / (WORST_WASTE - FREE_WASTE)))
