"""A server extension: formgrader's button *Autograde* runs this grader, in its sandbox.

nbgrader's own button runs a student's code as the instructor, beside the gradebook. In the
configuration of the instructor's Jupyter server::

    {"ServerApp": {"jpserver_extensions": {"sandgrader.formgrader": true}}}

Everything else in formgrader is as it was, and so are the settings: ``c.Grade`` in the course's
``nbgrader_config.py`` says whether it may go without a sandbox.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from nbgrader.apps.api import NbGraderAPI


def autograde(
    api: Any, assignment_id: str, student_id: str, force: bool = True, create: bool = True
) -> dict[str, Any]:
    """Grade a submission in the place of nbgrader's method of this name, and answer as it does.

    The grader runs in a process of its own. It adds students whom the gradebook lacks: ``create``
    makes no difference.
    """
    line = [sys.executable, "-m", "sandgrader", "grade", "--course", api.coursedir.root]
    line += ["--workers=1", f"--student={student_id}", *(["--force"] if force else [])]
    done = subprocess.run(
        [*line, "--", assignment_id],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return {"success": True, "log": done.stdout}
    return {"success": False, "error": done.stdout, "log": " ".join(line)}


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    NbGraderAPI.autograde = autograde
    app.log.info("formgrader grades with sandgrader, in a sandbox")
