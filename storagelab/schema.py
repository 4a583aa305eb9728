"""The records that a track file is read into, but for those of the parts, which have their own."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Annotated, Literal

import msgspec
from msgspec import structs

from storagelab.units import KIB, format_binary, significant

Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Value = bool | float | str


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every part of a track file has in common: nothing misspelt passes."""


class Control(Record, frozen=True, kw_only=True):
    """One setting of a workbench: the values on its slider, in the student's unit."""

    name: Text
    """The setting's name in the experiment."""
    label: Text
    """Its name on the screen."""
    kind: Literal["switch", "choice", "scale"]
    """Two buttons, a list, or a slider."""
    values: Annotated[list[Value], msgspec.Meta(min_length=2)]
    """What can be chosen, in the student's unit."""
    default: Value
    """The start: what the workbench opens with."""
    answer: Text
    """The key under which an answer cell names this setting."""
    unit: str = ""
    """The student's unit."""
    si: Positive = 1.0
    """SI units in one of the student's."""
    decided: bool = True
    """Whether the student's decision sets it; what isn't decided is given by the task."""
    labels: list[str] = []
    """What the screen calls each value, where it isn't the value itself."""
    piece: Positive = 1.0
    """How much of it is bought at once, in the student's unit: what one unit more is."""

    def __post_init__(self) -> None:
        kinds = {"switch": bool, "choice": str, "scale": float}
        for value in [*self.values, self.default]:
            if not isinstance(value, kinds[self.kind]):
                raise ValueError(f"{self.name}: a {self.kind} can't take the value {value!r}")
            if isinstance(value, float) and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{self.name}: {value!r} isn't a finite number of 0 or more")
        if self.default not in self.values:
            raise ValueError(f"{self.name}: default {self.default!r} isn't among its values")
        if self.labels and len(self.labels) != len(self.values):
            raise ValueError(
                f"{self.name}: {len(self.labels)} labels for {len(self.values)} values"
            )

    def to_si(self, value: Value) -> Value:
        """Return ``value``, in the student's unit, in SI units."""
        if self.kind != "scale":
            return value
        return float(value) * self.si

    def label_of(self, value: Value) -> str:
        """Return what the screen calls ``value``."""
        return self.labels[self.values.index(value)] if self.labels else str(value)

    def written(self, si_value: float) -> str:
        """Return a value of the scale, given in SI, in the student's unit, such as ``25 Gb/s``."""
        if self.si == KIB:
            return format_binary(si_value)
        return f"{significant(si_value / self.si)} {self.unit}"

    def said(self, value: Value) -> str:
        """Return how a sentence says ``value``: by its label, or as a number with its unit."""
        if self.labels or self.kind != "scale":
            return self.label_of(value)
        return self.written(float(value) * self.si)


class Vary(Record, frozen=True, kw_only=True):
    """A number of the track of which each variant has another."""

    field: Text
    """Where it stands: the names of its tables and its own, with dots between them, and of a list
    of tables the name, id or label of one: ``prices.link.amount``,
    ``checkpoint.controls.interval.default``."""
    values: list[Value] = []
    """What it may be, one of these; or else anything from the next to the one after."""
    low: Positive | None = None
    """The least that it may be."""
    high: Positive | None = None
    """The most that it may be."""
    digits: Count = 2
    """How many digits it is written with, where it may be anything."""
    along: list[Text] = []
    """Fields that are changed in the same proportion, so that they still go together."""
    beside: dict[str, list[Value]] = {}
    """Fields that go with it otherwise: what each of them is for each of its values, in order."""

    def __post_init__(self) -> None:
        bounds = [self.low, self.high]
        if bool(self.values) == any(bound is not None for bound in bounds):
            raise ValueError(f"{self.field} varies by its values, or from low to high")
        if not self.values and (self.low is None or self.high is None or self.low >= self.high):
            raise ValueError(f"{self.field} must vary from low to a higher high")
        for name, values in self.beside.items():
            if len(values) != len(self.values):
                raise ValueError(
                    f"{name} has {len(values)} values beside the {len(self.values)} of {self.field}"
                )

    def allows(self, value: Value) -> bool:
        """Return whether the field may be ``value``."""
        if self.values:
            return value in self.values
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (
            self.low is not None
            and self.high is not None
            and self.low <= value <= self.high
            and float(f"{value:.{self.digits}g}") == value
        )


class Preset(Record, frozen=True, kw_only=True):
    """A position of the workbench that tells a story, beside the crisis itself."""

    label: Text
    """What its button says."""
    words: Text
    """What one sees there, in a sentence or two."""
    settings: Annotated[dict[str, Value], msgspec.Meta(min_length=1)]
    """What differs from the crisis, as an answer: by answer key, in the student's unit."""


