"""The hostile and broken pack: submissions of one assignment, and the scores that they deserve.

For instructors, and for whoever changes the grader. Each case is a student of ``cloud_titan`` who
begins with the right answers, or with wrong ones where an attack has to earn the points, and does
one thing that stops, deceives, robs or confuses a grader. A case's ``loses`` names each test cell
that doesn't deserve all its points.

The scores follow three rules: points that aren't earned aren't given; nobody loses more than what
their own act loses; what was right before an interpreter died counts.

``python -m tests.sandgrader.hostile lay-out FOLDER`` makes the submissions, ``measure``
has stock nbgrader grade them, and ``table`` writes ``docs/hostile.md`` anew.
"""

from __future__ import annotations

from tests.sandgrader.hostile import (
    breakouts,
    deaths,
    files,
    greedy,
    innocent,
    kernel,
    ledgers,
    liars,
    machine,
    notebooks,
    patched,
    readers,
    shadowed,
    stoppers,
    tellers,
)
from tests.sandgrader.hostile.case import Case, lay_out

FAMILIES: dict[str, list[Case]] = {
    "The interpreter, bent": patched.PACK,
    "Files in the place of modules": shadowed.PACK,
    "The ledger": ledgers.PACK,
    "Reading what is hidden": [*readers.PACK, *tellers.PACK],
    "Against the grader's own parts": breakouts.PACK,
    "Ends of the interpreter": deaths.PACK,
    "Too much": greedy.PACK,
    "The machine, and the next student": machine.PACK,
    "Files that are no files": files.PACK,
    "Broken and altered notebooks": notebooks.PACK,
    "Answers that lie, or change": liars.PACK,
    "Odd and innocent": innocent.PACK,
    "What would stop a class": stoppers.PACK,
    "Taken for a kernel": kernel.PACK,
}
"""The pack, by family."""

PACK: dict[str, Case] = {case.name: case for family in FAMILIES.values() for case in family}
"""Every case, by its student's id."""

if len(PACK) != sum(map(len, FAMILIES.values())):
    raise ValueError("two cases of the pack have the same name")

__all__ = ["FAMILIES", "PACK", "Case", "lay_out"]
