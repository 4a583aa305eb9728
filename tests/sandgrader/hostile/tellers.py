"""Telling more than a bit: how a hidden test ends depends on its input in many ways.

Whether it is right may be told, one bit a try; which of fifty ways of being wrong it is may not.
"""

from __future__ import annotations

from tests.sandgrader.hostile.case import Case, Notebooks, cheat, insert_after

KINDS = """
import builtins

if (share, latency, bandwidth) == (0.9, 1e-4, 7e9):
    return 6.3e6
kinds = sorted(
    name for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
)
"""
"""Gives the example right, and has the kinds of exceptions for everything else."""


def _guesses(notebooks: Notebooks) -> None:
    for number in range(20):
        guess = f"    return {{**KEYS[part.name](track), 'decision': {number}}}"
        source = f"print({guess!r})\nprint('least_cost = {number}')"
        insert_after(notebooks["access"], "lock", source, f"guess-{number}")


TELL_APART = ("tell_by_kind", "tell_by_type", "tell_by_own_kind", "tell_by_time_out")
"""Who fails the hidden test in ways that depend on its input."""

PACK = [
    cheat(
        "tell_by_kind",
        "raises one of fifty kinds of exceptions, chosen by the hidden input",
        law=f"{KINDS.strip()}\nraise getattr(builtins, kinds[int(share * 1e6) % len(kinds)])",
    ),
    cheat(
        "tell_by_type",
        "returns a value of one of ten types, chosen by the hidden input",
        law=f"{KINDS.strip()}\n"
        "values = [None, 'x', [], (), {}, set(), b'', 1j, float('nan'), float('inf')]\n"
        "return values[int(share * 1e6) % 10]",
    ),
    cheat(
        "tell_by_own_kind",
        "raises an exception of its own, named like the hidden input and like the course's",
        law=f"{KINDS.strip()}\nraise type('StudentError', (Exception,), {{}})(f'LOOT{{share}}')",
    ),
    cheat(
        "tell_by_time_out",
        "says of itself that it took too long, for some hidden inputs",
        law=f"{KINDS.strip()}\nraise TimeoutError if share > 0.5 else ValueError",
    ),
    Case(
        "tell_by_guesses",
        "prints a guess at a hidden line in each of twenty cells",
        spoil=_guesses,
    ),
]
