"""What an answer shows that a student has missed, in the misconception's words and own numbers.

Feedback is made of these sentences. None holds an answer: they speak of what the student typed,
of what the model says of that, and of what everybody sees at the start. How far a cost or a
waste is from the least is said in wide steps, and the least itself never. What a part alone can
say is in its folder, in a class of its own of :class:`Misconceptions`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import msgspec

from storagelab.parts.part import OutcomeT, Part, SettingsT
from storagelab.parts.scoring import DEAR_COST
from storagelab.units import format_share, significant

if TYPE_CHECKING:
    from storagelab.tracks import Track

CLOSE = 2
"""Times the tolerance within which a number that is off is called close."""
ANOTHER_UNIT = (8, 24, 60, 100, 1000, 1024, 3600, 86400, 1e6)
"""Factors between units that are taken for one another."""


class Conclusion(msgspec.Struct, frozen=True):
    """What a student concluded, and what was locked before the evidence."""

    option: str
    number: float
    locked: str = ""
    """The option in the ledger; empty where there is none."""
    confidence: float = 0.0


class Misconceptions(ABC):
    """What one part holds against a wrong conclusion."""

    @abstractmethod
    def evidence(self, track: Track, said: Conclusion) -> str:
        """Return the numbers to hold against the idea behind a wrong conclusion."""

    @abstractmethod
    def at_the_start(self, track: Track) -> dict[float, str]:
        """Return numbers of the start that are taken for the one after the change."""

    def how_to_read(self, change: str, track: Track) -> str:
        """Return how the number is read off the workbench, where ``change`` is what is changed."""
        return f"Put everything back to the start, then change one thing: {change}."

    def own_slip(self, number: float, right: float, near: float) -> str:
        """Return what is said of a slip that only this part's number invites; empty for none."""
        return ""


def refuted(track: Track, part: Part[SettingsT, OutcomeT], said: Conclusion) -> str:
    """Return the idea behind a wrong conclusion, and the numbers to hold against it."""
    option = part.of(track).question.option(said.option)
    sentences = [
        f"You concluded {said.option!r}: “{part.words(track, option.text)}” The idea behind it: "
        f"“{option.belief}”."
    ]
    if said.locked == said.option and part.changed_case:
        sentences.append("It is what you locked, of another case: what has changed since?")
    elif said.locked == said.option:
        sentences.append(
            f"You were {format_share(said.confidence)} sure of it before the evidence, and have "
            "held on to it."
        )
    return " ".join([*sentences, part.misconceptions.evidence(track, said)])


def misread(
    track: Track,
    part: Part[SettingsT, OutcomeT],
    name: str,
    number: float,
    right: float,
    near: float,
) -> str:
    """Return what seems to be wrong with a number that was read off.

    ``right`` is the number itself, which isn't said, and ``near`` the share that it may be off.
    """
    own = part.misconceptions
    lead = f"`{name}`: {significant(number, 4)} isn't what the workbench shows."
    again = own.how_to_read(part.of(track).compare_words.rstrip(","), track)
    if abs(number / right - 1) <= CLOSE * near:
        return f"{lead} It is close: read it off more exactly. {again}"
    for value, what in own.at_the_start(track).items():
        if math.isclose(number, value, rel_tol=near):
            return f"{lead} That is {what}. {again}"
    slip = own.own_slip(number, right, near)
    if slip:
        return f"{lead} {slip}"
    for factor in ANOTHER_UNIT:
        if any(math.isclose(number * by, right, rel_tol=near) for by in (factor, 1 / factor)):
            return f"{lead} It looks like another unit: {part.asked(track).unit} are asked for."
    return f"{lead} {again}"


def missed_targets(track: Track, part: Part[SettingsT, OutcomeT], outcome: OutcomeT) -> list[str]:
    """Return a sentence or two for each target that a decision misses, with its own numbers."""
    told, shown = part.of(track).unmet, part.figures(track, outcome)
    return [
        f"{told.get(name, 'Your decision misses a target.')} "
        f"{part.limit(name).sentence(track, outcome, shown)}".strip()
        for name in outcome.unmet
    ]


def too_dear(track: Track, part: Part[SettingsT, OutcomeT], outcome: OutcomeT, times: float) -> str:
    """Return what is said of a decision that meets its targets at ``times`` the least cost."""
    if times <= 2:
        dear = "up to twice what would do"
    elif times <= DEAR_COST:
        dear = "two to five times what would do"
    else:
        dear = "more than five times what would do"
    most = max(outcome.costs, key=lambda name: float(outcome.costs[name]))
    item = part.costs.items(track)[most]
    of_it = format_share(outcome.costs[most] / outcome.cost)
    return (
        f"Your decision meets every target, and costs {part.costs.phrase(track, outcome.cost)}: "
        f"{dear}. The largest part of it, {of_it}, is for {item}. Which setting, moved up or down, "
        "would bring that down and still meet the targets?"
    )
