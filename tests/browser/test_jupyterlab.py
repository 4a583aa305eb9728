"""Workbenches in JupyterLab: every control by keyboard, by mouse and by typing; and axe.

One lab of each part is driven in full, each in another track. The others are opened, looked over
by axe, and moved by one key; the nightly tests drive them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from storagelab.course.layout import Layout
from storagelab.ledger import entries_of, read_ledger
from storagelab.parts import PARTS, Part
from storagelab.parts.answers import answer_line
from storagelab.schema import Control, Value
from storagelab.tracks import TRACKS, Track, load_track
from storagelab.widgets.control_row import in_field, snap
from storagelab.widgets.controls import field_label, value_label
from storagelab.widgets.presets import CRISIS, START, positions
from storagelab.widgets.workbench import Workbench
from tests.browser.lab import Lab

from .axe import THEMES, grave_findings
from .chromium import NOT_IN_TWO_SECONDS
from .conftest import Traffic, await_caption, await_words, captions, new_page, wait_until_settled
from .fits import broken_words, crowded
from .lab import notebook_of, run_all, students_copy, use_theme

EVERY_LAB = [(track, part) for track in TRACKS for part in PARTS]
DRIVEN = (("cloud_titan", "access"), ("mobile_nomad", "pipeline"), ("tiny_pioneer", "checkpoint"))
"""The labs whose controls are all tried in every run."""


def labs(usual: Sequence[tuple[str, str]]) -> pytest.MarkDecorator:
    """Return the mark of a test that runs on every lab, on those that aren't usual by night."""
    return pytest.mark.parametrize(
        "bench",
        [
            pytest.param(lab, id="-".join(lab), marks=() if lab in usual else pytest.mark.nightly)
            for lab in EVERY_LAB
        ],
        indirect=True,
    )


opened, driven = labs(EVERY_LAB), labs(DRIVEN)

DRAWN = """() => [...document.querySelectorAll('.storagelab-instrument')].map((box) =>
  [...box.querySelectorAll('.bqplot svg :is(path, g, text, tspan, rect, circle, line)')]
    .map((item) => [
      ...['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'cx', 'cy', 'r']
        .map((name) => item.getAttribute(name) || ''),
      item.style.display, item.style.opacity,
      item.children.length ? '' : item.textContent,
    ].join(' ')).join('|'))"""
"""What each instrument's figure shows, one text for each."""


def as_in_a_field(control: Control, value: Value) -> str:
    """Return how a number field of a workbench writes ``value``, as JavaScript does."""
    short = in_field(control, value)
    return str(int(short)) if short.is_integer() else repr(short)


@dataclass
class Bench:
    """A workbench on a page of JupyterLab, and its twin in this process."""

    page: Page
    traffic: Traffic
    folder: Any
    track: Track
    part: Part
    twin: Workbench

    @property
    def controls(self) -> list[Control]:
        return list(self.part.of(self.track).controls)

    def of_kind(self, kind: str) -> list[Control]:
        return [item for item in self.controls if item.kind == kind]

    def start(self) -> None:
        """Put everything back to the start, here and there."""
        self.press(START if self.part.of(self.track).turn else CRISIS)
        self.set(**{item.name: item.default for item in self.controls})
        self.await_words()
        # a slider comes after the words, and a key would move it on from where it still was
        for control in self.of_kind("scale"):
            self.expect_value(control, control.default)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def set(self, **values: Value) -> None:
        """Set the twin, in the student's units."""
        self.twin.set(**values)

    def await_words(self) -> None:
        """Wait until the page says of itself what the model says of the twin's settings."""
        await_words(self.page, self.part.summary(self.track, self.twin.outcome))

    def slider(self, control: Control) -> Locator:
        return self.page.get_by_role("slider", name=control.label, exact=True)

    def field(self, control: Control) -> Locator:
        return self.page.get_by_role("spinbutton", name=field_label(control), exact=True)

    def expect_value(self, control: Control, value: Value) -> None:
        """Wait until the slider, its readout and its field say ``value``."""
        shown = value_label(control, value)
        expect(self.slider(control)).to_have_attribute("aria-valuetext", shown)
        row = self.page.locator(".storagelab-control").filter(has=self.slider(control))
        expect(row.locator(".widget-readout")).to_have_text(shown)
        # looked up again and again: JupyterLab may draw a cell's output anew
        expect(self.field(control)).to_have_value(as_in_a_field(control, value))

    def drawn(self) -> list[str]:
        """Return what each figure shows once all are there and nothing moves any more."""
        before: list[str] = []
        for _ in range(500):
            now: list[str] = self.page.evaluate(DRAWN)
            if now == before and len(now) >= len(self.twin.instruments) and all(now):
                return now
            before = now
            self.page.wait_for_timeout(120)
        raise AssertionError("the figures never settle")

    def traits(self) -> list[list[Any]]:
        """Return what the twin's instruments draw, one list for each."""
        return [
            [np.array(getattr(widget, name)).tolist() for widget, name in instrument.dynamic]
            for instrument in self.twin.instruments
        ]


