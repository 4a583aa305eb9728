"""OneLaw: every track on the two curves that all of them share, and the student among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import GREY
from storagelab.parts.normalized_curves import (
    YOU,
    ReadPoint,
    SavePoint,
    describe,
    efficiency,
    waste,
)
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.theme import (
    SEQUENCE,
    TEXT,
    axis,
    caption,
    figure,
    heading,
    legend,
    say,
    swatch,
)

MARKERS = ("circle", "square", "triangle-up", "cross", "triangle-down", "rectangle", "ellipse")
"""A shape for each track, so that nothing is told by colour alone."""
SHAPES = ("dot", "square", "triangle", "cross", "triangle-down", "rectangle", "ellipse")
"""The same shapes in a legend."""
FAR = 1e3
"""How far the curves go to either side of the middle, at least."""


def span(values: list[float]) -> tuple[float, float]:
    """Return whole powers of ten that hold ``values``, and a factor of ``FAR`` around 1."""
    low, high = min([1 / FAR, *values]), max([FAR, *values])
    return 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))


def one_law(reads: Mapping[str, ReadPoint], saves: Mapping[str, SavePoint]) -> ipywidgets.VBox:
    """Return both curves with a point for each name; ``you`` is the student's own."""
    read_figure = _curve(
        {name: (point.x, 100 * point.efficiency) for name, point in reads.items()},
        lambda x: 100 * efficiency(x),
        "request size over L·B",
        "efficiency (%)",
        (0.0, 100.0),
    )
    top = 10.0
    save_figure = _curve(
        {name: (point.u, min(point.waste, top)) for name, point in saves.items()},
        lambda u: min(waste(u), 10 * top),
        "interval over sqrt(2·d·M)",
        "waste over the least",
        (0.0, top),
    )
    names = list(dict.fromkeys([*reads, *saves]))
    words = caption()
    words.value = say(describe(reads, saves), live=False)
    box = ipywidgets.VBox(
        [
            heading("One law: reads"),
            read_figure,
            heading("One law: saves"),
            save_figure,
            legend(*(swatch(name, *_looks(name, names)[::2]) for name in names)),
            words,
            PageSupport(),
        ]
    )
    box.add_class("storagelab-workbench")
    return box


def _looks(name: str, names: list[str]) -> tuple[str, str, str]:
    """Return a point's colour, marker and shape in the legend."""
    if name == YOU:
        return TEXT, "diamond", "point"
    index = [item for item in names if item != YOU].index(name)
    shape = index % len(MARKERS)
    return SEQUENCE[index % len(SEQUENCE)], MARKERS[shape], SHAPES[shape]


def _curve(
    points: Mapping[str, tuple[float, float]],
    law: Any,
    x_label: str,
    y_label: str,
    ends: tuple[float, float],
) -> Any:
    low, high = span([x for x, _ in points.values()])
    x = bqplot.LogScale(min=low, max=high)
    # the lowest tick stands off the corner, where the other axis' first one is
    room = 0.06 * (ends[1] - ends[0])
    y = bqplot.LinearScale(min=ends[0] - room, max=ends[1] + room, allow_padding=False)
    scales = {"x": x, "y": y}
    shown = np.geomspace(low, high, 200)
    line = bqplot.Lines(
        x=shown, y=[law(value) for value in shown], scales=scales, colors=[GREY], stroke_width=3
    )
    names = list(points)
    marks = []
    for name, (at, value) in points.items():
        color, marker, _ = _looks(name, names)
        marks.append(
            bqplot.Scatter(
                x=[at],
                y=[value],
                scales=scales,
                colors=[color],
                marker=marker,
                stroke=TEXT,
                default_size=220 if name == YOU else 130,
                apply_clip=False,
            )
        )
    decades = np.arange(round(np.log10(low)), round(np.log10(high)) + 1)
    shown_decades = decades[:: max(1, len(decades) // 6)]
    return figure(
        [line, *marks],
        [
            axis(
                x,
                x_label,
                tick_values=[10.0**power for power in shown_decades],
                tick_format="~g",
            ),
            axis(y, y_label, vertical=True, tick_values=list(np.linspace(*ends, 6))),
        ],
        height=280,
    )
