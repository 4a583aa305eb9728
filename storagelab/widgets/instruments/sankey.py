"""DataFlowSankey: data on its way to the accelerators, in bands as wide as its rates.

bqplot has no Sankey mark, and existing Sankey widgets are no longer maintained; bands and nodes are
composed of bqplot's own lines. The marks that move along them are drawn by the page.
"""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.colors import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from storagelab.parts.pipeline.experiment import Epoch, PipelineOutcome
from storagelab.parts.pipeline.words import binding_words
from storagelab.tracks import Track
from storagelab.units import bandwidth_unit, format_bandwidth, format_share
from storagelab.widgets.drawing import PLACED, WRITTEN, Drawing, Entry, Rows, Shape, Target
from storagelab.widgets.flow_marks import FlowMarks
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.playback import Playback, frame_of
from storagelab.widgets.sub_choice import SubChoice
from storagelab.widgets.table import Cell, Table
from storagelab.widgets.theme import (
    Corners,
    hatching,
    rectangle,
    update_shapes,
    update_traits,
)

STORE, CACHE, MEMORY, CONSUMER = 0.0, 1.15, 2.0, 3.0
"""Where the nodes stand, from left to right."""
HALF = 0.035
"""Half a node's width."""
HELD = 0.3
"""How far the band begins before the memory that comes from nowhere but there."""
GAP = 0.12
"""How far the cache stands above the band through the link, in demands; a log lies on it."""
HEIGHT, EDGES, ROW = 320, 12, 17
"""Pixels of the figure, of its margins, and of a row of text."""
BELOW, ABOVE = 4.2, 2.3
"""Rows of text under the bands and over them."""
EXTENT = 1.12
"""Demands that the bands have room for; a first pass through a wide link takes more."""
THIN = 3.0
"""Pixels: a thinner band is drawn as a broken line of this width, which isn't to scale."""
FLOWS = ("link", "fill", "hits", "held", "accelerators")
"""The bands along which data moves, in the order in which they are drawn."""
BRANCH, LOST = 0.5, 0.42
"""Where the copy into the cache leaves the link's band, and where the lost part ends."""
_SMOOTH = np.linspace(0, 1, 15)
_STROKES, _LEAN = 18, 0.06


class Band(msgspec.Struct, frozen=True):
    """One flow in bytes/s, from one height at one node to another height at the next."""

    rate: float
    begin: tuple[float, float]
    """x of the node's edge, y of the band's lower edge there (in bytes/s)."""
    end: tuple[float, float]


class Names(msgspec.Struct, frozen=True):
    """A track's words for what doesn't come through the link."""

    served: str
    share: str
    missing: str


def names(track: Track) -> Names:
    """Return the words for the cache's share and for what doesn't arrive."""
    if track.pipeline.is_log:
        return Names("kept", "share kept", "lost")
    return Names("hits", "hit rate", "missing")


def bands(track: Track, outcome: PipelineOutcome, epoch: Epoch) -> dict[str, Band]:
    """Return an epoch's flows as bands; what enters a node also leaves it.

    Heights are in bytes/s, so that widths and places share one unit. Hits lie on top of what
    comes through the link, and what the memory holds itself (``held``) on top of both; all
    together go on to the accelerators; ``starved`` is what these could take in addition. ``fill``
    goes into the cache: in a first epoch it is a copy of what came through the link. Where the
    stream is logged, it comes straight from the source, and ``starved`` is what the source loses.
    """
    flows, demand = epoch.flows, outcome.demand
    link, hits, rate = flows["link"], flows["hits"], flows["accelerators"]
    shelf = _shelf(track, outcome, epoch)
    if track.pipeline.is_log:
        fill = Band(hits, (STORE + HALF, link), (CACHE - HALF, shelf))
        starved = Band(demand - rate, (STORE + HALF, link + hits), (LOST, link + hits))
    else:
        fill = Band(flows["fill"], (BRANCH, link - flows["fill"]), (CACHE - HALF, shelf))
        starved = Band(demand - rate, (MEMORY + HALF, rate), (CONSUMER - HALF, rate))
    return {
        "link": Band(link, (STORE + HALF, 0.0), (MEMORY - HALF, 0.0)),
        "fill": fill,
        "hits": Band(hits, (CACHE + HALF, shelf), (MEMORY - HALF, link)),
        "held": Band(flows["memory"], (MEMORY - HELD, link + hits), (MEMORY - HALF, link + hits)),
        "accelerators": Band(rate, (MEMORY + HALF, 0.0), (CONSUMER - HALF, 0.0)),
        "starved": starved,
    }


