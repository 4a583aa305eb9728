"""Flash and its rivals on a small board: reads that are cheap, writes that are not, and wear."""

from __future__ import annotations

import numpy as np

from storagelab.checks import (
    Floats,
    Q,
    Quantity,
    at_least,
    fraction,
    non_negative,
    positive,
    require,
    to_scalar,
)
from storagelab.lambert import one_plus_w0

_BITS = 8


def serial_read_time(
    size: Quantity[Q], command_bits: Quantity[Q], clock_rate: Quantity[Q], lanes: Quantity[Q]
) -> Q:
    """Return the seconds to read ``size`` bytes over a serial bus (SPI).

    ``command_bits`` of opcode, address and dummy cycles go over one lane first, then the data
    over ``lanes`` of them, a bit each per tick of ``clock_rate`` Hz.

    Raises ``ValueError`` for a negative size or command, or a clock or lanes of 0 or less.
    """
    data = non_negative("size", size) * _BITS / positive("lanes", lanes)
    bits = non_negative("command_bits", command_bits) + data
    return to_scalar(bits / positive("clock_rate", clock_rate))


def serial_request_size(share: Quantity[Q], command_bits: Quantity[Q], lanes: Quantity[Q]) -> Q:
    """Return the bytes that one command has to fetch so that data take ``share`` of its ticks.

    The command's bits go over one lane and the data over ``lanes`` of them
    (:func:`serial_read_time`), so a wider bus needs longer reads:
    ``bits · lanes / 8 · s / (1 - s)``.
    The clock doesn't matter.

    Raises ``ValueError`` unless ``share`` is from 0 to below 1, for a negative command, or for
    lanes of 0 or less.
    """
    part = fraction("share", share)
    require(part < 1, "share must be below 1: every command takes some of the time")
    bits = non_negative("command_bits", command_bits) * positive("lanes", lanes)
    return to_scalar(bits / _BITS * (part / (1 - part)))


def _whole_units(size: object, unit: object, name: str) -> Floats:
    # a hair below the quotient, so that a whole number doesn't cost a unit more
    count: Floats = np.ceil(non_negative("size", size) / positive(name, unit) * (1 - 1e-12))
    return count


def program_time(size: Quantity[Q], page_size: Quantity[Q], page_time: Quantity[Q]) -> Q:
    """Return the seconds to write ``size`` bytes into erased flash, a page at a time.

    ``⌈size / page_size⌉ · page_time``: a byte costs as much as a page. FRAM, which has no pages
    to program, writes at the speed of its bus. Raises ``ValueError`` for a negative size or time,
    or a page of 0 or less.
    """
    return to_scalar(
        _whole_units(size, page_size, "page_size") * non_negative("page_time", page_time)
    )


def erase_time(size: Quantity[Q], sector_size: Quantity[Q], sector_time: Quantity[Q]) -> Q:
    """Return the seconds to erase room for ``size`` bytes, a sector at a time.

    ``⌈size / sector_size⌉ · sector_time``. Data sheets give a typical and a longest time, an
    order of magnitude apart: a deadline has to be met with the longest. Raises ``ValueError``
    for a negative size or time, or a sector of 0 or less.
    """
    sectors = _whole_units(size, sector_size, "sector_size")
    return to_scalar(sectors * non_negative("sector_time", sector_time))


def longest_stall(operation_time: Quantity[Q], suspend_time: Quantity[Q]) -> Q:
    """Return the longest seconds that a read waits for an erase or a program in progress.

    ``operation_time`` on a chip that can't be interrupted (whose ``suspend_time`` is as long),
    else the time to suspend it: ``min(operation, suspend)``. Raises ``ValueError`` for a
    negative time.
    """
    suspend = non_negative("suspend_time", suspend_time)
    return to_scalar(np.minimum(non_negative("operation_time", operation_time), suspend))


def erase_time_with_suspends(
    erase: Quantity[Q], read_period: Quantity[Q], read_time: Quantity[Q], suspend_time: Quantity[Q]
) -> Q:
    """Return the seconds that an erase takes which reads suspend every ``read_period`` seconds.

    Each read takes ``suspend_time + read_time`` away from it, so it proceeds for the rest of
    each period only: ``erase · period / (period - suspend - read)``.

    Raises ``ValueError`` for a negative time, or where reads leave no time at all: such an erase
    never ends.
    """
    period = positive("read_period", read_period)
    taken = non_negative("read_time", read_time) + non_negative("suspend_time", suspend_time)
    require(
        taken < period,
        "suspend_time + read_time must be below read_period, or the erase never ends",
    )
    return to_scalar(non_negative("erase", erase) * (period / (period - taken)))


