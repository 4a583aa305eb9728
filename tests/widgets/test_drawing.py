"""The legend, the table and the moving traits are derived from the marks alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import bqplot
import numpy as np
import pytest

import storagelab.widgets
from storagelab.colors import BLUE, GREEN, GREY, RED
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.drawing import Column, Drawing, Entry, Rows, Shape, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.instruments.ten_runs import RunsPlot
from storagelab.widgets.theme import rectangle, update_shapes
from storagelab.widgets.workbench import instruments_of

from .benches import EVERY_BENCH, bench_of, built, ends

PACKAGE = Path(storagelab.widgets.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 60
"""The most lines that a constructor may have."""


def drawing() -> Drawing:
    return Drawing(bqplot.LinearScale(), bqplot.LinearScale())


def swatches(html: str) -> list[tuple[Any, Any]]:
    """Return the colours and texts of a legend, in order."""
    entries = re.findall(r"<svg[^>]*>(.*?)</svg> (.*?)</span>", html)
    return [
        (re.search(r'(?:stroke|fill)="((?!none)[^"]+)"', shape)[1], text) for shape, text in entries
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_constructor_is_too_long_to_be_read(path: Any) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            assert (node.end_lineno or 0) - node.lineno < LONGEST, f"{path.name}:{node.lineno}"


def check(shown: Any) -> None:
    """Check that an instrument's legend and moving traits are those of its marks."""
    assert type(shown).dynamic is Instrument.dynamic
    assert type(shown).legend is Instrument.legend
    assert shown.figure.marks == shown.drawing.marks
    placed = (*shown.figure.marks, *shown.figure.axes, *shown.drawing.scales.values())
    seen = {id(item) for item in (*placed, *shown.extras)}
    assert {id(widget) for widget, _ in shown.dynamic} <= seen
    assert len({(id(widget), trait) for widget, trait in shown.dynamic}) == len(shown.dynamic)
    told = swatches(shown.legend.value)
    every = [html for drawn in shown.drawing.drawn for _, html in drawn.entries]
    assert set(told) <= set(swatches("".join(every)))
    assert len({text for _, text in told}) == len(told)
    for drawn in shown.drawing.drawn:
        looks = {*drawn.mark.colors, *getattr(drawn.mark, "fill_colors", ())}
        # an entry that stands for points of several colours is grey
        for color, _ in swatches("".join(html for _, html in drawn.entries)):
            assert color in {*looks, GREY}


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_an_instruments_legend_and_moving_traits_are_its_marks(name: str, part_name: str) -> None:
    for shown in instruments_of(load_track(name), part_name):
        check(shown)


@pytest.mark.parametrize("name", TRACKS)
def test_the_runs_legend_and_moving_traits_are_its_marks(name: str) -> None:
    check(built(RunsPlot, name))


def test_a_mark_carries_its_colour_its_legend_its_column_and_what_moves() -> None:
    made = drawing()
    line = made.curve(
        [0, 1], [0, 0], BLUE, "dashed", moving=("y",), legend=Entry("the second", 2),
        table=[Column("y (m)", 2, lambda shown: shown)],
    )  # fmt: skip
    point = made.points([0], [0], GREEN, "diamond", legend=Entry("the first", 1), moving=("x", "y"))
    axis = bqplot.Axis(scale=made.scales["x"])
    made.move(axis, "visible")
    assert made.figure([axis]).marks == [line, point] == made.marks
    assert made.dynamic == [(line, "y"), (point, "x"), (point, "y"), (axis, "visible")]
    assert swatches(made.legend().value) == [(GREEN, "the first"), (BLUE, "the second")]
    assert "stroke-dasharray" in made.legend().value
    first = Column("place", 1, lambda shown: [f"at {at}" for at in range(len(shown))])
    table = table_of(made.columns(first), np.array([2, 3]), np.array([4]))
    assert table.columns == ("place", "y (m)")
    assert table.rows == (("at 0", 2.0), ("at 1", 3.0), ("at 0", 4.0))


