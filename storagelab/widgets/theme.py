"""How the figures look: the page's own colours, axes, legends, and the geometry of shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import numpy.typing as npt

from storagelab.checks import Floats
from storagelab.colors import BLUE, GREEN, ORANGE, PURPLE, RED
from storagelab.widgets import shared_styles

TEXT = "var(--storagelab-text, #333333)"
"""The page's own text colour, light or dark; ``workbench.css`` takes it from the page's theme."""
GROUND = "var(--storagelab-ground, #ffffff)"
"""The page's own background, for lines that separate one shape from the next."""
GRID = "var(--storagelab-grid, #e5e5e5)"
SEQUENCE = (BLUE, ORANGE, GREEN, PURPLE, RED)
DASHES = ("solid", "dashed", "dotted", "dash_dotted")

Corners = tuple[Floats, Floats]
"""The corners of a line or a shape, as ``x`` and ``y``."""

MARGIN = {"top": 14, "bottom": 50, "left": 70, "right": 20}


def axis(scale: Any, label: str, vertical: bool = False, **options: Any) -> bqplot.Axis:
    """Return an axis whose label doesn't touch the ticks."""
    return bqplot.Axis(
        scale=scale,
        label=label,
        side="left" if vertical else "bottom",
        label_offset="3.2em" if vertical else "2.4em",
        grid_lines="dashed",
        grid_color=GRID,
        tick_style={"fill": TEXT},
        label_color=TEXT,
        **options,
    )


def figure(
    marks: Sequence[Any], axes: Sequence[Any], height: int = 320, **margin: int
) -> bqplot.Figure:
    """Return a figure that is as wide as its container and has a fixed height in pixels.

    Its title stands above it as text, which wraps where the screen is narrow.
    """
    return bqplot.Figure(
        marks=list(marks),
        axes=list(axes),
        fig_margin={**MARGIN, **margin},
        layout=shared_styles.layout(width="100%", height=f"{height}px", min_width="240px"),
        scale_x=shared_styles.pixel_scale(),
        scale_y=shared_styles.pixel_scale(),
        background_style={"fill": "transparent"},
        display_toolbar=False,  # its buttons have no names; FigureTools saves pictures
    )


_STROKES = {"solid": "", "dashed": "6 4", "dotted": "2 4", "dash_dotted": "8 3 2 3"}


def steps(low: float, high: float) -> list[float]:
    """Return four to nine round ticks from ``low`` to ``high``."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough / 1.5)
    first = math.ceil(low / step)
    return [float(f"{index * step:.6g}") for index in range(first, int(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 12) -> list[float]:
    """Return ticks of a logarithmic axis: 1, 2 and 5 times powers of ten, or fewer of these."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{factor}e{power}") for power in powers for factor in factors]
        shown = [tick for tick in ticks if low * 0.9999 <= tick <= high * 1.0001]
        if len(shown) <= most:
            return shown
    return shown[:: math.ceil(len(shown) / most)]


def tick_key(tick: float) -> str:
    """Return a tick as JavaScript writes it, which is how bqplot looks its label up."""
    text = repr(float(tick)).removesuffix(".0")
    if 1e-6 <= abs(tick) < 1e-4:  # Python begins with exponents earlier
        return f"{tick:.12f}".rstrip("0")
    return text.replace("e-0", "e-").replace("e+0", "e+")


_SHAPES = {
    "diamond": '<path d="M14 0 L20 6 L14 12 L8 6 Z" {look}/>',
    "square": '<rect x="9" y="1" width="10" height="10" {look}/>',
    "triangle-up": '<path d="M14 1 L20 11 L8 11 Z" {look}/>',
    "triangle-down": '<path d="M14 11 L20 1 L8 1 Z" {look}/>',
    "rectangle": '<rect x="6" y="3" width="16" height="7" {look}/>',
    "ellipse": '<ellipse cx="14" cy="6" rx="9" ry="4" {look}/>',
    "cross": '<path d="M12 0 h4 v4 h4 v4 h-4 v4 h-4 v-4 h-4 v-4 h4 Z" {look}/>',
    "circle": '<circle cx="14" cy="6" r="5" {look}/>',
}
"""A legend's shapes as SVG, 28 wide and 12 high, by the names of bqplot's markers."""


def swatch(label: str, color: str, style: str = "solid", opacity: float = 0.8) -> str:
    """Return a legend's entry as HTML.

    ``style`` is a line style, ``area`` for a filled shape of that ``opacity``, ``hatched`` for one
    with strokes in it, or a marker of bqplot.
    """
    from html import escape

    if style == "area":
        shape = (
            f'<rect x="2" y="1" width="24" height="10" fill="{color}" stroke="{color}" '
            f'fill-opacity="{opacity}"/>'
        )
    elif style == "hatched":
        shape = (
            f'<path d="M2 1 H26 V11 H2 Z M4 11 L8 1 M10 11 L14 1 M16 11 L20 1" fill="none" '
            f'stroke="{color}"/>'
        )
    elif style in _SHAPES:
        shape = _SHAPES[style].format(look=f'fill="{color}" stroke="currentColor"')
    else:
        shape = (
            f'<line x1="0" y1="6" x2="28" y2="6" stroke="{color}" stroke-width="3" '
            f'stroke-dasharray="{_STROKES[style]}"/>'
        )
    # a long entry may break, or a narrow screen would cut it off
    flow = "white-space:nowrap" if len(label) <= 40 else "display:inline-block"
    return (
        f'<span style="{flow};margin-right:1.2em">'
        f'<svg width="28" height="12" aria-hidden="true">{shape}</svg> {escape(label)}</span>'
    )


