"""Part 3 over the whole slider space: times add up, and the storm and its cure are there."""

import math
from dataclasses import replace
from typing import Any

import keys
import numpy as np
import pytest
from msgspec import structs

from storagelab.checkpoint import simulate_wall_time
from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import (
    JOBS,
    evaluate_checkpoint,
    longest_storm,
    overhead_band,
    overhead_curve,
    storm,
)
from storagelab.parts.checkpoint.scheme import latency
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.tracks import TRACKS, load_track
from storagelab.units import HOUR
from tests.parts.sliders import baseline_but, decisions, least_cost, of_part, positions


def altered(name: str, **changes: Any) -> Any:
    """Return a track with some of part 3's fields changed."""
    track = load_track(name)
    return structs.replace(track, checkpoint=structs.replace(track.checkpoint, **changes))


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_the_parts_sum_to_the_wall_time(name: Any, part: Any) -> None:
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
def test_no_interval_of_the_slider_beats_the_optimum(name: Any, part: Any) -> None:
    for outcome in positions(part, load_track(name), count=800):
        assert outcome.wall_time >= outcome.best_wall_time * (1 - 1e-6)
        assert outcome.best_wall_time > outcome.solve_time
        assert outcome.optimum > 0
        if outcome.scheme.kind == "at_once":
            assert outcome.optimum <= min(outcome.young, outcome.mtbf) * (1 + 1e-9)


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_the_storm_carries_its_bytes_and_crashes_the_storage_below_its_interval(
    name: Any, part: Any
) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=800):
        settings = outcome.settings
        content = track.checkpoint
        fixed = content.dump_latency
        if content.metadata_rate:
            fixed += settings.nodes * content.files_per_writer / content.metadata_rate
        rate = outcome.written / (outcome.scheme.storm - fixed)
        assert rate <= settings.write_bandwidth * content.write_efficiency * (1 + 1e-9)
        assert rate <= settings.nodes * content.node_bandwidth * (1 + 1e-9)
        copies = 1 if settings.sharded else content.full_copies or settings.nodes
        assert outcome.written == outcome.size * copies
        full = settings.nodes * content.node_bandwidth >= (
            settings.write_bandwidth * content.write_efficiency
        )
        assert (0 < outcome.storage_share <= 1) == full
        crashed = settings.interval < outcome.storm_interval * (1 - 1e-12)
        assert ("storage" in outcome.unmet) == crashed


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_more_failures_waste_more_and_call_for_shorter_intervals(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=300):
        rarer = evaluate_checkpoint(
            track, replace(outcome.settings, node_mtbf=2 * outcome.settings.node_mtbf)
        )
        assert rarer.wall_time <= outcome.wall_time
        if math.isfinite(outcome.best_wall_time):
            assert rarer.optimum >= outcome.optimum * (1 - 1e-3)


def played_parts(
    solve: Any, interval: float, dump: float, mtbf: float, restart: float, jobs: Any, seed: int
) -> tuple[Any, Any]:
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


PLAYED = {
    "cloud_titan": (HOUR, 2000 * HOUR, 40, 600),
    "edge_guardian": (60.0, HOUR, 60, 600),
    "mobile_nomad": (120.0, 600.0, 30, 600),
    "tiny_pioneer": (60.0, 300.0, 30, 600),
}
"""Seconds of an interval and of a node's MTBF, intervals in a job, jobs."""


