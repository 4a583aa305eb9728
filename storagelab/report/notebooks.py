"""Answers in a notebook's cells, read as literals: nothing is executed, nothing is trusted."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec

from sandgrader.submission_files import is_regular_file

LARGEST_NOTEBOOK = 64 * 2**20
"""Bytes; a notebook with a workbench in it has less than one hundredth of that."""
LONGEST_CELL = 50_000
"""Characters of an answer cell that is read."""


class _Cell(msgspec.Struct):
    id: Any = ""
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


def read_answers(path: Path) -> dict[str, str]:
    """Return the source of a notebook's cells by nbgrader's grade id, or by their own id.

    Empty where the file is missing, no notebook, or too large to be one. Of two cells with the
    same id the first counts, as it does in nbgrader's form, and nbgrader's id before the own one.
    """
    try:
        if not is_regular_file(path) or path.stat().st_size > LARGEST_NOTEBOOK:
            return {}
        notebook = msgspec.json.decode(path.read_bytes(), type=_Notebook)
    except (OSError, ValueError, RecursionError, MemoryError):  # DecodeError is a ValueError
        return {}
    answers: dict[str, str] = {}
    others: dict[str, str] = {}
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader")
        name = grading.get("grade_id") if isinstance(grading, dict) else None
        text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
        if isinstance(name, str):
            answers.setdefault(name, text)
        elif isinstance(cell.id, str) and cell.id:
            others.setdefault(cell.id, text)
    return others | answers


def parsed(source: str) -> list[ast.stmt] | None:
    """Return the lines of a cell's source; None where it is no Python, or too long to be read."""
    if len(source) > LONGEST_CELL:
        return None
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def literal(source: str, name: str) -> Any:
    """Return the literal that ``source`` assigns to ``name`` last, at its top level; else None.

    A student who computes an answer has none here.
    """
    found = None
    for line in parsed(source) or ():
        targets = (
            line.targets
            if isinstance(line, ast.Assign)
            else [line.target]
            if isinstance(line, ast.AnnAssign)
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(line, ast.Assign | ast.AnnAssign)
            try:
                found = ast.literal_eval(line.value) if line.value is not None else None
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                found = None
    return found
