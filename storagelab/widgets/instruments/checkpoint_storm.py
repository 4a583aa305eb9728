"""CheckpointStorm: what passes the shared path while a job is saved, and who waits how long."""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.checkpoint.storm import Storm
from storagelab.checks import Floats
from storagelab.colors import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from storagelab.parts.checkpoint.experiment import CheckpointOutcome, longest_storm, storm
from storagelab.parts.checkpoint.scheme import arrival_time, latency, written_bytes
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.checkpoint.words import format_interval
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_count,
    format_rare,
    format_share,
    format_size,
    format_time,
    time_unit,
)
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.playback import Playback
from storagelab.widgets.sub_choice import SubChoice
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    Corners,
    axis,
    fitting,
    rectangle,
    steps,
    tick_key,
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


_FINE = 24
"""Points on the growth of what has been saved."""
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
JOB, WRITERS, PATH = (0.0, 0.09), (0.18, 0.56), (0.67, 0.93)
"""The heights of the figure's panels, from bottom to top, as shares of it."""
LEFT = 58
"""Pixels left of the axis, where the panels' ticks and titles stand."""


class Extent(msgspec.Struct, frozen=True):
    """The least and greatest seconds that any position of a track's sliders gives."""

    shortest: float
    longest: float


def extent(track: Track) -> Extent:
    """Return what a logarithmic axis of time has to hold; it stays while a slider moves."""
    part = track.checkpoint
    chosen: dict[str, Any] = {**part.fixed, **part.defaults}

    def positions(name: str) -> list[Any]:
        if not part.has_control(name):
            return [chosen[name]]
        control = part.control(name)
        return [control.to_si(value) for value in control.values]

    def settings(**ends: Any) -> CheckpointSettings:
        return CheckpointSettings(**{**chosen, **ends})

    paths, sizes, nodes = map(positions, ("write_bandwidth", "bytes_per_parameter", "nodes"))
    shortest, longest = [], []
    for sharded in positions("sharded"):
        quick = settings(
            write_bandwidth=max(paths), bytes_per_parameter=min(sizes), sharded=sharded
        )
        # more nodes make more files, and fewer fill no path
        shortest.append(arrival_time(track, quick, np.array(nodes, dtype=float)).min())
        slow = settings(
            write_bandwidth=min(paths),
            bytes_per_parameter=max(sizes),
            sharded=sharded,
            nodes=max(nodes),
        )
        # one after the other, each at its own bandwidth
        rate = min(slow.write_bandwidth * part.write_efficiency, part.node_bandwidth)
        longest.append(latency(track, slow) + written_bytes(track, slow) / rate)
    interval = part.control("interval")
    return Extent(float(min(shortest)), max(longest) + float(interval.to_si(interval.values[-1])))


def waiting(outcome: CheckpointOutcome, done: float) -> tuple[float, float]:
    """Return until when the job waits, and when the next state begins to arrive, in seconds.

    Both from the moment when one began that is ``done`` so many seconds later.
    """
    way, interval = outcome.scheme, outcome.settings.interval
    if way.kind == "background":
        return way.stop, max(done, way.stop + interval)
    return way.stop + done, done + way.every * (interval + way.stop)


def passing(shown: Storm, begin: float) -> Corners:
    """Return the line around what passes, group after group, as seconds and shares of the path.

    ``begin`` are the seconds before bytes flow. Lines separate the groups while they can be told
    apart.
    """
    shares = shown.rates / shown.shared_bandwidth
    if shown.ends.size > _PARTED:
        mean = float(shares @ shown.durations / shown.time)
        edges, shares = np.array([begin, begin + shown.time]), np.array([mean])
    else:
        edges = begin + np.concatenate([[0.0], shown.ends])
    x = np.column_stack([edges[:-1], edges[:-1], edges[1:], edges[1:]]).ravel()
    nothing = np.zeros_like(shares)
    y = np.column_stack([nothing, shares, shares, nothing]).ravel()
    return np.append(x, x[0]), np.append(y, 0.0)


class Queue(msgspec.Struct, frozen=True):
    """Where the writers are at each moment of a storm, as shares of all, shape (n,) each.

    The path takes the writers of a group in turn, each at full speed: as many are saved by any
    moment as have passed in bytes. If all of a group share the path instead, the same bytes have
    passed, and all are done when here the last is.
    """

    times: Floats
    """Seconds since the storm began, from 0 to its end."""
    saved: Floats
    begun: Floats
    """Saved, or waiting for the path."""


