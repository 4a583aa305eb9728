"""A class in the hub from release to feedback, by clicks: two students and an instructor."""

from __future__ import annotations

import inspect
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from demo.students import Sheet, own_sheets
from hub.people import COURSE, EXCHANGE, HOMES, INSTRUCTOR, UIDS
from storagelab.course.generate import load_keys
from storagelab.course.layout import Layout
from storagelab.ledger import entries_of, read_ledger
from storagelab.parts import PARTS
from storagelab.tracks import Track

from . import intruder
from .conftest import Hub, ask_each, needs_root, wait_for
from .desk import SLOW, Instructor, Student
from .pictures import camera

pytestmark = needs_root

TRACK = "cloud_titan"
COMMENT = "You name the seek; name the block size too."
NAMES = {"ada": ("Ada", "Moreau"), "ben": ("Ben", "Okafor"), "cleo": ("Cleo", "Lindqvist")}
BY_HAND = {"ada": 5, "ben": 3}
WORKED = (INSTRUCTOR, "ada", "ben")
# students may see the picture
WITHOUT_THE_MARK_SCHEME = """() => {
    const lines = [...document.querySelectorAll(".text_cell_render > *")];
    const at = (words) => lines.findIndex((line) => line.textContent.startsWith(words));
    const scheme = lines.slice(at("BEGIN MARK SCHEME") + 1, at("END MARK SCHEME"));
    scheme.shift().textContent = "(what earns how many points, and what an answer has to contain)";
    scheme.forEach((line) => line.remove());
    const panel = document.querySelector("#reflect").closest(".panel");
    window.scrollBy(0, panel.getBoundingClientRect().top - 65);
}"""
COMMANDS = ("storagelab", "sandgrader", "nbgrader")
KNOWS_THE_COMMANDS = " ".join(
    [f'({name} --help >/dev/null && echo {name} "is here") &' for name in COMMANDS] + ["wait"]
)
MINE = ("own home", "own work", "the release", "own account in the hub")
REFLECTION = 6
"""Points of a reflection, which the machine doesn't give."""
NOTEBOOKS = {name: part.stem for name, part in PARTS.items()}


class Diary:
    """Says in a failure's output how far the class had come, and when."""

    def __init__(self) -> None:
        self.begun = time.monotonic()

    def write(self, step: str) -> None:
        print(f"{time.monotonic() - self.begun:6.1f} s  {step}", flush=True)


@contextmanager
def gradebook(hub: Hub) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{hub.home(INSTRUCTOR) / COURSE / 'gradebook.db'}") as opened:
        yield opened


def lock_and_look(student: Student, sheet: Sheet, picture: Any) -> None:
    """Lock a prediction with the keyboard, open the workbench, move a slider, watch it answer."""
    student.run("open")
    closed = student.run("workbench")
    expect(closed).to_contain_text("The workbench is closed.")
    prediction = sheet.wrong_option
    said = student.type_and_run("lock", f"part.lock({prediction!r}, 0.7, 'a guess')")
    expect(said).to_contain_text(f"Locked: {prediction!r}")
    student.run("workbench")
    bench = student.page.locator(".storagelab-workbench")
    bench.locator(".noUi-handle[aria-valuetext]").first.wait_for(state="attached", timeout=SLOW)
    line = bench.get_by_role("textbox", name="The line to paste")
    summary = bench.locator(".storagelab-words").filter(has_text="Storage delivers").first
    words = summary.inner_text()
    bench.get_by_role("button", name="The crisis", exact=True).click()
    expect(summary).not_to_have_text(words)
    words, before = summary.inner_text(), line.input_value()
    control = sheet.track.access.control("queue_depth")
    bench.get_by_role("slider", name=control.label, exact=True).focus()
    student.page.keyboard.press("ArrowRight")
    expect(line).not_to_have_value(before)
    expect(summary).not_to_have_text(words)
    bench.get_by_role("slider").first.evaluate("it => it.scrollIntoView({block: 'start'})")
    picture(student.page)
    student.save()


