"""``sandgrader grade`` as an instructor calls it: in this process, or in one of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from sandgrader.command import command


def grade_on(scheduler: str, course: Path, *arguments: str, code: int = 0) -> str:
    """Grade in this process, on workers that are there already; return what is printed.

    The process, its imports and the workers take longer to start than a small class to grade.
    """
    asked = [*arguments, "--course", str(course)]
    if "--scheduler" not in arguments:
        asked += ["--scheduler", scheduler]
    done = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout if "--json" in arguments else done.output


def start(course: Path, *arguments: str, apart: bool = False) -> subprocess.Popen[str]:
    """Start the grader in a process of its own, ``apart`` in a group of its own; return at once."""
    line = [sys.executable, "-m", "sandgrader", "grade", "--course", str(course), *arguments]
    return subprocess.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=apart,
    )
