"""The built book in a browser with the network off, served and opened as files."""

from __future__ import annotations

import pytest

from .conftest import captions, marks, wait_until_settled

PARTS = {
    "part1_access": ("Request size", 3),
    "part2_pipeline": ("Download bandwidth", 3),
    "part3_checkpoint": ("Checkpoint interval", 4),
}
"""The slider of each part's page, and its figures."""
TRACKS = {
    "track_cloud_titan": ("MTBF of a node", 2),
    "track_edge_guardian": ("Uplink", 3),
    "track_mobile_nomad": ("Time between kills", 2),
    "track_tiny_pioneer": ("Blocks kept ahead", 3),
}
"""The same of each track's page."""
LIVELY = {**PARTS, **TRACKS}
PAGES = [
    *LIVELY, "index", "tracks", "is_it_true", "student", "instructor", "track_file", "glossary",
    "sources",
]  # fmt: skip
A4 = 720
"""Pixels across a sheet between its margins."""
OVER = """(width) => [...document.querySelectorAll(
    'article :is(.bqplot, pre, table, .storagelab-words, .noUi-target, mjx-container)')]
  .filter((item) => item.getClientRects().length)
  .filter((item) => item.getBoundingClientRect().right > width + 1
    || (getComputedStyle(item).overflowX !== 'visible' && item.scrollWidth > item.clientWidth + 1))
  .map((item) => `${item.className}: ${item.textContent.slice(0, 60)}`)"""
"""What of a page is wider than that, or than its own box."""


@pytest.fixture(params=["served", "as files"])
def book(request, book_folder, book_server):
    return book_server if request.param == "served" else f"file://{book_folder}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_from_the_book_alone(book, page, traffic, name):
    page.goto(f"{book}/{name}.html", wait_until="load")
    page.wait_for_timeout(1500)
    assert page.locator("article h1").count() == 1
    traffic.assert_clean()


@pytest.mark.parametrize("name", LIVELY)
def test_figures_and_mathematics_appear_without_a_kernel(book, page, traffic, name):
    page.goto(f"{book}/{name}.html")
    page.wait_for_selector(".bqplot svg path.line", state="attached")
    wait_until_settled(page)
    assert page.locator(".bqplot").count() == LIVELY[name][1]
    if name in PARTS:
        assert page.locator("mjx-container").count() > 5
    assert page.locator("merror, .mjx-error").count() == 0
    traffic.assert_clean()


@pytest.mark.parametrize("name", LIVELY)
def test_every_figure_has_a_title_and_words(book_server, page, name):
    page.goto(f"{book_server}/{name}.html")
    wait_until_settled(page)
    titles = page.locator(".storagelab-workbench strong").all_inner_texts()
    assert len(set(titles)) == LIVELY[name][1]
    assert all(len(title) > 8 for title in titles)
    for words in page.locator(".storagelab-workbench .storagelab-words").all_inner_texts():
        assert len(words.split()) > 10
        assert "NaN" not in words


@pytest.mark.parametrize("name", LIVELY)
def test_a_slider_moves_the_figures_and_their_words_by_keyboard(book, page, traffic, name):
    page.goto(f"{book}/{name}.html")
    page.wait_for_selector(".bqplot svg path.line", state="attached")
    wait_until_settled(page)
    drawn, said = marks(page), captions(page)
    handle = page.get_by_role("slider")
    assert handle.count() == 1
    assert handle.get_attribute("aria-label") == LIVELY[name][0]
    readout = handle.get_attribute("aria-valuetext")
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(before) => [...document.querySelectorAll('.storagelab-workbench .storagelab-words')]"
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


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_telephone(book_server, page, name):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{book_server}/{name}.html", wait_until="load")
    if name in LIVELY:
        wait_until_settled(page)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 361


def test_the_gallerys_equation_is_set(book, page, traffic):
    page.goto(f"{book}/gallery.html")
    equation = page.locator(".storagelab-equation mjx-container")
    equation.wait_for(state="visible")
    assert page.locator("merror, .mjx-error").count() == 0
    traffic.assert_clean()


@pytest.mark.parametrize("name", [*LIVELY, "gallery"])
def test_on_paper_nothing_is_cut(book_server, page, name):
    """Text runs anew over the width of a sheet, figures stay as wide as the screen made them."""
    page.set_viewport_size({"width": 1100, "height": 1000})  # else the theme has a column aside
    page.goto(f"{book_server}/{name}.html")
    wait_until_settled(page)
    page.emulate_media(media="print")
    page.add_style_tag(content=f"html {{ width: {A4}px; }}")
    for _ in range(40):  # mathematics is laid out anew, when its fonts are there
        over = page.evaluate(OVER, A4)
        if not over:
            break
        page.wait_for_timeout(250)
    assert over == []
    # buttons and folds are of no use there
    assert page.locator(".storagelab-tools:visible").count() == 0
