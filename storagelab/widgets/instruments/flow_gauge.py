"""DataFlowGauge: what arrives against what is wanted, and what the path could deliver besides."""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, ORANGE, RED
from storagelab.parts.pipeline.experiment import PipelineOutcome
from storagelab.tracks import Track
from storagelab.units import (
    bandwidth_unit,
    format_bandwidth,
    format_count,
    format_share,
    significant,
)
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    figure,
    hatching,
    legend,
    polygons,
    put,
    put_shapes,
    rectangle,
    steps,
    swatch,
)

END = 1.5
"""Where the axis ends, in demands: room for what the path could deliver besides."""
LEAN, STROKES = 0.02, 61
_FEET = np.linspace(-LEAN, 1.0, STROKES)


class Bar(msgspec.Struct, frozen=True):
    """A pass, or the mean of all of them; rates in bytes/s."""

    name: str
    rate: float
    """What arrives."""
    supply: float | None
    """What the path could deliver, or none: a mean hides of whom it is."""


def bars(track: Track, outcome: PipelineOutcome) -> list[Bar]:
    """Return what is drawn, the whole job last; without a cold start all passes are alike."""
    passes = f"{format_count(outcome.epochs)} {track.terms.passes}"
    mean = outcome.demand * outcome.utilization
    if not track.pipeline.cold_start:
        return [Bar(track.terms.warm, mean, outcome.warm.supply)]
    return [
        Bar("the first, cold", outcome.cold.rate, outcome.cold.supply),
        Bar(track.terms.warm, outcome.warm.rate, outcome.warm.supply),
        Bar(f"mean of {passes}", mean, None),
    ]


def _gap(outcome: PipelineOutcome) -> float:
    """Return the share of the demand by which the target is exceeded."""
    return outcome.utilization - outcome.target_utilization


def _points(outcome: PipelineOutcome) -> str:
    points = significant(100 * abs(_gap(outcome)), 2)
    return f"{points} point" if points == "1" else f"{points} points"


def _missed(outcome: PipelineOutcome) -> str:
    return format_bandwidth(outcome.demand * abs(_gap(outcome)))


