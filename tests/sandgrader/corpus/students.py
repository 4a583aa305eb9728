"""What students do to notebooks beside answering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbformat import NotebookNode

from tests.sandgrader.corpus.case import (
    Case,
    Notebooks,
    Work,
    answer,
    change_one,
    check,
    code,
    locked,
    one,
    place,
    text,
    types,
    written,
)


def _edit(name: str, change: Callable[[str], str]) -> Work:
    """Return who changes the source of a cell, named by a grade id or its first words."""

    def edit(cells: list[NotebookNode]) -> None:
        for cell in cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id == name or cell.source.startswith(name):
                cell.source = change(cell.source)

    return change_one(edit)


def _move(cells: list[NotebookNode], name: str, to: int) -> None:
    cells.insert(to, cells.pop(place(cells, name)))


def _double(cells: list[NotebookNode], name: str, source: str) -> None:
    """Put a copy of a cell behind it, with the same id, as a notebook's own copying did."""
    at = place(cells, name)
    copied = NotebookNode({**cells[at], "id": "a-copy", "source": source})
    cells.insert(at + 1, copied)


def _points(cells: list[NotebookNode]) -> None:
    for cell in cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["nbgrader"]["points"] = 100.0


def _no_metadata(cells: list[NotebookNode]) -> None:
    for cell in cells:
        cell.metadata.pop("nbgrader", None)


def _to_text(cells: list[NotebookNode]) -> None:
    cell = cells[place(cells, "y_test")]
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]


def _other_kernel(notebooks: Notebooks) -> None:
    for notebook in notebooks.values():
        notebook.metadata["kernelspec"] = {
            "name": "my-env",
            "display_name": "My own",
            "language": "python",
        }


def _older(notebooks: Notebooks) -> None:
    for notebook in notebooks.values():
        notebook["nbformat_minor"] = 2
        for cell in notebook.cells:
            del cell["id"]


def _executed(notebooks: Notebooks) -> None:
    """Hand a notebook in with the outputs of a run at home, forged ones among them."""
    for cell in notebooks["one"].cells:
        if cell.cell_type == "code":
            cell["execution_count"] = 7
            cell["outputs"] = [
                NotebookNode(output_type="stream", name="stdout", text="all tests passed\n"),
            ]


_TWO = [
    code("start = 0"),
    answer("x", "x = start + 1"),
    check("x_test", "assert x == 1", 1),
    answer("y", "y = x + 1"),
    check("y_test", "assert y == 2", 1),
]


def _graded(student: str, x: float, y: float) -> dict[str, Any]:
    """Return what comes out of the notebook of ``_TWO`` for a student whom nbgrader drops."""
    return {
        f"{student}/one/x_test": [x, None, None, False],
        f"{student}/one/y_test": [y, None, None, False],
        f"{student}: files": ["one.ipynb 444"],
    }


