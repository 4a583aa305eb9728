"""The figures, as Vega-Lite specifications that become inline SVG.

Colours of text, ground and grid are CSS variables of the page, so that one picture serves a light
page, a dark one and paper; those of data are the course's own. A picture is as wide as a phone
and grows with its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import vl_convert

from storagelab.colors import BLUE, GREEN, ORANGE, PURPLE
from storagelab.report import calibration, outcomes
from storagelab.report.tables import Row, Table
from storagelab.units import format_share

Spec = dict[str, Any]

WIDTH = 330
"""Pixels of a picture: a phone's 360 less the margins of the page."""
_BAR = 11
"""Pixels of a bar's height."""
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


def _values(rows: Sequence[Row]) -> Spec:
    return {"values": list(rows)}


def _number(field: str, title: str | None, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _whole_axis(most: float, **more: Any) -> Spec:
    """Return an axis of counts: no half student on it."""
    return {"tickCount": min(int(most), 5) or 1, "format": "d", **more}


def distribution(table: Table) -> Spec:
    """Return the bars of how many students have how much of the points."""
    rows = [row for row in table.rows if row["students"] is not None]
    most = max((row["students"] for row in rows), default=1)
    return {
        "height": 170,
        "data": _values(rows),
        "mark": {"type": "bar", "color": BLUE, "stroke": "var(--ground)"},
        "encoding": {
            "x": _number("from_percent", "points (% of those given out so far)",
                         scale={"domain": [0, 100], "nice": False},
                         axis={"values": list(range(0, 101, 20)), "grid": False}),
            "x2": {"field": "to_percent"},
            "y": _number("students", "students", axis=_whole_axis(most)),
            "y2": {"datum": 0},
        },
    }  # fmt: skip


def _labelled_bars(
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
    x = _number("value", title, scale={"domain": [0, most * 1.12], "nice": False},
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
                "data": _values(bars),
                "mark": "bar",
                "encoding": {"x": x, "x2": {"datum": 0}, "y": {"field": "y", **y},
                             "y2": {"field": "y2"}, "color": color},
            },
            {
                "data": _values(bars),
                "mark": {"type": "text", "align": "left", "dx": 4, "baseline": "middle",
                         "fontSize": 10},
                "encoding": {"x": x, "y": {"field": "middle", **y}, "text": {"field": "text"}},
            },
            {
                "data": _values(labels),
                "mark": {"type": "text", "align": "left", "baseline": "middle", "limit": WIDTH},
                "encoding": {"x": {"value": 0}, "y": {"field": "y", **y},
                             "text": {"field": "label"}},
            },
        ],
    }  # fmt: skip


def beliefs(table: Table) -> Spec:
    """Return how many held each belief of one part before and after."""
    rows = []
    for row in table.rows:
        right = [when for when, flag in (("before", row["right_before"]),
                                         ("after", row["right_after"])) if flag]  # fmt: skip
        mark = "" if not right else " ✓" if len(right) == 2 else f" ✓ {right[0]}"
        rows.append({"label": row["belief"] + mark, "before": row["before"], "after": row["after"]})
    most = max([1, *(row[kind] or 0 for row in rows for kind in ("before", "after"))])
    kinds = {"before": ORANGE, "after": BLUE}
    return _labelled_bars(rows, kinds, "students", most, _whole_axis(most))


def items(table: Table) -> Spec:
    """Return the mean share of points in each cell."""
    rows = [
        {**row, "label": f"{row['notebook']}: {row['cell']}", "value": row["mean_share"] or 0.0,
         "text": "withheld" if row["mean_share"] is None else format_share(row["mean_share"])}
        for row in table.rows
    ]  # fmt: skip
    x = _number("value", "mean share of points", scale={"domain": [0, 1.18], "nice": False},
                axis={"format": "%", "values": [0, 0.5, 1]})  # fmt: skip
    y: Spec = {"field": "label", "type": "nominal", "title": None, "sort": None,
               "axis": {"ticks": False, "labelLimit": 150, "domain": False}}  # fmt: skip
    return {
        "height": 24 * len(rows) + 44,
        "data": _values(rows),
        "layer": [
            {"mark": {"type": "bar", "size": 12, "color": BLUE},
             "encoding": {"x": x, "y": y}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
             "encoding": {"x": x, "y": y, "text": {"field": "text"}}},
        ],
    }  # fmt: skip


def calibrated(table: Table, chance: float) -> Spec:
    """Return the share of right predictions over confidence, with its intervals."""
    rows = [row for row in table.rows if row["share"] is not None]
    edge = calibration.BINS
    line = [{"x": edge[0], "y": chance}, {"x": edge[-1], "y": 1.0}]
    whole = {"domain": [0, 1], "nice": False}
    x = _number("mean_confidence", "stated confidence", scale=whole, axis={"format": "%"})
    y = _number("share", "right", scale=whole, axis={"format": "%"})
    return {
        "height": 250,
        "layer": [
            {
                "data": _values(line),
                "mark": {"type": "line", "color": MUTED, "strokeDash": [5, 4]},
                "encoding": {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}},
            },
            {
                "data": _values(rows),
                "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "data": _values(rows),
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1,
                         "color": BLUE},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": _values(rows),
                "mark": {"type": "text", "align": "right", "dx": -8, "baseline": "middle"},
                "encoding": {"x": x, "y": y, "text": {"field": "predictions"}},
            },
        ],
    }  # fmt: skip


