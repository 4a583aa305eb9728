"""Part 1 over the whole slider space: limits hold, times add up, the lesson is there."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from storagelab.access import (
    half_bandwidth_request_size,
    knee_request_size,
    roofline_bandwidth,
)
from storagelab.devices import load_device, load_devices
from storagelab.formats import FORMATS, shuffle_reach
from storagelab.parts import PARTS
from storagelab.parts.access.experiment import (
    asymptotes,
    device_curve,
    evaluate_access,
    in_order,
    late_quantiles,
    late_shares,
    play_order,
    prepare_time,
    timeline,
    turning_size,
)
from storagelab.parts.access.settings import AccessSettings
from storagelab.queueing import deadline_misses, stall_tail
from storagelab.tracks import TRACKS, load_track
from storagelab.units import HOUR
from tests.parts.sliders import baseline_but, decisions, of_part, positions


def altered(name: str, **changes: Any) -> Any:
    """Return a track with some of part 1's fields changed."""
    track = load_track(name)
    return structs.replace(track, access=structs.replace(track.access, **changes))


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_supply_keeps_below_every_ceiling_and_every_share_is_one(name: Any, part: Any) -> None:
    for outcome in positions(part, load_track(name)):
        for ceiling in outcome.ceilings.values():
            assert 0 < outcome.supply <= ceiling * (1 + 1e-9)
        assert 0 < outcome.utilization <= 1
        assert outcome.bandwidth <= outcome.sequential_bandwidth * (1 + 1e-9)
        assert outcome.memory >= 0
        assert outcome.reach >= 0


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_storage_steps_sum_to_the_time_of_a_batch(name: Any, part: Any) -> None:
    track = load_track(name)
    batch = track.node.accelerators * track.node.batch_size
    for outcome in positions(part, track):
        steps = outcome.steps
        assert min(steps.values()) >= 0
        storage = steps["open"] + steps["wait"] + steps["read"]
        assert storage == pytest.approx(batch / outcome.supply)
        busy = steps["compute"] / max(steps["compute"], storage)
        assert outcome.utilization == pytest.approx(busy)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_what_binds_is_the_lowest_limit(name: Any, part: Any) -> None:
    for outcome in positions(part, load_track(name)):
        if outcome.binding == "compute":
            assert outcome.supply >= outcome.demand
            assert outcome.utilization == 1
        else:
            assert outcome.ceilings[outcome.binding] == min(outcome.ceilings.values())
            assert outcome.utilization < 1


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_more_requests_in_flight_and_stored_order_never_hurt_the_supply(
    name: Any, part: Any
) -> None:
    """Stored order moves the bytes faster; what it reads for nothing is another matter."""
    track = load_track(name)
    dense = altered(name, density=1.0)
    for outcome in positions(part, track, count=400):
        settings = outcome.settings
        deeper = evaluate_access(track, replace(settings, queue_depth=2 * settings.queue_depth))
        assert deeper.supply >= outcome.supply * (1 - 1e-9)
        shuffled = evaluate_access(track, replace(settings, shuffled=True))
        stored = evaluate_access(dense, replace(settings, shuffled=False))
        assert stored.supply >= shuffled.supply * (1 - 1e-9)
        assert stored.reach == 0
        buffered = evaluate_access(track, replace(settings, buffer=2 * settings.buffer))
        assert buffered.supply == outcome.supply
        assert buffered.reach >= outcome.reach


def test_one_object_at_a_time_and_endlessly_many_at_once_are_worked_by_hand() -> None:
    track = load_track("cloud_titan")
    settings = AccessSettings(
        shuffled=True, format="raw", device="object_store",
        request_size=2**20, queue_depth=1, buffer=0,
    )  # fmt: skip
    assert evaluate_access(track, settings).supply == pytest.approx(1 / (0.150 + 114660 / 90e6))
    assert evaluate_access(track, replace(settings, queue_depth=1e9)).supply == pytest.approx(
        5500, rel=1e-3
    )
    halved = replace(settings, queue_depth=1e9, request_size=65536)  # two requests a sample
    assert evaluate_access(track, halved).supply == pytest.approx(2750, rel=1e-3)
    disk = replace(settings, device="hdd")
    one = 12.7e-3 + 12.7e-3 + 114660 / 270e6  # open, seek, stream
    assert evaluate_access(track, disk).supply == pytest.approx(1 / one)
    stream = evaluate_access(track, replace(disk, shuffled=False))
    assert stream.bandwidth == pytest.approx(270e6)
    assert evaluate_access(track, replace(disk, queue_depth=1e9)).supply == pytest.approx(
        85, rel=1e-3
    )


