"""Changes of a track's numbers: which field a path means, and what changes along with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from storagelab.schema import Value, Vary
from storagelab.variants import Changes

NAMED_BY = ("name", "id", "label")
"""The fields by which a path tells the tables of a list apart."""


def varied(said: dict[str, Any], allowed: Sequence[Vary], changes: Changes) -> dict[str, Any]:
    """Return what a track's file says, ``said``, with ``changes`` made in a copy of it.

    ``changes`` are values by path. Raises ``ValueError`` for a path that isn't among those
    ``allowed``, or that leads nowhere, and for a value that isn't allowed there.
    """
    check_fields(said, allowed)
    changed: dict[str, Any] = _copied(said)
    for _ in _made(changed, allowed, changes):
        pass
    return changed


def check_fields(said: dict[str, Any], allowed: Sequence[Vary]) -> None:
    """Raise ``ValueError`` where what may change isn't one value of what a track's file says."""
    for place in allowed:
        for path in (place.field, *place.along, *place.beside):
            if isinstance(value_at(said, path), dict | list):
                raise ValueError(f"{path!r} is no single value - at `$.vary`")


def _copied(said: Any) -> Any:
    """Return a copy of what a file says. Its values are never changed, only put elsewhere.

    Every notebook makes its student's own track: Python's own copy takes ten times as long.
    """
    if isinstance(said, dict):
        return {name: _copied(item) for name, item in said.items()}
    return [_copied(item) for item in said] if isinstance(said, list) else said


def changed_fields(
    said: dict[str, Any], allowed: Sequence[Vary], changes: Changes
) -> list[tuple[str, Value, Value]]:
    """Return each field that changes, those along with it too: path, value before, value after.

    A field that changes along with several has several entries. Raises ``ValueError`` as
    :func:`varied` does.
    """
    return list(_made(_copied(said), allowed, changes))


def _made(
    said: dict[str, Any], allowed: Sequence[Vary], changes: Changes
) -> Iterator[tuple[str, Value, Value]]:
    """Make ``changes`` in ``said``, and yield each field's path, value before and value after."""
    places = {place.field: place for place in allowed}
    for path, value in changes.items():
        if path not in places:
            raise ValueError(f"{path!r} doesn't vary - at `$.vary`")
        if not places[path].allows(value):
            raise ValueError(f"{path!r} may not be {value!r} - at `$.vary`")
        place, before = places[path], value_at(said, path)
        after = {
            along: _in_proportion(value_at(said, along), before, value) for along in place.along
        }
        after |= {name: row[place.values.index(value)] for name, row in place.beside.items()}
        for field, put in {path: value, **after}.items():
            yield field, value_at(said, field), put
            holder, key = _find(said, field)
            holder[key] = put


def value_at(said: dict[str, Any], path: str) -> Value:
    """Return what a track's file has at a path; ``ValueError`` where that leads nowhere."""
    holder, key = _find(said, path)
    value: Value = holder[key]
    return value


def _in_proportion(beside: Value, before: Value, after: Value) -> Value:
    """Return what ``beside`` becomes as ``before`` becomes ``after``; texts become the same."""
    if isinstance(after, str) or isinstance(beside, str) or isinstance(before, str):
        return after
    # 12 digits, and not a float's last ones: 0.3 and not 0.30000000000000004
    put = float(f"{float(beside) * float(after) / float(before):.12g}")
    return int(put) if isinstance(beside, int) and put.is_integer() else put


def _find(said: dict[str, Any], path: str) -> tuple[Any, Any]:
    """Return what holds the value at a path, and under which key or number."""
    holder: Any = None
    key: Any = None
    here: Any = said
    for step in path.split("."):
        holder, key = here, step
        if isinstance(here, list):
            key = _which(here, step)
        if key is None or (isinstance(here, dict) and step not in here):
            raise ValueError(f"there is nothing at {path!r} - at `$.vary`")
        if not isinstance(here, dict | list):
            raise ValueError(f"there is nothing at {path!r} - at `$.vary`")
        here = here[key]
    return holder, key


def _which(items: list[Any], step: str) -> int | None:
    """Return the place of the one that is called ``step``, or whose place it is, from 0."""
    for index, item in enumerate(items):
        if isinstance(item, dict) and any(item.get(name) == step for name in NAMED_BY):
            return index
    return int(step) if step.isdigit() and int(step) < len(items) else None
