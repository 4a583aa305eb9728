"""The built book in a browser with the network off, served and opened as files."""

from __future__ import annotations

import pytest

from .conftest import captions, marks, wait_until_settled

PARTS = {"part1_access": 2, "part2_pipeline": 3, "part3_checkpoint": 1}
"""Figures on each part's page."""
PAGES = [*PARTS, "index", "student", "instructor", "sources"]


@pytest.fixture(params=["served", "as files"])
def book(request, book_folder, book_server):
    return book_server if request.param == "served" else f"file://{book_folder}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_from_the_book_alone(book, page, traffic, name):
    page.goto(f"{book}/{name}.html", wait_until="load")
    page.wait_for_timeout(1500)
    assert page.locator("article h1").count() == 1
    traffic.assert_clean()


@pytest.mark.parametrize("name", PARTS)
def test_figures_and_mathematics_appear_without_a_kernel(book, page, traffic, name):
    page.goto(f"{book}/{name}.html")
    page.wait_for_selector(".bqplot svg path.line", state="attached")
    wait_until_settled(page)
    assert page.locator(".bqplot").count() == PARTS[name]
    assert page.locator("mjx-container").count() > 5
    assert page.locator("merror, .mjx-error").count() == 0
    traffic.assert_clean()


@pytest.mark.parametrize("name", PARTS)
def test_a_slider_moves_the_figures_and_their_words_by_keyboard(book, page, traffic, name):
    page.goto(f"{book}/{name}.html")
    page.wait_for_selector(".bqplot svg path.line", state="attached")
    wait_until_settled(page)
    drawn, said = marks(page), captions(page)
    handle = page.get_by_role("slider")
    assert handle.count() == 1
    assert handle.get_attribute("aria-label") in (
        "Request size",
        "Download bandwidth",
        "Checkpoint interval",
    )
    readout = handle.get_attribute("aria-valuetext")
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(before) => [...document.querySelectorAll('.storagelab-workbench [aria-live]')]"
        ".map((item) => item.textContent).join('|') !== before",
        arg=said,
    )
    wait_until_settled(page)
    assert marks(page) != drawn
    assert handle.get_attribute("aria-valuetext") != readout
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    wait_until_settled(page)
    assert captions(page) == said  # back where it was, nothing has drifted
    traffic.assert_clean()


@pytest.mark.parametrize("name", PARTS)
def test_a_page_fits_a_telephone(book_server, page, name):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{book_server}/{name}.html")
    page.wait_for_selector(".bqplot svg path.line", state="attached")
    wait_until_settled(page)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 361
