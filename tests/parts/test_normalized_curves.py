"""The two curves that all tracks share: every point lies on them, whatever its units."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from storagelab.checkpoint import expected_wall_time
from storagelab.devices import load_device
from storagelab.parts import PARTS
from storagelab.parts.normalized_curves import efficiency, read_point, save_point, waste
from storagelab.tracks import TRACKS, load_track
from tests.parts.sliders import positions


@pytest.mark.parametrize("name", TRACKS)
def test_every_read_lies_on_the_curve(name: str) -> None:
    for outcome in positions(PARTS["access"], load_track(name), count=200):
        point = read_point(outcome)
        assert point.efficiency == pytest.approx(efficiency(point.x))
        device = load_device(outcome.settings.device)
        time = device.latency + point.size / device.stream_bandwidth
        assert point.efficiency * device.stream_bandwidth == pytest.approx(point.size / time)


@pytest.mark.parametrize("name", TRACKS)
def test_every_save_lies_on_the_curve_and_none_below_its_middle(name: str) -> None:
    for outcome in positions(PARTS["checkpoint"], load_track(name), count=200):
        point = save_point(outcome)
        assert point.waste == pytest.approx(waste(point.u))
        assert point.waste >= 1
        # dumps and half-intervals lost, as shares of the time, over twice the root of both
        way = outcome.scheme
        dump, mtbf = way.stop, outcome.mtbf
        if way.kind != "background":
            dump += way.storm / way.every
        # on two levels a failure takes one interval, or all of them since the durable state
        taken = way.local_share + (1 - way.local_share) * way.every
        share = dump / point.interval + taken * point.interval / (2 * mtbf)
        assert point.waste == pytest.approx(share / np.sqrt(2 * dump * taken / mtbf))


def test_half_of_the_bandwidth_is_at_one_and_the_least_waste_too() -> None:
    assert efficiency(1.0) == 0.5
    assert efficiency(0.0) == 0
    assert efficiency(1e12) == pytest.approx(1)
    assert waste(0.0) == np.inf
    best = minimize_scalar(waste, bounds=(0.01, 100), method="bounded")
    assert (best.x, best.fun) == (pytest.approx(1, abs=1e-4), pytest.approx(1))


@pytest.mark.parametrize("u", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_the_curve_is_the_limit_of_the_exact_wall_time_for_short_dumps(u: float) -> None:
    dump, mtbf = 1.0, 1e7
    young = np.sqrt(2 * dump * mtbf)

    def overhead(interval: float) -> Any:
        return expected_wall_time(1e12, interval, dump, mtbf, 0) / 1e12 - 1

    assert overhead(u * young) / overhead(young) == pytest.approx(waste(u), rel=0.01)
