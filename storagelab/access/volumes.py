"""Volumes of a cloud: a baseline that is bought, and credits to burst above it for a while."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, non_negative, positive, require, to_scalar


def burst_duration(credits: Quantity[Q], burst: Quantity[Q], baseline: Quantity[Q]) -> Q:
    """Return the seconds that a token bucket of ``credits`` I/Os lasts at ``burst`` I/Os per s.

    Credits refill at ``baseline`` I/Os per s meanwhile: ``credits / (burst - baseline)``
    (Amazon EBS user guide, gp2 volumes).

    Raises ``ValueError`` where ``burst`` isn't above ``baseline``: such a load never drains it.
    """
    fast, slow = positive("burst", burst), non_negative("baseline", baseline)
    require(fast > slow, "burst must be above baseline, or the bucket never runs empty")
    return to_scalar(non_negative("credits", credits) / (fast - slow))


def refill_time(credits: Quantity[Q], baseline: Quantity[Q]) -> Q:
    """Return the seconds in which an idle volume earns ``credits`` at ``baseline`` per second.

    ``credits / baseline`` (Amazon EBS user guide, gp2 volumes). Raises ``ValueError`` for
    negative credits or a baseline of 0 or less.
    """
    return to_scalar(non_negative("credits", credits) / positive("baseline", baseline))


def baseline_rate(
    capacity: Quantity[Q], rate_per_byte: Quantity[Q], least: Quantity[Q], most: Quantity[Q]
) -> Q:
    """Return the rate that a volume of ``capacity`` bytes keeps up for ever.

    ``rate_per_byte · capacity``, at least ``least`` and at most ``most``, in whatever the rate
    counts: gp2 gives 3 I/Os per second and GiB, at least 100 and at most 16,000 (Amazon EBS
    user guide). A small volume is slow because it is small.

    Raises ``ValueError`` for an argument of 0 or less, or a ``least`` above ``most``.
    """
    floor, roof = positive("least", least), positive("most", most)
    require(floor <= roof, "least must not exceed most")
    rate = positive("capacity", capacity) * positive("rate_per_byte", rate_per_byte)
    return to_scalar(np.minimum(np.maximum(rate, floor), roof))


def transfer_time(
    size: Quantity[Q], burst: Quantity[Q], baseline: Quantity[Q], credits: Quantity[Q]
) -> Q:
    """Return the seconds that ``size`` bytes take through a token bucket that starts full.

    ``burst`` bytes/s while ``credits`` bytes last (they refill at ``baseline`` bytes/s
    meanwhile), then ``baseline`` bytes/s. The reading of a whole st1 or sc1 volume in the
    Amazon EBS user guide follows it.

    Raises ``ValueError`` for a negative size or credits, or a burst that isn't above the
    baseline.
    """
    total = non_negative("size", size)
    lasts = burst_duration(credits, burst, baseline)
    fast, slow = positive("burst", burst), positive("baseline", baseline)
    bursting = np.minimum(total, lasts * fast)
    return to_scalar(bursting / fast + (total - bursting) / slow)
