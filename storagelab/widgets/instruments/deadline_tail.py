"""DeadlineTail: how often a step's data comes later than a time, and the deadline across it."""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import BLUE, GREY, ORANGE, PURPLE, RED
from storagelab.devices import load_device
from storagelab.parts.access.experiment import AccessOutcome, late_quantiles, late_shares
from storagelab.tracks import Track
from storagelab.units import HOUR, format_count, format_share, format_time, time_unit
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import TEXT, axis, figure, legend, put, steps, swatch

LEAST = 1e-8
"""The smallest share that the figure shows."""
POINTS = 80
"""Points on the tail behind its first drop."""
QUANTILES = {"p99": 0.99, "p99.9": 0.999}
"""The quantiles that are marked, by what they are called."""
PLACED = ("x", "text", "align", "x_offset")
"""The traits of a label that moves."""


def tail(outcome: AccessOutcome) -> tuple[Any, Any]:
    """Return times in seconds and the share of steps that are later, along the tail.

    Shape (POINTS + 2,): level up to a step's own read, where it drops to those that meet a write,
    and from there evenly spaced in the logarithm of the share, to a hundredth of
    :data:`LEAST`, since a share of nothing has no place on the axis.
    """
    waits = outcome.stall_fraction if outcome.stall_time else 0.0
    shares = np.geomspace(max(waits, 2 * LEAST) if waits else 1.0, LEAST / 100, POINTS)
    times = late_quantiles(outcome, 1 - shares)
    return (
        np.concatenate([[0.0, outcome.io_time], times]),
        np.concatenate([[1.0, 1.0], shares]),
    )


