"""DataFlowGauge: what arrives against what the accelerators take."""

from __future__ import annotations

import bqplot

from storagelab.experiments.pipeline import PipelineOutcome
from storagelab.tracks import Track
from storagelab.units import bandwidth_unit, format_bandwidth, format_share, significant
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import (
    BLUE,
    GREY,
    ORANGE,
    PLACED,
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


class FlowGauge(Instrument):
    """A bar of the whole job's delivered rate under the marks of demand and target."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        terms = track.terms
        self.title = f"Data-flow gauge: mean over all {terms.passes}"
        self.scale, unit = bandwidth_unit(track.pass_demand)
        demand = track.pass_demand / self.scale
        x = bqplot.LinearScale(min=0, max=1.15 * demand, allow_padding=False)
        y = bqplot.LinearScale(min=0, max=1)
        scales = {"x": x, "y": y}
        self.bar = polygon(BLUE, scales)
        self.missing = polygon(GREY, scales, opacity=0.25)
        target = demand * track.pipeline.target_utilization
        marks = [
            bqplot.Lines(
                x=[value, value],
                y=[0, 1],
                scales=scales,
                colors=[color],
                line_style=style,
                stroke_width=3,
            )
            for value, color, style in ((demand, TEXT, "solid"), (target, ORANGE, "dashed"))
        ]
        hidden = bqplot.Axis(scale=y, side="left", visible=False)
        self.figure = figure(
            [self.missing, self.bar, *marks],
            [
                axis(
                    x,
                    f"bytes reaching {track.fed.name} ({unit})",
                    tick_values=steps(0, 1.15 * demand),
                ),
                hidden,
            ],
            height=190,
            left=30,
        )
        self.legend = legend(
            swatch("arrives", BLUE, "area"),
            swatch("demand", TEXT),
            swatch(f"target, {format_share(track.pipeline.target_utilization)}", ORANGE, "dashed"),
        )
        self.dynamic = [(shape, trait) for shape in (self.bar, self.missing) for trait in PLACED]

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw the bar and what it lacks."""
        demand = outcome.demand / self.scale
        delivered = demand * outcome.utilization
        for shape, left, right in ((self.bar, 0.0, delivered), (self.missing, delivered, demand)):
            place(shape, *rectangle(left, right, 0.2, 0.75))
        gap = outcome.utilization - outcome.target_utilization
        verdict = (
            f"{significant(100 * gap, 2)} points above the target"
            if gap >= 0
            else f"{significant(-100 * gap, 2)} points short of the target"
        )
        fed = self.track.fed
        return (
            f"{format_bandwidth(outcome.demand * outcome.utilization)} of "
            f"{format_bandwidth(outcome.demand)} arrive: {fed.name} {fed.verb('are')} "
            f"{format_share(outcome.utilization)} busy, {verdict}."
        )
