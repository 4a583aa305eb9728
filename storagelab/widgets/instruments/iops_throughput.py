"""IOPSvsThroughputCurve: what each device delivers at each request size."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import BLUE, GREY, ORANGE
from storagelab.devices import load_device
from storagelab.parts.access.experiment import (
    AccessOutcome,
    MeasuredRead,
    asymptotes,
    device_curve,
    measured_reads,
    turning_size,
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
)
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    DASHES,
    SEQUENCE,
    TEXT,
    axis,
    figure,
    fitting,
    legend,
    put,
    rectangle,
    swatch,
)

POINTS = 57
"""Request sizes on a curve."""
AT_KNEE = 1.1
"""A request that is not farther from the knee than by this factor is at it."""
HEADROOM = 10.0**0.9
"""Room above and below the curves for what is written there, as a factor."""


def request_sizes(track: Track) -> Any:
    """Return the request sizes of the curves, in bytes: from the slider's least to its largest."""
    control = track.access.control("request_size")
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    return np.geomspace(low, high, POINTS)


def device_labels(track: Track) -> dict[str, str]:
    """Return what the screen calls each device that a track can read from, by its name."""
    part = track.access
    if not part.has_control("device"):
        return {part.home: inside(load_device(part.home).label)}
    control = part.control("device")
    return {str(name): control.label_of(name) for name in control.values}


def curves(track: Track, queue_depth: float) -> dict[str, Any]:
    """Return bytes/s of random reads at :func:`request_sizes` for each of the track's devices."""
    sizes = request_sizes(track)
    return {
        name: device_curve(load_device(name), sizes, queue_depth) for name in device_labels(track)
    }


def depths(track: Track) -> list[float]:
    """Return the queue depths that a track can set, from the least on."""
    part = track.access
    if part.has_control("queue_depth"):
        return [float(depth) for depth in part.control("queue_depth").values]
    return [float(part.fixed["queue_depth"])]


def rate_range(track: Track) -> tuple[float, float]:
    """Return whole powers of ten, in bytes/s, between which every curve lies at every depth."""
    ends = depths(track)[0], depths(track)[-1]
    rates = np.concatenate([curve for depth in ends for curve in curves(track, depth).values()])
    return 10.0 ** np.floor(np.log10(rates.min())), 10.0 ** np.ceil(np.log10(rates.max()))


def measurements(track: Track) -> dict[str, tuple[MeasuredRead, ...]]:
    """Return what was measured of devices of the kinds that a track can read from, by device.

    Only what lies on the figure.
    """
    sizes = request_sizes(track)
    kinds = {load_device(name).kind for name in device_labels(track)}
    found: dict[str, tuple[MeasuredRead, ...]] = {}
    for item in measured_reads():
        if item.kind in kinds and 0.999 * sizes[0] <= item.request_size <= sizes[-1]:
            found[item.device] = (*found.get(item.device, ()), item)
    return found


def short_source(item: MeasuredRead) -> str:
    """Return who measured, without what and how."""
    return item.source.split(":")[0].split(",")[0]


