"""A plugin of nbval: in the place of a kernel, what the generator's kernels printed.

The generator runs every reference notebook once and keeps what its cells print. nbval then
compares this with what is stored, by its own rules, and no notebook is run a second time.
``pytest -p tests.notebooks.replay`` finds the notebooks under the folder that ``RECORDED`` names,
at the same place as those that are compared.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import nbval.plugin
from nbformat import NotebookNode

RECORDED = "STORAGELAB_RECORDED"
"""The environment variable with the folder of the notebooks that were run."""

# how a kernel sends what a notebook stores as an output of some type
_OUTPUTS = ("stream", "display_data", "execute_result", "error")


class ReplayedKernel:
    """What nbval asks of a kernel, answered from a notebook that was run."""

    language = "python"

    def __init__(self, recorded: Path) -> None:
        notebook = nbformat.read(recorded, as_version=4)
        self._recorded = recorded
        self._cells = deque(cell for cell in notebook.cells if cell.cell_type == "code")
        self._messages: deque[dict[str, Any]] = deque()
        self._numbers = itertools.count()

    def execute_cell_input(self, source: str, allow_stdin: bool | None = None) -> str:
        """Answer the next cell; ``ValueError`` where it isn't the one that was run."""
        cell = self._cells.popleft() if self._cells else None
        if cell is None or cell.source != source:
            raise ValueError(f"{self._recorded}: this cell isn't the one that was run:\n{source}")
        number = f"replayed-{next(self._numbers)}"
        self._send(number, "status", {"execution_state": "busy"})
        for output in cell.outputs:
            self._send(number, output.output_type, _content(output))
        self._send(number, "status", {"execution_state": "idle"})
        return number

    def _send(self, parent: str, kind: str, content: dict[str, Any]) -> None:
        self._messages.append(
            {"msg_type": kind, "content": content, "parent_header": {"msg_id": parent}}
        )

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message; ``queue.Empty`` where none is left."""
        if not self._messages:
            raise Empty
        return self._messages.popleft()

    def await_reply(self, number: str, timeout: float | None = None) -> None:
        """Return at once: the cell was run long ago."""

    def await_idle(self, number: str, timeout: float | None = None) -> None:
        """Skip what is left of a cell's messages."""
        self._messages.clear()

    def is_alive(self) -> bool:
        """Return whether more cells can be asked for."""
        return True

    def interrupt(self) -> None:
        """Do nothing: nothing runs."""

    def stop(self) -> None:
        """Do nothing: nothing runs."""


def _content(output: NotebookNode) -> dict[str, Any]:
    assert output.output_type in _OUTPUTS, output.output_type
    return {**output, "execution_count": output.get("execution_count")}


def _setup(file: Any) -> None:
    """Take the place of nbval's own set-up of a file, which starts a kernel."""
    root = Path(file.config.rootpath)
    file.kernel = ReplayedKernel(Path(os.environ[RECORDED]) / Path(file.path).relative_to(root))
    file.setup_sanitize_files()


nbval.plugin.IPyNbFile.setup = _setup
