"""What a student reads where a workbench's kernel is gone, or where another tab has taken it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import load_track

from .conftest import Traffic, new_page, wait_until_settled
from .fits import broken_words
from .lab import Lab, choose, notebook_of, run_all, run_cell, students_copy

TRACK, PART = load_track("cloud_titan"), PARTS["access"]
WORKBENCH = 3
"""The place of its cell among the code cells."""
SHOWN = """() => [
  ...document.querySelectorAll('.storagelab-words, .storagelab-verdict, .widget-readout'),
  ...document.querySelectorAll('.bqplot svg'),
].map((item) => item.textContent).join('|')"""


@pytest.fixture(scope="module")
def opened(browser: Any, lab: Lab, layout: Layout) -> Iterator[tuple[Page, str]]:
    """A lab with its workbench on the page, saved, and the address of its notebook.

    Each test leaves it at work and saved, but for the last, which takes its kernel.
    """
    path = f"asleep/{PART.stem}.ipynb"
    copy = students_copy(layout.release, TRACK, PART)
    copy.cells += notebook_of("part.reflect('a few words')").cells
    lab.write(path, copy)
    with new_page(browser, Traffic(), reduced_motion="reduce") as page:
        lab.open(page, path)
        run_all(page)
        page.wait_for_selector(".storagelab-code input", state="attached")
        page.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
        wait_until_settled(page)
        save(page)
        yield page, f"{lab.address}/doc/tree/{path}"
    lab.stop_kernels()


def save(page: Page) -> None:
    choose(page, "File", "Save Notebook")
    expect(page.get_by_text("Saving completed")).to_be_visible()


def move(page: Page) -> None:
    page.get_by_role("slider", name="Request size", exact=True).press("ArrowRight")


def test_printed_lines_break_between_words(opened: tuple[Page, str]) -> None:
    page, _ = opened
    assert page.locator(".jp-RenderedText pre").count() >= 2
    for width in (600, 900, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert broken_words(page, ".jp-RenderedText") == []


def test_after_a_restart_it_says_which_cells_to_run_and_then_works_again(
    opened: tuple[Page, str],
) -> None:
    page, _ = opened
    choose(page, "Kernel", "Restart Kernel…")
    page.click(".jp-Dialog .jp-mod-warn")
    note = page.get_by_role("status").filter(has_text="first cell, then this one")
    expect(note).to_be_visible()
    marks = page.evaluate("""() => [...document.querySelectorAll(
      '.storagelab-workbench, .storagelab-workbench *')]
      .filter((item) => getComputedStyle(item, '::before').content.includes('url')
        || getComputedStyle(item, '::before').backgroundImage.includes('url')).length""")
    assert marks == 0
    for index in (0, WORKBENCH):
        run_cell(page, index)
    page.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
    expect(note).to_have_count(0)
    run_cell(page, WORKBENCH + 1)
    save(page)


def test_two_tabs_follow_each_other_until_one_runs_the_cell_and_the_other_says_so(
    opened: tuple[Page, str],
) -> None:
    one, address = opened
    two = one.context.new_page()
    two.goto(address)
    two.wait_for_selector(".storagelab-code input", state="attached")
    two.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
    for page in (one, two, one):
        before = one.evaluate(SHOWN)
        page.bring_to_front()
        move(page)
        one.wait_for_function(f"(before) => ({SHOWN})() !== before", arg=before)
        now = one.evaluate(SHOWN)
        two.wait_for_function(f"(now) => ({SHOWN})() === now", arg=now)
    two.bring_to_front()
    run_cell(two, WORKBENCH)
    expect(two.locator(".storagelab-workbench")).to_have_count(1)
    said = "in another tab or window now"
    expect(one.get_by_role("status").filter(has_text=said)).to_be_visible()
    expect(two.get_by_text(said)).to_have_count(0)
    one.bring_to_front()
    run_cell(one, WORKBENCH)  # which takes it back
    one.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
    expect(one.get_by_text(said)).to_have_count(0)
    expect(two.get_by_text(said)).to_be_visible()
    two.close()
    save(one)


def test_a_notebook_that_is_opened_again_says_which_cells_to_run(
    opened: tuple[Page, str], lab: Lab
) -> None:
    page, address = opened
    notes = page.locator(".storagelab-asleep")
    expect(notes).to_have_count(2)  # the workbench's, and the reflection's
    for index in range(2):
        expect(notes.nth(index)).to_be_hidden()
    lab.stop_kernels()
    again = page.context.new_page()
    again.goto(f"{address}?reset")
    again.wait_for_selector(".jp-Notebook .jp-CodeCell")
    notes = again.get_by_text("ended with its kernel")
    expect(notes).to_have_count(2)
    for index in range(2):
        expect(notes.nth(index)).to_be_visible()
    expect(again.get_by_text("Error displaying widget").locator("visible=true")).to_have_count(0)
