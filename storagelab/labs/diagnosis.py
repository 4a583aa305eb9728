"""Which term of a student's law looks wrong, found by asking the function and by nothing else.

The law itself is neither shown nor described: what is said is on which of the function's own
arguments the error depends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Function = Callable[..., float]

BASES = 6
"""Points at which one argument after the other is changed."""
_SOME = 0.2
"""Share of the inputs on which a function with a case missing is right; fewer are chance."""
_SAME = 1e-9
"""Relative difference of two numbers that are the same but for rounding."""


def suspect(
    ask: Function, law: Function, cases: Sequence[tuple[float, ...]], names: Sequence[str]
) -> str:
    """Return a sentence on where ``ask`` parts from ``law``; empty where nothing can be said.

    ``ask`` is the student's function and raises ``ValueError`` where that gives no number.
    """
    try:
        pairs = [(ask(*case), law(*case)) for case in cases]
        # nothing is said by a zero: a wrong factor leaves it as it is
        telling = [(said, right) for said, right in pairs if right]
        agreeing = sum(math.isclose(said, right, rel_tol=1e-6) for said, right in telling)
        if agreeing >= max(1, _SOME * len(telling)):
            return (
                "It is right for some inputs and wrong for others: which case is missing, and "
                "where does one term overtake another?"
            )
        factors = [said / right for said, right in telling]
        zeros_agree = not any(said for said, right in pairs if not right)
        if zeros_agree and all(math.isclose(item, factors[0], rel_tol=1e-6) for item in factors):
            return "It is off by the same factor everywhere: a unit, or a constant."
        moves = [_moved(ask, law, case, names) for case in cases[:BASES]]
    except (ValueError, OverflowError, ZeroDivisionError):
        return ""
    ignored = [name for name in names if all(name in move.ignored for move in moves)]
    if ignored:
        return f"{_listed(ignored)} {'changes' if len(ignored) == 1 else 'change'} nothing in it."
    for behind in ("difference", "ratio"):
        touched = [name for name in names if any(name in getattr(move, behind) for move in moves)]
        if touched and len(touched) < len(names):
            return f"What is wrong has to do with {_listed(touched)} alone: look at that term."
    return ""


class _Moves:
    """On which arguments the difference and the ratio to the law depend, at one point."""

    def __init__(self) -> None:
        self.ignored: set[str] = set()
        """Arguments that move the law and not the function."""
        self.difference: set[str] = set()
        self.ratio: set[str] = set()


def _moved(ask: Function, law: Function, case: tuple[float, ...], names: Sequence[str]) -> _Moves:
    said, right = ask(*case), law(*case)
    moves = _Moves()
    for index, name in enumerate(names):
        changed = (*case[:index], 0.9 * case[index], *case[index + 1 :])
        now_said, now_right = ask(*changed), law(*changed)
        size = max(map(abs, (said, right, now_said, now_right)))
        if now_said == said and abs(now_right - right) > _SAME * size:
            moves.ignored.add(name)
        if abs((now_said - now_right) - (said - right)) > _SAME * size:
            moves.difference.add(name)
        if not math.isclose(now_said * right, said * now_right, rel_tol=_SAME):
            moves.ratio.add(name)
    return moves


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
