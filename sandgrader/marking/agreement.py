"""How far two markers of the same answers agree, by figures that can be looked up.

J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
Measurement 20 (1960) 37-46, and "Weighted kappa: nominal scale agreement with provision for scaled
disagreement or partial credit", Psychological Bulletin 70 (1968) 213-220. Both are a few sums; a
library that has them (scikit-learn, statsmodels) is a hundred times what the grader needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Pair = tuple[float, float]
"""What the first marker gave an answer, and what the second did, in points."""


@dataclass(frozen=True)
class Agreement:
    """How far two markers agree on some answers."""

    answers: int
    exact: float
    """Share with the same points, 0 to 1."""
    near: float
    """Share with the same level of the rubric or the next one, 0 to 1."""
    kappa: float | None
    """Cohen's: 1 for always, 0 for as often as by chance; None where chance alone does it."""
    weighted: float | None
    """The same with the square of the points between them as the weight of a disagreement."""


def agreement(pairs: Sequence[Pair], levels: Sequence[float]) -> Agreement:
    """Return how far the markers agree; ``levels`` are the points that the rubric names.

    Raises ``ValueError`` where nothing was marked twice.
    """
    if not pairs:
        raise ValueError("No answer was marked twice.")
    steps = sorted(levels)
    same = sum(first == second for first, second in pairs)
    near = sum(_apart(first, second, steps) <= 1 for first, second in pairs)
    return Agreement(
        answers=len(pairs),
        exact=same / len(pairs),
        near=near / len(pairs),
        kappa=weighted_kappa(pairs, lambda first, second: float(first != second)),
        weighted=weighted_kappa(pairs, lambda first, second: (first - second) ** 2),
    )


def _apart(first: float, second: float, steps: Sequence[float]) -> int:
    """Return how many levels two scores are apart, each counted to the nearest."""
    if not steps:
        return 0 if first == second else 2
    places = [min(range(len(steps)), key=lambda at: abs(steps[at] - points))
              for points in (first, second)]  # fmt: skip
    return abs(places[0] - places[1])


def weighted_kappa(pairs: Sequence[Pair], weight: Callable[[float, float], float]) -> float | None:
    """Return 1 less the disagreement that there is over what there would be by chance.

    By chance each marker would give the same scores as often, to answers drawn at random. None
    where there would be no disagreement then either: everybody gave everything the same.
    """
    seen = math.fsum(weight(first, second) for first, second in pairs) / len(pairs)
    firsts, seconds = ([pair[who] for pair in pairs] for who in (0, 1))
    by_chance = math.fsum(
        weight(first, second) * firsts.count(first) * seconds.count(second)
        for first in set(firsts)
        for second in set(seconds)
    ) / len(pairs) ** 2  # fmt: skip
    return None if by_chance == 0 else 1 - seen / by_chance
