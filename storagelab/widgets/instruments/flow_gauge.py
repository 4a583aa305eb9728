"""DataFlowGauge: the rate that arrives against the demand, and the spare capacity of the path."""

from __future__ import annotations

from collections.abc import Callable
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
from storagelab.widgets.drawing import PLACED, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    hatching,
    rectangle,
    steps,
    update_shapes,
    update_traits,
)

END = 1.5
"""The end of the axis in demands, with room for the path's spare capacity."""
LEAN, STROKES = 0.02, 61
_FEET = np.linspace(-LEAN, 1.0, STROKES)


class Bar(msgspec.Struct, frozen=True):
    """One pass, or the mean of all passes; rates in bytes/s."""

    name: str
    rate: float
    """What arrives."""
    supply: float | None
    """What the path could deliver; none for a mean, which is of different passes."""


def bars(track: Track, outcome: PipelineOutcome) -> list[Bar]:
    """Return the bars, the whole job last; without a cold start all passes are alike."""
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
    """A bar for the whole job under the marks of demand and target, with bars for its passes.

    The axis below shows rates, the one above shares of the demand. What is missing is hatched.
    """

    name = "flow_gauge"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        fed = track.fed
        self.title = f"Data-flow gauge: what {fed.name} {fed.verb('get')}"
        self.scale, self.unit = bandwidth_unit(track.pass_demand)
        self.demand = track.pass_demand / self.scale
        self.goal = self.demand * track.pipeline.target_utilization
        rows = 3 if track.pipeline.cold_start else 1
        # in pixels from below: a thick bar for the whole job, thin ones for its passes
        self.places = [(16, 50), (92, 110), (152, 170)][:rows][::-1]
        self.top = self.places[0][1] + 24
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=END * self.demand, allow_padding=False),
            bqplot.LinearScale(min=-14, max=self.top + 46, allow_padding=False),
        )
        self._add_bars()
        self._add_goals()
        self._add_names()
        self.figure = self.drawing.figure(
            self._axes(), height=2 * 50 + 14 + self.top + 46, left=24, right=24, top=50
        )

    def _add_bars(self) -> None:
        """Add each pass's bars: what arrives, what is missing, and the spare capacity."""
        rows, name = len(self.places), self.track.fed.name
        arrives = Shape(
            "arrives", GREEN, 0.85, Entry("arrives", 1, opacity=0.8),
            self._column("arrives", 2, lambda outcome, bar: bar.rate),
        )  # fmt: skip
        besides = Shape(
            "the path could deliver besides", BLUE, 0.25,
            Entry("the path could deliver besides", 3),
            self._column("path could deliver", 5, lambda outcome, bar: bar.supply),
        )  # fmt: skip
        self.shapes = self.drawing.areas(
            [*_one_told(arrives, rows), *_one_told(besides, rows)], moving=PLACED
        )
        nothing = np.zeros((rows, 5 + 3 * STROKES))
        self.missing = self.drawing.curve(
            nothing, nothing, RED, width=1.2, labels=["missing"] * rows,
            moving=PLACED,
            legend=Entry(f"missing: {name} could take it", 2, style="hatched"),
        )  # fmt: skip

    def _add_goals(self) -> None:
        """Add the marks of demand and target with their texts."""
        demand, goal = self.track.pass_demand, self.goal * self.scale
        share = format_share(self.track.pipeline.target_utilization)
        self.drawing.curve(
            [self.demand] * 2, [8, self.top + 40], TEXT, width=3, legend=Entry("demand", 4),
            table=[self._column("demand", 3, lambda outcome, bar: outcome.demand)],
        )  # fmt: skip
        self.drawing.curve(
            [self.goal] * 2, [8, self.top + 18], ORANGE, "dashed", 3,
            legend=Entry(f"target, {share}", 5),
            table=[
                self._column(
                    "target", 4, lambda outcome, bar: outcome.demand * outcome.target_utilization
                )
            ],
        )  # fmt: skip
        self.marks = self.drawing.label(
            [self.demand, self.goal],
            [self.top + 33, self.top + 11],
            [
                f"demand {format_bandwidth(demand)}",
                f"target {share}: {format_bandwidth(goal)}",
            ],
            "end",
            x_offset=-7,
            apply_clip=True,
        )

    def _add_names(self) -> None:
        """Add the labels for the passes' names and numbers, and for the verdict."""
        rows, at = len(self.places), [high + 11 for _, high in self.places]
        blank = [""] * rows
        self.names = self.drawing.label(
            [0.0] * rows, at, blank, "start", x_offset=2, apply_clip=True, moving=("text",)
        )
        self.supplies = self.drawing.label(
            [END * self.demand] * rows, at, blank, "end", x_offset=-2, apply_clip=True,
            moving=("text",),
        )  # fmt: skip
        self.verdict = self.drawing.label(
            [self.goal], [0], [""], "end", 13, "bold", x_offset=4, apply_clip=True,
            moving=("text",),
        )  # fmt: skip

    def _column(
        self, name: str, place: int, rate: Callable[[PipelineOutcome, Bar], float | None]
    ) -> Column:
        """Return the column of a rate, given in bytes/s for each pass."""

        def cells(outcome: PipelineOutcome) -> list[Cell]:
            rates = [rate(outcome, bar) for bar in bars(self.track, outcome)]
            return ["" if found is None else found / self.scale for found in rates]

        return Column(f"{name} ({self.unit})", place, cells)

    def _axes(self) -> list[Any]:
        """Return the axes of rates and shares, without grid lines, which would cross the texts."""
        scales, end = self.drawing.scales, END * self.demand
        share = bqplot.LinearScale(min=0, max=100 * END, allow_padding=False)
        below = axis(scales["x"], f"rate ({self.unit})", tick_values=steps(0, end))
        ticks = [20 * n for n in range(int(5 * END) + 1)]
        above = axis(share, "share of the demand (%)", tick_values=ticks)
        above.side, above.grid_lines, below.grid_lines = "top", "none", "none"
        return [below, above, bqplot.Axis(scale=scales["y"], side="left", visible=False)]

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw each pass, what it lacks, and the path's spare capacity."""
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
        update_shapes(self.shapes, [*arrives, *besides])
        update_shapes(self.missing, missing)
        update_traits(
            self.names,
            text=np.array([f"{bar.name}: {format_bandwidth(bar.rate)}" for bar in shown]),
        )
        update_traits(self.supplies, text=np.array([self._supply(bar) for bar in shown]))
        update_traits(self.verdict, text=np.array([self._verdict(outcome)]))
        return self._words(outcome)

    def _supply(self, bar: Bar) -> str:
        """Return what the path could deliver as text, if that is more than the demand."""
        supply, demand = bar.supply or 0.0, self.demand * self.scale
        if supply <= demand:
            return ""
        return f"path {format_bandwidth(supply)}{' ▸' if supply > END * demand else ''}"

    def _verdict(self, outcome: PipelineOutcome) -> str:
        """Return the text of the distance from the target."""
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
        """Return what arrives, the demand and what could be delivered, in the figure's unit."""
        shown = bars(self.track, outcome)
        columns = self.drawing.columns(
            Column("pass", 1, lambda outcome: [bar.name for bar in shown]),
            Column(
                "share of the demand (%)",
                6,
                lambda outcome: [100 * bar.rate / outcome.demand for bar in shown],
            ),
        )
        return table_of(columns, outcome)


def _one_told(shape: Shape, count: int) -> list[Shape]:
    """Return ``count`` equal shapes, of which only the first is in the legend and the table."""
    return [shape, *[Shape(shape.name, shape.color, shape.opacity)] * (count - 1)]


def data_flow_gauge(
    track: str = "cloud_titan", moving: str | None = "link", **settings: Any
) -> ipywidgets.VBox:
    """Return the gauge of a track's feeding path, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [DataFlowGauge(loaded)], "pipeline", track, moving, **settings)
