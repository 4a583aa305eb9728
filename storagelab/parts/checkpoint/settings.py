"""What the student sets in part 3."""

from __future__ import annotations

from dataclasses import dataclass

from storagelab.checks import non_negative, positive, require, whole


@dataclass(frozen=True, kw_only=True)
class CheckpointSettings:
    """What the student sets: seconds, bytes/s, bytes, shares."""

    interval: float
    write_bandwidth: float
    sharded: bool
    destination: str
    spare_share: float
    nodes: float
    node_mtbf: float
    bytes_per_parameter: float

    def __post_init__(self) -> None:
        for name in ("interval", "write_bandwidth", "node_mtbf", "bytes_per_parameter"):
            positive(name, getattr(self, name))
        whole("nodes", self.nodes)
        non_negative("spare_share", self.spare_share)
        require(isinstance(self.sharded, bool), f"sharded must be a bool; got {self.sharded!r}")
        require(
            isinstance(self.destination, str),
            f"destination must be a text; got {self.destination!r}",
        )