CASES = [
    Case(
        "given_cell_edited",
        "the import cell on top, which isn't locked: a comment, a line feed, an import more",
        one(
            code("import math"),
            answer("root", "def root(x):\n    return math.sqrt(x)"),
            check("root_test", "assert root(9) == 3", 3),
            check("other_test", "assert math.isclose(root(2) ** 2, 2)", 1),
        ),
        {
            "comments": _edit("import math", lambda source: f"# my imports\n{source}"),
            "feeds": _edit("import math", lambda source: f"{source}\n"),
            "imports": Work(
                {"root": "def root(x):\n    return float(np.sqrt(x))"},
                change=_edit("import math", lambda source: f"{source}\nimport numpy as np").change,
            ),
            "deletes": _edit("import math", lambda source: ""),
        },
    ),
    Case(
        "given_value_edited",
        "a number in a given cell that a student changes: the answer follows it, the tests see it",
        one(
            code("rate = 0.05"),
            answer("interest", "def interest(sum, years):\n    return sum * rate * years"),
            check("by_rate", "assert interest(100, 2) == 200 * rate"),
            check("by_number", "assert interest(100, 1) == 5", 1),
        ),
        {"higher": _edit("rate", lambda source: "rate = 0.5")},
        differs={"higher/one/by_rate": [0.0, None, None, False]},
        why="the tests of the edited value count only where they pass with the given one too",
    ),
    Case(
        "given_cell_calls_an_answer",
        "'try it' cells that call the student's function, after a test and between two",
        one(
            answer("double", "def double(x):\n    return 2 * x"),
            code("double(4)"),
            check("first", "assert double(1) == 2", 1),
            code("for i in range(3):\n    print(double(i))"),
            check("second", "assert double(2.5) == 5", 1),
        ),
        {"raises": types(double="def double(x):\n    raise ValueError(x)")},
        outputs=True,
    ),
    Case(
        "tests_edited",
        "tests and read-only cells that a student changed: the instructor's are run",
        one(
            locked("limit", "limit = 10"),
            answer("small", "def small(x):\n    return x < limit"),
            check("small_test", "assert small(9) and not small(10)"),
        ),
        {
            "lowers": _edit("limit", lambda source: "limit = 1000"),
            "passes": Work(
                {"small": "def small(x):\n    return True"},
                change=_edit("small_test", lambda source: "pass").change,
            ),
        },
    ),
    Case(
        "test_deleted",
        "a test that a student deleted: nbgrader has no score for it and wants a person",
        one(*_TWO),
        {
            "deletes_a_test": change_one(lambda cells: cells.pop(place(cells, "x_test"))),
            "deletes_an_answer": change_one(lambda cells: cells.pop(place(cells, "x"))),
        },
    ),
    Case(
        "cell_doubled",
        "a cell that was copied with its id: nbgrader stops there, and grades nobody after it",
        one(*_TWO),
        {
            "better_below": Work(
                {"x": "x = 9"}, change=change_one(lambda cells: _double(cells, "x", "x = 1")).change
            ),
            "worse_below": change_one(lambda cells: _double(cells, "x", "x = 9")),
            "test_twice": change_one(lambda cells: _double(cells, "y_test", "pass")),
        },
        differs={
            **_graded("better_below", 1.0, 1.0),
            **_graded("nothing", 0.0, 0.0),
            "nothing/one/x: comment": "No response.",
            "nothing/one/y: comment": "No response.",
            **_graded("right", 1.0, 1.0),
            **_graded("test_twice", 1.0, 1.0),
            **_graded("worse_below", 0.0, 0.0),
        },
        why="the last of several cells of one id counts, and the class goes on",
    ),
    Case(
        "points_changed",
        "points in the metadata of a submission: those of the gradebook count",
        one(*_TWO),
        {"a_hundred": change_one(_points)},
    ),
    Case(
        "metadata_lost",
        "a notebook that lost nbgrader's metadata on its way through another program",
        one(*_TWO),
        {"converts": change_one(_no_metadata)},
    ),
    Case(
        "cell_of_another_type",
        "a test that a student turned into text",
        one(*_TWO),
        {"writes": change_one(_to_text)},
    ),
    Case(
        "cells_moved",
        "cells in another order: a test before its answer, an answer at the end",
        one(*_TWO),
        {
            "test_first": change_one(lambda cells: _move(cells, "x_test", 0)),
            "answer_last": change_one(lambda cells: _move(cells, "y", len(cells) - 1)),
            "given_last": change_one(lambda cells: cells.append(cells.pop(0))),
        },
    ),
    Case(
        "stubs_left",
        "one answer of two is left as it was: its error costs its own tests",
        one(*_TWO),
        {
            "first_only": Work({"x": "x = 1"}, solved=False),
            "second_only": Work({"y": "y = 2"}, solved=False),
            "emptied": types(x="", y="y = 2"),
        },
    ),
    Case(
        "run_at_home",
        "a submission with the outputs of a run at home: they don't count",
        one(*_TWO, written("why", "Because.")),
        {"has_run": Work({"x": "x = 9"}, change=_executed)},
    ),
    Case(
        "another_kernel_at_home",
        "a submission that names the kernel of a student's own computer: the source's is taken",
        one(*_TWO),
        {"own_env": Work(change=_other_kernel)},
    ),
    Case(
        "answer_overrides_names",
        "names that hide what tests use: `list`, `sum`, a helper; the globals of a loop",
        one(
            locked("helper", "def same(a, b):\n    return list(a) == list(b)"),
            answer("sums", "sums = [1, 3]"),
            check("sums_test", "assert same(sums, [1, 3])"),
            check("max_test", "assert max(sums) == 3", 1),
        ),
        {
            "hides_list": types(sums="list = [1, 3]\nsums = list"),
            "hides_max": types(sums="sums = [1, 3]\nmax = 3"),
            "hides_helper": types(sums="sums = (1, 3)\nsame = None"),
        },
    ),
    Case(
        "magics_of_ones_own",
        "`%matplotlib notebook`, `!pip install` and `%debug` that students leave in their cells",
        one(*_TWO),
        {
            "whos": types(x="x = start + 1\n%whos int"),
            "no_such": types(y="y = x + 1\n%no_such_magic"),
            "prun": types(x="%prun -q sum(range(9))\nx = start + 1"),
        },
    ),
    Case(
        "print_everywhere",
        "prints in answers and in the functions that tests call; a last expression that shows",
        one(
            answer("f", "def f(x):\n    return x + 1"),
            check("value", "assert f(1) == 2"),
            text("Thank you."),
        ),
        {
            "prints": types(f="def f(x):\n    print('f of', x)\n    return x + 1\n\nf(3)"),
            "displays": types(f="def f(x):\n    display(x)\n    return x + 1\n\nprint(f(3))"),
        },
        outputs=True,
        differs={
            "prints/one: outputs": [["stream: stdout", "execute_result: text/plain"], [], []],
            "displays/one: outputs": [["display_data: text/plain", "stream: stdout"], [], []],
        },
        why="what a function prints while it is tested isn't shown: it may have seen hidden inputs",
    ),
    Case(
        "threads_and_children",
        "an answer that works with a pool of threads, and one that starts a program",
        one(
            answer(
                "squares",
                """
                from concurrent.futures import ThreadPoolExecutor

                with ThreadPoolExecutor(3) as pool:
                    squares = [*pool.map(lambda x: x * x, range(5))]
                """,
            ),
            answer(
                "echo",
                """
                import subprocess

                said = subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout
                """,
            ),
            code("import os\n\nos.system('echo from a child')"),
            check("squares_test", "assert squares == [0, 1, 4, 9, 16]"),
            check("echo_test", "assert said.strip() == 'hello'", 1),
        ),
        outputs=True,
    ),
    Case(
        "processes_and_servers",
        "an answer that maps over processes, and one that asks a server of its own at `localhost`",
        one(
            answer(
                "cubes",
                """
                from multiprocessing import get_context

                def cube(x):
                    return x ** 3

                with get_context("fork").Pool(2) as pool:
                    cubes = pool.map(cube, range(4))
                """,
            ),
            answer(
                "server",
                """
                import threading
                from http.server import BaseHTTPRequestHandler, HTTPServer
                from urllib.request import ProxyHandler, build_opener

                class Hello(BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(b"hello")

                    def log_message(self, *_):
                        pass

                server = HTTPServer(("localhost", 0), Hello)
                threading.Thread(target=server.handle_request, daemon=True).start()
                address = f"http://localhost:{server.server_port}/"
                page = build_opener(ProxyHandler({})).open(address, timeout=5).read()
                """,
            ),
            check("cubes_test", "assert cubes == [0, 1, 8, 27]"),
            check("page_test", "assert page == b'hello'", 1),
        ),
    ),
    Case(
        "older_format",
        "a notebook of an older minor version: cells without ids, sources in lists",
        one(*_TWO),
        {"older": Work(change=_older)},
    ),
    Case(
        "unreadable_notebook",
        "a file that is no notebook any more: nbgrader gives up on the student",
        one(*_TWO),
        {"cut_off": Work(files={"one.ipynb": '{"cells": ['})},
        differs=_graded("cut_off", 0.0, 0.0),
        why="a notebook that can't be read has no points, and the rest of the class goes on",
        said="can't be read",
    ),
]