@pytest.fixture(scope="module")
def bench(
    request: pytest.FixtureRequest, browser: Any, lab: Lab, layout: Layout
) -> Iterator[Bench]:
    """One part's lab, opened once for all that is tried on its workbench."""
    track, part = load_track(request.param[0]), PARTS[request.param[1]]
    traffic = Traffic()
    path = f"every/{track.name}/{part.stem}.ipynb"
    lab.write(path, students_copy(layout.release, track, part))
    options = {"viewport": {"width": 1280, "height": 1000}, "reduced_motion": "reduce"}
    with new_page(browser, traffic, **options) as page:
        lab.open(page, path)
        run_all(page)
        page.wait_for_selector(".storagelab-workbench .bqplot svg", state="attached")
        page.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
        wait_until_settled(page)
        folder = lab.root / "every" / track.name
        yield Bench(page, traffic, folder, track, part, Workbench(track, part.name))
    lab.stop_kernels()


def neighbour(control: Control, value: Value) -> tuple[Value, str]:
    """Return a value next to ``value`` and the arrow that leads to it."""
    position = control.values.index(value)
    if position + 1 < len(control.values):
        return control.values[position + 1], "ArrowRight"
    return control.values[position - 1], "ArrowLeft"


def other_end(control: Control) -> int:
    """Return the position of the end of a scale farther from the default."""
    last = len(control.values) - 1
    return 0 if control.values.index(control.default) > last / 2 else last


def drag(page: Page, handle: Locator, position: int, count: int) -> None:
    """Drag a slider's handle with the mouse to the ``position`` of ``count``."""
    handle.scroll_into_view_if_needed()
    rail = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(
        rail["x"] + rail["width"] * position / (count - 1), rail["y"] + rail["height"] / 2, steps=6
    )
    page.mouse.up()


@opened
def test_the_lab_opens_clean_with_a_handle_for_every_scale(bench: Bench) -> None:
    # an instrument may have a slider of its own
    named = bench.page.locator(".storagelab-control").get_by_role("slider")
    names = [named.nth(index).get_attribute("aria-label") for index in range(named.count())]
    assert names == [control.label for control in bench.of_kind("scale")]
    assert bench.part.summary(bench.track, bench.part.baseline(bench.track)) in captions(bench.page)
    assert len(entries_of(read_ledger(bench.folder, bench.track.name), bench.part.name, "reveal"))
    assert bench.traffic.blocked == []
    assert bench.traffic.failed == []


def moved_by(bench: Bench, control: Control, value: Value, act: Any) -> None:
    """Do ``act``, which sets ``control`` to ``value``, and see that what should change does.

    The words are the model's, and those figures change, and no others, whose marks the twin
    changes.
    """
    bench.start()
    before, drawn = bench.traits(), bench.drawn()
    act()
    bench.set(**{control.name: value})
    bench.await_words()
    if control.kind == "scale":
        bench.expect_value(control, value)
    meant = [a != b for a, b in zip(before, bench.traits(), strict=True)]
    shown = [a != b for a, b in zip(drawn, bench.drawn()[: len(drawn)], strict=True)]
    assert shown[: len(meant)] == meant, control.name
    assert not any(shown[len(meant) :])  # the recorded runs aren't moved by a slider


def moved_by_an_arrow(bench: Bench, control: Control) -> None:
    """Press the arrow key that leads a slider to its next value, and see what that moves."""
    value, key = neighbour(control, control.default)

    def arrow() -> None:
        bench.slider(control).focus()
        bench.page.keyboard.press(key)

    moved_by(bench, control, value, arrow)


@opened
def test_the_first_slider_moves_its_marks_by_keyboard(bench: Bench) -> None:
    moved_by_an_arrow(bench, bench.of_kind("scale")[0])