@pytest.mark.parametrize("name", TRACKS)
def test_dumps_losses_and_restarts_are_those_of_played_jobs(name: str) -> None:
    interval, node_mtbf, segments, jobs = PLAYED[name]
    short = altered(name, solve_time=segments * interval)
    settings = replace(
        PARTS["checkpoint"].baseline(short).settings,
        interval=interval, sharded=False, node_mtbf=node_mtbf,
    )  # fmt: skip
    outcome = evaluate_checkpoint(short, settings)
    mean, error = played_parts(
        short.checkpoint.solve_time, interval, outcome.dump_time, outcome.mtbf,
        outcome.restart.time, jobs=jobs, seed=9,
    )  # fmt: skip
    modelled = [outcome.parts[part] for part in ("dump", "lost", "restart")]
    assert np.all(np.abs(mean - modelled) <= 4 * error + 1e-6)


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_after_the_event_the_old_interval_wastes_more(name: Any, part: Any) -> None:
    """The best interval before the drop of the MTBF is not the best one after it."""
    track = load_track(name)
    after = least_cost(name, "checkpoint")
    settings = after.settings
    calm = baseline_but(part, track).settings.node_mtbf
    assert settings.node_mtbf == track.checkpoint.event_node_mtbf < calm
    intervals = sorted({item.settings.interval for item in decisions(name, "checkpoint")})

    def best(node_mtbf: Any) -> Any:
        return min(
            (
                evaluate_checkpoint(track, replace(settings, interval=i, node_mtbf=node_mtbf))
                for i in intervals
            ),
            key=lambda outcome: outcome.wasted if not outcome.unmet else math.inf,
        )

    before, now = best(calm), best(track.checkpoint.event_node_mtbf)
    assert now.settings.interval < before.settings.interval
    kept = evaluate_checkpoint(track, replace(settings, interval=before.settings.interval))
    assert kept.wasted > now.wasted
    assert keys.waste_ratio(track, kept) > 1.05


# --- what the figures are drawn from


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_a_curve_of_overheads_is_the_outcome_at_each_interval(name: Any, part: Any) -> None:
    track = load_track(name)
    control = track.checkpoint.control("interval")
    intervals = np.array([control.to_si(control.values[index]) for index in (0, 5, 10, -1)])
    for outcome in positions(part, track, count=60):
        curve = overhead_curve(track, outcome.settings, intervals)
        for index, interval in enumerate(intervals):
            there = evaluate_checkpoint(track, replace(outcome.settings, interval=float(interval)))
            for kind, shown in curve.items():
                lost = there.losses[kind]
                assert shown[index] == pytest.approx(lost, rel=1e-9, abs=1e-6), kind


@pytest.mark.parametrize("name", TRACKS)
def test_the_band_has_the_mean_of_played_jobs_and_most_of_them_inside(name: str) -> None:
    track = load_track(name)
    part = track.checkpoint
    settings = PARTS["checkpoint"].baseline(track).settings
    outcome = evaluate_checkpoint(track, settings)
    intervals = np.array([settings.interval, outcome.optimum])
    band = overhead_band(track, settings, intervals)
    for index, interval in enumerate(intervals):
        played = simulate_wall_time(
            part.solve_time, float(interval), outcome.dump_time, outcome.mtbf,
            outcome.restart.time, trials=4000, seed=11,
        )  # fmt: skip
        mean, spread = played.mean - part.solve_time, played.standard_error * math.sqrt(4000)
        if outcome.gone:  # a share of the run, which is nearly in proportion to what is lost
            mean, spread = mean / played.mean, spread * part.solve_time / played.mean**2
        assert abs(band.mean[index] - mean) < 4 * spread / math.sqrt(JOBS)
        assert band.low[index] <= band.mean[index] <= band.high[index]
        # from the tenth to the ninetieth percentile are 2.56 standard deviations of a bell curve
        assert band.high[index] - band.low[index] < 3.5 * spread


def test_the_band_is_the_tenth_and_the_ninetieth_percentile_of_its_jobs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    track = load_track("edge_guardian")
    settings = PARTS["checkpoint"].baseline(track).settings
    drawn = np.random.default_rng(5).exponential(size=(2, JOBS)) * 100 + track.checkpoint.solve_time
    monkeypatch.setattr(
        "storagelab.parts.checkpoint.experiment.sample_wall_times",
        lambda *job, trials, seed: drawn.copy(),
    )
    band = overhead_band(track, settings, np.array([7.0, 77.0]))
    shares = 1 - track.checkpoint.solve_time / drawn
    np.testing.assert_allclose(band.mean, shares.mean(axis=1))
    np.testing.assert_allclose([band.low, band.high], np.quantile(shares, [0.1, 0.9], axis=1))