SERVER_STARTED = """async () => {
    const { base_url, user, xsrf_token } = window.jhdata;
    const answer = await fetch(`${base_url}api/users/${user}?_xsrf=${xsrf_token}`);
    if (!answer.ok) throw new Error(`the hub says ${answer.status}`);
    return (await answer.json()).servers[""]?.started ?? null;
}"""
"""Resolves to when a person's server was started, or to null if there is none."""


def restart_server(student: Student) -> None:
    """Stop and start one's own server in the hub's control panel.

    What the hub says of the server is waited for, and not the button that starts one: where the
    server is up again by itself, there is none. The button that stops it is pressed until the
    server that was there is gone: before the page's script has loaded it does nothing.
    """
    page = student.page
    page.goto(f"{student.hub.address}/hub/home")
    stop = page.get_by_role("button", name="Stop My Server")
    first = page.evaluate(SERVER_STARTED)

    def stopped() -> bool:
        if page.evaluate(SERVER_STARTED) != first:
            return True
        if stop.is_visible() and stop.is_enabled():
            stop.click()
        return False

    wait_for(stopped, "the server's end")
    page.goto(f"{student.hub.address}/hub/spawn/{student.name}")
    page.wait_for_url(f"{student.base}/**", timeout=SLOW)


def test_a_student_fetches_works_and_submits_and_gets_at_nobody_elses(
    hub: Hub, people: Callable[[str], Any], layout: Layout
) -> None:
    """The shortest way through every program of the hub; the whole class goes it by night."""
    keys = load_keys(layout)
    sheet = own_sheets(keys, TRACK, "ada")["access"]
    teacher = Instructor(hub, people(INSTRUCTOR), INSTRUCTOR)
    ada, ben = (Student(hub, people(name), name, TRACK) for name in ("ada", "ben"))
    diary = Diary()

    diary.write("release by clicks, while two students' servers start")
    ada.log_in()
    ben.log_in()
    teacher.log_in()
    teacher.arrive()
    teacher.set_due_date(TRACK, f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M:%S}")
    teacher.press(TRACK, "assign")
    assert "Released as" in teacher.press(TRACK, "release")

    diary.write("a terminal knows the commands, whoever opens it")
    ada.arrive()
    for person in (teacher, ada):
        said = person.type_in_terminal(KNOWS_THE_COMMANDS)
        assert {f"{name} is here" for name in COMMANDS} <= {*said.splitlines()}, said

    diary.write("Ada fetches it, locks, and works at the bench")
    ada.open_list()
    ada.fetch()
    ada.open_from_list(NOTEBOOKS["access"])
    lock_and_look(ada, sheet, lambda page: None)

    diary.write("the lock holds when the server has been restarted")
    restart_server(ada)
    ada.open(NOTEBOOKS["access"])
    opened = ada.run("open")
    expect(opened).to_contain_text(f"Locked: {sheet.wrong_option!r}")
    expect(opened).to_contain_text(re.compile(r"Due\s\w+\s\d.*1\sday\s23\shours", re.DOTALL))

    diary.write("Ada tries to get at what isn't hers, while Ben has a kernel")
    ben.arrive()
    ben.ask("POST", "api/kernels", {"name": "python3"})
    ada.open(NOTEBOOKS["checkpoint"])
    came = attempt_from(ada, ["ben", "cleo"])
    came.pop("the list of feedback")  # none has been released
    assert all(came.pop(name).startswith("done") for name in MINE), came
    assert {name: what for name, what in came.items() if not what.startswith("refused")} == {}

    diary.write("the due date is moved into the past; Ada is warned, and submits late; collect")
    due = datetime.now(UTC) - timedelta(hours=3)
    teacher.set_due_date(TRACK, f"{due:%Y-%m-%dT%H:%M:%S}")
    teacher.release_again(TRACK)
    ada.open_list()
    warning = ada.submit_late()
    assert f"{TRACK} was due" in warning
    assert "(3 hours" in warning
    assert "Traceback" not in warning
    teacher.go("manage_assignments")
    assert "Collecting submission: ada" in teacher.press(TRACK, "collect")

    diary.write("the instructor grades in a terminal, in the sandbox")
    words = f"storagelab grade {TRACK} --workers 1 --json >summary.json"
    said = teacher.type_in_terminal(f'cd {COURSE} && {words}; echo "ended with" $?')
    assert "ended with 0" in said.splitlines(), said
    (summary,) = json.loads((hub.home(INSTRUCTOR) / COURSE / "summary.json").read_text())
    assert (summary["graded"], summary["sandbox"], summary["lacks"]) == (1, "bubblewrap", {})
    with gradebook(hub) as book:
        assert book.find_submission(TRACK, "ada").total_seconds_late > 3 * 3600

    diary.write("formgrader sets formulas and listens to keys, and asks no other host")
    asked: list[str] = []
    failed: list[str] = []
    teacher.page.on("request", lambda request: asked.append(request.url))
    teacher.page.on(
        "response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None
    )
    teacher.open_submission(TRACK, "ada", NOTEBOOKS["checkpoint"])
    look_at_formulas_and_keys(teacher)
    elsewhere = [address for address in asked if not address.startswith(hub.address)]
    assert [address for address in elsewhere if "://" in address] == []  # a font asks about:blank
    assert any("MathJax.js" in address for address in asked)
    assert failed == []


