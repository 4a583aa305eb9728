"""What settings come to by the model: a ledger's own word for it isn't taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from storagelab.parts import PARTS, AnyPart, Outcome, Part
from storagelab.parts.answers import read_answer
from storagelab.parts.part import OutcomeT, SettingsT
from storagelab.tracks import Track, load_track

RUN, DECISION = "run", "decision"


@dataclass(frozen=True)
class Point:
    """What some settings come to."""

    cost: float
    useful: float
    missed: tuple[str, ...]


def target(track: Track, part: str) -> float | None:
    """Return the useful share that a part asks for, or None where it sets no such target."""
    return PARTS[part].useful_share.target(track)


def _point(part: AnyPart, outcome: Outcome) -> Point:
    return Point(float(outcome.cost), float(part.useful_share.of(outcome)), outcome.unmet)


Judge = Callable[[str, str, dict[str, Any]], Point | None]
"""From a part, ``run`` or ``decision``, and settings in a student's units, to where they lie."""


def own_track(name: str, variant: int) -> Track | None:
    """Return a track with the numbers of a variant, or None where there is no such variant."""
    try:
        return load_track(name, variant)
    except ValueError:
        return None


@cache
def judge(track_name: str, variant: int = 0) -> Judge:
    """Return what gives the point of a part's ``run`` or ``decision``; None for no such thing.

    It is computed with the numbers of the track's ``variant``, 0 for the book's; one that there
    isn't gives no point at all. Many students have the same settings, and each is computed once.
    """
    track = own_track(track_name, variant)
    if track is None:
        return lambda part, kind, said: None

    @cache
    def of(part_name: str, kind: str, settings: str) -> Point | None:
        part = PARTS[part_name]
        try:
            said = json.loads(settings)
            outcome = _run(track, part, said) if kind == RUN else part.judge(track, said)
            return _point(part, outcome)
        except (ValueError, TypeError, KeyError, OverflowError, ArithmeticError):
            return None

    def point(part: str, kind: str, said: dict[str, Any]) -> Point | None:
        try:
            return of(part, kind, json.dumps(said, sort_keys=True))
        except (TypeError, ValueError, RecursionError):  # what JSON has no word for
            return None

    return point


def _run(track: Track, part: Part[SettingsT, OutcomeT], said: dict[str, Any]) -> OutcomeT:
    """Return the outcome of a recorded run, which has the settings that aren't decided too."""
    controls = part.of(track).controls
    given = {item.name: said[item.answer] for item in controls if not item.decided}
    decided = {key: value for key, value in said.items()
               if key not in {item.answer for item in controls if not item.decided}}  # fmt: skip
    values = read_answer(controls, decided)
    for item in controls:
        if item.name in given and given[item.name] in item.values:
            values[item.name] = item.to_si(given[item.name])
    return part.run(track, values)
