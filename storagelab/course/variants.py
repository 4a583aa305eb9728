"""Variants of a track: found by a seeded search, each admitted only if it teaches the same lesson.

The search draws a set of numbers from what the track's file lets vary, part by part, and refuses it
at the first criterion that it fails (:mod:`storagelab.course.lessons`,
:mod:`storagelab.course.story`). Among the first few that are admitted it takes the one whose
least-cost decision earns full points in the fewest of the variants so far, and the other way round,
so that neighbours rarely share a line. The same files give the same variants.

Students have the numbers, beside the track's file; the least-cost decisions are for instructors.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from storagelab.course.generate import load_keys
from storagelab.course.layout import Layout
from storagelab.course.lessons import failures
from storagelab.course.lessons.lesson import TOLERANCES, Failure, Lesson
from storagelab.course.story import spelled_out, strays
from storagelab.parts import PARTS, PIPELINE, AnyPart
from storagelab.schema import Value, Vary
from storagelab.track_files import file_text, variants_file
from storagelab.tracks import Track, load_track, track_of
from storagelab.variants import Changes, changes_of, variant_count

COUNT = 64
"""Variants of a track."""
POOL = 24
"""Sets of numbers of parts that share no field with the others, which variants are made of."""
SPARE = 1.25
"""Times as many are admitted, of which those are taken that share the fewest lines."""
TRIES = 40
"""Sets of a part's numbers that are drawn before those that it shares with another are given up."""
DRAWS = 60
"""Times the sets that are to be admitted that the search begins with one before it gives up."""

Decisions = Mapping[str, Mapping[str, Value]]
"""The least-cost decision of each part, as a student types it."""
Sets = dict[str, tuple[Changes, Mapping[str, Value]]]
"""For some parts an admitted set of numbers, and the least-cost decision with it."""


