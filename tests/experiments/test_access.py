"""Part 1 over the whole slider space: limits hold, times add up, the lesson is there."""

from dataclasses import replace

import numpy as np
import pytest

from storagelab.access import roofline_bandwidth
from storagelab.devices import load_device, load_devices
from storagelab.experiments.access import AccessSettings, audit, device_curve
from storagelab.formats import FORMATS
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from tests.experiments.sliders import baseline_but, decisions, of_part, positions


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_supply_keeps_below_every_ceiling_and_every_share_is_one(name, part):
    for outcome in positions(part, load_track(name)):
        for ceiling in outcome.ceilings.values():
            assert 0 < outcome.supply <= ceiling * (1 + 1e-9)
        assert 0 < outcome.utilization <= 1
        assert outcome.bandwidth <= outcome.sequential_bandwidth * (1 + 1e-9)
        assert outcome.memory >= 0
        assert outcome.reach >= 0


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_storage_steps_sum_to_the_time_of_a_batch(name, part):
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
def test_what_binds_is_the_lowest_limit(name, part):
    for outcome in positions(part, load_track(name)):
        if outcome.binding == "compute":
            assert outcome.supply >= outcome.demand
            assert outcome.utilization == 1
        else:
            assert outcome.ceilings[outcome.binding] == min(outcome.ceilings.values())
            assert outcome.utilization < 1


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_more_requests_in_flight_and_stored_order_never_hurt_the_supply(name, part):
    track = load_track(name)
    for outcome in positions(part, track, count=400):
        settings = outcome.settings
        deeper = audit(track, replace(settings, queue_depth=2 * settings.queue_depth))
        assert deeper.supply >= outcome.supply * (1 - 1e-9)
        stored = audit(track, replace(settings, shuffled=False))
        assert stored.supply >= outcome.supply * (1 - 1e-9)
        assert stored.reach == 0
        buffered = audit(track, replace(settings, buffer=2 * settings.buffer))
        assert buffered.supply == outcome.supply
        assert buffered.reach >= outcome.reach


def test_one_object_at_a_time_and_endlessly_many_at_once_are_worked_by_hand():
    track = load_track("cloud_titan")
    settings = AccessSettings(
        shuffled=True, format="raw", device="object_store",
        request_size=2**20, queue_depth=1, buffer=0,
    )  # fmt: skip
    assert audit(track, settings).supply == pytest.approx(1 / (0.150 + 114660 / 90e6))
    assert audit(track, replace(settings, queue_depth=1e9)).supply == pytest.approx(5500, rel=1e-3)
    halved = replace(settings, queue_depth=1e9, request_size=65536)  # two requests a sample
    assert audit(track, halved).supply == pytest.approx(2750, rel=1e-3)
    disk = replace(settings, device="hdd")
    one = 12.7e-3 + 12.7e-3 + 114660 / 270e6  # open, seek, stream
    assert audit(track, disk).supply == pytest.approx(1 / one)
    stream = audit(track, replace(disk, shuffled=False))
    assert stream.bandwidth == pytest.approx(270e6)
    assert audit(track, replace(disk, queue_depth=1e9)).supply == pytest.approx(85, rel=1e-3)


def test_an_object_store_does_not_know_which_object_comes_next():
    """Stored order is worth nothing where nothing is read ahead."""
    track = load_track("cloud_titan")
    settings = AccessSettings(
        shuffled=True, format="raw", device="object_store",
        request_size=2**20, queue_depth=64, buffer=0,
    )  # fmt: skip
    assert audit(track, settings).supply == audit(track, replace(settings, shuffled=False)).supply


def test_no_raw_file_and_no_unbuffered_shard_meets_the_targets():
    """The lesson: large requests over shards for the rate, a buffer for the randomness."""
    met = [item.settings for item in decisions("cloud_titan", "access") if not item.unmet]
    assert {item.format for item in met} == {"tfrecord", "webdataset"}
    assert all(item.shuffled and item.buffer > 0 for item in met)
    assert min(item.request_size for item in met) >= 2**18


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_baseline_waits_for_storage_and_not_for_compute(name, part):
    outcome = part.baseline(load_track(name))
    assert outcome.binding != "compute"
    assert outcome.steps["wait"] > outcome.steps["compute"]


def test_shards_are_many_times_faster_than_random_files_on_the_home_device():
    track = load_track("cloud_titan")
    part = of_part("access")[0].values[1]
    crisis = part.baseline(track)
    shards = baseline_but(part, track, format="webdataset", request_size=2.0**26)
    assert shards.supply > 30 * crisis.supply
    assert crisis.supply < crisis.demand / 10


@pytest.mark.parametrize("device", load_devices())
@pytest.mark.parametrize("queue_depth", [1, 32, 4096])
def test_a_devices_curve_keeps_under_its_roofline_and_rises(device, queue_depth):
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
def test_settings_that_no_slider_has_are_refused(change, says):
    good = {
        "shuffled": True, "format": "raw", "device": "hdd",
        "request_size": 4096, "queue_depth": 1, "buffer": 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=says):
        AccessSettings(**{**good, **change})


def test_shards_and_a_buffer_buy_back_the_bandwidth_and_cost_reach_memory_and_a_start():
    """What the student has to see: the same device, the same shuffle switch, two ways to store."""
    track = load_track("cloud_titan")
    raw = audit(track, PARTS["access"].baseline(track).settings)
    sharded = audit(
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