def test_an_object_store_does_not_know_which_object_comes_next() -> None:
    """Stored order is worth nothing where nothing is read ahead."""
    track = load_track("cloud_titan")
    settings = AccessSettings(
        shuffled=True, format="raw", device="object_store",
        request_size=2**20, queue_depth=64, buffer=0,
    )  # fmt: skip
    assert (
        evaluate_access(track, settings).supply
        == evaluate_access(track, replace(settings, shuffled=False)).supply
    )


def test_no_raw_file_and_no_unbuffered_shard_meets_the_targets() -> None:
    """The lesson: large requests over shards for the rate, a buffer for the randomness."""
    met = [item.settings for item in decisions("cloud_titan", "access") if not item.unmet]
    assert {item.format for item in met} == {"tfrecord", "webdataset"}
    assert all(item.shuffled and item.buffer > 0 for item in met)
    assert min(item.request_size for item in met) >= 2**18


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_baseline_waits_for_storage_and_not_for_compute(name: Any, part: Any) -> None:
    """On average, or in the tail: a write that a read waits for longer than it can."""
    outcome = part.baseline(load_track(name))
    if "utilization" in outcome.unmet:
        assert outcome.binding != "compute"
        assert outcome.steps["wait"] + outcome.steps["read"] > outcome.steps["compute"]
    else:
        assert "misses" in outcome.unmet
        assert outcome.stall_fraction > 0
        assert outcome.stall_time > outcome.slack


def test_a_node_that_asks_for_objects_one_by_one_waits_and_does_not_read() -> None:
    outcome = PARTS["access"].baseline(load_track("cloud_titan"))
    assert outcome.steps["wait"] > outcome.steps["compute"]
    assert outcome.steps["wait"] > 10 * outcome.steps["read"]


def test_shards_are_many_times_faster_than_random_files_on_the_home_device() -> None:
    track, part = load_track("cloud_titan"), PARTS["access"]
    crisis = part.baseline(track)
    shards = baseline_but(part, track, format="webdataset", request_size=2.0**26)
    assert shards.supply > 30 * crisis.supply
    assert crisis.supply < crisis.demand / 10


@pytest.mark.parametrize("device", load_devices())
@pytest.mark.parametrize("queue_depth", [1, 32, 4096])
def test_a_devices_curve_keeps_under_its_roofline_and_rises(device: Any, queue_depth: int) -> None:
    device = load_device(device)
    sizes = np.geomspace(512, 2**28, 60)
    curve = device_curve(device, sizes, queue_depth)
    roof = roofline_bandwidth(device.max_iops, device.bandwidth, sizes)
    assert curve.shape == sizes.shape
    assert np.all(curve <= roof * (1 + 1e-9))
    assert np.all(np.diff(curve) >= -1e-9 * curve[:-1])
    assert np.all(device_curve(device, sizes, 2 * queue_depth) >= curve * (1 - 1e-9))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"request_size": 0}, "request_size must be"),
        ({"queue_depth": 0.5}, "queue_depth must be"),
        ({"buffer": float("nan")}, "buffer must be"),
        ({"format": "zip"}, "unknown format 'zip'; known are raw"),
        ({"device": "tape"}, "unknown device 'tape'; known are hdd"),
    ],
)
def test_settings_that_no_slider_has_are_refused(change: Any, says: str) -> None:
    good = {
        "shuffled": True, "format": "raw", "device": "hdd",
        "request_size": 4096, "queue_depth": 1, "buffer": 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=says):
        AccessSettings(**{**good, **change})


def test_shards_and_a_buffer_buy_back_the_bandwidth_and_cost_reach_memory_and_a_start() -> None:
    """What the student has to see: the same device, the same shuffle switch, two ways to store."""
    track = load_track("cloud_titan")
    raw = evaluate_access(track, PARTS["access"].baseline(track).settings)
    sharded = evaluate_access(
        track,
        replace(
            raw.settings, format="webdataset", request_size=16e6, queue_depth=256.0, buffer=10000.0
        ),
    )
    assert raw.kept < 0.01
    assert sharded.kept > 50 * raw.kept
    assert raw.separation == raw.full_reach == raw.reach
    assert 1 < sharded.separation < sharded.full_reach / 1000
    assert sharded.reach < sharded.full_reach / 1000
    assert raw.fill_time == 0
    stored = sharded.settings.buffer * FORMATS["webdataset"].stored_size(track.dataset.sample_size)
    rate = sharded.bandwidth / track.dataset.sample_size
    assert sharded.fill_time == pytest.approx(sharded.settings.buffer / rate)
    assert sharded.memory > stored * 0.9


