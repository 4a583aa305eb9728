"""The command ``sandgrader``."""

from __future__ import annotations

import click

from sandgrader import command as grade
from sandgrader import forgetting as forget
from sandgrader import late_command as late
from sandgrader.export import command as export
from sandgrader.marking import command as mark
from sandgrader.report import command as report


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Grade and mark submissions of an nbgrader course, export its grades, report on its class."""


main.add_command(export.command, "export")
main.add_command(forget.command, "forget")
main.add_command(grade.command, "grade")
main.add_command(late.command, "late")
main.add_command(mark.command, "mark")
main.add_command(report.command, "report")
