"""Part 3 over the whole slider space: times add up, and the storm and its cure are there."""

import math
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from storagelab.experiments.checkpoint import CheckpointSettings, protect
from storagelab.tracks import load_track
from storagelab.units import HOUR
from tests.experiments.sliders import baseline_but, decisions, least_cost, of_part, positions


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_the_parts_sum_to_the_wall_time(name, part):
    for outcome in positions(part, load_track(name), count=800):
        parts = outcome.parts
        if not math.isfinite(outcome.wall_time):
            assert "ends" in outcome.unmet
            continue
        assert min(parts.values()) >= 0
        assert math.fsum(parts.values()) == pytest.approx(outcome.wall_time)
        assert parts["solve"] == outcome.solve_time
        assert outcome.wasted == pytest.approx(math.fsum(parts.values()) - parts["solve"])


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_no_interval_of_the_slider_beats_the_optimum(name, part):
    for outcome in positions(part, load_track(name), count=800):
        assert outcome.wall_time >= outcome.best_wall_time * (1 - 1e-12)
        assert outcome.best_wall_time > outcome.solve_time
        assert 0 < outcome.optimum <= min(outcome.young, outcome.mtbf) * (1 + 1e-9)


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_the_storm_carries_its_bytes_and_crashes_the_storage_below_its_interval(name, part):
    track = load_track(name)
    for outcome in positions(part, track, count=800):
        settings = outcome.settings
        rate = outcome.written / outcome.dump_time
        assert rate <= settings.write_bandwidth * (1 + 1e-9)
        assert rate <= track.checkpoint.nodes * track.checkpoint.node_bandwidth * (1 + 1e-9)
        copies = 1 if settings.sharded else track.checkpoint.nodes
        assert outcome.written == outcome.size * copies
        assert 0 < outcome.storage_share < 1
        crashed = settings.interval < outcome.storm_interval * (1 - 1e-12)
        assert ("storage" in outcome.unmet) == crashed


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_more_failures_waste_more_and_call_for_shorter_intervals(name, part):
    track = load_track(name)
    for outcome in positions(part, track, count=300):
        rarer = protect(track, replace(outcome.settings, node_mtbf=2 * outcome.settings.node_mtbf))
        assert rarer.wall_time <= outcome.wall_time
        assert rarer.optimum >= outcome.optimum


def played_parts(solve, interval, dump, mtbf, restart, jobs, seed):
    """Play jobs attempt by attempt; return the mean seconds of each part and their errors."""
    generator = np.random.default_rng(seed)
    totals = np.zeros((jobs, 3))  # dump, lost, restart
    for job in range(jobs):
        for _ in range(round(solve / interval)):
            pause = 0.0
            while True:
                life = generator.exponential(mtbf)
                totals[job, 2] += min(life, pause)
                if life >= pause + interval + dump:
                    totals[job, 0] += dump
                    break
                totals[job, 1] += max(0.0, life - pause)  # compute and dump done in vain
                pause = restart
    return totals.mean(axis=0), totals.std(axis=0, ddof=1) / math.sqrt(jobs)


def test_dumps_losses_and_restarts_are_those_of_played_jobs():
    track = load_track("cloud_titan")
    short = structs.replace(
        track, checkpoint=structs.replace(track.checkpoint, solve_time=40 * HOUR)
    )
    settings = CheckpointSettings(
        interval=HOUR, write_bandwidth=1e12, sharded=False,
        node_mtbf=2000 * HOUR, bytes_per_parameter=4.96,
    )  # fmt: skip
    outcome = protect(short, settings)
    mean, error = played_parts(
        40 * HOUR, HOUR, outcome.dump_time, outcome.mtbf, outcome.restart_time, jobs=600, seed=9
    )
    modelled = [outcome.parts[name] for name in ("dump", "lost", "restart")]
    assert np.all(np.abs(mean - modelled) <= 4 * error + 1e-6)


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_after_the_event_the_old_interval_wastes_more(name, part):
    """The best interval before the drop of the MTBF is not the best one after it."""
    track = load_track(name)
    after = least_cost(name, "checkpoint")
    settings = after.settings
    calm = baseline_but(part, track).settings.node_mtbf
    assert settings.node_mtbf == track.checkpoint.event_node_mtbf < calm
    intervals = sorted({item.settings.interval for item in decisions(name, "checkpoint")})

    def best(node_mtbf):
        return min(
            (protect(track, replace(settings, interval=i, node_mtbf=node_mtbf)) for i in intervals),
            key=lambda outcome: outcome.wasted if not outcome.unmet else math.inf,
        )

    before, now = best(calm), best(track.checkpoint.event_node_mtbf)
    assert now.settings.interval < before.settings.interval
    kept = protect(track, replace(settings, interval=before.settings.interval))
    assert kept.wasted > 1.05 * now.wasted


def test_sharding_turns_every_ten_minutes_from_longer_to_shorter():
    track = load_track("cloud_titan")
    part = of_part("checkpoint")[0].values[1]

    def gain(sharded):
        proposed, present = (
            baseline_but(part, track, sharded=sharded, interval=interval).wall_time
            for interval in (
                track.checkpoint.proposed_interval,
                track.checkpoint.present_interval,
            )
        )
        return present - proposed

    assert gain(sharded=False) < -24 * HOUR
    assert gain(sharded=True) > 24 * HOUR


def test_only_shards_meet_the_limit_at_a_bearable_cost():
    best = least_cost("cloud_titan", "checkpoint")
    assert best.settings.sharded
    copies = [
        item
        for item in decisions("cloud_titan", "checkpoint")
        if not item.unmet and not item.settings.sharded
    ]
    assert not copies or min(item.cost for item in copies) > 3 * best.cost


def test_a_job_that_never_ends_is_an_outcome_and_no_error():
    track = load_track("cloud_titan")
    settings = CheckpointSettings(
        interval=6 * HOUR, write_bandwidth=1e10, sharded=False,
        node_mtbf=10 * HOUR, bytes_per_parameter=16,
    )  # fmt: skip
    outcome = protect(track, settings)
    assert math.isinf(outcome.wall_time)
    assert math.isinf(outcome.cost)
    assert set(outcome.unmet) >= {"ends"}


@pytest.mark.parametrize(
    "name", ["interval", "write_bandwidth", "node_mtbf", "bytes_per_parameter", "sharded"]
)
@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), "5", None])
def test_settings_that_no_slider_has_are_refused(name, bad):
    good = {
        "interval": 600.0, "write_bandwidth": 1e11, "sharded": True,
        "node_mtbf": 1e7, "bytes_per_parameter": 14.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=f"^{name} must be"):
        CheckpointSettings(**{**good, name: bad})