# --- writes beside the reads


def live_share(alpha: Any) -> Any:
    """Return what an erased block still holds: the share p below 1 with p = e^(-alpha (1 - p))."""
    low, high = 0.0, 1 - 0.5 * (alpha - 1) / alpha
    while high - low > 1e-15:
        middle = (low + high) / 2
        low, high = (middle, high) if np.exp(-alpha * (1 - middle)) > middle else (low, middle)
    return low


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_writes_at_random_places_are_multiplied_and_segments_are_not(name: Any, part: Any) -> None:
    track = load_track(name)
    amplification = 1 / (1 - live_share(1 + track.access.over_provisioning))
    assert amplification > 7
    for outcome in positions(part, track, count=400):
        device = load_device(outcome.settings.device)
        sharded = FORMATS[outcome.settings.format].sharded
        written = track.access.writes * (1 if sharded else amplification)
        share = written / device.write_bandwidth
        assert outcome.stall_fraction == pytest.approx(min(0.98, share), rel=1e-6)
        if track.access.writes:
            assert outcome.stall_time == (device.pause if sharded else device.stall)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_what_the_writes_take_of_the_devices_time_the_reads_have_not(name: Any, part: Any) -> None:
    track, quiet = load_track(name), altered(name, writes=0.0)
    for outcome in positions(part, track, count=400):
        alone = evaluate_access(quiet, outcome.settings)
        assert alone.stall_fraction == 0
        left = 1 - outcome.stall_fraction
        assert outcome.supply == pytest.approx(left * alone.supply)
        for limit, ceiling in outcome.ceilings.items():
            assert ceiling == pytest.approx(left * alone.ceilings[limit])


def late_in_an_hour(outcome: Any, step: Any, seed: int) -> Any:
    """Play an hour's steps at random moments of a device that is busy again and again.

    Return how many came too late, and how many more or fewer chance makes of it.
    """
    steps = round(HOUR / step)
    io_time = sum(outcome.steps[name] for name in ("open", "wait", "read"))
    if io_time > step:
        return steps, 0.2
    if not outcome.stall_fraction or not outcome.stall_time:
        return 0, 0.0
    period = outcome.stall_time / outcome.stall_fraction
    moment = np.random.default_rng(seed).uniform(0, period, steps)
    waits = np.maximum(0.0, outcome.stall_time - moment)  # a stall begins each period
    ahead = outcome.settings.buffer / outcome.demand
    late = int(np.count_nonzero(io_time + waits > step + ahead))
    return late, np.sqrt(late) + 1


@pytest.mark.parametrize("name", [name for name in TRACKS if load_track(name).access.writes])
def test_late_steps_are_those_of_an_hour_that_is_played(name: Any) -> None:
    track, part = load_track(name), PARTS["access"]
    seen = set()
    for index, outcome in enumerate(positions(part, track, count=300, seed=5)):
        late, error = late_in_an_hour(outcome, track.node.compute_time, index)
        assert abs(outcome.misses - late) <= 5 * error
        seen.add(bool(late))
    assert seen == {False, True}


@pytest.mark.parametrize("name", [name for name in TRACKS if load_track(name).access.writes])
def test_late_steps_follow_the_law_of_stalls_at_each_position(name: Any) -> None:
    track, part = load_track(name), PARTS["access"]
    period = track.node.compute_time
    for outcome in positions(part, track, count=400):
        io_time = sum(outcome.steps[step] for step in ("open", "wait", "read"))
        hidden = max(0.0, period - io_time)
        assert outcome.slack == pytest.approx(hidden + outcome.settings.buffer / outcome.demand)
        if io_time > period or not outcome.stall_time:
            late = float(io_time > period)
        else:
            deadline = io_time + outcome.slack
            late = stall_tail(io_time, outcome.stall_fraction, outcome.stall_time, deadline)
        assert outcome.misses == pytest.approx(deadline_misses(late, 1 / period), abs=1e-9)


