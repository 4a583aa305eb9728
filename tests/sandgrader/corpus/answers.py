"""Kinds of answers: what questions ask for, and what students give in its place."""

from __future__ import annotations

from tests.sandgrader.corpus.case import Case, answer, check, code, one, stub, types

CASES = [
    Case(
        "class_as_answer",
        "a class with properties, operators and a subclass that the test itself makes",
        one(
            answer(
                "vector",
                """
                class Vector:
                    def __init__(self, x, y):
                        self.x, self.y = x, y

                    def __add__(self, other):
                        return Vector(self.x + other.x, self.y + other.y)

                    def __eq__(self, other):
                        return (self.x, self.y) == (other.x, other.y)

                    @property
                    def length(self):
                        return (self.x ** 2 + self.y ** 2) ** 0.5
                """,
            ),
            check("adds", "assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)"),
            check("length", "assert Vector(3, 4).length == 5", 1),
            check(
                "subclass",
                """
                class Named(Vector):
                    name = "v"

                assert Named(0, 2).length == 2 and issubclass(Named, Vector)
                """,
                1,
            ),
        ),
        {
            "length_is_a_method": types(
                vector="""
                class Vector:
                    def __init__(self, x, y):
                        self.x, self.y = x, y

                    def __add__(self, other):
                        return Vector(self.x + other.x, self.y + other.y)

                    def __eq__(self, other):
                        return (self.x, self.y) == (other.x, other.y)

                    def length(self):
                        return (self.x ** 2 + self.y ** 2) ** 0.5
                """
            )
        },
    ),
    Case(
        "class_to_be_finished",
        "a class of which students write one method, in a frame that is given",
        one(
            answer(
                "account",
                "self.balance -= amount\nreturn self.balance",
                frame="class Account:\n    def __init__(self, balance):\n"
                "        self.balance = balance\n\n    def draw(self, amount):\n        {}",
            ),
            check("draws", "account = Account(10)\nassert account.draw(3) == 7"),
            check("keeps", "assert account.balance == 7", 1),
        ),
    ),
    Case(
        "other_kinds_of_sequences",
        "right answers of another kind than the solution's, which the test takes as they are",
        one(
            answer("evens", "def evens(n):\n    return [i for i in range(n) if i % 2 == 0]"),
            check("values", "assert list(evens(7)) == [0, 2, 4, 6]"),
        ),
        {
            "generator": types(evens="def evens(n):\n    return (i for i in range(0, n, 2))"),
            "yields": types(evens="def evens(n):\n    yield from range(0, n, 2)"),
            "range": types(evens="def evens(n):\n    return range(0, n, 2)"),
            "deque": types(
                evens="from collections import deque\n\ndef evens(n):\n"
                "    return deque(range(0, n, 2))"
            ),
            "keys": types(evens="def evens(n):\n    return dict.fromkeys(range(0, n, 2)).keys()"),
            "odd": types(evens="def evens(n):\n    return (i for i in range(1, n, 2))"),
        },
    ),
    Case(
        "generator_without_end",
        "a generator that a test takes a few values of",
        one(
            answer(
                "fibonacci",
                """
                def fibonacci():
                    a, b = 0, 1
                    while True:
                        yield a
                        a, b = b, a + b
                """,
            ),
            check(
                "first",
                """
                from itertools import islice

                assert [*islice(fibonacci(), 8)] == [0, 1, 1, 2, 3, 5, 8, 13]
                """,
            ),
            check("iterator", "numbers = fibonacci()\nassert iter(numbers) is numbers", 1),
        ),
        {
            "from_one": types(
                fibonacci="""
                def fibonacci():
                    a, b = 1, 1
                    while True:
                        yield a
                        a, b = b, a + b
                """
            )
        },
    ),
    Case(
        "exact_numbers",
        "fractions, decimals, complex and very large whole numbers",
        one(
            code("from decimal import Decimal\nfrom fractions import Fraction"),
            answer("third", "third = Fraction(1, 3)"),
            answer("price", "price = Decimal('0.10') + Decimal('0.20')"),
            answer("turn", "def turn(z):\n    return z * 1j"),
            answer("large", "large = 2 ** 521 - 1"),
            check("fraction", "assert third * 3 == 1 and isinstance(third, Fraction)"),
            check("decimal", "assert price == Decimal('0.3')", 1),
            check("complex", "assert turn(turn(2 + 1j)) == -2 - 1j", 1),
            check("whole", "assert large.bit_length() == 521 and large & 1", 1),
        ),
        {
            "floats": types(
                third="third = 1 / 3", price="price = 0.1 + 0.2", large="large = 2.0 ** 521"
            )
        },
    ),
    Case(
        "closures",
        "a function that makes functions, each with a count of its own",
        one(
            answer(
                "counter",
                """
                def counter(start=0):
                    def count():
                        nonlocal start
                        start += 1
                        return start
                    return count
                """,
            ),
            check(
                "apart",
                """
                a, b = counter(), counter(10)
                assert [a(), a(), b(), a()] == [1, 2, 11, 3]
                """,
            ),
        ),
        {
            "one_for_all": types(
                counter="""
                total = 0

                def counter(start=0):
                    def count():
                        global total
                        total += 1
                        return total
                    return count
                """
            )
        },
    ),
    Case(
        "decorators",
        "a decorator that the test puts on a function of its own",
        one(
            answer(
                "twice",
                """
                import functools

                def twice(function):
                    @functools.wraps(function)
                    def call(*args):
                        function(*args)
                        return function(*args)
                    return call
                """,
            ),
            check(
                "calls",
                """
                seen = []

                @twice
                def note(x):
                    seen.append(x)
                    return len(seen)

                assert note("a") == 2 and seen == ["a", "a"] and note.__name__ == "note"
                """,
            ),
        ),
        {"once": types(twice="def twice(function):\n    return function")},
    ),
    Case(
        "functions_as_arguments",
        "a function that gets the test's functions and calls them",
        one(
            answer("compose", "def compose(f, g):\n    return lambda x: f(g(x))"),
            check("order", "assert compose(lambda x: x + 1, lambda x: x * 2)(3) == 7"),
            check("builtins", "assert compose(str, abs)(-3) == '3'", 1),
        ),
        {"other_order": types(compose="def compose(f, g):\n    return lambda x: g(f(x))")},
    ),
    Case(
        "numpy_answers",
        "arrays: values, shapes, kinds, views, and a matrix that is changed in place",
        one(
            code("import numpy as np"),
            answer("grid", "grid = np.arange(12).reshape(3, 4)"),
            answer("center", "def center(a):\n    return a - a.mean(axis=0)"),
            check("shape", "assert grid.shape == (3, 4) and grid.dtype.kind == 'i'", 1),
            check("mean", "np.testing.assert_allclose(center(grid.astype(float)).mean(axis=0), 0)"),
            check(
                "copy",
                "before = np.ones((2, 2))\ncenter(before)\nassert (before == 1).all()",
                1,
            ),
        ),
        {
            "in_place": types(center="def center(a):\n    a -= a.mean(axis=0)\n    return a"),
            "lists": types(grid="grid = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]"),
        },
    ),
    Case(
        "numpy_warnings",
        "an answer that divides by zero in NumPy: the warning is on standard error",
        one(
            answer(
                "inverse",
                """
                import numpy as np

                def inverse(a):
                    return np.divide(1.0, a, out=np.full(len(a), np.inf), where=a != 0)
                """,
            ),
            check("value", "assert inverse(np.array([2.0, 0.0]))[0] == 0.5"),
        ),
        {"warns": types(inverse="import numpy as np\n\ndef inverse(a):\n    return 1 / a")},
        differs={"warns/one/value": [2.0, None, None, False]},
        why="what a function writes on standard error while it is tested costs nothing",
    ),
    Case(
        "pandas_answers",
        "tables: a DataFrame as the answer, as an argument, and pandas' own comparison",
        one(
            code("import pandas as pd"),
            answer(
                "table",
                "table = pd.DataFrame({'city': ['Bonn', 'Rome', 'Bonn'], 'rain': [3.0, 1.0, 5.0]})",
            ),
            answer("mean", "def mean(frame):\n    return frame.groupby('city')['rain'].mean()"),
            check("columns", "assert list(table.columns) == ['city', 'rain'] and len(table) == 3"),
            check(
                "grouped",
                """
                found = mean(pd.DataFrame({"city": ["a", "b", "a"], "rain": [1.0, 2.0, 3.0]}))
                expected = pd.Series({"a": 2.0, "b": 2.0}, name="rain").rename_axis("city")
                pd.testing.assert_series_equal(found, expected)
                """,
            ),
            check("whole", "assert mean(table)['Bonn'] == 4.0", 1),
        ),
        {
            "dictionary": types(
                mean="def mean(frame):\n    return dict(frame.groupby('city')['rain'].mean())"
            )
        },
    ),
    Case(
        "plots",
        "a figure that tests look into, and that a person sees: its outputs stay",
        one(
            code("import bqplot\nimport numpy as np\n\nx = np.linspace(0, 1, 5)"),
            answer(
                "figure",
                """
                scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
                line = bqplot.Lines(x=x, y=x ** 2, scales=scales)
                figure = bqplot.Figure(marks=[line], title="Growth")
                figure
                """,
            ),
            check("title", "assert figure.title == 'Growth'", 1),
            check("line", "np.testing.assert_allclose(figure.marks[0].y, x ** 2)"),
        ),
        {
            "straight": types(
                figure="""
                scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
                figure = bqplot.Figure(marks=[bqplot.Lines(x=x, y=x, scales=scales)], title="Line")
                figure
                """
            )
        },
        outputs=True,
    ),
    Case(
        "shown_objects",
        "answers that show themselves: HTML, Markdown, SVG, a picture, several in a cell",
        one(
            answer(
                "shown",
                """
                from IPython.display import HTML, SVG, Markdown, display
                from PIL import Image

                display(Markdown("**bold**"), HTML("<b>bold</b>"))
                display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"))
                picture = Image.new("RGB", (8, 4), "red")
                picture
                """,
            ),
            check("size", "assert picture.size == (8, 4)"),
        ),
        {"words": types(shown="print('a picture')\npicture = None")},
        outputs=True,
    ),
    Case(
        "containers",
        "sets, dictionaries with tuples as keys, nested ones, named tuples, dataclasses, enums",
        one(
            answer(
                "answers",
                """
                from collections import Counter, namedtuple
                from dataclasses import dataclass
                from enum import Enum

                Point = namedtuple("Point", "x y")

                @dataclass(frozen=True)
                class Edge:
                    a: Point
                    b: Point

                class Color(Enum):
                    RED = 1

                origin = Point(0, 0)
                edges = {Edge(origin, Point(1, 0)): Color.RED}
                seen = {(0, 0), (1, 0)}
                letters = Counter("banana")
                """,
            ),
            check("tuple", "assert origin.x == 0 and origin == (0, 0)", 1),
            check("keys", "assert edges[Edge(origin, Point(1, 0))] is Color.RED", 1),
            check("set", "assert (1, 0) in seen and len(seen) == 2", 1),
            check("counter", "assert letters.most_common(1) == [('a', 3)]", 1),
        ),
        {
            "plain": types(
                answers="origin = (0, 0)\nedges = {}\nseen = [(0, 0), (1, 0)]\nletters = {'a': 3}"
            )
        },
    ),
    Case(
        "dates_paths_and_patterns",
        "objects of the standard library: a date, a path, a compiled pattern",
        one(
            answer(
                "objects",
                """
                import datetime
                import re
                from pathlib import Path

                day = datetime.date(2026, 2, 3)
                path = Path("data") / "x.csv"
                pattern = re.compile(r"^[a-z]+$")
                """,
            ),
            check("day", "assert day.isoformat() == '2026-02-03' and day.weekday() == 1", 1),
            check("path", "assert path.suffix == '.csv' and path.parent.name == 'data'", 1),
            check("pattern", "assert pattern.match('abc') and not pattern.match('a1')", 1),
        ),
        {"texts": types(objects="day = '2026-02-03'\npath = 'data/x.csv'\npattern = '[a-z]+'")},
    ),
    Case(
        "modules_as_answers",
        "an import that is itself the answer, and a name that hides a built-in",
        one(
            answer("imports", "import math as m\nfrom itertools import chain"),
            check("module", "assert m.sqrt(4) == 2 and m.__name__ == 'math'"),
            check("function", "assert list(chain([1], [2])) == [1, 2]", 1),
        ),
        {"own_list": types(imports="list = [1]\nimport math as m\nfrom itertools import chain")},
    ),
    Case(
        "state_across_cells",
        "answers that go on with the values of the ones before, and a list that grows",
        one(
            code("log = []\nlevel = 1"),
            answer("first", "log.append('first')\nlevel *= 2"),
            check("after_first", "assert log == ['first'] and level == 2", 1),
            answer("second", "log.append('second')\nlevel += len(log)"),
            check("after_second", "assert log[-1] == 'second' and level == 4", 1),
        ),
        {"replaces": types(first="log = ['first']\nlevel = 2", second="log = log * 2")},
    ),
    Case(
        "seeds",
        "random numbers from a seed that the notebook sets, in Python's generator and NumPy's",
        one(
            code("import random\n\nimport numpy as np\n\nrandom.seed(7)\nnp.random.seed(7)"),
            answer("rolls", "rolls = [random.randint(1, 6) for _ in range(5)]"),
            answer("noise", "noise = np.random.normal(size=3)"),
            answer(
                "walk",
                """
                def walk(n, seed):
                    return np.random.default_rng(seed).integers(-1, 2, n).sum()
                """,
            ),
            check(
                "rolls_test",
                "random.seed(7)\nassert rolls == [random.randint(1, 6) for _ in range(5)]",
            ),
            check(
                "noise_test",
                "np.random.seed(7)\nassert (noise == np.random.normal(size=3)).all()",
                1,
            ),
            check("walk_test", "assert walk(100, 3) == walk(100, 3) != walk(100, 4)", 1),
        ),
        {
            "unseeded": types(
                rolls="random.seed()\nrolls = [random.randint(1, 6) for _ in range(40)]"
            )
        },
    ),
    Case(
        "no_solution_in_source",
        "a source with questions and tests only: the solutions lie somewhere else",
        one(
            stub("cube", "def cube(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"),
            check("value", "assert cube(3) == 27"),
            stub("half", ""),
            check("other", "assert half == 0.5", 1),
        ),
        {"answers": types(cube="def cube(x):\n    return x ** 3", half="half = 0.5")},
    ),
]
