"""TenRuns: the recorded runs as a table and as a plot, and a comparison of two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from html import escape
from itertools import pairwise
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, ORANGE
from storagelab.ledger import FILE_NAME
from storagelab.parts import PARTS, AnyOutcome
from storagelab.parts.formatting import cost_with_period, format_cost, inside
from storagelab.parts.pipeline.experiment import RESOURCES, PipelineOutcome, evaluate_pipelines
from storagelab.schema import Control
from storagelab.tracks import Track, load_track
from storagelab.units import format_share, significant
from storagelab.widgets import shared_styles
from storagelab.widgets.controls import field_label, value_label
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.presets import positions
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import (
    axis,
    caption,
    caption_html,
    heading,
    log_ticks,
    update_traits,
)

Run = Mapping[str, Any]
"""Settings by answer key, in the student's units."""
PRESENT = -1
"""Stands for the present settings among the runs."""
END = 106
"""The end of the axis in per cent, with room beside a run of 100%."""
WIDE, HIGH = 8 / 240 * END, 18 / 250
"""A letter's width in per cent of utilisation and a row's height as a share of the figure.

They are those on the narrowest screen, which has 360 pixels.
"""
POINT = 6 / 240 * END, 7 / 250
"""Half a point's width and height, in the same units."""


def best_run(outcomes: Sequence[AnyOutcome]) -> int | None:
    """Return the index of the cheapest run that meets the target, or None if none does."""
    met = [index for index, outcome in enumerate(outcomes) if not outcome.unmet]
    return min(met, key=lambda index: outcomes[index].cost) if met else None


def cost_range(track: Track) -> tuple[float, float]:
    """Return costs below and above those of all positions of all sliders, with some room."""
    part = track.pipeline
    grids = [
        np.array([part.control(name).to_si(x) for x in part.control(name).values], dtype=float)
        for name in RESOURCES
    ]
    amounts = dict(zip(RESOURCES, np.meshgrid(*grids, indexing="ij", sparse=True), strict=True))
    policies = (
        part.control("policy").values if part.has_control("policy") else [part.fixed["policy"]]
    )
    costs = [evaluate_pipelines(track, **amounts, policy=str(policy)).cost for policy in policies]
    return float(np.min(costs)) / 1.5, float(np.max(costs)) * 1.25


class Name(msgspec.Struct, frozen=True):
    """The numbers of runs whose points are too close for a number each, and their place."""

    x: float
    """The text's middle in per cent of utilisation."""
    height: float
    """The height of the highest of the points, as a share of the figure's height."""
    text: str


def name_points(x: Sequence[float], heights: Sequence[float]) -> list[Name]:
    """Return the runs' numbers, placed so that none covers another or another's point.

    ``x`` is in per cent, ``heights`` are shares of the figure's height. Numbers that would overlap
    are joined, such as ``2–4, 7``, and stand above the highest of their points.
    """
    groups = [[index] for index in range(len(x))]

    def named(group: Sequence[int]) -> Name:
        text = _numbers(group)
        half = WIDE * (len(text) + 1) / 2
        middle = float(np.clip(np.mean([x[index] for index in group]), half, END - half))
        return Name(middle, max(heights[index] for index in group), text)

    def covers(name: Name, group: Sequence[int]) -> bool:
        half = WIDE * (len(name.text) + 1) / 2 + POINT[0]
        # a number stands a row above its point
        return any(
            abs(name.x - x[at]) < half
            and abs(name.height + HIGH - heights[at]) < HIGH / 2 + POINT[1]
            for at in group
        )

    def meet(first: int, second: int) -> bool:
        one, other = names[first], names[second]
        apart = WIDE * (len(one.text) + len(other.text) + 2) / 2
        overlap = abs(one.x - other.x) < apart and abs(one.height - other.height) < HIGH
        return overlap or covers(one, groups[second]) or covers(other, groups[first])

    while True:
        names = [named(group) for group in groups]
        met = next(
            (
                (first, second)
                for first in range(len(groups))
                for second in range(first + 1, len(groups))
                if meet(first, second)
            ),
            None,
        )
        if met is None:
            return names
        groups[met[0]] = sorted(groups[met[0]] + groups.pop(met[1]))


def _numbers(group: Sequence[int]) -> str:
    """Return the runs of sorted indices as numbers from 1, such as ``1, 3–5``."""
    cuts = [0, *(at + 1 for at, (a, b) in enumerate(pairwise(group)) if b > a + 1), len(group)]
    parts = [group[begin:end] for begin, end in pairwise(cuts)]
    return ", ".join(
        str(part[0] + 1) if len(part) == 1 else f"{part[0] + 1}–{part[-1] + 1}" for part in parts
    )


