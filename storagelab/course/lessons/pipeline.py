"""Criteria of part 2: the link binds, and no shortcut pays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.parts.scoring import free_cost
from storagelab.schema import Value
from storagelab.units import format_share


def link_binds(lesson: Lesson) -> Iterator[Failure]:
    """Let the link bind at the start, so that faster NVMe is money for nothing."""
    start = lesson.start
    if (start.warm.binding, start.cold.binding) != ("link", "link"):
        yield lesson.fails(
            "at the start the link binds",
            f"{start.cold.binding} binds in the first pass and {start.warm.binding} later.",
            "Let the link's default be narrower.",
        )
    elif start.busy["nvme"] >= 0.05:
        yield lesson.fails(
            "at the start the cache's bandwidth idles",
            f"it is busy {format_share(start.busy['nvme'])} of the time, and 5% may be.",
            "Let its default be wider, or the cache's smaller.",
        )


def shortcuts_do_not_pay(lesson: Lesson) -> Iterator[Failure]:
    """Give the most of everything no full points, whatever is chosen besides."""
    if lesson.place is None:
        return
    content, part = lesson.track.pipeline, lesson.part
    most: dict[str, Value] = {
        item.answer: item.values[-1] for item in content.controls if item.kind == "scale"
    }
    if content.cache_limit:
        cache = content.control("cache")
        most[cache.answer] = content.cache_limit / cache.si
    choices = [item for item in content.controls if item.kind != "scale"]
    free = free_cost(lesson.least, lesson.start.cost)
    for values in itertools.product(*(item.values for item in choices)):
        chosen = {item.answer: value for item, value in zip(choices, values, strict=True)}
        outcome = part.judge(lesson.track, {**most, **chosen})
        if not outcome.unmet and outcome.cost <= free:
            yield lesson.fails(
                "the most of everything earns no full points",
                f"{ {**most, **chosen}!r} costs {outcome.cost / lesson.least:.2f} times the least.",
                "Raise the prices of what the sliders buy.",
            )
