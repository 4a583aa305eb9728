"""Part 1 over the whole slider space: limits hold, times add up, the lesson is there."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import keys
import numpy as np
import pytest
from msgspec import structs

from storagelab.access import (
    half_bandwidth_request_size,
    knee_request_size,
    roofline_bandwidth,
)
from storagelab.devices import load_device, load_devices, load_flash
from storagelab.formats import FORMATS, shuffle_reach
from storagelab.parts import PARTS, si_values
from storagelab.parts.access.experiment import (
    asymptotes,
    device_curve,
    evaluate_access,
    in_order,
    late_quantiles,
    late_shares,
    order_factor,
    play_order,
    prepare_time,
    timeline,
    turning_size,
)
from storagelab.parts.access.settings import AccessSettings
from storagelab.parts.access.words import BINDING
from storagelab.queueing import deadline_misses, stall_tail
from storagelab.tracks import TRACKS, load_track
from storagelab.units import HOUR, format_binary
from tests.parts.sliders import decisions, least_cost, of_part, positions

DEVICES = load_devices()
FLASH = {name: load_flash().get(name) for name in DEVICES}


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
        if outcome.binding in ("compute", "stalls"):
            assert outcome.supply >= outcome.demand
            assert outcome.utilization == 1
            assert (outcome.binding == "stalls") == ("misses" in outcome.unmet)
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
        assert buffered.supply >= outcome.supply * (1 - 1e-9)
        assert buffered.reach >= outcome.reach


def test_one_object_at_a_time_and_endlessly_many_at_once_are_worked_by_hand() -> None:
    track = load_track("cloud_titan")
    settings = AccessSettings(
        shuffled=True, scattered_writes=False, format="raw", device="object_store",
        request_size=2**20, queue_depth=1, buffer=0,
    )  # fmt: skip
    assert evaluate_access(track, settings).supply == pytest.approx(1 / (0.150 + 114660 / 90e6))
    share = 64 * 5500 / track.checkpoint.nodes  # of 64 prefixes, for each node of the fleet
    assert evaluate_access(track, replace(settings, queue_depth=1e9)).supply == pytest.approx(
        share, rel=1e-3
    )
    halved = replace(settings, queue_depth=1e9, request_size=65536)  # two requests a sample
    assert evaluate_access(track, halved).supply == pytest.approx(share / 2, rel=1e-3)
    disk = replace(settings, device="hdd")
    one = 12.7e-3 + 12.7e-3 + 114660 / 270e6  # open, seek, stream
    assert evaluate_access(track, disk).supply == pytest.approx(1 / one)
    stream = evaluate_access(track, replace(disk, shuffled=False))
    assert stream.bandwidth == pytest.approx(270e6)
    assert evaluate_access(track, replace(disk, queue_depth=1e9)).supply == pytest.approx(
        85, rel=1e-3
    )


def test_a_shelf_answers_twelve_disks_requests_and_streams_twelve_disks_bytes() -> None:
    track = load_track("cloud_titan")
    settings = replace(PARTS["access"].crisis(track).settings, queue_depth=1e9)
    assert evaluate_access(track, settings).supply == pytest.approx(12 * 170, rel=1e-3)
    ordered = evaluate_access(track, replace(settings, shuffled=False))
    assert ordered.supply * (114660 + 8) == pytest.approx(12 * 270e6)
    # a shard in requests of 1 MiB is 170 of them a second and disk, a request of 64 MiB a stream
    shards = replace(settings, format="webdataset", request_size=2.0**20)
    stored = FORMATS["webdataset"].stored_size(114660)
    assert evaluate_access(track, shards).supply * stored == pytest.approx(2040 * 2**20, rel=1e-2)
    long = evaluate_access(track, replace(shards, request_size=2.0**26))
    assert long.supply * stored == pytest.approx(12 * 270e6, rel=1e-2)


def test_a_request_brings_no_more_than_there_is_room_for() -> None:
    """What a step needs now, and the buffer: a longer request of a serial flash gains nothing."""
    track = load_track("tiny_pioneer")
    start = replace(PARTS["access"].crisis(track).settings, format="segment", buffer=0.0)
    whole = evaluate_access(track, replace(start, request_size=3840.0))
    assert evaluate_access(track, replace(start, request_size=7680.0)).supply == whole.supply
    room = replace(start, request_size=7680.0, buffer=40.0)
    assert evaluate_access(track, room).supply > whole.supply


def test_an_object_store_does_not_know_which_object_comes_next() -> None:
    """Stored order is worth nothing where nothing is read ahead."""
    track = load_track("cloud_titan")
    settings = AccessSettings(
        shuffled=True, scattered_writes=False, format="raw", device="object_store",
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


# --- the turn: in order the consumer is fed, and the other order is the crisis


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_in_order_the_consumer_is_fed(name: Any, part: Any) -> None:
    start = part.baseline(load_track(name))
    assert not {"utilization", "misses", "skips"} & set(start.unmet)
    assert start.utilization == 1
    assert start.misses == 0


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_turn_makes_a_wait_ten_times_longer_and_misses_a_target(name: Any, part: Any) -> None:
    """A bar of the waterfall: for the first byte, or behind a write."""
    track = load_track(name)
    start, crisis = part.baseline(track), part.crisis(track)
    assert part.of(track).turn
    assert {"utilization", "misses"} & set(crisis.unmet)
    bar = "blocked" if crisis.binding == "stalls" else "wait"
    assert crisis.steps[bar] >= 10 * start.steps[bar]
    # and it is to be seen: a good part of a step, which it was not before
    assert crisis.steps[bar] >= 0.15 * track.node.compute_time
    assert start.steps[bar] <= 0.02 * track.node.compute_time


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_nothing_turns_but_an_order(name: Any, part: Any) -> None:
    track = load_track(name)
    start, crisis = part.baseline(track).settings, part.crisis(track).settings
    changed = {key for key, value in si_values(crisis).items() if si_values(start)[key] != value}
    assert len(changed) == 1
    assert changed <= {"shuffled", "scattered_writes"}
    (control,) = [item for item in part.of(track).controls if item.name in changed]
    assert control.kind == "switch"
    assert "in order" in control.label_of(False)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_what_is_named_as_binding_in_the_crisis_is_the_right_option(name: Any, part: Any) -> None:
    track = load_track(name)
    crisis, key = part.crisis(track), keys.access_key(track)
    right = part.of(track).question.option(key["prediction"])
    assert crisis.binding in (right.id, right.means)
    # the screen says so in words of its own, and of the other limits it says nothing
    said = {name: f"What binds is {words}." for name, words in BINDING.items()}
    shown = part.summary(track, crisis)
    assert [name for name, sentence in said.items() if sentence in shown] == [crisis.binding]


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_what_binds_in_the_crisis_is_cured_by_more_of_that_alone(name: Any, part: Any) -> None:
    """An independent reading of the key: lift one limit after the other, and see which helps."""
    track = load_track(name)
    crisis = part.crisis(track)
    if crisis.binding == "stalls":
        quiet = evaluate_access(altered(name, writes=0.0), crisis.settings)
        assert quiet.misses == 0
        assert not {"utilization", "misses"} & set(quiet.unmet)
        return
    helped = {
        limit: crisis.ceilings[limit] < min(crisis.demand, *others)
        for limit in crisis.ceilings
        if (others := [rate for key, rate in crisis.ceilings.items() if key != limit])
    }
    assert [limit for limit, helps in helped.items() if helps] == [crisis.binding]


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_no_least_cost_lies_at_a_sliders_end(name: Any, part: Any) -> None:
    track = load_track(name)
    best = keys.as_decision(track, part, least_cost(name, "access"))
    for control in part.of(track).controls:
        if control.decided and control.kind == "scale":
            assert best[control.answer] not in (control.values[0], control.values[-1]), control.name


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_good_engineering_is_many_decisions_and_not_one(name: Any, part: Any) -> None:
    """Within a quarter of the least cost, or three hundredths of what the crisis costs."""
    least, crisis = least_cost(name, "access").cost, part.crisis(load_track(name)).cost
    outcomes = decisions(name, "access")
    free = least + max(0.25 * least, 0.03 * crisis)
    good = [item for item in outcomes if not item.unmet and item.cost <= free]
    assert len(good) >= 0.02 * len(outcomes)
    # but not the largest of everything, which is bought without a thought
    assert outcomes[-1].unmet or outcomes[-1].cost > free
    # and more than one way leads there: neither one format nor one setting of any slider
    settings = [si_values(item.settings) for item in good]
    for control in part.of(load_track(name)).controls:
        if control.decided and control.kind == "scale":
            assert len({chosen[control.name] for chosen in settings}) >= 3, control.name


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
        "shuffled": True, "scattered_writes": False, "format": "raw", "device": "hdd",
        "request_size": 4096, "queue_depth": 1, "buffer": 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=says):
        AccessSettings(**{**good, **change})


def test_shards_and_a_buffer_buy_back_the_bandwidth_and_cost_reach_memory_and_a_start() -> None:
    """What the student has to see: the same device, the same shuffle switch, two ways to store."""
    track = load_track("cloud_titan")
    single = PARTS["access"].crisis(track)
    raw = evaluate_access(track, replace(single.settings, format="raw"))
    sharded = evaluate_access(
        track,
        replace(
            raw.settings, format="webdataset", request_size=8e6, queue_depth=64.0, buffer=10000.0
        ),
    )
    # an open beside each read halves what single records get
    assert raw.kept < 0.6 * single.kept < 0.05
    assert sharded.kept > 15 * single.kept
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
def test_small_writes_all_over_an_ssd_are_multiplied_and_a_log_is_not(name: Any, part: Any) -> None:
    """By what the drive's own spare room makes of it, however the reads lie."""
    track = load_track(name)
    for outcome in positions(part, track, count=400):
        scattered = outcome.settings.scattered_writes
        device, flash = (table[outcome.settings.device] for table in (DEVICES, FLASH))
        if flash is not None and flash.cells == "nor":
            continue
        amplification = 1.0
        if scattered and flash is not None:
            amplification = 1 / (1 - live_share(1 + flash.over_provisioning))
        share = track.access.writes * amplification / device.write_bandwidth
        assert outcome.stall_fraction == pytest.approx(min(0.98, share), rel=1e-6)
        if track.access.writes:
            assert outcome.stall_time == (device.stall if scattered else device.pause)


