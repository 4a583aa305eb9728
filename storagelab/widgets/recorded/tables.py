"""What each trait is in each state, stored once for each value, and a table's bytes.

A trait of thousands of states has few values, or many that are alike but for a number. So a text is
taken apart into sentences and numbers, a table into its rows, and each piece is a *column*: its
distinct values, and for each state which of them it is. A column that is the same along one of the
controls has no axis for it; that is found by looking at it.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from storagelab.widgets.recorded.curves import are_curves, packed_curves, unpacked_curve

Codes = npt.NDArray[np.int64]
"""For each state, on the axes of its controls, the number of a value."""
Node = Any
"""How a value is put together: a column's number, or a kind and its nodes."""

_SENTENCES = re.compile(r"(?<=[.;:,] )|(?<=>)|(?=<)")
_NUMBERS = re.compile(r"(\d[\d.,]*)")
_FEW = 6
"""Values of a text that aren't worth taking it apart."""


class Column(msgspec.Struct, frozen=True):
    """Some distinct values, and which of them holds where."""

    axes: tuple[int, ...]
    """Those that it depends on."""
    codes: Codes
    """On these axes, the numbers of the values."""
    values: list[Any]
    """As JSON has them."""


class Numbered:
    """Gives each value a number, in the order in which they come."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._known: dict[Any, int] = {}

    def number(self, key: Any, make: Callable[[], Any]) -> int:
        """Return the number of the value that ``key`` stands for; ``make`` makes a new one."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.values)
            self.values.append(make())
        return found


def renumbered(codes: Codes, values: Sequence[Any]) -> tuple[Codes, list[Any]]:
    """Return ``codes`` and ``values`` with equal values joined, in the order of their first use."""
    numbered = Numbered()
    merged = np.array([numbered.number(_json(value), lambda: 0) for value in values])
    joined = merged[codes]
    order, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    kept = [None] * len(order)
    sources = {int(number): at for at, number in reversed(list(enumerate(merged)))}
    for place, number in enumerate(order):
        kept[int(rank[place])] = values[sources[int(number)]]
    return rank[inverse].reshape(codes.shape), kept


def column_of(codes: Codes, values: Sequence[Any]) -> Column:
    """Return a column without the axes along which nothing changes."""
    codes, kept = renumbered(codes, values)
    axes = []
    for axis in range(codes.ndim):
        first = codes.take([0], axis)
        if codes.shape[axis] == 1 or (codes == first).all():
            codes = first
        else:
            axes.append(axis)
    return Column(tuple(axes), codes.reshape([codes.shape[axis] for axis in axes]), kept)


class Columns:
    """The columns of a table, and the nodes that are made of them."""

    def __init__(self) -> None:
        self.all: list[Column] = []
        self._known: dict[Any, int] = {}

    def add(self, codes: Codes, values: Sequence[Any]) -> Node:
        """Return the node of a trait that has ``values[codes]``, taken apart where that pays."""
        node, _ = self._best(codes, values, [_SENTENCES, _NUMBERS])
        return self._kept(node)

    def _kept(self, node: Node) -> Node:
        """Number the columns in a node, of which those that are alike are kept once."""
        if isinstance(node, Column):
            key = (node.axes, node.codes.tobytes(), _json(node.values))
            number = self._known.setdefault(key, len(self.all))
            if number == len(self.all):
                self.all.append(node)
            return number
        kind, parts = node
        return [kind, [self._kept(part) for part in parts]]

    def _best(
        self, codes: Codes, values: Sequence[Any], patterns: Sequence[re.Pattern[str]]
    ) -> tuple[Node, int]:
        """Return the node that takes the fewest bytes, with these."""
        whole = column_of(codes, values)
        best: tuple[Node, int] = whole, _bytes_of(whole)
        if len(whole.values) <= 1 or (best[1] < 200 and len(whole.values) <= _FEW):
            return best
        for kind, pieces, rest in _ways(whole.values, patterns):
            # what is taken apart is what is left of the whole, on the axes that it has
            found = [self._best(whole.codes, piece, rest) for piece in pieces]
            size = sum(item[1] for item in found)
            if size < 0.9 * best[1]:
                best = (kind, [_lifted(item[0], whole.axes) for item in found]), size
        return best


def _lifted(node: Node, axes: tuple[int, ...]) -> Node:
    """Return a node whose axes are numbered among ``axes``, with their own numbers."""
    if isinstance(node, Column):
        return msgspec.structs.replace(node, axes=tuple(axes[axis] for axis in node.axes))
    kind, parts = node
    return (kind, [_lifted(part, axes) for part in parts])


