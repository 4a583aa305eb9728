"""What a track file's fields mean: read off the records' own source, for the book and the example.

A field's meaning is said once, in the string under it in its record. The example track in
``docs/`` has it as a comment that begins with ``#:`` above the first use of each field, and what
each price is of above its table.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from storagelab.course.layout import Layout
from storagelab.schema import Price
from storagelab.tracks import PRICED, Track

MARK = "#: "
WIDTH = 100
_TABLE = re.compile(r"\[\[?([a-z_.]+)\]\]?")
_FIELD = re.compile(r"([a-z_]+) = (.*)")


@cache
def meanings(record: type[msgspec.Struct]) -> dict[str, str]:
    """Return what a record's source says under each of its fields, its base's included."""
    found: dict[str, str] = {}
    for kind in reversed(record.__mro__):
        if kind.__module__.startswith("storagelab."):
            found |= _own_meanings(kind)
    return found


def _own_meanings(record: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(record))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: " ".join(str(below.value.value).split())
        for field, below in pairwise(tree.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def owner(record: type[msgspec.Struct], field: str) -> type:
    """Return the record, this one or a base of it, that a field is written in.

    Raises ``KeyError`` where there is no such field.
    """
    for kind in record.__mro__:
        if field in vars(kind).get("__annotations__", {}):
            return kind
    raise KeyError(field)


def record_in(annotation: Any) -> Any:
    """Return the record that a field's type holds, in a list, by name or alone; None for none."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next(filter(None, map(record_in, get_args(annotation))), None)


def record_at(path: str) -> type[msgspec.Struct]:
    """Return the record of a track file's table, such as that of ``access.question.options``."""
    record: type[msgspec.Struct] = Track
    for name in path.split(".") if path else ():
        hints = get_type_hints(record)
        # what follows `prices` is a name of the author's
        record = record_in(hints[name]) if name in hints else record
    return record


def annotated(text: str) -> str:
    """Return a track file's text with the meaning of each field above its first use."""
    lines: list[str] = []
    said: set[tuple[type, str]] = set()
    record: type[msgspec.Struct] = Track
    inside = False  # of a text over several lines
    for line in text.splitlines():
        if not inside:
            if line.startswith(MARK.strip()):
                continue
            table, field = _TABLE.match(line), _FIELD.match(line)
            if table:
                record = record_at(table[1])
                if record is Price:
                    lines += _comment(f"The price of {PRICED[table[1].partition('.')[2]]}.")
            elif field and (owner(record, field[1]), field[1]) not in said:
                said.add((owner(record, field[1]), field[1]))
                lines += _comment(meanings(record)[field[1]])
        if inside or not line.startswith("#"):
            inside ^= line.count('"""') % 2 == 1
        lines.append(line)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=MARK, subsequent_indent=MARK, break_on_hyphens=False
    )


def example(layout: Layout) -> Path:
    """Return where the example of a track file lies."""
    return layout.root / "docs" / "example_track.toml"


def write_example(layout: Layout) -> Path:
    """Put the fields' meanings into the example of a track file, and return its path."""
    path = example(layout)
    path.write_text(annotated(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path