def test_a_drives_spare_room_is_its_own() -> None:
    amplification = {
        name: 1 / (1 - live_share(1 + flash.over_provisioning))
        for name, flash in FLASH.items()
        if flash is not None and flash.cells == "nand"
    }
    assert amplification["nvme"] == pytest.approx(4.1, rel=0.02)
    assert amplification["sata_ssd"] == pytest.approx(5.7, rel=0.02)
    assert min(amplification.values()) == amplification["nvme"]


class Nor:
    """Raw NOR flash, bit by bit: programming clears bits, an erase sets those of a sector."""

    def __init__(self, flash: Any, sectors: int) -> None:
        self.flash, self.busy = flash, 0.0
        self.cells = np.full(int(flash.sector) * sectors, 0xFF, dtype=np.uint8)

    def erase(self, sector: int) -> None:
        size = int(self.flash.sector)
        self.cells[sector * size : (sector + 1) * size] = 0xFF
        self.busy += self.flash.sector_time

    def program(self, at: int, data: Any) -> None:
        """Program ``data`` page by page; whoever wants a bit set gets what he deserves."""
        page = int(self.flash.page)
        for begin in range(at // page * page, at + len(data), page):
            low, high = max(at, begin), min(at + len(data), begin + page)
            self.cells[low:high] &= data[low - at : high - at]
            self.busy += self.flash.page_time

    def update(self, at: int, data: Any) -> None:
        """Put a record into its old place: read its sector, erase it, and program all of it."""
        size = int(self.flash.sector)
        sector = at // size
        held = self.cells[sector * size : (sector + 1) * size].copy()
        held[at % size : at % size + len(data)] = data
        self.erase(sector)
        self.program(sector * size, held)
        np.testing.assert_array_equal(self.cells[at : at + len(data)], data)


@pytest.mark.parametrize("scattered", [False, True])
@pytest.mark.parametrize("erased_ahead", [False, True])
@pytest.mark.parametrize("memory", ["spi_nor", "spi_nor_quad"])
def test_records_on_raw_nor_keep_it_busy_as_on_a_chip_that_is_played(
    scattered: bool, erased_ahead: bool, memory: str
) -> None:
    track = altered("tiny_pioneer", erased_ahead=erased_ahead)
    part, flash = track.access, FLASH[memory]
    generator, records, size = np.random.default_rng(6), 1024, int(part.write_size)
    chip = Nor(flash, 8)
    for index in range(records):
        data = generator.integers(0, 256, size, dtype=np.uint8)
        if scattered:
            chip.update(int(generator.integers(64)) * size, data)
            continue
        at = index * size
        if not erased_ahead and at % int(flash.sector) == 0:
            chip.erase(at // int(flash.sector))
        chip.program(at, data)
        np.testing.assert_array_equal(chip.cells[at : at + size], data)
    seconds = records * size / part.writes
    settings = replace(
        PARTS["access"].crisis(track).settings, device=memory, scattered_writes=scattered
    )
    outcome = evaluate_access(track, settings)
    assert outcome.stall_fraction == pytest.approx(chip.busy / seconds, rel=1e-9)


def test_a_day_of_records_fits_into_sectors_that_were_erased_beforehand() -> None:
    """16 hours of wear: less than half of the small chip's megabyte."""
    part = load_track("tiny_pioneer").access
    assert part.erased_ahead
    assert part.writes * 16 * HOUR < 0.5 * 2**20
    assert part.write_size / part.writes == 2  # a record every two seconds, as the crisis says


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_how_the_reads_lie_is_nothing_to_the_writes(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=100):
        for file_format in FORMATS:
            other = evaluate_access(track, replace(outcome.settings, format=file_format))
            assert other.stall_fraction == outcome.stall_fraction
            assert other.stall_time == outcome.stall_time


@pytest.mark.parametrize("name", [name for name in TRACKS if load_track(name).access.writes])
def test_the_mean_wait_behind_a_write_is_that_of_moments_that_are_played(name: str) -> None:
    outcome = PARTS["access"].crisis(load_track(name))
    period = outcome.stall_time / outcome.stall_fraction
    moments = np.random.default_rng(8).uniform(0, period, 400_000)
    waits = np.maximum(0.0, outcome.stall_time - moments)
    assert outcome.steps["blocked"] == pytest.approx(waits.mean(), rel=0.03)


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
    settings = PARTS["access"].crisis(track).settings
    deep = replace(settings, queue_depth=64.0, buffer=0.0)
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
        shuffled=False, scattered_writes=False, format=file_format, device="ufs_4",
        request_size=2.0**20, queue_depth=64, buffer=0,
    )  # fmt: skip
    outcome = evaluate_access(track, settings)
    stored = FORMATS[file_format].stored_size(track.dataset.sample_size)
    per_sample = load_device("ufs_4").bandwidth / outcome.ceilings["bandwidth"]
    assert per_sample == pytest.approx(stored / density)


def test_reading_only_what_is_needed_does_not_care_how_much_that_is() -> None:
    settings = PARTS["access"].crisis(load_track("mobile_nomad")).settings
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


def test_only_the_object_store_charges_for_requests_where_a_track_says_so() -> None:
    track = load_track("cloud_titan")
    settings = PARTS["access"].crisis(track).settings
    assert evaluate_access(track, settings).costs["requests"] == 0
    store = evaluate_access(track, replace(settings, device="object_store"))
    month = store.supply * track.currency.period  # a request for each sample
    assert store.costs["requests"] == pytest.approx(month * 0.0004 / 1000)


def test_a_sample_in_two_requests_is_charged_twice() -> None:
    track = load_track("mobile_nomad")
    settings = replace(
        PARTS["access"].crisis(track).settings, queue_depth=4096.0, request_size=8192.0,
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
            "skips": content.skip_time is not None and outcome.skips > content.skips_limit,
            "budget": content.budget is not None and outcome.cost > content.budget,
        }
        assert outcome.unmet == tuple(limit for limit, is_beyond in beyond.items() if is_beyond)


def test_a_budget_or_a_limit_of_exactly_what_comes_is_met() -> None:
    outcome = PARTS["access"].crisis(load_track("edge_guardian"))
    exact = altered("edge_guardian", budget=outcome.cost, misses_limit=outcome.misses)
    assert evaluate_access(exact, outcome.settings).unmet == ()
    tight = altered("edge_guardian", budget=outcome.cost * 0.999, misses_limit=0.0)
    assert evaluate_access(tight, outcome.settings).unmet == ("misses", "budget")
    none = altered("edge_guardian", budget=None, misses_limit=None)
    assert evaluate_access(none, outcome.settings).unmet == ()


# --- the lessons of the other tracks


def test_a_van_keeps_its_deadline_with_what_it_reads_ahead() -> None:
    """In time on average from the start; what counts is the log's writes in the tail."""
    crisis = PARTS["access"].crisis(load_track("edge_guardian"))
    assert crisis.utilization == 1
    assert crisis.io_time < 0.2 * crisis.steps["compute"]
    outcomes = decisions("edge_guardian", "access")
    assert all(item.settings.scattered_writes for item in outcomes)
    met = [item for item in outcomes if not item.unmet]
    assert min(item.settings.buffer for item in met) > 0
    # eMMC can't keep up with the log, and no drive of a data centre is on offer
    assert "emmc" not in {item.settings.device for item in met}
    cheapest = min(item.cost for item in met)
    assert "nvme_auto" not in {item.settings.device for item in met if item.cost < 1.5 * cheapest}


def test_glasses_in_order_are_fed_and_too_hot_and_a_queue_or_bundles_are_the_way_out() -> None:
    outcomes = decisions("mobile_nomad", "access")
    ordered = [item for item in outcomes if not item.settings.shuffled]
    assert max(item.utilization for item in ordered) == 1
    assert all("budget" in item.unmet for item in ordered)
    met = [item for item in outcomes if not item.unmet]
    assert {item.settings.format for item in met} == {"row", "bundle"}
    assert min(item.settings.queue_depth for item in met if item.settings.format == "row") > 4
    assert min(item.settings.buffer for item in met) > 0
    cheapest = {
        name: min(item.cost for item in met if item.settings.format == name)
        for name in ("row", "bundle")
    }
    assert cheapest["bundle"] < cheapest["row"]


def shown_gaps(io_time: float, slack: float, waits: Any, period: float) -> Any:
    """Return how long each step's successor keeps it on the screen, shown at a clock's ticks."""
    if io_time <= period:  # data is there before its tick by the slack, or late
        late = np.maximum(0.0, waits - slack)
        return (1 + np.ceil(late / period * (1 - 1e-9))) * period
    return np.ceil((io_time + waits) / period * (1 - 1e-9)) * period


def test_a_skip_is_three_ticks_of_the_screen_without_a_new_frame() -> None:
    track, part = load_track("mobile_nomad"), PARTS["access"]
    period, skip = track.node.compute_time, track.access.skip_time
    assert skip is not None
    assert skip == pytest.approx(3 * period, rel=1e-5)
    # stalls of 60 ms would be skips: the flash's own of 15 ms are late frames and no more
    generator, seen = np.random.default_rng(11), set()
    for outcome in positions(part, track, count=300, seed=7):
        stalled = outcome.stall_time / outcome.stall_fraction
        moments = generator.uniform(0, stalled, 100_000)
        waits = np.maximum(0.0, outcome.stall_time - moments)
        gaps = shown_gaps(outcome.io_time, outcome.slack, waits, period)
        played = np.mean(gaps >= 0.999 * skip) * HOUR / max(period, outcome.io_time)
        assert outcome.skips == pytest.approx(played, rel=0.1, abs=2e-3 * HOUR / period)
        seen.add(bool(played))
    assert seen == {False, True}
    assert part.crisis(track).skips > 50_000


def test_no_reserve_and_no_layout_saves_the_hearable_that_cannot_suspend_an_erase() -> None:
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
    outcome = PARTS["access"].crisis(load_track("edge_guardian"))
    period = outcome.stall_time / outcome.stall_fraction
    moments = np.random.default_rng(4).uniform(0, period, 400_000)
    reads = outcome.io_time + np.maximum(0.0, outcome.stall_time - moments)
    levels = np.array([0.95, 0.99, 0.999])
    assert late_quantiles(outcome, levels) == pytest.approx(np.quantile(reads, levels), rel=5e-3)


# --- the same settings in order


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_in_order_is_the_present_settings_with_the_turn_turned_back(name: Any, part: Any) -> None:
    track = load_track(name)
    start = si_values(part.baseline(track).settings)
    turned = list(part.of(track).to_si(part.of(track).turn))
    for now in positions(part, track, count=100):
        best = si_values(in_order(track, now.settings).settings)
        assert best == {**si_values(now.settings), **{key: start[key] for key in turned}}
    assert in_order(track, part.crisis(track).settings) == part.baseline(track)


# --- in order against at random, like for like


def factor(name: str, size: float, depth: float) -> float:
    return order_factor(load_device(name), size, depth)


@pytest.mark.parametrize(
    ("device", "size", "depth", "times"),
    [
        # one stream of 90 MB/s, against one reader who waits 150 ms for each sample
        ("object_store", 114660, 1, 90e6 * 0.150 / 114660 + 1),
        # 270 MB/s against a seek and half a turn for each page: 838 times
        ("hdd", 4096, 1, 270e6 * 12.7e-3 / 4096 + 1),
        ("nvme", 4096, 1, 7e9 * 69e-6 / 4096 + 1),
        # at full depth flash answers 1.6 million pages a second, which is nearly all it moves
        ("nvme", 4096, 1e9, 7e9 / (1.6e6 * 4096)),
        # twelve disks in order, against the one that answers a single request
        ("hdd_shelf", 4096, 1, 12 * 270e6 * (12.7e-3 + 4096 / 270e6) / 4096),
        # a serial flash has 40 ticks of command before 32 bytes of 8 ticks each
        ("spi_nor", 32, 1, (40 + 32 * 8) / (32 * 8)),
    ],
)
def test_the_factor_of_order_is_worked_by_hand(
    device: str, size: float, depth: float, times: float
) -> None:
    assert factor(device, size, depth) == pytest.approx(times, rel=0.01)


def test_a_hundred_times_holds_for_some_devices_and_sizes_and_not_for_others() -> None:
    assert factor("object_store", 114660, 1) == pytest.approx(119, abs=1)
    assert factor("nvme", 4096, 1) == pytest.approx(119, abs=1)
    assert factor("hdd", 4096, 1) > 800
    assert factor("nvme", 4096, 1e6) == pytest.approx(1.07, abs=0.01)
    assert factor("hdd", 64e6, 1) < 1.1


@pytest.mark.parametrize("device", load_devices())
def test_order_never_hurts_and_is_worth_less_the_larger_or_the_more_the_requests(
    device: str,
) -> None:
    sizes = np.geomspace(16, 2**30, 40)
    for depth in (1, 4, 64, 1024):
        factors = [factor(device, float(size), depth) for size in sizes]
        assert min(factors) >= 1 - 1e-9
        assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(factors))
        assert factors[-1] == pytest.approx(1, abs=0.05) or depth < 1024
    if load_device(device).read_ahead == "yes":
        deeper = [factor(device, 4096, depth) for depth in (1, 2, 8, 64, 4096)]
        assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(deeper))


