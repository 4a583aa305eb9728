"""Reading one request after another: how request size, latency and queue depth set the rate."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Quantity, at_least, non_negative, plain, positive, require


def read_time(size: Quantity, latency: Quantity, bandwidth: Quantity) -> Quantity:
    """Return the seconds that one read of ``size`` bytes takes.

    A read waits ``latency`` seconds for its first byte (seek, rotation, flash sensing, network)
    and then streams at ``bandwidth`` bytes/s: ``latency + size / bandwidth``.

    Raises ``ValueError`` for a size or latency below 0 or a bandwidth of 0 or less.
    """
    size, latency = non_negative("size", size), non_negative("latency", latency)
    return plain(latency + size / positive("bandwidth", bandwidth))


def random_read_bandwidth(
    bandwidth: Quantity, latency: Quantity, request_size: Quantity
) -> Quantity:
    """Return the bytes/s of one reader that asks for ``request_size`` bytes at random places.

    One request is outstanding, so each pays ``latency`` seconds before ``bandwidth`` bytes/s
    flow: ``B · b / (b + L·B)``. Half of the bandwidth is reached at a request of ``L·B`` bytes.

    Raises ``ValueError`` for a size or bandwidth of 0 or less, or a latency below 0.
    """
    bandwidth = positive("bandwidth", bandwidth)
    latency = non_negative("latency", latency)
    request_size = positive("request_size", request_size)
    return plain(bandwidth * (request_size / (request_size + latency * bandwidth)))


def iops_at_queue_depth(latency: Quantity, max_iops: Quantity, queue_depth: Quantity) -> Quantity:
    """Return the requests/s of a device that holds ``queue_depth`` requests at once.

    ``latency`` is the time of a request at queue depth 1, in seconds, and ``max_iops`` the
    requests/s at saturation: ``X = q / (L - 1/Xmax + q/Xmax)``. The law is Little's, with
    ``1/Xmax`` of the latency as the device's bottleneck and the rest as pure delay; it meets
    both ends, ``1/L`` at depth 1 and ``Xmax`` as the depth grows. Between the ends it is the
    lower of the asymptotic bounds of Denning and Buzen (1978), where every request waits for
    all others: no device that queues like this one is slower, a real one is somewhat faster.

    Raises ``ValueError`` for a queue depth below 1, or where one request at a time would
    already beat ``max_iops``.
    """
    latency, max_iops = positive("latency", latency), positive("max_iops", max_iops)
    queue_depth = at_least("queue_depth", queue_depth, 1)
    require(
        latency * max_iops >= 1 - 1e-9,
        "latency must be at least 1/max_iops: a device can't serve one request at a time "
        "faster than it serves many",
    )
    bottleneck = 1 / max_iops
    return plain(queue_depth / (np.maximum(latency - bottleneck, 0) + queue_depth * bottleneck))


def roofline_bandwidth(
    max_iops: Quantity, max_bandwidth: Quantity, request_size: Quantity
) -> Quantity:
    """Return the most bytes/s that a device delivers at a request size, at any queue depth.

    ``min(max_iops · b, max_bandwidth)``: bound by requests/s left of the knee, by bytes/s
    right of it. Raises ``ValueError`` for an argument of 0 or less.
    """
    max_iops = positive("max_iops", max_iops)
    max_bandwidth = positive("max_bandwidth", max_bandwidth)
    return plain(np.minimum(max_iops * positive("request_size", request_size), max_bandwidth))


def knee_request_size(max_iops: Quantity, max_bandwidth: Quantity) -> Quantity:
    """Return the request size, in bytes, from which bandwidth and no longer IOPS binds."""
    return plain(positive("max_bandwidth", max_bandwidth) / positive("max_iops", max_iops))


def half_bandwidth_request_size(bandwidth: Quantity, latency: Quantity) -> Quantity:
    """Return the request size, in bytes, at which random reads reach half of ``bandwidth``.

    ``L·B``: the bytes that could have flowed during the latency. Raises ``ValueError`` for a
    bandwidth of 0 or less or a negative latency.
    """
    return plain(positive("bandwidth", bandwidth) * non_negative("latency", latency))


def queued_bandwidth(
    latency: Quantity,
    stream_bandwidth: Quantity,
    max_iops: Quantity,
    max_bandwidth: Quantity,
    request_size: Quantity,
    queue_depth: Quantity,
) -> Quantity:
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
    roof = np.asarray(roofline_bandwidth(max_iops, max_bandwidth, size))
    return plain(np.asarray(iops_at_queue_depth(alone, roof / size, queue_depth)) * size)
