"""The strip: a bar as long as the model's rates, the same in words, and what binds."""

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.formatting import format_answer
from storagelab.parts.pipeline.words import binding_words
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_share
from storagelab.widgets.gauge_strip import END, GaugeStrip, data_flow_gauge, pieces, words
from storagelab.widgets.playback import Playback
from storagelab.widgets.workbench import Workbench
from tests.widgets.benches import built, outcomes, texts

ANY = given(st.data())
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
PIECE = re.compile(
    r'<i class="storagelab-gauge-(\w+)" style="left:([\d.e-]+)%;(?:width:([\d.e-]+)%)?'
)


def shown(name: str, outcome: Any) -> tuple[dict[str, tuple[float, float]], str]:
    """Return the bar's pieces as the page has them, in per cent of the bar, and the lines."""
    strip = built(GaugeStrip, name)
    strip.update(outcome)
    bar = {
        piece: (float(left), float(wide or 0)) for piece, left, wide in PIECE.findall(_html(strip))
    }
    return bar, " ".join(texts(strip.widget))


def _html(strip: GaugeStrip) -> str:
    return strip.widget.value.replace('%"', '%;"')


@EVERY_TRACK
@ANY
def test_the_pieces_meet_and_are_as_long_as_the_models_rates(name: str, data: Any) -> None:
    outcome = data.draw(outcomes(name, "pipeline"))
    bar, _ = shown(name, outcome)
    whole = 100 / END
    arrives = outcome.warm.rate / outcome.demand
    assert bar["arrives"] == pytest.approx((0, whole * arrives), abs=1e-2)
    assert bar["mark"][0] == pytest.approx(whole)
    assert ("missing" in bar) == (arrives < 1 - 1e-9)
    if "missing" in bar:
        left, wide = bar["missing"]
        assert left == pytest.approx(bar["arrives"][1], abs=1e-2)
        assert left + wide == pytest.approx(whole, abs=2e-2)
    spare = outcome.warm.supply / outcome.demand - 1
    assert ("spare" in bar) == (spare > 1e-9)
    if "spare" in bar:
        assert bar["spare"] == pytest.approx((whole, whole * min(spare, END - 1)), abs=2e-2)
    assert not {"missing", "spare"} <= set(pieces(outcome))


@EVERY_TRACK
@ANY
def test_the_lines_have_rates_share_time_and_what_binds(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "pipeline"))
    _, said = shown(name, outcome)
    seconds = outcome.read_off
    for part in (
        format_bandwidth(outcome.warm.rate),
        format_bandwidth(outcome.demand),
        format_answer(track.pipeline.answer, seconds),
    ):
        assert part in said
        assert part in words(track, outcome)
    share = format_share(outcome.warm.rate / outcome.demand)
    assert share in words(track, outcome)
    more = outcome.warm.supply - outcome.demand
    assert (f"spare {format_bandwidth(more)}" in said) == ("spare" in pieces(outcome))
    assert (share in said) == ("spare" not in pieces(outcome))
    binds = {
        "link": track.terms.link,
        "nvme": track.terms.cache,
        "prepare": "preparation",
        "compute": track.fed.label,
    }
    assert re.search(rf"binds:\s+{re.escape(binds[outcome.warm.binding])}", said)
    # two lines of 330 pixels, at some six pixels a letter
    assert all(len(" ".join(line.split())) <= 55 for line in _plain(name))


def _plain(name: str) -> list[str]:
    _, *lines = built(GaugeStrip, name).widget.value.split("<div>")
    assert len(lines) == 2
    return [unescape(re.sub(r"<[^>]*>", "", line)) for line in lines]


@EVERY_TRACK
@ANY
def test_who_cant_see_it_hears_all_of_it(name: str, data: Any) -> None:
    track, outcome = load_track(name), data.draw(outcomes(name, "pipeline"))
    shown(name, outcome)
    value = built(GaugeStrip, name).widget.value
    said = unescape(re.search(r'role="img" aria-label="([^"]*)"', value)[1])
    assert said == words(track, outcome)
    assert binding_words(track)[outcome.warm.binding] in said
    cold = format_answer(track.pipeline.answer, outcome.cold.time)
    assert (f"gets {format_bandwidth(outcome.cold.rate)}: {cold}" in said) == (
        track.pipeline.cold_start
    )
    more = outcome.warm.supply > outcome.demand * (1 + 1e-9)
    assert (f"could deliver {format_bandwidth(outcome.warm.supply)}" in said) == more
    assert ("beyond the end" in said) == (outcome.warm.supply > END * outcome.demand)


def test_the_crisis_of_the_cloud_is_half_of_what_is_asked_for() -> None:
    track = load_track("cloud_titan")
    _, said = shown("cloud_titan", PARTS["pipeline"].crisis(track))
    assert " ".join(said.split()) == (
        "824 MB/s of 1.64 GB/s · binds: download link 50.3% · a warm epoch: 3.37 hours"
    )


@EVERY_TRACK
def test_the_workbench_of_the_runs_has_it_and_moves_it(name: str) -> None:
    bench = Workbench(load_track(name), "pipeline")
    before = bench.strip.widget.value
    row = bench.controls["link"]
    row.value = row.control.values[-1]
    assert bench.strip.widget.value != before
    assert not hasattr(Workbench(load_track(name), "access"), "strip")


def test_the_picture_plays_without_a_kernel() -> None:
    box = data_flow_gauge("edge_guardian", "cache")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    control = load_track("edge_guardian").pipeline.control("cache")
    assert len(playback.frames) == len(control.values)
    assert playback.names == ["value"]
