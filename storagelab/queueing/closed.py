"""Closed networks: a fixed number of requests that go round, think, and ask again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    non_negative,
    positive,
    require,
    single,
    to_scalar,
    whole,
)


@dataclass(frozen=True)
class ClosedNetwork:
    """What exact mean-value analysis says of a closed network at each population 1..N."""

    throughput: Floats
    """Cycles/s at populations 1..N, shape (N,)."""
    response_time: Floats
    """Seconds at all stations together, without the think time, shape (N,)."""
    queue_lengths: Floats
    """Mean customers at each station, shape (N, stations)."""


def mva(
    think_time: float, demands: float | Sequence[float] | Floats, population: int
) -> ClosedNetwork:
    """Solve a closed network of queueing stations by exact mean-value analysis.

    ``population`` customers (outstanding requests) each think for ``think_time`` seconds and
    then need ``demands`` seconds of each station, shape (stations,) or one number. Reiser and
    Lavenberg 1980; Lazowska et al. 1984, chapter 6: ``R = D(1 + Q(n-1))``, ``X = n / (Z + ΣR)``,
    ``Q = X·R``, from ``Q(0) = 0``. Exact for exponential service; stalls feed back, as they do
    in a training loop.

    Raises ``ValueError`` for a negative think time, a demand of 0 or less, or a population
    that isn't a whole number from 1 up.
    """
    think = single("think_time", non_negative("think_time", think_time))
    demand = np.atleast_1d(positive("demands", demands))
    require(demand.ndim == 1, "demands must be one row, a number for each station")
    count = int(single("population", whole("population", population)))
    queues = np.zeros((count + 1, demand.size))
    throughput, response = np.zeros(count), np.zeros(count)
    for n in range(1, count + 1):
        residence = demand * (1 + queues[n - 1])
        response[n - 1] = residence.sum()
        throughput[n - 1] = n / (think + response[n - 1])
        queues[n] = throughput[n - 1] * residence
    return ClosedNetwork(throughput, response, queues[1:])


def asymptotic_bounds(
    think_time: Quantity[Q],
    total_demand: Quantity[Q],
    largest_demand: Quantity[Q],
    population: Quantity[Q],
) -> tuple[Q, Q]:
    """Return the least and the most cycles/s that a closed network can have.

    ``N / (Z + N·D) <= X <= min(N / (Z + D), 1/Dmax)`` for ``population`` N, ``think_time`` Z
    seconds, ``total_demand`` D seconds at all stations together and ``largest_demand`` Dmax
    seconds at the busiest (Denning and Buzen 1978): at worst every request waits for all
    others, at best for none.

    Raises ``ValueError`` for a negative think time, a demand of 0 or less, a largest demand
    above the total, or a population below 1.
    """
    think = non_negative("think_time", think_time)
    demand = positive("total_demand", total_demand)
    largest = positive("largest_demand", largest_demand)
    require(largest <= demand, "largest_demand must not exceed total_demand, which contains it")
    count = whole("population", population)
    most: Floats = np.minimum(count / (think + demand), 1 / largest)
    return to_scalar(count / (think + count * demand)), to_scalar(most)
