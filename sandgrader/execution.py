"""Runs one submission's notebooks, each in the way that its assignment was found to need.

*Isolated*: the student's cells all run first, in order, and their outputs are taken down; at each
test the answers are taken as they are then. Only after that, and after the cells of all notebooks
of the submission, do the tests run, in the judge's interpreter. So whatever a function learns from
the inputs of a hidden test, no output can tell it to anybody, and how long a test takes no cell can
measure. *Shared*: cells and tests in one interpreter, as nbgrader. *Both*: one after the other,
and a test's points are those on which the two agree. *Kernel*: nbgrader's own executor.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from nbformat import NotebookNode, from_dict, v4
from nbgrader.preprocessors import IgnorePattern
from nbgrader.utils import determine_grade
from traitlets.config import Config

from sandgrader.assignment import Assignment, Notebook, Way
from sandgrader.displays import Displays
from sandgrader.inspection import without_calls
from sandgrader.kernels import OWN
from sandgrader.outputs import Room
from sandgrader.regions import NAME, brought_in, hidden_regions, seal
from sandgrader.sandbox import (
    CellTimeoutError,
    Deadline,
    DiedError,
    Environment,
    Interpreter,
    Kind,
    NoTimeLeftError,
    SandboxError,
    WarmProcess,
    best_kind,
)
from sandgrader.submission_files import CarriedFiles
from sandgrader.wire import MOST_FILES

LARGEST = 32_000_000
"""Characters that a submission's outputs take at most, as JSON, but for what a score hangs on."""
_LONGEST = 4_000_000  # characters of one output
_MOST_OUTPUTS = 10_000  # of one cell
_DEEPEST_OUTPUT = 50  # lists and objects within each other; nbformat calls itself for each of them
_IS_JSON = re.compile(r"^application/(json|.*\+json)$")
"""Kinds of data that nbformat takes as JSON; all others are text."""
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
        """Start what students' code and tests are forked of.

        Raises ``SandboxError`` where a sandbox is required and impossible.
        """
        self.assignment = assignment
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
        self.kind: Kind = "plain"
        self.why_plain = "it is switched off"
        self._executor: WarmProcess | None = None
        self._warm = self._begin()

    def go_on_with(self, assignment: Assignment, imports: Iterable[str]) -> bool:
        """Serve another version of the assignment, as after its trial; return whether that works.

        It does where what is warm has everything that the other needs. No cell has run there.
        """
        known = self.assignment
        kernels, others = (
            [notebook.kernel for notebook in item.notebooks.values()]
            for item in (known, assignment)
        )
        if (
            (known.environment, known.sandbox, kernels)
            != (assignment.environment, assignment.sandbox, others)
            or not self._warm.alive
            or not {*imports} <= {*self._warm.modules}
        ):
            return False
        self.assignment = assignment
        names = dict.fromkeys([*self._environment.imports, *imports])
        self._environment = replace(self._environment, imports=tuple(names))
        return True

    def _begin(self) -> WarmProcess:
        """Start the warm process in the best sandbox that works here, and see that it forks."""
        if self.assignment.sandbox != "off":
            try:
                warm = WarmProcess("bubblewrap", self._environment)
                try:
                    self._fork(warm, "somebody", "").close()
                except SandboxError:
                    warm.close()
                    raise
            except SandboxError:
                # is it the sandbox, or what this assignment wants to have in it?
                kind, self.why_plain = best_kind()
                if kind == "bubblewrap":
                    raise
            else:
                self.kind = "bubblewrap"
                return warm
            if self.assignment.sandbox == "required":
                raise SandboxError(f"a sandbox is required: {self.why_plain}")
        return WarmProcess("plain", self._environment)

    def student(
        self, student: str, seed: str, snapshots: int = 0, deadline: Deadline | None = None
    ) -> Interpreter:
        """Return a fresh interpreter for a student's cells."""
        return self._forked(student, seed, snapshots=snapshots, deadline=deadline)

    def judge(self, student: str, seed: str, deadline: Deadline | None = None) -> Interpreter:
        """Return a fresh interpreter for tests."""
        return self._forked(student, seed, judge=True, deadline=deadline)

    def _forked(self, student: str, seed: str, **options: Any) -> Interpreter:
        self._warm = self._ready(self._warm)
        try:
            return self._fork(self._warm, student, seed, **options)
        except SandboxError:  # what came before it may have ended the warm process
            self._warm.close()
            self._warm = self._ready(None)
            return self._fork(self._warm, student, seed, **options)

    def executor(self, student: str, seed: str, deadline: Deadline | None = None) -> Interpreter:
        """Return a fresh process that runs a notebook in a kernel."""
        self._executor = self._ready(self._executor, self._with_kernels)
        return self._fork(self._executor, student, seed, deadline=deadline)

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
        said = [*self._warm.lacks]
        if self.kind == "plain":
            said.append(f"no sandbox: {self.why_plain}")
        return list(dict.fromkeys(said))

    def close(self) -> None:
        """End the warm processes."""
        self._warm.close()
        if self._executor is not None:
            self._executor.close()
            self._executor = None


