"""nbgrader's own quick-start course, with a small class that hands in all kinds of work."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from demo.forks import run_nbgrader

NAME = "ps1"

SQUARES = "def squares(n):\n    if n < 1:\n        raise ValueError('n')\n    return {}"
ALL = {
    "squares": SQUARES.format("[i ** 2 for i in range(1, n + 1)]"),
    "sum_of_squares": "def sum_of_squares(n):\n    return sum(squares(n))",
    "sum_of_squares_equation": "$\\sum i^2$",
    "sum_of_squares_application": "print(sum_of_squares(4))",
    "part-a": "It is a Fibonacci number.",
    "part-b": "Negative ones.",
}


def _drop(grade_id: str) -> Callable[[NotebookNode], None]:
    def spoil(notebook: NotebookNode) -> None:
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") != grade_id
        ]

    return spoil


NO_CHECK = "def squares(n):\n    return [i * i for i in range(1, n + 1)]"
NOT_CALLED = "def sum_of_squares(n):\n    return n * (n + 1) * (2 * n + 1) // 6"
ARRAYS = "import numpy as np\n" + SQUARES.format("list(np.arange(1, n + 1) ** 2)")
CLASS: dict[str, tuple[dict[str, str], Callable[[NotebookNode], None] | None]] = {
    "all_right": (ALL, None),
    "nothing": ({}, None),
    "wrong": ({**ALL, "squares": SQUARES.format("[i for i in range(n)]")}, None),
    "no_check": ({**ALL, "squares": NO_CHECK}, None),
    "raises": ({**ALL, "squares": "def squares(n):\n    return nowhere"}, None),
    "no_python": ({**ALL, "squares": "def squares(n:"}, None),
    "not_called": ({**ALL, "sum_of_squares": NOT_CALLED}, None),
    "essays_only": ({key: ALL[key] for key in ("part-a", "sum_of_squares_equation")}, None),
    "test_deleted": (ALL, _drop("correct_squares")),
    "answer_deleted": (ALL, _drop("squares")),
    "exits": ({**ALL, "sum_of_squares": "import sys\nsys.exit()"}, None),
    "arrays": ({**ALL, "squares": ARRAYS}, None),
}
"""What each student types, by grade id, and what is done to the first notebook."""


def nbgrader(course: Path, *arguments: str) -> None:
    """Run an nbgrader command in a course."""
    run_nbgrader(course, course.parent / "exchange", *arguments)


def make_course(folder: Path, students: dict[str, Any] | None = None) -> Path:
    """Make the course with its class and return its folder; nothing is graded yet."""
    nbgrader(folder, "quickstart", "course")
    course = folder / "course"
    nbgrader(course, "generate_assignment", NAME)
    for student, (answers, spoil) in (students or CLASS).items():
        hand_in(course, student, answers, spoil)
    return course


def hand_in(
    course: Path,
    student: str,
    answers: dict[str, str],
    spoil: Callable[[NotebookNode], None] | None = None,
    timestamp: str = "2026-02-03 15:00:00 UTC",
) -> Path:
    """Put a student's work into ``submitted/``."""
    folder = course / "submitted" / student / NAME
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course / "release" / NAME, folder)
    for name in ("problem1", "problem2"):
        path = folder / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(grade_id, cell.source)
        if spoil is not None and name == "problem1":
            spoil(notebook)
        nbformat.write(notebook, path)
    (folder / "timestamp.txt").write_text(timestamp)
    return folder


class Said(NamedTuple):
    """What the gradebook says of a cell."""

    auto: float | None
    manual: float | None
    waits: bool
    comment: str | None = None


def read_grades(address: str, assignment: str) -> dict[tuple[str, ...], Said]:
    """Return what a gradebook says of every cell and comment of an assignment."""
    said: dict[tuple[str, ...], Said] = {}
    with Gradebook(address) as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            key = (submission.student_id, "late")
            said[key] = Said(submission.total_seconds_late, None, False)
            for notebook in submission.notebooks:
                where = (submission.student_id, notebook.name)
                for grade in notebook.grades:
                    said[*where, grade.name] = Said(
                        grade.auto_score, grade.manual_score, bool(grade.needs_manual_grade)
                    )
                for comment in notebook.comments:
                    said[*where, comment.name, "comment"] = Said(None, None, False, comment.comment)
    return said


def grades_of(course: Path, assignment: str = NAME) -> dict[tuple[str, ...], Said]:
    """Return what a course's own gradebook says."""
    return read_grades(f"sqlite:///{course / 'gradebook.db'}", assignment)


def only(*students: str) -> list[str]:
    """Return the options with which a grader grades these students alone."""
    return [word for student in students for word in ("--student", student)]


def copied(course: Path, folder: Path) -> Path:
    """Return a copy of a course."""
    shutil.copytree(course, folder / "course")
    return folder / "course"


# --- what stock nbgrader makes of the class

STOCK = Path(__file__).with_name("quickstart_stock.json")
"""What was measured: ``python -m tests.sandgrader.quickstart FOLDER`` measures it again."""


class Measured(NamedTuple):
    """What a version of nbgrader gives the class, and the files that it leaves with their modes."""

    nbgrader: str
    grades: dict[tuple[str, ...], Said]
    files: list[tuple[str, str]]


def mend_a_test(course: Path) -> None:
    """Change a test of the assignment, and take the change into the gradebook."""
    source = course / "source" / NAME / "problem1.ipynb"
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "squares_invalid_input":
            cell.source = "assert squares(1)"
    nbformat.write(notebook, source)
    nbgrader(course, "generate_assignment", NAME, "--force")


def files_of(course: Path) -> list[tuple[str, str]]:
    """Return the paths and modes of all files in ``autograded/``."""
    return sorted(
        (path.relative_to(course).as_posix(), oct(path.stat().st_mode))
        for path in (course / "autograded").rglob("*")
        if path.is_file()
    )


def measure(course: Path) -> Measured:
    """Have stock nbgrader grade a course with the class's submissions."""
    nbgrader(course, "autograde", NAME)
    return Measured(version("nbgrader"), grades_of(course), files_of(course))


def read_measured() -> Measured:
    """Return what was measured when it was stored."""
    stored = json.loads(STOCK.read_text(encoding="utf-8"))
    grades = {tuple(key): Said(*said) for key, said in stored["grades"]}
    return Measured(stored["nbgrader"], grades, [(path, mode) for path, mode in stored["files"]])


def store(measured: Measured) -> None:
    """Write what was measured, a line for each cell and file."""
    lines = {
        "grades": [json.dumps([key, said]) for key, said in sorted(measured.grades.items())],
        "files": [json.dumps(file) for file in measured.files],
    }
    parts = [f'"nbgrader": {json.dumps(measured.nbgrader)}']
    for name, items in lines.items():
        parts.append(f'"{name}": [\n' + ",\n".join(items) + "\n]")
    STOCK.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    store(measure(make_course(Path(sys.argv[1]))))
