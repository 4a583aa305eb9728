"""Checkpoint laws against published figures, mpmath, numerical optimisation and played jobs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import exp, lambertw, mp, mpf
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from storagelab.checkpoint import (
    checkpoint_size,
    combined_mtbf,
    daly_interval,
    expected_wall_time,
    first_order_wall_time,
    immune_restart_wall_time,
    job_mtbf,
    optimal_interval,
    segmented_wall_time,
    shortest_interval,
    simulate_wall_time,
    storage_share,
    storm_write_time,
    survival_probability,
    transformer_parameters,
    unprotected_wall_time,
    young_interval,
)
from storagelab.checks import DomainWarning
from storagelab.units import GIB, HOUR
from storagelab.validation import read_table

DUMPS = st.floats(1e-3, 1e4)
MTBFS = st.floats(1e2, 1e8)


# --- intervals


@pytest.mark.parametrize("delay", np.geomspace(1e-14, 1e3, 200))
def test_the_optimal_interval_is_lambert_w_in_forty_digits(delay: Any) -> None:
    with mp.workdps(60):
        exact = 1 + lambertw(-exp(-1 - mpf(delay))).real
        error = abs(mpf(optimal_interval(delay, 1.0)) / exact - 1)
    assert error < 5e-12  # an interval to a part in 200 billion


@pytest.mark.parametrize("row", read_table("checkpoint_intervals"), ids=lambda row: row["case"])
@pytest.mark.parametrize("restart", [0.0, 600.0])
def test_the_optimal_interval_minimises_the_expected_wall_time_numerically(
    row: Any, restart: float
) -> None:
    dump, mtbf = row["dump_time_s"], row["mtbf_s"]
    best = minimize_scalar(
        lambda interval: expected_wall_time(row["solve_time_s"], interval, dump, mtbf, restart),
        bounds=(1.0, 5 * mtbf),
        method="bounded",
        options={"xatol": 1e-6},
    )
    assert optimal_interval(dump, mtbf) == pytest.approx(best.x, rel=1e-5)


@given(DUMPS, MTBFS, st.floats(1e-3, 0.5))
def test_no_interval_beats_the_optimal_one(dump: float, mtbf: float, aside: float) -> None:
    best = optimal_interval(dump, mtbf)
    if dump > 100 * mtbf:
        return  # the job never ends at any interval
    work = 1000 * best * (1 + aside)
    least = expected_wall_time(work, best, dump, mtbf, 0)
    for factor in (1 - aside, 1 + aside):
        assert expected_wall_time(work, best * factor, dump, mtbf, 0) >= least * (1 - 1e-12)


@pytest.mark.filterwarnings("ignore::storagelab.checks.DomainWarning")
@given(DUMPS, MTBFS)
def test_intervals_grow_with_dump_time_and_scale_with_the_clock(dump: float, mtbf: float) -> None:
    for law in (young_interval, daly_interval, optimal_interval):
        assert law(1000 * dump, 1000 * mtbf) == pytest.approx(1000 * law(dump, mtbf))
    assert young_interval(4 * dump, mtbf) == pytest.approx(2 * young_interval(dump, mtbf))
    assert optimal_interval(2 * dump, mtbf) >= optimal_interval(dump, mtbf)
    assert optimal_interval(dump, 2 * mtbf) >= optimal_interval(dump, mtbf)
    assert optimal_interval(dump, mtbf) <= min(young_interval(dump, mtbf), mtbf) * (1 + 1e-12)


@given(st.floats(1e-9, 1e-4), MTBFS)
def test_young_daly_and_the_optimum_agree_for_short_dumps(delay: float, mtbf: float) -> None:
    """Young's error is sqrt(2d/M)/3 in the interval; the cost of it is of second order."""
    dump = delay * mtbf
    best = optimal_interval(dump, mtbf)
    assert young_interval(dump, mtbf) == pytest.approx(best, rel=np.sqrt(2 * delay) / 2)
    assert daly_interval(dump, mtbf) == pytest.approx(best, rel=delay)


