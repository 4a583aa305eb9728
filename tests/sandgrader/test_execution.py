"""A student's cells and the tests in two interpreters, and what can't come across."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from sandgrader import execution, sandbox
from sandgrader.assignment import Assignment, Isolation, Notebook, bound_names
from sandgrader.execution import InterpreterPool, Runner, clean_outputs
from sandgrader.kernel_runner import LARGEST
from sandgrader.reference import find_isolation
from sandgrader.sandbox import Environment, Interpreter, Limits
from tests.sandgrader.sheets import assignment, cell, handed_in

SQUARE = (
    cell("given", "import math\nTOLERANCE = 1e-9"),
    cell("answer", "def square(x):\n    return x * x", "square"),
    cell("test", "assert square(3) == 9", "test-example"),
    cell("answer", "number = 4.0", "number"),
    cell("test", "assert math.isclose(square(17.25), 297.5625, rel_tol=TOLERANCE)", "test-square"),
    cell("test", "assert number == 4\n0.5", "test-number", points=0.5),
)


@pytest.fixture(scope="module")
def squares() -> Iterator[tuple[InterpreterPool, Notebook]]:
    plan, known = assignment(*SQUARE)
    pool = InterpreterPool(plan)
    isolation, _ = find_isolation(pool, known)
    yield pool, replace(known, isolation=isolation)
    pool.close()


def graded(
    pool: InterpreterPool, known: Notebook, **answers: str
) -> tuple[dict[str, float], NotebookNode]:
    """Return the scores of a student's notebook by grade id, and the notebook."""
    notebook = handed_in(known, **answers)
    Runner(pool, "ann", {}).run(notebook, known)
    scores = {
        item.metadata.nbgrader.grade_id: determine_grade(item)[0]
        for item in notebook.cells
        if item.metadata.get("nbgrader", {}).get("grade")
    }
    return scores, notebook


def tried(*cells: NotebookNode, **changed: Any) -> tuple[Assignment, Any]:
    """Return an assignment and how its tests are isolated."""
    plan, known = assignment(*cells, **changed)
    pool = InterpreterPool(plan)
    try:
        return plan, find_isolation(pool, known)[0]
    finally:
        pool.close()


FULL = {"test-example": 1.0, "test-square": 1.0, "test-number": 0.5}


def test_the_answers_are_what_solutions_bind(squares: tuple[InterpreterPool, Notebook]) -> None:
    _, known = squares
    assert known.isolation.way == "isolated"
    assert known.isolation.answers == ("square", "number")


@pytest.mark.parametrize(
    "source", ["import os.path as p, sys", "from math import pi as x", "a, (b, *c) = 1, (2, 3)",
               "def f(z):\n    inner = 1\nclass G: pass", "for i in []: pass\nwith x as y: pass",
               "w = (v := 1)", "%matplotlib inline\nk = 1", "!ls\nm = 1"]
)  # fmt: skip
def test_bound_names_are_those_that_python_binds(source: str) -> None:
    expected = {
        "import os.path as p, sys": ["p", "sys"],
        "from math import pi as x": ["x"],
        "a, (b, *c) = 1, (2, 3)": ["a", "b", "c"],
        "def f(z):\n    inner = 1\nclass G: pass": ["f", "G"],
        "for i in []: pass\nwith x as y: pass": ["i", "y"],
        "w = (v := 1)": ["w", "v"],
        "%matplotlib inline\nk = 1": ["k"],
        "!ls\nm = 1": ["m"],
    }
    assert [*bound_names(source)] == expected[source]


def test_a_right_answer_earns_all(squares: tuple[InterpreterPool, Notebook]) -> None:
    assert graded(*squares)[0] == FULL


def test_a_wrong_one_loses_what_it_gets_wrong(squares: tuple[InterpreterPool, Notebook]) -> None:
    scores, _ = graded(*squares, square="def square(x):\n    return 9")
    assert scores == {**FULL, "test-square": 0}
    scores, _ = graded(*squares, number="number = 5")
    assert scores == {**FULL, "test-number": 0}


