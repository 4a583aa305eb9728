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
)


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


def file_text(name: str) -> str:
    """Return the text of a track's file; ``KeyError`` for a track that there isn't."""
    return _files()[name].read_text(encoding="utf-8")


@cache
def load_track(name: str) -> Track:
    """Return the track called ``name``.

    Raises ``ValueError`` that lists the known tracks where there is none of that name, or that
    names the file and the field where the track's file is malformed.
    """
    if name not in TRACKS:
        raise ValueError(f"unknown track {name!r}; known are {', '.join(TRACKS)}")
    file = f"{name}.toml"
    track = parse_track(file_text(name), file)
    if track.name != name:
        raise ValueError(f"{file}: name is {track.name!r}, which isn't the file's - at `$.name`")
    return track
