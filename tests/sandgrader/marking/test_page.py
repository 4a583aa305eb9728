"""The page in a real browser, by its keys, and what becomes of it when things end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from sandgrader.course import Course
from sandgrader.marking.command import command
from sandgrader.marking.desk import Desk, Task
from storagelab.course.layout import Layout
from tests.browser.axe import SCRIPT, THEMES, grave_findings
from tests.browser.conftest import Traffic, new_page
from tests.browser.lab import free_port

from .essays import HOSTILE, TASK, formgrader, make_course

WORDS = (
    "The head has to move to another place of the disk before it reads, and that takes time. " * 5
)
TEXTS = {
    "ann": " ".join(WORDS.split()[:80]),
    "bob": HOSTILE,
    "cleo": "It seeks.",
    "dan": "It waits.",
}
SETTLED = "body[data-shown]"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("essays"), TEXTS)


@pytest.fixture
def course(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "course"))


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture(scope="module")
def axe(layout: Layout, make: Callable[[str], None]) -> str:
    """axe-core, without the book that other tests look at with it."""
    make("build/stamps/npm")
    return (layout.root / SCRIPT).read_text(encoding="utf-8")


@contextmanager
def marking(course: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``sandgrader mark`` in a course; give its process and the page's address."""
    line = [sys.executable, "-m", "sandgrader", "mark", "--no-browser", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        line, cwd=course, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline() + process.stdout.readline()
            assert "http://127.0.0.1:" in said, said
            yield process, said.split()[-1]
        finally:
            process.kill()


def first_answers(course: Path) -> list[str]:
    """Return the ids of the answers to the task, in the order in which the page has them."""
    with closing(Course(course)) as opened:
        questions = Desk(opened, Task("mia")).pile()["questions"]
    return [line["id"] for item in questions for line in item["answers"] if TASK in item["name"]]


def open_at(page: Page, where: str) -> None:
    page.goto(where)
    page.wait_for_selector(SETTLED)
    page.select_option("#question", index=1)  # double, reflect, why
    expect(page.locator("#of")).to_have_text("of 6")
    shown(page, 1)


def settled(page: Page, words: str) -> None:
    expect(page.locator("#status")).to_have_text(words)


def shown(page: Page, number: int, of: int = 4) -> None:
    page.wait_for_selector(SETTLED)
    expect(page.locator("#place")).to_have_text(f"Answer {number} of {of}")


def test_a_pile_by_keys(course: Path, browser: Browser, traffic: Traffic) -> None:
    ids = first_answers(course)
    with marking(course, "--marker", "mia") as (_, where), new_page(browser, traffic) as page:
        open_at(page, where)
        assert "#" not in page.url  # the token is in no history
        press = page.keyboard.press
        press("6")
        settled(page, "6 points, saved.")
        press("c")
        page.keyboard.type("Which disk? 3 n p")
        press("Control+Enter")
        shown(page, 2)
        expect(page.locator("#now")).to_have_text(re.compile("^Answer 2 of 4, .*, not marked$"))
        expect(page.locator("#phrases button")).to_have_count(1)
        press("3")
        settled(page, "3 points, saved.")
        press("r")
        press("1")
        expect(page.locator("#comment")).to_have_value("Which disk? 3 n p")
        settled(page, "3 points, saved.")
        press("-")
        settled(page, "2.5 points, saved.")
        press("u")
        settled(page, "3 points, saved.")
        press("n")
        shown(page, 3)
        press("0")
        settled(page, "0 points, saved.")
        press("f")
        settled(page, "Flagged, as in formgrader.")
        press("w")
        expect(page.locator("#name")).to_contain_text(re.compile("|".join(TEXTS)))
        press("n")
        shown(page, 4)
        expect(page.locator("#name")).to_contain_text("Show the name")
        expect(page.locator("#done")).to_have_text("3 of 12")
        press("u")  # on whichever answer it was
        shown(page, 3)
        settled(page, "Saved.")
        expect(page.locator("#done")).to_have_text("2 of 12")
        press("?")
        expect(page.locator("#help")).to_be_visible()
        press("5")  # is nobody's key while the list is open
        press("Escape")
        page.select_option("#filter", "unmarked")
        shown(page, 1, of=2)
    traffic.assert_clean()
    said = []
    for grade_id in ids:
        with formgrader(course, grade_id) as (grade, comment):
            said.append((grade.manual_score, comment.manual_comment or "", grade.notebook.flagged))
    assert said == [
        (6, "Which disk? 3 n p", False),
        (3, "Which disk? 3 n p", False),
        (None, "", True),
        (None, "", False),
    ]


def test_a_killed_server_loses_nothing(course: Path, browser: Browser, traffic: Traffic) -> None:
    one = first_answers(course)[0]
    port = str(free_port())
    with new_page(browser, traffic) as page:
        with marking(course, "--port", port) as (process, where):
            open_at(page, where)
            page.keyboard.press("3")
            settled(page, "3 points, saved.")
            process.kill()
            process.wait()
            page.keyboard.press("4")
            page.keyboard.press("c")
            page.keyboard.type("Half a w")
            expect(page.locator("#status")).to_contain_text("kept here and sent again")
        with formgrader(course, one) as (grade, _):
            assert grade.manual_score == 3
        context = page.context
        page.close(run_before_unload=False)  # as a browser that is ended
        with marking(course, "--port", port) as (_, where):
            page = context.new_page()
            page.goto(where)
            page.wait_for_selector(SETTLED)
    with formgrader(course, one) as (grade, comment):
        assert (grade.manual_score, comment.manual_comment) == (4, "Half a w")


def test_formgraders_newer_score_is_told(course: Path, browser: Browser, traffic: Traffic) -> None:
    one, two, *_ = first_answers(course)
    with marking(course) as (_, where), new_page(browser, traffic) as page:
        open_at(page, where)
        for key, kept in (("k", 2), ("m", 6)):
            here = page.evaluate("document.body.dataset.shown")
            with formgrader(course, here) as (grade, comment):
                grade.manual_score, grade.needs_manual_grade = 2, False
                comment.manual_comment = "From formgrader."
            page.keyboard.press("6")
            alert = page.locator("#conflict")
            expect(alert).to_contain_text("gave 2 points and the comment “From formgrader.”")
            with formgrader(course, here) as (grade, _):
                assert grade.manual_score == 2
            page.keyboard.press(key)
            expect(alert).to_be_hidden()
            settled(page, "Theirs is kept." if key == "k" else "6 points, saved.")
            with formgrader(course, here) as (grade, comment):
                assert (grade.manual_score, comment.manual_comment) == (kept, "From formgrader.")
            page.keyboard.press("n")
            expect(page.locator("#conflict")).to_be_hidden()
            page.wait_for_function(
                "(id) => ![undefined, id].includes(document.body.dataset.shown)", arg=here
            )
    assert [status.split()[0] for status in traffic.failed] == ["409", "409"]
    assert {one, two} <= set(first_answers(course))


def test_a_hostile_answer_stays_a_text(course: Path, browser: Browser, traffic: Traffic) -> None:
    with marking(course) as (_, where), new_page(browser, traffic) as page:
        page.goto(where)
        page.wait_for_selector(SETTLED)
        for question in range(3):
            page.select_option("#question", index=question)
            shown(page, 1)
            for number in range(1, 5):
                shown(page, number)
                expect(page.locator("#answer")).to_be_visible()
                assert page.locator("#answer :is(script, style, a[href^=javascript])").count() == 0
                page.keyboard.press("n")
        assert page.title() == "Marking"
    assert traffic.blocked == traffic.errors == []


@pytest.mark.parametrize("theme", THEMES)
def test_all_is_seen_at_once_and_axe_finds_nothing(
    course: Path, browser: Browser, traffic: Traffic, axe: str, theme: Any
) -> None:
    size: Any = {"width": 1366, "height": 768}
    with (
        marking(course) as (_, where),
        new_page(browser, traffic, viewport=size, color_scheme=theme, bypass_csp=True) as page,
    ):
        open_at(page, where)
        for number in range(1, 5):
            shown(page, number)
            if page.text_content("#words") == "80 words":
                break
            page.keyboard.press("n")
        expect(page.locator("#words")).to_have_text("80 words")
        higher = "() => [...document.querySelectorAll('html, main > section')].filter("
        higher += "(item) => item.scrollHeight > item.clientHeight + 1).map((item) => item.id)"
        assert page.evaluate(higher) == []
        assert grave_findings(page, axe, ["body"]) == []
        page.keyboard.press("?")
        assert grave_findings(page, axe, ["#help"]) == []
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": 400, "height": 800})
        wider = "() => document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(wider) <= 0
        assert grave_findings(page, axe, ["body"]) == []


def ask(where: str, **headers: str) -> int:
    """Return the status of a question with its headers, underscores in the place of dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(where, headers=named)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        return problem.code


def test_only_this_page_on_this_machine_is_answered(course: Path) -> None:
    with marking(course) as (_, where):
        root, _, token = where.partition("#")
        pile, known = f"{root}api/pile", f"token {token}"
        assert ask(pile, Authorization=known) == 200
        assert ask(pile, Authorization=known, Origin=root.rstrip("/")) == 200
        assert ask(pile) == 403
        assert ask(pile, Authorization="token x") == 403
        assert ask(f"{pile}?token={token}") == 403
        assert ask(pile, Authorization=known, Origin="http://127.0.0.1:1") == 403
        assert ask(pile, Authorization=known, Origin="null") == 403
        assert ask(pile, Authorization=known, Host="rebound.example") == 403
        assert ask(root) == 200
        assert ask(f"{root}..%2fdesk.py") == ask(f"{root}server.py") == 404
        with urllib.request.urlopen(root) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--share", "3/2"], "2/5 for the second of five"),
        (["--second", "0"], "10% for every tenth"),
        (["--marker", " "], "1 to 80 letters"),
        (["nowhere"], "no assignment 'nowhere'"),
        (["--course", "nowhere"], "There is no folder"),
    ],
)
def test_wrong_use_is_said(course: Path, options: list[str], words: str) -> None:
    done = CliRunner().invoke(command, ["--no-browser", "--course", str(course), *options])
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())


def test_two_markers_and_a_third_look(course: Path, browser: Browser, traffic: Traffic) -> None:
    ids = first_answers(course)
    for task, given in ((Task("mia"), "660"), (Task("noa", second=1.0), "630")):
        with closing(Course(course)) as opened:
            desk = Desk(opened, task)
            for grade_id, points in zip(ids, given, strict=False):
                desk.write(grade_id, {"points": int(points)}, {"points": None, "comment": ""})
    with marking(course, "--marker", "lea") as (_, where), new_page(browser, traffic) as page:
        open_at(page, where)
        page.click("#open-agreement")
        expect(page.locator("#agreed table").first).to_contain_text("67%")
        page.get_by_role("button", name="Look").click()
        expect(page.locator("#both")).to_contain_text("second: 3 by noa")
        page.keyboard.press("4")
        settled(page, "4 points, saved.")
    traffic.assert_clean()
