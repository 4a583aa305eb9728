"""Tracks: everything that is specific to one, read from ``data/tracks/<name>.toml``.

A track file is plain TOML in SI units, except a control's ``values``, which are in the unit that
the student sees. A field that is missing, misspelt, of the wrong type or out of its range is
refused when the file is read, with the file's and the field's names.

Students have this file: what gives answers away is in a file of instructors' instead, which
:mod:`storagelab.course.answers` reads.
"""

from __future__ import annotations

import datetime
import math
import tomllib
from functools import cache
from threading import Lock
from typing import Annotated, Any

import msgspec

from storagelab.checks import Q
from storagelab.parts import PARTS, AnyPart
from storagelab.parts.access.table import AccessTable
from storagelab.parts.checkpoint.table import CheckpointTable
from storagelab.parts.pipeline.table import PipelineTable
from storagelab.schema import (
    Consumer,
    Currency,
    Dataset,
    Node,
    PartTable,
    Persona,
    Price,
    Record,
    Terms,
    Text,
    Vary,
)
from storagelab.track_files import EXTRA_TRACKS, file_text, files
from storagelab.variants import Changes, changes_of
from storagelab.vary import check_fields, varied

__all__ = [
    "EXTRA_TRACKS",
    "PRICED",
    "TRACKS",
    "Track",
    "file_text",
    "load_track",
    "parse_track",
    "track_of",
]


class Track(Record, frozen=True, kw_only=True):
    """One track of the course; see the file ``data/tracks/<name>.toml``."""

    name: Text
    """The file's own name, without its ending."""
    title: Text
    """The crisis in a few words."""
    persona: Persona
    """Who the student is."""
    mission: Text
    """What the student is there for, as in *to maximise …*."""
    currency: Currency
    """What counts as cost."""
    terms: Terms
    """What the track calls things."""
    dataset: Dataset
    """What is read in part 1."""
    node: Node
    """Who reads it."""
    prices: dict[str, Price]
    """A table for each of the names under which something is priced."""
    access: AccessTable
    """Part 1."""
    pipeline: PipelineTable
    """Part 2."""
    checkpoint: CheckpointTable
    """Part 3."""
    vary: list[Vary] = msgspec.field(default_factory=list)
    """The numbers of which each variant of the track has others; none: everybody has these."""
    variant: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Which of its variants this is; 0: the numbers of the file. No file can set it."""

    def charge(self, item: str, amount: Q) -> Q:
        """Return what ``amount``, in SI units, of ``item`` costs over the currency's period."""
        price = self.prices[item]
        return amount / price.si * price.amount

    def charge_flow(self, item: str, rate: Q) -> Q:
        """Return what a flow of ``rate``, in SI units a second, costs over the period."""
        return self.charge(item, rate * self.currency.period)

    @property
    def waste_price(self) -> float:
        """What a wasted second of part 3's job costs, in the currency times its period."""
        job = self.checkpoint
        if job.waste_price is not None:
            return job.waste_price
        return self.charge("idle", job.nodes * self.node.accelerators)

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


PRICED = {
    "idle": "a consumer that waits",
    "memory": "memory: for what is buffered in part 1, and to prepare and cache in part 2",
    "request": "one request",
    "active": "the device's power while it reads, whose watts are in devices.csv",
    "cache": "room in the cache",
    "core": "a core that prepares, in part 2",
    "link": "bandwidth of the link, used or not",
    "nvme": "bandwidth of the cache",
    "link_byte": "a byte through the link",
    "cache_byte": "a byte from the cache",
    "write": "bandwidth to save over, in part 3",
}
"""What is priced under each name that a track has a price for."""


# msgspec learns a type when it is first decoded, and crashes where two threads do that at once
_one_at_a_time = Lock()


def parse_track(text: str, file: str, changes: Changes | None = None, variant: int = 0) -> Track:
    """Return the track that ``text`` describes, in TOML; ``file`` is its name for the errors.

    With ``changes``, values by the paths of fields that the file lets vary, it is the track's
    ``variant`` of that number. Raises ``ValueError`` that names the file and the field where the
    text is no valid track, or where a change is none that it allows.
    """
    return track_of(_read(text, file), file, changes, variant)


