"""Values of the standard library's and pandas' own types, taken apart into plain ones and rebuilt.

Right answers come as generators, views of a dictionary, deques, paths, dates, series and tables
too. Whoever sends one says what is in it; whoever receives it builds a new one from that. Exact
types alone: an object of a student's own class is never among them, nor anything in one.
"""

from __future__ import annotations

import collections
import datetime
import itertools
import pathlib
import sys
import types
from collections.abc import Callable
from typing import Any

MOST_TAKEN = 100_000
"""Values that are taken out of an iterator; one that goes on without end is none of these."""

Part = Callable[[Any], Any]
"""Encodes or decodes what a value is made of."""

_VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
_ITERATORS: tuple[type, ...] = (
    types.GeneratorType,
    zip,
    map,
    filter,
    enumerate,
    reversed,
    type(iter([])),
    type(iter(())),
    type(iter(set())),
    type(iter({})),
    type(iter({}.values())),
    type(iter({}.items())),
    type(iter("")),
    type(iter(b"")),
    type(iter(range(0))),
    type(reversed([])),
    itertools.chain,
    itertools.islice,
    itertools.accumulate,
    itertools.product,
    itertools.permutations,
    itertools.combinations,
    type(itertools.tee(())[0]),
)
_PATHS = {kind.__name__: kind for kind in (pathlib.PosixPath, pathlib.PurePosixPath)}
_TIMES: dict[str, Any] = {
    kind.__name__: kind for kind in (datetime.datetime, datetime.date, datetime.time)
}
_FACTORIES = {kind.__name__: kind for kind in (int, float, str, list, dict, set, bool)}
KINDS = frozenset(
    {"iterator", "view", "deque", "counter", "ordered", "default", "path", "time", "duration"}
    | {"bytearray", "series", "frame", "index", "dates", "objects"}
)
"""What :func:`taken_apart` makes."""


def is_iterator(value: Any) -> bool:
    """Return whether ``value`` is an iterator of a known type, which taking apart uses up."""
    return type(value) in _ITERATORS


def taken_apart(value: Any, part: Part, use_up: bool) -> dict[str, Any] | None:
    """Return what ``value`` is made of, or nothing where it is of no type that is known here.

    ``use_up`` allows to take what is in an iterator. Raises ``ValueError`` where that is too much.
    """
    kind = type(value)
    if kind in _VIEWS:
        return {"t": "view", "of": _VIEWS[kind], "v": [part(item) for item in value]}
    if kind in _ITERATORS and use_up:
        items = list(itertools.islice(value, MOST_TAKEN + 1))
        if len(items) > MOST_TAKEN:
            raise ValueError("an iterator is too long")
        return {
            "t": "iterator",
            "of": "generator" if kind is types.GeneratorType else "other",
            "v": [part(item) for item in items],
        }
    if kind is collections.deque:
        return {"t": "deque", "v": [part(item) for item in value], "most": part(value.maxlen)}
    if kind in (collections.Counter, collections.OrderedDict, collections.defaultdict):
        return _dictionary(value, part)
    if kind is bytearray:
        return {"t": "bytearray", "v": part(bytes(value))}
    if kind.__name__ in _PATHS and kind is _PATHS[kind.__name__]:
        return {"t": "path", "of": kind.__name__, "v": str(value)}
    if kind.__name__ in _TIMES and kind is _TIMES[kind.__name__]:
        return {"t": "time", "of": kind.__name__, "v": value.isoformat()}
    if kind is datetime.timedelta:
        return {"t": "duration", "v": [value.days, value.seconds, value.microseconds]}
    if "numpy" in sys.modules:
        made = _numpy(value, part)
        if made is not None:
            return made
    if "pandas" in sys.modules:
        return _pandas(value, part)
    return None


def _dictionary(value: Any, part: Part) -> dict[str, Any]:
    pairs = [[part(key), part(item)] for key, item in dict.items(value)]
    if type(value) is collections.Counter:
        return {"t": "counter", "v": pairs}
    if type(value) is collections.OrderedDict:
        return {"t": "ordered", "v": pairs}
    factory = value.default_factory
    known = factory is not None and _FACTORIES.get(getattr(factory, "__name__", "")) is factory
    return {"t": "default", "of": factory.__name__ if known else "", "v": pairs}


def _numpy(value: Any, part: Part) -> dict[str, Any] | None:
    import numpy as np

    if not isinstance(value, np.ndarray | np.generic):
        return None
    if value.dtype.kind in "mM":
        numbers = np.asarray(value).astype("int64")
        return {"t": "dates", "of": value.dtype.str, "v": part(numbers), "one": np.ndim(value) == 0}
    if value.dtype.kind == "O" and type(value) is np.ndarray:
        return {"t": "objects", "of": list(value.shape), "v": [part(item) for item in value.flat]}
    return None


