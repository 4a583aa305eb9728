"""Pipeline laws against played caches and played pipelines."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import exp, log, mp, mpf
from numpy.testing import assert_allclose

from storagelab.pipeline import (
    CACHE_POLICIES,
    bytes_fetched,
    cache_hit_rate,
    connections_for,
    max_accelerators,
    mean_epoch_time,
    parallel_tiers_bandwidth,
    stall_time,
    stalled_fraction,
    straggler_utilization,
    training_throughput,
    two_level_hit_rates,
)

SHARES = st.floats(0, 1)
TIMES = st.floats(1e-6, 1e4)


# --- caches


def played_hit_rate(
    policy: str, samples: Any, capacity: Any, epochs: int, warmup: Any, generator: Any
) -> Any:
    """Play a cache under a fresh permutation an epoch; return its hits after the warm-up."""
    hits = 0
    held: OrderedDict[int, None] = OrderedDict()
    slots: list[int] = []
    for epoch in range(epochs):
        victims = iter(generator.integers(0, capacity, samples).tolist())
        order = range(samples) if policy == "lru_repeated" else generator.permutation(samples)
        for sample in map(int, order):
            if sample in held:
                hits += epoch >= warmup
                if policy.startswith("lru"):
                    held.move_to_end(sample)
                continue
            if len(held) < capacity:
                held[sample] = None
                slots.append(sample)
            elif policy.startswith("lru"):
                held.popitem(last=False)
                held[sample] = None
            elif policy == "random_replacement":
                place = next(victims)
                del held[slots[place]]
                slots[place] = sample
                held[sample] = None
    return hits / (samples * (epochs - warmup))


@pytest.mark.parametrize("policy", CACHE_POLICIES)
@pytest.mark.parametrize("cached", [0.1, 0.35, 0.65, 0.9])
def test_hit_rates_are_those_of_a_played_cache(policy: Any, cached: float) -> None:
    samples = 5000
    generator = np.random.default_rng(3)
    played = played_hit_rate(policy, samples, int(cached * samples), 9, 4, generator)
    # one played epoch strays by about sqrt(h(1-h)/N); five of them and a finite dataset
    assert played == pytest.approx(cache_hit_rate(cached, policy), abs=0.01)


@pytest.mark.parametrize("cached", [1e-6, 0.02, 0.3, 0.5, 0.8, 0.99, 0.999, 1 - 1e-6, 1 - 1e-10])
def test_random_replacement_keeps_its_digits(cached: float) -> None:
    with mp.workdps(60):
        c = mpf(cached)
        misses = c * log(c + (1 - c) * exp(1 / c)) if cached > 0.01 else 1 - c**2 - c**3 / 2
    hits = cache_hit_rate(cached, "random_replacement")
    assert hits == pytest.approx(float(1 - misses), rel=1e-9)


@given(SHARES)
def test_no_cache_beats_never_evicting_and_lru_is_the_worst(cached: float) -> None:
    lru, random, best = (
        cache_hit_rate(cached, policy) for policy in ("lru", "random_replacement", "never_evict")
    )
    assert 0 <= lru <= random + 1e-12
    assert random <= best + 1e-12
    assert best <= 1


@given(st.sampled_from(CACHE_POLICIES), SHARES, SHARES)
def test_a_larger_cache_never_hits_less(policy: Any, one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert cache_hit_rate(smaller, policy) <= cache_hit_rate(larger, policy) + 1e-12


@pytest.mark.parametrize("policy", CACHE_POLICIES)
def test_no_cache_never_hits_and_a_whole_one_always(policy: Any) -> None:
    assert cache_hit_rate(0, policy) == 0
    assert cache_hit_rate(1, policy) == 1
    assert cache_hit_rate(1e-12, policy) == pytest.approx(0, abs=1e-11)
    all_but = 0 if policy == "lru_repeated" else 1  # one sample too many, and nothing is left
    assert cache_hit_rate(1 - 1e-12, policy) == pytest.approx(all_but, abs=1e-10)


@given(st.floats(0, 1e15), SHARES, st.sampled_from(CACHE_POLICIES))
def test_what_is_fetched_and_what_hits_is_the_dataset(
    size: float, cached: float, policy: Any
) -> None:
    hits = size * cache_hit_rate(cached, policy)
    assert bytes_fetched(size, cached, policy) + hits == pytest.approx(size)


# --- two caches in a row


def played_levels(
    policy: str, samples: int, rooms: tuple[int, int], epochs: int, warmup: int
) -> tuple[float, float]:
    """Play a memory over a cache, which is exclusive; return the hits of each after the warm-up.

    The memory is asked first. What the cache serves moves up; what the memory throws out moves
    down into the cache, which then throws out one of its own. Nothing is ever in both.
    """
    generator = np.random.default_rng(7)
    upper: OrderedDict[int, None] = OrderedDict()
    lower: OrderedDict[int, None] = OrderedDict()
    hits = [0, 0]

    def thrown_out(held: OrderedDict[int, None]) -> int:
        if policy == "random_replacement":
            victim = list(held)[int(generator.integers(len(held)))]
            del held[victim]
            return victim
        return held.popitem(last=False)[0]

    for epoch in range(epochs):
        order = range(samples) if policy == "lru_repeated" else generator.permutation(samples)
        for sample in map(int, order):
            where = 0 if sample in upper else 1 if sample in lower else None
            if where is not None:
                hits[where] += epoch >= warmup
            if policy == "never_evict":
                if where is None and len(upper) < rooms[0]:
                    upper[sample] = None
                elif where is None and len(lower) < rooms[1]:
                    lower[sample] = None
                continue
            if where == 0:
                if policy != "random_replacement":
                    upper.move_to_end(sample)
                continue
            lower.pop(sample, None)
            upper[sample] = None
            if len(upper) > rooms[0]:
                lower[thrown_out(upper)] = None
            if len(lower) > rooms[1]:
                thrown_out(lower)
        assert not upper.keys() & lower.keys()
    reads = samples * (epochs - warmup)
    return hits[0] / reads, hits[1] / reads


@pytest.mark.parametrize("policy", CACHE_POLICIES)
@pytest.mark.parametrize(("memory", "cache"), [(0.05, 0.2), (0.2, 0.4), (0.3, 0.7)])
def test_two_caches_in_a_row_serve_what_two_played_caches_serve(
    policy: str, memory: float, cache: float
) -> None:
    samples = 800
    rooms = int(memory * samples), int(cache * samples)
    played = played_levels(policy, samples, rooms, 14, 5)
    upper, lower = two_level_hit_rates(memory, cache, policy)
    assert upper == pytest.approx(played[0], abs=0.025)
    # random replacement in two steps isn't that of one cache: the law is an upper bound
    off = lower - played[1]
    assert (-0.025 if policy == "random_replacement" else -0.02) <= off
    assert off <= (0.06 if policy == "random_replacement" else 0.02)


@given(st.sampled_from(CACHE_POLICIES), SHARES, SHARES)
def test_two_caches_in_a_row_serve_what_one_of_both_sizes_serves(
    policy: str, memory: float, cache: float
) -> None:
    upper, lower = two_level_hit_rates(memory, cache, policy)
    assert upper == cache_hit_rate(memory, policy)
    assert lower >= -1e-12
    both = cache_hit_rate(min(1.0, memory + cache), policy)
    assert upper + lower == pytest.approx(both, abs=1e-12)
    assert two_level_hit_rates(0.0, cache, policy) == (0.0, cache_hit_rate(cache, policy))


# --- tiers and steps


@given(st.lists(st.tuples(st.floats(1e6, 1e11), st.floats(0.01, 1)), min_size=1, max_size=5))
def test_tiers_in_parallel_finish_together_with_the_last(tiers: list[Any]) -> None:
    """No tier runs above its bandwidth, and one runs at it."""
    bandwidths, weights = np.array(tiers).T
    fractions = weights / weights.sum()
    rate = parallel_tiers_bandwidth(bandwidths, fractions)
    assert type(rate) is float
    assert np.max(rate * fractions / bandwidths) == pytest.approx(1)
    assert parallel_tiers_bandwidth(2 * bandwidths, fractions) == pytest.approx(2 * rate)


def test_a_tier_without_a_share_does_not_bind() -> None:
    assert parallel_tiers_bandwidth([1e9, 1.0], [1.0, 0.0]) == pytest.approx(1e9, rel=1e-15)
    rates = parallel_tiers_bandwidth([2.0, 6.0], [[0.5, 0.5], [0.25, 0.75]])
    assert_allclose(rates, [4.0, 8.0])


@pytest.mark.parametrize(
    ("bandwidths", "fractions", "says"),
    [
        ([1.0, 0.0], [0.5, 0.5], r"bandwidths\[1\] must be"),
        ([1.0, 1.0], [0.5, np.nan], r"fractions\[1\] must be a fraction"),
        ([1.0, 1.0], [0.5, 0.6], "fractions must sum to 1"),
    ],
)
def test_bad_tiers_are_refused(bandwidths: list[float], fractions: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parallel_tiers_bandwidth(bandwidths, fractions)


def played_step(io_time: float, prepare_time: Any, compute_time: Any, steps: int = 2000) -> Any:
    """Play reader, CPU and accelerator with a buffer between them; return the mean step."""
    read = prepared = computed = 0.0
    for _ in range(steps):
        read += io_time
        prepared = max(prepared, read) + prepare_time
        computed = max(computed, prepared) + compute_time
    return computed / steps


@pytest.mark.parametrize("times", [(3.0, 1.0, 2.0), (1.0, 3.0, 2.0), (1.0, 1.5, 2.0), (2, 2, 2)])
def test_a_stall_is_what_a_played_pipeline_waits(times: Any) -> None:
    step = played_step(*times)
    assert stall_time(*times) + times[2] == pytest.approx(step, rel=0.01)
    assert stalled_fraction(*times) == pytest.approx(1 - times[2] / step, abs=0.01)


@given(TIMES, TIMES, TIMES)
def test_slower_feeding_never_stalls_less_and_a_stall_is_a_share(
    io_time: float, prepare: float, compute: float
) -> None:
    assert 0 <= stalled_fraction(io_time, prepare, compute) < 1
    assert stall_time(2 * io_time, prepare, compute) >= stall_time(io_time, prepare, compute)
    assert (stall_time(io_time, prepare, compute) == 0) == (max(io_time, prepare) <= compute)


@given(TIMES, TIMES, st.integers(1, 1000))
def test_epochs_are_one_cold_and_the_rest_warm(cold: float, warm: float, epochs: int) -> None:
    mean = np.mean([cold] + [warm] * (epochs - 1))
    assert mean_epoch_time(cold, warm, epochs) == pytest.approx(mean)


@given(st.floats(1e8, 1e13), st.floats(1e3, 1e9), st.integers(1, 1000), st.floats(1e-3, 10))
def test_one_accelerator_more_than_the_most_would_starve(
    bandwidth: float, record: float, batch: int, compute: float
) -> None:
    count = max_accelerators(bandwidth, record, batch, compute, 0.9)
    each = 0.9 * batch * record / compute
    assert count * each <= bandwidth * (1 + 1e-9)
    assert (count + 1) * each > bandwidth * (1 - 1e-9)
    assert type(count) is int
    assert max_accelerators(2 * bandwidth, record, batch, compute, 0.9) >= 2 * count


@given(st.integers(1, 10**6), st.floats(1e-3, 1e9))
def test_a_link_of_so_many_streams_takes_so_many_connections(count: int, stream: float) -> None:
    """Whole numbers aren't lost to a last binary digit, in either direction."""
    assert connections_for(count * stream, stream) == count
    assert connections_for((count + 0.5) * stream, stream) == count + 1
    assert max_accelerators(count * stream, stream, 1, 1.0, 1.0) == count


