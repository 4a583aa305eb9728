"""Drawing: a figure's marks, with everything else that is told of each of them.

The legend repeats what a mark looks like, the table what it shows, and a page without a kernel has
to know which of its traits move. Each mark is given all of that in the statement that makes it;
the figure, the legend, the moving traits and the table are derived from the marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import TEXT, figure, legend, swatch

Target = tuple[Any, str]
"""A widget and the name of one of its traits that an update changes."""

PLACED = ("x", "y")
"""What moves of a mark that an update puts somewhere else."""
WRITTEN = (*PLACED, "text")
"""What moves of a text that an update writes anew."""


class Entry(msgspec.Struct, frozen=True):
    """What the legend says of a mark; it looks as the mark does, unless something else is given."""

    text: str
    place: int
    """Entries stand in the order of their places, several of one place in the marks' order."""
    color: str | None = None
    style: str | None = None
    opacity: float | None = None


class Column(msgspec.Struct, frozen=True):
    """A column of the table: its head with the unit, and its cells of what the table shows."""

    head: str
    place: int
    """Columns stand in the order of their places."""
    cells: Callable[[Any], Iterable[Cell]]


class Rows(msgspec.Struct, frozen=True):
    """Rows of the table, for a mark that has rows instead of a column."""

    place: int
    """Rows stand in the order of their places."""
    cells: Callable[[Any], Iterable[Sequence[Cell]]]


class Shape(msgspec.Struct, frozen=True):
    """One of the filled shapes of a mark."""

    name: str
    color: str
    opacity: float = 0.85
    legend: Entry | None = None
    table: Column | Rows | None = None


class DrawnMark(msgspec.Struct, frozen=True):
    """A mark, and what the legend, the table and a page without a kernel need to know of it."""

    mark: Any
    moving: tuple[str, ...] = ()
    """The traits that an update changes."""
    entries: tuple[tuple[int, str], ...] = ()
    """Places in the legend, and what stands there as HTML."""
    table: tuple[Column | Rows, ...] = ()


