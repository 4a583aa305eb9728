"""``sandgrader export``: grades for Canvas, for Moodle, or as plain CSV."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from sandgrader.export.ids import CANVAS, MOODLE
from sandgrader.export.plugin import KINDS, Exported, alarms, loud
from sandgrader.opening import opened_course, said_faults
from sandgrader.printable import printable

ALL_EXPORTED, SOME_LEFT_OUT = 0, 1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option("--course", type=click.Path(path_type=Path), default=Path(), show_default="here",
              help="The course's folder, with nbgrader_config.py.")  # fmt: skip
@click.option("--format", "kind", type=click.Choice([*KINDS]), default="csv", show_default=True,
              help="What for.")  # fmt: skip
@click.option("--out", help="The folder for the files, in the course's: grades.")
@click.option("--ids", help="A CSV file that says who is who in the other system.")
@click.option("--id-is", type=click.Choice([*CANVAS, *MOODLE]),
              help="What nbgrader's own ids are in the other system.")  # fmt: skip
@click.option("--by", type=click.Choice(MOODLE), help="By which column Moodle knows a student.")
@click.option("--title", help="What the assignment is called there, in Canvas with its id: "
                              "'Storage lab (1234)'.")  # fmt: skip
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
@click.option("--unfinished", is_flag=True,
              help="Export also what a person has still to grade, with the points so far."
              )  # fmt: skip
@click.option("--missing-as-zero", is_flag=True, help="Export 0 for who handed in nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and only that.")
def command(
    assignments: tuple[str, ...],
    course: Path,
    kind: str,
    out: str | None,
    ids: str | None,
    id_is: str | None,
    by: str | None,
    title: str | None,
    students: tuple[str, ...],
    unfinished: bool,
    missing_as_zero: bool,
    as_json: bool,
) -> None:
    """Export the grades of ASSIGNMENTS, or of all, after putting late penalties right.

    Writes grades.csv with all that is known, and for Canvas and Moodle a file for each assignment
    that their gradebooks import. Who can't be in it is listed with the reason, here and in
    left-out.csv.

    Exit codes: 0 all exported; 1 some were left out; 2 wrong use, a file with bad lines, or a
    course that can't be used as it is; 3 a disk or a gradebook that doesn't let itself be used.
    """
    if title is not None and len(assignments) != 1:
        raise click.UsageError("--title is for one assignment: name it.")
    if by is not None and kind != "moodle":
        raise click.UsageError("--by is for Moodle: --format moodle.")
    with said_faults(as_json), opened_course(course) as opened:
        exporter = KINDS[kind](parent=opened.app)
        asked: dict[str, Any] = {
            "assignment": list(assignments), "student": list(students), "to": out, "ids": ids,
            "id_is": id_is, "by": by, "unfinished": unfinished or None,
            "missing_as_zero": missing_as_zero or None,
            "titles": None if title is None else {assignments[0]: title},
        }  # fmt: skip
        for name in ("to", "ids"):  # in the configuration they are in the course's folder
            asked[name] = str(Path(asked[name]).absolute()) if asked[name] else None
        for name, value in asked.items():
            if value:
                setattr(exporter, name, value)
        done = exporter.write(opened)
    if as_json:
        click.echo(json.dumps(_summary(done), indent=1))
    else:
        for line in loud(done):
            is_alarm = line in alarms(done)
            click.secho(printable(line), fg="red" if is_alarm else None, bold=is_alarm, err=True)
        click.echo(f"{done.count} grades: {', '.join(str(path) for path in done.files)}")
    sys.exit(SOME_LEFT_OUT if done.left_out else ALL_EXPORTED)


def _summary(done: Exported) -> dict[str, object]:
    return {
        "files": [str(path) for path in done.files],
        "exported": done.count,
        "waiting": [
            {"student": it.person.id, "assignment": it.assignment, "cells": it.waiting}
            for it in done.waiting
        ],
        "left_out": [
            {"student": it.person.id, "assignment": it.assignment, "why": why}
            for it, why in done.left_out
        ],
        "missing": [[it.person.id, it.assignment] for it in done.missing],
        "notes": done.notes,
    }
