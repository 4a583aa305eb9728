"""Shuffling: how far a shuffle moves the samples, and what the buffer for it costs."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, at_least, non_negative, positive, to_scalar, whole


def shuffle_displacement(buffer: Quantity[Q]) -> Q:
    """Return how far a shuffle buffer of ``buffer`` samples moves a sample on average, in samples.

    A buffer hands out one of its K samples at random and takes in the next, so a sample stays
    for a geometric number of draws of mean K: the mean distance is ``2K(1 - 1/K)^K``,
    which tends to ``2K/e``. A buffer of 1 (or 0: none) moves nothing. Holds for a stream much
    longer than the buffer.

    Raises ``ValueError`` for a buffer below 0.
    """
    size = np.maximum(non_negative("buffer", buffer), 1)
    with np.errstate(divide="ignore"):
        stays = np.exp(size * np.log1p(-1 / size))
    return to_scalar(2 * size * stays)


def stream_displacement(samples: Quantity[Q], buffer: Quantity[Q]) -> Q:
    """Return the mean displacement, in samples, of a stream of ``samples`` through a buffer.

    What :func:`shuffle_displacement` is for an endless stream, with both ends: at the front the
    buffer holds a sample no longer than it has been filled, and at the end it is emptied in
    random order. With x = K/N the mean of the continuous limit, integrated over both ends, is
    ``2K/e · (1 - (6 - 2e)·x)`` for x up to 1/2 and
    ``4x² - e^(1 - 1/x)·(4x³ + 6x² + 1)/(3x)`` times N beyond, which ends at N/3: a buffer as
    large as the dataset is a full shuffle. Small buffers follow the exact geometric law.

    Raises ``ValueError`` for fewer than 1 sample or a negative buffer; a buffer larger than the
    dataset counts as one that holds all of it.
    """
    count = at_least("samples", samples, 1)
    size = np.minimum(non_negative("buffer", buffer), count)
    share = np.maximum(size, 1) / count
    with np.errstate(under="ignore"):
        filled = np.exp(1 - 1 / share)
    long = 4 * share**2 - filled * (4 * share**3 + 6 * share**2 + 1) / (3 * share)
    short = 2 * share / np.e * (1 - (6 - 2 * np.e) * share)
    in_the_limit = np.where(share <= 0.5, short, long)
    endless = shuffle_displacement(size)
    # the ratio carries the exact law of few samples over; it is 1 where the buffer is large
    return to_scalar(endless * in_the_limit / (2 * share / np.e))


def neighbour_separation(interleave: Quantity[Q], buffer: Quantity[Q]) -> Q:
    """Return how many samples part two that lie side by side in a shard, on average.

    ``interleave`` m shards are read in turn, one sample from each, so neighbours leave the
    reader m samples apart. Behind it a buffer of ``buffer`` K samples keeps each for a geometric
    time of mean K. Either the first has gone before the second comes, or both wait and one goes
    first; the two cases together give ``m + K·(1 - 1/K)^m`` exactly: m without a buffer, K for
    one shard at a time. A full shuffle of N samples parts neighbours by N/3. Reading the shards
    themselves in random order moves neighbours together and parts nothing: that is what
    displacement alone hides.

    Raises ``ValueError`` for an interleave below 1 or a negative buffer.
    """
    apart = whole("interleave", interleave)
    size = np.maximum(non_negative("buffer", buffer), 1)  # a buffer of 0 or 1 holds nothing back
    with np.errstate(divide="ignore"):
        both_wait = np.exp(np.maximum(apart * np.log1p(-1 / size), -745.0))
    return to_scalar(apart + size * both_wait)


def buffer_memory(buffer: Quantity[Q], sample_size: Quantity[Q]) -> Q:
    """Return the bytes that a shuffle buffer of ``buffer`` samples holds.

    Of one loader: a node whose workers each shuffle for themselves pays once for each. Raises
    ``ValueError`` for a negative buffer or a size of 0 or less.
    """
    return to_scalar(non_negative("buffer", buffer) * positive("sample_size", sample_size))


def buffer_fill_time(buffer: Quantity[Q], sample_size: Quantity[Q], bandwidth: Quantity[Q]) -> Q:
    """Return the seconds before a shuffle buffer gives its first sample: ``K·b / B``.

    Paid at the start of every epoch, and after every restart. ``sample_size`` b in bytes,
    ``bandwidth`` B in bytes/s. Raises ``ValueError`` as :func:`buffer_memory` does, and for a
    bandwidth of 0 or less.
    """
    held = buffer_memory(buffer, sample_size)
    return to_scalar(held / positive("bandwidth", bandwidth))
