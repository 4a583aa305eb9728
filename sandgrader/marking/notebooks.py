"""A notebook's cells, read without trust: nothing is executed, nothing raises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sandgrader.submission_files import is_regular_file

LARGEST = 64 * 2**20
"""Bytes of a notebook that is read."""


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}
    outputs: list[dict[str, Any]] = []
    attachments: dict[str, Any] = {}


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


class Cell(msgspec.Struct, frozen=True):
    """A cell of a notebook, as far as marking goes."""

    kind: str
    """``code``, ``markdown`` or ``raw``."""
    source: str
    grade_id: str
    """nbgrader's name for it; empty where it has none."""
    marked: bool
    """Whether nbgrader gives points for it, or answers are written into it."""
    outputs: list[dict[str, Any]]
    attachments: dict[str, Any]


def read_cells(path: Path) -> list[Cell]:
    """Return a notebook's cells; none where there is no notebook, or one too large to be one."""
    try:
        if not is_regular_file(path) or path.stat().st_size > LARGEST:
            return []
        notebook = msgspec.json.decode(path.read_bytes(), type=_Notebook)
    except (OSError, ValueError, RecursionError, MemoryError):  # DecodeError is a ValueError
        return []
    return [_plain(cell) for cell in notebook.cells]


def _plain(cell: _Cell) -> Cell:
    found = cell.metadata.get("nbgrader")
    grading = found if isinstance(found, dict) else {}
    name = grading.get("grade_id")
    return Cell(
        kind=cell.cell_type,
        source=_joined(cell.source),
        grade_id=name if isinstance(name, str) else "",
        marked=any(grading.get(what) for what in ("grade", "solution", "task")),
        outputs=[
            {**output, "text": _joined(output["text"])} if "text" in output else output
            for output in cell.outputs
        ],
        attachments=cell.attachments,
    )


def _joined(text: Any) -> str:
    """Return a notebook's text, which may be a list of lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
