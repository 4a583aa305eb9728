"""The Monte Carlo of a job against plain Python loops that play the same job, and its memory."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from functools import partial

from benchmarks.measuring import Result, faster, in_pairs
from storagelab.checkpoint import simulate_wall_time

JOB = {
    "solve_time": 720 * 3600.0,
    "interval": 600.0,
    "dump_time": 3.5,
    "mtbf": 6.2 * 3600.0,
    "restart_time": 600.0,
}
"""A month of work, saved every ten minutes, on a machine that fails four times a day."""
TRIALS = 10_000
PLAYED_BY_LOOPS = 20
MEMORY_LIMIT = 500e6

_MEASURE_MEMORY = """
import resource
from storagelab.checkpoint import simulate_wall_time
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
simulate_wall_time(**{job}, trials={trials}, seed=1)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(after * 1024, (after - before) * 1024)
"""


def segment_by_segment(
    solve_time: float,
    interval: float,
    dump_time: float,
    mtbf: float,
    restart_time: float,
    trials: int,
) -> float:
    """Return the mean wall time of a loop over every segment, as one would write it first."""
    draw = random.Random(1).expovariate
    segments = math.ceil(solve_time / interval)
    total = 0.0
    for _ in range(trials):
        failure = draw(1 / mtbf)
        clock = 0.0
        for index in range(segments):
            length = interval + (dump_time if index < segments - 1 else 0.0)
            while clock + length > failure:
                clock = failure
                failure = clock + draw(1 / mtbf)
                while clock + restart_time > failure:
                    clock = failure
                    failure = clock + draw(1 / mtbf)
                clock += restart_time
            clock += length
        total += clock
    return total / trials


def failure_by_failure(
    solve_time: float,
    interval: float,
    dump_time: float,
    mtbf: float,
    restart_time: float,
    trials: int,
) -> float:
    """Return the mean wall time of a loop that jumps from failure to failure, as the package."""
    draw = random.Random(1).expovariate
    segments = math.ceil(solve_time / interval)
    period = interval + dump_time
    total = 0.0
    for _ in range(trials):
        needed = solve_time + (segments - 1) * dump_time
        clock = pause = 0.0
        while True:
            lifetime = draw(1 / mtbf)
            if lifetime >= needed + pause:
                clock += needed + pause
                break
            clock += lifetime
            needed -= max(lifetime - pause, 0.0) // period * period
            pause = restart_time
        total += clock
    return total / trials


def results() -> list[Result]:
    """Return the comparisons, per trial, and the memory of many trials."""
    estimate = simulate_wall_time(**JOB, trials=TRIALS, seed=1)
    found = []
    for loop, promise in ((segment_by_segment, 100.0), (failure_by_failure, 1.0)):
        played = loop(**JOB, trials=2000)
        # both play the same job: their means agree within their errors
        spread = estimate.standard_error * math.sqrt(TRIALS / 2000 + 1)
        assert abs(played - estimate.mean) < 4 * spread, (loop.__name__, played, estimate)
        ours, slow, ratio = in_pairs(
            lambda: simulate_wall_time(**JOB, trials=TRIALS, seed=1),
            partial(loop, **JOB, trials=PLAYED_BY_LOOPS),
            5,
        )
        share = PLAYED_BY_LOOPS / TRIALS
        name = f"Monte Carlo: loop {loop.__name__.replace('_', ' ')} / ours"
        found.append(faster(name, ours, slow / share, ratio * share, promise))
    for trials in (TRIALS, 100 * TRIALS):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE_MEMORY.format(job=JOB, trials=trials)],
            capture_output=True,
            text=True,
            check=True,
        )
        peak = float(done.stdout.split()[0])
        found.append(
            Result(
                f"Monte Carlo: peak memory of {trials:,} trials, MB",
                time.perf_counter() - start,
                None,
                peak / 1e6,
                f"at most {MEMORY_LIMIT / 1e6:g}",
                peak <= MEMORY_LIMIT,
            )
        )
    return found
