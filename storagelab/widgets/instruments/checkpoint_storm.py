"""CheckpointStorm: what passes the shared path while a job is saved, and who waits how long."""

from __future__ import annotations

from itertools import product
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.checkpoint.storm import Storm
from storagelab.colors import BLUE, GREEN, GREY, ORANGE, RED
from storagelab.parts.checkpoint.experiment import CheckpointOutcome, longest_storm, storm
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
)
from storagelab.widgets import kit
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.playback import Playback, record
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    figure,
    legend,
    log_ticks,
    polygons,
    put,
    put_shapes,
    rectangle,
    swatch,
)

_TIMES = {
    1e-4: "0.1 ms", 1e-3: "1 ms", 1e-2: "10 ms", 0.1: "0.1 s", 1.0: "1 s", 10.0: "10 s",
    60.0: "1 min", 600.0: "10 min", 3600.0: "1 h", 36000.0: "10 h", 864000.0: "10 d",
}  # fmt: skip
"""Ticks of the axis of time, in seconds."""
_PARTED = 16
"""Groups that are drawn one by one; more would be a grey mass."""


class Extent(msgspec.Struct, frozen=True):
    """What any storm of a track's sliders can come to: seconds and bytes/s, least and most."""

    shortest: float
    longest: float
    slowest: float
    fastest: float


def extent(track: Track) -> Extent:
    """Return the ends of the axes, which stay while a slider moves."""
    part = track.checkpoint
    grids = {
        item.name: {item.to_si(item.values[0]), item.to_si(item.values[-1])}
        for item in part.controls
    }
    intervals = [float(value) for value in grids["interval"]]
    times, rates = [], []
    for values in product(*grids.values()):
        chosen: dict[str, Any] = {**part.fixed, **dict(zip(grids, values, strict=True))}
        settings = CheckpointSettings(**chosen)
        for groups in {1, part.nodes}:
            shown = storm(track, settings, groups)
            times.append(part.dump_latency + shown.time)
            rates += [shown.shared_bandwidth, float(shown.demanded.max())]
    return Extent(min(times), max(times) + max(intervals), min(rates), max(rates))


def sizes(track: Track, outcome: CheckpointOutcome) -> dict[bool, float]:
    """Return the bytes of a dump as a full copy each (False) and as the new alone (True)."""
    part = track.checkpoint
    return {
        False: outcome.size * (part.full_copies or part.nodes),
        True: outcome.size,
    }


def outline(shown: Storm, begin: float, left: float, bottom: float) -> tuple[Any, Any]:
    """Return the line around what passes, group after group, as times and bytes/s.

    ``begin`` are the seconds before bytes flow, ``left`` and ``bottom`` the axes' ends. A line
    parts one group from the next.
    """
    if shown.ends.size > _PARTED:
        mean = float(shown.rates @ shown.durations / shown.time)
        edges, rates = np.array([begin, begin + shown.time]), np.array([mean])
    else:
        edges, rates = begin + np.concatenate([[0.0], shown.ends]), shown.rates
    edges = np.maximum(edges, left)
    x = np.column_stack([edges[:-1], edges[:-1], edges[1:], edges[1:]]).ravel()
    y = np.column_stack([np.full_like(rates, bottom), rates, rates, np.full_like(rates, bottom)])
    return np.append(x, x[0]), np.append(y.ravel(), bottom)


