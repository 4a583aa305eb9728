"""What each trait is in each state, stored once for each value, and a table's bytes.

A trait of thousands of states has few values, or many that are alike but for a number. So a text is
taken apart into sentences and numbers, a table into its rows, and each piece is a *column*: its
distinct values, and for each state which of them it is. A column that is the same along one of the
controls has no axis for it; that is found by looking at it.
"""

from __future__ import annotations

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
_PLAIN = re.compile(r"\d+(\.\d+)?")
_FEW = 6
"""Values of a text that aren't worth taking it apart."""
ESCAPE = chr(0xFFF0)
_MOVED = (
    (0x0000, 0x005F, 0x100), (0x2028, 0x2029, 0x1000), (0xD800, 0xDFFF, -0x8000),
    (0xFEFF, 0xFEFF, -0x8000), (0xFFF0, 0xFFFF, -0xF000),
)  # fmt: skip
"""Characters that a string in a script can't have, from and to, and how far they are moved."""


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

    def drop_first(self) -> None:
        """Take out the first axis, on which nothing depends."""
        self.all = [
            msgspec.structs.replace(column, axes=tuple(axis - 1 for axis in column.axes))
            for column in self.all
        ]

    def _kept(self, node: Node) -> Node:
        """Return a node with its columns numbered; those that are alike are kept once."""
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
        best: tuple[Node, int] = whole, _written(whole)[0]
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
                yield (
                    "text",
                    [list(column) for column in zip(*padded, strict=True)],
                    patterns[index + 1 :],
                )
                return
    elif all(isinstance(value, list) for value in values):
        most = max(map(len, values))
        inside = [item for value in values for item in value]
        if most > 1 and None not in inside and not _is_curve(inside):
            padded = [value + [None] * (most - len(value)) for value in values]
            yield "list", [list(column) for column in zip(*padded, strict=True)], patterns


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


def _steps(codes: Codes) -> Codes:
    """Return codes as steps from one to the next: 0, 1, 2 and 3 for 0, -1, 1 and -2."""
    flat = codes.ravel()
    step = np.diff(flat, prepend=0)
    return np.asarray(np.where(step < 0, -2 * step - 1, 2 * step))


def _ranked(column: Column) -> Column | None:
    """Return a column of numbers with its values in their order, or None for any other.

    Along a control most numbers rise or fall, so that a state's code is near its neighbour's.
    """
    sizes = [_size(value) for value in column.values]
    keys = [size for size in sizes if size is not None]
    if len(keys) <= _FEW or len(keys) < len(sizes):
        return None
    order = sorted(range(len(keys)), key=lambda at: keys[at])
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    return Column(column.axes, rank[column.codes], [column.values[at] for at in order])


def _size(value: Any) -> list[float] | None:
    """Return what a number, a row of numbers, or a number in a text is ordered by."""
    if isinstance(value, str):
        digits = value.strip(".,").replace(",", "")
        return [float(digits)] if _PLAIN.fullmatch(digits) else None
    if isinstance(value, list):
        return value if _is_curve(value) else None
    return [value] if _is_curve([value]) else None


def _bytes(numbers: Codes) -> bytes:
    """Return numbers in as many bytes each as the largest takes: one, two or four.

    All lowest bytes come first, then all of the next ones: they are alike among themselves.
    """
    raw = numbers.astype(f"<u{_width(numbers)}")
    return raw.view(np.uint8).reshape(-1, raw.itemsize).T.tobytes()


def _width(numbers: Codes) -> int:
    return next(size for size in (1, 2, 4) if int(numbers.max(initial=0)) < 256**size)


def _told(column: Column, codes: Codes, steps: bool) -> list[Any]:
    """Return what the head says of a column.

    The axes, the bytes of a code, whether codes are steps, whether the values are curves as
    differences, the values.
    """
    how = [list(column.axes), _width(codes), int(steps)]
    if are_curves(column.values):
        curves = packed_curves(column.values)
        if len(_json(curves)) < len(_json(column.values)):
            return [*how, 1, curves]
    return [*how, 0, column.values]


def _forms(column: Column) -> Iterable[tuple[list[Any], bytes]]:
    """Yield the ways in which a column can be written: what the head says, and the codes."""
    ahead = _ahead(column.codes)
    yield _told(column, ahead, steps=False), _bytes(ahead)
    ranked = _ranked(column)
    if ranked is not None:
        steps = _steps(ranked.codes)
        yield _told(ranked, steps, steps=True), _bytes(steps)


