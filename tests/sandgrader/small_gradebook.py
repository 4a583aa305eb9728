"""A course whose gradebook is filled without anything being run: what comes after grading."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from pathlib import Path

import nbgrader.api
from nbgrader.api import Gradebook
from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning

ASSIGNMENT, NOTEBOOKS = "ps1", ("one", "two")
DUE = datetime(2026, 3, 1, 12)
"""In UTC, as nbgrader keeps times."""


def make_course(folder: Path, late: dict[str, timedelta], config: str = "") -> Path:
    """Make a course, with who handed in how long after the due date (before it: negative).

    Each of two notebooks has a test with 4 points, all of which the machine gave, and an essay with
    6 points that waits for a person.
    """
    folder.mkdir(exist_ok=True)
    (folder / "nbgrader_config.py").write_text(f"c = get_config()\n{config}\n")
    path = folder / "gradebook.db"
    # with its tables there, nbgrader doesn't start a program to ask for their version
    engine = create_engine(f"sqlite:///{path}")
    nbgrader.api.Base.metadata.create_all(engine)
    engine.dispose()
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{path}") as gradebook:
        warnings.simplefilter("ignore", SAWarning)  # about how nbgrader adds a submission
        gradebook.add_assignment(ASSIGNMENT, duedate=str(DUE))
        for notebook in NOTEBOOKS:
            gradebook.add_notebook(notebook, ASSIGNMENT)
            place = (notebook, ASSIGNMENT)
            gradebook.add_grade_cell("test", *place, max_score=4, cell_type="code")
            gradebook.add_grade_cell("essay", *place, max_score=6, cell_type="markdown")
            gradebook.add_solution_cell("essay", *place)
        for student, delay in late.items():
            gradebook.add_student(student, first_name=student.title(), last_name="Ames")
            gradebook.add_submission(ASSIGNMENT, student, timestamp=DUE + delay)
            for notebook in NOTEBOOKS:
                test = gradebook.find_grade("test", notebook, ASSIGNMENT, student)
                test.auto_score, test.needs_manual_grade = 4.0, False
            gradebook.db.commit()
    return folder


def mark(course: Path, student: str, points: float = 6.0) -> None:
    """Give a student points for both essays, as formgrader does."""
    with open_gradebook(course) as gradebook:
        for notebook in NOTEBOOKS:
            essay = gradebook.find_grade("essay", notebook, ASSIGNMENT, student)
            essay.manual_score, essay.needs_manual_grade = points, False
        gradebook.db.commit()


def open_gradebook(course: Path) -> Gradebook:
    """Open a course's gradebook as nbgrader does."""
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}")
