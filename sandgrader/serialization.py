"""Values that may pass from a student's process to the judge's: data, and functions to call.

A value is turned into JSON by whoever sends it and built anew by whoever receives it, from the
exact types below and no others, so that nothing a student defined (an ``__eq__`` that is always
true, a subclass that lies) comes along:

None, Ellipsis, bool, int, float, complex, Fraction, Decimal, str, bytes, bytearray, range, slice,
list, tuple, named tuples, set, frozenset, deque, dict, OrderedDict, defaultdict, Counter, the views
of a dictionary, dates and times, paths, UUIDs, regular expressions, SimpleNamespace, Python's own
types, NumPy arrays and scalars, and pandas' tables (:mod:`~sandgrader.frames`). A function becomes
a number by which it can be called, and so do a class, an iterator (it is asked for its next items)
and what can be awaited; a module becomes its name, and anything else an :class:`Opaque` that knows
only what it was.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import datetime
import inspect
import keyword
import pathlib
import re
import sys
import uuid
import zoneinfo
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import EllipsisType, ModuleType, SimpleNamespace
from typing import Any, NoReturn

LARGEST_DEPTH = 60
"""Containers within containers; JSON's own parser recurses too."""
MOST_ITEMS = 500_000
"""Values within one value, all containers counted."""
MOST_BYTES = 4 * 2**20
"""Of the texts, arrays and long numbers within one value."""
MOST_BITS = 400_000
"""Of a whole number: to reduce a fraction of longer ones takes seconds."""
_SHORT = 2**63
"""Whole numbers below go as JSON's own; longer ones as text, which has no limit of digits."""
_NUMERIC = "biufcSUmM"
"""NumPy's kinds of dtype that hold numbers, text or times: no structures."""
_TYPES = (
    *(bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, range),
    object,
)
_BUILT_IN: dict[str, Any] = {kind.__name__: kind for kind in _TYPES}
"""Python's own types, which are the same everywhere."""
_PATHS = {
    kind.__name__: kind
    for kind in (pathlib.PosixPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)
}
_VIEWS = {"keys": type({}.keys()), "values": type({}.values()), "items": type({}.items())}
_ITERATING = ("builtins", "itertools", "_csv")
"""Modules whose iterators do nothing but iterate."""

Encoded = Any
"""What JSON can hold."""


class NotPlainError(TypeError):
    """A value can't be passed to another process as plain data."""


class Opaque:
    """A student's value that is no plain data: it can't be compared, counted or called."""

    __slots__ = ("_kind",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __repr__(self) -> str:
        return f"<{self._kind}>"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"a {self._kind} is neither a number, a text nor a collection of these")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __len__ = __iter__ = __contains__ = _refuse


