"""Which tests look at what only a student's own process has, by their text."""

from __future__ import annotations

import pytest

from sandgrader.inspection import look_inside, named_answers, without_calls

GIVEN = """
import math
import numpy as np
RATE = 0.25

def fair(value):
    return value == 4

def without_loops(function):
    import inspect
    return "for" not in inspect.getsource(function)
"""
SOLUTION = """
def total(values):
    result = 0
    for value in values:
        result += value * RATE
    return result

number = 4
"""
HELPER = {
    "looks.py": b"import gc\n\ndef clean():\n    return not gc.garbage\n",
    "plain.py": b"def same(a, b):\n    return a == b\n",
}


def looked_at(test: str) -> str:
    found = look_inside({"t": test}, [GIVEN], [SOLUTION], HELPER, ["total", "number"])
    return found.get("t", "")


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("import inspect\nassert 'sum' not in inspect.getsource(total)", "source"),
        ("from inspect import getsource as text\nassert 'sum' not in text(total)", "source"),
        ("assert total.__doc__", "docstring"),
        ("assert 'sum' not in total.__code__.co_names", "code"),
        ("import doctest\nassert doctest.testmod().failed == 0", "docstring"),
        ("from unittest.mock import patch\nwith patch('builtins.sum'):\n    total([1])", "patched"),
        ("from unittest import mock\nmock.patch('a.b')", "patched"),
        ("sum = None\nassert total([1]) == 1", "patched"),
        ("np.sum = None\nassert total([1]) == 1", "patched"),
        ("np = None\nassert total([1]) == 1", "patched"),
        ("RATE = 2\nassert total([1]) == 2", "patched"),
        ("import builtins\nbuiltins.sum = None", "patched"),
        ("from contextlib import redirect_stdout\nassert total([]) == 0", "prints"),
        ("import io, sys\nsys.stdout = io.StringIO()\ntotal([1])", "prints"),
        ("import warnings\nwith warnings.catch_warnings(record=True) as w:\n    total([])", "warn"),
        ("assert 'helper' not in globals()", "names"),
        ("assert not any('np' in cell for cell in In)", "history"),
        ("assert get_ipython() is not None", "IPython"),
        ("import sys\nassert 'numpy' not in sys.modules", "modules"),
        ("import sys\nsys.setrecursionlimit(50)\ntotal([1])", "settings"),
        ("items = [1, 2]\ntotal(items)\nassert items == [1, 2]", "argument"),
        ("items = np.arange(3)\nassert total(items) == 3 and items[0] == 0", "argument"),
        ("assert total([1]) is not total([1])", "object"),
        ("assert without_loops(total)", "source"),
        ("import looks\nassert looks.clean()", "memory"),
        ("from looks import clean\nassert clean()", "memory"),
        ("%%capture said\ntotal([1])", "IPython"),
        ("assert total(", "can't be read"),
    ],
)
def test_a_look_inside_is_found(test: str, what: str) -> None:
    assert what in looked_at(test)


@pytest.mark.parametrize(
    "test",
    [
        "assert total([1, 2]) == 3",
        "x = 3\nassert total([x]) == x / 4",
        "for case, right in [(1, 2), (3, 4)]:\n    assert total([case]) == right, case",
        "a, b = 1, 2\nassert total((a, b)) == a + b",
        "assert math.isclose(number, 4) and number is not None",
        "assert fair(number)",
        "import plain\nassert plain.same(number, 4)",
        "assert globals()['number'] == 4",
        "assert 'number' in globals()",
        "from course import checks\nnumber = checks.look_up(globals(), 'number')",
        "import numpy as np\nnp.testing.assert_allclose(total([1]), 1)",
        "try:\n    total(None)\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError",
        "import pytest\nwith pytest.raises(TypeError):\n    total(None)",
        "class Case:\n    def __init__(self):\n        self.value = 4\nassert Case().value == 4",
        "assert math.isclose(total([RATE]), RATE * RATE)",
        "assert np.allclose(total([1]), RATE), (np, RATE)",
    ],
)
def test_an_ordinary_test_is_let_be(test: str) -> None:
    assert looked_at(test) == ""


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("assert total([1]) == 1", {"total"}),
        ("value = globals()['number']", {"number"}),
        ("import checking\nassert checking.find(globals(), 'number', 3) == 3", {"number"}),
        ("for name in ('total', 'number'):\n    globals()[name]", None),
        ("assert eval('tot' + 'al')([1]) == 1", None),
        ("import __main__\nassert __main__.total", None),
        ("from inspect import currentframe\ncurrentframe()", None),
        ("assert 1 == 1", set()),
        ("assert (", None),
    ],
)
def test_what_a_test_may_ask_for(source: str, asked: set[str] | None) -> None:
    assert named_answers(source, ["total", "number"]) == asked


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('draw("a")', ""),
        ("part.show(size, wide=True)", ""),
        ('made = 1\npart.show(\n    "a"\n)\nmade += 1', "made = 1\n\n\n\nmade += 1"),
        # whatever does more than that, or might, stays
        ('shown = draw("a")', 'shown = draw("a")'),
        ("draw(made := 3)", "draw(made := 3)"),
        ("draw(make())", "draw(make())"),
        ('draw("a"); made = 1', 'draw("a"); made = 1'),
        ('if made:\n    draw("a")', 'if made:\n    draw("a")'),
        ('part.show("a").kept()', 'part.show("a").kept()'),
        ('other.show("a")', 'other.show("a")'),
        ("%matplotlib inline\ndraw(1)", "%matplotlib inline\ndraw(1)"),
    ],
)
def test_calls_that_only_show_are_left_out_and_nothing_else(source: str, left: str) -> None:
    assert without_calls(source, frozenset({"draw", "part.show"})) == left
