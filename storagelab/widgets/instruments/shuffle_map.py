"""ShuffleMap: where each sample is stored against when it is used, and what the order costs."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, GREY, ORANGE, PURPLE
from storagelab.formats import FORMATS
from storagelab.parts.access.experiment import AccessOutcome, PlayedOrder, play_order
from storagelab.tracks import Track
from storagelab.units import format_count, format_share
from storagelab.widgets.buffer_sweep import BufferSweep
from storagelab.widgets.drawing import Column, Drawing, Entry, Shape, Target, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    rectangle,
    steps,
    update_traits,
)

DOTS = 400
"""The number of samples in the simulated dataset."""
SHARD = 20
"""The number of them in the largest shard of a track."""
NEIGHBOURS = slice(7 * SHARD, 8 * SHARD)
"""The marked samples, which are stored side by side and fill the largest shard."""
SEED = 20
THOUSAND = 1000.0
REACH, KEPT, TOP = 1.34, 1.10, 1.54
"""Where the two strips above the map start and where the figure ends, in heights of the map."""
STRIP = 0.06


class Played(msgspec.Struct, frozen=True):
    """The order of a small dataset, and what its places stand for."""

    order: PlayedOrder
    samples: float
    """The number of real samples that one simulated sample stands for."""
    shard: int | None
    """Simulated samples in a shard, or none if each sample is a file."""
    buffer: int
    """Simulated samples that the buffer holds."""


def dot_size(track: Track) -> float:
    """Return the samples that one dot stands for, so that the largest shard has SHARD of them."""
    sizes = [samples_of_shard(track, str(name)) for name in track.access.control("format").values]
    return max(size for size in sizes if size is not None) / SHARD


def samples_of_shard(track: Track, name: str) -> float | None:
    """Return the samples in one shard of a format, or nothing for single files."""
    file_format = FORMATS[name]
    if file_format.shard_size is None:
        return None
    return file_format.shard_size / file_format.stored_size(track.dataset.sample_size)


def played(track: Track, outcome: AccessOutcome) -> Played:
    """Return an epoch of the small dataset, with shards and buffer scaled down as it is."""
    settings, dot = outcome.settings, dot_size(track)
    size = samples_of_shard(track, settings.format)
    shard = None if size is None else max(1, round(size / dot))
    buffer = min(DOTS, round(settings.buffer / dot))
    if settings.shuffled:
        order = play_order(DOTS, shard, buffer if shard else 0, SEED)
    else:
        stored = np.arange(DOTS)
        order = PlayedOrder(stored, stored)
    return Played(order, dot, shard, buffer)


def held(outcome: AccessOutcome, small: Played) -> int:
    """Return the simulated samples that wait in the buffer while an epoch is played."""
    return small.buffer if outcome.settings.shuffled and small.shard is not None else 0


def reach_share(outcome: AccessOutcome, reach: float) -> float:
    """Return a displacement's place on its logarithmic strip, from 1 to a full shuffle's."""
    return math.log(max(reach, 1.0)) / math.log(outcome.full_reach)


class ShuffleMap(Instrument):
    """A dot for each sample of a small dataset: when it is used, by where it is stored."""

    name = "shuffle_map"
    title = "Shuffle map: stored here, used then"

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether the track shuffles; other tracks don't need a random order."""
        return track.access.reach_target > 0

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.unit = dot_size(track) / THOUSAND
        self.size = DOTS * self.unit
        self.marked = np.zeros(DOTS, dtype=bool)
        self.marked[NEIGHBOURS] = True
        self.drawing = Drawing(
            # without padding, so that the sweep finds each place at its share of the axis
            bqplot.LinearScale(min=0, max=self.size, allow_padding=False),
            bqplot.LinearScale(min=0, max=TOP * self.size, allow_padding=False),
        )
        self.drawing.curve(
            [0, self.size], [0, self.size], GREY, "dashed", 1, legend=Entry("stored order", 3)
        )
        self._add_strips()
        self._add_dots()
        self.figure = self.drawing.figure(self._axes(), height=440)
        self.sweep = BufferSweep(np.flatnonzero(self.marked).tolist(), (BLUE, ORANGE), TOP)
        self.extras = (self.sweep,)

    def _add_strips(self) -> None:
        """Add the two strips above the map with their names, and the displacement that is asked."""
        samples = self.track.terms.samples
        moved = Shape(
            "moved", PURPLE, 1.0, None,
            Column(f"mean displacement ({samples})", 4, lambda outcome: [outcome.reach] * DOTS),
        )  # fmt: skip
        kept = Shape(
            "kept", GREEN, 1.0, None,
            Column("bandwidth kept (%)", 5, lambda outcome: [100 * outcome.kept] * DOTS),
        )  # fmt: skip
        ends = [(at * self.size, (at + STRIP) * self.size) for at in (REACH, KEPT)]
        self.strips = self.drawing.areas(
            [Shape("full shuffle", GREY, 0.2), Shape("bandwidth", GREY, 0.2), moved, kept],
            y=np.array([rectangle(0, 0, *ends[index % 2])[1] for index in range(4)]),
            moving=("x",),
        )
        target, full = self.track.access.reach_target, self.track.dataset.samples / 3
        asked, million = math.log(target) / math.log(full), math.log(1e6) / math.log(full)
        self.asked = self.drawing.curve(
            [asked * self.size] * 2,
            [(REACH - 0.02) * self.size, (REACH + STRIP + 0.02) * self.size],
            TEXT,
            width=3,
        )
        self.drawing.label(
            [0.0, asked * self.size, million * self.size],
            [(REACH - 0.045) * self.size] * 3,
            ["1", f"asked {format_count(target)}", format_count(1e6)],
            "middle",
            11,
            "bold",
        )
        self.names = self.drawing.label(
            [0.0, 0.0],
            [(at + STRIP + 0.045) * self.size for at in (REACH, KEPT)],
            ["", ""],
            weight="bold",
            moving=("text",),
        )

    def _add_dots(self) -> None:
        """Add a dot for each sample, and a square for each that is marked."""
        places = (np.arange(DOTS) + 0.5) * self.unit
        others, marked = places[~self.marked], places[self.marked]
        self.others = self.drawing.points(
            others, others, BLUE, size=16, stroke=None, moving=("x",),
            legend=Entry(f"a {self.track.terms.sample}", 1),
        )  # fmt: skip
        self.neighbours = self.drawing.points(
            marked, marked, ORANGE, "square", 40, stroke=None, moving=("x",),
            legend=Entry("stored side by side", 2),
        )  # fmt: skip

    def _axes(self) -> list[Any]:
        ticks, samples = steps(0, self.size), self.track.terms.samples
        return [
            axis(
                self.drawing.scales[direction],
                f"{what} as (thousand {samples})",
                vertical=direction == "y",
                tick_values=ticks,
                tick_format="~g",
            )
            for direction, what in (("x", "used"), ("y", "stored"))
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Move every dot to where it is used, and fill the strips."""
        small = played(self.track, outcome)
        at = (small.order.used + 0.5) * self.unit
        for mark, which in ((self.others, ~self.marked), (self.neighbours, self.marked)):
            update_traits(mark, x=at[which])
        moved = reach_share(outcome, outcome.reach) * self.size
        edges = [self.size, self.size, moved, outcome.kept * self.size]
        update_traits(self.strips, x=np.array([rectangle(0, edge, 0, 1)[0] for edge in edges]))
        names = [
            f"moved by {format_count(outcome.reach)} places on average",
            f"keeps {format_share(outcome.kept)} of the bandwidth",
        ]
        update_traits(self.names, text=np.array(names))
        order = small.order
        # single files are read when they are used
        read = order.used if small.shard is None else order.read
        self.sweep.show(
            read.tolist(), order.used.tolist(), held(outcome, small),
            self._sentences(outcome, small),
        )  # fmt: skip
        return self._words(outcome, small)

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [*super().targets(), *self.sweep.targets()]

    def _sentences(self, outcome: AccessOutcome, small: Played) -> list[str]:
        """Describe the beginning, the middle and the end of the buffer's sweep."""
        terms = self.track.terms
        if not outcome.settings.shuffled:
            through = "each is used as soon as it is read, and stays in line"
        elif small.shard is None:
            through = "each is read from a place of its own when it is used"
        elif held(outcome, small) <= 1:
            through = "the buffer holds no more than one dot, so a shard comes out as it was stored"
        else:
            through = (
                f"the buffer holds {format_count(outcome.settings.buffer)}, lets one of them out "
                "at random and reads the next"
            )
        seen = {
            "A diagonal": "The line is whole.",
            "A cloud": "Neighbours have ended up all over the epoch.",
            "Blocks": "Whole shards have stayed together.",
            "Blurred blocks": "Each shard is spread as far as the buffer reaches.",
        }
        pattern = self._pattern(outcome, small).partition(":")[0]
        first = "the start of the dataset" if not outcome.settings.shuffled else "random places"
        return [
            f"The epoch begins with {terms.samples} from {first}.",
            f"Halfway: {through}.",
            seen[pattern],
        ]

    def _words(self, outcome: AccessOutcome, small: Played) -> str:
        terms = self.track.terms
        return (
            f"{self._pattern(outcome, small)} A {terms.sample} is moved by "
            f"{format_count(outcome.reach)} places on average, where a full shuffle of "
            f"{format_count(self.track.dataset.samples)} moves it by "
            f"{format_count(outcome.full_reach)} and {format_count(outcome.reach_target)} are "
            f"asked; two that were stored side by side end up "
            f"{format_count(outcome.separation)} apart. This order keeps "
            f"{format_share(outcome.kept)} of the device's bandwidth. The map shows a dataset of "
            f"{format_count(DOTS * small.samples)} {terms.samples}, one in "
            f"{format_count(small.samples)} of them."
        )

    def _pattern(self, outcome: AccessOutcome, small: Played) -> str:
        """Describe what the dots look like, and why."""
        settings, terms = outcome.settings, self.track.terms
        if not settings.shuffled:
            return f"A diagonal: every {terms.sample} is used in its stored order."
        if small.shard is None:
            return f"A cloud: every {terms.sample} is read for itself, in any order."
        size = samples_of_shard(self.track, settings.format) or 0.0
        shards = (
            f"shards of {format_count(size)} {terms.samples} come in random order and are read "
            "from end to end"
        )
        if settings.buffer <= 1:
            return f"Blocks: {shards}, so that neighbours stay together, which is no shuffle yet."
        held = f"a buffer of {format_count(settings.buffer)}"
        if small.buffer <= 1:
            return f"Blocks: {shards}; {held} is too small to be seen here."
        if small.buffer >= DOTS:
            return f"A cloud: {shards}, and {held} holds all that the map shows."
        return f"Blurred blocks: {shards}, and {held} spreads each of them."

    def table(self, outcome: AccessOutcome) -> Table:
        """Return where each simulated sample is stored, read and used, and the strips' numbers."""
        order = played(self.track, outcome).order
        samples = self.track.terms.samples

        def column(place: int, what: str, order: np.ndarray) -> Column:
            head = f"{what} as (thousand {samples})"
            return Column(head, place, lambda outcome: (order + 0.5) * self.unit)

        columns = self.drawing.columns(
            column(1, "stored", np.arange(DOTS)),
            column(2, "read", order.read),
            column(3, "used", order.used),
        )
        return table_of(columns, outcome)


def shuffle_map(
    track: str = "cloud_titan", moving: str | None = "buffer", **settings: Any
) -> ipywidgets.VBox:
    """Return the shuffle map of a track that shuffles, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [ShuffleMap(loaded)], "access", track, moving, **settings)
