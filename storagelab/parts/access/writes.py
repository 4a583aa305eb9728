"""The writes beside the reads: how long they keep the device busy, and what that makes late."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from storagelab.access import (
    append_time,
    garbage_collection_amplification,
    in_place_update_time,
)
from storagelab.devices import Device, load_flash
from storagelab.queueing import stall_tail

if TYPE_CHECKING:
    from storagelab.tracks import Track

MOST_STALLED = 0.98
"""A device that can't keep up with its writes serves a read now and then all the same."""


def write_share(track: Track, device: Device, scattered: bool) -> float:
    """Return the share of the device's time that the track's writes take: above 1, too many.

    What is written from end to end is written once. Small writes all over the place make an SSD
    move what still lives in the blocks that it erases
    (:func:`storagelab.access.garbage_collection_amplification`), and raw NOR erase and rewrite a
    whole sector for each (:func:`storagelab.access.in_place_update_time`). A device that isn't
    flash overwrites them where they lie.
    """
    part = track.access
    flash = load_flash().get(device.name)
    if flash is None:
        return part.writes / device.write_bandwidth
    if flash.cells == "nor":
        sector_time = flash.sector_time if scattered or not part.erased_ahead else 0.0
        law = in_place_update_time if scattered else append_time
        busy = law(part.write_size, flash.sector, sector_time, flash.page, flash.page_time)
        return part.writes / part.write_size * float(busy)
    amplification = _amplification(flash.over_provisioning) if scattered else 1.0
    return part.writes * amplification / device.write_bandwidth


@cache
def _amplification(over_provisioning: float) -> float:
    """Return how often a small write is written: the same for every position of the sliders."""
    return float(garbage_collection_amplification(over_provisioning))


def stalls(track: Track, device: Device, scattered: bool) -> tuple[float, float]:
    """Return the share of time that the device is busy with writes, and a read's longest wait.

    Typical times make the share, and the longest of the data sheet the wait: a deadline has to be
    met with those.

    The whole device is taken to stall at once, so that all reads of a step wait for the same
    operation, and a step counts as one read. On parts that stall each for itself a step of n
    reads would be late more often (:func:`storagelab.queueing.frame_miss_probability`).
    """
    if not track.access.writes:
        return 0.0, device.pause
    share = min(MOST_STALLED, write_share(track, device, scattered))
    return share, device.stall if scattered else device.pause


def later_than(io_time: float, fraction: float, stall: float, time: float) -> float:
    """Return the share of steps whose data comes later than ``time`` seconds, 0 to 1.

    Of steps that take ``io_time`` seconds on a device that is busy with writes for a ``fraction``
    of the time, ``stall`` seconds each (:func:`storagelab.queueing.stall_tail`).
    """
    if io_time > time:
        return 1.0
    return float(stall_tail(io_time, fraction, stall, time)) if stall else 0.0