def test_dumps_that_take_no_time_are_made_all_the_time_and_endless_ones_once_an_mtbf() -> None:
    assert young_interval(0, 100.0) == daly_interval(0, 100.0) == optimal_interval(0, 100.0) == 0
    assert daly_interval(1e6, 100.0) == 100.0
    assert optimal_interval(1e6, 100.0) == pytest.approx(100.0)


def test_youngs_interval_costs_next_to_nothing_until_dumps_are_long() -> None:
    """The optimum is flat: 2.8% at d/M = 1/3, 0.03% at most in ordinary cases."""
    for dump, mtbf, most in ((300, 86400, 4e-5), (300, 21600, 3e-4), (300, 900, 0.028)):
        best, young = (
            expected_wall_time(1.8e6, law(dump, mtbf), dump, mtbf, 600)
            for law in (optimal_interval, young_interval)
        )
        assert 0 <= young / best - 1 <= most


# --- wall time


def renewal_wall_time(
    work: float, interval: float, dump: float, mtbf: float, restart: float
) -> Any:
    """Integrate over the first failure of a segment: no closed form is used."""

    def attempt(length: float) -> tuple[Any, Any]:
        """Return the mean seconds until this attempt ends or fails, and whether it ends."""
        spent, _ = quad(lambda t: np.exp(-t / mtbf), 0, length)
        return spent, np.exp(-length / mtbf)

    spent, ends = attempt(restart + interval + dump)
    again = spent / ends  # tries until one ends
    spent, ends = attempt(interval + dump)
    return (spent + (1 - ends) * again) * work / interval


