"""PipelineSaturation: the delivered rate as one resource grows, under every stage's ceiling."""

from __future__ import annotations

import bqplot
import numpy as np

from storagelab.experiments.pipeline import TIERS, PipelineOutcome, sweep_link
from storagelab.tracks import Track
from storagelab.units import bandwidth_unit, format_bandwidth
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
    log_ticks,
    steps,
    swatch,
)
from storagelab.words.dress import binding_words, format_setting, inside

STYLES = {
    "link": (ORANGE, "dashed"),
    "nvme": (PURPLE, "dotted"),
    "prepare": (RED, "dash_dotted"),
    "compute": (GREY, "solid"),
}


class Saturation(Instrument):
    """The rate of a warm pass against the link's bandwidth."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        terms = track.terms
        self.title = f"Pipeline saturation: {terms.warm}"
        self.link = track.pipeline.control("link")
        low, high = float(self.link.values[0]), float(self.link.values[-1])
        self.links = np.geomspace(low, high, 181) * self.link.si
        self.scale, unit = bandwidth_unit(track.pass_demand)
        self.top = 2.2 * track.pass_demand / self.scale
        x, y = (
            bqplot.LogScale(min=low, max=high),
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
        )
        scales = {"x": x, "y": y}
        shown = self.links / self.link.si
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
        self.figure = figure(
            [*self.ceilings.values(), self.delivered, self.point],
            [
                axis(
                    x,
                    f"{inside(self.link.label)} ({self.link.unit})",
                    tick_values=log_ticks(low, high, most=8),
                    tick_format="~g",
                ),
                axis(y, f"rate ({unit})", vertical=True, tick_values=steps(0, self.top)),
            ],
            height=360,
        )
        ceilings = {
            "link": f"ceiling of the {terms.link}",
            "nvme": f"ceiling of the {terms.cache}",
            "prepare": "ceiling of the preparation",
            "compute": "demand",
        }
        self.legend = legend(
            swatch("delivered", BLUE),
            *(swatch(ceilings[tier], *STYLES[tier]) for tier in TIERS),
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
            line.y = np.minimum(swept[tier] / self.scale, 10 * self.top)
        self.delivered.y = swept["delivered"] / self.scale
        with self.point.hold_sync():
            self.point.x = np.array([outcome.settings.link / self.link.si])
            self.point.y = np.array([outcome.warm.rate / self.scale])
        needed = outcome.demand * (1 - outcome.warm.hit_rate)
        terms, warm, fed = self.track.terms, outcome.warm, self.track.fed
        wanted = (
            f"{format_setting(self.link, needed)} would keep pace with {fed.name} at this "
            f"{terms.cache}"
            if warm.hit_rate < 1
            else f"everything comes from the {terms.cache}, nothing through the {terms.link}"
        )
        return (
            f"With {format_setting(self.link, outcome.settings.link)} of {terms.link} "
            f"{format_bandwidth(warm.rate)} arrive in {terms.warm}. What binds is "
            f"{binding_words(self.track)[warm.binding]}; {wanted}.{self._hidden(outcome)}"
        )

    def _hidden(self, outcome: PipelineOutcome) -> str:
        """Return words for the cache's ceiling where it is above the figure."""
        ceiling, name = outcome.warm.ceilings["nvme"], self.track.terms.cache
        if ceiling <= self.top * self.scale:
            return ""
        if np.isinf(ceiling):
            return f" Nothing is read from the {name}, so it has no ceiling."
        return f" The {name}'s ceiling, {format_bandwidth(ceiling)}, lies above the figure."