class Option(Record, frozen=True, kw_only=True):
    """One answer to a lock's question, the belief behind it, and what the reveal says of it."""

    id: Text
    """What the student types."""
    text: Text
    """The answer."""
    belief: Text
    """What somebody who chooses it believes."""
    words: Text
    """What the reveal says of it."""
    means: str = ""
    """What the answer keys call it, where that isn't its id."""


class Question(Record, frozen=True, kw_only=True):
    """A lock: the question before the evidence, and its options."""

    text: Text
    """The question."""
    options: Annotated[list[Option], msgspec.Meta(min_length=2)]
    """Its answers."""

    def option(self, name: str) -> Option:
        """Return the option with the id ``name``; ``KeyError`` where there is none."""
        for option in self.options:
            if option.id == name:
                return option
        raise KeyError(name)


class Price(Record, frozen=True, kw_only=True):
    """A price in the track's currency for one ``unit``, with its date and its source."""

    amount: NonNegative
    """In the track's currency."""
    unit: Text
    """What it is the price of."""
    date: Text
    """Year and month."""
    source: Text
    """Where it is from, or *illustrative*."""
    si: Positive = 1.0
    """SI units in the one that is priced."""


class Currency(Record, frozen=True, kw_only=True):
    """What a track counts as cost: dollars a month, or the watts of a battery."""

    unit: Literal["$", "W"]
    """Dollars, or watts."""
    period: Positive
    """Seconds over which flows are added up: a month's for dollars, one for watts."""
    says: Text
    """A sentence with ``{cost}`` in it."""
    label: Text
    """The name of a cost axis."""
    axis: Positive = 1.0
    """Units of the currency in one of the axis."""
    per: str = ""
    """What follows an amount, such as ``a month``."""


class Consumer(Record, frozen=True, kw_only=True):
    """Whom the storage feeds, in words."""

    name: Text
    """With an article: ``the accelerators``."""
    plural: bool
    """Whether it is more than one, so that its verbs agree."""
    label: Text
    """The name on a figure."""
    works: Text
    """What it does when it is fed, as the verb's plural: ``compute``."""

    def verb(self, plural: str) -> str:
        """Return a verb (given in its plural) as it agrees with the consumer."""
        if self.plural:
            return plural
        return {"are": "is", "have": "has"}.get(plural, f"{plural}s")

    @property
    def they(self) -> str:
        """The pronoun."""
        return "they" if self.plural else "it"

    @property
    def themselves(self) -> str:
        """The reflexive pronoun."""
        return "themselves" if self.plural else "itself"


class Terms(Record, frozen=True, kw_only=True):
    """What a track calls the things that the laws speak of."""

    consumer: Consumer
    """Who waits for the data."""
    sample: Text
    """One piece of data."""
    samples: Text
    """Many of them."""
    step: Text
    """What is done again and again: ``training step``, ``frame``."""
    steps: Text
    """Many of them."""
    store: Text
    """Where the data lies."""
    link: Text
    """How it comes from there."""
    cache: Text
    """What keeps some of it near."""
    memory: Text
    """Where it is used."""
    preparer: Text
    """Who unpacks it, with an article."""
    warm: Text
    """One pass over the data once the cache is filled: ``a warm epoch``."""
    passes: Text
    """Many passes over the data."""
    machine: Text
    """What bears the cost: ``the node``."""
    dump: Text
    """One save."""
    dumps: Text
    """Many of them."""
    job: Text
    """What fails and starts again: ``the job``."""
    run: Text
    """How long it is to go on: ``the month``."""
    writes: Text
    """The bandwidth over which it is saved: ``shared write bandwidth``."""


class Persona(Record, frozen=True, kw_only=True):
    """Who the student is."""

    name: Text
    """The track's name for people."""
    role: Text
    """What the student is."""
    team: Text
    """Where, with an article."""


class Dataset(Record, frozen=True, kw_only=True):
    """The data that feeds the accelerators; sizes in bytes."""

    label: Text
    """What it is, as in *10 TB of …*."""
    size: Positive
    """Bytes."""
    sample_size: Positive
    """Bytes of one piece."""
    source: Text
    """Where the two numbers are from."""

    @property
    def samples(self) -> float:
        """Samples in the dataset."""
        return self.size / self.sample_size


class Node(Record, frozen=True, kw_only=True):
    """One machine: what its accelerators ask for. Times in seconds, rates in samples/s."""

    label: Text
    """What it is, with an article."""
    accelerator: Text
    """Its kind."""
    accelerators: Count
    """How many."""
    batch_size: Count
    """Pieces that each of them takes for a step."""
    compute_time: Positive
    """Seconds of a step."""
    prepare_rate: Positive
    """Pieces a second that all of its cores prepare together."""
    cores: Count = 1
    """How many cores can prepare at the same time."""
    source: Text
    """Where the numbers are from."""

    @property
    def demand(self) -> float:
        """Samples/s that keep every accelerator busy."""
        return self.accelerators * self.batch_size / self.compute_time


