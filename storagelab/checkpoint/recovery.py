"""Recovery: what passes between a failure and the moment at which the job works again."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Floats, Q, Quantity, non_negative, positive, require, to_scalar, whole


def read_back_time(
    size: Quantity[Q],
    readers: Quantity[Q],
    shared_bandwidth: Quantity[Q],
    node_bandwidth: Quantity[Q],
    sharded: bool = True,
) -> Q:
    """Return the seconds in which ``readers`` nodes read one checkpoint back at the same moment.

    The restore storm: ``size`` bytes once in all where each node reads its own shard, or once for
    every node that has to have a full copy, through ``min(shared_bandwidth, readers ·
    node_bandwidth)`` bytes/s. Narayanan et al. (SC21, 5.10) saw 384 nodes load at the peak read
    bandwidth of their file system, so that no efficiency is taken off.

    Raises ``ValueError`` for a negative size, a bandwidth of 0 or less, ``sharded`` that is no
    bool, or a count that isn't whole.
    """
    if not isinstance(sharded, (bool, np.bool_)):
        raise ValueError(f"sharded must be True or False; got {sharded!r}")
    total, nodes = non_negative("size", size), whole("readers", readers)
    path = np.minimum(
        positive("shared_bandwidth", shared_bandwidth),
        nodes * positive("node_bandwidth", node_bandwidth),
    )
    return to_scalar(total * (1.0 if sharded else nodes) / path)


_NEVER = 1e-30
"""The share of failures that find no spare from which on more spares don't matter."""
MOST_SPARES = 100_000


def spare_wait(repair_time: Quantity[Q], loss_mtbf: Quantity[Q], spares: Quantity[Q] | int) -> Q:
    """Return the mean seconds that a job waits for a node to take the place of a lost one.

    Nodes are lost once in ``loss_mtbf`` seconds and each is back after ``repair_time`` on average,
    both exponential. A job with ``spares`` nodes to spare waits only where all of them are in
    repair already: Erlang's loss formula B(spares, repair_time/loss_mtbf) says how often, and the
    first of ``spares + 1`` repairs ends it. Without a spare every loss waits for a repair. The job
    loses no further node while it stands still.

    Raises ``ValueError`` for a negative repair time or number, an MTBF of 0 or less, or more than
    100,000 spares: the formula is worked out spare by spare.
    """
    repair = non_negative("repair_time", repair_time)
    load = repair / positive("loss_mtbf", loss_mtbf)
    count = whole("spares", spares, least=0)
    require(count <= MOST_SPARES, f"spares must be at most {MOST_SPARES:,}; got {spares!r}")
    return to_scalar(_blocked(load, count) * repair / (count + 1))


def _blocked(load: Floats, spares: Floats) -> Floats:
    """Return the share of losses that find all spares in repair: Erlang's formula."""
    if np.ndim(load) == np.ndim(spares) == 0:  # numbers are ten times as fast as arrays of one
        alone, number = 1.0, 0
        while number < spares and alone >= _NEVER:
            number += 1
            alone = _with_another(float(load), alone, number)
        return np.float64(alone)  # type: ignore[return-value]
    blocked = np.ones(np.broadcast_shapes(np.shape(load), np.shape(spares)))
    for number in range(1, int(np.max(spares, initial=0)) + 1):
        asked = (number <= spares) & (blocked >= _NEVER)
        if not asked.any():
            break
        blocked = np.where(asked, _with_another(load, blocked, number), blocked)
    return blocked


def _with_another(load: Q, blocked: Q, number: int) -> Q:
    """Return what is blocked with ``number`` spares, from what is with one less."""
    return load * blocked / (number + load * blocked)
