"""In which way a notebook is run, and whose points that changes: nobody's who means no harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbgrader.preprocessors import IgnorePattern, SaveAutoGrades
from nbgrader.utils import determine_grade
from traitlets.config import Config

from sandgrader.assignment import Assignment, Notebook
from sandgrader.execution import Execution, InterpreterPool, Runner
from sandgrader.kernels import OWN, Kernel
from sandgrader.reference import find_isolation
from sandgrader.sandbox import Limits
from tests.sandgrader.sheets import assignment, cell, handed_in

Graded = tuple[dict[str, float], Execution]


class Sheet:
    """An assignment of one notebook whose reference solution was tried."""

    def __init__(self, pool: InterpreterPool, plan: Assignment, known: Notebook) -> None:
        self.pool, self.plan = pool, plan
        pool.assignment = plan
        self.isolation, _ = find_isolation(pool, known)
        self.known = replace(known, isolation=self.isolation)

    def graded(
        self, change: Callable[[NotebookNode], object] | None = None, **answers: str
    ) -> Graded:
        """Return what a student's notebook is given by test, and how it was run."""
        self.pool.assignment = self.plan
        notebook = handed_in(self.known, **answers)
        if change is not None:
            change(notebook)
        ran = Runner(self.pool, "ann", {}).run(notebook, self.known)
        tests = [item for item in notebook.cells if self.known.is_test(item)]
        return {item.metadata.nbgrader.grade_id: determine_grade(item)[0] for item in tests}, ran


Sheets = Callable[..., Sheet]


@pytest.fixture(scope="module")
def sheet() -> Iterator[Sheets]:
    """Make sheets, which share their warm processes."""
    pool = InterpreterPool(assignment()[0])

    def make(*cells: NotebookNode, kernel: Kernel | None = None, **changed: Any) -> Sheet:
        plan, known = assignment(*cells, **changed)
        return Sheet(pool, plan, replace(known, kernel=kernel))

    yield make
    pool.close()


# --- tests that say what must not be the case

ADD = """
def total(values):
    result = 0
    for value in values:
        result += value
    return result
"""
SUM = "def total(values):\n    return sum(values)"
VALUE = cell("test", "assert total([1, 2, 4]) == 7", "value")
FORBIDDING = {
    "its source": ("import inspect\nassert 'sum(' not in inspect.getsource(total)", SUM),
    "a patched built-in": (
        "from unittest.mock import patch\n"
        "with patch('builtins.sum', side_effect=AssertionError('not allowed')):\n"
        "    assert total([1, 2]) == 3",
        SUM,
    ),
    "a patched name": (
        "from unittest.mock import patch\n"
        "with patch('__main__.sum', create=True) as spy:\n    total([1])\nspy.assert_not_called()",
        SUM,
    ),
    "a name that is taken": ("sum = None\nassert total([1, 2]) == 3\ndel sum", SUM),
    "what it prints": (
        "import contextlib, io\nsaid = io.StringIO()\n"
        "with contextlib.redirect_stdout(said):\n    total([1])\nassert said.getvalue() == ''",
        f"{ADD.replace('    return', '    print(result)' + chr(10) + '    return')}",
    ),
    "its argument": (
        "items = [1, 2]\ntotal(items)\nassert items == [1, 2]",
        ADD.replace("    return", "    values.clear()\n    return"),
    ),
    "the notebook's history": ("assert not any('sum(' in text for text in In[:-1])", SUM),
}


@pytest.mark.parametrize("what", FORBIDDING)
def test_what_is_forbidden_costs_its_test_and_no_other(what: str, sheet: Sheets) -> None:
    test, forbidden = FORBIDDING[what]
    made = sheet(cell("answer", ADD, "total"), VALUE, cell("test", test, "forbid"))
    assert made.isolation.way == "both"
    assert set(made.isolation.looking) == {"forbid"}
    full = {"value": 1.0, "forbid": 1.0}
    assert made.graded()[0] == full
    assert made.graded(total=forbidden)[0] == {**full, "forbid": 0}
    # the trick that wins every test in the student's own process wins the forbidding one alone
    cheat = "import sys\nsys.displayhook = lambda value: None\n"
    cheat += "get_ipython().input_transformers_post.append(lambda lines: ['pass'])"
    scores, ran = made.graded(total=f"{cheat}\ndef total(values):\n    return 1")
    assert scores["value"] == 0
    assert "value" in {item.test for item in ran.differences}


