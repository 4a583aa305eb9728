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
from storagelab.parts.checkpoint.scheme import latency
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.checkpoint.words import format_interval
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
)
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.playback import Playback, record
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    Corners,
    axis,
    log_ticks,
    rectangle,
    update_shapes,
    update_traits,
)

_TIMES = {
    1e-4: "0.1 ms", 1e-3: "1 ms", 1e-2: "10 ms", 0.1: "0.1 s", 1.0: "1 s", 10.0: "10 s",
    60.0: "1 min", 600.0: "10 min", 3600.0: "1 h", 36000.0: "10 h", 864000.0: "10 d",
}  # fmt: skip
"""Ticks of the axis of time, in seconds."""
_PARTED = 16
"""The largest number of groups that are drawn one by one; more could not be told apart."""


class Extent(msgspec.Struct, frozen=True):
    """The least and greatest seconds and bytes/s that any position of a track's sliders gives."""

    shortest: float
    longest: float
    slowest: float
    fastest: float


def extent(track: Track) -> Extent:
    """Return the ends of the axes, which stay the same while a slider moves."""
    part = track.checkpoint
    grids = {item.name: [item.to_si(item.default)] for item in part.controls}
    for name in ("write_bandwidth", "sharded", "nodes", "bytes_per_parameter"):
        if name in grids:  # more nodes make more files, fewer nodes fill no path
            grids[name] = [part.control(name).to_si(value) for value in part.control(name).values]
    interval = part.control("interval")
    longest = float(interval.to_si(interval.values[-1]))
    times, rates = [], []
    for values in product(*grids.values()):
        chosen: dict[str, Any] = {**part.fixed, **dict(zip(grids, values, strict=True))}
        settings = CheckpointSettings(**chosen)
        for groups in {1, int(settings.nodes)}:
            shown = storm(track, settings, groups)
            times.append(latency(track, settings) + shown.time)
            rates.append(shown.shared_bandwidth)
            if settings.nodes == part.nodes:  # what more nodes could send is drawn at the top
                rates.append(float(shown.demanded.max()))
    return Extent(min(times), max(times) + longest, min(rates), max(rates))


def sizes(track: Track, outcome: CheckpointOutcome) -> dict[bool, float]:
    """Return the bytes of a dump as full copies (False) and sharded (True)."""
    part = track.checkpoint
    return {
        False: outcome.size * (part.full_copies or outcome.settings.nodes),
        True: outcome.size,
    }


def waiting(outcome: CheckpointOutcome, done: float) -> tuple[float, float]:
    """Return until when the job waits, and when the next state begins to arrive, in seconds.

    Both from the moment when one began that is ``done`` so many seconds later.
    """
    way, interval = outcome.scheme, outcome.settings.interval
    if way.kind == "background":
        return way.stop, max(done, way.stop + interval)
    return way.stop + done, done + way.every * (interval + way.stop)