@pytest.mark.parametrize("name", [name for name in TRACKS if load_track(name).access.writes])
def test_a_buffer_that_outlasts_the_stall_hides_it_and_a_hair_less_does_not(name: Any) -> None:
    """Where a step is in time at all, no step is late once the slack is as long as the stall."""
    track = load_track(name)
    settings = PARTS["access"].baseline(track).settings
    deep = replace(settings, shuffled=True, queue_depth=64.0, buffer=0.0)
    empty = evaluate_access(track, deep)
    assert 0 < empty.slack < empty.stall_time
    needed = (empty.stall_time - empty.slack) * empty.demand
    assert evaluate_access(track, replace(deep, buffer=needed * 1.001)).misses == 0
    assert evaluate_access(track, replace(deep, buffer=needed * 0.999)).misses > 0
    buffers = np.linspace(0, needed, 20)
    misses = [
        evaluate_access(track, replace(deep, buffer=float(buffer))).misses for buffer in buffers
    ]
    assert all(after < before for before, after in pairwise(misses))


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_no_write_and_no_stall_make_no_step_late(name: Any, part: Any) -> None:
    for outcome in positions(part, altered(name, writes=0.0), count=300):
        assert outcome.misses == pytest.approx(
            0 if outcome.supply >= outcome.demand * (1 - 1e-12) else HOUR * _rate(name)
        )


def _rate(name: str) -> Any:
    return 1 / load_track(name).node.compute_time


# --- what lies in order and isn't needed


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("density", [1.0, 0.5, 0.1])
def test_reading_in_order_reads_all_that_lies_there(file_format: Any, density: Any) -> None:
    """Each byte once, so a sample costs its own and its unused neighbours', in any format."""
    track = altered("mobile_nomad", density=density, writes=0.0)
    settings = AccessSettings(
        shuffled=False, format=file_format, device="ufs_4",
        request_size=2.0**20, queue_depth=64, buffer=0,
    )  # fmt: skip
    outcome = evaluate_access(track, settings)
    stored = FORMATS[file_format].stored_size(track.dataset.sample_size)
    per_sample = load_device("ufs_4").bandwidth / outcome.ceilings["bandwidth"]
    assert per_sample == pytest.approx(stored / density)


def test_reading_only_what_is_needed_does_not_care_how_much_that_is() -> None:
    settings = replace(PARTS["access"].baseline(load_track("mobile_nomad")).settings, shuffled=True)
    supplies = {
        evaluate_access(altered("mobile_nomad", density=density), settings).supply
        for density in (0.01, 0.1, 1.0)
    }
    assert len(supplies) == 1


# --- costs and budgets


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_costs_are_prices_times_what_is_used(name: Any, part: Any) -> None:
    track = load_track(name)
    prices, period = track.prices, track.currency.period
    for outcome in positions(part, track, count=300):
        settings, device = outcome.settings, load_device(outcome.settings.device)
        busy = min(1.0, outcome.demand / outcome.supply)
        assert outcome.active == pytest.approx(busy)
        running = device.read_power * busy * prices["active"].amount
        part_price = track.access.device_prices.get(settings.device, 0.0)
        assert outcome.costs["device"] == pytest.approx(part_price + running)
        held = settings.buffer * track.dataset.sample_size
        held += settings.queue_depth * outcome.request_bytes
        assert outcome.memory == pytest.approx(held)
        memory = held / prices["memory"].si * prices["memory"].amount
        assert outcome.costs["memory"] == pytest.approx(memory)
        waiting = (1 - outcome.utilization) * track.node.accelerators * period
        idle = waiting / prices["idle"].si * prices["idle"].amount
        assert outcome.costs["idle"] == pytest.approx(idle, abs=1e-9)


def test_a_sample_in_two_requests_is_charged_twice() -> None:
    track = load_track("mobile_nomad")
    settings = replace(
        PARTS["access"].baseline(track).settings, shuffled=True, queue_depth=4096.0,
        request_size=8192.0,
    )  # fmt: skip
    halved = evaluate_access(track, settings)
    assert halved.utilization == 1
    joules = halved.demand * 2 * 0.5e-6
    assert halved.costs["requests"] == pytest.approx(joules)
    assert evaluate_access(track, replace(settings, request_size=16384.0)).costs[
        "requests"
    ] == pytest.approx(joules / 2)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_a_target_is_unmet_exactly_where_its_number_is_beyond_it(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=400):
        content = track.access
        beyond = {
            "utilization": outcome.utilization < content.target_utilization,
            "reach": outcome.reach < content.reach_target,
            "misses": content.misses_limit is not None and outcome.misses > content.misses_limit,
            "budget": content.budget is not None and outcome.cost > content.budget,
        }
        assert outcome.unmet == tuple(limit for limit, is_beyond in beyond.items() if is_beyond)


