"""A student's homework: answers typed into notebooks, and the evidence that running them leaves.

Most of the class works without kernels: a cell is run in a process that has the course's package
loaded already, where it calls the same session and leaves the same ledger as in JupyterLab. What
such a cell displays isn't kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade

from demo.forks import in_a_fork
from demo.students import Answers, Student
from storagelab.course.kernels import run_notebook
from storagelab.labs.numbers import HUB_USER
from storagelab.parts import PARTS


def do_homework(folder: Path, student: Student, answers: Answers, kernels: bool) -> None:
    """Fill in a fetched assignment and run it, as the student would in a hub's JupyterLab.

    In ``kernels`` of its own each notebook keeps what it displays, its workbench too.
    """
    notebooks = {
        part.name: nbformat.read(folder / f"{part.stem}.ipynb", as_version=4)
        for part in PARTS.values()
    }
    for name, cells in answers.items():
        for cell in notebooks[name].cells:
            if cell.id in cells:
                cell.source = cells[cell.id]
    student.spoil(notebooks)
    if kernels:
        _run_in_kernels(folder, {name: notebooks[name] for name in answers}, student.user)
    else:
        sources = [[cell.source for cell in _own_cells(notebooks[name])] for name in answers]
        if in_a_fork(_run_in_process, folder, sources, student.user):
            raise RuntimeError(f"{student.name}: the process that does the homework failed")
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{PARTS[name].stem}.ipynb")
    student.after(folder)


def _own_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the code cells that a student runs at home: the tests are the grader's."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and not is_grade(cell)]


def _run_in_kernels(
    folder: Path, notebooks: Mapping[str, nbformat.NotebookNode], user: str
) -> None:
    for notebook in notebooks.values():
        worked = nbformat.NotebookNode(notebook)  # the same cells: what they print stays in them
        worked.cells = [cell for cell in worked.cells if not is_grade(cell)]
        run_notebook(worked, folder, timeout=60, allow_errors=True, variables={HUB_USER: user})


def _run_in_process(folder: Path, notebooks: Sequence[Sequence[str]], user: str) -> None:
    """Run the cells of each notebook, errors and all, in this process and in ``folder``."""
    os.chdir(folder)
    os.environ["STORAGELAB_VIEW"] = "static"
    os.environ[HUB_USER] = user
    os.environ.pop("NBGRADER_EXECUTION", None)
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        for cells in notebooks:
            namespace = {"__name__": "__main__"}
            for source in cells:
                with suppress(Exception):  # a notebook goes on behind a cell that fails
                    exec(compile(source, "cell", "exec"), namespace)
