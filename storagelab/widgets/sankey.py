"""DataFlowSankey: the bits on their way to the accelerators, as wide as they are many.

bqplot has no Sankey mark and the Sankey widgets that there are aren't kept up; four bands are
composed of bqplot's own lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bqplot
import numpy as np

from storagelab.experiments.pipeline import PipelineOutcome
from storagelab.tracks import Track
from storagelab.units import format_bandwidth, format_share
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.theme import (
    BLUE,
    GREEN,
    GREY,
    PLACED,
    PURPLE,
    TEXT,
    figure,
    legend,
    place,
    polygon,
    swatch,
)
from storagelab.words.dress import binding_words

STORE, NVME, DRAM, ACCELERATORS = 0.0, 1.0, 2.0, 3.0
"""Where the nodes stand, from left to right."""
_SMOOTH = np.linspace(0, 1, 25)


@dataclass(frozen=True)
class Band:
    """One flow in bytes/s, from one height at one node to another height at the next."""

    rate: float
    begin: tuple[float, float]
    """x of the node, y of the band's lower edge there (in bytes/s)."""
    end: tuple[float, float]


def bands(outcome: PipelineOutcome) -> dict[str, Band]:
    """Return the warm epoch's flows as bands: what enters a node leaves it.

    Heights are in bytes/s, so that widths and places share one unit. Hits lie on top of what
    comes through the link, and both together go on to the accelerators; ``starved`` is what they
    could take besides.
    """
    flows, demand = outcome.warm.flows, outcome.demand
    return {
        "link": Band(flows["link"], (STORE, 0.0), (DRAM, 0.0)),
        "hits": Band(flows["hits"], (NVME, 1.1 * demand), (DRAM, flows["link"])),
        "accelerators": Band(flows["accelerators"], (DRAM, 0.0), (ACCELERATORS, 0.0)),
        "starved": Band(
            demand - flows["accelerators"],
            (DRAM, flows["accelerators"]),
            (ACCELERATORS, flows["accelerators"]),
        ),
    }


def outline(band: Band) -> tuple[Any, Any]:
    """Return a band's outline as x and y: two S-curves and the ends, shape (50,)."""
    (x0, y0), (x1, y1) = band.begin, band.end
    x = x0 + (x1 - x0) * _SMOOTH
    y = y0 + (y1 - y0) * (3 * _SMOOTH**2 - 2 * _SMOOTH**3)
    return np.concatenate([x, x[::-1]]), np.concatenate([y, (y + band.rate)[::-1]])


_MARKED = {
    "link": (1.0, -0.3, "▲ bottleneck ▲"),
    "prepare": (2.5, -0.3, "preparation: bottleneck"),
    "compute": (2.5, -0.3, "all busy"),
}
"""Where the mark of what binds stands below the bands, and what it says.

The NVMe's is part of its own label.
"""

COLORS = {"link": BLUE, "hits": PURPLE, "accelerators": GREEN, "starved": GREY}


class DataFlowSankey(Instrument):
    """Store, cache, memory and consumers, and the bands between them."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        terms = track.terms
        self.title = f"Data flow in {terms.warm}"
        self.demand = track.pass_demand
        x = bqplot.LinearScale(min=-0.2, max=3.25)
        y = bqplot.LinearScale(min=-0.65, max=2.2)
        scales = {"x": x, "y": y}
        self.bands = {
            name: polygon(color, scales, opacity=0.2 if name == "starved" else 0.75)
            for name, color in COLORS.items()
        }
        # the outer names reach inwards from the edges, or they meet where the screen is narrow
        self.names = [
            bqplot.Label(
                x=[where],
                y=[-0.52],
                text=[name],
                align=align,
                scales=scales,
                colors=[TEXT],
                default_size=12,
                font_weight="bold",
            )
            for name, where, align in (
                (terms.store, STORE - 0.2, "start"),
                (terms.memory, DRAM, "end"),
                (track.fed.label, ACCELERATORS + 0.25, "end"),
            )
        ]
        self.rates = bqplot.Label(
            x=[1.0, 2.5],
            y=[-0.12, -0.12],
            text=["", ""],
            align="middle",
            scales=scales,
            colors=[TEXT],
            default_size=13,
        )
        # to the left of the band, whose width changes
        self.cache = bqplot.Label(
            x=[NVME - 0.06] * 3,
            y=[1.44, 1.27, 1.1],
            text=["", terms.cache, ""],
            align="end",
            apply_clip=False,
            scales=scales,
            colors=[TEXT],
            default_size=13,
        )
        self.bottleneck = bqplot.Label(
            x=[1.0], y=[-0.3], text=[""], align="middle", scales=scales,
            colors=[TEXT], default_size=13, font_weight="bold",
        )  # fmt: skip
        self.figure = figure(
            [*self.bands.values(), *self.names, self.rates, self.cache, self.bottleneck],
            [],
            height=330,
            left=20,
            bottom=20,
        )
        self.legend = legend(
            swatch(f"through the {terms.link}", COLORS["link"], "area"),
            swatch(f"from the {terms.cache}", COLORS["hits"], "area"),
            swatch(f"to {track.fed.name}", COLORS["accelerators"], "area"),
            swatch(
                f"what {track.fed.they} could take besides", COLORS["starved"], "area", opacity=0.2
            ),
        )
        self.dynamic = [
            *((band, trait) for band in self.bands.values() for trait in PLACED),
            (self.rates, "text"),
            (self.cache, "text"),
            (self.bottleneck, "x"),
            (self.bottleneck, "y"),
            (self.bottleneck, "text"),
        ]

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw the four bands and mark the stage that binds."""
        drawn = bands(outcome)
        for name, band in drawn.items():
            shape = self.bands[name]
            x, y = outline(band)
            place(shape, x, y / self.demand)
        rates = {name: format_bandwidth(band.rate) for name, band in drawn.items()}
        self.rates.text = np.array(
            [f"{self.track.terms.link} {rates['link']}", rates["accelerators"]]
        )
        hits = f"hits {rates['hits']}" if drawn["hits"].rate else "no hits"
        binding = outcome.warm.binding
        mark = "▼ bottleneck ▼" if binding == "nvme" else ""
        self.cache.text = np.array([mark, self.track.terms.cache, hits])
        x, y, text = _MARKED.get(binding, (1.0, -0.3, ""))
        with self.bottleneck.hold_sync():
            self.bottleneck.x, self.bottleneck.y = np.array([x]), np.array([y])
            self.bottleneck.text = np.array([text])
        starved = drawn["starved"].rate > 1e-9 * self.demand
        more = f"could take {rates['starved']} more" if starved else "can take no more"
        terms = self.track.terms
        return (
            f"{rates['link']} come through the {terms.link} and {rates['hits']} from the "
            f"{terms.cache} (hit rate {format_share(outcome.warm.hit_rate)}); together "
            f"{rates['accelerators']} reach {self.track.fed.name}, which {more}. What binds is "
            f"{binding_words(self.track)[binding]}. The {terms.cache} idles "
            f"{format_share(1 - outcome.busy['nvme'])} of its bandwidth."
        )