def nodes(track: Track, outcome: PipelineOutcome, epoch: Epoch) -> dict[str, tuple[float, ...]]:
    """Return each node's x and its lower and upper end in bytes/s; it is as high as its flow."""
    flows, demand = epoch.flows, outcome.demand
    held, shelf = max(flows["hits"], flows["fill"]), _shelf(track, outcome, epoch)
    return {
        "store": (STORE, 0.0, demand if track.pipeline.is_log else flows["link"]),
        "cache": (CACHE, shelf, shelf + held),
        "memory": (MEMORY, 0.0, epoch.rate),
        "consumer": (CONSUMER, 0.0, demand),
    }


def _shelf(track: Track, outcome: PipelineOutcome, epoch: Epoch) -> float:
    """Return the height in bytes/s at which the cache stands: low, so that little is empty."""
    return epoch.flows["link"] + (0.0 if track.pipeline.is_log else GAP * outcome.demand)


def extent(track: Track, outcome: PipelineOutcome, epoch: Epoch) -> float:
    """Return how many demands the figure has room for above its base line."""
    return max(EXTENT, nodes(track, outcome, epoch)["cache"][2] / outcome.demand)


def row(high: float) -> float:
    """Return the height of a row of text in demands, where there is room for ``high`` of them."""
    return ROW * high / (HEIGHT - EDGES - (BELOW + ABOVE) * ROW)


def centre(band: Band) -> Corners:
    """Return the line in the middle of a band as x and y, or a point if nothing flows."""
    x, y = outline(band)
    half = len(_SMOOTH)
    return (x[:half] + x[half:][::-1]) / 2, (y[:half] + y[half:][::-1]) / 2


def outline(band: Band) -> Corners:
    """Return a band's outline as x and y: two S-curves and the ends, shape (30,)."""
    (x0, y0), (x1, y1) = band.begin, band.end
    if band.rate <= 0:
        x1, y1 = x0, y0  # a line would look like a flow
    x = x0 + (x1 - x0) * _SMOOTH
    y = y0 + (y1 - y0) * (3 * _SMOOTH**2 - 2 * _SMOOTH**3)
    return np.concatenate([x, x[::-1]]), np.concatenate([y, (y + band.rate)[::-1]])


