"""How the benchmarks measure: two things in turn, and the ratio of the pairs.

Machines are shared and noisy, so no figure stands alone: each is quoted against a reference that
ran beside it, and a busy moment strikes both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One comparison, with what was promised of it."""

    name: str
    ours: float
    """Seconds, the median."""
    reference: float | None
    """Seconds of the reference, the median; None where the promise is a time."""
    figure: float
    """What the promise is about: a ratio, or milliseconds."""
    promise: str
    """Such as ``at most 5``, for the reader."""
    kept: bool


def seconds(action: Callable[[], object]) -> float:
    """Return the seconds that ``action`` takes once."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def in_pairs(
    ours: Callable[[], object], reference: Callable[[], object], pairs: int
) -> tuple[float, float, float]:
    """Return both medians in seconds, and the median of the pairs' ratios ours / reference."""
    ours(), reference()  # fills caches
    times = [(seconds(ours), seconds(reference)) for _ in range(pairs)]
    ratio = statistics.median(a / b for a, b in times)
    first, second = (statistics.median(column) for column in zip(*times, strict=True))
    return first, second, ratio


def at_most(name: str, ours: float, reference: float, ratio: float, limit: float) -> Result:
    """Return the result of a promise that ours takes at most ``limit`` times the reference."""
    return Result(name, ours, reference, ratio, f"at most {limit:g}", ratio <= limit)


def faster(name: str, ours: float, reference: float, ratio: float, limit: float) -> Result:
    """Return the result of a promise that the reference takes at least ``limit`` times ours."""
    return Result(name, ours, reference, 1 / ratio, f"at least {limit:g}", 1 / ratio >= limit)
