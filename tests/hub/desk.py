"""What people do in the hub, click by click, in JupyterLab and in formgrader."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from ..browser.lab import choose, run_cell
from .conftest import Hub, read_notebook, wait_for

AT_REST = "matrix(1, 0, 0, 1, 0, 0)"
SLOW = 150_000
"""Milliseconds for what starts a server or kernels."""

IN_TERMINAL = """([address, line]) => new Promise((done) => {
    const socket = new WebSocket(address.replace(/^http/, "ws"));
    let said = "";
    socket.onopen = () => socket.send(JSON.stringify(["stdin", `${line}\nexit\n`]));
    socket.onmessage = ({ data }) => {
        const [kind, text] = JSON.parse(data);
        if (kind === "stdout") said += text;
    };
    socket.onclose = () => done(said);
})"""
"""Resolves to what a terminal says until its shell has ended."""


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, hub: Hub, page: Page, name: str) -> None:
        self.hub, self.page, self.name = hub, page, name
        self.base = f"{hub.address}/user/{name}"

    def log_in(self, before: Callable[[], None] = lambda: None) -> None:
        """Log in on the hub's page; the server begins to start by itself."""
        self.page.goto(self.hub.address)
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(self.hub.password_of(self.name))
        before()
        self.page.get_by_role("button", name="Sign in").click()

    def arrive(self) -> None:
        """Wait until one's server has started and shows its first page."""
        self.page.wait_for_url(f"{self.base}/**", timeout=SLOW)

    # --- the server, as JupyterLab uses it

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """Ask one's own server as the page does, and return its answer."""
        answer = self.page.evaluate(
            """async ([method, address, body]) => {
                const token = document.cookie.match(/_xsrf=([^;]+)/);
                const headers = {"X-XSRFToken": token ? token[1] : ""};
                const answer = await fetch(address, {method, body, headers});
                return {status: answer.status, text: await answer.text()};
            }""",
            [method, f"{self.base}/{path}", None if content is None else json.dumps(content)],
        )
        assert answer["status"] < 400, answer
        return json.loads(answer["text"] or "null")

    def type_in_terminal(self, line: str) -> str:
        """Type a line in a new terminal, and return all that stands in it at the line's end."""
        name = self.ask("POST", "api/terminals")["name"]
        said = self.page.evaluate(IN_TERMINAL, [f"{self.base}/terminals/websocket/{name}", line])
        return str(said).replace("\r\n", "\n")


class Student(Person):
    """A student in JupyterLab."""

    def __init__(self, hub: Hub, page: Page, name: str, assignment: str) -> None:
        super().__init__(hub, page, name)
        self.assignment = assignment
        self.folder: Path = hub.home(name) / assignment
        self.notebook = ""
        """The notebook that is open."""

    # --- the assignment list

    def open_list(self) -> None:
        """Open the assignment list and wait until it has loaded."""
        self.page.goto(f"{self.base}/lab?reset")
        self.page.wait_for_selector(".jp-Launcher, .jp-Notebook", timeout=SLOW)
        choose(self.page, "Nbgrader", "Assignment List")
        expect(self.page.locator("#nbgrader-assignment-list")).to_be_visible()
        expect(self.page.locator("#course_list_default")).to_have_text("storagelab")

    def item(self, stage: str) -> Locator:
        """Return the assignment's row in the list of a stage: released, fetched, submitted."""
        rows = self.page.locator(f"#{stage}_assignments_list > .list_item")
        return rows.filter(has_text=self.assignment)

    def fetch(self) -> None:
        self.item("released").get_by_role("button", name="Fetch", exact=True).click()
        expect(self.item("fetched")).to_be_visible()

    def submit(self) -> None:
        before = self._count_submissions()
        self._press_submit()
        expect(self.submissions).to_have_count(before + 1)

    def _count_submissions(self) -> int:
        """Return how many there are in the list, once it has loaded."""
        expect(self.item("fetched")).to_be_visible()
        return self.submissions.count()

    def _press_submit(self) -> None:
        self.item("fetched").get_by_role("button", name="Submit", exact=True).click()

    def submit_late(self, picture: Callable[[], None] = lambda: None) -> str:
        """Submit, be warned, close the warning, submit again; return the warning's words."""
        before = self._count_submissions()
        self._press_submit()
        dialog = self.page.locator(".jp-Dialog")
        expect(dialog).to_be_visible()
        words = dialog.inner_text()
        picture()
        dialog.locator("button.jp-mod-accept").click()
        expect(dialog).to_have_count(0)
        expect(self.submissions).to_have_count(before)
        self.submit()
        return words

    @property
    def submissions(self) -> Locator:
        """The times at which something was submitted, in the list."""
        return self.item("submitted").locator(".nested_list_item")

    def open_from_list(self, notebook: str) -> None:
        row = self.item("fetched")
        row.locator("a.assignment-notebooks-link").click()
        row.get_by_role("link", name=notebook, exact=True).click()
        self.notebook = notebook
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=SLOW)
        self.page.wait_for_selector('#jp-main-statusbar :text("| Idle")', timeout=SLOW)

    # --- a notebook

    def open(self, notebook: str) -> None:
        """Open a notebook of the assignment at its address, and nothing beside it."""
        self.page.goto(f"{self.base}/doc/tree/{self.assignment}/{notebook}.ipynb?reset")
        self.notebook = notebook
        self.wait_for_kernel()
        # a new kernel counts from 1 again: from the prompts of the last one nothing could be told
        choose(self.page, "Edit", "Clear Outputs of All Cells")

    def cell(self, identity: str) -> int:
        """Return the place among the code cells of the cell with an id."""
        cells = read_notebook(self.folder / f"{self.notebook}.ipynb")["cells"]
        return [cell["id"] for cell in cells if cell["cell_type"] == "code"].index(identity)

    def code_cell(self, identity: str) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(self.cell(identity))

    def run(self, identity: str) -> Locator:
        """Run a cell, wait for its end, and return what it shows."""
        run_cell(self.page, self.cell(identity))
        return self.code_cell(identity).locator(".jp-OutputArea")

    def type_and_run(self, identity: str, source: str) -> Locator:
        """Put ``source`` in the place of what a cell has, with the keyboard, and run it."""
        self.code_cell(identity).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        return self.run(identity)

    def save(self) -> None:
        choose(self.page, "File", "Save Notebook")
        dirty = ".lm-DockPanel-tabBar .lm-mod-current.jp-mod-dirty"
        expect(self.page.locator(dirty)).to_have_count(0)

    # --- the notebooks, through the server

    def fill_in(self, notebook: str, answers: dict[str, str]) -> None:
        """Write answers into a notebook through the server, as an editor would."""
        path = f"api/contents/{self.assignment}/{notebook}.ipynb"
        model = self.ask("GET", path)
        cells = {cell["id"]: cell for cell in model["content"]["cells"]}
        for identity, source in answers.items():
            cells[identity]["source"] = source
        self.ask("PUT", path, {"type": "notebook", "content": model["content"]})

    def work_through(self, notebook: str, answers: dict[str, str], last: str) -> None:
        """Fill in a notebook, run all of it in a kernel of one's own, and save it."""
        self.fill_in(notebook, answers)
        self.open(notebook)
        choose(self.page, "Run", "Run All Cells")
        prompt = self.code_cell(last).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(re.compile(r"\d"), timeout=SLOW)
        self.save()
        path = self.folder / f"{notebook}.ipynb"

        def saved() -> bool:
            cells = (read_notebook(path) or {"cells": []})["cells"]
            return any(cell["id"] == last and cell["execution_count"] for cell in cells)

        wait_for(saved, f"{notebook} saved")