def _pandas(value: Any, part: Part) -> dict[str, Any] | None:
    import pandas as pd

    def column(item: Any) -> Any:
        if item.dtype.kind in "biufcmM" and isinstance(item.to_numpy().dtype, type(item.dtype)):
            return ["array", part(item.to_numpy())]
        missing = item.isna()
        items = [None if gone else part(one) for one, gone in zip(item, missing, strict=True)]
        name = str(item.dtype)
        return [
            name if name in ("object", "string", "str", "Int64", "boolean") else "object",
            items,
        ]

    def index(item: Any) -> Any:
        if isinstance(item, pd.MultiIndex):
            names = [part(name) for name in item.names]
            return ["many", [part(tuple(one)) for one in item], names]
        if isinstance(item, pd.RangeIndex):
            return ["range", [item.start, item.stop, item.step], part(item.name)]
        return [*column(item), part(item.name)]

    if type(value) is pd.Timestamp and value.tz is None:
        return {"t": "time", "of": "Timestamp", "v": value.isoformat()}
    if type(value) is pd.Series:
        parts = {"index": index(value.index), "name": part(value.name)}
        return {"t": "series", "v": column(value), **parts}
    if type(value) is pd.DataFrame:
        columns = [column(value.iloc[:, place]) for place in range(value.shape[1])]
        return {
            "t": "frame",
            "v": columns,
            "index": index(value.index),
            "columns": index(value.columns),
        }
    if type(value) in (pd.Index, pd.RangeIndex, pd.DatetimeIndex, pd.MultiIndex):
        return {"t": "index", "v": index(value)}
    return None


def rebuilt(encoded: dict[str, Any], part: Part) -> Any:
    """Return the value that :func:`taken_apart` described.

    Raises ``TypeError``, ``ValueError`` or ``LookupError`` where that is no description.
    """
    kind, content = encoded["t"], encoded["v"]
    match kind:
        case "view":
            items = [part(item) for item in content]
            if encoded["of"] == "keys":
                return dict.fromkeys(items).keys()
            if encoded["of"] == "values":
                return dict(enumerate(items)).values()
            return dict(items).items()
        case "iterator":
            items = [part(item) for item in content]
            return (item for item in items) if encoded["of"] == "generator" else iter(items)
        case "deque":
            return collections.deque([part(item) for item in content], part(encoded["most"]))
        case "counter" | "ordered" | "default":
            pairs = [(part(key), part(item)) for key, item in content]
            if kind == "default":
                return collections.defaultdict(_FACTORIES.get(encoded["of"]), pairs)
            return (collections.Counter if kind == "counter" else collections.OrderedDict)(
                dict(pairs)
            )
        case "bytearray":
            return bytearray(part(content))
        case "path":
            return _PATHS[encoded["of"]](str(content))
        case "time" if encoded["of"] == "Timestamp":
            import pandas as pd

            return pd.Timestamp(str(content))
        case "time":
            return _TIMES[encoded["of"]].fromisoformat(str(content))
        case "duration":
            return datetime.timedelta(*content)
        case "dates" | "objects":
            return _numpy_rebuilt(encoded, part)
    return _pandas_rebuilt(encoded, part)


def _numpy_rebuilt(encoded: dict[str, Any], part: Part) -> Any:
    import numpy as np

    if encoded["t"] == "dates":
        dtype = np.dtype(encoded["of"])
        if dtype.kind not in "mM":
            raise ValueError("no dates")
        array = np.asarray(part(encoded["v"])).astype(dtype)
        return array[()] if encoded["one"] else array
    array = np.empty(len(encoded["v"]), dtype=object)
    for place, item in enumerate(encoded["v"]):
        array[place] = part(item)
    return array.reshape([int(length) for length in encoded["of"]])


def _pandas_rebuilt(encoded: dict[str, Any], part: Part) -> Any:
    import pandas as pd

    def column(said: Any) -> Any:
        name, items = said[0], said[1]
        if name == "array":
            return part(items)
        return pd.array([part(item) for item in items], dtype=str(name))

    def index(said: Any) -> Any:
        kind, items, name = said
        if kind == "range":
            return pd.RangeIndex(*items, name=part(name))
        if kind == "many":
            names = [part(item) for item in name]
            return pd.MultiIndex.from_tuples([part(item) for item in items], names=names)
        return pd.Index(column(said), name=part(name))

    match encoded["t"]:
        case "series":
            return pd.Series(
                column(encoded["v"]), index=index(encoded["index"]), name=part(encoded["name"])
            )
        case "frame":
            rows = index(encoded["index"])
            frame = pd.DataFrame(
                {place: column(item) for place, item in enumerate(encoded["v"])}, index=rows
            )
            frame.columns = index(encoded["columns"])
            return frame
        case "index":
            return index(encoded["v"])
    raise ValueError(f"no value of a known kind: {str(encoded['t'])[:40]}")
