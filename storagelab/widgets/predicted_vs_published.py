"""Predicted against published: all published figures against the models, in one plot."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import BLUE, GREY, ORANGE, RED
from storagelab.units import format_bandwidth, format_bytes, format_time, significant
from storagelab.validation import Case, by_tests, headline
from storagelab.widgets.drawing import Drawing, Entry
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.theme import (
    axis,
    caption,
    caption_html,
    heading,
)

LOW, HIGH = 0.4, 10.0
"""The ratios of predicted to published at the ends of the axis."""
LEAST, MOST = 1e-2, 1e14
"""The published figures at the ends of the axis, in SI units."""
SURE = {
    "read": "read in the source",
    "second-hand": "second-hand",
    "memory": "from memory, not looked up",
}
"""How a table says how sure a published figure is."""


def groups(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Return the cases in the plot's groups: what is missed, and what is met by what it tests."""
    met = by_tests([case for case in cases if case.met])
    return {"missed": [case for case in cases if not case.met], **met}


def summary(cases: Sequence[Case]) -> str:
    """Return a description of the plot."""
    parted = groups(cases)
    errors = np.array([abs(case.error) for case in parted["prediction"]])
    missed = "; ".join(
        f"{case.name}, {significant(1 + case.error, 3)} times" for case in parted["missed"]
    )
    return (
        f"{headline(cases)} Of the {len(errors)} predictions that are met, half are within "
        f"{significant(100 * float(np.median(errors)), 2)}% and the worst is off by "
        f"{significant(100 * float(errors.max()), 2)}%. Missed, with the model's figure over the "
        f"published one: {missed}."
    )


def predicted_vs_published(cases: Sequence[Case]) -> ipywidgets.VBox:
    """Return the plot of predicted over published figures, with its legend and caption."""
    drawing = Drawing(bqplot.LogScale(min=LEAST, max=MOST), bqplot.LogScale(min=LOW, max=HIGH))
    drawing.curve(
        [LEAST, MOST], [1.0, 1.0], GREY, "dashed", legend=Entry("model and figure agree", 2)
    )
    looks = {
        "missed": (RED, "diamond", 100, "missed"),
        "prediction": (BLUE, "circle", 50, "met: a prediction"),
        "identity": (GREY, "cross", 40, "met: an identity of two measured columns"),
        "arithmetic": (ORANGE, "square", 40, "met: the source computed or advises it"),
    }
    for name, group in groups(cases).items():
        color, marker, size, said = looks[name]
        drawing.points(
            [case.published for case in group],
            [case.predicted / case.published for case in group],
            color,
            marker,
            size,
            stroke_width=0.5,
            default_opacities=[0.7],
            legend=Entry(said, 1),
        )
    words = caption()
    words.value = caption_html(summary(cases), live=False)
    box = ipywidgets.VBox(
        [
            heading("Measured against predicted"),
            drawing.figure(_axes(drawing), height=380),
            drawing.legend(),
            words,
            PageSupport(),
        ]
    )
    box.add_class("storagelab-workbench")
    return box


def _axes(drawing: Drawing) -> list[Any]:
    powers = (0, 3, 6, 9, 12)
    return [
        axis(
            drawing.scales["x"],
            "published figure, in SI units",
            tick_values=[10.0**power for power in powers],
            tick_labels={f"{10**power}": f"1e{power}" if power else "1" for power in powers},
            tick_format=".0f",
        ),
        axis(
            drawing.scales["y"],
            "model over published",
            vertical=True,
            tick_values=[0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0],
            tick_format=".1f",
        ),
    ]


def table(cases: Sequence[Case], label: str) -> str:
    """Return the cases as an HTML table called ``label``, in the order given."""
    rows = "".join(
        "<tr>"
        f'<th scope="row">{escape(case.name)}'
        f"<small><br><code>{case.model}</code><br>{escape(case.source)}</small></th>"
        f"<td>{figure_of(case, case.published)}</td>"
        f"<td>{figure_of(case, case.predicted)}</td>"
        f"<td>{100 * case.error:+.2f}%</td>"
        f"<td>{'met' if case.met else 'missed'}<small><br>"
        f"±{significant(100 * case.tolerance)}%</small></td>"
        f"<td>{case.tests}<small><br>{SURE[case.sure]}</small></td>"
        "</tr>"
        for case in cases
    )
    heads = (
        "case, model and source",
        "published",
        "model says",
        "error",
        "result",
        "what it tests, how sure",
    )
    return (
        f'<div class="storagelab-cases" tabindex="0" role="region" aria-label="{escape(label)}">'
        "<table><thead><tr>"
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def figure_of(case: Case, value: float) -> str:
    """Return a figure of the case as readable text with its unit."""
    if case.unit == "1/s":
        return f"{significant(value, 5)}/s"
    forms = {"s": format_time, "B": format_bytes, "B/s": format_bandwidth, "": significant}
    return forms[case.unit](value)


def explained(case: Case) -> str:
    """Return an explanation of a missed case, as Markdown."""
    return (
        f"**{case.name}**: published {figure_of(case, case.published)}, the model says "
        f"{figure_of(case, case.predicted)} ({100 * case.error:+.0f}%). {case.why}"
    )
