"""``python -m tests.sandgrader.hostile``: make submissions, measure nbgrader, write the table."""

from __future__ import annotations

from pathlib import Path

import click

from storagelab.course.layout import find_layout
from tests.sandgrader.hostile import PACK, lay_out
from tests.sandgrader.hostile.case import TRACK
from tests.sandgrader.hostile.measure import measure_all
from tests.sandgrader.hostile.table import PAGE, write_page


@click.group()
def main() -> None:
    """Work with the hostile and broken pack."""


@main.command("lay-out")
@click.argument("folder", type=click.Path(path_type=Path))
def lay_out_all(folder: Path) -> None:
    """Make every submission in FOLDER, as nbgrader's submitted/."""
    release = find_layout(Path(__file__).parent).release / TRACK
    for case in PACK.values():
        lay_out(case, folder / case.name / TRACK, release)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
def measure(folder: Path, names: tuple[str, ...]) -> None:
    """Have stock nbgrader grade the cases NAMES, all by default, in copies in FOLDER."""
    measure_all(find_layout(Path(__file__).parent), folder.resolve(), list(names))


@main.command()
def table() -> None:
    """Write docs/hostile.md anew."""
    root = find_layout(Path(__file__).parent).root
    write_page(root)
    click.echo(root / PAGE)


main()
