"""YoungDaly: what a checkpoint interval wastes, how sure that is, and where the storage crashes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    log_ticks,
    rectangle,
    steps,
    update_traits,
)

_FAR = 10
"""Where infinite values are drawn, in heights of the figure: a page's JSON can't hold infinity."""
_PLAYED = 10
"""The number of intervals at which jobs are simulated."""
_BETWEEN = 10
"""The number of points of a curve from one of them to the next."""
_SAME = 0.015
"""Intervals closer than this share of the axis, a few pixels, get one mark."""
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
    """The overheads of simulated jobs at these intervals."""
    low: np.ndarray
    """The tenth percentile of simulated jobs at each interval; infinite where they never end."""
    high: np.ndarray
    """The ninetieth percentile."""


def grid(track: Track) -> np.ndarray:
    """Return the intervals that are drawn in seconds, evenly spaced over the slider's decades."""
    control = track.checkpoint.control("interval")
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    return np.geomspace(low, high, _BETWEEN * (_PLAYED - 1) + 1)


def usual(track: Track, outcome: CheckpointOutcome) -> CheckpointOutcome:
    """Return the outcome of the same settings at the default failure rate."""
    control = track.checkpoint.control("node_mtbf")
    settings = replace(outcome.settings, node_mtbf=float(control.to_si(control.default)))
    return outcome if settings == outcome.settings else evaluate_checkpoint(track, settings)


def overheads(
    track: Track, settings: CheckpointSettings, intervals: np.ndarray, top: float
) -> Overheads:
    """Return the curves of some settings at ``intervals``, whatever interval they have.

    Jobs are simulated at every tenth interval whose overhead is at most 1.5 times ``top``, the
    largest share that is visible. Between these, the percentiles' distance from the mean is
    interpolated; beyond them, it stays constant.
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
    """A marked interval and its text."""

    interval: float
    text: str


def best_flags(outcome: CheckpointOutcome, same: float) -> list[Flag]:
    """Return marks for the exact, Daly's and Young's best interval.

    Those within the factor ``same`` share a mark, which stands at the exact one or at Daly's. One
    for all three is called the optimum, because their names would be too wide for a telephone.
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

    These are the ends of ``intervals`` if the curve is still below ``top`` there, and None if it
    never is. All arguments are positive; ``shares`` and ``top`` are in the same unit.
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


class _Listed(msgspec.Struct, frozen=True):
    """The content of the table: overheads at some intervals, as shares of the work."""

    intervals: np.ndarray
    """Seconds."""
    now: dict[str, np.ndarray]
    before: dict[str, np.ndarray]
    """At the usual failure rate."""
    band: OverheadBand | None
    """The overheads of simulated jobs, or None if none are simulated."""
    names: Sequence[str]
    """The intervals' names, which may be empty."""


def _share(head: str, place: int, shares: Callable[[_Listed], np.ndarray]) -> Column:
    """Return a column of shares of the work in per cent."""
    return Column(f"{head} (% of the work)", place, lambda shown: 100 * shares(shown))


def _simulated(head: str, place: int, shares: Callable[[OverheadBand], np.ndarray]) -> Column:
    """Return a column of shares that is empty if no jobs are simulated."""

    def cells(shown: _Listed) -> Iterable[Cell]:
        return [""] * len(shown.intervals) if shown.band is None else 100 * shares(shown.band)

    return Column(f"{head} (% of the work)", place, cells)


