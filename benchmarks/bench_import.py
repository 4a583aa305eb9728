"""What ``import storagelab`` costs over ``import numpy``, in pairs of fresh interpreters.

Autograding pays this once a notebook. Run ``python benchmarks/bench_import.py``; it ends with
code 1 where the median ratio is above the target.
"""

import statistics
import subprocess
import sys

PAIRS = 25
TARGET = 1.5
TIMED = """
import time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""


def import_time(module: str) -> float:
    """Return the seconds that a fresh interpreter takes to import ``module``."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> int:
    """Measure, print, and return the exit code."""
    for module in ("numpy", "storagelab"):
        import_time(module)  # fills the caches of the disk and of bytecode
    # one after the other, so that a busy moment of the machine strikes both of a pair
    pairs = [(import_time("numpy"), import_time("storagelab")) for _ in range(PAIRS)]
    ratio = statistics.median(ours / numpy for numpy, ours in pairs)
    numpy, ours = (1e3 * statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"import numpy       {numpy:6.1f} ms (median of {PAIRS})")
    print(f"import storagelab  {ours:6.1f} ms")
    print(f"ratio              {ratio:6.2f}    (median of the pairs, at most {TARGET})")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
