"""Logs: how much of a stream is on record when its log and its uplink have taken what they can."""

from __future__ import annotations

import numpy as np

from storagelab.checks import MOST, Q, Quantity, non_negative, positive, to_scalar


def recorded_share(
    stream: Quantity[Q],
    duration: Quantity[Q],
    room: Quantity[Q],
    uplink: Quantity[Q],
    log_bandwidth: Quantity[Q] = MOST,
) -> Q:
    """Return the share of a stream's bytes that is on record at its end, 0 to 1.

    ``stream`` bytes/s are raised for ``duration`` seconds. The log, empty at first, has ``room``
    bytes; an uplink takes ``uplink`` bytes/s all along, and once the log is full it alone is left:
    ``min(1, (room + uplink · duration) / (stream · duration))``. Where the log can be written at
    no more than ``log_bandwidth`` bytes/s, no more than ``uplink + log_bandwidth`` of the stream
    is taken at any time. Derived for this course and checked by filling a log second by second.

    Raises ``ValueError`` for a stream, duration or bandwidth of 0 or less, or negative room.
    """
    raised = positive("stream", stream)
    sent = positive("uplink", uplink)
    kept = np.minimum(
        non_negative("room", room) / positive("duration", duration),
        positive("log_bandwidth", log_bandwidth),
    )
    return to_scalar(np.minimum(1.0, (kept + sent) / raised))