class IOPSThroughput(Instrument):
    """A line for each device at the present queue depth, and the present point."""

    name = "iops_throughput"
    title = "Throughput of random reads"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.sizes = request_sizes(track)
        self._known: dict[float, tuple[dict[str, Any], tuple[Any, Any, list[float]]]] = {}
        low, high = rate_range(track)
        self.low, self.top = low / HEADROOM, high * HEADROOM
        x = bqplot.LogScale(min=self.sizes[0], max=self.sizes[-1])
        y = bqplot.LogScale(min=self.low, max=self.top)
        scales = {"x": x, "y": y}
        self.labels = device_labels(track)
        self.colors = dict(zip(self.labels, SEQUENCE, strict=False))
        self.lines = {
            name: bqplot.Lines(
                x=self.sizes,
                y=np.full(POINTS, low),
                scales=scales,
                colors=[self.colors[name]],
                line_style=DASHES[index % len(DASHES)],
                stroke_width=2.5,
            )
            for index, name in enumerate(self.labels)
        }
        # both regions, the roof over the chosen device's curve, and the present request down to
        # its size: areas without an outline, and lines without an area
        self.ground = bqplot.Lines(
            x=np.full((4, 5), self.sizes[0]),
            y=np.full((4, 5), self.low),
            scales=scales,
            colors=["transparent", "transparent", GREY, GREY],
            fill="inside",
            fill_colors=[ORANGE, BLUE, GREY, GREY],
            fill_opacities=[0.1, 0.1, 0.0, 0.0],
            stroke_width=1.5,
        )
        self.names = [
            bqplot.Label(
                x=[at],
                y=[self.top],
                text=[""],
                align=align,
                x_offset=offset,
                y_offset=row,
                scales=scales,
                colors=[TEXT],
                default_size=12,
                font_weight="bold",
                apply_clip=False,
            )
            for at, align, offset, row in (
                (self.sizes[0], "start", 6, 12),
                (self.sizes[-1], "end", -6, 28),
            )
        ]
        sample = track.dataset.sample_size
        self.sample = bqplot.Lines(
            x=[sample, sample],
            y=[self.low, high],
            scales=scales,
            colors=[GREY],
            line_style="dotted",
        )
        self.sample_size = self._size_label(scales, -20)
        self.request_size = self._size_label(scales, -6)
        self._write_size(self.sample_size, sample, f"{track.terms.sample} {format_binary(sample)}")
        self.point = bqplot.Scatter(
            x=[self.sizes[0]],
            y=[low],
            scales=scales,
            colors=[GREY],
            stroke=TEXT,
            default_size=140,
            marker="diamond",
            apply_clip=False,
        )
        self.knees = bqplot.Scatter(
            x=np.full(len(self.labels), self.sizes[0]),
            y=np.full(len(self.labels), low),
            scales=scales,
            colors=list(self.colors.values()),
            opacities=[1.0] * len(self.labels),
            stroke=TEXT,
            default_size=60,
        )
        # a serial flash has its knee at a few bytes, where nobody reads
        self.kneed = any(
            self.sizes[0] <= turning_size(load_device(name), depth) <= self.sizes[-1]
            for name in self.labels
            for depth in depths(track)
        )
        self.measured = measurements(track)
        self.dots = self._dots(scales)
        marks = [
            self.ground,
            self.sample,
            *self.lines.values(),
            *([self.knees] if self.kneed else []),
            *self.dots.values(),
            *self._depths(scales),
            *self.names,
            self.sample_size,
            self.request_size,
            self.point,
        ]
        first, last = (int(np.log2(size)) for size in (self.sizes[0], self.sizes[-1]))
        ticks = [2.0**power for power in range(first, last + 1, max(1, (last - first) // 3))]
        decades = range(round(np.log10(low)), round(np.log10(high)) + 1)
        self.figure = figure(
            marks,
            [
                axis(
                    x,
                    "request size",
                    tick_values=ticks,
                    tick_labels={f"{tick:.0f}": format_binary(tick) for tick in ticks},
                    tick_format=".0f",
                ),
                axis(
                    y,
                    "throughput",
                    vertical=True,
                    tick_values=[10.0**power for power in decades],
                    tick_labels={
                        f"{10**power}": format_bandwidth(10.0**power) for power in decades
                    },
                    tick_format=".0f",
                ),
            ],
            height=460,
            left=90,
        )
        self.figure.axes[1].label_offset = "5.4em"
        self.legend = legend(*self._entries())
        self.dynamic = [
            *((line, "y") for line in self.lines.values()),
            *((name, "text") for name in self.names),
            (self.ground, "x"),
            (self.ground, "y"),
            *((self.request_size, trait) for trait in ("x", "text", "align", "x_offset")),
            *((self.knees, trait) for trait in ("x", "y", "opacities")),
            *((dots, "opacities") for dots in self.dots.values()),
            *((self.point, trait) for trait in ("x", "y", "marker")),
        ]

    def _entries(self) -> list[str]:
        entries = [
            swatch(label, self.colors[name], DASHES[index % len(DASHES)])
            for index, (name, label) in enumerate(self.labels.items())
        ]
        entries.append(swatch(f"the size of a {self.track.terms.sample}", GREY, "dotted"))
        if self.kneed:
            entries.append(swatch("knee at this queue depth", GREY, "dot"))
        entries.append(swatch("the roof over your device's curve", GREY))
        entries.append(swatch("you", GREY, "point"))
        entries += [
            swatch(
                f"{device}, measured at the queue depths written ({short_source(items[0])})",
                self._class_color(items[0]),
                "square" if index == 0 else "triangle",
            )
            for index, (device, items) in enumerate(self.measured.items())
        ]
        return entries

    def _size_label(self, scales: dict[str, Any], offset: int) -> bqplot.Label:
        """Return the place for a size, ``offset`` pixels below the figure's lower edge."""
        return bqplot.Label(
            x=[self.sizes[0]],
            y=[self.low],
            text=[""],
            align="start",
            x_offset=5,
            y_offset=offset,
            scales=scales,
            colors=[TEXT],
            default_size=12,
            apply_clip=False,
        )

    def _write_size(self, label: bqplot.Label, size: float, text: str) -> None:
        left = self._share(size) < 0.5
        put(
            label,
            x=np.array([size]),
            text=np.array([text]),
            align="start" if left else "end",
            x_offset=5 if left else -5,
        )

    def _share(self, size: float) -> float:
        """Return how far along the axis a request size lies, from 0 to 1 and beyond."""
        return math.log(size / self.sizes[0]) / math.log(self.sizes[-1] / self.sizes[0])

    def _class_color(self, item: MeasuredRead) -> str:
        """Return the colour of the track's own device of the kind that was measured."""
        own = next(name for name in self.labels if load_device(name).kind == item.kind)
        return self.colors[own]

    def _dots(self, scales: dict[str, Any]) -> dict[str, bqplot.Scatter]:
        return {
            device: bqplot.Scatter(
                x=[item.request_size for item in items],
                y=[item.bandwidth for item in items],
                scales=scales,
                colors=[self._class_color(items[0])],
                opacities=[1.0] * len(items),
                stroke=TEXT,
                default_size=50,
                marker="square" if index == 0 else "triangle-up",
                apply_clip=False,
                names=[
                    f"{device}: {format_bandwidth(item.bandwidth)} in requests of "
                    f"{format_binary(item.request_size)}, queue depth {item.queue_depth:g}"
                    for item in items
                ],
                display_names=False,
                tooltip=bqplot.Tooltip(fields=["name"], labels=[""], show_labels=False),
            )
            for index, (device, items) in enumerate(self.measured.items())
        }

    def _depths(self, scales: dict[str, Any]) -> list[bqplot.Label]:
        """Return the queue depths beside what was measured, if anything was."""
        items = [item for device in self.measured.values() for item in device]
        if not items:
            return []
        return [
            bqplot.Label(
                x=[item.request_size for item in items],
                y=[item.bandwidth for item in items],
                text=[f"{item.queue_depth:g}" for item in items],
                x_offset=8,
                y_offset=1,
                scales=scales,
                colors=[TEXT],
                default_size=10,
                apply_clip=False,
            )
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the curves at the present queue depth and the present point."""
        settings = outcome.settings
        self._draw_curves(settings.queue_depth)
        self._draw_regions(outcome)
        self._write_size(
            self.request_size,
            outcome.request_bytes,
            f"request {format_binary(outcome.request_bytes)}",
        )
        below = outcome.bandwidth < self.low
        put(
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
            put(self.lines[name], y=rates)
        if self.kneed:
            put(self.knees, x=x, y=y, opacities=seen)
        for device, dots in self.dots.items():
            # what was measured at another depth stays, paler
            near = [1.0 if item.queue_depth == depth else 0.3 for item in self.measured[device]]
            put(dots, opacities=near)

    def _at(self, depth: float) -> tuple[dict[str, Any], tuple[Any, Any, list[float]]]:
        """Return the curves and the knees at a queue depth, computed when it is first set."""
        if depth not in self._known:
            self._known[depth] = curves(self.track, depth), self._turning(depth)
        return self._known[depth]

    def _turning(self, depth: float) -> tuple[Any, Any, list[float]]:
        """Return each device's knee, as ``x`` and ``y``, and 0 where it is off the axis, else 1."""
        devices = [load_device(name) for name in self.labels]
        sizes = np.array([turning_size(device, depth) for device in devices])
        shown = (sizes >= self.sizes[0]) & (sizes <= self.sizes[-1])
        x = np.where(shown, sizes, self.sizes[0])
        rates = [
            float(device_curve(device, np.array([size]), depth)[0])
            for device, size in zip(devices, x, strict=True)
        ]
        return x, np.array(rates), shown.astype(float).tolist()

    def _draw_regions(self, outcome: AccessOutcome) -> None:
        """Part the figure at the chosen device's knee and name both sides."""
        device, depth = load_device(outcome.settings.device), outcome.settings.queue_depth
        requests, level = asymptotes(device, depth)
        low, high = float(self.sizes[0]), float(self.sizes[-1])
        knee = min(max(level / requests, low), high)
        at, share = outcome.request_bytes, self._share(knee)
        y = min(max(outcome.bandwidth, self.low), self.top)
        walls = rectangle(0, 0, self.low, self.top)[1]
        put(
            self.ground,
            x=np.array(
                [
                    rectangle(low, knee, 0, 1)[0],
                    rectangle(knee, high, 0, 1)[0],
                    [low, knee, high, high, high],
                    [at] * 5,
                ]
            ),
            y=np.array(
                [
                    walls,
                    walls,
                    [min(requests * low, level), *[level] * 4],
                    [self.low, *[y] * 4],
                ]
            ),
        )
        sides = (
            _side(share, f"IOPS-bound: {format_count(requests)}/s", "◀ IOPS-bound"),
            _side(1 - share, f"bandwidth-bound: {format_bandwidth(level)}", "bandwidth-bound ▶"),
        )
        for name, side in zip(self.names, sides, strict=True):
            put(name, text=np.array([side]))

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
        """Return where the present point lies against the chosen device's curve."""
        device, depth = load_device(outcome.settings.device), outcome.settings.queue_depth
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
            where = "you are left of it, where requests per second bind"
        else:
            where = "you are right of it, where bytes per second bind"
        return (
            f"Its knee is at {format_binary(knee)} at this depth, and at "
            f"{format_binary(outcome.knee)} with a queue without end: {where}"
        )

    def _checked(self, outcome: AccessOutcome) -> str:
        """Return what was measured of the chosen kind of device at the present depth."""
        device, depth = load_device(outcome.settings.device), outcome.settings.queue_depth
        found = [
            f"{format_bandwidth(item.bandwidth)} in requests of {format_binary(item.request_size)} "
            f"({item.device}, {short_source(item)})"
            for items in self.measured.values()
            for item in items
            if item.kind == device.kind and item.queue_depth == depth
        ]
        return f" Measured at this depth: {'; '.join(found)}." if found else ""

    def table(self, outcome: AccessOutcome) -> Table:
        """Return the present point, the knees, what was measured, and the curves."""
        depth = outcome.settings.queue_depth
        requests = outcome.request_bytes

        def row(what: str, size: float, at: float, name: str, rate: float) -> tuple[Any, ...]:
            rates = [rate / MB if column == name else "" for column in self.labels]
            return (what, size / KIB, at, *rates)

        rows = [row("you", requests, depth, outcome.settings.device, outcome.bandwidth)]
        for name in self.labels:
            device = load_device(name)
            knee = turning_size(device, depth)
            at_knee = float(device_curve(device, np.array([knee]), depth)[0])
            rows.append(row("knee", knee, depth, name, at_knee))
        for items in self.measured.values():
            for item in items:
                own = next(name for name in self.labels if load_device(name).kind == item.kind)
                rows.append(
                    row(
                        f"measured: {item.device}",
                        item.request_size,
                        item.queue_depth,
                        own,
                        item.bandwidth,
                    )
                )
        drawn, _ = self._at(depth)
        rows += [
            ("curves", size / KIB, depth, *(drawn[name][index] / MB for name in self.labels))
            for index, size in enumerate(self.sizes)
        ]
        return Table(
            (
                "point",
                "request size (KiB)",
                "queue depth",
                *(f"{label} (MB/s)" for label in self.labels.values()),
            ),
            tuple(rows),
        )


def _side(room: float, *texts: str) -> str:
    """Return what is written at a side of the knee that takes a share ``room`` of the axis.

    Where it is narrow, the last of ``texts`` points to it; where there is none, nothing.
    """
    return fitting(room, *texts) or (texts[-1] if room > 0 else "")


def iops_throughput(
    track: str = "cloud_titan", moving: str | None = "request_size", **settings: Any
) -> ipywidgets.VBox:
    """Return throughput against request size for a track's devices, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [IOPSThroughput(loaded)], "access", track, moving, **settings)
