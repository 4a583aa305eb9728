"""Numbers as a track's people write them: in its currency, and in its sliders' units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from storagelab.parts.headline import BigNumber
from storagelab.parts.limits import Goal
from storagelab.schema import Answer, Consumer, Control
from storagelab.units import MONEY, POWER, Form, format_money, format_power, significant

if TYPE_CHECKING:
    from storagelab.tracks import Track


def format_cost(track: Track, cost: float) -> str:
    """Return a cost in the track's currency, such as ``$1,230`` or ``640 µW``."""
    if not math.isfinite(cost):
        return "more than any budget"
    return format_money(cost) if track.currency.unit == "$" else format_power(cost)


def cost_forms(track: Track) -> tuple[Form, ...]:
    """Return how costs in the track's currency are written, by their size."""
    return MONEY if track.currency.unit == "$" else POWER


def format_job_cost(track: Track, cost: float) -> str:
    """Return what a whole job costs: dollars, or the joules that watts come to."""
    if not math.isfinite(cost):
        return "more than any budget"
    return format_money(cost) if track.currency.unit == "$" else f"{significant(cost)} J"


def cost_with_period(track: Track, cost: float) -> str:
    """Return a cost with the time that it is for, such as ``$1,230 a month``."""
    return f"{format_cost(track, cost)} {track.currency.per}".strip()


def large_cost(track: Track, cost: str) -> BigNumber:
    """Return a cost over the track's period, as it is said, as a number to set large."""
    return BigNumber(cost, track.currency.per or "of power", "budget")


def cost_words(track: Track, cost: float, budget: float | None) -> list[str]:
    """Return a sentence on the cost and, where there is a budget, one on that."""
    says = track.currency.says.format(cost=format_cost(track, cost))
    if budget is None:
        return [says]
    where = "over" if cost > budget else "within"
    return [says, f"That is {where} the budget of {format_cost(track, budget)}."]


def budget_goal(track: Track, shown: Mapping[str, str]) -> Goal:
    """Return a part's cost beside its budget, from the part's figures."""
    what = track.currency.per if track.currency.unit == "$" else "of power"
    return Goal(what, shown["cost"], f"at most {shown['budget']}")


def busy_goal(fed: Consumer, shown: Mapping[str, str]) -> Goal:
    """Return how long ``fed`` works beside how long it is to, from a part's figures."""
    return Goal(
        f"of the time {fed.name} {fed.verb(fed.works)}",
        shown["utilization"],
        f"at least {shown['target']}",
    )


def budget_sentence(shown: Mapping[str, str]) -> str:
    """Return what a decision over its budget is told, from a part's figures."""
    return f"It takes {shown['cost']}; the budget is {shown['budget']}."


def busy_sentence(fed: Consumer, shown: Mapping[str, str]) -> str:
    """Return what a decision is told that lets ``fed`` wait too long, from a part's figures."""
    return (
        f"{fed.name[0].upper()}{fed.name[1:]} {fed.verb(fed.works)} {shown['utilization']} of "
        f"the time, and {shown['target']} are asked for. What binds at your settings is "
        f"{shown['binding']}."
    )


def format_setting(control: Control, si_value: float) -> str:
    """Return a setting, given in SI, in the unit of its slider, such as ``25 Gb/s``."""
    return control.written(si_value)


def format_answer(answer: Answer, si_value: float, digits: int = 3) -> str:
    """Return a number as the student reads it off, such as ``744 hours``."""
    if not math.isfinite(si_value):
        return "no end at all"
    return f"{significant(si_value / answer.si, digits)} {answer.unit}"


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence: an acronym keeps its capitals."""
    return label if label[1:2].isupper() else f"{label[0].lower()}{label[1:]}"
