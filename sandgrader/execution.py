"""Runs one submission's notebooks: a student's cells here, the tests there.

The student's cells all run first, in order, and their outputs are taken down; at each test the
answers are taken as they are then. Only after that do the tests run, in the judge's interpreter. So
whatever a function learns from the inputs of a hidden test, no output can tell it to anybody.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade

from sandgrader.assignment import Assignment, Isolation, Notebook
from sandgrader.output_room import OutputRoom
from sandgrader.sandbox import (
    CellTimeoutError,
    DiedError,
    Environment,
    Interpreter,
    Kind,
    SandboxError,
    WarmProcess,
    best_kind,
)
from sandgrader.submission_files import MOST_FILES

_LONGEST = 4_000_000  # characters of one output
_MOST_OUTPUTS = 10_000  # of one cell
_DEEPEST_OUTPUT = 50  # lists and objects within each other; nbformat calls itself for each of them


@dataclass
class Execution:
    """How a notebook was run, for the report."""

    isolated: bool = False
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


class InterpreterPool:
    """The warm processes of one assignment on one machine."""

    def __init__(self, assignment: Assignment, imports: Iterable[str] = ()) -> None:
        """Start nothing yet. Raises ``SandboxError`` where a sandbox is required and impossible."""
        self.assignment = assignment
        self.kind: Kind = "plain"
        self.why_plain = "it is switched off"
        if assignment.sandbox != "off":
            self.kind, self.why_plain = best_kind()
            if self.kind == "plain" and assignment.sandbox == "required":
                raise SandboxError(f"a sandbox is required: {self.why_plain}")
        asked = assignment.environment
        self._environment = Environment(
            tuple(dict.fromkeys([*asked.imports, *imports])), asked.readable, asked.variables
        )
        self._warm: WarmProcess | None = None
        self._judge: WarmProcess | None = None

    def student(self, student: str, seed: str, snapshots: int = 0) -> Interpreter:
        """Return a fresh interpreter for a student's cells."""
        self._warm = self._ready(self._warm)
        try:
            return self._fork(self._warm, student, seed, snapshots=snapshots)
        except SandboxError:  # what came before it may have ended the warm process
            self._warm.close()
            self._warm = self._ready(None)
            return self._fork(self._warm, student, seed, snapshots=snapshots)

    def judge(self, student: str, seed: str) -> Interpreter:
        """Return a fresh interpreter for tests."""
        self._judge = self._ready(self._judge)
        return self._fork(self._judge, student, seed, judge=True)

    def _ready(self, warm: WarmProcess | None) -> WarmProcess:
        if warm is not None and warm.alive:
            return warm
        return WarmProcess(self.kind, self._environment)

    def _fork(self, warm: WarmProcess, student: str, seed: str, **options: Any) -> Interpreter:
        return warm.fork(
            student, self.assignment.name, self.assignment.limits, seed=seed, **options
        )

    @property
    def lacks(self) -> list[str]:
        """What students' code isn't kept from here, in words."""
        warm = [item for item in (self._warm, self._judge) if item is not None]
        said = [lack for item in warm for lack in item.lacks]
        if self.kind == "plain":
            said.append(f"no sandbox: {self.why_plain}")
        return list(dict.fromkeys(said))

    def close(self) -> None:
        """End the warm processes."""
        for warm in (self._warm, self._judge):
            if warm is not None:
                warm.close()
        self._warm = self._judge = None


