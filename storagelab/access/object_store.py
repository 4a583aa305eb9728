"""Object stores: far away, wide, and counted by the request."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar, whole


def ranged_read_time(
    size: Quantity[Q],
    first_byte: Quantity[Q],
    stream_bandwidth: Quantity[Q],
    streams: Quantity[Q],
    link_bandwidth: Quantity[Q],
) -> Q:
    """Return the seconds in which one object arrives as ``streams`` byte ranges at once.

    Each range waits ``first_byte`` seconds and flows at up to ``stream_bandwidth`` bytes/s, all
    together at up to ``link_bandwidth``: ``first byte + size / min(n·stream, link)``. Streams
    that start together also wait together, so the first byte is paid once.

    Raises ``ValueError`` for a negative time or size, a bandwidth of 0 or less, or a number of
    streams that isn't whole.
    """
    all_streams = whole("streams", streams) * positive("stream_bandwidth", stream_bandwidth)
    width = np.minimum(all_streams, positive("link_bandwidth", link_bandwidth))
    return to_scalar(non_negative("first_byte", first_byte) + non_negative("size", size) / width)


def get_rate(
    size: Quantity[Q],
    first_byte: Quantity[Q],
    stream_bandwidth: Quantity[Q],
    streams: Quantity[Q],
    prefixes: Quantity[Q],
    prefix_rate: Quantity[Q],
    link_bandwidth: Quantity[Q],
) -> Q:
    """Return the whole objects of ``size`` bytes that arrive in a second.

    The least of three ceilings: ``streams`` connections that each fetch one object after the
    other, ``prefixes`` partitioned prefixes of ``prefix_rate`` requests/s (at least 5,500 GET/s
    each, growing under lasting load, and shared by all who read them: Amazon S3 performance
    guidelines), and the link's bytes/s.

    Raises ``ValueError`` for an argument of 0 or less (a first byte of 0 is allowed), or streams
    or prefixes that aren't whole.
    """
    object_size = positive("size", size)
    waiting = non_negative("first_byte", first_byte)
    streaming = object_size / positive("stream_bandwidth", stream_bandwidth)
    one_by_one = whole("streams", streams) / (waiting + streaming)
    by_prefixes = whole("prefixes", prefixes) * positive("prefix_rate", prefix_rate)
    by_link = positive("link_bandwidth", link_bandwidth) / object_size
    return to_scalar(np.minimum(np.minimum(one_by_one, by_prefixes), by_link))
