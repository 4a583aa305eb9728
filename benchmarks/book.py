"""The built book: what a page loads, when its first figure is painted, and how soon a key answers.

Against a blank page of the same theme, loaded in turn with it: the same navigation, styles and
scripts, and an article with nothing in it. Pages are served uncompressed, to an empty cache.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks.latency import WATCH, Place, at_share, press
from benchmarks.measuring import Result, at_most
from tests.browser.chromium import launch_options
from tests.browser.serving import served

FOLDER = Path(__file__).parents[1] / "build" / "book" / "_build" / "html"
PAGES = ("part1_access", "part2_pipeline", "part3_checkpoint")
BLANK = "blank-page-of-the-benchmark"
LOADS = 7
PRESSES = 60
MOST_BYTES = 3e6
MOST_PAINT = 1.3
MOST_KEY = 50e-3

# notes when a frame with a whole figure in it has been handed to the compositor
FIRST_FIGURE = """
const look = () => {
  const figure = document.querySelector('.bqplot svg .axis text');
  if (!figure || !figure.getBoundingClientRect().width) return requestAnimationFrame(look);
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { window.firstFigure = performance.now(); };
  channel.port2.postMessage(null);
};
requestAnimationFrame(look);
"""
FIRST_PAINT = """() => {
  const [entry] = performance.getEntriesByName('first-contentful-paint');
  return entry ? entry.startTime : 0;
}"""


@dataclass(frozen=True)
class Load:
    """One load of a page."""

    size: int
    """Bytes, as they lie on the disk."""
    requests: int
    paint: float
    """Seconds to the first paint with something in it."""
    figure: float
    """Seconds to the first painted figure; 0 on a page with none."""


@contextmanager
def blank_page(folder: Path) -> Iterator[str]:
    """Put a page of the theme with an empty article into ``folder``; yield its name."""
    text = (folder / "student.html").read_text(encoding="utf-8")
    path = folder / f"{BLANK}.html"
    empty = re.sub(r"(<article[^>]*>).*(</article>)", r"\1<h1>Blank</h1>\2", text, flags=re.DOTALL)
    path.write_text(empty, encoding="utf-8")
    try:
        yield BLANK
    finally:
        path.unlink()


def load(browser: Browser, address: str, has_figures: bool) -> Load:
    """Load a page in a browser that has nothing of it yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.add_init_script(FIRST_FIGURE)
    page.goto(address, wait_until="networkidle")
    figure = 0.0
    if has_figures:
        page.wait_for_function("() => window.firstFigure")
        figure = page.evaluate("() => window.firstFigure") / 1e3
    page.wait_for_function(f"() => ({FIRST_PAINT})() > 0")
    paint = page.evaluate(FIRST_PAINT) / 1e3
    page.wait_for_load_state("networkidle")
    # a widget's script is loaded once more, from memory
    asked = [request for request in finished if request.url.startswith("http")]
    size = sum(request.sizes()["responseBodySize"] for request in asked)
    found = Load(size, len(asked), paint, figure)
    context.close()
    return found


def key_times(page: Page, address: str) -> list[float]:
    """Return the seconds from a key on a page's first slider to the frame that it ends in."""
    page.goto(address, wait_until="networkidle")
    page.mouse.move(9, 9)
    view = page.locator("script[type$='widget-view+json']").first
    view.evaluate("(view) => view.parentElement.scrollIntoView({ behavior: 'instant' })")
    page.mouse.move(10, 10)
    place: Place = (".widget-subarea", ".noUi-handle")
    page.locator(" ".join(place)).first.wait_for()
    page.wait_for_function(
        "() => !document.querySelector('.storagelab-waking') "
        "&& document.querySelector('.widget-subarea .noUi-handle[aria-label]')"
    )
    page.evaluate(WATCH)
    times = []
    for number in range(PRESSES):
        key = ("ArrowRight", "ArrowLeft")[number % 2]
        times.append(press(page, place, 0, key)["marks"] / 1e3)
    return times


def results(folder: Path = FOLDER) -> list[Result]:
    """Return what each part's page loads, when it shows something, and how soon it answers."""
    found = []
    with (
        served(folder) as root,
        blank_page(folder) as blank,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(**launch_options())
        for name in PAGES:
            pairs = [
                (
                    load(chromium, f"{root}/{name}.html", True),
                    load(chromium, f"{root}/{blank}.html", False),
                )
                for _ in range(LOADS + 1)
            ][1:]  # the first fills the caches of the disk
            ours, bare = zip(*pairs, strict=True)
            paint = statistics.median(one.paint for one in ours)
            reference = statistics.median(one.paint for one in bare)
            figure = statistics.median(one.figure for one in ours)
            size = max(one.size for one in ours)
            found.append(
                Result(
                    f"{name}, MB in {ours[0].requests} requests "
                    f"(blank page {bare[0].size / 1e6:.2f} in {bare[0].requests})",
                    paint,
                    reference,
                    size / 1e6,
                    f"at most {MOST_BYTES / 1e6:g}",
                    size <= MOST_BYTES,
                )
            )
            ratios = [(one.paint / two.paint, one.figure / two.paint) for one, two in pairs]
            first, drawn = (statistics.median(column) for column in zip(*ratios, strict=True))
            what = f"{name}, {{}} / first paint of a blank page"
            found.append(at_most(what.format("first paint"), paint, reference, first, MOST_PAINT))
            found.append(at_most(what.format("first figure"), figure, reference, drawn, MOST_PAINT))
            for place, address in (("served", root), ("file", f"file://{folder}")):
                page = chromium.new_page(
                    viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
                )
                times = key_times(page, f"{address}/{name}.html")
                page.close()
                high = at_share(times, 0.95)
                found.append(
                    Result(
                        f"key to painted frame, p95, {name}, {place}, ms",
                        statistics.median(times),
                        None,
                        1e3 * high,
                        f"at most {1e3 * MOST_KEY:g}",
                        high <= MOST_KEY,
                    )
                )
        chromium.close()
    return found