@pytest.mark.parametrize(("only_shows", "drawn"), [(frozenset[str](), 1), (frozenset({"draw"}), 0)])
def test_a_judge_draws_nothing_and_a_student_does(only_shows: frozenset[str], drawn: int) -> None:
    shown = "import os\nos.environ['DRAWN'] = '0'\ndef draw():\n    os.environ['DRAWN'] = '1'"
    plan, known = assignment(
        cell("given", shown),
        cell("given", "draw()"),
        cell("answer", "seen = os.environ['DRAWN']", "seen"),
        cell("test", f"assert (seen, os.environ['DRAWN']) == ('1', '{drawn}')", "test-seen"),
        only_shows=only_shows,
    )
    isolation = Isolation("isolated", answers=known.bound)
    pool = InterpreterPool(plan)
    try:
        scores, _ = graded(pool, replace(known, isolation=isolation))
    finally:
        pool.close()
    assert scores == {"test-seen": 1.0}


def test_a_judge_stops_behind_the_last_test(squares: tuple[InterpreterPool, Notebook]) -> None:
    pool, known = squares
    reference = handed_in(known)
    behind = cell("given", "number = 1")
    reference.cells = [*reference.cells[:2], behind, *reference.cells[2:], behind]
    steps = Runner(pool, "ann", {})._steps(reference, replace(known, reference=reference))
    assert [step.source for step in steps if not known.is_test(step)] == [
        SQUARE[0].source,
        behind.source,
    ]


def test_what_is_warm_after_the_trial_is_what_the_class_needs() -> None:
    plan, known = assignment(*SQUARE)
    pool = InterpreterPool(plan)
    try:
        isolation, imports = find_isolation(pool, known)
        tried = plan.with_isolation({known.name: isolation})
        elsewhere = replace(tried, environment=Environment(variables={"A": "1"}))
        assert not pool.go_on_with(elsewhere, imports)
        assert not pool.go_on_with(tried, [*imports, "a_module_that_is_not_warm"])
        assert pool.go_on_with(tried, imports)
        assert graded(pool, tried.notebooks[known.name])[0] == FULL
    finally:
        pool.close()


def test_a_missing_answer_is_a_missing_name(squares: tuple[InterpreterPool, Notebook]) -> None:
    scores, notebook = graded(*squares, square="pass")
    assert scores == {"test-example": 0, "test-square": 0, "test-number": 0.5}
    assert notebook.cells[2].outputs[0].ename == "NameError"


@pytest.mark.parametrize(
    "cheat",
    [
        "class Yes:\n    def __eq__(self, other): return True\n"
        "square = lambda x: Yes()\nnumber = Yes()",
        "class Yes(float):\n    def __eq__(self, other): return True\n"
        "square = lambda x: Yes(1)\nnumber = Yes(1)",
        "import sys\nsys.displayhook = lambda value: None\nsys.excepthook = print",
        "get_ipython().input_transformers_post.append(lambda lines: ['pass'])",
        "import ast\nclass Away(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Away())",
        "import math\nmath.isclose = lambda *a, **k: True",
        "import builtins\nbuiltins.AssertionError = type('Never', (Exception,), {})",
        "TOLERANCE = 1e9\nassert_equal = print",
        "get_ipython().run_code = lambda *a, **k: False",
        "get_ipython().showtraceback = lambda *a, **k: None",
        "import sandgrader.sandbox_worker as i\ni.Interpreter._take = lambda *a: {}",
    ],
)
def test_no_cheat_wins_a_point(squares: tuple[InterpreterPool, Notebook], cheat: str) -> None:
    nothing = f"{cheat}\nif 'square' not in globals():\n    def square(x):\n        return 0"
    scores, _ = graded(*squares, square=nothing, number="number = globals().get('number', 0)")
    assert scores == {"test-example": 0, "test-square": 0, "test-number": 0}


def test_what_a_function_is_called_with_reaches_no_output(
    squares: tuple[InterpreterPool, Notebook],
) -> None:
    spy = """
seen = []
def square(x):
    seen.append(x)
    print('called with', x)
    open('seen.txt', 'a').write(str(x))
    import sys; sys.stderr.write(str(x))
    globals()['leak'] = x
    if x == 17.25:
        raise ValueError(f'it is {x}')
    return x * x
"""
    late = "number = 4.0\nprint(seen, globals().get('leak'))\nimport os; print(os.listdir('.'))"
    _, notebook = graded(*squares, square=spy, number=late)
    answers = [item for item in notebook.cells if item.metadata.get("nbgrader", {}).get("solution")]
    assert "17.25" not in json.dumps([item.outputs for item in answers])
    assert "[] None\n[]" in answers[1].outputs[0].text