def test_a_budget_or_a_limit_of_exactly_what_comes_is_met() -> None:
    outcome = PARTS["access"].baseline(load_track("edge_guardian"))
    exact = altered("edge_guardian", budget=outcome.cost, misses_limit=outcome.misses)
    assert evaluate_access(exact, outcome.settings).unmet == ()
    tight = altered("edge_guardian", budget=outcome.cost * 0.999, misses_limit=0.0)
    assert evaluate_access(tight, outcome.settings).unmet == ("misses", "budget")
    none = altered("edge_guardian", budget=None, misses_limit=None)
    assert evaluate_access(none, outcome.settings).unmet == ()


# --- the lessons of the other tracks


def test_a_van_keeps_its_deadline_with_segments_or_with_a_buffer() -> None:
    """In time on average from the start; what counts is the log's writes in the tail."""
    crisis = PARTS["access"].baseline(load_track("edge_guardian"))
    assert crisis.binding == "compute"
    assert crisis.utilization == 1
    met = [item for item in decisions("edge_guardian", "access") if not item.unmet]
    unbuffered = [item for item in met if not item.settings.buffer]
    assert {item.settings.format for item in unbuffered} == {"segment"}
    cheapest = min(met, key=lambda item: item.cost)
    assert cheapest.settings.format == "segment"
    assert "nvme" not in {item.settings.device for item in met if item.cost < 1.25 * cheapest.cost}


def test_glasses_that_read_whole_layers_in_order_starve_at_every_setting() -> None:
    outcomes = decisions("mobile_nomad", "access")
    in_order = [item for item in outcomes if not item.settings.shuffled]
    assert max(item.utilization for item in in_order) < 0.3
    met = [item for item in outcomes if not item.unmet]
    assert {item.settings.format for item in met} == {"row", "bundle"}
    cheapest = {
        name: min(item.cost for item in met if item.settings.format == name)
        for name in ("row", "bundle")
    }
    assert cheapest["bundle"] < cheapest["row"]


def test_no_ring_and_no_layout_saves_the_hearable_that_cannot_suspend_an_erase() -> None:
    outcomes = decisions("tiny_pioneer", "access")
    slow = [item for item in outcomes if item.settings.device == "spi_nor"]
    assert all(item.unmet for item in slow)
    silent = [item for item in slow if "misses" not in item.unmet]
    assert silent
    assert all("budget" in item.unmet for item in silent)
    assert min(item.settings.buffer for item in silent) / silent[0].demand > 0.1
    met = {item.settings.device for item in outcomes if not item.unmet}
    assert met == {"spi_nor_quad", "fram"}


# --- the tail's quantiles


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_quantiles_are_the_inverse_of_the_late_shares(name: Any, part: Any) -> None:
    levels = np.array([0.0, 0.5, 0.9, 0.99, 0.999, 0.999999])
    for outcome in positions(part, load_track(name), count=300):
        times = late_quantiles(outcome, levels)
        assert np.all(np.diff(times) >= 0)
        assert np.all(times >= outcome.io_time)
        # at most so many are later, and any sooner more would be
        within = late_shares(outcome, times * (1 + 1e-9) + 1e-12)
        assert np.all(within <= (1 - levels) * (1 + 1e-5) + 1e-12)
        before = late_shares(outcome, np.maximum(0.0, times * (1 - 1e-6) - 1e-12))
        assert np.all(before >= (1 - levels) * (1 - 1e-5))


def test_quantiles_of_played_reads() -> None:
    outcome = PARTS["access"].baseline(load_track("edge_guardian"))
    period = outcome.stall_time / outcome.stall_fraction
    moments = np.random.default_rng(4).uniform(0, period, 400_000)
    reads = outcome.io_time + np.maximum(0.0, outcome.stall_time - moments)
    levels = np.array([0.95, 0.99, 0.999])
    assert late_quantiles(outcome, levels) == pytest.approx(np.quantile(reads, levels), rel=5e-3)