def test_a_band_without_an_end_is_infinite_and_no_error() -> None:
    track = load_track("cloud_titan")
    settings = replace(
        PARTS["checkpoint"].baseline(track).settings, write_bandwidth=1e10, node_mtbf=3.6e6
    )
    band = overhead_band(track, settings, np.array([60.0, 21600.0]))
    for side in (band.low, band.mean, band.high):
        assert np.isinf(side).all()


def test_the_band_does_not_ask_for_the_interval_that_is_chosen() -> None:
    """So that the slider of the interval leaves it as it is."""
    track = load_track("mobile_nomad")
    settings = PARTS["checkpoint"].baseline(track).settings
    intervals = np.array([5.0, 50.0])
    first = overhead_band(track, settings, intervals)
    assert overhead_band(track, replace(settings, interval=33.0), intervals) is first


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_a_storm_of_one_group_is_the_dump(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=200):
        shown = storm(track, outcome.settings)
        whole = latency(track, outcome.settings) + shown.time
        assert whole == pytest.approx(outcome.scheme.storm)
        assert shown.rates @ shown.durations == pytest.approx(outcome.written)
        full = bool(shown.saturated_time)
        too_long = full and outcome.scheme.storm > longest_storm(outcome) * (1 + 1e-9)
        assert too_long == (outcome.storage_share > outcome.storage_limit * (1 + 1e-9))


def test_a_storm_in_groups_has_the_writers_of_the_track() -> None:
    track = load_track("cloud_titan")
    settings = replace(PARTS["checkpoint"].baseline(track).settings, write_bandwidth=5e12)
    shown = storm(track, settings, groups=16)
    assert shown.writers.tolist() == [64.0] * 16
    efficiency = track.checkpoint.write_efficiency
    assert shown.room == pytest.approx(max(0.0, settings.write_bandwidth * efficiency - 64 * 25e9))
    alone = load_track("tiny_pioneer")
    with pytest.raises(ValueError, match="groups must not exceed writers"):
        storm(alone, PARTS["checkpoint"].baseline(alone).settings, groups=2)


def test_sharding_turns_every_ten_minutes_from_longer_to_shorter() -> None:
    track, part = load_track("cloud_titan"), PARTS["checkpoint"]

    def gain(sharded: Any) -> Any:
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


@pytest.mark.parametrize("name", TRACKS)
def test_only_what_writes_less_meets_the_limits_at_a_bearable_cost(name: str) -> None:
    """Shards, or what is new, or what has changed: a full copy each time is too dear."""
    best = least_cost(name, "checkpoint")
    assert best.settings.sharded
    copies = [
        item
        for item in decisions(name, "checkpoint")
        if not item.unmet and not item.settings.sharded
    ]
    least = 2.5
    assert not copies or min(item.cost for item in copies) > least * best.cost


def test_a_job_that_never_ends_is_an_outcome_and_no_error() -> None:
    track = load_track("cloud_titan")
    settings = CheckpointSettings(
        interval=6 * HOUR, write_bandwidth=1e10, sharded=False, destination="shared storage",
        spare_share=0.0, nodes=1024, node_mtbf=10 * HOUR, bytes_per_parameter=16,
    )  # fmt: skip
    outcome = evaluate_checkpoint(track, settings)
    assert math.isinf(outcome.wall_time)
    assert math.isinf(outcome.cost)
    assert set(outcome.unmet) >= {"ends"}


@pytest.mark.parametrize(
    "name",
    ["interval", "write_bandwidth", "nodes", "node_mtbf", "bytes_per_parameter", "sharded"],
)
@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), "5", None])
def test_settings_that_no_slider_has_are_refused(name: str, bad: Any) -> None:
    good = {
        "interval": 600.0, "write_bandwidth": 1e11, "sharded": True, "destination": "storage",
        "spare_share": 0.0, "nodes": 1.0,
        "node_mtbf": 1e7, "bytes_per_parameter": 14.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=f"^{name} must be"):
        CheckpointSettings(**{**good, name: bad})


