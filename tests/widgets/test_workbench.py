"""The top of a workbench is made at once, the rest when a browser or somebody asks for it."""

from __future__ import annotations

from html import escape
from typing import Any

import bqplot
import pytest

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.workbench import Workbench, instruments_of

from .benches import EVERY_BENCH, texts, within


def figures(bench: Any) -> list[Any]:
    return [item for item in within(bench.widget) if isinstance(item, bqplot.Figure)]


def other_values(bench: Any) -> dict[Any, Any]:
    """Return a value other than the default for every control."""
    return {
        item.name: next(value for value in item.values if value != item.default)
        for item in bench.content.controls
    }


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_a_browser_gets_the_first_picture_and_then_the_others(name: str, part_name: str) -> None:
    track = load_track(name)
    kinds = [type(item) for item in instruments_of(track, part_name)]
    bench = Workbench(track, part_name)
    assert figures(bench) == [bench.first.figure]
    assert type(bench.first) is kinds[0]
    bench.message_batcher.ready = True
    assert [type(item) for item in bench.instruments] == kinds
    assert figures(bench) == [item.figure for item in bench.instruments]
    assert bench.line.field in within(bench.widget)
    assert bench.math_peek.widget in within(bench.widget)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_what_comes_later_shows_where_the_sliders_are_by_then(name: str, part_name: str) -> None:
    track, part = load_track(name), PARTS[part_name]
    early, late = Workbench(track, part_name), Workbench(track, part_name)
    early.message_batcher.ready = True
    start = list(texts(early.widget))
    for bench in (early, late):
        bench.set(**other_values(bench))
    late.message_batcher.ready = True
    assert list(texts(late.widget)) == list(texts(early.widget)) != start
    assert escape(part.summary(track, late.outcome)) in late.summary.value


def test_what_was_asked_for_early_is_made_once_and_batched_too() -> None:
    bench = Workbench(load_track("edge_guardian"), "access")
    below = bench.complete()
    shown = figures(bench)
    bench.message_batcher.set_state({"ready": True, "first_batch_received": True})
    assert bench.complete() is below
    assert figures(bench) == shown
    sent: list[str] = []
    bench.message_batcher.send = lambda content, buffers=None: sent.extend(
        model for model, _, _ in content["updates"]
    )
    bench.set(**other_values(bench))
    for instrument in bench.instruments:
        assert instrument.caption.model_id in sent


def test_a_browser_that_says_twice_that_it_is_ready_gets_nothing_twice() -> None:
    bench = Workbench(load_track("cloud_titan"), "checkpoint")
    bench.message_batcher.ready = True
    children, shown = bench.widget.children, figures(bench)
    bench.message_batcher.ready = False
    bench.message_batcher.ready = True
    assert bench.widget.children == children
    assert figures(bench) == shown
