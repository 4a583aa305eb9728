"""The crisis and now, in JupyterLab: it comes by itself, takes nothing, and is heard when asked."""

from __future__ import annotations

from typing import Any

import keys
from playwright.sync_api import expect

from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import load_track

from .axe import THEMES, grave_findings
from .conftest import Traffic, new_page, wait_until_settled
from .fits import crowded
from .lab import Lab, run_all, students_copy, use_theme

TRACK, PART = load_track("tiny_pioneer"), PARTS["access"]
COUNT_SOUNDS = """
  window.sounds = 0;
  const Original = window.AudioContext;
  window.AudioContext = class extends Original {
    constructor(...given) { super(...given); window.sounds += 1; }
  };
"""


def test_it_comes_once_and_is_closed_called_again_and_heard(
    browser: Any, lab: Lab, layout: Layout, axe: str
) -> None:
    lab.write("moment/1_access.ipynb", students_copy(layout.release, TRACK, PART))
    decision = keys.reference_answers(TRACK, PART)["decision"]
    size = {"width": 1366, "height": 768}
    with new_page(browser, Traffic(), reduced_motion="reduce", viewport=size) as page:
        page.add_init_script(COUNT_SOUNDS)
        lab.open(page, "moment/1_access.ipynb")
        run_all(page)
        line = page.get_by_role("textbox", name="The line to paste")
        expect(line).to_be_visible()
        page.wait_for_selector(".noUi-handle[aria-valuetext]", state="attached")
        wait_until_settled(page)
        panel = page.get_by_role("region", name="Crisis and now")
        opener = page.get_by_role("button", name="Crisis and now", exact=True)
        page.get_by_role("button", name="The crisis", exact=True).click()
        line.fill(f"decision = {decision!r}")
        expect(panel).to_have_count(0)
        expect(opener).to_have_count(0)
        line.press("Enter")
        expect(panel).to_be_visible()
        expect(line).to_be_focused()
        expect(panel).to_be_in_viewport(ratio=1)
        expect(panel).to_have_css("animation-name", "none")
        said = page.get_by_role("status").filter(has_text="All targets are met.")
        expect(said).to_have_count(1)
        misses = PART.headline(TRACK, PART.crisis(TRACK)).numbers[0]
        expect(panel).to_contain_text(f"{misses.number} {misses.label}")
        for theme in THEMES:
            use_theme(page, theme)
            assert grave_findings(page, axe, [".storagelab-moment"]) == [], theme
        assert crowded(page, ".storagelab-moment") == []

        assert page.evaluate("window.sounds") == 0
        hear = panel.get_by_role("button")
        hear.filter(has_text="Hear it").press("Enter")
        expect(panel).to_contain_text("The crisis, five seconds as they are: 16 clicks.")
        assert page.evaluate("window.sounds") == 1
        expect(panel).to_contain_text("Now, five seconds as they are: no clicks.")
        hear.filter(has_text="Stop").press("Enter")
        expect(hear.filter(has_text="Hear it")).to_be_visible()

        panel.get_by_role("button", name="Close: crisis and now").press("Enter")
        expect(panel).to_be_hidden()
        expect(opener).to_be_focused()
        page.get_by_role("button", name="The crisis", exact=True).click()
        line.fill(f"decision = {decision!r}")
        line.press("Enter")
        expect(page.locator(".storagelab-verdict")).to_contain_text("0")
        expect(panel).to_be_hidden()  # it comes by itself but once
        opener.press("Enter")
        expect(panel).to_be_visible()
        expect(opener).to_be_focused()
        expect(said).to_have_count(1)
    lab.stop_kernels()
