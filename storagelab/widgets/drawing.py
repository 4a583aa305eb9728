"""Drawing: the marks of a figure, each defined together with its legend entry and table column.

A legend repeats how a mark looks, a table repeats what it shows, and a page without a kernel has to
know which of its traits move. One statement defines all of that for a mark; the figure, the legend,
the moving traits and the table are derived from the marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.widgets.seen import seen_rows
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import TEXT, figure, legend, legend_html, swatch

Target = tuple[Any, str]
"""A widget and the name of one of its traits that an update changes."""

Words = Callable[[Any], Iterable[str]]
"""Leads from what is shown to the words of each of a mark's points; an empty text says nothing."""

PLACED = ("x", "y")
"""The traits of a mark that an update moves."""
WRITTEN = (*PLACED, "text")
"""The traits of a text that an update moves and rewrites."""


class Entry(msgspec.Struct, frozen=True):
    """What the legend says of a mark; unless given here, the look is the mark's own."""

    text: str
    place: int
    """Entries are sorted by place; entries of the same place keep the order of their marks."""
    color: str | None = None
    style: str | None = None
    opacity: float | None = None


class Column(msgspec.Struct, frozen=True):
    """A column of the table: its head with the unit, and a function that computes its cells."""

    head: str
    place: int
    """Columns are sorted by place."""
    cells: Callable[[Any], Iterable[Cell]]


class Rows(msgspec.Struct, frozen=True):
    """Rows of the table, for a mark that has rows instead of a column."""

    place: int
    """Groups of rows are sorted by place."""
    cells: Callable[[Any], Iterable[Sequence[Cell]]]


class Shape(msgspec.Struct, frozen=True):
    """One of the filled shapes of a mark."""

    name: str
    color: str
    opacity: float = 0.85
    legend: Entry | None = None
    table: Column | Rows | None = None


class DrawnMark(msgspec.Struct, frozen=True):
    """A mark with what the legend, the table and a page without a kernel need to know about it."""

    mark: Any
    moving: tuple[str, ...] = ()
    """The traits that an update changes."""
    entries: tuple[tuple[int, str], ...] = ()
    """Places in the legend, each with the HTML that belongs there."""
    table: tuple[Column | Rows, ...] = ()
    words: Words | None = None
    """What each point says, computed from what is shown."""
    shapes: tuple[int, ...] = ()
    """For each entry the shape that it stands for, where each of a mark's shapes has its own."""


