"""Access laws against data sheets, simulations and one another's limits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from storagelab.access import (
    burst_duration,
    half_bandwidth_request_size,
    iops_at_queue_depth,
    knee_request_size,
    order_factor,
    queued_bandwidth,
    random_read_bandwidth,
    read_time,
    request_size_for,
    roofline_bandwidth,
    shuffle_displacement,
)
from storagelab.queueing import mva

LATENCIES = st.floats(1e-6, 1.0)
BANDWIDTHS = st.floats(1e6, 1e11)
SIZES = st.floats(1.0, 1e9)
IOPS = st.floats(10.0, 1e7)


@given(LATENCIES, BANDWIDTHS, SIZES)
def test_order_is_worth_what_one_reader_misses_of_a_stream(
    latency: float, bandwidth: float, size: float
) -> None:
    """One reader and one stream: the inverse of the efficiency, whoever reads ahead."""
    for reads_ahead in (True, False):
        worth = order_factor(latency, bandwidth, 1e12, bandwidth, size, 1, reads_ahead)
        assert worth == pytest.approx(bandwidth / random_read_bandwidth(bandwidth, latency, size))


def test_order_is_worth_nothing_where_enough_is_outstanding_and_requests_are_large() -> None:
    for reads_ahead in (True, False):
        assert order_factor(1e-3, 1e8, 1e6, 1e10, 1e8, 1e9, reads_ahead) == pytest.approx(1)
    # with small requests it is the bandwidth over what the requests carry
    assert order_factor(69e-6, 7e9, 1.6e6, 7e9, 4096, 1e9, True) == pytest.approx(1.068, rel=1e-3)


def displacements(buffer: Any, length: float, seed: int) -> Any:
    """Play a shuffle buffer: fill it, hand out one at random, put the next in its place."""
    generator = np.random.default_rng(seed)
    held = list(range(buffer))
    moved = np.empty(length - buffer)
    for position, slot in enumerate(generator.integers(0, buffer, length - buffer).tolist()):
        moved[position] = position - held[slot]
        held[slot] = buffer + position
    # the first samples are all there at the start; they are no part of the steady state
    return moved[10 * buffer :]


@pytest.mark.parametrize("buffer", [1, 2, 10, 1000])
def test_a_shuffle_buffer_displaces_as_a_played_one_does(buffer: int) -> None:
    moved = displacements(buffer, max(100_000, 400 * buffer), seed=buffer)
    assert abs(moved.mean()) < 0.02 * buffer  # what leaves early makes room for what leaves late
    assert moved.min() >= -(buffer - 1)
    assert_allclose(np.abs(moved).mean(), shuffle_displacement(buffer), rtol=0.02, atol=1e-12)


def test_a_large_buffer_displaces_by_two_over_e_of_itself() -> None:
    assert shuffle_displacement(1e6) / 1e6 == pytest.approx(2 / np.e, rel=1e-5)
    assert shuffle_displacement(0) == shuffle_displacement(1) == 0


@given(st.floats(1, 1e7), st.floats(1.01, 10))
def test_a_larger_buffer_shuffles_further(buffer: float, factor: float) -> None:
    assert shuffle_displacement(buffer * factor) > shuffle_displacement(buffer)


@given(BANDWIDTHS, LATENCIES, SIZES)
def test_half_of_the_bandwidth_is_reached_at_a_request_of_latency_times_bandwidth(
    bandwidth: float, latency: float, size: float
) -> None:
    at_half = half_bandwidth_request_size(bandwidth, latency)
    half = random_read_bandwidth(bandwidth, latency, at_half)
    assert half == pytest.approx(bandwidth / 2)
    rate = random_read_bandwidth(bandwidth, latency, size)
    assert rate * read_time(size, latency, bandwidth) == pytest.approx(size)


@given(st.floats(0.01, 0.99), LATENCIES, BANDWIDTHS)
def test_a_request_of_the_size_for_a_share_gets_that_share(
    share: float, latency: float, bandwidth: float
) -> None:
    size = request_size_for(share, latency, bandwidth)
    assert random_read_bandwidth(bandwidth, latency, size) == pytest.approx(share * bandwidth)
    assert request_size_for(0.5, latency, bandwidth) == pytest.approx(
        half_bandwidth_request_size(bandwidth, latency)
    )


@given(BANDWIDTHS, LATENCIES, SIZES)
def test_random_reads_never_beat_the_stream_nor_the_latency(
    bandwidth: float, latency: float, size: float
) -> None:
    rate = random_read_bandwidth(bandwidth, latency, size)
    assert 0 < rate <= min(bandwidth, size / latency) * (1 + 1e-12)
    assert random_read_bandwidth(bandwidth, 0, size) == bandwidth


@given(BANDWIDTHS, LATENCIES, SIZES, st.floats(1.01, 100))
def test_larger_requests_are_faster_and_longer_latency_is_slower(
    bandwidth: float, latency: float, size: float, more: float
) -> None:
    rate = random_read_bandwidth(bandwidth, latency, size)
    assert random_read_bandwidth(bandwidth, latency, size * more) >= rate
    assert random_read_bandwidth(bandwidth, latency * more, size) <= rate


@given(SIZES, BANDWIDTHS)
def test_double_the_bandwidth_halves_the_time_of_a_read_without_latency(
    size: float, bandwidth: float
) -> None:
    assert read_time(size, 0, 2 * bandwidth) == pytest.approx(read_time(size, 0, bandwidth) / 2)


@given(LATENCIES, st.floats(1, 1000), st.floats(1, 4096))
def test_queue_depth_stays_within_the_asymptotic_bounds_of_exact_analysis(
    latency: float, wide: float, depth: float
) -> None:
    """Below min(q/L, Xmax), and above nothing less than everybody waiting for everybody."""
    most = wide / latency
    rate = iops_at_queue_depth(latency, most, depth)
    assert rate <= min(depth / latency, most) * (1 + 1e-9)
    assert iops_at_queue_depth(latency, most, 1) == pytest.approx(1 / latency)
    assert iops_at_queue_depth(latency, most, 1e12) == pytest.approx(most, rel=1e-6)


@pytest.mark.parametrize("wide", [1.5, 10.0, 110.0])
def test_queue_depth_is_the_lower_bound_of_mean_value_analysis(wide: float) -> None:
    """A device with the same bottleneck and exponential service is faster, by at most a half."""
    latency, most = 1e-3, wide / 1e-3
    exact = mva(latency - 1 / most, 1 / most, 256).throughput
    law = iops_at_queue_depth(latency, most, np.arange(1.0, 257.0))
    assert np.all(law <= exact * (1 + 1e-12))
    assert np.all(exact <= 2 * law)
    assert_allclose(law[[0, -1]], exact[[0, -1]], rtol=0.35)


@given(LATENCIES, st.floats(1, 1000), st.floats(1, 1000), st.floats(1.01, 10))
def test_more_requests_in_flight_are_never_slower(
    latency: float, wide: float, depth: float, more: float
) -> None:
    most = wide / latency
    fewer = iops_at_queue_depth(latency, most, depth)
    assert iops_at_queue_depth(latency, most, depth * more) >= fewer * (1 - 1e-12)


@given(LATENCIES, st.floats(1, 50), st.floats(1, 50), SIZES, st.floats(1, 4096))
def test_a_queue_of_sized_reads_lies_between_one_read_at_a_time_and_the_roofline(
    latency: float, wide: float, streams: float, size: float, depth: float
) -> None:
    stream = 1e9
    iops, bandwidth = wide / latency, streams * stream
    rate = queued_bandwidth(latency, stream, iops, bandwidth, size, depth)
    one = random_read_bandwidth(stream, latency, size)
    roof = roofline_bandwidth(iops, bandwidth, size)
    assert queued_bandwidth(latency, stream, iops, bandwidth, size, 1) == pytest.approx(one)
    assert one * (1 - 1e-9) <= rate <= min(depth * one, roof) * (1 + 1e-9)
    deep = queued_bandwidth(latency, stream, iops, bandwidth, size, 1e12)
    assert deep == pytest.approx(roof, rel=1e-6)


def test_32_reads_of_4_kib_in_flight_on_an_nvme_drive() -> None:
    """By hand: 69.59 µs alone, 0.625 µs each at saturation: 32 / (69.59 + 31 · 0.625) per µs."""
    rate = queued_bandwidth(69e-6, 7e9, 1.6e6, 7e9, 4096, 32)
    assert rate / 4096 == pytest.approx(32 / (69.585e-6 + 31 * 0.625e-6), rel=1e-4)


@given(IOPS, BANDWIDTHS, SIZES)
def test_the_roofline_is_never_exceeded_and_bends_at_its_knee(
    iops: float, bandwidth: float, size: float
) -> None:
    rate = roofline_bandwidth(iops, bandwidth, size)
    assert rate <= bandwidth
    assert rate <= iops * size * (1 + 1e-12)
    knee = knee_request_size(iops, bandwidth)
    assert roofline_bandwidth(iops, bandwidth, knee) == pytest.approx(bandwidth)
    assert roofline_bandwidth(iops, bandwidth, knee / 2) == pytest.approx(bandwidth / 2)


@given(st.floats(0, 1e9), st.floats(101, 1e5))
def test_a_bucket_pays_for_exactly_what_the_baseline_does_not(credits: float, burst: float) -> None:
    """Conservation: what was served is what was saved plus what came in meanwhile."""
    time = burst_duration(credits, burst, 100)
    assert burst * time == pytest.approx(credits + 100 * time)


@pytest.mark.parametrize(
    ("stream", "random", "times"),
    [
        (270e6, random_read_bandwidth(270e6, 12.7e-3, 4096), 820),  # disk, depth 1: ~80 reads/s
        (270e6, roofline_bandwidth(170, 270e6, 4096), 388),  # disk, depth 16
        (7e9, random_read_bandwidth(7e9, 69e-6, 4096), 118),  # NVMe, depth 1
        (7e9, roofline_bandwidth(1.6e6, 7e9, 4096), 1.07),  # NVMe, full queue
        (90e6, random_read_bandwidth(90e6, 0.1, 110e3), 83),  # object store, quick
        (90e6, random_read_bandwidth(90e6, 0.2, 110e3), 164),  # object store, slow
    ],
)
def test_where_random_reads_cost_a_hundredfold(stream: float, random: Any, times: float) -> None:
    """The ratio is no constant: device, request size and queue depth decide it."""
    assert stream / random == pytest.approx(times, rel=0.03)