class DataFlowGauge(Instrument):
    """A bar for the whole job under the marks of demand and target, its passes beside it.

    Rates stand below, the share of the demand above. What is missing is hatched.
    """

    name = "flow_gauge"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        fed = track.fed
        self.title = f"Data-flow gauge: what {fed.name} {fed.verb('get')}"
        self.scale, self.unit = bandwidth_unit(track.pass_demand)
        self.demand = track.pass_demand / self.scale
        self.goal = self.demand * track.pipeline.target_utilization
        end = END * self.demand
        rows = 3 if track.pipeline.cold_start else 1
        # in pixels from below: a thick bar for the whole job, thin ones for its passes
        self.places = [(16, 50), (92, 110), (152, 170)][:rows][::-1]
        self.named = [high + 11 for _, high in self.places]
        top = self.places[0][1] + 24
        x = bqplot.LinearScale(min=0, max=end, allow_padding=False)
        y = bqplot.LinearScale(min=-14, max=top + 46, allow_padding=False)
        share = bqplot.LinearScale(min=0, max=100 * END, allow_padding=False)
        scales = {"x": x, "y": y}
        self.shapes = polygons(
            [GREEN] * rows + [BLUE] * rows,
            scales,
            ["arrives"] * rows + ["the path could deliver besides"] * rows,
        )
        self.shapes.fill_opacities = [0.85] * rows + [0.25] * rows
        nothing = np.zeros((rows, 5 + 3 * STROKES))
        self.missing = bqplot.Lines(
            x=nothing, y=nothing, scales=scales, colors=[RED], stroke_width=1.2,
            labels=["missing"] * rows,
        )  # fmt: skip
        marks = [
            bqplot.Lines(
                x=[at, at], y=[low, high], scales=scales, colors=[color], line_style=style,
                stroke_width=3,
            )
            for at, low, high, color, style in (
                (self.demand, 8, top + 40, TEXT, "solid"),
                (self.goal, 8, top + 18, ORANGE, "dashed"),
            )
        ]  # fmt: skip
        target = format_share(track.pipeline.target_utilization)
        self.marks = bqplot.Label(
            x=[self.demand, self.goal], y=[top + 33, top + 11],
            text=[
                f"demand {format_bandwidth(track.pass_demand)}",
                f"target {target}: {format_bandwidth(self.goal * self.scale)}",
            ],
            scales=scales, align="end", x_offset=-7, colors=[TEXT], default_size=12,
            font_weight="normal",
        )  # fmt: skip
        self.names = bqplot.Label(
            x=[0.0] * rows, y=self.named, text=[""] * rows, scales=scales, align="start",
            x_offset=2, colors=[TEXT], default_size=12, font_weight="normal",
        )  # fmt: skip
        self.supplies = bqplot.Label(
            x=[end] * rows, y=self.named, text=[""] * rows, scales=scales, align="end",
            x_offset=-2, colors=[TEXT], default_size=12, font_weight="normal",
        )  # fmt: skip
        self.verdict = bqplot.Label(
            x=[self.goal], y=[0], text=[""], scales=scales, align="end", x_offset=4,
            colors=[TEXT], default_size=13, font_weight="bold",
        )  # fmt: skip
        below = axis(x, f"rate ({self.unit})", tick_values=steps(0, end))
        below.grid_lines = "none"  # they would cross the words
        above = axis(
            share,
            "share of the demand (%)",
            tick_values=[20 * n for n in range(int(5 * END) + 1)],
        )
        above.side, above.grid_lines = "top", "none"
        hidden = bqplot.Axis(scale=y, side="left", visible=False)
        self.figure = figure(
            [
                self.shapes,
                self.missing,
                *marks,
                self.marks,
                self.names,
                self.supplies,
                self.verdict,
            ],
            [below, above, hidden],
            height=2 * 50 + 14 + top + 46,
            left=24,
            right=24,
            top=50,
        )
        self.legend = legend(
            swatch("arrives", GREEN, "area"),
            swatch(f"missing: {fed.name} could take it", RED, "hatched"),
            swatch("the path could deliver besides", BLUE, "area", 0.25),
            swatch("demand", TEXT),
            swatch(f"target, {target}", ORANGE, "dashed"),
        )
        self.dynamic = [
            *((mark, trait) for mark in (self.shapes, self.missing) for trait in ("x", "y")),
            (self.names, "text"),
            (self.supplies, "text"),
            (self.verdict, "text"),
        ]

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw each pass, what it lacks, and what the path could deliver besides."""
        shown = bars(self.track, outcome)
        arrives, besides, missing = [], [], []
        for bar, (low, high) in zip(shown, self.places, strict=True):
            rate = bar.rate / self.scale
            supply = min((bar.supply or 0.0) / self.scale, END * self.demand)
            arrives.append(rectangle(0.0, rate, low, high))
            besides.append(rectangle(self.demand, max(self.demand, supply), low, high))
            missing.append(
                hatching(rate, self.demand, low, high, _FEET * self.demand, LEAN * self.demand)
            )
        put_shapes(self.shapes, [*arrives, *besides])
        put_shapes(self.missing, missing)
        put(
            self.names,
            text=np.array([f"{bar.name}: {format_bandwidth(bar.rate)}" for bar in shown]),
        )
        put(self.supplies, text=np.array([self._supply(bar) for bar in shown]))
        put(self.verdict, text=np.array([self._verdict(outcome)]))
        return self._words(outcome)

    def _supply(self, bar: Bar) -> str:
        """Return what the path could deliver, where that is more than is wanted."""
        supply, demand = bar.supply or 0.0, self.demand * self.scale
        if supply <= demand:
            return ""
        return f"path {format_bandwidth(supply)}{' ▸' if supply > END * demand else ''}"

    def _verdict(self, outcome: PipelineOutcome) -> str:
        """Return the distance from the target as it is written on the figure."""
        return (
            f"{_points(outcome)} {'above' if _gap(outcome) >= 0 else 'short'}: {_missed(outcome)}"
        )

    def _words(self, outcome: PipelineOutcome) -> str:
        fed, terms, warm = self.track.fed, self.track.terms, outcome.warm
        cold_start = self.track.pipeline.cold_start
        passes = (
            f"over {format_count(outcome.epochs)} {terms.passes}"
            if cold_start
            else f"in {terms.warm}"
        )
        mean = format_bandwidth(outcome.demand * outcome.utilization)
        side = "above the target" if _gap(outcome) >= 0 else "short of the target"
        sentences = [
            f"{mean} of {format_bandwidth(outcome.demand)} arrive {passes}: {fed.name} "
            f"{fed.verb(fed.works)} {format_share(outcome.utilization)} of the time, "
            f"{_points(outcome)} or {_missed(outcome)} {side}."
        ]
        if cold_start:
            sentences.append(
                f"The first pass, which finds the {terms.cache} empty, gets "
                f"{format_bandwidth(outcome.cold.rate)}, {terms.warm} "
                f"{format_bandwidth(warm.rate)}."
            )
        if warm.supply > outcome.demand:
            beyond = " (beyond the figure)" if warm.supply > END * outcome.demand else ""
            sentences.append(
                f"In {terms.warm} the path could deliver {format_bandwidth(warm.supply)}{beyond}, "
                f"{format_bandwidth(warm.supply - outcome.demand)} more than is taken."
            )
        return " ".join(sentences)

    def table(self, outcome: PipelineOutcome) -> Table:
        """Return what arrives, is wanted and could be delivered, in the figure's unit."""
        target = outcome.demand * outcome.target_utilization
        rows = []
        for bar in bars(self.track, outcome):
            supply = "" if bar.supply is None else bar.supply / self.scale
            rows.append(
                (
                    bar.name,
                    bar.rate / self.scale,
                    outcome.demand / self.scale,
                    target / self.scale,
                    supply,
                    100 * bar.rate / outcome.demand,
                )
            )
        return Table(
            (
                "pass",
                *(
                    f"{name} ({self.unit})"
                    for name in ("arrives", "demand", "target", "path could deliver")
                ),
                "share of the demand (%)",
            ),
            tuple(rows),
        )


def data_flow_gauge(
    track: str = "cloud_titan", moving: str | None = "link", **settings: Any
) -> ipywidgets.VBox:
    """Return the gauge of a track's feeding path, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [DataFlowGauge(loaded)], "pipeline", track, moving, **settings)
