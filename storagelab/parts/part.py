"""A part of the course as one typed object: what it asks, computes and judges by.

What is light stands in the object itself. What loads models (the experiment, the words, the
equation, the misconceptions) is behind :attr:`Part.workings` and loads when it is first used, so
that a lab pays for the models of its own part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_type_hints

import msgspec

from storagelab.parts.answers import read_answer
from storagelab.parts.costs import Costs
from storagelab.parts.headline import BigNumber, GoalLine, Headline
from storagelab.parts.limits import Figures, Limit
from storagelab.parts.outcome import Outcome
from storagelab.schema import Answer, PartTable, Value

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from storagelab.parts.equation import Equation
    from storagelab.parts.misconceptions import Misconceptions
    from storagelab.tracks import Track

SettingsT = TypeVar("SettingsT", bound="DataclassInstance")
OutcomeT = TypeVar("OutcomeT", bound=Outcome)


class Workings(msgspec.Struct, Generic[SettingsT, OutcomeT], frozen=True, kw_only=True):
    """What a part computes with and speaks with: all that loads its models."""

    experiment: Callable[[Track, SettingsT], OutcomeT]
    """What settings come to."""
    figures: Callable[[Track, OutcomeT], dict[str, str]]
    """The numbers that the part's prose is filled with, by name."""
    summary: Callable[[Track, OutcomeT], str]
    """What is seen now, in a few sentences."""
    present: Callable[[Track, OutcomeT], Figures]
    """The numbers of an outcome alone, by name: those that a move of a slider asks for."""
    sentence: Callable[[Track, Figures], str]
    """What matters most now, in one sentence."""
    cost: Callable[[Track, Figures], BigNumber]
    """What it costs, set large."""
    equation: Callable[[Track, OutcomeT], Equation]
    """The part's equation with the present numbers in it."""
    misconceptions: Misconceptions
    rates: Callable[[Track, Figures], tuple[BigNumber, BigNumber]] | None = None
    """The two numbers in the place of what only a recorded run shows."""


class UsefulShare(msgspec.Struct, Generic[OutcomeT], frozen=True, kw_only=True):
    """The share of the time that is of use, which every part has under a name of its own."""

    of: Callable[[OutcomeT], float]
    """An outcome's, 0 to 1."""
    target: Callable[[Track], float | None]
    """What is asked for; none where a track sets no such target."""
    label: str
    """Its name on a figure's axis."""
    heading: str
    """Its name in a heading."""


def _nothing_besides(track: Track) -> Mapping[str, Value]:
    return {}


