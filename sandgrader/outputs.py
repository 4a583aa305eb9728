"""What a cell puts out, kept within limits: the beginning and the end of what is too long.

Whoever prints a million lines shows the result at the end of them, and the last frame of an
animation is the one that counts; so what is left out is the middle, with words that say so. They
are the same wherever outputs are cut: of a cell, of what a kernel passes on, of a submission.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_LINES = 980
"""Lines of both streams of a cell together; nbgrader's own limit (1,000) cuts off the end."""
MOST_TEXT = 200_000
"""Characters of a stream, and of an output's plain text."""
MOST_PIECES = 10_000
"""Pieces in which a stream's text is kept before they are joined: each takes room by itself."""
MOST_SHOWN = 8 * 2**20
"""Bytes of a cell's displays and results, as JSON."""
MOST_IN_ALL = 48 * 2**20
"""Bytes of the displays of one interpreter's cells; after that a cell keeps few of them."""
FEW = 100_000
"""Bytes of displays that each cell has, whatever came before."""
MOST_OUTPUTS = 1000
"""Outputs of a cell."""
MOST_DEEP = 60
"""Levels of what is within each other in an output's JSON."""
_MOST_METADATA = 100_000
_MOST_ERRORS = 50_000
"""Characters of an exception's words, and of a part of its traceback."""
_FIRST_WORDS = 1000
"""Characters of a result or an error that there is no room for."""
_WIDEST = 12
"""Characters that one takes as JSON at most."""
_GRADED = ("error", "execute_result")
"""Outputs by which a test is scored."""

Output = dict[str, Any]
"""An output of a code cell, as nbformat 4 writes it."""


