"""Criteria of the texts: filled, true at every slider, and giving nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storagelab.course.lessons.lesson import TOLERANCES, Failure, Lesson
from storagelab.parts import ACCESS, PIPELINE
from storagelab.parts.formatting import format_answer
from storagelab.units import significant

_UNFILLED = re.compile(r"[{}]|\b(nan|inf|None)\b")
UNITS = {"milliseconds": "ms", "seconds": "s", "hours": "h", "minutes": "min"}
"""How the course's prose writes a unit that an answer is asked for in."""
SMALL = 4
"""Letters of a word up to which it says nothing: *the*, *more*, *are*."""
LONGER = 1.4
"""Times the longest wrong option that the right one is at most."""


def prose(lesson: Lesson) -> dict[str, str]:
    """Return what is shown of a part with numbers in it, as its file has it, by where it stands."""
    content = lesson.content
    shown = {
        "crisis": content.crisis,
        "question": content.question.text,
        "look": content.look,
        "task": content.task,
        "reflection": content.reflection,
    }
    for option in content.question.options:
        shown[f"{option.id}: text"] = option.text
        shown[f"{option.id}: words"] = option.words
    for preset in content.presets:
        shown[f"preset {preset.label}"] = preset.words
    if lesson.part.has_event:
        shown["event"] = lesson.track.checkpoint.event
    return shown


def stems(text: str) -> set[str]:
    """Return the words of a text that carry meaning, cut so that their forms are the same."""
    return {word[:6] for word in re.findall(r"[a-z]+", text.lower()) if len(word) > SMALL}


def above(lesson: Lesson) -> dict[str, str]:
    """Return what a student has read before the lock is locked, by where it stands."""
    question = lesson.content.question
    said = {"crisis": lesson.content.crisis, "question": question.text}
    said |= {f"option {item.id}": item.text for item in question.options}
    return {where: lesson.words(text) for where, text in said.items()}


def before_the_number(lesson: Lesson) -> dict[str, str]:
    """Return every text that a student meets before the number is asked for, by where it stands."""
    content = lesson.content
    said = {"look": content.look}
    said |= {f"reveal of {item.id}": item.words for item in content.question.options}
    for preset in content.presets:
        said[f"preset {preset.label}"] = f"{preset.label} {preset.words}"
    filled = {where: lesson.words(text) for where, text in said.items()}
    summary = lesson.part.summary(lesson.track, lesson.start)
    return {**above(lesson), **filled, "start": summary}


def numbers_fill_the_texts(lesson: Lesson) -> Iterator[Failure]:
    """Leave no name of a number in the prose, and no number that is none."""
    try:
        filled = {where: lesson.words(text) for where, text in prose(lesson).items()}
    except KeyError as error:
        yield lesson.fails(
            "the texts are filled with numbers",
            f"a text uses {{{error.args[0]}}}, and the part has no such number.",
            f"`figures` in storagelab/parts/{lesson.part.name}/words.py lists those that it has.",
        )
        return
    except (ValueError, IndexError) as error:
        yield lesson.fails(
            "the texts are filled with numbers", f"{error}.", "Write a brace as `{{` or `}}`."
        )
        return
    for where, text in filled.items():
        if _UNFILLED.search(text):
            yield lesson.fails(
                "the texts are filled with numbers",
                f"the {where} says “{text}”.",
                "Name a number that the crisis has.",
            )


def options_answer_with_numbers(lesson: Lesson) -> Iterator[Failure]:
    """Refute and confirm each option with numbers of the models."""
    for option in lesson.content.question.options:
        named = set(re.findall(r"\{(\w+)\}", option.words))
        if not any(re.search(r"\d", lesson.figures[name]) for name in named):
            yield lesson.fails(
                "every option is answered with the models' numbers",
                f"the words of {option.id!r} name none.",
                "Put one in braces that speaks for or against it.",
            )