class DataFlowSankey(Instrument):
    """Store, cache, memory and consumers, and the bands between them.

    All widths are in demands, and the consumers' post is one high. Marks that move along the bands
    show the rates when somebody asks for it.
    """

    name = "sankey"

    def __init__(self, track: Track, epoch: str = "warm") -> None:
        super().__init__(track)
        self.names = names(track)
        self.title = f"Data flow to {track.fed.name}"
        self.high = bqplot.LinearScale(min=-BELOW * row(EXTENT), max=EXTENT + ABOVE * row(EXTENT))
        self.drawing = Drawing(bqplot.LinearScale(min=-0.2, max=3.25), self.high)
        self._add_flows()
        self._add_names()
        self.figure = self.drawing.figure(
            [], height=HEIGHT, left=20, top=EDGES // 2, bottom=EDGES // 2
        )
        self.moving = FlowMarks(len(self.shapes.labels))
        self.extras = (self.moving,)
        self.drawing.move(self.moving, "rates", "words")
        self._shown = epoch
        self._playback: Playback | None = None
        if track.pipeline.cold_start:
            self.drawing.move(self.high, "min", "max")
            self.epochs = self._choice(epoch)
            self.choices = (self.epochs,)
            self.extras = (self.epochs.widget, self.moving)

    def _add_flows(self) -> None:
        """Add bands and nodes as one mark, the missing part, and the outline of what binds."""
        self.shapes = self.drawing.areas(
            self._shapes(),
            corners=2 * len(_SMOOTH),
            stroke_width=1,  # bands that touch are told apart
            moving=PLACED,
        )
        blank = np.zeros(5 + 3 * _STROKES)
        self.missing = self.drawing.curve(
            blank, blank, RED, width=1.2, moving=PLACED,
            legend=Entry(self.names.missing, 5, style="hatched"),
            table=[self._row("starved", 5, self.names.missing, self.track.fed.label)],
        )  # fmt: skip
        nothing = np.zeros((len(FLOWS), len(_SMOOTH)))
        self.thin = self.drawing.curve(
            nothing, nothing, BLUE, "dashed", THIN, colors=[BLUE, PURPLE, PURPLE, GREEN, GREEN],
            labels=list(FLOWS), moving=PLACED,
            legend=Entry("┄ too thin to draw to scale", 7),
        )  # fmt: skip
        ends = np.zeros(2 * len(_SMOOTH) + 1)
        self.mark = self.drawing.curve(
            ends, ends, ORANGE, width=2.5, moving=PLACED,
            legend=Entry("what binds", 6),
        )  # fmt: skip

    def _shapes(self) -> list[Shape]:
        """Return bands and nodes, in the order in which they are drawn."""
        terms, fed = self.track.terms, self.track.fed
        source = terms.store if self.track.pipeline.is_log else terms.link
        filled = self._fills()
        return [
            Shape(
                "link", BLUE, 0.75, Entry(f"through the {terms.link}", 1, opacity=0.8),
                self._row("link", 1, terms.store, f"{terms.memory}, by {terms.link}"),
            ),
            Shape(
                "fill", PURPLE, 0.4, Entry(f"into the {terms.cache}", 2) if filled else None,
                self._row("fill", 2, source, terms.cache) if filled else None,
            ),
            Shape(
                "hits", PURPLE, 0.75, Entry(f"from the {terms.cache}", 3, opacity=0.8),
                self._row("hits", 3, terms.cache, terms.memory),
            ),
            Shape(
                "held", GREEN, 0.4,
                Entry(f"held in {terms.memory}", 3, opacity=0.4) if self._holds() else None,
                self._row("held", 3, terms.memory, terms.memory) if self._holds() else None,
            ),
            Shape(
                "accelerators", GREEN, 0.75, Entry(f"to {fed.name}", 4, opacity=0.8),
                self._row("accelerators", 4, terms.memory, fed.label),
            ),
            Shape("store", GREY, 0.75),
            Shape("cache", GREY, 0.75),
            Shape("memory", GREY, 0.75),
            Shape("consumer", GREY, 0.35),
        ]  # fmt: skip

    def _row(self, band: str, place: int, source: str, target: str) -> Rows:
        """Return the row of a band, from a source to a target."""

        def cells(outcome: PipelineOutcome) -> list[tuple[Cell, ...]]:
            scale, _ = bandwidth_unit(outcome.demand)
            rate = bands(self.track, outcome, self._epoch(outcome))[band].rate
            return [(source, target, rate / scale, 100 * rate / outcome.demand)]

        return Rows(place, cells)

    def _add_names(self) -> None:
        """Add the nodes' names, and the labels for the rates and for what binds."""
        terms = self.track.terms
        moving = WRITTEN
        # the outer names extend inwards from the edges, so that they fit on a narrow screen
        self.titles = [
            self.drawing.label([where], [0.0], [name], align, weight="bold", moving=("y",))
            for name, where, align in (
                (terms.store, STORE - 0.2, "start"),
                (terms.memory, MEMORY, "middle"),
                (self.track.fed.label, CONSUMER + 0.25, "end"),
            )
        ]
        self.texts = self.drawing.label([0.0] * 5, [0.0] * 5, [""] * 5, "middle", moving=moving)
        self.word = self.drawing.label([0.0], [0.0], [""], "middle", 13, "bold", moving=moving)

    def _choice(self, epoch: str) -> SubChoice:
        """Return the choice of the epoch."""
        terms = self.track.terms
        return SubChoice(
            f"Which of the {terms.passes}",
            [("first, cold", "cold"), ("later, warm", "warm")],
            self._choose,
            epoch,
            [
                f"The {terms.cache} is empty and is filled",
                f"The {terms.cache} serves what it holds",
            ],
        )

    def _choose(self) -> None:
        self._shown = self.epochs.value
        self.update(self.outcome)

    def _fills(self) -> bool:
        """Return whether the figure ever shows a flow into the cache."""
        return self.track.pipeline.cold_start or self.track.pipeline.is_log

    def _holds(self) -> bool:
        """Return whether what is left of the memory caches, too."""
        return self.track.pipeline.has_control("memory")

    def on_a_page(self, plays_choices: bool = False) -> None:
        """Prepare for a page without a kernel, on which the choice of the epoch is played."""
        super().on_a_page(plays_choices)
        if self.track.pipeline.cold_start and not plays_choices:
            found = super().targets()
            self._playback = Playback(
                source=self.epochs.widget, targets=[item for item, _ in found],
                names=[name for _, name in found],
            )  # fmt: skip
            self.extras = (*self.extras, self._playback)
            self.update(self.outcome)

    def update(self, outcome: PipelineOutcome) -> None:
        """Show ``outcome``; on a page, have both epochs ready."""
        if self._playback is not None:
            present, frames = self._shown, []
            for _, epoch in self.epochs.widget.options:
                self._shown = epoch
                super().update(outcome)
                frames.append(frame_of(super().targets()))
            self._shown, self._playback.frames = present, frames
        super().update(outcome)

    def targets(self) -> list[Target]:
        """Return every trait that an update changes; on a page, the frames of both epochs."""
        return super().targets() if self._playback is None else [(self._playback, "frames")]

    def _epoch(self, outcome: PipelineOutcome) -> Epoch:
        return outcome.cold if self._shown == "cold" else outcome.warm

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw bands and nodes, and outline the one that binds."""
        epoch = self._epoch(outcome)
        drawn, stand = bands(self.track, outcome, epoch), nodes(self.track, outcome, epoch)
        high, demand = extent(self.track, outcome, epoch), outcome.demand
        update_traits(self.high, min=-BELOW * row(high), max=high + ABOVE * row(high))
        outlines = {name: outline(band) for name, band in drawn.items()}
        for name, (at, low, top) in stand.items():
            outlines[name] = rectangle(at - HALF, at + HALF, low, top)
        outlines = {name: (x, y / demand) for name, (x, y) in outlines.items()}
        update_shapes(self.shapes, [outlines[name] for name in self.shapes.labels])
        self._hatch(drawn["starved"], demand)
        self._draw_thin(drawn, demand, high)
        self.moving.show([drawn[name].rate for name in FLOWS], demand)
        x, y = outlines[self._bound(epoch)]
        update_traits(self.mark, x=np.append(x, x[0]), y=np.append(y, y[0]))
        self._write(outcome, epoch, stand["cache"][2] / demand, row(high))
        return self._words(outcome, epoch)

    def _draw_thin(self, drawn: dict[str, Band], demand: float, high: float) -> None:
        """Draw as a broken line what would be too thin to be seen, and nothing of the others."""
        least = THIN * row(high) / ROW * demand
        self.too_thin = [name for name in FLOWS if 0 < drawn[name].rate < least]
        lines = []
        for name in FLOWS:
            x, y = centre(drawn[name])
            if name not in self.too_thin:
                x, y = np.full_like(x, x[0]), np.full_like(y, y[0])
            lines.append((x, y / demand))
        update_shapes(self.thin, lines)

    def _hatch(self, starved: Band, demand: float) -> None:
        """Hatch what doesn't arrive, where it is more than a rounding error."""
        (left, low), right = starved.begin, starved.end[0]
        rate = starved.rate if starved.rate > 1e-9 * demand else 0.0
        low, high = low / demand, (low + rate) / demand
        feet = left + _LEAN * np.arange(-1, _STROKES - 1)
        x, y = hatching(left, right, low, high, feet, _LEAN)
        update_traits(self.missing, x=x, y=y)

    @staticmethod
    def _bound(epoch: Epoch) -> str:
        """Return the band or the node that is outlined because it binds."""
        through_cache = "hits" if epoch.flows["hits"] > 0 else "fill"
        found = {"nvme": through_cache, "prepare": "accelerators", "compute": "consumer"}
        return found.get(epoch.binding, epoch.binding)

    def _write(self, outcome: PipelineOutcome, epoch: Epoch, shelf: float, row: float) -> None:
        """Write the rates at the bands; ``shelf`` is the upper end of the cache, in demands."""
        terms, flows = self.track.terms, epoch.flows
        held, what = flows["hits"], self.names.served
        if flows["fill"] > 0:
            held, what = flows["fill"], "copied"
        cache = f"{what} {format_bandwidth(held)}" if held > 0 else f"no {self.names.served}"
        if not held and self.names.served == "kept":
            cache = "keeps nothing"
        starved = outcome.demand - epoch.rate
        missing = f"{self.names.missing} {format_bandwidth(starved)}"
        some = starved > 1e-9 * outcome.demand
        demand = f"of {format_bandwidth(outcome.demand)}"
        over = 1 + 0.5 * row
        above = shelf + 0.65 * row
        if abs(above - over) < 1.1 * row:  # it would meet the text of what is missing
            above = over + 1.1 * row
        lost = self.track.pipeline.is_log
        broken = {name: "┄ " if name in self.too_thin else "" for name in FLOWS}
        in_memory = f"hits {format_bandwidth(flows['memory'])}"
        update_traits(
            self.texts,
            x=np.array([0.78, 2.6, CACHE, 0.3 if lost else 2.6, MEMORY]),
            y=np.array([-0.95 * row, -0.95 * row, above, over, -3.8 * row]),
            text=np.array(
                [
                    f"{broken['link']}{terms.link} {format_bandwidth(flows['link'])}",
                    f"{broken['accelerators']}{format_bandwidth(epoch.rate)} {demand}",
                    f"{broken['fill'] or broken['hits']}{terms.cache}: {cache}",
                    missing if some else f"nothing {self.names.missing}",
                    f"{broken['held']}{in_memory}" if flows["memory"] > 0 else "",
                ]
            ),
        )
        word, x, y = {
            "link": ("▲ bottleneck", 0.78, -1.9 * row),
            "nvme": ("▼ bottleneck", CACHE, above + row),
            "prepare": ("▲ preparation: bottleneck", 2.45, -1.9 * row),
            "compute": ("▲ gets all it can take", 2.45, -1.9 * row),
        }[epoch.binding]
        for title in self.titles:
            update_traits(title, y=np.array([-2.9 * row]))
        update_traits(self.word, x=np.array([x]), y=np.array([y]), text=np.array([word]))

    def _words(self, outcome: PipelineOutcome, epoch: Epoch) -> str:
        terms, fed, flows = self.track.terms, self.track.fed, epoch.flows
        rates = {name: format_bandwidth(rate) for name, rate in flows.items()}
        cold = self._shown == "cold"
        starved = outcome.demand - epoch.rate
        rest = ", which can take no more"
        if starved > 1e-9 * outcome.demand:
            rest = f", which could take {format_bandwidth(starved)} more"
            if self.track.pipeline.is_log:
                rest = f", and {format_bandwidth(starved)} are lost"
        first = f"In the first pass, which finds the {terms.cache} empty,"
        here = first if cold else f"In {terms.warm}"
        held = ""
        if self._holds() and not cold:
            held = f", {rates['memory']} are in the {terms.memory} already"
        idle = 1 - (flows["hits"] + flows["fill"]) / outcome.settings.nvme
        copied = f" {rates['fill']} of it are copied into the {terms.cache}." if cold else ""
        return (
            f"{here} {rates['link']} come through the {terms.link} and {rates['hits']} from the "
            f"{terms.cache} ({self.names.share} {format_share(epoch.hit_rate)}){held}; together "
            f"{rates['accelerators']} reach {fed.name}{rest}.{copied} What binds is "
            f"{binding_words(self.track)[epoch.binding]}. The {terms.cache} idles "
            f"{format_share(max(0.0, idle))} of its bandwidth.{self._thin_words()}"
        )

    def _thin_words(self) -> str:
        """Return what is drawn wider than it is, if anything."""
        if not self.too_thin:
            return ""
        return " What is drawn as a broken line is too thin to draw to scale."

    def table(self, outcome: PipelineOutcome) -> Table:
        """Return each flow's rate and its share of the demand."""
        _, unit = bandwidth_unit(outcome.demand)
        return Table(
            ("from", "to", f"rate ({unit})", "share of the demand (%)"),
            self.drawing.rows(outcome),
        )


def data_flow_sankey(
    track: str = "cloud_titan",
    moving: str | None = "link",
    epoch: str = "warm",
    **settings: Any,
) -> ipywidgets.VBox:
    """Return the flow of a track's bits in a ``warm`` or a ``cold`` epoch, without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(
        lambda loaded: [DataFlowSankey(loaded, epoch)], "pipeline", track, moving, **settings
    )