def test_a_doctest_is_asked_of_the_students_own_text(sheet: Sheets) -> None:
    answer = (
        'def double(x):\n    """Double.\n\n    >>> double(4)\n    8\n    """\n    return {} * x'
    )
    test = "import doctest\nassert doctest.testmod().failed == 0"
    made = sheet(cell("answer", answer.format(2), "double"), cell("test", test, "t"))
    assert made.graded()[0] == {"t": 1.0}
    assert made.graded(double=answer.format(3))[0] == {"t": 0}


# --- answers of another kind than the reference solution's


@pytest.mark.parametrize(
    ("solution", "other", "test"),
    [
        ("def f(): return [0, 2]", "def f():\n    yield 0\n    yield 2", "assert [*f()] == [0, 2]"),
        ("f = [(1, 'a')]", "f = zip([1], 'a')", "assert list(f) == [(1, 'a')]"),
        ("def f(): return {1}", "def f(): return {1: 2}.keys()", "assert len(f()) == 1"),
        (
            "def f(): return [1]",
            "from collections import deque\ndef f(): return deque([1])",
            "assert list(f()) == [1]",
        ),
        (
            "def f(): return {'a': 1, 'b': 0}",
            "from collections import Counter\ndef f(): return Counter('a')",
            "assert f()['a'] == 1 and f()['b'] == 0",
        ),
        ("f = 'a/b'", "from pathlib import Path\nf = Path('a') / 'b'", "assert str(f) == 'a/b'"),
        ("f = '2026-02-03'", "import datetime\nf = datetime.date(2026, 2, 3)",
         "assert str(f) == '2026-02-03'"),
    ],
)  # fmt: skip
def test_a_right_answer_of_another_kind_is_right(
    solution: str, other: str, test: str, sheet: Sheets
) -> None:
    made = sheet(cell("answer", solution, "f"), cell("test", test, "t"))
    assert made.isolation.way == "isolated"
    scores, ran = made.graded(f=other)
    assert (scores, ran.way) == ({"t": 1.0}, "isolated")


def test_series_and_tables_are_answers(sheet: Sheets) -> None:
    pytest.importorskip("pandas")
    given = cell("given", "import numpy as np\nimport pandas as pd")
    answer = "ages = np.array([20, 30, 40])"
    test = "assert ages.mean() == 30 and len(ages) == 3 and np.allclose(ages, [20, 30, 40])"
    made = sheet(given, cell("answer", answer, "ages"), cell("test", test, "t"))
    other = "ages = pd.DataFrame({'age': [20, 30, 40]})['age']"
    assert made.graded(ages=other)[0] == {"t": 1.0}


def test_an_object_of_ones_own_class_is_not_believed_and_that_is_said(sheet: Sheets) -> None:
    yes = "class Yes:\n    def __eq__(self, other): return True\nnumber = Yes()"
    made = sheet(cell("answer", "number = 4", "number"), cell("test", "assert number == 4", "t"))
    scores, ran = made.graded(number=yes)
    assert scores == {"t": 0}
    (difference,) = ran.differences
    assert (difference.nbgrader, difference.given) == (1.0, 0)
    assert "Yes" in difference.why


# --- given cells

SCALED = (
    cell("given", "import math\nRATE = 4"),
    cell("answer", "def scale(x):\n    return RATE * x", "scale"),
    cell("test", "assert math.isclose(scale(2), 2 * RATE)", "t"),
)


@pytest.fixture(scope="module")
def scaled(sheet: Sheets) -> Sheet:
    return sheet(*SCALED)


def put_first(source: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        notebook.cells[0].source = source

    return change


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("import math  # for later\nRATE = 4\n\n", "isolated"),
        ("import os\nimport math\nRATE = 4", "both"),
    ],
)
def test_who_adds_something_to_a_given_cell_keeps_all_points(
    scaled: Sheet, source: str, way: str
) -> None:
    scores, ran = scaled.graded(put_first(source))
    assert (scores, ran.way) == ({"t": 1.0}, way)
    assert ran.differences == []


def test_who_takes_away_what_tests_stand_on_has_what_nbgrader_gives(scaled: Sheet) -> None:
    assert scaled.graded(put_first("RATE = 4"))[0] == {"t": 0}


def test_no_output_of_a_second_run_tells_what_a_test_says(sheet: Sheets) -> None:
    tells = "class Tells:\n    def __rmul__(self, other): raise ValueError(In[-1])\nRATE = Tells()"
    made = sheet(*SCALED)
    notebook = handed_in(made.known, scale="def scale(x):\n    return 4 * x")
    notebook.cells[0].source = f"import math\n{tells}"
    ran = Runner(made.pool, "ann", {}).run(notebook, made.known)
    assert ran.way == "both"
    assert determine_grade(notebook.cells[2])[0] == 0
    assert "isclose" not in json.dumps(notebook.cells[2].outputs)


