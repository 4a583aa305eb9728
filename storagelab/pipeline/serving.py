"""Serving: how soon replicas have their weights, and where the state of a long text can wait."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar, whole


def fleet_load_time(
    size: Quantity[Q],
    replicas: Quantity[Q],
    source_bandwidth: Quantity[Q],
    port_bandwidth: Quantity[Q],
) -> Q:
    """Return the seconds until all replicas have loaded the same weights from one source.

    The cold start of a fleet: ``size`` bytes for each of ``replicas``, of which each takes at most
    ``port_bandwidth`` and the source gives at most ``source_bandwidth`` bytes/s, shared by all:
    ``max(size / port, replicas · size / source)``.

    Raises ``ValueError`` for a negative size, a bandwidth of 0 or less, or a count that isn't
    whole.
    """
    weights, count = non_negative("size", size), whole("replicas", replicas)
    source, port = (
        positive("source_bandwidth", source_bandwidth),
        positive("port_bandwidth", port_bandwidth),
    )
    return to_scalar(np.maximum(weights / port, count * weights / source))


def doubling_load_time(
    size: Quantity[Q],
    replicas: Quantity[Q],
    source_bandwidth: Quantity[Q],
    port_bandwidth: Quantity[Q],
) -> Q:
    """Return the seconds until all replicas have the weights where those that do hand them on.

    The source serves one replica. Each that has all ``size`` bytes sends them to one that doesn't,
    at ``port_bandwidth`` bytes/s, so that their number doubles in each round:
    ``size / min(source, port) + ceil(log2(replicas)) · size / port``. A chain that hands on each
    piece as soon as it comes is faster still, and ends at ``size / port``.

    Raises ``ValueError`` as :func:`fleet_load_time` does.
    """
    weights, count = non_negative("size", size), whole("replicas", replicas)
    source, port = (
        positive("source_bandwidth", source_bandwidth),
        positive("port_bandwidth", port_bandwidth),
    )
    rounds = np.ceil(np.log2(count))
    return to_scalar(weights / np.minimum(source, port) + rounds * weights / port)


def kv_cache_size(
    tokens: Quantity[Q],
    layers: Quantity[Q],
    kv_heads: Quantity[Q],
    head_size: Quantity[Q],
    bytes_per_number: Quantity[Q],
) -> Q:
    """Return the bytes that a transformer's cache of keys and values holds for so many tokens.

    A key and a value of ``head_size`` numbers for each of ``kv_heads`` in each of ``layers``:
    ``2 · layers · kv_heads · head_size · bytes_per_number`` for each token.

    Raises ``ValueError`` for a negative number of tokens, a width of 0 or less, or layers, heads
    or a head size that aren't whole.
    """
    for_each = 2 * whole("layers", layers) * whole("kv_heads", kv_heads)
    for_each = for_each * whole("head_size", head_size)
    each = for_each * positive("bytes_per_number", bytes_per_number)
    return to_scalar(non_negative("tokens", tokens) * each)


def spill_bandwidth(token_size: Quantity[Q], parameters: Quantity[Q], operations: Quantity[Q]) -> Q:
    """Return the bytes/s from which reading a spilled cache is faster than computing it anew.

    Computing a token's keys and values passes it through all ``parameters``, at two operations
    each, of which the machine makes ``operations`` a second; reading them moves ``token_size``
    bytes. The two take the same time at ``token_size · operations / (2 · parameters)``, however
    long the text is. Attention to what came before is left out, so that for long texts reading
    pays from a lower bandwidth on.

    Raises ``ValueError`` for an argument of 0 or less.
    """
    moved, rate = positive("token_size", token_size), positive("operations", operations)
    return to_scalar(moved * rate / (2 * positive("parameters", parameters)))
