"""What marking a class's reflections takes: formgrader's page against `storagelab mark`.

``python -m benchmarks.marking`` lets a script make the same moves in both, for the same answers of
a class of 300: look at the answer and at what its student decided, give points, write a comment on
every third, go on. It counts keys, what is scrolled, and what the machine takes; seconds of a
marker's follow from these by rates that stand below.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, Route, sync_playwright

from storagelab.course.layout import find_layout
from tests.browser.chromium import launch_options
from tests.browser.lab import free_port

TRACK, NOTEBOOK, CELL = "cloud_titan", "2_pipeline", "reflect"
STUDENTS, REFLECTIONS = 300, 900
ANSWERS = 10
WINDOW: Any = {"width": 1366, "height": 768}
COMMENT = "Which tier idles, and by how much?"
EVERY = 3
"""One answer in so many gets a comment."""

# Rates of people. S. K. Card, T. P. Moran, A. Newell, "The keystroke-level model for user
# performance time with interactive systems", Communications of the ACM 23 (1980) 396-410: an
# average typist's key. M. Brysbaert, "How many words do we read per minute?", Journal of Memory
# and Language 109 (2019) 104047: non-fiction, silently.
KEY_SECONDS = 0.28
WORDS_A_MINUTE = 238.0
NOTCH = 100.0
"""Pixels that a wheel's notch scrolls in Chromium; counted as a key."""
WORDS = 80
JUDGING = 10.0
"""Seconds to make up one's mind, the same in both; nobody's measurement."""

# as if the network answered at once: what formgrader waits for lies on another host
MATHJAX = """window.MathJax = { Hub: { Config() {}, Queue() {}, Register: { StartupHook() {} },
  Startup: { signal: { Interest(hear) { setTimeout(() => hear('End')); } } } } };"""


@dataclass
class Effort:
    """What some answers took."""

    keys: int = 0
    scrolled: float = 0.0
    """Pixels."""
    waited: float = 0.0
    """Seconds of the machine's."""
    answers: int = 0

    def of_marker(self) -> float:
        """Return a marker's seconds for one answer."""
        moves = self.keys + self.scrolled / NOTCH
        reading = WORDS / WORDS_A_MINUTE * 60
        return (moves * KEY_SECONDS + self.waited) / self.answers + reading + JUDGING


def make_class(folder: Path) -> Path:
    """Make a graded class of 300 out of the demo class, and return its course.

    Raises ``SystemExit`` where there is no demo class.
    """
    made = find_layout().root / "build" / "demo-class" / TRACK / "course"
    one = made / "autograded" / "ada_perfect"
    if not one.is_dir():
        raise SystemExit("There is no demo class to take a submission from: make demo-class")
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("submitted", "autograded", "feedback", "*.log")
    shutil.copytree(made, folder, ignore=ignored)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", course_id="storagelab") as gradebook:
        scores = {
            (notebook.name, grade.name): (grade.auto_score, grade.needs_manual_grade)
            for notebook in gradebook.find_submission(TRACK, one.name).notebooks
            for grade in notebook.grades
        }
        for student in [item.id for item in gradebook.students]:
            gradebook.remove_student(student)
        for number in range(STUDENTS):
            name = f"student{number:03}"
            gradebook.add_student(name)
            for notebook in gradebook.add_submission(TRACK, name).notebooks:
                for grade in notebook.grades:
                    score, waits = scores[notebook.name, grade.name]
                    grade.auto_score, grade.needs_manual_grade = score, waits
            shutil.copytree(one, folder / "autograded" / name, copy_function=os.link)
        gradebook.db.commit()
    return folder