class Instructor(Person):
    """The instructor in formgrader, in a tab of its own."""

    def go(self, place: str) -> None:
        self.page.goto(f"{self.base}/formgrader/{place}")

    def row(self, words: str) -> Locator:
        return self.page.locator("#main-table tr").filter(has_text=words)

    def press(self, words: str, column: str) -> str:
        """Click an icon in a row, wait for its success, close it, and return its log."""
        self.row(words).locator(f"td.{column} a").click()
        return self.close_dialog()

    def close_dialog(self) -> str:
        dialog = self.page.locator(".modal-content")
        expect(dialog).to_be_visible(timeout=SLOW)
        text = dialog.inner_text()
        assert dialog.locator(".modal-title").inner_text() == "Success", text
        dialog.get_by_role("button", name="OK").click()
        expect(dialog).to_have_count(0)
        return text

    def release_again(self, assignment: str) -> None:
        """Take a release back and release it anew, with the due date that it has now."""
        self.press(assignment, "release")
        expect(self.row(assignment).locator("td.status")).to_have_text("draft")
        self.press(assignment, "release")

    def open_submission(self, assignment: str, student: str, notebook: str) -> None:
        self.go(f"manage_submissions/{assignment}")
        self.row(student).locator("td.student-name a").click()
        self.row(notebook).locator("a").first.click()

    def set_due_date(
        self, assignment: str, moment: str, picture: Callable[[], None] = lambda: None
    ) -> None:
        """Type a due date, ``YYYY-MM-DDTHH:MM:SS`` in UTC."""
        self.row(assignment).locator("td.edit a").click()
        dialog = self.page.locator(".modal-content")
        dialog.locator("input.modal-duedate").fill(moment)
        dialog.locator("input.modal-timezone").fill("+0000")
        expect(self.page.locator(".modal")).to_have_css("opacity", "1")
        expect(self.page.locator(".modal-dialog")).to_have_css("transform", AT_REST)
        picture()
        self._save(dialog)

    def _save(self, dialog: Locator) -> None:
        """Press a dialog's Save; what the server says to it is told where it refuses."""
        with self.page.expect_response(
            lambda answer: answer.request.method == "PUT", timeout=SLOW
        ) as answer:
            dialog.get_by_role("button", name="Save").click()
        assert answer.value.ok, f"{answer.value.status}: {answer.value.text()}"
        expect(dialog).to_have_count(0)

    def add_student(self, name: str, first: str, last: str) -> None:
        """Add a student in Manage Students."""
        self.page.get_by_text("Add new student...").click()
        dialog = self.page.locator(".modal-content")
        for field, words in (("id", name), ("first-name", first), ("last-name", last)):
            dialog.locator(f"input.{field}").fill(words)
        self._save(dialog)
        expect(self.row(name)).to_contain_text(f"{last}, {first}")
