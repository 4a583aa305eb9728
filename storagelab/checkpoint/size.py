"""Sizes: how many bytes a model's state has."""

from __future__ import annotations

from storagelab.checks import Quantity, plain, positive, require, whole


def checkpoint_size(parameters: Quantity, bytes_per_parameter: Quantity) -> Quantity:
    """Return the bytes of a full checkpoint.

    2 bytes a parameter are bf16 weights alone; 14 add 32-bit weights and two 32-bit Adam moments
    (the MLPerf Storage checkpoint workloads write that). Raises ``ValueError`` for 0 or less.
    """
    size = positive("bytes_per_parameter", bytes_per_parameter)
    return plain(positive("parameters", parameters) * size)


def transformer_parameters(
    layers: Quantity,
    hidden: Quantity,
    ffn: Quantity,
    heads: Quantity,
    kv_heads: Quantity,
    vocab: Quantity,
) -> Quantity:
    """Return the parameters of a decoder with grouped-query attention and a gated feed-forward.

    ``L(2h² + 2h·kv·h/heads + 3h·f) + 2Vh``: query and output, key and value, three feed-forward
    matrices, and separate input and output embeddings; norms are left out (under 0.01%).

    Raises ``ValueError`` for a dimension that isn't a whole number from 1 up, or more key-value
    heads than heads.
    """
    layers, hidden, ffn = whole("layers", layers), whole("hidden", hidden), whole("ffn", ffn)
    heads, kv_heads = whole("heads", heads), whole("kv_heads", kv_heads)
    require(kv_heads <= heads, "kv_heads must not exceed heads, which share them")
    attention = 2 * hidden**2 + 2 * hidden * kv_heads * hidden / heads
    return plain(layers * (attention + 3 * hidden * ffn) + 2 * whole("vocab", vocab) * hidden)
