"""Steps, tiers and bottlenecks: by hand, played, and as bounds on one another."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from storagelab.pipeline import (
    barrier_time,
    cached_stream_bandwidth,
    cold_epoch_time,
    find_bottleneck,
    gains,
    load_time,
    loader_rate,
    parallel_tiers_bandwidth,
    pipelined_step_time,
    recorded_share,
    serial_step_time,
    serial_utilization,
    series_tiers_bandwidth,
)

TIMES = st.floats(1e-6, 1e4)
TIERS = st.lists(st.tuples(st.floats(1e6, 1e11), st.floats(0.01, 1)), min_size=1, max_size=5)


# --- steps


def test_a_serial_step_is_the_sum_and_a_pipelined_one_the_longest() -> None:
    assert serial_step_time(2, 1, 3) == 6
    assert serial_utilization(2, 1, 3) == 0.5
    assert pipelined_step_time(2, 1, 3) == 3
    assert pipelined_step_time(2, 4, 3) == 4
    assert pipelined_step_time(5, 4, 3) == 5


@given(TIMES, TIMES, TIMES)
def test_overlap_helps_at_most_threefold_and_never_hurts(
    io_time: float, prepare: float, compute: float
) -> None:
    serial = serial_step_time(io_time, prepare, compute)
    pipelined = pipelined_step_time(io_time, prepare, compute)
    assert serial / 3 * (1 - 1e-12) <= pipelined <= serial
    assert 0 < serial_utilization(io_time, prepare, compute) <= compute / pipelined * (1 + 1e-12)


def played_loaders(workers: Any, cores: Any, prepare: float, samples: Any) -> Any:
    """Serve samples on the core that is free first; a worker takes the next when it is done."""
    cores_free = [0.0] * min(workers, cores)
    for _ in range(samples):
        first = cores_free.index(min(cores_free))
        cores_free[first] += prepare
    return samples / max(cores_free)


@pytest.mark.parametrize(("workers", "cores"), [(1, 8), (4, 8), (8, 8), (32, 8)])
def test_loaders_prepare_as_many_samples_as_they_have_cores_for(workers: int, cores: int) -> None:
    assert loader_rate(workers, cores, 2e-3) == pytest.approx(
        played_loaders(workers, cores, 2e-3, 8000), rel=1e-6
    )


# --- tiers


@given(TIERS)
def test_one_reader_that_takes_tier_after_tier_needs_the_sum_of_their_times(
    tiers: list[Any],
) -> None:
    bandwidths, weights = np.array(tiers).T
    fractions = weights / weights.sum()
    clock = 0.0
    for bandwidth, share in zip(bandwidths, fractions, strict=True):
        clock += 1e9 * share / bandwidth
    rate = series_tiers_bandwidth(bandwidths, fractions)
    assert rate == pytest.approx(1e9 / clock)
    # in parallel at best all of them are busy to the end
    parallel = parallel_tiers_bandwidth(bandwidths, fractions)
    assert rate <= parallel * (1 + 1e-12)
    assert parallel <= rate * len(tiers) * (1 + 1e-12)


@given(st.floats(1e6, 1e11), st.floats(1e6, 1e11), st.floats(0, 1))
def test_a_cache_and_a_link_are_two_tiers_in_parallel(
    link: float, cache: float, hits: float
) -> None:
    rate = cached_stream_bandwidth(link, cache, hits)
    assert rate == pytest.approx(parallel_tiers_bandwidth([link, cache], [1 - hits, hits]))
    assert rate * (1 - hits) <= link * (1 + 1e-9)
    assert rate * hits <= cache * (1 + 1e-9)
    assert cached_stream_bandwidth(link, cache, 0) == pytest.approx(link)
    assert cached_stream_bandwidth(link, cache, 1) == pytest.approx(cache)


def test_the_published_form_of_two_tiers_in_series() -> None:
    """DS-Analyzer: D/F = xD/C + (1 - x)D/S, for x of the data in a cache of speed C."""
    cached, cache, store = 0.65, 10e9, 530e6
    rate = series_tiers_bandwidth([cache, store], [cached, 1 - cached])
    assert 1 / rate == pytest.approx(cached / cache + (1 - cached) / store)
    rows = series_tiers_bandwidth([2.0, 6.0], [[0.5, 0.5], [0.25, 0.75]])
    assert_allclose(rows, [1 / (1 / 4 + 1 / 12), 1 / (1 / 8 + 1 / 8)])
    with pytest.raises(ValueError, match="fractions must sum to 1"):
        series_tiers_bandwidth([2.0, 6.0], [0.5, 0.6])


@pytest.mark.parametrize(
    ("link", "connections", "write", "rate"),
    [
        (1.25e9, 64, 7e9, 1.25e9),  # the link
        (1.25e9, 8, 7e9, 8 * 87.5e6),  # too few connections
        (12.5e9, 1000, 2e9, 2e9),  # the drive that has to keep what is fetched
    ],
)
def test_a_cold_epoch_is_as_slow_as_the_narrowest_of_three(
    link: float, connections: int, write: float, rate: float
) -> None:
    assert cold_epoch_time(10e12, link, connections, 87.5e6, write) == pytest.approx(10e12 / rate)
    assert cold_epoch_time(0, link, connections, 87.5e6, write) == 0


# --- stragglers


@pytest.mark.parametrize("count", [1, 2, 19, 20, 21, 1000])
def test_a_barrier_waits_for_the_harmonic_number_of_means(count: int) -> None:
    exact = 0.3 * math.fsum(1 / k for k in range(1, count + 1))
    assert barrier_time(count, 0.3) == pytest.approx(exact, rel=1e-14)


def test_a_barrier_waits_for_the_slowest_of_played_delays() -> None:
    delays = np.random.default_rng(5).exponential(0.3, (20_000, 64)).max(axis=1)
    error = delays.std() / np.sqrt(delays.size)
    assert abs(delays.mean() - barrier_time(64, 0.3)) < 4 * error
    assert barrier_time(10**7, 1.0) == pytest.approx(math.log(10**7) + np.euler_gamma, rel=1e-7)
    with pytest.raises(ValueError, match="accelerators must be 10 million or fewer"):
        barrier_time(10**7 + 1, 1.0)


# --- bottlenecks


STAGES = st.dictionaries(
    st.sampled_from(["link", "nvme", "prepare", "compute"]),
    st.floats(1e-3, 1e12) | st.just(math.inf),
    min_size=1,
).filter(lambda stages: any(map(math.isfinite, stages.values())))


@given(STAGES)
def test_the_binding_stage_has_no_slack_and_no_stage_is_exceeded(ceilings: Any) -> None:
    found = find_bottleneck(ceilings)
    assert found.rate == ceilings[found.binding] == min(ceilings.values())
    assert found.slack[found.binding] == 0
    assert set(found.slack) == set(ceilings)
    for name, ceiling in ceilings.items():
        assert found.slack[name] >= 0
        if math.isfinite(ceiling):
            assert found.rate * (1 + found.slack[name]) == pytest.approx(ceiling)


def test_a_tie_goes_to_the_stage_that_is_meant_to_be_busy() -> None:
    assert find_bottleneck({"link": 2.0, "nvme": 5.0, "compute": 2.0}).binding == "compute"
    assert find_bottleneck({"compute": 2.0, "link": 2.0}).binding == "link"
    assert find_bottleneck({"link": 2.0, "nvme": 5.0}).slack == {"link": 0.0, "nvme": 1.5}


@pytest.mark.parametrize(
    ("ceilings", "says"),
    [
        ({}, "ceilings must name at least one stage"),
        ({"link": math.inf}, "ceilings must hold at least one that is finite"),
        ({"link": math.nan}, "^link must be a finite number above 0"),
        ({"link": 1.0, "nvme": 0.0}, "^nvme must be a finite number above 0"),
        ({"link": [1.0, 2.0]}, "^link must be one number"),
    ],
)
def test_stages_without_a_rate_are_refused(ceilings: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        find_bottleneck(ceilings)


def test_one_more_unit_helps_only_where_it_widens_the_bottleneck() -> None:
    def rate(stages: Any) -> Any:
        return find_bottleneck(stages).rate

    resources = {"link": 5.0, "nvme": 7.0, "cores": 5.5}
    units = {"link": 1.0, "nvme": 1.0, "cores": 1.0}
    bought = gains(rate, resources, units)
    assert bought == {"link": 0.5, "nvme": 0.0, "cores": 0.0}  # the next stage binds at 5.5
    assert gains(rate, resources, {**units, "link": 0.25})["link"] == 0.25
    assert resources == {"link": 5.0, "nvme": 7.0, "cores": 5.5}


@pytest.mark.parametrize(
    ("units", "says"),
    [
        ({"link": 1.0}, "units must name one for each resource; missing: cores, nvme"),
        ({"link": 1.0, "nvme": 0.0, "cores": 1.0}, "^nvme must be a finite number above 0"),
    ],
)
def test_a_resource_without_a_unit_is_refused(units: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        gains(lambda stages: min(stages.values()), {"link": 1, "nvme": 1, "cores": 1}, units)


# --- loads and logs

MIB = 2**20


@pytest.mark.parametrize(
    ("size", "stages", "published", "longer"),
    [
        # Llama 3 8B, NVIDIA Run:ai Model Streamer 2025: a gp3 volume; io2 behind 16 Gb/s
        (15e9, [1000 * MIB, 2e9], 14.34, 1.01),
        (15e9, [4000 * MIB, 16e9 / 8], 7.53, 1.01),
        # Llama 2 70B from an object store over four ports of 25 Gb/s, Anyscale 2023
        (138e9, [4 * 25e9 / 8], 20, 1.82),
    ],
)
def test_a_models_weights_load_no_faster_than_the_slowest_stage(
    size: float, stages: list[float], published: float, longer: float
) -> None:
    """Measured loads reach the bound from a volume, and 1.8 times it from an object store."""
    bound = load_time(size, stages)
    assert bound <= published * 1.01
    assert published / bound == pytest.approx(longer, rel=0.01)


def test_loads_are_asked_for_many_paths_at_once() -> None:
    assert_allclose(load_time(12.0, [[2.0, 3.0], [6.0, 4.0]]), [6.0, 3.0])
    assert load_time(0.0, [1.0]) == 0
    with pytest.raises(ValueError, match=r"^bandwidths\[1\] must be"):
        load_time(1.0, [1.0, 0.0])


def played_log(stream: float, room: float, uplink: float, log_bandwidth: float, steps: int) -> Any:
    """Return the share of ``steps`` seconds of a stream that an uplink and a log save.

    The uplink takes its bytes from what is raised, and then the log as long as it has room.
    """
    recorded = 0.0
    for _ in range(steps):
        sent = min(uplink, stream)
        kept = min(stream - sent, log_bandwidth, room)
        room -= kept
        recorded += sent + kept
    return recorded / (stream * steps)


@given(
    st.floats(1, 100), st.floats(0, 5e5), st.floats(0.1, 120), st.floats(0.1, 120),
)  # fmt: skip
def test_a_log_that_is_filled_second_by_second_keeps_the_share_of_the_law(
    stream: float, room: float, uplink: float, log_bandwidth: float
) -> None:
    steps = 2000
    played = played_log(stream, room, uplink, log_bandwidth, steps)
    law = recorded_share(stream, steps, room, uplink, log_bandwidth)
    assert law == pytest.approx(played, rel=1e-9)


def test_without_a_bandwidth_a_log_takes_all_that_it_has_room_for() -> None:
    assert recorded_share(64.55e6, 28800, 200e9, 1.875e6) == pytest.approx(0.1366, rel=1e-3)
    assert recorded_share(10.0, 10.0, 0.0, 10.0) == 1
    assert recorded_share(10.0, 10.0, 1e9, 0.1) == 1
    assert recorded_share(10.0, 10.0, 0.0, 2.5) == 0.25
