"""What a notebook says of a part's pace, and how long its words take to read."""

from __future__ import annotations

from nbformat import NotebookNode

from storagelab.parts.pace import STEPS

WORDS_A_MINUTE = 200
"""A careful reader's speed in a text with numbers (typical)."""


def line(name: str) -> str:
    """Return the line that says where the student is and how many minutes are left.

    Raises ``ValueError`` for a step that there isn't.
    """
    names = [step.name for step in STEPS]
    if name not in names:
        raise ValueError(f"unknown step {name!r}; known are {', '.join(names)}")
    number = names.index(name)
    left = sum(step.minutes for step in STEPS[number:])
    return f"*Step {number + 1} of {len(STEPS)}. About {left:.0f} minutes left.*"


def reading_minutes(notebook: NotebookNode) -> float:
    """Return the minutes that a student needs to read a notebook's text."""
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    return words / WORDS_A_MINUTE
