"""Curves, knees and sizes are the model's, and measurements those of the published tables."""

import csv
import re
from html import unescape
from importlib import resources
from itertools import combinations, pairwise
from typing import Any

import keys
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.devices import load_device
from storagelab.formats import FORMATS
from storagelab.parts import PARTS
from storagelab.parts.access.experiment import (
    asymptotes,
    device_curve,
    order_factor,
    turning_size,
)
from storagelab.tracks import TRACKS, load_track
from storagelab.units import (
    format_bandwidth,
    format_binary,
    format_count,
    format_share,
    significant,
)
from storagelab.widgets.instruments.iops_throughput import (
    IOPSThroughput,
    curves,
    depths,
    iops_throughput,
    measurements,
    request_sizes,
)
from storagelab.widgets.playback import Playback
from tests.widgets.benches import built, outcomes

EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ANY = given(st.data())


def published(table: Any) -> list[Any]:
    """Return the rows of a published table as they are in its file."""
    path = resources.files("storagelab") / "data" / "published" / f"{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def listed(instrument: Any) -> list[str]:
    """Return the head and the lines of the list of what order is worth."""
    items = re.findall(r"<(?:p|li)[^>]*>(.*?)</(?:p|li)>", instrument.factors.value)
    return [unescape(re.sub(r"<[^>]*>", "", item)) for item in items]


