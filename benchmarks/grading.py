"""``make bench-grade``: the same submissions graded by nbgrader and by ``storagelab grade``.

One after the other, in pairs; both pay their own start. Promised is four times the throughput on
two cores, and the same scores. Writes ``build/bench-grade.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.big_class import TRACK, make_class, run, scores, ungraded

PROMISED = 4.0


def main() -> int:
    """Grade pairs of classes, print what came of it, and return 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=60, help="submissions in a class")
    parser.add_argument("--pairs", type=int, default=1, help="how often both grade it")
    parser.add_argument("--workers", type=int, default=2, help="of storagelab grade")
    arguments = parser.parse_args()
    build = Path(__file__).parents[1] / "build" / "bench-grade"
    course = make_class(build / "class", arguments.size)
    pairs = []
    for number in range(arguments.pairs):
        ways = {
            "nbgrader": ("nbgrader", "autograde", TRACK),
            "storagelab": ("storagelab", "grade", TRACK, "--workers", str(arguments.workers)),
        }
        order = list(ways) if number % 2 == 0 else [*reversed(ways)]
        took: dict[str, float] = {}
        for way in order:
            folder = ungraded(course, build / way)
            started = time.perf_counter()
            run(folder, *ways[way])
            took[way] = time.perf_counter() - started
        if scores(build / "nbgrader") != scores(build / "storagelab"):
            print("The scores differ.")
            return 1
        pairs.append(took)
        print(f"pair {number + 1}: " + ", ".join(f"{way} {took[way]:.1f} s" for way in ways))

    table = Table("pair", title=f"{arguments.size} submissions of {TRACK}, {os.cpu_count()} cores")
    for heading in ("nbgrader, per minute", "storagelab grade, per minute", "times"):
        table.add_column(heading, justify="right")
    ratios = [took["nbgrader"] / took["storagelab"] for took in pairs]
    for number, (took, ratio) in enumerate(zip(pairs, ratios, strict=True), start=1):
        rates = (60 * arguments.size / took[way] for way in ("nbgrader", "storagelab"))
        table.add_row(str(number), *(f"{rate:.1f}" for rate in rates), f"{ratio:.1f}")
    Console().print(table)
    ratio = statistics.median(ratios)
    print(f"Scores equal. {ratio:.1f} times the throughput ({PROMISED:.0f} promised).")
    (build.parent / "bench-grade.json").write_text(json.dumps(pairs, indent=1) + "\n")
    return int(ratio < PROMISED)


if __name__ == "__main__":
    raise SystemExit(main())