def partial_write_amplification(write_size: Quantity[Q], unit_size: Quantity[Q]) -> Q:
    """Return the bytes that flash writes for each byte of small writes, 1 or more.

    A write that fills its pages or sectors only in part wears out the whole of them:
    ``⌈size / unit⌉ · unit / size``. Raises ``ValueError`` for an argument of 0 or less.
    """
    size = positive("write_size", write_size)
    return to_scalar(
        _whole_units(size, unit_size, "unit_size") * positive("unit_size", unit_size) / size
    )


def garbage_collection_amplification(over_provisioning: Quantity[Q]) -> Q:
    """Return the bytes that an SSD writes for each byte of uniformly random writes, 1 or more.

    ``over_provisioning`` is the room that the host can't fill over the room that it fills
    (over-provisioning): 0.07 for a client's drive, 0.28 for a server's. With α = 1 + spare, a
    block that is erased in turn still holds a share ``-W0(-α·e^-α)/α`` of live pages that have
    to move first, so the amplification is ``α / (α + W0(-α·e^-α))`` (Desnoyers 2014, for large
    blocks). Greedy cleaning does somewhat
    better, sequential writes need none of it, hot and cold data that are kept apart less.

    Raises ``ValueError`` for a share below 0.001: a drive without spare room can't write.
    """
    alpha = 1 + at_least("over_provisioning", over_provisioning, 1e-3)
    # with t = α - 1 - ln α, W0(-α e^-α) is W0(-e^(-1 - t))
    live = 1 - one_plus_w0(alpha - 1 - np.log(alpha))
    return to_scalar(alpha / (alpha - live))


def in_place_update_time(
    size: Quantity[Q],
    sector_size: Quantity[Q],
    sector_time: Quantity[Q],
    page_size: Quantity[Q],
    page_time: Quantity[Q],
) -> Q:
    """Return the seconds that raw NOR is busy with a record of ``size`` bytes in its old place.

    Programming only clears bits, so to set one the whole sector is erased and then programmed
    again, with the record changed: ``n · (erase + pages of a sector · page)`` for the n sectors
    that the record takes. What is read out before that is left out.

    Raises ``ValueError`` as :func:`erase_time` and :func:`program_time` do.
    """
    sectors = _whole_units(size, sector_size, "sector_size") * positive("sector_size", sector_size)
    erased = erase_time(sectors, sector_size, sector_time)
    return to_scalar(np.asarray(erased) + program_time(sectors, page_size, page_time))


def append_time(
    size: Quantity[Q],
    sector_size: Quantity[Q],
    sector_time: Quantity[Q],
    page_size: Quantity[Q],
    page_time: Quantity[Q],
) -> Q:
    """Return the mean seconds that raw NOR is busy with a record of ``size`` bytes behind the last.

    Its pages are programmed, and a sector is erased once for as many records as fill it:
    ``⌈size / page⌉ · page_time + size / sector · sector_time``. With a ``sector_time`` of 0 the
    sectors have been erased beforehand.

    Raises ``ValueError`` as :func:`erase_time` and :func:`program_time` do.
    """
    share = non_negative("size", size) / positive("sector_size", sector_size)
    programmed = np.asarray(program_time(size, page_size, page_time))
    return to_scalar(programmed + share * non_negative("sector_time", sector_time))


def lifetime(
    capacity: Quantity[Q], cycles: Quantity[Q], write_rate: Quantity[Q], amplification: Quantity[Q]
) -> Q:
    """Return the seconds until flash is worn out, if wear is spread over all of it.

    ``capacity · cycles / (rate · amplification)``: ``capacity`` bytes that bear ``cycles``
    erasures each, written at ``write_rate`` bytes/s by the host and ``amplification`` times that
    inside. Without wear levelling the capacity is that of the one sector that is rewritten.

    Raises ``ValueError`` for an argument of 0 or less, or an amplification below 1.
    """
    endurance = positive("capacity", capacity) * positive("cycles", cycles)
    inside = positive("write_rate", write_rate) * at_least("amplification", amplification, 1)
    return to_scalar(endurance / inside)
