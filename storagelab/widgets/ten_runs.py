"""TenRuns: the recorded runs as a table and as a plot of cost against utilisation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.parts import PARTS, Outcome
from storagelab.tracks import Control, Track
from storagelab.units import format_share
from storagelab.widgets.theme import (
    BLUE,
    GREEN,
    ORANGE,
    TEXT,
    axis,
    caption,
    figure,
    heading,
    legend,
    log_ticks,
    say,
    swatch,
)
from storagelab.words.dress import format_cost


def best_run(outcomes: Sequence[Outcome]) -> int | None:
    """Return the index of the cheapest run that meets the target, or None if none does."""
    met = [index for index, outcome in enumerate(outcomes) if not outcome.unmet]
    return min(met, key=lambda index: outcomes[index].cost) if met else None


def cost_range(track: Track) -> tuple[float, float]:
    """Return the costs between which every run lies, on a coarse grid of the sliders with room.

    The ends of every slider are on the grid.
    """
    part, controls = PARTS["pipeline"], track.pipeline.controls
    grids = [
        sorted({*item.values[:: max(1, len(item.values) // 5)], item.values[-1]})
        for item in controls
    ]
    costs = [
        part.run(
            track, {item.name: item.to_si(x) for item, x in zip(controls, xs, strict=True)}
        ).cost
        for xs in itertools.product(*grids)
    ]
    return min(costs) / 1.5, max(costs) * 1.25


def _head(control: Control) -> str:
    """Return a column's head: the control, with its unit where it has one."""
    return f"{control.label} ({control.unit})" if control.unit else control.label


def _cell(control: Control, value: Any) -> str:
    """Return a run's setting as the table shows it."""
    return f"{value:,}" if control.kind == "scale" else control.label_of(value)


class TenRuns:
    """The runs of the ledger; nothing can be taken back.

    ``words`` say how many there are and stand by the button that records one; ``widget`` is the
    table and the plot.
    """

    def __init__(self, track: Track) -> None:
        self.track = track
        self.table = caption()
        self.words = caption()
        self.scale = track.currency.axis
        low, high = (cost / self.scale for cost in cost_range(track))
        x, y = (
            bqplot.LinearScale(min=0, max=106, allow_padding=False),
            bqplot.LogScale(min=low, max=high),
        )
        scales = {"x": x, "y": y}
        target = 100 * track.pipeline.target_utilization
        self.points = bqplot.Scatter(
            x=[], y=[], scales=scales, colors=[BLUE], default_size=90,
        )  # fmt: skip
        self.best = bqplot.Scatter(
            x=[], y=[], scales=scales, colors=[GREEN], default_size=260, marker="diamond",
        )  # fmt: skip
        line = bqplot.Lines(
            x=[target, target], y=[low, high], scales=scales, colors=[ORANGE],
            line_style="dashed",
        )  # fmt: skip
        self.numbers = bqplot.Label(
            x=[],
            y=[],
            text=[],
            scales=scales,
            colors=[TEXT],
            y_offset=-20,
            align="middle",
            default_size=13,
        )
        self.figure = figure(
            [line, self.best, self.points, self.numbers],
            [
                axis(x, "utilisation (%)", tick_values=[0, 20, 40, 60, 80, 100]),
                axis(
                    y, track.currency.label, vertical=True,
                    tick_values=log_ticks(low, high), tick_format="," if high > 1000 else "~g",
                ),
            ],
            height=320,
            left=80,
        )  # fmt: skip
        self.figure.axes[1].label_offset = "4.4em"
        self.legend = legend(
            swatch("the target", ORANGE, "dashed"),
            swatch("a run, by its number", BLUE, "dot"),
            swatch("the cheapest run that meets it", GREEN, "point"),
        )
        self.widget = ipywidgets.VBox([])
        self.update([])

    def update(self, runs: Sequence[dict[str, Any]]) -> None:
        """Show ``runs``, given as answers in the student's units."""
        part = PARTS["pipeline"]
        outcomes = [part.judge(self.track, run) for run in runs]
        best = best_run(outcomes)
        self.table.value = self._table(runs, outcomes, best)
        used = f"{len(runs)} of {self.track.pipeline.runs} runs recorded."
        if best is None:
            verdict = "None meets the target yet." if runs else "Record one when you have a reason."
        else:
            verdict = f"Run {best + 1} is the cheapest that meets the target."
        self.words.value = say(f"{used} {verdict}")
        x = np.array([100 * outcome.utilization for outcome in outcomes])
        y = np.array([outcome.cost / self.scale for outcome in outcomes])
        for mark in (self.points, self.numbers):
            with mark.hold_sync():
                mark.x, mark.y = x, y
        self.numbers.text = np.array([str(number + 1) for number in range(len(runs))])
        chosen = [] if best is None else [best]
        with self.best.hold_sync():
            self.best.x, self.best.y = x[chosen], y[chosen]
        shown = [heading("Recorded runs"), self.table, self.figure, self.legend]
        self.widget.children = tuple(shown if runs else ())

    def _table(self, runs: Sequence[dict[str, Any]], outcomes: list[Any], best: int | None) -> str:
        if not runs:
            return ""
        controls = self.track.pipeline.controls
        heads = "".join(f'<th scope="col">{_head(item)}</th>' for item in controls)
        rows = []
        for index, (run, outcome) in enumerate(zip(runs, outcomes, strict=True)):
            cells = "".join(f"<td>{_cell(item, run[item.answer])}</td>" for item in controls)
            mark = " ◆ best" if index == best else ""
            rows.append(
                f'<tr><th scope="row">{index + 1}{mark}</th>{cells}'
                f"<td>{format_share(outcome.utilization)}</td>"
                f"<td>{format_cost(self.track, outcome.cost)}</td></tr>"
            )
        return (
            '<div style="overflow-x:auto"><table class="storagelab-runs"><thead><tr>'
            f'<th scope="col">run</th>{heads}<th scope="col">utilisation</th>'
            f'<th scope="col">cost {self.track.currency.per}</th></tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )
