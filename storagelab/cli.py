"""The command ``storagelab``: each subcommand is loaded when it is called.

Here are the subcommands' names, one line about each, and the extras that they need: ``storagelab``
alone lists them without loading one, and without an extra that one of them needs.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import NamedTuple

import click

import storagelab
from storagelab.extras import EXTRAS, missing, require


class Subcommand(NamedTuple):
    """A subcommand, which isn't loaded yet."""

    where: str
    about: str
    extra: str = ""
    """Without which it can't be loaded."""


COMMANDS = {
    "check": Subcommand(
        "storagelab.labs.check:command", "Say what is still to do before you submit."
    ),
    "export": Subcommand(
        "sandgrader.export.command:command", "Export grades for an LMS or a spreadsheet.", "grade"
    ),
    "forget": Subcommand(
        "sandgrader.forgetting:command", "List or delete what is kept of a student.", "grade"
    ),
    "grade": Subcommand(
        "sandgrader.command:command", "Grade submissions, safely and resumably.", "grade"
    ),
    "lab": Subcommand(
        "storagelab.labs.handout:command", "Open a copy of a track's notebooks in JupyterLab."
    ),
    "late": Subcommand(
        "sandgrader.late_command:command", "Apply the late rules to points given by hand.", "grade"
    ),
    "mark": Subcommand(
        "sandgrader.marking.command:command", "Mark what a person has to read, by keys.", "grade"
    ),
    "report": Subcommand(
        "storagelab.report.command:command", "Report on a class, with or without names.", "grade"
    ),
    "research": Subcommand(
        "storagelab.report.research:command", "Export a class under stable pseudonyms.", "grade"
    ),
    "track": Subcommand(
        "storagelab.course.track_check:command", "Check a track file of your own.", "course"
    ),
}


class _LoadedWhenCalled(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        return None if found is None else _load(found, f"storagelab {cmd_name}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _line(found)) for name, found in sorted(COMMANDS.items())])
        with formatter.section("Extras, as in pip install 'storagelab[lab,grade]'"):
            formatter.write_dl(
                [
                    (name, f"{about}{' (installed)' if not missing(name) else ''}")
                    for name, about in EXTRAS.items()
                ]
            )


def _line(found: Subcommand) -> str:
    return f"{found.about} Needs the extra {found.extra}." if found.extra else found.about


def _load(found: Subcommand, name: str) -> click.Command:
    try:
        command = resolve_name(found.where)
    except ImportError:
        if found.extra:
            require(found.extra, f"`{name}`")
        raise  # all of the extra is here: something else is wrong
    assert isinstance(command, click.Command)
    return command


@click.group(
    cls=_LoadedWhenCalled,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(storagelab.__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Students open and check their work; instructors grade a class and look at how it did."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def sandgrader() -> None:
    """Be the command ``sandgrader``, or say which extra it needs."""
    try:
        command = _load(Subcommand("sandgrader.cli:main", "", "grade"), "sandgrader")
    except click.ClickException as problem:
        problem.show()
        raise SystemExit(problem.exit_code) from None
    command()
