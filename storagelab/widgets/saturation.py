"""PipelineSaturation: the delivered rate as one resource grows, under every stage's ceiling."""

from __future__ import annotations

import bqplot
import numpy as np

from storagelab.experiments.pipeline import TIERS, PipelineOutcome, sweep_link
from storagelab.tracks import Track
from storagelab.units import GB, GBIT_PER_SECOND, format_bandwidth
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import (
    BLUE,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    TEXT,
    axis,
    figure,
    legend,
    steps,
    swatch,
)
from storagelab.words.pipeline import BINDING, format_link

STYLES = {
    "link": (ORANGE, "dashed", "link's ceiling"),
    "nvme": (PURPLE, "dotted", "NVMe's ceiling"),
    "prepare": (RED, "dash_dotted", "CPU's ceiling"),
    "compute": (GREY, "solid", "demand"),
}


class Saturation(Instrument):
    """A warm epoch's rate against the download bandwidth."""

    title = "Pipeline saturation: a warm epoch"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        control = track.pipeline.control("link")
        low, high = float(control.values[0]), float(control.values[-1])
        self.links = np.geomspace(low, high, 181) * GBIT_PER_SECOND
        demand = track.node.demand * track.dataset.sample_size / GB
        self.top = 2.2 * demand
        x, y = (
            bqplot.LogScale(min=low, max=high),
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
        )
        scales = {"x": x, "y": y}
        shown = self.links / GBIT_PER_SECOND
        self.ceilings = {
            tier: bqplot.Lines(
                x=shown,
                y=np.zeros_like(shown),
                scales=scales,
                colors=[STYLES[tier][0]],
                line_style=STYLES[tier][1],
                stroke_width=2,
            )
            for tier in TIERS
        }
        self.delivered = bqplot.Lines(
            x=shown,
            y=np.zeros_like(shown),
            scales=scales,
            colors=[BLUE],
            stroke_width=4,
        )
        self.point = bqplot.Scatter(
            x=[low], y=[0.0], scales=scales, colors=[BLUE], stroke=TEXT,
            default_size=140, marker="diamond", apply_clip=False,
        )  # fmt: skip
        ticks = [value for value in (1, 2, 5, 10, 20, 50, 100) if low <= value <= high]
        self.figure = figure(
            [*self.ceilings.values(), self.delivered, self.point],
            [
                axis(x, "download bandwidth (Gb/s)", tick_values=ticks, tick_format=".0f"),
                axis(y, "rate (GB/s)", vertical=True, tick_values=steps(0, self.top)),
            ],
            height=360,
        )
        self.legend = legend(
            swatch("delivered", BLUE),
            *(swatch(label, color, style) for color, style, label in STYLES.values()),
            swatch("you", BLUE, "point"),
        )
        self.dynamic = [
            *((line, "y") for line in (*self.ceilings.values(), self.delivered)),
            (self.point, "x"),
            (self.point, "y"),
        ]

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw every ceiling, the lowest of them, and the present point."""
        swept = sweep_link(self.track, outcome.settings, self.links)
        for tier, line in self.ceilings.items():
            # it leaves the figure at its own slope; a ceiling may be infinite, a page's JSON not
            line.y = np.minimum(swept[tier] / GB, 10 * self.top)
        self.delivered.y = swept["delivered"] / GB
        with self.point.hold_sync():
            self.point.x = np.array([outcome.settings.link / GBIT_PER_SECOND])
            self.point.y = np.array([outcome.warm.rate / GB])
        needed = outcome.demand * (1 - outcome.warm.hit_rate)
        wanted = (
            f"{format_link(needed)} of link would keep pace with the accelerators at this cache"
            if outcome.warm.hit_rate < 1
            else "the whole dataset is cached: the link is only needed for the first epoch"
        )
        return (
            f"With {format_link(outcome.settings.link)} of link "
            f"{format_bandwidth(outcome.warm.rate)} arrive in a warm epoch. What binds is "
            f"{BINDING[outcome.warm.binding]}; {wanted}.{self._hidden(outcome)}"
        )

    def _hidden(self, outcome: PipelineOutcome) -> str:
        """Return words for the NVMe's ceiling where it is above the figure."""
        ceiling = outcome.warm.ceilings["nvme"]
        if ceiling <= self.top * GB:
            return ""
        if np.isinf(ceiling):
            return " Nothing is read from the NVMe, so it has no ceiling."
        return f" The NVMe's ceiling, {format_bandwidth(ceiling)}, lies above the figure."
