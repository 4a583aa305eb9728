"""What an instructor's version of an assignment says, in a form that can be sent to a worker.

Two things are read: the gradebook, where ``nbgrader generate_assignment`` put the cells that are
graded, and the source notebook, whose other cells say what the tests stand on. From both follows
how a notebook is run: which cells are *given* (an instructor's, run on both sides), and which names
are *answers* (bound by the reference solution), the only ones that pass from a student's
interpreter to the judge's. Whether that works is tried on the reference solution itself.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import cloudpickle  # type: ignore[import-untyped]
import nbformat
from nbformat import NotebookNode

from sandgrader.inspection import defines_anything, named_answers, parsed, stored_names
from sandgrader.kernels import Kernel
from sandgrader.repair import Cell
from sandgrader.sandbox import Environment, Limits

Way = Literal["isolated", "both", "shared", "kernel"]
"""How a notebook is run: its tests apart from the student's cells, or with them in one interpreter,
or some of them in both ways, or by nbgrader's own executor with a kernel."""

_BUILTINS = frozenset(dir(builtins))
_STUB = re.compile(r"YOUR (CODE|ANSWER)|NotImplementedError|\bTODO\b|\bFIXME\b", re.IGNORECASE)


@dataclass(frozen=True)
class Isolation:
    """How a notebook is run, and how its tests are kept apart from the student's cells."""

    way: Way
    why: str = ""
    """Why its tests aren't isolated, or not all of them, in words for an instructor."""
    answers: tuple[str, ...] = ()
    """Names that pass to the judge."""
    modules: dict[str, str] = field(default_factory=dict)
    """Names among them that the reference solution has for modules, and which."""
    looking: dict[str, str] = field(default_factory=dict)
    """By grade id, what a test may look at inside a student's process: its points need both ways
    to agree."""
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By grade id, the answers that a test may ask for; one that isn't here may ask for all."""
    together: frozenset[str] = frozenset()
    """Tests that the reference solution passes in one interpreter alone: that decides."""
    missed: dict[str, str] = field(default_factory=dict)
    """Tests for which the reference solution itself doesn't have all points, and how they end."""
    without_solutions: bool = False
    """Whether ``source/`` has the questions alone."""

    @property
    def possible(self) -> bool:
        """Whether the tests, or some of them, run in an interpreter of their own."""
        return self.way in ("isolated", "both")


