"""Whatever is sent: a message comes or is told to be lost, and the next one can be read."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrader import wire

FINE = {"next": "message"}


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = wire.pair()
    with ours, theirs:
        yield ours, theirs


def soon() -> float:
    return time.monotonic() + 30


def framed(content: bytes) -> bytes:
    return struct.pack("!Q", len(content)) + content


def depth_of(message: Any) -> int:
    """Return how many lists and objects are within each other, counted without recursion."""
    level, found = [message], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        found += 1
        level = [
            value for item in level for value in (item.values() if isinstance(item, dict) else item)
        ]
    return found


def nested(depth: int) -> Any:
    made: Any = []
    for _ in range(depth - 1):
        made = [made]
    return made


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_sent_comes(message: Any) -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        wire.send(theirs, message, deadline=soon())
        assert wire.Reader(ours).receive(soon()) == message


@given(st.lists(st.binary(max_size=60) | st.text(alphabet='[]{}",:0n').map(str.encode), max_size=5))
def test_after_anything_in_a_frame_the_next_message_is_read(frames: list[bytes]) -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        for content in frames:
            theirs.sendall(framed(content))
        wire.send(theirs, FINE, deadline=soon())
        reader = wire.Reader(ours)
        for content in frames:
            try:
                expected = json.loads(content)
            except ValueError:
                with pytest.raises(wire.LostMessageError):
                    reader.receive(soon())
            else:
                # NaN isn't equal to itself
                assert json.dumps(reader.receive(soon())) == json.dumps(expected)
        assert reader.receive(soon()) == FINE


@given(st.binary(max_size=200))
def test_anything_without_a_frame_ends_in_an_error_of_the_wire(content: bytes) -> None:
    ours, theirs = wire.pair()
    with ours:
        with theirs:
            theirs.sendall(content)
        reader = wire.Reader(ours)
        with pytest.raises(wire.WireError, match=r"the other side is gone|is too large"):
            _read_to_the_end(reader)


def _read_to_the_end(reader: wire.Reader) -> None:
    while True:
        with contextlib.suppress(wire.LostMessageError):
            reader.receive(soon())


@pytest.mark.parametrize("depth", [wire.LARGEST_DEPTH, 490, 900])
def test_what_is_nested_deeply_is_cut_where_it_is_too_deep(
    depth: int, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    theirs.sendall(framed(b"[" * depth + b"]" * depth))
    message = wire.Reader(ours).receive(soon())
    assert depth_of(message) == min(depth, wire.LARGEST_DEPTH + 1)
    assert json.dumps(message)


def test_brackets_without_number_cost_their_message_alone(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.sendall(framed(b"[" * 100_000))
    theirs.sendall(framed(json.dumps(FINE).encode()))
    reader = wire.Reader(ours)
    with pytest.raises(wire.LostMessageError, match="nested too deeply"):
        reader.receive(soon())
    assert reader.receive(soon()) == FINE


def test_lists_without_number_cost_their_message_alone(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_CONTAINERS", 10)
    ours, theirs = ends
    wire.send(theirs, [[]] * 10)
    wire.send(theirs, [[]] * 9)
    reader = wire.Reader(ours)
    with pytest.raises(wire.LostMessageError, match="more than 10 lists"):
        reader.receive(soon())
    assert reader.receive(soon()) == [[]] * 9


def test_a_message_that_is_too_large_costs_itself_and_not_the_next(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    reader = wire.Reader(ours, largest=1000)
    wire.send(theirs, "x" * 20_000)
    wire.send(theirs, FINE)
    with pytest.raises(wire.LostMessageError, match="larger than"):
        reader.receive(soon())
    assert reader.receive(soon()) == FINE


def test_a_large_message_that_comes_bit_by_bit_is_passed_over(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    reader = wire.Reader(ours, largest=1000)
    content = framed(json.dumps("x" * 5000).encode())
    for start in range(0, len(content), 700):
        with pytest.raises(wire.WireTimeoutError):
            reader.receive(time.monotonic())
        theirs.sendall(content[start : start + 700])
    wire.send(theirs, FINE)
    with pytest.raises(wire.LostMessageError):
        reader.receive(soon())
    assert reader.receive(soon()) == FINE


def test_an_absurd_length_ends_it_at_once(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    theirs.sendall(struct.pack("!Q", 10**18) + b"few")
    with pytest.raises(wire.WireError, match="too large") as told:
        wire.Reader(ours).receive(soon())
    assert not isinstance(told.value, wire.LostMessageError)


def test_who_no_longer_reads_is_not_waited_for(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    with pytest.raises(wire.WireTimeoutError):
        wire.send(ends[0], "x" * 2_000_000, deadline=time.monotonic() + 0.1)


@pytest.mark.parametrize("message", [nested(100_000), {1, 2}, b"bytes"])
def test_what_is_no_json_is_refused_before_anything_is_sent(
    message: Any, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    with pytest.raises(wire.UnsendableError):
        wire.send(theirs, message)
    wire.send(theirs, FINE)
    assert wire.Reader(ours).receive(soon()) == FINE


def test_what_is_too_large_is_refused_before_anything_is_sent(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LARGEST", 1000)
    ours, theirs = ends
    with pytest.raises(wire.UnsendableError, match="larger than"):
        wire.send(theirs, "x" * 1001)
    wire.send(theirs, FINE)
    assert wire.Reader(ours).receive(soon()) == FINE


def test_a_circle_is_refused(ends: tuple[socket.socket, socket.socket]) -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(wire.UnsendableError):
        wire.send(ends[0], circle)
