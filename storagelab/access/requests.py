"""Reading one request after another: how request size, latency and queue depth set the rate."""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Q,
    Quantity,
    at_least,
    fraction,
    non_negative,
    positive,
    require,
    to_scalar,
)


def read_time(size: Quantity[Q], latency: Quantity[Q], bandwidth: Quantity[Q]) -> Q:
    """Return the seconds that one read of ``size`` bytes takes.

    A read waits ``latency`` seconds for its first byte (seek, rotation, flash sensing, network)
    and then streams at ``bandwidth`` bytes/s: ``latency + size / bandwidth``.

    Raises ``ValueError`` for a size or latency below 0 or a bandwidth of 0 or less.
    """
    streaming = non_negative("size", size) / positive("bandwidth", bandwidth)
    return to_scalar(non_negative("latency", latency) + streaming)


def random_read_bandwidth(
    bandwidth: Quantity[Q], latency: Quantity[Q], request_size: Quantity[Q]
) -> Q:
    """Return the bytes/s of one reader that asks for ``request_size`` bytes at random places.

    One request is outstanding, so each pays ``latency`` seconds before ``bandwidth`` bytes/s
    flow: ``B · b / (b + L·B)``. Half of the bandwidth is reached at a request of ``L·B`` bytes.

    Raises ``ValueError`` for a size or bandwidth of 0 or less, or a latency below 0.
    """
    stream, size = positive("bandwidth", bandwidth), positive("request_size", request_size)
    return to_scalar(stream * (size / (size + non_negative("latency", latency) * stream)))


def iops_at_queue_depth(latency: Quantity[Q], max_iops: Quantity[Q], queue_depth: Quantity[Q]) -> Q:
    """Return the requests/s of a device that holds ``queue_depth`` requests at once.

    ``latency`` is the time of a request at queue depth 1, in seconds, and ``max_iops`` the
    requests/s at saturation: ``X = q / (L - 1/Xmax + q/Xmax)``. The law is Little's, with
    ``1/Xmax`` of the latency as the device's bottleneck and the rest as pure delay; it meets
    both ends, ``1/L`` at depth 1 and ``Xmax`` as the depth grows. Between the ends it is the
    lower of the asymptotic bounds of Denning and Buzen (1978), where every request waits for
    all others, so that a device alone tends to be faster. A system may be slower: the host's
    cores issue the requests and can bind first. Of six measured drives at depths from 4 to 32
    the law is from 25% too low (at the knee, where the bounds lie furthest apart) to 79% too
    high (one thread issues all requests); ``data/published/iops_at_depth.csv`` has them. Where
    a host's rate is known, the lesser of it and of this one holds.

    Raises ``ValueError`` for a queue depth below 1, or where one request at a time would
    already beat ``max_iops``.
    """
    alone, most = positive("latency", latency), positive("max_iops", max_iops)
    depth = at_least("queue_depth", queue_depth, 1)
    require(
        alone * most >= 1 - 1e-9,
        "latency must be at least 1/max_iops: a device can't serve one request at a time "
        "faster than it serves many",
    )
    bottleneck = 1 / most
    return to_scalar(depth / (np.maximum(alone - bottleneck, 0) + depth * bottleneck))


def roofline_bandwidth(
    max_iops: Quantity[Q], max_bandwidth: Quantity[Q], request_size: Quantity[Q]
) -> Q:
    """Return the most bytes/s that a device delivers at a request size, at any queue depth.

    ``min(max_iops · b, max_bandwidth)``: bound by requests/s left of the knee, by bytes/s
    right of it. Raises ``ValueError`` for an argument of 0 or less.
    """
    by_requests = positive("max_iops", max_iops) * positive("request_size", request_size)
    return to_scalar(np.minimum(by_requests, positive("max_bandwidth", max_bandwidth)))


def knee_request_size(max_iops: Quantity[Q], max_bandwidth: Quantity[Q]) -> Q:
    """Return the request size, in bytes, from which bandwidth and no longer IOPS binds."""
    return to_scalar(positive("max_bandwidth", max_bandwidth) / positive("max_iops", max_iops))


def half_bandwidth_request_size(bandwidth: Quantity[Q], latency: Quantity[Q]) -> Q:
    """Return the request size, in bytes, at which random reads reach half of ``bandwidth``.

    ``L·B``: the bytes that could have flowed during the latency. Raises ``ValueError`` for a
    bandwidth of 0 or less or a negative latency.
    """
    return to_scalar(positive("bandwidth", bandwidth) * non_negative("latency", latency))


def request_size_for(share: Quantity[Q], latency: Quantity[Q], bandwidth: Quantity[Q]) -> Q:
    """Return the request size, in bytes, at which random reads reach ``share`` of ``bandwidth``.

    :func:`random_read_bandwidth` solved for the size: ``L·B · s / (1 - s)``, which is ``L·B`` for
    a half and nine times that for nine tenths.

    Raises ``ValueError`` unless ``share`` is from 0 to below 1, for a bandwidth of 0 or less, or
    for a negative latency.
    """
    part = fraction("share", share)
    require(part < 1, "share must be below 1: no request is large enough for all of the bandwidth")
    return to_scalar(half_bandwidth_request_size(bandwidth, latency) * (part / (1 - part)))


def queued_bandwidth(
    latency: Quantity[Q],
    stream_bandwidth: Quantity[Q],
    max_iops: Quantity[Q],
    max_bandwidth: Quantity[Q],
    request_size: Quantity[Q],
    queue_depth: Quantity[Q],
) -> Q:
    """Return the bytes/s of a device with ``queue_depth`` random reads of one size outstanding.

    A request alone takes ``latency + b / stream_bandwidth`` seconds; all together get no more
    than the roofline, ``min(max_iops · b, max_bandwidth)``. Between the two ends the law of
    :func:`iops_at_queue_depth` holds.

    Raises ``ValueError`` for an argument of 0 or less, a queue depth below 1, or a device whose
    single request is faster than its limits allow.
    """
    size = positive("request_size", request_size)
    stream = positive("stream_bandwidth", stream_bandwidth)
    alone = non_negative("latency", latency) + size / stream
    roof = roofline_bandwidth(max_iops, max_bandwidth, size)
    return to_scalar(iops_at_queue_depth(alone, roof / size, queue_depth) * size)


def order_factor(
    latency: Quantity[Q],
    stream_bandwidth: Quantity[Q],
    max_iops: Quantity[Q],
    max_bandwidth: Quantity[Q],
    request_size: Quantity[Q],
    queue_depth: Quantity[Q],
    reads_ahead: bool,
) -> Q:
    """Return how many times more bytes/s come in stored order than at random, 1 or more.

    Like for like: ``queue_depth`` readers each time. At random each request of ``request_size``
    bytes waits (:func:`queued_bandwidth`). In stored order nobody does: where the device or the
    kernel reads ahead, one reader gets all of ``max_bandwidth``; where nothing does, each reader
    has one long request of ``stream_bandwidth``. With one reader of such streams the factor is
    ``1 + L·B / b``.

    Raises ``ValueError`` as :func:`queued_bandwidth` does.
    """
    if reads_ahead:
        ordered = positive("max_bandwidth", max_bandwidth)
    else:  # streams queue for the device as requests do, counted in bytes
        alone = 1 / positive("stream_bandwidth", stream_bandwidth)
        ordered = np.asarray(iops_at_queue_depth(alone, max_bandwidth, queue_depth))
    random = queued_bandwidth(
        latency, stream_bandwidth, max_iops, max_bandwidth, request_size, queue_depth
    )
    return to_scalar(ordered / random)
