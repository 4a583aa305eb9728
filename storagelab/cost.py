"""Money: what waiting accelerators cost."""

from __future__ import annotations

from storagelab.checks import Quantity, fraction, non_negative, plain
from storagelab.units import HOUR, MONTH


def idle_cost(
    utilization: Quantity, accelerators: Quantity, dollars_per_hour: Quantity
) -> Quantity:
    """Return the dollars a month that accelerators cost while they wait for data.

    ``utilization`` is the share of time in which they compute, ``dollars_per_hour`` the price of
    one. Raises ``ValueError`` for a utilisation outside [0, 1] or a negative count or price.
    """
    waiting = 1 - fraction("utilization", utilization)
    count = non_negative("accelerators", accelerators)
    return plain(
        waiting * count * non_negative("dollars_per_hour", dollars_per_hour) * MONTH / HOUR
    )
