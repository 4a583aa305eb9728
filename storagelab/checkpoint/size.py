"""Sizes: how many bytes a model's state has."""

from __future__ import annotations

from storagelab.checks import Q, Quantity, choice, positive, require, to_scalar, whole


def checkpoint_size(parameters: Quantity[Q], bytes_per_parameter: Quantity[Q]) -> Q:
    """Return the bytes of a full checkpoint.

    2 bytes a parameter are bf16 weights alone; 14 add 32-bit weights and two 32-bit Adam moments
    (the MLPerf Storage checkpoint workloads write that). Raises ``ValueError`` for 0 or less.
    """
    each = positive("bytes_per_parameter", bytes_per_parameter)
    return to_scalar(positive("parameters", parameters) * each)


def transformer_parameters(
    layers: Quantity[Q],
    hidden: Quantity[Q],
    ffn: Quantity[Q],
    heads: Quantity[Q],
    kv_heads: Quantity[Q],
    vocab: Quantity[Q],
    gated: bool = True,
    tied: bool = False,
) -> Q:
    """Return the parameters of a decoder with grouped-query attention.

    ``L(2h² + 2h·kv·h/heads + 3h·f) + 2Vh``: query and output, key and value, three feed-forward
    matrices, and separate input and output embeddings; norms and biases are left out (under
    0.01%). Not ``gated``, the feed-forward has two matrices; with ``tied`` embeddings the input's
    serves the output too. Decoders of the GPT family (Megatron-LM, OPT, BLOOM) are both.

    Raises ``ValueError`` for a dimension that isn't a whole number from 1 up, more key-value
    heads than heads, or a ``gated`` or ``tied`` that is no bool.
    """
    width, inner = whole("hidden", hidden), whole("ffn", ffn)
    queries, keys = whole("heads", heads), whole("kv_heads", kv_heads)
    require(keys <= queries, "kv_heads must not exceed heads, which share them")
    attention = 2 * width**2 + 2 * width * keys * width / queries
    layer = attention + (3 if choice("gated", gated) else 2) * width * inner
    ends = (1 if choice("tied", tied) else 2) * whole("vocab", vocab) * width
    return to_scalar(whole("layers", layers) * layer + ends)
