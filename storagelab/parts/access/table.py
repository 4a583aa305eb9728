"""What a track's file says of part 1: its table ``[access]``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec
from msgspec import structs

from storagelab.devices import Device, load_device, load_devices
from storagelab.formats import FORMATS
from storagelab.schema import Count, NonNegative, PartTable, Positive, Share


@cache
def _shared(name: str, sharers: int) -> Device:
    """Return a device with its share of the requests/s: made once, as it is checked when made."""
    whole = load_device(name)
    return structs.replace(whole, max_iops=whole.max_iops / sharers)


class AccessTable(PartTable, frozen=True, kw_only=True):
    """Part 1: how the dataset is read."""

    target_utilization: Share
    """The least share of time in which the consumer is fed."""
    reach_target: NonNegative = 0.0
    """Mean |displacement| in samples that the training needs from its shuffle; 0: no shuffle."""
    density: Share = 1.0
    """Share of what lies in order that is needed: reading in order reads all of it."""
    writes: NonNegative = 0.0
    """Bytes/s that are written to the device meanwhile; small writes all over the place make flash
    collect garbage or erase, and a read that comes then waits."""
    write_size: Positive = 4096.0
    """Bytes of one of these writes; only raw NOR flash minds."""
    erased_ahead: bool = False
    """Whether what is written from end to end finds its sectors erased, on raw NOR flash."""
    misses_limit: NonNegative | None = None
    """Steps that may come too late in an hour; none: nobody counts them."""
    heard: bool = False
    """Whether a step that comes too late is heard, as a click."""
    skip_time: Positive | None = None
    """Seconds without a new step that people notice as a skip; none: nobody counts these."""
    skips_limit: NonNegative = 0.0
    """Skips that there may be in an hour."""
    budget: Positive | None = None
    """The most that it may cost, in the track's currency."""
    device_prices: dict[str, NonNegative] = msgspec.field(default_factory=dict)
    """What a device costs over the currency's period, beside what its use costs."""
    charged_requests: list[str] = msgspec.field(default_factory=list)
    """The devices whose requests are charged for; none: all."""

    shared_by: dict[str, Count] = msgspec.field(default_factory=dict)
    """How many machines share a device's requests/s: each has that share of them."""

    moves_to: str = ""
    """The device on which the data lies in the parts that follow; none: where it lies in this."""

    @property
    def later_home(self) -> str:
        """The device on which the data lies in the parts that follow."""
        return self.moves_to or self.home

    def device(self, name: str) -> Device:
        """Return a device as one machine has it, with its share of the requests/s.

        Raises ``ValueError`` for an unknown device.
        """
        return _shared(name, self.shared_by.get(name, 1))

    @property
    def home(self) -> str:
        """The device on which the dataset lies at the start."""
        return str(self.start("device"))

    def check(self) -> None:
        """Refuse devices and formats that aren't known."""
        devices = load_devices()
        self.check_known("$.access", "device", devices)
        self.check_known("$.access", "format", FORMATS)
        named: dict[str, Iterable[str]] = {
            "device_prices": self.device_prices,
            "charged_requests": self.charged_requests,
            "shared_by": self.shared_by,
            "moves_to": [self.later_home],
        }
        for field, names in named.items():
            for name in names:
                if name not in devices:
                    raise ValueError(f"unknown device {name!r} - at `$.access.{field}`")
