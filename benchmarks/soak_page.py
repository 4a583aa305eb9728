"""The page and the plot of what ``make soak`` measured: ``docs/soak.json`` in words."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import fill
from typing import Any

import vl_convert

from storagelab.colors import BLUE, GREY

RESULTS = Path("docs") / "soak.json"
PAGE = Path("docs") / "soak.md"
PLOT = Path("docs") / "soak.svg"

_PAGE = """\
# A class of a thousand

What `make soak` measured on a machine with {cores} cores and Python {python}: submissions of
`{track}`, each three notebooks, as the demo class's students hand them in (the one whose code
never ends isn't among them: who waits for a limit measures the limit). The page is made of
[what was measured](soak.json); a test fails where it says anything else.

## The class

{submissions:,} submissions in {minutes:.1f} minutes, with {workers} workers: {per_minute:.0f} a
minute. {failed} failed. {same}

## Workers

![Submissions graded a minute against workers, with the gradebook's ceiling](soak.svg)

{by_workers} submissions for each row; the time is that of the whole command, its start (imports,
and a try of the reference solution) included.

| workers | a minute | times one worker's | seconds |
|---:|---:|---:|---:|
{rows}
| *the gradebook's ceiling* | *{ceiling:.0f}* | *{ceiling_ratio:.1f}* | |

Workers beyond the machine's {cores} cores share them and gain nothing. On more cores, or with
`--scheduler` on more machines, throughput grows until the one process that writes is busy all the
time. That is the ceiling; it was measured by giving that process {ceiling_submissions:,}
submissions whose cells had been run before, with nothing beside it. It writes {ceiling:.0f} a
minute, {ceiling_first:.0f} over the first {stretch} and {ceiling_last:.0f} over the last {stretch}:
some {useful} workers as fast as those of the class above keep it busy, and more gain nothing.
Writing is nbgrader's own work (its preprocessors, its gradebook, here in SQLite, a file for each
notebook), and that one process does it is what makes a submission's grades one transaction.
"""


def page(found: dict[str, Any]) -> str:
    """Return the page of what was measured."""
    whole, ceiling, steps = found["class"], found["ceiling"], found["by_workers"]
    alone = steps[0]["per_minute"]
    rows = "\n".join(
        f"| {step['workers']} | {step['per_minute']:.0f} | {step['per_minute'] / alone:.1f} "
        f"| {step['seconds']:.0f} |"
        for step in steps
    )
    same = "The same work had the same score every time."
    text = _PAGE.format(
        cores=found["cores"],
        python=found["python"],
        track=found["track"],
        submissions=whole["submissions"],
        minutes=whole["seconds"] / 60,
        workers=whole["workers"],
        per_minute=whole["per_minute"],
        failed=whole["failed"] or "None",
        same=same if found["same_work_same_score"] else "The same work had different scores.",
        by_workers=steps[0]["submissions"],
        rows=rows,
        ceiling=ceiling["per_minute"],
        ceiling_ratio=ceiling["per_minute"] / alone,
        ceiling_submissions=ceiling["submissions"],
        ceiling_first=ceiling["first_per_minute"],
        ceiling_last=ceiling["last_per_minute"],
        stretch=ceiling["stretch"],
        useful=round(ceiling["per_minute"] * whole["workers"] / whole["per_minute"]),
    )
    # numbers are longer or shorter than their names
    blocks = text.rstrip().split("\n\n")
    return (
        "\n\n".join(
            block if block[0] in "#!|" else fill(block, 96, break_on_hyphens=False)
            for block in blocks
        )
        + "\n"
    )


def plot(found: dict[str, Any]) -> str:
    """Return throughput against workers as an SVG, on white so that a dark page can show it."""
    most = max(step["workers"] for step in found["by_workers"])
    ceiling = found["ceiling"]["per_minute"]
    x = {
        "field": "workers",
        "type": "quantitative",
        "axis": {"values": list(range(1, most + 1)), "format": "d", "grid": False},
        "scale": {"domain": [0.5, most + 0.5], "nice": False},
    }
    y = {
        "field": "per_minute",
        "type": "quantitative",
        "title": "submissions a minute",
        "scale": {"domain": [0, 1.15 * ceiling], "nice": False},
    }
    number = {"field": "per_minute", "type": "quantitative", "format": ".0f"}

    def layer(data: list[dict[str, Any]], mark: dict[str, Any], **encoding: Any) -> dict[str, Any]:
        return {"data": {"values": data}, "mark": mark, "encoding": encoding}

    measured = found["by_workers"]
    limit = [{"workers": 0.5, "per_minute": ceiling}]
    words = f"the gradebook's ceiling: {ceiling:.0f}"
    spec = {
        "width": 420,
        "height": 260,
        "background": "white",
        "layer": [
            layer(limit, {"type": "rule", "strokeDash": [6, 4], "color": GREY, "size": 2}, y=y),
            layer(limit, {"type": "text", "align": "left", "dx": 6, "dy": -8, "text": words},
                  x=x, y=y),
            layer(measured, {"type": "line", "color": BLUE}, x=x, y=y),
            layer(measured, {"type": "circle", "size": 80, "color": BLUE, "opacity": 1}, x=x, y=y),
            layer(measured, {"type": "text", "dy": -14}, x=x, y=y, text=number),
        ],
        "config": {
            "font": "sans-serif",
            "view": {"stroke": None},
            "text": {"fontSize": 12},
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
        },
    }  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version="5.21")
    return svg


def write_page(root: Path) -> None:
    """Write the page and the plot of what was measured last."""
    found = json.loads((root / RESULTS).read_text(encoding="utf-8"))
    (root / PAGE).write_text(page(found), encoding="utf-8")
    (root / PLOT).write_text(plot(found) + "\n", encoding="utf-8")
