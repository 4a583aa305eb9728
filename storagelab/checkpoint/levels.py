"""Two levels: fast local checkpoints for most failures, slow durable ones for the rest."""

from __future__ import annotations

import numpy as np

from storagelab.checkpoint.wall_time import ending
from storagelab.checks import (
    Q,
    Quantity,
    fraction,
    non_negative,
    positive,
    require,
    to_scalar,
    whole,
)


def two_level_wall_time(
    solve_time: Quantity[Q],
    interval: Quantity[Q],
    durable_every: Quantity[Q],
    local_dump: Quantity[Q],
    durable_dump: Quantity[Q],
    mtbf: Quantity[Q],
    local_share: Quantity[Q],
    local_restart: Quantity[Q],
    durable_restart: Quantity[Q],
) -> Q:
    """Return the expected seconds of a job with local checkpoints and, now and then, durable ones.

    After each ``interval`` seconds of work the state is saved locally in ``local_dump`` seconds
    (a node's own drive, a partner's memory), after every ``durable_every``-th time also to
    durable storage in ``durable_dump`` seconds more. A share ``local_share`` φ of the failures
    (a process, a GPU) leaves the local state and costs the work since it; the others (a node
    and its drive) cost the work since the last durable one. Restarts don't fail.

    The renewal equations ``E_j = g + u·E_(j+1) + (1 - u)·E_0`` over the k intervals between two
    durable checkpoints, solved: with φ = 1 or k = 1 it is the one-level form of
    :func:`storagelab.checkpoint.immune_restart_wall_time`. After Vaidya (1995) and Moody et al.
    (2010), for two levels.

    Raises ``ValueError`` for an argument out of its range, or a job that practically never ends.
    """
    work, step = positive("solve_time", solve_time), positive("interval", interval)
    every, mean = whole("durable_every", durable_every), positive("mtbf", mtbf)
    require(
        step * every <= work * (1 + 1e-12),
        "interval * durable_every must not exceed solve_time: such a job makes no durable "
        "checkpoint",
    )
    period = step + non_negative("local_dump", local_dump)
    last = period + non_negative("durable_dump", durable_dump)
    local = fraction("local_share", local_share)
    restart = local * non_negative("local_restart", local_restart)
    restart = restart + (1 - local) * non_negative("durable_restart", durable_restart)
    with np.errstate(over="ignore", invalid="ignore"):
        failing, failing_last = np.expm1(period / mean), np.expm1(last / mean)
        # ln(1/u): how much less likely each further interval makes it to need no durable state
        loss = np.log1p(failing * (1 - local))
        again = np.where(
            loss > 0,
            np.expm1((every - 1) * loss) / -np.expm1(-np.where(loss > 0, loss, 1.0)),
            every - 1,
        )
        first = again * failing * (mean + restart) / (1 + failing * (1 - local))
        # E_0 = (first + g')/u', where the last interval is longer by the durable dump
        cycle = first * (1 + failing_last * (1 - local)) + failing_last * (mean + restart)
        wall = cycle * (work / (step * every))
    return to_scalar(ending(wall))


def two_level_intervals(
    local_dump: Quantity[Q], durable_dump: Quantity[Q], mtbf: Quantity[Q], local_share: Quantity[Q]
) -> tuple[Q, Q]:
    """Return the best seconds of work between local and between durable checkpoints.

    Young's rule on each level, with the failures that it serves:
    ``sqrt(2·d_local·M/φ)`` and ``sqrt(2·d_durable·M/(1 - φ))``; first order, for dumps much
    shorter than the MTBF of their failures. Raises ``ValueError`` for a negative dump, an MTBF
    of 0 or less, or a share outside (0, 1).
    """
    mean, local = positive("mtbf", mtbf), fraction("local_share", local_share)
    require((local > 0) & (local < 1), "local_share must be above 0 and below 1")
    near = np.sqrt(2 * non_negative("local_dump", local_dump) * mean / local)
    far = np.sqrt(2 * non_negative("durable_dump", durable_dump) * mean / (1 - local))
    return to_scalar(near), to_scalar(far)