CASES = {
    "Daly figure 3": (1.8e6, 7200.0, 300.0, 86400.0, 600.0),
    "Daly figure 5": (1.8e6, 600.0, 300.0, 900.0, 600.0),
    "no restart": (3.6e4, 600.0, 30.0, 3000.0, 0.0),
    "no dump": (3.6e4, 600.0, 0.0, 3000.0, 100.0),
    "the scenario": (2.592e6, 3600.0, 179.2, 21972.65625, 600.0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_expected_wall_time_solves_the_renewal_equation(case: Any) -> None:
    assert expected_wall_time(*case) == pytest.approx(renewal_wall_time(*case), rel=1e-6)


def segmented(work: float, interval: float, *job: Any) -> Any:
    return segmented_wall_time(work, round(work / interval), *job)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_simulation_has_the_exact_mean(
    case: tuple[float, float, float, float, float], seed: int
) -> None:
    """With a first start that needs no restart, as the exact form is meant for many segments."""
    estimate = simulate_wall_time(*case, trials=1500, seed=seed)
    assert abs(estimate.mean - segmented(*case)) < 4 * estimate.standard_error


@pytest.mark.parametrize("segments", [1, 2, 5])
def test_the_simulation_has_the_exact_mean_for_few_segments_too(segments: int) -> None:
    case = (segments * 1000.0, 1000.0, 100.0, 1500.0, 300.0)
    estimate = simulate_wall_time(*case, trials=100_000, seed=3)
    assert abs(estimate.mean - segmented(*case)) < 4 * estimate.standard_error


def test_the_simulation_agrees_with_a_plain_loop_over_events() -> None:
    """Second by second bookkeeping of one job after another, with an uneven last segment."""
    work, interval, dump, mtbf, restart = 5000.0, 900.0, 60.0, 2500.0, 200.0
    generator = np.random.default_rng(17)
    walls = []
    for _ in range(8000):
        wall, done, pause = 0.0, 0.0, 0.0
        while done < work:
            piece = min(interval, work - done)
            needed = pause + piece + (dump if done + piece < work else 0.0)
            life = generator.exponential(mtbf)  # memoryless: a fresh draw an attempt is exact
            wall += min(life, needed)
            done, pause = (done + piece, 0.0) if life >= needed else (done, restart)
        walls.append(wall)
    error = np.std(walls) / np.sqrt(len(walls))
    estimate = simulate_wall_time(work, interval, dump, mtbf, restart, trials=50_000, seed=4)
    bound = 4 * np.hypot(error, estimate.standard_error)
    assert abs(estimate.mean - np.mean(walls)) < bound


def test_the_simulation_repeats_itself_for_a_seed_and_not_for_another() -> None:
    case = CASES["no restart"]
    first, again, other = (simulate_wall_time(*case, trials=50, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.mean != other.mean
    assert first.trials == 50
    assert {type(first.mean), type(first.standard_error)} == {float}


@pytest.mark.parametrize("trials", [2, 5, 4097])
def test_jobs_that_never_fail_take_exactly_their_work_and_their_dumps(trials: int) -> None:
    """Every trial is played and none is counted twice, in the first chunk and beyond it."""
    estimate = simulate_wall_time(5000.0, 900.0, 60.0, 1e15, 200.0, trials=trials, seed=0)
    assert estimate.mean == pytest.approx(5000.0 + 5 * 60.0, rel=1e-12)
    assert estimate.standard_error == pytest.approx(0, abs=1e-9)
    assert estimate.trials == trials


def test_the_simulation_gives_up_on_a_job_that_never_ends() -> None:
    with pytest.raises(ValueError, match="never ends"):
        simulate_wall_time(2e3, 2e3, 0, 100.0, 0, trials=2, seed=1)


def test_the_standard_error_shrinks_with_the_square_root_of_the_trials() -> None:
    case = CASES["no restart"]
    few, many = (simulate_wall_time(*case, trials=count, seed=8) for count in (500, 8000))
    assert many.standard_error == pytest.approx(few.standard_error / 4, rel=0.15)


@given(st.floats(1, 1e3), st.floats(0, 1), st.floats(0, 10), st.floats(1, 1e6))
def test_failures_dumps_and_restarts_only_ever_add(
    interval: float, dump: float, restart: float, mtbf: float
) -> None:
    work = 100 * interval
    if (interval + dump) / mtbf > 300:
        return
    wall = expected_wall_time(work, interval, dump, mtbf, restart)
    assert wall >= work + 100 * dump * (1 - 1e-9)
    assert expected_wall_time(work, interval, dump, mtbf, restart + 1) > wall
    assert expected_wall_time(work, interval, dump, 2 * mtbf, restart) <= wall
    assert expected_wall_time(2 * work, interval, dump, mtbf, restart) == pytest.approx(2 * wall)


@given(st.floats(10, 1e3), st.floats(0, 10), st.floats(0, 10))
def test_without_failures_a_job_takes_its_work_and_its_dumps(
    interval: float, dump: float, restart: float
) -> None:
    wall = expected_wall_time(50 * interval, interval, dump, 1e14, restart)
    assert wall == pytest.approx(50 * (interval + dump), rel=1e-9)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_many_segments_are_as_good_as_endlessly_many(case: Any) -> None:
    """The form with segments leaves out the last dump, and what may strike during it."""
    work, interval, dump, mtbf, _ = case
    left_out = (interval + dump) / work * (1 + dump / interval) * np.exp(600 / mtbf)
    wall = expected_wall_time(*case)
    assert 0 <= 1 - segmented(*case) / wall <= left_out


@given(st.floats(1e2, 1e6), st.floats(0, 1e3), st.floats(1e2, 1e6), st.floats(0, 1e3))
def test_one_segment_is_a_job_without_checkpoints(
    work: float, dump: float, mtbf: float, restart: float
) -> None:
    if work / mtbf > 300:
        return
    wall = segmented_wall_time(work, 1, dump, mtbf, restart)
    assert wall == pytest.approx(unprotected_wall_time(work, mtbf, restart), rel=1e-12)


def test_restarts_that_never_fail_are_those_of_a_loop_that_does_not_let_them() -> None:
    case = (3.6e4, 600.0, 30.0, 1500.0, 900.0)
    work, interval, dump, mtbf, restart = case
    generator = np.random.default_rng(23)
    walls = []
    for _ in range(3000):
        wall, done = 0.0, 0.0
        while done < work:
            life = generator.exponential(mtbf)
            if life >= interval + dump:
                wall += interval + dump
                done += interval
            else:
                wall += life + restart
        walls.append(wall)
    error = np.std(walls, ddof=1) / np.sqrt(len(walls))
    assert abs(np.mean(walls) - immune_restart_wall_time(*case)) < 4 * error
    assert immune_restart_wall_time(*case) < expected_wall_time(*case)


def test_the_two_ways_to_take_restarts_differ_by_17_per_cent_at_two_thirds_of_the_mtbf() -> None:
    """M e^(R/M) against M + R, at M = 900 s and R = 600 s; they agree for short restarts."""
    case = (1.8e6, 600.0, 300.0, 900.0)
    apart = expected_wall_time(*case, 600.0) / immune_restart_wall_time(*case, 600.0) - 1
    assert apart == pytest.approx(0.17, abs=0.005)
    assert expected_wall_time(*case, 0.0) == immune_restart_wall_time(*case, 0.0)


@pytest.mark.filterwarnings("ignore::storagelab.checks.DomainWarning")
def test_the_teaching_form_holds_for_rare_failures_and_fails_by_half_for_frequent_ones() -> None:
    """What it promises at the interval that it would choose, against what the best one takes."""
    for mtbf, off in ((86400, (-0.005, 0)), (900, (-0.475, -0.465))):
        exact = expected_wall_time(1.8e6, optimal_interval(300, mtbf), 300, mtbf, 600)
        first = first_order_wall_time(1.8e6, young_interval(300, mtbf), 300, mtbf, 600)
        assert off[0] < first / exact - 1 < off[1]


def test_the_teaching_form_by_hand_and_as_the_limit_of_rare_failures() -> None:
    # 10 h of work, saved every hour for a minute, a failure a day on average, 5 min to restart
    by_hand = 36000 + 9 * 60 + (3660 / 2 + 300) * 36000 / 86400
    assert first_order_wall_time(36000, 3600, 60, 86400, 300) == pytest.approx(by_hand)
    for mtbf in (1e8, 1e10):
        exact = segmented_wall_time(36000, 10, 60, mtbf, 300)
        over = first_order_wall_time(36000, 3600, 60, mtbf, 300) - 36540
        # it gives the last segment a dump to lose, too
        assert exact - 36540 == pytest.approx(over, rel=0.02)


def test_the_teaching_form_warns_where_it_no_longer_holds() -> None:
    with pytest.warns(DomainWarning, match="is above half of mtbf: the first-order form"):
        first_order_wall_time(1.8e6, 700.0, 300.0, 900.0, 600.0)


def test_no_checkpoints_is_one_segment_without_a_dump() -> None:
    estimate = simulate_wall_time(1000.0, 1000.0, 50.0, 700.0, 80.0, trials=100_000, seed=6)
    wall = unprotected_wall_time(1000.0, 700.0, 80.0)
    assert abs(estimate.mean - wall) < 4 * estimate.standard_error


@pytest.mark.parametrize(
    ("dump", "restart", "interval", "hours"),
    [(3.5, 300, 600, 744), (3.5, 300, 3600, 793), (196, 600, 600, 999), (196, 600, 2820, 847)],
)
def test_every_ten_minutes_is_better_or_worse_by_the_dump(
    dump: float, restart: int, interval: int, hours: int
) -> None:
    """A month of 720 h, MTBF 6.2 h: figures worked out apart from this package."""
    wall = expected_wall_time(720 * HOUR, interval, dump, 6.2 * HOUR, restart)
    assert wall / HOUR == pytest.approx(hours, abs=0.6)


# --- sizes, storms and rates


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        ((32, 4096, 14336, 32, 8, 128256), 8_030_261_248),
        ((80, 8192, 28672, 64, 8, 128256), 70_553_706_496),
    ],
    ids=["Llama-3-8B", "Llama-3-70B"],
)
def test_a_transformer_has_the_parameters_of_its_matrices(
    shape: tuple[int, int, int, int, int, int], published: int
) -> None:
    """Against a list of the matrices' shapes, and the total that the model's card gives."""
    layers, hidden, ffn, heads, kv_heads, vocab = shape
    width = hidden // heads
    layer = [(hidden, heads * width), (hidden, kv_heads * width), (hidden, kv_heads * width)]
    layer += [(heads * width, hidden), (hidden, ffn), (hidden, ffn), (ffn, hidden)]
    ends = [(vocab, hidden), (hidden, vocab)]
    matrices = layers * sum(a * b for a, b in layer) + sum(a * b for a, b in ends)
    assert transformer_parameters(*shape) == matrices
    assert matrices == pytest.approx(published, rel=1e-4)  # norms are left out


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        ((70, 14336, 4 * 14336, 112, 112, 250880), 176_247e6),
        ((128, 25600, 4 * 25600, 160, 160, 51200), 1008.0e9),
    ],
    ids=["BLOOM", "Megatron-LM 1T"],
)
def test_a_gpt_has_two_feed_forward_matrices_and_one_embedding(
    shape: tuple[int, int, int, int, int, int], published: float
) -> None:
    """Against the totals in the papers' own tables."""
    count = transformer_parameters(*shape, gated=False, tied=True)
    assert count == pytest.approx(published, rel=2e-4)  # norms and biases are left out
    layers, hidden, ffn, _, _, vocab = shape
    assert transformer_parameters(*shape, gated=False) == count + vocab * hidden
    assert transformer_parameters(*shape, tied=True) == count + layers * hidden * ffn
    for name in ("gated", "tied"):
        with pytest.raises(ValueError, match=f"{name} must be True or False; got 1"):
            transformer_parameters(*shape, **{name: 1})  # type: ignore[arg-type]