# --- what a dump writes, and how long it takes


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_a_dump_waits_and_then_its_bytes_flow_at_the_slower_end(name: Any, part: Any) -> None:
    track = load_track(name)
    content = track.checkpoint
    for outcome in positions(part, track, count=300):
        settings = outcome.settings
        size = content.parameters * settings.bytes_per_parameter
        copies = 1.0 if settings.sharded else content.full_copies or settings.nodes
        shared = settings.write_bandwidth * content.write_efficiency
        rate = min(shared, settings.nodes * content.node_bandwidth)
        waits = content.dump_latency
        if content.metadata_rate:
            waits += settings.nodes * content.files_per_writer / content.metadata_rate
        assert outcome.size == pytest.approx(size)
        assert outcome.written == pytest.approx(size * copies)
        assert outcome.scheme.storm == pytest.approx(waits + size * copies / rate)
        assert outcome.mtbf == pytest.approx(settings.node_mtbf / settings.nodes)


def test_full_copies_are_one_for_each_node_unless_the_track_counts_them() -> None:
    settings = PARTS["checkpoint"].baseline(load_track("cloud_titan")).settings
    assert not settings.sharded
    for copies, times in ((None, 1024), (1.0, 1), (20.0, 20), (0.5, 0.5)):
        outcome = evaluate_checkpoint(altered("cloud_titan", full_copies=copies), settings)
        assert outcome.written == pytest.approx(times * outcome.size)
        alone = evaluate_checkpoint(
            altered("cloud_titan", full_copies=copies), replace(settings, sharded=True)
        )
        assert alone.written == outcome.size


@pytest.mark.parametrize("latency", [0.0, 0.005, 3.0])
def test_a_dumps_latency_is_added_to_each_dump_and_to_none_of_its_bytes(latency: Any) -> None:
    settings = PARTS["checkpoint"].baseline(load_track("edge_guardian")).settings
    without, waiting = (
        evaluate_checkpoint(altered("edge_guardian", dump_latency=seconds), settings)
        for seconds in (0.0, latency)
    )
    assert waiting.dump_time == pytest.approx(without.dump_time + latency)
    assert waiting.written == without.written
    assert waiting.parts["dump"] - without.parts["dump"] == pytest.approx(
        latency * without.solve_time / settings.interval
    )


# --- wear


WEARING = [name for name in TRACKS if load_track(name).checkpoint.endurance]


def test_a_shared_storage_of_disks_does_not_wear() -> None:
    for outcome in positions(PARTS["checkpoint"], load_track("cloud_titan"), count=100):
        assert outcome.life == math.inf
        assert outcome.wear_interval == 0
        assert "wear" not in outcome.unmet


@pytest.mark.parametrize("name", WEARING)
def test_the_bytes_that_a_storage_bears_are_written_in_its_life(name: Any) -> None:
    track, part = load_track(name), PARTS["checkpoint"]
    control = track.checkpoint.control("write_bandwidth")
    for outcome in positions(part, track, count=300):
        offered = [control.to_si(value) for value in control.values]
        bears = track.checkpoint.endurance[offered.index(outcome.settings.write_bandwidth)]
        dumps = outcome.life / (outcome.settings.interval + outcome.dump_time)
        assert dumps * outcome.written == pytest.approx(bears)


@pytest.mark.parametrize("name", WEARING)
def test_just_above_the_wear_interval_the_storage_lasts_and_just_below_it_does_not(
    name: Any,
) -> None:
    track, part = load_track(name), PARTS["checkpoint"]
    worn = 0
    for outcome in positions(part, track, count=300):
        assert ("wear" in outcome.unmet) == (outcome.life < outcome.life_target)
        if outcome.wear_interval <= 0:
            assert "wear" not in outcome.unmet
            continue
        worn += 1
        above, below = (
            evaluate_checkpoint(
                track, replace(outcome.settings, interval=factor * outcome.wear_interval)
            )
            for factor in (1 + 1e-6, 1 - 1e-6)
        )
        assert above.wear_interval == below.wear_interval == outcome.wear_interval
        assert "wear" not in above.unmet
        assert "wear" in below.unmet
        assert above.life == pytest.approx(above.life_target, rel=1e-5)
    assert worn > 50


