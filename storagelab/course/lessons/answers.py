"""Criteria of the lock, the number that is read off, and what feedback tells of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from storagelab.course.lessons.lesson import TOLERANCES, Failure, Lesson
from storagelab.labs import checking
from storagelab.labs.errors import StudentError
from storagelab.parts import ACCESS, CHECKPOINT, PIPELINE
from storagelab.units import format_share, significant


def keys_are_options(lesson: Lesson) -> Iterator[Failure]:
    """Find the models' answers among the options, and a number that is one."""
    try:
        key = lesson.key
    except ValueError as error:
        yield lesson.fails(
            "the answer is an option",
            f"{error}.",
            "Give one of the options this id, or `means` it.",
        )
        return
    if not (math.isfinite(key["number"]) and key["number"] > 0):
        yield lesson.fails(
            "the number that is asked for is one",
            f"it is {key['number']}.",
            "Let `compare` change something that has an end.",
        )


def change_is_seen(lesson: Lesson) -> Iterator[Failure]:
    """Tell apart who leaves the workbench at the start and reads the number off there."""
    number, crisis = lesson.key["number"], lesson.crisis
    there = {
        ACCESS.name: lambda: crisis.order_factor,
        PIPELINE.name: lambda: crisis.read_off / lesson.part.asked(lesson.track).si,
        CHECKPOINT.name: lambda: crisis.loss / lesson.part.asked(lesson.track).si,
    }[lesson.part.name]()
    near = TOLERANCES[lesson.part.name]
    if abs(there / number - 1) <= near:
        yield lesson.fails(
            "what is compared changes the number by more than its tolerance",
            f"the number is {significant(number)} and {significant(there)} at the start, which "
            f"differ by {format_share(abs(there / number - 1))}, and {format_share(near)} count "
            "as read off.",
            "Let `compare` change more.",
        )


def compared_is_a_position(lesson: Lesson) -> Iterator[Failure]:
    """Compare with a position that the sliders aren't at anyway."""
    changed = lesson.content.to_si(lesson.content.compare)
    if all(value == lesson.content.turned[name] for name, value in changed.items()):
        yield lesson.fails(
            "what is compared is a change",
            "`compare` has the values that the sliders start with.",
            "Let it change one of them.",
        )


def feedback_tells_no_answer(lesson: Lesson) -> Iterator[Failure]:
    """Tell who concludes something wrong of that, and not of what is right."""
    key, track, part = lesson.key, lesson.track, lesson.part
    right = lesson.content.question.option(key["conclusion"])
    number, name = float(key["number"]), part.asked(track).name
    spelled = {significant(number, digits) for digits in (3, 4, 5)}
    spelled |= {f"{number:.4g}", repr(number)}
    secrets = {right.belief, lesson.words(right.text), repr(right.id)}
    at_start = lesson.figures.values()
    secrets |= {text for text in spelled if not any(text in shown for shown in at_start)}
    for option in lesson.content.question.options:
        if option.id == right.id:
            continue
        try:
            answers = (option.id, name, 1.37 * number)
            checking.concluded(part, track, answers, key, (0.5, 0.5), 0.01)
            continue
        except StudentError as error:
            said = str(error)
        told = sorted(secret for secret in secrets if secret in said)
        if told:
            yield lesson.fails(
                "feedback on a wrong conclusion tells no answer",
                f"who concludes {option.id!r} is told {', '.join(told)}.",
                "Change what is compared, so that the number is another.",
            )
