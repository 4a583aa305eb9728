"""What stands under each figure: its numbers, and the files that a reader takes away."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.figure_tools import FigureTools
from storagelab.widgets.gallery import GALLERY
from storagelab.widgets.workbench import Workbench
from tests.browser.lab import Lab

from .conftest import Traffic, await_words, new_page, wait_until_settled
from .embedding import write_page
from .lab import notebook_of, run_all, run_cell, students_copy, use_theme

TRACK = "cloud_titan"
EASE_LATE = """
import bqplot
from ipywidgets.widgets.widget import _instances

for item in list(_instances.values()):
    if isinstance(item, bqplot.Figure):
        item.animation_duration += 50
"""
"""Asks for easing when the page has its figures already."""
SVG = "{http://www.w3.org/2000/svg}"


def saved(page: Any, instrument: Any, kind: str) -> tuple[Any, Any]:
    """Press a button that saves, and return the file's name and what is in it."""
    with page.expect_download() as download:
        instrument.get_by_role("button", name=f"as {kind}").click()
    content = download.value.path().read_bytes()
    return download.value.suggested_filename, content


def check_picture_files(page: Any, instrument: Any, name: str) -> Any:
    """Save an instrument as PNG and as SVG: both are whole, and need nothing of the page."""
    file_name, png = saved(page, instrument, "PNG")
    assert file_name == f"{name}.png"
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        width = instrument.locator(".bqplot").bounding_box()["width"]
        assert image.width >= 2 * width
        # None where there are more: not an empty sheet
        assert image.convert("RGB").getcolors(maxcolors=16) is None

    file_name, svg = saved(page, instrument, "SVG")
    assert file_name == f"{name}.svg"
    text = svg.decode("utf-8")
    assert "var(" not in text
    assert "currentcolor" not in text.lower()
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title").text in instrument.inner_text()
    assert len(root.find(f"{SVG}desc").text.split()) > 5
    words = " ".join("".join(item.itertext()) for item in root.iter(f"{SVG}text"))
    drawn = instrument.locator(".bqplot svg text:visible")
    # a change of theme draws a figure anew
    expect(drawn.nth(5)).to_be_attached()
    labels = drawn.all_text_contents()
    assert len(labels) > 5
    for label in filter(str.strip, labels):
        assert label.strip() in words
    return root


def rows_of(text: str) -> list[Any]:
    return list(csv.reader(io.StringIO(text)))


def numbers(rows: Any) -> list[list[Any]]:
    """Return rows of text as rows of numbers where they are ones."""

    def number(cell: Any) -> Any:
        try:
            return float(cell)
        except ValueError:
            return cell

    return [[number(cell) for cell in row] for row in rows]


@pytest.fixture(scope="module", params=PARTS)
def live(
    request: pytest.FixtureRequest, browser: Any, lab: Lab, layout: Layout
) -> Iterator[tuple[Any, Workbench]]:
    """A part's lab, and a twin of its workbench in this process."""
    track, part = load_track(TRACK), PARTS[request.param]
    path = f"tools/{part.stem}.ipynb"
    copy = students_copy(layout.release, track, part)
    copy.cells += notebook_of(EASE_LATE).cells
    lab.write(path, copy)
    options = {"viewport": {"width": 1280, "height": 1000}, "reduced_motion": "reduce"}
    with new_page(browser, Traffic(), **options) as page:
        lab.open(page, path)
        run_all(page)
        page.wait_for_selector(".storagelab-workbench .bqplot svg", state="attached")
        page.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
        wait_until_settled(page)
        run_cell(page, page.locator(".jp-CodeCell").count() - 1)
        yield page, Workbench(track, part.name)
    lab.stop_kernels()


def instrument_of(page: Any, title: str) -> Any:
    box = page.locator(".storagelab-instrument").filter(has=page.get_by_text(title, exact=True))
    expect(box).to_have_count(1)
    return box


def test_pictures_are_saved_from_a_lab(live: tuple[Any, Workbench]) -> None:
    page, twin = live
    for theme in ("light", "dark"):
        use_theme(page, theme)
        for instrument in twin.instruments:
            box = instrument_of(page, instrument.title)
            root = check_picture_files(page, box, instrument.name)
            red, green, blue = re.findall(r"\d+", root.find(f"{SVG}rect").get("fill"))[:3]
            assert (int(red) + int(green) + int(blue) > 3 * 128) == (theme == "light")


