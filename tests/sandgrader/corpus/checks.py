"""What tests look at, beyond what a function returns."""

from __future__ import annotations

from tests.sandgrader.corpus.case import Case, answer, check, code, hidden, locked, one, text, types

_LOUD = "what a function writes on standard error while it is tested costs nothing"

CASES = [
    Case(
        "function_is_used",
        "the documentation's way of asking whether a function calls another: delete it, and see",
        one(
            answer("mse", "def mse(a, b):\n    return sum((x - y) ** 2 for x, y in zip(a, b))"),
            answer("rate", "def rate(a, b):\n    return 1 / (1 + mse(a, b))"),
            check("value", "assert rate([1, 2], [1, 2]) == 1\nassert rate([0], [1]) == 0.5"),
            check(
                "calls",
                """
                old_mse = mse
                del mse
                try:
                    rate([1], [2])
                except NameError:
                    pass
                else:
                    raise AssertionError("rate does not call mse")
                finally:
                    mse = old_mse
                    del old_mse
                """,
                1,
            ),
        ),
        {
            "copies": types(
                rate="""
                def rate(a, b):
                    return 1 / (1 + sum((x - y) ** 2 for x, y in zip(a, b)))
                """
            )
        },
    ),
    Case(
        "builtin_is_not_called",
        "the documentation's patched name: `patch('__main__.min')`, then `assert_not_called()`",
        one(
            answer("smaller", "def smaller(x, y):\n    return x if x < y else y"),
            check("value", "assert smaller(3, 2) == 2\nassert smaller(-1, 4) == -1"),
            check(
                "own",
                """
                from unittest.mock import patch

                with patch("__main__.min", create=True) as mocked:
                    smaller(1, 2)
                mocked.assert_not_called()
                """,
                1,
            ),
        ),
        {"forbidden": types(smaller="def smaller(x, y):\n    return min(x, y)")},
    ),
    Case(
        "print_is_called_with",
        "the documentation's patched `print`: the call's argument is what is graded",
        one(
            answer("greet", "def greet(name):\n    print(f'Hello, {name}!')"),
            check(
                "printed",
                """
                from unittest.mock import patch

                with patch("__main__.print", create=True) as mocked:
                    greet("Ada")
                mocked.assert_called_once_with("Hello, Ada!")
                """,
            ),
        ),
        {
            "returns": types(greet="def greet(name):\n    return f'Hello, {name}!'"),
            "wrong": types(greet="def greet(name):\n    print('Hello!')"),
        },
    ),
    Case(
        "captured_output",
        "a void function graded by what it writes to standard output (redirect_stdout)",
        one(
            answer(
                "stairs", "def stairs(n):\n    for i in range(1, n + 1):\n        print('#' * i)"
            ),
            check(
                "lines",
                """
                import contextlib
                import io

                written = io.StringIO()
                with contextlib.redirect_stdout(written):
                    stairs(3)
                assert written.getvalue().split() == ["#", "##", "###"]
                """,
            ),
        ),
        {"one_more": types(stairs="def stairs(n):\n    for i in range(n):\n        print('#')")},
    ),
    Case(
        "must_not_print",
        "a negative test: the function returns and stays silent",
        one(
            answer("double", "def double(x):\n    return 2 * x"),
            check("value", "assert double(4) == 8"),
            check(
                "silent",
                """
                import contextlib
                import io

                written = io.StringIO()
                with contextlib.redirect_stdout(written):
                    double(4)
                assert not written.getvalue(), "return the result and don't print it"
                """,
                1,
            ),
        ),
        {"prints": types(double="def double(x):\n    print(2 * x)\n    return 2 * x")},
    ),
    Case(
        "must_not_warn",
        "a negative test: warnings are errors while the function runs",
        one(
            answer("ratio", "def ratio(a, b):\n    return a / b if b else 0.0"),
            check("value", "assert ratio(1, 4) == 0.25"),
            check(
                "quiet",
                """
                import warnings

                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    assert ratio(3, 4) == 0.75
                """,
                1,
            ),
        ),
        {
            "warns": types(
                ratio="""
                import warnings

                def ratio(a, b):
                    warnings.warn("slow", DeprecationWarning)
                    return a / b if b else 0.0
                """
            )
        },
        differs={"warns/one/value": [2.0, None, None, False]},
        why=_LOUD,
    ),
    Case(
        "must_not_change_its_argument",
        "a negative test: the list that is handed in is the same afterwards",
        one(
            answer("ordered", "def ordered(values):\n    return sorted(values)"),
            check("value", "assert ordered([3, 1, 2]) == [1, 2, 3]"),
            check("untouched", "given = [3, 1, 2]\nordered(given)\nassert given == [3, 1, 2]", 1),
        ),
        {"in_place": types(ordered="def ordered(values):\n    values.sort()\n    return values")},
    ),
    Case(
        "changes_its_argument",
        "the opposite: a function that works in place and returns nothing",
        one(
            answer("bump", "def bump(counts, key):\n    counts[key] = counts.get(key, 0) + 1"),
            check(
                "in_place",
                """
                counts = {"a": 1}
                bump(counts, "a")
                bump(counts, "b")
                assert counts == {"a": 2, "b": 1}
                """,
            ),
        ),
        {"copies": types(bump="def bump(counts, key):\n    return {**counts, key: 1}")},
    ),
    Case(
        "must_not_recurse",
        "a negative test: a depth that no recursion reaches",
        one(
            answer(
                "total",
                "def total(n):\n    s = 0\n    for i in range(n + 1):\n        s += i\n"
                "    return s",
            ),
            check("value", "assert total(10) == 55"),
            check("deep", "assert total(60_000) == 1_800_030_000", 1),
        ),
        {"recurses": types(total="def total(n):\n    return n and n + total(n - 1)")},
    ),
    Case(
        "source_of_an_answer",
        "a check of the source (inspect.getsource): no loop is to be written",
        one(
            answer("squares", "def squares(n):\n    return [i * i for i in range(n)]"),
            check("value", "assert squares(4) == [0, 1, 4, 9]"),
            check(
                "no_loop",
                """
                import ast
                import inspect

                tree = ast.parse(inspect.getsource(squares))
                assert not any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(tree))
                """,
                1,
            ),
        ),
        {
            "loops": types(
                squares="""
                def squares(n):
                    found = []
                    for i in range(n):
                        found.append(i * i)
                    return found
                """
            )
        },
    ),
    Case(
        "docstring_and_signature",
        "a check of the docstring, the annotations and the defaults of an answer",
        one(
            answer(
                "area",
                '''
                def area(width: float, height: float = 1.0) -> float:
                    """Return the area of a rectangle."""
                    return width * height
                ''',
            ),
            check(
                "described",
                """
                import inspect

                assert area.__doc__ and "area" in area.__doc__
                assert inspect.signature(area).parameters["height"].default == 1.0
                assert area.__annotations__["return"] is float
                """,
            ),
        ),
        {"bare": types(area="def area(width, height=1.0):\n    return width * height")},
    ),
    Case(
        "doctests",
        "students write doctests, and the test runs them",
        one(
            answer(
                "fact",
                '''
                def fact(n):
                    """
                    >>> fact(0)
                    1
                    >>> fact(4)
                    24
                    """
                    return n * fact(n - 1) if n else 1
                ''',
            ),
            check(
                "examples",
                """
                import doctest

                finder = doctest.DocTestFinder()
                found = [t for t in finder.find(fact, "fact", globs=globals()) if t.examples]
                assert found, "write doctests"
                runner = doctest.DocTestRunner()
                for each in found:
                    runner.run(each)
                assert runner.failures == 0
                """,
            ),
        ),
        {
            "none": types(fact="def fact(n):\n    return n * fact(n - 1) if n else 1"),
            "failing": types(
                fact='def fact(n):\n    """\n    >>> fact(3)\n    7\n    """\n    return 6'
            ),
        },
    ),
    Case(
        "unittest_cases",
        "a class of tests that unittest runs, with its report on standard output",
        one(
            answer(
                "is_leap",
                "def is_leap(y):\n    return y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)",
            ),
            check(
                "suite",
                """
                import sys
                import unittest

                class TestLeap(unittest.TestCase):
                    def test_years(self):
                        for year, leap in ((2000, True), (1900, False), (2024, True)):
                            with self.subTest(year=year):
                                self.assertIs(is_leap(year), leap)

                suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestLeap)
                result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
                assert result.wasSuccessful()
                """,
            ),
        ),
        {"every_fourth": types(is_leap="def is_leap(y):\n    return y % 4 == 0")},
    ),
    Case(
        "raises_as_told",
        "the exception that a function has to raise, its kind and its words",
        one(
            answer(
                "root",
                """
                def root(x):
                    if x < 0:
                        raise ValueError("x is negative")
                    return x ** 0.5
                """,
            ),
            check("value", "assert root(9) == 3"),
            check(
                "refuses",
                """
                try:
                    root(-1)
                except ValueError as problem:
                    assert "negative" in str(problem)
                else:
                    raise AssertionError("did not raise")
                """,
                1,
            ),
        ),
        {
            "other_kind": types(
                root="""
                def root(x):
                    if x < 0:
                        raise ArithmeticError("x is negative")
                    return x ** 0.5
                """
            ),
            "own_kind": types(
                root="""
                class Negative(ValueError):
                    pass

                def root(x):
                    if x < 0:
                        raise Negative("x is negative")
                    return x ** 0.5
                """
            ),
        },
    ),
    Case(
        "partial_credit",
        "points between none and all: the value of a test's last expression",
        one(
            answer(
                "primes",
                "def primes(n):\n    return [p for p in range(2, n) if all(p % d for d "
                "in range(2, p))]",
            ),
            check(
                "most",
                """
                points = 0
                points += primes(10) == [2, 3, 5, 7]
                points += 2 * (primes(3) == [2])
                points += 0.5 * (len(primes(100)) == 25)
                points
                """,
                3.5,
            ),
        ),
        {
            "all_numbers": types(primes="def primes(n):\n    return [*range(2, n)]"),
            "odd_numbers": types(primes="def primes(n):\n    return [2, 3, 5, 7]"),
        },
    ),
    Case(
        "partial_credit_at_its_edges",
        "last expressions that are no number, a NumPy number, less than nothing, or a boolean: "
        "nbgrader gives all points",
        one(
            answer("x", "x = 3"),
            check("boolean", "x == 3", 1),
            check("numpy", "import numpy as np\nnp.float64(0.5 if x == 3 else 0.25)", 1),
            check("less", "-1.0 if x == 3 else 0.0", 1),
            check("words", "'well done' if x == 3 else 0", 1),
            check("shown", "print(0.5)", 1),
            check("silenced", "0.5;", 1),
        ),
        {"four": types(x="x = 4")},
    ),
    Case(
        "several_tests_a_question",
        "one answer, open and hidden tests of different weight, one of them worth nothing",
        one(
            text("# Words"),
            answer("count", "def count(text):\n    return len(text.split())"),
            check("open", "assert count('a b') == 2", 0),
            check(
                "spaces", "assert count('a b') == 2\n" + hidden("assert count(' a  b ') == 2"), 1
            ),
            check("none", hidden("assert count('') == 0"), 2.5),
        ),
        {"by_blanks": types(count="def count(text):\n    return text.count(' ') + 1")},
    ),
    Case(
        "tests_of_given_helpers",
        "a read-only cell with the tests' own helpers, and an open cell that imports for them",
        one(
            code("import math\nimport random"),
            locked("helpers", "def close(a, b):\n    return math.isclose(a, b, rel_tol=1e-9)"),
            answer("norm", "def norm(v):\n    return math.sqrt(sum(x * x for x in v))"),
            check("value", "assert close(norm([3, 4]), 5)"),
            check("random", "v = [random.random() for _ in range(9)]\nassert norm(v) <= sum(v)", 1),
        ),
        {"sum_of_all": types(norm="def norm(v):\n    return float(sum(v))")},
    ),
    Case(
        "tests_that_stand_on_each_other",
        "a test that makes what the next test and the next answer go on with",
        one(
            answer("push", "def push(stack, item):\n    return [*stack, item]"),
            check("first", "shared = push([], 1)\nassert shared == [1]", 1),
            check("second", "shared = push(shared, 2)\nassert shared == [1, 2]", 1),
            answer("depth", "depth = len(shared)"),
            check("third", "assert depth == 2", 1),
        ),
        {"turns": types(push="def push(stack, item):\n    return [item, *stack]")},
    ),
    Case(
        "looks_at_what_is_there",
        "tests that look at the notebook's names and its history: `globals()`, `In`, "
        "`get_ipython().user_ns`",
        one(
            answer("answer", "temperature = 21.5\nunit = 'C'"),
            check(
                "named",
                """
                assert "temperature" in globals() and isinstance(temperature, float)
                assert not [name for name in globals() if name.startswith("fahrenheit")]
                """,
            ),
            check("typed", "assert any('unit' in typed and '=' in typed for typed in In[:-1])", 1),
            check("space", "assert get_ipython().user_ns['unit'] == 'C'", 1),
        ),
        {"other": types(answer="fahrenheit = 70.7\ntemperature = 21.5\nunit = 'C'")},
    ),
    Case(
        "must_not_import",
        "a test that a module isn't imported: do it without NumPy",
        one(
            answer("mean", "def mean(v):\n    return sum(v) / len(v)"),
            check("value", "assert mean([1, 2, 3]) == 2"),
            check("bare", "import sys\nassert 'numpy' not in sys.modules", 1),
        ),
        {"numpy": types(mean="import numpy as np\n\ndef mean(v):\n    return float(np.mean(v))")},
    ),
    Case(
        "warns_in_a_test",
        "an answer that warns while it is tested: what is on standard error costs the points",
        one(
            answer("half", "def half(x):\n    return x / 2"),
            check("value", "assert half(3) == 1.5"),
        ),
        {
            "warns": types(
                half="""
                import warnings

                def half(x):
                    warnings.warn("halves are floats", UserWarning)
                    return x / 2
                """
            ),
            "logs": types(
                half="""
                import sys

                def half(x):
                    print("half of", x, file=sys.stderr)
                    return x / 2
                """
            ),
        },
        differs={
            "logs/one/value": [2.0, None, None, False],
            "warns/one/value": [2.0, None, None, False],
        },
        why=_LOUD,
    ),
    Case(
        "global_in_place_of_the_argument",
        "the documentation's gotcha: a function that works on the notebook's `arr` and not on `x`",
        one(
            code("import numpy as np\n\narr = np.array([1, 2])"),
            answer("f", "def f(x):\n    return x * 2"),
            check("same_name", "arr = np.array([1, 2, 3])\nassert (f(arr) == [2, 4, 6]).all()", 1),
            check("again", "arr = np.array([5, 7])\nassert (f(arr) == [10, 14]).all()", 1),
            check("other_name", "arr2 = np.array([3, 2])\nassert (f(arr2) == [6, 4]).all()"),
        ),
        {"takes_arr": types(f="def f(x):\n    return arr * 2")},
    ),
    Case(
        "multiple_choice",
        "choices and numbers, compared by a digest so that nobody reads them in the open test",
        one(
            answer("choice", "choice = 'b'"),
            answer("several", "several = {'a', 'd'}"),
            check(
                "choice_test",
                """
                from hashlib import sha256

                assert sha256(str(choice).lower().encode()).hexdigest()[:6] == "3e23e8"
                """,
            ),
            check("several_test", "assert sorted(several) == ['a', 'd']", 1),
        ),
        {
            "capital": types(choice="choice = 'B'"),
            "list": types(several="several = ['d', 'a']"),
            "other": types(choice="choice = 'c'"),
        },
    ),
    Case(
        "random_cases_against_a_solution",
        "a hidden solution in the test that many random inputs are compared with",
        one(
            answer("gcd", "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a"),
            check(
                "many",
                hidden(
                    """
                    import math
                    import random

                    for _ in range(200):
                        a, b = random.randint(1, 500), random.randint(1, 500)
                        assert gcd(a, b) == math.gcd(a, b), (a, b)
                    """
                ),
            ),
        ),
        {"one": types(gcd="def gcd(a, b):\n    return 1")},
    ),
    Case(
        "time_limit_of_the_tests_own",
        "a limit for one call: an alarm, or a process that is waited for",
        one(
            answer("fast", "def fast(n):\n    return n * (n + 1) // 2"),
            check(
                "alarm",
                """
                import signal

                def stop(*_):
                    raise TimeoutError("too slow")

                signal.signal(signal.SIGALRM, stop)
                signal.alarm(3)
                try:
                    assert fast(10 ** 12) == 500000000000500000000000
                finally:
                    signal.alarm(0)
                """,
            ),
            check(
                "process",
                """
                from multiprocessing import get_context

                def question():
                    return fast(100)

                with get_context("fork").Pool(1) as pool:
                    assert pool.apply_async(question).get(timeout=20) == 5050
                """,
                1,
            ),
        ),
        {
            "slow": types(
                fast="""
                def fast(n):
                    total = 0
                    for i in range(n + 1):
                        total += i
                    return total
                """
            )
        },
        slow=True,
    ),
    Case(
        "queries_of_a_database",
        "answers that are SQL: a text that the test puts to a connection of the notebook's",
        one(
            code(
                """
                import sqlite3

                shop = sqlite3.connect(":memory:")
                shop.execute("create table sold (item text, pieces integer)")
                shop.executemany("insert into sold values (?, ?)", [("a", 3), ("b", 1), ("a", 2)])
                """
            ),
            answer("query", "query = 'select item, sum(pieces) from sold group by item'"),
            check("rows", "assert sorted(shop.execute(query)) == [('a', 5), ('b', 1)]"),
        ),
        {"counts": types(query="query = 'select item, count(*) from sold group by item'")},
    ),
    Case(
        "generated_tests",
        "tests that nbgrader writes itself from `### AUTOTEST` and `### HASHED AUTOTEST`",
        one(
            answer("foo", "def foo(x):\n    return x + 5"),
            check("open", "### AUTOTEST foo(3); foo(4) != 8"),
            check("hashed", "### HASHED AUTOTEST foo(10)", 1),
        ),
        {"six": types(foo="def foo(x):\n    return x + 6")},
        files={
            "autotests.yml": """
python3:
    setup: "from hashlib import sha1"
    hash: 'sha1({{snippet}}.encode("utf-8")+b"{{salt}}").hexdigest()'
    dispatch: "type({{snippet}})"
    normalize: "str({{snippet}})"
    check: 'assert {{snippet}} == \"\"\"{{value}}\"\"\", \"\"\"{{message}}\"\"\"'
    success: "print('Success!')"
    templates:
        default:
            - test: "type({{snippet}})"
              fail: "type of {{snippet}} is not correct"
            - test: "{{snippet}}"
              fail: "value of {{snippet}} is not correct"
"""
        },
    ),
    Case(
        "time_is_measured",
        "a test that wants an answer to be remembered: the second call doesn't work again",
        one(
            answer(
                "slow",
                """
                from functools import lru_cache

                calls = 0

                @lru_cache
                def slow(n):
                    global calls
                    calls += 1
                    return n * n
                """,
            ),
            check("once", "assert slow(12) == 144\nassert slow(12) == 144\nassert calls == 1"),
        ),
        {
            "again": types(
                slow="""
                calls = 0

                def slow(n):
                    global calls
                    calls += 1
                    return n * n
                """
            )
        },
    ),
]