class Encoder:
    """Turns values into JSON; what isn't plain becomes opaque, or is refused if ``strict``.

    ``keep`` is given each function, iterator and awaitable, and returns the number by which it can
    be asked; without it these aren't plain.
    """

    def __init__(self, keep: Callable[[Any], int] | None = None, strict: bool = False) -> None:
        self.plain = True
        """Whether all of the last value arrives as what it was."""
        self._keep = keep
        self._strict = strict
        self._left, self._bytes_left = MOST_ITEMS, MOST_BYTES

    def encode(self, value: Any) -> Encoded:
        """Return ``value`` as JSON; raises nothing, whatever a student has made of the value.

        If strict, raises :class:`NotPlainError` for what isn't plain.
        """
        self._left, self._bytes_left, self.plain = MOST_ITEMS, MOST_BYTES, True
        try:
            return self.part(value, LARGEST_DEPTH)
        except BaseException as problem:  # a student's class may raise anything when looked at
            if self._strict:
                raise NotPlainError(f"a {type(value).__name__} can't be passed on") from problem
            return self._opaque(value)

    def _opaque(self, value: Any) -> Encoded:
        if self._strict:
            raise NotPlainError(f"a {type(value).__name__} is no plain value")
        self.plain = False
        return {"t": "opaque", "v": str(type.__repr__(type(value)))[8:-2][-80:]}

    def part(self, value: Any, depth: int) -> Encoded:
        """Return a value within another, ``depth`` above the deepest, as JSON.

        Raises :class:`NotPlainError` where it or the whole is too large.
        """
        self._left -= 1
        if depth == 0 or self._left < 0:
            raise NotPlainError("a collection is too deep or too large to be passed on")
        if value is None or value is True or value is False:
            return value
        # by type() and not isinstance(): an object may say of itself that it is a float
        kind = type(value)
        encoded = self._of_numpy(value, depth)
        if encoded is not None:
            return encoded
        if "pandas" in sys.modules:
            from sandgrader import frames

            if frames.is_frame(value):
                return frames.encode(self, value, depth)
        encode = _EXACT.get(kind)
        if encode is not None:
            return encode(self, value, depth - 1)
        # a subclass is taken for what it is made of, not for what its methods say
        for base, encode in _MADE_OF.items():
            if issubclass(kind, base):
                return encode(self, value, depth - 1)
        return self._asked(value, kind)

    def _asked(self, value: Any, kind: type) -> Encoded:
        """Return what can be asked for more, as the number by which it is."""
        if issubclass(kind, ModuleType):
            return {"t": "module", "v": str(value.__name__)}
        if kind is type and value in _TYPES:
            return {"t": "type", "v": value.__name__}
        if self._keep is None:
            return self._opaque(value)
        if kind.__module__ in _ITERATING and hasattr(kind, "__next__"):
            return {"t": "iterator", "v": self._keep(value), "name": kind.__name__}
        if inspect.iscoroutine(value) or isinstance(value, asyncio.Future):
            return {"t": "awaitable", "v": self._keep(value), "name": kind.__name__}
        if callable(value):
            name = str(getattr(value, "__name__", "") or kind.__name__)
            return {"t": "function", "v": self._keep(value), "name": name[:80]}
        return self._opaque(value)

    def count(self, size: int) -> None:
        """Take ``size`` bytes of what one value may have; raises :class:`NotPlainError`."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise NotPlainError("a value is too large to be passed on")

    def whole(self, number: int) -> Encoded:
        """Return a whole number of any length, as JSON."""
        number = int.__index__(number)
        if -_SHORT < number < _SHORT:
            return number
        bits = number.bit_length()
        if bits > MOST_BITS:
            raise NotPlainError("a whole number is too large to be passed on")
        self.count(bits // 4)
        return {"t": "int", "v": f"{number:x}"}

    def text(self, value: str) -> str:
        """Return a text as it is, counted."""
        self.count(str.__len__(value))
        return str.__str__(value)

    def _of_numpy(self, value: Any, depth: int) -> Encoded | None:
        numpy = sys.modules.get("numpy")  # without it, nothing can be an array
        kind = type(value)
        if numpy is None or not issubclass(kind, (numpy.ndarray, numpy.generic)):
            return None
        if kind is numpy.ma.MaskedArray:
            raise NotPlainError("an array with a mask is no plain value")
        self.count(int(value.nbytes))
        array = numpy.ascontiguousarray(numpy.array(value, subok=False))
        made = "scalar" if issubclass(kind, numpy.generic) else "array"
        if kind is numpy.matrix:
            made = "matrix"
        encoded = {"t": made, "shape": list(numpy.shape(value))}
        if array.dtype.kind == "O":
            items = [self.part(item, depth - 1) for item in array.ravel().tolist()]
            return {**encoded, "t": "objects", "v": items}
        if array.dtype.kind not in _NUMERIC:
            raise NotPlainError(f"an array of {array.dtype} is no plain value")
        content = base64.b64encode(array.tobytes()).decode()
        return {**encoded, "dtype": array.dtype.str, "v": content}


# --- how the values of each type go


def _items(tag: str, iterate: Callable[[Any], Any]) -> Callable[[Encoder, Any, int], Encoded]:
    def encode(encoder: Encoder, value: Any, depth: int) -> Encoded:
        return {"t": tag, "v": [encoder.part(item, depth) for item in iterate(value)]}

    return encode


def _pairs(encoder: Encoder, value: Any, depth: int) -> list[Encoded]:
    return [
        [encoder.part(key, depth), encoder.part(item, depth)] for key, item in dict.items(value)
    ]


def _mapping(tag: str) -> Callable[[Encoder, Any, int], Encoded]:
    def encode(encoder: Encoder, value: Any, depth: int) -> Encoded:
        return {"t": tag, "v": _pairs(encoder, value, depth)}

    return encode


def _said(tag: str, say: Callable[[Any], str]) -> Callable[[Encoder, Any, int], Encoded]:
    def encode(encoder: Encoder, value: Any, depth: int) -> Encoded:
        return {"t": tag, "v": encoder.text(say(value))}

    return encode


def _parts(tag: str, parts: Callable[[Any], Any]) -> Callable[[Encoder, Any, int], Encoded]:
    """Return how a value goes that is made of a few others."""

    def encode(encoder: Encoder, value: Any, depth: int) -> Encoded:
        return {"t": tag, "v": [encoder.part(item, depth) for item in parts(value)]}

    return encode


def _float(encoder: Encoder, value: float, depth: int) -> Encoded:
    number = float.__pos__(value)
    return number if number == number else {"t": "nan"}


def _fraction(encoder: Encoder, value: Fraction, depth: int) -> Encoded:
    # of what a subclass calls its numerator nothing is asked
    return {
        "t": "fraction",
        "v": [encoder.whole(int(value._numerator)), encoder.whole(int(value._denominator))],  # type: ignore[attr-defined]
    }


def _default_dict(encoder: Encoder, value: Any, depth: int) -> Encoded:
    factory = value.default_factory
    if factory is not None and factory not in _TYPES:
        raise NotPlainError("a dictionary with a default of its own is no plain value")
    name = None if factory is None else factory.__name__
    return {"t": "defaultdict", "v": _pairs(encoder, value, depth), "factory": name}


def _tuple(encoder: Encoder, value: Any, depth: int) -> Encoded:
    items = [encoder.part(item, depth) for item in tuple.__iter__(value)]
    kind, fields = type(value), vars(type(value)).get("_fields")
    named = kind is not tuple and isinstance(fields, tuple) and kind.__mro__[1] is tuple
    if named and len(fields) == len(items) and all(map(_is_field, fields)):
        return {"t": "namedtuple", "v": items, "name": kind.__name__, "fields": list(fields)}
    return {"t": "tuple", "v": items}


def _is_field(name: Any) -> bool:
    return type(name) is str and name.isidentifier() and not keyword.iskeyword(name)


def _zone(zone: datetime.tzinfo | None) -> Encoded:
    if zone is None:
        return None
    if type(zone) is zoneinfo.ZoneInfo and zone.key:
        return zone.key
    if type(zone) is datetime.timezone:
        return zone.utcoffset(None).total_seconds()
    raise NotPlainError("a time zone of its own is no plain value")


def _moment(encoder: Encoder, value: Any, depth: int) -> Encoded:
    said = value.replace(tzinfo=None, fold=0).isoformat()
    return {"t": type(value).__name__, "v": [said, value.fold, _zone(value.tzinfo)]}


def _path(encoder: Encoder, value: Any, depth: int) -> Encoded:
    return {"t": "path", "v": encoder.text(str(value)), "kind": type(value).__name__}


_EXACT: dict[type, Callable[[Encoder, Any, int], Encoded]] = {
    EllipsisType: lambda encoder, value, depth: {"t": "ellipsis"},
    slice: _parts("slice", lambda value: (value.start, value.stop, value.step)),
    bytearray: lambda encoder, value, depth: {
        "t": "bytearray",
        "v": encoder.text(base64.b64encode(value).decode()),
    },
    collections.OrderedDict: _mapping("ordereddict"),
    collections.Counter: _mapping("counter"),
    collections.defaultdict: _default_dict,
    collections.deque: _parts("deque", lambda value: (list(value), value.maxlen)),
    _VIEWS["keys"]: _items("keys", iter),
    _VIEWS["values"]: _items("values", iter),
    _VIEWS["items"]: _items("items", iter),
    datetime.datetime: _moment,
    datetime.time: _moment,
    datetime.date: _said("date", datetime.date.isoformat),
    datetime.timedelta: _parts(
        "timedelta", lambda value: (value.days, value.seconds, value.microseconds)
    ),
    datetime.timezone: lambda encoder, value, depth: {"t": "timezone", "v": _zone(value)},
    zoneinfo.ZoneInfo: lambda encoder, value, depth: {"t": "timezone", "v": _zone(value)},
    uuid.UUID: _said("uuid", str),
    re.Pattern: _parts("pattern", lambda value: (value.pattern, value.flags)),
    SimpleNamespace: lambda encoder, value, depth: {
        "t": "namespace",
        "v": _pairs(encoder, vars(value), depth),
    },
    **dict.fromkeys(_PATHS.values(), _path),
}
"""Types whose own values go as they are, and no subclass's."""

