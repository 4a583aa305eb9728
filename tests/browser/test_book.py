"""The built book in a browser with the network off: each page visited once in a look, all checks.

A visit is one load of one page: wide or on a telephone, in the light or in the dark, served or
opened as a file. Every visit here is one of the two looks that differ in all three; the nightly
tests visit every page in every look.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from .axe import grave_findings
from .conftest import (
    Traffic,
    await_other_captions,
    captions,
    marks,
    new_page,
    wait_until_settled,
    wake,
)
from .contrast import COLORS, contrast

PARTS = {
    "part1_access": ("Queue depth", 3),
    "part2_pipeline": ("Download bandwidth", 2),
    "part3_checkpoint": ("Checkpoint interval", 6),
}
"""The slider of each part's page, and how many figures there are on it that differ."""
TRACKS = {
    "track_cloud_titan": ("MTBF of a node", 4),
    "track_edge_guardian": ("Uplink", 2),
    "track_mobile_nomad": ("Time between kills", 2),
    "track_tiny_pioneer": ("Blocks kept ahead", 3),
}
"""The same of each track's page."""
SOLVED = {"solved_track": ("Tiles read ahead", 3)}
"""The same of the page that works a track through."""
LIVELY = {**PARTS, **TRACKS, **SOLVED}
FRONT = "index"
"""The page with one picture at its top."""
BENCHES = tuple(
    f"workbench_{track}_{part}"
    for track in ("edge_guardian", "mobile_nomad", "tiny_pioneer", "orbit_scout")
    for part in (1, 2, 3)
)
"""The pages that have a recorded workbench and little else."""
TITLES = ".storagelab-workbench .widget-html-content > p > strong"
"""The title above each figure."""
BENCH_BY_DAY = "workbench_mobile_nomad_2"
"""The one that isn't left to the night; the chapters have a workbench too."""
TABLES = ("tracks", *LIVELY, "fleet_scale", "instructor", "track_file")
PAGES = (
    *LIVELY, *BENCHES, FRONT, "fleet_scale", "gallery", "tracks", "is_it_true", "student",
    "instructor", "functions", "track_file", "glossary", "sources", "colophon", "search",
    "genindex",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a page is looked at: the width in pixels, the theme, and from where it comes."""

    width: int
    theme: str
    place: str

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}-{self.place}"


EVERY_LOOK = [
    Look(*each) for each in itertools.product((1280, 360), ("light", "dark"), ("served", "file"))
]
USUAL = (Look(1280, "light", "served"), Look(360, "dark", "file"))
"""Two looks that have nothing in common, and between them everything."""


@dataclass
class Visit:
    """A page that is open and at rest."""

    name: str
    look: Look
    page: Page
    traffic: Traffic

    def open_folds(self) -> None:
        """Open everything that is folded away."""
        self.page.evaluate(
            "() => document.querySelectorAll('details').forEach((item) => { item.open = true; })"
        )


def visits(*names: str, looks: Sequence[Look] = EVERY_LOOK) -> pytest.MarkDecorator:
    """Return the mark of a test that runs on each of some pages in each of some looks.

    A page in a look is loaded once, for all tests that run on it.
    """
    return pytest.mark.parametrize(
        "visit",
        [
            pytest.param(
                (name, look),
                id=f"{name}-{look}",
                marks=() if by_day else pytest.mark.nightly,
            )
            for look in looks
            for name in names
            for by_day in [look in USUAL and (name not in BENCHES or name == BENCH_BY_DAY)]
        ],
        indirect=True,
    )


every_page, lively_pages = visits(*PAGES), visits(*LIVELY)


@pytest.fixture(scope="module")
def visit(
    request: pytest.FixtureRequest, browser: Browser, book_folder: Path, book_server: str
) -> Iterator[Visit]:
    name, look = request.param
    root = book_server if look.place == "served" else f"file://{book_folder}"
    options = {
        "viewport": {"width": look.width, "height": 900},
        "color_scheme": look.theme,
        "reduced_motion": "reduce",
    }
    traffic = Traffic()
    with new_page(browser, traffic, **options) as page:
        page.goto(f"{root}/{name}.html", wait_until="load")
        if name in (*LIVELY, *BENCHES, FRONT, "fleet_scale", "gallery"):
            wake(page)
            wait_until_settled(page)
        page.evaluate("() => document.fonts.ready")
        yield Visit(name, look, page, traffic)


def test_no_page_is_left_out(book_folder: Path) -> None:
    assert {path.stem for path in book_folder.glob("*.html")} == {*PAGES}


@every_page
def test_it_loads_from_the_book_alone(visit: Visit) -> None:
    # Sphinx writes the search page without an article
    heading = "#search-results" if visit.name == "search" else "article h1"
    assert visit.page.locator(heading).count() == 1
    assert visit.page.locator("html").get_attribute("data-theme") == visit.look.theme
    visit.traffic.assert_clean()


@every_page
def test_it_is_no_wider_than_the_screen(visit: Visit) -> None:
    assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= visit.look.width + 1


@visits(*LIVELY, "gallery")
def test_figures_and_mathematics_appear_without_a_kernel(visit: Visit) -> None:
    page = visit.page
    assert page.locator("merror, .mjx-error").count() == 0
    if visit.name in LIVELY:
        drawn = page.locator(".bqplot").count()
        assert drawn == page.locator(TITLES).count()
        assert drawn >= LIVELY[visit.name][1]
    if visit.name in PARTS:
        assert page.locator("mjx-container").count() > 5
    if visit.name == "gallery":
        page.locator(".storagelab-equation mjx-container").wait_for(state="visible")


@lively_pages
def test_every_figure_has_a_title_and_words(visit: Visit) -> None:
    titles = visit.page.locator(TITLES).all_inner_texts()
    assert len(set(titles)) == LIVELY[visit.name][1]
    assert all(len(title) > 8 for title in titles)
    for words in visit.page.locator(".storagelab-instrument .storagelab-words").all_inner_texts():
        assert len(words.split()) > 10
        assert "NaN" not in words


TEXTS = """() => [...document.querySelectorAll('.bqplot')].flatMap((figure) => {
  const outer = figure.closest('.storagelab-workbench').getBoundingClientRect();
  const inner = figure.getBoundingClientRect();
  return [...figure.querySelectorAll('svg text')]
    .filter((text) => text.textContent.trim() && text.getBoundingClientRect().width > 0)
    .map((text) => {
      const box = text.getBoundingClientRect();
      const left = Math.max(inner.left, outer.left), right = Math.min(inner.right, outer.right);
      return {
        words: text.textContent,
        clipped: box.left < left - 1 || box.right > right + 1
          || box.top < inner.top - 1 || box.bottom > inner.bottom + 1,
        fill: getComputedStyle(text.querySelector('tspan') || text).fill,
      };
    });
})"""


@visits(*LIVELY, *BENCHES)
def test_every_label_of_a_figure_is_whole_and_can_be_told_from_the_ground(
    visit: Visit,
) -> None:
    texts = visit.page.evaluate(TEXTS)
    assert len(texts) > 8
    assert [text["words"] for text in texts if text["clipped"]] == []
    ground = visit.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    axes = [text for text in texts if text["fill"] != "none"]
    # large or bold words in a figure need 3:1; ordinary text would need 4.5:1
    assert [text["words"] for text in axes if contrast(text["fill"], ground) < 3] == []


@lively_pages
def test_a_slider_is_wide_enough_for_a_finger(visit: Visit) -> None:
    box = visit.page.locator(".noUi-target").first.bounding_box()
    assert box
    assert box["width"] > 200


@visits(*TRACKS)
def test_the_hierarchy_is_whole_and_large_enough_to_read(visit: Visit) -> None:
    drawing = visit.page.locator("svg.storagelab-hierarchy")
    box = drawing.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= visit.look.width
    inner = drawing.evaluate(
        """(drawing) => [...drawing.querySelectorAll('text')].map((text) => {
          const { x, width, height } = text.getBoundingClientRect();
          return { x, width, height };
        })"""
    )
    assert len(inner) > 10
    for text in inner:
        assert text["height"] >= 12
        assert text["x"] >= box["x"]
        assert text["x"] + text["width"] <= box["x"] + box["width"]


@visits(*TABLES)
def test_tables_and_drawings_can_be_told_from_the_ground(visit: Visit) -> None:
    visit.open_folds()
    selector = (
        ".storagelab-table th, .storagelab-table td, .storagelab-table code, .storagelab-table a, "
        ".storagelab-hierarchy text, figcaption"
    )
    texts = visit.page.evaluate(COLORS, selector)
    assert len(texts) > 8
    assert [item for item in texts if contrast(item["color"], item["ground"]) < 4.5] == []


@visits(*TABLES, looks=[look for look in EVERY_LOOK if look.width < 400])
def test_on_a_telephone_each_cell_says_its_columns_head(visit: Visit) -> None:
    visit.open_folds()
    cells = visit.page.evaluate(
        """() => [...document.querySelectorAll('.storagelab-table td')].map((cell) => ({
          head: getComputedStyle(cell, '::before').content,
          right: cell.getBoundingClientRect().right,
          over: cell.scrollWidth - cell.clientWidth,
        }))"""
    )
    assert len(cells) > 3
    assert [cell for cell in cells if cell["head"] in ("none", '""')] == []
    assert [cell for cell in cells if cell["right"] > 361 or cell["over"] > 1] == []


# --- accessibility


@every_page
def test_axe_has_no_grave_finding(visit: Visit, axe: str) -> None:
    assert grave_findings(visit.page, axe, ["html"]) == []


def test_axe_sees_what_is_wrong(page: Page, axe: str) -> None:
    page.set_content("<main><h1>Wrong</h1><p>A <button></button> with no name</p></main>")
    assert [item["rule"] for item in grave_findings(page, axe, ["html"])] != []


# --- the search page


@pytest.mark.parametrize("place", ["served", "file"])
def test_search_shows_words_and_no_raw_mathematics(
    page: Page, traffic: Traffic, book_folder: Path, book_server: str, place: str
) -> None:
    root = book_server if place == "served" else f"file://{book_folder}"
    page.goto(f"{root}/search.html?q=bandwidth")
    page.locator("#search-results li p.context").nth(4).wait_for()
    page.get_by_text("Search finished").wait_for()
    found = page.locator("#search-results p.context").all_inner_texts()
    assert len(found) > 5
    assert [words for words in found if "bandwidth" not in words.lower()] == []
    assert [words for words in found if re.search(r"\\[a-zA-Z(\[]|[_^]\{", words)] == []
    traffic.assert_clean()


# --- what moves the page comes last


@lively_pages
def test_a_slider_moves_the_figures_and_their_words_by_keyboard(visit: Visit) -> None:
    page = visit.page
    drawn, said = marks(page), captions(page)
    # a figure further down may have a slider of its own
    handle = page.get_by_role("slider").first
    assert handle.get_attribute("aria-label") == LIVELY[visit.name][0]
    readout = handle.get_attribute("aria-valuetext")
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    await_other_captions(page, said)
    wait_until_settled(page)
    assert marks(page) != drawn
    assert handle.get_attribute("aria-valuetext") != readout
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    wait_until_settled(page)
    assert captions(page) == said  # back where it was, nothing has drifted
    visit.traffic.assert_clean()


@visits(*BENCHES, looks=USUAL)
def test_a_recorded_workbench_answers_and_keeps_what_is_recorded(visit: Visit) -> None:
    page = visit.page
    drawn, said = marks(page), captions(page)
    page.locator(".storagelab-all").evaluate("(button) => button.click()")  # where it is folded
    page.get_by_role("slider").first.focus()
    for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
        page.keyboard.press(key)
    await_other_captions(page, said)
    wait_until_settled(page)
    assert marks(page) != drawn
    assert page.locator("p.storagelab-recorded").inner_text() == ""
    record = page.get_by_role("button", name="Record this run")
    if record.count():
        record.click()
        page.get_by_role("button", name="Record this run (2 of 10)").wait_for()
        assert page.locator(".storagelab-runs tbody tr").count() == 1
    visit.traffic.assert_clean()


A4 = 720
"""Pixels across a sheet between its margins."""
OVER = """(width) => [...document.querySelectorAll(
    'article :is(.bqplot, pre, table, .storagelab-words, .noUi-target, mjx-container)')]
  .filter((item) => item.getClientRects().length)
  .filter((item) => item.getBoundingClientRect().right > width + 1
    || (getComputedStyle(item).overflowX !== 'visible' && item.scrollWidth > item.clientWidth + 1))
  .map((item) => `${item.className}: ${item.textContent.slice(0, 60)}`)"""
"""What of a page is wider than that, or than its own box."""
FOLDED = """() => [...document.querySelectorAll('article details > :not(summary)')]
  .filter((item) => !item.closest('.storagelab-tools') && !item.checkVisibility())
  .map((item) => item.closest('details').textContent.slice(0, 60))"""
"""What of a page can't be read without unfolding it."""


@visits(*LIVELY, "gallery", "is_it_true", "track_file", looks=USUAL[:1])
def test_on_paper_nothing_is_cut(visit: Visit) -> None:
    """Text runs anew over the width of a sheet, figures stay as wide as the screen made them."""
    page = visit.page
    page.set_viewport_size({"width": 1100, "height": 1000})  # else the theme has a column aside
    if page.locator(".bqplot").count():
        wait_until_settled(page)
    page.emulate_media(media="print")
    page.add_style_tag(content=f"html {{ width: {A4}px; }}")
    # mathematics is laid out anew, when its fonts are there
    page.wait_for_function(f"(width) => ({OVER})(width).length === 0", arg=A4)
    # buttons and folds are of no use there
    assert page.locator(".storagelab-tools:visible").count() == 0
    assert page.evaluate(FOLDED) == []
