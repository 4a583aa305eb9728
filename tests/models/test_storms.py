"""Storms in groups, and jobs drawn by their counts, against what each has to agree with."""

from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.checkpoint import segmented_wall_time, simulate_wall_time, storm_write_time
from storagelab.checkpoint.simulation import sample_wall_times
from storagelab.checkpoint.storm import storm_profile

STORMS = st.tuples(
    st.floats(1, 1e15), st.integers(1, 300), st.floats(1e3, 1e13), st.floats(1e3, 1e12)
)


def profiles(storm: Any, data: Any) -> tuple[Any, ...]:
    """A storm in some number of groups, and in one more."""
    size, writers, shared, node = storm
    groups = data.draw(st.integers(1, writers))
    more = data.draw(st.integers(groups, writers))
    return tuple(storm_profile(size, writers, shared, node, count) for count in (groups, more))


@given(STORMS, st.data())
def test_the_area_under_a_storm_is_its_bytes_in_however_many_groups(
    storm: Any, data: st.DataObject
) -> None:
    size, writers, _, _ = storm
    for shown in profiles(storm, data):
        assert shown.rates @ shown.durations == pytest.approx(size)
        assert shown.writers.sum() == writers
        assert np.all(shown.durations > 0)
        assert np.ptp(shown.writers) <= 1


@given(STORMS, st.data())
def test_a_storm_never_passes_more_than_the_path_or_than_its_writers_can(
    storm: Any, data: st.DataObject
) -> None:
    _, writers, shared, node = storm
    for shown in profiles(storm, data):
        assert np.all(shown.rates <= min(shared, writers * node) * (1 + 1e-12))
        assert np.all(shown.rates <= shown.writers * node * (1 + 1e-12))
        assert np.all((shown.rates == shared) | (shown.rates == shown.writers * node))
        assert 0 <= shown.room < shared


@given(STORMS, st.booleans())
def test_one_group_is_the_storm_of_all(
    storm: tuple[float, int, float, float], sharded: bool
) -> None:
    shown = storm_profile(*storm, sharded=sharded)
    assert shown.time == pytest.approx(storm_write_time(*storm, sharded=sharded))


@given(STORMS, st.data())
def test_more_groups_saturate_the_path_no_longer_and_are_done_no_sooner(
    storm: Any, data: st.DataObject
) -> None:
    fewer, more = profiles(storm, data)
    assert more.saturated_time <= fewer.saturated_time * (1 + 1e-9)
    assert more.time >= fewer.time * (1 - 1e-9)
    if more.saturated_time == pytest.approx(more.time):
        assert more.time == pytest.approx(fewer.time)


def test_one_writer_at_a_time_writes_at_its_own_bandwidth() -> None:
    shown = storm_profile(1024e9, 1024, 100e9, 25e9, groups=1024)
    assert shown.time == pytest.approx(1024e9 / 25e9)
    assert shown.saturated_time == 0
    assert shown.room == pytest.approx(75e9)


def test_a_wide_path_is_never_saturated_and_a_narrow_one_always() -> None:
    wide = storm_profile(350e9, 1024, 1e15, 25e9)
    assert wide.saturated_time == 0
    for groups in (1, 7, 1024):
        narrow = storm_profile(350e9, 1024, 1e9, 25e9, groups)
        assert narrow.saturated_time == pytest.approx(narrow.time) == pytest.approx(350.0)


def test_only_the_groups_that_can_fill_the_path_saturate_it() -> None:
    """Ten writers in four groups of 2, 3, 2 and 3: the threes fill a path of three."""
    shown = storm_profile(10.0, 10, 3.0, 1.0, groups=4)
    assert sorted(shown.writers) == [2, 2, 3, 3]
    assert shown.saturated_time == pytest.approx(2.0)
    assert shown.time == pytest.approx(4.0)
    assert shown.ends == pytest.approx([1, 2, 3, 4])


def test_full_copies_are_a_storm_of_as_many_sizes_as_writers() -> None:
    full, shards = (storm_profile(350e9, 64, 1e11, 25e9, 4, sharded) for sharded in (False, True))
    assert full.time == pytest.approx(64 * shards.time)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": 0.0}, "^size must"),
        ({"shared_bandwidth": -1.0}, "^shared_bandwidth must"),
        ({"node_bandwidth": float("nan")}, "^node_bandwidth must"),
        ({"writers": 1.5}, "^writers must be a whole number"),
        ({"groups": 0}, "^groups must be a whole number"),
        ({"groups": 9}, "^groups must not exceed writers"),
        ({"sharded": 1}, "^sharded must be"),
        ({"size": [1.0, 2.0]}, "^size must be one number"),
    ],
)
def test_a_storm_that_cannot_be_is_refused(change: Any, says: str) -> None:
    good = {"size": 1.0, "writers": 8, "shared_bandwidth": 2.0, "node_bandwidth": 1.0}
    with pytest.raises(ValueError, match=says):
        storm_profile(**{**good, **change})


# --- jobs drawn by their counts