_MADE_OF: dict[type, Callable[[Encoder, Any, int], Encoded]] = {
    int: lambda encoder, value, depth: encoder.whole(value),
    float: _float,
    str: lambda encoder, value, depth: encoder.text(value),
    complex: lambda encoder, value, depth: {
        "t": "complex",
        "v": [
            _float(encoder, complex.real.__get__(value), 0),
            _float(encoder, complex.imag.__get__(value), 0),
        ],
    },
    Fraction: _fraction,
    Decimal: _said("decimal", Decimal.__str__),
    bytes: lambda encoder, value, depth: {
        "t": "bytes",
        "v": encoder.text(base64.b64encode(bytes.__getitem__(value, slice(None))).decode()),
    },
    range: lambda encoder, value, depth: {
        "t": "range",
        "v": [encoder.whole(end) for end in (value.start, value.stop, value.step)],
    },
    list: _items("list", list.__iter__),
    tuple: _tuple,
    set: _items("set", set.__iter__),
    frozenset: _items("frozenset", frozenset.__iter__),
    dict: _mapping("dict"),
}
"""Types whose subclasses go as what they are made of."""


def is_plain(encoded: Encoded) -> bool:
    """Return whether an encoded value has nothing opaque in it.

    What a student's process sent may say anything: this holds of what the judge makes of it.
    """
    waiting = [encoded]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if item.get("t") == "opaque":
                return False
            waiting += [part for part in item.values() if isinstance(part, (dict, list))]
        elif isinstance(item, list):
            waiting += [part for part in item if isinstance(part, (dict, list))]
    return True


