"""YoungDaly: what a checkpoint interval loses, how sure that is, and where the storage crashes.

The best interval and the storage's limits appear when the student has marked a guess.
"""

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
    is_played,
    overhead_band,
    overhead_curve,
)
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.checkpoint.words import (
    format_interval,
    format_loss,
    loss_digits,
    loss_unit,
)
from storagelab.parts.formatting import inside as in_a_sentence
from storagelab.tracks import Track
from storagelab.units import format_time
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.guess import Guess
from storagelab.widgets.hands import Handle
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
_NAMED = 0.8
"""How high a curve is named at most, as a share of the figure: the marks' texts are above."""
_AIM = 0.93
"""How high the guess that isn't marked yet stands, as a share of the figure."""
_ROW = 0.052
"""The share of the figure's height that a line of text takes."""


class Overheads(msgspec.Struct, frozen=True):
    """The curves of one dump time and one MTBF, as seconds or shares of the run, unclipped."""

    intervals: np.ndarray
    """Seconds."""
    losses: dict[str, np.ndarray]
    """At each interval: ``dump``, ``lost``, ``restart``, ``total``."""
    at: np.ndarray
    """The intervals, by their index, at which jobs are simulated."""
    played: OverheadBand
    """What simulated jobs lose at these intervals."""
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

    Jobs on one level are simulated at every tenth interval whose loss is at most 1.5 times ``top``,
    the largest one that is visible. Between these, the percentiles' distance from the mean is
    interpolated; beyond them, it stays constant.
    """
    losses = overhead_curve(track, settings, intervals)
    total = losses["total"]
    at = np.arange(0, intervals.size, _BETWEEN)
    at = at[(total[at] <= 1.5 * top) & is_played(track, settings)]
    if not at.size:
        nothing = np.empty(0)
        return Overheads(
            intervals, losses, at, OverheadBand(nothing, nothing, nothing), total, total
        )
    played = overhead_band(track, settings, intervals[at])
    places = np.arange(intervals.size)
    low, high = (
        total + np.interp(places, at, percentile - total[at])
        for percentile in (played.low, played.high)
    )
    return Overheads(intervals, losses, at, played, low, high)


class Flag(msgspec.Struct, frozen=True):
    """A marked interval and its text."""

    interval: float
    text: str


def best_flags(track: Track, outcome: CheckpointOutcome, same: float) -> list[Flag]:
    """Return marks for the exact, Daly's and Young's best interval, of a job that waits for dumps.

    Those within the factor ``same`` share a mark, which stands at the exact one or at Daly's. One
    for all three is called the optimum, because their names would be too wide for a telephone.
    Where the job doesn't wait, neither rule is its own, and the exact one stands alone.
    """
    if outcome.scheme.kind != "at_once":
        return [Flag(outcome.optimum, f"optimum {format_interval(track, outcome.optimum)}")]
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
        Flag(
            place,
            f"{'optimum' if len(names) == 3 else '≈'.join(names)} {format_interval(track, place)}",
        )
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
    """The content of the table: what is lost at some intervals, in the unit that is asked for."""

    intervals: np.ndarray
    """Seconds."""
    now: dict[str, np.ndarray]
    before: dict[str, np.ndarray]
    """At the usual failure rate."""
    band: OverheadBand | None
    """What simulated jobs lose, or None if none are simulated."""
    names: Sequence[str]
    """The intervals' names, which may be empty."""


def _simulated(head: str, place: int, losses: Callable[[OverheadBand], np.ndarray]) -> Column:
    """Return a column of losses that is empty if no jobs are simulated."""

    def cells(shown: _Listed) -> Iterable[Cell]:
        return [""] * len(shown.intervals) if shown.band is None else losses(shown.band)

    return Column(head, place, cells)