def test_who_changes_what_tests_stand_on_wins_nothing(scaled: Sheet) -> None:
    wrong = "def scale(x):\n    return 0"
    scores, ran = scaled.graded(
        put_first("import types\nRATE = 0\nmath = types.SimpleNamespace(isclose=lambda *_: True)"),
        scale=wrong,
    )
    assert scores == {"t": 0}
    assert "RATE" in ran.differences[0].why


@pytest.mark.parametrize(
    "answer",
    [
        "max = None",
        "def max(*_):\n    return 0",
        "for max in [1]:\n    pass",
        "from operator import *\nfrom numpy import *\nint = None",
        "def change():\n    global int\n    int = None\nchange()",
        "del RATE",
    ],
)
def test_who_hides_a_built_in_has_what_nbgrader_gives(answer: str, sheet: Sheets) -> None:
    made = sheet(
        cell("given", "RATE = 2"),
        cell("answer", "top = [1, 2]", "top"),
        cell("test", "assert int(max(top)) == RATE", "t"),
        cell("test", "assert top == [1, 2]", "other"),
    )
    assert made.isolation.way == "isolated"
    scores, ran = made.graded(top=f"top = [1, 2]\n{answer}")
    assert scores == {"t": 0, "other": 1.0}
    assert "changes what tests stand on" in ran.why
    assert made.graded(top="top = [max([0, 1]), 2]")[1].way == "isolated"


def test_a_difference_is_listed_once_and_with_what_is_given(sheet: Sheets) -> None:
    made = sheet(
        cell("answer", "def half(x):\n    return x / 2", "half"),
        cell("test", "assert half(4) == 2", "value"),
        cell(
            "test", "import warnings\nwarnings.simplefilter('error')\nassert half(4) == 2", "quiet"
        ),
    )
    warns = "import warnings\ndef half(x):\n    warnings.warn('slow')\n    return x / 2"
    scores, ran = made.graded(half=warns)
    assert scores == {"value": 1.0, "quiet": 0}
    assert [(item.test, item.nbgrader, item.given) for item in ran.differences] == [
        ("value", 0.0, 1.0)
    ]


@pytest.mark.parametrize(
    ("settings", "listed", "points"),
    [
        ({"enabled": True, "pattern": "Deprec"}, None, 1.0),
        ({"enabled": True, "pattern": "Deprec"}, [IgnorePattern, SaveAutoGrades], 1.0),
        ({"enabled": True, "pattern": "Deprec"}, [SaveAutoGrades], 0),
        ({"enabled": False, "pattern": "Deprec"}, None, 0),
        ({"enabled": True, "pattern": "Other"}, None, 0),
    ],
)
def test_what_is_ignored_on_standard_error_costs_nothing(
    settings: dict[str, Any], listed: list[Any] | None, points: float, sheet: Sheets
) -> None:
    made = sheet(
        cell("answer", "x = 1", "x"),
        cell("test", "import sys\nprint('Deprecated: y', file=sys.stderr)\nassert x == 1", "t"),
        config=Config({"IgnorePattern": settings}),
        forgives=listed is None or IgnorePattern in listed,
    )
    # where it costs points it is tried in a kernel too
    assert (made.isolation.way == "kernel") == (not points)
    assert bool(made.isolation.missed) == (not points)
    assert made.graded()[0] == {"t": points}


def test_what_no_test_reads_may_be_changed(scaled: Sheet) -> None:
    def add(notebook: NotebookNode) -> None:
        notebook.cells.append(cell("given", "reflection = 'so'"))

    assert scaled.graded(add)[1].way == "isolated"


def test_a_given_cell_that_calls_an_answer_keeps_the_judge_in_step(sheet: Sheets) -> None:
    cells = (
        cell("answer", "def double(x):\n    return 2 * x", "double"),
        cell("test", "assert double(4) == 8", "first"),
        cell("given", "print('of five:', double(5))\nWAIT = 1"),
        cell("answer", "def half(x):\n    return x / 2", "half"),
        cell("test", "assert half(4 * WAIT) == 2 and double(1) == 2", "second"),
    )
    made = sheet(*cells)
    assert made.isolation.way == "isolated"
    assert made.graded()[0] == {"first": 1.0, "second": 1.0}
    assert made.graded(double="double = 5")[0] == {"first": 0, "second": 0}
    loop = "def double(x):\n    while x == 5: pass\n    return 2 * x"
    made.plan = replace(made.plan, limits=Limits(cell_time=2.0))
    assert made.graded(double=loop)[0]["first"] == 1.0