class Drawing:
    """Marks that share a pair of scales; later ones are drawn over earlier ones.

    The methods that add a mark return it and share some arguments: ``moving`` names the traits that
    an update changes, ``legend`` is the mark's entry, ``table`` holds its columns or rows, and all
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
        words: Words | None = None,
    ) -> Any:
        """Add a mark that was made elsewhere; without a style, its entries show a solid line."""
        entries = tuple(
            (entry.place, _swatch(entry, mark.colors[0], "solid", 0.8)) for entry in legend
        )
        self.drawn.append(DrawnMark(mark, tuple(moving), entries, tuple(table), words))
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
        """Add a line, or several lines that look alike if ``x`` and ``y`` have a row for each."""
        look = {"colors": [color], "line_style": style, "stroke_width": width}
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
        words: Words | None = None,
        **options: Any,
    ) -> Any:
        """Add points that look alike, outlined in the page's text colour.

        Whoever points at one of them, or goes there by keys, is told its ``words``.
        """
        look: dict[str, Any] = {
            "colors": [color],
            "marker": marker,
            "default_size": size,
            "stroke": TEXT,
        }
        mark = bqplot.Scatter(x=x, y=y, scales=self.scales, **{**look, **options})
        entry = None if legend is None else _styled(legend, marker)
        return self.add(mark, moving, [entry] if entry else [], table, words)

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
        """Add texts in the page's text colour; they are shown even beyond the axes."""
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
        told = {
            index: (
                shape.legend.place,
                _swatch(shape.legend, shape.color, "area", shape.opacity),
            )
            for index, shape in enumerate(shapes)
            if shape.legend is not None
        }
        table = tuple(shape.table for shape in shapes if shape.table is not None)
        self.drawn.append(
            DrawnMark(mark, tuple(moving), tuple(told.values()), table, shapes=tuple(told))
        )
        return mark

    def move(self, widget: Any, *traits: str) -> None:
        """Register traits of something other than a mark, such as an axis, that change."""
        self._others += [(widget, trait) for trait in traits]

    @property
    def marks(self) -> list[Any]:
        """The marks, from back to front."""
        return [drawn.mark for drawn in self.drawn]

    @property
    def dynamic(self) -> list[Target]:
        """Every trait that an update changes."""
        moved = [(drawn.mark, trait) for drawn in self.drawn for trait in drawn.moving]
        return [*moved, *self._others]

    @property
    def named(self) -> list[Any]:
        """The marks whose points have words."""
        return [drawn.mark for drawn in self.drawn if drawn.words is not None]

    def words(self, shown: Any) -> list[list[str]]:
        """Return what the points of each of the :attr:`named` marks say, computed for ``shown``."""
        return [list(drawn.words(shown)) for drawn in self.drawn if drawn.words is not None]

    def figure(self, axes: Sequence[Any], height: int = 320, **margin: int) -> Any:
        """Return a figure of the marks with ``axes``; ``height`` is in pixels."""
        return figure(self.marks, axes, height, **margin)

    def legend(self) -> ipywidgets.HTML:
        """Return a legend of what is to be seen now, as a widget."""
        return legend(*self.entries())

    def legend_html(self) -> str:
        """Return what the legend says now; it changes with what is drawn."""
        return legend_html(*self.entries())

    def entries(self) -> list[str]:
        """Return the entries of what is to be seen now, each text once."""
        found = sorted(
            (entry for drawn in self.drawn for entry in _present(drawn)),
            key=lambda entry: entry[0],
        )
        return list(dict.fromkeys(html for _, html in found))

    def columns(self, *more: Column) -> list[Column]:
        """Return the marks' columns and ``more``, sorted by place."""
        found = [item for drawn in self.drawn for item in drawn.table if isinstance(item, Column)]
        return sorted([*found, *more], key=lambda column: column.place)

    def rows(self, shown: Any, *more: Rows) -> tuple[tuple[Cell, ...], ...]:
        """Return the marks' rows and ``more``, computed for ``shown`` and sorted by place."""
        found = [item for drawn in self.drawn for item in drawn.table if isinstance(item, Rows)]
        groups = sorted([*found, *more], key=lambda rows: rows.place)
        return tuple(tuple(row) for group in groups for row in group.cells(shown))


def table_of(columns: Sequence[Column], *shown: Any) -> Table:
    """Return a table of ``columns``, with the rows of each of ``shown`` in turn."""
    rows = [
        row for item in shown for row in zip(*(_cells(of, item) for of in columns), strict=True)
    ]
    return Table(tuple(column.head for column in columns), tuple(rows))


def _present(drawn: DrawnMark) -> list[tuple[int, str]]:
    """Return those of a mark's entries of which something is to be seen."""
    if not drawn.entries:
        return []
    rows = seen_rows(drawn.mark)
    if not drawn.shapes:
        return list(drawn.entries) if any(rows) else []
    return [entry for entry, shape in zip(drawn.entries, drawn.shapes, strict=True) if rows[shape]]


def _cells(column: Column, shown: Any) -> list[Cell]:
    return [cell if isinstance(cell, str) else float(cell) for cell in column.cells(shown)]


def _styled(entry: Entry, style: str) -> Entry:
    """Return an entry that has its mark's ``style``, unless it has its own."""
    return entry if entry.style else msgspec.structs.replace(entry, style=style)


def _swatch(entry: Entry, color: str, style: str, opacity: float) -> str:
    """Return an entry as HTML; the other arguments are its mark's look."""
    return swatch(
        entry.text,
        entry.color or color,
        entry.style or style,
        opacity if entry.opacity is None else entry.opacity,
    )