@EVERY_TRACK
@ANY
def test_the_curve_shows_every_device_and_the_present_point(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    shown = curves(track, outcome.settings.queue_depth)
    for device, rates in shown.items():
        np.testing.assert_array_equal(instrument.lines[device].y, rates)
        assert rates.shape == request_sizes(track).shape
    part = track.access
    devices = part.control("device").values if part.has_control("device") else [part.home]
    assert list(shown) == list(instrument.lines) == devices
    assert instrument.point.x[0] == outcome.request_bytes
    assert instrument.point.y[0] == max(outcome.bandwidth, instrument.low)


@EVERY_TRACK
@ANY
def test_every_point_and_curve_lies_between_the_ends_of_the_axes(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    x, y = (axis.scale for axis in instrument.figure.axes)
    marks = [instrument.point, instrument.knees, instrument.ground, *instrument.dots.values()]
    for mark in [*marks, *instrument.lines.values()]:
        assert np.all((np.asarray(mark.y) >= y.min) & (np.asarray(mark.y) <= y.max))
        # a request of whole samples is one byte short of 4 KiB, which isn't visible
        assert np.all((np.asarray(mark.x) > 0.99 * x.min) & (np.asarray(mark.x) <= x.max))


@EVERY_TRACK
@ANY
def test_the_regions_part_at_the_chosen_devices_knee_and_are_named(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    words = instrument.draw(outcome)
    device = load_track(name).access.device(outcome.settings.device)
    depth = outcome.settings.queue_depth
    scale = instrument.figure.axes[0].scale
    knee, low, high = turning_size(device, depth), scale.min, scale.max
    left, right = instrument.ground.x[0], instrument.ground.x[1]
    assert left.min() == low
    assert right.max() == pytest.approx(high)
    assert left.max() == right.min() == pytest.approx(min(max(knee, low), high))
    requests, bandwidth = (label.text[0] for label in instrument.names)
    few = depth / device.latency < device.max_iops
    assert ("latency-bound" in requests) == (knee > low and few)
    assert ("IOPS-bound" in requests) == (knee > low and not few)
    assert ("bandwidth" in bandwidth) == (knee < high)
    # the roof: the most requests that it answers, or the most bytes that it moves
    roof_x, roof_y = instrument.ground.x[2], instrument.ground.y[2]
    requests, level = asymptotes(device, depth)
    np.testing.assert_allclose(roof_y, np.minimum(requests * roof_x, level), rtol=1e-9)
    random = device_curve(device, request_sizes(load_track(name)), depth)
    roof = np.minimum(requests * request_sizes(load_track(name)), level)
    assert np.all(random <= roof * (1 + 1e-9))
    if "you are left of it" in words:
        assert outcome.request_bytes < knee
    if "you are right of it" in words:
        assert outcome.request_bytes >= knee
    if "you are at it" in words:
        assert outcome.request_bytes == pytest.approx(knee, rel=0.11)


@EVERY_TRACK
def test_a_deeper_queue_moves_every_knee_to_that_of_a_queue_without_end(name: str) -> None:
    """To the left, except where the share of a store's requests is less than one reader's bytes."""
    part, instrument = load_track(name).access, IOPSThroughput(load_track(name))
    ends = [device.bandwidth / device.max_iops for device in map(part.device, instrument.labels)]
    low, high = instrument.sizes[[0, -1]]
    at = [instrument._at(depth)[1] for depth in depths(load_track(name))]
    for (before, _, was), (after, _, seen) in pairwise(at):
        for start, stop, end, *shown in zip(before, after, ends, was, seen, strict=True):
            if all(shown) and low <= end <= high:
                assert abs(np.log(stop / end)) <= abs(np.log(start / end)) + 1e-9


@EVERY_TRACK
def test_a_deeper_queue_moves_every_curve_up(name: str) -> None:
    at = [curves(load_track(name), depth) for depth in depths(load_track(name))]
    for before, after in pairwise(at):
        for device, rates in before.items():
            assert np.all(after[device] >= rates * (1 - 1e-12))


@EVERY_TRACK
@ANY
def test_the_list_says_what_order_is_worth_to_each_device(name: str, data: Any) -> None:
    """At the present size and depth: the number that the conclusion asks for."""
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    settings = outcome.settings
    head, *lines = listed(instrument)
    assert format_binary(settings.request_size) in head
    assert f"{format_count(settings.queue_depth)} at a time" in head
    table = {row[0]: row for row in instrument.table(outcome).rows[:3]}
    assert table["in order"][1:3] == table["at random"][1:3]
    for place, (device, line) in enumerate(zip(instrument.labels, lines, strict=True)):
        label, _, times = line.rpartition(" ")
        assert label == instrument.labels[device]
        exact = order_factor(
            load_track(name).access.device(device), settings.request_size, settings.queue_depth
        )
        assert float(times.removesuffix("x").replace(",", "")) == pytest.approx(exact, rel=0.01)
        ordered, random = table["in order"][3 + place], table["at random"][3 + place]
        assert ordered / random == pytest.approx(exact)


@EVERY_TRACK
def test_the_number_that_is_asked_for_stands_in_the_list_and_not_in_the_words(name: str) -> None:
    track, part = load_track(name), PARTS["access"]
    asked = keys.compared(track, part)
    instrument = built(IOPSThroughput, name)
    instrument.update(asked)
    words = instrument.draw(asked)
    number = f"{significant(asked.order_factor)}x"
    assert f"{instrument.labels[asked.settings.device]} {number}" in listed(instrument)
    assert number not in words
    assert significant(asked.order_factor) not in re.findall(r"[\d.,]+\d", words)
    assert significant(asked.order_factor) not in re.findall(
        r"[\d.,]+\d", part.summary(track, asked)
    )


@EVERY_TRACK
def test_a_knee_is_in_the_legend_where_one_is_drawn(name: str) -> None:
    instrument = built(IOPSThroughput, name)
    drawn = any(mark is instrument.knees for mark in instrument.figure.marks)
    assert ("knee" in instrument.legend.value) == drawn
    scale = instrument.figure.axes[0].scale
    knees = {depth: instrument._at(depth)[1] for depth in depths(load_track(name))}
    for depth, (x, y, seen) in knees.items():
        for device, at, rate, shown in zip(instrument.lines, x, y, seen, strict=True):
            item = load_track(name).access.device(device)
            knee = turning_size(item, depth)
            assert bool(shown) == (scale.min <= knee <= scale.max)
            if shown:
                assert at == knee
                assert rate == device_curve(item, np.array([knee]), depth)[0]
    assert drawn == any(any(seen) for _, _, seen in knees.values())


@EVERY_TRACK
@ANY
def test_the_sizes_of_a_sample_and_of_a_request_stand_at_the_axis(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    words = instrument.draw(outcome)
    size = format_binary(track.dataset.sample_size)
    assert instrument.sample_size.text[0] == f"{track.terms.sample} {size}"
    assert set(instrument.sample.x) == {instrument.sample_size.x[0]} == {track.dataset.sample_size}
    carried = format_binary(outcome.request_bytes)
    assert instrument.request_size.text[0] == f"request {carried}"
    assert instrument.request_size.x[0] == outcome.request_bytes
    assert set(instrument.ground.x[3]) == {outcome.request_bytes}
    assert f"in requests of {carried}; a {track.terms.sample} has {size}" in words


@EVERY_TRACK
@ANY
def test_a_rate_below_the_figure_is_marked_and_said(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    words = instrument.draw(outcome)
    below = outcome.bandwidth < instrument.figure.axes[1].scale.min
    assert (instrument.point.marker == "triangle-down") == below
    assert ("below the figure" in words) == below


@EVERY_TRACK
@ANY
def test_what_is_read_ahead_isnt_said_to_be_bound_by_requests(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    words = built(IOPSThroughput, name).draw(outcome)
    device = load_track(name).access.device(outcome.settings.device)
    size = np.array([outcome.request_bytes])
    random = device_curve(device, size, outcome.settings.queue_depth)[0]
    above = outcome.moved > 1.05 * random
    assert ("read ahead" in words) == above
    assert ("requests per second bind" in words) <= (not above)
    assert ("latency of each request binds" in words) <= (not above)
    if outcome.ceilings["iops"] > 100 * outcome.supply and outcome.binding == "bandwidth":
        assert "requests per second bind" not in words


@EVERY_TRACK
@ANY
def test_what_the_device_moves_is_what_is_useful_and_what_is_not(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "access"))
    assert outcome.bandwidth <= outcome.moved * (1 + 1e-9)
    assert outcome.moved <= outcome.sequential_bandwidth * (1 + 1e-9)
    useful = outcome.bandwidth / outcome.moved
    words = built(IOPSThroughput, name).draw(outcome)
    assert "is needed" not in words or f"of which {format_share(useful)} is needed" in words
    density, part = load_track(name).access.density, FORMATS[outcome.settings.format]
    expected = part.useful if outcome.settings.shuffled else density
    sample = load_track(name).dataset.sample_size
    assert useful == pytest.approx(expected * sample / part.stored_size(sample))


# --- published measurements


@EVERY_TRACK
def test_measurements_are_drawn_where_a_track_has_a_device_of_their_kind(name: str) -> None:
    track, instrument = load_track(name), built(IOPSThroughput, name)
    part = track.access
    names = part.control("device").values if part.has_control("device") else [part.home]
    kinds = {load_device(str(device)).kind for device in names}
    assert bool(instrument.dots) == ("nvme" in kinds)
    for device in map(str, names):
        chosen = {"device": device} if part.has_control("device") else {}
        instrument.update(PARTS["access"].run(track, {**part.turned, **chosen}))
        of_its_kind = load_device(device).kind == "nvme"
        assert ("at the depth written" in instrument.legend.value) == of_its_kind
        for dots in instrument.dots:
            assert (dots in instrument.legend.value) == of_its_kind


@pytest.mark.parametrize("name", ["cloud_titan", "edge_guardian"])
def test_each_dot_is_its_row_of_the_published_table(name: str) -> None:
    instrument = built(IOPSThroughput, name)
    drawn = {
        (device, float(x), item.queue_depth): float(y)
        for device, mark in instrument.dots.items()
        for x, y, item in zip(mark.x, mark.y, instrument.measured[device], strict=True)
    }
    expected = {}
    drives = published("iops_at_depth")
    for row in (row for row in drives if row["device"] == drives[0]["device"]):
        assert "CrystalDiskMark" in row["source"]  # measured with random reads of 4 KiB
        assert "measured" in row["source"]
        for depth, rate in ((1.0, "iops_at_depth_1"), (float(row["queue_depth"]), "iops")):
            expected[row["device"], 4096.0, depth] = 4096 * float(row[rate])
    for row in published("flash_random_reads"):
        assert "32 threads" in row["source"]
        assert "measured" in row["source"]
        for size, rate in (
            ("known_size_B", "known_bandwidth_B_s"),
            ("size_B", "random_bandwidth_B_s"),
        ):
            expected[row["device"], float(row[size]), 32.0] = float(row[rate])
    assert drawn == pytest.approx(expected)


@pytest.mark.parametrize("name", ["cloud_titan", "edge_guardian"])
@ANY
def test_what_was_measured_is_seen_of_the_chosen_kind_alone_and_said_at_its_depth(
    name: str, data: Any
) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    words = instrument.draw(outcome)
    chosen = load_device(outcome.settings.device).kind == "nvme"
    matched = False
    assert any(instrument.depths.text) == chosen
    for device, items in measurements(load_track(name)).items():
        dots = instrument.dots[device]
        assert dots.visible == chosen
        told = instrument.hands.words[instrument.hands.named.index(dots)]
        for item, text in zip(items, told, strict=True):
            source = item.source.split(":")[0].split(",")[0]
            assert (format_bandwidth(item.bandwidth) in text) == chosen
            assert (f"queue depth {item.queue_depth:g} ({source})" in text) == chosen
            if chosen and item.queue_depth == outcome.settings.queue_depth:
                assert f"{format_bandwidth(item.bandwidth)} in requests of" in words
                assert source in words
                matched = True
    assert ("Measured at this depth" in words) == matched


@pytest.mark.parametrize("name", ["cloud_titan", "edge_guardian"])
def test_the_depths_of_the_measurements_never_lie_on_each_other(name: str) -> None:
    """In pixels of the narrowest figure: 300 for all rates and 220 for all sizes."""
    instrument = built(IOPSThroughput, name)
    (x, y) = (axis.scale for axis in instrument.figure.axes)
    label = instrument.depths
    boxes = []
    for size, rate, text in zip(label.x, label.y, instrument.depth_texts, strict=True):
        left = 220 * np.log(size / x.min) / np.log(x.max / x.min) + label.x_offset
        middle = 300 * np.log(rate / y.min) / np.log(y.max / y.min)
        blank = len(text) - len(text.lstrip("\u00a0"))
        boxes.append((left + 4 * blank, left + 4 * blank + 6 * (len(text) - blank), middle))
    for (left, right, middle), (other, end, height) in combinations(boxes, 2):
        assert right <= other or end <= left or abs(middle - height) >= 10


@EVERY_TRACK
@ANY
def test_the_point_says_where_it_is_and_that_a_request_may_carry_less_than_is_asked_for(
    name: str, data: Any
) -> None:
    outcome = data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    instrument.update(outcome)
    (said,) = instrument.hands.words[instrument.hands.named.index(instrument.point)]
    assert f"{format_bandwidth(outcome.bandwidth)} in requests of " in said
    assert format_binary(outcome.request_bytes) in said
    less = outcome.request_bytes < outcome.settings.request_size / 1.1
    assert (f"asked for: {format_binary(outcome.settings.request_size)}" in said) == less


@EVERY_TRACK
def test_no_more_than_a_decade_below_what_is_drawn_is_empty(name: str) -> None:
    instrument = built(IOPSThroughput, name)
    scale = instrument.figure.axes[1].scale
    ends = [
        curves(load_track(name), depth)
        for depth in depths(load_track(name))[:: len(depths(load_track(name))) - 1 or 1]
    ]
    rates = np.concatenate([curve for at in ends for curve in at.values()])
    assert 0 < np.log10(scale.max / rates.max()) < 1
    assert 0 < np.log10(rates.min() / scale.min) < 1.5


@EVERY_TRACK
@ANY
def test_the_table_has_the_point_the_knees_and_the_curves(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "access"))
    instrument = built(IOPSThroughput, name)
    table = instrument.table(outcome)
    you = table.rows[0]
    assert you[1] * 1024 == outcome.request_bytes
    column = 3 + list(instrument.labels).index(outcome.settings.device)
    assert you[column] * 1e6 == pytest.approx(outcome.bandwidth)
    drawn = [row for row in table.rows if row[0] == "curves"]
    shown = curves(track, outcome.settings.queue_depth)
    for index, device in enumerate(instrument.labels):
        np.testing.assert_allclose([row[3 + index] for row in drawn], shown[device] / 1e6)
    assert sum(row[0].startswith("measured") for row in table.rows) == sum(
        len(mark.x) for mark in instrument.dots.values()
    )


@pytest.mark.parametrize(
    ("name", "side", "says"),
    [
        ("cloud_titan", "IOPS-bound", "where requests per second bind"),
        ("mobile_nomad", "latency-bound", "where the latency of each request binds"),
    ],
)
def test_the_crisis_lies_left_of_the_knee_and_is_bound_by_what_the_key_says(
    name: str, side: str, says: str
) -> None:
    outcome = PARTS["access"].crisis(load_track(name))
    instrument = built(IOPSThroughput, name)
    assert f"you are left of it, {says}" in instrument.draw(outcome)
    assert side in instrument.names[0].text[0]
    assert outcome.binding in side.lower()


def test_the_picture_plays_without_a_kernel() -> None:
    box = iops_throughput(moving="queue_depth")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    assert len(playback.frames) == 11
