"""TenRuns: the recorded runs as a table and as a plot of cost against utilisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.parts import PARTS, Outcome
from storagelab.tracks import Track
from storagelab.units import format_money, format_share
from storagelab.widgets.theme import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    axis,
    caption,
    figure,
    legend,
    say,
    swatch,
)


def best_run(outcomes: Sequence[Outcome]) -> int | None:
    """Return the index of the cheapest run that meets the target, or None if none does."""
    met = [index for index, outcome in enumerate(outcomes) if not outcome.unmet]
    return min(met, key=lambda index: outcomes[index].cost) if met else None


class TenRuns:
    """The runs of the ledger; nothing can be taken back."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.table = caption()
        self.words = caption()
        x, y = (
            bqplot.LinearScale(min=0, max=102, allow_padding=False),
            bqplot.LogScale(min=1e3, max=3e4),
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
            x=[target, target], y=[1e3, 3e4], scales=scales, colors=[ORANGE],
            line_style="dashed",
        )  # fmt: skip
        self.numbers = bqplot.Label(
            x=[], y=[], text=[], scales=scales, colors=[GREY], x_offset=10, default_size=13
        )
        self.figure = figure(
            [line, self.best, self.points, self.numbers],
            [
                axis(x, "utilisation (%)"),
                axis(
                    y, "cost ($ a month)", vertical=True,
                    tick_values=[1000, 2000, 5000, 10000, 20000], tick_format=",.0f",
                ),
            ],
            height=320,
            left=80,
        )  # fmt: skip
        self.figure.axes[1].label_offset = "4.4em"
        self.legend = legend(
            swatch("the target", ORANGE, "dashed"),
            swatch("the cheapest run that meets it", GREEN, "point"),
        )
        self.widget = ipywidgets.VBox([self.words, self.table])
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
        y = np.array([outcome.cost for outcome in outcomes])
        for mark in (self.points, self.numbers):
            with mark.hold_sync():
                mark.x, mark.y = x, y
        self.numbers.text = np.array([str(number + 1) for number in range(len(runs))])
        chosen = [] if best is None else [best]
        with self.best.hold_sync():
            self.best.x, self.best.y = x[chosen], y[chosen]
        figures = [self.figure, self.legend] if runs else []
        self.widget.children = (self.words, self.table, *figures)

    def _table(self, runs: Sequence[dict[str, Any]], outcomes: list[Any], best: int | None) -> str:
        if not runs:
            return ""
        controls = self.track.pipeline.controls
        heads = "".join(f'<th scope="col">{item.label} ({item.unit})</th>' for item in controls)
        rows = []
        for index, (run, outcome) in enumerate(zip(runs, outcomes, strict=True)):
            cells = "".join(f"<td>{run[item.answer]:,}</td>" for item in controls)
            mark = " ◆ best" if index == best else ""
            rows.append(
                f'<tr><th scope="row">{index + 1}{mark}</th>{cells}'
                f"<td>{format_share(outcome.utilization)}</td>"
                f"<td>{format_money(outcome.cost)}</td></tr>"
            )
        return (
            '<div style="overflow-x:auto"><table class="storagelab-runs"><thead><tr>'
            f'<th scope="col">run</th>{heads}<th scope="col">utilisation</th>'
            f'<th scope="col">cost a month</th></tr></thead><tbody>{"".join(rows)}</tbody>'
            "</table></div>"
        )