Job: TypeAlias = tuple[float, float, float, float, float]
JOBS: dict[str, Job] = {
    "the scenario": (2.592e6, 3600.0, 179.2, 21972.65625, 600.0),
    "failures all the time": (3.6e4, 600.0, 300.0, 900.0, 600.0),
    "an uneven last segment": (5000.0, 900.0, 60.0, 2500.0, 200.0),
    "a single segment": (1000.0, 1000.0, 50.0, 700.0, 80.0),
    "hardly a failure": (28800.0, 60.0, 1.28, 180000.0, 45.0),
    "no restart, no dump": (3.6e4, 600.0, 0.0, 3000.0, 0.0),
}
ANY_JOB = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)


def sample(job: Job, trials: int, seed: int) -> Any:
    work, interval, dump, mtbf, restart = job
    intervals = np.array([interval])
    return sample_wall_times(work, intervals, dump, mtbf, restart, trials, seed)[0]


@ANY_JOB
def test_drawn_jobs_have_the_mean_of_played_ones(job: Job) -> None:
    drawn = sample(job, 20_000, seed=1)
    played = simulate_wall_time(*job, trials=20_000, seed=2)
    error = drawn.std(ddof=1) / np.sqrt(drawn.size)
    assert abs(drawn.mean() - played.mean) < 4 * np.hypot(error, played.standard_error)
    # and so does their spread: the estimate's error is the spread over the root of the trials
    assert error == pytest.approx(played.standard_error, rel=0.05)


@pytest.mark.parametrize(
    "job", [job for name, job in JOBS.items() if "uneven" not in name], ids=lambda job: str(job[0])
)
def test_drawn_jobs_have_the_mean_of_the_closed_form(job: Any) -> None:
    drawn = sample(job, 40_000, seed=3)
    work, interval, *rest = job
    exact = segmented_wall_time(work, round(work / interval), *rest)
    error = drawn.std(ddof=1) / np.sqrt(drawn.size)
    assert abs(drawn.mean() - exact) < 4 * error


def played_one_by_one(job: Any, count: Any, seed: int) -> Any:
    """Wall times of jobs, attempt after attempt."""
    work, interval, dump, mtbf, restart = job
    generator = np.random.default_rng(seed)
    walls = []
    for _ in range(count):
        wall, done, pause = 0.0, 0.0, 0.0
        while done < work * (1 - 1e-12):
            piece = min(interval, work - done)
            needed = pause + piece + (dump if done + piece < work * (1 - 1e-12) else 0.0)
            life = generator.exponential(mtbf)
            wall += min(life, needed)
            done, pause = (done + piece, 0.0) if life >= needed else (done, restart)
        walls.append(wall)
    return np.array(walls)


@pytest.mark.parametrize("name", ["an uneven last segment", "a single segment", "hardly a failure"])
def test_drawn_jobs_have_the_percentiles_of_jobs_that_are_played_one_by_one(name: str) -> None:
    """Within what the number of jobs allows: each decile cuts off a tenth of the others."""
    job = JOBS[name]
    drawn, played = sample(job, 20_000, seed=5), played_one_by_one(job, 3000, seed=6)
    for level in (0.1, 0.5, 0.9):
        cut = np.quantile(drawn, level) * (1 + 1e-12)
        share = (played <= cut).mean()
        # without a failure many jobs take the very same time, and a decile has all of them
        exactly = (drawn <= cut).mean()
        assert abs(share - exactly) < 4 * np.sqrt(exactly * (1 - exactly) / 3000) + 0.005


@ANY_JOB
def test_no_job_is_done_before_its_work_and_its_dumps(job: Any) -> None:
    work, interval, dump, *_ = job
    least = work + (np.ceil(work / interval * (1 - 1e-12)) - 1) * dump
    assert sample(job, 2000, seed=7).min() >= least * (1 - 1e-9)


def test_intervals_are_as_many_rows_and_a_job_without_end_is_infinite() -> None:
    walls = sample_wall_times(1e5, np.array([100.0, 1e3, 1e5]), 10.0, 1e3, 50.0, trials=30, seed=1)
    assert walls.shape == (3, 30)
    assert np.isfinite(walls[:2]).all()
    assert np.isinf(walls[2]).all()
    assert walls[0].mean() != walls[1].mean()


def test_the_same_seed_draws_the_same_jobs() -> None:
    job = JOBS["the scenario"]
    first, again, other = (sample(job, 50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("name", "bad", "says"),
    [
        ("solve_time", 0.0, "^solve_time must"),
        ("intervals", [60.0, -1.0], r"^intervals\[1\] must"),
        ("dump_time", -1.0, "^dump_time must"),
        ("mtbf", 0.0, "^mtbf must"),
        ("restart_time", float("inf"), "^restart_time must"),
        ("trials", 0, "^trials must"),
        ("seed", 1.5, "^seed must"),
    ],
)
def test_a_sample_of_jobs_that_cannot_be_is_refused(name: str, bad: Any, says: str) -> None:
    good = {
        "solve_time": 1e4, "intervals": [60.0, 600.0], "dump_time": 1.0, "mtbf": 1e4,
        "restart_time": 10.0, "trials": 5, "seed": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match=says):
        sample_wall_times(**{**good, name: bad})
