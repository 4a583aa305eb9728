"""Money: what a storage strategy costs over the whole job, and what waiting accelerators do.

Capacity and bandwidth are rented by the month, requests and bytes are paid as they are used, and
a job reads its dataset once an epoch: charged for a single pass, the cheapest tier would be the
wrong one.
"""

from __future__ import annotations

from storagelab.checks import Q, Quantity, fraction, non_negative, positive, to_scalar, whole
from storagelab.units import GB, HOUR, MONTH


def capacity_cost(size: Quantity[Q], dollars_per_gb_month: Quantity[Q], time: Quantity[Q]) -> Q:
    """Return the dollars for keeping ``size`` bytes for ``time`` seconds.

    Raises ``ValueError`` for a negative argument.
    """
    gb_months = non_negative("size", size) / GB * non_negative("time", time) / MONTH
    return to_scalar(gb_months * non_negative("dollars_per_gb_month", dollars_per_gb_month))


def rent(rate: Quantity[Q], dollars_per_month: Quantity[Q], time: Quantity[Q]) -> Q:
    """Return the dollars for ``rate`` units of bandwidth over ``time`` seconds.

    ``dollars_per_month`` is the price of one unit; a link or a drive is paid whether or not bytes
    cross it. Raises ``ValueError`` for a negative argument.
    """
    months = non_negative("time", time) / MONTH
    return to_scalar(
        months * non_negative("rate", rate) * non_negative("dollars_per_month", dollars_per_month)
    )


def request_cost(
    size: Quantity[Q],
    request_size: Quantity[Q],
    epochs: Quantity[Q],
    dollars_per_request: Quantity[Q],
) -> Q:
    """Return the dollars for the requests that read ``size`` bytes in each of ``epochs`` epochs.

    Raises ``ValueError`` for a negative size or price, a request size of 0, or epochs that
    aren't whole.
    """
    requests = non_negative("size", size) / positive("request_size", request_size)
    price = non_negative("dollars_per_request", dollars_per_request)
    return to_scalar(requests * whole("epochs", epochs, least=0) * price)


def transfer_cost(size: Quantity[Q], epochs: Quantity[Q], dollars_per_gb: Quantity[Q]) -> Q:
    """Return the dollars for moving ``size`` bytes in each of ``epochs`` epochs.

    Raises ``ValueError`` for a negative size or price, or epochs that aren't whole.
    """
    moved = non_negative("size", size) / GB * whole("epochs", epochs, least=0)
    return to_scalar(moved * non_negative("dollars_per_gb", dollars_per_gb))


def idle_cost(
    utilization: Quantity[Q],
    accelerators: Quantity[Q],
    dollars_per_hour: Quantity[Q],
    time: Quantity[Q] = MONTH,
) -> Q:
    """Return the dollars that accelerators cost in ``time`` seconds while they wait for data.

    ``utilization`` is the share of time in which they compute, ``dollars_per_hour`` the price of
    one. A mean month unless ``time`` says otherwise. Raises ``ValueError`` for a utilisation
    outside [0, 1] or a negative count, price or time.
    """
    waiting = (1 - fraction("utilization", utilization)) * non_negative("time", time) / HOUR
    price = non_negative("dollars_per_hour", dollars_per_hour)
    return to_scalar(waiting * non_negative("accelerators", accelerators) * price)
