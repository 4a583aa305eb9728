"""Runs one submission's notebooks, each in the way that its assignment was found to need.

*Isolated*: the student's cells all run first, in order, and their outputs are taken down; at each
test the answers are taken as they are then. Only after that do the tests run, in the judge's
interpreter. So whatever a function learns from the inputs of a hidden test, no output can tell it
to anybody. *Shared*: cells and tests in one interpreter, as nbgrader. *Both*: one after the other,
and a test's points are those on which the two agree. *Kernel*: nbgrader's own executor.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade
from traitlets.config import Config

from sandgrader.assignment import Assignment, Isolation, Notebook, Way
from sandgrader.displays import Displays
from sandgrader.inspection import look_inside
from sandgrader.kernels import OWN
from sandgrader.output_room import OutputRoom
from sandgrader.regions import NAME, brought_in, hidden_regions, seal
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
from sandgrader.submission_files import CarriedFiles

_LONGEST = 4_000_000  # characters of one output
_MOST_OUTPUTS = 10_000  # of one cell
_DEEPEST_OUTPUT = 50  # lists and objects within each other; nbformat calls itself for each of them
_LARGEST_NOTEBOOK = 4 * 2**20
"""Bytes of a notebook that lies in its own folder, for those that read or run one another."""
_EXECUTOR = "nbgrader.preprocessors.execute"


@dataclass
class Difference:
    """A test whose points aren't those that nbgrader gives, and why."""

    test: str
    nbgrader: float
    given: float
    why: str


@dataclass
class Execution:
    """How a notebook was run, for the report."""

    way: Way = "shared"
    why: str = ""
    """Why this submission's was run in another way than the class's."""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


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
        folders = [
            folder
            for notebook in assignment.notebooks.values()
            if notebook.kernel is not None
            for folder in notebook.kernel.folders
        ]
        self._with_kernels = Environment(
            (_EXECUTOR,), tuple(dict.fromkeys([*asked.readable, *folders])), asked.variables
        )
        self._warm: WarmProcess | None = None
        self._judge: WarmProcess | None = None
        self._executor: WarmProcess | None = None

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

    def executor(self, student: str, seed: str) -> Interpreter:
        """Return a fresh process that runs a notebook in a kernel."""
        self._executor = self._ready(self._executor, self._with_kernels)
        return self._fork(self._executor, student, seed)

    def _ready(
        self, warm: WarmProcess | None, environment: Environment | None = None
    ) -> WarmProcess:
        if warm is not None and warm.alive:
            return warm
        return WarmProcess(self.kind, environment or self._environment)

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
        for warm in (self._warm, self._judge, self._executor):
            if warm is not None:
                warm.close()
        self._warm = self._judge = self._executor = None


