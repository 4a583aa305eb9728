"""``make bench-grade``: the same submissions graded by nbgrader and by ``storagelab grade``.

Both grade a class in turn, in pairs; each pays its own start, and the trial of the reference
solution. The promises are about the pairs' median, with their spread beside it: a machine that does
other things too strikes both. Ends with code 1 where a promise is broken or a score differs. Writes
``build/bench-grade.json``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.big_class import TRACK, make_class, run, scores, ungraded

_GROUPS = Path("/sys/fs/cgroup")
THROUGHPUT, CPU, START, ONE = 10.0, 0.3, 4.0, 3.0
"""At least so many times nbgrader's throughput; at most so many seconds of a processor for a
submission, until the first submission is run, and for one student graded again."""


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    cpu: float
    """Seconds of processors, for all that it started too; not a number where nothing is counted."""


@dataclass(frozen=True)
class Pair:
    """One class, graded by both."""

    nbgrader: Cost
    storagelab: Cost

    @property
    def times(self) -> float:
        """How many times nbgrader's throughput the other's is."""
        return self.nbgrader.seconds / self.storagelab.seconds


@dataclass(frozen=True)
class Alone:
    """One student of a class that has just been made, and the same student once more."""

    start: float
    """Seconds of the first command without those in which the student's cells ran."""
    first: Cost
    again: Cost


@dataclass(frozen=True)
class Promise:
    """What is promised, and what came of it."""

    name: str
    figures: tuple[float, ...]
    limit: float
    at_least: bool = False

    @property
    def median(self) -> float:
        """The figure that counts."""
        return statistics.median(self.figures)

    @property
    def kept(self) -> bool:
        """Whether it holds, as far as it was counted."""
        if math.isnan(self.median):
            return True
        return self.median >= self.limit if self.at_least else self.median <= self.limit


def promises(size: int, pairs: Sequence[Pair], alone: Sequence[Alone]) -> list[Promise]:
    """Return what is promised of classes of ``size``, with what was measured."""
    first = statistics.median(item.first.cpu for item in alone)
    return [
        Promise(
            "times nbgrader's throughput", tuple(item.times for item in pairs), THROUGHPUT, True
        ),
        Promise(
            "CPU seconds a submission, its start aside",
            tuple((item.storagelab.cpu - first) / (size - 1) for item in pairs),
            CPU,
        ),
        Promise("seconds until cells run", tuple(item.start for item in alone), START),
        Promise("seconds for one student", tuple(item.again.seconds for item in alone), ONE),
    ]


class Meter:
    """Counts the processors' seconds of a command and of all that it starts, in a control group.

    What a process is told of its children leaves out who was waited for by nobody, as sandboxes'
    processes are. Where no group can be made (it takes root), nothing is counted.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        for parent in (_GROUPS / "cpuacct", _GROUPS):
            with contextlib.suppress(OSError):
                folder = parent / f"bench-grade-{os.getpid()}"
                folder.mkdir()
                if (folder / "cgroup.procs").exists():
                    self._folder = folder
                    break
                folder.rmdir()

    def seconds(self) -> float:
        """Return the seconds so far; not a number where nothing is counted."""
        if self._folder is None:
            return math.nan
        with contextlib.suppress(OSError):  # the first version of control groups
            return int((self._folder / "cpuacct.usage").read_text()) / 1e9
        counts = dict(line.split() for line in (self._folder / "cpu.stat").read_text().splitlines())
        return int(counts["usage_usec"]) / 1e6

    def prefix(self) -> list[str]:
        """Return what runs a command in the group, in front of it."""
        if self._folder is None:
            return []
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self._folder / "cgroup.procs")]

    def close(self) -> None:
        """Remove the group."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()


def cost_of(meter: Meter, course: Path, *command: str) -> tuple[Cost, str]:
    """Run a command and return what it took, and what it printed."""
    before, started = meter.seconds(), time.perf_counter()
    printed = run(course, *command, prefix=meter.prefix())
    return Cost(time.perf_counter() - started, meter.seconds() - before), printed


