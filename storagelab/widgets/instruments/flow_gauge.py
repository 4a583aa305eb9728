"""DataFlowGauge: the rate that arrives against the demand, and the spare capacity of the path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, RED
from storagelab.parts.formatting import format_answer
from storagelab.parts.pipeline.experiment import PipelineOutcome
from storagelab.tracks import Track
from storagelab.units import (
    bandwidth_unit,
    format_bandwidth,
    format_share,
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
    """One pass; rates in bytes/s."""

    name: str
    rate: float
    """What arrives."""
    supply: float
    """What the path could deliver."""
    seconds: float
    """How long the pass takes; of a log, how much of it is on record."""


def bars(track: Track, outcome: PipelineOutcome) -> list[Bar]:
    """Return the bars, the warm pass last; without a cold start all passes are alike."""
    warm, cold = outcome.warm, outcome.cold
    shown = [Bar(track.terms.warm, warm.rate, warm.supply, outcome.read_off)]
    if track.pipeline.cold_start:
        shown.insert(0, Bar("the first, cold", cold.rate, cold.supply, cold.time))
    return shown


class DataFlowGauge(Instrument):
    """A bar for each kind of pass under the mark of the demand, with the time that it takes.

    The axis below shows rates, the one above shares of the stream. What is missing is hatched.
    What the passes come to over the whole job, only a recorded run says.
    """

    name = "flow_gauge"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        fed = track.fed
        self.title = f"Data-flow gauge: what {fed.name} {fed.verb('get')}"
        self.scale, self.unit = bandwidth_unit(track.pass_demand)
        self.demand = track.pass_demand / self.scale
        rows = 2 if track.pipeline.cold_start else 1
        # in pixels from below: a thick bar for the warm pass, a thin one for the first
        self.places = [(16, 50), (92, 110)][:rows][::-1]
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
        """Add the mark of the demand with its text."""
        self.goal = self.drawing.curve(
            [self.demand] * 2, [8, self.top + 40], TEXT, width=3, moving=("x",),
            legend=Entry("demand", 4),
            table=[self._column("demand", 3, lambda outcome, bar: outcome.demand)],
        )  # fmt: skip
        # on the left of a low demand there is no room for its text
        self.marks = {
            align: self.drawing.label(
                [self.demand], [self.top + 33], [""], align, x_offset=offset, apply_clip=True,
                moving=("x", "text"),
            )
            for align, offset in (("end", -7), ("start", 7))
        }  # fmt: skip

    def _add_names(self) -> None:
        """Add the labels for the passes' names and numbers."""
        rows, at = len(self.places), [high + 11 for _, high in self.places]
        blank = [""] * rows
        self.names = self.drawing.label(
            [0.0] * rows, at, blank, "start", x_offset=2, apply_clip=True, moving=("x", "text")
        )
        self.supplies = self.drawing.label(
            [END * self.demand] * rows, at, blank, "end", x_offset=-2, apply_clip=True,
            moving=("text",),
        )  # fmt: skip

    def _column(
        self, name: str, place: int, rate: Callable[[PipelineOutcome, Bar], float]
    ) -> Column:
        """Return the column of a rate, given in bytes/s for each pass."""

        def cells(outcome: PipelineOutcome) -> list[Cell]:
            return [rate(outcome, bar) / self.scale for bar in bars(self.track, outcome)]

        return Column(f"{name} ({self.unit})", place, cells)

    def _axes(self) -> list[Any]:
        """Return the axes of rates and shares, without grid lines, which would cross the texts."""
        scales, end = self.drawing.scales, END * self.demand
        share = bqplot.LinearScale(min=0, max=100 * END, allow_padding=False)
        below = axis(scales["x"], f"rate ({self.unit})", tick_values=steps(0, end))
        ticks = [20 * n for n in range(int(5 * END) + 1)]
        above = axis(share, self._share, tick_values=ticks)
        above.side, above.grid_lines, below.grid_lines = "top", "none", "none"
        return [below, above, bqplot.Axis(scale=scales["y"], side="left", visible=False)]

    @property
    def _share(self) -> str:
        of_it = "what the sensors raise" if self.track.pipeline.is_log else "the demand"
        return f"share of {of_it} (%)"

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw each pass, what it lacks, and the path's spare capacity."""
        shown, demand = bars(self.track, outcome), outcome.demand / self.scale
        arrives, besides, missing = [], [], []
        for bar, (low, high) in zip(shown, self.places, strict=True):
            rate = bar.rate / self.scale
            supply = min(bar.supply / self.scale, END * self.demand)
            arrives.append(rectangle(0.0, rate, low, high))
            besides.append(rectangle(demand, max(demand, supply), low, high))
            missing.append(
                hatching(rate, demand, low, high, _FEET * self.demand, LEAN * self.demand)
            )
        update_shapes(self.shapes, [*arrives, *besides])
        update_shapes(self.missing, missing)
        update_traits(self.goal, x=np.array([demand, demand]))
        low = demand < self.demand / 2
        for align, mark in self.marks.items():
            text = f"demand {format_bandwidth(outcome.demand)}" if low == (align == "start") else ""
            update_traits(mark, x=np.array([demand]), text=np.array([text]))
        update_traits(
            self.names,
            x=np.full(len(shown), demand + LEAN * self.demand if low else 0.0),
            text=np.array([f"{bar.name}: {self._said(bar)}" for bar in shown]),
        )
        update_traits(
            self.supplies, text=np.array([self._supply(bar, outcome.demand) for bar in shown])
        )
        return self._words(outcome)

    def _said(self, bar: Bar) -> str:
        """Return a pass's rate, with the number that the conclusion asks for in its unit."""
        time = format_answer(self.track.pipeline.answer, bar.seconds)
        on_record = " on record" if self.track.pipeline.is_log else ""
        return f"{format_bandwidth(bar.rate)}, {time}{on_record}"

    def _supply(self, bar: Bar, demand: float) -> str:
        """Return what the path could deliver as text, if that is more than the demand."""
        if bar.supply <= demand:
            return ""
        beyond = bar.supply > END * self.demand * self.scale
        return f"path {format_bandwidth(bar.supply)}{' ▸' if beyond else ''}"

    def _words(self, outcome: PipelineOutcome) -> str:
        terms, warm, fed = self.track.terms, outcome.warm, self.track.fed
        *first, last = bars(self.track, outcome)
        of_all = format_share(warm.rate / outcome.demand)
        sentences = [
            f"In {terms.warm}, {format_bandwidth(warm.rate)} of {format_bandwidth(outcome.demand)} "
            f"arrive, {of_all} of what {fed.name} {fed.verb('ask')} for: "
            f"{self._said(last).partition(', ')[2]}."
        ]
        for bar in first:
            sentences.append(
                f"The first pass, which finds the {terms.cache} empty, gets {self._said(bar)}."
            )
        if warm.supply > outcome.demand:
            beyond = warm.supply > END * self.demand * self.scale
            sentences.append(
                f"In {terms.warm} the path could deliver {format_bandwidth(warm.supply)}"
                f"{' (beyond the figure)' if beyond else ''}, "
                f"{format_bandwidth(warm.supply - outcome.demand)} more than is taken."
            )
        return " ".join(sentences)

    def table(self, outcome: PipelineOutcome) -> Table:
        """Return what arrives, the demand and what could be delivered, in the figure's unit."""
        shown, answer = bars(self.track, outcome), self.track.pipeline.answer
        columns = self.drawing.columns(
            Column("pass", 1, lambda outcome: [bar.name for bar in shown]),
            Column(
                self._share,
                6,
                lambda outcome: [100 * bar.rate / self.track.pass_demand for bar in shown],
            ),
            Column(
                f"{'on record' if self.track.pipeline.is_log else 'time'} ({answer.unit})",
                7,
                lambda outcome: [bar.seconds / answer.si for bar in shown],
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
