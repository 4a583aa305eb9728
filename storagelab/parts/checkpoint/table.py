"""What a track's file says of part 3: its table ``[checkpoint]``."""

from __future__ import annotations

import msgspec

from storagelab.schema import Answer, Count, NonNegative, PartTable, Positive, Share, Text


class CheckpointTable(PartTable, frozen=True, kw_only=True):
    """Part 3: the job that has to be saved; times in seconds, sizes in bytes."""

    nodes: Count
    """Machines that save at the same moment; the job stops when any of them fails."""
    parameters: Positive
    """What the bytes of a state are counted by: times the bytes for each, they are its size."""
    full_copies: Positive | None = None
    """How many times a state is written where it isn't saved in parts; a time for each node."""
    dump_latency: NonNegative = 0.0
    """Seconds of each dump before its bytes flow."""
    node_bandwidth: Positive
    """Bytes/s that one machine can write."""
    restart_time: Positive
    """Seconds until it works again."""
    solve_time: Positive
    """Seconds of work without a failure."""
    storage_limit: Share
    """The share of its time that the shared storage can give to checkpoints."""
    endurance: list[Positive] = msgspec.field(default_factory=list)
    """Bytes that the storage bears in its life, one for each write bandwidth; none: no wear."""
    life_target: Positive = 1.0
    """Seconds that it has to last."""
    waste_limit: Positive | None = None
    """The overhead, as a share of the work, that is borne at most."""
    proposed_interval: Positive
    """Seconds between saves, as somebody proposes."""
    event: Text
    """What the ops lead says."""
    event_node_mtbf: Positive
    """What a node's MTBF drops to at the ops lead's event."""
    event_button: Text
    """The button that makes it happen."""
    plot_top: Positive = 60.0
    """Per cent of overhead that the plot shows."""
    waste_price: NonNegative | None = None
    """What a wasted second costs, in the track's currency times its period; the idle price of
    every node's accelerators, where it isn't given."""
    answer: Answer
    """The number to read off."""

    @property
    def present_interval(self) -> float:
        """Seconds between saves at the start."""
        return float(self.start("interval"))

    @property
    def size(self) -> float:
        """Bytes of one full state at the start."""
        return self.parameters * float(self.start("bytes_per_parameter"))

    def check(self) -> None:
        """Refuse a list of endurances that doesn't go with the write bandwidths."""
        bandwidths = self.control("write_bandwidth").values
        if self.endurance and len(self.endurance) != len(bandwidths):
            raise ValueError(
                f"{len(self.endurance)} endurances for {len(bandwidths)} write bandwidths - "
                "at `$.checkpoint.endurance`"
            )
