"""What is seen of the book before anything has run: pictures made when it was built.

And what a page loads: nothing of its widgets until somebody is there, and then without a jump.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from .conftest import VIEWS, Traffic, new_page, wake
from .contrast import contrast
from .test_book import A4, LIVELY, OVER, PARTS, TEXTS

BUDGET = 3e6
"""Bytes of a part's page before anybody touches it, as they lie on the disk."""
MOST_SHIFT = 0.05
ALIVE_BY_DAY = {("part1_access", 1280), ("part2_pipeline", 800), ("part3_checkpoint", 360)}
"""The widths of window in which a part comes alive in `make test`; the others are the night's."""
STILL = ".storagelab-still"
SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}"""
HEIGHTS = f"""() => [...document.querySelectorAll("{VIEWS}")].map((script) =>
  script.parentElement.querySelector('{STILL}, .widget-subarea').getBoundingClientRect().height)"""


@pytest.fixture(params=[(1280, "light"), (360, "light")], ids=["1280", "360"])
def unscripted(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, theme = request.param
    with new_page(
        browser,
        Traffic(),
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        java_script_enabled=False,
    ) as page:
        yield page


@pytest.mark.parametrize("name", [*LIVELY, "gallery"])
def test_without_a_script_every_figure_is_seen_and_said(
    unscripted: Page, book_folder: Path, name: str
) -> None:
    page = unscripted
    page.goto(f"file://{book_folder}/{name}.html", wait_until="load")
    assert page.locator(STILL).count() == page.locator(VIEWS).count() > 0
    figures = page.locator(f"{STILL} .bqplot")
    if name in LIVELY:
        assert figures.count() >= LIVELY[name][1]
    assert page.locator(f"{STILL} .bqplot > svg:visible").count() == figures.count()
    for words in figures.evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))"):
        assert len(words.split()) > 10
    texts = page.evaluate(TEXTS)
    assert len(texts) > 8
    assert [text["words"] for text in texts if text["clipped"]] == []
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    axes = [text for text in texts if text["fill"] != "none"]
    assert [text["words"] for text in axes if contrast(text["fill"], ground) < 3] == []
    # nothing that can't be used, and mathematics as it is printed
    assert page.locator(f"{STILL} button:visible").count() == 0
    if name in PARTS:
        formulas = page.locator("article mjx-container")
        assert formulas.count() > 5
        assert page.locator("article mjx-container > svg:visible").count() == formulas.count()
        assert page.locator("article mjx-container math").count() == formulas.count()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= (
        page.viewport_size["width"] + 1
    )


@pytest.mark.parametrize("name", PARTS)
def test_pictures_go_onto_paper(page: Page, book_folder: Path, name: str) -> None:
    page.set_viewport_size({"width": 1100, "height": 1000})  # else the theme has a column aside
    page.goto(f"file://{book_folder}/{name}.html", wait_until="load")
    page.emulate_media(media="print")
    page.add_style_tag(content=f"html {{ width: {A4}px; }}")
    page.wait_for_function(f"(width) => ({OVER})(width).length === 0", arg=A4)
    assert page.locator(f"{STILL} .bqplot > svg:visible").count() >= PARTS[name][1]


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [
        pytest.param(
            name, *look, marks=() if (name, look[0]) in ALIVE_BY_DAY else pytest.mark.nightly
        )
        for name in PARTS
        for look in ((1280, "light"), (800, "dark"), (360, "dark"))
    ],
)
def test_a_page_is_light_until_somebody_comes_and_alive_without_a_jump(
    browser: Browser, book_server: str, name: str, width: int, theme: str
) -> None:
    traffic = Traffic()
    loaded: dict[str, int] = {}

    def note(response: Response) -> None:
        loaded[response.url.split("?")[0]] = len(response.body())

    options: Any = {
        "viewport": {"width": width, "height": 900},
        "color_scheme": theme,
        "reduced_motion": "reduce",
    }
    with new_page(browser, traffic, **options) as page:
        page.on("response", note)
        # a busy machine may have the page's network idle before it has read the page to its end
        page.goto(f"{book_server}/{name}.html", wait_until="load")
        page.wait_for_load_state("networkidle")
        assert sum(loaded.values()) <= BUDGET, json.dumps(loaded, indent=1)
        assert [url for url in loaded if url.endswith((".woff", ".woff2", ".ttf"))] == []
        assert [url for url in loaded if "bqplot" in url or "libembed" in url] == []

        page.evaluate(SHIFTS)
        before = page.evaluate(HEIGHTS)
        wake(page)
        assert page.locator(STILL).count() == 0
        assert page.evaluate(HEIGHTS) == pytest.approx(before, abs=2)
        assert page.evaluate("() => window.shift") < MOST_SHIFT
        assert [url for url in loaded if "libembed" in url] != []
        assert [url for url in loaded if url.endswith((".woff", ".woff2", ".ttf"))] == []
        traffic.assert_clean()


def test_a_key_wakes_what_is_near(browser: Browser, book_folder: Path) -> None:
    with new_page(browser, Traffic()) as page:
        page.goto(f"file://{book_folder}/part3_checkpoint.html", wait_until="load")
        page.locator(STILL).first.evaluate("(still) => still.scrollIntoView()")
        page.keyboard.press("Tab")
        page.locator(".storagelab-live .noUi-handle").first.wait_for()
        # the last of the page is far away
        assert page.locator(STILL).count() > 0


def test_a_page_without_figures_loads_nothing_for_them(browser: Browser, book_server: str) -> None:
    loaded: list[str] = []
    with new_page(browser, Traffic()) as page:
        page.on("response", lambda response: loaded.append(response.url))
        page.goto(f"{book_server}/student.html", wait_until="load")
        page.wait_for_load_state("networkidle")
        page.mouse.move(50, 50)
        page.mouse.wheel(0, 900)
        page.wait_for_load_state("networkidle")
    assert [url for url in loaded if "/vendor/" in url and not url.endswith("look.css")] == []
