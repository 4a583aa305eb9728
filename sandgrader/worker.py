"""What a worker does: one submission in, its executed notebooks out. It knows no gradebook."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import OverwriteCells, OverwriteKernelspec

from sandgrader import repair
from sandgrader.assignment import Assignment, Isolation, Notebook
from sandgrader.execution import Execution, InterpreterPool, Runner, clear
from sandgrader.gradebook import OpenGradebook
from sandgrader.leftovers import HeldTemporaryFolder
from sandgrader.reference import find_isolation
from sandgrader.sandbox import Kind


@dataclass
class Graded:
    """A submission whose cells have run."""

    student: str
    notebooks: dict[str, str] = field(default_factory=dict)
    """Executed notebooks by name, as JSON; one that the student didn't hand in isn't there."""
    files: dict[str, bytes] = field(default_factory=dict)
    """The folder's other files, as they are after the run."""
    executions: dict[str, Execution] = field(default_factory=dict)
    kind: Kind = "plain"
    lacks: list[str] = field(default_factory=list)
    """What the student's code wasn't kept from, in words for an instructor."""
    failed: str = ""
    """Why it couldn't be graded at all: a fault of the grader, not of the student."""


class _State:
    """What a worker keeps between submissions of one assignment."""

    def __init__(
        self, content: bytes, imports: tuple[str, ...], pool: InterpreterPool | None = None
    ) -> None:
        """``pool`` is another assignment's, which goes on with this one if it can, or ends."""
        self.assignment: Assignment = pickle.loads(content)
        if pool is not None and not pool.go_on_with(self.assignment, imports):
            pool.close()
            pool = None
        self.pool = pool or InterpreterPool(self.assignment, imports)
        self._folder = HeldTemporaryFolder()
        path = self._folder.path / "definition.db"
        path.write_bytes(self.assignment.definition)
        self.definition = OpenGradebook(f"sqlite:///{path}", "default_course")
        config = self.assignment.config
        sanitizers = [kind(config=config) for kind in self.assignment.sanitizers]
        self.sanitizers = {
            name: [*self._with_work(sanitizers, known)]
            for name, known in self.assignment.notebooks.items()
        }

    def _with_work(self, sanitizers: list[Any], known: Notebook) -> Iterator[Any]:
        """Yield the sanitizers of a notebook that can find something to do.

        nbgrader puts cells right from the gradebook, with questions to it for each of them. Cells
        that are in order already it leaves as they are, or refuses, whoever's they are: that it
        leaves the instructor's own says so of everybody's. And it gives them all one kernel.
        """
        for sanitizer in sanitizers:
            if type(sanitizer) not in (OverwriteCells, OverwriteKernelspec):
                yield sanitizer
                continue
            whole = repair.whole(known.cells)
            before = copy.deepcopy(whole)
            try:
                after = self.sanitized(whole, known, "", [sanitizer])
            except Exception:  # so that each submission says it
                yield sanitizer
                continue
            if after.cells != before.cells:
                yield sanitizer
            elif after.metadata != before.metadata:
                yield _Metadata(after.metadata)

    def sanitized(
        self, notebook: NotebookNode, known: Notebook, student: str, sanitizers: list[Any]
    ) -> NotebookNode:
        """Return what sanitizers make of a notebook whose cells are in order."""
        resources: dict[str, Any] = {
            "unique_key": known.name,
            "nbgrader": {
                "student": student,
                "assignment": self.assignment.name,
                "notebook": known.name,
                "db_url": self.definition.address,
            },
        }
        with self.definition.transaction():
            for sanitizer in sanitizers:
                notebook, resources = sanitizer(notebook, resources)
        return notebook

    def close(self) -> None:
        self.pool.close()
        self.put_away()

    def put_away(self) -> InterpreterPool:
        """Close all but what is warm, and return that."""
        self.definition.close()
        self._folder.remove()
        return self.pool