def test_endurance_goes_by_the_storage_that_a_write_bandwidth_can_buy() -> None:
    """A step function: what lies between two of them is the slower one."""
    track = altered("tiny_pioneer", endurance=[1e9, 1e12, 1e15])
    settings = PARTS["checkpoint"].baseline(track).settings

    def bears(write_bandwidth: Any) -> Any:
        outcome = evaluate_checkpoint(track, replace(settings, write_bandwidth=write_bandwidth))
        return outcome.life * outcome.written / (settings.interval + outcome.dump_time)

    steps = {
        10e3: 1e9, 50e3: 1e9, 76.9e3: 1e9,
        77e3: 1e12, 100e3: 1e12, 4.999e6: 1e12,
        5e6: 1e15, 50e6: 1e15,
    }  # fmt: skip
    for write_bandwidth, endurance in steps.items():
        assert bears(write_bandwidth) == pytest.approx(endurance), write_bandwidth


def test_a_ferroelectric_memory_never_wears_and_is_too_dear() -> None:
    outcomes = decisions("tiny_pioneer", "checkpoint")
    fram = [item for item in outcomes if item.settings.write_bandwidth == 5e6]
    assert not any("wear" in item.unmet for item in fram)
    flash = [item for item in outcomes if item.settings.write_bandwidth < 5e6]
    assert any("wear" in item.unmet for item in flash)
    best = least_cost("tiny_pioneer", "checkpoint")
    assert min(item.cost for item in fram) > 3 * best.cost


# --- limits


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_a_limit_is_unmet_exactly_where_its_number_is_beyond_it(name: Any, part: Any) -> None:
    content = load_track(name).checkpoint
    for outcome in positions(part, load_track(name), count=400):
        waste = outcome.wasted / (outcome.wall_time if outcome.gone else outcome.solve_time)
        waste = waste if math.isfinite(outcome.wall_time) else 1.0
        beyond = {
            "storage": outcome.storage_share > content.storage_limit,
            "wear": outcome.life < content.life_target,
            "waste": content.waste_limit is not None and waste > content.waste_limit,
            "ends": math.isinf(outcome.wall_time),
        }
        assert outcome.unmet == tuple(limit for limit, is_beyond in beyond.items() if is_beyond)


@pytest.mark.parametrize("name", TRACKS)
def test_a_waste_limit_is_a_share_of_the_run(name: Any) -> None:
    outcome = PARTS["checkpoint"].baseline(load_track(name))
    share = outcome.wasted / (outcome.wall_time if outcome.gone else outcome.solve_time)
    for factor, is_met in ((1.001, True), (0.999, False)):
        limited = evaluate_checkpoint(altered(name, waste_limit=factor * share), outcome.settings)
        assert ("waste" not in limited.unmet) == is_met
    assert (
        "waste" not in evaluate_checkpoint(altered(name, waste_limit=None), outcome.settings).unmet
    )


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_costs_are_what_is_wasted_and_what_is_rented(name: Any, part: Any) -> None:
    track = load_track(name)
    content, rent = track.checkpoint, track.prices["write"]
    machine = track.prices["idle"].amount / track.prices["idle"].si * track.node.accelerators
    for outcome in positions(part, track, count=200):
        settings, work = outcome.settings, outcome.solve_time
        lost = outcome.loss * (work if outcome.gone else 1.0)
        fleet = settings.nodes / content.nodes
        periods = work / track.currency.period
        rented = settings.write_bandwidth / rent.si * rent.amount * periods
        spares = math.ceil(settings.spare_share * settings.nodes - 1e-9) * machine * work
        held = content.destination(settings.destination).held
        near = track.prices[held].amount * outcome.written / 1e9 * periods if held else 0.0
        assert outcome.costs == pytest.approx(
            {
                "wasted": lost * track.waste_price * fleet,
                "bandwidth": rented,
                "spares": spares,
                "near": near,
            }
        )
