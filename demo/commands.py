"""nbgrader's commands without their start-up, which takes longer than most of them.

A demo class gives well over a hundred commands. Each is nbgrader's own application, in a process
and a folder of its own, as with ``nbgrader`` on the command line; but the process is forked from
one that has imported nbgrader already.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock

from storagelab.course.nbgrader_steps import StepError

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["nbgrader.apps.nbgraderapp"])
_LOCK = Lock()


def run_nbgrader(folder: Path, exchange: Path, *arguments: str) -> str:
    """Run ``nbgrader`` with ``arguments`` in ``folder`` and return what it printed.

    Raises :class:`StepError` where it exits with an error.
    """
    with tempfile.TemporaryDirectory() as room:
        printed = Path(room) / "printed"
        command = _FORKS.Process(target=_command, args=(folder, exchange, printed, arguments))
        with _LOCK:  # starting one asks after all others, and an exit code can be read only once
            command.start()
        wait([command.sentinel])
        with _LOCK:
            command.join()
        text = printed.read_text(encoding="utf-8") if printed.exists() else ""
        if command.exitcode != 0:
            raise StepError(f"nbgrader {' '.join(arguments)}\n{text}")
        return text


def _command(folder: Path, exchange: Path, printed: Path, arguments: tuple[str, ...]) -> None:
    os.chdir(folder)
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
