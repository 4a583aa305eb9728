"""Tracks: everything that is specific to one, read from ``data/tracks/<name>.toml``.

A track file is plain TOML in SI units, except a control's ``values``, which are in the unit that
the student sees. A field that is missing, misspelt, of the wrong type or out of its range is
refused when the file is read, with the file's and the field's names.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

import msgspec

from storagelab.devices import load_devices
from storagelab.formats import FORMATS
from storagelab.pipeline import CACHE_POLICIES

Positive = Annotated[float, msgspec.Meta(gt=0)]
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


class Option(_Record, frozen=True, kw_only=True):
    """One answer to a lock's question, the belief behind it, and what the reveal says of it."""

    id: Text
    text: Text
    belief: Text
    words: Text


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
    """A price in US dollars for one ``unit``, with its date and its source."""

    dollars: Positive
    unit: Text
    date: Text
    source: Text


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


class _Part(_Record, frozen=True, kw_only=True):
    title: Text
    crisis: Text
    question: Question
    controls: list[Control]
    reflection: Text
    facts: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """What an answer to the reflection has to contain."""

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
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"the {kind} {name!r} is there more than once")


class AccessPart(_Part, frozen=True, kw_only=True):
    """Part 1: how the dataset is read."""

    home: Text
    """The device on which the dataset lives."""
    target_utilization: Share
    reach_target: Positive
    """Mean |displacement| in samples that the training needs from its shuffle."""


class PipelinePart(_Part, frozen=True, kw_only=True):
    """Part 2: the tiers between the dataset and the accelerators."""

    policy: Text
    epochs: Count
    request_size: Positive
    stream_bandwidth: Positive
    target_utilization: Share
    runs: Count


class CheckpointPart(_Part, frozen=True, kw_only=True):
    """Part 3: the job that has to be saved; times in seconds, sizes in bytes."""

    nodes: Count
    size: Positive
    parameters: Positive
    node_bandwidth: Positive
    restart_time: Positive
    solve_time: Positive
    storage_limit: Share
    """The share of its time that the shared storage can give to checkpoints."""
    proposed_interval: Positive
    present_interval: Positive
    event: Text
    event_node_mtbf: Positive
    """What a node's MTBF drops to at the ops lead's event."""


class Track(_Record, frozen=True, kw_only=True):
    """One track of the course; see the file ``data/tracks/<name>.toml``."""

    name: Text
    title: Text
    persona: Persona
    mission: Text
    dataset: Dataset
    node: Node
    prices: dict[str, Price]
    access: AccessPart
    pipeline: PipelinePart
    checkpoint: CheckpointPart

    def price(self, item: str) -> float:
        """Return the price of ``item`` in dollars per its unit."""
        return self.prices[item].dollars


CONTROLS = {
    "access": ("shuffled", "format", "device", "request_size", "queue_depth", "buffer"),
    "pipeline": ("cache", "link", "nvme"),
    "checkpoint": (
        "interval", "write_bandwidth", "sharded", "node_mtbf", "bytes_per_parameter",
    ),
}  # fmt: skip
"""The controls that each part's experiment takes."""

PRICED = (
    "accelerator_hour",
    "dram_gb_month",
    "get_request",
    "link_gbps_month",
    "cache_gb_month",
    "nvme_gbs_month",
    "write_gbs_month",
)


def parse_track(text: str, file: str) -> Track:
    """Return the track that ``text`` describes, in TOML; ``file`` is its name for the errors.

    Raises ``ValueError`` that names the file and the field where the text is no valid track.
    """
    try:
        track = msgspec.toml.decode(text, type=Track)
        _cross_check(track)
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None
    return track


def _cross_check(track: Track) -> None:
    _all_finite(msgspec.to_builtins(track), "$")
    for part, names in CONTROLS.items():
        present = [control.name for control in getattr(track, part).controls]
        for name in names:
            if name not in present:
                raise ValueError(f"there is no control {name!r} - at `$.{part}.controls`")
        for name in present:
            if name not in names:
                raise ValueError(f"unknown control {name!r} - at `$.{part}.controls`")
    if track.access.home not in load_devices():
        raise ValueError(f"unknown device {track.access.home!r} - at `$.access.home`")
    for control, known in (("device", load_devices()), ("format", FORMATS)):
        for value in track.access.control(control).values:
            if value not in known:
                raise ValueError(f"unknown {control} {value!r} - at `$.access.controls.{control}`")
    if track.pipeline.policy not in CACHE_POLICIES:
        raise ValueError(f"unknown policy {track.pipeline.policy!r} - at `$.pipeline.policy`")
    for item in PRICED:
        if item not in track.prices:
            raise ValueError(f"Object missing required field `{item}` - at `$.prices`")
    for item in track.prices:
        if item not in PRICED:
            raise ValueError(f"Object contains unknown field `{item}` - at `$.prices`")


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


def _folder() -> Traversable:
    return resources.files("storagelab") / "data" / "tracks"


TRACKS: tuple[str, ...] = tuple(
    sorted(
        item.name.removesuffix(".toml")
        for item in _folder().iterdir()
        if item.name.endswith(".toml")
    )
)
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
    track = parse_track((_folder() / file).read_text(encoding="utf-8"), file)
    if track.name != name:
        raise ValueError(f"{file}: name is {track.name!r}, which isn't the file's - at `$.name`")
    return track
