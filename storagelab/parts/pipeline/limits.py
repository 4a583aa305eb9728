"""What a decision of part 2 can miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.formatting import (
    budget_goal,
    budget_sentence,
    busy_goal,
    busy_sentence,
    inside,
)
from storagelab.parts.limits import Figures, Goal, Limit

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome
    from storagelab.tracks import Track


def _useful_sentence(track: Track, outcome: PipelineOutcome, shown: Figures) -> str:
    """Return what a decision is told that feeds too little, or whose log keeps too little."""
    if not track.pipeline.is_log:
        return busy_sentence(track.fed, shown)
    what = "incidents" if track.pipeline.has_control("content") else f"{track.terms.samples}"
    return (
        f"Of the {what}, {shown['utilization']} can be recovered, and {shown['target']} are asked "
        f"for. What binds at your settings is {shown['binding']}."
    )


def _useful_goal(track: Track, outcome: PipelineOutcome, shown: Figures) -> Goal:
    """Return the useful share, busy time or what can be recovered, beside what is asked for."""
    if not track.pipeline.is_log:
        return busy_goal(track.fed, shown)
    what = "incidents" if track.pipeline.has_control("content") else track.terms.samples
    asked = f"at least {shown['target']}"
    return Goal(f"of the {what} can be recovered", shown["utilization"], asked)


def _load_goal(track: Track, outcome: PipelineOutcome, shown: Figures) -> Goal:
    """Return how long the load takes beside how long it may."""
    load = track.pipeline.load
    what = "" if load is None else inside(load.what.rstrip(","))
    return Goal(f"for {what}", shown["load_time"], f"at most {shown['load_limit']}")


def _load_sentence(track: Track, outcome: PipelineOutcome, shown: Figures) -> str:
    """Return how long the load takes that has to be in time."""
    load = track.pipeline.load
    what = "" if load is None else load.what
    return f"{what} takes {shown['load_time']} of the {shown['load_limit']} that it may."


LIMITS: tuple[Limit[PipelineOutcome], ...] = (
    Limit(
        name="utilization",
        label="utilisation",
        in_use=lambda track: True,
        is_missed=lambda outcome: outcome.utilization < outcome.target_utilization,
        sentence=_useful_sentence,
        goal=_useful_goal,
        once_recorded=True,
    ),
    Limit(
        name="load",
        label="the load in time",
        in_use=lambda track: track.pipeline.load is not None,
        is_missed=lambda outcome: (
            outcome.load_time is not None
            and outcome.load_limit is not None
            and outcome.load_time > outcome.load_limit
        ),
        sentence=_load_sentence,
        goal=_load_goal,
        seen=lambda track, outcome, shown: (
            [] if outcome.load_time is None else [_load_sentence(track, outcome, shown)]
        ),
    ),
    Limit(
        name="room",
        label="the room that can be had",
        in_use=lambda track: track.pipeline.cache_limit is not None,
        is_missed=lambda outcome: (
            outcome.cache_limit is not None and outcome.settings.cache > outcome.cache_limit
        ),
        sentence=lambda track, outcome, shown: (
            f"It takes {shown['cache']} of the {shown['cache_limit']} that can be had."
        ),
        goal=lambda track, outcome, shown: Goal(
            f"of {inside(track.pipeline.control('cache').label)}",
            shown["cache"],
            f"at most {shown['cache_limit']}",
        ),
    ),
    Limit(
        name="budget",
        label="the budget",
        in_use=lambda track: track.pipeline.budget is not None,
        is_missed=lambda outcome: outcome.budget is not None and outcome.cost > outcome.budget,
        sentence=lambda track, outcome, shown: budget_sentence(shown),
        goal=lambda track, outcome, shown: budget_goal(track, shown),
        once_recorded=True,
    ),
)
