"""The mutation score by module, from the last run of mutmut: ``python -m benchmarks.mutants``.

Ends with code 1 where fewer than 85% of the mutants were noticed by the tests.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

# the same reading of its records as `mutmut results`
from mutmut.mutation.data import SourceFileMutationData
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_source_files
from rich.console import Console
from rich.table import Table

TARGET = 0.85
NOTICED = {"killed", "timeout", "caught by type check", "segfault"}
UNTRIED = {"not checked", "skipped"}


def main() -> int:
    """Print the table and the survivors, and return the exit code."""
    table = Table("module", title="Mutants that the tests notice")
    for heading in ("mutants", "noticed", "survived", "score"):
        table.add_column(heading, justify="right")
    total: Counter[str] = Counter()
    survivors = []
    for path in sorted(walk_source_files()):
        data = SourceFileMutationData(path=path)
        if not data.meta_path.exists():
            continue
        data.load()
        counts: Counter[str] = Counter()
        for name, code in data.exit_code_by_key.items():
            status = status_by_exit_code[code]
            if status in UNTRIED:
                continue
            noticed = status in NOTICED
            counts["noticed" if noticed else "survived"] += 1
            if not noticed:
                survivors.append(f"{name}: {status}")
        if counts:
            table.add_row(str(Path(path)), *_columns(counts))
            total += counts
    table.add_section()
    table.add_row("all", *_columns(total))
    console = Console(width=100)
    console.print(*survivors, sep="\n")
    console.print(table)
    return int(total["noticed"] < TARGET * total.total())


def _columns(counts: Counter[str]) -> list[str]:
    share = counts["noticed"] / max(1, counts.total())
    numbers = (counts.total(), counts["noticed"], counts["survived"])
    return [*(f"{number:,}" for number in numbers), f"{100 * share:.1f}%"]


if __name__ == "__main__":
    sys.exit(main())
