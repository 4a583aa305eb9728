"""The steps of the book's derivations, each against a computation that doesn't use the step.

The chapters on the laws derive the formulas of the models line by line. That the results hold is
tested beside each model; here are the lines in between, which no model needs.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import expon, geom

from storagelab.access import (
    iops_at_queue_depth,
    neighbour_separation,
    shuffle_displacement,
    stream_displacement,
)
from storagelab.checkpoint import (
    expected_wall_time,
    first_order_loss,
    optimal_interval,
    two_level_optimum,
    young_interval,
)
from storagelab.pipeline import cache_hit_rate
from storagelab.queueing import asymptotic_bounds

# --- part 1: the queue


def played_in_lockstep(delay: float, bottleneck: float, depth: int, rounds: int) -> float:
    """Return the requests/s of a reader that asks for ``depth`` at once and waits for them all."""
    now, served = 0.0, 0
    for _ in range(rounds):
        free = 0.0
        ends = []
        for _ in range(depth):
            free = max(free, now) + bottleneck
            ends.append(free + delay)
        now = max(ends)
        served += depth
    return served / now


@pytest.mark.parametrize("depth", [1, 3, 64])
def test_a_reader_that_waits_for_all_of_its_requests_gets_the_worst_case(depth: int) -> None:
    delay, bottleneck = 12.2e-3, 0.5e-3
    law = iops_at_queue_depth(delay + bottleneck, 1 / bottleneck, depth)
    assert played_in_lockstep(delay, bottleneck, depth, 50) == pytest.approx(law)
    lower, upper = asymptotic_bounds(delay, bottleneck, bottleneck, depth)
    assert law == pytest.approx(lower)
    assert upper <= 2 * lower


def played_queue(delay: float, service: Any, depth: int) -> float:
    """Return the requests/s of ``depth`` requests that go round a delay and a queue for ever."""
    arrivals = [0.0] * depth
    free = 0.0
    for seconds in service:
        free = max(free, arrivals.pop(0)) + seconds
        insort(arrivals, free + delay)
    return len(service) / free


@pytest.mark.parametrize("variation", [0.0, 1.0, 6.0])
@pytest.mark.parametrize("depth", [2, 8, 40])
def test_no_service_times_are_slower_than_the_worst_case(variation: float, depth: int) -> None:
    """Constant ones, exponential ones, and mostly short ones with a few that last long."""
    delay, mean, generator = 12.2e-3, 0.5e-3, np.random.default_rng(depth)
    if variation > 1:
        rare = 2 / (1 + variation**2)
        service = generator.exponential(mean / rare, 60_000) * (generator.random(60_000) < rare)
    else:
        service = variation * generator.exponential(mean, 60_000) + (1 - variation) * mean
    lower, upper = asymptotic_bounds(delay, service.mean(), service.mean(), depth)
    rate = played_queue(delay, service, depth)
    assert 0.98 * lower <= rate <= 1.02 * upper


def test_the_two_bounds_lie_furthest_apart_at_the_knee_and_less_than_a_factor_of_two() -> None:
    delay, bottleneck = 12.2e-3, 0.5e-3
    knee = (delay + bottleneck) / bottleneck
    best = minimize_scalar(
        lambda depth: (
            -min(depth / (delay + bottleneck), 1 / bottleneck)
            / iops_at_queue_depth(delay + bottleneck, 1 / bottleneck, depth)
        ),
        bounds=(1, 1000),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert best.x == pytest.approx(knee, rel=1e-4)
    assert -best.fun == pytest.approx((2 * delay + bottleneck) / (delay + bottleneck), rel=1e-4)


# --- part 1: the shuffle buffer


@pytest.mark.parametrize("buffer", [2, 7, 300])
def test_a_displacement_is_a_geometric_stay_less_its_mean(buffer: int) -> None:
    stays = np.arange(1, 60 * buffer)
    chances = geom.pmf(stays, 1 / buffer)
    assert chances @ stays == pytest.approx(buffer)
    assert chances @ np.abs(stays - buffer) == pytest.approx(shuffle_displacement(buffer))
    late = chances @ np.maximum(stays - buffer, 0)
    assert late == pytest.approx(buffer * (1 - 1 / buffer) ** buffer)


def displaced_at_the_front(place: float) -> float:
    """Return the mean |displacement| of a sample that the buffer starts with, buffer = 1."""
    value: float = quad(lambda stay: abs(stay - place) * np.exp(-stay), 0, 60, points=[place])[0]
    return value


def displaced_at_the_end(left: float) -> float:
    """Return the same of one that has ``left`` draws until the stream ends, buffer = 1."""
    gone: float = quad(lambda stay: abs(stay - 1) * np.exp(-stay), 0, left, points=[min(1, left)])[
        0
    ]
    drained: float = quad(lambda place: abs(left - 1 + place), 0, 1, points=[max(0, 1 - left)])[0]
    return gone + np.exp(-left) * drained


def test_each_end_of_the_stream_adds_what_the_chapter_says() -> None:
    steady = 2 / np.e
    front, _ = quad(lambda place: displaced_at_the_front(place) - steady, 0, 1)
    assert front == pytest.approx(3 / 2 - 4 / np.e, abs=1e-9)
    near, _ = quad(lambda left: displaced_at_the_end(left) - steady, 0, 1)
    far, _ = quad(lambda left: displaced_at_the_end(left) - steady, 1, 40)
    assert near == pytest.approx(5 / 2 - 15 / (2 * np.e), abs=1e-8)
    assert far == pytest.approx(-1 / (2 * np.e), abs=1e-8)
    for share in (0.001, 0.1, 0.5):
        told = steady + (front + near + far) * share
        samples = 1e9
        assert told * share * samples == pytest.approx(
            stream_displacement(samples, share * samples), rel=1e-6
        )


@pytest.mark.parametrize("apart", [1, 8, 40])
def test_neighbours_part_in_the_two_cases_of_the_chapter(apart: int) -> None:
    """Over all pairs of stays: the first has gone when the second comes, or both wait."""
    buffer = 20
    stays = np.arange(1, 40 * buffer)
    chances = geom.pmf(stays, 1 / buffer)
    pairs = np.outer(chances, chances)
    between = apart + stays[None, :] - stays[:, None]
    both_wait = stays[:, None] > apart
    gone = (pairs * between)[~np.broadcast_to(both_wait, pairs.shape)].sum()
    assert gone == pytest.approx(apart)
    wait = (1 - 1 / buffer) ** apart
    assert gone + wait * buffer == pytest.approx(neighbour_separation(apart, buffer))


# --- part 2: caches


@pytest.mark.parametrize("cached", [0.1, 0.5, 0.9])
def test_lru_hits_where_fewer_others_lie_between_than_fit(cached: float) -> None:
    samples, generator = 4000, np.random.default_rng(5)
    first, then = generator.permutation(samples), generator.permutation(samples)
    was, comes = np.argsort(first), np.argsort(then)
    between = np.array(
        [len({*first[was[one] + 1 :], *then[: comes[one]]} - {one}) for one in range(0, samples, 8)]
    )
    u, v = was[::8] / samples, comes[::8] / samples
    assert_allclose(between / samples, 1 - u * (1 - v), atol=0.04)
    area, _ = quad(lambda u: max(0.0, 1 - (1 - cached) / u), 1 - cached, 1)
    assert area == pytest.approx(cache_hit_rate(cached, "lru"))
    hits = (between < cached * samples).mean()
    assert hits == pytest.approx(area, abs=0.06)


def misses_of_an_epoch(cached: float, start: float, steps: int) -> Any:
    """Return the misses up to each of ``steps`` places of an epoch, in sizes of the cache.

    ``start`` is how likely a sample that was read an epoch ago is still there when this begins.
    """
    misses = np.zeros(steps + 1)
    for step in range(steps):  # the midpoint rule

        def rate(so_far: float) -> float:
            return (1 - start * np.exp(-so_far)) / cached

        half = misses[step] + rate(misses[step]) / (2 * steps)
        misses[step + 1] = misses[step] + rate(half) / steps
    return misses


@pytest.mark.parametrize("cached", [0.2, 0.5, 0.9])
def test_random_replacement_settles_where_the_chapter_says(cached: float) -> None:
    """Epoch after epoch, from an empty cache, without the closed form."""
    start = 0.0
    for _ in range(60):
        misses = misses_of_an_epoch(cached, start, 1000)
        survive = np.exp(misses - misses[-1])
        start = np.trapezoid(survive) / 1000
    assert start == pytest.approx(cached, rel=1e-4)
    assert 1 - cached * misses[-1] == pytest.approx(
        cache_hit_rate(cached, "random_replacement"), rel=1e-3
    )


def test_random_replacement_hits_more_early_in_an_epoch_than_late() -> None:
    cached = 0.5
    start = cached
    misses = misses_of_an_epoch(cached, start, 1000)
    hits = start * np.exp(-misses)
    assert hits[0] == pytest.approx(cached)
    assert np.all(np.diff(hits) < 0)


# --- part 3: the wall time


@pytest.mark.parametrize("length", [0.05, 1.0, 3.0])
def test_an_attempt_takes_and_fails_as_the_chapter_says(length: float) -> None:
    """In units of the MTBF, by SciPy's exponential distribution and a plain sum."""
    ends = expon.sf(length)
    assert ends == pytest.approx(np.exp(-length))
    spent = expon.expect(lambda t: np.minimum(t, length))
    assert spent == pytest.approx(1 - np.exp(-length), rel=1e-6)
    attempts = sum(count * (1 - ends) ** (count - 1) * ends for count in range(1, 3000))
    assert attempts == pytest.approx(np.exp(length))
    assert spent * attempts == pytest.approx(np.expm1(length), rel=1e-6)


