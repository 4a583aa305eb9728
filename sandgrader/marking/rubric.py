"""What a question asks, by what it is marked, and the points that there are to choose from.

All of it is the instructor's: from the gradebook, which keeps a task with its mark scheme, and from
the notebooks in ``source/``. Nothing is read from a student's copy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandgrader.marking.notebooks import Cell, read_cells
from sandgrader.regions import Regions, strip_regions, within_regions

_LEVEL = re.compile(
    r"^[\s>*+_-]*(\d+(?:[.,]\d+)?)[*_]*\s*(?:points?|pts?|marks?)\b", re.IGNORECASE | re.MULTILINE
)
"""How a mark scheme's line begins that says what earns some points: ``- **3 points**: ...``."""
MOST_DIGIT = 9
"""The most points that have a key of their own."""
STEPS = 5
"""Even steps up to all points, where these have no keys and no scheme names any."""


@dataclass(frozen=True)
class Rubric:
    """A question and how it is marked; texts are Markdown."""

    question: str
    scheme: str
    """The mark scheme; empty where there is none."""
    solution: str
    """The reference solution; empty where there is none, as for a task."""
    in_code: bool
    """Whether the solution is code."""
    levels: tuple[float, ...]
    """The points that the scheme names, from the least."""


def read_rubric(cell: str, is_task: bool, task: str, source: Path, regions: Regions) -> Rubric:
    """Return how ``cell`` is marked.

    ``task`` is what the gradebook keeps of it, ``source`` the instructor's notebook.
    """
    if is_task:
        question, _ = strip_regions(task, regions)
        scheme = within_regions(task, regions)
        return Rubric(question, scheme, "", False, levels_in(scheme))
    cells = read_cells(source)
    place = next((at for at, item in enumerate(cells) if item.grade_id == cell), None)
    if place is None:
        return Rubric("", "", "", False, ())
    asked = _before(cells, place)
    whole = "\n\n".join(item.source for item in asked)
    scheme = within_regions(whole, regions)
    return Rubric(
        strip_regions(whole, regions)[0],
        scheme,
        cells[place].source,
        cells[place].kind == "code",
        levels_in(scheme),
    )


def _before(cells: Sequence[Cell], place: int) -> list[Cell]:
    """Return the cells of text right before an answer's, which ask for it."""
    first = place
    while first and cells[first - 1].kind == "markdown" and not cells[first - 1].marked:
        first -= 1
    return list(cells[first:place])


def levels_in(scheme: str) -> tuple[float, ...]:
    """Return the points that a mark scheme names at the beginning of its lines, sorted."""
    return tuple(sorted({float(found.replace(",", ".")) for found in _LEVEL.findall(scheme)}))


def choices(most: float, levels: Sequence[float]) -> list[float]:
    """Return the points that a key or a button gives, sorted.

    They are all whole points where a digit is enough for them, else those that the rubric names,
    else even steps.
    """
    named = [level for level in levels if 0 <= level <= most]
    if most <= MOST_DIGIT and most == int(most):
        return sorted({*map(float, range(int(most) + 1)), *named})
    if named:
        return sorted({0.0, most, *named})
    return [most * step / STEPS for step in range(STEPS + 1)]


def keys(points: Sequence[float]) -> list[str]:
    """Return the key of each of :func:`choices`: the points themselves, or which one it is.

    Points that no key is left for have an empty one.
    """
    if points and points[-1] <= MOST_DIGIT and points[-1] == int(points[-1]):
        return [str(int(item)) if item == int(item) else "" for item in points]
    return [str(at) if at <= MOST_DIGIT else "" for at in range(len(points))]
