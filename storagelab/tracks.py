"""Tracks: everything that is specific to one, read from ``data/tracks/<name>.toml``.

A track file is plain TOML in SI units, except a control's ``values``, which are in the unit that
the student sees. A field that is missing, misspelt, of the wrong type or out of its range is
refused when the file is read, with the file's and the field's names.

Students have this file: what gives answers away is in a file of instructors' instead, which
:mod:`storagelab.course.answers` reads.
"""

from __future__ import annotations

import math
import os
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Lock
from typing import Annotated, Literal

import msgspec

from storagelab.checks import Q
from storagelab.devices import load_devices
from storagelab.formats import FORMATS
from storagelab.pipeline import CACHE_POLICIES

Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Value = bool | float | str


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every part of a track file has in common: nothing misspelt passes."""


class Control(_Record, frozen=True, kw_only=True):
    """One setting of a workbench: the values on its slider, in the student's unit."""

    name: Text
    label: Text
    kind: Literal["switch", "choice", "scale"]
    values: Annotated[list[Value], msgspec.Meta(min_length=2)]
    default: Value
    answer: Text
    """The key under which an answer cell names this setting."""
    unit: str = ""
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


class Preset(_Record, frozen=True, kw_only=True):
    """A position of the workbench that tells a story, beside the crisis itself."""

    label: Text
    words: Text
    """What one sees there, in a sentence or two."""
    settings: Annotated[dict[str, Value], msgspec.Meta(min_length=1)]
    """What differs from the crisis, as an answer: by answer key, in the student's unit."""


class Option(_Record, frozen=True, kw_only=True):
    """One answer to a lock's question, the belief behind it, and what the reveal says of it."""

    id: Text
    text: Text
    belief: Text
    words: Text
    means: str = ""
    """What the answer keys call it, where that isn't its id."""


class Question(_Record, frozen=True, kw_only=True):
    """A lock: the question before the evidence, and its options."""

    text: Text
    options: Annotated[list[Option], msgspec.Meta(min_length=2)]

    def option(self, name: str) -> Option:
        """Return the option with the id ``name``; ``KeyError`` where there is none."""
        for option in self.options:
            if option.id == name:
                return option
        raise KeyError(name)


class Price(_Record, frozen=True, kw_only=True):
    """A price in the track's currency for one ``unit``, with its date and its source."""

    amount: NonNegative
    unit: Text
    date: Text
    source: Text
    si: Positive = 1.0
    """SI units in the one that is priced."""


class Currency(_Record, frozen=True, kw_only=True):
    """What a track counts as cost: dollars a month, or the watts of a battery."""

    unit: Literal["$", "W"]
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


class Consumer(_Record, frozen=True, kw_only=True):
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


class Terms(_Record, frozen=True, kw_only=True):
    """What a track calls the things that the laws speak of."""

    consumer: Consumer
    sample: Text
    samples: Text
    step: Text
    """What is done again and again: ``training step``, ``frame``."""
    steps: Text
    store: Text
    link: Text
    cache: Text
    memory: Text
    preparer: Text
    warm: Text
    """One pass over the data once the cache is filled: ``a warm epoch``."""
    passes: Text
    machine: Text
    """What bears the cost: ``the node``."""
    dump: Text
    dumps: Text
    job: Text
    """What fails and starts again: ``the job``."""
    run: Text
    """How long it is to go on: ``the month``."""
    writes: Text
    """The bandwidth over which it is saved: ``shared write bandwidth``."""


class Persona(_Record, frozen=True, kw_only=True):
    """Who the student is."""

    name: Text
    role: Text
    team: Text


class Dataset(_Record, frozen=True, kw_only=True):
    """The data that feeds the accelerators; sizes in bytes."""

    label: Text
    size: Positive
    sample_size: Positive
    source: Text

    @property
    def samples(self) -> float:
        """Samples in the dataset."""
        return self.size / self.sample_size


class Node(_Record, frozen=True, kw_only=True):
    """One machine: what its accelerators ask for. Times in seconds, rates in samples/s."""

    label: Text
    accelerator: Text
    accelerators: Count
    batch_size: Count
    compute_time: Positive
    prepare_rate: Positive
    source: Text

    @property
    def demand(self) -> float:
        """Samples/s that keep every accelerator busy."""
        return self.accelerators * self.batch_size / self.compute_time


class Law(_Record, frozen=True, kw_only=True):
    """A law that the student writes as a function."""

    name: Text
    """Of the student's function."""
    model: Text
    """The package's own, such as ``access.read_time``."""
    arguments: Annotated[list[Text], msgspec.Meta(min_length=1)]
    doc: Text
    text: Text
    """What is asked for."""
    example: list[float]
    """Arguments of the open example."""
    example_words: Text
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