@pytest.mark.nightly
def test_a_class_from_release_to_feedback(
    hub: Hub, people: Callable[[str], Any], layout: Layout, track: Track
) -> None:
    take = camera(layout.root / "docs" / "hub")
    keys = load_keys(layout)
    sheets, bens = (own_sheets(keys, TRACK, name) for name in ("ada", "ben"))
    teacher = Instructor(hub, people(INSTRUCTOR), INSTRUCTOR)
    ada, ben = (Student(hub, people(name), name, TRACK) for name in ("ada", "ben"))
    diary = Diary()

    diary.write("the instructor generates the students' version and releases it")
    teacher.log_in(before=lambda: take(teacher.page, "login", 380))
    ada.log_in()
    ben.log_in()
    teacher.arrive()
    expect(teacher.row(TRACK)).to_be_visible(timeout=SLOW)
    take(teacher.page, "formgrader", 620)
    teacher.set_due_date(
        TRACK,
        f"{datetime.now(UTC) + timedelta(days=14):%Y-%m-%dT%H:%M:%S}",
        lambda: take(teacher.page, "due_date", 520),
    )
    teacher.press(TRACK, "assign")
    assert "Released as" in teacher.press(TRACK, "release")
    expect(teacher.row(TRACK).locator("td.status")).to_have_text("released")
    take(teacher.page, "released", 620)
    # the name is a link to the site's root, which leads to JupyterLab
    link = teacher.row(TRACK).locator("td.name a").get_attribute("href")
    opened = teacher.page.request.get(f"{hub.address}{link}")
    assert opened.ok
    assert opened.url == f"{teacher.base}/lab/tree/{COURSE}/source/{TRACK}"

    teacher.go("manage_students")
    for name, (first, last) in NAMES.items():
        teacher.add_student(name, first, last)
    take(teacher.page, "students", 520)
    teacher.go("manage_assignments")

    diary.write("two students fetch it")
    for student in (ada, ben):
        student.arrive()
        student.open_list()
        if student is ada:
            expect(student.item("released")).to_be_visible()
            take(student.page, "assignment_list", 560)
        student.fetch()
    take(ada.page, "fetched", 560)

    diary.write("Ada opens the first notebook, locks, and works at the bench")
    ada.open_from_list(NOTEBOOKS["access"])
    lock_and_look(ada, sheets["access"], lambda page: take(page, "workbench"))
    assert (ada.folder / "ledger.json").stat().st_uid == ada.folder.stat().st_uid

    diary.write("the lock holds when the server has been restarted")
    restart_server(ada)
    ada.open(NOTEBOOKS["access"])
    expect(ada.run("open")).to_contain_text(f"Locked: {sheets['access'].wrong_option!r}")
    again = ada.type_and_run("lock", f"part.lock({sheets['access'].key['prediction']!r}, 1)")
    expect(again).to_contain_text("It stays as it is.")
    assert len(entries_of(read_ledger(ada.folder, TRACK), "access", "lock")) == 1

    diary.write("Ada answers everything; Ben a part of it")
    for name, stem in NOTEBOOKS.items():
        ada.work_through(stem, sheets[name].answers, "reflection")
    half = {cell: bens["access"].answers[cell] for cell in ("lock", "conclude")}
    ben.fill_in(NOTEBOOKS["access"], half)

    diary.write("validate: Ada's passes, Ben's says what is to do")
    validate(ada, NOTEBOOKS["access"], "Success! Your notebook passes all the tests.")
    take(ada.page, "validated", 520)
    close(ada)
    validate(ben, NOTEBOOKS["access"], "failed")
    take(ben.page, "still_to_do", 620)
    close(ben)

    diary.write("both submit; the due date comes; Ben is warned, and submits more, too late")
    for student in (ada, ben):
        student.open_list()
        student.submit()
    take(ada.page, "submitted", 560)
    due = datetime.now(UTC)
    teacher.set_due_date(TRACK, f"{due:%Y-%m-%dT%H:%M:%S}")
    expect(teacher.row(TRACK).locator("td.duedate")).to_contain_text(f"{due:%Y-%m-%d %H:%M:%S}")
    teacher.release_again(TRACK)
    wait_for(lambda: datetime.now(UTC) > due + timedelta(seconds=2), "two seconds")
    ben.work_through(NOTEBOOKS["access"], bens["access"].answers, "reflection")
    ben.open_list()
    ben.submit_late(lambda: take(ben.page, "late", 620))
    expect(ben.submissions).to_have_count(2)

    diary.write("collect and autograde")
    log = teacher.press(TRACK, "collect")
    assert "Collecting submission: ada" in log
    teacher.go("manage_assignments")
    expect(teacher.row(TRACK).locator("td.num-submissions")).to_have_text("2")
    take(teacher.page, "collected", 620)
    teacher.row(TRACK).locator("td.num-submissions a").click()
    for name in ("ada", "ben"):
        assert f"{TRACK}: 1 graded" in teacher.press(name, "autograde")
        expect(teacher.row(name).locator("td.status")).to_have_text("needs manual grading")
    take(teacher.page, "autograded", 460)
    with gradebook(hub) as book:
        of_ada, of_ben = (book.find_submission(TRACK, name) for name in ("ada", "ben"))
        assert of_ada.score == 80
        # Ben's second submission: in the first one most of this was still to do
        parts = {notebook.name: notebook for notebook in of_ben.notebooks}
        access = parts[NOTEBOOKS["access"]]
        assert (of_ben.score, access.score) == (access.score, access.max_score - REFLECTION)
        assert of_ada.total_seconds_late == 0
        assert 0 < of_ben.total_seconds_late < 600

    diary.write("manual grading")
    for name in ("ada", "ben"):
        grade_by_hand(teacher, name, take)

    with gradebook(hub) as book:
        assert book.find_submission(TRACK, "ada").score == 80 + BY_HAND["ada"]

    diary.write("feedback")
    teacher.go("manage_assignments")
    teacher.press(TRACK, "generate-feedback")
    teacher.press(TRACK, "release-feedback")
    for student in (ada, ben):
        student.open_list()
        student.item("submitted").get_by_role("button", name="Fetch Feedback").click()
        feedback = student.item("submitted").get_by_text("(view feedback)").last
        expect(feedback).to_be_visible()
        if student is ada:
            take(student.page, "feedback_fetched", 560)
        feedback.click()
        page = read_feedback(student, NOTEBOOKS["access"])
        expect(page.get_by_text(COMMENT)).to_be_visible()
    take(ada.page, "feedback")

    diary.write("Ben tries to get at what isn't his, from his own notebook")
    ada.open(NOTEBOOKS["access"])  # her kernel runs
    ben.open(NOTEBOOKS["checkpoint"])
    came = attempt_from(ben, ["ada", "cleo"])
    assert all(came.pop(name).startswith("done") for name in MINE), came
    assert {name: what for name, what in came.items() if not what.startswith("refused")} == {}

    diary.write("the hub stops, and everybody's servers and kernels with it")
    running = hub.processes()
    owners = {uids.real for uids in ask_each(running, psutil.Process.uids)}
    assert owners >= {UIDS[name] for name in WORKED}
    hub.process.terminate()
    assert psutil.wait_procs(running, timeout=90)[1] == []
    assert hub.process.wait(timeout=30) == 0


