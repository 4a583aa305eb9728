"""Evidence counts as it was handed in, also where tests run in the student's interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from nbgrader.utils import determine_grade

from sandgrader.assignment import Isolation, Notebook, Way
from sandgrader.execution import InterpreterPool, Runner
from tests.sandgrader.sheets import assignment, cell, handed_in

FORGE = "for name in ('ledger.json', 'log.json', 'notes.txt'):\n    open(name, 'w').write('forged')"
CELLS = (
    cell("answer", "answer = 1", "answer"),
    cell("test", "assert open('ledger.json').read() == 'mine'", "test-ledger"),
    cell("test", "import os\nassert not os.path.exists('log.json')", "test-log"),
    cell("test", "assert open('notes.txt').read() == 'forged'", "test-notes"),
)
HANDED = {"ledger.json": b"mine", "timestamp.txt": b"2026-02-04 15:00:00 UTC"}


@pytest.fixture(scope="module")
def sheet() -> Iterator[tuple[InterpreterPool, Notebook]]:
    plan, known = assignment(*CELLS, evidence=frozenset({"ledger.json", "log.json"}))
    pool = InterpreterPool(plan)
    yield pool, known
    pool.close()


def run_as(known: Notebook, way: Way) -> Notebook:
    return replace(known, isolation=Isolation(way, answers=known.bound))


@pytest.mark.parametrize("way", ["isolated", "shared", "kernel"])
def test_tests_and_the_next_notebook_see_it_as_it_was_handed_in(
    sheet: tuple[InterpreterPool, Notebook], way: Way
) -> None:
    pool, known = sheet[0], run_as(sheet[1], way)
    runner = Runner(pool, "ann", HANDED)
    first = handed_in(known, answer=FORGE)
    runner.run(first, known)
    assert [determine_grade(item)[0] for item in first.cells[1:]] == [1, 1, 1]
    assert runner.files == {**HANDED, "notes.txt": b"forged"}
    second = handed_in(known, answer="print(open('ledger.json').read())")
    runner.run(second, known)
    assert second.cells[0].outputs[0].text == "mine\n"


def test_a_cell_whose_outputs_are_lost_costs_no_other(
    sheet: tuple[InterpreterPool, Notebook],
) -> None:
    pool, known = sheet
    loud = (
        "import sandgrader.wire\nreally = sandgrader.wire.send\n"
        "def send(connection, message, *more, **named):\n"
        "    sandgrader.wire.send = really\n"
        "    text = {'output_type': 'stream', 'name': 'stdout', 'text': 'x' * 40_000_000}\n"
        "    return really(connection, {'outputs': [text], 'count': 1})\n"
        "sandgrader.wire.send = send\n" + FORGE
    )
    notebook = handed_in(known, answer=loud)
    Runner(pool, "ann", HANDED).run(notebook, run_as(known, "isolated"))
    assert "larger than" in notebook.cells[0].outputs[0].evalue
    assert [determine_grade(item)[0] for item in notebook.cells[1:]] == [1, 1, 1]


def test_a_test_whose_outputs_are_lost_has_not_passed(
    sheet: tuple[InterpreterPool, Notebook],
) -> None:
    pool, known = sheet
    loud = (
        FORGE
        + "\nimport builtins, os, sandgrader.wire\nreally = sandgrader.wire.send\n"
        + (
            "def send(connection, message, *more, **named):\n"
            "    if 'outputs' in message:\n"
            "        message = {'outputs': [{'text': 'x' * 40_000_000}]}\n"
            "    return really(connection, message, *more, **named)\n"
            "sandgrader.wire.send = send"
        )
    )
    notebook = handed_in(known, answer=loud)
    Runner(pool, "ann", HANDED).run(notebook, run_as(known, "shared"))
    assert [determine_grade(item)[0] for item in notebook.cells[1:]] == [0, 0, 0]
