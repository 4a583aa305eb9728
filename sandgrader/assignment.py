"""What an instructor's version of an assignment says, in a form that can be sent to a worker.

Two things are read: the gradebook, where ``nbgrader generate_assignment`` put the cells that are
graded, and the source notebook, whose other cells say what the tests stand on. From both follows
how a notebook's tests are isolated: which cells are *given* (an instructor's, run on both sides),
and which names are *answers* (bound by the reference solution), the only ones that pass from a
student's interpreter to the judge's. Whether that works is tried on the reference solution itself.
"""

from __future__ import annotations

import ast
import hashlib
import pickle
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from sandgrader.repair import Cell
from sandgrader.sandbox import Environment, Limits
from sandgrader.submission_files import read_folder


@dataclass(frozen=True)
class Isolation:
    """How a notebook's tests run isolated from the student's cells, in another interpreter."""

    possible: bool
    why: str = ""
    """Why not, in words for an instructor."""
    answers: tuple[str, ...] = ()
    """Names that pass to the judge."""
    modules: dict[str, str] = field(default_factory=dict)
    """Names among them that the reference solution has for modules, and which."""


@dataclass(frozen=True)
class Notebook:
    """The instructor's version of one notebook."""

    name: str
    cells: dict[str, Cell]
    """By grade id, in the order of the notebook."""
    reference: NotebookNode | None
    """The notebook with its solutions and its tests; none where ``source/`` doesn't have it."""
    given: frozenset[str]
    """Sources of code cells that are neither answers nor tests."""
    bound: tuple[str, ...]
    """Names that the solution cells bind."""
    isolation: Isolation = Isolation(False, "it hasn't been tried")

    def is_given(self, cell: NotebookNode) -> bool:
        """Return whether a cell is the instructor's own, unchanged, and no test."""
        said = cell.metadata.get("nbgrader") or {}
        return not said.get("grade") and not said.get("solution") and cell.source in self.given

    def is_test(self, cell: NotebookNode) -> bool:
        """Return whether a machine grades by running this cell."""
        said = cell.metadata.get("nbgrader") or {}
        known = self.cells.get(said.get("grade_id", ""))
        return known is not None and known.is_test and cell.cell_type == "code"


@dataclass(frozen=True)
class Assignment:
    """An assignment, and how its submissions are run."""

    name: str
    notebooks: dict[str, Notebook]
    beside: dict[str, bytes]
    """Files beside the notebooks in ``source/``, which tests may import or read."""
    kept: frozenset[str]
    """Files of a student's own that those of ``source/`` don't overwrite."""
    evidence: frozenset[str]
    """Files that tests see as they were handed in, whatever the student's cells make of them."""
    environment: Environment
    limits: Limits
    sandbox: str
    """``auto``, ``required`` or ``off``."""
    add_missing: bool
    one_interpreter: bool
    """Whether tests are run in the student's interpreter, as nbgrader does."""
    timeout_error: dict[str, Any]
    """What nbgrader puts into a cell that took too long."""
    definition: bytes = b""
    """A gradebook (SQLite) with this assignment and no students, for nbgrader's preprocessors."""
    sanitizers: tuple[Any, ...] = ()
    """nbgrader's preprocessors that run before the cells, as classes."""
    config: Any = None
    """nbgrader's configuration."""

    @cached_property
    def digest(self) -> str:
        """What changes with anything that grading depends on."""
        return hashlib.sha256(pickle.dumps(self)).hexdigest()

    def with_isolation(self, found: dict[str, Isolation]) -> Assignment:
        """Return it with what was found of its notebooks."""
        notebooks = {
            name: replace(notebook, isolation=found[name])
            for name, notebook in self.notebooks.items()
        }
        return replace(self, notebooks=notebooks)


def read_notebook(name: str, cells: dict[str, Cell], source: Path) -> Notebook:
    """Return the instructor's version of a notebook from the gradebook's cells and ``source``."""
    if not source.is_file():
        return Notebook(name, cells, None, frozenset(), ())
    reference = nbformat.read(source, as_version=4)
    given, bound, order = set(), [], []
    for cell in reference.cells:
        said = cell.metadata.get("nbgrader") or {}
        if said.get("grade_id") in cells:
            order.append(said["grade_id"])
        if cell.cell_type != "code":
            continue
        if said.get("solution"):
            bound += bound_names(cell.source)
        elif not said.get("grade"):
            given.add(cell.source)
    cells = {key: cells[key] for key in [*order, *(key for key in cells if key not in order)]}
    return Notebook(name, cells, reference, frozenset(given), tuple(dict.fromkeys(bound)))


def bound_names(source: str) -> list[str]:
    """Return the names that a cell binds at its outermost level; none where it doesn't parse."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        tree = ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError):
        return []
    finder = _Bound()
    finder.visit(tree)
    return list(dict.fromkeys(finder.names))


class _Bound(ast.NodeVisitor):
    """Finds names that are bound, not entering functions and classes."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.append(node.id)

    def _named(self, node: Any) -> None:
        self.names.append(node.name)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _named  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Bind nothing: its names are its own."""

    def _imported(self, node: Any) -> None:
        self.names += [(item.asname or item.name).split(".")[0] for item in node.names]

    visit_Import = visit_ImportFrom = _imported  # noqa: N815


def read_beside(source: Path, ignored: list[str]) -> dict[str, bytes]:
    """Return the files that lie beside an assignment's notebooks in ``source/``."""
    return read_folder(source, [*ignored, "*.ipynb"]).files if source.is_dir() else {}
