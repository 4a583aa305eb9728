"""A workbench in the hands of a student: dragged, run again, out of order, twice, unledgered."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from storagelab.course.layout import Layout
from storagelab.ledger import FILE_NAME, entries_of, read_ledger
from storagelab.parts import PARTS
from storagelab.tracks import Track
from tests.browser.lab import Lab

from .conftest import wait_until_settled
from .lab import choose, notebook_of, run_all, run_cell, students_copy

_numbers = itertools.count()


@pytest.fixture
def notebook(lab: Lab, layout: Layout, track: Track, page: Page) -> Iterator[Any]:
    """Open a fresh student's copy of a part, or a notebook of one's own, in a folder of its own."""

    def open_one(part: str = "access", cells: Any = None) -> Any:
        path = f"student{next(_numbers)}/{PARTS[part].stem}.ipynb"
        copy = students_copy(layout.release, track, PARTS[part]) if cells is None else cells
        lab.write(path, copy)
        lab.open(page, path)
        return lab.root / path

    yield open_one
    lab.stop_kernels()


def shown(page: Any, count: int = 1) -> Any:
    """Wait until ``count`` workbenches are there and named, and return them."""
    benches = page.locator(".storagelab-workbench")
    expect(benches).to_have_count(count)
    for index in range(count):
        bench = benches.nth(index)
        bench.locator(".noUi-handle[aria-valuetext]").first.wait_for(state="attached")
    wait_until_settled(page)
    return benches


def line_of(bench: Any) -> Any:
    """Return the field that says the workbench's state, which the kernel writes."""
    return bench.get_by_role("textbox", name="The line to paste")


def move(page: Any, bench: Any, key: str = "ArrowRight") -> None:
    """Press ``key`` on the first slider of a workbench and wait until its kernel has answered."""
    before = line_of(bench).input_value()
    bench.get_by_role("slider").first.focus()
    page.keyboard.press(key)
    expect(line_of(bench)).not_to_have_value(before)


def no_traceback(page: Any) -> None:
    assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
    assert page.get_by_text("Traceback (most recent call last)").count() == 0


SLOW = """
import json
import time
from storagelab.tracks import load_track
from storagelab.widgets import Workbench

seen = []

class SlowWorkbench(Workbench):
    def refresh(self):
        time.sleep(0.5)
        seen.append(self.settings()["request_size"])
        super().refresh()

SlowWorkbench(load_track("cloud_titan"), "access").widget
"""


def test_a_drag_on_a_slow_kernel_is_not_played_back_step_by_step(
    notebook: Any, page: Page, track: Track
) -> None:
    notebook(cells=notebook_of(SLOW, "print(json.dumps(seen))"))
    run_cell(page, 0)
    (bench,) = shown(page).all()
    control = track.access.control("request_size")
    handle = bench.get_by_role("slider", name=control.label, exact=True)
    handle.scroll_into_view_if_needed()
    rail = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
    handle.focus()
    page.keyboard.press("Home")
    expect(line_of(bench)).to_have_value(re.compile(f": {control.values[0]:g}\\b"))
    middle, steps = rail["y"] + rail["height"] / 2, 30
    page.mouse.move(rail["x"], middle)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(rail["x"] + rail["width"] * step / steps, middle)
        page.wait_for_timeout(10)
    page.mouse.up()
    expect(line_of(bench)).to_have_value(re.compile(f": {control.values[-1]:g}\\b"))
    run_cell(page, 1)
    output = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
    seen = json.loads(output.inner_text())
    start, last = (control.to_si(control.values[end]) for end in (0, -1))
    dragged = seen[seen.index(start) + 1 :]
    assert dragged[-1] == last
    assert len(control.values) > 12
    assert len(dragged) < len(control.values) / 2, "every step of the drag was computed"


