"""The Sankey conserves bytes at every node, also in the shapes that it draws."""

import itertools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import bandwidth_unit, format_bandwidth, format_bytes
from storagelab.widgets.flow_marks import MOST, FlowMarks, mark_size
from storagelab.widgets.instruments.sankey import (
    CACHE,
    CONSUMER,
    EDGES,
    FLOWS,
    HALF,
    HEIGHT,
    MEMORY,
    ROW,
    STORE,
    THIN,
    DataFlowSankey,
    bands,
    data_flow_sankey,
    names,
)
from storagelab.widgets.playback import Playback
from tests.widgets.benches import built, outcomes

ANY = given(st.data())
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
ONE = 1e-9


def shown(name: str, data: Any) -> tuple[Any, Any, Any]:
    """Return any outcome, one of its epochs, and the instrument that shows it."""
    track, outcome = load_track(name), data.draw(outcomes(name, "pipeline"))
    sankey = built(DataFlowSankey, name)
    cold = track.pipeline.cold_start and data.draw(st.booleans())
    sankey.outcome = outcome
    if track.pipeline.cold_start:
        sankey.epochs.value = "cold" if cold else "warm"
    sankey.update(outcome)
    return outcome, outcome.cold if cold else outcome.warm, sankey


def edge(sankey: Any, band: Any, x: Any) -> Any:
    """Return a drawn shape's lower and upper end at ``x``, or None if it has none there."""
    index = sankey.shapes.labels.index(band)
    at = np.abs(sankey.shapes.x[index] - x) < ONE
    ys = sankey.shapes.y[index][at]
    return (ys.min(), ys.max()) if at.any() else None


def width(sankey: Any, band: Any, x: Any) -> Any:
    ends = edge(sankey, band, x)
    return 0.0 if ends is None else ends[1] - ends[0]


@EVERY_TRACK
@ANY
def test_the_drawn_shapes_conserve_bytes_at_every_node(name: str, data: Any) -> None:
    outcome, epoch, sankey = shown(name, data)
    track = load_track(name)
    demand = outcome.demand
    rate, link, hits = (epoch.flows[key] / demand for key in ("accelerators", "link", "hits"))
    into = sum(width(sankey, band, MEMORY - HALF) for band in ("link", "hits", "held"))
    assert width(sankey, "held", MEMORY - HALF) == pytest.approx(epoch.flows["memory"] / demand)
    asked = outcome.demand / demand
    out = width(sankey, "accelerators", MEMORY + HALF)
    assert into == pytest.approx(out) == pytest.approx(rate)
    assert width(sankey, "memory", MEMORY - HALF) == pytest.approx(out)
    assert width(sankey, "accelerators", CONSUMER - HALF) == pytest.approx(rate)
    assert width(sankey, "consumer", CONSUMER - HALF) == pytest.approx(asked)
    missing = float(np.ptp(sankey.missing.y))
    assert missing == pytest.approx(asked - rate, abs=1e-8)
    assert width(sankey, "link", STORE + HALF) == pytest.approx(link)
    assert width(sankey, "hits", CACHE + HALF) == pytest.approx(hits)
    if track.pipeline.is_log:
        kept = width(sankey, "fill", STORE + HALF)
        assert width(sankey, "link", STORE + HALF) + kept + missing == pytest.approx(asked)
        assert width(sankey, "store", STORE + HALF) == pytest.approx(asked)
        assert width(sankey, "fill", CACHE - HALF) == pytest.approx(kept) == pytest.approx(hits)
    else:
        fill = epoch.flows["fill"] / demand
        assert width(sankey, "fill", CACHE - HALF) == pytest.approx(fill)
        assert width(sankey, "store", STORE + HALF) == pytest.approx(link)
    held = width(sankey, "cache", CACHE + HALF)
    assert held == pytest.approx(max(hits, epoch.flows["fill"] / demand))


@EVERY_TRACK
@ANY
def test_bands_lie_on_one_another_without_a_gap(name: str, data: Any) -> None:
    _, epoch, sankey = shown(name, data)
    link, hits = edge(sankey, "link", MEMORY - HALF), edge(sankey, "hits", MEMORY - HALF)
    out = edge(sankey, "accelerators", MEMORY + HALF)
    assert out[0] == 0
    held = edge(sankey, "held", MEMORY - HALF)
    ends = [item for item in (link, hits, held) if item]
    assert ends[0][0] == 0
    assert ends[-1][1] == pytest.approx(out[1])
    for lower, upper in itertools.pairwise(ends):
        assert lower[1] == pytest.approx(upper[0])
    assert (held is not None) == (epoch.flows["memory"] > 0)
    assert (link is not None) == (epoch.flows["link"] > 0)
    assert (hits is not None) == (epoch.flows["hits"] > 0)


