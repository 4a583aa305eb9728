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
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


def read_answers(path: Path) -> dict[str, str]:
    """Return the source of a notebook's cells by nbgrader's grade id.

    Empty where the file is missing, no notebook, or too large to be one. Of two cells with the
    same id the first counts, as it does in nbgrader's form.
    """
    try:
        if not is_regular_file(path) or path.stat().st_size > LARGEST_NOTEBOOK:
            return {}
        notebook = msgspec.json.decode(path.read_bytes(), type=_Notebook)
    except (OSError, ValueError, RecursionError, MemoryError):  # DecodeError is a ValueError
        return {}
    answers: dict[str, str] = {}
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader")
        name = grading.get("grade_id") if isinstance(grading, dict) else None
        if isinstance(name, str):
            text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
            answers.setdefault(name, text)
    return answers


def literal(source: str, name: str) -> Any:
    """Return the literal that ``source`` assigns to ``name`` last, at its top level; else None.

    A student who computes an answer has none here.
    """
    if len(source) > LONGEST_CELL:
        return None
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = None
    for line in body:
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
