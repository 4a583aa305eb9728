"""Which variant of a track's numbers a student has, as grading finds it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sandgrader.submission_files import is_regular_file
from storagelab.labs.static_answers import NotebookError, read_static_answers
from storagelab.ledger import FILE_NAME, read_ledger, read_opening
from storagelab.parts import PARTS
from storagelab.tracks import Track
from storagelab.variants import variant_count, variant_of


def variant_in(folder: Path, track: Track, student: str) -> int:
    """Return which of a track's variants a student has, as grading finds it."""
    if is_regular_file(folder / FILE_NAME):
        opening = read_opening(folder, track.name)
        if opening is not None:
            return opening.variant if opening.variant <= variant_count(track.name) else 0
        with contextlib.suppress(ValueError, RecursionError, MemoryError):
            if read_ledger(folder, track.name):
                return 0
    for path in (folder / f"{part.stem}.ipynb" for part in PARTS.values()):
        try:
            given = read_static_answers(path).given if is_regular_file(path) else {}
        except NotebookError:
            continue
        if isinstance(given.get("term"), str) and given.get("variants", True):
            course = str(given.get("course", ""))
            return variant_of(student, course, given["term"], track.name)
    return 0
