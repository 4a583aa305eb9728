"""How the figures look: one palette that colour-blind eyes can part, axes, shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np

# Okabe and Ito (2008), the ones that keep 3:1 against white and against JupyterLab's dark
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#CC3311", "#AA5599", "#808080",
)  # fmt: skip
TEXT = "var(--storagelab-text, #333333)"
"""The page's own colour of text, light or dark; :func:`styles` takes it from the page's theme."""
SEQUENCE = (BLUE, ORANGE, GREEN, PURPLE, RED)
DASHES = ("solid", "dashed", "dotted", "dash_dotted")

MARGIN = {"top": 14, "bottom": 50, "left": 70, "right": 20}


def axis(scale: Any, label: str, vertical: bool = False, **options: Any) -> bqplot.Axis:
    """Return an axis with its label clear of the ticks."""
    return bqplot.Axis(
        scale=scale,
        label=label,
        side="left" if vertical else "bottom",
        label_offset="3.2em" if vertical else "2.4em",
        grid_lines="dashed",
        label_color=TEXT,
        **options,
    )


def figure(
    marks: Sequence[Any], axes: Sequence[Any], height: int = 320, **margin: int
) -> bqplot.Figure:
    """Return a figure as wide as its place, of a fixed height in pixels.

    Its title stands above it as text, which wraps where the screen is narrow.
    """
    return bqplot.Figure(
        marks=list(marks),
        axes=list(axes),
        fig_margin={**MARGIN, **margin},
        layout=ipywidgets.Layout(width="100%", height=f"{height}px", min_width="240px"),
        background_style={"fill": "transparent"},
    )


_STROKES = {"solid": "", "dashed": "6 4", "dotted": "2 4", "dash_dotted": "8 3 2 3"}


def steps(low: float, high: float) -> list[float]:
    """Return round ticks from ``low`` to ``high``, some four to nine of them."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough / 1.5)
    first = math.ceil(low / step)
    return [float(f"{index * step:.6g}") for index in range(first, int(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 12) -> list[float]:
    """Return round ticks of a logarithmic axis: 1, 2 and 5 times powers of ten, or those alone."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{factor}e{power}") for power in powers for factor in factors]
        shown = [tick for tick in ticks if low * 0.9999 <= tick <= high * 1.0001]
        if len(shown) <= most:
            return shown
    return shown[:: math.ceil(len(shown) / most)]


def swatch(label: str, color: str, style: str = "solid", opacity: float = 0.8) -> str:
    """Return a legend's entry as HTML.

    ``style`` is a line style, ``area`` for a filled shape of that ``opacity``, ``point`` for a
    diamond, ``square``, ``triangle``, ``triangle-down``, ``cross``, ``rectangle``, ``ellipse``
    or ``dot``.
    """
    from html import escape

    if style == "area":
        shape = (
            f'<rect x="2" y="1" width="24" height="10" fill="{color}" stroke="{color}" '
            f'fill-opacity="{opacity}"/>'
        )
    elif style == "point":
        shape = f'<path d="M14 0 L20 6 L14 12 L8 6 Z" fill="{color}" stroke="currentColor"/>'
    elif style == "square":
        shape = f'<rect x="9" y="1" width="10" height="10" fill="{color}" stroke="currentColor"/>'
    elif style == "triangle":
        shape = f'<path d="M14 1 L20 11 L8 11 Z" fill="{color}" stroke="currentColor"/>'
    elif style == "triangle-down":
        shape = f'<path d="M14 11 L20 1 L8 1 Z" fill="{color}" stroke="currentColor"/>'
    elif style == "rectangle":
        shape = f'<rect x="6" y="3" width="16" height="7" fill="{color}" stroke="currentColor"/>'
    elif style == "ellipse":
        shape = f'<ellipse cx="14" cy="6" rx="9" ry="4" fill="{color}" stroke="currentColor"/>'
    elif style == "cross":
        shape = (
            f'<path d="M12 0 h4 v4 h4 v4 h-4 v4 h-4 v-4 h-4 v-4 h4 Z" fill="{color}" '
            'stroke="currentColor"/>'
        )
    elif style == "dot":
        shape = f'<circle cx="14" cy="6" r="5" fill="{color}" stroke="currentColor"/>'
    else:
        shape = (
            f'<line x1="0" y1="6" x2="28" y2="6" stroke="{color}" stroke-width="3" '
            f'stroke-dasharray="{_STROKES[style]}"/>'
        )
    return (
        '<span style="white-space:nowrap;margin-right:1.2em">'
        f'<svg width="28" height="12" aria-hidden="true">{shape}</svg> {escape(label)}</span>'
    )


def legend(*entries: str) -> ipywidgets.HTML:
    """Return swatches as a line of text that wraps where the screen is narrow."""
    return ipywidgets.HTML(f'<div style="line-height:1.6">{" ".join(entries)}</div>')


def polygon(color: str, scales: dict[str, Any], opacity: float = 0.85) -> bqplot.Lines:
    """Return a filled shape; its corners are set later, as ``x`` and ``y``."""
    return bqplot.Lines(
        x=np.zeros(5),
        y=np.zeros(5),
        scales=scales,
        colors=[color],
        fill="inside",
        fill_colors=[color],
        fill_opacities=[opacity],
        stroke_width=1,
        close_path=True,
    )


def place(shape: bqplot.Lines, x: Any, y: Any) -> None:
    """Move a polygon's corners to ``x`` and ``y``; without an area it isn't drawn at all."""
    with shape.hold_sync():
        shape.x, shape.y = x, y
        # an outline without an area would be read as a line that means something
        shape.visible = area(x, y) > 1e-9


def area(x: Any, y: Any) -> float:
    """Return the area that a closed line encloses (the shoelace formula)."""
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


PLACED = ("x", "y", "visible")
"""The traits that :func:`place` changes."""


def rectangle(left: float, right: float, bottom: float, top: float) -> tuple[Any, Any]:
    """Return the corners of a rectangle as ``x`` and ``y``, shape (5,)."""
    return np.array([left, right, right, left, left]), np.array([bottom, bottom, top, top, bottom])


def heading(title: str) -> ipywidgets.HTML:
    """Return a figure's title."""
    return ipywidgets.HTML(f'<p style="margin:1em 0 0"><strong>{title}</strong></p>')


def caption() -> ipywidgets.HTML:
    """Return the place for a figure's words, which stand for it where it can't be seen."""
    return ipywidgets.HTML(layout=ipywidgets.Layout(width="auto"))


def say(text: str, live: bool = True) -> str:
    """Return a caption's text as HTML, which a screen reader announces if it is ``live``."""
    from html import escape

    politeness = "polite" if live else "off"
    return f'<p aria-live="{politeness}" style="line-height:1.4;margin:0 0 1em">{escape(text)}</p>'


_STYLES = """
.storagelab-workbench {
  --storagelab-text: var(--pst-color-text-base, var(--jp-ui-font-color1, #333333));
}
.storagelab-workbench .widget-hslider { height: auto; flex-wrap: wrap; }
.storagelab-workbench .widget-toggle-buttons {
  display: flex; flex-wrap: wrap; align-items: baseline;
}
.storagelab-workbench .widget-toggle-buttons > .widget-label {
  flex-shrink: 0; margin-right: 8px; text-align: right;
}
.storagelab-workbench .widget-hslider .widget-readout { max-width: none; overflow: visible; }
.storagelab-workbench .storagelab-runs th, .storagelab-workbench .storagelab-runs td {
  padding: 0.2em 0.8em; text-align: right; vertical-align: bottom;
}
@media (max-width: 576px) {
  .storagelab-workbench .widget-hslider .widget-label,
  .storagelab-workbench .widget-toggle-buttons > .widget-label {
    width: 100% !important; text-align: left;
  }
}
"""


def styles() -> ipywidgets.HTML:
    """Return what ipywidgets' own style lacks: whole readouts, sliders that fit a narrow screen."""
    return ipywidgets.HTML(f"<style>{_STYLES}</style>", layout=ipywidgets.Layout(display="none"))
