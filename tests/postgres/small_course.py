"""A course that is graded in seconds: one notebook, three students, every score known."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ASSIGNMENT, NOTEBOOK = "sums", "sums"

TESTS = {
    "double-test": ("assert double(4) == 8", 2.0),
    "half-test": ("assert half(4) == 2", 3.0),
}
RIGHT = {"double": "def double(n):\n    return 2 * n", "half": "def half(n):\n    return n / 2"}
WRONG = {"double": "def double(n):\n    return n", "half": "raise RuntimeError('not done')"}

STUDENTS = {
    "all_right": RIGHT,
    "half_done": {**RIGHT, "half": WRONG["half"]},
    "none_right": WRONG,
}
SCORES = {
    "all_right": {"double-test": 2.0, "half-test": 3.0},
    "half_done": {"double-test": 2.0, "half-test": 0.0},
    "none_right": {"double-test": 0.0, "half-test": 0.0},
}

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "small"
c.CourseDirectory.db_url = {url!r}
c.ExecutePreprocessor.timeout = 60
"""


def lay_out(folder: Path, url: str) -> Path:
    """Make the course in ``folder``, its gradebook at ``url``, everybody's work handed in."""
    write_source(folder)
    (folder / "nbgrader_config.py").write_text(CONFIG.format(url=url), encoding="utf-8")
    for name, work in STUDENTS.items():
        write_work(work, folder / "submitted" / name / ASSIGNMENT)
    return folder


def write_source(course: Path) -> None:
    """Write the instructor's version of the assignment into ``course``."""
    solved = {name: f"### BEGIN SOLUTION\n{code}\n### END SOLUTION" for name, code in RIGHT.items()}
    write_work(solved, course / "source" / ASSIGNMENT)


def write_work(work: dict[str, str], folder: Path) -> None:
    """Write a notebook with ``work`` in its answer cells into ``folder``."""
    cells = []
    for name, (test, (code, points)) in zip(work, TESTS.items(), strict=True):
        cells += [_cell(name, work[name]), _cell(test, code, points=points)]
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")


def _cell(name: str, source: str, points: float | None = None) -> nbformat.NotebookNode:
    cell = new_code_cell(source, id=name)
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": points is not None,
        "locked": points is not None,
        "solution": points is None,
        "task": False,
    }
    if points is not None:
        cell.metadata["nbgrader"]["points"] = points
    else:
        cell.metadata["nbgrader"]["cell_type"] = "code"
    return cell