def queue_of(shown: Storm, begin: float) -> Queue:
    """Return the writers' queue; ``begin`` are the seconds before bytes flow."""
    ahead = np.concatenate([[0.0], np.cumsum(shown.writers)]) / shown.writers.sum()
    edges = begin + np.concatenate([[0.0], shown.ends])
    # on a logarithmic axis a straight growth is a curve
    fine = begin + np.geomspace(1e-3, 1, _FINE) * shown.time
    times = np.unique(np.concatenate([[0.0], edges, fine]))
    saved = np.interp(times, edges, ahead)
    group = np.searchsorted(edges[1:-1], times, side="right")
    # a step has two points at the same moment
    steps_at = edges[1:-1]
    times = np.concatenate([times, steps_at])
    begun = np.concatenate([ahead[1:][group], ahead[1:-1]])
    saved = np.concatenate([saved, ahead[1:-1]])
    order = np.lexsort((begun, times))
    return Queue(times[order], saved[order], begun[order])


def linear_end(done: float, *others: float) -> float:
    """Return where a linear axis of time ends, in seconds: a round number of its unit.

    It holds the storm's end, with room behind it, and those of ``others`` that aren't far away.
    """
    least = max([1.25 * done, *(1.12 * other for other in others if other < 2.5 * done)])
    unit, _ = time_unit(least)
    power = 10.0 ** np.floor(np.log10(least / unit))
    round_ = next(step for step in _ROUND if step * power * unit >= least * (1 - 1e-9))
    return float(round_ * power * unit)


