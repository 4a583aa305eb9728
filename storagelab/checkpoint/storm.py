"""The storm: all nodes write at the same moment, and how much of that the storage can bear."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Quantity, fraction, non_negative, plain, positive, require, whole


def storm_write_time(
    size: Quantity,
    writers: Quantity,
    shared_bandwidth: Quantity,
    node_bandwidth: Quantity,
    sharded: bool = True,
    efficiency: Quantity = 1.0,
    files_per_writer: Quantity = 0,
    metadata_rate: Quantity = 1e100,
) -> Quantity:
    """Return the seconds in which ``writers`` nodes save one checkpoint at the same moment.

    ``size`` bytes are one full checkpoint. Sharded, each writer saves its own part and the
    checkpoint goes to storage once; replicated, each writer saves all of it. The bytes pass
    ``min(shared_bandwidth · efficiency, writers · node_bandwidth)`` bytes/s, where a node's
    bandwidth is the lesser of its network port's and of what its memory or drive gives.
    ``efficiency`` is the share of the shared path that so many writers leave of it (1: no
    contention). Before that ``files_per_writer`` files a writer are created at
    ``metadata_rate`` operations/s of all together.

    Raises ``ValueError`` for a negative size, a bandwidth of 0 or less, an efficiency outside
    (0, 1], ``sharded`` that is no bool, or a count that isn't whole.
    """
    if not isinstance(sharded, (bool, np.bool_)):
        raise ValueError(f"sharded must be True or False; got {sharded!r}")
    size, writers = non_negative("size", size), whole("writers", writers)
    left = positive("efficiency", fraction("efficiency", efficiency))
    shared = positive("shared_bandwidth", shared_bandwidth) * left
    path = np.minimum(shared, writers * positive("node_bandwidth", node_bandwidth))
    files = writers * whole("files_per_writer", files_per_writer, least=0)
    creating = files / positive("metadata_rate", metadata_rate)
    return plain(size * (1.0 if sharded else writers) / path + creating)


def storage_share(interval: Quantity, dump_time: Quantity) -> Quantity:
    """Return the share of time in which dumps saturate the storage: ``d / (τ + d)``, 0 to 1.

    Raises ``ValueError`` for an interval of 0 or less or a negative dump time.
    """
    dump = non_negative("dump_time", dump_time)
    return plain(dump / (positive("interval", interval) + dump))


def shortest_interval(dump_time: Quantity, storage_limit: Quantity) -> Quantity:
    """Return the interval, in seconds, at which dumps take ``storage_limit`` of the storage's time.

    The inverse of :func:`storage_share`: ``d·(1 - limit)/limit``; checkpointing more often
    crashes the storage. Raises ``ValueError`` for a limit outside (0, 1).
    """
    limit = positive("storage_limit", storage_limit)
    require(limit < 1, "storage_limit must be below 1")
    return plain(non_negative("dump_time", dump_time) * (1 - limit) / limit)