class Answer(_Record, frozen=True, kw_only=True):
    """A number that the student reads off the workbench."""

    name: Text
    unit: Text
    """As in a sentence: ``hours``."""
    si: Positive = 1.0
    """SI units in one of these."""


class _Part(_Record, frozen=True, kw_only=True):
    title: Text
    crisis: Text
    question: Question
    controls: list[Control]
    look: Text
    """What to look at on the workbench before what it means."""
    task: Text
    """What has to be decided."""
    unmet: dict[str, Text]
    """What a decision is told that misses a target, by the target."""
    reflection: Text

    fixed: dict[str, Value] = {}
    """Settings, in SI, that have no control in this track."""
    law: Law
    compare: dict[str, Value]
    """The change, as an answer, whose worth the conclusion asks for."""
    compare_words: Text
    presets: list[Preset] = []

    def has_control(self, name: str) -> bool:
        """Return whether the student sets ``name``."""
        return any(control.name == name for control in self.controls)

    def control(self, name: str) -> Control:
        """Return the control called ``name``; ``KeyError`` where there is none."""
        for control in self.controls:
            if control.name == name:
                return control
        raise KeyError(name)

    def __post_init__(self) -> None:
        for kind, names in (
            ("control", [item.name for item in self.controls]),
            ("option", [item.id for item in self.question.options]),
            ("preset", [item.label for item in self.presets]),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"the {kind} {name!r} is there more than once")


class AccessPart(_Part, frozen=True, kw_only=True):
    """Part 1: how the dataset is read."""

    target_utilization: Share
    reach_target: NonNegative = 0.0
    """Mean |displacement| in samples that the training needs from its shuffle; 0: no shuffle."""
    density: Share = 1.0
    """Share of what lies in order that is needed: reading in order reads all of it."""
    writes: NonNegative = 0.0
    """Bytes/s that are written to the device meanwhile."""
    spare_share: Positive = 0.07
    """The device's over-provisioning, for writes at random places."""
    misses_limit: NonNegative | None = None
    """Steps that may come too late in an hour; none: nobody counts them."""
    budget: Positive | None = None
    """The most that it may cost, in the track's currency."""
    device_prices: dict[str, NonNegative] = {}
    """What a device costs over the currency's period, beside what its use costs."""

    @property
    def home(self) -> str:
        """The device on which the dataset lies at the start."""
        if self.has_control("device"):
            return str(self.control("device").default)
        return str(self.fixed["device"])


class PipelinePart(_Part, frozen=True, kw_only=True):
    """Part 2: the tiers between the dataset and the accelerators."""

    pass_size: Positive | None = None
    """Bytes of one pass over the data; the dataset's, where it isn't given."""
    pass_demand: Positive | None = None
    """Bytes/s that the consumer takes; part 1's, where it isn't given."""
    cold_start: bool = True
    """Whether the first pass finds the cache empty."""
    epochs: Count
    request_size: Positive
    stream_bandwidth: Positive
    target_utilization: Share
    runs: Count
    budget: Positive | None = None
    """The most that it may cost, in the track's currency."""
    answer: Answer
    consumer: Consumer | None = None
    """Whom this part feeds, where it isn't the track's consumer."""


class CheckpointPart(_Part, frozen=True, kw_only=True):
    """Part 3: the job that has to be saved; times in seconds, sizes in bytes."""

    nodes: Count
    size: Positive
    parameters: Positive
    full_copies: Positive | None = None
    """How many times ``size`` is written where it is not saved in parts; a time for each node."""
    dump_latency: NonNegative = 0.0
    """Seconds of each dump before its bytes flow."""
    node_bandwidth: Positive
    restart_time: Positive
    solve_time: Positive
    storage_limit: Share
    """The share of its time that the shared storage can give to checkpoints."""
    endurance: list[Positive] = []
    """Bytes that the storage bears in its life, one for each write bandwidth; none: no wear."""
    life_target: Positive = 1.0
    """Seconds that it has to last."""
    waste_limit: Positive | None = None
    """The overhead, as a share of the work, that is borne at most."""
    proposed_interval: Positive
    present_interval: Positive
    event: Text
    event_node_mtbf: Positive
    """What a node's MTBF drops to at the ops lead's event."""
    event_button: Text
    plot_top: Positive = 60.0
    """Per cent of overhead that the plot shows."""
    waste_price: NonNegative
    """What a wasted second costs, in the track's currency times its period."""
    answer: Answer


