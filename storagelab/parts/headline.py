"""Headline: the sentence and the two numbers that a workbench sets large."""

from __future__ import annotations

import msgspec

from storagelab.parts.limits import Goal


class BigNumber(msgspec.Struct, frozen=True):
    """A number as people write it, and what it counts."""

    number: str
    label: str
    limit: str = ""
    """The name of the limit that it is about, if it is about one."""


class Headline(msgspec.Struct, frozen=True):
    """What matters of an outcome: one sentence, and two numbers."""

    sentence: str
    numbers: tuple[BigNumber, BigNumber]


class GoalLine(msgspec.Struct, frozen=True):
    """A limit as it stands now, in the list of what is asked for."""

    name: str
    goal: Goal
    is_met: bool
    once_recorded: bool
    """Whether only a recorded run shows if it is met."""
