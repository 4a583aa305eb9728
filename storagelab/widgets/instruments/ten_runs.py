"""TenRuns: the recorded runs as a table and as a plot, and a comparison of two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from html import escape
from itertools import pairwise, permutations
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, GREY, ORANGE
from storagelab.ledger import FILE_NAME
from storagelab.parts import PARTS, AnyOutcome
from storagelab.parts.formatting import cost_forms, cost_with_period, format_cost, inside
from storagelab.parts.pipeline.experiment import PipelineOutcome, frontier, on_the_sliders
from storagelab.schema import Control
from storagelab.tracks import Track, load_track
from storagelab.units import Form, format_share, significant
from storagelab.widgets import shared_styles
from storagelab.widgets.controls import field_label, value_label
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.presets import positions
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import (
    GROUND,
    axis,
    caption,
    caption_html,
    heading,
    log_ticks,
    update_traits,
)

Run = Mapping[str, Any]
"""Settings by answer key, in the student's units."""
LEAST = 80
"""Per cent below which runs stand at the edge: a plot from 0 piles up what matters."""
BEGIN, EDGE, END = 78.0, 79.0, 101.5
"""The ends of the axis in per cent, with room beside a run of 100%, and where the others stand."""
WIDE, HIGH = 8 / 240 * (END - BEGIN), 18 / 250
"""A letter's width in per cent of utilisation and a row's height as a share of the figure.

They are those on the narrowest screen, which has 360 pixels.
"""
POINT = 6 / 240 * (END - BEGIN), 7 / 250
"""Half a point's width and height, in the same units."""


USED = "{count} of {most} runs recorded."
BEST = "Run {run} is the cheapest that meets the target."
NONE_RECORDED = "Record one when you have a reason."
NONE_MEETS = "None meets the target yet."
CLOSEST = (
    "None meets the target, and no run is left: decide for run {run}, which comes closest, and say "
    "in the reflection what it lacks."
)
LISTED = "What each run had, reached and cost"
DIFFERS = "What differs between run {one} and run {other}"
SAME_SETTINGS = "Run {other} and run {one} have the same settings."
COMPARED = "Compared with run {one}, run {other} has {changes}: {gained} {paid}."
SAME_USE, SAME_COST = "the same {useful}", "at the same cost"
GAINED, PAID = "{points} {noun} {more} {useful}", "for {cost} {more}"
NOUNS = ("point", "points")
MORE, LESS = "more", "less"
NO_POINTS, NO_COST = 0.005, 1e-6
"""Points of utilisation, and a share of the cost, that are no difference."""
POINTS_DIGITS = 2
AT_THE_EDGE = "Below {least}%, at the left edge: {runs}."


def nearest_run(outcomes: Sequence[AnyOutcome]) -> int:
    """Return the index of the run that misses the fewest limits, and of those the most useful."""
    return max(
        range(len(outcomes)), key=lambda at: (-len(outcomes[at].unmet), outcomes[at].utilization)
    )


def best_run(outcomes: Sequence[AnyOutcome]) -> int | None:
    """Return the index of the cheapest run that meets the target, or None if none does."""
    met = [index for index, outcome in enumerate(outcomes) if not outcome.unmet]
    return min(met, key=lambda index: outcomes[index].cost) if met else None


def cost_range(track: Track) -> tuple[float, float]:
    """Return costs below and above those of all positions of all sliders, with some room."""
    costs = [feeds.cost for feeds in on_the_sliders(track)]
    return min(float(np.min(cost)) for cost in costs) / 1.5, max(
        float(np.max(cost)) for cost in costs
    ) * 1.25


class Name(msgspec.Struct, frozen=True):
    """The numbers of runs whose points are too close for a number each, and their place."""

    x: float
    """The text's middle in per cent of utilisation."""
    height: float
    """The height of the highest of the points, as a share of the figure's height."""
    text: str
    edge: bool
    """Whether one of the points stands at the edge, for less than the axis has."""


