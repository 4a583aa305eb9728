"""Makes a case's course, with what its students hand in, and has it graded."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde, GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory

from tests.sandgrader.corpus.case import Case, Work

LATER = "handed_in_again"
"""The folder of a course in which second submissions wait for their turn."""
_GENERATED = ("release", "gradebook.db", ".jupyter", ".ipython")


@contextlib.contextmanager
def surroundings(case: Case, course: Path) -> Iterator[None]:
    """Work with the variables of a case, and with programs and settings of nobody's home."""
    variables = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "JUPYTER_CONFIG_DIR": str(course / ".jupyter"),
        "IPYTHONDIR": str(course / ".ipython"),
        **{name: _put_in(value, course) for name, value in case.environment.items()},
    }
    with patch.dict(os.environ, variables):
        yield


def _put_in(text: str, course: Path) -> str:
    return text.replace("{course}", str(course)).replace("{python}", sys.executable)


@contextlib.contextmanager
def opened(case: Case, course: Path) -> Iterator[tuple[NbGrader, CourseDirectory]]:
    """Give nbgrader with a course's configuration, in the course's folder."""
    path = list(sys.path)
    with contextlib.chdir(course):
        app = NbGrader()
        app.initialize([], root=str(course))
        app.log.handlers[:] = [logging.NullHandler()]
        app.log.propagate = False
        try:
            yield app, _directory(case, app, course)
        finally:
            sys.path[:] = path  # nbgrader puts the course's folder there


def _directory(case: Case, app: NbGrader, course: Path) -> CourseDirectory:
    return CourseDirectory(parent=app, root=str(course), assignment_id=case.assignment)


@cache
def _empty_gradebook() -> bytes:
    """Return a gradebook without anything in it: nbgrader starts a program to make one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gradebook.db")
        Gradebook(f"sqlite:///{path}").close()
        return path.read_bytes()


def make(case: Case, course: Path) -> None:
    """Make a case's course in a new folder: release, gradebook and submissions, nothing graded."""
    course.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(
        _put_in(f"c = get_config()\n{case.config}\n", course), encoding="utf-8"
    )
    for name, content in case.files.items():
        _write(course / name, _put_in(content, course) if isinstance(content, str) else content)
    case.prepare(course)
    with surroundings(case, course), opened(case, course) as (app, directory):
        source = Path(directory.format_path(directory.source_directory, ".", case.assignment))
        for name, cells in case.notebooks.items():
            _write_notebook(source / f"{name}.ipynb", _notebook(case, cells))
        (course / "gradebook.db").write_bytes(_empty_gradebook())
        GenerateAssignment(coursedir=directory, parent=app).start()
        if case.due:
            with Gradebook(directory.db_url) as gradebook:
                gradebook.update_or_create_assignment(case.assignment, duedate=case.due)
        for student, work in case.students.items():
            hand_in(directory, source, work, directory.submitted_directory, student)
        for student, work in case.again.items():
            hand_in(directory, source, work, LATER, student)


def _notebook(case: Case, cells: list[NotebookNode]) -> NotebookNode:
    notebook = new_notebook(cells=copy.deepcopy(cells))
    notebook.metadata["kernelspec"] = {
        "name": case.kernel,
        "display_name": case.kernel,
        "language": case.language,
    }
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def _write_notebook(path: Path, notebook: NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def hand_in(directory: CourseDirectory, source: Path, work: Work, step: str, student: str) -> None:
    """Put a student's work into the folder of a step of the course."""
    release = Path(directory.format_path(directory.release_directory, ".", directory.assignment_id))
    folder = Path(directory.format_path(step, student, directory.assignment_id))
    shutil.copytree(release, folder)
    names = [path.stem for path in sorted(release.glob("*.ipynb"))]
    notebooks = {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in names}
    for name, notebook in notebooks.items():
        solutions = _solutions(source / f"{name}.ipynb") if work.solved else {}
        typed = {**solutions, **work.answers}
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = typed.get(grade_id, cell.source)
    work.change(notebooks)
    for name, notebook in notebooks.items():
        _write_notebook(folder / f"{name}.ipynb", notebook)
    for path, content in work.files.items():
        _write(folder / path, content)
    for path in work.without:
        (folder / path).unlink()
    if work.timestamp:
        (folder / "timestamp.txt").write_text(work.timestamp)


def _solutions(source: Path) -> dict[str, str]:
    """Return the answers that a source notebook has a solution of, without its marks."""
    found = {}
    for cell in nbformat.read(source, as_version=4).cells:
        said = cell.metadata.get("nbgrader", {})
        if said.get("solution"):
            lines = cell.source.splitlines()
            marks = ("### BEGIN SOLUTION", "### END SOLUTION")
            found[said["grade_id"]] = "\n".join(line for line in lines if line.strip() not in marks)
    return found


def digest(case: Case, course: Path) -> str:
    """Return what changes with anything that a case's grading depends on.

    ``course`` is as it was made. What nbgrader generates of it isn't looked at, and the folder's
    place and the interpreter's don't count.
    """
    places = [(str(course).encode(), b"{course}"), (sys.executable.encode(), b"{python}")]
    whole = hashlib.sha256(repr((case.environment, case.by_hand, case.due)).encode())
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course)
        if name.parts[0] in _GENERATED or not path.is_file():
            continue
        content = path.read_bytes()
        for place, mark in places:
            content = content.replace(place, mark)
        whole.update(repr((name.as_posix(), content)).encode())
    return whole.hexdigest()[:16]


def grade_by_nbgrader(case: Case, course: Path) -> bool:
    """Have nbgrader grade a course; return whether it had nothing to complain of."""
    passed = True

    def grade(again: bool) -> None:
        nonlocal passed
        with opened(case, course) as (app, directory):
            try:
                Autograde(coursedir=directory, parent=app, force=again).start()
            except (NbGraderException, SystemExit):
                passed = False

    with surroundings(case, course):
        grade_as_told(case, course, grade)
    return passed


def grade_as_told(case: Case, course: Path, grade: Callable[[bool], object]) -> None:
    """Grade a course once, or as often as the case has it done; ``grade`` is told which it is."""
    grade(False)
    if case.steps == 1:
        return
    with opened(case, course) as (_, directory):
        with Gradebook(directory.db_url) as gradebook:
            for where, (score, credit, comment) in case.by_hand.items():
                student, notebook, cell = where.split("/")
                given = gradebook.find_grade(cell, notebook, case.assignment, student)
                given.manual_score, given.extra_credit = score, credit
                given.needs_manual_grade = False
                if comment:
                    said = gradebook.find_comment(cell, notebook, case.assignment, student)
                    said.manual_comment = comment
            gradebook.db.commit()
        for student in case.again:
            waits = Path(directory.format_path(LATER, student, case.assignment))
            handed = directory.format_path(directory.submitted_directory, student, case.assignment)
            shutil.rmtree(handed)
            shutil.copytree(waits, handed)
    grade(True)
