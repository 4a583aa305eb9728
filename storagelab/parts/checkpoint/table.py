"""What a track's file says of part 3: its table ``[checkpoint]``."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from storagelab.schema import (
    Answer,
    Count,
    NonNegative,
    PartTable,
    Positive,
    Record,
    Share,
    Text,
)


class Failure(Record, frozen=True, kw_only=True):
    """One kind of failure, and how many of all are of it."""

    name: Text
    """As a destination names what it survives."""
    label: Text
    """Its name on the screen, with an article."""
    share: Share
    """Of all failures."""
    takes_node: bool
    """Whether another machine has to take the place of the one that failed."""


class Destination(Record, frozen=True, kw_only=True):
    """One way for a state to go, from the machines to where it survives what they don't."""

    name: Text
    """As a setting names it."""
    label: Text
    """Its name on the screen."""
    kind: Literal["at_once", "background", "near"]
    """Whether the job waits for the shared storage; goes on once it has a snapshot, which is copied
    there beside it; or keeps each state near and sends one in so many there."""
    bandwidth: Positive | None = None
    """Bytes/s at which one machine takes its snapshot, or saves near and reads from there."""
    every: Count = 1
    """Of the states that are kept near, one in so many goes on to the shared storage."""
    survives: list[Text] = msgspec.field(default_factory=list)
    """The failures after which what is kept near is still there."""
    held: Text | None = None
    """Under which price room for the state is paid for at each machine."""


class Fleet(Record, frozen=True, kw_only=True):
    """A training run that somebody published: how much of its time was of use."""

    label: Text
    """Its name on the figure."""
    nodes: Positive
    """Machines."""
    useful: Share
    """The share of its time that was of use."""
    at_least: bool = False
    """Whether the source says only that it was more."""
    source: Text
    """Where that is from, and how sure it is."""


AT_ONCE = Destination(name="storage", label="the storage at once", kind="at_once")
"""Where a state goes in a track that names no destination."""


class CheckpointTable(PartTable, frozen=True, kw_only=True):
    """Part 3: the job that has to be saved; times in seconds, sizes in bytes."""

    parameters: Positive
    """What the bytes of a state are counted by: times the bytes for each, they are its size."""
    full_copies: Positive | None = None
    """How many times a state is written where it isn't saved in parts; a time for each node."""
    dump_latency: NonNegative = 0.0
    """Seconds of each dump before its bytes flow."""
    node_bandwidth: Positive
    """Bytes/s that one machine can write."""
    write_efficiency: Share = 1.0
    """The share of the write bandwidth that so many writers leave of it."""
    files_per_writer: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Files that each machine makes for a state."""
    metadata_rate: Positive | None = None
    """Files/s that the shared storage makes; any number where it isn't given."""
    detect_time: NonNegative = 0.0
    """Seconds until a failure is noticed and understood, where that isn't in the next field."""
    start_time: Positive
    """Seconds from there until it is started again, but for what it reads back."""
    repair_time: NonNegative = 0.0
    """Seconds until a machine that was lost is back, where machines are replaced."""
    read_bandwidth: Positive | None = None
    """Bytes/s at which a state is read back; the write bandwidth where it isn't given."""
    failures: list[Failure] = msgspec.field(default_factory=list)
    """The kinds of failures; where there are none, no machine has to be replaced."""
    destinations: list[Destination] = msgspec.field(default_factory=lambda: [AT_ONCE])
    """Where states can go."""
    solve_time: Positive
    """Seconds of work without a failure."""
    gone: Text | None = None
    """What is lost for good, as in *the records of the shift*, where the clock goes on and nothing
    is done again; none where the work is done again and the run takes longer."""
    storage_limit: Share
    """The share of its time that the shared storage can give to checkpoints."""
    endurance: list[Positive] = msgspec.field(default_factory=list)
    """Bytes that the storage bears in its life, one for each write bandwidth; none: no wear."""
    life_target: Positive = 1.0
    """Seconds that it has to last."""
    waste_limit: Positive | None = None
    """What may be lost at most, as a share of the run."""
    proposed_interval: Positive
    """Seconds between saves, as somebody proposes."""
    event: Text
    """What the ops lead says."""
    event_node_mtbf: Positive
    """What a node's MTBF drops to at the ops lead's event."""
    event_button: Text
    """The button that makes it happen."""
    plot_top: Positive
    """What the plot shows at most, in the unit of the answer."""
    waste_price: NonNegative | None = None
    """What a wasted second costs, in the track's currency times its period; the idle price of
    every node's accelerators, where it isn't given."""
    fleets: list[Fleet] = msgspec.field(default_factory=list)
    """Published runs, to hold against the job on more or fewer machines."""
    answer: Answer
    """The number to read off: what is lost, in seconds or as a share of the run."""

    @property
    def nodes(self) -> int:
        """Machines that save at the same moment, at the start."""
        return int(float(self.start("nodes")))

    @property
    def present_interval(self) -> float:
        """Seconds between saves at the start."""
        return float(self.start("interval"))

    @property
    def size(self) -> float:
        """Bytes of one full state at the start."""
        return self.parameters * float(self.start("bytes_per_parameter"))

    def destination(self, name: str) -> Destination:
        """Return the destination called ``name``; ``KeyError`` where there is none."""
        for item in self.destinations:
            if item.name == name:
                return item
        raise KeyError(name)

    def check(self) -> None:
        """Refuse what doesn't go together: endurances, destinations, failures."""
        bandwidths = self.control("write_bandwidth").values
        if self.endurance and len(self.endurance) != len(bandwidths):
            raise ValueError(
                f"{len(self.endurance)} endurances for {len(bandwidths)} write bandwidths - "
                "at `$.checkpoint.endurance`"
            )
        nodes = self.control("nodes").values if self.has_control("nodes") else [self.start("nodes")]
        if any(float(count) < 1 or float(count) % 1 for count in nodes):
            raise ValueError("nodes must be whole numbers from 1 up - at `$.checkpoint.nodes`")
        self.check_known("$.checkpoint", "destination", [item.name for item in self.destinations])
        kinds = [item.name for item in self.failures]
        total = math.fsum(item.share for item in self.failures)
        if self.failures and not math.isclose(total, 1.0, abs_tol=1e-3):
            raise ValueError(f"the shares add up to {total:g} - at `$.checkpoint.failures`")
        longest = self.control("interval")
        most = float(longest.to_si(longest.values[-1]))
        for item in self.destinations:
            where = "at `$.checkpoint.destinations`"
            if item.kind != "at_once" and item.bandwidth is None:
                raise ValueError(f"{item.name!r} needs a bandwidth - {where}")
            for name in item.survives:
                if name not in kinds:
                    raise ValueError(f"{item.name!r} survives an unknown {name!r} - {where}")
            if item.every * most > self.solve_time:
                raise ValueError(f"{item.name!r} may never reach the shared storage - {where}")