@EVERY_TRACK
@ANY
def test_a_band_is_as_wide_all_along_as_its_bytes(name: str, data: Any) -> None:
    outcome, epoch, sankey = shown(name, data)
    for band, flow in bands(load_track(name), outcome, epoch).items():
        if band not in sankey.shapes.labels:
            continue
        y = sankey.shapes.y[sankey.shapes.labels.index(band)]
        half = len(y) // 2
        np.testing.assert_allclose(
            y[half:][::-1] - y[:half],
            flow.rate / outcome.demand,
            rtol=1e-9,
            atol=1e-12,
        )


@EVERY_TRACK
@ANY
def test_what_binds_is_outlined_and_named_once(name: str, data: Any) -> None:
    _, epoch, sankey = shown(name, data)
    through = "hits" if epoch.flows["hits"] else "fill"
    binds = {
        "link": "link", "nvme": through, "prepare": "accelerators", "compute": "consumer",
    }[epoch.binding]  # fmt: skip
    index = sankey.shapes.labels.index(binds)
    for at, drawn in ((sankey.mark.x, sankey.shapes.x), (sankey.mark.y, sankey.shapes.y)):
        assert (min(at), max(at)) == (drawn[index].min(), drawn[index].max())
    (word,) = sankey.word.text
    assert ("bottleneck" in word) == (epoch.binding != "compute")


@EVERY_TRACK
@ANY
def test_the_rates_are_written_and_said(name: str, data: Any) -> None:
    outcome, epoch, sankey = shown(name, data)
    track, words = load_track(name), sankey.draw(outcome)
    link, arrives, cache, missing, memory = sankey.texts.text
    assert link.endswith(f"{track.terms.link} {format_bandwidth(epoch.flows['link'])}")
    assert format_bandwidth(epoch.rate) in arrives.partition(" of ")[0]
    starved = outcome.demand - epoch.rate
    some = starved > 1e-9 * outcome.demand
    assert (format_bandwidth(starved) in missing) == some
    assert missing.startswith("nothing") == (not some)
    for flow in ("link", "hits", "accelerators"):
        assert format_bandwidth(epoch.flows[flow]) in words
    assert names(track).share in words
    in_memory = format_bandwidth(epoch.flows["memory"])
    assert (in_memory in memory) == (epoch.flows["memory"] > 0)
    said = f"{in_memory} are in the {track.terms.memory}" in words
    assert said == (track.pipeline.has_control("memory") and epoch is outcome.warm)
    held = max(epoch.flows["hits"], epoch.flows["fill"])
    assert (format_bandwidth(held) in cache) == (held > 0)


def test_a_log_keeps_and_loses_where_a_cache_hits_and_starves() -> None:
    said = {}
    for name in TRACKS:
        sankey = DataFlowSankey(load_track(name))
        words = sankey.draw(PARTS["pipeline"].baseline(load_track(name)))
        said[name] = " ".join([words, sankey.legend.value, *sankey.texts.text])
    for name, text in said.items():
        log = name == "edge_guardian"
        assert ("lost" in text) == ("kept" in text) == log
        assert bool(re.search(r"\bhits?\b", text)) == ("missing" in text) == (not log)


@EVERY_TRACK
@ANY
def test_the_table_has_every_flow(name: str, data: Any) -> None:
    outcome, epoch, sankey = shown(name, data)
    table = sankey.table(outcome)
    track = load_track(name)
    scale, unit = bandwidth_unit(outcome.demand)
    assert f"({unit})" in table.columns[2]
    for row in table.rows:
        assert row[2] * scale * 100 / outcome.demand == pytest.approx(row[3])
    shares = {(row[0], row[1]): row[3] for row in table.rows}
    came = shares[(track.terms.memory, track.fed.label)]
    assert came == pytest.approx(100 * epoch.rate / outcome.demand)
    lacks = shares[(names(track).missing, track.fed.label)]
    assert came + lacks == pytest.approx(100)


def test_the_first_epoch_of_the_cloud_copies_what_the_cache_will_serve() -> None:
    track = load_track("cloud_titan")
    sankey = DataFlowSankey(track, "cold")
    outcome = PARTS["pipeline"].baseline(track)
    words = sankey.draw(outcome)
    fill = outcome.cold.flows["fill"]
    assert fill > 0
    assert f"{format_bandwidth(fill)} of it are copied into the local NVMe" in words
    assert width(sankey, "hits", CACHE + HALF) == 0
    assert sankey.extras == (sankey.epochs.widget, sankey.moving)
    tiny = DataFlowSankey(load_track("tiny_pioneer"))
    assert tiny.extras == (tiny.moving,)


