"""What every track has to teach: a crisis, a way out, and a shortcut that doesn't pay."""

import math

import pytest

from storagelab.tracks import load_track
from tests.experiments.sliders import EVERY_PART, baseline_but, decisions, least_cost, positions


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_baseline_misses_its_target(name, part):
    assert part.baseline(load_track(name)).unmet


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_a_region_of_the_sliders_meets_the_target(name, part):
    """No needle in a haystack, and no target that anything meets."""
    outcomes = decisions(name, part.name)
    met = sum(not outcome.unmet for outcome in outcomes)
    assert met >= min(20, 0.05 * len(outcomes))
    assert met <= 0.75 * len(outcomes)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_maximum_everything_does_not_pay(name, part):
    """The largest of all sliders, and the most frequent checkpoint: a limit breaks, or the money
    does."""
    track = load_track(name)
    given = part.given(track)
    most = {}
    for control in part.of(track).controls:
        last = max(control.values) if control.kind == "scale" else control.values[-1]
        if control.name == "interval":
            last = min(control.values)
        most[control.name] = given.get(control.name, control.to_si(last))
    outcome = part.run(track, most)
    assert outcome.unmet or outcome.cost >= 1.5 * least_cost(name, part.name).cost


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_way_out_costs_less_than_the_crisis(name, part):
    track = load_track(name)
    given = part.given(track)
    assert least_cost(name, part.name).cost < 0.7 * baseline_but(part, track, **given).cost


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_costs_are_their_items_and_none_is_negative(name, part):
    for outcome in positions(part, load_track(name), count=400):
        items = outcome.costs.values()
        assert outcome.cost == pytest.approx(math.fsum(items))
        assert min(items) >= 0


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_same_settings_give_the_same_outcome(name, part):
    track = load_track(name)
    assert part.baseline(track) == part.baseline(track)
