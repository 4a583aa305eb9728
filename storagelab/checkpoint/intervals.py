"""Intervals: how long to compute before the next dump."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar, warn_if
from storagelab.lambert import one_plus_w0


def young_interval(dump_time: Quantity[Q], mtbf: Quantity[Q]) -> Q:
    """Return Young's checkpoint interval in seconds: ``sqrt(2·d·M)`` (Young 1974).

    A first-order result for ``dump_time`` much below ``mtbf``, both in seconds. Often read as
    the period; here, as elsewhere in this module, it is the compute time between dumps.

    Raises ``ValueError`` for a negative dump time or an MTBF of 0 or less. Warns
    (``DomainWarning``) where the interval comes out longer than the MTBF, for dumps above half
    of it: that a failure strikes at most once an interval is what the rule is derived from.
    """
    dump, mean = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    warn_if(
        dump > mean / 2,
        "dump_time is above half of mtbf: Young's rule no longer holds; use optimal_interval",
    )
    return to_scalar(np.sqrt(2 * dump) * np.sqrt(mean))


def daly_interval(dump_time: Quantity[Q], mtbf: Quantity[Q]) -> Q:
    """Return Daly's higher-order checkpoint interval in seconds (Daly 2006, equation 37).

    ``sqrt(2dM)·[1 + sqrt(d/2M)/3 + (d/2M)/9] - d`` for ``d < 2M``, else ``M``.

    Raises ``ValueError`` for a negative dump time or an MTBF of 0 or less.
    """
    dump, mean = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    ratio = dump / mean / 2
    root = np.sqrt(2 * dump) * np.sqrt(mean)
    return to_scalar(np.where(ratio < 1, root * (1 + np.sqrt(ratio) / 3 + ratio / 9) - dump, mean))


def optimal_interval(dump_time: Quantity[Q], mtbf: Quantity[Q]) -> Q:
    """Return the interval, in seconds, that minimises the expected wall time exactly.

    Setting the derivative of :func:`expected_wall_time` to zero gives
    ``τ = M·[1 + W0(-exp(-1 - d/M))]`` with Lambert's W; restart time and work drop out.

    Raises ``ValueError`` for a negative dump time or an MTBF of 0 or less.
    """
    dump, mean = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    return to_scalar(mean * one_plus_w0(dump / mean))
