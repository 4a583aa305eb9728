"""IOPSvsThroughputCurve: what each device delivers at each request size."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from storagelab.devices import load_device
from storagelab.experiments.access import AccessOutcome, device_curve
from storagelab.tracks import Track
from storagelab.units import format_bandwidth, format_binary, format_count
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import DASHES, GREY, SEQUENCE, axis, figure, legend, swatch

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
        x, y = bqplot.LogScale(min=4096, max=2**26), bqplot.LogScale(min=1e5, max=2e10)
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
            y=[1e5, 2e10],
            scales=scales,
            colors=[GREY],
            line_style="dotted",
        )
        self.point = bqplot.Scatter(
            x=[4096.0],
            y=[1e5],
            scales=scales,
            colors=[GREY],
            stroke="black",
            default_size=140,
            marker="diamond",
        )
        ticks = [2.0**power for power in (12, 16, 20, 24)]
        self.figure = figure(
            [*self.lines.values(), self.sample, self.point],
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
                    tick_values=[1e5, 1e6, 1e7, 1e8, 1e9, 1e10],
                    tick_labels={
                        f"{10**power}": format_bandwidth(10.0**power) for power in range(5, 11)
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
            swatch("you", GREY, "point"),
        )
        self.dynamic = [
            *((line, "y") for line in self.lines.values()),
            (self.point, "x"),
            (self.point, "y"),
        ]

    def draw(self, outcome: AccessOutcome) -> str:
        """Draw the curves at the present queue depth and the present point."""
        for name, rates in curves(self.track, outcome.settings.queue_depth).items():
            self.lines[name].y = rates
        with self.point.hold_sync():
            self.point.x = np.array([outcome.request_bytes])
            self.point.y = np.array([outcome.bandwidth])
        side = "left" if outcome.request_bytes < outcome.knee else "right"
        bound = "requests per second bind" if side == "left" else "bytes per second bind"
        name = self.track.access.control("device").label_of(outcome.settings.device)
        return (
            f"At a queue depth of {format_count(outcome.settings.queue_depth)} the {name} gives "
            f"you {format_bandwidth(outcome.bandwidth)} in requests of "
            f"{format_binary(outcome.request_bytes)}. Its knee is at "
            f"{format_binary(outcome.knee)}: you are {side} of it, where {bound} at full depth."
        )