@dataclass(frozen=True)
class Notebook:
    """The instructor's version of one notebook."""

    name: str
    cells: dict[str, Cell]
    """By grade id, in the order of the notebook."""
    reference: NotebookNode | None
    """The notebook with its solutions and its tests; none where ``source/`` doesn't have it."""
    bound: tuple[str, ...]
    """Names that the solution cells bind."""
    kernel: Kernel | None = None
    """The kernel that it names; none where that is this environment's own Python."""
    isolation: Isolation = Isolation("shared", "it hasn't been tried")

    @cached_property
    def given(self) -> tuple[str, ...]:
        """Sources of the code cells that are neither answers nor tests."""
        return tuple(cell.source for cell in self._code() if not _is_either(cell))

    @cached_property
    def solutions(self) -> tuple[str, ...]:
        """Sources of the code cells that answer what is asked."""
        return tuple(cell.source for cell in self._code() if _said(cell).get("solution"))

    @cached_property
    def script(self) -> tuple[NotebookNode, ...]:
        """The given cells and the tests, in the instructor's order: what a judge runs."""
        return tuple(cell for cell in self._code() if not _is_either(cell) or self.is_test(cell))

    def _code(self) -> list[NotebookNode]:
        cells = self.reference.cells if self.reference is not None else []
        return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]

    @property
    def has_solutions(self) -> bool:
        """Whether the reference notebook answers what it asks.

        A course may keep its solutions elsewhere: cells that say "your code here", or that raise
        ``NotImplementedError``, and have no marked solution in them, are questions.
        """
        return not any(map(_is_stub, self.solutions))

    def is_test(self, cell: NotebookNode) -> bool:
        """Return whether a machine grades by running this cell."""
        known = self.cells.get(_said(cell).get("grade_id", ""))
        return known is not None and known.is_test and cell.cell_type == "code"

    def stand_on(self, notebook: NotebookNode) -> list[str]:
        """Return what a submission changed of that on which the tests stand, in words.

        A given cell counts as unchanged where it says the same to Python: comments and empty lines
        may differ. A changed one matters where tests use a name that it binds; so does an answer
        that binds a name of a given cell anew, or one of Python's own.
        """
        own = [cell for cell in notebook.cells if cell.cell_type == "code"]
        own = [cell for cell in own if not self.is_test(cell)]
        verbatim = {cell.source for cell in own}
        lost = [source for source in self.given if source not in verbatim]
        theirs = [cell.source for cell in own if cell.source not in self.given]
        if lost:
            meant = {_meaning(source) for source in theirs}
            lost = [source for source in lost if _meaning(source) not in meant]
            given = {_meaning(source) for source in self.given}
            theirs = [source for source in theirs if _meaning(source) not in given]
        bound = {name for source in self.given for name in bound_names(source)}
        watched = ((bound | _BUILTINS) & self._used) - set(self.bound)
        changed = {name for source in lost for name in bound_names(source)}
        for source in theirs:
            if "*" in source or any(name in source for name in watched):
                changed |= _rebound_names(source, watched)
        return sorted(changed & watched)

    @cached_property
    def rebound(self) -> tuple[str, ...]:
        """Names of given cells that tests bind anew: a student's function may read them."""
        trees = [parsed(cell.source) for cell in self.cells.values() if cell.is_test]
        stored = {name for tree in trees if tree is not None for name in stored_names(tree)}
        bound = {name for source in self.given for name in bound_names(source)}
        return tuple(sorted((bound & stored) - set(self.bound)))

    def asked_for(self, beside: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
        """Return the answers that each test may ask for, by grade id, where its source tells.

        Whatever a given cell, a file of the course or a function of an earlier test names, later
        tests may ask for as well.
        """
        around = named_answers("\n".join(self.given), self.bound)
        for name, content in beside.items():
            if around is not None and name.endswith(".py"):
                named = named_answers(content.decode(errors="replace"), self.bound)
                around = None if named is None else around | named
        found = {}
        for cell in self.script:
            if around is None:
                break
            if not self.is_test(cell):
                continue
            named = named_answers(cell.source, self.bound)
            if named is not None:
                asked = named | around
                found[_said(cell)["grade_id"]] = tuple(item for item in self.bound if item in asked)
            if named is None or defines_anything(cell.source):
                around = None if named is None else around | named
        return found

    @cached_property
    def _used(self) -> set[str]:
        """Names that tests read, and those that given cells read to make these."""
        used = {
            name
            for cell in self.cells.values()
            if cell.is_test
            for name in _read_names(cell.source)
        }
        for source in reversed(self.given):
            if used & set(bound_names(source)):
                used |= _read_names(source)
        return used


def _said(cell: NotebookNode) -> Any:
    return cell.metadata.get("nbgrader") or {}


def _is_either(cell: NotebookNode) -> bool:
    return bool(_said(cell).get("grade") or _said(cell).get("solution"))


def _is_stub(source: str) -> bool:
    if "BEGIN SOLUTION" in source:
        return False
    if _STUB.search(source):
        return True
    tree = parsed(source)
    return tree is not None and all(map(_says_nothing, tree.body))


def _says_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(value=ast.Constant(value=value)):
            return value is None or value is Ellipsis
        case ast.FunctionDef() | ast.ClassDef():
            return all(map(_says_nothing, node.body))
        case ast.Return(value=None | ast.Constant(value=None)):
            return True
    return False


@lru_cache(maxsize=2048)
def _meaning(source: str) -> str:
    """Return what a cell says to Python, without comments and empty lines."""
    tree = parsed(source)
    return source.strip() if tree is None else ast.dump(tree)


def _rebound_names(source: str, watched: set[str]) -> set[str]:
    """Return the names that a cell binds or takes away, and may bind in its functions.

    Where it imports all that a module has, it may be any of those that are ``watched``.
    """
    tree = parsed(source)
    found = set(bound_names(source))
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.Global):
            found.update(node.names)
    return found | watched if "*" in found else found


