"""Criteria of the crisis and the way out: targets, costs, presets."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.course.lessons.nearest import misses_by, money, nearest, settings_of
from storagelab.parts import CHECKPOINT, PIPELINE
from storagelab.parts.scoring import free_cost
from storagelab.units import format_share

FULL_SHARE = 0.02
"""Of all decisions on the sliders, at least so many earn all points."""

MOST_MET = 0.75
"""Of all decisions, at most so many meet every target."""

WAY_OUT = 0.7
"""Times the crisis's cost that the way out costs at most."""

DEAR = 1.5
"""Times the least cost that the most of everything costs at least."""


def crisis_is_one(lesson: Lesson) -> Iterator[Failure]:
    """Yield a failure unless the start misses a target."""
    if not lesson.crisis.unmet:
        yield lesson.fails(
            "the crisis misses a target",
            f"the start meets them all, at a cost of {money(lesson, lesson.crisis.cost)}.",
            "Ask for more in the targets, or let the controls' defaults give less.",
        )


def region_meets_targets(lesson: Lesson) -> Iterator[Failure]:
    """Find no needle in a haystack, and no target that anything meets."""
    grid = lesson.grid
    met, least = int(grid.met.sum()), min(20.0, 0.05 * grid.count)
    if met < least:
        closest = nearest(lesson)
        misses = "; ".join(misses_by(lesson, closest)) if not met else ""
        near = (
            f" The nearest, {lesson.said(settings_of(closest))}, misses {misses}." if misses else ""
        )
        yield lesson.fails(
            "a region of the sliders meets the targets",
            f"{met} of {grid.count:,} decisions do, and {math.ceil(least)} have to.{near}",
            "Ask for less in the targets, or let the sliders go further.",
        )
    if met > MOST_MET * grid.count:
        yield lesson.fails(
            "a region of the sliders meets the targets",
            f"{format_share(met / grid.count)} of the decisions do, and at most "
            f"{format_share(MOST_MET)} may.",
            "Ask for more in the targets: nearly anything meets them.",
        )


def several_decisions_are_full(lesson: Lesson) -> Iterator[Failure]:
    """Leave room for engineers who disagree, by what is free beside the crisis."""
    if lesson.place is None:
        return
    grid, free = lesson.grid, free_cost(lesson.least, lesson.crisis_cost)
    full = int((grid.met & (grid.costs <= free)).sum())
    if full < FULL_SHARE * grid.count:
        beyond = np.where(grid.met & (grid.costs > free), grid.costs, np.inf)
        next_one = (
            f" The next costs {float(beyond.min()) / lesson.least:.2f} times the least."
            if np.isfinite(beyond).any()
            else ""
        )
        yield lesson.fails(
            "several decisions earn all points",
            f"{full} of {grid.count:,} do, which is {format_share(full / grid.count)}; "
            f"{format_share(FULL_SHARE)} have to.{next_one}",
            "Put more values on the sliders near the least cost, or ask for less.",
        )


def most_does_not_pay(lesson: Lesson) -> Iterator[Failure]:
    """Break a limit, or the bank, by the largest of all sliders and the most frequent save."""
    if lesson.place is None:
        return
    given = lesson.part.given(lesson.track)
    most = {}
    for control in lesson.content.controls:
        last = max(control.values) if control.kind == "scale" else control.values[-1]
        if control.name in lesson.part.least_is_most:
            last = min(control.values)
        most[control.name] = given.get(control.name, control.to_si(last))
    outcome = lesson.part.run(lesson.track, most)
    if not outcome.unmet and outcome.cost < DEAR * lesson.least:
        yield lesson.fails(
            "the most of everything doesn't pay",
            f"{lesson.said(most)} meets every target at {outcome.cost / lesson.least:.2f} times "
            f"the least cost, and has to cost {DEAR:g} times that.",
            "Raise the prices of what the sliders buy, or let them go further.",
        )


def way_out_is_cheaper(lesson: Lesson) -> Iterator[Failure]:
    """Let the way out cost less than the crisis."""
    if lesson.place is None:
        return
    ratio = lesson.least / lesson.crisis_cost
    if not ratio < WAY_OUT:
        yield lesson.fails(
            "the way out costs less than the crisis",
            f"the least cost, of {lesson.decision!r}, is {ratio:.2f} times what the crisis costs, "
            f"and has to be less than {WAY_OUT:g} times that.",
            "Make what is missed dearer, or what is bought cheaper.",
        )


def least_is_at_no_end(lesson: Lesson) -> Iterator[Failure]:
    """Keep off a slider's end: nobody knows whether more would have been better still."""
    if lesson.place is None:
        return
    for control in lesson.grid.controls:
        # a control with labels is a list of things to buy, and has no beyond
        if control.kind != "scale" or (control.labels and lesson.part is CHECKPOINT):
            continue
        chosen = lesson.decision[control.answer]
        for end, values in (("least", control.values[0]), ("most", control.values[-1])):
            if chosen == values:
                yield lesson.fails(
                    "the least cost lies at no slider's end",
                    f"it has {control.answer} at its {end}, {chosen}.",
                    "Put a value on the slider beyond that.",
                )


def presets_give_nothing_away(lesson: Lesson) -> Iterator[Failure]:
    """Let no preset be the crisis itself, or a decision with all points."""
    if lesson.place is None:
        return
    content = lesson.content
    controls = {item.answer: item for item in content.controls}
    # of a run that costs more than the least by no more than this, all points are earned
    free = free_cost(lesson.least, lesson.crisis_cost) if lesson.part is PIPELINE else (
        1.25 * lesson.least
    )  # fmt: skip
    for preset in content.presets:
        if all(value == controls[key].default for key, value in preset.settings.items()):
            yield lesson.fails(
                "a preset is another position than the start",
                f"“{preset.label}” is where the sliders are anyway.",
                "Let it, or the defaults, be another position.",
            )
        moved = content.to_si(preset.settings)
        for start in (content.defaults, content.turned):
            outcome = lesson.part.run(
                lesson.track, {**start, **moved, **lesson.part.given(lesson.track)}
            )
            if not outcome.unmet and outcome.cost <= free:
                yield lesson.fails(
                    "no preset is a decision with all points",
                    f"“{preset.label}” meets every target at {outcome.cost / lesson.least:.2f} "
                    "times the least cost.",
                    "Let the preset miss a target, or be dearer.",
                )
                break
