"""IOPSvsThroughputCurve: what each device delivers at each request size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.checks import Floats
from storagelab.colors import BLUE, GREY, ORANGE
from storagelab.devices import load_device
from storagelab.parts.access.experiment import (
    AccessOutcome,
    MeasuredRead,
    asymptotes,
    device_curve,
    measured_reads,
    order_factor,
    request_bytes,
    turning_size,
    waits_for_latency,
)
from storagelab.parts.formatting import inside
from storagelab.tracks import Track
from storagelab.units import (
    KIB,
    MB,
    format_bandwidth,
    format_binary,
    format_count,
    format_share,
    significant,
)
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import PLACED, Drawing, Entry, Rows, Target
from storagelab.widgets.hands import Handle
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import (
    DASHES,
    SEQUENCE,
    axis,
    fitting,
    log_ticks,
    rectangle,
    update_traits,
)

Knees = tuple[Floats, Floats, list[float]]
"""The knees' request sizes, rates and opacities."""
POINTS = 57
"""The number of request sizes on a curve."""
AT_KNEE = 1.1
"""A request within this factor of the knee counts as being at the knee."""
ROOM_ABOVE, ROOM_BELOW = 0.16, 0.04
"""Room above and below the curves, as shares of the decades that they span."""
LOWEST = 0.1
"""How far below the lowest curve the axis goes on at most, as a factor, for what is of no use."""
LINE = 0.04
"""The height of a line of text, as a share of the axis of rates."""
SPACE = "\u00a0"
"""A space that a figure keeps."""
BESIDE = 1.35
"""How far the axis goes on beyond the smallest and the largest request, as a factor."""


def request_sizes(track: Track) -> Floats:
    """Return the request sizes of the curves in bytes, over the whole range of the slider."""
    control = track.access.control("request_size")
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    return np.geomspace(low, high, POINTS)


def device_labels(track: Track) -> dict[str, str]:
    """Return the labels of the devices that a track can read from, by their names."""
    part = track.access
    if not part.has_control("device"):
        return {part.home: inside(load_device(part.home).label)}
    control = part.control("device")
    return {str(name): control.label_of(name) for name in control.values}


def curves(track: Track, queue_depth: float) -> dict[str, Floats]:
    """Return bytes/s of random reads at :func:`request_sizes` for each of the track's devices."""
    sizes = request_sizes(track)
    return {
        name: device_curve(track.access.device(name), sizes, queue_depth)
        for name in device_labels(track)
    }


def depths(track: Track) -> list[float]:
    """Return the queue depths that a track can set, in ascending order."""
    part = track.access
    if part.has_control("queue_depth"):
        return [float(depth) for depth in part.control("queue_depth").values]
    return [float(part.fixed["queue_depth"])]


def rate_range(track: Track) -> tuple[float, float]:
    """Return the rates, in bytes/s, between which every curve lies at every depth."""
    ends = depths(track)[0], depths(track)[-1]
    rates = np.concatenate([curve for depth in ends for curve in curves(track, depth).values()])
    return float(rates.min()), float(rates.max())


def axis_range(track: Track) -> tuple[float, float]:
    """Return the ends of the axis of rates, in bytes/s: room for curves, point and texts."""
    low, high = rate_range(track)
    low *= max(LOWEST, track.access.density)
    span = high / low
    return low / span**ROOM_BELOW, high * span**ROOM_ABOVE


def measurements(track: Track) -> dict[str, tuple[MeasuredRead, ...]]:
    """Return measurements of devices like those that a track can read from, by device.

    Only measurements within the figure are returned.
    """
    sizes = request_sizes(track)
    kinds = {load_device(name).kind for name in device_labels(track)}
    found: dict[str, tuple[MeasuredRead, ...]] = {}
    for item in measured_reads():
        if item.kind in kinds and 0.999 * sizes[0] <= item.request_size <= sizes[-1]:
            found[item.device] = (*found.get(item.device, ()), item)
    return found


def short_source(item: MeasuredRead) -> str:
    """Return only the name of the source from its full reference."""
    return item.source.split(":")[0].split(",")[0]