def name_points(x: Sequence[float], heights: Sequence[float]) -> list[Name]:
    """Return the runs' numbers, placed so that none covers another or another's point.

    ``x`` is in per cent, or ``EDGE``; ``heights`` are shares of the figure's height. Numbers that
    would overlap are joined, such as ``2–4, 7``, and stand above the highest of their points.
    """
    groups = [[index] for index in range(len(x))]

    def named(group: Sequence[int]) -> Name:
        text = _numbers(group)
        half = WIDE * (len(text) + 1) / 2
        mean = np.mean([x[index] for index in group])
        middle = float(np.clip(mean, BEGIN + half, END - half))
        highest = max(heights[index] for index in group)
        return Name(middle, highest, text, any(x[index] < LEAST for index in group))

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


def compare(track: Track, numbers: tuple[int, int], runs: tuple[Run, Run]) -> str:
    """Return a sentence that compares settings, utilisation and cost of two runs.

    A page without a kernel writes the same one, from what :func:`comparison_words` has.
    """
    part = PARTS["pipeline"]
    before, after = (part.judge(track, run) for run in runs)
    one, other = numbers
    changed = [
        _change(item, *(run[item.answer] for run in runs)) for item in differing(track, *runs)
    ]
    if not changed:
        return SAME_SETTINGS.format(one=one, other=other)
    points = 100 * after.utilization - 100 * before.utilization
    shown = significant(abs(points), POINTS_DIGITS)
    useful = track.pipeline.useful_name
    gained = SAME_USE.format(useful=useful)
    if abs(points) >= NO_POINTS:
        noun, more = NOUNS[shown != "1"], MORE if points > 0 else LESS
        gained = GAINED.format(points=shown, noun=noun, more=more, useful=useful)
    cost = after.cost - before.cost
    paid = SAME_COST
    if abs(cost) > NO_COST * before.cost:
        more = MORE if cost > 0 else LESS
        paid = PAID.format(cost=cost_with_period(track, abs(cost)), more=more)
    listed = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    return COMPARED.format(one=one, other=other, changes=listed, gained=gained, paid=paid)


def comparison_words(track: Track) -> dict[str, Any]:
    """Return what :func:`compare` is made of, for a page without a kernel."""
    useful = track.pipeline.useful_name
    return {
        "same": SAME_SETTINGS,
        "compared": COMPARED,
        "sameUse": SAME_USE.format(useful=useful),
        "sameCost": SAME_COST,
        "gained": GAINED,
        "useful": useful,
        "nouns": NOUNS,
        "more": [LESS, MORE],
        "paid": PAID.replace("{cost}", f"{{cost}} {track.currency.per}".strip()),
        "noPoints": NO_POINTS,
        "noCost": NO_COST,
        "pointsForm": Form(0.0, 1.0, POINTS_DIGITS, 0, "{number}"),
        "costForms": cost_forms(track),
        "changes": [_changes(item) if item.decided else None for item in track.pipeline.controls],
    }


def _changes(control: Control) -> dict[str, Any]:
    """Return what :func:`_change` says of each two positions of a control.

    Most of it is a sentence with both values in it; ``apart`` has the others, by position from
    and to.
    """
    labels = [value_label(control, value) for value in control.values]
    sentence = _instead(control)
    apart: dict[str, str] = {}
    for (at, before), (to, after) in permutations(enumerate(control.values), 2):
        said = _change(control, before, after)
        if said != sentence.format(now=labels[to], before=labels[at]):
            apart[f"{at},{to}"] = said
    return {"labels": labels, "instead": sentence, "apart": apart}


def _instead(control: Control) -> str:
    if control.kind != "scale":
        return "“{now}” instead of “{before}”"
    return f"{{now}} instead of {{before}} of {inside(control.label)}"


