"""What a fleet's size does to storage: instruments of laws that belong to no part of a track.

Each has a control of its own, and shows what its law says for each of the control's values. Sizes
and ports are those of the track with the fleet.
"""

from __future__ import annotations

import math
from operator import itemgetter
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from storagelab.checkpoint import read_back_time
from storagelab.checks import Floats
from storagelab.colors import BLUE, GREEN, ORANGE, PURPLE
from storagelab.devices import load_device
from storagelab.pipeline import (
    doubling_load_time,
    fleet_load_time,
    kv_cache_size,
    spill_bandwidth,
)
from storagelab.published import read_table
from storagelab.queueing import frame_miss_probability
from storagelab.schema import Control
from storagelab.tracks import Track, load_track
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_odds,
    format_share,
    format_time,
)
from storagelab.widgets.drawing import PLACED, Column, Drawing, Entry, table_of
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import moved
from storagelab.widgets.table import Table
from storagelab.widgets.theme import TEXT, axis, steps, update_traits

TRACK = "cloud_titan"
"""The track with a fleet of replicas."""
MEASURED = "Llama 2 70B from S3"
"""The published load that is drawn beside the laws: one replica, as large as the track's."""


def _served(track: Track) -> tuple[float, float]:
    """Return the bytes of the weights that a track serves, and bytes/s of the port they come by.

    Raises ``ValueError`` for a track that loads nothing through a machine's own port.
    """
    load = track.pipeline.load
    if load is None or load.size is None or load.machine_bandwidth is None:
        raise ValueError(f"track {track.name!r} loads no model through a machine's port")
    return load.size, load.machine_bandwidth


def _way(
    drawing: Drawing,
    at: Floats,
    place: int,
    said: str,
    color: str,
    style: str,
    line: str = "linear",
) -> Any:
    """Add the curve of the seconds that a way takes ``at`` each number of machines.

    ``place`` is its own in the legend and in what is tabled.
    """
    return drawing.curve(
        at,
        np.ones_like(at),
        color,
        style,
        3,
        moving=("y",),
        legend=Entry(said, place),
        interpolation=line,
        table=[Column(f"{said} (s)", 1 + place, itemgetter(place))],
    )


def _every(drawing: Drawing, head: str, *shown: Floats) -> Table:
    """Return a drawing's columns for numbers of machines, called ``head``, and what is drawn."""
    return table_of(drawing.columns(Column(head, 1, itemgetter(0))), shown)


class ColdStart(Instrument):
    """The time until k replicas have their weights: from one source, and handed on."""

    name = "cold_start"
    control = Control(
        name="source_bandwidth",
        label="What the source gives",
        kind="scale",
        values=[1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 200.0],
        default=25.0,
        answer="source",
        unit="GB/s",
        si=1e9,
    )

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = "Cold start: the time until every replica has its weights"
        self.size, self.port = _served(track)
        self.replicas = np.unique(np.round(np.geomspace(1, 1024, 61)))
        self.drawing = Drawing(
            bqplot.LogScale(min=1, max=1024), bqplot.LogScale(min=5, max=200_000)
        )
        self.shared = _way(self.drawing, self.replicas, 1, "all from one source", ORANGE, "solid")
        self.doubled = _way(
            self.drawing, self.replicas, 2, "handed on by those that have them", BLUE, "dashed",
            "step-before",
        )  # fmt: skip
        row = next(row for row in read_table("load_times") if row["load"] == MEASURED)
        self.drawing.points(
            [1], [row["load_time_s"]], TEXT, "circle", 80, apply_clip=False,
            legend=Entry("measured: Llama 2 70B from an object store over the same port", 3),
            words=lambda shown: [f"{row['source']}: {format_time(row['load_time_s'])}"],
        )  # fmt: skip
        scales = self.drawing.scales
        self.figure = self.drawing.figure(
            [
                axis(scales["x"], "replicas that start at once", tick_format=",.0f",
                     tick_values=[4.0**power for power in range(6)]),
                axis(scales["y"], "", vertical=True,
                     tick_values=[10.0, 60.0, 600.0, 3600.0, 36000.0],
                     tick_labels={"10": "10 s", "60": "1 min", "600": "10 min", "3600": "1 h",
                                  "36000": "10 h"}, tick_format=".0f"),
            ],
            left=64,
        )  # fmt: skip

    def times(self, replicas: Floats, source: float) -> tuple[Floats, Floats]:
        """Return the seconds of both ways for each number of replicas, shape (n,) each."""
        return (
            fleet_load_time(self.size, replicas, source, self.port),
            doubling_load_time(self.size, replicas, source, self.port),
        )

    def draw(self, outcome: float) -> str:
        """Draw both ways from a source of ``outcome`` bytes/s."""
        shared, doubled = self.times(self.replicas, outcome)
        update_traits(self.shared, y=shared)
        update_traits(self.doubled, y=doubled)
        counts = np.array([8.0, 64.0, 1024.0])
        told = "; ".join(
            f"{format_count(count)} take {format_time(alone)} from the source alone and "
            f"{format_time(together)} handed on"
            for count, alone, together in zip(counts, *self.times(counts, outcome), strict=True)
        )
        better = self.replicas[doubled < shared]
        gain = f"from {format_count(better[0])} replicas on" if better.size else "never"
        return (
            f"{format_bytes(self.size)} for each replica, a port of {format_bandwidth(self.port)}, "
            f"a source of {format_bandwidth(outcome)}: {told}. Handing on pays {gain}."
        )

    def table(self, outcome: float) -> Table:
        """Return the times at every sixth number of replicas."""
        replicas = self.replicas[::6]
        return _every(self.drawing, "replicas", replicas, *self.times(replicas, outcome))


