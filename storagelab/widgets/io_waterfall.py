"""IOWaterfall: what one training step is made of, storage above accelerators."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bqplot
import numpy as np

from storagelab.experiments.access import AccessOutcome, audit
from storagelab.formats import FORMATS
from storagelab.tracks import Track
from storagelab.units import format_share, format_time, time_unit
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PLACED,
    RED,
    TEXT,
    axis,
    figure,
    legend,
    place,
    polygon,
    rectangle,
    steps,
    swatch,
)

STORAGE = ("open", "wait", "read")
COLORS = {"open": RED, "wait": ORANGE, "read": BLUE, "compute": GREEN, "idle": GREY}
SPAN = 5
"""Compute times that the axis shows; a longer bar is cut and labelled."""


@dataclass(frozen=True)
class Waterfall:
    """The segments of one bar pair: name, begin and end in seconds; the step's length."""

    storage: tuple[tuple[str, float, float], ...]
    accelerators: tuple[tuple[str, float, float], ...]
    step: float


def waterfall(outcome: AccessOutcome) -> Waterfall:
    """Return one step's segments: storage works while the accelerators compute, then they idle."""
    begin, storage = 0.0, []
    for name in STORAGE:
        storage.append((name, begin, begin + outcome.steps[name]))
        begin += outcome.steps[name]
    compute = outcome.steps["compute"]
    step = max(begin, compute)
    accelerators = (("compute", 0.0, compute), ("idle", compute, step))
    return Waterfall(tuple(storage), accelerators, step)


def in_order(track: Track, outcome: AccessOutcome) -> AccessOutcome:
    """Return what the same device does when its data is read in order, in large requests."""
    settings, part = outcome.settings, track.access
    largest = part.control("request_size")
    formats = [str(name) for name in part.control("format").values]
    sharded = [name for name in formats if FORMATS[name].sharded]
    return audit(
        track,
        replace(
            settings,
            shuffled=False,
            format=sharded[-1] if sharded else settings.format,
            request_size=float(largest.to_si(largest.values[-1])),
        ),
    )


class IOWaterfall(Instrument):
    """One step with the present settings, under one whose data is read in order."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = f"I/O waterfall: one {track.terms.step}"
        self.scale, unit = time_unit(SPAN * track.node.compute_time)
        self.end = SPAN * track.node.compute_time / self.scale
        x = bqplot.LinearScale(min=0, max=self.end, allow_padding=False)
        y = bqplot.LinearScale(min=0, max=4.6)
        scales = {"x": x, "y": y}
        # rows from the top: in order (storage, accelerators), now (storage, accelerators)
        self.rows = {"in order": (3.9, 3.1), "now": (1.9, 1.1)}
        self.shapes = {
            (which, name): polygon(COLORS[name], scales)
            for which in self.rows
            for name in (*STORAGE, "compute", "idle")
        }
        self.totals = bqplot.Label(
            x=[self.end, self.end],
            y=[4.44, 2.44],
            text=["", ""],
            align="end",
            scales=scales,
            colors=[TEXT],
            default_size=13,
            font_weight="bold",
            apply_clip=False,
        )
        ticks = [3.5, 1.5]
        self.figure = figure(
            [*self.shapes.values(), self.totals],
            [
                axis(x, f"time ({unit})", tick_values=steps(0, self.end), tick_format="~g"),
                axis(
                    y,
                    "",
                    vertical=True,
                    tick_values=ticks,
                    tick_labels={"3.5": "in order", "1.5": "now"},
                    tick_format=".1f",
                ),
            ],
            height=330,
            right=30,
        )
        self.legend = legend(*(swatch(name, color, "area") for name, color in COLORS.items()))
        self.dynamic = [
            *((shape, trait) for shape in self.shapes.values() for trait in PLACED),
            (self.totals, "text"),
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw both pairs of bars, cut at the axis' end."""
        best = in_order(self.track, outcome)
        texts = []
        for which, shown in (("in order", best), ("now", outcome)):
            bars = waterfall(shown)
            for row, segments in zip(
                self.rows[which], (bars.storage, bars.accelerators), strict=True
            ):
                for name, begin, end in segments:
                    shape = self.shapes[which, name]
                    left, right = (min(value / self.scale, self.end) for value in (begin, end))
                    place(shape, *rectangle(left, right, row - 0.35, row + 0.35))
            cut = ", off the axis ▶" if bars.step / self.scale > self.end else ""
            texts.append(f"step {format_time(bars.step)}{cut}")
        self.totals.text = np.array(texts)
        storage = sum(outcome.steps[name] for name in STORAGE)
        times = {name: format_time(seconds) for name, seconds in outcome.steps.items()}
        opening = f"{times['open']} of it opening files, " if outcome.steps["open"] else ""
        step, consumer = self.track.terms.step, self.track.terms.consumer
        idle = format_share(1 - outcome.utilization)
        return (
            f"Storage needs {format_time(storage)} for a {step} ({opening}{times['wait']} waiting, "
            f"{times['read']} reading), {consumer.name} {times['compute']}: {consumer.they} "
            f"{consumer.verb('idle')} {idle} of the time. Everything read in order, in large "
            f"requests, would make it {format_time(waterfall(best).step)}."
        )
