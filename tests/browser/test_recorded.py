"""A recorded workbench against the kernel's own: the same words and marks in states by chance.

The page is opened as a file and driven by keys and pointer; what the kernel's workbench would show
is made in this process and, where marks are compared, drawn on a page of its own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.instruments.ten_runs import TenRuns
from storagelab.widgets.recorded.bench import Kept, PageBench
from storagelab.widgets.recorded.page import FOLDER, show_workbench
from storagelab.widgets.recorded.plan import Slice, states
from storagelab.widgets.recorded.store import stored_tables

from .conftest import Traffic, new_page, wait_until_settled
from .embedding import write_page

BY_DAY = [("tiny_pioneer", "access"), ("mobile_nomad", "pipeline"), ("cloud_titan", "checkpoint")]
"""One of each part: devices, runs, and tables that are loaded when something is chosen."""
EVERY = [
    pytest.param(track, part, id=f"{track}-{part}", marks=() if by_day else pytest.mark.nightly)
    for track in TRACKS
    for part in PARTS
    for by_day in [(track, part) in BY_DAY]
]
FEW, MANY = 3, 200
"""States of each workbench by day and by night."""
DRAWN = 10
"""At every so manieth state the marks are compared too."""

TEXTS = """() => [...document.querySelectorAll('.storagelab-bench .widget-html-content')]
  .map((item) => item.textContent.replace(/\\s+/g, ' ').trim())"""
"""The words of every text on the workbench, from the top to the bottom."""
SHAPES = """() => [...document.querySelectorAll('.storagelab-bench .bqplot')].map((figure) =>
  [...figure.querySelectorAll('.plotarea_events ~ g path, svg text, svg .dot_img')]
    .filter((item) => item.getBoundingClientRect().width && !item.closest('.axis'))
    .map((item) => {
      const own = figure.getBoundingClientRect();
      const { left, top, width, height } = item.getBoundingClientRect();
      return [left - own.left, top - own.top, width, height];
    }))"""
"""Where each mark of each figure lies, in pixels: left, top, width, height."""
APART = 0.5
"""Pixels within which a mark with six digits lies where the one with all digits does."""
Shape = list[float]


@dataclass
class Driven:
    """A recorded workbench in a browser, and what the kernel's would be."""

    page: Page
    made: PageBench
    pieces: list[Slice]
    ways: list[list[tuple[int, ...]]]
    """For each unit the positions of its choices in each combination, as the page opened first."""

    @property
    def controls(self) -> list[Any]:
        return self.made.bench.content.controls

    def go(self, state: dict[str, int], choices: dict[int, int] | None = None) -> None:
        """Set the controls by keys and pointer, those that the task gives last, then the choices.

        Where no table has both, the page puts back what wasn't touched last: another round sets it.
        """
        for _ in range(3):
            for control in sorted(self.controls, key=lambda item: not item.decided):
                self._set(control, state[control.name])
            for unit, way in (choices or {}).items():
                self.choose(unit, way)
            if self.present() == state:
                return
        raise AssertionError(f"{self.present()} in the place of {state}")

    def present(self) -> dict[str, int]:
        """Return where the page's controls stand."""
        return {control.name: self._at(control) for control in self.controls}

    def _at(self, control: Any) -> int:
        box = self._box(control)
        if control.kind == "scale":
            text = box.locator(".widget-readout").inner_text()
            return [label for label, _ in self._slider(control).options].index(text)
        if control.kind == "switch":
            pressed = [
                "mod-active" in (button.get_attribute("class") or "")
                for button in box.get_by_role("button").all()
            ]
            return pressed.index(True)
        return int(box.locator("select").evaluate("(item) => item.selectedIndex"))

    def _slider(self, control: Any) -> Any:
        return self.made.bench.controls[control.name].slider

    def _box(self, control: Any) -> Any:
        return self.page.locator(".storagelab-controls > *").nth(self.controls.index(control))

    def _set(self, control: Any, index: int) -> None:
        box, now = self._box(control), self._at(control)
        if now == index:
            return
        if control.kind == "scale":
            labels = [label for label, _ in self._slider(control).options]
            self._slide(box, labels, now, index)
        elif control.kind == "switch":
            box.get_by_role("button").nth(index).click()
        else:
            box.locator("select").select_option(index=index)

    def _slide(self, box: Any, labels: list[str], now: int, index: int) -> None:
        """Move a slider by the fewest keys; the next one waits until it has followed."""
        box.locator(".noUi-handle").focus()
        readout, last = box.locator(".widget-readout"), len(labels) - 1
        for key, start in (("Home", 0), ("End", last)):
            if abs(index - start) + 1 < abs(index - now):
                self.page.keyboard.press(key)
                expect(readout).to_have_text(labels[start])
                now = start
        while now != index:
            self.page.keyboard.press("ArrowRight" if index > now else "ArrowLeft")
            now += 1 if index > now else -1
            expect(readout).to_have_text(labels[now])

    def choose(self, unit: int, way: int) -> None:
        """Set the choices of a figure by the pointer or by keys."""
        choices = self.made.units[unit].choices
        for choice, index in zip(choices, self.ways[unit][way], strict=True):
            box = self.page.locator(".storagelab-sub-choice").filter(has_text=choice.description)
            if isinstance(choice, ipywidgets.ToggleButtons):
                button = box.get_by_role("button").nth(index)
                if "mod-active" not in (button.get_attribute("class") or ""):
                    button.click()
                continue
            texts = [text for text, _ in choice.options]
            now = texts.index(box.locator(".widget-readout").inner_text())
            self._slide(box, texts, now, index)

    def expected(self, state: dict[str, int], choices: dict[int, int]) -> list[str]:
        """Show a state in the kernel's own workbench, and return its texts."""
        bench = self.made.bench
        bench.set(**{item.name: item.values[state[item.name]] for item in self.controls})
        for number, way in choices.items():
            unit = self.made.units[number]
            for choice, index in zip(unit.choices, self.ways[number][way], strict=True):
                choice.index = index
        return texts_of(bench.widget)


