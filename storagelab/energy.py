"""Energy: what a read draws from a battery, where a device counts in milliwatts."""

from __future__ import annotations

from storagelab.checks import Q, Quantity, fraction, non_negative, positive, to_scalar


def read_power(current: Quantity[Q], voltage: Quantity[Q]) -> Q:
    """Return the watts of a chip that draws ``current`` amperes at ``voltage`` volts.

    Raises ``ValueError`` for a negative current or a voltage of 0 or less.
    """
    return to_scalar(non_negative("current", current) * positive("voltage", voltage))


def read_energy(read_time: Quantity[Q], current: Quantity[Q], voltage: Quantity[Q]) -> Q:
    """Return the joules of a read of ``read_time`` seconds, above what the chip draws at rest.

    Raises ``ValueError`` for a negative time or current, or a voltage of 0 or less.
    """
    return to_scalar(non_negative("read_time", read_time) * read_power(current, voltage))


def average_power(energy: Quantity[Q], period: Quantity[Q], standby_power: Quantity[Q] = 0.0) -> Q:
    """Return the mean watts of ``energy`` joules spent every ``period`` seconds, and of standby.

    Raises ``ValueError`` for a negative energy or standby, or a period of 0 or less.
    """
    spent = non_negative("energy", energy) / positive("period", period)
    return to_scalar(spent + non_negative("standby_power", standby_power))


def current_at_bandwidth(bandwidth: Quantity[Q], bytes_per_coulomb: Quantity[Q]) -> Q:
    """Return the amperes that reading at ``bandwidth`` bytes/s draws.

    ``bytes_per_coulomb`` is the efficiency that makers of mobile flash give as MB/s per mA: 6.0
    of them are 6e9 bytes a coulomb (Samsung, UFS 4.0). Full rate draws some 700 mA, which
    glasses can neither feed nor cool for long. Raises ``ValueError`` for a negative bandwidth
    or an efficiency of 0 or less.
    """
    return to_scalar(
        non_negative("bandwidth", bandwidth) / positive("bytes_per_coulomb", bytes_per_coulomb)
    )


def two_tier_power(
    size: Quantity[Q],
    hits: Quantity[Q],
    near_energy: Quantity[Q],
    far_energy: Quantity[Q],
    period: Quantity[Q],
    standby_power: Quantity[Q] = 0.0,
) -> Q:
    """Return the mean watts of reading ``size`` bytes every ``period`` seconds from two tiers.

    A share ``hits`` of the bytes costs ``near_energy`` joules each, the rest ``far_energy``;
    ``standby_power`` is drawn all the time by what is kept alive.

    Raises ``ValueError`` for a share outside [0, 1], a period of 0 or less, or anything negative.
    """
    share = fraction("hits", hits)
    near = share * non_negative("near_energy", near_energy)
    far = (1 - share) * non_negative("far_energy", far_energy)
    spent = non_negative("size", size) * (near + far) / positive("period", period)
    return to_scalar(spent + non_negative("standby_power", standby_power))
