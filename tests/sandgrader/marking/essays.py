"""A small course of essays, handed in and graded by machine, made without running nbgrader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Base, Gradebook
from sqlalchemy import create_engine

ASSIGNMENT, NOTEBOOK = "essays", "one"
TASK, TEXT, CODE = "reflect", "why", "double"
STUDENTS = ("ann", "bob", "cleo", "dan")
SCHEME = """\
### BEGIN MARK SCHEME
- **6 points**: says why, *with a number*.
- **3 points**: says why.
    - or half of it
- **0 points**: nothing of that.
### END MARK SCHEME"""
QUESTION = f"## Reflect\n\nWhy is it slow?\n\n{SCHEME}"
HOSTILE = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
    "<style>body { display: none }</style> [here](javascript:alert(1)) **plain**"
)
PENALTY = 0.5
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "essays"
"""


def _nbgrader(grade_id: str, **what: object) -> dict[str, object]:
    known = {"grade": False, "solution": False, "task": False, "locked": False}
    return {"nbgrader": {"grade_id": grade_id, "schema_version": 3, **known, **what}}


def answered(text: str, hidden: str = "") -> nbformat.NotebookNode:
    """Return a student's graded notebook with ``text`` in the place of each answer."""
    task = _nbgrader(TASK, task=True, locked=True, points=6)
    why = _nbgrader(TEXT, grade=True, solution=True, points=3)
    code = _nbgrader(CODE, grade=True, solution=True, points=20)
    return new_notebook(
        cells=[
            new_markdown_cell(f"## Reflect\n\nWhy is it slow?\n\n{hidden}", metadata=task),
            new_code_cell('print("Which disk?")', metadata=_nbgrader("shows", locked=True)),
            new_code_cell(
                f'reflection = """\n{text}\n"""\nprint(len(reflection))',
                outputs=[new_output("stream", name="stdout", text="80\n")],
            ),
            new_markdown_cell("Say *why*.", metadata=_nbgrader("asks", locked=True)),
            new_markdown_cell(text, metadata=why),
            new_markdown_cell("Write `double`."),
            new_code_cell(f"def double(x):\n    return {text!r}", metadata=code),
        ]
    )


def make_course(folder: Path, texts: dict[str, str] | None = None) -> Path:
    """Make the course in ``folder``, with what each student wrote, and return it."""
    course = folder / "course"
    source = course / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIG)
    nbformat.write(answered("The reference.", SCHEME), source / f"{NOTEBOOK}.ipynb")
    where = (NOTEBOOK, ASSIGNMENT)
    engine = create_engine(address(course))
    Base.metadata.create_all(engine)  # else nbgrader starts a program to ask for their version
    engine.dispose()
    with Gradebook(address(course), course_id="essays") as gradebook:
        gradebook.add_assignment(ASSIGNMENT)
        gradebook.add_notebook(*where)
        gradebook.add_task_cell(TASK, *where, max_score=6, cell_type="markdown")
        gradebook.add_source_cell(TASK, *where, cell_type="markdown", source=QUESTION)
        for name, points, kind in ((TEXT, 3, "markdown"), (CODE, 20, "code")):
            gradebook.add_grade_cell(name, *where, max_score=points, cell_type=kind)
            gradebook.add_solution_cell(name, *where)
        # what a machine grades alone is nobody's to mark
        gradebook.add_grade_cell("test", *where, max_score=2, cell_type="code")
        for student, text in (texts or {name: f"{name}: seeks" for name in STUDENTS}).items():
            hand_in(course, gradebook, student, text)
    return course


def hand_in(course: Path, gradebook: Gradebook, student: str, text: str) -> None:
    """Put a student's graded work into the course."""
    folder = course / "autograded" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(answered(text, SCHEME), folder / f"{NOTEBOOK}.ipynb")
    gradebook.add_student(student)
    submission = gradebook.add_submission(ASSIGNMENT, student)
    submission.notebooks[0].late_submission_penalty = PENALTY
    test = gradebook.find_grade("test", NOTEBOOK, ASSIGNMENT, student)
    test.auto_score, test.needs_manual_grade = 2.0, False
    gradebook.db.commit()


def address(course: Path) -> str:
    """Return where the course's gradebook is."""
    return f"sqlite:///{course / 'gradebook.db'}"


@contextmanager
def formgrader(course: Path, grade_id: str) -> Iterator[tuple[Any, Any]]:
    """Give nbgrader's own grade and comment, and keep what is changed in them."""
    with Gradebook(address(course)) as gradebook:
        grade = gradebook.find_grade_by_id(grade_id)
        place = (grade.name, NOTEBOOK, ASSIGNMENT, grade.student.id)
        yield grade, gradebook.find_comment(*place)
        gradebook.db.commit()
