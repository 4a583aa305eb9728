"""The command ``sandgrader``."""

from __future__ import annotations

import click

from sandgrader import command as grade
from sandgrader.marking import command as mark
from sandgrader.report import command as report


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Grade and mark the submissions of an nbgrader course, and report on its class."""


main.add_command(grade.command, "grade")
main.add_command(mark.command, "mark")
main.add_command(report.command, "report")
