"""One part of one track as its criteria see it, and what it is to fail one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, cast

from storagelab.course.lessons.grid import Grid
from storagelab.parts import CHECKPOINT, PARTS, AnyOutcome, AnyPart
from storagelab.parts.answers import in_units
from storagelab.parts.scoring import share_for_cost, share_for_waste
from storagelab.schema import Value
from storagelab.tracks import Track

TOLERANCES = {"access": 0.1, "pipeline": 0.05, "checkpoint": 0.05}
"""How far the number of a part's conclusion may be off, as a share of it."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One criterion that a part of a track doesn't pass."""

    criterion: str
    """Its name."""
    part: str
    """The part's name."""
    says: str
    """What is wrong, by how much, and at which decision, as a sentence."""
    change: str
    """What to change, as a sentence."""
    advice: bool = False
    """Whether a track of one's own may leave it so."""

    def __str__(self) -> str:
        return f"part {PARTS[self.part].number}, {self.criterion}: {self.says} {self.change}"


class Lesson:
    """One part of one track, with what its criteria ask for: each computed once."""

    def __init__(
        self,
        track: Track,
        part: AnyPart,
        keys: ModuleType,
        decision: Mapping[str, Value] | None = None,
    ) -> None:
        """``decision``: the least-cost one, where it is known and need not be searched for."""
        self.track, self.part, self.keys = track, part, keys
        self.content = part.of(track)
        if decision is not None:
            self.best = part.judge(track, dict(decision))

    @cached_property
    def grid(self) -> Grid:
        """Every decision on the sliders."""
        return Grid(self.track, self.part)

    @cached_property
    def start(self) -> AnyOutcome:
        """What the workbench opens with."""
        return self.part.baseline(self.track)

    @cached_property
    def crisis(self) -> AnyOutcome:
        """The start after the track's turn."""
        return self.part.crisis(self.track)

    @cached_property
    def crisis_cost(self) -> float:
        """What the crisis costs at what a decision is judged at."""
        return float(self.part.crisis_cost(self.track))

    @cached_property
    def compared(self) -> AnyOutcome:
        """The crisis with the change that the conclusion asks about."""
        return self.keys.compared(self.track, self.part)

    @cached_property
    def key(self) -> Mapping[str, Any]:
        """The right prediction, conclusion and number; ``ValueError`` where there are none."""
        return cast("Mapping[str, Any]", self.keys.KEYS[self.part.name](self.track))

    @cached_property
    def place(self) -> tuple[int, ...] | None:
        """Where on the grid the least-cost decision lies; None where none meets the targets."""
        return self.grid.cheapest(self.grid.met)

    @cached_property
    def best(self) -> AnyOutcome:
        """The least-cost decision; ``ValueError`` where none meets the targets."""
        if self.place is None:
            raise ValueError("no decision on the sliders meets the targets")
        return self.grid.at(self.place)

    @cached_property
    def least(self) -> float:
        """The least cost at which the targets are met."""
        return float(self.best.cost)

    @cached_property
    def decision(self) -> dict[str, Value]:
        """The least-cost decision as a student types it."""
        return cast("dict[str, Value]", self.keys.as_decision(self.track, self.part, self.best))

    def share(self, outcome: AnyOutcome) -> float:
        """Return the share of a decision's points: for its cost and, in part 3, its interval."""
        if outcome.unmet:
            return 0.0
        share = share_for_cost(outcome.cost, self.least, self.crisis_cost)
        if self.part is CHECKPOINT:
            share = min(share, share_for_waste(self.keys.waste_ratio(self.track, outcome)))
        return share

    def words(self, text: str) -> str:
        """Return a text with the crisis's numbers in it."""
        return text.format_map(self.figures).strip()

    @cached_property
    def figures(self) -> dict[str, str]:
        """The numbers that the prose is filled with, at the crisis."""
        return self.part.figures(self.track, self.crisis)

    def fails(self, criterion: str, says: str, change: str) -> Failure:
        """Return that a criterion isn't passed."""
        return Failure(criterion=criterion, part=self.part.name, says=says, change=change)

    def said(self, settings: Mapping[str, Value]) -> str:
        """Return settings (SI, by name) as the decision that a student types."""
        decided = [item for item in self.content.controls if item.decided]
        return repr(in_units(decided, settings))
