"""What several test modules share: the checkout, the track, and one profile for every property."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from storagelab.course.layout import Layout, find_layout
from storagelab.tracks import Track, load_track

# no deadline on a shared machine, and the same examples each time
settings.register_profile("storagelab", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("storagelab")

LONGEST_FIRST = (
    "sandgrader/test_hostile.py",
    "hub/",
    "browser/",
    "sandgrader/test_grade.py",
    "sandgrader/test_survival.py",
    "postgres/",
    "feedback/test_leaks.py",
    "course/test_own_track.py",
)
"""Files and folders whose tests take long: begun last, they would keep one process waiting."""

BUILT = ("make", "playwright", "server", "hub_root", "lab", "grade", "graded", "once", "room")
"""Fixtures for which something is built or started: who uses one isn't in ``make quick``."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are processors, but where no test waits for anything.

    With one for each, a fifth of their time passed in waiting for browsers, kernels and graders.
    """
    only_computes = "not full" in (config.getoption("-m") or "")
    return (os.cpu_count() or 1) + (not only_computes)


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs something built, and begin with what takes long."""
    tests = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(tests).as_posix()
        ranks = (rank for rank, start in enumerate(LONGEST_FIRST) if path.startswith(start))
        return next(ranks, len(LONGEST_FIRST))

    for item in items:
        if set(BUILT) & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.full)
    items.sort(key=rank)


@pytest.fixture(scope="session")
def layout() -> Layout:
    return find_layout()


@pytest.fixture(scope="session")
def track() -> Track:
    return load_track("cloud_titan")


@pytest.fixture(autouse=True)
def person_at_a_static_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody grades, and text stands in for widgets, unless a test says otherwise."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("STORAGELAB_VIEW", "static")


@pytest.fixture(scope="session")
def make(layout: Layout) -> Callable[[str], None]:
    """Bring a target of the Makefile up to date; nothing is done where it already is."""
    build = layout.root / "build"
    build.mkdir(exist_ok=True)

    def run(target: str) -> None:
        # tests run in several processes, and two of them must not make the same thing at once
        with (build / "tests.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                ["make", target], cwd=layout.root, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, f"make {target}\n{done.stdout}\n{done.stderr}"

    return run


@pytest.fixture(scope="session")
def demo_class(layout: Layout, make: Callable[[str], None]) -> Path:
    """The demo class's folder, with a course for each track; made where it isn't up to date."""
    make("demo-class")
    return layout.root / "build" / "demo-class"


@pytest.fixture(scope="module")
def searched_once() -> Iterator[None]:
    """The answer keys try every decision of a track's part but once for all tests of a module.

    Its thousands of outcomes take seconds, and stay what they are.
    """
    import keys

    search = keys.decisions
    found: dict[tuple[int, str], tuple[Track, list[Any]]] = {}

    def decisions(track: Track, part: Any) -> Iterator[Any]:
        place = id(track), part.name
        if place not in found:
            # kept with the track, whose number nothing else gets meanwhile
            found[place] = track, list(search(track, part))
        return iter(found[place][1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "decisions", decisions)
        yield


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """The one driver of a process: a second beside it is refused."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
    from tests.browser.chromium import launch_options

    try:
        options = launch_options()
    except FileNotFoundError as problem:  # never skip
        pytest.fail(str(problem), pytrace=False)
    chromium = playwright.chromium.launch(**options)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def axe(layout: Layout, make: Callable[[str], None]) -> str:
    """axe-core, to be evaluated in a page."""
    from tests.browser.axe import SCRIPT, WITHOUT_HTML

    make("book")  # which fetches it
    return (layout.root / SCRIPT).read_text(encoding="utf-8") + WITHOUT_HTML
