"""What the numbers of a track have to teach: criteria that they pass, or fail by so much.

A lesson is one part of one track. Each criterion is a function that yields what fails: by how
much, at the nearest decision where there is one, and what to change. The tests ask them of every
track, ``python -m storagelab.course variants`` of every candidate for a variant, and ``storagelab
track check`` of the file of whoever writes a track. Of a variant it is asked besides that it tells
the story of the track's own numbers, its book: what the prose says is written once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from storagelab.course.lessons.access import (
    order_makes_the_crisis,
    turn_is_seen,
    what_binds_is_the_answer,
)
from storagelab.course.lessons.answers import (
    change_is_seen,
    compared_is_a_position,
    feedback_tells_no_answer,
    keys_are_options,
)
from storagelab.course.lessons.checkpoint import (
    event_moves_the_interval,
    least_is_not_said,
    losses_differ_as_printed,
    neighbours_are_told_apart,
    several_intervals_earn_points,
    start_costs_more,
    writing_less_is_the_way_out,
)
from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.course.lessons.pipeline import link_binds, shortcuts_do_not_pay
from storagelab.course.lessons.targets import (
    crisis_is_one,
    least_is_at_no_end,
    most_does_not_pay,
    presets_give_nothing_away,
    region_meets_targets,
    several_decisions_are_full,
    way_out_is_cheaper,
)
from storagelab.course.lessons.texts import (
    crisis_tells_no_option,
    number_is_printed_nowhere,
    numbers_fill_the_texts,
    options_answer_with_numbers,
    right_option_is_not_the_longest,
)
from storagelab.parts import ACCESS, CHECKPOINT, PARTS, PIPELINE


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One thing that the numbers of a part have to do."""

    name: str
    check: Callable[[Lesson], Iterable[Failure]]
    parts: tuple[str, ...] = tuple(PARTS)
    """The parts that it is asked of."""
    advice: bool = False
    """Whether a track of one's own may do without it; the package's own don't."""
    searches: bool = False
    """Whether every decision on the sliders has to be computed for it."""


def _all(*checks: Callable[[Lesson], Iterator[Failure]], **said: Any) -> list[Criterion]:
    return [Criterion(name=check.__name__, check=check, **said) for check in checks]


CRITERIA: tuple[Criterion, ...] = (
    *_all(crisis_is_one, keys_are_options, compared_is_a_position, numbers_fill_the_texts),
    *_all(options_answer_with_numbers),
    *_all(order_makes_the_crisis, what_binds_is_the_answer, parts=(ACCESS.name,)),
    *_all(turn_is_seen, parts=(ACCESS.name,), advice=True),
    *_all(link_binds, parts=(PIPELINE.name,)),
    *_all(losses_differ_as_printed, parts=(CHECKPOINT.name,)),
    *_all(
        change_is_seen,
        number_is_printed_nowhere,
        crisis_tells_no_option,
        right_option_is_not_the_longest,
        feedback_tells_no_answer,
    ),
    *_all(
        region_meets_targets,
        several_decisions_are_full,
        most_does_not_pay,
        way_out_is_cheaper,
        presets_give_nothing_away,
        searches=True,
    ),
    *_all(least_is_at_no_end, advice=True, searches=True),
    *_all(shortcuts_do_not_pay, parts=(PIPELINE.name,), searches=True),
    *_all(start_costs_more, parts=(CHECKPOINT.name,), advice=True, searches=True),
    *_all(
        event_moves_the_interval,
        several_intervals_earn_points,
        least_is_not_said,
        writing_less_is_the_way_out,
        neighbours_are_told_apart,
        parts=(CHECKPOINT.name,),
        searches=True,
    ),
)
"""Every criterion, the quickest first."""


def failures(lesson: Lesson, searches: bool | None = None) -> Iterator[Failure]:
    """Yield what a lesson fails, the quickest criteria first.

    With ``searches``, only of the criteria that do or don't search every decision. Where there is
    no answer, or a text can't be filled, what asks for them is asked no further.
    """
    for criterion in CRITERIA:
        if lesson.part.name not in criterion.parts:
            continue
        if searches is not None and criterion.searches != searches:
            continue
        found = [replace(item, advice=criterion.advice) for item in criterion.check(lesson)]
        yield from found
        if found and criterion.check in (keys_are_options, numbers_fill_the_texts):
            return
