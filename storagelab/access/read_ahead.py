"""Blocks and read-ahead: a device reads more than it was asked for, which may be used or not."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, at_least, positive, to_scalar


def pages_touched(size: Quantity[Q], page_size: Quantity[Q]) -> Q:
    """Return the mean pages that a read of ``size`` bytes at a random byte touches.

    ``1 + (size - 1) / page_size``, exact for whole bytes: a row of 100 bytes in pages of 4,096
    touches 1.02 pages and uses 2% of what they hold.

    Raises ``ValueError`` for a size or page below 1 byte.
    """
    return to_scalar(1 + (at_least("size", size, 1) - 1) / at_least("page_size", page_size, 1))


def useful_fraction(run: Quantity[Q], window: Quantity[Q]) -> Q:
    """Return the share of what is read ahead that is used, 0 to 1.

    The reader takes ``run`` bytes in order and then jumps; the device or the kernel fetches
    whole windows of ``window`` bytes from the start of the run: ``run / (⌈run/window⌉·window)``.
    Random reads of 4 KiB under a read-ahead of 128 KiB throw 97% away; a shard of 150 MB,
    next to nothing. A kernel that starts with small windows and doubles them (Linux) wastes
    less on the short runs.

    Raises ``ValueError`` for an argument of 0 or less.
    """
    used, unit = positive("run", run), positive("window", window)
    return to_scalar(used / (np.ceil(used / unit * (1 - 1e-12)) * unit))


def read_ahead_bandwidth(
    bandwidth: Quantity[Q], latency: Quantity[Q], run: Quantity[Q], window: Quantity[Q]
) -> Q:
    """Return the useful bytes/s of one reader of runs that a device fetches window by window.

    Each run waits ``latency`` seconds once, since the next window is on its way while this one
    is used, and pays for whole windows: ``run / (L + ⌈run/window⌉·window / B)``.

    Raises ``ValueError`` for an argument of 0 or less.
    """
    used = positive("run", run)
    fetched = used / useful_fraction(used, window)
    time = positive("latency", latency) + fetched / positive("bandwidth", bandwidth)
    return to_scalar(used / time)
