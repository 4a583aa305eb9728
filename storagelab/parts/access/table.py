"""What a track's file says of part 1: its table ``[access]``."""

from __future__ import annotations

import msgspec

from storagelab.devices import load_devices
from storagelab.formats import FORMATS
from storagelab.schema import NonNegative, PartTable, Positive, Share


class AccessTable(PartTable, frozen=True, kw_only=True):
    """Part 1: how the dataset is read."""

    target_utilization: Share
    """The least share of time in which the consumer is fed."""
    reach_target: NonNegative = 0.0
    """Mean |displacement| in samples that the training needs from its shuffle; 0: no shuffle."""
    density: Share = 1.0
    """Share of what lies in order that is needed: reading in order reads all of it."""
    writes: NonNegative = 0.0
    """Bytes/s that are written to the device meanwhile; small files all over the place make flash
    collect garbage, and a read that comes then waits."""
    over_provisioning: Positive = 0.07
    """The device's over-provisioning, for writes at random places."""
    misses_limit: NonNegative | None = None
    """Steps that may come too late in an hour; none: nobody counts them."""
    budget: Positive | None = None
    """The most that it may cost, in the track's currency."""
    device_prices: dict[str, NonNegative] = msgspec.field(default_factory=dict)
    """What a device costs over the currency's period, beside what its use costs."""

    @property
    def home(self) -> str:
        """The device on which the dataset lies at the start."""
        return str(self.start("device"))

    def check(self) -> None:
        """Refuse devices and formats that aren't known."""
        devices = load_devices()
        self.check_known("$.access", "device", devices)
        self.check_known("$.access", "format", FORMATS)
        for name in self.device_prices:
            if name not in devices:
                raise ValueError(f"unknown device {name!r} - at `$.access.device_prices`")
