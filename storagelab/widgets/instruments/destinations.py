"""Destinations: where checkpoints can go, what each costs the job, and what it survives."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import GREEN, ORANGE, PURPLE
from storagelab.parts.checkpoint.experiment import LOST, CheckpointOutcome, alternatives
from storagelab.parts.checkpoint.table import Destination, Failure
from storagelab.parts.checkpoint.words import format_interval, format_loss, loss_unit
from storagelab.tracks import Track
from storagelab.units import format_time
from storagelab.widgets.drawing import PLACED, WRITTEN, Drawing, Entry, Shape
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    fitting,
    rectangle,
    steps,
    update_shapes,
    update_traits,
)

_HALF = 0.22
"""Half the height of a bar; bars are 1 apart."""


class Destinations(Instrument):
    """What is lost with each destination at the present settings, as bars of its parts."""

    name = "destinations"

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether the track has more than one destination to choose from."""
        return track.checkpoint.has_control("destination")

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = f"Where {track.terms.dumps} go, and what each way loses"
        self.ways = track.checkpoint.destinations
        self.si, self.top = track.checkpoint.answer.si, track.checkpoint.plot_top
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
            bqplot.LinearScale(min=-0.5, max=len(self.ways) - 0.15),
        )
        self._add_bars()
        rows = self._rows
        self.names = self.drawing.label(
            np.zeros(len(rows)), rows + 0.42, [way.label for way in self.ways], x_offset=3,
            moving=("text",),
        )  # fmt: skip
        self.ends = {
            align: self.drawing.label(
                [0.0], [rows[0]], [""], align, x_offset=offset, moving=WRITTEN
            )
            for align, offset in (("start", 6), ("end", -6))
        }
        self.figure = self.drawing.figure(self._axes(), height=300, left=20, right=24)
        self.figure.axes[1].visible = False

    @property
    def _rows(self) -> np.ndarray:
        return np.arange(len(self.ways), dtype=float)[::-1]

    def _add_bars(self) -> None:
        """Add a bar of three parts for each destination, and an outline for the chosen one."""
        looks = {
            "dump": (ORANGE, Entry(self.track.terms.dumps, 1)),
            "lost": (PURPLE, Entry("lost work", 2)),
            "restart": (GREEN, Entry("restarts", 3)),
        }
        self.bars = self.drawing.areas(
            [
                Shape(f"{way.label}: {name}", color, 0.75, entry if way is self.ways[0] else None)
                for way in self.ways
                for name, (color, entry) in looks.items()
            ],
            moving=PLACED,
        )
        self.chosen = self.drawing.curve(np.zeros(5), np.zeros(5), TEXT, "solid", 2, moving=PLACED)

    def _axes(self) -> list[Any]:
        scales, unit = self.drawing.scales, loss_unit(self.track)
        return [
            axis(scales["x"], f"lost ({unit})", tick_values=steps(0, self.top)),
            axis(
                scales["y"], "", vertical=True, tick_values=[*self._rows], tick_format=".0f",
                tick_labels={f"{row:.0f}": way.name for row, way in zip(self._rows, self.ways,
                                                                        strict=True)},
            ),
        ]  # fmt: skip

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw a bar for each destination; what leaves the figure has its number at the edge."""
        found = alternatives(self.track, outcome)
        shapes, ends = [], []
        for row, way in zip(self._rows, self.ways, strict=True):
            there = found[way.name]
            edges = np.cumsum([0.0, *(there.losses[name] / self.si for name in LOST)])
            edges = np.minimum(np.nan_to_num(edges, nan=self.top, posinf=self.top), self.top)
            shapes += [
                rectangle(left, right, row - _HALF, row + _HALF) for left, right in pairwise(edges)
            ]
            said = format_loss(self.track, there.loss)
            beyond = not there.loss / self.si <= self.top
            said = f"{said} ▸" if beyond else said
            said = f"{said}{', crash' if 'storage' in there.unmet else ''}"
            # beside the bar where a narrow screen has room for it, and at the end of the bar else
            far = beyond or not fitting(1 - edges[-1] / self.top, said)
            ends.append((edges[-1], row, said, far))
            if way.name == outcome.settings.destination:
                x, y = rectangle(0.0, float(edges[-1]), row - _HALF, row + _HALF)
                update_traits(self.chosen, x=x, y=y)
        update_shapes(self.bars, shapes)
        for align, label in self.ends.items():
            texts = [item for item in ends if item[3] == (align == "end")]
            update_traits(
                label,
                x=np.array([item[0] for item in texts]),
                y=np.array([item[1] for item in texts]),
                text=[item[2] for item in texts],
            )
        update_traits(
            self.names,
            text=[
                f"{way.label} (yours)" if way.name == outcome.settings.destination else way.label
                for way in self.ways
            ],
        )
        return self._words(outcome, found)

    def _words(self, outcome: CheckpointOutcome, found: dict[str, CheckpointOutcome]) -> str:
        lost = ", ".join(
            f"{way.name} {format_loss(self.track, found[way.name].loss)}"
            f"{' (and crashes the storage)' if 'storage' in found[way.name].unmet else ''}"
            for way in self.ways
        )
        way = self.track.checkpoint.destination(outcome.settings.destination)
        falls = ", ".join(
            f"{self._fallback(outcome, way, failure)} after {failure.label}"
            for failure in self.track.checkpoint.failures
        )
        every = format_interval(self.track, outcome.settings.interval)
        return f"Lost at an interval of {every}: {lost}. Yours loses work of {falls}."

    def _fallback(self, outcome: CheckpointOutcome, way: Destination, failure: Failure) -> str:
        """Return how much work a failure costs, on average."""
        near = failure.name in way.survives
        return format_time(outcome.scheme.fallback(outcome.settings.interval, near))

    def table(self, outcome: CheckpointOutcome) -> Table:
        """Return each destination's losses, and the work that each kind of failure costs."""
        unit, found = loss_unit(self.track), alternatives(self.track, outcome)
        failures = self.track.checkpoint.failures
        rows = []
        for way in self.ways:
            there = found[way.name]
            losses = [there.losses[name] / self.si for name in (*LOST, "total")]
            rows.append(
                (
                    way.label,
                    *(loss if math.isfinite(loss) else "without end" for loss in losses),
                    100 * there.storage_share,
                    *(self._fallback(there, way, failure) for failure in failures),
                )
            )
        return Table(
            (
                "way",
                f"{self.track.terms.dumps} ({unit})",
                f"lost work ({unit})",
                f"restarts ({unit})",
                f"all ({unit})",
                "the storage is full (% of the time)",
                *(f"lost after {failure.label}" for failure in failures),
            ),
            tuple(rows),
        )


def destinations(
    track: str = "cloud_titan", moving: str | None = "interval", **settings: Any
) -> ipywidgets.VBox:
    """Return what each way of a track's checkpoints loses, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`, and ``ValueError`` for a track with a single way.
    """

    def build(loaded: Track) -> list[Destinations]:
        if not Destinations.shows(loaded):
            raise ValueError(f"track {track!r} has no destination to choose")
        return [Destinations(loaded)]

    return picture(build, "checkpoint", track, moving, **settings)
