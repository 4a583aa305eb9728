"""Values that may pass from a student's process to the judge's: data, and functions to call.

A value is turned into JSON by whoever sends it and built anew by whoever receives it, from the
exact types below and no others, so that nothing a student defined (an ``__eq__`` that is always
true, a subclass that lies) comes along:

None, bool, int, float, complex, Fraction, Decimal, str, bytes, range, list, tuple, set, frozenset,
dict, NumPy arrays and scalars of numbers or text, and what ``library_values`` takes apart into
these (generators, deques, dates, pandas' tables among them). A function becomes a number by which
it can be called, a module its name, and anything else an :class:`Opaque` that knows only what it
was.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any, NoReturn

from sandgrader import library_values

LARGEST_DEPTH = 60
"""Containers within containers; JSON's own parser recurses too."""
MOST_ITEMS = 500_000
"""Values within one value, all containers counted."""
MOST_BYTES = 4 * 2**20
"""Of the texts and arrays within one value."""
_NUMERIC = "biufcSU"
"""NumPy's kinds of dtype that hold numbers or text: no objects, no structures."""

_OWN = frozenset({int, float, complex, str, bytes, range, list, tuple, set, frozenset, dict})
"""What needs no library to be taken apart."""

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

    ``keep`` is given each function and returns the number by which it can be called. ``use_up``
    allows to take what is in an iterator.
    """

    def __init__(
        self,
        keep: Callable[[Callable[..., Any]], int] | None = None,
        strict: bool = False,
        use_up: bool = False,
    ) -> None:
        self._keep = keep
        self._use_up = use_up
        self._strict = strict
        self._left, self._bytes_left = MOST_ITEMS, MOST_BYTES

    def encode(self, value: Any) -> Encoded:
        """Return ``value`` as JSON. Raises :class:`NotPlainError` if strict and it isn't plain."""
        self._left, self._bytes_left = MOST_ITEMS, MOST_BYTES
        try:
            return self._encode(value, LARGEST_DEPTH)
        except NotPlainError:
            if self._strict:
                raise
            return self._opaque(value)

    def _opaque(self, value: Any) -> Encoded:
        return {"t": "opaque", "v": str(type(value).__name__)[:80]}

    def _encode(self, value: Any, depth: int) -> Encoded:
        self._left -= 1
        if depth == 0 or self._left < 0:
            raise NotPlainError("a collection is too deep or too large to be passed on")
        if value is None or isinstance(value, bool):
            return value
        if type(value) not in _OWN:
            apart = self._take_apart(value, depth)
            if apart is not None:
                return apart
        numpy = sys.modules.get("numpy")  # without it, nothing can be an array
        if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
            return self._encode_numpy(value)
        # a subclass is taken for what it is made of, not for what its methods say
        if isinstance(value, int):
            # a number of more digits than Python prints can't be sent
            number = int.__index__(value)
            if number.bit_length() > 10_000:
                raise NotPlainError("an integer is too large to be passed on")
            return number
        if isinstance(value, float):
            return float.__pos__(value) if value == value else {"t": "nan"}
        if isinstance(value, str):
            self._count(str.__len__(value))
            return str.__str__(value)
        if isinstance(value, complex):
            return {"t": "complex", "v": [value.real, value.imag]}
        if isinstance(value, Fraction):
            return {"t": "fraction", "v": [int(value.numerator), int(value.denominator)]}
        if isinstance(value, Decimal):
            return {"t": "decimal", "v": str(value)}
        if isinstance(value, bytes):
            self._count(bytes.__len__(value))
            return {"t": "bytes", "v": base64.b64encode(bytes(value)).decode()}
        if isinstance(value, range):
            return {"t": "range", "v": [value.start, value.stop, value.step]}
        kinds: tuple[Any, ...] = (list, tuple, set, frozenset)
        for kind in kinds:
            if isinstance(value, kind):
                items = [self._encode(item, depth - 1) for item in kind.__iter__(value)]
                return {"t": kind.__name__, "v": items}
        if isinstance(value, dict):
            pairs = [
                [self._encode(key, depth - 1), self._encode(item, depth - 1)]
                for key, item in dict.items(value)
            ]
            return {"t": "dict", "v": pairs}
        if isinstance(value, ModuleType):
            return {"t": "module", "v": str(value.__name__)}
        if self._keep is not None and callable(value) and not isinstance(value, type):
            name = str(getattr(value, "__name__", "") or type(value).__name__)
            return {"t": "function", "v": self._keep(value), "name": name[:80]}
        if self._strict:
            raise NotPlainError(f"a {type(value).__name__} is no plain value")
        return self._opaque(value)

    def _take_apart(self, value: Any, depth: int) -> Encoded:
        try:
            return library_values.taken_apart(
                value, lambda item: self._encode(item, depth - 1), self._use_up
            )
        except NotPlainError:
            raise
        except Exception as problem:  # an iterator may raise anything
            raise NotPlainError(f"it can't be taken apart: {type(problem).__name__}") from None

    def _count(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise NotPlainError("a value is too large to be passed on")

    def _encode_numpy(self, value: Any) -> Encoded:
        import numpy as np

        scalar = isinstance(value, np.generic)
        self._count(int(value.nbytes))
        array = np.ascontiguousarray(np.array(value, subok=False))
        if array.dtype.kind not in _NUMERIC:
            raise NotPlainError(f"an array of {array.dtype} is no plain value")
        return {
            "t": "scalar" if scalar else "array",
            "dtype": array.dtype.str,
            "shape": list(np.shape(value)),
            "v": base64.b64encode(array.tobytes()).decode(),
        }


def decode(encoded: Encoded, function: Callable[[int, str], Any] | None = None) -> Any:
    """Return the value that ``encoded`` describes, built from plain types alone.

    ``function`` makes what stands for a function from its number and its name.

    Raises :class:`NotPlainError` for anything that isn't in the format, whoever sent it.
    """
    try:
        return _decode(encoded, function, LARGEST_DEPTH + 1)
    except NotPlainError:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as problem:
        raise NotPlainError(f"a value came damaged: {type(problem).__name__}") from None


def _decode(encoded: Encoded, function: Any, depth: int) -> Any:
    if depth == 0:
        raise NotPlainError("a collection is too deep to be passed on")
    if encoded is None or isinstance(encoded, bool | int | float | str):
        return encoded
    kind = encoded["t"]
    if kind == "nan":
        return float("nan")
    value = encoded["v"]
    match kind:
        case "complex":
            return complex(*value)
        case "fraction":
            return Fraction(*value)
        case "decimal":
            return Decimal(value)
        case "bytes":
            return base64.b64decode(value)
        case "range":
            return range(*value)
        case "list" | "tuple" | "set" | "frozenset":
            items = [_decode(item, function, depth - 1) for item in value]
            return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
        case "dict":
            return {
                _decode(key, function, depth - 1): _decode(item, function, depth - 1)
                for key, item in value
            }
        case "array" | "scalar":
            return _decode_numpy(encoded)
        case "function" if function is not None:
            return function(int(value), str(encoded["name"]))
        case "module":
            return Opaque(f"module {str(value)[:80]}")
        case "opaque":
            return Opaque(str(value)[:80])
    if kind in library_values.KINDS:
        try:
            return library_values.rebuilt(encoded, lambda item: _decode(item, function, depth - 1))
        except Exception as problem:
            raise NotPlainError(f"a value came damaged: {type(problem).__name__}") from None
    raise NotPlainError(f"a value of unknown kind {str(kind)[:40]!r} came")


def _decode_numpy(encoded: Encoded) -> Any:
    import numpy as np

    dtype = np.dtype(encoded["dtype"])
    if dtype.kind not in _NUMERIC:
        raise NotPlainError("an array of objects came")
    flat = np.frombuffer(base64.b64decode(encoded["v"]), dtype=dtype)
    array = flat.reshape([int(length) for length in encoded["shape"]]).copy()
    return array if encoded["t"] == "array" else array[()]
