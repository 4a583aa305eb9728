"""Flash and FRAM against data sheets, walks over pages and a played translation layer."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from storagelab.access import (
    append_time,
    erase_time,
    erase_time_with_suspends,
    garbage_collection_amplification,
    in_place_update_time,
    lifetime,
    longest_stall,
    partial_write_amplification,
    program_time,
    serial_read_time,
    serial_request_size,
)


def test_serial_reads_take_the_data_sheets_time() -> None:
    assert 1 / serial_read_time(64, 24, 20e6, 1) == pytest.approx(37310, rel=1e-3)
    assert serial_read_time(960, 0, 66e6, 1) == pytest.approx(116.4e-6, rel=1e-3)
    assert 1e6 / serial_read_time(1e6, 32, 133e6, 4) == pytest.approx(66.5e6, rel=1e-4)


@given(st.integers(0, 3000), st.integers(0, 64), st.sampled_from([1, 2, 4, 8]))
def test_a_serial_read_takes_a_tick_for_each_bit_of_its_lanes(
    size: int, command: int, lanes: int
) -> None:
    ticks = command
    for _ in range(size * 8 // lanes):
        ticks += 1
    assert serial_read_time(size, command, 1e6, lanes) == pytest.approx(ticks / 1e6)


@given(st.integers(0, 5000), st.integers(1, 512))
def test_pages_and_sectors_are_paid_for_whole(size: int, unit: int) -> None:
    touched = len({byte // unit for byte in range(size)})
    assert program_time(size, unit, 0.7e-3) == pytest.approx(touched * 0.7e-3)
    assert erase_time(size, unit, 0.4) == pytest.approx(touched * 0.4)
    if size:
        assert partial_write_amplification(size, unit) == pytest.approx(touched * unit / size)


@given(st.integers(1, 10_000), st.integers(1, 4096), st.integers(4096, 65536))
def test_a_record_in_its_place_costs_a_sector_and_one_behind_the_last_its_share(
    size: int, page: int, sector: int
) -> None:
    erase, program = 60e-3, 1.4e-3
    sectors = len({byte // sector for byte in range(size)})
    pages = len({byte // page for byte in range(sectors * sector)})
    in_place = in_place_update_time(size, sector, erase, page, program)
    assert in_place == pytest.approx(sectors * erase + pages * program)
    # a thousand records one behind the other, whose sectors are erased when they are reached
    erased = 1000 * size / sector
    written = 1000 * len({byte // page for byte in range(size)})
    behind = append_time(size, sector, erase, page, program)
    assert 1000 * behind == pytest.approx(erased * erase + written * program)
    assert append_time(size, sector, 0, page, program) == pytest.approx(written / 1000 * program)
    assert behind <= in_place * (1 + 1e-12)


def test_a_read_waits_for_the_whole_operation_or_for_its_suspension() -> None:
    assert longest_stall(0.4, 0.4) == 0.4
    assert longest_stall(0.4, 20e-6) == 20e-6
    assert longest_stall(10e-6, 20e-6) == 10e-6


@pytest.mark.parametrize(("period", "read", "suspend"), [(10e-3, 1e-3, 1e-4), (5e-3, 4e-3, 5e-4)])
def test_an_erase_that_is_suspended_again_and_again_takes_as_long_as_a_played_one(
    period: float, read: float, suspend: float
) -> None:
    erase, left, clock = 2.0, 2.0, 0.0
    while left > 1e-12:
        clock += read + suspend  # a read comes first in each period
        worked = min(left, period - read - suspend)
        left -= worked
        clock += worked
    law = erase_time_with_suspends(erase, period, read, suspend)
    assert law == pytest.approx(clock, abs=period)
    assert erase_time_with_suspends(erase, period, 0, 0) == erase


def test_an_erase_without_a_moment_for_itself_never_ends() -> None:
    with pytest.raises(ValueError, match="suspend_time \\+ read_time must be below read_period"):
        erase_time_with_suspends(0.06, 1e-3, 9e-4, 1e-4)


def played_amplification(
    spare: float, greedy: Any, blocks: int = 160, pages: int = 64, seed: int = 2
) -> float:
    """Write random pages of a drive and count what its cleaning moves.

    Blocks are written in turn; when none is free the oldest (or the emptiest) is cleaned.
    """
    generator = np.random.default_rng(seed)
    user = int(blocks * pages / (1 + spare))
    where = np.full(user, -1)
    # pages in the order written; live if `where` agrees
    held: list[list[int]] = [[] for _ in range(blocks)]
    live = np.zeros(blocks, int)
    order, current = [], 0
    free = list(range(1, blocks))
    written = 0

    def put(page: Any) -> None:
        nonlocal current, written
        if where[page] >= 0:
            live[where[page]] -= 1
        if len(held[current]) == pages:
            order.append(current)
            current = free.pop()
        held[current].append(page)
        where[page] = current
        live[current] += 1
        written += 1

    def clean() -> None:
        index = min(range(len(order)), key=lambda i: live[order[i]]) if greedy else 0
        victim = order.pop(index)
        moving = [page for page in dict.fromkeys(held[victim]) if where[page] == victim]
        held[victim] = []
        live[victim] = 0
        for page in moving:
            where[page] = -1
            put(page)
        free.append(victim)

    host = 0
    total = 14 * user
    warm = 7 * user
    for count, page in enumerate([*range(user), *generator.integers(0, user, total).tolist()]):
        if count == warm:
            host, written = 0, 0
        put(page)
        host += 1
        while len(free) < 2:
            clean()
    return written / host


@pytest.mark.parametrize("spare", [0.15, 0.3, 1.0])
def test_garbage_collection_moves_as_much_as_a_played_drive_that_cleans_in_turn(
    spare: float,
) -> None:
    played = played_amplification(spare, greedy=False)
    # two blocks of 160 stay free, so that the played drive has a little less to spare
    blocks_in_use = (1 + spare) * (1 - 2.5 / 160) - 1
    assert played == pytest.approx(garbage_collection_amplification(blocks_in_use), rel=0.04)


def test_greedy_cleaning_moves_no_more() -> None:
    assert played_amplification(0.3, greedy=True) < played_amplification(0.3, greedy=False)


@pytest.mark.parametrize("spare", [0.001, 0.01, 0.07, 0.28, 1.0, 10.0, 100.0])
def test_amplification_is_the_closed_form_in_scipys_lambert_w(spare: float) -> None:
    alpha = 1 + spare
    law = alpha / (alpha + lambertw(-alpha * math.exp(-alpha)).real)
    assert garbage_collection_amplification(spare) == pytest.approx(law, rel=1e-6)


def test_amplification_falls_to_one_with_all_the_room_and_grows_without_end_with_none() -> None:
    assert garbage_collection_amplification(1e6) == pytest.approx(1)
    assert garbage_collection_amplification(0.001) > 400
    with pytest.raises(
        ValueError, match=r"over_provisioning must be a finite number of 0\.001 or more"
    ):
        garbage_collection_amplification(0.0)


def test_a_sector_that_is_rewritten_every_second_is_worn_out_in_a_day() -> None:
    assert lifetime(4096, 1e5, 4096, 1) == 1e5
    # 7.68 TB, written once a day for five years: 14.016 PB
    years = 5 * 365 * 86400
    assert lifetime(7.68e12, 1825, 7.68e12 / 86400, 1) == pytest.approx(years)
    assert lifetime(7.68e12, 1825, 7.68e12 / 86400, 4) == pytest.approx(years / 4)
    with pytest.raises(ValueError, match="amplification must be a finite number of 1 or more"):
        lifetime(4096, 1e5, 4096, 0.5)


@given(st.floats(0.05, 0.95), st.integers(8, 64), st.sampled_from([1, 2, 4, 8]))
def test_data_take_the_share_of_the_ticks_that_a_request_is_sized_for(
    share: float, command: int, lanes: int
) -> None:
    size = serial_request_size(share, command, lanes)
    whole, alone = (serial_read_time(size, bits, 66e6, lanes) for bits in (command, 0))
    assert alone / whole == pytest.approx(share)


def test_a_wider_bus_needs_longer_reads() -> None:
    """40 bits of command before the data: 45 bytes for nine tenths on one lane, 180 on four."""
    assert serial_request_size(0.9, 40, 1) == pytest.approx(45)
    assert serial_request_size(0.9, 40, 4) == pytest.approx(180)