class YoungDaly(Instrument):
    """Overhead against interval: dumps, lost work and restarts, their sum, and the optima."""

    name = "young_daly"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        control = track.checkpoint.control("interval")
        self.title = f"Young-Daly: overhead against {track.terms.dump} interval"
        self.si, self.top = control.si, track.checkpoint.plot_top
        self.low, self.high = float(control.values[0]), float(control.values[-1])
        self.intervals = grid(track)
        self.shown = self.intervals / self.si
        self.same = (self.high / self.low) ** _SAME
        self.drawing = Drawing(
            bqplot.LogScale(min=self.low, max=self.high),
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
        )
        self._add_surfaces()
        self._add_poles_and_rules()
        self._add_lines()
        self._add_points()
        self.texts = {
            align: self.drawing.label(
                [self.low], [0.0], [""], align, 11, x_offset=offset, moving=WRITTEN
            )
            for align, offset in (("start", 4), ("end", -4))
        }
        self.figure = self.drawing.figure(self._axes(), height=420)
        self._drawn: CheckpointSettings | None = None
        self._saved: CheckpointSettings | None = None

    def _add_surfaces(self) -> None:
        """Add the areas of intervals that the storage can't bear, and of simulated runs."""
        crash = Entry("the storage crashes or wears out", 8)
        self.limits = self.drawing.areas(
            [Shape("crashes", RED, 0.14, crash), Shape("wears out", RED, 0.14)],
            moving=PLACED,
        )
        simulated = f"four in five of {JOBS} simulated runs, and their mean"
        self.band = self.drawing.areas(
            [Shape("simulated jobs", BLUE, 0.22, Entry(simulated, 2))],
            corners=2 * self.shown.size,
            moving=PLACED,
        )

    def _add_poles_and_rules(self) -> None:
        """Add vertical lines at the best intervals: the exact ones, and those of the rules."""
        x, y = np.full((2, 2), self.low), np.zeros((2, 2))
        self.poles = self.drawing.curve(x, y, TEXT, "dashed", colors=[TEXT, GREY], moving=PLACED)
        self.rules = self.drawing.curve(x, y, TEXT, "dotted", moving=PLACED)

    def _add_lines(self) -> None:
        """Add the overhead, its parts, and the overhead at the usual failure rate."""
        dumps = self.track.terms.dumps

        def line(
            color: str, style: str, width: float, said: Entry, column: Column, *moving: str
        ) -> Any:
            return self.drawing.curve(
                self.shown, np.zeros_like(self.shown), color, style, width,
                moving=("y", *moving), legend=said, table=[column],
            )  # fmt: skip

        def share(head: str, place: int, part: str) -> Column:
            return _share(head, place, lambda shown: shown.now[part])

        self.before = line(
            GREY, "solid", 2, Entry("all overhead at the usual failure rate", 6),
            _share("all, at the usual failure rate", 9, lambda shown: shown.before["total"]),
            "visible",
        )  # fmt: skip
        self.curves = {
            "dump": line(ORANGE, "dashed", 2.5, Entry(dumps, 3), share(dumps, 2, "dump")),
            "lost": line(
                PURPLE, "dotted", 2.5, Entry("lost work, done again", 4),
                share("lost work", 3, "lost"),
            ),
            "restart": line(
                GREEN, "dash_dotted", 2, Entry("restarts", 5), share("restarts", 4, "restart")
            ),
            "total": line(
                BLUE, "solid", 4, Entry("all overhead, on average", 1), share("all", 5, "total")
            ),
        }  # fmt: skip

    def _add_points(self) -> None:
        """Add the simulated runs' means, the least overheads, and the present point."""
        low = [self.low]
        self.played = self.drawing.points(
            low, [0.0], BLUE, size=22, moving=PLACED,
            table=[
                _simulated(
                    f"10th percentile of {JOBS} simulated runs", 6, lambda band: band.low
                ),
                _simulated("their mean", 7, lambda band: band.mean),
                _simulated("90th percentile", 8, lambda band: band.high),
            ],
        )  # fmt: skip
        self.optima = self.drawing.points(
            low, [0.0], TEXT, "circle", 60, apply_clip=False, moving=PLACED,
            legend=Entry("least overhead", 7),
        )  # fmt: skip
        self.off = self.drawing.points(
            low, [self.top], BLUE, "triangle-up", 70, apply_clip=False, moving=PLACED,
            legend=Entry("goes on above the figure", 9),
        )  # fmt: skip
        self.point = self.drawing.points(
            low, [0.0], BLUE, "diamond", 150, apply_clip=False, moving=(*PLACED, "marker"),
            legend=Entry("you", 10),
        )  # fmt: skip

    def _axes(self) -> list[Any]:
        unit = self.track.checkpoint.control("interval").unit
        return [
            axis(
                self.drawing.scales["x"],
                f"work between {self.track.terms.dumps} ({unit})",
                tick_values=log_ticks(1.1 * self.low, self.high, most=7),
                tick_format="~g",
            ),
            axis(
                self.drawing.scales["y"],
                "overhead (% of the work)",
                vertical=True,
                tick_values=steps(0, self.top),
            ),
        ]

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw the curves at the present dump time and MTBF, and the marks."""
        # the curves don't depend on the interval, and the usual one doesn't depend on the MTBF
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
        update_traits(
            self.point,
            x=np.array([outcome.settings.interval / self.si]),
            y=np.array([min(overhead, self.top)]),
            marker="diamond" if overhead <= self.top else "triangle-up",
        )
        return self._words(outcome)

    def _height(self, shares: np.ndarray) -> np.ndarray:
        """Return shares of the work as finite heights in the figure."""
        return np.asarray(np.minimum(100 * shares, _FAR * self.top))

    def _draw_curves(self, optimum: float) -> None:
        seen = self.seen
        for name, curve in self.curves.items():
            update_traits(curve, y=self._height(seen.shares[name]))
        update_traits(self.before, y=self._height(self.calm_total), visible=self.moved)
        low, high = self._height(seen.low), self._height(seen.high)
        update_traits(
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
        update_traits(self.off, x=np.array(ends) / self.si, y=np.full(len(ends), self.top))
        mean = 100 * seen.played.mean
        inside = mean <= self.top
        update_traits(self.played, x=self.shown[seen.at][inside], y=mean[inside])

    def _at(self, interval: float) -> float:
        """Return the place on the axis of an interval in seconds, clipped to the ends."""
        return float(np.clip(interval / self.si, self.low, self.high))

    def _draw_marks(self, outcome: CheckpointOutcome) -> None:
        """Mark the limits and the best intervals, each with its text in a row of its own."""
        limits = {
            "the storage crashes": outcome.storm_interval,
            "the storage wears out": outcome.wear_interval,
        }
        edges = [self._at(limit) for limit in limits.values()]
        outlines = [rectangle(self.low, edge, 0.0, self.top) for edge in edges]
        update_traits(
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
            update_traits(
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
        update_traits(
            self.optima,
            x=np.array([at for at, _ in inside]),
            y=np.array([height for _, height in inside]),
        )

    @property
    def _middle(self) -> float:
        return math.sqrt(self.low * self.high)

    def _draw_poles(
        self, rows: list[tuple[float, str, bool]], heights: list[float], bests: int
    ) -> None:
        """Draw a line under each best interval's text; unused lines have no length."""
        first = len([row for row in rows if row[2]])
        found = [(rows[index][0], heights[index]) for index in range(first, len(rows))]
        nowhere, room = (found[0][0], 0.0), 0.3 * _ROW * self.top
        old = found[bests] if len(found) > bests else nowhere
        others = [*found[1:bests], nowhere, nowhere][:2]
        for lines, ends in ((self.poles, [found[0], old]), (self.rules, others)):
            update_traits(
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
        """Describe where the curve leaves the figure, if it does."""
        if self.inside is None:
            return [f"All of the average lies above the figure, which ends at {self.top:g}%."]
        (low, high), seen = self.inside, self.seen.intervals
        where = [f"below {format_time(low)}"] if low > seen[0] else []
        where += [f"beyond {format_time(high)}"] if high < seen[-1] else []
        if not where:
            return []
        return [f"The average leaves the figure, at {self.top:g}%, {' and '.join(where)}."]

    def _best_words(self, outcome: CheckpointOutcome) -> str:
        """Describe the optimum, its approximations, and how the failure rate has moved it."""
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
        """Return the curves at the simulated, the chosen and the best intervals."""
        calm = usual(self.track, outcome)
        intervals = self.intervals[::_BETWEEN]
        marked = {
            "you": outcome.settings.interval,
            "best": outcome.optimum,
            "Young": outcome.young,
            "Daly": outcome.daly,
            "usually best": calm.optimum,
        }

        def listed(at: np.ndarray, band: OverheadBand | None, names: Sequence[str]) -> _Listed:
            now, before = (
                overhead_curve(self.track, settings, at)
                for settings in (outcome.settings, calm.settings)
            )
            return _Listed(at, now, before, band, names)

        band = overhead_band(self.track, outcome.settings, intervals)
        unit = self.track.checkpoint.control("interval").unit
        columns = self.drawing.columns(
            Column(f"interval ({unit})", 1, lambda shown: shown.intervals / self.si),
            Column("mark", 10, lambda shown: shown.names),
        )
        table = table_of(
            columns,
            listed(intervals, band, [""] * len(intervals)),
            listed(np.array(list(marked.values())), None, list(marked)),
        )
        return Table(table.columns, tuple(sorted(table.rows, key=lambda row: float(row[0]))))


def young_daly(
    track: str = "cloud_titan", moving: str | None = "interval", **settings: Any
) -> ipywidgets.VBox:
    """Return the overhead against the interval of a track, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`.
    """
    return picture(lambda loaded: [YoungDaly(loaded)], "checkpoint", track, moving, **settings)