# --- back


StandIn = Callable[[str, int, str], Any]
"""Makes what stands for a ``function``, an ``iterator`` or an ``awaitable`` from this word, the
number by which it is asked, and its name."""


def decode(encoded: Encoded, stand_in: StandIn | None = None) -> Any:
    """Return the value that ``encoded`` describes, built from plain types alone.

    Raises :class:`NotPlainError` for anything that isn't in the format, whoever sent it.
    """
    try:
        return _Decoder(stand_in).part(encoded, LARGEST_DEPTH + 3)
    except NotPlainError:
        raise
    except (
        *(TypeError, ValueError, ArithmeticError, LookupError, AttributeError, re.error),
        zoneinfo.ZoneInfoNotFoundError,
    ) as problem:
        raise NotPlainError(f"a value came damaged: {type(problem).__name__}") from None


class _Decoder:
    def __init__(self, stand_in: StandIn | None) -> None:
        self._stand_in = stand_in

    def part(self, encoded: Encoded, depth: int) -> Any:
        if depth == 0:
            raise NotPlainError("a collection is too deep to be passed on")
        if encoded is None or isinstance(encoded, bool | int | float | str):
            return encoded
        kind = encoded["t"]
        if kind in ("function", "iterator", "awaitable") and self._stand_in is not None:
            return self._stand_in(kind, int(encoded["v"]), str(encoded["name"]))
        if kind in _EMPTY:
            return _EMPTY[kind]
        value = encoded["v"]
        if kind in _FROM_ITEMS:
            return _FROM_ITEMS[kind]([self.part(item, depth - 1) for item in value])
        if kind in _FROM_PAIRS:
            pairs = [(self.part(key, depth - 1), self.part(item, depth - 1)) for key, item in value]
            return _FROM_PAIRS[kind](pairs, encoded)
        if kind in _FROM_TEXT:
            return _FROM_TEXT[kind](value)
        if kind in _OTHERWISE:
            return _OTHERWISE[kind](self, encoded, depth - 1)
        if kind in ("series", "index", "range index", "multi index", "frame", "timestamp"):
            from sandgrader import frames

            return frames.decode(self.part, encoded, depth - 1)
        raise NotPlainError(f"a value of unknown kind {str(kind)[:40]!r} came")


