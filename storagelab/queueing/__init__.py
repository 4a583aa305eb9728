"""Waiting lines: waits before one server, closed networks, and the tail against a deadline."""

from storagelab.queueing.closed import ClosedNetwork, asymptotic_bounds, mva
from storagelab.queueing.open import littles_outstanding, md1_wait, mg1_wait, mm1_wait
from storagelab.queueing.tail import (
    deadline_misses,
    frame_miss_probability,
    mm1_response_quantile,
    mm1_response_tail,
    stall_quantile,
    stall_tail,
)

__all__ = [
    "ClosedNetwork",
    "asymptotic_bounds",
    "deadline_misses",
    "frame_miss_probability",
    "littles_outstanding",
    "md1_wait",
    "mg1_wait",
    "mm1_response_quantile",
    "mm1_response_tail",
    "mm1_wait",
    "mva",
    "stall_quantile",
    "stall_tail",
]
