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
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    figure,
    legend,
    polygons,
    put,
    rectangle,
    steps,
    swatch,
)

DOTS = 400
"""Samples of the dataset that is played."""
SHARD = 20
"""How many of them lie in the largest shard of a track."""
NEIGHBOURS = slice(7 * SHARD, 8 * SHARD)
"""Those that are marked: stored side by side, a shard of the largest."""
SEED = 20
THOUSAND = 1000.0
REACH, KEPT, TOP = 1.34, 1.10, 1.54
"""Where the two strips above the map begin and where the figure ends, in heights of the map."""
STRIP = 0.06


class Played(msgspec.Struct, frozen=True):
    """The order of a small dataset, and what its places stand for."""

    order: PlayedOrder
    samples: float
    """Samples of the real dataset that one of the played ones stands for."""
    shard: int | None
    """Played samples in a shard; none: each lies for itself."""
    buffer: int
    """Played samples that the buffer holds."""


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


def reach_share(outcome: AccessOutcome, reach: float) -> float:
    """Return how far along its strip a displacement lies: its logarithm, from 1 to a full one's."""
    return math.log(max(reach, 1.0)) / math.log(outcome.full_reach)


class ShuffleMap(Instrument):
    """A dot for each sample of a small dataset: when it is used, by where it is stored."""

    name = "shuffle_map"
    title = "Shuffle map: stored here, used then"

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether the track shuffles: elsewhere nobody asks for a random order."""
        return track.access.reach_target > 0

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.unit = dot_size(track) / THOUSAND
        self.size = DOTS * self.unit
        x = bqplot.LinearScale(min=0, max=self.size)
        y = bqplot.LinearScale(min=0, max=TOP * self.size)
        scales = {"x": x, "y": y}
        places = (np.arange(DOTS) + 0.5) * self.unit
        marked = np.zeros(DOTS, dtype=bool)
        marked[NEIGHBOURS] = True
        self.marked = marked
        in_order = bqplot.Lines(
            x=[0, self.size],
            y=[0, self.size],
            scales=scales,
            colors=[GREY],
            line_style="dashed",
            stroke_width=1,
        )
        self.others = bqplot.Scatter(
            x=places[~marked], y=places[~marked], scales=scales, colors=[BLUE], default_size=16
        )
        self.neighbours = bqplot.Scatter(
            x=places[marked],
            y=places[marked],
            scales=scales,
            colors=[ORANGE],
            default_size=40,
            marker="square",
        )
        self.strips = polygons(
            [GREY, GREY, PURPLE, GREEN], scales, ["full shuffle", "bandwidth", "moved", "kept"]
        )
        self.strips.fill_opacities = [0.2, 0.2, 1.0, 1.0]
        ends = [(at * self.size, (at + STRIP) * self.size) for at in (REACH, KEPT)]
        self.strips.y = np.array([rectangle(0, 0, *ends[index % 2])[1] for index in range(4)])
        target = track.access.reach_target
        asked = math.log(target) / math.log(track.dataset.samples / 3)
        self.asked = bqplot.Lines(
            x=[asked * self.size] * 2,
            y=[(REACH - 0.02) * self.size, (REACH + STRIP + 0.02) * self.size],
            scales=scales,
            colors=[TEXT],
            stroke_width=3,
        )
        million = math.log(1e6) / math.log(track.dataset.samples / 3)
        ticks = bqplot.Label(
            x=[0.0, asked * self.size, million * self.size],
            y=[(REACH - 0.045) * self.size] * 3,
            text=["1", f"asked {format_count(target)}", format_count(1e6)],
            align="middle",
            scales=scales,
            colors=[TEXT],
            default_size=11,
            apply_clip=False,
        )
        self.names = bqplot.Label(
            x=[0.0, 0.0],
            y=[(at + STRIP + 0.045) * self.size for at in (REACH, KEPT)],
            text=["", ""],
            scales=scales,
            colors=[TEXT],
            default_size=12,
            font_weight="bold",
            apply_clip=False,
        )
        shown = steps(0, self.size)
        self.figure = figure(
            [in_order, self.strips, self.asked, ticks, self.names, self.others, self.neighbours],
            [
                axis(
                    x,
                    f"used as (thousand {track.terms.samples})",
                    tick_values=shown,
                    tick_format="~g",
                ),
                axis(
                    y,
                    f"stored as (thousand {track.terms.samples})",
                    vertical=True,
                    tick_values=shown,
                    tick_format="~g",
                ),
            ],
            height=520,
        )
        self.legend = legend(
            swatch(f"a {track.terms.sample}", BLUE, "dot"),
            swatch("stored side by side", ORANGE, "square"),
            swatch("stored order", GREY, "dashed"),
            swatch("moved, of a full shuffle (logarithmic)", PURPLE, "area", 1.0),
            swatch("bandwidth kept", GREEN, "area", 1.0),
        )
        self.dynamic = [
            (self.others, "x"),
            (self.neighbours, "x"),
            (self.strips, "x"),
            (self.names, "text"),
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Move every dot to where it is used, and fill the strips."""
        small = played(self.track, outcome)
        at = (small.order.used + 0.5) * self.unit
        for mark, which in ((self.others, ~self.marked), (self.neighbours, self.marked)):
            put(mark, x=at[which])
        moved = reach_share(outcome, outcome.reach) * self.size
        edges = [self.size, self.size, moved, outcome.kept * self.size]
        put(self.strips, x=np.array([rectangle(0, edge, 0, 1)[0] for edge in edges]))
        names = [
            f"moved by {format_count(outcome.reach)} places on average",
            f"keeps {format_share(outcome.kept)} of the bandwidth",
        ]
        put(self.names, text=np.array(names))
        return self._words(outcome, small)

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
        """Return what the dots look like, and why."""
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
        """Return where each played sample is stored, read and used, and the strips' numbers."""
        small = played(self.track, outcome)
        samples = self.track.terms.samples
        rows = [
            (
                (stored + 0.5) * self.unit,
                (float(read) + 0.5) * self.unit,
                (float(used) + 0.5) * self.unit,
                outcome.reach,
                100 * outcome.kept,
            )
            for stored, (read, used) in enumerate(
                zip(small.order.read, small.order.used, strict=True)
            )
        ]
        return Table(
            (
                f"stored as (thousand {samples})",
                f"read as (thousand {samples})",
                f"used as (thousand {samples})",
                f"mean displacement ({samples})",
                "bandwidth kept (%)",
            ),
            tuple(rows),
        )


def shuffle_map(
    track: str = "cloud_titan", moving: str | None = "buffer", **settings: Any
) -> ipywidgets.VBox:
    """Return the shuffle map of a track that shuffles, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [ShuffleMap(loaded)], "access", track, moving, **settings)