class _Metadata:
    """Gives notebooks the metadata that one of nbgrader's preprocessors gives all of them."""

    def __init__(self, metadata: NotebookNode) -> None:
        self._metadata = metadata

    def __call__(self, notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        notebook.metadata.update(copy.deepcopy(self._metadata))
        return notebook, resources


_states: dict[str, _State] = {}
"""One at most: an assignment is graded to its end before the next."""


def _state(digest: str, content: bytes, imports: tuple[str, ...]) -> _State:
    if digest not in _states:
        pool = _states.popitem()[1].put_away() if _states else None
        _states[digest] = _State(content, imports, pool)
    return _states[digest]


def close() -> None:
    """End this worker's sandboxes."""
    while _states:
        _states.popitem()[1].close()


def begin(digest: str, content: bytes, imports: tuple[str, ...]) -> None:
    """Start the sandbox. Raises ``SandboxError`` where one is required and impossible."""
    _state(digest, content, imports)


def try_isolation(digest: str, content: bytes, name: str) -> tuple[Isolation, list[str]]:
    """Return how a notebook is run, and what its reference solution imports."""
    state = _state(digest, content, ())
    return find_isolation(state.pool, state.assignment.notebooks[name])


def grade(
    digest: str, content: bytes, imports: tuple[str, ...], student: str, files: dict[str, bytes]
) -> Graded:
    """Run a submission's notebooks and return them.

    ``content`` is the pickled assignment, ``digest`` what it is known by. Raises nothing: a fault
    is in the answer, so that it isn't tried again on every worker in turn.
    """
    graded = Graded(student)
    try:
        state = _state(digest, content, imports)
        graded.kind = state.pool.kind
        _grade(state, graded, files)
        graded.lacks = state.pool.lacks
    except (Exception, SystemExit):  # nbgrader's code ends a program where it has no other way
        close()
        graded.failed = traceback.format_exc(limit=-3)
    return graded


def _grade(state: _State, graded: Graded, files: dict[str, bytes]) -> None:
    assignment = state.assignment
    others = {name: content for name, content in files.items() if not _is_notebook(name)}
    handed = {f"{name}.ipynb": _without_outputs(content) for name in assignment.notebooks
              if (content := files.get(f"{name}.ipynb")) is not None}  # fmt: skip
    nothing = not handed
    to_run: list[tuple[NotebookNode, Notebook]] = []
    said: list[list[str]] = []
    for name, known in assignment.notebooks.items():
        content = files.get(f"{name}.ipynb")
        if content is None and not nothing:
            continue  # nbgrader gives it no points
        notes = []
        try:
            if content is None:
                raise repair.UnreadableError("no notebook of this name was handed in")
            notebook = repair.read_notebook(content)
            repair.put_in_order(notebook, known.cells, assignment.add_missing)
        except repair.UnreadableError as problem:
            notebook = repair.unreadable(known.cells, str(problem))
            notes.append(f"the notebook can't be read: {problem}")
        notebook = state.sanitized(notebook, known, graded.student, state.sanitizers[name])
        clear(notebook)
        to_run.append((notebook, known))
        said.append(notes)
    runner = Runner(state.pool, graded.student, others, handed)
    executions = runner.run_all(to_run)
    for (notebook, known), ran, notes in zip(to_run, executions, said, strict=True):
        ran.notes[:0] = notes
        graded.executions[known.name] = ran
        graded.notebooks[known.name] = json.dumps(notebook, ensure_ascii=False)
    graded.files = {
        name: content for name, content in runner.files.items() if not _is_notebook(name)
    }


def _without_outputs(content: bytes) -> bytes:
    """Return a notebook as nbgrader lays it out, before its cells have run; any other file as is.

    Outputs are most of a notebook, and every notebook's process gets those of the others.
    """
    if len(content) > repair.LARGEST_NOTEBOOK:
        return content
    try:
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        return json.dumps(notebook).encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return content


def _is_notebook(name: str) -> bool:
    """Return whether a path is a notebook's, or lies in a folder that is named like one."""
    return any(part.endswith(".ipynb") for part in name.split("/"))
