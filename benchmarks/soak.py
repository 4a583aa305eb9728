"""``make soak``: a class of a thousand, and how throughput grows with workers.

Writes ``docs/soak.json``. The gradebook's
ceiling is what one process writes in a second: more workers than keep it busy gain nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from big_class import TRACK, make_class, run, scores, ungraded

ROOT = Path(__file__).parents[1]


def grade(course: Path, workers: int) -> dict[str, Any]:
    """Grade a class and return what is measured of it."""
    started = time.perf_counter()
    (summary,) = json.loads(
        run(course, "storagelab", "grade", TRACK, "--workers", str(workers), "--json")
    )
    took = time.perf_counter() - started
    graded = summary["graded"]
    return {
        "workers": workers,
        "submissions": graded,
        "failed": summary["failed"],
        "seconds": round(took, 1),
        "per_minute": round(60 * graded / took, 1),
        "ceiling_per_minute": round(60 * graded / summary["writing"], 1),
    }


def main() -> int:
    """Measure, write ``docs/soak.json``, and return 1 where a submission wasn't graded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1000, help="submissions of the large class")
    parser.add_argument("--step", type=int, default=60, help="submissions for each of the others")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3, 4])
    arguments = parser.parse_args()
    build = ROOT / "build" / "soak"
    found: dict[str, Any] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "track": TRACK,
        "by_workers": [],
    }
    small = make_class(build / "small", arguments.step)
    for workers in arguments.workers:
        found["by_workers"].append(grade(ungraded(small, build / "run"), workers))
        print(found["by_workers"][-1])
    large = make_class(build / "large", arguments.size)
    found["class"] = grade(large, os.cpu_count() or 1)
    print(found["class"])
    given = scores(large)
    by_original: dict[tuple[str, ...], set[tuple[float | None, bool]]] = {}
    for (student, *cell), score in given.items():
        by_original.setdefault((student.rpartition("_")[0], *cell), set()).add(score)
    found["same_work_same_score"] = all(len(scores) == 1 for scores in by_original.values())
    (ROOT / "docs" / "soak.json").write_text(json.dumps(found, indent=1) + "\n")
    whole = found["class"]["submissions"] == arguments.size and found["same_work_same_score"]
    return int(not whole)


if __name__ == "__main__":
    raise SystemExit(main())
