"""What a variant has to tell as its book does: the prose is written once, for all numbers.

The book is the track with the numbers of its file. A variant's story is true where the same answer
is right, the same limits are missed before and after the turn, the same choices lead out, numbers
that a text sets against each other stand in the same order, and no text spells out a number of
which the variant has another.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_type_hints

import numpy as np

from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.course.lessons.texts import prose
from storagelab.course.track_file import meanings, record_in
from storagelab.schema import Vary
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_binary,
    format_bytes,
    format_money,
    format_power,
    format_share,
    format_time,
)
from storagelab.variants import Changes
from storagelab.vary import changed_fields

_CHANGE = "Narrow what varies, or write the text so that it holds for either."


def strays(lesson: Lesson, book: Lesson, searches: bool) -> Iterator[Failure]:
    """Yield where a variant's lesson tells another story than its book's.

    With ``searches``, only where every decision has to be computed to see that; without, only where
    none has.
    """
    if searches:
        yield from _other_choices(lesson, book)
        return
    yield from _another_answer(lesson, book)
    yield from _other_limits(lesson, book)
    yield from _another_order(lesson, book)


def _another_answer(lesson: Lesson, book: Lesson) -> Iterator[Failure]:
    """Yield where another option is right than the one whose words confirm it."""
    try:
        now = lesson.key["prediction"]
    except ValueError:  # none is right, which is a failure of its own
        return
    then = book.key["prediction"]
    if now != then:
        yield lesson.fails(
            "the answer is the one whose words confirm it",
            f"the key points to {now!r}, and the words of the reveal confirm {then!r}.",
            _CHANGE,
        )


def _other_limits(lesson: Lesson, book: Lesson) -> Iterator[Failure]:
    for where in ("start", "crisis"):
        now, then = (getattr(one, where).unmet for one in (lesson, book))
        if now != then:
            yield lesson.fails(
                "the same limits are missed as the story says",
                f"the {where} misses {_listed(now)}, and in the book {_listed(then)}.",
                _CHANGE,
            )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _other_choices(lesson: Lesson, book: Lesson) -> Iterator[Failure]:
    """Yield where another choice leads out, or none does that did."""
    for axis, control in enumerate(lesson.grid.controls):
        if control.kind == "scale":
            continue
        others = tuple(index for index in range(len(lesson.grid.shape)) if index != axis)
        now, then = (np.any(one.grid.met, axis=others) for one in (lesson, book))
        for index in np.flatnonzero(now != then):
            does = "does" if now[index] else "doesn't"
            yield lesson.fails(
                "the same choices lead out as the story says",
                f"{control.answer} = {control.values[int(index)]!r} {does}, other than in the "
                "book.",
                _CHANGE,
            )


# --- numbers that are set against each other


_SCALES = {
    "count": {"": 1.0, "million": 1e6, "billion": 1e9},
    "bytes": {
        "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
        "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30,
    },
    "rate": {
        "B/s": 1.0, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9, "TB/s": 1e12,
        "Mb/s": 125e3, "Gb/s": 125e6,
    },
    "time": {
        "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0,
        "years": 365.25 * 86400, "hours": 3600.0,
    },
    "share": {"%": 1.0},
    "power": {"µW": 1e-6, "mW": 1e-3, "W": 1.0},
}  # fmt: skip
_SAME = 0.05
"""Share by which two numbers may differ that no text calls the larger or the smaller one."""
_FIGURE = re.compile(r"\$?(-?\d[\d,]*(?:\.\d+)?)( ?)(\S*)(.*)")
_NAMED = re.compile(r"\{(\w+)\}")


def _read(figure: str) -> tuple[str, float] | None:
    """Return what kind of number a figure is, and the number; None for words and unknown units."""
    found = _FIGURE.fullmatch(figure)
    if not found or found[4]:
        return None
    number = float(found[1].replace(",", ""))
    if figure.startswith("$"):
        return ("money", number * _SCALES["count"].get(found[3], 1.0))
    for kind, units in _SCALES.items():
        if found[3] in units:
            return (kind, number * units[found[3]])
    return None


def _another_order(lesson: Lesson, book: Lesson) -> Iterator[Failure]:
    """Yield where two numbers of one text stand the other way round than in the book."""
    for where, text in prose(lesson).items():
        names = dict.fromkeys(_NAMED.findall(text))
        for one, other in itertools.combinations(names, 2):
            now, then = (_order(here.figures, one, other) for here in (lesson, book))
            if now != then:
                values = lesson.figures[one], lesson.figures[other]
                yield lesson.fails(
                    "numbers that are set against each other stand as in the book",
                    f"the {where} has {values[0]} for {{{one}}} and {values[1]} for {{{other}}}, "
                    f"where the book has {book.figures[one]} and {book.figures[other]}.",
                    _CHANGE,
                )


def _order(figures: dict[str, str], one: str, other: str) -> int | None:
    """Return -1, 0 or 1 for less, about the same or more; None for what isn't compared."""
    read = [_read(figures.get(name, "")) for name in (one, other)]
    if read[0] is None or read[1] is None or read[0][0] != read[1][0]:
        return None
    if math.isclose(read[0][1], read[1][1], rel_tol=_SAME):
        return 0
    return int(np.sign(read[0][1] - read[1][1]))


