"""Queues against simulated ones, a Markov chain and Buzen's convolution."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from storagelab.queueing import md1_wait, mg1_wait, mm1_wait, mva


def simulated_wait(service: Any, utilization: float, generator: Any) -> tuple[Any, Any]:
    """Return the mean wait in a first-come queue (Lindley's recursion), and its standard error."""
    gaps = generator.exponential(service.mean() / utilization, service.size)
    # W(n+1) = max(0, W(n) + S(n) - gap(n)): the walk above its own lowest point so far
    walk = np.concatenate([[0.0], np.cumsum(service - gaps)])
    waits = walk - np.minimum.accumulate(walk)
    batches = waits[waits.size // 10 :][: 40 * (waits.size // 50)].reshape(40, -1).mean(axis=1)
    return batches.mean(), batches.std(ddof=1) / np.sqrt(40)


@pytest.mark.parametrize("utilization", [0.2, 0.6, 0.85])
@pytest.mark.parametrize("kind", ["exponential", "constant", "two-point"])
def test_a_wait_is_that_of_a_simulated_queue(kind: str, utilization: float) -> None:
    generator = np.random.default_rng(11)
    count = 400_000
    if kind == "exponential":
        service, wait = generator.exponential(2.0, count), mm1_wait(2.0, utilization)
    elif kind == "constant":
        service, wait = np.full(count, 2.0), md1_wait(2.0, utilization)
    else:  # nine hits of 1 ms and a miss of 11 ms: mean 2, variance 9
        service = np.where(generator.random(count) < 0.9, 1.0, 11.0)
        wait = mg1_wait(2.0, utilization, 9 / 4)
    mean, error = simulated_wait(service, utilization, generator)
    assert abs(mean - wait) < 4 * error + 0.005 * wait


@pytest.mark.parametrize("utilization", [0.1, 0.5, 0.9])
def test_an_exponential_wait_is_the_markov_chains(utilization: float) -> None:
    """Little's law on the chain's queue: n in the system in a share (1 - ρ)ρⁿ of the time."""
    number = np.arange(1, 2000)
    waiting = np.sum((number - 1) * (1 - utilization) * utilization**number)
    assert mm1_wait(2.0, utilization) == pytest.approx(waiting / (utilization / 2.0), rel=1e-12)


@given(st.floats(1e-6, 1e3), st.floats(0, 0.99), st.floats(0, 50))
def test_variation_makes_waits_longer_and_constant_service_halves_them(
    service: float, utilization: float, variation: float
) -> None:
    wait = mg1_wait(service, utilization, variation)
    assert wait >= md1_wait(service, utilization)
    assert md1_wait(service, utilization) == pytest.approx(mm1_wait(service, utilization) / 2)
    assert mg1_wait(2 * service, utilization, variation) == pytest.approx(2 * wait)
    assert mg1_wait(service, 0, variation) == 0


@given(st.floats(0, 0.9), st.floats(0.001, 0.09))
def test_a_busier_queue_waits_longer(utilization: float, more: float) -> None:
    assert mm1_wait(1.0, utilization + more) > mm1_wait(1.0, utilization)


@pytest.mark.parametrize(("think", "demand"), [(0.0, 1.0), (1.0, 0.1), (5.0, 1.0)])
def test_one_station_is_the_machine_repairmans_markov_chain(think: float, demand: float) -> None:
    """Steady state of the birth-death chain in which each of N thinkers comes at rate 1/Z."""
    for count in (1, 2, 7, 40):
        if think == 0:
            throughput = 1 / demand  # nobody thinks: the station is never empty
        else:
            weights = np.cumprod([1.0] + [(count - n) * demand / think for n in range(count)])
            throughput = (1 - weights[0] / weights.sum()) / demand
        assert_allclose(mva(think, demand, count).throughput[-1], throughput, rtol=1e-10)


def convolution_throughput(think: float, demands: Any, count: Any) -> Any:
    """Buzen's normalising constants: X(N) = G(N-1) / G(N)."""
    g = np.array([think**n / np.prod(np.arange(1.0, n + 1)) for n in range(count + 1)])
    for demand in demands:
        for n in range(1, count + 1):
            g[n] += demand * g[n - 1]
    return g[:-1] / g[1:]


@pytest.mark.parametrize("demands", [[1.0], [0.5, 0.2], [0.3, 0.3, 1.1]])
@pytest.mark.parametrize("think", [0.5, 4.0])
def test_several_stations_agree_with_convolution(think: float, demands: list[float]) -> None:
    exact = mva(think, demands, 20).throughput
    assert_allclose(exact, convolution_throughput(think, demands, 20), rtol=1e-10)


@given(
    st.floats(0, 100),
    st.lists(st.floats(1e-3, 10), min_size=1, max_size=4),
    st.integers(1, 40),
)
def test_a_closed_network_stays_inside_its_asymptotic_bounds_and_obeys_littles_law(
    think: float, demands: list[float], population: int
) -> None:
    network = mva(think, demands, population)
    count = np.arange(1, population + 1)
    total = sum(demands)
    upper = np.minimum(count / (think + total), 1 / max(demands))
    assert np.all(network.throughput <= upper * (1 + 1e-9))
    assert np.all(network.throughput >= count / (think + count * total) * (1 - 1e-9))
    assert np.all(np.diff(network.throughput) >= -1e-9 * network.throughput[:-1])
    thinking = network.throughput * think
    assert_allclose(network.queue_lengths.sum(axis=1) + thinking, count, rtol=1e-9)
    assert_allclose(
        network.throughput * network.response_time,
        network.queue_lengths.sum(axis=1),
        rtol=1e-9,
    )


def test_demands_have_to_be_one_row_of_positive_numbers() -> None:
    with pytest.raises(ValueError, match=r"demands\[1\] must be"):
        mva(1.0, [0.1, 0.0], 3)
    with pytest.raises(ValueError, match="demands must be one row"):
        mva(1.0, np.array([[0.1, 0.2], [0.3, 0.4]]), 3)
    with pytest.raises(ValueError, match="population must be a whole number"):
        mva(1.0, 0.1, 2.5)  # type: ignore[arg-type]
