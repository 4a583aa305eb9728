"""Tries an assignment's reference solution, and finds out in which way its notebooks are run.

The reference is run as a submission would be: with the evidence that a student hands in, after the
notebooks that it follows, and in the same sandbox. What it earns in one interpreter, in two and in
a kernel decides; a test that it passes in two for the wrong reason is found by reading it.
"""

from __future__ import annotations

import base64
import copy
from dataclasses import replace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade

from sandgrader.assignment import Assignment, Isolation, Notebook
from sandgrader.execution import (
    Execution,
    InterpreterPool,
    Runner,
    clear,
    code_cells,
    grade_id_of,
    mapping,
    points_of,
    verdict_of,
)
from sandgrader.inspection import look_inside
from sandgrader.sandbox import REFERENCE


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
    with reference.pool.student(REFERENCE, "reference") as student:
        runner.lay_out(student)
        for cell in code_cells(one):
            if known.is_test(cell):
                for name, value in mapping(student.take(known.bound, 0)["answers"]).items():
                    if isinstance(value, dict) and value.get("t") == "module":
                        modules[name] = value["v"]
            runner.run_cell(student, cell, Execution())
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
        return Runner(self.pool, REFERENCE, self._files, self._notebooks)

    def follow_others(self) -> bool:
        """Take over the files that the notebooks before it leave; return whether there are any."""
        runner = self.runner()
        for name, item in self.pool.assignment.notebooks.items():
            if name == self._known.name:
                break
            if item.reference is not None and item.kernel is None:
                notebook = copy.deepcopy(item.reference)
                clear(notebook)
                runner.run_in_one(notebook, item, "reference", Execution())
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
        clear(notebook)
        return notebook

    def _work(self) -> dict[str, bytes]:
        """Run it as a student works, where nothing is graded, and return the evidence of that."""
        runner = Runner(self.pool, REFERENCE, {}, self._notebooks)
        with self.pool.student(REFERENCE, "reference") as student:
            runner.lay_out(student)
            at_work = new_code_cell("import os\ndel os.environ['NBGRADER_EXECUTION']")
            for cell in [at_work, *code_cells(self.notebook())]:
                if cell is at_work or not self._known.is_test(cell):
                    runner.run_cell(student, cell, Execution())
            made = mapping(student.take((), 0).get("files"))
        evidence = self.pool.assignment.evidence
        return {name: base64.b64decode(made[name]) for name in evidence if name in made}


def _missed(ran: NotebookNode, known: Notebook) -> dict[str, str]:
    """Return the tests that don't have all points, and how they end."""
    missed, before = {}, ""
    for cell in code_cells(ran):
        if not known.is_test(cell):
            if not before and any(item.output_type == "error" for item in cell.outputs):
                said = cell.metadata.get("nbgrader") or {}
                which = said.get("grade_id") or cell.source.strip().splitlines()[0][:60]
                before = f" (before it, the cell {which!r} ends with {verdict_of(cell)})"
        elif points_of(cell) < determine_grade(cell)[1]:
            missed[grade_id_of(cell)] = verdict_of(cell) + before
    return missed


def _in_kernel(
    reference: _Reference, known: Notebook, why: str, elsewhere: dict[str, str] | None = None
) -> Isolation:
    """Return that a notebook is run in a kernel, tried on its solution.

    ``elsewhere`` are the tests that fail for it without one.
    """
    tried = reference.notebook()
    reference.runner().run_in_kernel(tried, known, "reference", Execution())
    missed = _missed(tried, known)
    if elsewhere and not missed:
        test, end = next(iter(elsewhere.items()))
        why = f"without one the reference solution's test {test!r} ends with {end}"
    if missed and not known.has_solutions:
        return Isolation("kernel", "source/ has no solutions of it", without_solutions=True)
    return Isolation("kernel", why or "the reference solution fails", missed=missed)


def _tried_apart(
    reference: _Reference, known: Notebook, isolation: Isolation
) -> tuple[NotebookNode, dict[str, str]]:
    """Return a reference solution that ran isolated, and the tests that it misses so."""
    notebook, runner = reference.notebook(), reference.runner()
    runner.run_isolated(notebook, replace(known, isolation=isolation), "reference", Execution())
    return notebook, _missed(notebook, known)


def _apart(
    assignment: Assignment, reference: _Reference, known: Notebook, modules: dict[str, str]
) -> Isolation:
    """Return which tests can do without the student's interpreter, tried on the solution."""
    asked = known.asked_for(assignment.beside)
    isolation = Isolation("isolated", answers=known.bound, modules=modules, asked=asked)
    two, needs = _tried_apart(reference, known, isolation)
    if needs and asked:  # a package may find names in the notebook that the tests don't have
        wide = replace(isolation, asked={})
        with_all, needs_then = _tried_apart(reference, known, wide)
        if len(needs_then) < len(needs):
            isolation, two, needs = wide, with_all, needs_then
    tests = [grade_id_of(cell) for cell in code_cells(two) if known.is_test(cell)]
    looking = look_inside(
        {name: known.cells[name].source for name in tests if name not in needs},
        known.given,
        [
            cell.source
            for cell in code_cells(two)
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
