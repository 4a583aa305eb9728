"""A real Chromium with the network off: only this machine answers, everything else is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, WebSocket, expect

from storagelab.course.layout import Layout

from .chromium import NOT_IN_TWO_SECONDS
from .lab import Lab, running_lab
from .serving import served

KNOWN_NOISE = (
    # the book's theme: harmless, and not ours to mend
    "Got invalid theme mode",
    NOT_IN_TWO_SECONDS,
)

# a machine under load takes its time; what never comes fails all the same
expect.set_options(timeout=60_000)


@dataclass
class Traffic:
    """What a page asked for that it shouldn't have, and what went wrong in it."""

    blocked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        assert self.blocked == [], "asked another host"
        assert self.failed == []
        noise = [error for error in self.errors if not any(known in error for known in KNOWN_NOISE)]
        assert noise == []


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@contextmanager
def new_page(browser: Browser, traffic: Traffic, **options: Any) -> Iterator[Page]:
    """Open a page in a Chromium that reaches this machine alone.

    ``traffic`` notes what else it wanted. Nothing is intercepted: that would take Chromium its
    cache, and the tests a tenth of their time.
    """
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 1000}, **options})

    def note_other_hosts(asked: Request | WebSocket) -> None:
        if asked.url.startswith(("http", "ws")) and "://127.0.0.1" not in asked.url:
            traffic.blocked.append(asked.url)

    context.on("request", note_other_hosts)
    context.on(
        "response",
        lambda response: (
            traffic.failed.append(f"{response.status} {response.url}")
            if response.status >= 400
            else None
        ),
    )
    # a file that isn't there has no status; over HTTP, leaving a page fails requests too
    context.on(
        "requestfailed",
        lambda request: (
            traffic.failed.append(request.url) if request.url.startswith("file:") else None
        ),
    )
    page = context.new_page()
    page.on("websocket", note_other_hosts)
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: traffic.errors.append(str(error)))
    page.on(
        "console",
        lambda message: traffic.errors.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()


@pytest.fixture
def page(browser: Browser, traffic: Traffic) -> Iterator[Page]:
    with new_page(browser, traffic) as page:
        yield page


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab for all tests that need one, each with notebooks and kernels of its own."""
    root, home = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("home")
    with running_lab(root, home) as running:
        yield running


@pytest.fixture(scope="session")
def book_folder(layout: Layout, make: Callable[[str], None]) -> Any:
    make("book")
    return layout.root / "build" / "book" / "_build" / "html"


@pytest.fixture(scope="session")
def book_server(book_folder: Any) -> Iterator[str]:
    with served(book_folder) as address:
        yield address


VIEWS = "script[type='application/vnd.jupyter.widget-view+json']"


def wake(page: Page) -> None:
    """Come near each figure of a page of the book, as a reader does, until all are alive."""
    page.mouse.move(5, 5)
    page.mouse.move(6, 6)
    # the browser's own selector: Playwright's looks at each of a page's 20,000 elements in turn
    boxes = page.evaluate_handle(
        "(views) => [...document.querySelectorAll(views)].map((view) => view.parentElement)", VIEWS
    )
    for index in range(boxes.evaluate("(boxes) => boxes.length")):
        box = boxes.evaluate_handle("(boxes, index) => boxes[index]", index)
        box.evaluate("(box) => box.scrollIntoView({ behavior: 'instant' })")
        page.wait_for_function("(box) => box.classList.contains('storagelab-live')", arg=box)
    page.evaluate("() => window.scrollTo({ top: 0, behavior: 'instant' })")


def marks(page: Page) -> str:
    """Return the shape of everything that bqplot has drawn on the page."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.bqplot path, .bqplot g')]
            .map((item) => (item.getAttribute('d') || '') + (item.getAttribute('transform') || ''))
            .join('|')"""
    )


CAPTIONS = """() => [...document.querySelectorAll('.storagelab-workbench .storagelab-words')]
  .map((item) => item.textContent).join('|')"""


def captions(page: Page) -> str:
    """Return the words under the figures."""
    return page.evaluate(CAPTIONS)


def await_other_captions(page: Page, before: str) -> None:
    """Wait until the words under the figures are no longer ``before``."""
    page.wait_for_function(f"(before) => ({CAPTIONS})() !== before", arg=before)


def await_caption(page: Page, words: str, there: bool = True) -> None:
    """Wait until ``words`` are under the figures or, asked so, no longer are."""
    page.wait_for_function(
        f"([words, there]) => ({CAPTIONS})().includes(words) === there", arg=[words, there]
    )


def await_words(page: Page, words: str) -> None:
    """Wait until a workbench on the page says exactly these words."""
    page.wait_for_function(
        "(words) => [...document.querySelectorAll('.storagelab-words')]"
        ".some((item) => item.textContent === words)",
        arg=words,
    )


STILL = """(frames) => new Promise((resolve) => {
  const shape = () => [...document.querySelectorAll('.bqplot path, .bqplot g')]
    .map((item) => (item.getAttribute('d') || '') + (item.getAttribute('transform') || '')).join();
  let before = '', same = 0;
  const look = () => {
    const now = shape();
    same = now && now === before ? same + 1 : 0;
    before = now;
    if (same >= frames) resolve(true); else requestAnimationFrame(look);
  };
  look();
})"""
"""Resolves when what is drawn has been the same in so many frames one after the other."""


def wait_until_settled(page: Page, frames: int = 24) -> None:
    """Wait until what is drawn has stopped changing.

    In frames and not in seconds: a busy machine paints fewer of them.
    """
    page.wait_for_function(f"async (frames) => await ({STILL})(frames)", arg=frames)