@contextmanager
def _running(line: list[str], course: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **variables}
    with subprocess.Popen(
        [sys.executable, "-m", *line], cwd=course, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _formgrader(course: Path) -> Iterator[str]:
    """Run Jupyter's server with formgrader and give its address."""
    port = free_port()
    home = course.parent / "home"
    line = [
        "jupyter_server", "--no-browser", "--allow-root", f"--port={port}",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={course}",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]  # fmt: skip
    with _running(line, course, HOME=str(home), JUPYTER_CONFIG_DIR=str(home / "config")):
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/formgrader/api/status", timeout=5).close()
                break
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.5)
        yield address


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    def answer(route: Route) -> None:
        address = route.request.url
        if "://127.0.0.1" in address:
            route.continue_()
        elif "mathjax" in address.lower():
            route.fulfill(body=MATHJAX, content_type="text/javascript")
        else:
            route.abort()

    context = browser.new_context(viewport=WINDOW)
    context.route("**/*", answer)
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def _timed(effort: Effort, action: Callable[[], object]) -> None:
    start = time.perf_counter()
    action()
    effort.waited += time.perf_counter() - start


_INTO_VIEW = """(element) => {
  const { top, bottom } = element.getBoundingClientRect();
  const by = top < 0 ? top - 20 : bottom > innerHeight ? bottom - innerHeight + 20 : 0;
  scrollBy(0, by);
  return Math.abs(by);
}"""
"""Scrolls no farther than until an element is seen, and returns the pixels."""


def in_formgrader(browser: Browser, course: Path) -> tuple[Effort, float]:
    """Return what the answers take in formgrader by its own keys, and the height of its page."""
    effort, height = Effort(), 0.0
    with _formgrader(course) as address, _page(browser) as page:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            found = sorted(item.id for item in gradebook.notebook_submissions(NOTEBOOK, TRACK))
        box, comment = page.locator(f"#{CELL}"), page.locator(f"#{CELL}-comment")
        ready = f"() => document.activeElement?.id === '{CELL}' && formgrader.grades?.loaded"
        page.goto(f"{address}/formgrader/submissions/{found[0]}/")
        page.wait_for_function("() => formgrader.loaded")
        box.focus()
        index = page.evaluate(f"$('.tabbable').index($('#{CELL}'))")
        page.goto(f"{address}/formgrader/submissions/{found[0]}/?index={index}")
        for number in range(ANSWERS):
            _timed(effort, lambda: page.wait_for_function(ready))
            page.wait_for_function("() => !$('body, html').is(':animated')")
            height = max(height, page.evaluate("document.documentElement.scrollHeight"))
            answer = page.locator(".input_area").last.element_handle()
            decision = page.locator("text=part.decide").last.element_handle()
            for place in (answer, decision, box.element_handle()):
                effort.scrolled += page.evaluate(_INTO_VIEW, place)
            page.keyboard.press("4")
            effort.keys += 1
            if number % EVERY == 0:
                page.keyboard.press("Tab")
                page.keyboard.press("Tab")
                page.keyboard.type(COMMENT)
                effort.keys += 2 + len(COMMENT)
                assert comment.input_value() == COMMENT
            before = page.url
            page.keyboard.press("Control+.")
            effort.keys += 2
            effort.answers += 1
            _timed(effort, lambda before=before: page.wait_for_url(  # type: ignore[misc]
                lambda url: url.split("?")[0] != before.split("?")[0]))  # fmt: skip
    return effort, height


def in_ours(browser: Browser, course: Path) -> tuple[Effort, float]:
    """Return what the answers take in ``storagelab mark``, and the height of its page."""
    effort = Effort()
    line = ["storagelab", "mark", TRACK, "--no-browser", "--port", str(free_port())]
    with _running(line, course) as process, _page(browser) as page:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        page.goto(said.split()[-1])
        page.wait_for_selector("body[data-shown]")
        names = page.locator("#question option").all_text_contents()
        page.select_option("#question", index=[NOTEBOOK in name for name in names].index(True))
        page.locator("#asked-text", has_text="Jeff Dean").wait_for(state="attached")
        for number in range(ANSWERS):
            here = re.compile(rf"^Answer {number + 1} of")
            _timed(effort, lambda here=here: page.get_by_role("heading", name=here).wait_for())  # type: ignore[misc]
            for place in ("#answer", "#numbers", "#choices"):
                handle = page.locator(place).element_handle()
                effort.scrolled += page.evaluate(_INTO_VIEW, handle)
            page.keyboard.press("4")
            effort.keys += 1
            if number == 0:
                page.keyboard.press("c")
                page.keyboard.type(COMMENT)
                page.keyboard.press("Escape")
                effort.keys += 2 + len(COMMENT)
            elif number % EVERY == 0:
                page.keyboard.press("r")
                page.keyboard.press("1")
                effort.keys += 2
            page.keyboard.press("n")
            effort.keys += 1
            effort.answers += 1
        height = page.evaluate("document.documentElement.scrollHeight")
    return effort, height


def main() -> None:
    """Measure both and print what 900 reflections come to."""
    folder = find_layout().root / "build" / "marking"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**launch_options())
        # ours second: what is marked comes last there, so that it is other answers that it marks
        course = make_class(folder / "course")
        results = {
            "formgrader": in_formgrader(browser, course),
            "storagelab mark": in_ours(browser, course),
        }
        browser.close()
    shutil.rmtree(folder)
    for name, (effort, height) in results.items():
        count = effort.answers
        seconds = effort.of_marker()
        print(
            f"{name}: page {height:,.0f} px tall; an answer takes {effort.keys / count:.1f} keys, "
            f"{effort.scrolled / count:,.0f} px of scrolling and {effort.waited / count:.2f} s of "
            f"waiting; {seconds:.1f} s in all, of which "
            f"{WORDS / WORDS_A_MINUTE * 60 + JUDGING:.1f} s are reading and judging: "
            f"{REFLECTIONS * seconds / 3600:.1f} h for {REFLECTIONS}"
        )


if __name__ == "__main__":
    main()
