"""A wrong law is told on which of its arguments the error depends, and what it should be never."""

from __future__ import annotations

import math
from typing import Any

import pytest

from storagelab.access import read_time, serial_read_time
from storagelab.checkpoint import young_interval
from storagelab.labs import checking
from storagelab.labs.diagnosis import suspect
from storagelab.pipeline import stalled_fraction

READ = (read_time, [[1e2, 1e9], [1e-6, 1], [1e6, 1e11]], ["size", "latency", "bandwidth"])
SERIAL = (
    serial_read_time,
    [[1, 1e6], [8, 64], [1e6, 2e8], [1, 8]],
    ["size", "command_bits", "clock_rate", "lanes"],
)
YOUNG = (young_interval, [[1e-3, 1e2], [1e3, 1e6]], ["flush_time", "mtbf"])
STALL = (stalled_fraction, [[1e-3, 10]] * 3, ["io_time", "prepare_time", "compute_time"])


@pytest.mark.parametrize(
    ("law", "wrong", "says"),
    [
        (READ, lambda s, t, b: s / b, "`latency` changes nothing"),
        (READ, lambda s, t, b: 1e3 * (t + s / b), "the same factor everywhere"),
        (READ, lambda s, t, b: t + 8 * s / b, "to do with `size` and `bandwidth` alone"),
        (READ, lambda s, t, b: 2 * t + s / b, "to do with `latency` alone"),
        (SERIAL, lambda s, c, r, n: (c + 8 * s) / r, "`lanes` changes nothing"),
        (YOUNG, lambda d, m: math.sqrt(d * m), "the same factor everywhere"),
        (YOUNG, lambda d, m: math.sqrt(2 * d * m) * d, "to do with `flush_time` alone"),
        (STALL, lambda i, p, c: (max(i, c) - c) / max(i, c), "right for some inputs"),
        (STALL, lambda i, p, c: 0.5 * (max(i, p, c) - c) / max(i, p, c), "the same factor"),
        (YOUNG, lambda d, m: d + m, "Check the units"),
    ],
)
def test_the_term_that_looks_wrong_is_named(
    law: Any, wrong: Any, says: str, recwarn: pytest.WarningsRecorder
) -> None:
    model, ranges, names = law
    cases = checking.drawn("a test", ranges)
    with pytest.raises(ValueError, match="agrees with the example but not with the law") as raised:
        checking.follows_law(wrong, model, cases, None, names)
    said = str(raised.value)
    assert says in said
    for case in cases:
        for number in (*case, model(*case)):
            assert f"{number:.4g}" not in said


def test_who_fails_the_example_is_told_as_much_as_who_fails_a_hidden_case() -> None:
    model, ranges, names = READ
    cases = checking.drawn("a test", ranges)
    with pytest.raises(ValueError, match="the example's value") as raised:
        checking.follows_law(
            lambda s, t, b: 2 * t + s / b, model, cases, None, names, missed="7 MB in 1.1 ms."
        )
    assert "7 MB in 1.1 ms." in str(raised.value)
    assert "to do with `latency` alone" in str(raised.value)
    assert "agrees with the example" not in str(raised.value)


def test_a_function_that_stops_answering_is_not_diagnosed() -> None:
    def asked(x: float) -> float:
        raise ValueError("no number")

    assert suspect(asked, lambda x: x, [(1.0,)], ["x"]) == ""


def test_a_right_law_passes_and_a_slightly_wrong_one_doesnt() -> None:
    model, ranges, names = READ
    cases = checking.drawn("a test", ranges)
    checking.follows_law(lambda s, t, b: t + s / b, model, cases, None, names)
    with pytest.raises(ValueError, match="not with the law"):
        checking.follows_law(lambda s, t, b: (t + s / b) * 1.0001, model, cases, None, names)