def test_what_came_before_the_kernel_died_counts(squares: tuple[InterpreterPool, Notebook]) -> None:
    scores, notebook = graded(*squares, number="import os; os._exit(1)")
    assert scores == {**FULL, "test-square": 0, "test-number": 0} or scores["test-example"] == 1
    assert "kernel died" in notebook.cells[3].outputs[0].evalue.lower()


def test_a_loop_in_one_test_leaves_the_next(squares: tuple[InterpreterPool, Notebook]) -> None:
    pool, known = squares
    quick = replace(pool.assignment, limits=Limits(cell_time=1.0))
    pool.assignment, before = quick, pool.assignment
    try:
        loop = "def square(x):\n    while x == 17.25: pass\n    return x * x"
        scores, notebook = graded(pool, known, square=loop)
    finally:
        pool.assignment = before
    assert scores == {**FULL, "test-square": 0}
    names = [item.ename for item in notebook.cells[4].outputs if item.output_type == "error"]
    assert "CellTimeoutError" in names


def test_the_same_submission_has_the_same_score(squares: tuple[InterpreterPool, Notebook]) -> None:
    dice = "import random\ndef square(x):\n    return x * x if random.random() < 0.5 else 0"
    coin = "import numpy as np\nnumber = 4.0 if np.random.rand() < 0.5 else 0"
    scores = [graded(*squares, square=dice, number=coin)[0] for _ in range(4)]
    assert all(item == scores[0] for item in scores)


def test_outputs_are_those_of_the_right_side(squares: tuple[InterpreterPool, Notebook]) -> None:
    _, notebook = graded(*squares, number="number = 4.0\nprint('mine')\nnumber")
    assert [item.output_type for item in notebook.cells[3].outputs] == ["stream", "execute_result"]
    assert notebook.cells[5].outputs[0].data["text/plain"] == "0.5"


# --- notebooks whose tests can't be isolated


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        (
            "a class",
            (
                cell("answer", "class Point:\n    x = 1"),
                cell("test", "assert Point().x == 1"),
            ),
        ),
        (
            "a name taken away",
            (
                cell("answer", "def a(): return 1\ndef b(): return a()"),
                cell(
                    "test",
                    "del a\ntry:\n    b()\nexcept NameError: pass\nelse: raise AssertionError",
                ),
            ),
        ),
        (
            "the source of a function",
            (
                cell("answer", "def a(): return 1"),
                cell("test", "import inspect\nassert 'return 1' in inspect.getsource(a)"),
            ),
        ),
        (
            "a test that a later cell stands on",
            (
                cell("test", "helper = len('abc')"),
                cell("answer", "x = helper"),
                cell("test", "assert x == 3"),
            ),
        ),
    ],
)
def test_tests_that_need_more_than_values_are_told(
    name: str, cells: tuple[NotebookNode, ...]
) -> None:
    _, isolation = tried(*cells)
    assert isolation.way == "shared" or isolation.together
    assert "needs more" in isolation.why


def test_what_only_works_together_is_graded_together() -> None:
    cells = (cell("answer", "class P:\n    x = 1", "p"), cell("test", "assert P().x == 1", "t"))
    plan, known = assignment(*cells)
    pool = InterpreterPool(plan)
    try:
        isolation, _ = find_isolation(pool, known)
        scores, _ = graded(pool, replace(known, isolation=isolation))
        assert scores == {"t": 1.0}
        scores, _ = graded(pool, replace(known, isolation=isolation), p="class P:\n    x = 2")
        assert scores == {"t": 0}
    finally:
        pool.close()


def test_without_a_source_there_is_nothing_to_try() -> None:
    plan, known = assignment(*SQUARE)
    pool = InterpreterPool(plan)
    isolation, _ = find_isolation(pool, replace(known, reference=None))
    pool.close()
    assert isolation.way == "kernel"
    assert "source/" in isolation.why


# --- what comes across


