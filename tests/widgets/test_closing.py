"""A workbench that is closed leaves nothing behind, no matter how often it was opened."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import ipywidgets
import pytest
from ipywidgets.widgets import widget as registry

from storagelab.tracks import load_track
from storagelab.widgets.closing import close_all
from storagelab.widgets.workbench import Workbench

from .benches import EVERY_BENCH


def alive() -> int:
    """Return the number of widgets that ipywidgets keeps, each with a comm."""
    return len(registry._instances)


def objects() -> int:
    """Return the number of workbenches and widgets in memory, open or closed."""
    return sum(isinstance(item, Workbench | ipywidgets.Widget) for item in gc.get_objects())


@pytest.mark.parametrize("seen", [False, True], ids=["unseen", "seen"])
@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_nothing_of_a_workbench_stays_open(name: str, part_name: str, seen: bool) -> None:
    before = alive()
    bench = Workbench(load_track(name), part_name)
    bench.message_batcher.ready = seen
    assert alive() > before + (80 if seen else 40)
    bench.close()
    assert alive() == before


def growth(cycle: Callable[[], None], count: int) -> int:
    """Return the bytes that ``count`` cycles leave allocated."""
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(count):
        cycle()
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.nightly)])
def test_workbenches_one_after_the_other_take_no_more_memory_than_a_few(count: int) -> None:
    track = load_track("cloud_titan")

    def cycle() -> None:
        bench = Workbench(track, "pipeline")
        bench.message_batcher.ready = True
        bench.set(link=20)
        bench.close()

    for _ in range(5):
        cycle()
    gc.collect()
    widgets, kept = alive(), objects()
    tracemalloc.start()
    try:
        # what other tests of this process leave behind is freed or grows once, and a workbench
        # that stayed would grow every time
        grown = min(growth(cycle, count) for _ in range(3))
    finally:
        tracemalloc.stop()
    assert alive() == widgets
    assert objects() == kept
    assert grown < count * 100_000  # a workbench that stayed would take six times as much


def test_a_widget_in_two_places_is_closed_once_and_a_circle_ends() -> None:
    inner = ipywidgets.HTML("one")
    box = ipywidgets.VBox([inner, ipywidgets.HBox([inner])])
    before = alive()
    closed = close_all(box)
    assert before - alive() == closed
    assert inner.comm is None
