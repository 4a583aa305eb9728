"""Wear: how often a memory of limited life can be written."""

from __future__ import annotations

from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar


def wear_period(
    written: Quantity[Q], capacity: Quantity[Q], cycles: Quantity[Q], life: Quantity[Q]
) -> Q:
    """Return the least seconds from one save to the next at which a memory lasts for ``life``.

    ``written · life / (capacity · cycles)``: what all saves of a life write is what ``capacity``
    bytes bear that can be erased ``cycles`` times, worn evenly. The inverse of
    :func:`storagelab.access.lifetime`. Bytes and seconds.

    Raises ``ValueError`` for a negative number of bytes or seconds, or a memory that bears none.
    """
    bears = positive("capacity", capacity) * positive("cycles", cycles)
    return to_scalar(non_negative("written", written) * non_negative("life", life) / bears)
