"""IOWaterfall: what steps consist of, in storage, CPU and accelerators, on one time axis."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.checks import Floats
from storagelab.colors import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW
from storagelab.devices import load_device
from storagelab.formats import FORMATS
from storagelab.parts import PARTS
from storagelab.parts.access.experiment import (
    ACTIVITIES,
    STORAGE,
    AccessOutcome,
    in_order,
    prepare_time,
)
from storagelab.parts.access.stalled import Stalled, stalled_timeline
from storagelab.tracks import Track
from storagelab.units import format_count, format_share, format_time, time_unit
from storagelab.widgets.drawing import PLACED, Drawing, Entry, Shape
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    GROUND,
    TEXT,
    Corners,
    axis,
    boxes,
    fitting,
    hatching,
    steps,
    update_shapes,
    update_traits,
)

COLORS = dict(zip(ACTIVITIES, (RED, YELLOW, ORANGE, BLUE, PURPLE, GREEN, GREY), strict=True))
INK = dict.fromkeys(ACTIVITIES, "white") | {
    "open": TEXT, "blocked": "black", "wait": "black", "compute": "black", "idle": "black",
}  # fmt: skip
"""A colour for text that can be read on each of the colours."""
LANE = dict.fromkeys(STORAGE, "storage") | {
    "prepare": "prepare",
    "compute": "compute",
    "idle": "compute",
}
LANES = ("storage", "prepare", "compute")
ROWS = {"in order": (6.9, 5.9, 4.9), "now": (2.9, 1.9, 0.9)}
"""The heights of each order's lanes."""
BOTTOM, TOP = 0.3, 7.9
LEFT = 66
"""Pixels left of the axis, where the lanes' names stand."""
HALF = dict.fromkeys(ACTIVITIES, 0.42) | {"blocked": 0.2, "open": 0.35, "wait": 0.28, "idle": 0.28}
"""Half the height of a box; whatever waits or idles is drawn thin."""
STROKES = 8
"""Strokes in a box of opening, which tell it from reading beside its colour."""
Orders = dict[str, tuple[AccessOutcome, Stalled]]
"""The outcome and the steps of each order."""
LEAST_STEPS = 6
"""The least number of compute times that the axis shows."""
AROUND = 5
"""Compute times that it shows around the longest write, for what comes before and after."""


def span(track: Track, crisis: AccessOutcome) -> float:
    """Return the length of the axis in seconds.

    It holds one whole step of the track's crisis, the longest write of any device that the track
    can choose, and :data:`LEAST_STEPS` compute times at least.
    """
    period, part = track.node.compute_time, track.access
    counts = [LEAST_STEPS, math.ceil(1.1 * crisis.io_time / period)]
    if part.writes:
        names = part.control("device").values if part.has_control("device") else [part.home]
        longest = max(load_device(str(name)).stall for name in names)
        counts.append(math.ceil(longest / period) + AROUND)
    return period * max(counts)


SLIVER = 4e-4
"""What is narrower than this share of the axis isn't drawn: a quarter of a pixel of 600."""


def inside(spans: Floats, end: float) -> Floats:
    """Return the parts of ``spans``, shape (n, 2), that lie between 0 and ``end``.

    Without those that are too narrow to be seen (:data:`SLIVER`).
    """
    cut = np.clip(spans, 0.0, end)
    return cut[cut[:, 1] - cut[:, 0] > SLIVER * end]


