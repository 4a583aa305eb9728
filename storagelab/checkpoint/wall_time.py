"""Expected wall times: what a job costs that fails at random and starts again from its last dump.

Every form states what it assumes. All take failures as exponential.
"""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    non_negative,
    positive,
    require,
    to_scalar,
    warn_if,
    whole,
)


def _job(
    solve_time: object, interval: object, dump_time: object, mtbf: object, restart_time: object
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return the checked arguments that all forms share."""
    work, step = positive("solve_time", solve_time), positive("interval", interval)
    require(
        step <= work * (1 + 1e-12),
        "interval must not exceed solve_time: such a job makes no checkpoint at all",
    )
    return (
        work,
        step,
        non_negative("dump_time", dump_time),
        positive("mtbf", mtbf),
        non_negative("restart_time", restart_time),
    )


def ending(wall: Floats) -> Floats:
    """Return an expected wall time; raise ``ValueError`` where it is beyond a float's range."""
    require(
        np.isfinite(wall),
        "the expected wall time is beyond a float's range: with failures this frequent the job "
        "never ends",
    )
    return wall


def expected_wall_time(
    solve_time: Quantity[Q],
    interval: Quantity[Q],
    dump_time: Quantity[Q],
    mtbf: Quantity[Q],
    restart_time: Quantity[Q],
) -> Q:
    """Return the expected seconds, failures and all, of a job of ``solve_time`` seconds.

    ``T = M·e^(R/M)·(e^((τ+d)/M) - 1)·Ts/τ``, exact for exponential failures that may also strike
    a dump or a restart, with a dump after every interval (Daly 2006, equation 20). All arguments
    in seconds; ``interval`` leaves the dump out.

    Raises ``ValueError`` for an argument out of its range, an interval longer than the work, or
    a job that practically never ends (the expectation overflows).
    """
    work, step, dump, mean, restart = _job(solve_time, interval, dump_time, mtbf, restart_time)
    with np.errstate(over="ignore"):
        wall = np.exp(restart / mean) * np.expm1((step + dump) / mean) * (mean / step * work)
    return to_scalar(ending(wall))


def segmented_wall_time(
    solve_time: Quantity[Q],
    segments: Quantity[Q],
    dump_time: Quantity[Q],
    mtbf: Quantity[Q],
    restart_time: Quantity[Q],
) -> Q:
    """Return the expected seconds of a job of ``segments`` equal parts, no dump after the last.

    ``M·e^(R/M)·[(n - 1)(e^((Ts/n + d)/M) - 1) + (e^(Ts/(nM)) - 1)]``: exact for a finite job,
    and what a simulation has to be compared with. Failures may strike a dump or a restart.

    Raises ``ValueError`` for an argument out of its range, or a job that practically never ends.
    """
    work, count = positive("solve_time", solve_time), whole("segments", segments)
    dump, mean = non_negative("dump_time", dump_time), positive("mtbf", mtbf)
    restart = non_negative("restart_time", restart_time)
    with np.errstate(over="ignore", invalid="ignore"):
        pieces = (count - 1) * np.expm1((work / count + dump) / mean)
        wall = mean * np.exp(restart / mean) * (pieces + np.expm1(work / count / mean))
    return to_scalar(ending(wall))


def immune_restart_wall_time(
    solve_time: Quantity[Q],
    interval: Quantity[Q],
    dump_time: Quantity[Q],
    mtbf: Quantity[Q],
    restart_time: Quantity[Q],
) -> Q:
    """Return the expected seconds of a job whose restarts never fail.

    :func:`expected_wall_time` with ``M + R`` in the place of ``M·e^(R/M)``. For restarts much
    shorter than the MTBF the two agree; at R = 600 s and M = 900 s they differ by 17%.

    Raises ``ValueError`` as that does.
    """
    work, step, dump, mean, restart = _job(solve_time, interval, dump_time, mtbf, restart_time)
    with np.errstate(over="ignore"):
        wall = np.expm1((step + dump) / mean) * ((mean + restart) / step * work)
    return to_scalar(ending(wall))


def first_order_wall_time(
    solve_time: Quantity[Q],
    interval: Quantity[Q],
    dump_time: Quantity[Q],
    mtbf: Quantity[Q],
    restart_time: Quantity[Q],
) -> Q:
    """Return the expected seconds of a job, to first order in 1/M: the form that one can read.

    ``Ts + (Ts/τ - 1)·d + [(τ + d)/2 + R]·Ts/M``: work, dumps, and for each of ``Ts/M`` failures
    half an interval of lost work and a restart. It counts no failure while lost work is done
    again, so it is too low where failures are frequent: on Daly's third case (d = 300 s,
    M = 900 s, R = 600 s) it promises 47% less, at Young's interval, than the best one takes.

    Raises ``ValueError`` as :func:`expected_wall_time` does. Warns (``DomainWarning``) where
    interval, dump and restart together come to more than half of the MTBF.
    """
    work, step, dump, mean, restart = _job(solve_time, interval, dump_time, mtbf, restart_time)
    warn_if(
        step + dump + restart > mean / 2,
        "interval + dump_time + restart_time is above half of mtbf: the first-order form is too "
        "low here; use expected_wall_time",
    )
    dumps = np.maximum(work / step - 1, 0) * dump
    return to_scalar(work + dumps + ((step + dump) / 2 + restart) * (work / mean))


def first_order_loss(
    interval: Quantity[Q], dump_time: Quantity[Q], mtbf: Quantity[Q], restart_time: Quantity[Q]
) -> Q:
    """Return the seconds that are lost for each second of work, to first order in 1/M.

    ``d/τ + [(τ + d)/2 + R]/M``: a dump after every interval, and at each failure the half of
    interval and dump, on average, and a restart. What :func:`first_order_wall_time` tends to for
    a long job, with the same limits; 1 second for 1 second is a loss of 1.

    Raises ``ValueError`` for an interval or MTBF of 0 or less, or another time below 0.
    """
    step, dump = positive("interval", interval), non_negative("dump_time", dump_time)
    mean, restart = positive("mtbf", mtbf), non_negative("restart_time", restart_time)
    return to_scalar(dump / step + ((step + dump) / 2 + restart) / mean)


def unprotected_wall_time(
    solve_time: Quantity[Q], mtbf: Quantity[Q], restart_time: Quantity[Q]
) -> Q:
    """Return the expected seconds of a job without checkpoints: ``M·e^(R/M)·(e^(Ts/M) - 1)``.

    Raises ``ValueError`` for an argument out of its range, or where the expectation overflows.
    """
    work, mean = positive("solve_time", solve_time), positive("mtbf", mtbf)
    restart = non_negative("restart_time", restart_time)
    with np.errstate(over="ignore"):
        wall = mean * np.exp(restart / mean) * np.expm1(work / mean)
    return to_scalar(ending(wall))
