"""The workbench on one screen: the dock stays in sight, with every control and a whole figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import load_track

from .conftest import Traffic, new_page, wait_until_settled
from .lab import Lab, run_all, students_copy
from .test_jupyterlab import EVERY_LAB

FULLEST = [("cloud_titan", part) for part in PARTS]
"""The labs with the most controls."""
LAPTOP: ViewportSize = {"width": 1366, "height": 768}
BIG: ViewportSize = {"width": 1920, "height": 1080}
ZOOMED: ViewportSize = {"width": 683, "height": 384}
"""A laptop's window at 200%."""
PHONE: ViewportSize = {"width": 400, "height": 800}

BOXES = """() => {
  const box = (item) => {
    const { left, top, right, bottom, width, height } = item.getBoundingClientRect();
    return { left, top, right, bottom, width, height };
  };
  const bench = document.querySelector('.storagelab-bench');
  const port = box(document.querySelector('.jp-WindowedPanel-outer'));
  const cell = box(bench.closest('.jp-OutputArea-output'));
  return {
    port: { ...port, right: Math.min(port.right, cell.right) },
    dock: box(bench.querySelector('.storagelab-dock')),
    controls: [...bench.querySelectorAll('.storagelab-controls > *')].map(box),
    figures: [...bench.querySelectorAll('.storagelab-instrument')].map(box),
  };
}"""
"""Where the notebook's window is, and in it the dock, its controls and the figures."""
SCROLL = """([index, block]) => document.querySelectorAll('.storagelab-instrument')[index]
  .scrollIntoView({ block })"""
"""Bring a figure to the upper or the lower edge."""
Box = dict[str, float]


def is_in(inner: Box, outer: Box) -> bool:
    """Return whether all of a box is in another, but for a pixel."""
    return (
        inner["width"] > 0
        and inner["left"] >= outer["left"] - 1
        and inner["right"] <= outer["right"] + 1
        and inner["top"] >= outer["top"] - 1
        and inner["bottom"] <= outer["bottom"] + 1
    )


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes share more than an edge."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 1 and down > 1


@dataclass
class Bench:
    """A workbench in JupyterLab with its side bar open."""

    page: Page
    controls: int

    def boxes(self, size: ViewportSize, figure: int = 0, edge: str = "start") -> dict[str, Any]:
        """Return what is where in a window of ``size``, with a figure at one of its edges."""
        if self.page.viewport_size != size:
            narrow = size["width"] < 500
            if narrow != self.page.locator("#jp-left-stack").is_hidden():
                self.page.keyboard.press("Control+b")  # the side bar leaves a telephone no room
            self.page.set_viewport_size(size)
            wait_until_settled(self.page)
        self.page.evaluate(SCROLL, [figure, edge])
        self.page.wait_for_timeout(50)
        found: dict[str, Any] = self.page.evaluate(BOXES)
        return found


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(lab, id="-".join(lab), marks=() if lab in FULLEST else pytest.mark.nightly)
        for lab in EVERY_LAB
    ],
)
def bench(
    request: pytest.FixtureRequest, browser: Any, lab: Lab, layout: Layout
) -> Iterator[Bench]:
    track, part = load_track(request.param[0]), PARTS[request.param[1]]
    path = f"dock/{track.name}/{part.stem}.ipynb"
    lab.write(path, students_copy(layout.release, track, part))
    with new_page(browser, Traffic(), viewport=LAPTOP, reduced_motion="reduce") as page:
        page.goto(f"{lab.address}/lab/tree/{path}?reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_selector('#jp-main-statusbar :text("| Idle")')
        run_all(page)
        page.wait_for_function(
            "(count) => document.querySelectorAll('.storagelab-instrument .bqplot svg').length"
            " >= count && document.querySelector('.storagelab-dock-tools')",
            arg=len(part.instruments) - 1,
        )
        wait_until_settled(page)
        yield Bench(page, len(part.of(track).controls))
    lab.stop_kernels()


def test_on_a_laptop_every_control_is_in_sight_with_any_figure(bench: Bench) -> None:
    count = len(bench.boxes(LAPTOP)["figures"])
    for figure in range(count):
        assert any(
            all_in_sight(bench.boxes(LAPTOP, figure, edge), figure, bench.controls)
            for edge in ("start", "end")
        ), figure


def all_in_sight(boxes: dict[str, Any], figure: int, controls: int) -> bool:
    """Return whether a figure, the dock and all controls are in the window, none over another."""
    port, dock, shown = boxes["port"], boxes["dock"], boxes["figures"][figure]
    together = [dock, shown, *boxes["controls"]]
    in_sight = all(is_in(box, port) for box in together)
    return in_sight and len(boxes["controls"]) == controls and not overlap(dock, shown)


def test_on_a_big_screen_figures_stand_two_up_beside_the_dock(bench: Bench) -> None:
    boxes = bench.boxes(BIG)
    first, second = boxes["figures"][:2]
    assert abs(first["top"] - second["top"]) < 2
    assert boxes["dock"]["right"] <= first["left"] < first["right"] <= second["left"]
    assert is_in(boxes["dock"], boxes["port"])


@pytest.mark.parametrize("size", [ZOOMED, PHONE], ids=["zoomed", "phone"])
def test_where_there_is_little_room_the_dock_folds_to_the_control_in_hand(
    bench: Bench, size: ViewportSize
) -> None:
    boxes = bench.boxes(size, 1)
    seen = [control for control in boxes["controls"] if control["width"]]
    assert len(seen) == 1
    assert is_in(seen[0], boxes["port"])
    assert boxes["dock"]["height"] < 0.62 * boxes["port"]["height"]

    page = bench.page
    page.get_by_role("button", name="All controls", exact=True).click()
    unfolded = [control for control in bench.boxes(size, 1)["controls"] if control["width"]]
    assert len(unfolded) == bench.controls
    # what is used last stays in hand
    page.locator(".storagelab-controls > *").last.locator("input, select, button").first.focus()
    page.get_by_role("button", name="All controls", exact=True).click()
    folded = [bool(control["width"]) for control in bench.boxes(size, 1)["controls"]]
    assert folded == [False] * (bench.controls - 1) + [True]
    page.locator(".storagelab-controls > *").last.evaluate(
        "(last) => last.parentElement.firstElementChild.dispatchEvent("
        "new Event('focusin', { bubbles: true }))"
    )


def test_nothing_is_wider_than_its_place(bench: Bench) -> None:
    for size in (LAPTOP, BIG, PHONE):
        boxes = bench.boxes(size)
        for box in (boxes["dock"], *boxes["controls"]):
            assert box["right"] <= boxes["port"]["right"] + 1
