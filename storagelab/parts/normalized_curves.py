"""The end of the course: where every track lies on the two curves that all of them share.

A read of b bytes from a device with latency L and bandwidth B has the efficiency ``x / (1 + x)``
with ``x = b / (L·B)``; an interval τ wastes ``(u + 1/u) / 2`` times the least that is possible,
with ``u = τ / sqrt(2·d·M)``, to first order. Devices, units and decades fall out of both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from storagelab.access import half_bandwidth_request_size, random_read_bandwidth
from storagelab.devices import load_device
from storagelab.units import format_binary, format_bytes, format_share, format_time, significant

if TYPE_CHECKING:
    from storagelab.parts.access.experiment import AccessOutcome
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome


class ReadPoint(msgspec.Struct, frozen=True):
    """One way to read, on the curve of efficiency against request size."""

    size: float
    """Bytes of a request."""
    half: float
    """The request size that reaches half of the bandwidth, L·B, in bytes."""
    efficiency: float
    """Share of a stream's bandwidth that one request at a time gets, 0 to 1."""

    @property
    def x(self) -> float:
        """The request's size in units of L·B."""
        return self.size / self.half


class SavePoint(msgspec.Struct, frozen=True):
    """One interval between saves, on the curve of waste against interval."""

    interval: float
    """Seconds."""
    young: float
    """Young's interval, sqrt(2·d·M), in seconds."""

    @property
    def u(self) -> float:
        """The interval in units of Young's."""
        return self.interval / self.young

    @property
    def waste(self) -> float:
        """What it wastes on saves and losses, in units of the least, to first order."""
        return waste(self.u)


def read_point(outcome: AccessOutcome) -> ReadPoint:
    """Return where an outcome of part 1 lies on the curve of reads."""
    device = load_device(outcome.settings.device)
    size, stream = outcome.request_bytes, device.stream_bandwidth
    rate = float(random_read_bandwidth(stream, device.latency, size))
    return ReadPoint(
        size, float(half_bandwidth_request_size(stream, device.latency)), rate / stream
    )


def save_point(outcome: CheckpointOutcome) -> SavePoint:
    """Return where an outcome of part 3 lies on the curve of saves."""
    return SavePoint(outcome.settings.interval, outcome.young)


def efficiency(x: float) -> float:
    """Return the curve of reads at ``x = b / (L·B)``."""
    return x / (1 + x)


def waste(u: float) -> float:
    """Return the curve of saves at ``u = τ / sqrt(2·d·M)``; infinite at 0."""
    return (u + 1 / u) / 2 if u else math.inf


YOU = "you"
"""The name of the student's own point."""


def describe(reads: Mapping[str, ReadPoint], saves: Mapping[str, SavePoint]) -> str:
    """Return what the two curves show, a sentence for each point; the student's come last."""
    lines = [
        "Every read lies on one curve: a request of b bytes gets b / (b + L·B) of the bandwidth.",
        *(
            f"{_name(name)} at {format_binary(point.size)} with half of the bandwidth at "
            f"{format_bytes(point.half)}: {format_share(point.efficiency)}."
            for name, point in reads.items()
        ),
        "Every save lies on another: an interval of u times sqrt(2·d·M) wastes (u + 1/u) / 2 "
        "times the least.",
        *(
            f"{_name(name)} every {format_time(point.interval)}, where the least is at "
            f"{format_time(point.young)}: {significant(point.waste)} times the least."
            for name, point in saves.items()
        ),
    ]
    return "\n".join(lines)


def _name(name: str) -> str:
    return "You" if name == YOU else name
