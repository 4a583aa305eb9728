"""YoungDaly: what a checkpoint interval wastes, and where the storage crashes."""

from __future__ import annotations

import math
from dataclasses import replace

import bqplot
import numpy as np

from storagelab.experiments.checkpoint import CheckpointOutcome, overhead_curve
from storagelab.tracks import Track
from storagelab.units import MINUTE, format_share, format_time
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PLACED,
    PURPLE,
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

TOP = 60.0
"""Per cent of the work that the axis shows; what is above it leaves the figure."""
_FAR = 10 * TOP
"""Where a curve without end is drawn, out of sight: a page's JSON has no infinity."""


class YoungDaly(Instrument):
    """Overhead against interval: dumps, lost work and restarts, their sum, and the marks."""

    title = "Young-Daly: overhead against checkpoint interval"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        control = track.checkpoint.control("interval")
        self.low, self.high = float(control.values[0]), float(control.values[-1])
        self.minutes = np.geomspace(self.low, self.high, 90)
        x, y = (
            bqplot.LogScale(min=self.low, max=self.high),
            bqplot.LinearScale(min=0, max=TOP, allow_padding=False),
        )
        scales = {"x": x, "y": y}

        def line(color: str, style: str, width: float = 2.5) -> bqplot.Lines:
            return bqplot.Lines(
                x=self.minutes, y=np.zeros_like(self.minutes), scales=scales, colors=[color],
                line_style=style, stroke_width=width,
            )  # fmt: skip

        self.curves = {
            "dump": line(ORANGE, "dashed"),
            "lost": line(PURPLE, "dotted"),
            "total": line(BLUE, "solid", width=4),
        }
        self.before = line(GREY, "dash_dotted", width=2)
        self.crash = polygon(RED, scales, opacity=0.15)
        self.optimum = bqplot.Lines(
            x=[self.low, self.low], y=[0, TOP], scales=scales, colors=[GREEN],
            line_style="dashed", stroke_width=2.5,
        )  # fmt: skip
        self.point = bqplot.Scatter(
            x=[self.low], y=[0.0], scales=scales, colors=[BLUE], stroke=TEXT,
            default_size=140, marker="diamond", apply_clip=False,
        )  # fmt: skip
        ticks = [value for value in (0.5, 1, 2, 5, 10, 20, 60, 120, 360) if value <= self.high]
        self.figure = figure(
            [self.crash, self.before, *self.curves.values(), self.optimum, self.point],
            [
                axis(x, "work between dumps (min)", tick_values=ticks, tick_format="~g"),
                axis(y, "overhead (% of the work)", vertical=True, tick_values=steps(0, TOP)),
            ],
            height=420,
        )
        self.legend = legend(
            swatch("all overhead", BLUE),
            swatch("dumps", ORANGE, "dashed"),
            swatch("lost work and restarts", PURPLE, "dotted"),
            swatch("all, at the usual failure rate", GREY, "dash_dotted"),
            swatch("the optimum", GREEN, "dashed"),
            swatch("the storage crashes", RED, "area", opacity=0.15),
            swatch("you", BLUE, "point"),
        )
        self.dynamic = [
            *((curve, "y") for curve in (*self.curves.values(), self.before)),
            *((self.crash, trait) for trait in PLACED),
            *((self.point, trait) for trait in ("x", "y", "marker")),
            (self.optimum, "x"),
        ]

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw the curves at the present dump time and MTBF, and the marks."""
        intervals = self.minutes * MINUTE
        shares = overhead_curve(self.track, outcome.settings, intervals)
        for name, curve in self.curves.items():
            curve.y = np.minimum(100 * shares[name], _FAR)
        control = self.track.checkpoint.control("node_mtbf")
        usual = replace(outcome.settings, node_mtbf=float(control.to_si(control.default)))
        before = overhead_curve(self.track, usual, intervals)["total"]
        self.before.y = np.minimum(100 * before, _FAR)

        edge = float(np.clip(outcome.storm_interval / MINUTE, self.low, self.high))
        place(self.crash, *rectangle(self.low, edge, 0.0, TOP))
        best = float(np.clip(outcome.optimum / MINUTE, self.low, self.high))
        self.optimum.x = np.array([best, best])
        overhead = outcome.wasted / outcome.solve_time
        with self.point.hold_sync():
            self.point.x = np.array([outcome.settings.interval / MINUTE])
            self.point.y = np.array([min(100 * overhead, TOP)])
            self.point.marker = "diamond" if 100 * overhead <= TOP else "triangle-up"
        crashes = (
            "the storage crashes"
            if "storage" in outcome.unmet
            else f"the storage holds down to {format_time(outcome.storm_interval)}"
        )
        amount = format_share(overhead) if math.isfinite(overhead) else "without end"
        above = ", above the figure" if 100 * overhead > TOP else ""
        return (
            f"With a checkpoint every {format_time(outcome.settings.interval)} the overhead is "
            f"{amount} of the work{above}; the least is at {format_time(outcome.optimum)} (Young: "
            f"{format_time(outcome.young)}, Daly: {format_time(outcome.daly)}). A dump takes "
            f"{format_time(outcome.dump_time)}, and {crashes}."
        )
