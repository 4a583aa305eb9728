"""The storm: all nodes write at the same moment, and how much of that the storage can bear."""

from __future__ import annotations

import msgspec
import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    choice,
    fraction,
    non_negative,
    positive,
    require,
    single,
    to_scalar,
    whole,
)


class Storm(msgspec.Struct, frozen=True):
    """One checkpoint on the shared path, group after group; rates are constant in between."""

    writers: Floats
    """Nodes in each group, shape (groups,)."""
    ends: Floats
    """Seconds from the storm's begin until each group is done, shape (groups,)."""
    rates: Floats
    """Bytes/s that pass while each group writes, shape (groups,)."""
    demanded: Floats
    """Bytes/s that the nodes of each group could send, shape (groups,)."""
    shared_bandwidth: float
    """Bytes/s that the shared path takes."""

    @property
    def time(self) -> float:
        """Seconds until the last writer is done: what a synchronous job waits."""
        return float(self.ends[-1])

    @property
    def durations(self) -> Floats:
        """Seconds that each group writes, shape (groups,)."""
        return np.diff(self.ends, prepend=0.0)

    @property
    def saturated_time(self) -> float:
        """Seconds in which the shared path has nothing left for anybody else."""
        return float(self.durations[self.demanded >= self.shared_bandwidth].sum())

    @property
    def room(self) -> float:
        """Bytes/s of the shared path that are left to readers while the storm lasts, at least."""
        return float(self.shared_bandwidth - self.rates.max())


def storm_profile(
    size: float,
    writers: int,
    shared_bandwidth: float,
    node_bandwidth: float,
    groups: int = 1,
    sharded: bool = True,
) -> Storm:
    """Return what passes the shared path while ``writers`` nodes write in ``groups``, in turn.

    ``size`` bytes are one full checkpoint, saved in parts or, not ``sharded``, whole by each
    writer. Groups are as equal as whole nodes allow, and one begins where the one before it ends;
    the k nodes of a group write ``min(shared_bandwidth, k · node_bandwidth)`` bytes/s, in equal
    parts. Bandwidths in bytes/s. With one group the storm lasts :func:`storm_write_time`; more
    groups never make it shorter, and longer as soon as a group can't fill the path alone, which
    leaves the rest of it to others.

    A model of synchronous checkpoints, during which nobody computes: the job waits for the last
    writer, in whatever order they come. It is wrong where a snapshot in memory lets the job go on
    (:func:`storagelab.checkpoint.asynchronous_wall_time`), where writers contend for metadata
    (the efficiency of :func:`storm_write_time`), and where one slow node keeps its group waiting.

    Raises ``ValueError`` for a size or bandwidth of 0 or less, a count that isn't whole,
    ``sharded`` that is no bool, or more groups than writers.
    """
    choice("sharded", sharded)
    total = single("size", positive("size", size))
    nodes = single("writers", whole("writers", writers))
    shared = single("shared_bandwidth", positive("shared_bandwidth", shared_bandwidth))
    node = single("node_bandwidth", positive("node_bandwidth", node_bandwidth))
    count = int(single("groups", whole("groups", groups)))
    require(count <= nodes, "groups must not exceed writers: a group has one writer at least")
    each = total / nodes if sharded else total
    ahead = np.floor(np.arange(count + 1) * nodes / count)
    members = np.diff(ahead)
    demanded = members * node
    rates = np.minimum(shared, demanded)
    return Storm(members, np.cumsum(members * each / rates), rates, demanded, shared)


def storm_write_time(
    size: Quantity[Q],
    writers: Quantity[Q],
    shared_bandwidth: Quantity[Q],
    node_bandwidth: Quantity[Q],
    sharded: bool = True,
    efficiency: Quantity[Q] = 1.0,
    files_per_writer: Quantity[Q] = 0,
    metadata_rate: Quantity[Q] = 1e100,
) -> Q:
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
    choice("sharded", sharded)
    total, nodes = non_negative("size", size), whole("writers", writers)
    left = positive("efficiency", fraction("efficiency", efficiency))
    shared = positive("shared_bandwidth", shared_bandwidth) * left
    path = np.minimum(shared, nodes * positive("node_bandwidth", node_bandwidth))
    files = nodes * whole("files_per_writer", files_per_writer, least=0)
    creating = files / positive("metadata_rate", metadata_rate)
    return to_scalar(total * (1.0 if sharded else nodes) / path + creating)


def storage_share(interval: Quantity[Q], dump_time: Quantity[Q]) -> Q:
    """Return the share of time in which dumps saturate the storage: ``d / (τ + d)``, 0 to 1.

    Raises ``ValueError`` for an interval of 0 or less or a negative dump time.
    """
    dump = non_negative("dump_time", dump_time)
    return to_scalar(dump / (positive("interval", interval) + dump))


def shortest_interval(dump_time: Quantity[Q], storage_limit: Quantity[Q]) -> Q:
    """Return the interval, in seconds, at which dumps take ``storage_limit`` of the storage's time.

    The inverse of :func:`storage_share`: ``d·(1 - limit)/limit``; checkpointing more often
    crashes the storage. Raises ``ValueError`` for a limit outside (0, 1).
    """
    limit = positive("storage_limit", storage_limit)
    require(limit < 1, "storage_limit must be below 1")
    return to_scalar(non_negative("dump_time", dump_time) * (1 - limit) / limit)
