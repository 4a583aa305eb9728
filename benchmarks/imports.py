"""What ``import storagelab`` costs over ``import numpy``: autograding pays it once a notebook."""

from __future__ import annotations

import statistics
import subprocess
import sys

import storagelab
from benchmarks.measuring import Result, at_most

PAIRS = 25
TIMED = """
import time
start = time.perf_counter()
import {modules}
print(time.perf_counter() - start)
"""

ALL_MODELS = ", ".join(f"storagelab.{name}" for name in storagelab.__all__)


def import_time(modules: str) -> float:
    """Return the seconds that a fresh interpreter takes to import ``modules``."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(modules=modules)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def results() -> list[Result]:
    """Return the package alone and with all of its models, against NumPy."""
    found = []
    for name, modules in {"storagelab": "storagelab", "all models": ALL_MODELS}.items():
        for each in ("numpy", modules):
            import_time(each)  # fills the caches of the disk and of bytecode
        pairs = [(import_time(modules), import_time("numpy")) for _ in range(PAIRS)]
        ratio = statistics.median(ours / numpy for ours, numpy in pairs)
        ours, numpy = (statistics.median(times) for times in zip(*pairs, strict=True))
        found.append(at_most(f"import {name} / import numpy", ours, numpy, ratio, 1.5))
    return found
