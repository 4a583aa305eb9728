"""DeadlineTail: the share of steps whose data comes later than a time, and the deadline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.checks import Floats
from storagelab.colors import BLUE, GREY, ORANGE, PURPLE, RED
from storagelab.devices import load_device
from storagelab.parts.access.experiment import AccessOutcome, late_quantiles, late_shares
from storagelab.tracks import Track
from storagelab.units import HOUR, format_count, format_odds, format_rare, format_time, time_unit
from storagelab.widgets.drawing import PLACED, Drawing, Entry, Rows
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import axis, steps, tick_key, update_traits

LEAST = 1e-8
"""The smallest share that the figure shows."""
POINTS = 80
"""Points on the tail behind its first drop."""
QUANTILES = {"p99": 0.99, "p99.9": 0.999}
"""The quantiles that are marked, by their names."""
_BESIDE = ("x", "text", "align", "x_offset")
"""The traits that move of a text that may stand on either side of a line."""


def tail(outcome: AccessOutcome) -> tuple[Floats, Floats]:
    """Return times in seconds and the share of steps that are later, along the tail.

    Shape (POINTS + 2,). The tail is level up to the time of an undisturbed read, where it drops to
    the share of steps that meet a write. From there the points are evenly spaced in the logarithm
    of the share, down to a hundredth of :data:`LEAST`, since zero has no place on the axis.
    """
    waits = outcome.stall_fraction if outcome.stall_time else 0.0
    shares = np.geomspace(max(waits, 2 * LEAST) if waits else 1.0, LEAST / 100, POINTS)
    times = late_quantiles(outcome, 1 - shares)
    return (
        np.concatenate([[0.0, outcome.io_time], times]),
        np.concatenate([[1.0, 1.0], shares]),
    )


class DeadlineTail(Instrument):
    """The tail of a step's read times, with the deadline, to which the buffer adds."""

    name = "deadline_tail"

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether the track counts late steps."""
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
        # room for text above a share of 1
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=self.end, allow_padding=False),
            bqplot.LogScale(min=LEAST, max=30),
        )
        self._add_lines()
        self._add_quantiles()
        self.deadline_names = self.drawing.label(
            [0.0, 0.0], [2.5, 1e-7], ["", ""], weight="bold", moving=_BESIDE
        )
        if self.skip is not None:
            self.skip_name = self.drawing.label([0.0], [1e-5], [""], weight="bold", moving=_BESIDE)
        shares = [10.0**power for power in range(round(np.log10(LEAST)), 1, 2)]
        self.figure = self.drawing.figure(
            [
                axis(
                    self.drawing.scales["x"],
                    f"time ({self.unit})",
                    tick_values=steps(0, self.end),
                    tick_format="~g",
                ),
                axis(
                    self.drawing.scales["y"],
                    "",
                    vertical=True,
                    tick_values=shares,
                    tick_labels={
                        tick_key(share): "all" if share == 1 else format_odds(share)
                        for share in shares
                    },
                ),
            ],
            height=360,
            left=106,
        )

    def _add_lines(self) -> None:
        """Add the time of a step, the deadline, the tail, and the share that may be late."""
        track, drawing = self.track, self.drawing
        period = track.node.compute_time / self.scale
        drawing.curve(
            [period, period], [LEAST, 1], GREY, "dotted",
            legend=Entry(f"one {track.terms.step}", 2),
        )  # fmt: skip
        self.deadline = drawing.curve(
            [0.0, 0.0], [LEAST, 1], RED, "dashed", 3, moving=("x",),
            table=[Rows(1, self._deadline_rows)],
        )  # fmt: skip
        self.skip = self._skip()
        self.tail = self._tail()
        allowed = (track.access.misses_limit or 0) * track.node.compute_time / HOUR
        if allowed >= LEAST:
            drawing.curve(
                [0, self.end], [allowed, allowed], ORANGE, "dash_dotted",
                legend=Entry("allowed", 6),
            )  # fmt: skip

    def _skip(self) -> Any:
        """Return the line from which on a late step is a skip, where a track counts these."""
        skip = self.track.access.skip_time
        if skip is None:
            return None
        return self.drawing.curve(
            [0.0, 0.0], [LEAST, 1], PURPLE, "dash_dotted", 3, moving=("x",),
            legend=Entry(f"so late that nothing new comes for {format_time(skip)}", 3),
            table=[Rows(4, self._skip_rows)],
        )  # fmt: skip

    def _add_quantiles(self) -> None:
        """Add the quantiles on the tail, each with its name."""
        above = [1 - level for level in QUANTILES.values()]
        self.quantiles = self.drawing.points(
            [0.0] * len(above), above, PURPLE, "diamond", 70, apply_clip=False, moving=("x",),
            legend=Entry("99 and 99.9 in 100 are there by then", 5),
            table=[Rows(2, self._quantile_rows)],
        )  # fmt: skip
        self.quantile_names = [
            self.drawing.label([0.0], [share], [""], weight="bold", moving=(*_BESIDE, "y_offset"))
            for share in above
        ]

    def _tail(self) -> Any:
        """Return the tail as a line, and the late part as an area without an outline."""
        opacity = 0.25
        return self.drawing.add(
            bqplot.Lines(
                x=np.zeros((2, POINTS + 4)),
                y=np.full((2, POINTS + 4), LEAST),
                scales=self.drawing.scales,
                colors=[BLUE, "transparent"],
                fill="inside",
                fill_colors=[RED, RED],
                fill_opacities=[0.0, opacity],
                stroke_width=3,
            ),
            moving=PLACED,
            legend=[
                Entry("later than that", 1),
                Entry("too late", 4, RED, "area", opacity),
            ],
            table=[Rows(3, lambda outcome: self._rows("tail", *tail(outcome)))],
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

        They stand ``gap`` pixels away and ``rows`` pixels down, on the right or on the left.
        """
        right = at < 0.5 * self.end
        update_traits(
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
        update_traits(self.deadline, x=np.array([at, at]))
        texts = [
            f"deadline {format_time(deadline)}{' ▶' if beyond else ''}",
            f"{format_count(outcome.misses)} late an hour",
        ]
        self._write(self.deadline_names, at, texts)
        if self.skip is not None:
            self._draw_skip(outcome)
        return self._words(outcome, quantiles, beyond)

    def _draw_skip(self, outcome: AccessOutcome) -> None:
        begin = min(outcome.skip_deadline or 0.0, self.longest)
        at, off = begin / self.scale, " ▶" if begin == self.longest else ""
        update_traits(self.skip, x=np.array([at, at]))
        self._write(self.skip_name, at, [f"{format_count(outcome.skips)} skips an hour{off}"])

    def _draw_tail(self, outcome: AccessOutcome, begin: float) -> None:
        """Draw the tail, and fill the area under it from ``begin``, the deadline, onwards."""
        times, shares = tail(outcome)
        first = float(late_shares(outcome, np.array([begin]))[0])
        along = np.clip(times, begin, self.longest)
        high = np.clip(shares, LEAST, max(first, LEAST))
        late = (
            np.concatenate([[begin], along, along[-1:]]),
            np.concatenate([[LEAST], high, [LEAST]]),
        )
        # both lines need the same number of points, so the tail repeats its last one
        line = (np.append(values, [values[-1]] * 2) for values in (times, shares))
        x, y = (np.array(both) for both in zip(line, late, strict=True))
        update_traits(self.tail, x=x / self.scale, y=y)

    def _draw_quantiles(self, times: Floats) -> None:
        # where storage is far too slow, a quantile lies beyond the figure
        places = np.minimum(times, self.longest) / self.scale
        update_traits(self.quantiles, x=places)
        for label, name, time, at in zip(
            self.quantile_names, QUANTILES, times, places, strict=True
        ):
            off = " ▶" if time > self.longest else ""
            self._write(label, float(at), [f"{name} {format_time(float(time))}{off}"], 9, (-7, 8))

    def _words(self, outcome: AccessOutcome, times: Floats, beyond: bool) -> str:
        steps_name = self.track.terms.steps
        worst = outcome.io_time + (outcome.stall_time if outcome.stall_fraction else 0.0)
        p99, p999 = (format_time(float(time)) for time in times)
        off = ", beyond the figure" if beyond else ""
        far = " That is beyond the figure (▶)." if times.max() > self.longest else ""
        return (
            f"A {self.track.terms.step}'s data is there after {format_time(outcome.io_time)}, "
            f"{format_time(worst)} at worst: {format_rare(outcome.stall_fraction)} of the time a "
            f"write is in the way. 99 in 100 {steps_name} have it within {p99} (p99), 999 in "
            f"1,000 within {p999} (p99.9).{far} The deadline is at "
            f"{format_time(outcome.deadline)}{off}. "
            f"{format_count(outcome.misses)} {steps_name} an hour come too late."
            f"{self._skips(outcome)}"
        )

    def _skips(self, outcome: AccessOutcome) -> str:
        skip = self.track.access.skip_time
        if skip is None:
            return ""
        count = format_count(outcome.skips)
        return f" {count} times an hour nothing new comes for {format_time(skip)}."

    def table(self, outcome: AccessOutcome) -> Table:
        """Return the deadline, the quantiles and the tail."""
        return Table(
            (
                "point",
                f"time ({self.unit})",
                f"{self.track.terms.steps} later than that (of a million)",
            ),
            self.drawing.rows(outcome),
        )

    def _rows(
        self, what: str, times: Iterable[float], shares: Iterable[float]
    ) -> list[tuple[str, float, float]]:
        """Return rows of times in seconds and shares from 0 to 1, in the table's units."""
        return [
            (what, float(time) / self.scale, 1e6 * float(share))
            for time, share in zip(times, shares, strict=True)
        ]

    def _deadline_rows(self, outcome: AccessOutcome) -> list[tuple[str, float, float]]:
        at = np.array([outcome.deadline])
        return self._rows("deadline", at, late_shares(outcome, at))

    def _skip_rows(self, outcome: AccessOutcome) -> list[tuple[str, float, float]]:
        at = np.array([outcome.skip_deadline or 0.0])
        return self._rows("skip", at, late_shares(outcome, at))

    def _quantile_rows(self, outcome: AccessOutcome) -> list[tuple[str, float, float]]:
        levels = np.array([*QUANTILES.values()])
        times = late_quantiles(outcome, levels)
        return [
            row
            for name, time, level in zip(QUANTILES, times, levels, strict=True)
            for row in self._rows(name, [time], [1 - level])
        ]


def deadline_tail(
    track: str = "edge_guardian", moving: str | None = "buffer", **settings: Any
) -> ipywidgets.VBox:
    """Return the tail of a track's reads with its deadline, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [DeadlineTail(loaded)], "access", track, moving, **settings)
