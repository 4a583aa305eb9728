"""Variants: which of a track's sets of numbers a student works with.

A track's file says which of its numbers may vary (:class:`storagelab.schema.Vary`). The sets that
teach the same lesson were found and checked when the course was made (``python -m
storagelab.course variants``) and are kept as data, numbered from 1. Number 0 is the track's file as
it is: the book's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache

from storagelab.track_files import variants_file

Changes = Mapping[str, bool | int | float | str]
"""What a variant has another number of than its track's file: the values by the fields' paths."""


def variant_count(track: str) -> int:
    """Return how many variants the track called ``track`` has beside its own numbers.

    0 where it has none: then everybody works with the numbers of its file. Raises ``ValueError``
    where the file with its variants is malformed.
    """
    return len(_variants(track))


def variant_of(student: str, course: str, term: str, track: str) -> int:
    """Return the number of the variant that a student works with, the same on any machine.

    From 1 to :func:`variant_count`; 0 where the track has no variants. ``student`` is the id by
    which the course knows the student; another ``course``, ``term`` or ``track`` gives most
    students another number.
    """
    count = variant_count(track)
    if not count:
        return 0
    # a list, since no letter between the names could be sure to be in none of them
    said = json.dumps([student, course, term, track], ensure_ascii=True)
    drawn = hashlib.sha256(said.encode()).digest()
    return 1 + int.from_bytes(drawn, "big") % count


def changes_of(track: str, variant: int) -> Changes:
    """Return what ``variant`` of the track called ``track`` changes in its file; 0 changes nothing.

    Raises ``ValueError`` for a number that there isn't, or where the file with the track's variants
    is malformed.
    """
    known = _variants(track)
    if variant == 0:
        return {}
    if isinstance(variant, bool) or str(variant) not in known:
        there = f"are 0 to {len(known)}" if known else "is 0 alone"
        raise ValueError(f"the track {track} has no variant {variant!r}; there {there}")
    return known[str(variant)]


@cache
def _variants(track: str) -> Mapping[str, Changes]:
    path = variants_file(track)
    if not path.is_file():
        return {}
    file = f"variants/{path.name}"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    rows = found if isinstance(found, dict) else {}
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    if not rows or list(rows) != numbers or not all(isinstance(row, dict) for row in rows.values()):
        raise ValueError(
            f"{file} must hold the variants by their numbers, from 1 up; make it anew with "
            "`python -m storagelab.course variants`"
        )
    return rows
