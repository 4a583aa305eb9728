"""The feeding path played move by move, beside the closed forms.

:mod:`~storagelab.simulation.feeding` plays every request with SimPy, which carries the processes
and their waiting; :mod:`~storagelab.simulation.steps` plays whole steps of many jobs at once in
NumPy, for an instrument that has to answer while a slider moves. A job with failures is played by
:func:`storagelab.checkpoint.simulate_wall_time`.
"""

from storagelab.simulation.feeding import Estimate, FeedingPath, FeedingRun, simulate_feeding
from storagelab.simulation.service import ServiceTime
from storagelab.simulation.steps import UtilizationBand, utilization_band

__all__ = [
    "Estimate",
    "FeedingPath",
    "FeedingRun",
    "ServiceTime",
    "UtilizationBand",
    "simulate_feeding",
    "utilization_band",
]