# --- the same device in order


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_in_order_is_the_same_device_in_shards_and_the_largest_requests(
    name: Any, part: Any
) -> None:
    track = load_track(name)
    largest = track.access.control("request_size")
    formats = track.access.control("format").values
    for now in positions(part, track, count=100):
        best = in_order(track, now.settings)
        assert best.settings.shuffled is False
        assert best.settings.device == now.settings.device
        assert best.settings.queue_depth == now.settings.queue_depth
        assert best.settings.request_size == largest.to_si(largest.values[-1])
        sharded = any(FORMATS[str(item)].sharded for item in formats)
        assert FORMATS[best.settings.format].sharded == sharded
        assert best.moved >= 0.9 * min(best.sequential_bandwidth, now.moved)


def test_shards_in_order_are_what_the_crisis_is_compared_with() -> None:
    track = load_track("cloud_titan")
    best = in_order(track, PARTS["access"].baseline(track).settings)
    assert best.settings.format == "webdataset"
    assert best.settings.device == "object_store"


# --- steps on a time axis


def flow(io_time: float, preparing: Any, computing: Any, steps: Any) -> dict[str, Any]:
    """Play steps one event after another; return when each is read, prepared and computed.

    Each of the three hands a step on as soon as the next has room for it: a step may wait before
    the CPU while it works on another, and one may wait before the accelerators.
    """
    read, packed, computed = ([(0.0, 0.0)] * steps for _ in range(3))
    for step in range(steps):
        ready = read[step - 1][1] if step else 0.0
        free = packed[step - 1][0] if step else 0.0
        begin = max(ready, free)
        read[step] = (begin, begin + io_time)
        begin = max(
            read[step][1],
            packed[step - 1][1] if step else 0.0,
            computed[step - 1][0] if step else 0.0,
        )
        packed[step] = (begin, begin + preparing)
        begin = max(packed[step][1], computed[step - 1][1] if step else 0.0)
        computed[step] = (begin, begin + computing)
    return {"read": np.array(read), "prepare": np.array(packed), "compute": np.array(computed)}


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_a_timeline_is_what_three_workers_come_to_that_hand_steps_on(name: Any, part: Any) -> None:
    track = load_track(name)
    preparing = prepare_time(track)
    for outcome in positions(part, track, count=60):
        computing = outcome.steps["compute"]
        if 0.9 < outcome.io_time / computing < 1.02:
            continue  # would take very long to become steady
        line = timeline(outcome, preparing, 5 * computing)
        played = flow(outcome.io_time, preparing, computing, 200)
        origin = played["compute"][150, 0]
        for lane in ("prepare", "compute"):
            shown = played[lane][150 : 150 + len(line.spans[lane])] - origin
            np.testing.assert_allclose(line.spans[lane], shown, atol=1e-6 * line.period)
        reads = np.column_stack([line.spans["open"][:, 0], line.spans["read"][:, 1]])
        shown = played["read"][150 : 150 + len(reads)] - origin
        np.testing.assert_allclose(reads, shown, atol=1e-6 * line.period)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_no_two_segments_on_a_lane_overlap_and_steps_come_in_order(name: Any, part: Any) -> None:
    track = load_track(name)
    preparing, computing = prepare_time(track), track.node.compute_time
    for outcome in positions(part, track, count=300):
        line = timeline(outcome, preparing, 12 * computing)
        room = 1e-9 * line.period
        lanes = {
            "storage": [line.spans[item] for item in ("open", "wait", "read")],
            "CPU": [line.spans["prepare"]],
            "accelerators": [line.spans["compute"], line.spans["idle"]],
        }
        for lane in lanes.values():
            # step after step, and within a step one thing after another
            edges = np.stack(lane, axis=1).reshape(-1, 2)
            assert np.all(edges[:, 1] >= edges[:, 0] - room)
            assert np.all(edges[1:, 0] >= edges[:-1, 1] - room)
        spans = line.spans
        assert np.all(spans["prepare"][:, 0] >= spans["read"][:, 1] - room)
        begins = spans["compute"][1:, 0]
        ready = np.maximum(spans["prepare"][1:, 1], spans["compute"][:-1, 1])
        np.testing.assert_allclose(begins, ready, atol=room)
        for item, seconds in {**outcome.steps, "prepare": preparing}.items():
            assert np.diff(spans[item]) == pytest.approx(seconds, abs=room)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_period_is_the_slower_of_the_two_and_idling_is_what_is_left(
    name: Any, part: Any
) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=300):
        line = timeline(outcome, prepare_time(track), 3.0)
        assert line.period == max(outcome.io_time, outcome.steps["compute"])
        assert np.diff(line.spans["compute"][:, 0]) == pytest.approx(line.period)
        assert line.idle_share == pytest.approx(1 - outcome.utilization, abs=1e-9)
        assert line.spans["compute"][0, 0] == 0
        # the axis is covered on every lane
        assert line.spans["idle"][-1, 1] >= 3.0
        assert line.spans["read"][-1, 1] >= 3.0 or line.spans["open"][-1, 0] >= 3.0


