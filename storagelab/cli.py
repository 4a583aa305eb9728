"""The command ``storagelab``: each subcommand is loaded when it is called."""

from __future__ import annotations

from pkgutil import resolve_name

import click

COMMANDS = {
    "check": "storagelab.labs.check:command",
    "grade": "sandgrader.command:command",
    "report": "storagelab.report.command:command",
    "track": "storagelab.course.track_check:command",
}


class _LoadedWhenCalled(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        command = resolve_name(where)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LoadedWhenCalled, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Students check their work; instructors grade a class and look at how it did."""
