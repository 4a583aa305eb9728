"""Marks dragged by mouse, by touch and by keys: each moves the state of its slider alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.controls import value_label
from storagelab.widgets.gallery import GALLERY
from storagelab.widgets.workbench import Workbench

from .axe import grave_findings
from .conftest import Traffic, await_words, new_page, wait_until_settled
from .embedding import write_page
from .lab import Lab, run_all, students_copy

DRAGGED = {
    "iops_throughput": ("access", "request_size"),
    "pipeline_saturation": ("pipeline", "link"),
    "young_daly": ("checkpoint", "interval"),
}
"""The pictures whose point is dragged, with its part and the control that it stands for."""
TRACK = "tiny_pioneer"
Drag = Callable[[Page, tuple[float, float], tuple[float, float]], None]


def by_mouse(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def by_touch(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in at]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", begin)
    for step in range(1, 6):
        way = [a + (b - a) * step / 5 for a, b in zip(begin, end, strict=True)]
        touch("touchMove", (way[0], way[1]))
    touch("touchEnd")


def middle(item: Locator) -> tuple[float, float]:
    box = item.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def touched(browser: Any, traffic: Traffic) -> Iterator[Page]:
    """A page on a narrow screen that is touched."""
    options = {"viewport": {"width": 600, "height": 900}, "reduced_motion": "reduce"}
    with new_page(browser, traffic, has_touch=True, **options) as page:
        yield page


def over_its_mark(page: Page, handle: Locator) -> None:
    """Wait until the handle lies over a mark, to a pixel: the drawing follows in its own frame."""
    page.wait_for_function(
        """(handle) => {
          const at = (item) => {
            const { left, top, width, height } = item.getBoundingClientRect();
            return [left + width / 2, top + height / 2];
          };
          const [x, y] = at(handle);
          return [...document.querySelectorAll('.bqplot .object_grp')].some((item) => {
            const [left, top] = at(item);
            return item.querySelector('path') && Math.hypot(left - x, top - y) < 1.5;
          });
        }""",
        arg=handle.element_handle(),
    )


@pytest.mark.parametrize("name", DRAGGED)
def test_a_mark_is_dragged_without_a_kernel_as_its_slider_is_moved(
    touched: Page, traffic: Traffic, book_folder: Any, axe: str, tmp_path: Any, name: str
) -> None:
    page = touched
    part_name, moving = DRAGGED[name]
    control = PARTS[part_name].of(load_track(TRACK)).control(moving)
    path = tmp_path / f"{name}.html"
    write_page(GALLERY[name](TRACK, moving, **start_of(name)), path, vendor(book_folder))
    page.goto(path.as_uri())
    handle = page.get_by_role("slider", name=f"{control.label}, on the curve")
    slider = page.get_by_role("slider", name=control.label, exact=True)
    expect(handle).to_be_visible()
    expect(slider).to_have_attribute("aria-valuetext", value_label(control, control.default))
    wait_until_settled(page)
    box = handle.bounding_box()
    assert min(box["width"], box["height"]) >= 24

    def expect_at(index: int) -> tuple[float, float]:
        shown = value_label(control, control.values[index])
        expect(slider).to_have_attribute("aria-valuetext", shown)
        expect(handle).to_have_attribute("aria-valuetext", shown)
        over_its_mark(page, handle)
        return middle(handle)

    # by keys, which also tells where the places are
    last = 4
    handle.focus()
    page.keyboard.press("Home")
    places = [expect_at(0)]
    for index in range(1, last + 1):
        page.keyboard.press("ArrowRight")
        places.append(expect_at(index))
    assert len({x for x, _ in places}) == last + 1
    expect(page.get_by_role("tooltip")).to_contain_text("You: ")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()

    for drag in (by_mouse, by_touch):
        page.keyboard.press("Home")
        for begin, end in ((0, last), (last, 2), (2, 0)):
            expect_at(begin)
            drag(page, places[begin], places[end])
            expect_at(end)
    expect(page.get_by_role("tooltip")).to_contain_text("You: ")
    slider.press("End")
    expect_at(len(control.values) - 1)
    assert grave_findings(page, axe, [".storagelab-workbench"]) == []
    traffic.assert_clean()


def start_of(name: str) -> dict[str, Any]:
    """Return settings with which each of the first values has a place of its own."""
    return {"format": "segment"} if name == "iops_throughput" else {}


def vendor(book_folder: Any) -> str:
    address: str = (book_folder / "vendor").as_uri()
    return address


def test_whoever_points_at_a_point_is_told_its_numbers_and_keys_lead_from_one_to_the_next(
    page: Page, book_folder: Any, tmp_path: Any
) -> None:
    path = tmp_path / "points.html"
    write_page(GALLERY["young_daly"](), path, vendor(book_folder))
    page.goto(path.as_uri())
    points = page.get_by_role("listbox", name="Points of the figure")
    expect(points.get_by_role("option").first).to_be_attached()
    wait_until_settled(page)
    words = points.get_by_role("option").all_text_contents()
    assert len(words) > 4
    tip = page.get_by_role("tooltip")
    points.focus()
    for text in words[:3]:
        expect(tip).to_have_text(text)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    expect(tip).to_have_text(words[-1])
    page.mouse.move(5, 5)
    points.evaluate("(item) => item.blur()")
    expect(tip).to_be_hidden()
    # the first simulated point, by the mouse
    places = page.evaluate(
        """() => [...document.querySelectorAll('.bqplot .object_grp')]
          .filter((item) => item.querySelector('path'))
          .map((item) => item.getBoundingClientRect())
          .map(({ left, top, width, height }) => [left + width / 2, top + height / 2])"""
    )
    page.mouse.move(*places[0])
    expect(tip).to_have_text(words[0])
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_a_lab_is_moved_by_its_point_and_by_a_guess_on_the_figure(
    browser: Any, lab: Lab, layout: Layout
) -> None:
    track, part = load_track(TRACK), PARTS["checkpoint"]
    lab.write("hands/lab.ipynb", students_copy(layout.release, track, part))
    twin, traffic = Workbench(track, part.name), Traffic()
    control = part.of(track).control("interval")
    options = {"viewport": {"width": 1280, "height": 1000}, "reduced_motion": "reduce"}
    with new_page(browser, traffic, **options) as page:
        lab.open(page, "hands/lab.ipynb")
        run_all(page)
        handle = page.get_by_role("slider", name=f"{control.label}, on the curve")
        handle.wait_for()
        handle.scroll_into_view_if_needed()
        wait_until_settled(page)

        def expect_at(index: int) -> tuple[float, float]:
            twin.set(interval=control.values[index])
            await_words(page, part.summary(track, twin.outcome))
            expect(handle).to_have_attribute(
                "aria-valuetext", value_label(control, control.values[index])
            )
            over_its_mark(page, handle)
            return middle(handle)

        handle.focus()
        index = control.values.index(control.default)
        begin = expect_at(index)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        end = expect_at(index - 2)
        by_mouse(page, end, begin)
        expect_at(index)

        guess = page.get_by_role("slider", name="My guess: best save interval")
        field = page.get_by_role("spinbutton", name="My guess: best save interval (s)")
        guess.focus()
        before = middle(guess)
        page.keyboard.press("Home")
        expect(field).to_have_value(f"{control.values[0]:g}")
        # the field follows in the page, the mark when the kernel has drawn it
        page.wait_for_function(
            "([guess, before]) => guess.getBoundingClientRect().right < before",
            arg=[guess.element_handle(), before[0]],
        )
        over_its_mark(page, guess)
        by_mouse(page, middle(guess), (begin[0], middle(guess)[1]))
        expect(field).to_have_value(f"{control.values[index]:g}")
        expect(page.get_by_text("optimum")).to_have_count(0)
        page.get_by_role("button", name="Mark my guess").click()
        expect(page.locator(".bqplot text", has_text="optimum").first).to_be_visible()
        expect(guess).to_be_hidden()
    lab.stop_kernels()