class CheckpointStorm(Instrument):
    """The path and the writers against time: what passes, who has saved, and who waits.

    The axis of time is linear and as long as the storm; a switch makes it logarithmic, with the
    same ends for every position of the sliders, so that storms of an hour and of a second can be
    compared.
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
        self.end = self.right
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=1, allow_padding=False),
            bqplot.LinearScale(min=0, max=1, allow_padding=False),
        )
        self._add_surfaces()
        self._add_lines()
        self.texts = {
            align: self.drawing.label(
                [0.0], [0.0], [""], align, 11, x_offset=offset, moving=WRITTEN
            )
            for align, offset in (("start", 4), ("end", -4))
        }
        self.heads = self.drawing.label(
            [0.0, 0.0], [PATH[1] + 0.045, WRITERS[1] + 0.055], ["", ""], "start", 12, "bold",
            x_offset=4 - LEFT, moving=("text",),
        )  # fmt: skip
        self.axis, rows = self._axes()
        self.drawing.move(self.axis, "tick_values", "tick_labels", "label")
        rows.color = "transparent"  # the line would cross the titles
        self.figure = self.drawing.figure([self.axis, rows], height=430, left=LEFT, right=30)
        self._add_choices()

    def _add_choices(self) -> None:
        """Add what can be chosen of this figure alone: the groups, and the axis of time."""
        self.logarithmic = SubChoice(
            "Time axis", [("linear", False), ("logarithmic", True)], self._redraw
        )
        self.groups: SubChoice | None = None
        if self.many:
            nodes = self.track.checkpoint.nodes
            counts = [2**power for power in range(nodes.bit_length()) if 2**power <= nodes]
            counts += [nodes] if counts[-1] != nodes else []
            options = [
                ("all at once" if count == 1 else f"in {format_count(count)} groups", count)
                for count in counts
            ]
            self.groups = SubChoice("Writers start", options, self._redraw)
        self.choices = tuple(item for item in (self.groups, self.logarithmic) if item is not None)
        self.extras = tuple(choice.widget for choice in self.choices)

    def _redraw(self) -> None:
        if self.outcome is not None:
            self.update(self.outcome)

    def _add_surfaces(self) -> None:
        """Add what lies behind the lines."""
        drawing, terms = self.drawing, self.track.terms
        what = "writers" if self.many else "bytes"
        self.path = drawing.areas(
            [
                Shape("crash", RED, 0.16, Entry("too long: the storage crashes", 6)),
                Shape("room", PURPLE, 0.3, Entry("left for readers", 2)),
            ],
            moving=PLACED,
        )
        self.used = drawing.curve(
            np.zeros(5), np.zeros(5), BLUE, width=1, fill="inside", fill_colors=[BLUE],
            fill_opacities=[0.45], close_path=True, moving=PLACED,
            legend=Entry("what passes", 1, style="area", opacity=0.45),
        )  # fmt: skip
        self.queue = drawing.areas(
            [
                Shape("saved", GREEN, 0.6, Entry(f"{what} saved", 3)),
                Shape("queue", ORANGE, 0.5, Entry(f"{what} that wait for the path", 4)),
                Shape("later", GREY, 0.35, Entry("writers that haven't begun", 5)),
            ],
            moving=PLACED,
        )
        self.job = drawing.areas(
            [Shape(f"{terms.job} waits", ORANGE, 0.55), Shape(f"{terms.job} goes on", GREY, 0.55)],
            moving=PLACED,
        )

    def _add_lines(self) -> None:
        """Add the ends of the panels, of the storm and of the interval."""
        edges = np.array([[edge, edge] for panel in (WRITERS, PATH) for edge in panel])
        self.drawing.curve(np.tile([0.0, 1.0], (len(edges), 1)), edges, GREY, width=1)
        nowhere = np.zeros(2)
        self.done = self.drawing.curve(nowhere, nowhere, TEXT, width=2, moving=PLACED)
        self.next = self.drawing.curve(nowhere, nowhere, TEXT, "dash_dotted", moving=PLACED)

    def _axes(self) -> list[Any]:
        rows = {
            sum(JOB) / 2: "who waits", WRITERS[0]: "0%", WRITERS[1]: "100%", PATH[0]: "0%",
            PATH[1]: "100%",
        }  # fmt: skip
        return [
            axis(self.drawing.scales["x"], "time", tick_values=[0.0, 1.0]),
            axis(
                self.drawing.scales["y"], "", vertical=True, tick_values=[*rows],
                tick_labels={tick_key(row): text for row, text in rows.items()},
            ),
        ]  # fmt: skip

    @property
    def count(self) -> int:
        """In how many groups the writers start: no more than there are writers."""
        if self.groups is None:
            return 1
        nodes = self.track.checkpoint.nodes if self.outcome is None else self.outcome.settings.nodes
        return min(int(self.groups.value), int(nodes))

    def on_a_page(self, plays_choices: bool = False) -> None:
        """Prepare for a page without a kernel, which may play what is chosen here."""
        super().on_a_page(plays_choices)
        if not plays_choices:
            for choice in self.choices:
                choice.hide()

    def play_groups(self) -> Playback:
        """Show the choice of the groups again and return its playback.

        Raises ``ValueError`` for a single writer.
        """
        if self.groups is None:
            raise ValueError(f"{self.track.name} has a single writer, and no groups of them")
        return self.groups.play(self.targets())

    def at(self, times: Any) -> Any:
        """Return where ``times`` in seconds are on the axis: 0 at its beginning, 1 at its end."""
        seconds = np.asarray(times, dtype=float)
        if self.logarithmic.value:
            low, high = np.log(self.left), np.log(self.right)
            return ((np.log(np.maximum(seconds, self.left)) - low) / (high - low)).clip(0, 1)
        return (seconds / self.end).clip(0, 1)

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw one dump in its groups, and the time until the next."""
        begin = latency(self.track, outcome.settings)
        shown = storm(self.track, outcome.settings, self.count)
        done = begin + shown.time
        waits, again = waiting(outcome, done)
        full = shown.saturated_time > 0
        limit = longest_storm(outcome) if full else np.inf
        self.end = linear_end(done, limit, again)
        self._draw_axis()
        self._draw_path(shown, begin, limit)
        self._draw_queue(queue_of(shown, begin))
        held, ending = float(self.at(waits)), float(self.at(again))
        middle, half = sum(JOB) / 2, (JOB[1] - JOB[0]) / 2
        update_shapes(
            self.job,
            [
                rectangle(0.0, held, *JOB),
                # going on is told from waiting by its height too
                rectangle(held, ending, middle - half / 2, middle + half / 2),
            ],
        )
        over, following = float(self.at(done)), again <= self._last
        update_traits(self.done, x=np.full(2, over), y=np.array([WRITERS[0], PATH[1]]))
        update_traits(
            self.next,
            x=np.full(2, ending),
            y=np.array([JOB[0], PATH[1]]) if following else np.full(2, JOB[0]),
        )
        self._write(outcome, shown, done, (waits, again), limit)
        return self._words(outcome, shown, done)

    @property
    def _last(self) -> float:
        """The seconds at which the axis of time ends."""
        return self.right if self.logarithmic.value else self.end

    def _draw_axis(self) -> None:
        """Set the ticks of the axis of time."""
        if self.logarithmic.value:
            ticks = self._decades()
            labels = [_TIMES[tick] for tick in ticks]
        else:
            unit, name = time_unit(self.end)
            numbers = steps(0, self.end / unit)
            ticks = [number * unit for number in numbers]
            labels = [f"{number:g} {name}" if number else "0" for number in numbers]
        places = [round(float(self.at(tick)), 4) for tick in ticks]
        log = " (logarithmic)" if self.logarithmic.value else ""
        update_traits(
            self.axis,
            tick_values=places,
            tick_labels={tick_key(at): text for at, text in zip(places, labels, strict=True)},
            label=f"time since the {self.track.terms.dump} began{log}",
        )

    def _decades(self) -> list[float]:
        """Return the ticks of a logarithmic axis, no more than a narrow screen has room for."""
        ticks: list[float] = []
        room = (self.right / self.left) ** 0.135
        for time in _TIMES:
            if 1.1 * self.left <= time <= self.right and (not ticks or time > room * ticks[-1]):
                ticks.append(time)
        return ticks

    def _draw_path(self, shown: Storm, begin: float, limit: float) -> None:
        """Draw what passes, what it leaves, and from when on that is too long."""
        low, high = PATH
        x, y = passing(shown, begin)
        update_traits(self.used, x=self.at(x), y=low + (high - low) * y)
        first, last = self.at([begin, begin + shown.time])
        share = float(shown.rates.max()) / shown.shared_bandwidth
        crash = float(self.at(limit)) if limit <= self._last else 1.0
        update_shapes(
            self.path,
            [
                rectangle(crash, 1.0, WRITERS[0], high),
                rectangle(first, last, low + (high - low) * min(share, 1.0), high),
            ],
        )

    def _draw_queue(self, queue: Queue) -> None:
        """Draw who has saved, who waits for the path, and who hasn't begun, one on the other."""
        low, high = WRITERS
        x, floor = self.at(queue.times), np.full(queue.times.size, low)
        shapes = []
        for share in (queue.saved, queue.begun, np.ones_like(queue.begun)):
            ceiling = low + (high - low) * share
            shapes.append((np.concatenate([x, x[::-1]]), np.concatenate([floor, ceiling[::-1]])))
            floor = ceiling
        update_shapes(self.queue, shapes)

    def _write(
        self,
        outcome: CheckpointOutcome,
        shown: Storm,
        done: float,
        job: tuple[float, float],
        limit: float,
    ) -> None:
        """Write what each panel shows, and their names at the lines."""
        terms, settings = self.track.terms, outcome.settings
        path = format_bandwidth(shown.shared_bandwidth)
        sent = format_bandwidth(float(shown.demanded.max()))
        written = format_size(outcome.written)
        if self.many:
            writers = format_count(settings.nodes)
            groups = "at once" if shown.ends.size == 1 else f"in {shown.ends.size} groups"
            heads = [
                f"path {path}, {format_count(float(shown.writers.max()))} could send {sent}",
                f"{writers} writers {groups}: {written}",
            ]
        else:
            heads = [f"takes {path}, {terms.machine} could write {sent}", f"{written} to save"]
        update_traits(self.heads, text=np.array(heads))
        over = float(self.at(done))
        held, again = (float(self.at(time)) for time in job)
        texts = [(over, WRITERS[0] + 0.05, f"done {format_time(done)}", _side(over))]
        if limit <= self._last:
            at = float(self.at(limit))
            texts.append((at, PATH[1] - 0.05, f"over {format_time(limit)}: crash", _side(at)))
        elif np.isfinite(limit):
            texts.append((1.0, PATH[0] - 0.05, f"crash from {format_time(limit)} on ▸", "end"))
        middle = sum(JOB) / 2
        if fitting(held, f"waits {format_time(job[0])}"):
            texts.append((0.0, middle, f"waits {format_time(job[0])}", "start"))
        else:
            texts.append((held, middle, f"◂ waits {format_time(job[0])}", "start"))
        following = f"next {format_time(job[1])}"
        if job[1] > self._last:
            texts.append((1.0, JOB[1] + 0.035, f"{following} ▸", "end"))
        else:
            texts.append((again, JOB[1] + 0.035, following, _side(again)))
        for align, label in self.texts.items():
            chosen = [text for text in texts if text[3] == align]
            update_traits(
                label,
                x=np.array([text[0] for text in chosen]),
                y=np.array([text[1] for text in chosen]),
                text=[text[2] for text in chosen],
            )

    def _words(self, outcome: CheckpointOutcome, shown: Storm, done: float) -> str:
        terms, settings = self.track.terms, outcome.settings
        interval, sent = (
            format_interval(self.track, settings.interval),
            format_bandwidth(shown.demanded.max()),
        )
        path, written = format_bandwidth(shown.shared_bandwidth), format_size(outcome.written)
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
        takes = f"That fills the storage {format_rare(share)} of the time"
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
        begin, unit = latency(self.track, outcome.settings), self.unit
        columns = [
            Column("group", 1, lambda shown: range(1, shown.ends.size + 1)),
            Column("writers", 2, lambda shown: shown.writers),
            Column("begins (s)", 3, lambda shown: begin + shown.ends - shown.durations),
            Column("ends (s)", 4, lambda shown: begin + shown.ends),
            Column(f"passes ({unit})", 5, lambda shown: shown.rates / self.si),
            Column(f"could send ({unit})", 6, lambda shown: shown.demanded / self.si),
            Column(f"path takes ({unit})", 7, self._path_cells),
        ]
        return table_of(columns, storm(self.track, outcome.settings, self.count))

    def _path_cells(self, shown: Storm) -> Floats:
        return np.full(shown.ends.size, shown.shared_bandwidth / self.si)


def _side(at: float) -> str:
    """Return on which side of a place on the axis there is room for a text."""
    return "start" if at < 0.55 else "end"


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
        box.children = (*box.children, shown.play_groups())
    return box
