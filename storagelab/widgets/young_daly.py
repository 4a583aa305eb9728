"""YoungDaly: what a checkpoint interval wastes, and where the storage crashes."""

from __future__ import annotations

import math
from dataclasses import replace

import bqplot
import numpy as np

from storagelab.experiments.checkpoint import CheckpointOutcome, overhead_curve
from storagelab.tracks import Track
from storagelab.units import format_share, format_time
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
    log_ticks,
    place,
    polygon,
    rectangle,
    steps,
    swatch,
)

_FAR = 10
"""Heights of the figure at which a curve without end is drawn, out of sight: a page's JSON has
no infinity."""


class YoungDaly(Instrument):
    """Overhead against interval: dumps, lost work and restarts, their sum, and the marks."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        control = track.checkpoint.control("interval")
        self.title = f"Young-Daly: overhead against {track.terms.dump} interval"
        self.si, self.top = control.si, track.checkpoint.plot_top
        self.low, self.high = float(control.values[0]), float(control.values[-1])
        self.shown = np.geomspace(self.low, self.high, 90)
        x, y = (
            bqplot.LogScale(min=self.low, max=self.high),
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
        )
        scales = {"x": x, "y": y}

        def line(color: str, style: str, width: float = 2.5) -> bqplot.Lines:
            return bqplot.Lines(
                x=self.shown, y=np.zeros_like(self.shown), scales=scales, colors=[color],
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
            x=[self.low, self.low], y=[0, self.top], scales=scales, colors=[GREEN],
            line_style="dashed", stroke_width=2.5,
        )  # fmt: skip
        self.point = bqplot.Scatter(
            x=[self.low], y=[0.0], scales=scales, colors=[BLUE], stroke=TEXT,
            default_size=140, marker="diamond", apply_clip=False,
        )  # fmt: skip
        ticks = log_ticks(self.low, self.high, most=9)
        self.figure = figure(
            [self.crash, self.before, *self.curves.values(), self.optimum, self.point],
            [
                axis(
                    x,
                    f"work between {track.terms.dumps} ({control.unit})",
                    tick_values=ticks,
                    tick_format="~g",
                ),
                axis(y, "overhead (% of the work)", vertical=True, tick_values=steps(0, self.top)),
            ],
            height=420,
        )
        self.legend = legend(
            swatch("all overhead", BLUE),
            swatch(track.terms.dumps, ORANGE, "dashed"),
            swatch("lost work and restarts", PURPLE, "dotted"),
            swatch("all, at the usual failure rate", GREY, "dash_dotted"),
            swatch("the optimum", GREEN, "dashed"),
            swatch("the storage crashes or wears out", RED, "area", opacity=0.15),
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
        intervals = self.shown * self.si
        shares = overhead_curve(self.track, outcome.settings, intervals)
        for name, curve in self.curves.items():
            curve.y = np.minimum(100 * shares[name], _FAR * self.top)
        control = self.track.checkpoint.control("node_mtbf")
        usual = replace(outcome.settings, node_mtbf=float(control.to_si(control.default)))
        before = overhead_curve(self.track, usual, intervals)["total"]
        self.before.y = np.minimum(100 * before, _FAR * self.top)

        shortest = max(outcome.storm_interval, outcome.wear_interval)
        edge = float(np.clip(shortest / self.si, self.low, self.high))
        place(self.crash, *rectangle(self.low, edge, 0.0, self.top))
        best = float(np.clip(outcome.optimum / self.si, self.low, self.high))
        self.optimum.x = np.array([best, best])
        overhead = outcome.wasted / outcome.solve_time
        with self.point.hold_sync():
            self.point.x = np.array([outcome.settings.interval / self.si])
            self.point.y = np.array([min(100 * overhead, self.top)])
            self.point.marker = "diamond" if 100 * overhead <= self.top else "triangle-up"
        crashes = f"the storage holds down to {format_time(shortest)}"
        if "storage" in outcome.unmet:
            crashes = "the storage crashes"
        elif "wear" in outcome.unmet:
            crashes = "the storage wears out"
        amount = format_share(overhead) if math.isfinite(overhead) else "without end"
        above = ", above the figure" if 100 * overhead > self.top else ""
        dump = self.track.terms.dump
        return (
            f"With a {dump} every {format_time(outcome.settings.interval)} the overhead is "
            f"{amount} of the work{above}; the least is at {format_time(outcome.optimum)} (Young: "
            f"{format_time(outcome.young)}, Daly: {format_time(outcome.daly)}). A {dump} takes "
            f"{format_time(outcome.dump_time)}, and {crashes}."
        )