def texts_of(widget: Any) -> list[str]:
    """Return the words of every text in a widget, in the order in which a page shows them."""
    if isinstance(widget, ipywidgets.HTML):
        text = BeautifulSoup(widget.value, "html.parser").get_text()
        return [re.sub(r"\s+", " ", text).strip()]
    return [text for child in getattr(widget, "children", ()) for text in texts_of(child)]


@pytest.fixture
def recordings(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = layout.root / "build" / "recordings"
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


@pytest.fixture
def driven(
    request: pytest.FixtureRequest,
    browser: Browser,
    book_folder: Path,
    recordings: Path,
    tmp_path: Path,
) -> Iterator[Callable[[str, str], Driven]]:
    opened = []

    def drive(track_name: str, part_name: str) -> Driven:
        shown = show_workbench(track_name, part_name)
        (tmp_path / "recordings").symlink_to(recordings)
        path = tmp_path / "page.html"
        write_page(shown, path, f"file://{book_folder}/vendor")
        traffic = Traffic()
        context = new_page(
            browser, traffic, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        )
        page = context.__enter__()
        opened.append((context, traffic))
        page.goto(f"file://{path}")
        page.wait_for_selector(".storagelab-dock-tools")
        wait_until_settled(page)
        pieces = [item.piece for item in stored_tables(recordings, track_name, part_name)]
        made = PageBench(load_track(track_name), part_name)
        ways = [unit.ways() for unit in made.units]
        return Driven(page, made, pieces, ways)

    yield drive
    for context, traffic in opened:
        traffic.assert_clean()
        context.__exit__(None, None, None)


@pytest.mark.parametrize(
    "count", [FEW, pytest.param(MANY, marks=pytest.mark.nightly)], ids=["few", "many"]
)
@pytest.mark.parametrize(("track_name", "part_name"), EVERY)
def test_the_page_shows_what_the_kernel_would(
    track_name: str,
    part_name: str,
    count: int,
    driven: Callable[[str, str], Driven],
    browser: Browser,
    book_folder: Path,
    tmp_path: Path,
) -> None:
    drive, chance = driven(track_name, part_name), random.Random(count)
    for number in range(count):
        piece = chance.choice(drive.pieces)
        state = chance.choice(states(drive.controls, piece))
        ways = {
            at: chance.randrange(len(drive.ways[at])) if piece.plays_choices else 0
            for at, unit in enumerate(drive.made.units)
            if unit.choices and not isinstance(unit.choices[0], Kept)
        }
        check_words(drive, state, ways)
        if number % DRAWN == 0:
            check_marks(drive, drawn_alone(drive, browser, book_folder, tmp_path))


def check_words(drive: Driven, state: dict[str, int], ways: dict[int, int]) -> None:
    """Go to a state and to ways of the figures' choices; all texts are the kernel's."""
    drive.go(state, ways)
    words, page = drive.expected(state, ways), drive.page
    page.wait_for_function(f"(words) => ({TEXTS})().join('|') === words", arg="|".join(words))
    line = page.get_by_role("textbox", name="The line to paste")
    expect(line).to_have_value(drive.made.below.line.field.value)


def check_marks(drive: Driven, alone: list[list[Shape]]) -> None:
    """Each mark lies where the kernel's does, which are ``alone`` on another page."""
    wait_until_settled(drive.page)
    drawn = drive.page.evaluate(SHAPES)
    assert min(len(shapes) for shapes in drawn) > 3
    for here, there in zip(drawn, alone, strict=True):
        assert len(here) == len(there)
        assert strangers(here, there) == strangers(there, here) == []


@pytest.mark.nightly
@pytest.mark.parametrize("track_name", TRACKS)
def test_ten_runs_are_listed_and_compared_as_in_the_lab(
    track_name: str, driven: Callable[[str, str], Driven]
) -> None:
    drive, chance = driven(track_name, "pipeline"), random.Random(10)
    track, page, runs = load_track(track_name), drive.page, []
    lab = TenRuns(track)
    shown = (lab.words, lab.listing, lab.plot.caption, lab.comparison.difference)

    def await_the_same() -> None:
        words = [text for widget in shown for text in texts_of(widget)]
        page.wait_for_function(
            f"(words) => words.every((text) => ({TEXTS})().includes(text))", arg=words
        )

    for number in range(track.pipeline.runs):
        state = chance.choice(states(drive.controls, drive.pieces[0]))
        drive.go(state)
        page.get_by_role("button", name=f"Record this run ({number + 1} of").click()
        runs.append({item.answer: item.values[state[item.name]] for item in drive.controls})
        lab.update(runs)
        await_the_same()
    for _ in range(5):
        for name, side in zip(("Compare", "with"), lab.comparison.sides, strict=True):
            side.value = chance.randrange(len(runs))
            page.get_by_label(name, exact=True).select_option(index=side.value)
        await_the_same()


def strangers(shapes: list[Shape], others: list[Shape]) -> list[Shape]:
    """Return the shapes that none of the others lies over."""
    return [
        shape
        for shape in shapes
        if not any(
            all(abs(one - two) <= APART for one, two in zip(shape, other, strict=True))
            for other in others
        )
    ]


def drawn_alone(
    drive: Driven, browser: Browser, book_folder: Path, folder: Path
) -> list[list[Shape]]:
    """Return where the marks lie on a page that shows nothing but the kernel's present state."""
    path = folder / "alone.html"
    write_page(drive.made.bench.widget, path, f"file://{book_folder}/vendor")
    options: dict[str, Any] = {
        "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce",
    }  # fmt: skip
    with new_page(browser, Traffic(), **options) as page:
        page.goto(f"file://{path}")
        page.wait_for_selector(".storagelab-dock-tools")
        wait_until_settled(page)
        shapes: list[list[Shape]] = page.evaluate(SHAPES)
        return shapes