@pytest.mark.parametrize(
    ("answer", "test"),
    [
        (
            "def sort(items):\n    items.sort()",
            "items = [2, 1]\nsort(items)\nassert items == [1, 2]",
        ),
        (
            "def fill(table, row):\n    table['a'][0].append(row)\n    row.add(3)",
            "inner, row = [], {2}\nfill(table := {'a': (inner,)}, row=row)\n"
            "assert row == {2, 3} and len(inner) == 1",
        ),
        (
            "import numpy as np\ndef double(a):\n    a *= 2",
            "a = np.ones(3)\nb = a[:2]\ndouble(a)\nassert list(b) == [2, 2]",
        ),
        (
            "def drop(items):\n    items.pop()\n    raise ValueError",
            "items = [1]\ntry: drop(items)\nexcept ValueError: pass\nassert items == []",
        ),
        ("def evens():\n    n = 0\n    while True:\n        yield n\n        n += 2",
         "e = evens()\nassert [next(e), next(e), next(e)] == [0, 2, 4]"),
        ("even = (n for n in [0, 2])", "assert list(even) == [0, 2]"),
        ("pairs = zip([1, 2], 'ab')", "assert dict(pairs) == {1: 'a', 2: 'b'}"),
        ("def adder(n):\n    return lambda m: n + m", "assert adder(3)(4) == 7"),
        ("class Law:\n    def __new__(cls, x): return 2 * x", "assert Law(4) == 8"),
        ("async def later(x):\n    return 2 * x", "assert await later(4) == 8"),
        ("import asyncio\njob = asyncio.create_task(asyncio.sleep(0.01, 8))",
         "assert await job == 8"),
        ("from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
         "pool.submit(int).result()\ndef two():\n    return pool.submit(lambda: 2).result()",
         "assert two() == 2"),
        ("from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\n"
         "pool.map(int, '1')\ndef two():\n    return pool.map(int, '2')",
         "assert two() == [2]"),
        ("import multiprocessing\npool = multiprocessing.get_context('fork').Pool(1)\n"
         "pool.map(int, '1')\ndef two():\n    return pool.map(int, '2')",
         "assert two() == [2]"),
        ("def bad(n):\n    yield n\n    raise KeyError(n)",
         "b = bad(1)\nassert next(b) == 1\ntry: next(b)\nexcept KeyError: pass\n"
         "else: raise AssertionError"),
    ],
)  # fmt: skip
def test_what_is_more_than_a_value_comes_across(
    answer: str, test: str, squares: tuple[InterpreterPool, Notebook]
) -> None:
    pool, _ = squares
    _, known = assignment(cell("answer", answer, "a"), cell("test", test, "t"))
    isolation, _ = find_isolation(pool, known)
    assert isolation.possible, isolation.why
    known = replace(known, isolation=isolation)
    assert graded(pool, known)[0] == {"t": 1.0}
    assert graded(pool, known, a="pass")[0] == {"t": 0}


def test_an_answer_may_use_what_an_open_test_above_brought_in(
    squares: tuple[InterpreterPool, Notebook],
) -> None:
    pool, _ = squares
    test = (
        "import math as m\nLIMIT = 3\ndef near(a, b): return abs(a - b) < LIMIT\n"
        "assert first == 1\n"
        "### BEGIN HIDDEN TESTS\nimport json\nSECRET = 42\nassert first > 0\n"
        "### END HIDDEN TESTS"
    )
    cells = (
        cell("answer", "first = 1", "first"),
        cell("test", test, "t1"),
        cell("answer", "second = 2", "second"),
        cell("test", "assert second == 2", "t2"),
        cell("answer", "third = None", "third"),
    )
    _, known = assignment(*cells)
    known = replace(known, isolation=find_isolation(pool, known)[0])
    second = "second = m.floor(2.5) if near(1, LIMIT) else 0\nsecond"
    third = "print(Out[3], 'SECRET' in globals(), 'json' in globals(), In[2])"
    scores, notebook = graded(pool, known, second=second, third=third)
    assert scores == {"t1": 1.0, "t2": 1.0}
    said = notebook.cells[4].outputs[0].text
    assert said.startswith("2 False False ")
    assert "SECRET" not in said


