"""Storage devices, read from ``data/devices.csv`` and ``data/flash.csv``, with their sources."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal, TypeVar

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


class Flash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a flash device takes small writes; one that isn't flash overwrites in place."""

    name: str
    cells: Literal["nand", "nor"]
    """NAND behind a controller that collects garbage, or NOR that is erased by the program."""
    over_provisioning: float
    """NAND: the room that can't be filled, over the room that can."""
    sector: float
    """NOR: bytes that are erased at once."""
    sector_time: float
    """NOR: seconds to erase a sector, typically."""
    page: float
    """NOR: bytes that are programmed at once."""
    page_time: float
    """NOR: seconds to program a page, typically."""
    source: str

    def __post_init__(self) -> None:
        needed = {
            "nand": ("over_provisioning",),
            "nor": ("sector", "sector_time", "page", "page_time"),
        }
        for field in needed[self.cells]:
            positive(field, getattr(self, field))


RowT = TypeVar("RowT", Device, Flash)


def parse_devices(text: str, file: str) -> dict[str, Device]:
    """Return the devices in ``text``, as CSV, by name; ``file`` is its name for the errors.

    Raises ``ValueError`` that names the file, the line and the field where a row is malformed.
    """
    return _parse(text, file, Device)


def parse_flash(text: str, file: str) -> dict[str, Flash]:
    """Return how each flash device in ``text``, as CSV, takes writes, by its name.

    Raises ``ValueError`` as :func:`parse_devices` does.
    """
    return _parse(text, file, Flash)


def _parse(text: str, file: str, kind: type[RowT]) -> dict[str, RowT]:
    found: dict[str, RowT] = {}
    rows = csv.DictReader(text.splitlines(), restkey="a column without a name")
    for row in rows:
        try:
            item = msgspec.convert(row, kind, strict=False)
            require(item.name not in found, f"the name {item.name!r} is there twice")
        except (msgspec.ValidationError, ValueError) as error:
            raise ValueError(f"{file}, line {rows.line_num}: {error}") from None
        found[item.name] = item
    return found


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


@cache
def load_flash() -> dict[str, Flash]:
    """Return how each flash device takes small writes, by the device's name."""
    path = resources.files("storagelab") / "data" / "flash.csv"
    return parse_flash(path.read_text(encoding="utf-8"), "data/flash.csv")
