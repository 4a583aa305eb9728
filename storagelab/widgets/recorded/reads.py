"""Which numbers of an outcome a figure looks at, so that it is drawn once for each set of them.

A figure that never looks at the interval is the same at every interval. That isn't declared
anywhere, and it isn't guessed from the pictures: the outcome that is drawn notes which of its
fields are read. A function that is called again with the same values in all fields that it read
reads the same fields again, in the same order, and comes to the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

Path = tuple[str, ...]
"""The names that lead from an outcome to one of its values."""
ResultT = TypeVar("ResultT")


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Return the fields of a record's class."""
    if issubclass(kind, msgspec.Struct):
        return tuple(kind.__struct_fields__)
    return tuple(field.name for field in fields(kind))


@cache
def _is_records(kind: Any) -> bool:
    return issubclass(kind, msgspec.Struct) or is_dataclass(kind)


def _is_record(value: object) -> bool:
    kind: Any = type(value)
    return _is_records(kind)


class Watched:
    """A ``record``, and a copy of it, ``seen``, that tells which of its values are read.

    ``paths`` are those that have been read since it was emptied.
    """

    def __init__(self, record: Any) -> None:
        self.record = record
        self.paths: set[Path] = set()
        self._places: dict[int, Path] = {}
        self._held: list[Any] = []  # as long as these live, nothing else has their ids
        self.seen = self._copy(record, ())

    def _copy(self, record: Any, path: Path) -> Any:
        kind: Any = type(record)
        values = {name: getattr(record, name) for name in _names(kind)}
        copies = {
            name: self._copy(value, (*path, name)) if _is_record(value) else value
            for name, value in values.items()
        }
        copy = _watched(kind)(**copies)
        self._places[id(copy)] = path
        self._held.append(copy)
        return copy

    def note(self, record: Any, name: str) -> None:
        """Note that ``name`` of one of the copies is read; what else was made of them is known."""
        path = self._places.get(id(record))
        if path is not None:
            self.paths.add((*path, name))


_watching: list[Watched] = []


@cache
def _watched(kind: Any) -> Any:
    """Return a class like ``kind`` whose fields tell who watches that they are read."""
    plain = frozenset(_names(kind))

    def read(self: Any, name: str) -> Any:
        value = kind.__getattribute__(self, name)
        # a record inside is not a value yet: what is read of it is
        if _watching and name in plain and not _is_record(value):
            _watching[-1].note(self, name)
        return value

    def whole(record: Any) -> tuple[Any, ...]:
        return tuple(getattr(record, name) for name in _names(kind))

    def same(self: Any, other: Any) -> bool:
        return isinstance(other, kind) and whole(self) == whole(other)

    members = {
        "__getattribute__": read,
        "__eq__": same,
        "__hash__": lambda self: hash(whole(self)),
        "__module__": kind.__module__,
    }
    if issubclass(kind, msgspec.Struct):
        return type(kind)(kind.__name__, (kind,), members, frozen=True)
    return type(kind.__name__, (kind,), members)


def _at(record: Any, path: Path) -> Hashable:
    for name in path:
        record = getattr(record, name)
    return _frozen(record)


def _frozen(value: Any) -> Hashable:
    """Return a value as something that equals nothing but its like."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.str, value.tobytes())
    if isinstance(value, dict):
        return tuple((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    # 1, 1.0 and True are equal and aren't written alike
    return (type(value), value)


class Memory(Generic[ResultT]):
    """Calls ``show`` for an outcome, unless what it read the last time is as it was then.

    ``calls`` counts how often it was called.
    """

    def __init__(self, show: Callable[[Any], ResultT]) -> None:
        self._show = show
        self._paths: tuple[Path, ...] = ()
        self._known: dict[Hashable, ResultT] = {}
        self.calls = 0

    def __call__(self, outcome: Watched) -> ResultT:
        """Return what ``show`` returns for ``outcome``."""
        key = self._key(outcome.record)
        if key in self._known:
            return self._known[key]
        self.calls += 1
        outcome.paths.clear()
        _watching.append(outcome)
        try:
            result = self._show(outcome.seen)
        finally:
            _watching.pop()
        if not outcome.paths <= set(self._paths):
            # what is known was filed under less than what may matter
            self._paths = tuple(sorted({*self._paths, *outcome.paths}))
            self._known = {}
            key = self._key(outcome.record)
        self._known[key] = result
        return result

    def _key(self, outcome: Any) -> Hashable:
        return tuple(_at(outcome, path) for path in self._paths)
