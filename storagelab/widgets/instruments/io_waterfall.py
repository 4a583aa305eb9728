"""IOWaterfall: what steps are made of, storage above CPU above accelerators, on one time axis."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from storagelab.parts import PARTS
from storagelab.parts.access.experiment import (
    ACTIVITIES,
    STORAGE,
    AccessOutcome,
    Timeline,
    in_order,
    prepare_time,
    timeline,
)
from storagelab.tracks import Track
from storagelab.units import format_count, format_share, format_time, time_unit
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    GROUND,
    TEXT,
    axis,
    boxes,
    figure,
    fitting,
    legend,
    polygons,
    put,
    steps,
    swatch,
)

COLORS = dict(zip(ACTIVITIES, (RED, ORANGE, BLUE, PURPLE, GREEN, GREY), strict=True))
INK = dict(zip(ACTIVITIES, ("white", "black", "white", "white", "black", "black"), strict=True))
"""What is read on each of the colours."""
LANE = dict.fromkeys(STORAGE, "storage") | {
    "prepare": "prepare",
    "compute": "compute",
    "idle": "compute",
}
LANES = ("storage", "prepare", "compute")
ROWS = {"in order": (6.9, 5.9, 4.9), "now": (2.9, 1.9, 0.9)}
"""Where the lanes of each order lie."""
BOTTOM, TOP = 0.3, 7.9
HALF = {name: 0.28 if name in ("wait", "idle") else 0.42 for name in ACTIVITIES}
"""Half the height of a box: who only waits is drawn thin."""
LEAST_STEPS = 6
"""Compute times that the axis shows at least."""


def span(track: Track, baseline: AccessOutcome) -> float:
    """Return the seconds of the axis: all of a step as the track's data is read at the start.

    Beside it stand as many steps as could be done in order meanwhile, where that is more than
    :data:`LEAST_STEPS`.
    """
    period = track.node.compute_time
    return period * max(LEAST_STEPS, math.ceil(1.1 * baseline.io_time / period))


def inside(spans: Any, end: float) -> Any:
    """Return what lies from 0 to ``end`` of ``spans``, shape (n, 2), cut at both."""
    cut = np.clip(spans, 0.0, end)
    return cut[cut[:, 1] > cut[:, 0]]


class IOWaterfall(Instrument):
    """Steps as they follow one another now, under those whose data is read in order."""

    name = "io_waterfall"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = f"I/O waterfall: how {track.terms.steps} follow one another"
        self.preparing = prepare_time(track)
        self.span = span(track, PARTS["access"].baseline(track))
        self.scale, self.unit = time_unit(self.span)
        self.end = self.span / self.scale
        # storage can be two steps ahead, and one more is cut at the end
        self.most = math.ceil(self.span / track.node.compute_time) + 4
        self._references: dict[Any, AccessOutcome] = {}

        x = bqplot.LinearScale(min=0, max=self.end, allow_padding=False)
        y = bqplot.LinearScale(min=BOTTOM, max=TOP)
        scales = {"x": x, "y": y}
        self.keys = [(order, name) for order in ROWS for name in ACTIVITIES]
        self.bars = polygons(
            [COLORS[name] for _, name in self.keys],
            scales,
            [f"{order}: {name}" for order, name in self.keys],
            opacity=1.0,
            corners=4 * self.most,
        )
        self.bars.y = np.array([self._outline(key, np.empty((0, 2)))[1] for key in self.keys])
        # lines in the page's own colour part the steps that follow one another without a gap
        self.bars.colors = [GROUND if name == "compute" else "transparent" for _, name in self.keys]
        self.bars.stroke_width = 1
        self.names = bqplot.Label(
            x=np.zeros(len(self.keys) + 2),
            y=np.array([self._row(key) for key in self.keys] + [ROWS[key][0] for key in ROWS]),
            text=[""] * (len(self.keys) + 2),
            scales=scales,
            colors=[INK[name] for _, name in self.keys] + ["black"] * 2,
            align="middle",
            default_size=12,
            font_weight="bold",
            y_offset=0,
        )
        self.heads = bqplot.Label(
            x=[0.0, 0.0],
            y=[rows[0] + 0.62 for rows in ROWS.values()],
            text=["", ""],
            x_offset=3,
            scales=scales,
            colors=[TEXT],
            default_size=12,
            font_weight="bold",
            apply_clip=False,
        )
        lanes = [(order, lane) for order in ROWS for lane in LANES]
        places = [ROWS[order][LANES.index(lane)] for order, lane in lanes]
        # a filled shape doesn't answer to a pointer, a line does, also one that can't be seen
        self.lanes = bqplot.Lines(
            x=np.tile([0.0, self.end], (len(lanes), 1)),
            y=np.repeat(places, 2).reshape(-1, 2),
            scales=scales,
            colors=[GREY],
            opacities=[0.0] * len(lanes),
            stroke_width=30,
            labels=[""] * len(lanes),
            tooltip=bqplot.Tooltip(fields=["name"], labels=[""], show_labels=False),
        )
        self.figure = figure(
            [self.bars, self.names, self.heads, self.lanes],
            [
                axis(x, f"time ({self.unit})", tick_values=steps(0, self.end), tick_format="~g"),
                axis(
                    y,
                    "",
                    vertical=True,
                    tick_values=places,
                    tick_labels={
                        f"{place:.1f}": lane for place, (_, lane) in zip(places, lanes, strict=True)
                    },
                    tick_format=".1f",
                ),
            ],
            height=400,
            right=16,
            left=66,
        )
        self.figure.axes[1].grid_lines = "none"
        consumer = track.terms.consumer
        self.legend = legend(
            *(swatch(name, COLORS[name], "area", 1.0) for name in STORAGE),
            swatch(f"prepare: {track.terms.preparer}", PURPLE, "area", 1.0),
            swatch(f"compute: {consumer.name}", GREEN, "area", 1.0),
            swatch("idle", GREY, "area", 1.0),
        )
        self.dynamic = [
            (self.bars, "x"),
            (self.names, "x"),
            (self.names, "text"),
            (self.heads, "text"),
            (self.lanes, "labels"),
        ]

    def _row(self, key: tuple[str, str]) -> float:
        order, name = key
        return ROWS[order][LANES.index(LANE[name])]

    def _outline(self, key: tuple[str, str], spans: Any) -> tuple[Any, Any]:
        row, half = self._row(key), HALF[key[1]]
        return boxes(spans, row - half, row + half, self.most)

    def reference(self, outcome: AccessOutcome) -> AccessOutcome:
        """Return what the present device and queue depth do in order."""
        settings = outcome.settings
        kept = settings.device, settings.queue_depth, settings.format
        if kept not in self._references:
            self._references[kept] = in_order(self.track, settings)
        return self._references[kept]

    def lines(self, outcome: AccessOutcome) -> dict[str, tuple[AccessOutcome, Timeline]]:
        """Return each order's outcome and its steps on the axis."""
        both = {"in order": self.reference(outcome), "now": outcome}
        return {
            order: (shown, timeline(shown, self.preparing, self.span))
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
        put(self.bars, x=np.array([self._outline(key, shown[key])[0] for key in self.keys]))
        self._name(shown, lines)
        consumer, step = self.track.terms.consumer, self.track.terms.step.split()[-1]
        heads = [
            f"{order}: {step} {format_time(line.period)}, {consumer.label} idle "
            f"{format_share(1 - of.utilization)}"
            for order, (of, line) in lines.items()
        ]
        put(self.heads, text=np.array(heads))
        put(
            self.lanes,
            labels=[
                text for order, (of, line) in lines.items() for text in self._hover(order, of, line)
            ],
        )
        return self._words(outcome, lines)

    def _name(self, shown: dict[Any, Any], lines: dict[str, Any]) -> None:
        """Write into the widest box of each activity what it is, where there is room."""
        texts, at = [], []
        for key in self.keys:
            spans = shown[key]
            if not len(spans):
                texts.append("")
                at.append(0.0)
                continue
            widest = spans[np.argmax(spans[:, 1] - spans[:, 0])]
            of, line = lines[key[0]]
            whole = line.period - of.steps["compute"] if key[1] == "idle" else 0.0
            seconds = of.steps.get(key[1], whole or self.preparing)
            room = (widest[1] - widest[0]) / self.end
            texts.append(fitting(room, f"{key[1]} {format_time(seconds)}", key[1]))
            at.append(float(widest.mean()))
        for _, line in lines.values():
            texts.append("▶" if line.period > self.span else "")
            at.append(0.98 * self.end)
        put(self.names, x=np.array(at), text=np.array(texts))

    def _hover(self, order: str, outcome: AccessOutcome, line: Timeline) -> tuple[str, str, str]:
        times = {name: format_time(seconds) for name, seconds in outcome.steps.items()}
        opening = f"opens {times['open']}, " if outcome.steps["open"] else ""
        consumer = self.track.terms.consumer
        idle = line.period - outcome.steps["compute"]
        return (
            f"{order}, storage: {opening}waits {times['wait']}, reads {times['read']} a step",
            f"{order}: prepared in {format_time(self.preparing)} a step",
            f"{order}, {consumer.label}: {times['compute']} busy, {format_time(idle)} idle a step",
        )

    def _words(self, outcome: AccessOutcome, lines: dict[str, Any]) -> str:
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
            f"{consumer.verb('idle')} {idle} of the time.{off} {self._compare(lines)}"
        )

    def _compare(self, lines: dict[str, Any]) -> str:
        step, (_, now) = self.track.terms.step, lines["now"]
        (_, best) = lines["in order"]
        ratio = now.period / best.period
        every = format_time(best.period)
        if ratio > 1.05:
            return (
                f"With everything read in order, in large requests, it would come every {every}: "
                f"{format_count(ratio)} in the time of one."
            )
        if ratio < 0.95:
            return (
                f"With everything read in order, in large requests, a {step} would come every "
                f"{every}, which is longer."
            )
        return f"With everything read in order, in large requests, it would come every {every} too."

    def table(self, outcome: AccessOutcome) -> Table:
        """Return what each activity takes of a step, in both orders."""
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

    What a shuffle alone costs is seen on a device that reads ahead, such as ``device="hdd"``.
    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [IOWaterfall(loaded)], "access", track, moving, **settings)
