"""A server extension: JupyterLab's assignment list says why something wasn't handed in.

nbgrader shows a traceback there, and what its exchange says stands at the end of it. Loaded after
``nbgrader.server_extensions.assignment_list``, as the server loads extensions in the order of their
names.
"""

from __future__ import annotations

import textwrap
from typing import Any

_MANAGER = "assignment_list_manager"
_ERROR = "ExchangeError: "
_COLUMNS = 72
"""Of a line: the list shows it in a box that breaks none."""


def said_in(trace: str) -> str:
    """Return what an exchange says at the end of a traceback, in lines; else the traceback."""
    _, found, words = trace.rpartition(_ERROR)
    if not found:
        return trace
    return "\n".join(textwrap.fill(line, _COLUMNS) for line in words.strip().splitlines())


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    manager = app.web_app.settings.get(_MANAGER)
    if manager is None:
        return
    submit = manager.submit_assignment

    def submit_assignment(course_id: str, assignment_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = submit(course_id, assignment_id)
        if not answer["success"]:
            answer["value"] = said_in(answer["value"])
        return answer

    manager.submit_assignment = submit_assignment