def test_a_restarted_kernel_and_all_cells_again(notebook: Any, page: Page) -> None:
    path = notebook()
    run_all(page)
    (bench,) = shown(page).all()
    move(page, bench)
    choose(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_selector(".storagelab-workbench", state="detached")
    (bench,) = shown(page).all()
    move(page, bench)
    no_traceback(page)
    entries = read_ledger(path.parent, "cloud_titan")
    assert [len(entries_of(entries, "access", kind)) for kind in ("lock", "reveal")] == [1, 1]


def test_cells_in_any_order(notebook: Any, page: Page) -> None:
    notebook()
    count = page.locator(".jp-CodeCell").count()
    assert count == 4
    opens, _, locks, looks = range(count)  # the second says the question
    run_cell(page, opens)
    run_cell(page, looks)  # the workbench before the lock: closed, in a sentence
    expect(page.get_by_text("The workbench is closed.")).to_be_visible()
    run_cell(page, locks)
    run_cell(page, looks)
    (bench,) = shown(page).all()
    run_cell(page, locks)
    expect(page.get_by_text("It stays as it is.")).to_be_visible()
    run_cell(page, opens)
    move(page, bench)
    run_cell(page, looks)
    run_cell(page, looks)
    (bench,) = shown(page).all()
    move(page, bench)
    no_traceback(page)


def test_two_copies_of_a_workbench_live_side_by_side(
    notebook: Any, page: Page, layout: Layout, track: Track
) -> None:
    copy = students_copy(layout.release, track, PARTS["access"])
    again = notebook_of("part.workbench()").cells
    copy.cells += again
    notebook(cells=copy)
    run_all(page)
    first, second = shown(page, 2).all()
    line = line_of(second).input_value()
    move(page, first)
    wait_until_settled(page)
    assert line_of(second).input_value() == line
    line = line_of(first).input_value()
    move(page, second, "ArrowLeft")
    wait_until_settled(page)
    assert line_of(first).input_value() == line
    move(page, first)
    no_traceback(page)


CHANGED_UNDERNEATH = {
    "{ cut off": "is damaged",
    '{"format": "other", "version": 1}': "isn't a storagelab ledger",
    None: "Lock your prediction first",
}
"""What may become of a ledger beside an open workbench (None: it is gone), and what is said."""


def test_a_run_is_recorded_by_its_button_and_a_ledger_changed_underneath_is_told_in_a_sentence(
    notebook: Any, page: Page
) -> None:
    path = notebook("pipeline")
    run_all(page)
    (bench,) = shown(page).all()
    bench.get_by_role("button", name=re.compile("Record this run \\(1 of")).click()
    rows = bench.locator("table.storagelab-runs").first.locator("tbody tr")
    expect(rows).to_have_count(1)
    assert len(entries_of(read_ledger(path.parent, "cloud_titan"), "pipeline", "run")) == 1
    ledger = path.parent / FILE_NAME
    button = bench.get_by_role("button", name=re.compile("Record this run"))
    for recorded, (content, said) in enumerate(CHANGED_UNDERNEATH.items(), start=2):
        kept = ledger.read_text(encoding="utf-8")
        if content is None:
            ledger.unlink()
        else:
            ledger.write_text(content, encoding="utf-8")
        button.click()
        expect(bench.get_by_text(said)).to_be_visible()
        no_traceback(page)
        move(page, bench)
        ledger.write_text(kept, encoding="utf-8")  # put back, it takes runs again
        button.click()
        expect(
            bench.get_by_role("button", name=re.compile(f"Record this run \\({recorded + 1} of"))
        ).to_be_visible()
        expect(bench.get_by_text(said)).to_have_count(0)
        no_traceback(page)
        entries = read_ledger(path.parent, "cloud_titan")
        assert len(entries_of(entries, "pipeline", "run")) == recorded


def test_the_ops_lead_drops_the_mtbf_and_the_math_peek_shows_and_hides_the_equation(
    notebook: Any, page: Page, track: Track
) -> None:
    notebook("checkpoint")
    run_all(page)
    (bench,) = shown(page).all()
    bench.get_by_role("button", name="The ops lead calls").click()
    (said, *_) = (
        PARTS["checkpoint"]
        .words(track, track.checkpoint.event)
        .removeprefix("**The ops lead:** ")
        .split(".")
    )
    expect(bench.get_by_text(said.strip('"'))).to_be_visible()
    event = track.checkpoint.event_node_mtbf / 3600
    slider = bench.get_by_role("slider", name="MTBF of a node")
    expect(slider).to_have_attribute("aria-valuetext", f"{event:,.0f} h")

    toggle = bench.get_by_role("button", name=re.compile("Math peek"))
    formula = bench.locator("mjx-container, .MathJax")
    toggle.click()
    formula.first.wait_for(state="visible")
    toggle.click()
    formula.first.wait_for(state="hidden")