def test_a_display_is_updated_from_a_later_cell(squares: tuple[InterpreterPool, Notebook]) -> None:
    shown = "h = display('first frame', display_id=True)\ndef square(x): return x * x"
    _, notebook = graded(*squares, square=shown, number="h.update('last frame'); number = 4.0")
    (display,) = notebook.cells[1].outputs
    assert display.data["text/plain"] == "'last frame'"
    assert notebook.cells[3].outputs == []


def test_of_too_much_in_a_kernel_the_points_stay(squares: tuple[InterpreterPool, Notebook]) -> None:
    pool, known = squares
    known = replace(known, isolation=Isolation("kernel"))
    number = "number = 4.0\nprint('begin' + 'x' * 10_000_000)\nprint('y' * 10_000_000)\nnumber"
    scores, notebook = graded(pool, known, number=number)
    assert scores == FULL
    outputs = notebook.cells[3].outputs
    said = "".join(item.text for item in outputs if item.output_type == "stream")
    assert said.startswith("begin")
    assert "left out here" in said
    assert len(said) < LARGEST
    assert outputs[-1].data["text/plain"] == "4.0"


def test_a_submission_has_room_for_so_much_and_says_so(
    squares: tuple[InterpreterPool, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "LARGEST", 50_000)
    shows = "for _ in range(30): display('x' * 5_000)\nprint('y' * 60_000)\nnumber = 4.0\nnumber"
    scores, notebook = graded(*squares, number=shows)
    assert scores == FULL
    outputs = notebook.cells[3].outputs
    assert len(json.dumps(outputs)) < 60_000
    assert outputs[-1].data["text/plain"] == "4.0"
    assert json.dumps(outputs).count("left out here") == 1


# --- the notebooks of a submission together


def begun(pool: InterpreterPool, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of which interpreters are begun from now on."""
    order: list[str] = []
    student, judge = pool.student, pool.judge
    for kind, own in (("student", student), ("judge", judge)):

        def begin(*args: Any, kind: str = kind, own: Any = own, **more: Any) -> Any:
            order.append(kind)
            return own(*args, **more)

        monkeypatch.setattr(pool, kind, begin)
    return order


def test_no_cell_runs_after_a_test_of_another_notebook(
    squares: tuple[InterpreterPool, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, known = squares
    order = begun(pool, monkeypatch)
    notebooks = [handed_in(known), handed_in(known, number="number = 5"), handed_in(known)]
    Runner(pool, "ann", {}).run_all([(notebook, known) for notebook in notebooks])
    assert order == ["student"] * 3 + ["judge"] * 3
    scores = [[determine_grade(item.cells[at])[0] for at in (2, 4, 5)] for item in notebooks]
    assert scores == [[1, 1, 0.5], [1, 1, 0], [1, 1, 0.5]]


def test_where_there_is_no_memory_to_wait_in_tests_run_at_once(
    squares: tuple[InterpreterPool, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, known = squares
    order = begun(pool, monkeypatch)
    monkeypatch.setattr(Interpreter, "rest", lambda self: 2**30 + 1)
    notebooks = [handed_in(known), handed_in(known)]
    Runner(pool, "ann", {}).run_all([(notebook, known) for notebook in notebooks])
    assert order == ["student", "judge"] * 2
    assert [determine_grade(item.cells[4])[0] for item in notebooks] == [1, 1]


def test_who_uses_up_the_time_keeps_what_was_right_before(
    squares: tuple[InterpreterPool, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_FOR_CELLS", 0.1)
    pool, known = squares
    short = replace(pool.assignment, limits=Limits(cell_time=200.0, submission_time=100.0))
    monkeypatch.setattr(pool, "assignment", short)
    waits, late = handed_in(known, number="import time\ntime.sleep(600)"), handed_in(known)
    first, second = Runner(pool, "ann", {}).run_all([(waits, known), (late, known)])
    limit = "10 s, what the cells of a submission have of its 100 s"
    assert first.notes == [f"a cell was interrupted after {limit}"]
    assert second.notes == [f"cells were not run, since the time was over ({limit})"]
    assert [determine_grade(waits.cells[at])[0] for at in (2, 4, 5)] == [1, 1, 0]
    assert [determine_grade(late.cells[at])[0] for at in (2, 4, 5)] == [0, 0, 0]
    assert limit in waits.cells[3].outputs[-1].traceback[-1]
    assert limit in late.cells[1].outputs[0].evalue


@pytest.mark.parametrize("way", ["shared", "kernel"])
def test_the_time_of_a_submission_bounds_the_other_ways_too(
    way: Any, squares: tuple[InterpreterPool, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, known = squares
    short = replace(pool.assignment, limits=Limits(cell_time=200.0, submission_time=2.0))
    monkeypatch.setattr(pool, "assignment", short)
    known = replace(known, isolation=Isolation(way))
    waits, late = handed_in(known, number="import time\ntime.sleep(600)"), handed_in(known)
    said = Runner(pool, "ann", {}).run_all([(waits, known), (late, known)])
    for ran, notebook in zip(said, (waits, late), strict=True):
        assert any("2 s, the limit for a submission" in note for note in ran.notes)
        (error,) = notebook.cells[5].outputs
        assert "not run" in error.evalue
        assert "2 s, the limit for a submission" in error.evalue


# --- files


def test_files_pass_from_cell_to_test_and_to_the_next_notebook() -> None:
    cells = (
        cell("answer", "open('out.txt', 'w').write('42')", "write"),
        cell("test", "assert open('out.txt').read() == '42'", "t"),
    )
    plan, known = assignment(*cells)
    pool = InterpreterPool(plan)
    try:
        isolation, _ = find_isolation(pool, known)
        assert isolation.way == "isolated"
        known = replace(known, isolation=isolation)
        runner = Runner(pool, "ann", {"given.txt": b"x"})
        notebook = handed_in(known)
        runner.run(notebook, known)
        assert determine_grade(notebook.cells[1])[0] == 1.0
        assert runner.files == {"given.txt": b"x", "out.txt": b"42"}
        again = handed_in(known, write="print(open('out.txt').read())")
        runner.run(again, known)
        assert again.cells[0].outputs[0].text == "42\n"
    finally:
        pool.close()


def test_evidence_is_seen_as_it_was_handed_in() -> None:
    cells = (
        cell("answer", "open('ledger.json', 'w').write('forged')", "forge"),
        cell("test", "assert open('ledger.json').read() == 'forged'", "t"),
    )
    plan, known = assignment(*cells, evidence=frozenset(["ledger.json"]))
    pool = InterpreterPool(plan)
    try:
        # the reference solution forges too, and so can't be isolated: ask for it all the same
        known = replace(known, isolation=Isolation("isolated"))
        notebook = handed_in(known)
        Runner(pool, "ann", {"ledger.json": b"honest"}).run(notebook, known)
        assert determine_grade(notebook.cells[1])[0] == 0
    finally:
        pool.close()


def test_the_sources_files_come_before_a_students() -> None:
    cells = (
        cell("answer", "x = 1", "x"),
        cell("test", "from helper import right\nassert right(x)", "t"),
    )
    helper = b"def right(x): return x == 1"
    plan, known = assignment(*cells, beside={"helper.py": helper})
    pool = InterpreterPool(plan)
    try:
        isolation, _ = find_isolation(pool, known)
        known = replace(known, isolation=isolation)
        notebook = handed_in(known, x="x = 2\nopen('helper.py', 'w').write('right = bool')")
        Runner(pool, "ann", {"helper.py": b"right = bool"}).run(notebook, known)
        assert determine_grade(notebook.cells[1])[0] == 0
    finally:
        pool.close()


# --- what an interpreter may send


@pytest.mark.parametrize(
    "sent",
    [None, 3, "x", [None], [{}], [{"output_type": "stream", "name": "stdlog", "text": "x"}],
     [{"output_type": "display_data", "data": [1]}], [{"output_type": ["error"]}]],
)  # fmt: skip
def test_forged_outputs_are_dropped_or_harmless(sent: Any) -> None:
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    made = clean_outputs(sent)
    nbformat.validate(new_notebook(cells=[new_code_cell("", outputs=made)]))


def test_the_environment_can_be_widened() -> None:
    cells = (cell("answer", "x = 1", "x"), cell("test", "import os; os.environ['TRACKS']", "t"))
    plan, known = assignment(*cells, environment=Environment(variables={"TRACKS": "mine"}))
    pool = InterpreterPool(plan)
    try:
        scores, _ = graded(pool, replace(known, isolation=find_isolation(pool, known)[0]))
        assert scores == {"t": 1.0}
    finally:
        pool.close()