def test_preparing_is_never_what_binds_and_is_refused_where_it_would() -> None:
    for name in TRACKS:
        track = load_track(name)
        assert prepare_time(track) < track.node.compute_time
    outcome = PARTS["access"].baseline(load_track("edge_guardian"))
    with pytest.raises(ValueError, match="preparing must not be slower"):
        timeline(outcome, 0.011, 1.0)
    with pytest.raises(ValueError, match="span must be"):
        timeline(outcome, 0.001, -1.0)


# --- where a curve turns


@pytest.mark.parametrize("device", load_devices())
@pytest.mark.parametrize("depth", [1, 4, 64, 1024])
def test_a_curve_runs_up_to_its_two_asymptotes_and_turns_where_they_meet(
    device: Any, depth: int
) -> None:
    device = load_device(device)
    requests, level = asymptotes(device, depth)
    tiny, huge = device_curve(device, np.array([1e-6, 1e18]), depth)
    assert tiny / 1e-6 == pytest.approx(requests, rel=1e-5)
    assert huge == pytest.approx(level, rel=1e-5)
    turn = turning_size(device, depth)
    assert requests * turn == pytest.approx(level)
    at_turn = device_curve(device, np.array([turn]), depth)[0]
    assert 0.49 * level < at_turn <= level * (1 + 1e-9)


@pytest.mark.parametrize("device", load_devices())
def test_a_turn_goes_from_latency_times_bandwidth_to_the_knee(device: Any) -> None:
    device = load_device(device)
    alone = half_bandwidth_request_size(device.latency, device.stream_bandwidth)
    assert turning_size(device, 1) == pytest.approx(alone)
    knee = knee_request_size(device.max_iops, device.bandwidth)
    assert turning_size(device, 1e12) == pytest.approx(knee, rel=1e-4)


# --- played orders


@pytest.mark.parametrize(("shard", "buffer"), [(20, 0), (20, 10), (20, 60), (3, 150), (20, 400)])
def test_a_played_order_is_moved_as_far_as_the_law_says(shard: int, buffer: int) -> None:
    samples = 400
    moved = [play_order(samples, shard, buffer, seed).displacement for seed in range(40)]
    law = shuffle_reach(FORMATS["webdataset"], True, samples, buffer)
    error = np.std(moved, ddof=1) / np.sqrt(len(moved))
    assert abs(np.mean(moved) - law) <= 4 * error + 0.004 * buffer


def test_single_files_are_moved_as_far_as_a_permutation_is() -> None:
    moved = [play_order(400, None, 0, seed).displacement for seed in range(40)]
    law = shuffle_reach(FORMATS["raw"], True, 400, 0)
    error = np.std(moved, ddof=1) / np.sqrt(len(moved))
    assert abs(np.mean(moved) - law) < 4 * error + 0.5


@pytest.mark.parametrize("shard", [None, 1, 7, 400])
@pytest.mark.parametrize("buffer", [0, 1, 13, 999])
def test_every_sample_is_read_and_used_once(shard: int | None, buffer: int) -> None:
    order = play_order(400, shard, buffer, 3)
    assert sorted(order.read) == sorted(order.used) == list(range(400))
    if buffer <= 1 and shard:
        np.testing.assert_array_equal(order.used, order.read)
    if shard:
        # one after another within a shard, whatever comes before it
        inside = np.arange(1, 400) % shard != 0
        assert np.all(np.diff(order.read)[inside] == 1)
    assert order.used.min() == 0
    if shard and buffer:
        # nothing leaves the buffer before it has come
        assert np.all(order.used >= order.read - buffer + 1)
