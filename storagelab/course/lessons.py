"""What the numbers of a track have to teach: criteria that they pass, or fail by so much.

A lesson is one part of one track. Each criterion is a function that yields what fails: by how
much, at the nearest decision where there is one, and what to change. The tests ask them of every
track, ``python -m storagelab.course variants`` of every candidate for a variant, and ``storagelab
track check`` of the file of whoever writes a track. Of a variant it is asked besides that it tells
the story of the track's own numbers, its book: what the prose says is written once for all of them.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from storagelab.labs import checking
from storagelab.labs.errors import StudentError
from storagelab.parts import ACCESS, CHECKPOINT, PARTS, PIPELINE, AnyOutcome, AnyPart
from storagelab.parts.answers import in_units
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.checkpoint.scheme import scheme
from storagelab.parts.formatting import format_answer
from storagelab.parts.pipeline.experiment import RESOURCES, evaluate_pipelines
from storagelab.parts.scoring import free_cost, share_for_cost, share_for_waste
from storagelab.schema import Value
from storagelab.tracks import Track
from storagelab.units import format_share, format_time, significant

FULL_SHARE = 0.02
"""Of all decisions on the sliders, at least so many earn all points."""
MOST_MET = 0.75
"""Of all decisions, at most so many meet every target."""
TOLERANCES = {"access": 0.1, "pipeline": 0.05, "checkpoint": 0.05}
"""How far the number of a part's conclusion may be off, as a share of it."""
WAY_OUT = 0.7
"""Times the crisis's cost that the way out costs at most."""
DEAR = 1.5
"""Times the least cost that the most of everything costs at least."""
COPIES = 2.5
"""Times the least cost that whole copies cost at least, in part 3."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One criterion that a part of a track doesn't pass."""

    criterion: str
    """Its name."""
    part: str
    """The part's name."""
    says: str
    """What is wrong, by how much, and at which decision, as a sentence."""
    change: str
    """What to change, as a sentence."""
    advice: bool = False
    """Whether a track of one's own may leave it so."""

    def __str__(self) -> str:
        return f"part {PARTS[self.part].number}, {self.criterion}: {self.says} {self.change}"


# --- every decision on the sliders