# --- kernels


def test_what_needs_a_running_loop_is_run_in_a_kernel(sheet: Sheets) -> None:
    cells = (
        cell(
            "given", "import asyncio\nasync def slow(x):\n    await asyncio.sleep(0)\n    return x"
        ),
        cell("answer", "job = asyncio.create_task(slow(4))", "job"),
        cell("test", "assert (await job) == 4", "t"),
    )
    made = sheet(*cells)
    if made.isolation.way != "kernel":
        pytest.skip("the recorder has a running loop")
    assert made.graded()[0] == {"t": 1.0}
    assert made.graded(job="job = slow(5)")[0] == {"t": 0}


@pytest.fixture(scope="module")
def asked(sheet: Sheets) -> Sheet:
    """A sheet whose source has the questions alone, so that it runs in a kernel."""
    cells = (
        cell("answer", "# YOUR CODE HERE\nraise NotImplementedError()", "double"),
        cell("test", "assert double(4) == 8", "t"),
        cell("answer", "def half(x):\n    raise NotImplementedError()", "half"),
        cell("test", "assert half(4) == 2\n0.5", "u"),
    )
    return sheet(*cells, limits=Limits(cell_time=60.0))


def test_without_solutions_the_right_have_their_points_and_others_none(asked: Sheet) -> None:
    assert asked.isolation.way == "kernel"
    assert asked.isolation.without_solutions
    assert asked.isolation.missed == {}
    double, half = "def double(x):\n    return 2 * x", "def half(x):\n    return x / 2"
    assert asked.graded(double=double, half=half)[0] == {"t": 1.0, "u": 0.5}
    assert asked.graded()[0] == {"t": 0, "u": 0}


def test_when_a_kernel_dies_what_was_before_counts_and_nothing_after(asked: Sheet) -> None:
    right = "def double(x):\n    return 2 * x"
    scores, ran = asked.graded(double=right, half="import os\nos._exit(1)")
    assert scores == {"t": 1.0, "u": 0}
    assert "kernel died" in ran.notes[0].lower()


def test_a_kernels_cells_have_a_time_limit(asked: Sheet) -> None:
    before = asked.plan
    asked.plan = replace(before, executor={"Execute": {"timeout": 1}})
    try:
        scores, _ = asked.graded(double="while True: pass", half="def half(x):\n    return x / 2")
    finally:
        asked.plan = before
    assert scores == {"t": 0, "u": 0.5}


def test_a_kernel_sees_nothing_but_its_sandbox(asked: Sheet, tmp_path: Path) -> None:
    if asked.pool.kind != "bubblewrap":
        pytest.skip("there is no sandbox here")
    look = (
        f"import os, socket\nassert not os.path.exists({str(tmp_path)!r})\n"
        "assert os.getcwd().startswith('/submission')\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError:\n    pass\nelse:\n    raise AssertionError\n"
        "def double(x):\n    return 2 * x"
    )
    assert asked.graded(double=look)[0]["t"] == 1.0


def test_a_notebook_of_another_kernel_is_run_by_it(sheet: Sheets) -> None:
    made = sheet(
        cell("answer", "import os\nx = os.environ['ONLY_HERE']", "x"),
        cell("test", "assert x", "t"),
        kernel=replace(OWN, name="elsewhere", variables={"ONLY_HERE": "yes"}),
    )
    assert made.isolation.way == "kernel"
    assert "elsewhere (python)" in made.isolation.why
    assert made.graded()[0] == {"t": 1.0}


# --- whose work it is

WHOSE = (
    cell("answer", "import os\nx = os.environ['SANDGRADER_STUDENT']", "x"),
    cell(
        "test",
        "import os\nassert x == os.environ['SANDGRADER_STUDENT']\nassert x in ('', 'ann')",
        "t",
    ),
)


@pytest.mark.parametrize(
    ("way", "changed"),
    [
        ("isolated", {}),
        ("shared", {"one_interpreter": True}),
        ("kernel", {"kernel": replace(OWN, name="elsewhere")}),
    ],
)
def test_cells_and_tests_are_told_whose_work_it_is_and_the_reference_is_nobodys(
    way: str, changed: dict[str, Any], sheet: Sheets
) -> None:
    made = sheet(*WHOSE, **changed)
    assert made.isolation.way == way
    assert made.graded()[0] == made.graded(x="x = 'ann'")[0] == {"t": 1.0}
    assert made.graded(x="x = ''")[0] == {"t": 0.0}


# --- a reference solution that doesn't earn its own points


