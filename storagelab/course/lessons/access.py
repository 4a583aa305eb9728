"""Criteria of part 1: an order that feeds, and another that does not."""

from __future__ import annotations

from collections.abc import Iterator

from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.units import format_share, format_time, significant


def order_makes_the_crisis(lesson: Lesson) -> Iterator[Failure]:
    """Feed the consumer in order, and let the turn miss a target of the feed."""
    start, crisis = lesson.start, lesson.crisis
    if {"utilization", "misses", "skips"} & set(start.unmet) or start.utilization < 1:
        yield lesson.fails(
            "in order the consumer is fed",
            f"before the turn it works {format_share(start.utilization)} of the time.",
            "Ask for less, or let the storage give more in order.",
        )
    if start.misses > 0:
        yield lesson.fails(
            "in order nothing is late",
            f"before the turn {significant(start.misses)} {lesson.track.terms.steps} an hour are.",
            "Leave a longer reserve, or write less.",
        )
    if not {"utilization", "misses"} & set(crisis.unmet):
        yield lesson.fails(
            "the turn misses the target of the feed",
            "neither the utilisation nor the deadline is missed.",
            "Ask for more, or let the other order cost more.",
        )


def turn_is_seen(lesson: Lesson) -> Iterator[Failure]:
    """Let the turn make a wait ten times longer: a bar of the waterfall that was none before."""
    period = lesson.track.node.compute_time
    bar = "blocked" if lesson.crisis.binding == "stalls" else "wait"
    before, after = (float(one.steps[bar]) for one in (lesson.start, lesson.crisis))
    if after < 10 * before or after < 0.15 * period or before > 0.02 * period:
        yield lesson.fails(
            "the turn is to be seen",
            f"the bar “{bar}” goes from {format_time(before)} to {format_time(after)} of a step of "
            f"{format_time(period)}; it has to grow tenfold, from at most 2% to 15% of it.",
            "Let the turn cost more, or the step take less.",
        )


def what_binds_is_the_answer(lesson: Lesson) -> Iterator[Failure]:
    """Let what binds in the crisis be alone below the demand."""
    crisis = lesson.crisis
    if crisis.binding == "stalls":
        return
    for limit, rate in crisis.ceilings.items():
        others = [other for name, other in crisis.ceilings.items() if name != limit]
        if (rate < min(crisis.demand, *others)) != (limit == crisis.binding):
            yield lesson.fails(
                "what binds in the crisis is cured by more of that alone",
                f"{limit} would allow {significant(rate)} a second, and {crisis.binding} binds.",
                "Let one limit be well below the others.",
            )