def test_a_page_without_a_kernel_plays_both_epochs_at_each_position_of_the_slider() -> None:
    box = data_flow_sankey("cloud_titan", "link")
    outer = next(child for child in box.children if isinstance(child, Playback))
    instrument = next(child for child in box.children if len(getattr(child, "children", ())) > 3)
    (inner,) = [child for child in instrument.children if isinstance(child, Playback)]
    (choice,) = [child for child in instrument.children if hasattr(child, "options")]
    assert (outer.targets, outer.names) == ([inner], ["frames"])
    assert inner.source is choice
    (rates,) = [
        at for at, item in enumerate(inner.targets)
        if isinstance(item, FlowMarks) and inner.names[at] == "rates"
    ]  # fmt: skip
    track, part = load_track("cloud_titan"), PARTS["pipeline"]
    control = track.pipeline.control("link")
    at_crisis = part.crisis(track).settings
    sankey = DataFlowSankey(track)
    for value, frames in zip(control.values, [frame[0] for frame in outer.frames], strict=True):
        outcome = part.experiment(track, replace(at_crisis, link=control.to_si(value)))
        assert len(frames) == len(choice.options) == 2
        for frame, (_, epoch) in zip(frames, choice.options, strict=True):
            sankey.epochs.value = epoch if sankey.outcome else "warm"
            sankey.update(outcome)
            sankey.epochs.value = epoch
            assert frame[rates] == pytest.approx(sankey.moving.rates, rel=1e-5)
            assert sankey.caption.value in frame
            np.testing.assert_allclose(frame[0], sankey.shapes.x, rtol=1e-5, atol=1e-9)
            np.testing.assert_allclose(frame[1], sankey.shapes.y, rtol=1e-5, atol=1e-9)


@EVERY_TRACK
@ANY
def test_marks_are_as_many_a_second_as_bytes_on_every_band(name: str, data: Any) -> None:
    outcome, epoch, sankey = shown(name, data)
    size = mark_size(outcome.demand)
    drawn = bands(load_track(name), outcome, epoch)
    assert sankey.moving.count == len(sankey.shapes.labels)
    for band, rate in zip(FLOWS, sankey.moving.rates, strict=True):
        # the script takes the first shapes as the bands
        assert sankey.shapes.labels[FLOWS.index(band)] == band
        assert rate * size == pytest.approx(drawn[band].rate)
    link, _, hits, held, out = sankey.moving.rates
    assert link + hits + held == pytest.approx(out)
    assert format_bytes(size) in sankey.moving.words


@given(st.floats(1e-3, 1e15))
def test_a_mark_is_a_round_number_of_bytes_and_few_pass_in_a_second(demand: float) -> None:
    size = mark_size(demand)
    assert f"{size:.3e}"[0] in "125"
    assert float(f"{size:.0e}") == pytest.approx(size, rel=1e-12)
    assert MOST / 2.5 * (1 - 1e-9) <= demand / size <= MOST * (1 + 1e-9)


@EVERY_TRACK
@ANY
def test_what_is_too_thin_to_be_seen_is_a_broken_line_and_is_said(name: str, data: Any) -> None:
    outcome, epoch, sankey = shown(name, data)
    pixels = (HEIGHT - EDGES) / (sankey.high.max - sankey.high.min)
    for band, flow in bands(load_track(name), outcome, epoch).items():
        if band not in FLOWS:
            continue
        wide = flow.rate / outcome.demand * pixels
        x = sankey.thin.x[FLOWS.index(band)]
        assert (np.ptp(x) > 0) == (0 < wide < THIN * (1 - 1e-12))
    broken = np.ptp(sankey.thin.x, axis=1).any()
    assert ("too thin to draw to scale" in sankey.draw(outcome)) == broken
    assert any(str(text).startswith("┄") for text in sankey.texts.text) == broken


@EVERY_TRACK
@ANY
def test_the_bands_fill_the_figure_and_no_text_leaves_it_or_meets_another(
    name: str, data: Any
) -> None:
    _, epoch, sankey = shown(name, data)
    low, high = sankey.high.min, sankey.high.max
    line = ROW * (high - low) / (HEIGHT - EDGES)
    if not (name == "cloud_titan" and epoch.flows["fill"]):
        assert 1 / (high - low) > 0.5  # a demand takes more than half of the height
    places = [float(y) for y, text in zip(sankey.texts.y, sankey.texts.text, strict=True) if text]
    assert all(low < y < high - 0.6 * line for y in [*places, float(sankey.word.y[0])])
    cache, missing = (float(sankey.texts.y[at]) for at in (2, 3))
    assert abs(cache - missing) > 0.99 * line


def test_the_picture_plays_without_a_kernel() -> None:
    box = data_flow_sankey("cloud_titan", "cache", epoch="cold")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    control = load_track("cloud_titan").pipeline.control("cache")
    assert len(playback.frames) == len(control.values)