def test_the_factor_is_that_of_readers_who_are_played() -> None:
    """Reads one after the other, each with its latency, against one stream of the same bytes."""
    device, size, reads = load_device("object_store"), 131072.0, 500
    at_random = sum(device.latency + size / device.stream_bandwidth for _ in range(reads))
    in_one = device.latency + reads * size / device.stream_bandwidth
    assert factor("object_store", size, 1) == pytest.approx(at_random / in_one, rel=0.25)
    # the longer the stream, the less its own first byte counts
    reads = 100_000
    in_one = device.latency + reads * size / device.stream_bandwidth
    played = reads * (device.latency + size / device.stream_bandwidth) / in_one
    assert factor("object_store", size, 1) == pytest.approx(played, rel=2e-3)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_number_that_is_asked_for_is_the_factor_of_the_device_that_is_named(
    name: Any, part: Any
) -> None:
    track = load_track(name)
    content = part.of(track)
    settings = keys.compared(track, part).settings
    assert settings.queue_depth == 1
    asked = keys.access_key(track)["number"]
    assert asked == factor(settings.device, settings.request_size, 1)
    assert "one request of" in content.compare_words
    assert format_binary(settings.request_size).replace(" B", " bytes") in content.compare_words
    # who only reads off what is there at the start is wrong
    assert abs(part.crisis(track).order_factor / asked - 1) > 0.1