@given(st.floats(1, 1e15), st.integers(1, 10**5), st.floats(1e3, 1e13), st.floats(1e3, 1e12))
def test_a_storm_passes_both_the_storage_and_the_nodes_and_one_of_them_at_its_limit(
    size: float, writers: int, shared: float, node: float
) -> None:
    time = storm_write_time(size, writers, shared, node)
    rate = size / time
    assert rate <= shared * (1 + 1e-9)
    assert rate <= writers * node * (1 + 1e-9)
    assert rate == pytest.approx(shared) or rate == pytest.approx(writers * node)
    full = storm_write_time(size, writers, shared, node, sharded=False)
    assert full == pytest.approx(writers * time)
    assert storm_write_time(size, writers, 2 * shared, 2 * node) == pytest.approx(time / 2)


def test_the_scenarios_storm() -> None:
    """350 GB on 100 GB/s: 3.5 s in shards, an hour in 1,024 copies (358 TB)."""
    assert storm_write_time(350e9, 1024, 100e9, 25e9) == pytest.approx(3.5)
    full = storm_write_time(350e9, 1024, 100e9, 25e9, sharded=False)
    assert full == pytest.approx(358.4e12 / 100e9)


def test_a_job_fails_with_the_first_of_its_parts() -> None:
    generator = np.random.default_rng(2)
    first = generator.exponential(1000.0, (20_000, 32)).min(axis=1)
    error = first.std() / np.sqrt(first.size)
    assert abs(first.mean() - job_mtbf(1000.0, 32)) < 4 * error