class Track(_Record, frozen=True, kw_only=True):
    """One track of the course; see the file ``data/tracks/<name>.toml``."""

    name: Text
    title: Text
    persona: Persona
    mission: Text
    currency: Currency
    terms: Terms
    dataset: Dataset
    node: Node
    prices: dict[str, Price]
    access: AccessPart
    pipeline: PipelinePart
    checkpoint: CheckpointPart

    def charge(self, item: str, amount: Q) -> Q:
        """Return what ``amount``, in SI units, of ``item`` costs over the currency's period."""
        price = self.prices[item]
        return amount / price.si * price.amount

    def charge_flow(self, item: str, rate: Q) -> Q:
        """Return what a flow of ``rate``, in SI units a second, costs over the period."""
        return self.charge(item, rate * self.currency.period)

    @property
    def pass_size(self) -> float:
        """Bytes of one pass over the data in part 2."""
        return self.pipeline.pass_size or self.dataset.size

    @property
    def fed(self) -> Consumer:
        """Whom part 2 feeds."""
        return self.pipeline.consumer or self.terms.consumer

    @property
    def pass_demand(self) -> float:
        """Bytes/s that the consumer takes in part 2."""
        return self.pipeline.pass_demand or self.node.demand * self.dataset.sample_size


SETTABLE = {
    "access": ("format", "request_size"),
    "pipeline": ("cache", "link", "nvme"),
    "checkpoint": ("interval", "write_bandwidth", "node_mtbf"),
}
"""The settings that the figures and the words need a control for."""

CONTROLS = {
    "access": ("shuffled", "format", "device", "request_size", "queue_depth", "buffer"),
    "pipeline": ("cache", "link", "nvme", "policy"),
    "checkpoint": (
        "interval", "write_bandwidth", "sharded", "node_mtbf", "bytes_per_parameter",
    ),
}  # fmt: skip
"""The settings that each part's experiment takes, from a control or fixed."""

LIMITS = {
    "access": ("utilization", "reach", "misses", "budget"),
    "pipeline": ("utilization", "budget"),
    "checkpoint": ("storage", "wear", "waste", "ends"),
}
"""What a decision of each part can miss."""

PRICED = (
    "idle",
    "memory",
    "request",
    "active",
    "cache",
    "link",
    "nvme",
    "link_byte",
    "cache_byte",
    "write",
)


# msgspec learns a type when it is first decoded, and crashes where two threads do that at once
_one_at_a_time = Lock()


def parse_track(text: str, file: str) -> Track:
    """Return the track that ``text`` describes, in TOML; ``file`` is its name for the errors.

    Raises ``ValueError`` that names the file and the field where the text is no valid track.
    """
    try:
        with _one_at_a_time:
            track = msgspec.toml.decode(text, type=Track)
            _cross_check(track)
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None
    return track


def _cross_check(track: Track) -> None:
    _all_finite(msgspec.to_builtins(track), "$")
    for part, names in CONTROLS.items():
        content = getattr(track, part)
        controls = [control.name for control in content.controls]
        for name in names:
            if name not in controls and name not in content.fixed:
                raise ValueError(
                    f"{name!r} is neither a control nor fixed - at `$.{part}.controls`"
                )
        for place, present in (("controls", controls), ("fixed", content.fixed)):
            for name in present:
                if name not in names:
                    raise ValueError(f"unknown setting {name!r} - at `$.{part}.{place}`")
                if place == "fixed" and name in controls:
                    raise ValueError(f"{name!r} has a control - at `$.{part}.fixed`")
        for name in SETTABLE[part]:
            if name not in controls:
                raise ValueError(f"{name!r} needs a control - at `$.{part}.controls`")
        for name, value in content.fixed.items():
            if type(value) is not _KINDS.get(name, float):
                kind = _KINDS.get(name, float).__name__
                raise ValueError(f"{name!r} must be a {kind} - at `$.{part}.fixed`")
    for part, name, known in (
        ("access", "device", load_devices()),
        ("access", "format", FORMATS),
        ("pipeline", "policy", CACHE_POLICIES),
    ):
        content = getattr(track, part)
        chosen = (
            content.control(name).values if content.has_control(name) else [content.fixed[name]]
        )
        for value in chosen:
            if value not in known:
                raise ValueError(f"unknown {name} {value!r} - at `$.{part}.{name}`")
    for part in CONTROLS:
        content = getattr(track, part)
        answers = {control.answer: control for control in content.controls}
        positions = [("compare", content.compare)]
        positions += [("presets", preset.settings) for preset in content.presets]
        for place, position in positions:
            for name, value in position.items():
                if name not in answers:
                    raise ValueError(f"no control has the answer {name!r} - at `$.{part}.{place}`")
                if value not in answers[name].values:
                    raise ValueError(f"{name!r} has no value {value!r} - at `$.{part}.{place}`")
    for name in track.access.device_prices:
        if name not in load_devices():
            raise ValueError(f"unknown device {name!r} - at `$.access.device_prices`")
    for part in CONTROLS:
        content = getattr(track, part)
        for limit in content.unmet:
            if limit not in LIMITS[part]:
                raise ValueError(f"unknown limit {limit!r} - at `$.{part}.unmet`")
        for limit in _limits_in_use(track, part):
            if limit not in content.unmet:
                raise ValueError(f"no sentence for the limit {limit!r} - at `$.{part}.unmet`")
    if "{cost}" not in track.currency.says:
        raise ValueError("the sentence has no {cost} in it - at `$.currency.says`")
    _cross_check_job(track.checkpoint)
    bandwidths = track.checkpoint.control("write_bandwidth").values
    if track.checkpoint.endurance and len(track.checkpoint.endurance) != len(bandwidths):
        raise ValueError(
            f"{len(track.checkpoint.endurance)} endurances for {len(bandwidths)} write "
            "bandwidths - at `$.checkpoint.endurance`"
        )
    for item in PRICED:
        if item not in track.prices:
            raise ValueError(f"Object missing required field `{item}` - at `$.prices`")
    for item in track.prices:
        if item not in PRICED:
            raise ValueError(f"Object contains unknown field `{item}` - at `$.prices`")


