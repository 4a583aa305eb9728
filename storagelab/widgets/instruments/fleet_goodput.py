"""FleetGoodput: where a job's time goes on more and more machines, beside published runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.colors import BLUE, GREEN, ORANGE, RED
from storagelab.parts.checkpoint.experiment import CheckpointOutcome, FleetShares, fleet_shares
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.tracks import Track
from storagelab.units import format_count, format_share, significant
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.table import Table
from storagelab.widgets.theme import TEXT, axis, rectangle, steps, update_shapes, update_traits

_POINTS = 41
_NEVER = 0.1
"""The useful share of the time below which a job is said to practically never end."""


def fleet_sizes(track: Track) -> np.ndarray:
    """Return the numbers of machines that are drawn: whole ones, over the control's decades."""
    values = track.checkpoint.control("nodes").values
    low, high = float(values[0]), float(values[-1])
    return np.unique(np.round(np.geomspace(low, high, _POINTS)))


class FleetGoodput(Instrument):
    """Shares of the time against the machines: useful, saved and lost, restarts; at best intervals.

    Useful work lies at the bottom, so that the height of a published point is its useful share.
    """

    name = "fleet_goodput"

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether the number of machines can be changed."""
        return track.checkpoint.has_control("nodes")

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = "A larger fleet: where the time goes"
        self.sizes = fleet_sizes(track)
        self.low, self.high = float(self.sizes[0]), float(self.sizes[-1])
        self.fleets = track.checkpoint.fleets
        self.drawing = Drawing(
            bqplot.LogScale(min=self.low, max=self.high),
            bqplot.LinearScale(min=0, max=100, allow_padding=False),
        )
        self._add_areas()
        self._add_points()
        self.figure = self.drawing.figure(self._axes(), height=360, right=36)
        self._drawn: CheckpointSettings | None = None
        self.seen: FleetShares
        self.compared: FleetShares

    def _add_areas(self) -> None:
        """Add what the time goes to, and where the job never ends."""
        dumps = self.track.terms.dumps
        self.areas = self.drawing.areas(
            [
                Shape("useful", BLUE, 0.35, Entry("useful work", 1)),
                Shape("saved", ORANGE, 0.7, Entry(f"{dumps} and lost work", 2)),
                Shape("restarts", GREEN, 0.55, Entry("restarts", 3)),
            ],
            corners=2 * self.sizes.size,
            moving=PLACED,
        )
        self.never = self.drawing.areas(
            [Shape("never ends", RED, 0.3)],
            moving=PLACED,
        )

    def _add_points(self) -> None:
        """Add the published runs with their names, and the present number of machines."""
        for at_least, marker, said in (
            (False, "circle", "published"),
            (True, "triangle-up", "published: at least"),
        ):
            fleets = [item for item in self.fleets if item.at_least == at_least]
            if fleets:
                self.drawing.points(
                    [item.nodes for item in fleets], [100 * item.useful for item in fleets],
                    TEXT, marker, 80, legend=Entry(said, 5 + at_least),
                )  # fmt: skip
        # names hang left of their points, each lower than the one before, so that none touches the
        # next or its line
        fleets = sorted(self.fleets, key=lambda item: item.nodes)
        heights = [76.0 - 8.0 * index for index in range(len(fleets))]
        self.drawing.curve(
            np.array([[item.nodes, item.nodes] for item in fleets]),
            np.array([[100 * item.useful, at] for item, at in zip(fleets, heights, strict=True)]),
            TEXT, width=1,
        )  # fmt: skip
        self.fleet_names = self.drawing.label(
            [item.nodes for item in fleets], [at + 1 for at in heights],
            [item.label for item in fleets], "end", 11, x_offset=-4,
        )  # fmt: skip
        self.here = self.drawing.curve(
            np.full(2, self.low), np.array([0.0, 100.0]), TEXT, "dashed", moving=PLACED
        )
        self.yours = self.drawing.label(
            [self.low],
            [4.0],
            ["yours"],
            "end",
            12,
            x_offset=-4,
            moving=("x", "align", "x_offset"),
        )
        self.text = self.drawing.label(
            [self.low], [14.0], [""], "end", 12, x_offset=-4, moving=WRITTEN
        )

    def _axes(self) -> list[Any]:
        decades = 10.0 ** np.arange(np.ceil(np.log10(self.low)), np.log10(self.high) + 0.01)
        return [
            axis(
                self.drawing.scales["x"], "nodes", tick_values=[*decades], tick_format="~s"
            ),
            axis(
                self.drawing.scales["y"], "share of the time (%)", vertical=True,
                tick_values=steps(0, 100),
            ),
        ]  # fmt: skip

    def draw(self, outcome: CheckpointOutcome) -> str:
        """Draw the shares at the present settings; they don't depend on the interval."""
        settings, nodes = replace(outcome.settings, interval=1.0), outcome.settings.nodes
        if self._drawn != settings:
            self._drawn = settings
            # one call for all costs hardly more than one for the two fleets that the words compare
            found = fleet_shares(self.track, settings, np.append(self.sizes, [nodes, 10 * nodes]))
            self.seen, self.compared = found.rows(slice(-2)), found.rows(slice(-2, None))
            self._draw_areas()
        update_traits(self.here, x=np.array([nodes, nodes]), y=np.array([0.0, 100.0]))
        narrow = nodes < self.low * (self.high / self.low) ** 0.2
        update_traits(
            self.yours,
            x=np.array([nodes]),
            align="start" if narrow else "end",
            x_offset=4 if narrow else -4,
        )
        return self._words(outcome)

    def _draw_areas(self) -> None:
        seen, shapes = self.seen, []
        floor = np.zeros_like(seen.useful)
        for share in (seen.useful, seen.saved, seen.restart):
            ceiling = np.minimum(floor + 100 * share, 100.0)
            shapes.append(
                (
                    np.concatenate([self.sizes, self.sizes[::-1]]),
                    np.concatenate([floor, ceiling[::-1]]),
                )
            )
            floor = ceiling
        update_shapes(self.areas, shapes)
        never = self.never_from()
        edge = self.high if never is None else never
        update_shapes(self.never, [rectangle(edge, self.high, 0.0, 100.0)])
        words = "" if never is None else "never ends ▸"
        update_traits(self.text, x=np.array([edge]), y=np.array([14.0]), text=[words])

    def never_from(self) -> float | None:
        """Return the machines from which on the job practically never ends, or None."""
        ends = np.flatnonzero(self.seen.useful < _NEVER)
        return float(self.sizes[ends[0]]) if ends.size else None

    def _words(self, outcome: CheckpointOutcome) -> str:
        nodes, dumps = outcome.settings.nodes, self.track.terms.dumps
        shares = self.compared
        useful, saved, restart = (
            format_share(float(share[0])) for share in (shares.useful, shares.saved, shares.restart)
        )
        sentences = [
            f"On {format_count(nodes)} nodes, {useful} of the time is useful at the best interval: "
            f"{saved} goes to {dumps} and lost work, {restart} to restarts."
        ]
        if shares.useful[1] > _NEVER:
            grown = [
                float(share[1] / shares.useful[1] / (share[0] / shares.useful[0]))
                for share in (shares.saved, shares.restart)
            ]
            sentences.append(
                f"Ten times the nodes: {significant(grown[0], 2)} times as much of the former, and "
                f"{significant(grown[1], 2)} times as much of the latter, for a useful hour."
            )
        never = self.never_from()
        if never is not None:
            sentences.append(
                f"From some {format_count(float(significant(never, 2).replace(',', '')))} nodes on "
                f"{self.track.terms.job} practically never ends."
            )
        return " ".join(sentences)

    def table(self, outcome: CheckpointOutcome) -> Table:
        """Return the shares at every fourth size, and the published ones with their sources."""
        del outcome

        def percent(head: str, place: int, name: str) -> Column:
            return Column(
                f"{head} (% of the time)", place,
                lambda shown: 100 * getattr(shown, name)[::4],
            )  # fmt: skip

        columns = [
            Column("nodes", 1, lambda shown: shown.nodes[::4]),
            percent("useful", 2, "useful"),
            percent(f"{self.track.terms.dumps} and lost work", 3, "saved"),
            percent("restarts", 4, "restart"),
            Column("published", 5, lambda shown: [""] * len(shown.nodes[::4])),
        ]
        table = table_of(columns, self.seen)
        published = [
            (item.nodes, 100 * item.useful, "", "", self._published(item)) for item in self.fleets
        ]
        rows = sorted([*table.rows, *published], key=lambda row: float(row[0]))
        return Table(table.columns, tuple(rows))

    @staticmethod
    def _published(fleet: Any) -> str:
        bound = ", at least" if fleet.at_least else ""
        return f"{fleet.label}{bound}: {fleet.source}"


def fleet_goodput(
    track: str = "cloud_titan", moving: str | None = "node_mtbf", **settings: Any
) -> ipywidgets.VBox:
    """Return where a job's time goes on fleets of all sizes, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`, and ``ValueError`` for a track of one machine.
    """

    def build(loaded: Track) -> list[FleetGoodput]:
        if not FleetGoodput.shows(loaded):
            raise ValueError(f"track {track!r} has a single machine")
        return [FleetGoodput(loaded)]

    return picture(build, "checkpoint", track, moving, **settings)
