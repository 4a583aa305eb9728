"""Tiers: what a stream gets that comes from several of them, and how long an epoch takes."""

from __future__ import annotations

from typing import overload

import numpy as np

from storagelab.checks import (
    Counts,
    Floats,
    Q,
    Quantity,
    Rows,
    as_int,
    fraction,
    non_negative,
    positive,
    require,
    to_scalar,
    whole,
)


def _tiers(bandwidths: Rows, fractions: Rows) -> tuple[Floats, Floats]:
    speeds, shares = positive("bandwidths", bandwidths), fraction("fractions", fractions)
    require(np.abs(shares.sum(axis=-1) - 1) < 1e-9, "fractions must sum to 1")
    return speeds, shares


def parallel_tiers_bandwidth(bandwidths: Rows, fractions: Rows) -> float | Floats:
    """Return the bytes/s of tiers that are read at the same time, along the last axis.

    Tier i delivers ``fractions[i]`` of the bytes at up to ``bandwidths[i]`` bytes/s; the stream
    goes as fast as the tier that finishes last: ``min(BW_i / fraction_i)``. A tier with no
    share does not bind.

    Raises ``ValueError`` unless bandwidths are above 0 and the fractions sum to 1.
    """
    speeds, shares = _tiers(bandwidths, fractions)
    slowest = np.max(shares / speeds, axis=-1)  # in seconds a byte: no share, no time
    return to_scalar(1 / slowest)


def cached_stream_bandwidth(
    link_bandwidth: Quantity[Q], cache_bandwidth: Quantity[Q], hit_rate: Quantity[Q]
) -> Q:
    """Return the bytes/s of a stream that comes from a cache and, where that misses, over a link.

    Both are read at the same time, so the stream is as fast as the one that is last with its
    share: ``min(link / (1 - h), cache / h)``, two of :func:`parallel_tiers_bandwidth`.

    Raises ``ValueError`` for a bandwidth of 0 or less or a hit rate outside [0, 1].
    """
    hits = fraction("hit_rate", hit_rate)
    over_link = (1 - hits) / positive("link_bandwidth", link_bandwidth)
    return to_scalar(1 / np.maximum(over_link, hits / positive("cache_bandwidth", cache_bandwidth)))


def series_tiers_bandwidth(bandwidths: Rows, fractions: Rows) -> float | Floats:
    """Return the bytes/s of tiers that are read one after the other, along the last axis.

    A single reader that takes ``fractions[i]`` of the bytes from tier i at ``bandwidths[i]``
    bytes/s: the times add up, ``1/F = Σ fraction_i / BW_i`` (DS-Analyzer in Mohan et al. 2021:
    ``D/F = xD/C + (1 - x)D/S``). At most :func:`parallel_tiers_bandwidth`.

    Raises ``ValueError`` unless bandwidths are above 0 and the fractions sum to 1.
    """
    speeds, shares = _tiers(bandwidths, fractions)
    return to_scalar(1 / np.sum(shares / speeds, axis=-1))


def cold_epoch_time(
    dataset_size: Quantity[Q],
    link_bandwidth: Quantity[Q],
    connections: Quantity[Q],
    stream_bandwidth: Quantity[Q],
    write_bandwidth: Quantity[Q],
) -> Q:
    """Return the seconds of a first epoch that fetches everything and fills the cache with it.

    ``D / min(link, connections · stream, write)``: the link in bytes/s, ``connections`` of
    ``stream_bandwidth`` bytes/s each (85 to 90 MB/s: Amazon S3 performance guidelines), and the
    local drive's write bandwidth, since what is fetched is also written.

    Raises ``ValueError`` for a negative size, a bandwidth of 0 or less, or connections that
    aren't whole.
    """
    streams = whole("connections", connections) * positive("stream_bandwidth", stream_bandwidth)
    path = np.minimum(positive("link_bandwidth", link_bandwidth), streams)
    path = np.minimum(path, positive("write_bandwidth", write_bandwidth))
    return to_scalar(non_negative("dataset_size", dataset_size) / path)


def mean_epoch_time(cold: Quantity[Q], warm: Quantity[Q], epochs: Quantity[Q]) -> Q:
    """Return the mean seconds of an epoch when the first is cold: ``(cold + (E-1)·warm) / E``."""
    count = whole("epochs", epochs)
    later = (count - 1) * non_negative("warm", warm)
    return to_scalar((non_negative("cold", cold) + later) / count)


@overload
def connections_for(link_bandwidth: float, stream_bandwidth: float) -> int: ...  # type: ignore[overload-overlap]
@overload
def connections_for(
    link_bandwidth: Quantity[Floats], stream_bandwidth: Quantity[Floats]
) -> Counts: ...
def connections_for(
    link_bandwidth: Quantity[Floats], stream_bandwidth: Quantity[Floats]
) -> int | Counts:
    """Return how many parallel connections fill a link at the fewest, a whole number.

    ``link_bandwidth`` and ``stream_bandwidth`` (of one connection) in bytes/s. Connections that
    differ in speed, or that have just been opened, need company: for 100 Gb/s the law says 143
    and Amazon's own client (aws-c-s3) opens 250. Raises
    ``ValueError`` for an argument of 0 or less.
    """
    link = positive("link_bandwidth", link_bandwidth)
    count = np.ceil(link / positive("stream_bandwidth", stream_bandwidth) * (1 - 1e-12))
    return as_int("number of connections", count)


def load_time(size: float | Floats, bandwidths: Rows) -> float | Floats:
    """Return the seconds in which ``size`` bytes are loaded once through several stages in a row.

    ``bandwidths``, in bytes/s along the last axis, are those of the stages that all of the bytes
    pass at the same time, such as link, volume and the machine's own port: ``size / min(BW_i)``.
    A lower bound for a model's weights: measured loads take from 1.0 to 1.8 times as long
    (NVIDIA Run:ai Model Streamer 2025; Anyscale 2023).

    Raises ``ValueError`` for a negative size or a bandwidth of 0 or less.
    """
    slowest = np.min(positive("bandwidths", bandwidths), axis=-1)
    return to_scalar(non_negative("size", size) / slowest)
