"""Running a notebook in a kernel of its own, with nobody watching."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode


def run_notebook(
    notebook: NotebookNode,
    folder: Path,
    timeout: int = 120,
    allow_errors: bool = False,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run ``notebook`` in ``folder`` and put what it prints into it.

    ``timeout`` is in seconds, for each cell; ``variables`` come to its environment. Raises
    nbclient's ``CellExecutionError`` at the first error unless these are allowed.
    """
    client = NotebookClient(
        notebook,
        timeout=timeout,
        allow_errors=allow_errors,
        kernel_name="python3",
        record_timing=False,
        # how often a kernel flushes what a cell prints is chance; the same cell is the same bytes
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    # a kernel's own log (that its sockets are local and unencrypted, each time) helps nobody here
    client.execute(stderr=subprocess.DEVNULL, env={**os.environ, **(variables or {})})