@dataclass
class _Waiting:
    """A notebook whose cells have run apart, and whose tests haven't."""

    notebook: NotebookNode
    known: Notebook
    seed: str
    ran: Execution
    student: Interpreter
    taken: dict[str, _Taken]
    displays: Displays
    files: dict[str, bytes]
    """The folder's files before its cells ran."""
    carried: CarriedFiles
    """The same, for who runs them once more."""
    doubts: dict[str, str] = field(default_factory=dict)
    """Tests whose points need both ways to agree, and why."""
    memory: int = 0
    """Bytes that its interpreter takes while it waits."""


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
        self._room = Room(LARGEST)
        self._hidden = hidden_regions(known.config or Config())
        self._ignored = _ignored(known)
        self._displays = Displays(self._clean)
        self._deadline = Deadline.after(known.limits.submission_time)
        self._resting: list[Interpreter] = []
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
        fitting = self._room.fit(clean_outputs(sent))
        return [item if isinstance(item, NotebookNode) else from_dict(item) for item in fitting]

    def _placed(self, sent: Any) -> list[NotebookNode]:
        """Return what a cell put out, as far as there is room for it."""
        self._room.start()
        return self._displays.placed(sent)

    def run(self, notebook: NotebookNode, known: Notebook) -> Execution:
        """Run a notebook's code cells and put their outputs into it."""
        (ran,) = self.run_all([(notebook, known)])
        return ran

    def run_all(self, notebooks: list[tuple[NotebookNode, Notebook]]) -> list[Execution]:
        """Run the code cells of a submission's notebooks and put their outputs into them.

        Tests that run apart do so after the cells of all of them, as far as the notebooks that wait
        for it take no more than a half of a submission's memory.
        """
        limits = self._assignment.limits
        whole = self._deadline
        if any(known.isolation.possible for _, known in notebooks):
            self._deadline = whole.for_cells(limits.submission_time)
        executions: list[Execution] = []
        apart: list[_Waiting] = []
        waiting: list[_Waiting] = []
        with ExitStack() as stack:
            for notebook, known in notebooks:
                ran = Execution(known.isolation.way)
                executions.append(ran)
                self._displays = Displays(self._clean)
                clear(notebook)
                seed = f"{self._student}/{self._assignment.name}/{known.name}"
                with _timed(ran):
                    match known.isolation.way:
                        case "kernel":
                            self.run_in_kernel(notebook, known, seed, ran)
                        case "shared":
                            self.run_in_one(notebook, known, seed, ran)
                        case "isolated" | "both":
                            item = self._run_cells(notebook, known, seed, ran)
                            stack.enter_context(item.student)
                            apart.append(item)
                            waiting.append(item)
                            if len(executions) < len(notebooks) and not self._can_wait(waiting):
                                self._judge(waiting.pop(), whole)
            self._deadline = whole
            for item in waiting:
                with _timed(item.ran):
                    self._judge(item, whole)
        for item in apart:
            with _timed(item.ran):
                self._run_again(item)
            # what its own cells put out can't have come from a hidden test
            item.notebook.metadata[NAME] = {"apart": seal(item.notebook.cells, self._hidden)}
        return executions

    def _can_wait(self, waiting: list[_Waiting]) -> bool:
        """Return whether the last of these can wait for its tests as well."""
        item = waiting[-1]
        self._resting.append(item.student)
        item.memory = item.student.rest()
        if (
            sum(other.memory for other in waiting) <= self._assignment.limits.memory / 2
            and sum(len(other.taken) for other in waiting) < MOST_FILES
        ):
            return True
        self._resting.remove(item.student)
        return False

    # --- in one interpreter, as nbgrader does it

    def run_in_one(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        """Run cells and tests in one interpreter."""
        with self._pool.student(self._student, seed, deadline=self._deadline) as student:
            student.resting = self._resting
            self.lay_out(student)
            for cell in code_cells(notebook):
                if known.is_test(cell) and self._carried.fixed:
                    with contextlib.suppress(DiedError):  # the run below says so
                        student.write(_encoded(self._carried.fixed))
                self.run_cell(student, cell, ran)
            self.take(student, (), 0)

    def run_in_kernel(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        """Run cells and tests with nbgrader's executor, in the notebook's kernel."""
        cells = [*code_cells(notebook)]
        place = 0
        why = ""
        with self._pool.executor(self._student, seed, self._deadline) as executor:
            executor.resting = self._resting
            self.lay_out(executor)
            try:
                kernel = (known.kernel or OWN).as_json()
                sources = [cell.source for cell in cells]
                tests = [at for at, cell in enumerate(cells) if known.is_test(cell)]
                evidence = _encoded(self._carried.fixed)
                settings = self._assignment.executor
                for told in executor.execute(sources, kernel, settings, tests, evidence):
                    if told["cell"] != place or place >= len(cells):
                        raise DiedError("what it told was no cell's")
                    cells[place].outputs = self._placed(told.get("outputs"))
                    self._forgive(cells[place])
                    cells[place].execution_count = _count(told.get("count"))
                    place += 1
            except DiedError as died:
                why = str(died)
                ran.notes.append(f"The kernel died: {why}.")
                for cell in cells[place : place + 1]:
                    cell.outputs = [_dead(why)]
                place += 1
            self.take(executor, (), 0)
        for cell in cells[place:]:  # one that tells nothing has not run
            cell.outputs = [_dead(f"{why}; this cell was not run" if why else "it was not run")]

    def lay_out(self, student: Interpreter) -> None:
        """Put what was handed in into an interpreter's folder."""
        with contextlib.suppress(DiedError):  # the first cell says so
            student.write(_encoded({**self._handed, **self.files}))

    # --- in two, and where that doesn't tell enough, in one as well

    def _run_again(self, item: _Waiting) -> None:
        """Run a notebook in one interpreter as well, where two don't tell enough."""
        known, ran = item.known, item.ran
        looking = known.isolation.looking
        doubts = {name: f"the test may look at {why}" for name, why in looking.items()}
        changed = known.stand_on(item.notebook)
        if changed:
            why = f"the submission changes what tests stand on: {', '.join(changed)}"
            for cell in code_cells(item.notebook):
                if known.is_test(cell):
                    doubts.setdefault(grade_id_of(cell), why)
            ran.why = why
        for name, why in item.doubts.items():
            doubts.setdefault(name, why)
            ran.why = ran.why or why
        if not doubts and not known.isolation.together:
            return
        ran.way = "both"
        other = copy.deepcopy(item.notebook)
        clear(other)
        after, self._carried = self._carried, item.carried
        self._displays = Displays(self._clean)
        again = Execution()
        self.run_in_one(other, known, item.seed, again)
        self._carried = after
        ran.notes += [
            f"run a second time, in one interpreter: {note}"
            for note in again.notes
            if note not in ran.notes
        ]
        self._agree(item.notebook, other, known, doubts, ran)

    def _agree(
        self,
        notebook: NotebookNode,
        other: NotebookNode,
        known: Notebook,
        doubts: Mapping[str, str],
        ran: Execution,
    ) -> None:
        """Put into ``notebook`` what counts of both: a test's points where the two ways agree."""
        listed = {item.test: item for item in ran.differences}
        for cell, shared in zip(notebook.cells, other.cells, strict=True):
            if not known.is_test(cell):
                continue
            name = grade_id_of(cell)
            apart, together = points_of(cell), points_of(shared)
            asked = name in known.isolation.together or name in known.isolation.looking
            if name in known.isolation.together or (asked and together < apart):
                cell.outputs, cell.execution_count = shared.outputs, shared.execution_count
                listed.pop(name, None)
            elif name in doubts and together < apart:
                # what a hidden test says in the student's process is theirs to bend, not to keep
                cell.outputs = [_lowered(together, doubts[name])]
                listed.pop(name, None)
            elif together != apart and name not in listed:
                why = doubts.get(name, "the test ends otherwise in the student's interpreter")
                listed[name] = Difference(name, together, apart, why)
        ran.differences = [*listed.values()]

    def run_isolated(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> None:
        """Run its cells, and its tests apart."""
        item = self._run_cells(notebook, known, seed, ran)
        with item.student:
            self._judge(item, self._deadline)

    def _run_cells(
        self, notebook: NotebookNode, known: Notebook, seed: str, ran: Execution
    ) -> _Waiting:
        """Run the student's cells, and take the answers where tests stand."""
        tests = sum(map(known.is_test, code_cells(notebook)))
        files, carried = dict(self.files), copy.deepcopy(self._carried)
        student = self._pool.student(self._student, seed, tests, self._deadline)
        item = _Waiting(
            notebook, known, seed, ran, student, {}, self._displays, files, carried
        )  # fmt: skip
        try:
            student.resting = self._resting
            self.lay_out(student)
            for cell in code_cells(notebook):
                if known.is_test(cell):
                    number = len(item.taken)
                    asked = known.isolation.asked.get(grade_id_of(cell), known.isolation.answers)
                    answers = self.take(student, asked, number)
                    item.taken[grade_id_of(cell)] = _Taken(number, answers)
                    self._bring_in(student, cell)
                else:
                    self.run_cell(student, cell, ran)
            self.take(student, (), len(item.taken))
        except BaseException:
            student.close()
            raise
        return item

    def _judge(self, item: _Waiting, deadline: Deadline) -> None:
        """Run a notebook's tests, and note those that failed on what are no plain values."""
        notebook, known, ran, taken = item.notebook, item.known, item.ran, item.taken
        tests = {grade_id_of(cell): cell for cell in code_cells(notebook) if known.is_test(cell)}
        item.student.wake()
        if item.student in self._resting:
            self._resting.remove(item.student)
        self._displays = item.displays
        with self._pool.judge(self._student, item.seed, deadline) as judge:
            judge.resting = self._resting
            with contextlib.suppress(DiedError):  # its first cell says so
                judge.write(_encoded({**item.files, **self._assignment.beside}))
                judge.write(self._beside, beside=True)
            calls: _Watched | None = None
            for step in self._steps(notebook, known):
                if not known.is_test(step):
                    self._run_given(judge, step, calls)
                    continue
                cell, name = tests[grade_id_of(step)], grade_id_of(step)
                calls = _Watched(item.student, taken[name])
                self._judge_cell(judge, cell, known, taken[name], calls, ran)
                if calls.noisy and points_of(cell):
                    why = "a function writes on standard error, which costs nothing here"
                    ran.differences.append(Difference(name, 0.0, points_of(cell), why))
                if points_of(cell) < determine_grade(cell)[1]:
                    kinds = calls.odd() | taken[name].odd(cell.source)
                    if kinds:
                        why = f"an answer is no plain value: {', '.join(sorted(kinds))}"
                        item.doubts[name] = why
        item.student.close()

    def _steps(self, notebook: NotebookNode, known: Notebook) -> list[NotebookNode]:
        """Return what a judge runs: the instructor's cells in their order.

        The student's given cells don't come into it, nor do tests that aren't in the notebook; one
        that the source doesn't have comes last.
        """
        there = [cell for cell in code_cells(notebook) if known.is_test(cell)]
        names = {grade_id_of(cell) for cell in there}
        steps = [
            step for step in known.script if not known.is_test(step) or grade_id_of(step) in names
        ]
        planned = {grade_id_of(step) for step in steps if known.is_test(step)}
        steps += [cell for cell in there if grade_id_of(cell) not in planned]
        while steps and not known.is_test(steps[-1]):  # no test stands on what comes behind it
            steps.pop()
        return steps

    def _bring_in(self, student: Interpreter, test: NotebookNode) -> None:
        """Give later answers what an open test imports and defines, and count it as a cell."""
        with contextlib.suppress(CellTimeoutError, DiedError):
            student.run(brought_in(test.source, self._hidden) or "pass")

    def take(self, student: Interpreter, names: tuple[str, ...], number: int) -> dict[str, Any]:
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
        known: Notebook,
        taken: _Taken,
        calls: _Watched,
        ran: Execution,
    ) -> None:
        answers, isolation = taken.answers, known.isolation
        modules = {name: isolation.modules[name] for name in answers if name in isolation.modules}
        plain = {
            name: value
            for name, value in answers.items()
            if name in isolation.answers and name not in modules
        }
        with contextlib.suppress(DiedError):  # the run below says so
            judge.write(mapping(taken.said.get("files")))
            judge.bind(plain, isolation.answers, modules, known.rebound)
        self.run_cell(judge, cell, ran, calls)

    def _run_given(self, judge: Interpreter, cell: NotebookNode, calls: _Watched | None) -> None:
        source = without_calls(cell.source, self._assignment.only_shows)
        if not source.strip():
            return
        # a given cell may stand on answers that the judge doesn't have: the student's side showed
        # what it does, and a test that needed it fails for the reference solution too
        with contextlib.suppress(CellTimeoutError, DiedError):
            judge.run(source, calls or _NoCalls())

    # --- in any

    def run_cell(
        self, interpreter: Interpreter, cell: NotebookNode, ran: Execution, calls: Any = None
    ) -> None:
        """Run a cell and put its outputs into it, whatever becomes of the interpreter."""
        count = None
        try:
            outputs, count = interpreter.run(cell.source, calls)
            cell.outputs = self._placed(outputs)
        except NoTimeLeftError as late:
            words = str(late)
            error = {"ename": "CellTimeoutError", "evalue": words, "traceback": [words]}
            cell.outputs = [new_output("error", **error)]
            if str(late) not in ran.notes:
                ran.notes.append(str(late))
        except CellTimeoutError as late:
            count = late.count
            error = {**self._assignment.timeout_error}
            if not late.is_nbgraders:
                error["traceback"] = [*error["traceback"], str(late)]
            cell.outputs = [*self._placed(late.outputs), v4.new_output("error", **error)]
            ran.notes.append(str(late))
        except DiedError as died:
            words = f"The kernel died: {died}."
            cell.outputs = [_dead(str(died))]
            if words not in ran.notes:
                ran.notes.append(words)
        self._forgive(cell)
        cell.execution_count = _count(count)

    def _forgive(self, cell: NotebookNode) -> None:
        """Take away what the course ignores on standard error: it costs no points."""
        if self._ignored is not None:
            self._ignored.preprocess_cell(cell, {}, 0)


class _Taken:
    """What was taken of a student's interpreter where a test stands."""

    def __init__(self, number: int, said: dict[str, Any]) -> None:
        self.number = number
        self.said = said
        self.answers = mapping(said.get("answers"))

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

    def answer(
        self, order: dict[str, Any], deadline: float, left: Callable[[], bool]
    ) -> dict[str, Any]:
        reply: dict[str, Any] = self._calls.answer(order, deadline, left)
        self._returned.append(reply.get("value"))
        self.noisy = self.noisy or reply.pop("noisy", False) is True
        return reply

    def odd(self) -> set[str]:
        """Return the kinds of values that functions returned and that are no plain ones."""
        kinds = {kind for value in self._returned for kind in _odd_kinds(value)}
        return {f"what a function returns ({kind})" for kind in kinds}


class _NoCalls:
    """Stands where no function of a student's can be called."""

    def answer(
        self, order: dict[str, Any], deadline: float, left: Callable[[], bool]
    ) -> dict[str, Any]:
        return {"error": [], "words": "the function isn't there"}


def _ignored(assignment: Assignment) -> IgnorePattern | None:
    """Return nbgrader's preprocessor for what is ignored on standard error, if it is used."""
    config = assignment.config or Config()
    ignored = IgnorePattern(config=Config({"IgnorePattern": config["IgnorePattern"]}))
    return ignored if ignored.enabled and assignment.forgives else None


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


def new_output(kind: str, **said: Any) -> NotebookNode:
    """Return an output of parts that are right: nbformat's own function looks at each of them."""
    made = NotebookNode(output_type=kind)
    made.update(said)
    return made


def grade_id_of(cell: NotebookNode) -> str:
    """Return the id by which nbgrader knows a cell. Raises ``AttributeError`` where it doesn't."""
    return str(cell.metadata.nbgrader.grade_id)


def points_of(cell: NotebookNode) -> float:
    """Return what a test that has run is worth."""
    try:
        return float(determine_grade(cell)[0] or 0.0)
    except ValueError:  # it gives more points than there are
        return 0.0


def verdict_of(cell: NotebookNode) -> str:
    """Return how a test that has run ends, in words."""
    for output in cell.outputs:
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"[:300].removesuffix(": ")
        if output.output_type == "stream" and output.name == "stderr":
            return f"something on standard error: {output.text.strip()[-200:]}"
    if not any(output.output_type == "execute_result" for output in cell.outputs):
        return "no error"
    return f"{points_of(cell):g} of {cell.metadata.nbgrader.points:g} points"


def clear(notebook: NotebookNode) -> None:
    """Take the outputs out of a notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def _lowered(points: float, why: str) -> NotebookNode:
    """Return an output that gives a test these points, and says nothing of the test."""
    if points > 0:
        data = {"text/plain": repr(points)}
        return new_output("execute_result", data=data, metadata={}, execution_count=None)
    words = f"The test fails in the notebook's own interpreter: {why}."
    return new_output("error", ename="DisagreementError", evalue=words, traceback=[words])


def _dead(why: str) -> NotebookNode:
    words = f"The kernel died: {why}."
    return new_output("error", ename="DeadKernelError", evalue=words, traceback=[words])


@contextlib.contextmanager
def _timed(ran: Execution) -> Iterator[None]:
    """Add what is done meanwhile to a notebook's seconds."""
    started = time.monotonic()
    try:
        yield
    finally:
        ran.seconds += time.monotonic() - started


def code_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """Return the cells that are run; as nbclient, it passes empty ones over."""
    return (cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())


def _encoded(files: Mapping[str, bytes | None]) -> dict[str, str | None]:
    """Return files as they are sent; one without content is to be taken away."""
    return {
        name: None if content is None else base64.b64encode(content).decode()
        for name, content in files.items()
    }


def mapping(sent: Any) -> dict[str, Any]:
    """Return what was sent, if it is a dictionary, and else an empty one."""
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
                    _text(name): _json(value) if _IS_JSON.search(name) else _text(value)
                    for name, value in mapping(item.get("data")).items()
                }
                metadata = _json(mapping(item.get("metadata")))
                made.append(new_output(kind, data=data, metadata=metadata, **more))
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
