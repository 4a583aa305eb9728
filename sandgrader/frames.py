"""pandas' tables as JSON and back: columns of numbers, times, text, categories and plain objects.

A part of :mod:`~sandgrader.serialization`, which loads it only where pandas is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandgrader.serialization import Encoder

_BY_ITEM = ("object", "str", "string", "boolean", "Int", "UInt", "Float", "datetime64[")
"""How the names of the types begin whose columns go value by value."""

_NAMES = frozenset({
    *("Series", "DataFrame", "Index", "RangeIndex", "DatetimeIndex", "TimedeltaIndex"),
    *("CategoricalIndex", "MultiIndex", "Timestamp", "Timedelta"),
})  # fmt: skip

Encoded = Any


def is_frame(value: Any) -> bool:
    """Return whether a value is pandas' own, and no subclass of a student's."""
    pd = sys.modules["pandas"]
    kind = type(value)
    return kind in (type(pd.NA), type(pd.NaT)) or (
        kind.__name__ in _NAMES and kind is getattr(pd, kind.__name__, None)
    )


def encode(encoder: Encoder, value: Any, depth: int) -> Encoded:
    """Return a table, a column, an index or a moment as JSON.

    Raises ``NotPlainError`` where what would arrive differs from it.
    """
    from sandgrader.serialization import NotPlainError, decode

    encoded = _encode(encoder, value, depth)
    if encoded["t"] in ("series", "frame"):
        arrived = decode(encoded)
        types = [arrived.dtypes, value.dtypes]
        if not arrived.equals(value) or str(types[0]) != str(types[1]):
            raise NotPlainError("a table can't be passed on as it is")
    return encoded


def _encode(encoder: Encoder, value: Any, depth: int) -> Encoded:
    pd = sys.modules["pandas"]
    name = type(value).__name__
    if name in ("Timestamp", "Timedelta"):
        return {"t": "timestamp", "kind": name, "v": value.isoformat()}
    if name in ("NAType", "NaTType"):
        return {"t": "timestamp", "kind": name, "v": ""}
    if isinstance(value, pd.Series):
        return {
            "t": "series",
            "v": _column(encoder, value, depth),
            "index": _encode(encoder, value.index, depth),
            "name": encoder.part(value.name, depth - 1),
        }
    if isinstance(value, pd.DataFrame):
        columns = [value.iloc[:, place] for place in range(value.shape[1])]
        return {
            "t": "frame",
            "v": [_column(encoder, column, depth) for column in columns],
            "index": _encode(encoder, value.index, depth),
            "columns": _encode(encoder, value.columns, depth),
        }
    if isinstance(value, pd.MultiIndex):
        names = [encoder.part(item, depth - 1) for item in value.names]
        rows = [encoder.part(item, depth - 1) for item in value.tolist()]
        return {"t": "multi index", "v": rows, "names": names}
    named = encoder.part(value.name, depth - 1)
    if isinstance(value, pd.RangeIndex):
        ends = [encoder.whole(end) for end in (value.start, value.stop, value.step)]
        return {"t": "range index", "v": ends, "name": named}
    return {"t": "index", "v": _column(encoder, value, depth), "name": named}


def _column(encoder: Encoder, column: Any, depth: int) -> Encoded:
    """Return the values of a column or an index, and their type."""
    from sandgrader.serialization import NotPlainError

    numpy, pd = sys.modules["numpy"], sys.modules["pandas"]
    dtype = column.dtype
    if isinstance(dtype, numpy.dtype) and dtype.kind != "O":
        return {"array": encoder.part(column.to_numpy(), depth - 1)}
    if isinstance(dtype, pd.CategoricalDtype):
        codes = column.cat.codes if isinstance(column, pd.Series) else column.codes
        return {
            "codes": encoder.part(numpy.asarray(codes), depth - 1),
            "categories": _column(encoder, dtype.categories, depth),
            "ordered": bool(dtype.ordered),
        }
    if not str(dtype).startswith(_BY_ITEM):
        raise NotPlainError(f"a column of {dtype} is no plain value")
    items = [encoder.part(item, depth - 1) for item in column.tolist()]
    return {"items": items, "dtype": str(dtype)}


def decode(part: Callable[[Encoded, int], Any], encoded: Encoded, depth: int) -> Any:
    """Return the table, column, index or moment that ``encoded`` describes.

    ``part`` decodes a value within it. Raises what pandas raises where it is damaged.
    """
    import pandas as pd

    value = encoded["v"]
    match encoded["t"]:
        case "timestamp":
            return {
                "Timestamp": pd.Timestamp,
                "Timedelta": pd.Timedelta,
                "NAType": lambda said: pd.NA,
                "NaTType": lambda said: pd.NaT,
            }[encoded["kind"]](value)
        case "series":
            index = decode(part, encoded["index"], depth)
            return pd.Series(
                _column_from(part, value, depth), index=index, name=part(encoded["name"], depth)
            )
        case "frame":
            index = decode(part, encoded["index"], depth)
            columns = dict(enumerate(_column_from(part, column, depth) for column in value))
            frame = pd.DataFrame(columns, index=index)
            frame.columns = decode(part, encoded["columns"], depth)
            return frame
        case "multi index":
            names = [part(item, depth) for item in encoded["names"]]
            return pd.MultiIndex.from_tuples([part(item, depth) for item in value], names=names)
        case "range index":
            ends = [part(end, depth) for end in value]
            return pd.RangeIndex(*ends, name=part(encoded["name"], depth))
        case _:
            return pd.Index(_column_from(part, value, depth), name=part(encoded["name"], depth))


def _column_from(part: Callable[[Encoded, int], Any], said: Any, depth: int) -> Any:
    import pandas as pd

    if "array" in said:
        return part(said["array"], depth)
    if "codes" in said:
        categories = pd.Index(_column_from(part, said["categories"], depth))
        codes = part(said["codes"], depth)
        return pd.Categorical.from_codes(codes, categories, ordered=said["ordered"])
    if not str(said["dtype"]).startswith(_BY_ITEM):
        raise ValueError(said["dtype"])
    return pd.array([part(item, depth) for item in said["items"]], dtype=said["dtype"])