_KINDS = {"shuffled": bool, "sharded": bool, "format": str, "device": str, "policy": str}
"""The type of a setting that isn't a number."""


def _limits_in_use(track: Track, part: str) -> list[str]:
    """Return the limits that a decision of a part can miss in this track."""
    access, pipeline, checkpoint = track.access, track.pipeline, track.checkpoint
    used = {
        "access": {
            "utilization": True,
            "reach": access.reach_target > 0,
            "misses": access.misses_limit is not None,
            "budget": access.budget is not None,
        },
        "pipeline": {"utilization": True, "budget": pipeline.budget is not None},
        "checkpoint": {
            "storage": True,
            "wear": bool(checkpoint.endurance),
            "waste": checkpoint.waste_limit is not None,
            "ends": True,
        },
    }
    return [limit for limit, is_used in used[part].items() if is_used]


def _cross_check_job(job: CheckpointPart) -> None:
    """Refuse a job whose numbers say two things."""
    at_start = {item.name: item.to_si(item.default) for item in job.controls}
    each = {**job.fixed, **at_start}["bytes_per_parameter"]
    if not math.isclose(float(each) * job.parameters, job.size, rel_tol=1e-6):
        raise ValueError(
            f"parameters times bytes_per_parameter is {float(each) * job.parameters:g} and not "
            "the size - at `$.checkpoint.size`"
        )
    if at_start["interval"] != job.present_interval:
        raise ValueError(
            "present_interval isn't the interval control's default - "
            "at `$.checkpoint.present_interval`"
        )


def _all_finite(value: object, path: str) -> None:
    """Refuse TOML's ``nan`` and ``inf``, which pass a lower bound or compare as nothing."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"Expected a finite number, got `{value}` - at `{path}`")
    if isinstance(value, dict):
        for key, item in value.items():
            _all_finite(item, f"{path}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _all_finite(item, f"{path}[{index}]")


EXTRA_TRACKS = "STORAGELAB_TRACKS"
"""The environment variable that names a folder with track files of one's own."""


def _files() -> dict[str, Traversable | Path]:
    """Return every track file by the track's name: the package's, and those of one's own folder."""
    folders: list[Traversable | Path] = [resources.files("storagelab") / "data" / "tracks"]
    own = os.environ.get(EXTRA_TRACKS)
    if own:
        # a kernel starts elsewhere than a shell: a relative folder would be there for one of them
        if not Path(own).is_absolute() or not Path(own).is_dir():
            raise ValueError(
                f"{EXTRA_TRACKS} must name an existing folder by its whole path; it says {own!r}"
            )
        folders.append(Path(own))
    return {
        item.name.removesuffix(".toml"): item
        for folder in folders
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".toml")
    }


TRACKS: tuple[str, ...] = tuple(_files())
"""The names of the tracks that there are."""


@cache
def load_track(name: str) -> Track:
    """Return the track called ``name``.

    Raises ``ValueError`` that lists the known tracks where there is none of that name, or that
    names the file and the field where the track's file is malformed.
    """
    if name not in TRACKS:
        raise ValueError(f"unknown track {name!r}; known are {', '.join(TRACKS)}")
    file = f"{name}.toml"
    track = parse_track(_files()[name].read_text(encoding="utf-8"), file)
    if track.name != name:
        raise ValueError(f"{file}: name is {track.name!r}, which isn't the file's - at `$.name`")
    return track
