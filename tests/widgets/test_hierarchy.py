"""The drawn hierarchy has the model's numbers, also as text, and fits on a phone."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from storagelab.devices import load_device
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, Track, load_track
from storagelab.units import format_bandwidth, format_bytes, format_time
from storagelab.widgets.hierarchy import WIDTH, hierarchy, stages, words

SVG = "{http://www.w3.org/2000/svg}"
EM = 0.62
"""The average width of a letter of a sans-serif font in ems, bold ones included."""


def drawn(name: str, *arguments: Any) -> Any:
    return ElementTree.fromstring(hierarchy(load_track(name), *arguments))


@pytest.mark.parametrize("name", TRACKS)
def test_every_number_is_the_models(name: str) -> None:
    track, outcome = load_track(name), PARTS["pipeline"].baseline(load_track(name))
    shown = [text.text for text in drawn(name).iter(f"{SVG}text")]
    assert shown == [line for lines in stages(track).values() for line in lines]
    for number in (
        format_bytes(track.pass_size),
        format_bytes(outcome.settings.cache),
        format_bandwidth(outcome.settings.nvme),
        format_bandwidth(outcome.warm.ceilings["prepare"]),
        format_bandwidth(outcome.demand),
        format_time(load_device(track.access.later_home).latency),
    ):
        assert any(number in line for line in shown)


@pytest.mark.parametrize("name", TRACKS)
def test_it_is_named_and_told_in_words(name: str) -> None:
    picture, track = drawn(name), load_track(name)
    assert picture.get("role") == "img"
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert picture.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    assert track.persona.name in title.text
    for lines in stages(track).values():
        assert all(line in description.text for line in lines)


@pytest.mark.parametrize("name", TRACKS)
def test_every_line_fits_its_box(name: str) -> None:
    picture = drawn(name)
    boxes = [
        tuple(float(box.get(side)) for side in ("x", "y", "width", "height"))
        for box in picture.iter(f"{SVG}rect")
    ]
    bottom = float(picture.get("viewBox").split()[3])
    assert all(x >= 0 and x + width <= WIDTH for x, _, width, _ in boxes)
    assert all(y >= 0 and y + height <= bottom for _, y, _, height in boxes)
    for text in picture.iter(f"{SVG}text"):
        x, y, size = (float(text.get(key)) for key in ("x", "y", "font-size"))
        half = len(text.text) * EM * size / 2
        assert any(
            left < x - half and x + half < left + width and top + size * 0.8 < y < top + height - 3
            for left, top, width, height in boxes
        ), text.text
        assert size >= 14  # a page of 360 pixels shows it smaller by a twelfth


@pytest.mark.parametrize("name", TRACKS)
def test_it_has_the_pages_own_colour(name: str) -> None:
    colors = {
        item.get(key)
        for item in drawn(name).iter()
        for key in ("fill", "stroke")
        if item.get(key) is not None
    }
    assert colors <= {"currentColor", "none"}


@pytest.mark.parametrize("stage", ["store", "link", "cache", "memory", "consumer"])
def test_the_device_with_the_data_stands_where_it_is_said_to(stage: Any, track: Any) -> None:
    latency = format_time(load_device(track.access.later_home).latency)
    places = [place for place, lines in stages(track, stage).items() if latency in lines[-1]]
    assert places == [stage]


def test_what_a_track_calls_things_is_escaped(track: Track) -> None:
    odd = msgspec.structs.replace(
        track, terms=msgspec.structs.replace(track.terms, store='<store> & "co"')
    )
    picture = ElementTree.fromstring(hierarchy(odd))
    assert next(picture.iter(f"{SVG}text")).text == '<store> & "co"'
    assert "<store>" in words(odd)
