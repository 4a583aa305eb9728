"""Waiting lines: single-server waits and exact mean-value analysis of a closed network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.checks import Quantity, non_negative, plain, positive, require, single, whole


def mg1_wait(
    service_time: Quantity, utilization: Quantity, squared_variation: Quantity
) -> Quantity:
    """Return the mean wait before service, in seconds, in an M/G/1 queue.

    Pollaczek and Khinchine: ``ρS(1 + C²) / (2(1 - ρ))`` with ``service_time`` S in seconds,
    ``utilization`` ρ and ``squared_variation`` C², the squared coefficient of variation of the
    service time. Poisson arrivals from outside (an open queue): a stalled training loop is no
    such source.

    Raises ``ValueError`` for a utilisation outside [0, 1): at 1 the queue grows without end.
    """
    service_time = positive("service_time", service_time)
    utilization = non_negative("utilization", utilization)
    variation = non_negative("squared_variation", squared_variation)
    require(utilization < 1, "utilization must be below 1: at 1 the queue grows without end")
    return plain(utilization * service_time * (1 + variation) / (2 * (1 - utilization)))


def mm1_wait(service_time: Quantity, utilization: Quantity) -> Quantity:
    """Return the mean wait, in seconds, for exponential service times: ``ρS / (1 - ρ)``."""
    return mg1_wait(service_time, utilization, 1.0)


def md1_wait(service_time: Quantity, utilization: Quantity) -> Quantity:
    """Return the mean wait, in seconds, for constant service times: ``ρS / (2(1 - ρ))``."""
    return mg1_wait(service_time, utilization, 0.0)


@dataclass(frozen=True)
class ClosedNetwork:
    """What exact mean-value analysis says of a closed network at each population 1..N."""

    throughput: np.ndarray
    """Cycles/s at populations 1..N, shape (N,)."""
    response_time: np.ndarray
    """Seconds at all stations together, without the think time, shape (N,)."""
    queue_lengths: np.ndarray
    """Mean customers at each station, shape (N, stations)."""


def mva(think_time: float, demands: Quantity, population: int) -> ClosedNetwork:
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
