"""Storage devices, read from ``data/devices.csv``: one row each, with its source."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from storagelab.checks import positive, require


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the access model needs to know of a device."""

    name: str
    label: str
    kind: str
    bandwidth: float
    """Bytes/s at most, all requests together."""
    stream_bandwidth: float
    """Bytes/s of one request."""
    latency: float
    """Seconds to the first byte of a random read, one request at a time."""
    max_iops: float
    """Requests/s at saturation."""
    read_ahead: Literal["yes", "no"]
    """Whether sequential reads are prefetched, so that they don't wait for each request."""
    open_time: float
    """Seconds to open a file; 0 where the read itself names the object."""
    evidence: Literal["measured", "published", "typical"]
    source: str

    def __post_init__(self) -> None:
        for field in ("bandwidth", "stream_bandwidth", "latency", "max_iops"):
            positive(field, getattr(self, field))
        require(self.stream_bandwidth <= self.bandwidth, "stream_bandwidth exceeds bandwidth")
        require(self.latency * self.max_iops >= 1, "latency is below 1/max_iops")
        require(self.open_time >= 0, f"open_time must be 0 or more; got {self.open_time}")


@cache
def load_devices() -> dict[str, Device]:
    """Return every device by name.

    Raises ``ValueError`` that names the file, the row and the field where a row is malformed.
    """
    path = resources.files("storagelab") / "data" / "devices.csv"
    devices = {}
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    for number, row in enumerate(rows, start=2):
        try:
            device = msgspec.convert(row, Device, strict=False)
        except (msgspec.ValidationError, ValueError) as error:
            raise ValueError(f"data/devices.csv, line {number}: {error}") from None
        devices[device.name] = device
    return devices


def load_device(name: str) -> Device:
    """Return the device called ``name``.

    Raises ``ValueError`` that lists the known names where there is none.
    """
    devices = load_devices()
    if name not in devices:
        raise ValueError(f"unknown device {name!r}; known are {', '.join(devices)}")
    return devices[name]
