"""IOPSvsThroughputCurve: what each device delivers at each request size."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from storagelab.access import knee_request_size
from storagelab.devices import load_device
from storagelab.experiments.access import AccessOutcome, device_curve
from storagelab.tracks import Track
from storagelab.units import format_bandwidth, format_binary, format_count, format_share
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import DASHES, GREY, SEQUENCE, TEXT, axis, figure, legend, swatch
from storagelab.words.dress import inside

POINTS = 57
"""Request sizes on a curve."""


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


def rate_range(track: Track) -> tuple[float, float]:
    """Return whole powers of ten, in bytes/s, between which every curve lies at every depth."""
    part = track.access
    depths: list[Any] = [part.fixed.get("queue_depth")]
    if part.has_control("queue_depth"):
        depths = [part.control("queue_depth").values[end] for end in (0, -1)]
    rates = np.concatenate(
        [curve for depth in depths for curve in curves(track, float(depth)).values()]
    )
    return 10.0 ** np.floor(np.log10(rates.min())), 10.0 ** np.ceil(np.log10(rates.max()))


def _knee(name: str) -> float:
    device = load_device(name)
    return float(knee_request_size(device.max_iops, device.bandwidth))


class IOPSThroughput(Instrument):
    """A line for each device at the present queue depth, and the present point."""

    title = "Throughput of random reads"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        sizes = request_sizes(track)
        low, high = rate_range(track)
        self.low = low
        x, y = bqplot.LogScale(min=sizes[0], max=sizes[-1]), bqplot.LogScale(min=low, max=high)
        scales = {"x": x, "y": y}
        self.labels = device_labels(track)
        self.lines = {
            name: bqplot.Lines(
                x=sizes,
                y=np.full(POINTS, low),
                scales=scales,
                colors=[SEQUENCE[index]],
                line_style=DASHES[index % len(DASHES)],
                stroke_width=2.5,
            )
            for index, name in enumerate(self.labels)
        }
        sample = track.dataset.sample_size
        self.sample = bqplot.Lines(
            x=[sample, sample],
            y=[low, high],
            scales=scales,
            colors=[GREY],
            line_style="dotted",
        )
        self.point = bqplot.Scatter(
            x=[sizes[0]],
            y=[low],
            scales=scales,
            colors=[GREY],
            stroke=TEXT,
            default_size=140,
            marker="diamond",
            apply_clip=False,
        )
        knees = {name: _knee(name) for name in self.labels}
        # a serial flash has its knee at a few bytes, where nobody reads
        self.kneed = [name for name, size in knees.items() if sizes[0] <= size <= sizes[-1]]
        self.knees = bqplot.Scatter(
            x=[knees[name] for name in self.kneed],
            y=np.full(len(self.kneed), low),
            scales=scales,
            colors=[
                color
                for name, color in zip(self.labels, SEQUENCE, strict=False)
                if name in self.kneed
            ]
            or [GREY],
            stroke=TEXT,
            default_size=60,
        )
        first, last = (int(np.log2(size)) for size in (sizes[0], sizes[-1]))
        ticks = [2.0**power for power in range(first, last + 1, max(1, (last - first) // 3))]
        decades = range(round(np.log10(low)), round(np.log10(high)) + 1)
        self.figure = figure(
            [*self.lines.values(), self.sample, self.knees, self.point],
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
            height=400,
            left=90,
        )
        self.figure.axes[1].label_offset = "5.4em"
        self.legend = legend(
            *(
                swatch(label, SEQUENCE[index], DASHES[index % len(DASHES)])
                for index, label in enumerate(self.labels.values())
            ),
            swatch(f"the size of a {track.terms.sample}", GREY, "dotted"),
            *([swatch("knee: from IOPS to bytes", GREY, "dot")] if self.kneed else []),
            swatch("you", GREY, "point"),
        )
        self.dynamic = [
            *((line, "y") for line in self.lines.values()),
            (self.knees, "y"),
            *((self.point, trait) for trait in ("x", "y", "marker")),
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the curves at the present queue depth and the present point."""
        for name, rates in curves(self.track, outcome.settings.queue_depth).items():
            self.lines[name].y = rates
        depth = outcome.settings.queue_depth
        self.knees.y = np.array(
            [
                device_curve(load_device(name), np.array([size]), depth)[0]
                for name, size in zip(self.kneed, self.knees.x, strict=True)
            ]
        )
        below = outcome.bandwidth < self.low
        with self.point.hold_sync():
            self.point.x = np.array([outcome.request_bytes])
            self.point.y = np.array([max(outcome.bandwidth, self.low)])
            self.point.marker = "triangle-down" if below else "diamond"
        device = load_device(outcome.settings.device)
        random = float(device_curve(device, np.array([outcome.request_bytes]), depth)[0])
        if outcome.moved > 1.05 * random:
            place = (
                f"Random reads of that size would get {format_bandwidth(random)}"
                if outcome.bandwidth > random
                else f"It moves {format_bandwidth(outcome.moved)}, of which "
                f"{format_share(outcome.bandwidth / outcome.moved)} is needed"
            )
            place += ": what is read in order is read ahead, so that hardly a request waits"
        else:
            side = "left" if outcome.request_bytes < outcome.knee else "right"
            bound = "requests per second bind" if side == "left" else "bytes per second bind"
            place = (
                f"Its knee is at {format_binary(outcome.knee)}: you are {side} of it, where "
                f"{bound} at full depth"
            )
        return (
            f"At a queue depth of {format_count(depth)} the "
            f"{self.labels[outcome.settings.device]} gives "
            f"you {format_bandwidth(outcome.bandwidth)}{', below the figure,' if below else ''} "
            "in requests of "
            f"{format_binary(outcome.request_bytes)}. {place}."
        )
