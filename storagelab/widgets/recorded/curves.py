"""Curves as whole numbers that are small: how far each point lies from where its neighbours lead.

Six digits of a smooth curve are mostly told by the points before. Each number is written with six
digits and a power of ten; along points with the same power the digits are differenced, as often as
it takes the fewest bytes. Nothing is lost: the differences are summed up again in the page.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

DIGITS = 6
ORDERS = 5
"""How often differences may be taken."""
LEAST = 6
"""Points of a curve that is worth it."""


def are_curves(values: Sequence[Any]) -> bool:
    """Return whether all values are rows of numbers, and some of them long enough."""
    return all(isinstance(value, list) and _is_row(value) for value in values) and any(
        len(value) >= LEAST for value in values
    )


def _is_row(value: list[Any]) -> bool:
    return all(type(item) in (int, float) for item in value)


def _parted(value: Sequence[float]) -> tuple[list[int], list[int]]:
    """Return the digits of each number, and the powers of ten as runs: a power and a length."""
    digits: list[int] = []
    runs: list[int] = []
    power = 0
    for item in value:
        if item:
            mantissa, exponent = f"{item:.{DIGITS - 1}e}".split("e")
            power = int(exponent) - DIGITS + 1
            digits.append(int(mantissa.replace(".", "")))
        else:  # it has any power: the one before
            digits.append(0)
        if runs and runs[-2] == power:
            runs[-1] += 1
        else:
            runs += [power, 1]
    return digits, runs


def _differences(digits: Sequence[int], runs: Sequence[int], order: int) -> list[int]:
    found: list[int] = []
    begin = 0
    for count in runs[1::2]:
        part = list(digits[begin : begin + count])
        for _ in range(order):
            part = [part[0], *(after - before for before, after in pairwise(part))]
        found += part
        begin += count
    return found


def packed_curves(values: Sequence[list[float]]) -> list[Any]:
    """Return rows of numbers as the order of the differences, the runs, and the differences."""
    parted = [_parted(value) for value in values]
    best: tuple[float, list[Any]] = (math.inf, [])
    for order in range(ORDERS):
        rows = [_differences(digits, runs, order) for digits, runs in parted]
        size = len(zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 6))
        if size >= best[0]:
            break
        best = (size, [order, [runs for _, runs in parted], rows])
    return best[1]


def unpacked_curve(order: int, runs: Sequence[int], row: Sequence[int]) -> list[float]:
    """Return one row of numbers again."""
    found: list[float] = []
    begin = 0
    for power, count in zip(runs[::2], runs[1::2], strict=True):
        part = list(row[begin : begin + count])
        for _ in range(order):
            for at in range(1, count):
                part[at] += part[at - 1]
        found += [float(f"{item}e{power}") for item in part]
        begin += count
    return found