def _read(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def track_of(
    said: dict[str, Any], file: str, changes: Changes | None = None, variant: int = 0
) -> Track:
    """Return the track whose file says ``said``, with ``changes`` as in :func:`parse_track`."""
    try:
        if "variant" in said:
            raise ValueError("Object contains unknown field `variant`")
        with _one_at_a_time:
            if changes:
                allowed = msgspec.convert(said.get("vary", []), list[Vary])
                said = varied(said, allowed, changes)
            track = msgspec.convert(
                {**said, "variant": variant}, Track, builtin_types=_TOML_TYPES, str_keys=True
            )
            _cross_check(track)
        if not changes:  # else that was seen before they were made
            check_fields(said, track.vary)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    return track


_TOML_TYPES = (datetime.datetime, datetime.date, datetime.time)
"""What TOML has types for and no track a use: a field that is one of these is told so."""


def _cross_check(track: Track) -> None:
    _all_finite(msgspec.to_builtins(track), ())
    for part in PARTS.values():
        _cross_check_settings(part, part.of(track))
        part.of(track).check()
        _cross_check_positions(part, part.of(track))
        _cross_check_limits(part, track)
    if "{cost}" not in track.currency.says:
        raise ValueError("the sentence has no {cost} in it - at `$.currency.says`")
    for item in PRICED:
        if item not in track.prices:
            raise ValueError(f"Object missing required field `{item}` - at `$.prices`")
    for item in track.prices:
        if item not in PRICED:
            raise ValueError(f"Object contains unknown field `{item}` - at `$.prices`")


def _cross_check_settings(part: AnyPart, content: PartTable) -> None:
    """Refuse a part whose settings don't each have one control, or one fixed value of its type."""
    types, controls = part.setting_types, [control.name for control in content.controls]
    for name in types:
        if name not in controls and name not in content.fixed:
            raise ValueError(
                f"{name!r} is neither a control nor fixed - at `$.{part.name}.controls`"
            )
    for place, present in (("controls", controls), ("fixed", list(content.fixed))):
        for name in present:
            if name not in types:
                raise ValueError(f"unknown setting {name!r} - at `$.{part.name}.{place}`")
            if place == "fixed" and name in controls:
                raise ValueError(f"{name!r} has a control - at `$.{part.name}.fixed`")
    for name in part.needs_control:
        if name not in controls:
            raise ValueError(f"{name!r} needs a control - at `$.{part.name}.controls`")
    for name, value in content.fixed.items():
        if type(value) is not types[name]:
            kind = types[name].__name__
            raise ValueError(f"{name!r} must be a {kind} - at `$.{part.name}.fixed`")


def _cross_check_positions(part: AnyPart, content: PartTable) -> None:
    """Refuse a change, a turn or a preset that names what no control has."""
    answers = {control.answer: control for control in content.controls}
    positions = [("compare", content.compare), ("turn", content.turn)]
    positions += [("presets", preset.settings) for preset in content.presets]
    for place, position in positions:
        for name, value in position.items():
            where = f"at `$.{part.name}.{place}`"
            if name not in answers:
                raise ValueError(f"no control has the answer {name!r} - {where}")
            if value not in answers[name].values:
                raise ValueError(f"{name!r} has no value {value!r} - {where}")


def _cross_check_limits(part: AnyPart, track: Track) -> None:
    """Refuse a part with a limit and no sentence, or a sentence and no limit."""
    told, limits = part.of(track).unmet, part.limits()
    for name in told:
        if name not in [limit.name for limit in limits]:
            raise ValueError(f"unknown limit {name!r} - at `$.{part.name}.unmet`")
    for limit in limits:
        if limit.in_use(track) and limit.name not in told:
            raise ValueError(f"no sentence for the limit {limit.name!r} - at `$.{part.name}.unmet`")


def _all_finite(value: object, path: tuple[object, ...]) -> None:
    """Refuse TOML's ``nan`` and ``inf``, which pass a lower bound or compare as nothing."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"Expected a finite number, got `{value}` - at `{_written(path)}`")
    if isinstance(value, dict):
        for key, item in value.items():
            _all_finite(item, (*path, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            _all_finite(item, (*path, index))


def _written(path: tuple[object, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


TRACKS: tuple[str, ...] = tuple(files())
"""The names of the tracks that there are."""


def load_track(name: str, variant: int = 0) -> Track:
    """Return the track called ``name``, with its own numbers or those of one of its variants.

    Raises ``ValueError`` that lists the known tracks where there is none of that name, that names
    the file and the field where the track's file is malformed, or that says which variants there
    are.
    """
    if name not in TRACKS:
        raise ValueError(f"unknown track {name!r}; known are {', '.join(TRACKS)}")
    return _load(name, variant)


@cache
def _load(name: str, variant: int) -> Track:
    file = f"{name}.toml"
    track = track_of(_said(name), file, changes_of(name, variant), variant)
    if track.name != name:
        raise ValueError(f"{file}: name is {track.name!r}, which isn't the file's - at `$.name`")
    return track


@cache
def _said(name: str) -> dict[str, Any]:
    """Return what a track's file says: read once for all of its variants."""
    return _read(file_text(name), f"{name}.toml")
