"""Small assignments for the grader's tests, made without a gradebook."""

from __future__ import annotations

import copy
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from sandgrader.assignment import Assignment, Notebook, bound_names
from sandgrader.repair import Cell
from sandgrader.sandbox import Environment, Limits

TIMEOUT = {"ename": "CellTimeoutError", "evalue": "", "traceback": ["too long"]}


def cell(kind: str, source: str, grade_id: str = "", points: float = 1.0) -> NotebookNode:
    """Return a code cell: ``given``, ``answer`` or ``test``."""
    made = new_code_cell(source)
    if kind != "given":
        made.metadata["nbgrader"] = NotebookNode(
            grade_id=grade_id or f"{kind}-{abs(hash(source))}",
            grade=kind == "test",
            solution=kind == "answer",
            locked=kind == "test",
            task=False,
            points=points,
            schema_version=3,
            cell_type="code",
            checksum="",
        )
    return made


def assignment(*cells: NotebookNode, **changed: Any) -> tuple[Assignment, Notebook]:
    """Return an assignment of one notebook with these cells, solutions in it, and the notebook."""
    known = {
        item.metadata.nbgrader.grade_id: Cell(
            grade_id=item.metadata.nbgrader.grade_id,
            cell_type="code",
            source=item.source,
            checksum="",
            locked=item.metadata.nbgrader.locked,
            grade=item.metadata.nbgrader.grade,
            solution=item.metadata.nbgrader.solution,
            task=False,
            points=1.0,
        )
        for item in cells
        if "nbgrader" in item.metadata
    }
    answers = [item for item in cells if item.metadata.get("nbgrader", {}).get("solution")]
    notebook = Notebook(
        name="sheet",
        cells=known,
        reference=new_notebook(cells=list(cells)),
        bound=tuple(dict.fromkeys(name for item in answers for name in bound_names(item.source))),
    )
    said: dict[str, Any] = {
        "name": "homework",
        "notebooks": {"sheet": notebook},
        "beside": {},
        "kept": frozenset(),
        "evidence": frozenset(),
        "environment": Environment(),
        "limits": Limits(cell_time=10.0),
        "sandbox": "auto",
        "add_missing": True,
        "one_interpreter": False,
        "timeout_error": TIMEOUT,
    }
    return Assignment(**{**said, **changed}), notebook


def handed_in(known: Notebook, **answers: str) -> NotebookNode:
    """Return a notebook as a student hands it in, with other sources for answers by grade id."""
    assert known.reference is not None
    notebook = copy.deepcopy(known.reference)
    for item in notebook.cells:
        grade_id = item.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id.replace("-", "_") in answers:
            item.source = answers[grade_id.replace("-", "_")]
    return notebook