class IOWaterfall(Instrument):
    """Consecutive steps at the present settings, under those of the same settings in order.

    Where anything is written beside the reads, one write is among them, at its longest.
    """

    name = "io_waterfall"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = f"I/O waterfall: how {track.terms.steps} follow one another"
        self.preparing = prepare_time(track)
        self.span = span(track, PARTS["access"].crisis(track))
        self.scale, self.unit = time_unit(self.span)
        self.end = self.span / self.scale
        # storage can be two steps ahead, and one more step is cut at the end
        self.most = math.ceil(self.span / track.node.compute_time) + 4

        self.keys = [(order, name) for order in ROWS for name in ACTIVITIES]
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=self.end, allow_padding=False),
            bqplot.LinearScale(min=BOTTOM, max=TOP),
        )
        self._add_bars()
        self._add_strokes()
        self._add_names()
        self._add_lanes()
        self.figure = self.drawing.figure(self._axes(), height=400, right=16, left=LEFT)
        self.figure.axes[1].grid_lines = "none"
        self.figure.axes[1].color = "transparent"  # the line would cross what stands at its left

    def _add_bars(self) -> None:
        """Add the boxes of every activity in both orders, as one mark."""
        said = {
            "blocked": "blocked: behind one write",
            "wait": "wait: for the first byte",
            "prepare": f"prepare: {self.track.terms.preparer}",
            "compute": f"compute: {self.track.terms.consumer.name}",
        }
        entries = {
            name: Entry(said.get(name, name), place, style="hatched" if name == "open" else None)
            for place, name in enumerate(ACTIVITIES)
        }
        self.bars = self.drawing.areas(
            [
                Shape(
                    f"{order}: {name}",
                    COLORS[name],
                    0.35 if name == "open" else 1.0,
                    entries[name],
                )
                for order, name in self.keys
            ],
            corners=4 * self.most,
            y=np.array([self._outline(key, np.empty((0, 2)))[1] for key in self.keys]),
            # lines in the page's own colour separate steps that follow without a gap
            colors=[GROUND if name == "compute" else "transparent" for _, name in self.keys],
            stroke_width=1,
            moving=("x",),
        )

    def _add_strokes(self) -> None:
        """Add the strokes in the boxes of opening, where the track has a file to open."""
        part = self.track.access
        formats = [FORMATS[str(name)] for name in part.control("format").values]
        self.strokes: Any = None
        if load_device(part.home).open_time and any(of.opened for of in formats):
            corners = len(hatching(0, 0, 0, 0, np.zeros(STROKES), 1.0)[0])
            self.strokes = self.drawing.curve(
                np.zeros((2 * self.most, corners)), np.full((2 * self.most, corners), BOTTOM),
                YELLOW, width=1, moving=PLACED,
            )  # fmt: skip

    def _add_names(self) -> None:
        """Add the labels for the boxes, and for the result of each order."""
        count = len(self.keys) + len(ROWS)
        self.names = self.drawing.label(
            np.zeros(count),
            np.array([self._row(key) for key in self.keys] + [rows[0] for rows in ROWS.values()]),
            [""] * count,
            "middle",
            weight="bold",
            colors=[INK[name] for _, name in self.keys] + ["black"] * len(ROWS),
            y_offset=0,
            apply_clip=True,
            moving=("x", "text"),
        )
        self.heads = self.drawing.label(
            [0.0] * len(ROWS),
            [rows[0] + 0.62 for rows in ROWS.values()],
            [""] * len(ROWS),
            weight="bold",
            x_offset=4 - LEFT,
            moving=("text",),
        )

    def _places(self) -> dict[tuple[str, str], float]:
        """Return the height of each lane of each order."""
        return {
            (order, lane): place
            for order, places in ROWS.items()
            for lane, place in zip(LANES, places, strict=True)
        }

    def _add_lanes(self) -> None:
        """Add an invisible line along each lane, which shows a tooltip.

        bqplot shows tooltips of lines, but not of filled shapes.
        """
        places = [*self._places().values()]
        count = len(places)
        self.lanes = self.drawing.curve(
            np.tile([0.0, self.end], (count, 1)),
            np.repeat(places, 2).reshape(-1, 2),
            GREY,
            width=30,
            opacities=[0.0] * count,
            labels=[""] * count,
            tooltip=bqplot.Tooltip(fields=["name"], labels=[""], show_labels=False),
            moving=("labels",),
        )

    def _axes(self) -> list[Any]:
        scales, places = self.drawing.scales, self._places()
        ticks = steps(0, self.end)
        return [
            axis(scales["x"], f"time ({self.unit})", tick_values=ticks, tick_format="~g"),
            axis(
                scales["y"],
                "",
                vertical=True,
                tick_values=[*places.values()],
                tick_labels={f"{place:.1f}": lane for (_, lane), place in places.items()},
                tick_format=".1f",
            ),
        ]

    def _row(self, key: tuple[str, str]) -> float:
        order, name = key
        return ROWS[order][LANES.index(LANE[name])]

    def _outline(self, key: tuple[str, str], spans: Floats) -> Corners:
        row, half = self._row(key), HALF[key[1]]
        return boxes(spans, row - half, row + half, self.most)

    def lines(self, outcome: AccessOutcome) -> Orders:
        """Return each order's outcome and its steps on the axis."""
        both = {"in order": in_order(self.track, outcome.settings), "now": outcome}
        return {
            order: (shown, stalled_timeline(shown, self.preparing, self.span))
            for order, shown in both.items()
        }

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw both orders' steps, cut at the axis' end."""
        lines = self.lines(outcome)
        shown = {
            (order, name): inside(line.spans[name], self.span) / self.scale
            for order, (_, line) in lines.items()
            for name in ACTIVITIES
        }
        update_traits(
            self.bars, x=np.array([self._outline(key, shown[key])[0] for key in self.keys])
        )
        self._stroke(shown)
        self._name(shown, lines)
        heads = [
            f"in order: {self._head(*lines['in order'])}",
            f"yours: {self._head(*lines['now'])}",
        ]
        if self._ordered(outcome):
            heads[1] = "yours: in order too, the same"
        update_traits(self.heads, text=np.array(heads))
        update_traits(
            self.lanes,
            labels=[
                text for order, (of, line) in lines.items() for text in self._hover(order, of, line)
            ],
        )
        return self._words(outcome, lines)

    def _ordered(self, outcome: AccessOutcome) -> bool:
        """Return whether the student's own order is the one of the reference."""
        return in_order(self.track, outcome.settings).settings == outcome.settings

    def _head(self, of: AccessOutcome, line: Stalled) -> str:
        """Return what the steps of one order come to, in few words."""
        terms = self.track.terms
        step = f"{terms.step.split()[-1]} {format_time(line.period)}"
        if line.late:
            return f"{step}, {line.late} late behind one write"
        return f"{step}, {terms.consumer.label} idle {format_share(1 - of.utilization)}"

    def _stroke(self, shown: dict[tuple[str, str], Floats]) -> None:
        """Draw strokes into the boxes of opening."""
        if self.strokes is None:
            return
        lines = []
        for order in ROWS:
            key = (order, "open")
            row, half = self._row(key), HALF["open"]
            for left, right in shown[key]:
                apart = max((right - left) / STROKES, self.end / 60)
                feet = left + apart * (np.arange(STROKES) - 0.3)
                lines.append(hatching(left, right, row - half, row + half, feet, apart / 2))
        empty = hatching(0, 0, BOTTOM, BOTTOM, np.zeros(STROKES), 1.0)
        update_shapes(self.strokes, [*lines, *[empty] * (2 * self.most - len(lines))])

    def _name(self, shown: dict[tuple[str, str], Floats], lines: Orders) -> None:
        """Write its name into the widest box of each activity, where there is room."""
        texts, at = [], []
        for key in self.keys:
            spans = shown[key]
            if not len(spans):
                texts.append("")
                at.append(0.0)
                continue
            widest = spans[np.argmax(spans[:, 1] - spans[:, 0])]
            of, line = lines[key[0]]
            seconds = of.steps.get(key[1], self.preparing)
            if key[1] in ("idle", "blocked"):
                of_one = line.spans[key[1]]
                seconds = float((of_one[:, 1] - of_one[:, 0]).max())
            room = (widest[1] - widest[0]) / self.end
            texts.append(fitting(room, f"{key[1]} {format_time(seconds)}", key[1]))
            at.append(float(widest.mean()))
        for _, line in lines.values():
            texts.append("▶" if line.period > self.span else "")
            at.append(0.98 * self.end)
        update_traits(self.names, x=np.array(at), text=np.array(texts))

    def _hover(self, order: str, outcome: AccessOutcome, line: Stalled) -> tuple[str, str, str]:
        times = {name: format_time(seconds) for name, seconds in outcome.steps.items()}
        opening = f"opens {times['open']}, " if outcome.steps["open"] else ""
        blocked = (
            f", is blocked for {times['blocked']} on average" if outcome.steps["blocked"] else ""
        )
        consumer = self.track.terms.consumer
        idle = line.period - outcome.steps["compute"]
        return (
            f"{order}, storage: {opening}waits {times['wait']}, reads {times['read']} a "
            f"step{blocked}",
            f"{order}: prepared in {format_time(self.preparing)} a step",
            f"{order}, {consumer.label}: {times['compute']} busy, {format_time(idle)} idle a step",
        )

    def _words(self, outcome: AccessOutcome, lines: Orders) -> str:
        storage = format_time(outcome.io_time)
        times = {name: format_time(seconds) for name, seconds in outcome.steps.items()}
        opening = f"{times['open']} of it opening files, " if outcome.steps["open"] else ""
        step, consumer = self.track.terms.step, self.track.terms.consumer
        idle = format_share(1 - outcome.utilization)
        off = " That is off the axis (▶)." if lines["now"][1].period > self.span else ""
        return (
            f"Storage needs {storage} for a {step} ({opening}{times['wait']} waiting, "
            f"{times['read']} reading), {consumer.name} {times['compute']}: a {step} comes every "
            f"{format_time(lines['now'][1].period)}, and {consumer.they} "
            f"{consumer.verb('idle')} {idle} of the time.{off} {self._compare(outcome, lines)}"
            f"{self._blocked(lines)}"
        )

    def _compare(self, outcome: AccessOutcome, lines: Orders) -> str:
        if self._ordered(outcome):
            return "It is in order already."
        step, (_, now) = self.track.terms.step, lines["now"]
        (_, best) = lines["in order"]
        ratio = now.period / best.period
        every = format_time(best.period)
        if ratio > 1.05:
            return (
                f"In order it would come every {every}: {format_count(ratio)} in the time of one."
            )
        if ratio < 0.95:
            return f"In order a {step} would come every {every}, which is longer."
        return f"In order it would come every {every} too."

    def _blocked(self, lines: Orders) -> str:
        """Say how long a step waits behind a write, where anything is written."""
        ordered, now = (lines[order][0].steps["blocked"] for order in ROWS)
        if not now:
            return ""
        terms, (of, line) = self.track.terms, lines["now"]
        late = f"{line.late or 'no'} {terms.step if line.late == 1 else terms.steps}"
        return (
            f" Behind a write it waits {format_time(now)} on average, and {format_time(ordered)} "
            f"in order. The figure shows one write at its longest, {format_time(of.stall_time)}: "
            f"it makes {late} late, and {terms.consumer.name} "
            f"{terms.consumer.verb('idle')} {format_time(line.silent)} for it."
        )

    def table(self, outcome: AccessOutcome) -> Table:
        """Return the time and the share of a step that each activity takes, in both orders."""
        rows = []
        for order, (of, line) in self.lines(outcome).items():
            seconds = of.steps | {
                "prepare": self.preparing,
                "idle": line.period - of.steps["compute"],
            }
            rows += [
                (order, name, seconds[name] / self.scale, 100 * seconds[name] / line.period)
                for name in ACTIVITIES
            ]
        return Table(
            ("order", "activity", f"time a step ({self.unit})", "share of the step (%)"),
            tuple(rows),
        )


def io_waterfall(
    track: str = "cloud_titan", moving: str | None = "queue_depth", **settings: Any
) -> ipywidgets.VBox:
    """Return the I/O waterfall of a track, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [IOWaterfall(loaded)], "access", track, moving, **settings)