def differing(track: Track, one: Run, other: Run) -> list[Control]:
    """Return the controls that two runs set differently."""
    return [
        item for item in track.pipeline.controls if item.decided
        and one[item.answer] != other[item.answer]
    ]  # fmt: skip


def compare(track: Track, names: tuple[str, str], runs: tuple[Run, Run]) -> str:
    """Return a sentence that compares settings, utilisation and cost of two runs."""
    part = PARTS["pipeline"]
    before, after = (part.judge(track, run) for run in runs)
    first, second = names
    changed = [
        _change(item, *(run[item.answer] for run in runs)) for item in differing(track, *runs)
    ]
    if not changed:
        return f"{_capital(second)} and {first} have the same settings."
    points = 100 * (after.utilization - before.utilization)
    shown = significant(abs(points), 2)
    gained = "the same utilisation"
    if abs(points) >= 0.005:
        more = "more" if points > 0 else "less"
        gained = f"{shown} {'point' if shown == '1' else 'points'} {more} utilisation"
    cost = after.cost - before.cost
    paid = "at the same cost"
    if abs(cost) > 1e-6 * before.cost:
        paid = f"for {cost_with_period(track, abs(cost))} {'more' if cost > 0 else 'less'}"
    listed = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    has = "have" if second.endswith("s") else "has"
    return f"Compared with {first}, {second} {has} {listed}: {gained} {paid}."


def _change(control: Control, before: Any, after: Any) -> str:
    """Describe the change of a setting, such as ``twice the download bandwidth``."""
    label = inside(control.label)
    now, then = value_label(control, after), value_label(control, before)
    if control.kind != "scale":
        return f"“{now}” instead of “{then}”"
    ratio = after / before if before > 0 else 0.0
    if ratio in (0.5, 2.0):
        return f"{'half' if ratio == 0.5 else 'twice'} the {label}"
    if ratio > 2 and float(ratio).is_integer():
        return f"{ratio:g} times the {label}"
    return f"{now} instead of {then} of {label}"


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


class RunsPlot(Instrument):
    """Cost against utilisation, with a numbered point for each run."""

    name = "ten_runs"
    live = False  # the text beside the button is announced instead

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = "Recorded runs: cost against utilisation"
        self.scale = track.currency.axis
        low, high = (cost / self.scale for cost in cost_range(track))
        self.low, self.high = low, high
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=END, allow_padding=False),
            bqplot.LogScale(min=low, max=high, allow_padding=False),
        )
        target = 100 * track.pipeline.target_utilization
        self.drawing.curve(
            [target, target], [low, high], ORANGE, "dashed",
            legend=Entry(f"the target, {format_share(target / 100)}", 1),
        )  # fmt: skip
        self._add_runs()
        self.figure = self.drawing.figure(self._axes(), height=320, left=80, top=26)
        self.figure.axes[1].label_offset = "4.4em"

    def _add_runs(self) -> None:
        """Add the runs, the best among them, and their numbers."""
        utilisation, cost = "utilisation (%)", self.track.currency.label
        self.best = self.drawing.points(
            [], [], GREEN, "diamond", 220, moving=PLACED,
            legend=Entry("the cheapest run that meets it", 3),
        )  # fmt: skip
        self.points = self.drawing.points(
            [], [], BLUE, size=90, names=[], display_names=False,
            tooltip=bqplot.Tooltip(
                fields=["name", "x", "y"],
                labels=["run", utilisation, cost],
                formats=["", ".1f", ",.4~g"],
            ),
            moving=(*PLACED, "names"),
            legend=Entry("a run, by its number", 2),
            table=[
                Column("run", 1, lambda outcomes: range(1, len(outcomes) + 1)),
                Column(utilisation, 3, lambda outcomes: [100 * of.utilization for of in outcomes]),
                Column(cost, 4, lambda outcomes: [of.cost / self.scale for of in outcomes]),
            ],
        )  # fmt: skip
        self.numbers = self.drawing.label(
            [], [], [], "middle", 13, "bold", y_offset=-18, moving=WRITTEN
        )

    def _axes(self) -> list[Any]:
        return [
            axis(
                self.drawing.scales["x"],
                "utilisation (%)",
                tick_values=[0, 20, 40, 60, 80, 100],
            ),
            axis(
                self.drawing.scales["y"],
                self.track.currency.label,
                vertical=True,
                tick_values=log_ticks(self.low, self.high),
                tick_format="," if self.high > 1000 else "~g",
            ),
        ]

    def draw(self, outcomes: Sequence[PipelineOutcome]) -> str:
        """Draw a point for each run, and the best as a diamond."""
        x = np.array([100 * outcome.utilization for outcome in outcomes])
        y = np.array([outcome.cost / self.scale for outcome in outcomes])
        best = best_run(outcomes)
        chosen = [] if best is None else [best]
        update_traits(self.points, x=x, y=y, names=np.array([str(at + 1) for at in range(len(x))]))
        update_traits(self.best, x=x[chosen], y=y[chosen])
        span = np.log(self.high / self.low)
        named = name_points(x.tolist(), (np.log(y / self.low) / span).tolist())
        update_traits(
            self.numbers,
            x=np.array([name.x for name in named]),
            y=np.array([self.low * np.exp(span * name.height) for name in named]),
            text=np.array([name.text for name in named]),
        )
        told = [
            f"run {at + 1}: {format_share(outcome.utilization)} for "
            f"{format_cost(self.track, outcome.cost)}"
            for at, outcome in enumerate(outcomes)
        ]
        return f"{_capital('; '.join(told))}."

    def table(self, outcomes: Sequence[PipelineOutcome]) -> Table:
        """Return each run's settings, utilisation and cost."""
        settings = (
            Column(field_label(control), 2, partial(_settings, control))
            for control in self.track.pipeline.controls
        )
        return table_of(self.drawing.columns(*settings), outcomes)