def _change(control: Control, before: Any, after: Any) -> str:
    """Describe the change of a setting, such as ``twice the download bandwidth``."""
    label = inside(control.label)
    ratio = after / before if control.kind == "scale" and before > 0 else 0.0
    if ratio in (0.5, 2.0):
        return f"{'half' if ratio == 0.5 else 'twice'} the {label}"
    if ratio > 2 and float(ratio).is_integer():
        return f"{ratio:g} times the {label}"
    now, was = value_label(control, after), value_label(control, before)
    return _instead(control).format(now=now, before=was)


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


class RunsPlot(Instrument):
    """Cost against utilisation, with a numbered point for each run.

    Once no run is left, the frontier of everything that the sliders allow is drawn beside them.
    """

    name = "ten_runs"
    live = False  # the text beside the button is announced instead

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.useful = f"{track.pipeline.useful_name} (%)"
        self.title = f"Recorded runs: cost against {track.pipeline.useful_name}"
        self.scale = track.currency.axis
        low, high = (cost / self.scale for cost in cost_range(track))
        self.low, self.high = low, high
        self.drawing = Drawing(
            bqplot.LinearScale(min=BEGIN, max=END, allow_padding=False),
            bqplot.LogScale(min=low, max=high, allow_padding=False),
        )
        target = 100 * track.pipeline.target_utilization
        self.drawing.curve(
            [target, target], [low, high], ORANGE, "dashed",
            legend=Entry(f"the target, {format_share(target / 100)}", 1),
        )  # fmt: skip
        self.drawing.curve([LEAST, LEAST], [low, high], GREY, "dotted", 1)
        self.frontier = self.drawing.curve(
            [], [], GREY, "solid", 2, moving=PLACED,
            legend=Entry("the cheapest run of so much or more, once none is left", 4),
        )  # fmt: skip
        self._add_runs()
        self.figure = self.drawing.figure(self._axes(), height=320, left=80, top=26)
        self.figure.axes[1].label_offset = "4.4em"

    def _add_runs(self) -> None:
        """Add the runs, the best among them, and their numbers; pointing tells what they are."""
        told = bqplot.Tooltip(fields=["name"], show_labels=False)
        utilisation, cost = self.useful, self.track.currency.label
        self.best = self.drawing.points(
            [], [], GREEN, "diamond", 220, moving=PLACED,
            legend=Entry("the cheapest run that meets it", 3),
        )  # fmt: skip
        self.points = self.drawing.points(
            [], [], BLUE, size=90, names=[], display_names=False, tooltip=told,
            moving=(*PLACED, "names"),
            legend=Entry("a run, by its number", 2),
            table=[
                Column("run", 1, lambda outcomes: range(1, len(outcomes) + 1)),
                Column(utilisation, 3, lambda outcomes: [100 * of.utilization for of in outcomes]),
                Column(cost, 4, lambda outcomes: [of.cost / self.scale for of in outcomes]),
            ],
        )  # fmt: skip
        self.below = self.drawing.points(
            [], [], GROUND, "square", 90, names=[], display_names=False, tooltip=told,
            stroke=BLUE, moving=(*PLACED, "names"),
            legend=Entry(f"◂ a run below {LEAST}%", 2),
        )  # fmt: skip
        self.numbers = self.drawing.label(
            [], [], [], "middle", 13, "bold", y_offset=-18, moving=WRITTEN
        )

    def _axes(self) -> list[Any]:
        return [
            axis(
                self.drawing.scales["x"],
                self.useful,
                tick_values=[80, 85, 90, 95, 100],
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
        useful = np.array([100 * outcome.utilization for outcome in outcomes])
        inside = useful >= LEAST
        x = np.where(inside, useful, EDGE)
        y = np.array([outcome.cost / self.scale for outcome in outcomes])
        best = best_run(outcomes)
        chosen = [] if best is None else [best]
        names = np.array([self._told(at, outcome) for at, outcome in enumerate(outcomes)])
        for mark, shown in ((self.points, inside), (self.below, ~inside)):
            update_traits(mark, x=x[shown], y=y[shown], names=names[shown])
        update_traits(self.best, x=x[chosen], y=y[chosen])
        span = np.log(self.high / self.low)
        named = name_points(x.tolist(), (np.log(y / self.low) / span).tolist())
        update_traits(
            self.numbers,
            x=np.array([name.x for name in named]),
            y=np.array([self.low * np.exp(span * name.height) for name in named]),
            text=np.array([f"◂{name.text}" if name.edge else name.text for name in named]),
        )
        line = self._draw_frontier(outcomes)
        told = f"{_capital('; '.join(names))}."
        if not inside.all():
            left = _numbers(np.flatnonzero(~inside).tolist())
            told += f" {AT_THE_EDGE.format(least=LEAST, runs=left)}"
        return f"{told} {line}".strip()

    def _told(self, at: int, outcome: PipelineOutcome) -> str:
        """Return a run's number, share and cost as text."""
        return f"run {at + 1}: {_reached(self.track, outcome)}"

    def _draw_frontier(self, outcomes: Sequence[PipelineOutcome]) -> str:
        """Draw the least cost of each utilisation or more, but only when no run is left.

        Return what is seen there in words.
        """
        if len(outcomes) < self.track.pipeline.runs:
            update_traits(self.frontier, x=np.array([]), y=np.array([]))
            return ""
        x, y = self.whole_frontier()
        update_traits(self.frontier, x=np.array(x), y=np.array(y))
        return self.least_words()

    def whole_frontier(self) -> tuple[list[float], list[float]]:
        """Return the corners of the line of the least cost: per cent, and the axis' unit."""
        useful, cost = frontier(self.track)
        # whatever is asked for up to a position costs as much as that position
        x = np.concatenate([[0.0], np.repeat(100 * useful, 2)[:-1]])
        return np.maximum(x, BEGIN).tolist(), np.repeat(cost / self.scale, 2).tolist()

    def least_words(self) -> str:
        """Return what the least cost of meeting the target is."""
        useful, cost = frontier(self.track)
        target = self.track.pipeline.target_utilization
        least = format_cost(self.track, float(cost[useful >= target][0]))
        return f"At the least, {format_share(target)} or more can be had for {least}."

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
    """The differences of two of the runs."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self._runs: list[Run] = []
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
        if len(runs) < 2:
            self.sides_row.children = ()
            self.difference.value = ""
            return
        self.sides_row.children = self.sides
        self._choosing = True
        for side, value in zip(self.sides, (len(runs) - 2, len(runs) - 1), strict=True):
            side.options = [(f"run {at + 1}", at) for at in range(len(runs))]
            side.value = value
        self._choosing = False
        self._compare()

    def _compare(self) -> None:
        """Show the differences of the two chosen runs, and their effect."""
        picked = [side.value for side in self.sides]
        if self._choosing or None in picked:
            return
        numbers = (picked[0] + 1, picked[1] + 1)
        one, other = (self._runs[at] for at in picked)
        judged = [PARTS["pipeline"].judge(self.track, run) for run in (one, other)]
        changed = differing(self.track, one, other)
        names = [*map(field_label, changed), *_results(self.track)]
        columns = [
            _cells(self.track, run, outcome, changed)
            for run, outcome in zip((one, other), judged, strict=True)
        ]
        rows = list(zip(names, *columns, strict=True))
        sentence = compare(self.track, numbers, (one, other))
        caption_ = DIFFERS.format(one=numbers[0], other=numbers[1])
        heads = ["", *(f"run {number}" for number in numbers)]
        self.difference.value = caption_html(sentence) + _html(caption_, heads, rows)


class TenRuns:
    """The runs of the ledger, none of which can be removed.

    ``words`` says how many runs there are and stands beside the button that records one.
    ``widget`` holds the table, the plot and the comparison, which are made when there is a run.
    """

    def __init__(self, track: Track) -> None:
        self.track = track
        self.words = caption()
        self.widget = shared_styles.column()
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
        most = self.track.pipeline.runs
        if best is not None:
            verdict = BEST.format(run=best + 1)
        elif not runs:
            verdict = NONE_RECORDED
        elif len(runs) < most:
            verdict = NONE_MEETS
        else:
            verdict = CLOSEST.format(run=nearest_run(outcomes) + 1)
        used = USED.format(count=len(runs), most=most)
        self.words.value = caption_html(f"{used} {verdict}")
        if not runs:
            self.widget.children = ()
            return
        self.listing.value = self._listed(runs, outcomes, best)
        self.plot.update(outcomes)
        self.comparison.update(runs)
        if not self.widget.children:
            self.widget.children = self.parts(
                f"Kept in {FILE_NAME} beside the notebook; what is recorded can't be taken back."
            )

    def parts(self, kept: str) -> tuple[Any, ...]:
        """Return what stands one below the other once there is a run; ``kept`` says where it is."""
        words = caption()
        words.value = caption_html(kept, live=False)
        title = heading("Recorded runs")
        return (title, self.listing, words, self.plot.widget, self.comparison.widget)

    def _listed(
        self, runs: Sequence[Run], outcomes: Sequence[PipelineOutcome], best: int | None
    ) -> str:
        """Return the runs as a table."""
        controls = self.track.pipeline.controls
        rows = [
            (f"{at + 1}{' ◆ best' if at == best else ''}", *_cells(self.track, *item, controls))
            for at, item in enumerate(zip(runs, outcomes, strict=True))
        ]
        return _html(LISTED, list_heads(self.track), rows)


def list_heads(track: Track) -> list[str]:
    """Return the heads of the list of runs."""
    return ["run", *map(field_label, track.pipeline.controls), *_results(track)]


def _results(track: Track) -> list[str]:
    """Return the heads of what runs came to."""
    return [track.pipeline.useful_name, f"cost {track.currency.per}".strip(), "misses"]


def _cells(
    track: Track, run: Run, outcome: PipelineOutcome, controls: Sequence[Control]
) -> tuple[str, ...]:
    """Return a run's settings of ``controls``, and what they came to, as text."""
    settings = [
        f"{run[item.answer]:,.10g}" if item.kind == "scale" else item.label_of(run[item.answer])
        for item in controls
    ]
    missed = ", ".join(PARTS["pipeline"].limit(name).label for name in outcome.unmet)
    came_to = (format_share(outcome.utilization), format_cost(track, outcome.cost))
    return (*settings, *came_to, missed or "nothing")


def came_to(track: Track, run: Run, outcome: PipelineOutcome) -> list[Any]:
    """Return what a page without a kernel has to know of a run to list it and to draw it.

    Its cells in the list, its share in per cent, its cost in SI, how many limits it misses, and
    what its point says behind its number. Two of them are compared, so that each of their digits
    counts.
    """
    return [
        list(_cells(track, run, outcome, track.pipeline.controls)),
        100 * outcome.utilization,
        outcome.cost,
        len(outcome.unmet),
        _reached(track, outcome),
    ]


def _reached(track: Track, outcome: PipelineOutcome) -> str:
    """Return a run's share and cost as text."""
    return f"{format_share(outcome.utilization)} for {format_cost(track, outcome.cost)}"


def _html(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML; each row's first cell is its head."""
    if not rows:
        return ""
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    return frame(title, heads).replace("{rows}", body)


def frame(title: str, heads: Sequence[str]) -> str:
    """Return a table as HTML with ``{rows}`` in the place of its rows."""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    return (
        '<div style="overflow-x:auto;line-height:1.4" tabindex="0" role="region" '
        f'aria-label="{escape(title)}">'
        f'<table class="storagelab-runs"><caption style="text-align:left">{escape(title)}'
        f"</caption><thead><tr>{columns}</tr></thead><tbody>{{rows}}</tbody></table></div>"
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
