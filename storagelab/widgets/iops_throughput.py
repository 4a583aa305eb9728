"""IOPSvsThroughputCurve: what each device delivers at each request size."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from storagelab.access import knee_request_size
from storagelab.devices import load_device
from storagelab.experiments.access import AccessOutcome, device_curve
from storagelab.tracks import Track
from storagelab.units import format_bandwidth, format_binary, format_count
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import DASHES, GREY, SEQUENCE, TEXT, axis, figure, legend, swatch

LOW, HIGH = 1e4, 2e10
"""Bytes/s at the ends of the axis: the slowest device at depth 1, the fastest at full depth."""
SIZES = np.geomspace(4096, 2**26, 57)
"""Request sizes of the curve, in bytes: 4 KiB to 64 MiB."""


def curves(track: Track, queue_depth: float) -> dict[str, Any]:
    """Return bytes/s of random reads at :data:`SIZES` for each of the track's devices."""
    names = [str(name) for name in track.access.control("device").values]
    return {name: device_curve(load_device(name), SIZES, queue_depth) for name in names}


class IOPSThroughput(Instrument):
    """A line for each device at the present queue depth, and the present point."""

    title = "Throughput of random reads"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        x, y = bqplot.LogScale(min=4096, max=2**26), bqplot.LogScale(min=LOW, max=HIGH)
        scales = {"x": x, "y": y}
        control = track.access.control("device")
        self.lines = {
            str(name): bqplot.Lines(
                x=SIZES,
                y=np.ones_like(SIZES),
                scales=scales,
                colors=[SEQUENCE[index]],
                line_style=DASHES[index % len(DASHES)],
                stroke_width=2.5,
            )
            for index, name in enumerate(control.values)
        }
        sample = track.dataset.sample_size
        self.sample = bqplot.Lines(
            x=[sample, sample],
            y=[LOW, HIGH],
            scales=scales,
            colors=[GREY],
            line_style="dotted",
        )
        self.point = bqplot.Scatter(
            x=[4096.0],
            y=[LOW],
            scales=scales,
            colors=[GREY],
            stroke=TEXT,
            default_size=140,
            marker="diamond",
            apply_clip=False,
        )
        devices = [load_device(str(name)) for name in control.values]
        self.knees = bqplot.Scatter(
            x=[float(knee_request_size(item.max_iops, item.bandwidth)) for item in devices],
            y=np.full(len(devices), LOW),
            scales=scales,
            colors=list(SEQUENCE[: len(devices)]),
            stroke=TEXT,
            default_size=60,
        )
        ticks = [2.0**power for power in (12, 16, 20, 24)]
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
                    tick_values=[1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10],
                    tick_labels={
                        f"{10**power}": format_bandwidth(10.0**power) for power in range(4, 11)
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
                swatch(control.label_of(name), SEQUENCE[index], DASHES[index % len(DASHES)])
                for index, name in enumerate(control.values)
            ),
            swatch("the size of a sample", GREY, "dotted"),
            swatch("knee: from IOPS to bytes", GREY, "dot"),
            swatch("you", GREY, "point"),
        )
        self.dynamic = [
            *((line, "y") for line in self.lines.values()),
            (self.knees, "y"),
            (self.point, "x"),
            (self.point, "y"),
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the curves at the present queue depth and the present point."""
        for name, rates in curves(self.track, outcome.settings.queue_depth).items():
            self.lines[name].y = rates
        depth = outcome.settings.queue_depth
        self.knees.y = np.array(
            [
                device_curve(load_device(name), np.array([size]), depth)[0]
                for name, size in zip(self.lines, self.knees.x, strict=True)
            ]
        )
        with self.point.hold_sync():
            self.point.x = np.array([outcome.request_bytes])
            self.point.y = np.array([outcome.bandwidth])
        device = load_device(outcome.settings.device)
        random = float(device_curve(device, np.array([outcome.request_bytes]), depth)[0])
        if outcome.bandwidth > 1.05 * random:
            place = (
                f"Random reads of that size would get {format_bandwidth(random)}: what is read in "
                "order is read ahead, so that hardly a request waits"
            )
        else:
            side = "left" if outcome.request_bytes < outcome.knee else "right"
            bound = "requests per second bind" if side == "left" else "bytes per second bind"
            place = (
                f"Its knee is at {format_binary(outcome.knee)}: you are {side} of it, where "
                f"{bound} at full depth"
            )
        name = self.track.access.control("device").label_of(outcome.settings.device)
        return (
            f"At a queue depth of {format_count(depth)} the {name} gives "
            f"you {format_bandwidth(outcome.bandwidth)} in requests of "
            f"{format_binary(outcome.request_bytes)}. {place}."
        )