@given(st.integers(1, 10**5), st.floats(1e-3, 10), SHARES, st.integers(0, 50))
def test_throughput_scales_with_accelerators_and_the_fill_only_costs(
    count: int, compute: float, busy: float, w: int
) -> None:
    full = training_throughput(count, 400, compute, busy)
    assert training_throughput(2 * count, 400, compute, busy) == pytest.approx(2 * full)
    assert training_throughput(count, 400, compute, busy, w, 500) <= full
    assert training_throughput(count, 400, compute, busy, 500, 500) == 0


def test_waiting_for_the_slowest_grows_as_the_maximum_of_random_delays_does() -> None:
    """Exponential delays of mean c: 32 times the accelerators add c·ln 32 to a step."""
    generator = np.random.default_rng(5)
    coefficient = 0.05
    few, many = (
        generator.exponential(coefficient, (4000, count)).max(axis=1).mean() for count in (32, 1024)
    )
    model = [1 / straggler_utilization(count, coefficient) for count in (32, 1024)]
    assert model[1] - model[0] == pytest.approx(many - few, rel=0.03)


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_stragglers_cost_nothing_alone_and_more_in_company(count: int, coefficient: float) -> None:
    assert straggler_utilization(1, coefficient) == 1
    utilization = straggler_utilization(count, coefficient)
    assert 0 < utilization <= 1
    assert straggler_utilization(2 * count, coefficient) <= utilization