def test_what_the_reference_solution_misses_is_known_with_its_cause(sheet: Sheets) -> None:
    cells = (
        cell("answer", "row = open('/nowhere/x.csv').read()", "row"),
        cell("test", "assert row", "t"),
        cell("answer", "x = 1", "x"),
        cell("test", "assert x == 1", "u"),
    )
    made = sheet(*cells)
    assert set(made.isolation.missed) == {"t"}
    assert "'row' ends with FileNotFoundError" in made.isolation.missed["t"]
    assert not made.isolation.without_solutions


def test_half_a_point_of_a_whole_one_is_not_all(sheet: Sheets) -> None:
    made = sheet(cell("answer", "x = 1", "x"), cell("test", "assert x == 1\n0.5", "t"))
    assert made.isolation.missed == {"t": "0.5 of 1 points"}


def test_a_reference_solution_may_stand_on_the_notebook_before_it(sheet: Sheets) -> None:
    plan, first = assignment(
        cell("answer", "open('out.txt', 'w').write('4')", "w"), cell("test", "assert True", "s")
    )
    second = assignment(
        cell("answer", "x = int(open('out.txt').read())", "x"), cell("test", "assert x == 4", "t")
    )[1]
    second = replace(second, name="second")
    both = replace(plan, notebooks={"sheet": first, "second": second})
    made = Sheet(sheet(VALUE).pool, both, second)
    assert made.isolation.way == "isolated"


def test_a_reference_solution_hands_in_the_evidence_that_its_cells_make_ungraded(
    sheet: Sheets,
) -> None:
    lock = "import os\nif 'NBGRADER_EXECUTION' not in os.environ:\n    open('log', 'w').write('x')"
    made = sheet(
        cell("answer", lock, "lock"),
        cell("test", "assert open('log').read() == 'x'", "t"),
        evidence=frozenset(["log"]),
    )
    assert made.isolation.way == "isolated"
    assert made.graded()[0] == {"t": 0}  # who hands in none


def test_a_function_sees_what_tests_bind_a_given_name_to(sheet: Sheets) -> None:
    made = sheet(
        cell("given", "items = [1, 2]\nkept = 1"),
        cell("answer", "def double(x):\n    return [2 * each for each in x]", "double"),
        cell("test", "right = [8]\nitems = [4]\nassert double(items) == right", "same"),
        cell("test", "others = [5]\nassert double(others) == [10]", "other"),
        cell("test", "assert double(items) == [8]", "later"),
        cell("given", "items = [6]"),
        cell("test", "assert double(items) == [12]", "given_anew"),
        cell("test", "for items in [[7], [8, 9]]:\n    assert double(items)[0] > 13", "loop"),
    )
    assert made.isolation.way == "isolated"
    wrong = made.graded(double="def double(x):\n    return [2 * each for each in items]")
    full = dict.fromkeys(("same", "later", "given_anew", "loop"), 1.0)
    assert wrong[0] == {**full, "other": 0}
    # names of the tests' own are no student's
    assert made.graded(double="def double(x):\n    return right")[0]["same"] == 0


# --- tests that take themselves out of a call

SLOW = "def total(n):\n    while n > 9:\n        pass\n    return n"
BY_ALARM = """
import signal
def stop(*_):
    raise TimeoutError("too slow")
signal.signal(signal.SIGALRM, stop)
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    assert total(10) == 10
finally:
    signal.setitimer(signal.ITIMER_REAL, 0)
"""
GOES_ON = f"{BY_ALARM.strip().replace('finally:', 'except TimeoutError:')}\nassert total(3) == 3"
BY_PROCESS = """
from multiprocessing import get_context
def ask(n):
    return total(n)
with get_context("fork").Pool(1) as pool:
    try:
        late = pool.apply_async(ask, (10,)).get(timeout=0.3)
    except Exception:
        late = None
assert total(3) == 3
assert late == 10
"""


def test_a_test_may_set_a_limit_for_a_call(sheet: Sheets) -> None:
    # a limit for a cell that no test is to reach
    made = sheet(
        cell("answer", "def total(n):\n    return n", "total"),
        cell("test", BY_ALARM, "alarm"),
        cell("test", GOES_ON, "goes_on"),
        cell("test", BY_PROCESS, "process"),
        cell("test", "assert total(4) == 4", "after"),
        limits=Limits(cell_time=60.0),
    )
    assert made.isolation.way == "isolated"
    assert set(made.graded()[0].values()) == {1.0}
    scores, ran = made.graded(total=SLOW)
    assert scores == {"alarm": 0, "goes_on": 1.0, "process": 0, "after": 1.0}
    assert ran.notes == []
