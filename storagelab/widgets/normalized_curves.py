"""Normalized curves: all tracks, and the student, as points on two curves that they share."""

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
from storagelab.widgets.drawing import Drawing
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.theme import (
    SEQUENCE,
    TEXT,
    axis,
    caption,
    caption_html,
    heading,
    legend,
    swatch,
)

MARKERS = ("circle", "square", "triangle-up", "cross", "triangle-down", "rectangle", "ellipse")
"""A shape for each track, so that nothing is told by colour alone."""
FAR = 1e3
"""The factor by which the curves extend to either side of 1, at least."""


def span(values: list[float]) -> tuple[float, float]:
    """Return powers of ten that enclose ``values`` and a factor of ``FAR`` around 1."""
    low, high = min([1 / FAR, *values]), max([FAR, *values])
    return 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))


def normalized_curves(
    reads: Mapping[str, ReadPoint], saves: Mapping[str, SavePoint]
) -> ipywidgets.VBox:
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
    words.value = caption_html(describe(reads, saves), live=False)
    box = ipywidgets.VBox(
        [
            heading("One law: reads"),
            read_figure,
            heading("One law: saves"),
            save_figure,
            legend(*(swatch(name, *_look(name, names)) for name in names)),
            words,
            PageSupport(),
        ]
    )
    box.add_class("storagelab-workbench")
    return box


def _look(name: str, names: list[str]) -> tuple[str, str]:
    """Return a point's colour and marker."""
    if name == YOU:
        return TEXT, "diamond"
    index = [item for item in names if item != YOU].index(name)
    return SEQUENCE[index % len(SEQUENCE)], MARKERS[index % len(MARKERS)]


def _curve(
    points: Mapping[str, tuple[float, float]],
    law: Any,
    x_label: str,
    y_label: str,
    ends: tuple[float, float],
) -> Any:
    low, high = span([x for x, _ in points.values()])
    # room below the lowest tick, whose label would meet that of the other axis
    room = 0.06 * (ends[1] - ends[0])
    drawing = Drawing(
        bqplot.LogScale(min=low, max=high),
        bqplot.LinearScale(min=ends[0] - room, max=ends[1] + room, allow_padding=False),
    )
    shown = np.geomspace(low, high, 200)
    drawing.curve(shown, [law(value) for value in shown], GREY, width=3)
    names = list(points)
    for name, (at, value) in points.items():
        size = 220 if name == YOU else 130
        drawing.points([at], [value], *_look(name, names), size, apply_clip=False)
    decades = np.arange(round(np.log10(low)), round(np.log10(high)) + 1)
    shown_decades = decades[:: max(1, len(decades) // 6)]
    x, y = (drawing.scales[direction] for direction in ("x", "y"))
    ticks = [10.0**power for power in shown_decades]
    return drawing.figure(
        [
            axis(x, x_label, tick_values=ticks, tick_format="~g"),
            axis(y, y_label, vertical=True, tick_values=list(np.linspace(*ends, 6))),
        ],
        height=280,
        right=40,  # half of the last tick's label
    )