def _settings(control: Control, outcomes: Sequence[PipelineOutcome]) -> list[Cell]:
    """Return each outcome's value of a control: a number in its unit, or a label."""
    values = [getattr(outcome.settings, control.name) for outcome in outcomes]
    scaled = control.kind == "scale"
    return [value / control.si if scaled else control.label_of(value) for value in values]


class Comparison:
    """The differences of two of the runs, or of a run and the present settings."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self._runs: list[Run] = []
        self._present: Run | None = None
        self._choosing = False
        self.sides = [
            ipywidgets.Dropdown(
                description=text,
                style={"description_width": "8em"},
                layout=shared_styles.layout(width="20em"),
            )
            for text in ("Compare", "with")
        ]
        self.difference = caption()
        self.sides_row = shared_styles.row((), "storagelab-presets")
        self.widget = shared_styles.column([self.sides_row, self.difference])
        for side in self.sides:
            side.observe(lambda change: self._compare(), names="value")

    def update(self, runs: Sequence[Run]) -> None:
        """Offer ``runs``, and compare the last two."""
        self._runs = list(runs)
        self._offer()

    def now(self, run: Run) -> None:
        """Offer the present settings for comparison too."""
        fresh = self._present is None
        self._present = run
        if fresh:
            self._offer(kept=True)
        elif PRESENT in self._picked():
            self._compare()

    def _choices(self) -> list[tuple[str, int]]:
        recorded = [(f"run {at + 1}", at) for at in range(len(self._runs))]
        present = [("the present settings", PRESENT)] if self._present and recorded else []
        return [*recorded, *present]

    def _offer(self, kept: bool = False) -> None:
        """Offer the runs, and choose the last two, or the only one and the present settings.

        The student's choice is ``kept`` if only the present settings were added.
        """
        choices = self._choices()
        if len(choices) < 2:
            self.sides_row.children = ()
            self.difference.value = ""
            return
        self.sides_row.children = self.sides
        runs = [value for _, value in choices if value != PRESENT]
        first: list[int | None] = [*runs[-2:]] if len(runs) > 1 else [runs[-1], PRESENT]
        if kept and len(runs) > 1:
            first = self._picked()
        self._choosing = True
        for side, value in zip(self.sides, first, strict=True):
            side.options = choices
            side.value = value
        self._choosing = False
        self._compare()

    def _compare(self) -> None:
        """Show the differences of the two chosen runs, and their effect."""
        if self._choosing or None in self._picked():
            return
        labels = {value: text for text, value in self._choices()}
        names = [labels[side.value] for side in self.sides]
        one, other = (self._run(side.value) for side in self.sides)
        judged = [PARTS["pipeline"].judge(self.track, run) for run in (one, other)]
        changed = differing(self.track, one, other)
        heads = [*map(field_label, changed), "utilisation", f"cost {self.track.currency.per}"]
        columns = [
            _cells(self.track, run, outcome, changed)
            for run, outcome in zip((one, other), judged, strict=True)
        ]
        rows = list(zip(heads, *columns, strict=True))
        sentence = compare(self.track, (names[0], names[1]), (one, other))
        caption_ = f"What differs between {names[0]} and {names[1]}"
        self.difference.value = caption_html(sentence) + _html(caption_, ["", *names], rows)

    def _run(self, at: int) -> Run:
        return self._present or {} if at == PRESENT else self._runs[at]

    def _picked(self) -> list[int | None]:
        return [side.value for side in self.sides]


class TenRuns:
    """The runs of the ledger, none of which can be removed.

    ``words`` says how many runs there are and stands beside the button that records one.
    ``widget`` holds the table, the plot and the comparison, which are made when there is a run.
    """

    def __init__(self, track: Track) -> None:
        self.track = track
        self.words = caption()
        self.widget = shared_styles.column()
        self._present: Run | None = None
        self.best: int | None = None
        """The index of the cheapest run that meets the target, if one does."""
        self.update([])

    @cached_property
    def listing(self) -> ipywidgets.HTML:
        """The runs as a table."""
        return caption()

    @cached_property
    def plot(self) -> RunsPlot:
        """The runs as points."""
        return RunsPlot(self.track)

    @cached_property
    def comparison(self) -> Comparison:
        """Two of the runs."""
        return Comparison(self.track)

    def update(self, runs: Sequence[Run]) -> None:
        """Show ``runs``, given as answers in the student's units."""
        outcomes = [PARTS["pipeline"].judge(self.track, run) for run in runs]
        self.best = best = best_run(outcomes)
        used = f"{len(runs)} of {self.track.pipeline.runs} runs recorded."
        if best is None:
            verdict = "None meets the target yet." if runs else "Record one when you have a reason."
        else:
            verdict = f"Run {best + 1} is the cheapest that meets the target."
        self.words.value = caption_html(f"{used} {verdict}")
        if not runs:
            self.widget.children = ()
            return
        self.listing.value = self._listed(runs, outcomes, best)
        self.plot.update(outcomes)
        if self._present is not None:
            self.comparison.now(self._present)
        self.comparison.update(runs)
        if not self.widget.children:
            kept = caption()
            kept.value = caption_html(
                f"Kept in {FILE_NAME} beside the notebook; what is recorded can't be taken back.",
                live=False,
            )
            self.widget.children = (
                heading("Recorded runs"), self.listing, kept, self.plot.widget,
                self.comparison.widget,
            )  # fmt: skip

    def now(self, run: Run) -> None:
        """Set the present settings, which can be compared with a run."""
        self._present = run
        if self.widget.children:
            self.comparison.now(run)

    def _listed(
        self, runs: Sequence[Run], outcomes: Sequence[PipelineOutcome], best: int | None
    ) -> str:
        """Return the runs as a table."""
        controls = self.track.pipeline.controls
        heads = [*map(field_label, controls), "utilisation", f"cost {self.track.currency.per}"]
        rows = [
            (f"{at + 1}{' ◆ best' if at == best else ''}", *_cells(self.track, *item, controls))
            for at, item in enumerate(zip(runs, outcomes, strict=True))
        ]
        return _html("What each run had, reached and cost", ["run", *heads], rows)