def test_a_job_of_unlike_parts_fails_with_the_first_of_any_kind() -> None:
    generator = np.random.default_rng(3)
    means = np.repeat([4000.0, 900.0, 20_000.0], [8, 2, 30])
    first = generator.exponential(means, (20_000, means.size)).min(axis=1)
    error = first.std() / np.sqrt(first.size)
    law = combined_mtbf([4000.0, 900.0, 20_000.0], [8, 2, 30])
    assert abs(first.mean() - law) < 4 * error
    assert combined_mtbf([4000.0], [8]) == pytest.approx(job_mtbf(4000.0, 8))
    assert combined_mtbf([4000.0, 1.0], [8, 0]) == pytest.approx(job_mtbf(4000.0, 8))
    rows = combined_mtbf([4000.0, 900.0], [[8, 0], [0, 2]])
    assert_allclose(rows, [500.0, 450.0])


@pytest.mark.parametrize(
    ("means", "counts", "says"),
    [
        ([1e3, 1e3], [0, 0], "counts must hold at least one part"),
        ([1e3, -1.0], [1, 1], r"component_mtbfs\[1\] must be"),
        ([1e3, 1e3], [1, 1.5], r"counts\[1\] must be a whole number from 0 up"),
    ],
)
def test_a_job_of_no_parts_is_refused(means: list[float], counts: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        combined_mtbf(means, counts)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1e2, 1e6))
def test_to_survive_two_hours_is_to_survive_one_and_then_another(
    one: float, other: float, mtbf: float
) -> None:
    """What makes failures exponential: a machine that has run so far is as good as new."""
    both = survival_probability(one + other, mtbf)
    assert both == pytest.approx(
        survival_probability(one, mtbf) * survival_probability(other, mtbf), rel=1e-9, abs=1e-300
    )
    lives = survival_probability(mtbf * np.array([0.0, np.log(2), 1e9]), mtbf)
    assert_allclose(lives, [1.0, 0.5, 0.0], atol=1e-300)


