"""The figures of a track: beliefs, confidence, times and strategies. Colours are the course's."""

from __future__ import annotations

from sandgrader.report.charts import (
    INK,
    MUTED,
    Spec,
    labelled_bars,
    number,
    values,
    whole_axis,
)
from sandgrader.report.tables import Table
from storagelab.colors import BLUE, GREEN, ORANGE, PURPLE
from storagelab.report import calibration, outcomes


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
    return labelled_bars(rows, kinds, "students", most, whole_axis(most))


def calibrated(table: Table, chance: float) -> Spec:
    """Return the share of right predictions over confidence, with its intervals."""
    rows = [row for row in table.rows if row["share"] is not None]
    edge = calibration.BINS
    line = [{"x": edge[0], "y": chance}, {"x": edge[-1], "y": 1.0}]
    whole = {"domain": [0, 1], "nice": False}
    x = number("mean_confidence", "stated confidence", scale=whole, axis={"format": "%"})
    y = number("share", "right", scale=whole, axis={"format": "%"})
    return {
        "height": 250,
        "layer": [
            {
                "data": values(line),
                "mark": {"type": "line", "color": MUTED, "strokeDash": [5, 4]},
                "encoding": {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}},
            },
            {
                "data": values(rows),
                "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "data": values(rows),
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1,
                         "color": BLUE},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": values(rows),
                "mark": {"type": "text", "align": "right", "dx": -8, "baseline": "middle"},
                "encoding": {"x": x, "y": y, "text": {"field": "predictions"}},
            },
        ],
    }  # fmt: skip


def times(table: Table, planned: float) -> Spec:
    """Return the quartiles of the time in each part, with the planned minutes as a line."""
    rows = [row for row in table.rows if row["median"] is not None]
    most = max([planned, *(row["three_quarters"] for row in rows)]) * 1.05
    x = number("quarter", "minutes between entries",
                scale={"domain": [0, most], "nice": False})  # fmt: skip
    y: Spec = {"field": "part", "type": "nominal", "title": None, "sort": None,
               "axis": {"ticks": False}}  # fmt: skip
    ticks = {"type": "tick", "thickness": 3, "size": 24}
    return {
        "height": 44 * len(rows) + 40,
        "layer": [
            {
                "data": values(rows),
                "mark": {"type": "bar", "size": 18, "color": BLUE},
                "encoding": {"x": x, "x2": {"field": "three_quarters"}, "y": y},
            },
            {
                "data": values(rows),
                "mark": {**ticks, "color": INK},
                "encoding": {"x": {**x, "field": "median"}, "y": y},
            },
            {
                "data": values([{"at": planned}]),
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
    shown = f"format(datum.value, '{'.3~g' if small else '.3~s'}')"
    x = number("cost", cost, scale={"type": "log", "nice": False, "padding": 14},
                axis={"labelExpr": f"replace({shown}, 'G', 'B')",  # a billion of money
                      "labelOverlap": True, "grid": False})  # fmt: skip
    step = next(step for step, least in ((0.02, 0.88), (0.05, 0.75), (0.1, 0.5), (0.2, -1.0))
                if low >= least)  # fmt: skip
    ticks = [round(1 - step * at, 2) for at in range(round(1 / step) + 1)]
    bottom = max(0.0, low - step)
    y = number("useful", useful,
                axis={"format": "%", "values": [tick for tick in ticks if tick >= bottom]},
                scale={"domain": [bottom, 1 + step / 4], "nice": False, "zero": False})  # fmt: skip
    layers: list[Spec] = [
        {
            "data": values(rows),
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
            "data": values([{"aim": aim}]),
            "mark": {"type": "rule", "color": INK, "strokeDash": [5, 4]},
            "encoding": {"y": {**y, "field": "aim"}},
        })  # fmt: skip
    return {"height": 220 + 18 * len(series), "layer": layers}
