"""Part 2 over the whole slider space: bytes are conserved, tiers bind as they should."""

from dataclasses import replace

import numpy as np
import pytest

from storagelab.experiments.pipeline import (
    TIERS,
    PipelineSettings,
    feed,
    one_unit_more,
    sweep_link,
)
from storagelab.parts import PARTS
from storagelab.pipeline import cache_hit_rate
from storagelab.tracks import load_track
from storagelab.units import GB, HOUR, MONTH
from tests.experiments.sliders import of_part, positions


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_every_byte_that_reaches_an_accelerator_came_by_the_link_or_from_the_cache(name, part):
    track = load_track(name)
    for outcome in positions(part, track):
        settings = outcome.settings
        for epoch in (outcome.cold, outcome.warm):
            flows = epoch.flows
            assert flows["link"] + flows["hits"] == pytest.approx(flows["accelerators"])
            assert flows["link"] <= settings.link * (1 + 1e-9)
            assert flows["hits"] + flows["fill"] <= settings.nvme * (1 + 1e-9)
            assert epoch.rate * epoch.time == pytest.approx(track.dataset.size)
        assert outcome.cold.flows["hits"] == outcome.warm.flows["fill"] == 0
        # what the cold epoch puts into the cache is the cache
        filled = outcome.cold.flows["fill"] * outcome.cold.time
        assert filled == pytest.approx(min(settings.cache, track.dataset.size))


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_the_rate_is_the_lowest_ceiling_and_its_tier_is_busy_throughout(name, part):
    for outcome in positions(part, load_track(name)):
        for epoch in (outcome.cold, outcome.warm):
            assert set(epoch.ceilings) == set(TIERS)
            assert epoch.rate == min(epoch.ceilings.values()) == epoch.ceilings[epoch.binding]
        assert 0 < outcome.utilization <= 1
        for share in outcome.busy.values():
            assert 0 <= share <= 1 + 1e-9
        assert outcome.busy[outcome.warm.binding] == pytest.approx(1)


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_utilisation_and_requests_are_those_of_a_job_played_epoch_by_epoch(name, part):
    """Each epoch lasts as long as its slowest tier takes for its own bytes."""
    track = load_track(name)
    size, node, price = track.dataset.size, track.node, track.price
    computing = size / track.dataset.sample_size / node.demand
    preparing = size / track.dataset.sample_size / node.prepare_rate
    for outcome in positions(part, track, count=300):
        settings = outcome.settings
        cached = min(settings.cache, size)
        hits = cache_hit_rate(cached / size, track.pipeline.policy) * size
        total = fetched = 0.0
        for epoch in range(track.pipeline.epochs):
            by_link, by_nvme = (size, cached) if epoch == 0 else (size - hits, hits)
            moving = max(by_link / settings.link, by_nvme / settings.nvme)
            total += max(moving, preparing, computing)
            fetched += by_link
        busy = computing * track.pipeline.epochs / total
        assert outcome.utilization == pytest.approx(busy)
        requests = fetched / track.pipeline.request_size / total * MONTH
        assert outcome.costs["requests"] == pytest.approx(requests * price("get_request"), abs=1e-9)
        idle = node.accelerators * (1 - busy) * MONTH / HOUR * price("accelerator_hour")
        assert outcome.costs["idle"] == pytest.approx(idle, abs=1e-6)
        assert outcome.costs["cache"] == pytest.approx(
            settings.cache / GB * price("cache_gb_month")
        )


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_more_of_any_tier_never_starves_the_accelerators_more(name, part):
    track = load_track(name)
    for outcome in positions(part, track, count=400):
        settings = outcome.settings
        for tier in ("link", "nvme"):
            more = feed(track, replace(settings, **{tier: 2 * getattr(settings, tier)}))
            assert more.utilization >= outcome.utilization * (1 - 1e-9)


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_a_larger_cache_spares_a_link_that_binds_from_the_second_epoch_on(name, part):
    """The question of the lock, asked of the baseline: cold as before, warm by the hit rate."""
    track = load_track(name)
    crisis = part.baseline(track)
    assert crisis.warm.binding == crisis.cold.binding == "link"
    doubled = feed(track, replace(crisis.settings, cache=2 * crisis.settings.cache))
    assert doubled.cold.time == pytest.approx(crisis.cold.time)
    assert doubled.warm.time < 0.99 * crisis.warm.time
    faster = feed(track, replace(crisis.settings, nvme=2 * crisis.settings.nvme))
    assert faster.utilization == crisis.utilization
    assert faster.cost > crisis.cost


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_a_larger_cache_on_a_slow_nvme_can_make_the_nvme_bind(name, part):
    """More cache is no good where the tier that serves it is slower than the link."""
    track = load_track(name)
    crisis = part.baseline(track)
    demand = crisis.demand
    slow = PipelineSettings(cache=track.dataset.size, link=2 * demand, nvme=demand / 10)
    whole = feed(track, slow)
    assert whole.warm.binding == "nvme"
    assert whole.utilization < feed(track, replace(slow, cache=0)).utilization


@pytest.mark.parametrize("name", ["cache", "link", "nvme"])
@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "5", None])
def test_settings_that_no_slider_has_are_refused(name, bad):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        PipelineSettings(**{"cache": 1e12, "link": 1e9, "nvme": 1e9, name: bad})


def test_one_unit_more_helps_where_it_binds_and_nowhere_else():
    """The baseline is bound by its link: a Gb/s helps by its share, NVMe by nothing."""
    track = load_track("cloud_titan")
    settings = PARTS["pipeline"].baseline(track).settings
    gains = one_unit_more(track, settings)
    wider = replace(settings, link=settings.link + 1e9 / 8)
    expected = feed(track, wider).utilization - feed(track, settings).utilization
    assert gains["link"] == pytest.approx(expected)
    assert gains["link"] > 0.005
    assert gains["nvme"] == 0
    assert gains["cache"] > 0


def test_a_swept_link_is_the_experiment_at_each_of_its_points():
    track = load_track("cloud_titan")
    settings = PARTS["pipeline"].baseline(track).settings
    links = np.geomspace(1e8, 2e10, 7)
    swept = sweep_link(track, settings, links)
    for index, link in enumerate(links):
        warm = feed(track, replace(settings, link=float(link))).warm
        assert swept["delivered"][index] == pytest.approx(warm.rate)
        for tier in TIERS:
            assert swept[tier][index] == pytest.approx(warm.ceilings[tier])
