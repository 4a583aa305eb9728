"""Answers that lie about what they are, and answers that aren't the same twice."""

from __future__ import annotations

from collections.abc import Callable

from tests.sandgrader.hostile.case import (
    NO_ANSWER,
    Case,
    Loss,
    Work,
    cheat,
    know_nothing,
    lost,
    right,
)

YES = """
class Yes:
    def __init__(self, *args): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __float__(self): return 1.0
    def __int__(self): return 1
    def __abs__(self): return 0.0
    def __len__(self): return 1
    def __call__(self, *args, **options): return self
    def __getattr__(self, name): return self
    def __iter__(self): return iter(())
    def __getitem__(self, key): return self
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = \\
        lambda self, other: self
    @property
    def __class__(self): return float
"""

PEEK = """
import sys
def peek():
    frame, inputs = sys._getframe(1), None
    while frame is not None:
        local = frame.f_locals
        inputs = inputs or local.get("arguments")
        if callable(local.get("law")) and inputs:
            return local["law"](*inputs)
        frame = frame.f_back
    return 6.3e6
"""
"""Looks for the law and its inputs among the callers, where they are in the same interpreter."""


def _agree(work: Work) -> None:
    know_nothing(work)
    work.access["conclude"] = f"{YES.strip()}\n\nconclusion = times_faster = Yes()"
    work.access["law"] = "request_size = Yes()"
    work.access["decide"] = "decision = Yes()"


def _float_liar(work: Work) -> None:
    know_nothing(work)
    work.access["conclude"] = f"""{PEEK.strip()}

class Liar(float):
    def __float__(self): return self
    def __truediv__(self, other): return 1.0
    def __sub__(self, other): return 0.0
    def __eq__(self, other): return True
    __hash__ = float.__hash__

conclusion, times_faster = {work.sheet.wrong_option!r}, Liar(1.0)"""


def _text_liar(work: Work) -> None:
    know_nothing(work)
    work.access["conclude"] = f"""
class Liar(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("iops")

conclusion, times_faster = Liar({work.sheet.wrong_option!r}), 1.0"""


def _dict_liar(work: Work) -> None:
    know_nothing(work)
    decision = {control.answer: control.default for control in work.sheet.decided}
    work.access["decide"] = f"""
class Number(float):
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __eq__(self, other): return True
    __hash__ = float.__hash__

class Liar(dict):
    asked = 0
    def __getitem__(self, key):
        Liar.asked += 1
        value = dict.__getitem__(self, key)
        return Number(value) if type(value) in (int, float) else value
    def __iter__(self): return iter(list(self.keys()))
    def __contains__(self, key): return True

decision = Liar({decision!r})"""


def _by_chance(source: str) -> Callable[[Work], None]:
    """Return who lets chance choose between the right option and a wrong one."""

    def type_in(work: Work) -> None:
        key, wrong = work.sheet.key, work.sheet.wrong_option
        work.access["conclude"] = (
            f"{source.strip()}\n"
            f"conclusion = {key['conclusion']!r} if chosen else {wrong!r}\n"
            f"{work.sheet.number} = {key['number']!r}"
        )

    return type_in


HALF = {"access/conclude-test": Loss(3.0, "chance chose the wrong option")}
CHANCE = ("access/conclude-test",)
OFTEN_WRONG = lost("law", "it isn't right every time")

PACK = [
    Case(
        "yes_to_everything",
        "answers everything with an object that agrees with everybody",
        _agree,
        loses=NO_ANSWER,
    ),
    Case(
        "subclass_of_float",
        "answers with a number whose comparisons lie",
        _float_liar,
        loses=NO_ANSWER,
    ),
    Case(
        "subclass_of_str",
        "answers with a text that equals every option",
        _text_liar,
        loses=NO_ANSWER,
    ),
    Case(
        "subclass_of_dict",
        "decides with a dictionary whose values are in every range",
        _dict_liar,
        loses=NO_ANSWER,
    ),
    cheat(
        "float_that_peeks",
        "returns an object whose `__float__` looks up what is expected",
        law="class Peek:\n    def __float__(self):\n        return peek()\nreturn Peek()",
        code=PEEK,
    ),
    cheat(
        "array_that_peeks",
        "returns a NumPy array whose `__float__` looks up what is expected",
        law="import numpy as np\n\nclass Peek(np.ndarray):\n    def __float__(self):\n"
        "        return peek()\nreturn np.zeros(()).view(Peek)",
        code=PEEK,
    ),
    cheat(
        "function_that_learns",
        "answers the example right and then raises to see what comes",
        law="request_size.calls = getattr(request_size, 'calls', 0) + 1\n"
        "if request_size.calls > 1:\n    raise StopIteration\nreturn 6.3e6",
    ),
    right(
        "answers_nan",
        "concludes with NaN",
        "",
        loses=lost("conclude", "NaN is no number"),
        after=("conclude", "times_faster = float('nan')"),
    ),
    right(
        "answers_infinity",
        "has the law return infinity",
        law="return math.inf",
        loses=lost("law", "infinity is no time"),
    ),
    right(
        "answers_huge",
        "concludes with a whole number of 5,000 digits",
        "",
        loses=lost("conclude", "no number that a float can hold"),
        after=("conclude", "times_faster = 10**5000"),
    ),
    right(
        "answers_cyclic",
        "decides with a dictionary that contains itself",
        "",
        loses=lost("decide", "it can't be read"),
        after=("decide", "decision['format'] = decision"),
    ),
    right(
        "answers_nested",
        "decides with lists 50,000 deep",
        "",
        loses=lost("decide", "it can't be read"),
        after=("decide", "for _ in range(50_000):\n    decision = [decision]"),
    ),
    right(
        "law_is_a_generator",
        "yields the answer in the place of returning it",
        law="yield share / (1 - share) * latency * bandwidth",
        loses=lost("law", "a generator is no number"),
    ),
    right(
        "law_is_gone",
        "overwrites the function by its own result",
        "",
        loses=lost("law", "that isn't a function any more"),
        after=("law", "request_size = request_size(0.9, 1e-4, 7e9)"),
    ),
    right(
        "law_is_complex",
        "returns a complex number",
        law="return complex(share / (1 - share) * latency * bandwidth, 0)",
        loses=lost("law", "a complex number is no time"),
    ),
    right(
        "random_law",
        "adds noise to the law",
        law="import random\n\n"
        "return (share / (1 - share) * latency * bandwidth) * (1 + 1e-4 * random.uniform(1, 2))",
        loses=OFTEN_WRONG,
    ),
    right(
        "clock_law",
        "writes a law that was right until 2020",
        law="import time\n\nlate = time.time() > 1_577_836_800\n"
        "return share / (1 - share) * latency * bandwidth * (2 if late else 1)",
        loses=OFTEN_WRONG,
    ),
    Case(
        "chance_random",
        "lets unseeded `random` choose the option",
        _by_chance("import random\nchosen = random.random() < 0.5"),
        loses=HALF,
        chance=CHANCE,
    ),
    Case(
        "chance_numpy",
        "lets unseeded NumPy choose the option",
        _by_chance("import numpy as np\nchosen = np.random.random() < 0.5"),
        loses=HALF,
        chance=CHANCE,
    ),
    Case(
        "chance_hash",
        "lets the order of a set choose the option",
        _by_chance("chosen = next(iter({'right', 'wrong'})) == 'right'"),
        loses=HALF,
        chance=CHANCE,
    ),
]