@driven
def test_every_control_moves_its_marks_by_keyboard(bench: Bench) -> None:
    page = bench.page
    for control in bench.of_kind("scale")[1:]:
        moved_by_an_arrow(bench, control)
    for control in bench.of_kind("switch"):
        value = next(item for item in control.values if item != control.default)

        def space(control: Control = control, value: Value = value) -> None:
            page.get_by_role("button", name=value_label(control, value), exact=True).focus()
            page.keyboard.press("Space")

        moved_by(bench, control, value, space)
    for control in bench.of_kind("choice"):
        value, key = neighbour(control, control.default)

        def choose(control: Control = control, key: str = key) -> None:
            page.get_by_role("combobox", name=control.label, exact=True).focus()
            page.keyboard.press(key.replace("Right", "Down").replace("Left", "Up"))

        moved_by(bench, control, value, choose)


@driven
def test_every_control_moves_its_marks_by_mouse(bench: Bench) -> None:
    page = bench.page
    for control in bench.of_kind("scale"):
        position, count = other_end(control), len(control.values)
        moved_by(
            bench,
            control,
            control.values[position],
            lambda c=control, p=position, n=count: drag(page, bench.slider(c), p, n),
        )
    for control in bench.of_kind("switch"):
        value = next(item for item in control.values if item != control.default)
        label = value_label(control, value)
        moved_by(bench, control, value, lambda label=label: bench.press(label))
    for control in bench.of_kind("choice"):
        value = next(item for item in control.values if item != control.default)
        box = page.get_by_role("combobox", name=control.label, exact=True)
        moved_by(
            bench,
            control,
            value,
            lambda box=box, c=control, v=value: box.select_option(value_label(c, v)),
        )


@driven
def test_a_number_typed_into_a_field_moves_its_slider(bench: Bench) -> None:
    for control in bench.of_kind("scale"):
        bench.start()
        typed = 0.97 * float(control.values[other_end(control)])
        value = snap(control, typed, float(control.default))
        bench.field(control).fill(f"{typed:.6g}")
        bench.page.keyboard.press("Enter")
        bench.set(**{control.name: value})
        bench.await_words()
        bench.expect_value(control, value)


@driven
def test_a_button_leads_each_scale_back_to_its_default(bench: Bench) -> None:
    for control in bench.of_kind("scale"):
        bench.start()
        bench.drawn()  # where nothing has changed, the words don't tell that the press was handled
        bench.slider(control).focus()
        bench.page.keyboard.press("Home" if other_end(control) == 0 else "End")
        bench.expect_value(control, control.values[other_end(control)])
        bench.press(f"{control.label}: back to the default")
        bench.await_words()
        bench.expect_value(control, control.default)


@driven
def test_every_preset_sets_what_its_story_needs(bench: Bench) -> None:
    for position in positions(bench.part.of(bench.track)):
        bench.start()
        bench.press(position.label)
        bench.set(**position.values)
        bench.await_words()
        for control in bench.of_kind("scale"):
            bench.expect_value(control, position.values[control.name])
        await_caption(bench.page, position.words)
        button = bench.page.get_by_role("button", name=position.label, exact=True)
        expect(button).to_have_attribute("aria-pressed", "true")
        scale = bench.of_kind("scale")[0]
        bench.slider(scale).press(neighbour(scale, position.values[scale.name])[1])
        expect(button).to_have_attribute("aria-pressed", "false")
        await_caption(bench.page, position.words, there=False)


@driven
def test_the_line_to_paste_follows_and_leads_the_sliders(bench: Bench) -> None:
    bench.start()
    line = bench.page.get_by_role("textbox", name="The line to paste")
    control = next(item for item in bench.of_kind("scale") if item.decided)
    first = answer_line(bench.controls, bench.twin.settings())
    expect(line).to_have_value(first)
    bench.slider(control).focus()
    value, key = neighbour(control, control.default)
    bench.page.keyboard.press(key)
    bench.set(**{control.name: value})
    second = answer_line(bench.controls, bench.twin.settings())
    expect(line).to_have_value(second)
    line.fill(first)
    line.press("Enter")
    bench.set(**{control.name: control.default})
    bench.await_words()
    bench.expect_value(control, control.default)
    line.fill("import os")
    line.press("Enter")
    expect(bench.page.get_by_text("This isn't a line that the workbench gave")).to_be_visible()
    bench.expect_value(control, control.default)


