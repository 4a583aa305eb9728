"""What is right: the reference answers of a course, which this package itself doesn't have.

They are read off the instructor's notebooks in ``source/``, by which the class was graded, and
where these have none, computed by ``notebooks/keys.py`` of the checkout around the course. The
solutions answer with the book's numbers; for a student's own the keys are asked that stand in the
hidden tests.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sandgrader.report.course import SOURCE, Course
from storagelab.parts import PARTS
from storagelab.report.notebooks import literal, parsed, read_answers
from storagelab.report.outcomes import own_track
from storagelab.tracks import Track

Key = Callable[[Track], Mapping[str, Any]]
"""From a track, with whose numbers it may be, to the answers of a part."""
Options = Callable[[int], tuple[str | None, str | None]]
"""From a variant to the right options before the evidence and after it, as far as known."""


@dataclass(frozen=True)
class Reference:
    """What the reference solution of one part answers.

    By variant of the track's numbers: the right options before the evidence and in the
    conclusion's changed case, and the decisions of the least cost, as far as they can be read.
    """

    options: Options
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
            key = _keys_in(cells.get("conclude-test", "")).get(part.name)
            options = _options(track.name, key, (prediction, conclusion))
            found[part.name] = Reference(options, least)
    return found or _computed(course, track)


def _keys_in(test: str) -> Mapping[str, Key]:
    """Return the keys by part that a hidden test of the course's own has; none where it has none.

    Its definitions are run, and nothing of what it does with answers.
    """
    definitions: list[ast.stmt] = [
        line
        for line in parsed(test) or ()
        if isinstance(line, ast.Import | ast.ImportFrom | ast.FunctionDef)
        or (
            isinstance(line, ast.Assign)
            and all(isinstance(item, ast.Name) and item.id.isupper() for item in line.targets)
        )
    ]
    room: dict[str, Any] = {"__name__": "keys"}
    try:
        exec(compile(ast.Module(definitions, []), "source", "exec"), room)
    except Exception:  # made for another version of this package
        return {}
    keys = room.get("KEYS")
    return keys if isinstance(keys, dict) else {}


def _options(name: str, key: Key | None, book: tuple[str, str] | None) -> Options:
    """Return what gives the right options of a part; ``book`` has those of variant 0."""

    @cache
    def of(variant: int) -> tuple[str | None, str | None]:
        if not variant and book:
            return book
        track = own_track(name, variant)
        if track is not None and key is not None:
            try:
                answers = key(track)
                return answers["prediction"], answers["conclusion"]
            except Exception:  # a course's own code
                pass
        return None, None

    return of


def _computed(course: Course, track: Track) -> dict[str, Reference]:
    from storagelab.course.generate import load_keys
    from storagelab.course.layout import find_layout

    try:
        keys = load_keys(find_layout(course.root)).KEYS
    except (FileNotFoundError, AttributeError):
        return {}
    found = {}
    for name, key in keys.items():
        # looking for the cheapest decision of all takes too long for a report
        found[name] = Reference(_options(track.name, key, None), {})
    return found