def validate(student: Student, notebook: str, says: str) -> None:
    """Press a notebook's Validate button and wait for its words."""
    student.open(notebook)
    student.page.get_by_role("button", name="Validate").first.click()
    expect(student.page.locator(".jp-Dialog")).to_contain_text(says, timeout=SLOW)


def close(student: Student) -> None:
    student.page.locator(".jp-Dialog button.jp-mod-accept").click()
    expect(student.page.locator(".jp-Dialog")).to_have_count(0)


def grade_by_hand(teacher: Instructor, student: str, take: Any) -> None:
    """Give the reflection of the first part points and a comment, as one does in formgrader."""
    teacher.open_submission(TRACK, student, NOTEBOOKS["access"])
    page = teacher.page
    score, comment = page.locator("input.score#reflect"), page.locator("textarea#reflect-comment")
    # until the page has what was given before, it overwrites what is typed
    page.locator("#reflect_extra_credit[placeholder]").wait_for(timeout=SLOW)
    with page.expect_response(lambda answer: "/api/grade/" in answer.url) as saved:
        score.fill(str(BY_HAND[student]))
        score.press("Tab")
    assert saved.value.ok
    with page.expect_response(lambda answer: "/api/comment/" in answer.url) as saved:
        comment.fill(COMMENT)
        comment.press("Tab")
    assert saved.value.ok
    if student == "ada":
        page.evaluate(WITHOUT_THE_MARK_SCHEME)
        take(page, "by_hand")