class RestoreStorm(Instrument):
    """The time until every node has its state back, by what each of them has to read."""

    name = "restore_storm"
    LOADED = "Megatron-LM, a trillion parameters"
    """The published load that is drawn beside the laws."""
    LOAD_RATE = 1e12
    """Bytes/s at which its nodes loaded (Narayanan et al. 2021, SC21, section 5.10)."""
    control = Control(
        name="shared_bandwidth",
        label="Shared storage gives",
        kind="scale",
        values=[25.0, 50.0, 100.0, 150.0, 300.0, 1000.0, 2000.0],
        default=150.0,
        answer="shared",
        unit="GB/s",
        si=1e9,
    )
    WAYS = (
        ("a full copy each, from the storage", ORANGE, "solid", "linear"),
        ("a full copy each, handed on", BLUE, "dashed", "step-before"),
        ("a shard each", GREEN, "dotted", "linear"),
    )
    """Of reading a state back: the words, and the look of the curve."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = "Restore storm: the time until every node has its state back"
        part = track.checkpoint
        self.size = part.size
        self.port = part.node_bandwidth
        self.nodes = np.unique(np.round(np.geomspace(1, 100_000, 81)))
        self.drawing = Drawing(
            bqplot.LogScale(min=1, max=100_000), bqplot.LogScale(min=0.3, max=1e7)
        )
        self.curves = [
            _way(self.drawing, self.nodes, place, *look)
            for place, look in enumerate(self.WAYS, start=1)
        ]
        row = next(row for row in read_table("checkpoint_writes") if self.LOADED in row["save"])
        time = row["size_B"] / self.LOAD_RATE
        self.drawing.points(
            [row["writers"]], [time], TEXT, "circle", 80,
            legend=Entry(f"measured: {format_bytes(row['size_B'])}, a shard each", 4),
            words=lambda shown: [
                f"{self.LOADED}: {format_bytes(row['size_B'])} loaded by {row['writers']:.0f} "
                f"nodes at {format_bandwidth(self.LOAD_RATE)}, {format_time(time)} "
                "(Narayanan et al. 2021, SC21, 5.10)"
            ],
        )  # fmt: skip
        scales = self.drawing.scales
        ticks = {1: "1 s", 60: "1 min", 3600: "1 h", 86400: "1 day", 2_592_000: "30 days"}
        self.figure = self.drawing.figure(
            [
                axis(scales["x"], "nodes that read at once", tick_format="~s",
                     tick_values=[10.0**power for power in range(6)]),
                axis(scales["y"], "", vertical=True, tick_values=[float(at) for at in ticks],
                     tick_labels={str(at): said for at, said in ticks.items()}, tick_format=".0f"),
            ],
            left=64, right=30,
        )  # fmt: skip

    def times(self, nodes: Floats, shared: float) -> tuple[Floats, Floats, Floats]:
        """Return the seconds of each way for each number of nodes, shape (n,) each."""
        return (
            read_back_time(self.size, nodes, shared, self.port, sharded=False),
            doubling_load_time(self.size, nodes, shared, self.port),
            read_back_time(self.size, nodes, shared, self.port),
        )

    def draw(self, outcome: float) -> str:
        """Draw each way from a storage of ``outcome`` bytes/s."""
        for curve, times in zip(self.curves, self.times(self.nodes, outcome), strict=True):
            update_traits(curve, y=times)
        counts = np.array([64.0, 1024.0, 16384.0])
        told = "; ".join(
            f"{format_count(count)} nodes take {format_time(shard)} with a shard each, "
            f"{format_time(full)} with a full copy each, {format_time(handed)} handed on"
            for count, full, handed, shard in zip(counts, *self.times(counts, outcome), strict=True)
        )
        return (
            f"{format_bytes(self.size)} of state, ports of {format_bandwidth(self.port)}, a shared "
            f"storage of {format_bandwidth(outcome)}: {told}."
        )

    def table(self, outcome: float) -> Table:
        """Return the times at every eighth number of nodes."""
        nodes = self.nodes[::8]
        return _every(self.drawing, "nodes", nodes, *self.times(nodes, outcome))


class FanOut(Instrument):
    """How often a step that waits for N machines meets a slow one."""

    name = "fan_out"
    control = Control(
        name="miss_probability",
        label="Answers that are slow",
        kind="scale",
        values=[1e-6, 1e-5, 1e-4, 1e-3, 1e-2],
        default=1e-3,
        answer="slow",
        labels=["1 in a million", "1 in 100,000", "1 in 10,000", "1 in 1,000", "1 in 100"],
    )

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = "Tails: how often somebody is slow"
        self.machines = np.unique(np.round(np.geomspace(1, 100_000, 101)))
        self.drawing = Drawing(
            bqplot.LogScale(min=1, max=100_000),
            bqplot.LinearScale(min=0, max=100, allow_padding=False),
        )
        self.curve = self.drawing.curve(
            self.machines, np.zeros_like(self.machines), BLUE, "solid", 3,
            moving=("y",), legend=Entry("steps that wait for a slow machine", 1),
            table=[Column("steps that wait (%)", 2, lambda shown: shown[1])],
        )  # fmt: skip
        rows = read_table("fan_outs")
        self.published = self.drawing.points(
            [row["servers"] for row in rows], [100 * row["published_share"] for row in rows],
            TEXT, "circle", 80, legend=Entry("as reckoned by Dean and Barroso (2013)", 2),
            words=lambda shown: [row["source"] for row in rows],
        )  # fmt: skip
        self.names = self.drawing.label(
            [row["servers"] for row in rows], [100 * row["published_share"] + 5 for row in rows],
            [f"one in {1 / row['miss_probability']:,.0f}" for row in rows], "end", 12, x_offset=-4,
        )  # fmt: skip
        scales = self.drawing.scales
        self.figure = self.drawing.figure(
            [
                axis(scales["x"], "machines that a step waits for", tick_format="~s",
                     tick_values=[10.0**power for power in range(6)]),
                axis(scales["y"], "steps (%)", vertical=True, tick_values=steps(0, 100)),
            ],
            right=30,
        )  # fmt: skip

    def draw(self, outcome: float) -> str:
        """Draw the share of the steps where a share ``outcome`` of the answers is slow."""
        update_traits(self.curve, y=100 * frame_miss_probability(outcome, self.machines))
        said = ", ".join(
            f"{format_share(frame_miss_probability(outcome, count))} of the steps on "
            f"{format_count(count)} machines"
            for count in (100, 1024, 100_000)
        )
        half = float(f"{math.log(0.5) / math.log1p(-outcome):.2g}")
        return (
            f"If {format_odds(outcome)} answers is slow, each whatever the others are, somebody "
            f"is slow in {said}. In half of the steps it is on {format_count(half)}."
        )

    def table(self, outcome: float) -> Table:
        """Return the share at every tenth number of machines."""
        machines = self.machines[::10]
        share = 100 * frame_miss_probability(outcome, machines)
        return _every(self.drawing, "machines", machines, share)


class Spill(Instrument):
    """Reading the state of a long text back against computing it again, by what reads it."""

    name = "kv_cache_spill"
    TOKENS = 8192
    LAYERS, HEADS, HEAD_SIZE, WIDTH = 80, 8, 128, 2
    """Of Llama 3 70B (arXiv 2407.21783, table 3), in numbers of two bytes."""
    PEAK = 8 * 989e12
    """Operations/s of eight H100 in bf16 (NVIDIA's data sheet)."""
    control = Control(
        name="utilization",
        label="The accelerators reach",
        kind="scale",
        values=[10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
        default=40.0,
        answer="utilization",
        unit="% of their peak",
        si=0.01,
    )

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.title = f"A spilled KV cache of {self.TOKENS:,} tokens: read it, or compute it again"
        size, port = _served(track)
        self.parameters = size / self.WIDTH
        self.token = float(kv_cache_size(1, self.LAYERS, self.HEADS, self.HEAD_SIZE, self.WIDTH))
        self.size = self.TOKENS * self.token
        self.ways = {
            "a stream of the object store": load_device("object_store").stream_bandwidth,
            "an NVMe drive": load_device("nvme").bandwidth,
            "a peer, by the port": port,
        }
        self.low, self.high = 5e7, 1e11
        self.rates = np.geomspace(self.low, self.high, 41)
        self.drawing = Drawing(
            bqplot.LogScale(min=self.low, max=self.high), bqplot.LogScale(min=0.01, max=100)
        )
        self.read = self.drawing.curve(
            self.rates, self.size / self.rates, BLUE, "solid", 3, legend=Entry("read back", 1)
        )
        self.computed = self.drawing.curve(
            np.array([self.low, self.high]), np.ones(2), ORANGE, "dashed", 3,
            moving=PLACED, legend=Entry("computed again", 2),
        )  # fmt: skip
        rates = np.array(list(self.ways.values()))
        self.drawing.points(
            rates, self.size / rates, GREEN, "diamond", 120, legend=Entry("what there is", 3),
            words=lambda shown: [
                f"{name}, {format_bandwidth(rate)}: {format_time(self.size / rate)}"
                for name, rate in self.ways.items()
            ],
        )  # fmt: skip
        # the last one lies below the lines, the others above
        for (name, rate), (align, up) in zip(
            self.ways.items(), (("start", 1.7), ("start", 1.9), ("end", 0.45)), strict=True
        ):
            self.drawing.label([rate], [up * self.size / rate], [name], align, 12)
        self.even = self.drawing.points(
            [1e9], [1.0], PURPLE, "cross", 120, moving=PLACED, legend=Entry("even", 4)
        )
        scales, ticks = self.drawing.scales, [10**power for power in (8, 9, 10, 11)]
        self.figure = self.drawing.figure(
            [
                axis(scales["x"], "bandwidth", tick_values=[float(tick) for tick in ticks],
                     tick_labels={f"{tick}": format_bandwidth(tick) for tick in ticks},
                     tick_format=".0f"),
                axis(scales["y"], "time (s)", vertical=True, tick_format="~g",
                     tick_values=[0.01, 0.1, 1.0, 10.0, 100.0]),
            ],
            right=44,
        )  # fmt: skip

    def times(self, utilization: float) -> tuple[float, float]:
        """Return the bandwidth at which both take as long, and the seconds of computing again."""
        even = float(spill_bandwidth(self.token, self.parameters, utilization * self.PEAK))
        return even, self.size / even

    def draw(self, outcome: float) -> str:
        """Draw what it takes where the accelerators reach a share ``outcome`` of their peak."""
        even, time = self.times(outcome)
        update_traits(self.computed, x=np.array([self.low, self.high]), y=np.array([time, time]))
        update_traits(self.even, x=np.array([even]), y=np.array([time]))
        ways = ", ".join(
            f"{name} {format_time(self.size / rate)}" for name, rate in self.ways.items()
        )
        return (
            f"{format_bytes(self.size)} of keys and values. To compute them again takes "
            f"{format_time(time)}; to read them back: {ways}. Both take as long at "
            f"{format_bandwidth(float(f'{even:.2g}'))}, for a text of any length."
        )

    def table(self, outcome: float) -> Table:
        """Return the seconds of each way."""
        even, time = self.times(outcome)
        rows = [(name, rate / 1e9, self.size / rate, time) for name, rate in self.ways.items()]
        rows.append(("even", even / 1e9, time, time))
        heads = ("read from", "bandwidth (GB/s)", "read back (s)", "computed again (s)")
        return Table(heads, tuple(rows))


def _moving(kind: type[ColdStart | RestoreStorm | FanOut | Spill]) -> ipywidgets.VBox:
    instrument = kind(load_track(TRACK))
    control = kind.control
    return moved([instrument], control, control.to_si(control.default), lambda value: value)


def cold_start() -> ipywidgets.VBox:
    """Return how long replicas take to load their weights, playable without a kernel."""
    return _moving(ColdStart)


def restore_storm() -> ipywidgets.VBox:
    """Return how long a fleet takes to read its state back, playable without a kernel."""
    return _moving(RestoreStorm)


def fan_out() -> ipywidgets.VBox:
    """Return how often a step meets a slow machine, playable without a kernel."""
    return _moving(FanOut)


def kv_cache_spill() -> ipywidgets.VBox:
    """Return what reading a spilled cache costs against computing it, playable without a kernel."""
    return _moving(Spill)