class DeadlineTail(Instrument):
    """The tail of a step's reads, with its deadline and what the buffer adds to it."""

    name = "deadline_tail"

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether the track counts what comes too late."""
        return track.access.misses_limit is not None

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        terms, part = track.terms, track.access
        self.title = f"Deadline: how many {terms.steps} wait longer"
        names = part.control("device").values if part.has_control("device") else [part.home]
        longest = max(load_device(str(name)).stall for name in names)
        self.longest = 1.15 * longest + 2 * track.node.compute_time
        self.scale, self.unit = time_unit(self.longest)
        self.end = self.longest / self.scale
        x = bqplot.LinearScale(min=0, max=self.end, allow_padding=False)
        # room above a share of 1 for what is written there
        y = bqplot.LogScale(min=LEAST, max=30)
        scales = {"x": x, "y": y}
        # a line, and an area that has no outline
        self.tail = bqplot.Lines(
            x=np.zeros((2, POINTS + 4)),
            y=np.full((2, POINTS + 4), LEAST),
            scales=scales,
            colors=[BLUE, "transparent"],
            fill="inside",
            fill_colors=[RED, RED],
            fill_opacities=[0.0, 0.25],
            stroke_width=3,
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
        above = [1 - level for level in QUANTILES.values()]
        self.quantiles = bqplot.Scatter(
            x=[0.0] * len(above),
            y=above,
            scales=scales,
            colors=[PURPLE],
            stroke=TEXT,
            default_size=70,
            marker="diamond",
            apply_clip=False,
        )
        self.quantile_names = [self._label(scales, y=[share]) for share in above]
        self.deadline_names = self._label(scales, y=[2.5, 1e-7])
        entries = [
            swatch("later than that", BLUE),
            swatch(f"one {terms.step}", GREY, "dotted"),
            swatch("the deadline, with what is buffered", RED, "dashed"),
            swatch("too late", RED, "area", 0.25),
            swatch("99 and 99.9 in 100 are there by then", PURPLE, "point"),
        ]
        marks = [own, self.deadline, self.tail]
        allowed = (part.misses_limit or 0) * track.node.compute_time / HOUR
        if allowed >= LEAST:
            marks.append(
                bqplot.Lines(
                    x=[0, self.end],
                    y=[allowed, allowed],
                    scales=scales,
                    colors=[ORANGE],
                    line_style="dash_dotted",
                )
            )
            entries.append(swatch("allowed", ORANGE, "dash_dotted"))
        names_shown = [*self.quantile_names, self.deadline_names]
        powers = range(round(np.log10(LEAST)), 1, 2)
        self.figure = figure(
            [*marks, self.quantiles, *names_shown],
            [
                axis(x, f"time ({self.unit})", tick_values=steps(0, self.end), tick_format="~g"),
                axis(
                    y,
                    f"share of {terms.steps}",
                    vertical=True,
                    tick_values=[10.0**power for power in powers],
                    tick_format=".6~%",
                ),
            ],
            height=360,
            left=95,
        )
        self.figure.axes[1].label_offset = "5.4em"
        self.legend = legend(*entries)
        self.dynamic = [
            (self.tail, "x"),
            (self.tail, "y"),
            (self.deadline, "x"),
            (self.quantiles, "x"),
            *((label, trait) for label in names_shown for trait in PLACED),
            *((label, "y_offset") for label in self.quantile_names),
        ]

    def _label(self, scales: dict[str, Any], **options: Any) -> bqplot.Label:
        return bqplot.Label(
            x=np.zeros(len(options["y"])),
            text=[""] * len(options["y"]),
            scales=scales,
            colors=[TEXT],
            default_size=12,
            font_weight="bold",
            apply_clip=False,
            **options,
        )

    def _write(
        self,
        label: bqplot.Label,
        at: float,
        texts: list[str],
        gap: int = 6,
        rows: tuple[int, int] = (0, 0),
    ) -> None:
        """Write ``texts`` right of ``at``, or left of it where there is no room on the right.

        ``gap`` pixels away, and ``rows`` pixels down, on the right and on the left.
        """
        right = at < 0.5 * self.end
        put(
            label,
            x=np.full(len(texts), at),
            text=np.array(texts),
            align="start" if right else "end",
            x_offset=gap if right else -gap,
            y_offset=rows[0] if right else rows[1],
        )

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the tail and move the deadline."""
        deadline = outcome.deadline
        begin = min(deadline, self.longest)
        self._draw_tail(outcome, begin)
        quantiles = late_quantiles(outcome, np.array([*QUANTILES.values()]))
        self._draw_quantiles(quantiles)
        at, beyond = begin / self.scale, deadline > self.longest
        put(self.deadline, x=np.array([at, at]))
        texts = [
            f"deadline {format_time(deadline)}{' ▶' if beyond else ''}",
            f"{format_count(outcome.misses)} an hour too late",
        ]
        self._write(self.deadline_names, at, texts)
        return self._words(outcome, quantiles, beyond)

    def _draw_tail(self, outcome: AccessOutcome, begin: float) -> None:
        """Draw the tail, and fill what lies under it from ``begin``, the deadline, on."""
        times, shares = tail(outcome)
        first = float(late_shares(outcome, np.array([begin]))[0])
        along = np.clip(times, begin, self.longest)
        high = np.clip(shares, LEAST, max(first, LEAST))
        late = (
            np.concatenate([[begin], along, along[-1:]]),
            np.concatenate([[LEAST], high, [LEAST]]),
        )
        # the tail itself is two points shorter: it ends in the same one three times
        line = (np.append(values, [values[-1]] * 2) for values in (times, shares))
        x, y = (np.array(both) for both in zip(line, late, strict=True))
        put(self.tail, x=x / self.scale, y=y)

    def _draw_quantiles(self, times: Any) -> None:
        # a step that storage is far too slow for has its data beyond the figure
        places = np.minimum(times, self.longest) / self.scale
        put(self.quantiles, x=places)
        for label, name, time, at in zip(
            self.quantile_names, QUANTILES, times, places, strict=True
        ):
            off = " ▶" if time > self.longest else ""
            self._write(label, float(at), [f"{name} {format_time(float(time))}{off}"], 9, (-7, 8))

    def _words(self, outcome: AccessOutcome, times: Any, beyond: bool) -> str:
        steps_name = self.track.terms.steps
        worst = outcome.io_time + (outcome.stall_time if outcome.stall_fraction else 0.0)
        p99, p999 = (format_time(float(time)) for time in times)
        off = ", beyond the figure" if beyond else ""
        far = " That is beyond the figure (▶)." if times.max() > self.longest else ""
        return (
            f"A {self.track.terms.step}'s data is there after {format_time(outcome.io_time)}, "
            f"{format_time(worst)} at worst: {format_share(outcome.stall_fraction)} of the time a "
            f"write is in the way. 99 in 100 {steps_name} have it within {p99} (p99), 999 in "
            f"1,000 within {p999} (p99.9).{far} The deadline is at "
            f"{format_time(outcome.deadline)}{off}. "
            f"{format_count(outcome.misses)} {steps_name} an hour come too late."
        )

    def table(self, outcome: AccessOutcome) -> Table:
        """Return the deadline, the quantiles and the tail."""
        rows: list[tuple[str, float, float]] = []

        def add(what: str, seconds: float, share: float) -> None:
            rows.append((what, seconds / self.scale, 100 * share))

        late = float(late_shares(outcome, np.array([outcome.deadline]))[0])
        add("deadline", outcome.deadline, late)
        levels = np.array([*QUANTILES.values()])
        for name, level, time in zip(
            QUANTILES, levels, late_quantiles(outcome, levels), strict=True
        ):
            add(name, float(time), 1 - float(level))
        for time, share in zip(*tail(outcome), strict=True):
            add("tail", float(time), float(share))
        return Table(
            ("point", f"time ({self.unit})", f"{self.track.terms.steps} later than that (%)"),
            tuple(rows),
        )


def deadline_tail(
    track: str = "edge_guardian", moving: str | None = "buffer", **settings: Any
) -> ipywidgets.VBox:
    """Return the tail of a track's reads with its deadline, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [DeadlineTail(loaded)], "access", track, moving, **settings)