def number_is_printed_nowhere(lesson: Lesson) -> Iterator[Failure]:
    """Print the number nowhere: it is read off an instrument where the question says."""
    number = lesson.key["number"]
    spelled = {significant(number, digits) for digits in (2, 3, 4)}
    telling = {text for text in spelled if len(re.sub(r"\D", "", text).strip("0")) > 1}
    # a round number tells nothing by itself, and does with its unit
    asked = lesson.part.asked(lesson.track).unit
    unit = UNITS.get(asked, asked)
    texts = before_the_number(lesson)
    if lesson.part is PIPELINE:
        texts["summary of the change"] = lesson.part.summary(lesson.track, lesson.compared)
    for where, text in texts.items():
        found = set(re.findall(r"\d[\d,]*(?:\.\d+)?", text)) & telling
        found |= {f"{short} {unit}" for short in spelled if f"{short} {unit}" in text}
        found |= set(_spoiled(lesson, where, text))
        if found:
            yield lesson.fails(
                "the number is printed nowhere before it is asked for",
                f"it is {significant(number)}, and the {where} says {', '.join(sorted(found))}.",
                "Change what is compared, or the number that stands there.",
            )


_SECONDS = {
    "µs": 1e-6, "ms": 1e-3, "milliseconds": 1e-3, "s": 1, "seconds": 1, "min": 60, "minutes": 60,
    "h": 3600, "hours": 3600, "d": 86400, "days": 86400,
}  # fmt: skip
_TIME = re.compile(rf"(\d[\d,]*(?:\.\d+)?) ({'|'.join(_SECONDS)})\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def _spoiled(lesson: Lesson, where: str, text: str) -> Iterator[str]:
    """Yield the numbers of a text that would count as the one that is asked for."""
    near = TOLERANCES[lesson.part.name]
    # the screen shows other settings' numbers by the dozen, and the reveal its own
    if lesson.part is ACCESS and not where.startswith(("start", "reveal")):
        for said in _NUMBER.findall(text):
            if abs(float(said.replace(",", "")) / lesson.key["number"] - 1) <= near:
                yield said
    if lesson.part is PIPELINE:
        seconds = lesson.key["number"] * lesson.part.asked(lesson.track).si
        for said, unit in _TIME.findall(text):
            if abs(float(said.replace(",", "")) * _SECONDS[unit] / seconds - 1) <= near:
                yield f"{said} {unit}"
        number = format_answer(lesson.part.asked(lesson.track), seconds).split()[0]
        if re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]\d)", text):
            yield number


def crisis_tells_no_option(lesson: Lesson) -> Iterator[Failure]:
    """Let the crisis speak of the right option no more than of a wrong one."""
    options = lesson.content.question.options
    own = {item.id: stems(f"{lesson.words(item.text)} {item.belief}") for item in options}
    # what several options say tells none of them apart
    distinct = {
        item: words - set().union(*(other for name, other in own.items() if name != item))
        for item, words in own.items()
    }
    right, texts = lesson.key["prediction"], above(lesson)
    read = stems(" ".join(texts[where] for where in ("crisis", "question")))
    said = {item: len(words & read) for item, words in distinct.items()}
    most = max(count for item, count in said.items() if item != right) + 1
    if said[right] > most:
        yield lesson.fails(
            "the crisis speaks of the right option no more than of a wrong one",
            f"it has {said[right]} words of {right!r}, and {most} may be: "
            f"{', '.join(sorted(distinct[right] & read))}.",
            "Say it in other words, or speak of a wrong option too.",
        )


def right_option_is_not_the_longest(lesson: Lesson) -> Iterator[Failure]:
    """Let the right option not be the longest by far."""
    lengths = {item.id: len(lesson.words(item.text)) for item in lesson.content.question.options}
    right = lesson.key["prediction"]
    longest = max(size for item, size in lengths.items() if item != right)
    if lengths[right] > LONGER * longest:
        yield lesson.fails(
            "the right option is not the longest by far",
            f"{right!r} has {lengths[right]} letters, and the longest of the others {longest}.",
            "Say it shorter, or let a wrong one say more.",
        )
