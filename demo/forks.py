"""Processes that begin with everything loaded: forked, and so without the imports' seconds.

A demo class gives well over a hundred of nbgrader's commands, and dozens of students work. Each
command is nbgrader's own application, in a process and a folder of its own as on the command line.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock
from typing import Any

from storagelab.course.nbgrader_steps import StepError

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["nbgrader.apps.nbgraderapp", "storagelab.labs"])
_LOCK = Lock()


def in_a_fork(function: Callable[..., None], *arguments: Any) -> int:
    """Call ``function``, which has a name in its module, in a fork and return the exit code.

    What an exception says goes to the fork's standard error; its exit code is then 1.
    """
    process = _FORKS.Process(target=function, args=arguments)
    with _LOCK:  # starting one asks after all others, and an exit code can be read only once
        process.start()
    wait([process.sentinel])
    with _LOCK:
        process.join()
    return process.exitcode or 0


def run_nbgrader(folder: Path, exchange: Path, *arguments: str) -> str:
    """Run ``nbgrader`` with ``arguments`` in ``folder`` and return what it printed.

    Raises :class:`StepError` where it exits with an error.
    """
    with tempfile.TemporaryDirectory() as room:
        printed = Path(room) / "printed"
        code = in_a_fork(_command, folder, exchange, dict(os.environ), printed, arguments)
        text = printed.read_text(encoding="utf-8") if printed.exists() else ""
        if code != 0:
            raise StepError(f"nbgrader {' '.join(arguments)}\n{text}")
        return text


def _command(
    folder: Path,
    exchange: Path,
    variables: dict[str, str],
    printed: Path,
    arguments: tuple[str, ...],
) -> None:
    os.chdir(folder)
    sys.path.insert(0, str(folder))  # as for ``python -m nbgrader``
    # a fork has the variables that its server began with
    os.environ.clear()
    os.environ.update(variables)
    # nbgrader calls alembic by its bare name
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["NBGRADER_EXCHANGE"] = str(exchange)
    # a course of its own: the user's configuration may not leak in
    os.environ["JUPYTER_CONFIG_DIR"] = str(folder / ".jupyter")
    sys.argv = ["nbgrader", *arguments]
    with printed.open("w", encoding="utf-8") as stream:
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)

    from nbgrader.apps.nbgraderapp import main

    main()
