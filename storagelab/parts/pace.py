"""Pace: the steps of a part, and the minutes that each is planned for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step of a part."""

    name: str
    minutes: float
    """For reading and doing it; tests/course/test_pace.py holds it against a rule."""


STEPS = (
    Step("crisis", 1),
    Step("lock", 1.5),
    Step("workbench", 2.5),
    Step("conclude", 2),
    Step("law", 2),
    Step("decide", 3),
    Step("reflect", 3),
)
MINUTES = sum(step.minutes for step in STEPS)
"""Of each part."""
