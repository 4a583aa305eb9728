"""The decision that is nearest to a target that none meets, and by how much it misses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from storagelab.course.lessons.lesson import Lesson
from storagelab.parts import AnyOutcome
from storagelab.schema import Value


def money(lesson: Lesson, cost: float) -> str:
    """Return a cost as the track's people write it."""
    return lesson.part.costs.amount(lesson.track, cost)


def settings_of(outcome: AnyOutcome) -> dict[str, Value]:
    """Return an outcome's settings, SI by name."""
    return {name: getattr(outcome.settings, name) for name in outcome.settings.__dataclass_fields__}


def nearest(lesson: Lesson) -> AnyOutcome:
    """Return the decision that misses the fewest limits, and of these by the least."""
    every = (lesson.grid.at(place) for place in np.ndindex(*lesson.grid.shape))
    return min(every, key=lambda outcome: _distance(lesson, outcome))


def _distance(lesson: Lesson, outcome: AnyOutcome) -> tuple[int, float]:
    return len(outcome.unmet), sum(_excess(outcome, name) for name in outcome.unmet)


_MEASURES: Mapping[str, Callable[[AnyOutcome], float]] = {
    "utilization": lambda outcome: outcome.target_utilization / max(outcome.utilization, 1e-9),
    "reach": lambda outcome: outcome.reach_target / max(outcome.reach, 1e-9),
    "misses": lambda outcome: outcome.misses / max(outcome.misses_limit, 1e-9),
    "skips": lambda outcome: outcome.skips / max(outcome.skips_limit, 1e-9),
    "budget": lambda outcome: outcome.cost / outcome.budget,
    "load": lambda outcome: outcome.load_time / outcome.load_limit,
    "room": lambda outcome: outcome.settings.cache / outcome.cache_limit,
    "storage": lambda outcome: outcome.storage_share / outcome.storage_limit,
    "wear": lambda outcome: outcome.life_target / outcome.life,
}
"""By how many times a limit is missed."""


def _excess(outcome: AnyOutcome, limit: str) -> float:
    """Return the logarithm of how many times a limit is missed, to add one to another."""
    measure = _MEASURES.get(limit)
    return math.log(max(measure(outcome), 1.0)) if measure else 1.0


def misses_by(lesson: Lesson, outcome: AnyOutcome) -> list[str]:
    """Return what a decision misses and by how much, as in ``utilisation (94%, at least 95%)``."""
    lines = {line.name: line.goal for line in lesson.part.goals(lesson.track, outcome)}
    told = []
    for name in outcome.unmet:
        goal, label = lines.get(name), lesson.part.limit(name).label
        told.append(f"{label} ({goal.now}, {goal.asked})" if goal else label)
    return told
