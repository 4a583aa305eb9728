"""Caches under training: what share of an epoch's reads they serve."""

from __future__ import annotations

import numpy as np

from storagelab.checks import Q, Quantity, fraction, non_negative, to_scalar

CACHE_POLICIES = ("never_evict", "lru", "random_replacement", "lru_repeated")


def cache_hit_rate(cached_fraction: Quantity[Q], policy: str) -> Q:
    """Return the share of reads that a cache serves when every epoch is a fresh permutation.

    ``cached_fraction`` c is the cache's size over the dataset's. ``never_evict`` keeps what came
    first, hit rate c, the best that is possible (MinIO in Mohan et al. 2021); ``lru`` is
    ``c + (1-c)·ln(1-c)``; ``random_replacement``, which Linux's page cache resembles under a
    random order, is ``-c·ln(1 - c + c·e^(-1/c))``, about c² for a small cache. ``lru_repeated``
    is what LRU comes to when every epoch repeats one order: 0 until all of the dataset fits.
    Steady state of many samples, so not the first epoch; the independent-reference model does not
    apply to permutations. The book's chapter on the pipeline derives all of them; the page cache
    under TFRecord order behaves like ``lru`` or worse.

    Raises ``ValueError`` for a fraction outside [0, 1] or an unknown policy.
    """
    cached = fraction("cached_fraction", cached_fraction)
    if policy == "never_evict":
        return to_scalar(cached.copy())
    if policy == "lru_repeated":
        return to_scalar(np.where(cached < 1, 0.0, 1.0))
    if policy == "lru":
        missing = 1 - cached
        lost = missing * np.log(np.where(missing > 0, missing, 1.0))
        return to_scalar(np.maximum(cached + lost, 0.0))
    if policy == "random_replacement":
        with np.errstate(divide="ignore", over="ignore", under="ignore"):
            replaced = -np.expm1(-1 / cached)
        return to_scalar(-cached * np.log1p(-cached * replaced))
    raise ValueError(f"policy must be one of {', '.join(CACHE_POLICIES)}; got {policy!r}")


def bytes_fetched(dataset_size: Quantity[Q], cached_fraction: Quantity[Q], policy: str) -> Q:
    """Return the bytes of one warm epoch that the cache does not serve.

    ``dataset_size`` in bytes; see :func:`cache_hit_rate` for the rest and for the errors.
    """
    size = non_negative("dataset_size", dataset_size)
    return to_scalar(size * (1 - cache_hit_rate(cached_fraction, policy)))


def two_level_hit_rates(
    upper_fraction: Quantity[Q], lower_fraction: Quantity[Q], policy: str
) -> tuple[Q, Q]:
    """Return the shares of reads that two caches in a row serve, the upper one asked first.

    ``upper_fraction`` and ``lower_fraction`` are their sizes over the dataset's. The two are
    exclusive: what the upper one holds is not in the lower one, so that together they hold as
    much as one cache of both sizes. Under ``never_evict`` each keeps its own; under LRU the upper
    one hands down what it throws out, and by the stack property of LRU the two serve exactly what
    one cache of both sizes would. For ``random_replacement`` that is an approximation: played
    caches in a row serve up to 0.03 less. See :func:`cache_hit_rate` for the policies.

    Raises ``ValueError`` for a fraction outside [0, 1] or an unknown policy.
    """
    upper = fraction("upper_fraction", upper_fraction)
    lower = fraction("lower_fraction", lower_fraction)
    first = cache_hit_rate(upper, policy)
    both = cache_hit_rate(np.minimum(1.0, upper + lower), policy)
    return to_scalar(np.asarray(first)), to_scalar(np.asarray(both - first))