def _read_names(source: str) -> set[str]:
    tree = parsed(source)
    return {
        node.id
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


@dataclass(frozen=True)
class Assignment:
    """An assignment, and how its submissions are run."""

    name: str
    notebooks: dict[str, Notebook]
    beside: dict[str, bytes]
    """Files beside the notebooks in ``source/``, which tests may import or read."""
    kept: frozenset[str]
    """Files that are a student's own: those of ``source/`` are the reference solution's alone."""
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
    only_shows: frozenset[str] = frozenset()
    """Functions, as cells call them, that only show something: a judge leaves their calls out."""
    executor: dict[str, Any] = field(default_factory=dict)
    """nbgrader's configuration of its executor, for notebooks that run in a kernel."""
    definition: bytes = b""
    """A gradebook (SQLite) with this assignment and no students, for nbgrader's preprocessors."""
    sanitizers: tuple[Any, ...] = ()
    """nbgrader's preprocessors that run before the cells, as classes."""
    forgives: bool = True
    """Whether nbgrader's preprocessor for what is ignored on standard error runs."""
    config: Any = None
    """nbgrader's configuration."""

    @cached_property
    def content(self) -> bytes:
        """All of it, for a worker; classes that a configuration defines come along."""
        made: bytes = cloudpickle.dumps(self)
        return made

    @cached_property
    def digest(self) -> str:
        """What changes with anything that grading depends on."""
        return hashlib.sha256(self.content).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made of the rest."""
        return {
            name: value for name, value in vars(self).items() if name not in ("content", "digest")
        }

    def with_isolation(self, found: dict[str, Isolation]) -> Assignment:
        """Return it with what was found of its notebooks on the reference solution, for students.

        They have files in ``kept`` only where they hand them in.
        """
        notebooks = {
            name: replace(notebook, isolation=self._unless_theirs(notebook, found[name]))
            for name, notebook in self.notebooks.items()
        }
        beside = {name: file for name, file in self.beside.items() if name not in self.kept}
        return replace(self, notebooks=notebooks, beside=beside)

    def _unless_theirs(self, notebook: Notebook, isolation: Isolation) -> Isolation:
        """Return how a notebook is run, in which tests may need a module that students write.

        A judge has nobody's modules but the course's.
        """
        modules = [name for name in sorted(self.kept & {*self.beside}) if name.endswith(".py")]
        sources = [*notebook.solutions, *(cell.source for cell in notebook.script)]
        sources += [
            content.decode(errors="replace")
            for name, content in self.beside.items()
            if name.endswith(".py") and name not in self.kept
        ]
        for module in modules:
            path = PurePosixPath(module)
            word = path.parent.name if path.stem == "__init__" else path.stem
            if isolation.possible and any(
                re.search(rf"\b{re.escape(word)}\b", source) for source in sources
            ):
                why = f"{module} is the students' own (c.Autograde.exclude_overwriting)"
                return replace(isolation, way="shared", why=why)
        return isolation


def read_notebook(
    name: str,
    cells: dict[str, Cell],
    source: Path,
    complete: Callable[[NotebookNode], NotebookNode] | None = None,
    kernel: Kernel | None = None,
) -> Notebook:
    """Return the instructor's version of a notebook from the gradebook's cells and ``source``.

    ``complete`` adds the cells that students get besides, a header for one.
    """
    if not source.is_file():
        return Notebook(name, cells, None, (), kernel)
    reference = nbformat.read(source, as_version=4)
    if complete is not None:
        reference = complete(reference)
    bound: list[str] = []
    order: list[str] = []
    for cell in reference.cells:
        said = _said(cell)
        known = cells.get(said.get("grade_id", ""))
        if known is not None:
            order.append(known.grade_id)
            if known.locked:  # students get the gradebook's, in which tests are written out
                cell.source = known.source
        if cell.cell_type == "code" and said.get("solution"):
            bound += bound_names(cell.source)
    cells = {key: cells[key] for key in [*order, *(key for key in cells if key not in order)]}
    return Notebook(name, cells, reference, tuple(dict.fromkeys(bound)), kernel)


@lru_cache(maxsize=2048)
def bound_names(source: str) -> tuple[str, ...]:
    """Return the names that a cell binds at its outermost level; none where it doesn't parse."""
    tree = parsed(source)
    if tree is None:
        return ()
    finder = _Bound()
    finder.visit(tree)
    return tuple(dict.fromkeys(finder.names))


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


def read_beside(source: Path, ignored: list[str]) -> tuple[dict[str, bytes], list[str]]:
    """Return the files beside an assignment's notebooks in ``source/``, and which can't be read.

    Links are followed as nbgrader follows them: the folder is the instructor's own.
    """
    files: dict[str, bytes] = {}
    unread: list[str] = []
    passed = [*ignored, "*.ipynb"]
    entered: set[str] = set()
    for root, folders, names in os.walk(source, followlinks=True):
        folders[:] = sorted(name for name in folders if not _matches(name, passed))
        real = os.path.realpath(root)
        if real in entered:  # a link that leads back
            folders.clear()
            continue
        entered.add(real)
        for name in sorted(names):
            if _matches(name, passed):
                continue
            path = Path(root, name)
            key = path.relative_to(source).as_posix()
            try:
                if not path.is_file():
                    raise OSError(None, "it leads nowhere, or is no regular file")
                files[key] = path.read_bytes()
            except OSError as problem:
                unread.append(f"{key}: {problem.strerror}")
    return files, unread


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