class Part(msgspec.Struct, Generic[SettingsT, OutcomeT], frozen=True, kw_only=True, dict=True):
    """One part of the course, with what it takes and what it gives as its two types."""

    name: str
    """Of its folder, its table in a track's file, and its entries in a ledger."""
    number: int
    """In the course, from 1."""
    table: Callable[[Track], PartTable]
    """What a track says of it."""
    settings: type[SettingsT]
    """The record of what the student sets; its fields are what a control may be named."""
    needs_control: tuple[str, ...]
    """The settings that the figures and the words need a control for."""
    limits: Callable[[], Sequence[Limit[OutcomeT]]]
    """What a decision can miss."""
    costs: Costs
    asked: Callable[[Track], Answer]
    """The number that the conclusion asks for, as a student gives it."""
    asked_in_full: Callable[[Track], str]
    """What that number counts, for a reader who doesn't have the task at hand."""
    asks_again: Callable[[Track], str]
    """The conclusion's question, in Markdown; the crisis' numbers in it are names in braces."""
    change_begins: str
    """The word before a track's ``compare_words`` where they begin a sentence."""
    recorded: tuple[str, ...]
    """The numbers of an outcome that a ledger keeps beside its cost."""
    instruments: tuple[str, ...]
    """As module and class among the widgets' instruments, the first one uppermost."""
    load: Callable[[], Workings[SettingsT, OutcomeT]]
    """Imports what loads the part's models."""
    useful_share: UsefulShare[OutcomeT]
    headlined: tuple[str, ...]
    """The limits whose number is set large: the first of them that a track sets."""
    given_besides: Callable[[Track], Mapping[str, Value]] = _nothing_besides
    """Settings, SI by name, that a decision is judged at in the place of the controls' defaults."""
    least_is_most: tuple[str, ...] = ()
    """The settings that ask the most of the storage at their least value."""
    changed_case: bool = False
    """Whether the conclusion is about another case than the prediction."""
    records_runs: bool = False
    """Whether its runs are recorded in the ledger, and the decision is one of them."""
    has_event: bool = False
    """Whether somebody calls with bad news, which the decision is judged after."""

    def __repr__(self) -> str:
        return f"Part({self.name!r}, {self.number})"

    @cached_property
    def workings(self) -> Workings[SettingsT, OutcomeT]:
        """What loads the part's models, on first use."""
        return self.load()

    @cached_property
    def setting_types(self) -> dict[str, type]:
        """The type of each setting by its name: what a control may be named, or ``fixed`` hold."""
        hints: dict[str, type] = get_type_hints(self.settings)
        return hints

    def limit(self, name: str) -> Limit[OutcomeT]:
        """Return the limit called ``name``; ``KeyError`` where there is none."""
        for limit in self.limits():
            if limit.name == name:
                return limit
        raise KeyError(name)

    def experiment(self, track: Track, settings: SettingsT) -> OutcomeT:
        """Return what ``settings`` come to."""
        return self.workings.experiment(track, settings)

    def figures(self, track: Track, outcome: OutcomeT) -> dict[str, str]:
        """Return the numbers that the part's prose is filled with."""
        return self.workings.figures(track, outcome)

    def summary(self, track: Track, outcome: OutcomeT) -> str:
        """Return what is seen now, in a few sentences."""
        return self.workings.summary(track, outcome)

    def goals(self, track: Track, outcome: OutcomeT) -> list[GoalLine]:
        """Return what is asked for, a line for each limit that the track sets."""
        shown = self.workings.present(track, outcome)
        lines = []
        for limit in self.limits():
            goal = limit.goal(track, outcome, shown) if limit.in_use(track) else None
            if goal is not None:
                met = not limit.is_missed(outcome)
                lines.append(GoalLine(limit.name, goal, met, limit.once_recorded))
        return lines

    def headline(self, track: Track, outcome: OutcomeT, recorded: bool = True) -> Headline:
        """Return the sentence and the two numbers that are set large.

        Of a run that isn't ``recorded``, a part whose runs are recorded shows rates alone.
        """
        workings = self.workings
        shown = workings.present(track, outcome)
        sentence = workings.sentence(track, shown)
        if workings.rates is not None and not recorded:
            return Headline(sentence, workings.rates(track, shown))
        about = next(name for name in self.headlined if self.limit(name).in_use(track))
        goal = self.limit(about).goal(track, outcome, shown)
        if goal is None:
            raise ValueError(f"limit {about!r} has no number that could be set large")
        large = BigNumber(goal.now, goal.what, about)
        return Headline(sentence, (large, workings.cost(track, shown)))

    def equation(self, track: Track, outcome: OutcomeT) -> Equation:
        """Return the part's equation with the present numbers in it."""
        return self.workings.equation(track, outcome)

    @property
    def misconceptions(self) -> Misconceptions:
        """What is held against the part's misconceptions."""
        return self.workings.misconceptions

    @property
    def stem(self) -> str:
        """The notebook's file name, without its ending."""
        return f"{self.number}_{self.name}"

    def of(self, track: Track) -> PartTable:
        """Return what ``track`` says of this part."""
        return self.table(track)

    def baseline(self, track: Track) -> OutcomeT:
        """Return the outcome of the controls' defaults: what the workbench opens with."""
        return self.run(track, self.of(track).defaults)

    def crisis(self, track: Track) -> OutcomeT:
        """Return the outcome of the defaults after the track's turn: what the prose speaks of."""
        return self.run(track, self.of(track).turned)

    def given(self, track: Track) -> dict[str, Value]:
        """Return what a decision is judged at: the settings that the student doesn't decide.

        In SI, by name: as in the crisis, and what the part gives besides.
        """
        content = self.of(track)
        decided = {item.name for item in content.controls if item.decided}
        given = {name: value for name, value in content.turned.items() if name not in decided}
        return {**given, **self.given_besides(track)}

    def crisis_cost(self, track: Track) -> float:
        """Return what the crisis costs at the settings that a decision is judged at.

        The measure of a decision's cost beside the least one: after bad news, the crisis is what
        the present settings cost then.
        """
        return self.run(track, {**self.of(track).turned, **self.given(track)}).cost

    def run(self, track: Track, values: Mapping[str, Value]) -> OutcomeT:
        """Return the outcome of SI ``values`` by control name, and of what the track fixes."""
        settings: dict[str, Any] = {**self.of(track).fixed, **values}
        return self.experiment(track, self.settings(**settings))

    def judge(self, track: Track, answer: object) -> OutcomeT:
        """Return the outcome of a decision as a student types it, at what the task gives.

        Raises ``ValueError`` with a sentence for the student where the answer can't be read.
        """
        return self.run(
            track, {**read_answer(self.of(track).controls, answer), **self.given(track)}
        )

    def would_do(
        self, track: Track, settings: Mapping[str, Value], outcome: OutcomeT, recorded: bool
    ) -> bool:
        """Return whether ``settings`` (SI, by control name) would do as a decision.

        They do where their ``outcome`` misses nothing, and what the task gives is as given; where
        runs are recorded, theirs has to be.
        """
        if outcome.unmet or (self.records_runs and not recorded):
            return False
        given = self.given(track)
        return all(given[name] == value for name, value in settings.items() if name in given)

    def words(self, track: Track, text: str, outcome: OutcomeT | None = None) -> str:
        """Return a track's prose with its ``{names}`` filled from ``outcome``, or the crisis.

        Raises ``KeyError`` for a name that the part has no number for.
        """
        figures = self._of_crisis(track) if outcome is None else self.figures(track, outcome)
        return text.format_map(figures).strip()

    def _of_crisis(self, track: Track) -> dict[str, str]:
        """Return the numbers of a track's crisis, worked out once for all texts of a notebook."""
        last = self._last_crisis
        if not last or last[0] is not track:
            last[:] = track, self.figures(track, self.crisis(track))
        figures: dict[str, str] = last[1]
        return figures

    @cached_property
    def _last_crisis(self) -> list[Any]:
        """The track that was asked for last, and the numbers of its crisis."""
        return []


def si_values(settings: DataclassInstance) -> dict[str, Value]:
    """Return settings as SI values by control name."""
    return asdict(settings)
