"""Criteria of part 3: an interval, and the ops lead's call."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.course.lessons.nearest import money
from storagelab.parts import AnyOutcome
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.scoring import share_for_waste
from storagelab.units import format_share, format_time

COPIES = 2.5
"""Times the least cost that whole copies cost at least, in part 3."""


def _interval_points(lesson: Lesson, outcome: AnyOutcome) -> float:
    """Return the share of the points that an interval earns: none where a limit breaks."""
    if outcome.unmet:
        return 0.0
    return share_for_waste(lesson.keys.waste_ratio(lesson.track, outcome))


def _best_interval(outcome: AnyOutcome) -> float:
    return float(max(outcome.optimum, outcome.storm_interval, outcome.wear_interval))


def event_moves_the_interval(lesson: Lesson) -> Iterator[Failure]:
    """Let the event move the best interval, and cost points who keeps the old one."""
    track = lesson.track
    control, calm = track.checkpoint.control("interval"), lesson.start.settings.node_mtbf
    if not track.checkpoint.event_node_mtbf < calm:
        yield lesson.fails(
            "the event makes failures more frequent",
            "`event_node_mtbf` is no less than the control's default.",
            "Let it be less.",
        )
        return
    if lesson.place is None:
        return
    best = lesson.best
    before = evaluate_checkpoint(track, replace(best.settings, node_mtbf=calm))
    old, new = _best_interval(before), _best_interval(best)
    says = f"the best interval goes from {format_time(old)} to {format_time(new)}"
    if not new < old / 1.2:
        yield lesson.fails(
            "the event moves the best interval",
            f"{says}, and has to become shorter by a fifth.",
            "Let the event's failures be more frequent, or the storage's limit looser.",
        )
    offered = [
        evaluate_checkpoint(
            track, replace(best.settings, interval=control.to_si(value), node_mtbf=calm)
        )
        for value in control.values
    ]
    allowed = [item for item in offered if not item.unmet]
    kept = [evaluate_checkpoint(track, replace(best.settings, interval=old))]
    if allowed:
        least = min(allowed, key=lambda item: item.wasted).settings
        kept.append(evaluate_checkpoint(track, replace(least, node_mtbf=best.settings.node_mtbf)))
    for outcome in kept:
        ratio = lesson.keys.waste_ratio(track, outcome)
        if not ratio > 1.05 or _interval_points(lesson, outcome) == 1:
            yield lesson.fails(
                "who keeps the old interval loses points",
                f"{says}, and {format_time(outcome.settings.interval)} still wastes only "
                f"{ratio:.3f} times the least; more than 1.05 times have to be.",
                "Let the event's failures be more frequent.",
            )
    if _interval_points(lesson, best) != 1:
        yield lesson.fails(
            "the cheapest decision has a best interval",
            f"that of {lesson.decision!r} wastes "
            f"{lesson.keys.waste_ratio(track, best):.3f} times the least, and 1.05 may be.",
            "Put more values on the interval's slider, or price what is lost higher.",
        )


def several_intervals_earn_points(lesson: Lesson) -> Iterator[Failure]:
    """Give all points to one interval on the slider after the event, and a part to some."""
    if lesson.place is None:
        return
    control = lesson.track.checkpoint.control("interval")
    earned = [
        _interval_points(
            lesson,
            evaluate_checkpoint(
                lesson.track, replace(lesson.best.settings, interval=control.to_si(value))
            ),
        )
        for value in control.values
    ]
    full, some = (sum(points >= bound for points in earned) for bound in (1, 1e-9))
    if full < 1 or not 4 <= some <= 0.75 * len(earned):
        yield lesson.fails(
            "several intervals earn points after the event",
            f"{full} earn all and {some} of {len(earned)} some; one, and four up to three "
            "quarters, have to.",
            "Put other values on the interval's slider.",
        )


def losses_differ_as_printed(lesson: Lesson) -> Iterator[Failure]:
    """Show more where an interval is said to lose more, and the same where neither is."""
    track, same = lesson.track, lesson.keys.SAME_LOSS
    proposed, present = (
        float(re.sub(r"[^\d.]", "", lesson.part.figures(track, lesson.start)[name]) or "nan")
        for name in ("proposed_loss", "present_loss")
    )
    right = lesson.content.question.option(lesson.key["prediction"])
    meaning = right.means or right.id
    if meaning == "same":
        holds = abs(proposed / present - 1) < same
    else:
        holds = (proposed > present) == (meaning == "longer")
        holds = holds and max(proposed, present) > 1.1 * min(proposed, present)
    if not holds:
        yield lesson.fails(
            "two losses that are compared differ as printed",
            f"{proposed:g} is lost at the proposed interval and {present:g} at the present one, "
            f"where the answer is {meaning!r}.",
            "Let the two intervals lie further apart, or close together.",
        )
    for outcome in (lesson.start, lesson.compared):
        there, here = (
            evaluate_checkpoint(track, replace(outcome.settings, interval=interval)).loss
            for interval in (
                track.checkpoint.proposed_interval,
                track.checkpoint.present_interval,
            )
        )
        apart = abs(there / here - 1)
        if 0.6 * same < apart < 2 * same:
            yield lesson.fails(
                "no case lies between the same and not",
                f"the two intervals' losses differ by {format_share(apart)}.",
                "Let them lie further apart, or closer together.",
            )


def least_is_not_said(lesson: Lesson) -> Iterator[Failure]:
    """Say nowhere above the guess where the least lies."""
    content = lesson.track.checkpoint
    texts = [content.crisis, content.question.text, content.look, content.task]
    texts += [item.words for item in content.question.options]
    texts += [item.words for item in content.presets]
    said = " ".join([*map(lesson.words, texts), lesson.part.summary(lesson.track, lesson.start)])
    given = {content.proposed_interval, content.present_interval, lesson.start.mtbf}
    cases = [lesson.start, lesson.compared]
    if lesson.place is not None:
        cases.append(lesson.best)
    for outcome in cases:
        for secret in (outcome.optimum, outcome.storm_interval, outcome.wear_interval):
            near = any(math.isclose(secret, item, rel_tol=0.02) for item in given)
            if secret and not near and f"{format_time(secret)} " in said:
                yield lesson.fails(
                    "nothing above the guess says where the least lies",
                    f"the best interval is {format_time(secret)}, and a text says that.",
                    "Change that number.",
                )


def start_costs_more(lesson: Lesson) -> Iterator[Failure]:
    """Let the start cost more than its cure before the event already."""
    if lesson.place is None:
        return
    if lesson.crisis.cost <= lesson.least:
        yield lesson.fails(
            "the start costs more than its cure before the event already",
            f"it costs {lesson.crisis.cost / lesson.least:.2f} times the least.",
            "Let the start lose more.",
        )


def writing_less_is_the_way_out(lesson: Lesson) -> Iterator[Failure]:
    """Make a full copy each time too dear, beside shards, or what is new or has changed."""
    if lesson.place is None:
        return
    axis = lesson.grid.axis("sharded")
    if axis is None:
        return
    if not lesson.best.settings.sharded:
        yield lesson.fails(
            "the cheapest decision doesn't save whole copies",
            f"{lesson.decision!r} does.",
            "Let a whole copy be larger.",
        )
        return
    met = np.take(lesson.grid.met, 0, axis=axis)
    costs = np.take(lesson.grid.costs, 0, axis=axis)
    if met.any() and costs[met].min() <= COPIES * lesson.least:
        yield lesson.fails(
            "whole copies are too dear",
            f"one meets every target at {float(costs[met].min()) / lesson.least:.2f} times the "
            f"least cost, and has to cost {COPIES:g} times that.",
            "Let a whole copy be larger, or the storage's limit tighter.",
        )


def neighbours_are_told_apart(lesson: Lesson) -> Iterator[Failure]:
    """Print no two costs of the cheapest ten as the same that differ by 1%."""
    if lesson.place is None:
        return
    costs = np.sort(lesson.grid.costs[lesson.grid.met])[:10]
    for one, other in itertools.combinations(costs.tolist(), 2):
        if other > 1.01 * one and money(lesson, one) == money(lesson, other):
            yield lesson.fails(
                "the costs of neighbouring decisions are told apart",
                f"two that differ by {format_share(other / one - 1)} are both "
                f"{money(lesson, one)}.",
                "Price things in a smaller unit.",
            )
            return