class Runner:
    """Runs the notebooks of one submission, one after another in one folder."""

    def __init__(self, pool: InterpreterPool, student: str, files: dict[str, bytes]) -> None:
        self._pool = pool
        self._assignment = pool.assignment
        self._student = student
        kept = {
            name: content
            for name, content in self._assignment.beside.items()
            if not (name in self._assignment.kept and name in files)
        }
        self.files = {**files, **kept}
        """The folder's files; what a notebook writes is there for the next."""
        self._beside = _encoded(self._assignment.beside)
        self._room = OutputRoom()

    def run(self, notebook: NotebookNode, known: Notebook, *, isolated: bool) -> Execution:
        """Run a notebook's code cells and put their outputs into it."""
        ran = Execution(isolated=isolated)
        started = time.monotonic()
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        seed = f"{self._student}/{self._assignment.name}/{known.name}"
        try:
            if isolated:
                self._run_isolated(notebook, known, seed, ran)
            else:
                self._run_in_one(notebook, seed, ran)
        finally:
            ran.seconds = time.monotonic() - started
        return ran

    # --- in one interpreter, as nbgrader does it

    def _run_in_one(self, notebook: NotebookNode, seed: str, ran: Execution) -> None:
        with self._pool.student(self._student, seed) as student:
            with contextlib.suppress(DiedError):
                student.write(_encoded(self.files))
            for cell in _code(notebook):
                self._run_cell(student, cell, ran)
            self._take(student, (), 0)

    # --- in two

    def _run_isolated(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        isolation = known.isolation
        tests = [cell for cell in _code(notebook) if known.is_test(cell)]
        before = dict(self.files)
        taken: list[dict[str, Any]] = []
        with ExitStack() as stack:
            student = stack.enter_context(self._pool.student(self._student, seed, len(tests)))
            with contextlib.suppress(DiedError):
                student.write(_encoded(before))
            for cell in _code(notebook):
                if known.is_test(cell):
                    taken.append(self._take(student, isolation.answers, len(taken)))
                else:
                    self._run_cell(student, cell, ran)
            self._take(student, (), len(taken))
            judge = stack.enter_context(self._pool.judge(self._student, seed))
            with contextlib.suppress(DiedError):  # its first cell says so
                judge.write(_encoded({**before, **self._assignment.beside}))
                judge.write(self._beside, beside=True)
            number = 0
            for cell in _code(notebook):
                if known.is_test(cell):
                    self._judge_cell(student, judge, cell, isolation, taken[number], number, ran)
                    number += 1
                elif known.is_given(cell):
                    self._run_given(judge, cell)

    def _take(self, student: Interpreter, names: tuple[str, ...], number: int) -> dict[str, Any]:
        """Return the answers as they are now, and keep the files that changed for what follows."""
        try:
            taken = student.take(names, number)
        except DiedError:
            return {}
        for name, content in _files(taken.get("files")).items():
            if name in self.files or len(self.files) < MOST_FILES:
                with contextlib.suppress(ValueError):
                    self.files[name] = base64.b64decode(content)
        return taken

    def _judge_cell(
        self,
        student: Interpreter,
        judge: Interpreter,
        cell: NotebookNode,
        isolation: Isolation,
        taken: dict[str, Any],
        number: int,
        ran: Execution,
    ) -> None:
        answers = _mapping(taken.get("answers"))
        modules = {name: isolation.modules[name] for name in answers if name in isolation.modules}
        plain = {
            name: value
            for name, value in answers.items()
            if name in isolation.answers and name not in modules
        }
        with contextlib.suppress(DiedError):  # the run below says so
            changed = _files(taken.get("files"))
            evidence = self._assignment.evidence
            judge.write({key: changed[key] for key in changed if key not in evidence})
            judge.bind(plain, isolation.answers, modules)
        calls = student.calls(number) if taken.get("snapshot") is True else None
        self._run_cell(judge, cell, ran, calls)

    def _run_given(self, judge: Interpreter, cell: NotebookNode) -> None:
        # a given cell may stand on answers that the judge doesn't have: the student's side showed
        # what it does, and a test that needed it fails for the reference solution too
        with contextlib.suppress(CellTimeoutError, DiedError):
            judge.run(cell.source)

    # --- both

    def _run_cell(
        self, interpreter: Interpreter, cell: NotebookNode, ran: Execution, calls: Any = None
    ) -> None:
        count = None
        try:
            outputs, count = interpreter.run(cell.source, calls)
            cell.outputs = self._room.fit(clean_outputs(outputs))
        except CellTimeoutError as late:
            count = late.count
            error = self._assignment.timeout_error
            kept = self._room.fit(clean_outputs(late.outputs))
            cell.outputs = [*kept, new_output("error", **error)]
            ran.notes.append(str(late))
        except DiedError as died:
            words = f"The kernel died: {died}."
            cell.outputs = [
                new_output("error", ename="DeadKernelError", evalue=words, traceback=[words])
            ]
            if words not in ran.notes:
                ran.notes.append(words)
        cell.execution_count = count if isinstance(count, int) else None


def find_isolation(pool: InterpreterPool, known: Notebook) -> tuple[Isolation, list[str]]:
    """Return how a notebook's tests are isolated, tried on its solution, and what that imports.

    They can be where every test ends the same in two interpreters as in one.
    """
    if known.reference is None:
        return Isolation(False, "source/ has no version of it with solutions"), []
    one, two = copy.deepcopy(known.reference), copy.deepcopy(known.reference)
    modules: dict[str, str] = {}
    runner = Runner(pool, "reference", {})
    with pool.student("reference", "reference") as student:
        student.write(_encoded(runner.files))
        for cell in _code(one):
            if known.is_test(cell):
                for name, value in student.take(known.bound, 0)["answers"].items():
                    if isinstance(value, dict) and value.get("t") == "module":
                        modules[name] = value["v"]
            runner._run_cell(student, cell, Execution())
        imports = student.modules()
    if pool.assignment.one_interpreter:
        return Isolation(False, "one interpreter was asked for"), imports
    isolation = Isolation(True, answers=known.bound, modules=modules)
    runner.run(two, replace(known, isolation=isolation), isolated=True)
    for alone, apart in zip(_code(one), _code(two), strict=True):
        if known.is_test(alone) and _verdict(alone) != _verdict(apart):
            why = (
                f"its test {alone.metadata.nbgrader.grade_id!r} needs more of the student's cells "
                "than plain values and functions of these: with the reference solution it ends "
                f"with {_verdict(apart)} in the place of {_verdict(alone)}"
            )
            return Isolation(False, why), imports
    return isolation, imports


def _verdict(cell: NotebookNode) -> str:
    for output in cell.outputs:
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"[:300]
    score, most = determine_grade(cell)
    return f"{score} of {most} points"


def _code(notebook: NotebookNode) -> Iterator[NotebookNode]:
    # nbclient passes empty cells over too
    return (cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())


def _encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def _files(sent: Any) -> dict[str, str]:
    """Return the files that a student's interpreter sent, those whose names stay in the folder."""
    return {
        name: content
        for name, content in _mapping(sent).items()
        if isinstance(content, str) and _is_inside(name)
    }


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    try:
        longest = max((len(part.encode()) for part in path.parts), default=0)
    except UnicodeEncodeError:
        return False
    return (
        0 < longest <= 255
        and len(path.parts) <= 20
        and not path.is_absolute()
        and ".." not in path.parts
        and "\0" not in name
    )


def _mapping(sent: Any) -> dict[str, Any]:
    return sent if isinstance(sent, dict) else {}


def clean_outputs(sent: Any) -> list[NotebookNode]:
    """Return outputs as nbformat wants them, from what an interpreter sent.

    Built anew from what is recognised: a student's interpreter can send anything.
    """
    made: list[NotebookNode] = []
    for item in sent[:_MOST_OUTPUTS] if isinstance(sent, list) else []:
        if not isinstance(item, dict):
            continue
        match item.get("output_type"):
            case "stream" if item.get("name") in ("stdout", "stderr"):
                made.append(new_output("stream", name=item["name"], text=_text(item.get("text"))))
            case "error":
                lines = item.get("traceback")
                made.append(
                    new_output(
                        "error",
                        ename=_text(item.get("ename")),
                        evalue=_text(item.get("evalue")),
                        traceback=[*map(_text, lines)] if isinstance(lines, list) else [],
                    )
                )
            case "display_data" | "execute_result" as kind:
                more = {}
                if kind == "execute_result":
                    more["execution_count"] = _count(item.get("execution_count"))
                data = {
                    _text(name): _json(value) if "json" in name else _text(value)
                    for name, value in _mapping(item.get("data")).items()
                }
                metadata = _json(_mapping(item.get("metadata")))
                made.append(new_output(kind, data, metadata=metadata, **more))
    return made


def _text(value: Any) -> str:
    """Return text that can be written as UTF-8."""
    text = value if isinstance(value, str) else ""
    return text[:_LONGEST].encode(errors="replace").decode()


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None


def _json(value: Any, depth: int = _DEEPEST_OUTPUT) -> Any:
    """Return what JSON has held as a notebook can hold it; what is too deep is left out."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict | list) and depth == 0:
        return None
    if isinstance(value, dict):
        return {_text(name): _json(item, depth - 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_json(item, depth - 1) for item in value]
    return value