def _ways(
    values: Sequence[Any], patterns: Sequence[re.Pattern[str]]
) -> Iterable[tuple[str, list[list[Any]], Sequence[re.Pattern[str]]]]:
    """Yield the ways in which values can be taken apart: a kind, and the pieces of each place."""
    if all(isinstance(value, str) for value in values):
        for index, pattern in enumerate(patterns):
            split = [[piece for piece in pattern.split(value) if piece] for value in values]
            most = max(map(len, split))
            if most > 1:
                padded = [pieces + [""] * (most - len(pieces)) for pieces in split]
                yield "text", [list(column) for column in zip(*padded)], patterns[index + 1 :]
                return
    elif all(isinstance(value, list) for value in values):
        most = max(map(len, values))
        inside = [item for value in values for item in value]
        if most > 1 and None not in inside and not _is_curve(inside):
            padded = [value + [None] * (most - len(value)) for value in values]
            yield "list", [list(column) for column in zip(*padded)], patterns


def _is_curve(items: Sequence[Any]) -> bool:
    """Return whether these are the coordinates of points, of which each moves by itself."""
    return all(isinstance(item, float | int) and not isinstance(item, bool) for item in items)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _ahead(codes: Codes) -> Codes:
    """Return codes as how far they lie below the next new one: 0 for a value's first use."""
    flat = codes.ravel()
    highest = np.maximum.accumulate(flat) if flat.size else flat
    before = np.concatenate([[-1], highest[:-1]])
    return np.asarray(before + 1 - flat)


def _written(column: Column) -> bytes:
    """Return a column's codes as bytes: one for each, or two, or four; the lowest bytes first."""
    ahead = _ahead(column.codes)
    width = next(size for size in (1, 2, 4) if len(column.values) < 256**size)
    raw = ahead.astype(f"<u{width}")
    # all lowest bytes, then all of the next ones: they are alike among themselves
    return raw.view(np.uint8).reshape(-1, width).T.tobytes()


def _told(column: Column) -> list[Any]:
    """Return a column's axes and its values; of curves, as differences, also how many they are."""
    if are_curves(column.values):
        curves = packed_curves(column.values)
        if len(_json(curves)) < len(_json(column.values)):
            return [list(column.axes), curves, len(column.values)]
    return [list(column.axes), column.values]


def _bytes_of(column: Column) -> int:
    """Return about how many bytes a column takes when it is compressed."""
    values = _json(_told(column)).encode()
    if len(values) > 200_000:  # as much says how well the rest can be compressed
        share = len(values) / 100_000
        packed = share * len(zlib.compress(values[:100_000], 6))
    else:
        packed = float(len(zlib.compress(values, 6)))
    return int(packed) + len(zlib.compress(_written(column), 6))


def packed(shape: Sequence[int], nodes: Sequence[Node], columns: Columns) -> str:
    """Return a table as text: base64 of gzip of a head in JSON and the columns' codes behind it.

    ``shape`` is that of the states, ``nodes`` are the traits' in their order.
    """
    head = {
        "shape": list(shape),
        "nodes": list(nodes),
        "columns": [_told(item) for item in columns.all],
    }
    text = _json(head).encode()
    body = b"".join(map(_written, columns.all))
    whole = len(text).to_bytes(4, "little") + text + body
    return base64.b64encode(gzip.compress(whole, 9, mtime=0)).decode()


class Table:
    """A table that is read back, as the page's script reads it."""

    def __init__(self, text: str) -> None:
        whole = gzip.decompress(base64.b64decode(text))
        length = int.from_bytes(whole[:4], "little")
        head = json.loads(whole[4 : 4 + length])
        self.shape: list[int] = head["shape"]
        self._nodes = head["nodes"]
        self._columns: list[Column] = []
        at = 4 + length
        for axes, values, *curves in head["columns"]:
            if curves:
                order, runs, rows = values
                values = [unpacked_curve(order, *pair) for pair in zip(runs, rows, strict=True)]
            shape = [self.shape[axis] for axis in axes]
            count = int(np.prod(shape, dtype=int))
            width = next(size for size in (1, 2, 4) if len(values) < 256**size)
            raw = np.frombuffer(whole[at : at + count * width], np.uint8)
            at += count * width
            ahead = raw.reshape(width, count).T.copy().view(f"<u{width}").ravel().astype(int)
            self._columns.append(Column(tuple(axes), _back(ahead).reshape(shape), values))

    def value(self, trait: int, state: Sequence[int], choice: int = 0) -> Any:
        """Return what a trait is in a state, with the figure's own ``choice``."""
        node = self._nodes[trait]
        return self._made(node[choice] if len(node) > 1 else node[0], state)

    def _made(self, node: Node, state: Sequence[int]) -> Any:
        if isinstance(node, int):
            column = self._columns[node]
            return column.values[int(column.codes[tuple(state[axis] for axis in column.axes)])]
        kind, parts = node
        pieces = [self._made(part, state) for part in parts]
        if kind == "text":
            return "".join(pieces)
        return [piece for piece in pieces if piece is not None]


def _back(ahead: Codes) -> Codes:
    """Return the codes that lie so far below the next new one."""
    codes, new = np.empty_like(ahead), 0
    for at, below in enumerate(ahead.tolist()):
        codes[at] = new - below
        new += below == 0
    return codes