class IOPSThroughput(Instrument):
    """A line for each device at the present queue depth, and the present point."""

    name = "iops_throughput"
    title = "Throughput of random reads"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.sizes = request_sizes(track)
        self._known: dict[float, tuple[dict[str, Floats], Knees]] = {}
        low, _ = rate_range(track)
        self.low, self.top = axis_range(track)
        self.left, self.right = self.sizes[0] / BESIDE, self.sizes[-1] * BESIDE
        self.labels = device_labels(track)
        self.colors = dict(zip(self.labels, SEQUENCE, strict=False))
        self.measured = measurements(track)
        # the knee of a serial flash is at a few bytes, smaller than any request
        kneed = any(
            self.sizes[0] <= turning_size(track.access.device(name), depth) <= self.sizes[-1]
            for name in self.labels
            for depth in depths(track)
        )
        self.drawing = Drawing(
            bqplot.LogScale(min=self.left, max=self.right, allow_padding=False),
            bqplot.LogScale(min=self.low, max=self.top, allow_padding=False),
        )
        self._add_ground()
        self._add_lines(low)
        self.knees = self._knees(low) if kneed else None
        self.dots = self._dots()
        self._add_labels()
        self.point = self.drawing.points(
            [self.sizes[0]], [low], GREY, "diamond", 140, apply_clip=False,
            moving=(*PLACED, "marker"), legend=Entry("you", 5), table=[Rows(1, self._own_row)],
            words=self._own_words,
        )  # fmt: skip
        self.figure = self.drawing.figure(self._axes(), height=380, left=90)
        self.figure.axes[1].label_offset = "5.4em"
        self.factors = shared_styles.html(width="auto")
        self.extras = (self.factors,)
        self._reached: dict[tuple[str, float], tuple[float, ...]] = {}

    def _add_ground(self) -> None:
        """Add what lies behind the curves.

        Both regions, the roof over the chosen device's curve, and the present request down to its
        size are one mark: areas without an outline, and lines without an area.
        """
        self.ground = self.drawing.add(
            bqplot.Lines(
                x=np.full((4, 5), self.left),
                y=np.full((4, 5), self.low),
                scales=self.drawing.scales,
                colors=["transparent", "transparent", GREY, GREY],
                fill="inside",
                fill_colors=[ORANGE, BLUE, GREY, GREY],
                fill_opacities=[0.1, 0.1, 0.0, 0.0],
                stroke_width=1.5,
            ),
            moving=PLACED,
            legend=[Entry("the roof over your device's curve", 4, GREY)],
        )
        sample = self.track.dataset.sample_size
        self.sample = self.drawing.curve(
            [sample, sample], [self.low, self.top], GREY, "dotted",
        )  # fmt: skip

    def _add_lines(self, low: float) -> None:
        """Add a curve for each device, at first at the rate ``low``."""
        self.lines = {
            name: self.drawing.curve(
                self.sizes, np.full(POINTS, low), self.colors[name], DASHES[index % len(DASHES)],
                2.5, moving=("y",), legend=Entry(label, 1),
            )
            for index, (name, label) in enumerate(self.labels.items())
        }  # fmt: skip

    def _knees(self, low: float) -> Any:
        """Return a point for the knee of each device."""
        count = len(self.labels)
        return self.drawing.points(
            np.full(count, self.sizes[0]), np.full(count, low), GREY, size=60,
            colors=list(self.colors.values()), opacities=[1.0] * count,
            moving=(*PLACED, "opacities"), legend=Entry("knee at this queue depth", 3, GREY),
            words=self._knee_words,
        )  # fmt: skip

    def _dots(self) -> dict[str, Any]:
        """Return the points of the measurements, by device; those of the chosen kind are seen."""
        markers = ("square", *["triangle-up"] * len(self.measured))
        return {
            device: self.drawing.points(
                [item.request_size for item in items], [item.bandwidth for item in items],
                self._class_color(items[0]), marker, 60, moving=("visible",),
                legend=Entry(f"{device} at the depth written", 6),
                table=[Rows(4, partial(self._measured_rows, items))],
                words=partial(self._measured_words, items),
            )
            for marker, (device, items) in zip(markers, self.measured.items(), strict=False)
        }  # fmt: skip

    def _measured_words(self, items: Sequence[MeasuredRead], outcome: AccessOutcome) -> list[str]:
        chosen = load_device(outcome.settings.device).kind
        return [
            f"{item.device}, measured: {format_bandwidth(item.bandwidth)} in requests of "
            f"{format_binary(item.request_size)}, queue depth {item.queue_depth:g} "
            f"({short_source(item)})"
            if item.kind == chosen
            else ""
            for item in items
        ]

    def _own_words(self, outcome: AccessOutcome) -> list[str]:
        """Return what the present point says, also why it doesn't follow the slider any further."""
        asked, carried = outcome.settings.request_size, outcome.request_bytes
        limit = f" (asked for: {format_binary(asked)})" if asked > AT_KNEE * carried else ""
        return [
            f"You: {format_bandwidth(outcome.bandwidth)} in requests of "
            f"{format_binary(carried)}{limit}, from the {self.labels[outcome.settings.device]}"
        ]

    def _knee_words(self, outcome: AccessOutcome) -> list[str]:
        x, y, seen = self._at(outcome.settings.queue_depth)[1]
        return [
            f"{label}: knee at {format_binary(size)}, {format_bandwidth(rate)}" if shown else ""
            for label, size, rate, shown in zip(self.labels.values(), x, y, seen, strict=True)
        ]

    def handles(self) -> list[Handle]:
        """Return the present point, which is dragged along the sizes that requests really have.

        A file on its own is read in no larger requests than itself, however large they may be.
        """
        control = self.track.access.control("request_size")
        places: tuple[float, ...] = ()
        if self.outcome is not None:
            settings = self.outcome.settings
            key = (settings.format, settings.buffer)
            if key not in self._reached:
                self._reached[key] = tuple(
                    request_bytes(
                        self.track, replace(settings, request_size=float(control.to_si(value)))
                    )
                    for value in control.values
                )
            places = self._reached[key]
        return [Handle(self.point, control, places, f"{control.label}, on the curve")]

    def _add_labels(self) -> None:
        """Add the queue depths beside the measurements, and the labels for other texts."""
        items = [item for device in self.measured.values() for item in device]
        self.depth_texts = _depth_texts(items, (self.top / self.low) ** LINE) or [""]
        # empty texts and not an invisible mark, whose texts bqplot leaves on the page
        self.depths = self.drawing.label(
            [item.request_size for item in items] or [self.sizes[0]],
            [item.bandwidth for item in items] or [self.low],
            [""] * len(self.depth_texts),
            size=11, weight="bold", x_offset=8, y_offset=1, moving=("text",),
        )  # fmt: skip
        self.names = [
            self.drawing.label(
                [at], [self.top], [""], align, weight="bold", x_offset=offset, y_offset=row,
                moving=("text",),
            )
            for at, align, offset, row in (
                (self.left, "start", 6, 12),
                (self.right, "end", -6, 28),
            )
        ]  # fmt: skip
        # the offsets are pixels from the figure's lower edge
        self.sample_size, self.request_size = (
            self.drawing.label(
                [self.sizes[0]], [self.low], [""], weight="bold", x_offset=5, y_offset=offset,
                moving=moving,
            )
            for offset, moving in ((-20, ()), (-6, ("x", "text", "align", "x_offset")))
        )  # fmt: skip
        sample = self.track.dataset.sample_size
        text = f"{self.track.terms.sample} {format_binary(sample)}"
        self._write_size(self.sample_size, sample, text)

    def _order_factors(self, outcome: AccessOutcome) -> dict[str, float]:
        """Return how many times faster each device is in order, at the present size and depth."""
        size, depth = outcome.settings.request_size, outcome.settings.queue_depth
        return {
            name: order_factor(self.track.access.device(name), size, depth) for name in self.labels
        }

    def _axes(self) -> list[Any]:
        first, last = (int(np.log2(size)) for size in (self.sizes[0], self.sizes[-1]))
        ticks = [2.0**power for power in range(first, last + 1, max(1, (last - first) // 3))]
        rates = log_ticks(self.low, self.top, most=8)
        return [
            axis(
                self.drawing.scales["x"],
                "request size",
                tick_values=ticks,
                tick_labels={f"{tick:.0f}": format_binary(tick) for tick in ticks},
                tick_format=".0f",
            ),
            axis(
                self.drawing.scales["y"],
                "throughput",
                vertical=True,
                tick_values=rates,
                tick_labels={f"{rate:.0f}": format_bandwidth(rate) for rate in rates},
                tick_format=".0f",
            ),
        ]

    def _write_size(self, label: bqplot.Label, size: float, text: str) -> None:
        left = self._share(size) < 0.5
        update_traits(
            label,
            x=np.array([size]),
            text=np.array([text]),
            align="start" if left else "end",
            x_offset=5 if left else -5,
        )

    def _share(self, size: float) -> float:
        """Return the position of a request size along the axis, which runs from 0 to 1."""
        return math.log(size / self.left) / math.log(self.right / self.left)

    def _own(self, item: MeasuredRead) -> str:
        """Return the track's device of the same kind as the measured one."""
        return next(name for name in self.labels if load_device(name).kind == item.kind)

    def _class_color(self, item: MeasuredRead) -> str:
        return self.colors[self._own(item)]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the curves at the present queue depth and the present point."""
        settings = outcome.settings
        self._draw_curves(settings.queue_depth)
        self._draw_measured(load_device(settings.device).kind)
        self._draw_regions(outcome)
        self._write_size(
            self.request_size,
            outcome.request_bytes,
            f"request {format_binary(outcome.request_bytes)}",
        )
        self.factors.value = self._list(outcome)
        below = outcome.bandwidth < self.low
        update_traits(
            self.point,
            x=np.array([outcome.request_bytes]),
            y=np.array([max(outcome.bandwidth, self.low)]),
            marker="triangle-down" if below else "diamond",
        )
        return self._words(outcome, below)

    def _draw_curves(self, depth: float) -> None:
        """Draw what changes with the queue depth, if it has changed."""
        drawn, (x, y, seen) = self._at(depth)
        for name, rates in drawn.items():
            update_traits(self.lines[name], y=rates)
        if self.knees is not None:
            update_traits(self.knees, x=x, y=y, opacities=seen)

    def _draw_measured(self, kind: str) -> None:
        """Show the measurements of the chosen kind of device, and no others."""
        for device, dots in self.dots.items():
            update_traits(dots, visible=self.measured[device][0].kind == kind)
        kinds = {items[0].kind for items in self.measured.values()}
        texts = self.depth_texts if kind in kinds else [""] * len(self.depth_texts)
        update_traits(self.depths, text=np.array(texts))

    def _list(self, outcome: AccessOutcome) -> str:
        """Return the list of how many times faster each device is in order, as HTML."""
        settings = outcome.settings
        size, depth = format_binary(settings.request_size), format_count(settings.queue_depth)
        items = "".join(
            f'<li style="border-left:4px solid {self.colors[name]};padding-left:0.4em">'
            f"{escape(self.labels[name])} <b>{significant(factor)}x</b></li>"
            for name, factor in self._order_factors(outcome).items()
        )
        return (
            "<p style='margin:0;line-height:1.5'>Read in order, against "
            f"{size} at random, {depth} at a time:</p>"
            "<ul style='display:flex;flex-wrap:wrap;gap:0.2em 1.2em;list-style:none;"
            f"margin:0 0 0.6em;padding:0;line-height:1.5'>{items}</ul>"
        )

    def _at(self, depth: float) -> tuple[dict[str, Floats], Knees]:
        """Return the curves and the knees at a queue depth, each computed only once."""
        if depth not in self._known:
            self._known[depth] = curves(self.track, depth), self._turning(depth)
        return self._known[depth]

    def _turning(self, depth: float) -> Knees:
        """Return the knees' ``x`` and ``y``, and opacities that are 0 for a knee off the axis."""
        devices = [self.track.access.device(name) for name in self.labels]
        sizes = np.array([turning_size(device, depth) for device in devices])
        shown = (sizes >= self.sizes[0]) & (sizes <= self.sizes[-1])
        x = np.where(shown, sizes, self.sizes[0])
        rates = [
            float(device_curve(device, np.array([size]), depth)[0])
            for device, size in zip(devices, x, strict=True)
        ]
        return x, np.array(rates), shown.astype(float).tolist()

    def _draw_regions(self, outcome: AccessOutcome) -> None:
        """Divide the figure at the chosen device's knee and name both sides."""
        settings = outcome.settings
        device, depth = self.track.access.device(settings.device), settings.queue_depth
        requests, level = asymptotes(device, depth)
        low, high = float(self.left), float(self.right)
        knee = min(max(level / requests, low), high)
        # the roof is as long as the curves
        first, last = float(self.sizes[0]), float(self.sizes[-1])
        turn = min(max(knee, first), last)
        at, share = outcome.request_bytes, self._share(knee)
        y = min(max(outcome.bandwidth, self.low), self.top)
        walls = rectangle(0, 0, self.low, self.top)[1]
        update_traits(
            self.ground,
            x=np.array(
                [
                    rectangle(low, knee, 0, 1)[0],
                    rectangle(knee, high, 0, 1)[0],
                    [first, turn, last, last, last],
                    [at] * 5,
                ]
            ),
            y=np.array(
                [
                    walls,
                    walls,
                    [min(requests * first, level), *[level] * 4],
                    [self.low, *[y] * 4],
                ]
            ),
        )
        bound = "latency-bound" if waits_for_latency(device, depth) else "IOPS-bound"
        sides = (
            _side(share, f"{bound}: {format_count(requests)}/s", f"◀ {bound}"),
            _side(1 - share, f"bandwidth-bound: {format_bandwidth(level)}", "bandwidth-bound ▶"),
        )
        for name, side in zip(self.names, sides, strict=True):
            update_traits(name, text=np.array([side]))

    def _words(self, outcome: AccessOutcome, below: bool) -> str:
        depth = outcome.settings.queue_depth
        return (
            f"At a queue depth of {format_count(depth)} the "
            f"{self.labels[outcome.settings.device]} gives "
            f"you {format_bandwidth(outcome.bandwidth)}{', below the figure,' if below else ''} "
            f"in requests of {format_binary(outcome.request_bytes)}; a "
            f"{self.track.terms.sample} has {format_binary(self.track.dataset.sample_size)}. "
            f"{self._place(outcome)}.{self._checked(outcome)}"
        )

    def _place(self, outcome: AccessOutcome) -> str:
        """Describe where the present point lies relative to the chosen device's curve."""
        settings = outcome.settings
        device, depth = self.track.access.device(settings.device), settings.queue_depth
        random = float(device_curve(device, np.array([outcome.request_bytes]), depth)[0])
        if outcome.moved > 1.05 * random:
            place = (
                f"Random reads of that size would get {format_bandwidth(random)}"
                if outcome.bandwidth > random
                else f"It moves {format_bandwidth(outcome.moved)}, of which "
                f"{format_share(outcome.bandwidth / outcome.moved)} is needed"
            )
            return f"{place}: what is read in order is read ahead, so that hardly a request waits"
        knee = turning_size(device, depth)
        beside = outcome.request_bytes / knee
        if 1 / AT_KNEE < beside < AT_KNEE:
            where = "you are at it, where both requests and bytes per second bind"
        elif beside < 1:
            binds = (
                "the latency of each request binds, with so few outstanding"
                if waits_for_latency(device, depth)
                else "requests per second bind"
            )
            where = f"you are left of it, where {binds}"
        else:
            where = "you are right of it, where bytes per second bind"
        return (
            f"Its knee is at {format_binary(knee)} at this depth, and at "
            f"{format_binary(outcome.knee)} with a queue without end: {where}"
        )

    def _checked(self, outcome: AccessOutcome) -> str:
        """Describe the measurements of the chosen kind of device at the present depth."""
        settings = outcome.settings
        device, depth = self.track.access.device(settings.device), settings.queue_depth
        found = [
            f"{format_bandwidth(item.bandwidth)} in requests of {format_binary(item.request_size)} "
            f"({item.device}, {short_source(item)})"
            for items in self.measured.values()
            for item in items
            if item.kind == device.kind and item.queue_depth == depth
        ]
        return f" Measured at this depth: {'; '.join(found)}." if found else ""

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [*super().targets(), (self.factors, "value")]

    def table(self, outcome: AccessOutcome) -> Table:
        """Return the present point, the knees, the measurements, and the curves."""
        heads = ("point", "request size (KiB)", "queue depth")
        rates = (f"{label} (MB/s)" for label in self.labels.values())
        # the table has all knees, even those that lie off the axis
        more = (
            Rows(2, self._order_rows),
            Rows(3, self._knee_rows),
            Rows(5, self._curve_rows),
        )
        return Table((*heads, *rates), self.drawing.rows(outcome, *more))

    def _row(
        self, what: str, size: float, depth: float, name: str, rate: float
    ) -> tuple[Cell, ...]:
        """Return a row with a rate in the column of one device only."""
        rates = [rate / MB if column == name else "" for column in self.labels]
        return (what, size / KIB, depth, *rates)

    def _own_row(self, outcome: AccessOutcome) -> list[tuple[Cell, ...]]:
        depth, device = outcome.settings.queue_depth, outcome.settings.device
        return [self._row("you", outcome.request_bytes, depth, device, outcome.bandwidth)]

    def _order_rows(self, outcome: AccessOutcome) -> list[tuple[Cell, ...]]:
        """Return each device's rates at the present size and depth, at random and in order."""
        size, depth = outcome.settings.request_size, outcome.settings.queue_depth
        rates = [
            float(device_curve(self.track.access.device(name), np.array([size]), depth)[0]) / MB
            for name in self.labels
        ]
        factors = self._order_factors(outcome).values()
        ordered = [rate * factor for rate, factor in zip(rates, factors, strict=True)]
        return [
            ("at random", size / KIB, depth, *rates),
            ("in order", size / KIB, depth, *ordered),
        ]

    def _knee_rows(self, outcome: AccessOutcome) -> list[tuple[Cell, ...]]:
        depth, rows = outcome.settings.queue_depth, []
        for name in self.labels:
            device = self.track.access.device(name)
            knee = turning_size(device, depth)
            at_knee = float(device_curve(device, np.array([knee]), depth)[0])
            rows.append(self._row("knee", knee, depth, name, at_knee))
        return rows

    def _measured_rows(
        self, items: Sequence[MeasuredRead], outcome: AccessOutcome
    ) -> list[tuple[Cell, ...]]:
        return [
            self._row(
                f"measured: {item.device}",
                item.request_size,
                item.queue_depth,
                self._own(item),
                item.bandwidth,
            )
            for item in items
        ]

    def _curve_rows(self, outcome: AccessOutcome) -> list[tuple[Cell, ...]]:
        depth = outcome.settings.queue_depth
        drawn, _ = self._at(depth)
        return [
            ("curves", size / KIB, depth, *(drawn[name][index] / MB for name in self.labels))
            for index, size in enumerate(self.sizes)
        ]


def _depth_texts(items: Sequence[MeasuredRead], line: float) -> list[str]:
    """Return the queue depths as texts; one that would lie on another's stands farther away.

    ``line`` is the factor between rates whose texts just don't overlap.
    """
    texts, last = [""] * len(items), (0.0, 0.0, False)
    for index in sorted(
        range(len(items)), key=lambda at: (items[at].request_size, items[at].bandwidth)
    ):
        item = items[index]
        size, rate, aside = last
        close = item.request_size == size and item.bandwidth < rate * line
        last = (item.request_size, item.bandwidth, close and not aside)
        texts[index] = f"{SPACE * 4 if last[2] else ''}{item.queue_depth:g}"
    return texts


def _side(room: float, *texts: str) -> str:
    """Return the text for a side of the knee that takes a share ``room`` of the axis.

    If none of ``texts`` fits, it is the last one, which points there; without any room, nothing.
    """
    return fitting(room, *texts) or (texts[-1] if room > 0 else "")


def iops_throughput(
    track: str = "cloud_titan", moving: str | None = "request_size", **settings: Any
) -> ipywidgets.VBox:
    """Return throughput against request size for a track's devices, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [IOPSThroughput(loaded)], "access", track, moving, **settings)