def test_the_numbers_saved_are_the_instruments_own(live: tuple[Any, Workbench]) -> None:
    page, twin = live
    for turn in ("at the start", "moved"):
        if turn == "moved":
            control = next(item for item in twin.content.controls if item.kind == "scale")
            value = control.values[control.values.index(control.default) + 1]
            slider = page.get_by_role("slider", name=control.label, exact=True)
            before = page.get_by_role("textbox", name="The line to paste").input_value()
            slider.focus()
            page.keyboard.press("ArrowRight")
            twin.set(**{control.name: value})
            if control.decided:
                expect(page.get_by_role("textbox", name="The line to paste")).not_to_have_value(
                    before
                )
            await_words(page, twin.part.summary(twin.track, twin.outcome))
        wait_until_settled(page)
        for instrument in twin.instruments:
            box = instrument_of(page, instrument.title)
            name, content = saved(page, box, "CSV")
            assert name == f"{instrument.name}.csv"
            assert content.decode("utf-8") == instrument.table(twin.outcome).csv()


def test_the_fold_shows_the_numbers_and_follows(live: tuple[Any, Workbench]) -> None:
    page, twin = live
    for instrument in twin.instruments:
        box = instrument_of(page, instrument.title)
        fold = box.locator(".storagelab-tools details")
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        region = box.get_by_role("region", name=f"Numbers of: {instrument.title}")
        expect(region).to_be_visible()
        table = instrument.table(twin.outcome)
        expect(region.locator("tbody tr")).to_have_count(len(table.thinned().rows))
        heads = region.locator("thead th").all_text_contents()
        assert heads == list(table.columns)
        cells = region.locator("tbody td").all_text_contents()
        meant = [cell for row in table.thinned().shown() for cell in row]
        for cell, value in zip(cells, meant, strict=True):
            if isinstance(value, str):
                assert cell == value
            else:
                assert float(cell.replace(",", "")) == pytest.approx(value, rel=1e-3, abs=1e-12)
        fold.locator("summary").click()
        expect(region).to_be_hidden()


FRAMES = """() => {
  const figures = [...document.querySelectorAll('.storagelab-instrument .bqplot svg')];
  const shown = (figure) => [...figure.querySelectorAll('path.line, path.element, .object_grp')]
    .map((item) => item.getAttribute('d') + item.getAttribute('transform')).join();
  window.frames_ = figures.map((figure) => new Set([shown(figure)]));
  const look = () => {
    figures.forEach((figure, index) => window.frames_[index].add(shown(figure)));
    requestAnimationFrame(look);
  };
  look();
}"""


def test_nothing_eases_for_those_who_want_no_motion(live: tuple[Any, Workbench]) -> None:
    page, twin = live
    page.evaluate(FRAMES)
    for control in twin.content.controls:
        if control.kind == "scale":
            page.get_by_role("slider", name=control.label, exact=True).focus()
            page.evaluate("() => window.frames_.forEach((frames) => frames.clear())")
            for key in ("ArrowRight", "ArrowLeft"):
                page.keyboard.press(key)
                wait_until_settled(page)
            counts = page.evaluate("() => window.frames_.map((frames) => frames.size)")
            # where it was, where it is, and at most one more frame on the way
            assert max(counts) <= 4, control.label


@pytest.mark.parametrize("name", GALLERY)
def test_a_page_without_a_kernel_saves_what_it_has(
    page: Page, book_folder: Any, tmp_path: Path, name: Any
) -> None:
    widget = GALLERY[name]()
    path = tmp_path / f"{name}.html"
    write_page(widget, path, (book_folder / "vendor").as_uri(), theme="dark")
    page.goto(path.as_uri())
    tools = [item for item in within(widget) if isinstance(item, FigureTools)]
    if not tools:
        assert name in ("math_peek", "data_flow_gauge")  # which have no figure
        return
    wait_until_settled(page)
    boxes = page.locator(".storagelab-instrument")
    assert boxes.count() == len(tools)
    for index, item in enumerate(tools):
        check_picture_files(page, boxes.nth(index), item.name)
        file_name, content = saved(page, boxes.nth(index), "CSV")
        assert file_name == f"{item.name}.csv"
        head, *rows = rows_of(content.decode("utf-8"))
        assert head == list(item.columns)
        assert numbers(rows) == numbers([[str(cell) for cell in row] for row in item.rows])


def within(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from within(child)