def _made_named(items: list[Any], encoded: Mapping[str, Any]) -> Any:
    fields = encoded["fields"]
    if not all(map(_is_field, fields)) or not _is_field(encoded["name"]):
        raise NotPlainError("a tuple with names that are none came")
    return collections.namedtuple(encoded["name"], fields)(*items)


def _zone_from(said: Any) -> datetime.tzinfo | None:
    if said is None:
        return None
    if isinstance(said, str):
        return zoneinfo.ZoneInfo(said)
    return datetime.timezone(datetime.timedelta(seconds=said))


def _moment_from(kind: Any) -> Callable[[_Decoder, Any, int], Any]:
    def made(decoder: _Decoder, encoded: Any, depth: int) -> Any:
        said, fold, zone = encoded["v"]
        return kind.fromisoformat(said).replace(fold=fold, tzinfo=_zone_from(zone))

    return made


def _array(decoder: _Decoder, encoded: Any, depth: int) -> Any:
    import numpy as np

    shape = [int(length) for length in encoded["shape"]]
    if encoded["t"] == "objects":
        items = np.empty(len(encoded["v"]), dtype=object)
        for place, item in enumerate(encoded["v"]):
            items[place] = decoder.part(item, depth)
        return items.reshape(shape)
    dtype = np.dtype(encoded["dtype"])
    if dtype.kind not in _NUMERIC:
        raise NotPlainError("an array of objects came")
    flat = np.frombuffer(base64.b64decode(encoded["v"]), dtype=dtype)
    array = flat.reshape(shape).copy()
    if encoded["t"] == "matrix":
        return np.asmatrix(array)
    return array if encoded["t"] == "array" else array[()]


def _default_dict_from(pairs: list[Any], encoded: Mapping[str, Any]) -> Any:
    name = encoded["factory"]
    return collections.defaultdict(None if name is None else _BUILT_IN[name], pairs)


_EMPTY = {"nan": float("nan"), "ellipsis": ...}
_FROM_ITEMS: dict[str, Callable[[list[Any]], Any]] = {
    "complex": lambda items: complex(*items),
    "fraction": lambda items: Fraction(*items),
    "range": lambda items: range(*items),
    "slice": lambda items: slice(*items),
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": lambda items: collections.deque(*items),
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "items": lambda items: dict(items).items(),
    "timedelta": lambda items: datetime.timedelta(*items),
    "pattern": lambda items: re.compile(*items),
}
_FROM_PAIRS: dict[str, Callable[[list[Any], Mapping[str, Any]], Any]] = {
    "dict": lambda pairs, encoded: dict(pairs),
    "ordereddict": lambda pairs, encoded: collections.OrderedDict(pairs),
    "counter": lambda pairs, encoded: collections.Counter(dict(pairs)),
    "namespace": lambda pairs, encoded: SimpleNamespace(**dict(pairs)),
    "defaultdict": _default_dict_from,
}
_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "decimal": Decimal,
    "bytes": base64.b64decode,
    "bytearray": lambda text: bytearray(base64.b64decode(text)),
    "date": datetime.date.fromisoformat,
    "uuid": uuid.UUID,
    "timezone": _zone_from,
    "type": lambda text: _BUILT_IN[text],
    "module": lambda text: Opaque(f"module {str(text)[:80]}"),
    "opaque": lambda text: Opaque(str(text)[:80]),
}
_OTHERWISE: dict[str, Callable[[_Decoder, Any, int], Any]] = {
    "datetime": _moment_from(datetime.datetime),
    "time": _moment_from(datetime.time),
    "path": lambda decoder, encoded, depth: _PATHS[encoded["kind"]](encoded["v"]),
    "namedtuple": lambda decoder, encoded, depth: _made_named(
        [decoder.part(item, depth) for item in encoded["v"]], encoded
    ),
    **dict.fromkeys(("array", "scalar", "matrix", "objects"), _array),
}
