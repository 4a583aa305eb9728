"""Checkpoints: how long a dump takes, how often to make one, what a failure-prone job costs.

Symbols: d dump time, τ interval of compute between dumps (it leaves the dump out), M mean time
between failures of the whole job, R restart time, Ts failure-free work. Failures are taken as
exponential: independent of age, of the load and of one another.
"""

from storagelab.checkpoint.asynchronous import asynchronous_interval, asynchronous_wall_time
from storagelab.checkpoint.failures import combined_mtbf, job_mtbf, survival_probability
from storagelab.checkpoint.intervals import daly_interval, optimal_interval, young_interval
from storagelab.checkpoint.levels import (
    two_level_intervals,
    two_level_optimum,
    two_level_restarts,
    two_level_wall_time,
)
from storagelab.checkpoint.recovery import read_back_time, spare_wait
from storagelab.checkpoint.simulation import WallTimeEstimate, simulate_wall_time
from storagelab.checkpoint.size import checkpoint_size, transformer_parameters
from storagelab.checkpoint.storm import shortest_interval, storage_share, storm_write_time
from storagelab.checkpoint.wall_time import (
    expected_wall_time,
    first_order_loss,
    first_order_wall_time,
    immune_restart_wall_time,
    segmented_wall_time,
    unprotected_wall_time,
)
from storagelab.checkpoint.wear import wear_period

__all__ = [
    "WallTimeEstimate",
    "asynchronous_interval",
    "asynchronous_wall_time",
    "checkpoint_size",
    "combined_mtbf",
    "daly_interval",
    "expected_wall_time",
    "first_order_loss",
    "first_order_wall_time",
    "immune_restart_wall_time",
    "job_mtbf",
    "optimal_interval",
    "read_back_time",
    "segmented_wall_time",
    "shortest_interval",
    "simulate_wall_time",
    "spare_wait",
    "storage_share",
    "storm_write_time",
    "survival_probability",
    "transformer_parameters",
    "two_level_intervals",
    "two_level_optimum",
    "two_level_restarts",
    "two_level_wall_time",
    "unprotected_wall_time",
    "wear_period",
    "young_interval",
]
