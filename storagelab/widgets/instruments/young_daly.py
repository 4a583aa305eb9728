"""YoungDaly: what a checkpoint interval wastes, how sure that is, and where the storage crashes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from storagelab.parts.checkpoint.experiment import (
    JOBS,
    CheckpointOutcome,
    OverheadBand,
    evaluate_checkpoint,
    overhead_band,
    overhead_curve,
)
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.tracks import Track
from storagelab.units import format_share, format_time
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    figure,
    legend,
    log_ticks,
    polygons,
    put,
    rectangle,
    steps,
    swatch,
)

_FAR = 10
"""Heights of the figure at which a curve without end is drawn, out of sight: a page's JSON has
no infinity."""
_PLAYED = 10
"""Intervals at which jobs are simulated."""
_BETWEEN = 10
"""Points of a curve from one of them to the next."""
_SAME = 0.015
"""The share of the axis within which two intervals are one mark: some pixels."""
_ROW = 0.052
"""The share of the figure's height that a line of text takes."""


class Overheads(msgspec.Struct, frozen=True):
    """The curves of one dump time and one MTBF, as shares of the work, unclipped."""

    intervals: np.ndarray
    """Seconds."""
    shares: dict[str, np.ndarray]
    """At each interval: ``dump``, ``lost``, ``restart``, ``total``."""
    at: np.ndarray
    """The intervals, by their index, at which jobs are simulated."""
    played: OverheadBand
    """Of simulated jobs, there."""
    low: np.ndarray
    """The tenth percentile of simulated jobs at each interval; infinite where they never end."""
    high: np.ndarray
    """The ninetieth."""


def grid(track: Track) -> np.ndarray:
    """Return the seconds of each interval that is drawn, evenly over the slider's decades."""
    control = track.checkpoint.control("interval")
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    return np.geomspace(low, high, _BETWEEN * (_PLAYED - 1) + 1)


def usual(track: Track, outcome: CheckpointOutcome) -> CheckpointOutcome:
    """Return the outcome of the same settings at the failure rate that the slider starts with."""
    control = track.checkpoint.control("node_mtbf")
    settings = replace(outcome.settings, node_mtbf=float(control.to_si(control.default)))
    return outcome if settings == outcome.settings else evaluate_checkpoint(track, settings)


def overheads(
    track: Track, settings: CheckpointSettings, intervals: np.ndarray, top: float
) -> Overheads:
    """Return the curves of some settings, whatever interval they have, at a track's grid.

    Jobs are simulated at every tenth interval, where the overhead is at most half as much again
    as the share ``top`` that can be seen. Between these the percentiles' distance from the mean is
    interpolated, and beyond them it stays.
    """
    shares = overhead_curve(track, settings, intervals)
    total = shares["total"]
    at = np.arange(0, intervals.size, _BETWEEN)
    at = at[total[at] <= 1.5 * top]
    if not at.size:
        nothing = np.empty(0)
        return Overheads(
            intervals, shares, at, OverheadBand(nothing, nothing, nothing), total, total
        )
    played = overhead_band(track, settings, intervals[at])
    places = np.arange(intervals.size)
    low, high = (
        total + np.interp(places, at, percentile - total[at])
        for percentile in (played.low, played.high)
    )
    return Overheads(intervals, shares, at, played, low, high)


class Flag(msgspec.Struct, frozen=True):
    """An interval that is marked, and what it is called there."""

    interval: float
    text: str


def best_flags(outcome: CheckpointOutcome, same: float) -> list[Flag]:
    """Return the exact, Daly's and Young's best interval, those within the factor ``same`` as one.

    The exact one comes first, and a mark that stands for several is at the exact one, or Daly's.
    Where one stands for all three it is the optimum: their names would be wider than a telephone.
    """
    flags: list[tuple[float, list[str]]] = []
    for name, interval in (
        ("exact", outcome.optimum),
        ("Daly", outcome.daly),
        ("Young", outcome.young),
    ):
        for place, names in flags:
            if max(place / interval, interval / place) <= same:
                names.insert(0, name)
                break
        else:
            flags.append((interval, [name]))
    return [
        Flag(place, f"{'optimum' if len(names) == 3 else '≈'.join(names)} {format_time(place)}")
        for place, names in flags
    ]


