"""Tables that an instructor keeps by hand, as CSV: every bad line is said with its number.

Commas or semicolons, with a byte order mark or without one, as spreadsheets save them.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Sequence
from pathlib import Path

from sandgrader.configuration import CourseError

Line = tuple[int, dict[str, str]]
"""A line's number, counted from 1 with the head, and its cells by column, without spaces around."""


def read_lines(path: Path, needed: Sequence[str], known: Sequence[str]) -> list[Line]:
    """Return the lines of a table below its head; empty ones are passed over.

    ``needed`` are columns that the head has to have, ``known`` all that it may. Raises
    :class:`CourseError` for a file that can't be read, and for lines that don't fit the head.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise CourseError(f"{path.name} can't be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise CourseError(f"{path.name} isn't UTF-8: save it as CSV in that encoding.") from None
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    head: list[str] = []
    lines: list[Line] = []
    faults: list[str] = []
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if not head:
                head = [cell.lower() for cell in cells]
                _check_head(path, head, needed, known)
            elif len(cells) > len(head):
                faults.append(
                    f"line {reader.line_num}: {len(cells)} cells, where the head has {len(head)}"
                )
            else:
                cells += [""] * (len(head) - len(cells))
                lines.append((reader.line_num, dict(zip(head, cells, strict=True))))
    except csv.Error as problem:
        faults.append(f"line {reader.line_num}: {problem}")
    refuse(path, faults)
    if not head:
        raise CourseError(f"{path.name} is empty: its first line has to name {', '.join(needed)}.")
    return lines


def refuse(path: Path, faults: Sequence[str]) -> None:
    """Raise :class:`CourseError` with all that is wrong in a file, if anything is."""
    if faults:
        raise CourseError(f"{path.name} can't be used:\n" + "\n".join(f"  {it}" for it in faults))


def _check_head(path: Path, head: list[str], needed: Sequence[str], known: Sequence[str]) -> None:
    faults = [f"line 1: no column {name!r}" for name in needed if name not in head]
    for name in head:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            faults.append(f"line 1: an unknown column {name!r}: {hint}")
        elif head.count(name) > 1 and f"line 1: the column {name!r} twice" not in faults:
            faults.append(f"line 1: the column {name!r} twice")
    refuse(path, faults)
