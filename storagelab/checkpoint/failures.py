"""Failures: how often a job stops that needs all of its parts."""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    Rows,
    non_negative,
    positive,
    require,
    to_scalar,
    whole,
)


def job_mtbf(component_mtbf: Quantity[Q], count: Quantity[Q]) -> Q:
    """Return the MTBF, in seconds, of a job that stops when any of ``count`` equal parts fails.

    ``M_part / n``, for independent exponential failures. Count the same failures on both
    sides: Kokolis et al. (2025) measured 47.7 days for jobs of 8 GPUs, from which 1/n says
    8.9 h for jobs of 1,024, and measured 7.9 h, 13% off. Failures of their nodes alone, which
    are not all that stops a job, would say 28.8 h.

    Raises ``ValueError`` for an MTBF of 0 or less, or a count below 1.
    """
    return to_scalar(positive("component_mtbf", component_mtbf) / whole("count", count))


def combined_mtbf(component_mtbfs: Rows, counts: Rows) -> float | Floats:
    """Return the MTBF, in seconds, of a job of unlike parts: ``1 / Σ(n_i / M_i)``, last axis.

    ``counts[i]`` parts of kind i (accelerators, ports, drives) with a mean of
    ``component_mtbfs[i]`` seconds each; the first failure of any stops the job. Independent
    exponential failures, all counted alike, as in :func:`job_mtbf`.

    Raises ``ValueError`` for an MTBF of 0 or less, counts that aren't whole, or no part at all.
    """
    means, numbers = positive("component_mtbfs", component_mtbfs), whole("counts", counts, least=0)
    rate = np.sum(numbers / means, axis=-1)
    require(rate > 0, "counts must hold at least one part")
    return to_scalar(1 / rate)


def survival_probability(time: Quantity[Q], mtbf: Quantity[Q]) -> Q:
    """Return how likely a job runs for ``time`` seconds without a failure: ``e^(-t/M)``.

    Raises ``ValueError`` for a negative time or an MTBF of 0 or less.
    """
    return to_scalar(
        np.exp(-np.minimum(non_negative("time", time) / positive("mtbf", mtbf), 745.0))
    )
