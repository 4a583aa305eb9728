"""Hard disks: a head that has to travel, and a platter that has to come round."""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    non_negative,
    positive,
    require,
    single,
    to_scalar,
    whole,
)

_MEAN_ROOT_OF_DISTANCE = 8 / 15
"""The mean of sqrt(x) for the distance x, as a share of the stroke, of two random places."""


def rotation_time(rotations_per_second: Quantity[Q]) -> Q:
    """Return the seconds of one rotation; a random sector is half of that away on average.

    7,200 rotations a minute are 120 a second. Raises ``ValueError`` for 0 or less.
    """
    return to_scalar(1 / positive("rotations_per_second", rotations_per_second))


def mean_seek_time(track_to_track: Quantity[Q], full_stroke: Quantity[Q]) -> Q:
    """Return the mean seconds of a seek between two random places.

    The arm accelerates half of the way and brakes the other half, so a seek over a share x of
    the stroke takes ``t1 + (t2 - t1)·sqrt(x)`` (Ruemmler and Wilkes 1994), whose mean over
    random pairs is ``t1 + 8/15·(t2 - t1)``. Long seeks coast, so that the law is somewhat slow
    for them.

    Raises ``ValueError`` for a negative time, or a full stroke shorter than a track's.
    """
    first, last = (
        non_negative("track_to_track", track_to_track),
        positive("full_stroke", full_stroke),
    )
    require(first <= last, "track_to_track must not exceed full_stroke")
    return to_scalar(first + (last - first) * _MEAN_ROOT_OF_DISTANCE)


def positioning_time(seek_time: Quantity[Q], rotation: Quantity[Q]) -> Q:
    """Return the mean seconds before the first byte of a random read: a seek and half a turn.

    ``seek_time`` and ``rotation`` (of a whole turn) in seconds. Raises ``ValueError`` for a
    negative seek time or a rotation of 0 or less.
    """
    return to_scalar(non_negative("seek_time", seek_time) + positive("rotation", rotation) / 2)


def reordered_iops(
    track_to_track: float, full_stroke: float, rotation: float, queue_depth: int
) -> float:
    """Return the random reads/s of a disk that picks the nearest of ``queue_depth`` requests.

    Native command queueing: of q waiting requests the disk serves the one that its head reaches
    first. With q independent places the time to it is the least of q draws of seek plus
    rotation, ``∫ P(one takes longer)^q dt``. Requests that are passed over again and again
    lie far away, and a drive has to serve them at last: a real one gains less than this law
    says, which is an upper bound.

    Times in seconds, of one drive and one depth. Raises ``ValueError`` as
    :func:`mean_seek_time` does, or for a queue depth that isn't whole.
    """
    mean_seek_time(track_to_track, full_stroke)  # its checks
    first = single("track_to_track", np.asarray(track_to_track, dtype=np.float64))
    last = single("full_stroke", np.asarray(full_stroke, dtype=np.float64))
    turn = single("rotation", positive("rotation", rotation))
    depth = single("queue_depth", whole("queue_depth", queue_depth))
    shares, weights = _gauss_legendre(0.0, 1.0, 200)
    times, steps = _gauss_legendre(first, last + turn, 400)
    seeks = first + (last - first) * np.sqrt(shares)
    # how likely a request at a share x of the stroke, density 2(1 - x), is reached by then
    reached = np.clip((times[:, None] - seeks) / turn, 0.0, 1.0) @ (weights * 2 * (1 - shares))
    longer = np.clip(1 - reached, 0.0, 1.0)
    return 1 / (first + float(steps @ longer**depth))


def _gauss_legendre(low: float, high: float, count: int) -> tuple[Floats, Floats]:
    places, weights = np.polynomial.legendre.leggauss(count)
    return low + (high - low) * (places + 1) / 2, weights * (high - low) / 2