def legend_html(*entries: str) -> str:
    """Return swatches as a line of text that wraps where the screen is narrow."""
    return f'<div style="line-height:1.6">{" ".join(entries)}</div>'


def legend(*entries: str) -> ipywidgets.HTML:
    """Return swatches as a widget; it wraps where the screen is narrow."""
    return shared_styles.html(legend_html(*entries))


def update_traits(mark: Any, **traits: Any) -> None:
    """Set those of a mark's ``traits`` that have changed, in one message or in none."""
    changed = {
        name: value
        for name, value in traits.items()
        if not np.array_equal(getattr(mark, name), value)
    }
    if not changed:
        return
    with mark.hold_sync():
        for name, value in changed.items():
            setattr(mark, name, value)


def update_shapes(mark: Any, shapes: Sequence[Corners]) -> None:
    """Set a mark of several lines or shapes, each given by its corners' ``x`` and ``y``.

    A shape with fewer corners than the others repeats its last one.
    """
    most = max(len(x) for x, _ in shapes)
    found = np.empty((2, len(shapes), most))
    for index, shape in enumerate(shapes):
        for axis_, values in enumerate(shape):
            found[axis_, index, : len(values)] = values
            found[axis_, index, len(values) :] = values[-1]
    update_traits(mark, x=found[0], y=found[1])


def rectangle(left: float, right: float, bottom: float, top: float) -> Corners:
    """Return the corners of a rectangle as ``x`` and ``y``, shape (5,)."""
    return np.array([left, right, right, left, left]), np.array([bottom, bottom, top, top, bottom])


def boxes(spans: npt.ArrayLike, bottom: float, top: float, most: int) -> Corners:
    """Return boxes side by side as one outline of ``4 * most`` corners, ``x`` and ``y``.

    ``spans`` are their left and right edges, shape (n, 2), from left to right. The outline runs
    along the bottom from one to the next, where it encloses nothing. ``y`` doesn't depend on the
    number of boxes. Raises ``ValueError`` for more than ``most`` of them.
    """
    edges = np.asarray(spans, dtype=float).reshape(-1, 2)
    if len(edges) > most:
        raise ValueError(f"{len(edges)} boxes don't fit into {most}")
    end = edges[-1, 1] if len(edges) else 0.0
    x = np.full((most, 4), end)
    x[: len(edges)] = edges[:, [0, 0, 1, 1]]
    return x.ravel(), np.tile([bottom, top, top, bottom], most)


def fitting(room: float, *texts: str) -> str:
    """Return the first of ``texts`` that fits into a share ``room`` of the axis, or nothing.

    The narrowest screen decides: one of 360 pixels leaves some 240 for the axis, and a letter of
    12 pixels is 7 wide.
    """
    return next((text for text in texts if (7 * len(text) + 6) / 240 <= room), "")


def hatching(
    left: float, right: float, bottom: float, top: float, feet: npt.ArrayLike, lean: float
) -> Corners:
    """Return a rectangle's outline and the slanting strokes in it, as one line ``x`` and ``y``.

    bqplot has no patterns. The strokes rise from ``feet``, the x of each at ``bottom``, by
    ``lean`` in x up to ``top``; they stay in place while the rectangle's edges move over them. The
    line goes up one stroke and down the next, and between them along the rectangle's edge. The
    number of points doesn't depend on the rectangle; without an area all of them coincide.
    """
    feet = np.asarray(feet, dtype=float)
    if right <= left or top <= bottom:
        right, top = left, bottom
    low, high = (np.clip(feet + shift, left, right) for shift in (0.0, lean))
    low_y, high_y = (bottom + (x - feet) / lean * (top - bottom) for x in (low, high))
    low_y, high_y = np.clip(low_y, bottom, top), np.clip(high_y, bottom, top)
    up = np.arange(len(feet)) % 2 == 0
    # a stroke's start, its end, and the corner between its end and the next one's start
    x = np.array([np.where(up, low, high), np.where(up, high, low), np.where(up, high, low)])
    y = np.array([np.where(up, low_y, high_y), np.where(up, high_y, low_y), np.zeros(len(feet))])
    x[2, :-1] = np.where(up[:-1], np.maximum(high[:-1], high[1:]), np.minimum(low[:-1], low[1:]))
    y[2, :-1] = np.where(
        up[:-1], np.maximum(high_y[:-1], high_y[1:]), np.minimum(low_y[:-1], low_y[1:])
    )
    y[2, -1] = y[1, -1]
    around_x, around_y = rectangle(left, right, bottom, top)
    return np.concatenate([around_x, x.T.ravel()]), np.concatenate([around_y, y.T.ravel()])


def heading(title: str) -> ipywidgets.HTML:
    """Return a figure's title."""
    return shared_styles.html(f'<p style="margin:1em 0 0"><strong>{title}</strong></p>')


def caption() -> ipywidgets.HTML:
    """Return the place for a figure's caption, which describes it to those who can't see it."""
    return shared_styles.html(width="auto")


def caption_html(text: str, live: bool = True, folds: bool = False) -> str:
    """Return a caption's text as HTML, which a screen reader announces if it is ``live``.

    One that ``folds`` is out of sight until the button *In words* below its figure is pressed; a
    screen reader finds it all the same.
    """
    from html import escape

    # PageSupport makes the element around it a live region, which stays when the text is replaced
    announced = " storagelab-announced" if live else ""
    folded = " storagelab-folds" if folds else ""
    return f'<p class="storagelab-words{announced}{folded}">{escape(text)}</p>'