class Grid:
    """What every decision on a part's sliders costs, and whether it meets every target.

    ``costs`` and ``met`` have one axis for each control that the student decides, in the controls'
    order.
    """

    def __init__(self, track: Track, part: AnyPart) -> None:
        self.track, self.part = track, part
        self.controls = [item for item in part.of(track).controls if item.decided]
        self.given = part.given(track)
        self.shape = tuple(len(item.values) for item in self.controls)
        self.costs: npt.NDArray[np.float64]
        self.met: npt.NDArray[np.bool_]
        self.costs, self.met = self._fed() if part is PIPELINE else self._run()

    @property
    def count(self) -> int:
        """How many decisions there are."""
        return self.costs.size

    def settings(self, place: Sequence[int]) -> dict[str, Value]:
        """Return the decided settings at a place on the axes, SI by name."""
        return {
            item.name: item.to_si(item.values[index])
            for item, index in zip(self.controls, place, strict=True)
        }

    def at(self, place: Sequence[int]) -> AnyOutcome:
        """Return the outcome of the decision at a place on the axes."""
        return self.part.run(self.track, {**self.settings(place), **self.given})

    def places(self, chosen: npt.NDArray[np.bool_]) -> list[tuple[int, ...]]:
        """Return the places that are ``chosen``, in their order."""
        return [tuple(int(index) for index in place) for place in np.argwhere(chosen)]

    def axis(self, name: str) -> int | None:
        """Return which axis the control called ``name`` has; None where nobody decides it."""
        names = [item.name for item in self.controls]
        return names.index(name) if name in names else None

    def cheapest(self, chosen: npt.NDArray[np.bool_]) -> tuple[int, ...] | None:
        """Return the place of the least cost among those ``chosen``; None where there are none."""
        if not chosen.any():
            return None
        costs = np.where(chosen, self.costs, np.inf)
        # many at once are counted in another order than one: what is nearly the same is run
        near = self.places(costs <= costs.min() * (1 + 1e-9))
        return min(near, key=lambda place: float(self.at(place).cost))

    def _run(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        costs, met = np.empty(self.shape), np.empty(self.shape, dtype=bool)
        axis = self.axis("interval")
        way = None
        # the last axis is the quickest, and whatever the interval the way of a state is the same
        order = np.arange(costs.size).reshape(self.shape)
        if axis is not None:
            order = np.moveaxis(order, axis, -1)
        for number, flat in enumerate(order.ravel()):
            place = tuple(int(at) for at in np.unravel_index(flat, self.shape))
            if axis is None:
                outcome = self.at(place)
            else:
                values = {**self.part.of(self.track).fixed, **self.settings(place), **self.given}
                settings = self.part.settings(**values)
                if number % self.shape[axis] == 0:
                    way = scheme(self.track, settings)
                outcome = evaluate_checkpoint(self.track, settings, way)
            costs[place], met[place] = outcome.cost, not outcome.unmet
        return costs, met

    def _fed(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the same of part 2, whose model takes many settings at once."""
        track, content = self.track, self.track.pipeline
        costs, met = np.empty(self.shape), np.empty(self.shape, dtype=bool)
        still = {**content.fixed, **self.given}
        scales = [index for index, item in enumerate(self.controls) if item.name in RESOURCES]
        choices = [index for index in range(len(self.controls)) if index not in scales]
        amounts: dict[str, Any] = {name: still[name] for name in RESOURCES if name in still}
        for axis, index in enumerate(scales):
            item = self.controls[index]
            ends = (1,) * axis + (-1,) + (1,) * (len(scales) - axis - 1)
            values = [float(item.to_si(value)) for value in item.values]
            amounts[item.name] = np.array(values).reshape(ends)
        for picked in itertools.product(*(range(self.shape[index]) for index in choices)):
            chosen = {
                self.controls[index].name: self.controls[index].values[at]
                for index, at in zip(choices, picked, strict=True)
            }
            named = {**still, **chosen}
            feeds = evaluate_pipelines(track, amounts, str(named["policy"]), str(named["content"]))
            where: list[Any] = [slice(None)] * len(self.shape)
            for index, at in zip(choices, picked, strict=True):
                where[index] = at
            costs[tuple(where)] = feeds.cost
            fed = feeds.allowed & (feeds.utilization >= content.target_utilization)
            if content.budget is not None:
                fed = fed & (feeds.cost <= content.budget)
            met[tuple(where)] = fed
        return costs, met


# --- one part of one track


class Lesson:
    """One part of one track, with what its criteria ask for: each computed once."""

    def __init__(
        self,
        track: Track,
        part: AnyPart,
        keys: ModuleType,
        decision: Mapping[str, Value] | None = None,
    ) -> None:
        """``decision``: the least-cost one, where it is known and need not be searched for."""
        self.track, self.part, self.keys = track, part, keys
        self.content = part.of(track)
        if decision is not None:
            self.best = part.judge(track, dict(decision))

    @cached_property
    def grid(self) -> Grid:
        """Every decision on the sliders."""
        return Grid(self.track, self.part)

    @cached_property
    def start(self) -> AnyOutcome:
        """What the workbench opens with."""
        return self.part.baseline(self.track)

    @cached_property
    def crisis(self) -> AnyOutcome:
        """The start after the track's turn."""
        return self.part.crisis(self.track)

    @cached_property
    def crisis_cost(self) -> float:
        """What the crisis costs at what a decision is judged at."""
        return float(self.part.crisis_cost(self.track))

    @cached_property
    def compared(self) -> AnyOutcome:
        """The crisis with the change that the conclusion asks about."""
        return self.keys.compared(self.track, self.part)

    @cached_property
    def key(self) -> Mapping[str, Any]:
        """The right prediction, conclusion and number; ``ValueError`` where there are none."""
        return cast("Mapping[str, Any]", self.keys.KEYS[self.part.name](self.track))

    @cached_property
    def place(self) -> tuple[int, ...] | None:
        """Where on the grid the least-cost decision lies; None where none meets the targets."""
        return self.grid.cheapest(self.grid.met)

    @cached_property
    def best(self) -> AnyOutcome:
        """The least-cost decision; ``ValueError`` where none meets the targets."""
        if self.place is None:
            raise ValueError("no decision on the sliders meets the targets")
        return self.grid.at(self.place)

    @cached_property
    def least(self) -> float:
        """The least cost at which the targets are met."""
        return float(self.best.cost)

    @cached_property
    def decision(self) -> dict[str, Value]:
        """The least-cost decision as a student types it."""
        return cast("dict[str, Value]", self.keys.as_decision(self.track, self.part, self.best))

    def share(self, outcome: AnyOutcome) -> float:
        """Return the share of a decision's points: for its cost and, in part 3, its interval."""
        if outcome.unmet:
            return 0.0
        share = share_for_cost(outcome.cost, self.least, self.crisis_cost)
        if self.part is CHECKPOINT:
            share = min(share, share_for_waste(self.keys.waste_ratio(self.track, outcome)))
        return share

    def words(self, text: str) -> str:
        """Return a text with the crisis's numbers in it."""
        return text.format_map(self.figures).strip()

    @cached_property
    def figures(self) -> dict[str, str]:
        """The numbers that the prose is filled with, at the crisis."""
        return self.part.figures(self.track, self.crisis)

    def fails(self, criterion: str, says: str, change: str) -> Failure:
        """Return that a criterion isn't passed."""
        return Failure(criterion=criterion, part=self.part.name, says=says, change=change)

    def said(self, settings: Mapping[str, Value]) -> str:
        """Return settings (SI, by name) as the decision that a student types."""
        decided = [item for item in self.content.controls if item.decided]
        return repr(in_units(decided, settings))


# --- the crisis and the way out


def crisis_is_one(lesson: Lesson) -> Iterator[Failure]:
    """Yield a failure unless the start misses a target."""
    if not lesson.crisis.unmet:
        yield lesson.fails(
            "the crisis misses a target",
            f"the start meets them all, at a cost of {_money(lesson, lesson.crisis.cost)}.",
            "Ask for more in the targets, or let the controls' defaults give less.",
        )


def region_meets_targets(lesson: Lesson) -> Iterator[Failure]:
    """Find no needle in a haystack, and no target that anything meets."""
    grid = lesson.grid
    met, least = int(grid.met.sum()), min(20.0, 0.05 * grid.count)
    if met < least:
        nearest = _nearest(lesson)
        misses = "; ".join(misses_by(lesson, nearest)) if not met else ""
        near = (
            f" The nearest, {lesson.said(_settings(nearest))}, misses {misses}." if misses else ""
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


# --- the lock and the number


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


# --- the texts


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


# --- what feedback says


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


# --- part 1: an order that feeds, and another that doesn't


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


# --- part 2: the link binds


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


# --- part 3: an interval, and the ops lead's call


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
        if other > 1.01 * one and _money(lesson, one) == _money(lesson, other):
            yield lesson.fails(
                "the costs of neighbouring decisions are told apart",
                f"two that differ by {format_share(other / one - 1)} are both "
                f"{_money(lesson, one)}.",
                "Price things in a smaller unit.",
            )
            return


# --- the nearest decision


def _money(lesson: Lesson, cost: float) -> str:
    return lesson.part.costs.amount(lesson.track, cost)


def _settings(outcome: AnyOutcome) -> dict[str, Value]:
    return {name: getattr(outcome.settings, name) for name in outcome.settings.__dataclass_fields__}


def _nearest(lesson: Lesson) -> AnyOutcome:
    """Return the decision that misses the fewest limits, and of these by the least."""
    every = (lesson.grid.at(place) for place in np.ndindex(*lesson.grid.shape))
    return min(every, key=lambda outcome: _distance(lesson, outcome))


def _distance(lesson: Lesson, outcome: AnyOutcome) -> tuple[int, float]:
    return len(outcome.unmet), sum(_excess(outcome, name) for name in outcome.unmet)


_MEASURES: Mapping[str, Callable[[AnyOutcome], float]] = {
    "utilization": lambda outcome: outcome.target_utilization / max(outcome.utilization, 1e-9),
    "reach": lambda outcome: outcome.reach_target / max(outcome.reach, 1e-9),
    "misses": lambda outcome: outcome.misses / max(outcome.misses_limit, 1e-9),
    "skips": lambda outcome: outcome.skips / max(outcome.skips_limit, 1e-9),
    "budget": lambda outcome: outcome.cost / outcome.budget,
    "load": lambda outcome: outcome.load_time / outcome.load_limit,
    "room": lambda outcome: outcome.settings.cache / outcome.cache_limit,
    "storage": lambda outcome: outcome.storage_share / outcome.storage_limit,
    "wear": lambda outcome: outcome.life_target / outcome.life,
}
"""By how many times a limit is missed."""


def _excess(outcome: AnyOutcome, limit: str) -> float:
    """Return the logarithm of how many times a limit is missed, to add one to another."""
    measure = _MEASURES.get(limit)
    return math.log(max(measure(outcome), 1.0)) if measure else 1.0


def misses_by(lesson: Lesson, outcome: AnyOutcome) -> list[str]:
    """Return what a decision misses and by how much, as in ``utilisation (94%, at least 95%)``."""
    lines = {line.name: line.goal for line in lesson.part.goals(lesson.track, outcome)}
    told = []
    for name in outcome.unmet:
        goal, label = lines.get(name), lesson.part.limit(name).label
        told.append(f"{label} ({goal.now}, {goal.asked})" if goal else label)
    return told


# --- all of them


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
