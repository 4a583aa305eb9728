"""What a decision of part 1 can miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.formatting import (
    budget_goal,
    budget_sentence,
    busy_goal,
    busy_sentence,
    cost_words,
)
from storagelab.parts.limits import Figures, Goal, Limit

if TYPE_CHECKING:
    from storagelab.parts.access.experiment import AccessOutcome
    from storagelab.tracks import Track


def _shuffle(track: Track, outcome: AccessOutcome, shown: Figures) -> list[str]:
    if not outcome.reach_target:
        return []
    terms = track.terms
    moved = (
        f"The shuffle moves a {terms.sample} by {shown['reach']} places on average, where a full "
        f"one moves it by {shown['full_reach']}; the training asks for {shown['reach_target']}."
    )
    if not outcome.fill_time:
        return [moved]
    return [
        moved,
        f"Neighbours end up {shown['separation']} apart, and the buffer fills for "
        f"{shown['fill_time']} before the first batch.",
    ]


def _deadline(track: Track, outcome: AccessOutcome, shown: Figures) -> list[str]:
    if outcome.misses_limit is None:
        return []
    stalls = "No write is in the way of a read."
    if outcome.stall_fraction:
        left = (
            f"a read can wait {shown['slack']} beside its own time"
            if outcome.slack
            else "no read has a moment to wait"
        )
        stalls = (
            f"Writes keep the device busy {shown['stall_fraction']} of the time, for up to "
            f"{shown['stall_time']}, and {left}."
        )
    late = f"{shown['misses']} {track.terms.steps} an hour come too late"
    return [stalls, f"{late}, where {_allowed(outcome, shown)} may."]


def _allowed(outcome: AccessOutcome, shown: Figures) -> str:
    return shown["misses_limit"] if outcome.misses_limit else "none"


LIMITS: tuple[Limit[AccessOutcome], ...] = (
    Limit(
        name="utilization",
        label="utilisation",
        in_use=lambda track: True,
        is_missed=lambda outcome: outcome.utilization < outcome.target_utilization,
        sentence=lambda track, outcome, shown: busy_sentence(track.terms.consumer, shown),
        goal=lambda track, outcome, shown: busy_goal(track.terms.consumer, shown),
    ),
    Limit(
        name="reach",
        label="the shuffle's reach",
        in_use=lambda track: track.access.reach_target > 0,
        is_missed=lambda outcome: outcome.reach < outcome.reach_target,
        sentence=lambda track, outcome, shown: (
            f"It moves a {track.terms.sample} by {shown['reach']} places on average, and "
            f"{shown['reach_target']} are asked for."
        ),
        goal=lambda track, outcome, shown: Goal(
            "places moved on average by the shuffle",
            shown["reach"],
            f"at least {shown['reach_target']}",
        ),
        seen=_shuffle,
    ),
    Limit(
        name="misses",
        label="the deadline",
        in_use=lambda track: track.access.misses_limit is not None,
        is_missed=lambda outcome: (
            outcome.misses_limit is not None and outcome.misses > outcome.misses_limit
        ),
        sentence=lambda track, outcome, shown: (
            f"{shown['misses']} {track.terms.steps} an hour come too late, and "
            f"{_allowed(outcome, shown)} may."
        ),
        goal=lambda track, outcome, shown: Goal(
            f"{track.terms.steps} an hour come too late",
            shown["misses"],
            f"at most {shown['misses_limit']}" if outcome.misses_limit else "none",
        ),
        seen=_deadline,
    ),
    Limit(
        name="skips",
        label="the skips",
        in_use=lambda track: track.access.skip_time is not None,
        is_missed=lambda outcome: (
            outcome.skips_limit is not None and outcome.skips > outcome.skips_limit
        ),
        sentence=lambda track, outcome, shown: (
            f"{shown['skips']} times an hour nothing new comes for {shown['skip_time']}, and "
            f"{shown['skips_limit']} may."
        ),
        goal=lambda track, outcome, shown: Goal(
            f"skips of {shown['skip_time']} an hour",
            shown["skips"],
            f"at most {shown['skips_limit']}" if outcome.skips_limit else "none",
        ),
        seen=lambda track, outcome, shown: (
            [f"{shown['skips']} times an hour nothing new comes for {shown['skip_time']}."]
            if outcome.skips_limit is not None
            else []
        ),
    ),
    Limit(
        name="budget",
        label="the budget",
        in_use=lambda track: track.access.budget is not None,
        is_missed=lambda outcome: outcome.budget is not None and outcome.cost > outcome.budget,
        sentence=lambda track, outcome, shown: budget_sentence(shown),
        goal=lambda track, outcome, shown: budget_goal(track, shown),
        seen=lambda track, outcome, shown: cost_words(track, outcome.cost, outcome.budget),
    ),
)