def grade_alone(meter: Meter, course: Path, workers: int) -> Alone:
    """Grade the first student of a class, and then again."""
    student = min(path.name for path in (course / "submitted").iterdir())
    command = ("storagelab", "grade", TRACK, "--workers", str(workers), "--student", student)
    first, said = cost_of(meter, course, *command, "--json")
    (summary,) = json.loads(said)
    (result,) = summary["results"]
    again, _ = cost_of(meter, course, *command, "--force")
    return Alone(first.seconds - result["seconds"] - summary["writing"], first, again)


def rates(size: int, pairs: Sequence[Pair]) -> list[str]:
    """Return what each of the two takes for a submission, its start with it, and their spread."""
    lines = []
    for name in ("nbgrader", "storagelab"):
        taken = sorted(getattr(item, name).seconds / size for item in pairs)
        cpu = statistics.median(getattr(item, name).cpu / size for item in pairs)
        lines.append(
            f"{name}: {statistics.median(taken):.2f} s a submission ({taken[0]:.2f} to "
            f"{taken[-1]:.2f}), {60 / statistics.median(taken):.0f} a minute, {cpu:.2f} s of CPU"
        )
    return lines


def table_of(found: Sequence[Promise], title: str) -> Table:
    """Return the promises as a table."""
    table = Table("", title=title)
    for heading in ("median", "from", "to", "promised", ""):
        table.add_column(heading, justify="right")
    for item in found:
        figures = (item.median, min(item.figures), max(item.figures))
        asked = f"at {'least' if item.at_least else 'most'} {item.limit:g}"
        kept = "not counted" if math.isnan(item.median) else "kept" if item.kept else "BROKEN"
        table.add_row(item.name, *(f"{figure:.2f}" for figure in figures), asked, kept)
    return table


def main() -> int:
    """Grade pairs of classes, print what came of it, and return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=60, help="submissions in a class")
    parser.add_argument("--pairs", type=int, default=3, help="how often both grade it")
    parser.add_argument("--workers", type=int, default=2, help="of storagelab grade")
    arguments = parser.parse_args()
    build = Path(__file__).parents[1] / "build" / "bench-grade"
    course = make_class(build / "class", arguments.size)
    commands = {
        "nbgrader": ("nbgrader", "autograde", TRACK),
        "storagelab": ("storagelab", "grade", TRACK, "--workers", str(arguments.workers)),
    }
    meter = Meter()
    pairs: list[Pair] = []
    alone: list[Alone] = []
    for number in range(arguments.pairs):
        alone.append(grade_alone(meter, ungraded(course, build / "alone"), arguments.workers))
        took: dict[str, Cost] = {}
        for way in commands if number % 2 == 0 else reversed(commands):
            folder = ungraded(course, build / way)
            took[way], _ = cost_of(meter, folder, *commands[way])
        if scores(build / "nbgrader") != scores(build / "storagelab"):
            print("The scores differ.")
            return 1
        pairs.append(Pair(**took))
        print(f"pair {number + 1}: {pairs[-1]}, {alone[-1]}", flush=True)

    meter.close()
    found = promises(arguments.size, pairs, alone)
    title = f"{arguments.size} submissions of {TRACK}, {os.cpu_count()} cores, scores equal"
    Console(width=120).print(table_of(found, title))
    print(*rates(arguments.size, pairs), sep="\n")
    measured: dict[str, Any] = {
        "size": arguments.size,
        "workers": arguments.workers,
        "cores": os.cpu_count(),
        "load_at_the_end": os.getloadavg()[1],
        "python": platform.python_version(),
        "pairs": [asdict(pair) for pair in pairs],
        "alone": [asdict(item) for item in alone],
        "promises": [{**asdict(item), "median": item.median, "kept": item.kept} for item in found],
    }
    (build.parent / "bench-grade.json").write_text(json.dumps(measured, indent=1) + "\n")
    return int(not all(item.kept for item in found))


if __name__ == "__main__":
    raise SystemExit(main())
