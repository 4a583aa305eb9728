"""``python -m tests.sandgrader.corpus``: make courses, measure nbgrader, write the table."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import click
from sqlalchemy.exc import SAWarning

from storagelab.course.layout import find_layout
from tests.sandgrader.corpus import CORPUS
from tests.sandgrader.corpus.course import make
from tests.sandgrader.corpus.outcome import load, measure, store
from tests.sandgrader.corpus.table import PAGE, page


@click.group()
def main() -> None:
    """Work with the corpus of small courses."""


@main.command("lay-out")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
def lay_out(folder: Path, names: tuple[str, ...]) -> None:
    """Make the courses NAMES, all by default, in FOLDER, with nothing graded."""
    for name in names or CORPUS:
        make(CORPUS[name], folder.resolve() / name)


@main.command("measure")
@click.argument("names", nargs=-1)
def measure_cases(names: tuple[str, ...]) -> None:
    """Have nbgrader grade the cases NAMES, all by default, and keep what it gives."""
    warnings.simplefilter("ignore", SAWarning)  # nbgrader makes submissions in such a way
    for name in names or CORPUS:
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(CORPUS[name], Path(folder).resolve())
        kept = {**load(), name: measured}
        store({key: kept[key] for key in CORPUS if key in kept})
        click.echo(f"{name}: {'passed' if measured.passed else 'with errors'}")


@main.command("table")
def write_table() -> None:
    """Write docs/corpus.md anew."""
    path = find_layout(Path(__file__).parent).root / PAGE
    path.write_text(page(), encoding="utf-8")
    click.echo(path)


main()