class Drawing:
    """Marks over one pair of scales, from the hindmost to the foremost.

    Each method adds a mark and returns it. They share some arguments: ``moving`` names the traits
    that an update changes, ``legend`` is the mark's entry, ``table`` its column or rows, and all
    other options are bqplot's own.
    """

    def __init__(self, x: Any, y: Any) -> None:
        self.scales = {"x": x, "y": y}
        self.drawn: list[DrawnMark] = []
        self._others: list[Target] = []

    def add(
        self,
        mark: Any,
        moving: Sequence[str] = (),
        legend: Sequence[Entry] = (),
        table: Sequence[Column | Rows] = (),
    ) -> Any:
        """Add a mark whose entries in the legend say themselves what they look like."""
        entries = tuple(
            (entry.place, _swatch(entry, mark.colors[0], "solid", 0.8)) for entry in legend
        )
        self.drawn.append(DrawnMark(mark, tuple(moving), entries, tuple(table)))
        return mark

    def curve(
        self,
        x: Any,
        y: Any,
        color: str,
        style: str = "solid",
        width: float = 2.0,
        *,
        moving: Sequence[str] = (),
        legend: Entry | None = None,
        table: Sequence[Column | Rows] = (),
        **options: Any,
    ) -> Any:
        """Add a line, or several of one look where ``x`` and ``y`` have a row for each."""
        count = np.atleast_2d(np.asarray(x)).shape[0]
        look = {"colors": [color] * count, "line_style": style, "stroke_width": width}
        mark = bqplot.Lines(x=x, y=y, scales=self.scales, **{**look, **options})
        entry = None if legend is None else _styled(legend, style)
        return self.add(mark, moving, [entry] if entry else [], table)

    def points(
        self,
        x: Any,
        y: Any,
        color: str,
        marker: str = "circle",
        size: int = 64,
        *,
        moving: Sequence[str] = (),
        legend: Entry | None = None,
        table: Sequence[Column | Rows] = (),
        **options: Any,
    ) -> Any:
        """Add points of one look, outlined in the page's colour of text."""
        look: dict[str, Any] = {
            "colors": [color],
            "marker": marker,
            "default_size": size,
            "stroke": TEXT,
        }
        mark = bqplot.Scatter(x=x, y=y, scales=self.scales, **{**look, **options})
        entry = None if legend is None else _styled(legend, marker)
        return self.add(mark, moving, [entry] if entry else [], table)

    def label(
        self,
        x: Any,
        y: Any,
        text: Sequence[str],
        align: str = "start",
        size: int = 12,
        weight: str = "normal",
        *,
        moving: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """Add texts in the page's colour, seen also where they stand beyond the axes."""
        look = {
            "align": align,
            "default_size": size,
            "font_weight": weight,
            "colors": [TEXT],
            "apply_clip": False,
        }
        mark = bqplot.Label(x=x, y=y, text=text, scales=self.scales, **{**look, **options})
        return self.add(mark, moving)

    def areas(
        self,
        shapes: Sequence[Shape],
        corners: int = 5,
        *,
        moving: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """Add several filled shapes as one mark, so that one message moves them all.

        Set ``x`` and ``y``, each of shape (shapes, corners), together; a shape without an area
        isn't seen, because shapes have no outline unless ``stroke_width`` gives them one.
        """
        nothing = np.zeros((len(shapes), corners))
        colors = [shape.color for shape in shapes]
        look = {
            "x": nothing,
            "y": nothing,
            "colors": colors,
            "fill": "inside",
            "fill_colors": colors,
            "fill_opacities": [shape.opacity for shape in shapes],
            "stroke_width": 0,
            "close_path": True,
            "labels": [shape.name for shape in shapes],
        }
        mark = bqplot.Lines(scales=self.scales, **{**look, **options})
        entries = tuple(
            (shape.legend.place, _swatch(shape.legend, shape.color, "area", shape.opacity))
            for shape in shapes
            if shape.legend is not None
        )
        table = tuple(shape.table for shape in shapes if shape.table is not None)
        self.drawn.append(DrawnMark(mark, tuple(moving), entries, table))
        return mark

    def move(self, widget: Any, *traits: str) -> None:
        """Tell that an update changes traits of something else than a mark, such as an axis."""
        self._others += [(widget, trait) for trait in traits]

    @property
    def marks(self) -> list[Any]:
        """The marks alone."""
        return [drawn.mark for drawn in self.drawn]

    @property
    def dynamic(self) -> list[Target]:
        """What an update changes."""
        moved = [(drawn.mark, trait) for drawn in self.drawn for trait in drawn.moving]
        return [*moved, *self._others]

    def figure(self, axes: Sequence[Any], height: int = 320, **margin: int) -> Any:
        """Return the marks with ``axes`` as a figure of a ``height`` in pixels."""
        return figure(self.marks, axes, height, **margin)

    def legend(self) -> ipywidgets.HTML:
        """Return the entries of all marks."""
        entries = [entry for drawn in self.drawn for entry in drawn.entries]
        return legend(*(html for _, html in sorted(entries, key=lambda entry: entry[0])))

    def columns(self, *more: Column) -> list[Column]:
        """Return the marks' columns and ``more`` in their order."""
        found = [item for drawn in self.drawn for item in drawn.table if isinstance(item, Column)]
        return sorted([*found, *more], key=lambda column: column.place)

    def rows(self, shown: Any, *more: Rows) -> tuple[tuple[Cell, ...], ...]:
        """Return the marks' rows and ``more``, as they are for ``shown``."""
        found = [item for drawn in self.drawn for item in drawn.table if isinstance(item, Rows)]
        groups = sorted([*found, *more], key=lambda rows: rows.place)
        return tuple(tuple(row) for group in groups for row in group.cells(shown))


def table_of(columns: Sequence[Column], *shown: Any) -> Table:
    """Return ``columns`` as they are for each of ``shown``, one below the other."""
    rows = [
        row for item in shown for row in zip(*(_cells(of, item) for of in columns), strict=True)
    ]
    return Table(tuple(column.head for column in columns), tuple(rows))


def _cells(column: Column, shown: Any) -> list[Cell]:
    return [cell if isinstance(cell, str) else float(cell) for cell in column.cells(shown)]


def _styled(entry: Entry, style: str) -> Entry:
    """Return an entry that looks as its mark does, unless it says otherwise."""
    return entry if entry.style else msgspec.structs.replace(entry, style=style)


def _swatch(entry: Entry, color: str, style: str, opacity: float) -> str:
    """Return an entry as HTML, with its mark's look where it has none of its own."""
    return swatch(
        entry.text,
        entry.color or color,
        entry.style or style,
        opacity if entry.opacity is None else entry.opacity,
    )