def test_a_checkpoint_is_its_parameters_times_their_bytes() -> None:
    """Llama-3-70B: 141 GB of bf16 weights, 920 GiB with 32-bit optimizer states."""
    assert checkpoint_size(70.55e9, 2) == pytest.approx(141e9, rel=1e-3)
    assert checkpoint_size(70.55e9, 12) == pytest.approx(847e9, rel=1e-3)
    assert checkpoint_size(70.55e9, 14) == pytest.approx(920 * GIB, rel=1e-3)


def test_more_heads_that_share_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="kv_heads must not exceed heads"):
        transformer_parameters(32, 4096, 14336, 8, 32, 128256)


def test_contention_and_metadata_make_a_storm_longer() -> None:
    calm = storm_write_time(350e9, 1024, 100e9, 25e9)
    assert storm_write_time(350e9, 1024, 100e9, 25e9, efficiency=0.5) == pytest.approx(2 * calm)
    # two files a writer at 1,024 creates a second: two seconds before a byte is written
    with_files = storm_write_time(
        350e9, 1024, 100e9, 25e9, files_per_writer=2, metadata_rate=1024.0
    )
    assert with_files == pytest.approx(calm + 2.0)
    # efficiency is the shared path's: where the nodes bind, it changes nothing
    assert storm_write_time(350e9, 2, 100e9, 25e9, efficiency=0.5) == pytest.approx(7.0)
    for bad in ("yes", 1, None):
        with pytest.raises(ValueError, match="sharded must be True or False"):
            storm_write_time(350e9, 1024, 100e9, 25e9, sharded=bad)  # type: ignore[arg-type]


@given(st.floats(1e-3, 1e5), st.floats(1e-3, 0.999))
def test_the_shortest_interval_is_the_one_that_takes_just_the_limit(
    dump: float, limit: float
) -> None:
    shortest = shortest_interval(dump, limit)
    assert storage_share(shortest, dump) == pytest.approx(limit)
    assert storage_share(shortest * 1.1, dump) < limit < storage_share(shortest / 1.1, dump)


def test_arrays_of_wall_times_are_the_scalars() -> None:
    intervals = np.geomspace(600, 36000, 7)
    walls = expected_wall_time(1.8e6, intervals, 300, 86400, 600)
    one_by_one = [expected_wall_time(1.8e6, float(item), 300, 86400, 600) for item in intervals]
    assert_allclose(walls, one_by_one, rtol=0)