def outline(shown: Storm, begin: float, left: float, bottom: float) -> Corners:
    """Return the line around what passes, group after group, as times and bytes/s.

    ``begin`` are the seconds before bytes flow, ``left`` and ``bottom`` the axes' ends. Lines
    separate the groups.
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

    Both axes are logarithmic, so that storms of an hour and of a second can be read in one figure.
    Storms of the same number of bytes then end on one straight line, whatever their bandwidth.
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
        self.ceiling = self.top
        self.top *= (self.top / self.bottom) ** 0.19  # rows of text above the highest line
        self.strip = self.bottom * (self.top / self.bottom) ** 0.075
        self.drawing = Drawing(
            bqplot.LogScale(min=self.left, max=self.right),
            bqplot.LogScale(min=self.bottom, max=self.top),
        )
        self._add_surfaces()
        self._add_lines()
        self.texts = {
            align: self.drawing.label(
                [self.left], [self.bottom], [""], align, 11, x_offset=offset, moving=WRITTEN
            )
            for align, offset in (("start", 4), ("end", -4))
        }
        self.figure = self.drawing.figure(self._axes(), height=380)
        self.groups: Any = None
        if self.many:
            self.groups = self._stagger()
            self.extras = (self.groups,)

    def _add_lines(self) -> None:
        """Add the lines and the end of the storm, at first in a corner of the figure."""
        terms, drawing = self.track.terms, self.drawing
        nowhere = np.full(2, self.left), np.full(2, self.bottom)
        self.bytes = drawing.curve(
            np.full((2, 2), self.left), np.full((2, 2), self.bottom), GREY, "dotted", 3,
            moving=PLACED,
            legend=Entry(f"bandwidth × time = the bytes of one {terms.dump}", 5),
        )  # fmt: skip
        self.path = drawing.curve(
            *nowhere, TEXT, "solid", 3, moving=PLACED,
            legend=Entry("the shared path" if self.many else "the bandwidth that is reserved", 2),
            table=[Column(f"path takes ({self.unit})", 7, self._path_cells)],
        )  # fmt: skip
        could = "what the writers could send" if self.many else f"what {terms.machine} could write"
        self.demand = drawing.curve(
            *nowhere, ORANGE, "dashed", 2.5, moving=PLACED, legend=Entry(could, 3),
            table=[
                Column(f"could send ({self.unit})", 6, lambda shown: shown.demanded / self.si)
            ],
        )  # fmt: skip
        self.next = drawing.curve(
            *nowhere, TEXT, "dash_dotted", 2, moving=PLACED,
            legend=Entry(f"the next {terms.dump}", 8),
        )  # fmt: skip
        self.corner = drawing.points(
            [self.left], [self.bottom], BLUE, "diamond", 150, apply_clip=False, moving=PLACED,
            legend=Entry(f"the {terms.dump} is done", 10),
        )  # fmt: skip

    def _add_surfaces(self) -> None:
        """Add what lies behind the lines."""
        drawing, job = self.drawing, self.track.terms.job
        readers = Entry("left for readers", 4) if self.many else None
        crash = Entry("too long: the storage crashes", 9)
        self.areas = drawing.areas(
            [
                Shape("the storage crashes", RED, 0.16, crash),
                Shape("room for readers", GREEN, 0.16, readers),
            ],
            moving=PLACED,
        )
        self.job = drawing.areas(
            [
                Shape("waits", ORANGE, 0.55, Entry(f"{job} waits", 6)),
                Shape("goes on", GREY, 0.55, Entry(f"{job} goes on", 7)),
            ],
            moving=PLACED,
        )
        opacity = 0.45
        self.used = drawing.curve(
            np.full(5, self.left), np.full(5, self.bottom), BLUE, width=1, fill="inside",
            fill_colors=[BLUE], fill_opacities=[opacity], moving=PLACED,
            legend=Entry("what passes", 1, style="area", opacity=opacity),
            table=[Column(f"passes ({self.unit})", 5, lambda shown: shown.rates / self.si)],
        )  # fmt: skip

    def _path_cells(self, shown: Storm) -> np.ndarray:
        return np.full(shown.ends.size, shown.shared_bandwidth / self.si)

    def _axes(self) -> list[Any]:
        ticks = self._ticks()
        return [
            axis(
                self.drawing.scales["x"],
                f"time since the {self.track.terms.dump} began (log)",
                tick_values=ticks,
                tick_format="g",
                tick_labels={f"{time:g}": _TIMES[time] for time in ticks},
            ),
            axis(
                self.drawing.scales["y"],
                f"bandwidth ({self.unit})",
                vertical=True,
                tick_values=log_ticks(self.bottom, self.top, most=8),
                tick_format=",~g",
            ),
        ]

    def _ticks(self) -> list[float]:
        """Return the ticks of the time axis, no more than a narrow screen has room for."""
        ticks: list[float] = []
        room = (self.right / self.left) ** 0.135
        for time in _TIMES:
            if 1.1 * self.left <= time <= self.right and (not ticks or time > room * ticks[-1]):
                ticks.append(time)
        return ticks

    def _stagger(self) -> ipywidgets.SelectionSlider:
        """Return the slider for the number of groups: powers of two, up to one writer each."""
        nodes = self.track.checkpoint.nodes
        counts = [2**power for power in range(nodes.bit_length()) if 2**power <= nodes]
        counts += [nodes] if counts[-1] != nodes else []
        options = [
            ("all at once" if count == 1 else f"in {format_count(count)} groups", count)
            for count in counts
        ]
        slider = ipywidgets.SelectionSlider(
            options=options, value=1, description="Writers start",
            style=shared_styles.style(
                ipywidgets.widgets.widget_int.SliderStyle, description_width="12em"
            ),
            layout=ipywidgets.Layout(width="auto", max_width="640px"),
        )  # fmt: skip
        slider.observe(lambda change: self.update(self.outcome), names="value")
        return slider

    @property
    def count(self) -> int:
        """In how many groups the writers start: no more than there are writers."""
        if not self.many:
            return 1
        nodes = self.track.checkpoint.nodes if self.outcome is None else self.outcome.settings.nodes
        return min(int(self.groups.value), int(nodes))

    def on_a_page(self) -> None:
        """Prepare for a page without a kernel, which can't answer the slider of the groups."""
        super().on_a_page()
        self._show_groups(False)

    def play_groups(self) -> Playback:
        """Show the slider of the groups again and return its playback."""
        self._show_groups(True)
        return record(self.groups, self.targets())

    def _show_groups(self, shown: bool) -> None:
        if self.many:
            self.groups.layout.display = "" if shown else "none"

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw one dump in its groups, and the time until the next."""
        begin = latency(self.track, outcome.settings)
        shown = storm(self.track, outcome.settings, self.count)
        done = begin + shown.time
        waits, again = waiting(outcome, done)
        full = shown.saturated_time > 0
        limit = longest_storm(outcome)
        rates = shown.rates / self.si
        passes, path = float(rates.max()), shown.shared_bandwidth / self.si
        demand = self._demand(shown)

        x, y = outline(shown, begin, self.left, self.strip * self.si)
        update_traits(self.used, x=x, y=y / self.si)
        crash = rectangle(
            float(np.clip(limit, self.left, self.right)), self.right, self.strip, self.top
        )
        room = rectangle(max(begin, self.left), done, passes, path)
        update_shapes(
            self.areas,
            [
                crash if full else rectangle(self.right, self.right, self.strip, self.top),
                room if not full else rectangle(done, done, passes, passes),
            ],
        )
        ending, held = min(again, self.right), max(waits, self.left)
        update_shapes(
            self.job,
            [
                rectangle(self.left, held, self.bottom, self.strip),
                rectangle(held, ending, self.bottom, self.strip),
            ],
        )
        self._bytes(outcome, begin)
        update_traits(self.path, x=np.array([self.left, self.right]), y=np.array([path, path]))
        update_traits(
            self.demand,
            x=np.array([self.left, done, done]),
            y=np.array([demand, demand, passes]),
        )
        update_traits(self.next, x=np.array([ending, ending]), y=np.array([self.bottom, self.top]))
        update_traits(self.corner, x=np.array([done]), y=np.array([passes]))
        self._texts(outcome, shown, done, (held, again), limit if full else None)
        return self._words(outcome, shown, done)

    def _bytes(self, outcome: CheckpointOutcome, begin: float) -> None:
        """Draw the line on which storms of the same number of bytes end."""
        curves = []
        for size in sizes(self.track, outcome).values():
            slowest = max(self.strip, size / self.si / (self.right - begin))
            fastest = self.top
            if self.left > begin:
                fastest = min(fastest, size / self.si / (self.left - begin))
            rates = np.geomspace(min(slowest, fastest), fastest, 40)
            curves.append((begin + size / self.si / rates, rates))
        update_shapes(self.bytes, curves)

    def _texts(
        self,
        outcome: CheckpointOutcome,
        shown: Storm,
        done: float,
        job: tuple[float, float],
        limit: float | None,
    ) -> None:
        """Write their names at the lines."""
        row = (self.top / self.bottom) ** 0.028
        path, demand = shown.shared_bandwidth / self.si, self._demand(shown)
        terms, (held, again) = self.track.terms, job
        what = "shared path" if self.many else "storage takes"
        texts = [
            # on the side opposite to the end of the storm
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
        side = self._side(held)
        texts.append((held, self.strip / row, "waits" if side == "end" else "◂ waits", side))
        near = (self.right / self.left) ** 0.2
        for above, size in zip((2, 4), sizes(self.track, outcome).values(), strict=True):
            rate = self.strip * row**above
            at = latency(self.track, outcome.settings) + size / self.si / rate
            free = rate < passes / row**4 or max(at / done, done / at) > near
            if free and self.left < at < self.right:
                texts.append((at, rate, format_bytes(size), self._side(at)))
        for align, label in self.texts.items():
            chosen = [text for text in texts if text[3] == align]
            update_traits(
                label,
                x=np.array([text[0] for text in chosen]),
                y=np.array([text[1] for text in chosen]),
                text=[text[2] for text in chosen],
            )

    def _side(self, at: float) -> str:
        return "start" if at < self.left * (self.right / self.left) ** 0.6 else "end"

    def _demand(self, shown: Storm) -> float:
        """Return where what the writers could send is drawn: no higher than the axis has room."""
        return min(float(shown.demanded.max()) / self.si, self.ceiling)

    def _demand_text(self, shown: Storm) -> str:
        most = float(shown.demanded.max())
        sent = f"{format_bandwidth(most)}{' ▴' if most / self.si > self.ceiling else ''}"
        if not self.many:
            return f"{self.track.terms.machine} could write {sent}"
        return f"{format_count(float(shown.writers.max()))} writers could send {sent}"

    def _words(self, outcome: CheckpointOutcome, shown: Storm, done: float) -> str:
        terms, settings = self.track.terms, outcome.settings
        interval, sent = (
            format_interval(self.track, settings.interval),
            format_bandwidth(shown.demanded.max()),
        )
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
                f"{format_count(settings.nodes)} writers start at once. They could send {sent}, "
                f"{fills} the {path} that they leave of the shared path: {written} pass in "
                f"{format_time(done)}. {self._wait_words(outcome, interval, done)}"
            )
        else:
            at_once = storm(self.track, settings)
            busy = shown.saturated_time
            # while files are made the storage does nothing else either
            busy += latency(self.track, settings) if busy else 0.0
            share = busy / waiting(outcome, done)[1]
            words = (
                f"The writers start in {format_count(groups)} groups, one after the other, of "
                f"which each could send {sent}. {self._stagger_words(shown, at_once)} "
                f"{self._wait_words(outcome, interval, done)} The other figures take all at once."
            )
        return f"{words} {self._limit_words(outcome, share, groups)}"

    def _wait_words(self, outcome: CheckpointOutcome, interval: str, done: float) -> str:
        """Return who waits for whom, until the next time."""
        job, way = self.track.terms.job, outcome.scheme
        job = f"{job[0].upper()}{job[1:]}"
        if way.kind == "background":
            return (
                f"{job} waits {format_time(way.stop)} for its snapshot alone, and goes on for "
                f"{interval} while it is copied."
            )
        if way.kind == "near":
            return (
                f"{job} waits {format_time(done)} for the last, and {format_time(way.stop)} for "
                f"the {way.every - 1} in between that stay near, every {interval}."
            )
        return f"{job} waits {format_time(done)} for the last, and goes on for {interval}."

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
        begin = latency(self.track, outcome.settings)
        columns = self.drawing.columns(
            Column("group", 1, lambda shown: range(1, shown.ends.size + 1)),
            Column("writers", 2, lambda shown: shown.writers),
            Column("begins (s)", 3, lambda shown: begin + shown.ends - shown.durations),
            Column("ends (s)", 4, lambda shown: begin + shown.ends),
        )
        return table_of(columns, storm(self.track, outcome.settings, self.count))


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