@pytest.mark.parametrize("restart", [0.0, 0.3])
def test_a_segment_is_its_attempts_and_its_restarts(restart: float) -> None:
    length, failures = 0.7, np.expm1(0.7)
    told = np.expm1(length) + failures * np.expm1(restart)
    assert told == pytest.approx(expected_wall_time(0.6, 0.6, 0.1, 1.0, restart))


def test_a_failure_takes_about_half_of_a_short_segment_and_less_of_a_long_one() -> None:
    for length in (0.02, 1.0, 3.0):
        failed = 1 - np.exp(-length)
        lost = quad(lambda t: t * np.exp(-t), 0, length)[0] / failed
        assert lost == pytest.approx(1 - length / np.expm1(length))
        assert lost < length / 2
    assert 0.02 / 2 - (1 - 0.02 / np.expm1(0.02)) == pytest.approx(0.02**2 / 12, rel=1e-3)


@pytest.mark.parametrize(("aside", "more"), [(0.75, 1 / 24), (1.25, 1 / 40), (2.0, 1 / 4)])
def test_the_valley_is_as_wide_as_the_chapter_says(aside: float, more: float) -> None:
    dump, mtbf = 1e-4, 1.0
    young = young_interval(dump, mtbf)
    best, beside = (
        first_order_loss(young * factor, dump, mtbf, 0) - dump / mtbf / 2 for factor in (1, aside)
    )
    assert best == pytest.approx(np.sqrt(2 * dump / mtbf))
    assert beside / best - 1 == pytest.approx(more)


