"""The recorded runs on a page without a kernel: the widgets that show them, and the sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from storagelab.widgets import shared_styles
from storagelab.widgets.instruments import ten_runs
from storagelab.widgets.presets import BEST_RUN, BEST_WORDS
from storagelab.widgets.run_recorder import NONE_LEFT, RECORD
from storagelab.widgets.theme import caption_html, update_traits
from storagelab.widgets.workbench import Workbench

KEPT = "Kept as long as this page is open; what is recorded can't be taken back."


def show_runs(bench: Workbench) -> tuple[list[Any], dict[str, Any]]:
    """Return the widgets that the page's list of runs needs, and what it has to know besides.

    The plot, the list and the comparison stand on the stage as soon as there is a run.
    """
    recorder, track = bench.recorder, bench.track
    recorder.button.icon = ""  # the theme of the book has no such sign
    shown = recorder.ten_runs
    plot, comparison = shown.plot, shown.comparison
    plot.update([bench.outcome])  # for its legend and the heads of its numbers
    plot.on_a_page()
    marks = [plot.points, plot.below, plot.best, plot.numbers, plot.frontier]
    for mark in marks:  # the legend has what is to be seen, and here all of it will be
        update_traits(mark, x=np.array([90.0, 91.0]), y=np.full(2, plot.high / 2))
    plot.legend.value = plot.drawing.legend_html()
    for mark in marks:
        update_traits(mark, x=np.array([]), y=np.array([]))
    with shared_styles.shared():
        mine = shared_styles.button("auto", description=BEST_RUN)
        parts = shown.parts(KEPT)
    one, other = comparison.sides
    widgets = [
        recorder.button, shown.words, shown.widget, *marks, plot.caption, plot.tools, one, other,
        comparison.sides_row, comparison.difference, mine, bench.presets.row, *parts,
    ]  # fmt: skip
    heads = ten_runs.list_heads(track)
    useful, cost = plot.whole_frontier()
    plan = {
        "most": track.pipeline.runs,
        "record": RECORD,
        "noneLeft": NONE_LEFT,
        "used": ten_runs.USED,
        "best": ten_runs.BEST,
        "none": ten_runs.NONE_RECORDED,
        "missed": ten_runs.NONE_MEETS,
        "closest": ten_runs.CLOSEST,
        "mine": BEST_WORDS,
        "list": ten_runs.frame(ten_runs.LISTED, heads),
        "difference": {
            "heads": heads[1:],
            "caption": caption_html("{text}"),
            "frame": ten_runs.frame(ten_runs.DIFFERS, ["", "run {one}", "run {other}"]),
            **ten_runs.comparison_words(track),
        },
        "plot": {
            "least": ten_runs.LEAST,
            "edge": ten_runs.EDGE,
            "low": plot.low,
            "high": plot.high,
            "scale": plot.scale,
            "atTheEdge": ten_runs.AT_THE_EDGE,
            "wide": ten_runs.WIDE,
            "row": ten_runs.HIGH,
            "point": ten_runs.POINT,
            "begin": ten_runs.BEGIN,
            "end": ten_runs.END,
            "most": track.pipeline.runs,
            "frontier": {"x": useful, "y": cost, "words": plot.least_words()},
        },
    }
    return widgets, plan
