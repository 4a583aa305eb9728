"""Steps: reading, preparing and computing, one after the other or at the same time."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar


def serial_step_time(
    io_time: Quantity[Q], prepare_time: Quantity[Q], compute_time: Quantity[Q]
) -> Q:
    """Return the seconds of a step that reads, prepares and computes in turn: their sum.

    Raises ``ValueError`` for a negative time.
    """
    feeding = non_negative("io_time", io_time) + non_negative("prepare_time", prepare_time)
    return to_scalar(feeding + non_negative("compute_time", compute_time))


def serial_utilization(
    io_time: Quantity[Q], prepare_time: Quantity[Q], compute_time: Quantity[Q]
) -> Q:
    """Return the share of a serial step in which the accelerator computes, 0 to 1.

    ``compute / (io + prepare + compute)``. Raises ``ValueError`` for a negative time or a
    compute time of 0.
    """
    compute = positive("compute_time", compute_time)
    return to_scalar(compute / serial_step_time(io_time, prepare_time, compute))


def pipelined_step_time(
    io_time: Quantity[Q], prepare_time: Quantity[Q], compute_time: Quantity[Q]
) -> Q:
    """Return the seconds of a step whose three stages overlap: the longest of them.

    Raises ``ValueError`` for a negative time.
    """
    stall = stall_time(io_time, prepare_time, compute_time)
    return to_scalar(stall + non_negative("compute_time", compute_time))


def stall_time(io_time: Quantity[Q], prepare_time: Quantity[Q], compute_time: Quantity[Q]) -> Q:
    """Return the seconds per step that the accelerator waits in a pipelined loop.

    Reading, preparing and computing overlap, so a step lasts as long as the slowest of them and
    the accelerator waits ``max(0, max(io, prepare) - compute)``. Prefetching deeper than one
    step only absorbs variance.

    Raises ``ValueError`` for a negative time.
    """
    feeding = np.maximum(
        non_negative("io_time", io_time), non_negative("prepare_time", prepare_time)
    )
    return to_scalar(np.maximum(0.0, feeding - non_negative("compute_time", compute_time)))


def stalled_fraction(
    io_time: Quantity[Q], prepare_time: Quantity[Q], compute_time: Quantity[Q]
) -> Q:
    """Return the share of a pipelined step that the accelerator waits, 0 to 1.

    ``stall / (stall + compute)``; see :func:`stall_time`. Raises ``ValueError`` for a negative
    time or a compute time of 0.
    """
    stall = stall_time(io_time, prepare_time, compute_time)
    return to_scalar(stall / (stall + positive("compute_time", compute_time)))


def loader_rate(workers: Quantity[Q], cores: Quantity[Q], prepare_time: Quantity[Q]) -> Q:
    """Return the samples/s that loader processes prepare: ``min(workers, cores) / time``.

    ``prepare_time`` is the CPU seconds of one sample (decode, augment). More workers than
    cores take turns and prepare no more. Raises ``ValueError`` for an argument of 0 or less.
    """
    busy = np.minimum(positive("workers", workers), positive("cores", cores))
    return to_scalar(busy / positive("prepare_time", prepare_time))