@dataclass(frozen=True)
class Variant:
    """What a variant changes, and what its least-cost decisions are."""

    changes: Changes
    decisions: Decisions


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found of one track, and what it refused, by criterion."""

    track: str
    variants: list[Variant]
    refused: Counter[str]

    def __str__(self) -> str:
        most = "; ".join(f"{count} {name}" for name, count in self.refused.most_common(5))
        return f"{self.track}: {len(self.variants)} variants; refused: {most or 'none'}"


class Search:
    """The search for one track's variants."""

    def __init__(self, name: str, text: str, keys: ModuleType) -> None:
        self.name, self.keys, self.file = name, keys, f"{name}.toml"
        self.said = tomllib.loads(text)
        self.track = track_of(self.said, self.file)
        self.books = {part: Lesson(self.track, item, keys) for part, item in PARTS.items()}
        self.refused: Counter[str] = Counter()

    def size(self, count: int) -> int:
        """Return how many sets of each group of parts ``count`` variants are made of."""
        return count if len(self.groups) == 1 else min(count, POOL)

    def assemble(self, pools: Sequence[Sequence[Sets]], count: int) -> list[Variant]:
        """Return ``count`` variants made of a set of each of ``pools``, no two of the same ones.

        Sets that share lines are put together with sets that don't, so that few pairs of variants
        share those of all parts. None where a pool has too few. Raises ``ValueError`` where a part
        is another beside the others than by itself.
        """
        size = self.size(count)
        if any(len(pool) < size for pool in pools):
            return []
        shared = [self._shared(pool[:size]) for pool in pools]
        uses = [np.zeros(size, dtype=int) for _ in pools]
        chosen: list[tuple[int, ...]] = []
        for _ in range(count):
            # how many of those before share the lines of all parts, by a set of each pool
            both = np.ones((1,) * len(pools) + (2 * len(chosen),))
            for at, matrix in enumerate(shared):
                before = [picks[at] for picks in chosen]
                ways = np.concatenate([matrix[:, before], matrix[before].T], axis=1)
                ends = tuple(size if axis == at else 1 for axis in range(len(pools)))
                both = both * ways.reshape(*ends, -1)
            score = np.broadcast_to(both.sum(axis=-1), (size,) * len(pools)).copy()
            for picks in chosen:
                score[picks] = np.inf
            even = score.copy()
            for at, used in enumerate(uses):  # each set is in about as many variants
                often = np.flatnonzero(used > used.min())
                even[(slice(None),) * at + (often,)] = np.inf
            if not np.isinf(even).all():  # else what is left has been put together before
                score = even
            if np.isinf(score).all():
                return []
            best = tuple(int(at) for at in np.unravel_index(score.argmin(), score.shape))
            chosen.append(best)
            for at, used in zip(best, uses, strict=True):
                used[at] += 1
        return [
            self._assembled({part: sets for at, pool in zip(picks, pools, strict=True)
                             for part, sets in pool[at].items()})
            for picks in chosen
        ]  # fmt: skip

    def _shared(self, pool: Sequence[Sets]) -> npt.NDArray[np.float64]:
        """Return whether the lines of one set are right in another, for all of its parts."""
        lessons = [
            [
                Lesson(track_of(self.said, self.file, own, variant=1), PARTS[part], self.keys, line)
                for part, (own, line) in sets.items()
            ]
            for sets in pool
        ]
        return np.array([
            [all(map(shares_line, one, other)) for other in lessons] for one in lessons
        ], dtype=float)  # fmt: skip

    def _assembled(self, sets: Sets) -> Variant:
        changes = {key: value for each, _ in sets.values() for key, value in each.items()}
        whole = track_of(self.said, self.file, changes, variant=1)
        for part, (own, decision) in sets.items():
            alone, beside = (
                Lesson(track, PARTS[part], self.keys, decision)
                for track in (track_of(self.said, self.file, own, variant=1), whole)
            )
            if (alone.crisis, alone.key, alone.best) != (beside.crisis, beside.key, beside.best):
                raise ValueError(
                    f"{self.file}: the part {part} depends on what varies in another part's table"
                )
        return Variant(changes, {part: sets[part][1] for part in PARTS})

    def pool(self, group: Sequence[str], size: int) -> list[Sets]:
        """Return ``size`` sets of numbers of some parts, those first that share the fewest lines.

        Fewer where the search gives up.
        """
        wanted = math.ceil(SPARE * size)
        admitted: list[dict[str, tuple[Changes, Lesson]]] = []
        for number in range(DRAWS * size):
            chance = random.Random(f"{self.name}/{'/'.join(group)}/{number}")
            one = self.draw(group, chance)
            changes = None if one is None else [each for each, _ in one.values()]
            if one is not None and changes not in [
                [each for each, _ in other.values()] for other in admitted
            ]:
                admitted.append(one)
            if len(admitted) == wanted:
                break
        taken, left = admitted[:1], admitted[1:]
        while left and len(taken) < size:
            best = min(left, key=lambda one: _alike(one, taken))
            left.remove(best)
            taken.append(best)
        return [
            {part: (changes, lesson.decision) for part, (changes, lesson) in one.items()}
            for one in taken
        ]

    def draw(
        self, group: Sequence[str], chance: random.Random
    ) -> dict[str, tuple[Changes, Lesson]] | None:
        """Return an admitted set of some parts' numbers, with the lessons; None for none found."""
        taken: dict[str, tuple[Changes, Lesson]] = {}
        shared = drawn([place for place, parts in self._places if len(parts) > 1
                        and parts <= set(group)], chance)  # fmt: skip
        # what is searched the quickest is the first to refuse what they share
        for part in sorted(group, key=lambda name: name != PIPELINE.name):
            best = next(self._admitted(part, shared, chance), None)
            if best is None:
                return None
            taken[part] = best
        return taken

    def refusal(self, part: str, changes: Changes) -> Failure | Lesson:
        """Return why a part with ``changes`` is refused, or its lesson where it isn't."""
        try:
            track = track_of(self.said, self.file, changes, variant=1)
        except ValueError as error:
            return Failure(criterion="the track holds together", part=part, says=str(error),
                           change="Narrow what varies.")  # fmt: skip
        for sentence in spelled_out(self.said, self.track.vary, changes):
            return Failure(criterion="no text spells out a number that varies", part=part,
                           says=f"{sentence}.", change="Name it in braces.")  # fmt: skip
        lesson = Lesson(track, PARTS[part], self.keys)
        return next(refusals(lesson, self.books[part]), lesson)

    def _admitted(
        self, part: str, shared: Changes, chance: random.Random
    ) -> Iterator[tuple[Changes, Lesson]]:
        """Yield sets of a part's numbers that are admitted with those that parts share."""
        places = [place for place, parts in self._places if parts == {part}]
        for _ in range(TRIES if shared else 1):
            changes = {**shared, **drawn(places, chance)}
            lesson = self.refusal(part, changes)
            if isinstance(lesson, Lesson):
                yield changes, lesson
            else:
                self.refused[f"{part}: {lesson.criterion}"] += 1

    @cached_property
    def _places(self) -> list[tuple[Vary, set[str]]]:
        """What varies, with the parts that it changes."""
        return [
            (place, {part for part in PARTS if self._touches(place, PARTS[part])} or set(PARTS))
            for place in self.track.vary
        ]

    @cached_property
    def groups(self) -> list[list[str]]:
        """The parts, together where they share a field that varies."""
        groups = [{part} for part in PARTS]
        for _, parts in self._places:
            joined = set().union(*(group for group in groups if group & parts))
            groups = [group for group in groups if not group & parts] + [joined]
        ordered = [[part for part in PARTS if part in group] for group in groups]
        return sorted(ordered, key=lambda group: list(PARTS).index(group[0]))

    def _touches(self, place: Vary, part: AnyPart) -> bool:
        """Return whether what may be at a place changes anything of a part.

        A field in a part's own table is taken to change that alone: :meth:`draw` looks again.
        """
        table = place.field.partition(".")[0]
        if table in PARTS:
            return table == part.name
        chance = random.Random(place.field)
        for _ in range(2):
            try:
                track = track_of(self.said, self.file, drawn([place], chance), variant=1)
            except ValueError:  # it goes with others alone
                return True
            if part.of(track) != part.of(self.track):
                return True
            positions = [content_end(self.track, part, end) for end in (0, -1)]
            for settings in (part.of(track).turned, *positions):
                now, then = (part.run(one, settings) for one in (track, self.track))
                if now != then or part.figures(track, now) != part.figures(self.track, then):
                    return True
        return False


