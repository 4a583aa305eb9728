"""Measure what is promised of speed: ``python -m benchmarks [name ...]`` from the checkout.

Prints a table and writes ``build/benchmarks.json``; ends with code 1 where a promise is broken.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import book, imports, latency, monte_carlo, slider, sweeps, workbench

BENCHMARKS = {
    "imports": imports.results,
    "sweeps": sweeps.results,
    "monte_carlo": monte_carlo.results,
    "slider": slider.results,
    "workbench": workbench.results,
    "latency": latency.results,
    "book": book.results,
}


def main(names: list[str]) -> int:
    """Run the benchmarks called ``names``, or all, and return the exit code."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"unknown benchmark {', '.join(unknown)}; known are {', '.join(BENCHMARKS)}")
        return 2
    found = [result for name in names or BENCHMARKS for result in BENCHMARKS[name]()]

    table = Table("benchmark", title="Speed, each against its reference in the same run")
    for heading in ("ours, ms", "reference, ms", "figure", "promise", ""):
        table.add_column(heading, justify="right")
    for item in found:
        reference = "" if item.reference is None else f"{1e3 * item.reference:,.2f}"
        table.add_row(
            item.name,
            f"{1e3 * item.ours:,.2f}",
            reference,
            f"{item.figure:,.2f}",
            item.promise,
            "kept" if item.kept else "BROKEN",
        )
    Console(width=140).print(table)

    target = Path(__file__).parents[1] / "build" / "benchmarks.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([asdict(item) for item in found], indent=2) + "\n")
    print(f"written to {target.relative_to(Path.cwd())}")
    return int(not all(item.kept for item in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
