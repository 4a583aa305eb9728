"""What a small course of the corpus is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, Literal

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

Notebooks = dict[str, NotebookNode]
"""Notebooks of one folder, by name."""


def _untouched(notebooks: Notebooks) -> None:
    pass


def _nothing(course: Path) -> None:
    pass


@dataclass(frozen=True)
class Work:
    """What one student hands in, as changes of the release."""

    answers: dict[str, str] = field(default_factory=dict)
    """Sources by grade id."""
    solved: bool = True
    """Whether answers that aren't named are the solutions; otherwise they are left as they were."""
    change: Callable[[Notebooks], None] = _untouched
    """What else is done to the notebooks."""
    files: dict[str, str | bytes] = field(default_factory=dict)
    """Files beside the notebooks, by path."""
    without: tuple[str, ...] = ()
    """Files of the release that aren't handed in."""
    timestamp: str = ""
    """When it was handed in, as nbgrader's ``timestamp.txt`` has it."""


RIGHT, NOTHING = Work(), Work(solved=False)


def types(**answers: str) -> Work:
    """Return the work of somebody who answers some questions in a way of their own."""
    return Work({name: _source(typed) for name, typed in answers.items()})


@dataclass(frozen=True)
class Case:
    """A small course, and what is to come out of it."""

    name: str
    story: str
    """What of nbgrader's documentation or of instructors' practice it stands for: a line."""
    notebooks: dict[str, list[NotebookNode]]
    """The source notebooks' cells, by name."""
    others: dict[str, Work] = field(default_factory=dict)
    """Students besides ``right``, who hands the solutions in, and ``nothing``, who is idle."""
    usual: bool = True
    """Whether ``right`` and ``nothing`` are among the students."""
    config: str = ""
    """Lines of ``nbgrader_config.py``."""
    files: dict[str, str | bytes] = field(default_factory=dict)
    """Files of the course by path; ``{course}`` and ``{python}`` in a text are put in."""
    prepare: Callable[[Path], None] = _nothing
    """What else is made in the course's folder before its assignment is generated."""
    assignment: str = "ps1"
    kernel: str = "python3"
    language: str = "python"
    due: str = ""
    """The assignment's due date."""
    options: tuple[str, ...] = ()
    """Options of the grader's command."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables of the grader's own environment; ``{course}`` is put in."""
    by_hand: dict[str, tuple[float, float, str]] = field(default_factory=dict)
    """Score, extra credit and comment that a person gives after the first grading, by
    ``student/notebook/cell``."""
    again: dict[str, Work] = field(default_factory=dict)
    """What is handed in once more, after the first grading and what is done by hand."""
    outputs: bool = False
    """Whether the kinds of all cells' outputs are compared too: somebody reads them."""
    refused: str = ""
    """Words (a regular expression) of the refusal where the grader rightly grades nothing."""
    slow: bool = False
    """Whether it is left to the night: it waits, or moves much."""
    differs: dict[str, Any] = field(default_factory=dict)
    """What the grader gives where that is meant to differ from nbgrader's."""
    why: str = ""
    """Why it differs, or why it is refused."""
    said: str = ""
    """A regular expression for what the summary has to say."""

    @property
    def students(self) -> dict[str, Work]:
        """Everybody's work, by student."""
        usual = {"right": RIGHT, "nothing": NOTHING} if self.usual else {}
        return {**usual, **self.others}

    @property
    def steps(self) -> int:
        """How often it is graded."""
        return 2 if self.by_hand or self.again else 1


# --- cells


def _source(text: str) -> str:
    return dedent(text).strip()


def _said(name: str, *, points: float | None = None, **flags: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "grade": False,
        "grade_id": name,
        "locked": False,
        "schema_version": 3,
        "solution": False,
        "task": False,
        **flags,
    }
    return said if points is None else {**said, "points": points}


def code(source: str, **metadata: Any) -> NotebookNode:
    """Return a code cell that is given and that students may edit."""
    return new_code_cell(_source(source), metadata=metadata)


def text(source: str, **more: Any) -> NotebookNode:
    """Return a cell of text that isn't graded."""
    return new_markdown_cell(_source(source), **more)


def locked(name: str, source: str) -> NotebookNode:
    """Return a given code cell that students may only read."""
    return code(source, nbgrader=_said(name, locked=True))


def answer(name: str, solution: str, frame: str = "{}") -> NotebookNode:
    """Return an answer that a machine grades; ``frame`` is what students see around a solution."""
    (before,) = (line for line in frame.splitlines() if line.strip() == "{}")
    marked = f"### BEGIN SOLUTION\n{_source(solution)}\n### END SOLUTION"
    return stub(name, frame.replace(before, indent(marked, before.removesuffix("{}"))))


def stub(name: str, source: str) -> NotebookNode:
    """Return an answer of which the source has what students get, and no solution."""
    return code(source, nbgrader=_said(name, solution=True))


def check(name: str, source: str, points: float = 2.0) -> NotebookNode:
    """Return a cell of tests."""
    return code(source, nbgrader=_said(name, points=points, grade=True, locked=True))


def hidden(source: str) -> str:
    """Return tests that students don't see."""
    return f"### BEGIN HIDDEN TESTS\n{_source(source)}\n### END HIDDEN TESTS"


def written(
    name: str, solution: str, points: float = 3.0, kind: Literal["code", "markdown"] = "markdown"
) -> NotebookNode:
    """Return an answer that a person grades."""
    make = new_code_cell if kind == "code" else new_markdown_cell
    source = _source(solution)
    if kind == "code":
        source = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
    said = _said(name, points=points, grade=True, solution=True)
    return make(source, metadata={"nbgrader": said})


def task(name: str, source: str, points: float = 4.0) -> NotebookNode:
    """Return a task that a person grades, whatever cells students put under it."""
    said = _said(name, points=points, task=True, locked=True)
    return new_markdown_cell(_source(source), metadata={"nbgrader": said})


def one(*cells: NotebookNode) -> dict[str, list[NotebookNode]]:
    """Return an assignment of one notebook."""
    return {"one": list(cells)}


# --- what students do to cells


def place(cells: list[NotebookNode], name: str) -> int:
    """Return the place of the cell with the grade id ``name``."""
    return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells].index(name)


def change_one(change: Callable[[list[NotebookNode]], object]) -> Work:
    """Return who has everything right and does something to the cells of the notebook ``one``."""

    def of_one(notebooks: Notebooks) -> None:
        change(notebooks["one"].cells)

    return Work(change=of_one)


def own_cell(source: str) -> NotebookNode:
    """Return a code cell of a student's own."""
    return new_code_cell(_source(source), id="of-my-own")