def content_end(track: Track, part: AnyPart, end: int) -> dict[str, Value]:
    """Return the settings with every control at one of its ends, SI by name."""
    controls = part.of(track).controls
    return {item.name: item.to_si(item.values[end]) for item in controls}


def _alike(
    one: Mapping[str, tuple[Changes, Lesson]],
    others: Sequence[Mapping[str, tuple[Changes, Lesson]]],
) -> float:
    return sum(
        likeness(lesson, [other[part][1] for other in others]) for part, (_, lesson) in one.items()
    )


def refusals(lesson: Lesson, book: Lesson) -> Iterator[Failure]:
    """Yield what keeps a lesson from being a variant's beside its book's, the quickest first."""
    # most candidates tell another story, which is seen before anything is searched
    for searches in (False, True):
        yield from strays(lesson, book, searches)
        yield from failures(lesson, searches)


def drawn(places: Iterable[Vary], chance: random.Random) -> dict[str, Value]:
    """Return a value for each of ``places``, by its path: evenly, or evenly in the logarithm."""
    found: dict[str, Value] = {}
    for place in places:
        if place.values:
            value = chance.choice(place.values)
        else:
            assert place.low is not None
            assert place.high is not None
            exact = math.exp(chance.uniform(math.log(place.low), math.log(place.high)))
            value = float(f"{exact:.{place.digits}g}")
            value = min(max(value, place.low), place.high)
        whole = isinstance(value, float) and value.is_integer()
        found[place.field] = int(value) if whole else value
    return found


# --- lines that two variants share


def shares_line(one: Lesson, other: Lesson) -> bool:
    """Return whether the least-cost decision of ``one`` earns all points in ``other``."""
    try:
        outcome = other.part.judge(other.track, one.decision)
    except ValueError:  # beyond the other's sliders
        return False
    return other.share(outcome) == 1


def shares_answer(one: Lesson, other: Lesson) -> bool:
    """Return whether the conclusion of ``one``, with its number, is right in ``other``."""
    near = TOLERANCES[one.part.name]
    number = float(one.key["number"]) / float(other.key["number"])
    return one.key["conclusion"] == other.key["conclusion"] and abs(number - 1) <= near


def likeness(lesson: Lesson, others: Sequence[Lesson]) -> float:
    """Return how often lines and answers are shared with ``others``, either way, 0 to 1.

    Lines count before answers.
    """
    pairs = [pair for other in others for pair in ((lesson, other), (other, lesson))]
    lines = sum(shares_line(*pair) for pair in pairs)
    answers = sum(shares_answer(*pair) for pair in pairs)
    return (lines + 0.25 * answers) / max(1, len(pairs))


@dataclass(frozen=True)
class Shares:
    """Of all ordered pairs of a track's variants, the shares in which something is shared."""

    lines: Mapping[str, float]
    """The least-cost decision of the one earns all points in the other, by part."""
    answers: Mapping[str, float]
    """Its conclusion with its number is right in the other, by part."""
    all_lines: float
    """In all three parts the decision earns all points."""
    everything: float
    """In all three parts decision and conclusion do."""


