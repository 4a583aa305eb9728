"""Changes of a track's numbers: which field a path means, and what changes along with it."""

from __future__ import annotations

import copy
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
    changed = copy.deepcopy(said)
    places = {place.field: place for place in allowed}
    for place in allowed:
        for path in (place.field, *place.along):
            _number(path, *_find(changed, path))
    for path, value in changes.items():
        if path not in places:
            raise ValueError(f"{path!r} doesn't vary - at `$.vary`")
        if not places[path].allows(value):
            raise ValueError(f"{path!r} may not be {value!r} - at `$.vary`")
        for along, put in _together(changed, places[path], value):
            holder, key = _find(changed, along)
            holder[key] = put
    return changed


def value_at(said: dict[str, Any], path: str) -> Value:
    """Return what a track's file has at a path; ``ValueError`` where that leads nowhere."""
    holder, key = _find(said, path)
    value: Value = holder[key]
    return value


def _together(said: dict[str, Any], place: Vary, value: Value) -> Iterator[tuple[str, Value]]:
    """Yield a field and those that go with it, each with what it becomes."""
    before = value_at(said, place.field)
    yield place.field, value
    for path in place.along:
        beside = value_at(said, path)
        if isinstance(value, str) or isinstance(beside, str) or isinstance(before, str):
            yield path, value
            continue
        # 12 digits, and not a float's last ones: 0.3 and not 0.30000000000000004
        scaled = float(f"{float(beside) * float(value) / float(before):.12g}")
        yield path, int(scaled) if isinstance(beside, int) and scaled.is_integer() else scaled


def _number(path: str, holder: Any, key: Any) -> None:
    if isinstance(holder[key], dict | list):
        raise ValueError(f"{path!r} is no single value - at `$.vary`")


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
