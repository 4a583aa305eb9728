"""Recovery, wear and losses: against played repairs, against limits, and against one another."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.access import lifetime
from storagelab.checkpoint import (
    expected_wall_time,
    first_order_loss,
    first_order_wall_time,
    read_back_time,
    spare_wait,
    storm_write_time,
    wear_period,
)
from storagelab.units import HOUR

# --- reading a checkpoint back


def test_a_shard_each_is_read_once_in_all_and_a_copy_each_as_often_as_there_are_nodes() -> None:
    """350 GB on 1,024 nodes through 2 TB/s: 0.175 s, or 358 TB in three minutes."""
    assert read_back_time(350e9, 1024, 2e12, 25e9) == pytest.approx(0.175)
    assert read_back_time(350e9, 1024, 2e12, 25e9, sharded=False) == pytest.approx(179.2)


@given(st.floats(0, 1e15), st.integers(1, 5000), st.floats(1e9, 1e13), st.floats(1e8, 1e11))
def test_reading_back_is_writing_at_the_peak(
    size: float, nodes: int, shared: float, node: float
) -> None:
    """The storm without contention and without files to make."""
    for sharded in (True, False):
        read = read_back_time(size, nodes, shared, node, sharded)
        assert read == pytest.approx(storm_write_time(size, nodes, shared, node, sharded))


def test_one_node_reads_no_faster_than_its_port() -> None:
    assert read_back_time(1e12, 1, 1e13, 25e9) == pytest.approx(40.0)


def test_whether_it_is_sharded_is_yes_or_no() -> None:
    with pytest.raises(ValueError, match="sharded must be True or False"):
        read_back_time(1e9, 2, 1e9, 1e9, sharded="yes")  # type: ignore[arg-type]


# --- waiting for a spare node


def played_waits(repair: float, loss: float, spares: int, losses: int, seed: int) -> Any:
    """Play a job that loses nodes one by one; return how long it waits after each loss."""
    generator = np.random.default_rng(seed)
    clock, waits = 0.0, []
    back: list[float] = []
    for _ in range(losses):
        clock += generator.exponential(loss)
        back = [at for at in back if at > clock]
        back.append(clock + generator.exponential(repair))
        wait = 0.0
        if len(back) > spares:  # nobody is left to take its place: the first repair ends the wait
            wait = min(back) - clock
            back.remove(min(back))
            clock += wait
        waits.append(wait)
    return np.array(waits)


@pytest.mark.parametrize("spares", [0, 1, 3])
@pytest.mark.parametrize("load", [0.3, 2.0])
def test_a_job_waits_for_a_spare_as_long_as_a_played_one(spares: int, load: float) -> None:
    waits = played_waits(load * 100.0, 100.0, spares, losses=40_000, seed=spares)
    blocks = waits.reshape(200, -1).mean(axis=1)  # neighbours depend on one another
    error = blocks.std(ddof=1) / math.sqrt(len(blocks))
    assert abs(blocks.mean() - spare_wait(load * 100.0, 100.0, spares)) < 4 * error


def test_without_a_spare_every_loss_waits_for_a_repair() -> None:
    assert spare_wait(4 * HOUR, 7 * HOUR, 0) == pytest.approx(4 * HOUR)


def test_erlangs_table_is_met() -> None:
    """B(5, 3) = 0.1101 and B(10, 5) = 0.0184 in every table of Erlang's formula."""
    assert spare_wait(3.0, 1.0, 5) / (3.0 / 6) == pytest.approx(0.1101, abs=5e-5)
    assert spare_wait(5.0, 1.0, 10) / (5.0 / 11) == pytest.approx(0.0184, abs=5e-5)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.integers(0, 40))
def test_another_spare_never_makes_anybody_wait_longer(
    repair: float, loss: float, spares: int
) -> None:
    assert 0 <= spare_wait(repair, loss, spares + 1) <= spare_wait(repair, loss, spares) <= repair


@pytest.mark.parametrize("bad", [(-1.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, -1), (1.0, 1.0, 0.5)])
def test_a_repair_shop_that_cannot_be_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        spare_wait(*bad)


# --- wear


@given(st.floats(1, 1e9), st.floats(1e3, 1e12), st.floats(1e2, 1e6), st.floats(1e5, 1e9))
def test_saved_as_often_as_it_bears_a_memory_lasts_as_long_as_it_has_to(
    written: float, capacity: float, cycles: float, life: float
) -> None:
    period = wear_period(written, capacity, cycles, life)
    assert lifetime(capacity, cycles, written / period, 1) == pytest.approx(life, rel=1e-9)


def test_a_sector_a_save_on_the_hearables_flash() -> None:
    """256 KiB of 100,000 erases, 4 KiB a save, three years of 86,400 s: one every 14.4 s."""
    assert wear_period(4096, 262144, 1e5, 3 * 365.25 * 86400) == pytest.approx(14.79, abs=0.01)


# --- the loss to first order


@given(st.floats(10, 1e4), st.floats(0, 100), st.floats(1e5, 1e8), st.floats(0, 1e3))
def test_a_loss_is_what_a_long_job_takes_beyond_its_work(
    interval: float, dump: float, mtbf: float, restart: float
) -> None:
    work = 1e9 * interval
    loss = first_order_loss(interval, dump, mtbf, restart)
    wall = first_order_wall_time(work, interval, dump, mtbf, restart)
    assert loss == pytest.approx(wall / work - 1, rel=1e-6, abs=1e-9)


def test_a_loss_is_the_exact_one_where_failures_are_rare() -> None:
    job = (600.0, 2.0, 1e7, 60.0)
    exact = expected_wall_time(1e9, *job) / 1e9 - 1
    assert first_order_loss(*job) == pytest.approx(exact, rel=1e-3)