class YoungDaly(Instrument):
    """What is lost against the interval: to dumps, lost work, restarts, in all; and the optima."""

    name = "young_daly"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        control = track.checkpoint.control("interval")
        self.title = f"Young-Daly: what is lost against the {track.terms.dump} interval"
        self.si, self.top = control.si, track.checkpoint.plot_top
        self.unit, self.answer_si = loss_unit(track), track.checkpoint.answer.si
        self.low, self.high = float(control.values[0]), float(control.values[-1])
        self.intervals = grid(track)
        self.shown = self.intervals / self.si
        self.same = (self.high / self.low) ** _SAME
        self.drawing = Drawing(
            bqplot.LogScale(min=self.low, max=self.high, allow_padding=False),
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
        self.usual = self.drawing.label(
            [self.low], [0.0], ["at the usual failure rate"], "end", 11, x_offset=-5,
            moving=(*PLACED, "align", "x_offset", "visible"),
        )  # fmt: skip
        self.aimed = self.drawing.label(
            [self.low], [0.0], ["my guess"], "start", 11, x_offset=5, y_offset=-8,
            moving=("x", "visible"),
        )  # fmt: skip
        self.figure = self.drawing.figure(self._axes(), height=400)
        self.guess = Guess(control, self._on_guess, self._move_guess)
        self.extras = (self.guess.widget,)
        self.revealed = False
        self._draw_guess()
        self._drawn: CheckpointSettings | None = None
        self._saved: CheckpointSettings | None = None

    def _add_surfaces(self) -> None:
        """Add the areas of intervals that the storage can't bear, and of simulated runs."""
        # what they are is written in them
        self.limits = self.drawing.areas(
            [Shape("crashes", RED, 0.14), Shape("wears out", RED, 0.14)], moving=PLACED
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
        self.guessed = self.drawing.curve(
            x[0], y[0], ORANGE, "dashed", 3, moving=(*PLACED, "line_style")
        )

    def _add_lines(self) -> None:
        """Add what is lost, its parts, and what is lost at the usual failure rate."""
        dumps = self.track.terms.dumps

        def line(
            color: str, style: str, width: float, said: Entry | None, column: Column, *moving: str
        ) -> Any:
            return self.drawing.curve(
                self.shown, np.zeros_like(self.shown), color, style, width,
                moving=("y", *moving), legend=said, table=[column],
            )  # fmt: skip

        def share(head: str, place: int, part: str) -> Column:
            return Column(
                f"{head} ({self.unit})", place, lambda shown: shown.now[part] / self.answer_si
            )

        self.before = line(
            GREY, "solid", 2, None,
            Column(
                f"all, at the usual failure rate ({self.unit})", 9,
                lambda shown: shown.before["total"] / self.answer_si,
            ),
            "visible",
        )  # fmt: skip
        self.curves = {
            "dump": line(ORANGE, "dashed", 2.5, Entry(dumps, 3), share(dumps, 2, "dump")),
            "lost": line(
                PURPLE, "dotted", 2.5, Entry("lost work", 4),
                share("lost work", 3, "lost"),
            ),
            "restart": line(
                GREEN, "dash_dotted", 2.5, Entry("recovery: restarts", 5),
                share("recovery: restarts", 4, "restart"),
            ),
            "total": line(
                BLUE, "solid", 4, Entry("all that is lost, on average", 1),
                share("all", 5, "total"),
            ),
        }  # fmt: skip

    def _add_points(self) -> None:
        """Add the simulated runs' means, the least losses, and the present point."""
        low, unit, si = [self.low], self.unit, self.answer_si
        self.played = self.drawing.points(
            low, [0.0], BLUE, size=22, apply_clip=False, moving=PLACED,
            table=[
                _simulated(
                    f"10th percentile of {JOBS} simulated runs ({unit})", 6,
                    lambda band: band.low / si,
                ),
                _simulated(f"their mean ({unit})", 7, lambda band: band.mean / si),
                _simulated(f"90th percentile ({unit})", 8, lambda band: band.high / si),
            ],
            words=self._played_words,
        )  # fmt: skip
        self.optima = self.drawing.points(
            low, [0.0], TEXT, "circle", 60, apply_clip=False, moving=PLACED,
            words=self._optima_words,
        )  # fmt: skip
        self.off = self.drawing.points(
            low, [self.top], BLUE, "triangle-up", 70, apply_clip=False, moving=PLACED,
            words=lambda outcome: [
                f"The average goes on above the figure: {self.top:g} {self.unit}"
            ] * len(self.off.x),
        )  # fmt: skip
        self.aim = self.drawing.points(
            low, [_AIM * self.top], ORANGE, "diamond", 110, apply_clip=False,
            moving=("x", "visible"), words=self._aim_words,
        )  # fmt: skip
        self.point = self.drawing.points(
            low, [0.0], BLUE, "diamond", 150, apply_clip=False, moving=(*PLACED, "marker"),
            legend=Entry("you", 10), words=self._own_words,
        )  # fmt: skip

    def handles(self) -> list[Handle]:
        """Return the present point, and the guess until it is marked: both along the intervals."""
        control = self.guess.control
        places = tuple(float(value) for value in control.values)
        aims = places if self.aim.visible else ()
        label = in_a_sentence(control.label)
        return [
            Handle(self.aim, control, aims, f"My guess: best {label}", self.guess.field),
            Handle(self.point, control, places, f"{control.label}, on the curve"),
        ]

    def _own_words(self, outcome: CheckpointOutcome) -> list[str]:
        lost = self._against_least(outcome, outcome.losses["total"])
        return [f"You: {self._time(outcome.settings.interval)}, {lost} lost on average"]

    def _aim_words(self, outcome: CheckpointOutcome) -> list[str]:
        del outcome
        return [f"My guess: {self._time(self.guess.value)}" if self.aim.visible else ""]

    def _played_words(self, outcome: CheckpointOutcome) -> list[str]:
        del outcome
        band, intervals = self.seen.played, self.seen.intervals[self.seen.at]
        return [
            f"{JOBS} simulated runs at {self._time(interval)}: {self._said(mean)} lost on "
            f"average, {self._said(low)} to {self._said(high)} by four in five"
            for interval, low, mean, high in zip(
                intervals, band.low, band.mean, band.high, strict=True
            )
            if mean / self.answer_si <= self.top
        ]

    def _optima_words(self, outcome: CheckpointOutcome) -> list[str]:
        """Return what the least losses say, of those that are in the figure."""
        rates = (
            ("now", outcome, self._least(outcome)),
            ("at the usual failure rate", self.calm, self._said(self.calm.best_loss)),
        )
        said = [
            f"The least {rate}: {least} at {self._time(item.optimum)}"
            for rate, item, least in rates[: 1 + self.moved]
            if item.best_loss / self.answer_si <= self.top
            and self.low <= item.optimum / self.si <= self.high
        ]
        return said if self.revealed else []

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
                f"lost ({self.unit})",
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
            top = self.top * self.answer_si
            self.seen = overheads(self.track, settings, self.intervals, top)
            self._draw_curves()
            self._draw_marks(outcome)
        loss = outcome.loss / self.answer_si
        update_traits(
            self.point,
            x=np.array([outcome.settings.interval / self.si]),
            y=np.array([min(loss, self.top)]),
            marker="diamond" if loss <= self.top else "triangle-up",
        )
        return self._words(outcome)

    def _on_guess(self) -> None:
        """Show the student's guess, and with it what it is a guess of."""
        self._draw_guess()
        self._reveal()

    def _move_guess(self) -> None:
        """Follow the guess while it isn't marked."""
        if self.revealed:
            return
        self._draw_guess()
        if self.hands is not None and self.outcome is not None:
            self.hands.show(self.drawing.words(self.outcome), self.handles())

    def _draw_guess(self) -> None:
        """Draw the guess: a dashed line that can be dragged, and a solid one when it is marked."""
        marked = self.guess.marked
        at = self._at(self.guess.value if marked is None else marked)
        update_traits(
            self.guessed,
            x=np.array([at, at]),
            y=np.array([0.0, self.top * (_AIM if marked is None else 1.0)]),
            line_style="dashed" if marked is None else "solid",
        )
        update_traits(self.aim, x=np.array([at]), visible=marked is None)
        update_traits(self.aimed, x=np.array([at]))

    def _reveal(self) -> None:
        """Show the best interval and the storage's limits from now on."""
        self.revealed, self._drawn = True, None
        if self.outcome is not None:
            self.update(self.outcome)

    def on_a_page(self, plays_choices: bool = False) -> None:
        """Prepare for a page without a kernel, where nobody can mark a guess: all is shown."""
        super().on_a_page(plays_choices)
        # a layout of its own: the one that it has belongs to the boxes around it too
        self.guess.widget.layout = ipywidgets.Layout(display="none")
        for mark in (self.guessed, self.aim, self.aimed):
            mark.visible = False
        self._reveal()

    def _height(self, losses: np.ndarray) -> np.ndarray:
        """Return losses as finite heights in the figure."""
        return np.asarray(np.minimum(losses / self.answer_si, _FAR * self.top))

    def _draw_curves(self) -> None:
        seen = self.seen
        for name, curve in self.curves.items():
            update_traits(curve, y=self._height(seen.losses[name]))
        update_traits(self.before, y=self._height(self.calm_total), visible=self.moved)
        self._name_usual()
        low, high = self._height(seen.low), self._height(seen.high)
        update_traits(
            self.band,
            x=np.concatenate([self.shown, self.shown[::-1]]),
            y=np.concatenate([low, high[::-1]]),
        )
        self.inside = leaving(seen.intervals, seen.losses["total"], self.top * self.answer_si)
        first, last = seen.intervals[0], seen.intervals[-1]
        if self.inside:
            ends = [at for at in self.inside if first < at < last]
        else:
            ends = [self._middle * self.si]
        update_traits(self.off, x=np.array(ends) / self.si, y=np.full(len(ends), self.top))
        mean = seen.played.mean / self.answer_si
        inside = mean <= self.top
        update_traits(self.played, x=self.shown[seen.at][inside], y=mean[inside])

    def _name_usual(self) -> None:
        """Write its name at the curve of the usual failure rate, where it leaves to the right."""
        heights = self._height(self.calm_total)
        below = np.flatnonzero(heights < _NAMED * self.top)
        at = int(below[-1]) if below.size else 0
        # on the side on which a narrow screen has room for it
        left = self.shown[at] > self._middle
        update_traits(
            self.usual,
            x=self.shown[at : at + 1],
            y=np.array([min(float(heights[at]), self.top)]),
            align="end" if left else "start",
            x_offset=-5 if left else 5,
            visible=self.moved and bool(below.size),
        )

    def _at(self, interval: float) -> float:
        """Return the place on the axis of an interval in seconds, clipped to the ends."""
        return float(np.clip(interval / self.si, self.low, self.high))

    def _draw_marks(self, outcome: CheckpointOutcome) -> None:
        """Mark the limits and the best intervals, each with its text in a row of its own.

        Nothing of it before there is a guess.
        """
        limits = {
            "the storage crashes": outcome.storm_interval if self.revealed else 0.0,
            "the storage wears out": outcome.wear_interval if self.revealed else 0.0,
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
        flags = best_flags(self.track, outcome, self.same) if self.revealed else []
        marked = [(flag.interval, flag.text) for flag in flags]
        optima = [outcome] if self.revealed else []
        if self.moved and self.revealed:
            marked.append((self.calm.optimum, f"usually {self._time(self.calm.optimum)}"))
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
        least = [item.best_loss / self.answer_si for item in optima]
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
        nowhere, room = (self.low, 0.0), 0.3 * _ROW * self.top
        found = found or [nowhere]
        old = found[bests] if len(found) > bests else nowhere
        others = [*found[1:bests], nowhere, nowhere][:2]
        for lines, ends in ((self.poles, [found[0], old]), (self.rules, others)):
            update_traits(
                lines,
                x=np.array([[at, at] for at, _ in ends]),
                y=np.array([[0.0, max(0.0, height - room)] for _, height in ends]),
            )

    def _words(self, outcome: CheckpointOutcome) -> str:
        every = f"With a {self.track.terms.dump} every {self._time(outcome.settings.interval)}"
        above = outcome.loss / self.answer_si > self.top
        if not math.isfinite(outcome.wall_time):
            sentences = [f"{every} what is lost has no end, above the figure."]
        else:
            lost = {name: self._said(loss) for name, loss in outcome.losses.items()}
            lost["total"] = self._against_least(outcome, outcome.losses["total"])
            sentences = [
                f"{every} {self.track.terms.job} loses {lost['total']} of {self._run} on average"
                f"{', above the figure' if above else ''}: {lost['dump']} to "
                f"{self.track.terms.dumps}, {lost['lost']} to lost work, {lost['restart']} to "
                f"recovery, each restart of {format_time(outcome.scheme.restart_time)}."
            ]
        if not above and self.seen.at.size:
            at = np.log(outcome.settings.interval)
            low, high = (
                self._said(float(np.interp(at, np.log(self.intervals), side)))
                for side in (self.seen.low, self.seen.high)
            )
            sentences.append(f"Four in five of {JOBS} simulated runs lose {low} to {high}.")
        sentences += self._off_words()
        if not self.revealed:
            return " ".join(
                [
                    *sentences,
                    "Where is the least, and below what does the storage give up? Mark your "
                    "guess, and both appear.",
                ]
            )
        return " ".join([*sentences, *self._guess_words(outcome), *self._best_words(outcome)])

    @property
    def _run(self) -> str:
        return self.track.checkpoint.gone or self.track.terms.run

    def _time(self, interval: float) -> str:
        return format_interval(self.track, interval)

    def _said(self, loss: float, digits: int = 3) -> str:
        return format_loss(self.track, loss, digits)

    def _against_least(self, outcome: CheckpointOutcome, loss: float) -> str:
        """Return a loss with as many digits as tell it from the least, once that is shown."""
        digits = loss_digits(self.track, loss, outcome.best_loss) if self.revealed else 3
        return self._said(loss, digits)

    def _least(self, outcome: CheckpointOutcome) -> str:
        """Return the least loss with as many digits as what it is compared with."""
        losses = [outcome.losses["total"]]
        if self.guess.marked is not None:
            losses.append(self._guess_loss(outcome))
        digits = max(loss_digits(self.track, loss, outcome.best_loss) for loss in losses)
        return self._said(outcome.best_loss, digits)

    def _guess_loss(self, outcome: CheckpointOutcome) -> float:
        at = np.array([self.guess.marked])
        return float(overhead_curve(self.track, outcome.settings, at)["total"][0])

    def _off_words(self) -> list[str]:
        """Describe where the curve leaves the figure, if it does."""
        if self.inside is None:
            return [f"All of the average lies above the figure, which ends at {self.top:g}."]
        (low, high), seen = self.inside, self.seen.intervals
        where = [f"below {self._time(low)}"] if low > seen[0] else []
        where += [f"beyond {self._time(high)}"] if high < seen[-1] else []
        if not where:
            return []
        return [f"The average leaves the figure {' and '.join(where)}."]

    def _guess_words(self, outcome: CheckpointOutcome) -> list[str]:
        """Say what the student's guess loses, where there is one."""
        if self.guess.marked is None:
            return []
        said = self._against_least(outcome, self._guess_loss(outcome))
        return [f"Your guess, {self._time(self.guess.marked)}, loses {said}."]

    def _best_words(self, outcome: CheckpointOutcome) -> list[str]:
        """Describe the optimum, how the failure rate has moved it, and the storage's limits."""
        if not math.isfinite(outcome.best_wall_time):
            best = f"At no interval does {self.track.terms.run} ever end."
        else:
            rules = ""
            if outcome.scheme.kind == "at_once":
                rules = f" (Young: {self._time(outcome.young)}, Daly: {self._time(outcome.daly)})"
            best = (
                f"The least, {self._least(outcome)}, is at "
                f"{self._time(outcome.optimum)}{rules}; restarts don't move it."
            )
            if self.moved:
                best += (
                    f" At the usual failure rate it is {self._said(self.calm.best_loss)} at "
                    f"{self._time(self.calm.optimum)}."
                )
        shortest = max(outcome.storm_interval, outcome.wear_interval)
        holds = f"The storage holds down to {self._time(shortest)}."
        if "storage" in outcome.unmet:
            holds = f"The storage crashes below {self._time(outcome.storm_interval)}."
        elif "wear" in outcome.unmet:
            holds = f"The storage wears out below {self._time(outcome.wear_interval)}."
        return [best, holds]

    def table(self, outcome: CheckpointOutcome) -> Table:
        """Return the curves at the simulated, the chosen and the best intervals."""
        calm = usual(self.track, outcome)
        intervals = self.intervals[::_BETWEEN]
        marked = {
            "you": outcome.settings.interval,
        }
        if self.guess.marked is not None:
            marked["my guess"] = self.guess.marked
        if self.revealed:
            marked["best"] = outcome.optimum
            if outcome.scheme.kind == "at_once":
                marked |= {"Young": outcome.young, "Daly": outcome.daly}
            marked["usually best"] = calm.optimum

        def listed(at: np.ndarray, band: OverheadBand | None, names: Sequence[str]) -> _Listed:
            now, before = (
                overhead_curve(self.track, settings, at)
                for settings in (outcome.settings, calm.settings)
            )
            return _Listed(at, now, before, band, names)

        played = is_played(self.track, outcome.settings)
        band = overhead_band(self.track, outcome.settings, intervals) if played else None
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
    """Return what is lost against the interval of a track, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`.
    """
    return picture(lambda loaded: [YoungDaly(loaded)], "checkpoint", track, moving, **settings)