class Law(Record, frozen=True, kw_only=True):
    """A law that the student writes as a function."""

    name: Text
    """Of the student's function."""
    model: Text
    """The package's own, such as ``access.read_time``."""
    arguments: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """Their names."""
    doc: Text
    """What the function returns."""
    text: Text
    """What is asked for."""
    example: list[float]
    """Arguments of the open example."""
    example_words: Text
    """The open example in words."""
    options: dict[str, Value] = {}
    """What the package's own is called with besides."""
    ranges: list[Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)]]
    """From where to where each argument is drawn, evenly in its logarithm."""

    def __post_init__(self) -> None:
        for name, values in (("example", self.example), ("ranges", self.ranges)):
            if len(values) != len(self.arguments):
                raise ValueError(f"the law {self.name}: {name} must have one entry an argument")
        for name in (self.name, *self.arguments):
            if not name.isidentifier():
                raise ValueError(f"the law {self.name}: {name!r} is no name in Python")
        for low, high in self.ranges:
            if not 0 < low < high:
                raise ValueError(f"the law {self.name}: {low:g} to {high:g} is no range above 0")


class Answer(Record, frozen=True, kw_only=True):
    """A number that the student reads off the workbench."""

    name: Text
    """The variable that the student fills."""
    unit: Text
    """As in a sentence: ``hours``."""
    si: Positive = 1.0
    """SI units in one of these."""


class PartTable(Record, frozen=True, kw_only=True):
    """What a track says of any part."""

    title: Text
    """The part's heading."""
    crisis: Text
    """The story."""
    question: Question
    """The lock."""
    controls: list[Control]
    """What the workbench can set."""
    look: Text
    """What to look at on the workbench before what it means."""
    task: Text
    """What has to be decided."""
    unmet: dict[str, Text]
    """What a decision is told that misses a limit, by the limit; needed for each that is set."""
    reflection: Text
    """What is asked at the end."""

    fixed: dict[str, Value] = {}
    """Settings, in SI, that have no control in this track."""
    turn: dict[str, Value] = {}
    """The change, as an answer, that makes the crisis of the start; none: the start is one."""
    law: Law
    """The law to be written."""
    compare: dict[str, Value]
    """The change, as an answer, whose worth the conclusion asks for."""
    compare_words: Text
    """The same change in words; ``{answer}`` is what a control with that answer is set to."""
    presets: list[Preset] = []
    """Positions of the workbench that tell a story, beside the crisis itself."""

    def has_control(self, name: str) -> bool:
        """Return whether the student sets ``name``."""
        return any(control.name == name for control in self.controls)

    def control(self, name: str) -> Control:
        """Return the control called ``name``; ``KeyError`` where there is none."""
        for control in self.controls:
            if control.name == name:
                return control
        raise KeyError(name)

    @property
    def defaults(self) -> dict[str, Value]:
        """The controls' settings at the start, SI by name."""
        return {item.name: item.to_si(item.default) for item in self.controls}

    @property
    def turned(self) -> dict[str, Value]:
        """The controls' settings in the crisis, SI by name: their defaults, and the turn."""
        return {**self.defaults, **self.to_si(self.turn)}

    def to_si(self, answer: dict[str, Value]) -> dict[str, Value]:
        """Return settings given as an answer in SI by name; ``KeyError`` for an unknown key."""
        controls = {item.answer: item for item in self.controls}
        return {controls[key].name: controls[key].to_si(value) for key, value in answer.items()}

    def start(self, name: str) -> Value:
        """Return what a setting is at the start, in SI."""
        if self.has_control(name):
            control = self.control(name)
            return control.to_si(control.default)
        return self.fixed[name]

    def check(self) -> None:
        """Raise ``ValueError``, with the field's path, for what the types alone can't refuse."""

    def check_known(self, path: str, name: str, known: Container[object]) -> None:
        """Refuse a value of the setting ``name`` that isn't among those ``known``."""
        chosen = self.control(name).values if self.has_control(name) else [self.fixed[name]]
        for value in chosen:
            if value not in known:
                raise ValueError(f"unknown {name} {value!r} - at `{path}.{name}`")

    def __post_init__(self) -> None:
        for kind, names in (
            ("control", [item.name for item in self.controls]),
            ("option", [item.id for item in self.question.options]),
            ("preset", [item.label for item in self.presets]),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"the {kind} {name!r} is there more than once")
        if "{" in self.compare_words:
            structs.force_setattr(self, "compare_words", self._filled_comparison())

    def _filled_comparison(self) -> str:
        """Return the words of the change that the conclusion asks about, its settings filled in."""
        set_to = {item.answer: item.default for item in self.controls}
        set_to |= {**self.turn, **self.compare}
        try:
            said = {
                item.answer: item.said(set_to[item.answer])
                for item in self.controls
                if set_to[item.answer] in item.values
            }
            return self.compare_words.format_map(said)
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValueError(
                f"the words {self.compare_words!r} have more in braces than answers of controls"
            ) from None