def test_the_optimum_has_the_three_terms_of_its_series() -> None:
    for delay in (1e-3, 1e-2):
        s = np.sqrt(2 * delay)
        terms = s - s**2 / 3 + s**3 / 36
        assert optimal_interval(delay, 1.0) == pytest.approx(terms, abs=s**4 / 100)
        assert abs(optimal_interval(delay, 1.0) - (s - s**2 / 3)) > s**3 / 40


def slope(law: Callable[[float], float], place: float) -> float:
    """Return a derivative by a central difference."""
    step = 1e-5 * place
    return (law(place + step) - law(place - step)) / (2 * step)


def test_at_the_optimum_the_wall_time_is_level_and_the_equation_for_u_holds() -> None:
    dump, mtbf = 35.0, 22000.0
    best = optimal_interval(dump, mtbf)
    for restart in (0.0, 600.0):

        def wall(interval: float, restart: float = restart) -> float:
            return expected_wall_time(2.6e6, interval, dump, mtbf, restart)

        assert abs(slope(wall, best)) < 1e-5 * abs(slope(wall, best / 2))
    u = best / mtbf
    assert u + np.log1p(-u) == pytest.approx(-dump / mtbf)
    assert (u - 1) * np.exp(u - 1) == pytest.approx(-np.exp(-1 - dump / mtbf))


def test_the_interval_on_two_levels_is_where_its_first_order_cost_is_least() -> None:
    near, durable, every, share, mtbf = 3.0, 40.0, 8, 0.9, 22000.0

    def cost(interval: float) -> float:
        lost = interval * (share + (1 - share) * every) / 2
        return (near + durable / every) / interval + lost / mtbf

    best = minimize_scalar(cost, bounds=(1, mtbf), method="bounded", options={"xatol": 1e-6})
    told = np.sqrt(2 * (near + durable / every) * mtbf / (share + (1 - share) * every))
    assert told == pytest.approx(best.x, rel=1e-4)
    assert two_level_optimum(every, near, durable, mtbf, share) == pytest.approx(told)


def test_restarts_overtake_dumps_and_lost_work_at_the_crossing() -> None:
    dump, restart, node_mtbf = 6.4, 720.0, 2.25e7

    def costs(nodes: float) -> tuple[float, float]:
        mtbf = node_mtbf / nodes
        best = young_interval(dump, mtbf)
        saved = first_order_loss(best, dump, mtbf, 0) - dump / mtbf / 2
        return saved, first_order_loss(best, dump, mtbf, restart) - saved - dump / mtbf / 2

    crossing = 2 * dump * node_mtbf / restart**2
    saved, restarts = costs(crossing)
    assert saved == pytest.approx(restarts)
    twice = [more / once for more, once in zip(costs(4 * crossing), (saved, restarts), strict=True)]
    assert twice == pytest.approx([2, 4])