class CheckpointStorm(Instrument):
    """Bandwidth on the shared path against time, with the bytes, the limit and the wait.

    Both axes are logarithmic, so that a storm of an hour and one of a second are read in one
    figure; there a storm of so many bytes ends on a straight line, whatever its bandwidth.
    """

    name = "checkpoint_storm"

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        part, terms = track.checkpoint, track.terms
        control = part.control("write_bandwidth")
        self.many, self.si, self.unit = part.nodes > 1, control.si, control.unit
        self.title = (
            f"The {terms.dump} storm: the shared path over time"
            if self.many
            else f"One {terms.dump}: what the storage takes, and who waits"
        )
        ends = extent(track)
        self.left, self.right = ends.shortest / 5, ends.longest * 2
        self.bottom, self.top = ends.slowest / 12 / self.si, ends.fastest / self.si
        self.top *= (self.top / self.bottom) ** 0.19  # rows of text above the highest line
        self.strip = self.bottom * (self.top / self.bottom) ** 0.075
        x = bqplot.LogScale(min=self.left, max=self.right)
        y = bqplot.LogScale(min=self.bottom, max=self.top)
        scales = {"x": x, "y": y}

        def line(count: int, colors: list[str], style: str, width: float) -> bqplot.Lines:
            nothing = np.full((count, 2), self.left), np.full((count, 2), self.bottom)
            return bqplot.Lines(
                x=nothing[0], y=nothing[1], scales=scales, colors=colors, line_style=style,
                stroke_width=width,
            )  # fmt: skip

        self.areas = polygons(
            [RED, GREEN], scales, ["the storage crashes", "room for readers"], opacity=0.16
        )
        self.job = polygons([ORANGE, GREY], scales, ["waits", "goes on"], opacity=0.55)
        self.used = bqplot.Lines(
            x=np.full(5, self.left), y=np.full(5, self.bottom), scales=scales, colors=[BLUE],
            fill="inside", fill_colors=[BLUE], fill_opacities=[0.45], stroke_width=1,
        )  # fmt: skip
        self.bytes = line(2, [GREY, GREY], "dotted", 3)
        self.path = line(1, [TEXT], "solid", 3)
        self.demand = line(1, [ORANGE], "dashed", 2.5)
        self.next = line(1, [TEXT], "dash_dotted", 2)
        self.corner = bqplot.Scatter(
            x=[self.left], y=[self.bottom], scales=scales, colors=[BLUE], stroke=TEXT,
            default_size=150, marker="diamond", apply_clip=False,
        )  # fmt: skip
        self.texts = {
            align: bqplot.Label(
                x=[self.left], y=[self.bottom], text=[""], scales=scales, align=align,
                colors=[TEXT], default_size=11, font_weight="normal", x_offset=offset,
                apply_clip=False,
            )
            for align, offset in (("start", 4), ("end", -4))
        }  # fmt: skip
        ticks = self._ticks()
        self.figure = figure(
            [
                self.areas, self.job, self.used, self.bytes, self.path, self.demand, self.next,
                self.corner, *self.texts.values(),
            ],
            [
                axis(
                    x,
                    f"time since the {terms.dump} began (log)",
                    tick_values=ticks,
                    tick_format="g",
                    tick_labels={f"{time:g}": _TIMES[time] for time in ticks},
                ),
                axis(
                    y,
                    f"bandwidth ({self.unit})",
                    vertical=True,
                    tick_values=log_ticks(self.bottom, self.top, most=8),
                    tick_format=",~g",
                ),
            ],
            height=380,
        )  # fmt: skip
        path = "the shared path" if self.many else "the bandwidth that is reserved"
        demand = "what the writers could send" if self.many else f"what {terms.machine} could write"
        self.legend = legend(
            swatch("what passes", BLUE, "area", 0.45),
            swatch(path, TEXT),
            swatch(demand, ORANGE, "dashed"),
            *([swatch("left for readers", GREEN, "area", 0.16)] if self.many else []),
            swatch("bandwidth × time = the bytes of one " + terms.dump, GREY, "dotted"),
            swatch(f"{terms.job} waits", ORANGE, "area", 0.55),
            swatch(f"{terms.job} goes on", GREY, "area", 0.55),
            swatch(f"the next {terms.dump}", TEXT, "dash_dotted"),
            swatch("too long: the storage crashes", RED, "area", 0.16),
            swatch(f"the {terms.dump} is done", BLUE, "point"),
        )
        placed = (self.areas, self.job, self.used, self.bytes, self.path, self.demand, self.next)
        self.dynamic = [
            *((mark, trait) for mark in (*placed, self.corner) for trait in ("x", "y")),
            *((label, trait) for label in self.texts.values() for trait in ("x", "y", "text")),
        ]
        self.groups: Any = None
        if self.many:
            self.groups = self._stagger()
            self.extras = (self.groups,)

    def _ticks(self) -> list[float]:
        """Return the ticks of the axis of time, as many as a narrow one has room for."""
        ticks: list[float] = []
        room = (self.right / self.left) ** 0.135
        for time in _TIMES:
            if 1.1 * self.left <= time <= self.right and (not ticks or time > room * ticks[-1]):
                ticks.append(time)
        return ticks

    def _stagger(self) -> ipywidgets.SelectionSlider:
        """Return the slider of the groups, by powers of two up to one writer each."""
        nodes = self.track.checkpoint.nodes
        counts = [2**power for power in range(nodes.bit_length()) if 2**power <= nodes]
        counts += [nodes] if counts[-1] != nodes else []
        options = [
            ("all at once" if count == 1 else f"in {format_count(count)} groups", count)
            for count in counts
        ]
        slider = ipywidgets.SelectionSlider(
            options=options, value=1, description="Writers start",
            style=kit.style(ipywidgets.widgets.widget_int.SliderStyle, description_width="12em"),
            layout=ipywidgets.Layout(width="auto", max_width="640px"),
        )  # fmt: skip
        slider.observe(lambda change: self.update(self.outcome), names="value")
        return slider

    @property
    def count(self) -> int:
        """In how many groups the writers start."""
        return int(self.groups.value) if self.many else 1

    def on_a_page(self) -> None:
        """Hide the slider of the groups too, which a page without a kernel can't answer."""
        super().on_a_page()
        self._show_groups(False)

    def play_groups(self) -> Playback:
        """Return what plays the slider of the groups, which is shown again."""
        self._show_groups(True)
        return record(self.groups, self.targets())

    def _show_groups(self, shown: bool) -> None:
        if self.many:
            self.groups.layout.display = "" if shown else "none"

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw one dump in its groups, and the time until the next."""
        latency = self.track.checkpoint.dump_latency
        shown = storm(self.track, outcome.settings, self.count)
        done = latency + shown.time
        again = done + outcome.settings.interval
        full = shown.saturated_time > 0
        limit = longest_storm(outcome)
        rates = shown.rates / self.si
        passes, path = float(rates.max()), shown.shared_bandwidth / self.si
        demand = float(shown.demanded.max()) / self.si

        x, y = outline(shown, latency, self.left, self.strip * self.si)
        put(self.used, x=x, y=y / self.si)
        crash = rectangle(
            float(np.clip(limit, self.left, self.right)), self.right, self.strip, self.top
        )
        room = rectangle(max(latency, self.left), done, passes, path)
        put_shapes(
            self.areas,
            [
                crash if full else rectangle(self.right, self.right, self.strip, self.top),
                room if not full else rectangle(done, done, passes, passes),
            ],
        )
        ending = min(again, self.right)
        put_shapes(
            self.job,
            [
                rectangle(self.left, done, self.bottom, self.strip),
                rectangle(done, ending, self.bottom, self.strip),
            ],
        )
        self._bytes(outcome, latency)
        put(self.path, x=np.array([self.left, self.right]), y=np.array([path, path]))
        put(
            self.demand,
            x=np.array([self.left, done, done]),
            y=np.array([demand, demand, passes]),
        )
        put(self.next, x=np.array([ending, ending]), y=np.array([self.bottom, self.top]))
        put(self.corner, x=np.array([done]), y=np.array([passes]))
        self._texts(outcome, shown, done, again, limit if full else None)
        return self._words(outcome, shown, done)

    def _bytes(self, outcome: CheckpointOutcome, latency: float) -> None:
        """Draw where storms of so many bytes end, whatever their bandwidth."""
        curves = []
        for size in sizes(self.track, outcome).values():
            slowest = max(self.strip, size / self.si / (self.right - latency))
            fastest = self.top
            if self.left > latency:
                fastest = min(fastest, size / self.si / (self.left - latency))
            rates = np.geomspace(min(slowest, fastest), fastest, 40)
            curves.append((latency + size / self.si / rates, rates))
        put_shapes(self.bytes, curves)

    def _texts(
        self,
        outcome: CheckpointOutcome,
        shown: Storm,
        done: float,
        again: float,
        limit: float | None,
    ) -> None:
        """Name the lines where they stand."""
        row = (self.top / self.bottom) ** 0.028
        path, demand = shown.shared_bandwidth / self.si, float(shown.demanded.max()) / self.si
        terms, part = self.track.terms, self.track.checkpoint
        what = "shared path" if self.many else "storage takes"
        texts = [
            # on the side where the storm's end isn't
            (
                self.right if self._side(done) == "start" else self.left,
                path * row,
                f"{what} {format_bandwidth(path * self.si)}",
                "end" if self._side(done) == "start" else "start",
            ),
            (
                self.left,
                demand * row if demand >= path else demand / row**2,
                self._demand_text(shown),
                "start",
            ),
        ]
        if limit is not None and limit < self.right:
            at = max(limit, self.left)
            texts.append((at, self.top / row, f"over {format_time(limit)}: crash", self._side(at)))
        if again < self.right:
            texts.append((again, self.top / row**3, f"next {terms.dump}", "end"))
        passes = float(shown.rates.max()) / self.si
        texts.append((done, passes / row**2, f"{format_time(done)}", "start"))
        side = self._side(done)
        texts.append((done, self.strip / row, "waits" if side == "end" else "◂ waits", side))
        near = (self.right / self.left) ** 0.2
        for above, size in zip((2, 4), sizes(self.track, outcome).values(), strict=True):
            rate = self.strip * row**above
            at = part.dump_latency + size / self.si / rate
            free = rate < passes / row**4 or max(at / done, done / at) > near
            if free and self.left < at < self.right:
                texts.append((at, rate, format_bytes(size), self._side(at)))
        for align, label in self.texts.items():
            chosen = [text for text in texts if text[3] == align]
            put(
                label,
                x=np.array([text[0] for text in chosen]),
                y=np.array([text[1] for text in chosen]),
                text=[text[2] for text in chosen],
            )

    def _side(self, at: float) -> str:
        return "start" if at < self.left * (self.right / self.left) ** 0.6 else "end"

    def _demand_text(self, shown: Storm) -> str:
        sent = format_bandwidth(float(shown.demanded.max()))
        if not self.many:
            return f"{self.track.terms.machine} could write {sent}"
        return f"{format_count(float(shown.writers.max()))} writers could send {sent}"

    def _words(self, outcome: CheckpointOutcome, shown: Storm, done: float) -> str:
        terms, settings = self.track.terms, outcome.settings
        interval, sent = format_time(settings.interval), format_bandwidth(shown.demanded.max())
        path, written = format_bandwidth(shown.shared_bandwidth), format_bytes(outcome.written)
        groups = shown.ends.size
        share = outcome.storage_share
        if not self.many:
            words = (
                f"A {terms.dump} writes {written} at "
                f"{format_bandwidth(float(shown.rates.max()))} and is done in {format_time(done)}; "
                f"{terms.job} waits for it, and goes on for {interval}."
            )
        elif groups == 1:
            fills = "more than" if shown.saturated_time else "less than"
            words = (
                f"{format_count(self.track.checkpoint.nodes)} writers start at once. They could "
                f"send {sent}, {fills} the {path} that the shared path takes: {written} pass in "
                f"{format_time(done)}, {terms.job} waits for the last of them, and goes on for "
                f"{interval}."
            )
        else:
            at_once = storm(self.track, settings)
            share = shown.saturated_time / (settings.interval + done)
            words = (
                f"The writers start in {format_count(groups)} groups, one after the other, of "
                f"which each could send {sent}. {self._stagger_words(shown, at_once)} "
                f"{terms.job[0].upper()}{terms.job[1:]} waits for the last writer, "
                f"{format_time(done)}; the other figures take all at once."
            )
        return f"{words} {self._limit_words(outcome, share, groups)}"

    def _stagger_words(self, shown: Storm, at_once: Storm) -> str:
        path = format_bandwidth(shown.shared_bandwidth)
        longer = shown.time / at_once.time
        if shown.room <= 0:
            return (
                f"That still fills the path of {path}: the storm is as long as all at once, and "
                "leaves nothing to readers."
            )
        lasts = (
            f"the storm lasts {longer:.3g} times as long" if longer > 1.0005 else "it is as long"
        )
        return (
            f"That no longer fills the path of {path}: {format_bandwidth(shown.room)} stay free "
            f"for readers, and {lasts}."
        )

    def _limit_words(self, outcome: CheckpointOutcome, share: float, groups: int) -> str:
        allowed, limit = format_share(outcome.storage_limit), format_time(longest_storm(outcome))
        takes = f"That fills the storage {format_share(share)} of the time"
        if not share:
            return "The storage is never full."
        if share > outcome.storage_limit:
            return (
                f"{takes}, more than the {allowed} that it bears: it crashes, because a "
                f"{self.track.terms.dump} may last {limit} at this interval."
            )
        return f"{takes}, within its limit of {allowed}, which is {limit} at this interval."

    def table(self, outcome: CheckpointOutcome) -> Table:
        """Return what passes, group by group."""
        shown = storm(self.track, outcome.settings, self.count)
        latency = self.track.checkpoint.dump_latency
        ends = latency + shown.ends
        begins = ends - shown.durations
        rows = [
            (
                float(index + 1),
                float(shown.writers[index]),
                float(begins[index]),
                float(ends[index]),
                float(shown.rates[index]) / self.si,
                float(shown.demanded[index]) / self.si,
                shown.shared_bandwidth / self.si,
            )
            for index in range(ends.size)
        ]
        return Table(
            (
                "group",
                "writers",
                "begins (s)",
                "ends (s)",
                f"passes ({self.unit})",
                f"could send ({self.unit})",
                f"path takes ({self.unit})",
            ),
            tuple(rows),
        )


def checkpoint_storm(
    track: str = "cloud_titan", moving: str | None = "write_bandwidth", **settings: Any
) -> ipywidgets.VBox:
    """Return the storm of a track's dump, playable without a kernel.

    ``moving`` is a control of part 3, or ``groups``: in how many the writers start. ``settings``
    in SI by control name; errors are those of :func:`storagelab.widgets.picture.picture`, and
    ``ValueError`` for the groups of a single writer.
    """
    made: list[CheckpointStorm] = []

    def build(loaded: Track) -> list[CheckpointStorm]:
        made.append(CheckpointStorm(loaded))
        return made

    staggered = moving == "groups"
    box = picture(build, "checkpoint", track, None if staggered else moving, **settings)
    if staggered:
        (shown,) = made
        if not shown.many:
            raise ValueError(f"track {track!r} has a single writer, and no groups of them")
        box.children = (*box.children, shown.play_groups())
    return box