class Runner:
    """Runs the notebooks of one submission, one after another in one folder."""

    def __init__(
        self,
        pool: InterpreterPool,
        student: str,
        files: dict[str, bytes],
        notebooks: Mapping[str, bytes] | None = None,
    ) -> None:
        """Begin with the files that were handed in.

        ``notebooks`` are those handed in, by file name, for notebooks that read or run another
        one; a judge doesn't get them.
        """
        self._pool = pool
        self._assignment = pool.assignment
        self._student = student
        known = self._assignment
        self._carried = CarriedFiles(files, known.beside, known.kept, known.evidence)
        self._beside = _encoded(known.beside)
        self._room = OutputRoom()
        self._hidden = hidden_regions(known.config or Config())
        self._displays = Displays(self._clean)
        self._handed = {
            name: content
            for name, content in (notebooks or {}).items()
            if len(content) <= _LARGEST_NOTEBOOK
        }

    @property
    def files(self) -> dict[str, bytes]:
        """The folder's files; what a notebook writes is there for the next."""
        return self._carried.files

    def _clean(self, sent: Any) -> list[NotebookNode]:
        return self._room.fit(clean_outputs(sent))

    def run(self, notebook: NotebookNode, known: Notebook) -> Execution:
        """Run a notebook's code cells and put their outputs into it."""
        ran = Execution(known.isolation.way)
        started = time.monotonic()
        self._displays = Displays(self._clean)
        _clear(notebook)
        seed = f"{self._student}/{self._assignment.name}/{known.name}"
        try:
            match known.isolation.way:
                case "kernel":
                    self._run_in_kernel(notebook, known, seed, ran)
                case "shared":
                    self._run_in_one(notebook, known, seed, ran)
                case "isolated" | "both":
                    self._run_apart(notebook, known, seed, ran)
        finally:
            ran.seconds = time.monotonic() - started
        # what its own cells put out can't have come from a hidden test
        if known.isolation.way in ("isolated", "both"):
            notebook.metadata[NAME] = {"apart": seal(notebook.cells, self._hidden)}
        return ran

    # --- in one interpreter, as nbgrader does it

    def _run_in_one(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        with self._pool.student(self._student, seed) as student:
            self._lay_out(student)
            for cell in _code(notebook):
                if known.is_test(cell) and self._carried.fixed:
                    with contextlib.suppress(DiedError):  # the run below says so
                        student.write(_encoded(self._carried.fixed))
                self._run_cell(student, cell, ran)
            self._take(student, (), 0)

    def _run_in_kernel(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        cells = [*_code(notebook)]
        for cell in cells:  # one that tells nothing has not run
            cell.outputs = [_dead("it was not run")]
        place = 0
        with self._pool.executor(self._student, seed) as executor:
            self._lay_out(executor)
            try:
                kernel = (known.kernel or OWN).as_json()
                sources = [cell.source for cell in cells]
                for told in executor.execute(sources, kernel, self._assignment.executor):
                    if told["cell"] != place or place >= len(cells):
                        raise DiedError("what it told was no cell's")
                    cells[place].outputs = self._displays.placed(told.get("outputs"))
                    cells[place].execution_count = _count(told.get("count"))
                    place += 1
            except DiedError as died:
                ran.notes.append(f"The kernel died: {died}.")
                for cell in cells[place : place + 1]:
                    cell.outputs = [_dead(str(died))]
            self._take(executor, (), 0)

    def _lay_out(self, student: Interpreter) -> None:
        with contextlib.suppress(DiedError):  # the first cell says so
            student.write(_encoded({**self._handed, **self.files}))

    # --- in two, and where that doesn't tell enough, in one as well

    def _run_apart(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        isolation = known.isolation
        before = copy.deepcopy(self._carried)
        changed = known.stand_on(notebook)
        odd = self._run_isolated(notebook, known, seed, ran)
        doubts = {name: f"the test may look at {why}" for name, why in isolation.looking.items()}
        if changed:
            why = f"the submission changes what tests stand on: {', '.join(changed)}"
            for cell in _code(notebook):
                if known.is_test(cell):
                    doubts.setdefault(_grade_id(cell), why)
            ran.why = why
        for name, kinds in odd.items():
            why = f"an answer is no plain value: {', '.join(sorted(kinds))}"
            doubts.setdefault(name, why)
            ran.why = ran.why or why
        if not doubts and not isolation.together:
            return
        ran.way = "both"
        other = copy.deepcopy(notebook)
        _clear(other)
        after, self._carried = self._carried, before
        self._displays = Displays(self._clean)
        self._run_in_one(other, known, seed, Execution())
        self._carried = after
        self._agree(notebook, other, known, doubts, ran)

    def _agree(
        self,
        notebook: NotebookNode,
        other: NotebookNode,
        known: Notebook,
        doubts: Mapping[str, str],
        ran: Execution,
    ) -> None:
        """Put into ``notebook`` what counts of both: a test's points where the two ways agree."""
        for cell, shared in zip(notebook.cells, other.cells, strict=True):
            if not known.is_test(cell):
                continue
            name = _grade_id(cell)
            apart, together = _points(cell), _points(shared)
            asked = name in known.isolation.together or name in known.isolation.looking
            if name in known.isolation.together or (asked and together < apart):
                cell.outputs, cell.execution_count = shared.outputs, shared.execution_count
            elif name in doubts and together < apart:
                # what a hidden test says in the student's process is theirs to bend, not to keep
                cell.outputs = [_lowered(together, doubts[name])]
            elif together != apart:
                why = doubts.get(name, "the test ends otherwise in the student's interpreter")
                ran.differences.append(Difference(name, together, apart, why))

    def _run_isolated(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> dict[str, set[str]]:
        """Run it, and return what kinds of values tests failed on that are no plain ones."""
        tests = {_grade_id(cell): cell for cell in _code(notebook) if known.is_test(cell)}
        before = dict(self.files)
        taken: dict[str, _Taken] = {}
        odd: dict[str, set[str]] = {}
        with ExitStack() as stack:
            student = stack.enter_context(self._pool.student(self._student, seed, len(tests)))
            self._lay_out(student)
            for cell in _code(notebook):
                if known.is_test(cell):
                    number = len(taken)
                    answers = self._take(student, known.isolation.answers, number)
                    taken[_grade_id(cell)] = _Taken(number, answers)
                    self._bring_in(student, cell)
                else:
                    self._run_cell(student, cell, ran)
            self._take(student, (), len(taken))
            judge = stack.enter_context(self._pool.judge(self._student, seed))
            with contextlib.suppress(DiedError):  # its first cell says so
                judge.write(_encoded({**before, **self._assignment.beside}))
                judge.write(self._beside, beside=True)
            calls: _Watched | None = None
            for step in self._steps(notebook, known):
                if not known.is_test(step):
                    self._run_given(judge, step, calls)
                    continue
                cell, name = tests[_grade_id(step)], _grade_id(step)
                calls = _Watched(student, taken[name])
                self._judge_cell(judge, cell, known.isolation, taken[name], calls, ran)
                if calls.noisy and _points(cell):
                    why = "a function writes on standard error, which costs nothing here"
                    ran.differences.append(Difference(name, 0.0, _points(cell), why))
                if _points(cell) < determine_grade(cell)[1]:
                    kinds = calls.odd() | taken[name].odd(cell.source)
                    if kinds:
                        odd[name] = kinds
        return odd

    def _steps(self, notebook: NotebookNode, known: Notebook) -> list[NotebookNode]:
        """Return what a judge runs: the instructor's cells in their order.

        The student's given cells don't come into it, nor do tests that aren't in the notebook; one
        that the source doesn't have comes last.
        """
        there = [cell for cell in _code(notebook) if known.is_test(cell)]
        names = {_grade_id(cell) for cell in there}
        steps = [
            step for step in known.script if not known.is_test(step) or _grade_id(step) in names
        ]
        planned = {_grade_id(step) for step in steps if known.is_test(step)}
        return [*steps, *(cell for cell in there if _grade_id(cell) not in planned)]

    def _bring_in(self, student: Interpreter, test: NotebookNode) -> None:
        """Give later answers what an open test imports and defines, and count it as a cell."""
        with contextlib.suppress(CellTimeoutError, DiedError):
            student.run(brought_in(test.source, self._hidden) or "pass")

    def _take(self, student: Interpreter, names: tuple[str, ...], number: int) -> dict[str, Any]:
        """Return the answers as they are now, and keep the files that changed for what follows."""
        try:
            taken = student.take(names, number)
        except DiedError:
            return {}
        return {**taken, "files": self._carried.take(taken.get("files"))}

    def _judge_cell(
        self,
        judge: Interpreter,
        cell: NotebookNode,
        isolation: Isolation,
        taken: _Taken,
        calls: _Watched,
        ran: Execution,
    ) -> None:
        answers = taken.answers
        modules = {name: isolation.modules[name] for name in answers if name in isolation.modules}
        plain = {
            name: value
            for name, value in answers.items()
            if name in isolation.answers and name not in modules
        }
        with contextlib.suppress(DiedError):  # the run below says so
            judge.write(_mapping(taken.said.get("files")))
            judge.bind(plain, isolation.answers, modules)
        self._run_cell(judge, cell, ran, calls)

    def _run_given(self, judge: Interpreter, cell: NotebookNode, calls: _Watched | None) -> None:
        # a given cell may stand on answers that the judge doesn't have: the student's side showed
        # what it does, and a test that needed it fails for the reference solution too
        with contextlib.suppress(CellTimeoutError, DiedError):
            judge.run(cell.source, calls or _NoCalls())

    # --- in any

    def _run_cell(
        self, interpreter: Interpreter, cell: NotebookNode, ran: Execution, calls: Any = None
    ) -> None:
        count = None
        try:
            outputs, count = interpreter.run(cell.source, calls)
            cell.outputs = self._displays.placed(outputs)
        except CellTimeoutError as late:
            count = late.count
            error = self._assignment.timeout_error
            cell.outputs = [*self._displays.placed(late.outputs), new_output("error", **error)]
            ran.notes.append(str(late))
        except DiedError as died:
            words = f"The kernel died: {died}."
            cell.outputs = [_dead(str(died))]
            if words not in ran.notes:
                ran.notes.append(words)
        cell.execution_count = _count(count)


class _Taken:
    """What was taken of a student's interpreter where a test stands."""

    def __init__(self, number: int, said: dict[str, Any]) -> None:
        self.number = number
        self.said = said
        self.answers = _mapping(said.get("answers"))

    def odd(self, source: str) -> set[str]:
        """Return the kinds of answers that are no plain values, of those that a test names."""
        return {
            f"{name} ({kind})"
            for name, value in self.answers.items()
            if name in source
            for kind in _odd_kinds(value)
        }


class _Watched:
    """Passes calls of a student's functions on, and notes what isn't plain of what comes back."""

    def __init__(self, student: Interpreter, taken: _Taken) -> None:
        there = taken.said.get("snapshot") is True
        self._calls = student.calls(taken.number) if there else _NoCalls()
        self._returned: list[Any] = []
        self.noisy = False
        """Whether a function wrote something on standard error."""

    def answer(self, order: dict[str, Any], deadline: float) -> dict[str, Any]:
        reply: dict[str, Any] = self._calls.answer(order, deadline)
        self._returned.append(reply.get("value"))
        self.noisy = self.noisy or reply.pop("noisy", False) is True
        return reply

    def odd(self) -> set[str]:
        """Return the kinds of values that functions returned and that are no plain ones."""
        kinds = {kind for value in self._returned for kind in _odd_kinds(value)}
        return {f"what a function returns ({kind})" for kind in kinds}


class _NoCalls:
    """Stands where no function of a student's can be called."""

    def answer(self, order: dict[str, Any], deadline: float) -> dict[str, Any]:
        return {"error": [], "words": "the function isn't there"}


def _odd_kinds(encoded: Any) -> set[str]:
    """Return the kinds of values in an encoded one that are no plain ones."""
    found: set[str] = set()
    left = [encoded]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            if item.get("t") == "opaque":
                found.add(str(item.get("v")))
            else:
                left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)
    return found


def find_isolation(pool: InterpreterPool, known: Notebook) -> tuple[Isolation, list[str]]:
    """Return how a notebook is run, tried on its solution, and what that imports.

    Its tests are isolated where the reference solution has all points so as well as in one
    interpreter, and where they look at nothing that only the student's process has.
    """
    if known.reference is None:
        return Isolation("kernel", "source/ has no version of it", without_solutions=True), []
    if known.kernel is not None:
        why = f"it is for the kernel {known.kernel.name} ({known.kernel.language})"
        return _in_kernel(_Reference(pool, known), known, why), []
    reference = _Reference(pool, known)
    missed, modules, imports = _try_in_one(reference, known)
    if missed and reference.follow_others():
        missed, modules, imports = _try_in_one(reference, known)
    if missed:
        return _in_kernel(reference, known, "", missed), imports
    if pool.assignment.one_interpreter:
        return Isolation("shared", "one interpreter was asked for"), imports
    return _apart(pool.assignment, reference, known, modules), imports


def _try_in_one(
    reference: _Reference, known: Notebook
) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Return what a reference solution misses in one interpreter, and what it imports there.

    Between the two are the names among its answers that are modules, and which.
    """
    modules: dict[str, str] = {}
    one, runner = reference.notebook(), reference.runner()
    with reference.pool.student("reference", "reference") as student:
        runner._lay_out(student)
        for cell in _code(one):
            if known.is_test(cell):
                for name, value in _mapping(student.take(known.bound, 0)["answers"]).items():
                    if isinstance(value, dict) and value.get("t") == "module":
                        modules[name] = value["v"]
            runner._run_cell(student, cell, Execution())
        imports = student.modules()
    return _missed(one, known), modules, imports


class _Reference:
    """The reference solution of a notebook, and what it is run with."""

    def __init__(self, pool: InterpreterPool, known: Notebook) -> None:
        self.pool = pool
        self._notebooks = {
            f"{name}.ipynb": nbformat.writes(item.reference).encode()
            for name, item in pool.assignment.notebooks.items()
            if item.reference is not None
        }
        self._known = known
        self._files = self._work() if pool.assignment.evidence else {}

    def runner(self) -> Runner:
        """Return what runs it, with the evidence that a student would hand in."""
        return Runner(self.pool, "reference", self._files, self._notebooks)

    def follow_others(self) -> bool:
        """Take over the files that the notebooks before it leave; return whether there are any."""
        runner = self.runner()
        for name, item in self.pool.assignment.notebooks.items():
            if name == self._known.name:
                break
            if item.reference is not None and item.kernel is None:
                notebook = copy.deepcopy(item.reference)
                _clear(notebook)
                runner._run_in_one(notebook, item, "reference", Execution())
        left = {
            name: content
            for name, content in runner.files.items()
            if self.pool.assignment.beside.get(name) != content
        }
        is_more = left != self._files
        self._files = {**left, **self._files}
        return is_more

    def notebook(self) -> NotebookNode:
        """Return a copy of it without outputs."""
        notebook = copy.deepcopy(self._known.reference)
        if notebook is None:
            raise ValueError(f"{self._known.name} has no reference notebook")
        _clear(notebook)
        return notebook

    def _work(self) -> dict[str, bytes]:
        """Run it as a student works, where nothing is graded, and return the evidence of that."""
        runner = Runner(self.pool, "reference", {}, self._notebooks)
        with self.pool.student("reference", "reference") as student:
            runner._lay_out(student)
            at_work = new_code_cell("import os\ndel os.environ['NBGRADER_EXECUTION']")
            for cell in [at_work, *_code(self.notebook())]:
                if cell is at_work or not self._known.is_test(cell):
                    runner._run_cell(student, cell, Execution())
            runner._take(student, (), 0)
        evidence = self.pool.assignment.evidence
        return {name: content for name, content in runner.files.items() if name in evidence}


def _missed(ran: NotebookNode, known: Notebook) -> dict[str, str]:
    """Return the tests that don't have all points, and how they end."""
    missed, before = {}, ""
    for cell in _code(ran):
        if not known.is_test(cell):
            if not before and any(item.output_type == "error" for item in cell.outputs):
                said = cell.metadata.get("nbgrader") or {}
                which = said.get("grade_id") or cell.source.strip().splitlines()[0][:60]
                before = f" (before it, the cell {which!r} ends with {_verdict(cell)})"
        elif _points(cell) < determine_grade(cell)[1]:
            missed[_grade_id(cell)] = _verdict(cell) + before
    return missed


def _in_kernel(
    reference: _Reference, known: Notebook, why: str, elsewhere: dict[str, str] | None = None
) -> Isolation:
    """Return that a notebook is run in a kernel, tried on its solution.

    ``elsewhere`` are the tests that fail for it without one.
    """
    tried = reference.notebook()
    reference.runner()._run_in_kernel(tried, known, "reference", Execution())
    missed = _missed(tried, known)
    if elsewhere and not missed:
        test, end = next(iter(elsewhere.items()))
        why = f"without one the reference solution's test {test!r} ends with {end}"
    if missed and not known.has_solutions:
        return Isolation("kernel", "source/ has no solutions of it", without_solutions=True)
    return Isolation("kernel", why or "the reference solution fails", missed=missed)


def _apart(
    assignment: Assignment, reference: _Reference, known: Notebook, modules: dict[str, str]
) -> Isolation:
    """Return which tests can do without the student's interpreter, tried on the solution."""
    two, runner = reference.notebook(), reference.runner()
    isolation = Isolation("isolated", answers=known.bound, modules=modules)
    runner._run_isolated(two, replace(known, isolation=isolation), "reference", Execution())
    needs = _missed(two, known)
    tests = [_grade_id(cell) for cell in _code(two) if known.is_test(cell)]
    looking = look_inside(
        {name: known.cells[name].source for name in tests if name not in needs},
        known.given,
        [
            cell.source
            for cell in _code(two)
            if (cell.metadata.get("nbgrader") or {}).get("solution")
        ],
        assignment.beside,
        known.bound,
    )
    if not needs and not looking:
        return isolation
    words = [
        f"its test {name!r} needs more of the student's cells than plain values and functions of "
        f"these: with the reference solution it ends with {end} in an interpreter of its own"
        for name, end in needs.items()
    ]
    words += [f"its test {name!r} may look at {why}" for name, why in looking.items()]
    if set(needs) == set(tests):
        return Isolation("shared", "; ".join(words))
    return replace(
        isolation, way="both", why="; ".join(words), looking=looking, together=frozenset(needs)
    )


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader.grade_id)


def _points(cell: NotebookNode) -> float:
    """Return what a test that has run is worth."""
    try:
        return float(determine_grade(cell)[0] or 0.0)
    except ValueError:  # it gives more points than there are
        return 0.0


def _verdict(cell: NotebookNode) -> str:
    for output in cell.outputs:
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"[:300].removesuffix(": ")
        if output.output_type == "stream" and output.name == "stderr":
            return f"something on standard error: {output.text.strip()[-200:]}"
    if not any(output.output_type == "execute_result" for output in cell.outputs):
        return "no error"
    return f"{_points(cell):g} of {cell.metadata.nbgrader.points:g} points"


def _clear(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def _lowered(points: float, why: str) -> NotebookNode:
    """Return an output that gives a test these points, and says nothing of the test."""
    if points > 0:
        result: NotebookNode = new_output("execute_result", {"text/plain": repr(points)})
        return result
    words = f"The test fails in the notebook's own interpreter: {why}."
    error: NotebookNode = new_output(
        "error", ename="DisagreementError", evalue=words, traceback=[words]
    )
    return error


def _dead(why: str) -> NotebookNode:
    words = f"The kernel died: {why}."
    error: NotebookNode = new_output(
        "error", ename="DeadKernelError", evalue=words, traceback=[words]
    )
    return error


def _code(notebook: NotebookNode) -> Iterator[NotebookNode]:
    # nbclient passes empty cells over too
    return (cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())


def _encoded(files: Mapping[str, bytes | None]) -> dict[str, str | None]:
    """Return files as they are sent; one without content is to be taken away."""
    return {
        name: None if content is None else base64.b64encode(content).decode()
        for name, content in files.items()
    }


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
