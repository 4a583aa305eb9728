"""Points that a person gave, over a regrade: they stay, and are looked at again where they have to.

nbgrader keeps points and comments given by hand when it grades again, and marks every cell that has
such points as waiting for a person once more, also where nothing about it has changed. A class's
reflections would all wait again after a mended test. Here they don't, where the answer, the
machine's points and the most that there is to get are what they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandgrader.scores import Key, Scores, same_points
from sandgrader.versions import Given

Answers = dict[str, str]
"""Digests of what a student wrote, by the grade ids of answers; under the empty one of all."""


def answers_of(notebook: str | bytes) -> Answers:
    """Return what a graded notebook, as JSON, has of a student's; nothing of what is none."""
    try:
        cells = json.loads(notebook)["cells"]
        own: list[Any] = []
        found: Answers = {}
        for cell in cells:
            said = cell.get("metadata", {}).get("nbgrader") or {}
            if said.get("locked") and not said.get("solution"):
                continue
            source = cell.get("source", "")
            answer = ["".join(source), cell.get("attachments") or {}]
            own.append(answer)
            if said.get("solution") and said.get("grade_id"):
                found[said["grade_id"]] = _digest(answer)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
    return {**found, "": _digest(own)}


def _digest(answer: Any) -> str:
    return hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()[:32]


def read_answers(folder: Path, names: Iterable[str]) -> dict[str, Answers]:
    """Return what students wrote in the notebooks of a graded folder, by notebook."""
    found = {}
    for name in names:
        try:
            found[name] = answers_of((folder / f"{name}.ipynb").read_bytes())
        except OSError:
            found[name] = {}
    return found


def needs_no_second_look(
    before: Scores, after: Scores, answers: Mapping[str, tuple[Answers, Answers]], kept: Given
) -> list[Key]:
    """Return the cells that wait for a person though nothing about them has changed.

    ``answers`` are those before and after by notebook, ``kept`` what the machine gave and the most
    that there was to get when the cells were graded before, as far as that is known.
    """
    found = []
    for key, now in after.items():
        was = before.get(key)
        if was is None or was.manual is None or was.waits or not now.waits:
            continue
        most = kept.get((key.notebook, key.cell), (None, was.most))[1]
        one, other = answers.get(key.notebook, ({}, {}))
        # an answer that is graded by itself has its own text; a test or a task looks at all
        place = key.cell if key.cell in one else ""
        if (
            place in one
            and one[place] == other.get(place)
            and same_points(was.auto, now.auto)
            and same_points(most, now.most)
        ):
            found.append(key)
    return found