def _written(column: Column) -> tuple[int, list[Any], bytes]:
    """Return about how many bytes a column takes when it is compressed, and its best form."""
    best: tuple[int, list[Any], bytes] | None = None
    for head, codes in _forms(column):
        size = _packed_size(_json(head).encode()) + _packed_size(codes)
        if best is None or size < best[0]:
            best = (size, head, codes)
    if best is None:
        raise ValueError("a column without a form")
    return best


def _packed_size(raw: bytes) -> int:
    """Return about how many bytes these take when they are compressed; a part tells for all."""
    part = raw[:200_000]
    return round(len(zlib.compress(part, 6)) * len(raw) / max(1, len(part)))


def packed(shape: Sequence[int], nodes: Sequence[Node], columns: Columns) -> bytes:
    """Return a table as gzip of a head in JSON and the columns' codes behind it.

    ``shape`` is that of the states, ``nodes`` are the traits' in their order.
    """
    written = [_written(column) for column in columns.all]
    head = {
        "shape": list(shape),
        "nodes": list(nodes),
        "columns": [item[1] for item in written],
    }
    text = _json(head).encode()
    body = b"".join(item[2] for item in written)
    whole = len(text).to_bytes(4, "little") + text + body
    return min((_zipped(whole, way) for way in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED)), key=len)


def _zipped(whole: bytes, strategy: int) -> bytes:
    """Return bytes as gzip, without a time, by one of the ways to look for what is alike."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, strategy=strategy)
    return pack.compress(whole) + pack.flush()


def as_text(raw: bytes) -> str:
    """Return bytes as text, two to a character, behind one for whether their number is odd.

    In UTF-16 that takes a thirtieth more than the bytes, where base64 takes a third. What can't
    stand in a script's string (quotes, ends of lines, halves of a character) is written as
    ``ESCAPE`` and another character.
    """
    units = np.frombuffer(raw + b"\0" * (len(raw) % 2), "<u2").astype(int).tolist()
    return ("b" if len(raw) % 2 else "a") + "".join(map(_character, units))


def _character(unit: int) -> str:
    for first, last, moved in _MOVED:
        if first <= unit <= last:
            return ESCAPE + chr(unit + moved)
    return chr(unit)


def from_text(text: str) -> bytes:
    """Return the bytes behind :func:`as_text`."""
    units: list[int] = []
    escaped = False
    for character in text[1:]:
        unit = ord(character)
        if character == ESCAPE:
            escaped = True
            continue
        if escaped:
            found = (unit - by for first, last, by in _MOVED if first <= unit - by <= last)
            unit, escaped = next(found), False
        units.append(unit)
    raw = np.array(units, "<u2").tobytes()
    return raw[:-1] if text[0] == "b" else raw


class Table:
    """A table that is read back, as the page's script reads it."""

    def __init__(self, raw: bytes) -> None:
        whole = gzip.decompress(raw)
        length = int.from_bytes(whole[:4], "little")
        head = json.loads(whole[4 : 4 + length])
        self.shape: list[int] = head["shape"]
        self._nodes = head["nodes"]
        self._columns: list[Column] = []
        at = 4 + length
        for axes, width, steps, curves, values in head["columns"]:
            if curves:
                order, runs, rows = values
                values = [unpacked_curve(order, *pair) for pair in zip(runs, rows, strict=True)]
            shape = [self.shape[axis] for axis in axes]
            count = int(np.prod(shape, dtype=int))
            raw_codes = np.frombuffer(whole[at : at + count * width], np.uint8)
            at += count * width
            numbers = raw_codes.reshape(width, count).T.copy().view(f"<u{width}").ravel()
            codes = _summed(numbers.astype(int)) if steps else _back(numbers.astype(int))
            self._columns.append(Column(tuple(axes), codes.reshape(shape), values))

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


def _summed(steps: Codes) -> Codes:
    """Return the codes between which these are the steps."""
    return np.cumsum(np.where(steps % 2, -(steps + 1) // 2, steps // 2))


def _back(ahead: Codes) -> Codes:
    """Return the codes that lie so far below the next new one."""
    codes, new = np.empty_like(ahead), 0
    for at, below in enumerate(ahead.tolist()):
        codes[at] = new - below
        new += below == 0
    return codes
