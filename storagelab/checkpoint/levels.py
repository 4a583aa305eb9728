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
    restarts_fail: bool = False,
) -> Q:
    """Return the expected seconds of a job with local checkpoints and, now and then, durable ones.

    After each ``interval`` seconds of work the state is saved locally in ``local_dump`` seconds
    (a node's own drive, a partner's memory), after every ``durable_every``-th time also to
    durable storage in ``durable_dump`` seconds more. A share ``local_share`` φ of the failures
    (a process, a GPU) leaves the local state and costs the work since it; the others (a node
    and its drive) cost the work since the last durable one. Restarts don't fail, or, with
    ``restarts_fail``, fail like everything else: one that is struck begins again, from the durable
    state if the failure takes the local one, or if it read the durable one already.

    The renewal equations ``E_j = g + v·E_(j+1) + (1 - v)·E_0`` over the k intervals between two
    durable checkpoints, solved: with φ = 1 or k = 1 it is the one-level form of
    :func:`storagelab.checkpoint.immune_restart_wall_time`, or of
    :func:`storagelab.checkpoint.expected_wall_time`. After Vaidya (1995) and Moody et al.
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
    near = non_negative("local_restart", local_restart)
    far = non_negative("durable_restart", durable_restart)
    with np.errstate(over="ignore", invalid="ignore"):
        # after a failure: how likely the local state is back, and the seconds until either is
        holds = local
        restart = local * near + (1 - local) * far
        if restarts_fail:
            struck = -np.expm1(-near / mean)
            holds = local * (1 - struck) / (1 - struck * local)
            restart = mean * local * struck / (1 - struck * local)
            restart = restart + (1 - holds) * mean * np.expm1(far / mean)
        failing, failing_last = np.expm1(period / mean), np.expm1(last / mean)
        # ln(1/v): how much less likely each further interval makes it to need no durable state
        loss = np.log1p(failing * (1 - holds))
        again = np.where(
            loss > 0,
            np.expm1((every - 1) * loss) / -np.expm1(-np.where(loss > 0, loss, 1.0)),
            every - 1,
        )
        first = again * failing * (mean + restart) / (1 + failing * (1 - holds))
        # E_0 = (first + g')/v', where the last interval is longer by the durable dump
        cycle = first * (1 + failing_last * (1 - holds)) + failing_last * (mean + restart)
        wall = cycle * (work / (step * every))
    return to_scalar(ending(wall))


def two_level_restarts(
    wall_time: Quantity[Q],
    mtbf: Quantity[Q],
    local_share: Quantity[Q],
    local_restart: Quantity[Q],
    durable_restart: Quantity[Q],
) -> Q:
    """Return the seconds of a job's ``wall_time`` that it spends on restarts that may fail.

    Each of its ``wall_time/M`` failures begins a restart, which the next one may cut short. Of
    these a share x reads the durable state: what takes the local one, and what strikes a durable
    restart, so that ``x = (1 - φ) + φ·x·(1 - e^(-R_far/M))``.

    Raises ``ValueError`` for a negative time, an MTBF of 0 or less, or a share outside [0, 1].
    """
    mean, local = positive("mtbf", mtbf), fraction("local_share", local_share)
    near, far = (
        -np.expm1(-non_negative(name, value) / mean)
        for name, value in (("local_restart", local_restart), ("durable_restart", durable_restart))
    )
    durable = np.where(local < 1, (1 - local) / np.maximum(1 - local * far, 1e-300), 0.0)
    wall = non_negative("wall_time", wall_time)
    return to_scalar(wall * (durable * far + (1 - durable) * near))


def two_level_optimum(
    durable_every: Quantity[Q],
    local_dump: Quantity[Q],
    durable_dump: Quantity[Q],
    mtbf: Quantity[Q],
    local_share: Quantity[Q],
) -> Q:
    """Return the best seconds of work between local checkpoints, every k-th of them durable too.

    ``sqrt(2·(d_local + d_durable/k)·M / (φ + (1 - φ)·k))``: Young's rule, where a dump costs its
    share of the durable one, and a failure that takes the local state loses k intervals in the
    place of one. First order, for dumps and k intervals much shorter than the MTBF; restarts drop
    out. Raises ``ValueError`` as :func:`two_level_wall_time` does.
    """
    every, mean = whole("durable_every", durable_every), positive("mtbf", mtbf)
    local = fraction("local_share", local_share)
    dump = non_negative("local_dump", local_dump)
    dump = dump + non_negative("durable_dump", durable_dump) / every
    return to_scalar(np.sqrt(2 * dump * mean / (local + (1 - local) * every)))


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