def test_a_legend_lists_what_is_to_be_seen_and_no_more() -> None:
    made = Drawing(bqplot.LinearScale(min=0, max=1), bqplot.LogScale(min=1, max=100))
    made.curve([0, 0], [1, 1], BLUE, legend=Entry("a line", 1), moving=("x",))
    made.points([], [], GREEN, legend=Entry("points", 2), moving=("x", "y"))
    made.areas(
        [Shape("a", RED, legend=Entry("red", 3)), Shape("b", GREY, legend=Entry("grey", 4))],
        moving=("x", "y"),
    )
    line, points, areas = made.marks
    assert swatches(made.legend_html()) == []
    line.x = [0, 1]
    assert swatches(made.legend_html()) == [(BLUE, "a line")]
    line.visible = False
    points.x, points.y = [0.5], [10]
    assert swatches(made.legend_html()) == [(GREEN, "points")]
    points.x = [1.5]  # beyond the axis
    nothing = rectangle(0.5, 0.5, 1, 100)
    update_shapes(areas, [nothing, rectangle(0.2, 0.4, 1, 10)])
    assert swatches(made.legend_html()) == [(GREY, "grey")]
    assert swatches(made.legend().value) == [(GREY, "grey")]
    # a shape that is wholly beyond the figure, and one thinner than a pixel
    update_shapes(areas, [rectangle(2.0, 3.0, 1, 100), rectangle(0.2, 0.200001, 1, 100)])
    assert swatches(made.legend_html()) == []
    update_shapes(areas, [rectangle(0.9, 3.0, 1, 100), nothing])
    assert swatches(made.legend_html()) == [(RED, "red")]


def test_shapes_of_one_meaning_have_one_entry_that_shows_if_one_of_them_does() -> None:
    made = Drawing(bqplot.LinearScale(min=0, max=1), bqplot.LinearScale(min=0, max=1))
    entry = Entry("both", 1)
    mark = made.areas([Shape("a", RED, legend=entry), Shape("b", RED, legend=entry)])
    for shown in ((0, 0), (1, 0), (0, 1), (1, 1)):
        update_shapes(mark, [rectangle(0, edge, 0, 1) for edge in shown])
        assert swatches(made.legend_html()) == [(RED, "both")] * any(shown)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_the_legend_follows_an_update_and_plays_on_a_page(name: str, part_name: str) -> None:
    bench = bench_of(name, part_name)
    for position in ends(bench.content.controls):
        bench.set(**position)
        for shown in bench.instruments:
            assert shown.legend.value == shown.drawing.legend_html()
            assert (shown.legend, "value") in shown.targets()


def test_shapes_are_one_mark_and_each_has_its_entry_and_its_rows() -> None:
    made = drawing()
    mark = made.areas(
        [
            Shape(
                "late", RED, 0.25, Entry("too late", 2), Rows(2, lambda shown: [("late", shown)])
            ),
            Shape("in time", GREEN, table=Rows(1, lambda shown: [("in time", 1 - shown)])),
        ],
        corners=7,
        moving=("x",),
    )
    assert made.marks == [mark]
    assert mark.x.shape == mark.y.shape == (2, 7)
    assert (mark.labels, mark.fill_opacities) == (["late", "in time"], [0.25, 0.85])
    assert made.dynamic == [(mark, "x")]
    assert swatches(made.legend().value) == []
    mark.x, mark.y = (
        np.tile(corners, (2, 1)) for corners in ([0, 0, 1, 1, 1, 1, 1], [0, 1] * 3 + [0])
    )
    assert swatches(made.legend().value) == [(RED, "too late")]
    assert 'fill-opacity="0.25"' in made.legend().value
    more = Rows(3, lambda shown: [("all", 1.0)])
    assert made.rows(0.25, more) == (("in time", 0.75), ("late", 0.25), ("all", 1.0))


def test_columns_of_different_lengths_are_no_table() -> None:
    columns = [Column("a", 1, lambda shown: [1.0]), Column("b", 2, lambda shown: [1.0, 2.0])]
    with pytest.raises(ValueError, match="longer"):
        table_of(columns, None)
