"""Whose numbers a part is opened with: which variant of a track is the student's own.

What the ledger says, holds. A ledger is begun at the first opening: in a hub with the number that
follows from the student's name, the course and the term, elsewhere with one that is drawn.
``STORAGELAB_VARIANT`` names a number in the place of both, for who runs a notebook as nobody in
particular: 0 gives the book's.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NamedTuple

from storagelab.labs.run_mode import is_graded_run
from storagelab.ledger import (
    NO_PART,
    LedgerError,
    LedgerFullError,
    Opening,
    append_entry,
    read_ledger,
    read_opening,
)
from storagelab.variants import variant_count, variant_of

VARIANT = "STORAGELAB_VARIANT"
"""The environment variable that names a number."""
HUB_USER = "JUPYTERHUB_USER"
"""Where a JupyterHub puts the name of the student whose server it is."""
GRADED_STUDENT = "SANDGRADER_STUDENT"
"""Where ``sandgrader grade`` puts the id of the student; empty where nobody's work is run."""
BOOK = 0
"""The variant that everybody has where there are no others, and that the book has."""


class Numbers(NamedTuple):
    """The numbers that a part is opened with."""

    variant: int
    begins: Opening | None = None
    """What the ledger has to be begun with."""


def graded_student() -> str | None:
    """Return the id of the student whose work is graded; None where it isn't known, or nobody's.

    Under nbgrader it is the folder's in which the submission's lies.
    """
    if os.environ.get("NBGRADER_EXECUTION") != "autograde":
        return None
    said = os.environ.get(GRADED_STUDENT)
    return (Path.cwd().parent.name if said is None else said) or None


def in_ledger(track: str, folder: Path) -> int | None:
    """Return the variant that the ledger in ``folder`` is of; None where there is nothing in it.

    One without an opening is older than the variants, and its numbers are the book's.
    """
    opening = read_opening(folder, track)
    if opening is not None:
        return opening.variant
    try:
        return BOOK if read_ledger(folder, track) else None
    except LedgerError:
        return None


def find_numbers(track: str, folder: Path, course: str, term: str | None) -> Numbers:
    """Return the numbers that a student has in ``folder``; nothing is written.

    There is no ``term`` where everybody has the book's numbers. Raises ``ValueError`` where
    ``STORAGELAB_VARIANT`` is no number.
    """
    known = in_ledger(track, folder)
    if known is not None:
        return Numbers(known)
    count = variant_count(track)
    if term is None or not count:
        return Numbers(BOOK)
    named = os.environ.get(VARIANT)
    if named is None and os.environ.get(GRADED_STUDENT) == "":
        named = str(BOOK)  # the reference solution is the book's
    if named is not None:
        return Numbers(*_begun(_number(named), course, term, "set"))
    student = graded_student()
    if student is not None:
        return Numbers(variant_of(student, course, term, track))
    user = os.environ.get(HUB_USER)
    if user:
        return Numbers(*_begun(variant_of(user, course, term, track), course, term, "hub", user))
    if is_graded_run():
        return Numbers(BOOK)
    return Numbers(*_begun(1 + secrets.randbelow(count), course, term, "drawn"))


def _begun(
    variant: int, course: str, term: str, origin: str, user: str = ""
) -> tuple[int, Opening | None]:
    opening = Opening(variant, course, term, origin, user)
    return variant, None if is_graded_run() else opening


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{VARIANT} must be a whole number, as 0 for the book's; it says {text!r}")
    return int(text)


def begin_ledger(track: str, folder: Path, opening: Opening) -> bool:
    """Begin a ledger with the student's numbers; return whether it wasn't begun before.

    Raises :class:`LedgerError` where it can't be written.
    """
    try:
        append_entry(folder, track, NO_PART, "open", dict(opening.said), {}, most=1)
    except LedgerFullError:  # another notebook was faster
        return False
    return True


def why_not_own(track: str, folder: Path, student: str) -> str:
    """Return a sentence where the ledger in ``folder`` has the numbers of another than ``student``.

    That can be told of a ledger that was begun in a hub; empty where it can't be, or isn't so.
    """
    opening = read_opening(folder, track)
    if opening is None or opening.origin != "hub":
        return ""
    if opening.user != student:
        return "ledger.json was made by somebody else. Hand in your own."
    own = variant_of(student, opening.course, opening.term, track)
    if opening.variant == own:
        return ""
    return (
        f"ledger.json holds another student's numbers: those of variant {opening.variant}, and "
        f"yours are those of variant {own}. Hand in your own."
    )
