"""Numbers as a track's people write them: in its currency, and in its sliders' units."""

from __future__ import annotations

import math

from storagelab.tracks import Answer, Control, Track
from storagelab.units import KIB, format_binary, format_money, format_power, significant


def format_cost(track: Track, cost: float) -> str:
    """Return a cost in the track's currency, such as ``$1,230`` or ``640 µW``."""
    if not math.isfinite(cost):
        return "more than any budget"
    return format_money(cost) if track.currency.unit == "$" else format_power(cost)


def format_job_cost(track: Track, cost: float) -> str:
    """Return what a whole job costs: dollars, or the joules that watts come to."""
    if not math.isfinite(cost):
        return "more than any budget"
    return format_money(cost) if track.currency.unit == "$" else f"{significant(cost)} J"


def cost_with_period(track: Track, cost: float) -> str:
    """Return a cost with the time that it is for, such as ``$1,230 a month``."""
    return f"{format_cost(track, cost)} {track.currency.per}".strip()


def cost_words(track: Track, cost: float, budget: float | None) -> list[str]:
    """Return a sentence on the cost and, where there is a budget, one on that."""
    says = track.currency.says.format(cost=format_cost(track, cost))
    if budget is None:
        return [says]
    where = "over" if cost > budget else "within"
    return [says, f"That is {where} the budget of {format_cost(track, budget)}."]


def format_setting(control: Control, si_value: float) -> str:
    """Return a setting, given in SI, in the unit of its slider, such as ``25 Gb/s``."""
    if control.si == KIB:
        return format_binary(si_value)
    return f"{significant(si_value / control.si)} {control.unit}"


def format_answer(answer: Answer, si_value: float, digits: int = 3) -> str:
    """Return a number as the student reads it off, such as ``744 hours``."""
    if not math.isfinite(si_value):
        return "no end at all"
    return f"{significant(si_value / answer.si, digits)} {answer.unit}"


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence: an acronym keeps its capitals."""
    return label if label[1:2].isupper() else f"{label[0].lower()}{label[1:]}"


def binding_words(track: Track) -> dict[str, str]:
    """Return what the pipeline's stages are called where they hold the others up."""
    terms = track.terms
    return {
        "link": f"the {terms.link}",
        "nvme": f"the {terms.cache}",
        "prepare": terms.preparer,
        "compute": f"{track.fed.name} {track.fed.themselves}",
    }