def look_at_formulas_and_keys(teacher: Instructor) -> None:
    """See formulas in a submission, and move between its fields by formgrader's own keys."""
    page = teacher.page
    fields = page.locator(".tabbable")
    expect(page.locator(".MathJax_Display, .MathJax").first).to_be_visible()
    expect(page.locator(".MathJax_Error, .MathJax_Preview:not(:empty)")).to_have_count(0)
    expect(fields.first).to_be_focused()
    page.keyboard.press("Tab")
    expect(fields.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(fields.nth(1)).not_to_be_focused()
    page.keyboard.press("Enter")
    expect(fields.nth(1)).to_be_focused()


def read_feedback(student: Student, notebook: str) -> Any:
    """Open a feedback page from the file browser, and return its frame."""
    item = student.page.locator(".jp-DirListing-item").filter(has_text=f"{notebook}.html")
    item.dblclick()
    return student.page.frame_locator(".jp-HTMLViewer iframe")


def attempt_from(student: Student, others: list[str]) -> dict[str, str]:
    """Try from the notebook that is open; return by attempt what came of it."""
    source, address = inspect.getsource(intruder.attempts), student.hub.address
    call = f"attempts{(address, str(HOMES), others, INSTRUCTOR, COURSE, str(EXCHANGE), TRACK)!r}"
    # in the cell, the names in its annotations are of no concern
    head = "from __future__ import annotations"
    shown = student.type_and_run("lock", f"{head}\n{source}\n{call}")
    came = json.loads(shown.inner_text())
    assert isinstance(came, dict)
    return came