def times(table: Table, planned: float) -> Spec:
    """Return the quartiles of the time in each part, with the planned minutes as a line."""
    rows = [row for row in table.rows if row["median"] is not None]
    most = max([planned, *(row["three_quarters"] for row in rows)]) * 1.05
    x = _number("quarter", "minutes between entries",
                scale={"domain": [0, most], "nice": False})  # fmt: skip
    y: Spec = {"field": "part", "type": "nominal", "title": None, "sort": None,
               "axis": {"ticks": False}}  # fmt: skip
    ticks = {"type": "tick", "thickness": 3, "size": 24}
    return {
        "height": 44 * len(rows) + 40,
        "layer": [
            {
                "data": _values(rows),
                "mark": {"type": "bar", "size": 18, "color": BLUE},
                "encoding": {"x": x, "x2": {"field": "three_quarters"}, "y": y},
            },
            {
                "data": _values(rows),
                "mark": {**ticks, "color": INK},
                "encoding": {"x": {**x, "field": "median"}, "y": y},
            },
            {
                "data": _values([{"at": planned}]),
                "mark": {"type": "rule", "color": ORANGE, "strokeDash": [5, 4],
                         "strokeWidth": 2},
                "encoding": {"x": {**x, "field": "at"}},
            },
        ],
    }  # fmt: skip


KINDS = ("decision, all targets met", "decision, a target missed", "run, all targets met",
         "run, a target missed")  # fmt: skip


def plane(table: Table, cost: str, useful: str, scale: float, aim: float | None) -> Spec:
    """Return a part's strategies in the plane of cost and useful share.

    ``scale`` is the track's units of cost in one of the axis, ``aim`` the share that is asked for.
    """
    rows = [
        {**row, "cost": row["cost"] / scale,
         "series": KINDS[2 * (row["kind"] == outcomes.RUN) + (not row["meets"])]}
        for row in table.rows
    ]  # fmt: skip
    # decisions lie over runs, and a small mark over a large one
    rows.sort(key=lambda row: (row["kind"] == outcomes.DECISION, -row["students"]))
    series = [kind for kind in KINDS if any(row["series"] == kind for row in rows)]
    look = dict(
        zip(KINDS, ((BLUE, "circle"), (ORANGE, "square"),
                    (GREEN, "triangle-up"), (PURPLE, "triangle-down")),
            strict=True)
    )  # fmt: skip
    low = min([row["useful"] for row in rows] + ([aim] if aim is not None else []))
    small = min(row["cost"] for row in rows) < 1  # where the SI's prefixes would be read as units
    number = f"format(datum.value, '{'.3~g' if small else '.3~s'}')"
    x = _number("cost", cost, scale={"type": "log", "nice": False, "padding": 14},
                axis={"labelExpr": f"replace({number}, 'G', 'B')",  # a billion of money
                      "labelOverlap": True, "grid": False})  # fmt: skip
    step = next(step for step, least in ((0.02, 0.88), (0.05, 0.75), (0.1, 0.5), (0.2, -1.0))
                if low >= least)  # fmt: skip
    ticks = [round(1 - step * at, 2) for at in range(round(1 / step) + 1)]
    bottom = max(0.0, low - step)
    y = _number("useful", useful,
                axis={"format": "%", "values": [tick for tick in ticks if tick >= bottom]},
                scale={"domain": [bottom, 1 + step / 4], "nice": False, "zero": False})  # fmt: skip
    layers: list[Spec] = [
        {
            "data": _values(rows),
            "mark": {"type": "point", "filled": True, "opacity": 1, "stroke": "var(--ground)",
                     "strokeWidth": 0.8},
            "encoding": {
                "x": x,
                "y": y,
                "size": {"field": "students", "type": "quantitative", "legend": None,
                         "scale": {"type": "linear", "rangeMin": 45, "rangeMax": 420, "zero": False,
                                   "domainMin": 1}},
                "color": {"field": "series", "type": "nominal",
                          "scale": {"domain": series, "range": [look[kind][0] for kind in series]},
                          "legend": {"columns": 1}},
                "shape": {"field": "series", "type": "nominal",
                          "scale": {"domain": series, "range": [look[kind][1] for kind in series]}},
            },
        }
    ]  # fmt: skip
    if aim is not None:
        layers.insert(0, {
            "data": _values([{"aim": aim}]),
            "mark": {"type": "rule", "color": INK, "strokeDash": [5, 4]},
            "encoding": {"y": {**y, "field": "aim"}},
        })  # fmt: skip
    return {"height": 220 + 18 * len(series), "layer": layers}