def measure(variants: Sequence[Mapping[str, Lesson]]) -> Shares:
    """Return how often pairs of ``variants``, each with its lessons by part, share something."""
    pairs = list(itertools.permutations(variants, 2))
    lines = {part: [shares_line(a[part], b[part]) for a, b in pairs] for part in PARTS}
    answers = {part: [shares_answer(a[part], b[part]) for a, b in pairs] for part in PARTS}

    def share(found: Iterable[bool]) -> float:
        return sum(found) / len(pairs)

    return Shares(
        {part: share(found) for part, found in lines.items()},
        {part: share(found) for part, found in answers.items()},
        share(map(all, zip(*lines.values(), strict=True))),
        share(map(all, zip(*lines.values(), *answers.values(), strict=True))),
    )


# --- the files


def decisions_file(layout: Layout, name: str) -> Path:
    """Return where the least-cost decisions of a track's variants are kept, for instructors."""
    return layout.answers / "variants" / f"{name}.json"


def load_decisions(layout: Layout, name: str) -> list[Decisions]:
    """Return the least-cost decisions of each variant of a track, from number 1 up.

    Raises ``ValueError`` where there are others than the variants that students have.
    """
    path, count = decisions_file(layout, name), variant_count(name)
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if list(found) != [str(number) for number in range(1, count + 1)]:
        raise ValueError(
            f"{path.relative_to(layout.root).as_posix()} has {len(found)} variants, and the track "
            f"{count}: run `python -m storagelab.course variants {name}`"
        )
    return list(found.values())


def load_lessons(layout: Layout, name: str, keys: ModuleType) -> list[dict[str, Lesson]]:
    """Return the lessons of each variant of a track, by part, with the stored decisions."""
    return [
        {
            part: Lesson(load_track(name, number), item, keys, decisions[part])
            for part, item in PARTS.items()
        }
        for number, decisions in enumerate(load_decisions(layout, name), 1)
    ]


def stored(layout: Layout, name: str) -> list[Variant]:
    """Return the variants of a track as they are kept."""
    return [
        Variant(changes_of(name, number), decisions)
        for number, decisions in enumerate(load_decisions(layout, name), 1)
    ]


def as_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return numbered rows as JSON with one of them a line."""
    lines = (
        f"  {json.dumps(str(number))}: {json.dumps(row, ensure_ascii=False)}"
        for number, row in enumerate(rows, 1)
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _pool(
    layout: Layout, name: str, group: Sequence[str], count: int
) -> tuple[list[Sets], Counter[str]]:
    """Return the sets of a group of parts, and what was refused; in a process of its own."""
    search = Search(name, file_text(name), load_keys(layout))
    return search.pool(group, search.size(count)), search.refused


def find(
    layout: Layout, names: Sequence[str], count: int = COUNT, workers: int | None = None
) -> list[Found]:
    """Return ``count`` variants of each track, or none of one where the search gives up.

    Raises ``ValueError`` where a track has nothing that varies.
    """
    searches = [Search(name, file_text(name), load_keys(layout)) for name in names]
    for search in searches:
        if not search.track.vary:
            raise ValueError(f"{search.file}: nothing varies: it has no `vary`")
    with ProcessPoolExecutor(workers or os.cpu_count()) as executor:
        waiting = [
            [executor.submit(_pool, layout, search.name, group, count) for group in search.groups]
            for search in searches
        ]
        found = []
        for search, futures in zip(searches, waiting, strict=True):
            pools, refused = zip(*(future.result() for future in futures), strict=True)
            variants = search.assemble(pools, count)
            total = sum(refused, Counter[str]())
            found.append(Found(track=search.name, variants=variants, refused=total))
    return found


def write_variants(layout: Layout, names: Sequence[str], count: int = COUNT) -> list[str]:
    """Find ``count`` variants of each track, write their files, and say what was found.

    Raises ``ValueError`` where a track has nothing that varies, or too few variants are admitted.
    """
    told = []
    for each in find(layout, names, count):
        if len(each.variants) < count:
            raise ValueError(f"{each}; {count} are asked for: let more vary, or less far")
        rows: dict[Path, list[Mapping[str, Any]]] = {
            Path(str(variants_file(each.track))): [one.changes for one in each.variants],
            decisions_file(layout, each.track): [one.decisions for one in each.variants],
        }
        for path, row in rows.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_text(row), encoding="utf-8")
        told.append(str(each))
    return told