# --- what stands above the lock, and beside the workbench


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_nothing_above_the_lock_gives_its_answer_or_the_number_away(name: Any, part: Any) -> None:
    track = load_track(name)
    content = part.of(track)
    key = keys.access_key(track)
    right = content.question.option(key["prediction"])
    above = [content.crisis, content.question.text]
    seen = [
        *above,
        content.look,
        content.task,
        content.compare_words,
        *(option.text for option in content.question.options),
        *(text for preset in content.presets for text in (preset.label, preset.words)),
    ]
    for text in seen:
        told = part.words(track, text)
        for number in re.findall(r"\d[\d,]*(?:\.\d+)?", told):
            assert abs(float(number.replace(",", "")) / key["number"] - 1) > 0.1, told
    for text in [*above, content.look, *(preset.label for preset in content.presets)]:
        told = part.words(track, text).lower()
        for said in (right.belief, part.words(track, right.text), BINDING[key_of(right)]):
            assert said.lower() not in told
    for word in ("something else", "bottleneck", "binds", "limit is", "garbage", "outstanding"):
        assert word not in " ".join(part.words(track, text).lower() for text in above)


def key_of(option: Any) -> str:
    return option.means or option.id


def test_the_right_option_stands_elsewhere_in_every_track() -> None:
    places = set()
    for name in TRACKS:
        options = [item.id for item in load_track(name).access.question.options]
        places.add(options.index(keys.access_key(load_track(name))["prediction"]))
    assert len(places) == len(TRACKS)


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_no_option_is_the_only_one_of_its_length(name: Any, part: Any) -> None:
    """Who knows nothing can't tell the right one by how it looks."""
    track = load_track(name)
    content = part.of(track)
    right = keys.access_key(track)["prediction"]
    words = {
        item.id: len(part.words(track, item.text).split()) for item in content.question.options
    }
    assert min(words.values()) <= words[right] <= max(words.values())
    assert max(words.values()) <= 14
    others = [count for option, count in words.items() if option != right]
    assert not all(count < words[right] for count in others) or max(others) >= words[right] - 2


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
        storage = outcome.io_time + outcome.steps["blocked"]
        if outcome.io_time <= 1.02 * computing and storage > 0.9 * computing:
            continue  # would take very long to become steady
        line = timeline(outcome, preparing, 5 * computing)
        held = float(np.diff(line.spans["blocked"][0])[0])
        assert held == pytest.approx(
            min(outcome.steps["blocked"], line.period - outcome.io_time), abs=1e-12
        )
        played = flow(held + outcome.io_time, preparing, computing, 200)
        origin = played["compute"][150, 0]
        for lane in ("prepare", "compute"):
            shown = played[lane][150 : 150 + len(line.spans[lane])] - origin
            np.testing.assert_allclose(line.spans[lane], shown, atol=1e-6 * line.period)
        reads = np.column_stack([line.spans["blocked"][:, 0], line.spans["read"][:, 1]])
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
            "storage": [line.spans[item] for item in ("blocked", "open", "wait", "read")],
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
        drawn = {**outcome.steps, "prepare": preparing}
        drawn["blocked"] = min(drawn["blocked"], line.period - outcome.io_time)
        for item, seconds in drawn.items():
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