def leaving(intervals: np.ndarray, shares: np.ndarray, top: float) -> tuple[float, float] | None:
    """Return the seconds from and to which a curve with one dip stays below ``top``.

    The ends of ``intervals`` where it is below ``top`` there; nothing where it never is. All
    three are positive, ``shares`` and ``top`` in the same unit.
    """
    below = np.flatnonzero(shares <= top)
    if not below.size:
        return None
    ends = []
    for inside, outside in ((below[0], below[0] - 1), (below[-1], below[-1] + 1)):
        if not (0 <= outside < intervals.size and np.isfinite(shares[outside])):
            ends.append(float(intervals[inside]))
            continue
        low, high = np.log(shares[inside]), np.log(shares[outside])
        way = (np.log(top) - low) / (high - low)
        ends.append(float(intervals[inside] * (intervals[outside] / intervals[inside]) ** way))
    return ends[0], ends[1]


class YoungDaly(Instrument):
    """Overhead against interval: dumps, lost work and restarts, their sum, and the marks."""

    name = "young_daly"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        control = track.checkpoint.control("interval")
        terms = track.terms
        self.title = f"Young-Daly: overhead against {terms.dump} interval"
        self.si, self.top = control.si, track.checkpoint.plot_top
        self.low, self.high = float(control.values[0]), float(control.values[-1])
        self.intervals = grid(track)
        self.shown = self.intervals / self.si
        self.same = (self.high / self.low) ** _SAME
        x, y = (
            bqplot.LogScale(min=self.low, max=self.high),
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
        )
        scales = {"x": x, "y": y}

        def line(color: str, style: str, width: float = 2.5) -> bqplot.Lines:
            return bqplot.Lines(
                x=self.shown, y=np.zeros_like(self.shown), scales=scales, colors=[color],
                line_style=style, stroke_width=width,
            )  # fmt: skip

        self.curves = {
            "dump": line(ORANGE, "dashed"),
            "lost": line(PURPLE, "dotted"),
            "restart": line(GREEN, "dash_dotted", width=2),
            "total": line(BLUE, "solid", width=4),
        }
        self.before = line(GREY, "solid", width=2)
        self.band = polygons([BLUE], scales, ["simulated jobs"], 0.22, 2 * self.shown.size)
        self.limits = polygons([RED, RED], scales, ["crashes", "wears out"], 0.14)
        self.played = bqplot.Scatter(
            x=[self.low], y=[0.0], scales=scales, colors=[BLUE], stroke=TEXT, default_size=22,
        )  # fmt: skip
        self.poles, self.rules = (
            bqplot.Lines(
                x=np.full((2, 2), self.low), y=np.zeros((2, 2)), scales=scales, colors=colors,
                line_style=style, stroke_width=2,
            )
            for colors, style in (([TEXT, GREY], "dashed"), ([TEXT, TEXT], "dotted"))
        )  # fmt: skip
        self.optima = bqplot.Scatter(
            x=[self.low], y=[0.0], scales=scales, colors=[TEXT], stroke=TEXT,
            default_size=60, marker="circle", apply_clip=False,
        )  # fmt: skip
        self.off = bqplot.Scatter(
            x=[self.low], y=[self.top], scales=scales, colors=[BLUE], stroke=TEXT,
            default_size=70, marker="triangle-up", apply_clip=False,
        )  # fmt: skip
        self.point = bqplot.Scatter(
            x=[self.low], y=[0.0], scales=scales, colors=[BLUE], stroke=TEXT,
            default_size=150, marker="diamond", apply_clip=False,
        )  # fmt: skip
        self.texts = {
            align: bqplot.Label(
                x=[self.low], y=[0.0], text=[""], scales=scales, align=align, colors=[TEXT],
                default_size=11, font_weight="normal", x_offset=offset, apply_clip=False,
            )
            for align, offset in (("start", 4), ("end", -4))
        }  # fmt: skip
        self.figure = figure(
            [
                self.limits, self.band, self.poles, self.rules, self.before,
                *self.curves.values(), self.played, self.optima, self.off, self.point,
                *self.texts.values(),
            ],
            [
                axis(
                    x,
                    f"work between {terms.dumps} ({control.unit})",
                    tick_values=log_ticks(1.1 * self.low, self.high, most=7),
                    tick_format="~g",
                ),
                axis(y, "overhead (% of the work)", vertical=True, tick_values=steps(0, self.top)),
            ],
            height=420,
        )  # fmt: skip
        self.legend = legend(
            swatch("all overhead, on average", BLUE),
            swatch(f"four in five of {JOBS} simulated runs, and their mean", BLUE, "area", 0.22),
            swatch(terms.dumps, ORANGE, "dashed"),
            swatch("lost work, done again", PURPLE, "dotted"),
            swatch("restarts", GREEN, "dash_dotted"),
            swatch("all overhead at the usual failure rate", GREY),
            swatch("least overhead", TEXT, "dot"),
            swatch("the storage crashes or wears out", RED, "area", opacity=0.14),
            swatch("goes on above the figure", BLUE, "triangle"),
            swatch("you", BLUE, "point"),
        )
        self.dynamic = [
            *((curve, "y") for curve in self.curves.values()),
            *((self.before, trait) for trait in ("y", "visible")),
            *((shape, trait) for shape in (self.band, self.limits) for trait in ("x", "y")),
            *((lines, trait) for lines in (self.poles, self.rules) for trait in ("x", "y")),
            *(
                (dots, trait)
                for dots in (self.played, self.optima, self.off)
                for trait in ("x", "y")
            ),
            *((self.point, trait) for trait in ("x", "y", "marker")),
            *((label, trait) for label in self.texts.values() for trait in ("x", "y", "text")),
        ]
        self._drawn: CheckpointSettings | None = None
        self._saved: CheckpointSettings | None = None

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw the curves at the present dump time and MTBF, and the marks."""
        # the interval's slider leaves all curves as they are, and the MTBF's the usual one
        settings = replace(outcome.settings, interval=self.intervals[0])
        saved = replace(settings, node_mtbf=1.0)
        if self._saved != saved:
            self._saved, self.calm = saved, usual(self.track, outcome)
            self.calm_total = overhead_curve(self.track, self.calm.settings, self.intervals)[
                "total"
            ]
        if self._drawn != settings:
            self._drawn, self.moved = settings, self.calm.mtbf != outcome.mtbf
            self.seen = overheads(self.track, settings, self.intervals, self.top / 100)
            self._draw_curves(outcome.optimum)
            self._draw_marks(outcome)
        overhead = 100 * outcome.wasted / outcome.solve_time
        put(
            self.point,
            x=np.array([outcome.settings.interval / self.si]),
            y=np.array([min(overhead, self.top)]),
            marker="diamond" if overhead <= self.top else "triangle-up",
        )
        return self._words(outcome)

    def _height(self, shares: Any) -> Any:
        """Return shares of the work as heights in the figure, finite and at most far above it."""
        return np.minimum(100 * shares, _FAR * self.top)

    def _draw_curves(self, optimum: float) -> None:
        seen = self.seen
        for name, curve in self.curves.items():
            put(curve, y=self._height(seen.shares[name]))
        put(self.before, y=self._height(self.calm_total), visible=self.moved)
        low, high = self._height(seen.low), self._height(seen.high)
        put(
            self.band,
            x=np.concatenate([self.shown, self.shown[::-1]]),
            y=np.concatenate([low, high[::-1]]),
        )
        self.inside = leaving(seen.intervals, seen.shares["total"], self.top / 100)
        first, last = seen.intervals[0], seen.intervals[-1]
        if self.inside:
            ends = [at for at in self.inside if first < at < last]
        else:
            ends = [float(np.clip(optimum, first, last))]
        put(self.off, x=np.array(ends) / self.si, y=np.full(len(ends), self.top))
        mean = 100 * seen.played.mean
        inside = mean <= self.top
        put(self.played, x=self.shown[seen.at][inside], y=mean[inside])

    def _at(self, interval: float) -> float:
        """Return where an interval in seconds stands on the axis: outside of it, at its edge."""
        return float(np.clip(interval / self.si, self.low, self.high))

    def _draw_marks(self, outcome: CheckpointOutcome) -> None:
        """Mark the limits and the best intervals, each with its text in a row of its own."""
        limits = {
            "the storage crashes": outcome.storm_interval,
            "the storage wears out": outcome.wear_interval,
        }
        edges = [self._at(limit) for limit in limits.values()]
        outlines = [rectangle(self.low, edge, 0.0, self.top) for edge in edges]
        put(
            self.limits,
            x=np.array([outline[0] for outline in outlines]),
            y=np.array([outline[1] for outline in outlines]),
        )
        rows = [
            (edge, f"◂ {words}" if edge < self._middle else words, True)
            for edge, words in zip(edges, limits, strict=True)
            if edge > self.low * (1 + 1e-9)
        ]
        flags = best_flags(outcome, self.same)
        marked = [(flag.interval, flag.text) for flag in flags]
        optima = [outcome]
        if self.moved:
            marked.append((self.calm.optimum, f"usually {format_time(self.calm.optimum)}"))
            optima.append(self.calm)
        for interval, text in marked:
            ahead = "◂ " if interval / self.si < self.low else ""
            behind = " ▸" if interval / self.si > self.high else ""
            rows.append((self._at(interval), f"{ahead}{text}{behind}", False))
        heights = [self.top * (1 - _ROW * (index + 0.8)) for index in range(len(rows))]
        self._draw_poles(rows, heights, len(flags))
        for align, label in self.texts.items():
            chosen = [
                (at, height, text)
                for (at, text, _), height in zip(rows, heights, strict=True)
                if (at < self._middle) == (align == "start")
            ]
            put(
                label,
                x=np.array([at for at, _, _ in chosen]),
                y=np.array([height for _, height, _ in chosen]),
                text=[text for _, _, text in chosen],
            )
        least = [100 * item.best_wall_time / item.solve_time - 100 for item in optima]
        inside = [
            (self._at(item.optimum), height)
            for item, height in zip(optima, least, strict=True)
            if height <= self.top and self.low <= item.optimum / self.si <= self.high
        ]
        put(
            self.optima,
            x=np.array([at for at, _ in inside]),
            y=np.array([height for _, height in inside]),
        )

    @property
    def _middle(self) -> float:
        return math.sqrt(self.low * self.high)

    def _draw_poles(self, rows: list[Any], heights: list[float], bests: int) -> None:
        """Draw a line under each best interval's text; what isn't there has no length."""
        first = len([row for row in rows if row[2]])
        found = [(rows[index][0], heights[index]) for index in range(first, len(rows))]
        nowhere, room = (found[0][0], 0.0), 0.3 * _ROW * self.top
        old = found[bests] if len(found) > bests else nowhere
        others = [*found[1:bests], nowhere, nowhere][:2]
        for lines, ends in ((self.poles, [found[0], old]), (self.rules, others)):
            put(
                lines,
                x=np.array([[at, at] for at, _ in ends]),
                y=np.array([[0.0, max(0.0, height - room)] for _, height in ends]),
            )

    def _words(self, outcome: CheckpointOutcome) -> str:
        terms, work = self.track.terms, outcome.solve_time
        every = f"With a {terms.dump} every {format_time(outcome.settings.interval)}"
        sentences = []
        if math.isfinite(outcome.wall_time):
            parts = {name: format_share(outcome.parts[name] / work) for name in outcome.parts}
            above = ", above the figure" if 100 * outcome.wasted / work > self.top else ""
            sentences.append(
                f"{every} the overhead is {format_share(outcome.wasted / work)} of the work on "
                f"average{above}: {parts['dump']} for {terms.dumps}, {parts['lost']} lost and done "
                f"again, {parts['restart']} for restarts."
            )
            if not above:
                at = np.log(outcome.settings.interval)
                low, high = (
                    format_share(float(np.interp(at, np.log(self.intervals), side)))
                    for side in (self.seen.low, self.seen.high)
                )
                sentences.append(
                    f"Four in five of {JOBS} simulated runs lose about {low} to {high}."
                )
        else:
            sentences.append(f"{every} the overhead is without end, above the figure.")
        sentences += [self._best_words(outcome), *self._off_words()]
        shortest = max(outcome.storm_interval, outcome.wear_interval)
        crashes = f"the storage holds down to {format_time(shortest)}"
        if "storage" in outcome.unmet:
            crashes = f"the storage crashes below {format_time(outcome.storm_interval)}"
        elif "wear" in outcome.unmet:
            crashes = f"the storage wears out below {format_time(outcome.wear_interval)}"
        sentences.append(f"A {terms.dump} takes {format_time(outcome.dump_time)}, and {crashes}.")
        return " ".join(sentences)

    def _off_words(self) -> list[str]:
        """Return where the curve is off the figure, if it is."""
        if self.inside is None:
            return [f"All of the average lies above the figure, which ends at {self.top:g}%."]
        (low, high), seen = self.inside, self.seen.intervals
        where = [f"below {format_time(low)}"] if low > seen[0] else []
        where += [f"beyond {format_time(high)}"] if high < seen[-1] else []
        if not where:
            return []
        return [f"The average leaves the figure, at {self.top:g}%, {' and '.join(where)}."]

    def _best_words(self, outcome: CheckpointOutcome) -> str:
        """Return where the overhead is least, by whom, and how the failure rate has moved it."""
        work = outcome.solve_time
        rules = f"Young: {format_time(outcome.young)}, Daly: {format_time(outcome.daly)}"
        if not math.isfinite(outcome.best_wall_time):
            return f"At no interval does {self.track.terms.run} ever end ({rules})."
        least = outcome.best_wall_time / work - 1
        words = (
            f"The least, {format_share(least)}, is at {format_time(outcome.optimum)} exactly "
            f"({rules})."
        )
        if not self.moved:
            return words
        was = self.calm.best_wall_time / work - 1
        amount = format_share(was) if math.isfinite(was) else "no end"
        return (
            f"{words} At the usual failure rate, one in {format_time(self.calm.mtbf)} instead of "
            f"{format_time(outcome.mtbf)}, it is {amount} at {format_time(self.calm.optimum)}."
        )

    def table(self, outcome: CheckpointOutcome) -> Table:
        """Return the curves at the simulated intervals, and at the chosen and the best one."""
        calm = usual(self.track, outcome)
        intervals = self.intervals[::_BETWEEN]
        now, before = (
            overhead_curve(self.track, settings, intervals)
            for settings in (outcome.settings, calm.settings)
        )
        band = overhead_band(self.track, outcome.settings, intervals)
        columns = (
            intervals / self.si,
            *(100 * share for share in now.values()),
            100 * band.low,
            100 * band.mean,
            100 * band.high,
            100 * before["total"],
        )
        rows: list[tuple[str | float, ...]] = [
            (*(float(cell) for cell in row), "") for row in zip(*columns, strict=True)
        ]
        marked = {
            "you": outcome.settings.interval,
            "best": outcome.optimum,
            "Young": outcome.young,
            "Daly": outcome.daly,
            "usually best": calm.optimum,
        }
        at = np.array(list(marked.values()))
        now, before = (
            overhead_curve(self.track, settings, at)
            for settings in (outcome.settings, calm.settings)
        )
        rows += [
            (
                interval / self.si,
                *(100 * float(share[index]) for share in now.values()),
                *("", "", ""),
                100 * float(before["total"][index]),
                name,
            )
            for index, (name, interval) in enumerate(marked.items())
        ]
        dumps = self.track.terms.dumps
        unit = self.track.checkpoint.control("interval").unit
        return Table(
            (
                f"interval ({unit})",
                f"{dumps} (% of the work)",
                "lost work (% of the work)",
                "restarts (% of the work)",
                "all (% of the work)",
                f"10th percentile of {JOBS} simulated runs (% of the work)",
                "their mean (% of the work)",
                "90th percentile (% of the work)",
                "all, at the usual failure rate (% of the work)",
                "mark",
            ),
            tuple(sorted(rows, key=lambda row: float(row[0]))),
        )


def young_daly(
    track: str = "cloud_titan", moving: str | None = "interval", **settings: Any
) -> ipywidgets.VBox:
    """Return the overhead against the interval of a track, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`.
    """
    return picture(lambda loaded: [YoungDaly(loaded)], "checkpoint", track, moving, **settings)
