"""DeadlineTail: how often a step's data comes later than a time, and the deadline across it."""

from __future__ import annotations

import bqplot
import numpy as np

from storagelab.devices import load_device
from storagelab.experiments.access import AccessOutcome, late_shares
from storagelab.tracks import Track
from storagelab.units import HOUR, format_count, format_share, format_time, time_unit
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import (
    BLUE,
    GREY,
    ORANGE,
    RED,
    axis,
    figure,
    legend,
    steps,
    swatch,
)

LEAST = 1e-8
"""The smallest share that the figure shows."""
POINTS = 240


class DeadlineTail(Instrument):
    """The tail of a step's reads, with its deadline and what the buffer adds to it."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        terms, part = track.terms, track.access
        self.title = f"Deadline: how many {terms.steps} wait longer"
        names = part.control("device").values if part.has_control("device") else [part.home]
        longest = max(load_device(str(name)).stall for name in names)
        end = 1.15 * longest + 2 * track.node.compute_time
        self.scale, unit = time_unit(end)
        self.times = np.linspace(0, end, POINTS)
        x = bqplot.LinearScale(min=0, max=end / self.scale, allow_padding=False)
        y = bqplot.LogScale(min=LEAST, max=1)
        scales = {"x": x, "y": y}
        shown = self.times / self.scale
        self.tail = bqplot.Lines(
            x=shown, y=np.full(POINTS, LEAST), scales=scales, colors=[BLUE], stroke_width=3
        )
        self.deadline = bqplot.Lines(
            x=[0.0, 0.0],
            y=[LEAST, 1],
            scales=scales,
            colors=[RED],
            line_style="dashed",
            stroke_width=3,
        )
        period = track.node.compute_time / self.scale
        own = bqplot.Lines(
            x=[period, period], y=[LEAST, 1], scales=scales, colors=[GREY], line_style="dotted"
        )
        entries = [
            swatch("later than that", BLUE),
            swatch(f"one {terms.step}", GREY, "dotted"),
            swatch("the deadline, with what is buffered", RED, "dashed"),
        ]
        marks = [own, self.deadline, self.tail]
        allowed = (part.misses_limit or 0) * track.node.compute_time / HOUR
        if allowed >= LEAST:
            marks.append(
                bqplot.Lines(
                    x=[0, shown[-1]],
                    y=[allowed, allowed],
                    scales=scales,
                    colors=[ORANGE],
                    line_style="dash_dotted",
                )
            )
            entries.append(swatch("allowed", ORANGE, "dash_dotted"))
        powers = range(round(np.log10(LEAST)), 1, 2)
        self.figure = figure(
            marks,
            [
                axis(x, f"time ({unit})", tick_values=steps(0, shown[-1]), tick_format="~g"),
                axis(
                    y,
                    f"share of {terms.steps}",
                    vertical=True,
                    tick_values=[10.0**power for power in powers],
                    tick_format=".6~%",
                ),
            ],
            height=320,
            left=95,
        )
        self.figure.axes[1].label_offset = "5.4em"
        self.legend = legend(*entries)
        self.dynamic = [(self.tail, "y"), (self.deadline, "x")]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the tail and move the deadline."""
        shares = late_shares(outcome, self.times)
        # a share of nothing leaves the figure at its lower edge
        self.tail.y = np.maximum(shares, LEAST / 100)
        deadline = outcome.deadline
        at = min(deadline, float(self.times[-1])) / self.scale
        self.deadline.x = np.array([at, at])
        beyond = ", beyond the figure" if deadline > self.times[-1] else ""
        steps_name = self.track.terms.steps
        worst = outcome.io_time + (outcome.stall_time if outcome.stalled_share else 0.0)
        return (
            f"A {self.track.terms.step}'s data is there after {format_time(outcome.io_time)}, "
            f"{format_time(worst)} at worst: {format_share(outcome.stalled_share)} of the time a "
            f"write is in the way. The deadline is at {format_time(deadline)}{beyond}. "
            f"{format_count(outcome.misses)} {steps_name} an hour come too late."
        )
