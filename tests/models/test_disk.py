"""Hard disks against integrals, random pairs of places and a played queue."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from storagelab.access import mean_seek_time, positioning_time, reordered_iops, rotation_time

TRACK, STROKE, TURN = 0.2e-3, 16e-3, 1 / 120


def test_a_disk_of_7200_rotations_a_minute_turns_in_8_milliseconds() -> None:
    assert rotation_time(7200 / 60) == pytest.approx(8.333e-3, rel=1e-3)
    assert positioning_time(8.5e-3, TURN) == pytest.approx(12.67e-3, rel=1e-3)


@pytest.mark.parametrize(("track", "stroke"), [(0.0, 1.0), (TRACK, STROKE), (2e-3, 2e-3)])
def test_the_mean_seek_is_the_integral_over_random_pairs(track: float, stroke: float) -> None:
    """Distances of two uniform places have the density 2(1 - x)."""
    mean, _ = quad(lambda x: 2 * (1 - x) * (track + (stroke - track) * np.sqrt(x)), 0, 1)
    assert mean_seek_time(track, stroke) == pytest.approx(mean, rel=1e-9)


def test_a_track_longer_than_the_stroke_is_refused() -> None:
    with pytest.raises(ValueError, match="track_to_track must not exceed full_stroke"):
        mean_seek_time(2e-3, 1e-3)
    with pytest.raises(ValueError, match="track_to_track must not exceed full_stroke"):
        reordered_iops(2e-3, 1e-3, TURN, 4)


def positionings(count: Any, generator: Any) -> Any:
    distance = np.abs(generator.random(count) - generator.random(count))
    return TRACK + (STROKE - TRACK) * np.sqrt(distance) + TURN * generator.random(count)


def test_one_request_at_a_time_takes_a_seek_and_half_a_turn() -> None:
    alone = 1 / positioning_time(mean_seek_time(TRACK, STROKE), TURN)
    assert reordered_iops(TRACK, STROKE, TURN, 1) == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize("depth", [2, 5, 16, 64])
def test_the_nearest_of_some_requests_is_the_least_of_as_many_draws(depth: int) -> None:
    draws = positionings(depth * 40_000, np.random.default_rng(depth)).reshape(depth, -1)
    nearest = draws.min(axis=0)
    error = nearest.std() / np.sqrt(nearest.size)
    law = 1 / reordered_iops(TRACK, STROKE, TURN, depth)
    assert abs(law - nearest.mean()) < 4 * error + 1e-7


@pytest.mark.parametrize("depth", [4, 16])
def test_a_played_queue_that_keeps_what_it_passes_over_is_slower(depth: int) -> None:
    """The law is an upper bound: far requests stay in the queue and are served at last."""
    generator = np.random.default_rng(3)
    places, head, clock, served = generator.random(depth), 0.5, 0.0, 6000
    angles = generator.random(depth)
    for _ in range(served):
        seeks = TRACK + (STROKE - TRACK) * np.sqrt(np.abs(places - head))
        waits = (angles - (clock + seeks) / TURN) % 1.0 * TURN
        first = int(np.argmin(seeks + waits))
        clock += seeks[first] + waits[first]
        head = places[first]
        places[first], angles[first] = generator.random(2)
    law = reordered_iops(TRACK, STROKE, TURN, depth)
    assert 0.6 * law < served / clock < 1.02 * law


def test_deeper_queues_are_faster_and_a_typical_drive_stays_below_the_bound() -> None:
    rates = [reordered_iops(TRACK, STROKE, TURN, depth) for depth in (1, 2, 4, 8, 16, 32)]
    assert rates == sorted(rates)
    assert 170 < rates[4] < 200  # typical: 170 at a depth of 16
