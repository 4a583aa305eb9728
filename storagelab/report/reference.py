"""What is right: the reference answers of a course, which this package itself doesn't have.

They are read off the instructor's notebooks in ``source/``, by which the class was graded, and
where these have none, computed by ``notebooks/keys.py`` of the checkout around the course.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandgrader.report.course import SOURCE, Course
from storagelab.parts import PARTS
from storagelab.report.notebooks import literal, read_answers
from storagelab.tracks import Track


@dataclass(frozen=True)
class Reference:
    """What the reference solution of one part answers.

    The right options before the evidence and in the conclusion's changed case, and the decisions
    of the least cost by variant of the track's numbers, as far as they can be read.
    """

    prediction: str
    conclusion: str
    least: Mapping[int, dict[str, Any]] = field(default_factory=dict)


def read_reference(course: Course, track: Track) -> dict[str, Reference]:
    """Return the right options by part; a part without a known answer is left out."""
    found = {}
    for part in PARTS.values():
        cells = read_answers(course.folder(SOURCE, ".", track.name) / f"{part.stem}.ipynb")
        prediction = literal(cells.get("lock", ""), "prediction")
        conclusion = literal(cells.get("conclude", ""), "conclusion")
        if isinstance(prediction, str) and isinstance(conclusion, str):
            # the solution's is that of the book's numbers; the hidden test knows every variant's
            decision = literal(cells.get("decide", ""), "decision")
            least = literal(cells.get("decide-test", ""), "best")
            if not isinstance(least, dict):
                least = {0: decision} if isinstance(decision, dict) else {}
            found[part.name] = Reference(prediction, conclusion, least)
    return found or _computed(course, track)


def _computed(course: Course, track: Track) -> dict[str, Reference]:
    from storagelab.course.generate import load_keys
    from storagelab.course.layout import find_layout

    try:
        keys = load_keys(find_layout(course.root)).KEYS
    except (FileNotFoundError, AttributeError):
        return {}
    found = {}
    for name, key in keys.items():
        answers = key(track)
        # looking for the cheapest decision of all takes too long for a report
        found[name] = Reference(answers["prediction"], answers["conclusion"], {})
    return found