# --- numbers that a text spells out


_SILENT = ("source", "date", "name", "id", "title", "persona", "vary", "law", "fleets", "doc")
"""Fields and tables whose texts are of the file's own numbers, or name what never varies."""


def spelled_out(said: dict[str, Any], allowed: Sequence[Vary], changes: Changes) -> list[str]:
    """Return where a text of a track's file spells out a number that ``changes`` replace.

    As sentences. ``said`` is what the file says, and ``allowed`` what may vary in it. A number is
    found with its unit, or where it has three digits or more by itself.
    """
    texts = list(_texts(said, ""))
    told = []
    for path, before, after in changed_fields(said, allowed, changes):
        if before == after or isinstance(before, bool | str):
            continue
        for spelled in _spellings(said, path, float(before)):
            pattern = re.compile(rf"(?<![\d.,]){re.escape(spelled)}(?![\d%]|[.,]\d)")
            told += [
                f"{where} says “{spelled}”, which is {path}, and that varies"
                for where, text in texts
                if pattern.search(text) and not where.startswith(path)
            ]
    return told


def _texts(said: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a track's file that students read, with its path."""
    if isinstance(said, str):
        yield path, said
    if isinstance(said, dict | list):
        for key, item in said.items() if isinstance(said, dict) else enumerate(said):
            if key not in _SILENT:
                yield from _texts(item, f"{path}.{key}".lstrip("."))


def _meaning(path: str) -> str:
    """Return what the record of a track file says of the field at a path."""
    record: Any = Track
    meaning = ""
    for step in path.split("."):
        hints = get_type_hints(record)
        if step not in hints:  # the name of a table in a list, or of one of the author's
            continue
        meaning = meanings(record)[step]
        record = record_in(hints[step])
        if record is None:
            break
    return meaning


_OF_MONEY = (format_money, format_power)
_OF_ANYTHING = (format_time, format_bytes, format_binary, format_bandwidth)


def _spellings(said: dict[str, Any], path: str, value: float) -> set[str]:
    """Return how a text could say a value of the field at ``path``."""
    part, _, rest = path.partition(".")
    step, meaning = rest.split("."), _meaning(path)
    if step[0] == "controls":
        control = next(item for item in said[part]["controls"] if item["name"] == step[1])
        found = {f"{value:,g} {control.get('unit', '')}".strip()}
        si = float(control.get("si", 1.0)) * value
        if control.get("unit") not in ("requests", "samples", "rows", "tiles", "blocks", "workers"):
            found |= {way(si) for way in _OF_ANYTHING}
        return found
    if "share" in meaning.lower():
        return {format_share(value)}
    if re.search(r"currency|costs", meaning):
        return {way(value) for way in _OF_MONEY}
    found = {way(value) for way in _OF_ANYTHING}
    if value >= 100 and value == int(value):
        found.add(f"{int(value):,}")
    return found
