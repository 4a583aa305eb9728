"""Where persons grade: written answers, tasks, second submissions."""

from __future__ import annotations

from nbformat import NotebookNode

from tests.sandgrader.corpus.case import (
    Case,
    Work,
    answer,
    change_one,
    check,
    one,
    own_cell,
    place,
    task,
    text,
    types,
    written,
)


def _under_task(cells: list[NotebookNode]) -> None:
    cells.insert(place(cells, "project") + 1, own_cell("model = 'a line'\nprint(model)"))


_LATER = "2026-02-04 12:00:00 UTC"
_FIRST = "2026-02-03 12:00:00 UTC"
_MIXED = [
    answer("x", "x = 1"),
    check("x_test", "assert x == 1"),
    written("why", "Because it is the first."),
]

CASES = [
    Case(
        "written_answers",
        "answers that a person grades, text and code: untouched ones have no points at once",
        one(
            written("essay", "Fibonacci's numbers."),
            written("program", "def f():\n    return 1", 2, kind="code"),
        ),
        {
            "words": types(essay="I don't know."),
            "raises": types(program="raise RuntimeError('unfinished')"),
            "empty": types(essay="", program=""),
        },
        outputs=True,
    ),
    Case(
        "graded_by_both",
        "a written program with tests behind it: the machine tests, a person reads",
        one(
            written("sort", "def sort(v):\n    return sorted(v)", 2, kind="code"),
            check("sort_test", "assert sort([3, 1]) == [1, 3]"),
        ),
        {"other": types(sort="def sort(v):\n    return v")},
    ),
    Case(
        "tasks",
        "a task cell: students put cells of their own under it",
        one(
            task("project", "Describe a model of your own in as many cells as you need."),
            answer("x", "x = 1"),
            check("x_test", "assert x == 1", 1),
        ),
        {
            "works": change_one(_under_task),
            "deletes": change_one(lambda cells: cells.pop(place(cells, "project"))),
        },
        outputs=True,
    ),
    Case(
        "only_persons_grade",
        "an assignment without a test",
        one(text("# An essay"), written("essay", "Long.", 10), task("talk", "Give a talk.", 5)),
    ),
    Case(
        "graded_again_after_a_person",
        "a newer submission after a person graded: their scores stay and want a second look",
        one(*_MIXED),
        {"ada": Work({"x": "x = 2"}, timestamp=_FIRST), "ben": Work(timestamp=_FIRST)},
        by_hand={
            "ada/one/x_test": (0.5, 0.0, ""),
            "ada/one/why": (2.0, 0.0, "nearly"),
            "ben/one/why": (3.0, 1.0, "very good"),
        },
        again={"ada": Work({"why": "It comes first."}, timestamp=_LATER)},
    ),
    Case(
        "graded_again_by_force",
        "all graded again (`--force`) after a person graded: what is as it was stays as it was",
        one(*_MIXED),
        {"ada": types(x="x = 2")},
        by_hand={"right/one/x_test": (1.5, 0.25, ""), "ada/one/why": (1.0, 0.0, "short")},
        again={},
    ),
]
