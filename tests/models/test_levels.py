"""Checkpoints in two steps and on two levels, against jobs that are played failure by failure."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from storagelab.checkpoint import (
    asynchronous_interval,
    asynchronous_wall_time,
    expected_wall_time,
    immune_restart_wall_time,
    optimal_interval,
    two_level_intervals,
    two_level_optimum,
    two_level_restarts,
    two_level_wall_time,
    young_interval,
)

SIGMAS = 4


def within(walls: Any, law: Any, sigmas: int = SIGMAS) -> Any:
    error = np.std(walls, ddof=1) / np.sqrt(len(walls))
    return abs(np.mean(walls) - law) < sigmas * error


# --- asynchronous: the snapshot stops the job, the copy does not


def played_asynchronously(
    work: float,
    interval: float,
    snapshot: float,
    persist: float,
    mtbf: float,
    restart: float,
    generator: Any,
) -> Any:
    """Play one job, whose checkpoint counts from ``persist`` seconds after its snapshot on."""
    clock = done = 0.0
    saved, pending, arrives = 0.0, None, 0.0
    failure = generator.exponential(mtbf)
    stage = [("work", interval), ("snapshot", snapshot)]
    todo = list(stage)
    while True:
        kind, length = todo[0]
        end = clock + length
        if end < failure:
            clock = end
            todo.pop(0)
            if kind == "work":
                done += interval
                if done >= work:
                    return clock
            elif kind == "snapshot":
                if pending is not None:  # the copy before it is done by now: persist <= interval
                    saved = pending
                pending, arrives = done, clock + persist
            if not todo:
                todo = list(stage)
            continue
        clock = failure
        if pending is not None and arrives <= clock:
            saved = pending
        pending, done = None, saved
        failure = clock + generator.exponential(mtbf)
        while clock + restart > failure:  # a restart may fail too
            clock = failure
            failure = clock + generator.exponential(mtbf)
        clock += restart
        todo = list(stage)


@pytest.mark.parametrize(
    ("interval", "snapshot", "persist", "mtbf", "restart"),
    [
        (100.0, 2.0, 60.0, 900.0, 30.0),
        (100.0, 2.0, 100.0, 900.0, 30.0),
        (50.0, 0.0, 20.0, 300.0, 0.0),
    ],
)
def test_an_asynchronous_job_takes_as_long_as_a_played_one(
    interval: float, snapshot: float, persist: float, mtbf: float, restart: float
) -> None:
    work, generator = 400 * interval, np.random.default_rng(5)
    walls = [
        played_asynchronously(work, interval, snapshot, persist, mtbf, restart, generator)
        for _ in range(400)
    ]
    law = asynchronous_wall_time(work, interval, snapshot, persist, mtbf, restart)
    # the law is that of an endless job: it leaves out that nothing is lost at the start
    slack = (interval + snapshot + persist) / work * law
    error = np.std(walls, ddof=1) / np.sqrt(len(walls))
    assert abs(np.mean(walls) - law) < SIGMAS * error + slack
    # and the copy is no dump: waiting for it would take longer, ignoring it would be too good
    assert np.mean(walls) < expected_wall_time(work, interval, snapshot + persist, mtbf, restart)
    assert law > expected_wall_time(work, interval, snapshot, mtbf, restart)


def test_a_copy_that_takes_no_time_is_a_synchronous_checkpoint() -> None:
    job = (1.8e6, 7000.0, 30.0)
    assert asynchronous_wall_time(*job, 0.0, 86400.0, 600.0) == pytest.approx(
        expected_wall_time(*job, 86400.0, 600.0), rel=1e-12
    )


@given(st.floats(0, 100), st.floats(0, 1e4), st.floats(1e3, 1e6))
def test_the_interval_is_the_snapshots_optimum_unless_the_copy_takes_longer(
    snapshot: float, persist: float, mtbf: float
) -> None:
    interval = asynchronous_interval(snapshot, persist, mtbf)
    assert interval >= persist
    assert interval in (persist, optimal_interval(snapshot, mtbf))


@pytest.mark.parametrize("persist", [50.0, 3000.0])
def test_no_permitted_interval_beats_the_asynchronous_one(persist: float) -> None:
    snapshot, mtbf = 10.0, 20_000.0
    best = minimize_scalar(
        lambda interval: asynchronous_wall_time(1e6, interval, snapshot, persist, mtbf, 60.0),
        bounds=(persist, 1e5),
        method="bounded",
        options={"xatol": 1e-4},
    )
    assert asynchronous_interval(snapshot, persist, mtbf) == pytest.approx(best.x, rel=1e-4)


def test_an_interval_shorter_than_the_copy_is_refused() -> None:
    with pytest.raises(ValueError, match="interval must not be shorter than persist_time"):
        asynchronous_wall_time(1e5, 99.0, 1.0, 100.0, 1e4, 10.0)
    assert asynchronous_wall_time(1e5, 100.0, 1.0, 100.0, 1e4, 10.0) > 1e5


# --- two levels: local and durable


def played_on_two_levels(
    work: float,
    interval: float,
    every: Any,
    local_dump: Any,
    durable_dump: Any,
    mtbf: float,
    local_share: Any,
    restarts: Any,
    generator: Any,
) -> Any:
    """Play one job; restarts (local, durable) do not fail."""
    clock, local, durable = 0.0, 0, 0  # checkpoints counted in intervals
    total = round(work / interval)
    while local < total:
        last = (local + 1) % every == 0
        length = interval + local_dump + (durable_dump if last else 0.0)
        life = generator.exponential(mtbf)
        if life >= length:
            clock += length
            local += 1
            if last:
                durable = local
            continue
        clock += life
        if generator.random() < local_share:
            clock += restarts[0]
        else:
            clock += restarts[1]
            local = durable
    return clock


@pytest.mark.parametrize("local_share", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("every", [1, 4])
def test_a_job_on_two_levels_takes_as_long_as_a_played_one(local_share: float, every: int) -> None:
    case = (6000.0, 50.0, every, 2.0, 20.0, 400.0, local_share)
    generator = np.random.default_rng(int(10 * local_share) + every)
    walls = [played_on_two_levels(*case, (5.0, 30.0), generator) for _ in range(2500)]
    assert within(walls, two_level_wall_time(*case, 5.0, 30.0))


def test_one_level_is_the_form_with_restarts_that_do_not_fail() -> None:
    one = immune_restart_wall_time(1e6, 700.0, 23.0, 9000.0, 60.0)
    every_time = two_level_wall_time(1e6, 700.0, 1, 3.0, 20.0, 9000.0, 0.3, 60.0, 60.0)
    assert every_time == pytest.approx(one, rel=1e-12)
    # where all failures leave the local state, it is the local level with an extra dump
    all_local = two_level_wall_time(1e6, 700.0, 10, 23.0, 0.0, 9000.0, 1.0, 60.0, 999.0)
    assert all_local == pytest.approx(one, rel=1e-12)


@given(st.integers(1, 20), st.floats(0, 1), st.floats(0, 1))
def test_the_more_failures_spare_the_local_state_the_shorter_the_job(
    every: int, one: float, other: float
) -> None:
    fewer, more = sorted((one, other))
    walls = [
        two_level_wall_time(1e6, 500.0, every, 3.0, 60.0, 9000.0, share, 60.0, 60.0)
        for share in (fewer, more)
    ]
    assert walls[1] <= walls[0] * (1 + 1e-12)


def test_rare_durable_checkpoints_pay_where_most_failures_are_local() -> None:
    """The point of two levels: a slow durable dump every time costs more than now and then."""
    often, seldom = (
        two_level_wall_time(1e6, 600.0, every, 3.0, 180.0, 9000.0, 0.9, 60.0, 600.0)
        for every in (1, 10)
    )
    assert seldom < often


def test_a_job_without_a_durable_checkpoint_is_refused() -> None:
    with pytest.raises(ValueError, match=r"interval \* durable_every must not exceed solve_time"):
        two_level_wall_time(1000.0, 100.0, 11, 1.0, 5.0, 1e4, 0.9, 1.0, 1.0)
    with pytest.raises(ValueError, match="the job never ends"):
        two_level_wall_time(1e6, 1e5, 10, 1.0, 5.0, 100.0, 0.9, 1.0, 1.0)


@given(st.floats(0.1, 100), st.floats(0.1, 1e3), st.floats(1e3, 1e7), st.floats(0.01, 0.99))
def test_each_level_has_youngs_interval_for_its_own_failures(
    local: float, durable: float, mtbf: float, share: float
) -> None:
    """Failures that are a share φ of all strike every M/φ seconds."""
    import warnings

    near, far = two_level_intervals(local, durable, mtbf, share)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert near == pytest.approx(young_interval(local, mtbf / share))
        assert far == pytest.approx(young_interval(durable, mtbf / (1 - share)))


def test_youngs_intervals_on_two_levels_are_nearly_the_best_ones() -> None:
    local, durable, mtbf, share = 3.0, 60.0, 50_000.0, 0.8
    near, far = two_level_intervals(local, durable, mtbf, share)
    every = max(1, round(far / near))

    def wall(interval: float, count: Any) -> Any:
        return two_level_wall_time(1e8, interval, count, local, durable, mtbf, share, 60.0, 60.0)

    grid = [
        wall(interval, count)
        for interval in near * np.geomspace(0.3, 3, 40)
        for count in range(1, 40)
    ]
    assert wall(near, every) < 1.001 * min(grid)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_failures_of_both_kinds_there_is_one_level(share: float) -> None:
    with pytest.raises(ValueError, match="local_share must be above 0 and below 1"):
        two_level_intervals(3.0, 60.0, 1e4, share)


# --- restarts that fail, too


def played_with_failing_restarts(
    work: float,
    interval: float,
    every: int,
    local_dump: float,
    durable_dump: float,
    mtbf: float,
    local_share: float,
    restarts: tuple[float, float],
    generator: Any,
) -> tuple[float, float]:
    """Play one job; return its time, and what of it went to restarts, cut short or not."""
    clock = restarting = 0.0
    local = durable = 0
    total = round(work / interval)
    failure = generator.exponential(mtbf)
    while local < total:
        last = (local + 1) % every == 0
        length = interval + local_dump + (durable_dump if last else 0.0)
        if clock + length <= failure:
            clock += length
            local += 1
            durable = local if last else durable
            continue
        near = True
        while True:
            clock = failure
            near = near and generator.random() < local_share
            pause = restarts[0] if near else restarts[1]
            failure = clock + generator.exponential(mtbf)
            restarting += min(pause, failure - clock)
            if clock + pause <= failure:
                clock += pause
                break
        local = local if near else durable
    return clock, restarting


@pytest.mark.parametrize("local_share", [0.0, 0.6, 0.95, 1.0])
@pytest.mark.parametrize("restarts", [(20.0, 150.0), (100.0, 100.0)])
def test_restarts_that_fail_take_as_long_as_played_ones(
    local_share: float, restarts: tuple[float, float]
) -> None:
    case = (2000.0, 50.0, 4, 2.0, 20.0, 300.0, local_share)
    generator = np.random.default_rng(int(100 * local_share))
    played = [played_with_failing_restarts(*case, restarts, generator) for _ in range(3000)]
    walls, restarting = np.array(played).T
    law = two_level_wall_time(*case, *restarts, restarts_fail=True)
    assert within(walls, law)
    assert within(restarting, two_level_restarts(law, 300.0, local_share, *restarts))


def test_restarts_that_fail_are_the_one_level_form_where_there_is_one_level() -> None:
    job = (1e6, 700.0, 23.0, 9000.0, 2000.0)
    one = expected_wall_time(*job)
    durable = two_level_wall_time(
        1e6, 700.0, 1, 3.0, 20.0, 9000.0, 0.0, 1.0, 2000.0, restarts_fail=True
    )
    local = two_level_wall_time(
        1e6, 700.0, 10, 23.0, 0.0, 9000.0, 1.0, 2000.0, 1.0, restarts_fail=True
    )
    assert [durable, local] == pytest.approx([one, one], rel=1e-12)
    assert two_level_restarts(one, 9000.0, 0.3, 2000.0, 2000.0) == pytest.approx(
        one * -np.expm1(-2000.0 / 9000.0)
    )


@pytest.mark.parametrize("every", [1, 5, 20])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_the_best_interval_on_two_levels_is_that_of_the_law(every: int, share: float) -> None:
    local, durable, mtbf = 1.0, 30.0, 2e6
    best = minimize_scalar(
        lambda log: two_level_wall_time(
            1e9, np.exp(log), every, local, durable, mtbf, share, 60.0, 600.0
        ),
        bounds=(2.0, 12.0),
        method="bounded",
        options={"xatol": 1e-7},
    )
    first_order = two_level_optimum(every, local, durable, mtbf, share)
    assert first_order == pytest.approx(np.exp(best.x), rel=0.02)