@opened
def test_a_figures_words_unfold_by_a_key_and_stay_unfolded(bench: Bench) -> None:
    """Out of sight they are there for a screen reader; a move of a slider replaces them."""
    box = bench.page.locator(".storagelab-instrument").filter(
        has=bench.page.locator(".storagelab-folds")
    )
    words, button = box.first.locator(".storagelab-folds"), box.first.get_by_text("In words")
    expect(words).to_have_css("height", "1px")
    button.focus()
    bench.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(words).not_to_have_css("height", "1px")
    moved_by_an_arrow(bench, bench.of_kind("scale")[0])
    expect(words).not_to_have_css("height", "1px")
    button.focus()
    bench.page.keyboard.press("Enter")
    expect(words).to_have_css("height", "1px")


@opened
def test_axe_has_no_grave_finding_in_the_light_and_the_dark(bench: Bench, axe: str) -> None:
    for theme in THEMES:
        use_theme(bench.page, theme)
        # JupyterLab's own frame is not looked at, only what the course puts into it
        assert grave_findings(bench.page, axe, [".jp-OutputArea-output"]) == [], theme


@opened
def test_all_that_is_shown_fits_and_no_word_is_broken(bench: Bench) -> None:
    outputs = ".jp-OutputArea-output:has(.storagelab-workbench)"
    for width in (1366, 900, 1280):
        bench.page.set_viewport_size({"width": width, "height": 1000})
        # figures out of sight follow when they come into it
        for box in bench.page.locator(".storagelab-instrument").all():
            box.scroll_into_view_if_needed()
        wait_until_settled(bench.page)
        assert crowded(bench.page, outputs) == [], width
        assert broken_words(bench.page, outputs) == [], width


@opened
def test_what_was_opened_and_moved_asked_no_other_host(bench: Bench) -> None:
    assert bench.traffic.blocked == []
    bench.traffic.assert_clean()


def test_the_words_of_a_reflection_are_counted_while_they_are_written(
    browser: Any, lab: Lab
) -> None:
    opened = 'part = open_part("cloud_titan", "access")'
    notebook = notebook_of(
        f"from storagelab.labs import open_part\n\n{opened}",
        'reflection = """\nWrite here.\n"""\npart.reflect(reflection)',
    )
    lab.write("reflect/lab.ipynb", notebook)
    with new_page(browser, Traffic(), reduced_motion="reduce") as page:
        lab.open(page, "reflect/lab.ipynb")
        run_all(page)
        cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
        said = cell.locator(".jp-OutputArea-output .storagelab-words")
        expect(said).to_have_text("Still to do: write 40 to 80 words between the quotes.")
        cell.locator(".cm-line").filter(has_text="Write here.").click()
        page.keyboard.press("Home")
        page.keyboard.press("Shift+End")
        page.keyboard.type("word " * 12)
        page.keyboard.press("Enter")
        page.keyboard.type("word " * 10)
        expect(said).to_contain_text("22 words so far")
        page.keyboard.type("word " * 20)
        expect(said).to_have_text("42 words: a good length.")
    lab.stop_kernels()


def test_where_scripts_load_slowly_everything_still_follows(
    browser: Any, lab: Lab, layout: Layout
) -> None:
    """Then anywidget would lose all messages to its widgets, the message batcher among them."""
    track, part = load_track("cloud_titan"), PARTS["pipeline"]
    lab.write("slow/lab.ipynb", students_copy(layout.release, track, part))
    traffic = Traffic()
    with new_page(browser, traffic, reduced_motion="reduce") as page:
        page.add_init_script("""
          AbortSignal.timeout = () => {
            const control = new AbortController();
            queueMicrotask(() => control.abort());
            return control.signal;
          };""")
        lab.open(page, "slow/lab.ipynb")
        run_all(page)
        page.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
        wait_until_settled(page)
        assert any(NOT_IN_TWO_SECONDS in error for error in traffic.errors)
        bench = Bench(page, traffic, lab.root, track, part, Workbench(track, part.name))
        before = bench.drawn()
        (control, *_) = bench.of_kind("scale")
        value, key = neighbour(control, control.default)
        bench.slider(control).press(key)
        bench.set(**{control.name: value})
        bench.await_words()
        assert bench.drawn() != before
        # a widget whose script is anywidget's, asked and then told
        page.get_by_role("button", name=re.compile("Math peek")).click()
        for index in (0, len(control.values) - 1):
            bench.slider(control).press("End" if index else "Home")
            bench.set(**{control.name: control.values[index]})
            bench.await_words()
            equation = part.equation(track, bench.twin.outcome)
            expect(page.get_by_text(equation.words, exact=True)).to_be_visible()
    lab.stop_kernels()
