"""``make soak``: a class of a thousand, how throughput grows with workers, and the ceiling.

The ceiling is what the one process that writes the gradebook can do when nothing else keeps it
waiting: it is given a thousand submissions whose cells have run before. Writes ``docs/soak.json``,
and the page and the plot that are made of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SAWarning

from benchmarks.big_class import TRACK, make_class, run, scores, ungraded
from benchmarks.soak_page import RESULTS, write_page
from sandgrader import worker
from sandgrader.course import Course
from sandgrader.run import Run, Summary
from sandgrader.workers import Nursery, local_workers
from sandgrader.writer import Writer, grading_lock

ROOT = Path(__file__).parents[1]
STRETCH = 100
"""Submissions at the beginning and at the end of a class, whose writing is compared."""


def grade(course: Path, workers: int) -> dict[str, Any]:
    """Grade a class with the command and return what is measured of it."""
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
        "writing_seconds": round(summary["writing"], 1),
    }


def run_once(course: Course, writer: Writer) -> dict[str, worker.Graded]:
    """Return what comes of running each different submission of a class, by whose it was."""
    first = {_original(item.student): item for item in reversed(course.submissions(TRACK))}
    with Nursery() as nursery, local_workers(nursery, os.cpu_count() or 1) as workers:
        run = Run(course, writer, workers)
        run.prepare(course.read_assignment(TRACK), Summary(TRACK))
        futures = {name: run.submit(item)[0] for name, item in first.items()}
        return {name: future.result() for name, future in futures.items()}


def _original(student: str) -> str:
    return student.rpartition("_")[0]


def ceiling(folder: Path) -> dict[str, Any]:
    """Write a class that has been run before, with nothing beside it, and return the rates."""
    warnings.simplefilter("ignore", SAWarning)
    course = Course(folder)
    took = []
    try:
        with grading_lock(course) as aside:
            writer = Writer(course, aside)
            before = run_once(course, writer)
            for item in course.submissions(TRACK):
                graded = replace(before[_original(item.student)], student=item.student)
                started = time.perf_counter()
                writer.write(TRACK, item, graded)
                took.append(time.perf_counter() - started)
    finally:
        course.close()
    return {
        "submissions": len(took),
        "per_minute": round(60 / statistics.fmean(took), 1),
        "first_per_minute": round(60 / statistics.fmean(took[:STRETCH]), 1),
        "last_per_minute": round(60 / statistics.fmean(took[-STRETCH:]), 1),
        "stretch": STRETCH,
    }


def same_work_same_score(course: Path) -> bool:
    """Return whether every copy of a submission has the scores of the others."""
    by_original: dict[tuple[str, ...], set[tuple[float | None, bool]]] = {}
    for (student, *cell), score in scores(course).items():
        by_original.setdefault((_original(student), *cell), set()).add(score)
    return all(len(given) == 1 for given in by_original.values())


def main() -> int:
    """Measure, write ``docs/soak.json`` and its page; return 1 where a submission wasn't graded."""
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
        print(found["by_workers"][-1], flush=True)
    large = make_class(build / "large", arguments.size)
    found["ceiling"] = ceiling(ungraded(large, build / "run"))
    print(found["ceiling"], flush=True)
    found["class"] = grade(large, os.cpu_count() or 1)
    print(found["class"], flush=True)
    found["same_work_same_score"] = same_work_same_score(large)
    (ROOT / RESULTS).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(ROOT)
    whole = found["class"]["submissions"] == arguments.size and found["same_work_same_score"]
    return int(not whole)


if __name__ == "__main__":
    raise SystemExit(main())
