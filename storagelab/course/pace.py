"""What a notebook says of a part's pace, and the rule by which its steps are planned.

The rule has rates for what a student does: reading, running a cell, choosing, moving a control,
typing. They are typical of a student who works without a pause. Earlier notebooks of this course
took somebody 21.5 and 23 minutes by the clock; with their essays of 130 words and workbenches of
250, the rule gives 19 to 21 for those.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from storagelab.labs import reflection
from storagelab.labs.texts import text_of
from storagelab.parts import AnyPart
from storagelab.parts.pace import STEPS
from storagelab.tracks import Track

WORDS_A_MINUTE = 200
"""A careful reader's speed in a text with numbers."""
WRITTEN_A_MINUTE = 22
"""Words of an argument that somebody thinks up and types."""
NOTEBOOK_WORDS = 420
"""The most that a part's notebook may have in text."""
WORKBENCH_WORDS = 150
"""The most that a workbench shows at once; it is read twice, at first and for the decision."""
REFLECTION_QUESTION_WORDS = 80
"""The most that the question at the end may have."""
RUN = 5
"""Seconds to run a cell and see that it has worked."""
CHOOSE = 25
"""Seconds to settle on one of the options, which have been read."""
TYPE = 15
"""Seconds to type a value, or a line of one's own."""
MOVE = 8
"""Seconds to move a control and see what it does."""
READ_OFF = 25
"""Seconds to find a number on an instrument."""
LINE = 40
"""Seconds to think of a line of a law and type it; reading off what is asked takes one more."""
TRIES = 5
"""Positions that somebody tries for a decision, knowing what each control does."""
TRY = 20
"""Seconds for each."""


def line(name: str) -> str:
    """Return the line that says where the student is and how many minutes are left.

    Raises ``ValueError`` for a step that there isn't.
    """
    names = [step.name for step in STEPS]
    if name not in names:
        raise ValueError(f"unknown step {name!r}; known are {', '.join(names)}")
    number = names.index(name)
    left = sum(step.minutes for step in STEPS[number:])
    return f"*{number + 1}/{len(STEPS)}, {left:.0f} minutes left*"


def words(notebook: NotebookNode, track: Track, part: AnyPart) -> int:
    """Return the words that a student of ``track`` reads in a part's notebook.

    Those of its text and those that its cells show; marks of headings and lists are none.
    """
    return sum(_words(cell, track, part) for cell in notebook.cells)


_SHOWN = re.compile(r'^part\.show\("(\w+)"\)$', re.MULTILINE)
"""How a cell shows a text with the student's own numbers."""


def shown(cell: NotebookNode, track: Track, part: AnyPart) -> str:
    """Return what a student of ``track`` reads of a cell: its text, or the texts that it shows."""
    if cell.cell_type == "markdown":
        return str(cell.source)
    return "\n\n".join(text_of(track, part, name) for name in _SHOWN.findall(cell.source))


def _words(cell: NotebookNode, track: Track, part: AnyPart) -> int:
    return sum(any(map(str.isalnum, word)) for word in shown(cell, track, part).split())


def cells_of_steps(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """Return the cells of each step by its name: from the line that announces it to the next."""
    found: dict[str, list[NotebookNode]] = {step.name: [] for step in STEPS}
    lines = {line(step.name): step.name for step in STEPS}
    now = STEPS[0].name
    for cell in notebook.cells:
        now = next((name for says, name in lines.items() if says in cell.source), now)
        found[now].append(cell)
    return found


def needed(notebook: NotebookNode, track: Track, part: AnyPart, law_lines: int) -> dict[str, float]:
    """Return the minutes that each step of a student's notebook takes by the rule, by name.

    ``law_lines`` are those of the law's solution.
    """
    content = part.of(track)
    seconds = {
        "crisis": 0.0,
        "lock": CHOOSE + 2 * TYPE,
        "workbench": MOVE * len(content.controls) + 60 * WORKBENCH_WORDS / WORDS_A_MINUTE,
        "conclude": CHOOSE + MOVE * len(content.compare) + READ_OFF + 2 * TYPE,
        "law": LINE * (law_lines + 1),
        "decide": TRY * TRIES + TYPE + 60 * WORKBENCH_WORDS / WORDS_A_MINUTE,
        "reflect": 60 * sum(reflection.WORDS) / 2 / WRITTEN_A_MINUTE,
    }
    minutes: dict[str, float] = {}
    for name, cells in cells_of_steps(notebook).items():
        read = sum(_words(cell, track, part) for cell in cells)
        ran = RUN * sum(cell.cell_type == "code" for cell in cells)
        minutes[name] = read / WORDS_A_MINUTE + (seconds[name] + ran) / 60
    return minutes
