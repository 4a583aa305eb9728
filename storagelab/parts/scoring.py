"""Which share of its points an answer earns that isn't simply right or wrong."""

from __future__ import annotations

import math

FREE_MARGIN = 0.25
"""Share of the least cost that may be spent on top of it without losing points."""
FREE_OF_CRISIS = 0.03
"""Share of what the crisis costs that may be spent likewise: beside idle accelerators of $14,000 a
month, nobody counts the last hundred dollars of storage."""
DEAR_COST = 5.0
"""Times the least cost from which a decision may earn the least that meeting its targets is
worth; what the crisis costs may be more, and then that is where it does."""
LEAST_SHARE = 0.25
"""That share: meeting the targets is worth something at any price."""
FREE_WASTE = 1.05
"""Times the least waste up to which an interval earns all points."""
WORST_WASTE = 2.0
"""Times the least waste from which an interval earns nothing."""


def free_cost(least: float, crisis: float) -> float:
    """Return the cost up to which a decision earns all points.

    ``least`` is the least cost at which the targets are met and ``crisis`` what the crisis costs,
    in the same unit; an infinite one counts for nothing.
    """
    allowed = FREE_OF_CRISIS * crisis if math.isfinite(crisis) else 0.0
    return least + max(FREE_MARGIN * least, allowed)


def share_for_cost(cost: float, least: float, crisis: float) -> float:
    """Return the share of points for an answer that meets its targets at ``cost``.

    All of them up to :func:`free_cost`, then falling with the logarithm of the cost to
    ``LEAST_SHARE`` at ``DEAR_COST`` times the ``least`` cost or at what the ``crisis`` costs,
    whichever is more, and beyond: who pays for the cure what the illness cost has only moved it.
    """
    free = free_cost(least, crisis)
    dear = max(DEAR_COST * least, crisis if math.isfinite(crisis) else 0.0)
    fallen = math.log(max(cost / free, 1.0)) / math.log(dear / free)
    return max(LEAST_SHARE, 1 - (1 - LEAST_SHARE) * fallen)


def share_for_waste(ratio: float) -> float:
    """Return the share of points for an interval that wastes ``ratio`` times the least.

    All of them up to ``FREE_WASTE``, then falling in a straight line to none at ``WORST_WASTE``.
    """
    return min(1.0, max(0.0, (WORST_WASTE - ratio) / (WORST_WASTE - FREE_WASTE)))
