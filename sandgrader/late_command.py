"""``sandgrader late``: who is late, who has an extension, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from sandgrader.lateness import Late, extensions_of, settle
from sandgrader.opening import opened_course, said_faults
from sandgrader.summary import said


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option("--course", type=click.Path(path_type=Path), default=Path(), show_default="here",
              help="The course's folder, with nbgrader_config.py.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, and only that.")
def command(assignments: tuple[str, ...], course: Path, as_json: bool) -> None:
    """Put extensions and late penalties of ASSIGNMENTS, or of all, right in the gradebook.

    Extensions are read from the course's file (c.Extensions.file), and the course's rule for late
    work is asked anew for the points that there are now, those that were given by hand among them.
    `sandgrader grade` and `sandgrader export` do the same.

    Exit codes: 0 done; 2 bad lines in the file, or a course that can't be used as it is; 3 a
    gradebook that is locked or gone: run it again.
    """
    console = Console()
    with said_faults(as_json), opened_course(course) as opened:
        extensions = extensions_of(opened)
        found = {
            name: settle(opened, name, extensions) for name in assignments or opened.assignments()
        }
    if as_json:
        lines = [
            {
                "assignment": name,
                "late": [item.as_json() for item in lateness.late],
                "notes": lateness.notes,
            }
            for name, lateness in found.items()
        ]
        click.echo(json.dumps(lines, indent=1))
        return
    for name, lateness in found.items():
        count = sum(item.seconds > 0 for item in lateness.late)
        console.print(f"[bold]{said(name)}[/]: {count} late")
        if lateness.late:
            console.print(_table(lateness.late))
        for note in lateness.notes:
            console.print(f"  {said(note)}", highlight=False)


def _table(late: list[Late]) -> Table:
    grid = Table(box=SIMPLE_HEAD)
    grid.add_column("student", overflow="fold")
    for head in ("late", "extension", "points", "taken off", "until now", "left"):
        grid.add_column(head, justify="right", no_wrap=True)
    for item in late:
        grid.add_row(
            said(item.student),
            hours(item.seconds) if item.seconds else "–",
            hours(item.extension) if item.extension is not None else "–",
            f"{item.points:g}",
            f"{item.penalty:g}",
            f"{item.before:g}",
            f"{item.total:g}",
        )
    return grid


def hours(seconds: float) -> str:
    """Return a span of time as people say it."""
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.3g} h" if seconds < 48 * 3600 else f"{seconds / 86400:.3g} days"
