"""Pace: the steps of a part, and the minutes that each is planned for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step of a part."""

    name: str
    minutes: float
    """For reading and doing it."""


STEPS = (
    Step("crisis", 1.5),
    Step("lock", 2),
    Step("workbench", 4.5),
    Step("conclude", 1.5),
    Step("law", 2),
    Step("decide", 1.5),
    Step("reflect", 2),
)
MINUTES = sum(step.minutes for step in STEPS)
"""Of each part."""
