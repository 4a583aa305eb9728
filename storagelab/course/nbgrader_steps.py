"""nbgrader's commands as functions: one step of the course's life each.

Every step runs nbgrader's own application in a process of its own, in the course's folder, as an
instructor or a student would type it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


class StepError(Exception):
    """An nbgrader command failed; the message holds what it printed."""


def run_nbgrader(folder: Path, exchange: Path, *arguments: str) -> str:
    """Run ``nbgrader`` with ``arguments`` in ``folder`` and return what it printed.

    Raises :class:`StepError` where it exits with an error.
    """
    return _run("nbgrader", folder, exchange, *arguments)


def run_grader(folder: Path, exchange: Path, *arguments: str) -> str:
    """Run ``storagelab grade`` with ``arguments`` in ``folder`` and return what it printed.

    Raises :class:`StepError` where it exits with an error.
    """
    return _run("storagelab", folder, exchange, "grade", *arguments)


def _run(program: str, folder: Path, exchange: Path, *arguments: str) -> str:
    programs = str(Path(sys.executable).parent)  # nbgrader calls alembic by its bare name
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        "NBGRADER_EXCHANGE": str(exchange),
        # a course of its own: the user's configuration may not leak in
        "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"),
    }
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StepError(f"{program} {' '.join(arguments)}\n{done.stdout}")
    return done.stdout


def make_course(folder: Path, exchange: Path, config: Path, source: Path) -> None:
    """Lay out a course's folder and its exchange: the configuration and ``source/`` in place."""
    folder.mkdir(parents=True, exist_ok=True)
    exchange.mkdir(parents=True, exist_ok=True)
    exchange.chmod(0o2777)  # what nbgrader asks of an exchange
    shutil.copy2(config, folder / "nbgrader_config.py")
    shutil.copytree(source, folder / "source", dirs_exist_ok=True)