def shortened(text: str, most: int = MOST_TEXT) -> str:
    """Return ``text`` with at most about ``most`` characters: its beginning and its end."""
    if len(text) <= most:
        return text
    end = text[len(text) - most // 2 :]
    return f"{text[: most // 2]}{_left_out(len(text) - most, 'characters')}{end}"


def _left_out(number: int, of_what: str) -> str:
    return f"\n... {number:,} {of_what} more than are kept: left out here ...\n"


LEFT_OUT = "\n... more than is kept: left out here ...\n"
"""Where nobody knows yet how much it will be."""


class Text:
    """What was written to a stream: its beginning, and its end as far as it is kept."""

    def __init__(self) -> None:
        self._head = ""
        self._pieces: list[str] = []  # what comes behind the beginning, cut only now and then
        self._size = self._dropped = 0

    def add(self, text: str) -> None:
        """Add what is written."""
        self._pieces.append(text)
        self._size += len(text)
        if self._size > MOST_TEXT or len(self._pieces) > MOST_PIECES:
            self._cut()

    def _cut(self) -> None:
        text = "".join(self._pieces)
        room = MOST_TEXT // 2 - len(self._head)
        self._head += text[:room]
        behind = text[room:]
        end = behind[max(0, len(behind) - MOST_TEXT // 2) :]
        self._dropped += len(behind) - len(end)
        self._pieces, self._size = [end], len(end)

    def lines(self) -> list[str]:
        """Return the lines that are kept, with words where some are left out."""
        self._cut()
        middle = _left_out(self._dropped, "characters") if self._dropped else ""
        return f"{self._head}{middle}{''.join(self._pieces)}".split("\n")


def _cut_lines(lines: list[str], most: int) -> str:
    if len(lines) > most:
        head, tail = lines[: most // 2], lines[-(most // 2) :]
        words = _left_out(len(lines) - len(head) - len(tail), "lines").strip("\n")
        lines = [*head, words, *tail]
    return "\n".join(lines)


@dataclass
class _Item:
    output: Output
    size: int = 0
    display_id: str | None = None


@dataclass
class Outputs:
    """What the running cell has put out so far."""

    updates: dict[str, Output] = field(default_factory=dict)
    """What takes the place of displays of earlier cells, by their ids."""
    _items: list[_Item] = field(default_factory=list)
    _streams: dict[str, Text] = field(default_factory=dict)
    _shown: int = 0
    _head: int | None = None
    """How many outputs are kept from the beginning; nothing is left out yet where there is none."""
    _dropped: int = 0
    _clear_before_next: bool = False
    _spent: int = 0
    """Bytes of displays in the cells before."""

    def start(self) -> None:
        """Begin a new cell."""
        self._spent += self._shown
        self._empty()
        self.updates = {}

    @property
    def noisy(self) -> bool:
        """Whether anything was written on standard error."""
        return "stderr" in self._streams

    def taken(self) -> list[Output]:
        """Return what the cell put out, and updates of what earlier ones did."""
        texts = {name: text.lines() for name, text in self._streams.items()}
        in_all = sum(map(len, texts.values()))
        said = []
        for place, item in enumerate(self._items):
            if self._dropped and place == self._head:
                said.append(_words(_left_out(self._dropped, "outputs")))
            output = item.output
            if output["output_type"] == "stream":
                lines = texts[output["name"]]
                others = in_all - len(lines)
                text = _cut_lines(lines, max(MOST_LINES - others, MOST_LINES // 2))
                output = {**output, "text": text}
            elif item.display_id is not None:
                output = {**output, "transient": {"display_id": item.display_id}}
            said.append(output)
        for display_id, output in self.updates.items():
            kind = "update_display_data"
            said.append({**output, "output_type": kind, "transient": {"display_id": display_id}})
        return said

    def stream(self, name: str, text: str) -> None:
        """Add text to standard output or standard error."""
        if not text:
            return
        if self._clear_before_next:
            self.clear(wait=False)
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Text()
            self._items.append(_Item({"output_type": "stream", "name": name, "text": ""}))
        stream.add(text)

    def show(self, output: Output, display_id: str | None = None, update: bool = False) -> None:
        """Add a result, a display or an error; ``update`` puts it in the place of earlier ones."""
        output, size = fitted(output)
        if display_id is not None:  # everything that is shown under it
            for item in self._items:
                if item.display_id == display_id:
                    self._shown += size - item.size
                    item.output = {**item.output, **_content(output)}
                    item.size = size
            if update and not any(item.display_id == display_id for item in self._items):
                self.updates.pop(display_id, None)
                if len(self.updates) < MOST_OUTPUTS:
                    self.updates[display_id] = output
        if not update:
            self._make_room()
            self._items.append(_Item(output, size, display_id))
            self._shown += size
        self._leave_out()

    def clear(self, wait: bool) -> None:
        """Take away what is there, at once or when the next output comes."""
        if wait:
            self._clear_before_next = True
        else:
            self._empty()

    def _empty(self) -> None:
        self._items, self._streams = [], {}
        self._shown, self._head, self._dropped = 0, None, 0
        self._clear_before_next = False

    def _make_room(self) -> None:
        if self._clear_before_next:
            self.clear(wait=False)

    def _leave_out(self) -> None:
        """Leave out of the middle what is more than is kept."""
        most = max(FEW, min(MOST_SHOWN, MOST_IN_ALL - self._spent))
        while self._shown > most or len(self._items) > MOST_OUTPUTS:
            if self._head is None:
                self._head = self._length_of_head(most // 2)
            place = self._first_to_go(self._head)
            if place is None:
                self._head = max(0, self._head - 1)
                place = self._first_to_go(self._head)
                if place is None and not self._head:
                    break
            if place is not None:
                self._shown -= self._items.pop(place).size
                self._dropped += 1

    def _length_of_head(self, most: int) -> int:
        size = 0
        for place, item in enumerate(self._items[: MOST_OUTPUTS // 2]):
            size += item.size
            if size > most:
                return place
        return MOST_OUTPUTS // 2

    def _first_to_go(self, head: int) -> int | None:
        many = sum(item.output["output_type"] in _GRADED for item in self._items) > 100
        for place in range(head, len(self._items) - 1):
            kind = self._items[place].output["output_type"]
            if kind == "display_data" or (many and kind in _GRADED):
                return place
        return None


class Room:
    """The room that is left for outputs, of a cell or of many.

    nbgrader reads a score from which kinds of outputs there are, and from the first result: of what
    there is no room for, one output of each kind and cell stays, in short.
    """

    def __init__(self, most: int) -> None:
        """Begin with room for ``most`` characters, as JSON."""
        self._left = most
        self._cut: set[tuple[Any, Any]] = set()

    def start(self) -> None:
        """Begin a new cell."""
        self._cut = set()

    def fit(self, outputs: Sequence[Output]) -> list[Output]:
        """Return the outputs that there is room for, as they are, and the others in short."""
        kept: list[Output] = []
        for output in outputs:
            size = _size(output)
            if size <= self._left:
                self._left -= size
                kept.append(output)
                continue
            for short in _in_short(output, self._left):
                kind = (short["output_type"], short.get("name"))
                if kind not in self._cut:
                    self._cut.add(kind)
                    self._left = max(0, self._left - _size(short))
                    kept.append(short)
        return kept


def _in_short(output: Output, left: int) -> list[Output]:
    """Return what stays of an output that is larger than ``left``."""
    words = {"output_type": "stream", "name": "stdout", "text": LEFT_OUT}
    match output["output_type"]:
        case "error":
            said = {name: shortened(output[name], _FIRST_WORDS) for name in ("ename", "evalue")}
            return [{"output_type": "error", "traceback": [LEFT_OUT], **said}]
        case "execute_result":
            # what is read as points is to be read as the same: no words come between
            plain = str(output["data"].get("text/plain", ""))[:_FIRST_WORDS]
            return [{**output, "data": {"text/plain": plain}, "metadata": {}}, words]
        case "stream":
            most = min(MOST_TEXT, left // _WIDEST)
            return [{**output, "text": shortened(output["text"], most)}]
    return [words]


def _content(output: Output) -> Output:
    return {key: output[key] for key in ("data", "metadata") if key in output}


def _words(text: str) -> Output:
    plain = {"text/plain": text.strip("\n")}
    return {"output_type": "display_data", "data": plain, "metadata": {}}


def fitted(output: Output) -> tuple[Output, int]:
    """Return an output that isn't too large to be kept, and its size in bytes of JSON."""
    if output["output_type"] == "error":
        lines = [shortened(line, _MOST_ERRORS) for line in output["traceback"]]
        if len(lines) > 200:
            lines = [*lines[:100], _left_out(len(lines) - 199, "parts").strip("\n"), *lines[-99:]]
        if sum(map(len, lines)) > MOST_TEXT:
            lines = [shortened(line, MOST_TEXT // len(lines)) for line in lines]
        output = {
            **output,
            "ename": shortened(output["ename"], 1000),
            "evalue": shortened(output["evalue"], _MOST_ERRORS),
            "traceback": lines,
        }
        return output, _size(output)
    data, too_large = {}, []
    for form, value in (output.get("data") or {}).items():
        if form == "text/plain" and isinstance(value, str):
            value = shortened(value)
        size = _size(value)
        if size <= MOST_SHOWN // 2:
            data[form] = value
        else:
            too_large.append(form)
    if too_large and "text/plain" not in data:
        data["text/plain"] = f"... {', '.join(too_large)}: larger than is kept, and left out ..."
    metadata = output.get("metadata") or {}
    output = {**output, "data": data, "metadata": metadata}
    if _size(metadata) > _MOST_METADATA:
        output["metadata"] = {}
    return output, _size(output)


def _size(value: Any) -> int:
    """Return the bytes of a value as JSON; more than anything where it is none that can be read."""
    if _is_too_deep(value):
        return 2**60
    try:
        return len(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return 2**60


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_DEEP):
        level = [
            part
            for item in level
            if isinstance(item, (dict, list))
            for part in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
