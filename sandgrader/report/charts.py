"""Figures as Vega-Lite specifications that become inline SVG, and those of any class.

Colours of text, ground and grid are CSS variables of the page, so that one picture serves a light
page, a dark one and paper. A picture is as wide as a phone and grows with its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import vl_convert

from sandgrader.report.tables import Row, Table, percent

Spec = dict[str, Any]

WIDTH = 330
"""Pixels of a picture: a phone's 360 less the margins of the page."""
_BAR = 11
"""Pixels of a bar's height."""
BLUE = "#0072B2"
"""Of data: Okabe and Ito (2008), https://jfly.uni-koeln.de/color/."""
INK, MUTED, GRID = "var(--ink)", "var(--muted)", "var(--grid)"

_CONFIG: Spec = {
    "background": "transparent",
    "font": "sans-serif",
    "aria": False,
    "padding": {"left": 2, "right": 12, "top": 2, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": INK, "domainColor": MUTED, "tickColor": MUTED,
        "gridColor": GRID, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": INK, "titleColor": INK, "orient": "top", "direction": "horizontal",
        "labelFontSize": 11, "title": None, "symbolSize": 90, "labelLimit": 220, "columns": 2,
        "symbolStrokeWidth": 0,
    },
    "text": {"color": INK, "fontSize": 11},
}  # fmt: skip


def draw(spec: Spec, words: str) -> str:
    """Return a specification as an inline SVG; ``words`` stand for it where it can't be seen."""
    whole = {"autosize": {"type": "fit", "contains": "padding"}, "width": WIDTH, **spec,
             "config": _CONFIG}  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(whole, vl_version="5.21")
    # one picture to a screen reader: what Vega says of its parts would only be in the way
    svg = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", svg)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[1]} {size[2]}" role="img" '
        f'aria-label="{escape(words)}">'
    )
    return head + svg[svg.index(">") + 1 :]


def values(rows: Sequence[Row]) -> Spec:
    """Return rows as the data of a figure."""
    return {"values": list(rows)}


def number(field: str, title: str | None, **more: Any) -> Spec:
    """Return an encoding by a column of numbers."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def whole_axis(most: float, **more: Any) -> Spec:
    """Return an axis of counts: no half student on it."""
    return {"tickCount": min(int(most), 5) or 1, "format": "d", **more}


def distribution(table: Table) -> Spec:
    """Return the bars of how many students have how much of the points."""
    rows = [row for row in table.rows if row["students"] is not None]
    most = max((row["students"] for row in rows), default=1)
    return {
        "height": 170,
        "data": values(rows),
        "mark": {"type": "bar", "color": BLUE, "stroke": "var(--ground)"},
        "encoding": {
            "x": number("from_percent", "points (% of those given out so far)",
                         scale={"domain": [0, 100], "nice": False},
                         axis={"values": list(range(0, 101, 20)), "grid": False}),
            "x2": {"field": "to_percent"},
            "y": number("students", "students", axis=whole_axis(most)),
            "y2": {"datum": 0},
        },
    }  # fmt: skip


def labelled_bars(
    rows: Sequence[Spec], kinds: dict[str, str], title: str, most: float, axis: Spec
) -> Spec:
    """Return bars under labels: each row has a ``label`` and, by kind, a number or None.

    ``kinds`` gives each kind's colour. Long labels have the whole width, over their bars.
    """
    bars, labels = [], []
    step = 20 + (_BAR + 2) * len(kinds) + 6
    for index, row in enumerate(rows):
        top = index * step
        labels.append({"y": top + 9, "label": row["label"]})
        for place, kind in enumerate(kinds):
            value = row[kind]
            at = top + 18 + place * (_BAR + 2)
            bars.append(
                {
                    "y": at, "y2": at + _BAR, "value": value or 0, "kind": kind,
                    "text": "withheld" if value is None else row.get(f"{kind}_text", str(value)),
                    "middle": at + _BAR / 2,
                }
            )  # fmt: skip
    height = max(step * len(rows), 1)
    y = {"type": "quantitative", "axis": None, "title": None,
         "scale": {"domain": [height, 0], "nice": False, "zero": False}}  # fmt: skip
    x = number("value", title, scale={"domain": [0, most * 1.12], "nice": False},
                axis={"grid": False, **axis})  # fmt: skip
    color: Spec = {
        "field": "kind", "type": "nominal",
        "scale": {"domain": list(kinds), "range": list(kinds.values())},
        "legend": {} if len(kinds) > 1 else None,
    }  # fmt: skip
    return {
        "height": height + 44 + (22 if len(kinds) > 1 else 0),
        "layer": [
            {
                "data": values(bars),
                "mark": "bar",
                "encoding": {"x": x, "x2": {"datum": 0}, "y": {"field": "y", **y},
                             "y2": {"field": "y2"}, "color": color},
            },
            {
                "data": values(bars),
                "mark": {"type": "text", "align": "left", "dx": 4, "baseline": "middle",
                         "fontSize": 10},
                "encoding": {"x": x, "y": {"field": "middle", **y}, "text": {"field": "text"}},
            },
            {
                "data": values(labels),
                "mark": {"type": "text", "align": "left", "baseline": "middle", "limit": WIDTH},
                "encoding": {"x": {"value": 0}, "y": {"field": "y", **y},
                             "text": {"field": "label"}},
            },
        ],
    }  # fmt: skip


def items(table: Table) -> Spec:
    """Return the mean share of points in each cell."""
    rows = [
        {**row, "label": f"{row['notebook']}: {row['cell']}", "value": row["mean_share"] or 0.0,
         "text": "withheld" if row["mean_share"] is None else percent(row["mean_share"])}
        for row in table.rows
    ]  # fmt: skip
    x = number("value", "mean share of points", scale={"domain": [0, 1.18], "nice": False},
                axis={"format": "%", "values": [0, 0.5, 1]})  # fmt: skip
    y: Spec = {"field": "label", "type": "nominal", "title": None, "sort": None,
               "axis": {"ticks": False, "labelLimit": 150, "domain": False}}  # fmt: skip
    return {
        "height": 24 * len(rows) + 44,
        "data": values(rows),
        "layer": [
            {"mark": {"type": "bar", "size": 12, "color": BLUE},
             "encoding": {"x": x, "y": y}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
             "encoding": {"x": x, "y": y, "text": {"field": "text"}}},
        ],
    }  # fmt: skip