def _cells(
    track: Track, run: Run, outcome: PipelineOutcome, controls: Sequence[Control]
) -> tuple[str, ...]:
    """Return a run's settings of ``controls``, its utilisation and its cost as text."""
    settings = [
        f"{run[item.answer]:,.10g}" if item.kind == "scale" else item.label_of(run[item.answer])
        for item in controls
    ]
    return (*settings, format_share(outcome.utilization), format_cost(track, outcome.cost))


def _html(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML; each row's first cell is its head."""
    if not rows:
        return ""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    return (
        '<div style="overflow-x:auto;line-height:1.4" tabindex="0" role="region" '
        f'aria-label="{escape(title)}">'
        f'<table class="storagelab-runs"><caption style="text-align:left">{escape(title)}'
        f"</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def ten_runs(track: str = "cloud_titan", runs: Sequence[Run] | None = None) -> ipywidgets.VBox:
    """Return ``runs`` of a track as a table, a figure and a comparison of the last two.

    By default the runs are the crisis and the presets of the track. Raises ``ValueError`` for an
    empty list, and for a run that is no answer of the track.
    """
    loaded = load_track(track)
    if runs is None:
        controls = loaded.pipeline.controls
        told = positions(loaded.pipeline)
        runs = [{item.answer: place.values[item.name] for item in controls} for place in told]
    if not runs:
        raise ValueError("there is nothing to show without a run")
    shown = TenRuns(loaded)
    shown.update(runs)
    if runs:
        shown.plot.on_a_page()
        shown.comparison.sides_row.children = ()
    return shared_styles.column(
        [PageSupport(layout=shared_styles.layout()), shown.widget], "storagelab-workbench"
    )
