"""Open queues: requests that come from outside, whether or not earlier ones are served.

A training loop is no such source: when it stalls it asks for less. For that see
:mod:`storagelab.queueing.closed`.
"""

from __future__ import annotations

from storagelab.checks import Floats, Q, Quantity, non_negative, positive, require, to_scalar


def below_one(utilization: object) -> Floats:
    """Return a utilisation as floats; raise ``ValueError`` unless all are from 0 to below 1."""
    checked = non_negative("utilization", utilization)
    require(checked < 1, "utilization must be below 1: at 1 the queue grows without end")
    return checked


def mg1_wait(
    service_time: Quantity[Q], utilization: Quantity[Q], squared_variation: Quantity[Q]
) -> Q:
    """Return the mean wait before service, in seconds, in an M/G/1 queue.

    Pollaczek and Khinchine: ``ρS(1 + C²) / (2(1 - ρ))`` with ``service_time`` S in seconds,
    ``utilization`` ρ and ``squared_variation`` C², the squared coefficient of variation of the
    service time. Poisson arrivals from outside, one server, first come first served.

    Raises ``ValueError`` for a utilisation outside [0, 1): at 1 the queue grows without end.
    """
    service, busy = positive("service_time", service_time), below_one(utilization)
    variation = non_negative("squared_variation", squared_variation)
    return to_scalar(busy * service * (1 + variation) / (2 * (1 - busy)))


def mm1_wait(service_time: Quantity[Q], utilization: Quantity[Q]) -> Q:
    """Return the mean wait, in seconds, for exponential service times: ``ρS / (1 - ρ)``."""
    return mg1_wait(service_time, utilization, 1.0)


def md1_wait(service_time: Quantity[Q], utilization: Quantity[Q]) -> Q:
    """Return the mean wait, in seconds, for constant service times: ``ρS / (2(1 - ρ))``."""
    return mg1_wait(service_time, utilization, 0.0)


def littles_outstanding(rate: Quantity[Q], time: Quantity[Q]) -> Q:
    """Return how many requests are outstanding on average: ``rate · time`` (Little 1961).

    ``rate`` in requests/s and ``time`` in seconds from issue to completion; holds for any
    distribution. Read backwards: a device whose requests take 100 µs needs 100 of them
    outstanding to serve a million a second. Raises ``ValueError`` for a negative argument.
    """
    return to_scalar(non_negative("rate", rate) * non_negative("time", time))
