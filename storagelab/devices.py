"""Storage devices, read from ``data/devices.csv``: one row each, with its source."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from storagelab.checks import non_negative, positive, require


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
    write_bandwidth: float
    """Bytes/s that it writes, erasing included."""
    pause: float
    """Seconds at most that a read waits for a write that is well laid out."""
    stall: float
    """Seconds at most that a read waits while the device erases or collects garbage."""
    read_power: float
    """Watts while it reads, above what it draws at rest."""
    evidence: Literal["measured", "published", "typical"]
    source: str

    def __post_init__(self) -> None:
        for field in ("bandwidth", "stream_bandwidth", "latency", "max_iops", "write_bandwidth"):
            positive(field, getattr(self, field))
        require(self.stream_bandwidth <= self.bandwidth, "stream_bandwidth exceeds bandwidth")
        require(self.latency * self.max_iops >= 1, "latency is below 1/max_iops")
        for field in ("open_time", "pause", "stall", "read_power"):
            non_negative(field, getattr(self, field))
        require(self.pause <= self.stall, "pause exceeds stall")


def parse_devices(text: str, file: str) -> dict[str, Device]:
    """Return the devices in ``text``, as CSV, by name; ``file`` is its name for the errors.

    Raises ``ValueError`` that names the file, the line and the field where a row is malformed.
    """
    devices: dict[str, Device] = {}
    rows = csv.DictReader(text.splitlines(), restkey="a column without a name")
    for row in rows:
        try:
            device = msgspec.convert(row, Device, strict=False)
            require(device.name not in devices, f"the name {device.name!r} is there twice")
        except (msgspec.ValidationError, ValueError) as error:
            raise ValueError(f"{file}, line {rows.line_num}: {error}") from None
        devices[device.name] = device
    return devices


@cache
def load_devices() -> dict[str, Device]:
    """Return every device by name; :func:`parse_devices` says what a malformed file raises."""
    path = resources.files("storagelab") / "data" / "devices.csv"
    return parse_devices(path.read_text(encoding="utf-8"), "data/devices.csv")


def load_device(name: str) -> Device:
    """Return the device called ``name``.

    Raises ``ValueError`` that lists the known names where there is none.
    """
    devices = load_devices()
    if name not in devices:
        raise ValueError(f"unknown device {name!r}; known are {', '.join(devices)}")
    return devices[name]
