"""Helpers of the widgets' tests: any outcome of any track, and every text that a person reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import pytest
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.workbench import Workbench

EVERY_BENCH = [
    pytest.param(name, part_name, id=f"{name}-{part_name}")
    for name in TRACKS
    for part_name in PARTS
]
"""Every track with every part, as parameters of a test."""

CLOUDS_OWN = (
    r"accelerator|\bGPU|H100|\bepoch|\btrain|checkpoint|object store|\bDRAM|\bnode\b|\bbatch"
)
"""Words that only the cloud's track may use."""


@cache
def outcomes(name: str, part_name: str) -> Any:
    """Return a strategy for the outcomes on the grid of a part's controls.

    The same one each time: Hypothesis looks a new strategy over before it draws from it.
    """
    track, part = load_track(name), PARTS[part_name]
    return st.fixed_dictionaries(
        {
            item.name: st.sampled_from([item.to_si(value) for value in item.values])
            for item in part.of(track).controls
        }
    ).map(lambda values: part.run(track, values))


@cache
def built(instrument: Any, name: str) -> Any:
    """Return an instrument that all tests share, so that anything an update leaves behind shows."""
    return instrument(load_track(name))


@cache
def bench_of(name: str, part_name: str) -> Workbench:
    """Return a complete workbench that all tests share."""
    bench = Workbench(load_track(name), part_name)
    bench.message_batcher.set_state(
        {"ready": True, "first_batch_received": True}
    )  # as a browser does
    return bench


def ends(controls: Any) -> Iterator[Any]:
    """Yield the defaults, then each control at each of its ends, in the student's units."""
    start = {item.name: item.default for item in controls}
    yield start
    for item in controls:
        for value in (item.values[0], item.values[-1]):
            yield {**start, item.name: value}


def corners(controls: Any) -> Iterator[dict[Any, Any]]:
    """Yield every combination of the ends of a part's controls, in the student's units."""
    grids = [(item.values[0], item.values[-1]) for item in controls]
    for index in range(2 ** len(grids)):
        yield {
            item.name: grid[(index >> bit) & 1]
            for bit, (item, grid) in enumerate(zip(controls, grids, strict=True))
        }


def within(widget: Any) -> Iterator[Any]:
    """Yield a widget and everything in it: boxes' children, figures' marks and axes."""
    yield widget
    inner = [*getattr(widget, "children", ())]
    if isinstance(widget, bqplot.Figure):
        inner = [*widget.marks, *widget.axes]
    for item in inner:
        yield from within(item)


def texts(widget: Any) -> Iterator[Any]:
    """Yield every text that a person reads in a widget, without HTML tags.

    Styles are left out, and so are equations, because TeX has braces of its own.
    """
    for item in within(widget):
        said = [getattr(item, name, None) for name in ("description", "tooltip", "label")]
        said += [name for name, _ in getattr(item, "options", ()) if isinstance(name, str)]
        if isinstance(item, ipywidgets.HTML) and "<style>" not in item.value:
            said.append(re.sub(r"<[^>]*>", " ", item.value))
        if isinstance(item, bqplot.Label):
            said += [str(text) for text in item.text]
        if isinstance(item, bqplot.Axis):
            said += (item.tick_labels or {}).values()
        yield from (unescape(text) for text in said if isinstance(text, str) and text)


def drawn(figure: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each mark of a figure with its coordinates as two arrays of floats."""
    for mark in figure.marks:
        yield mark, np.asarray(mark.x, dtype=float), np.asarray(mark.y, dtype=float)


def equations(widget: Any) -> list[Any]:
    """Yield every equation in a widget, as TeX."""
    return [item.tex for item in within(widget) if hasattr(item, "tex")]


def area(x: Any, y: Any) -> Any:
    """Return the area that a closed line encloses (the shoelace formula)."""
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2
