"""Messages between processes: JSON behind its length, over a Unix socket, with file descriptors.

JSON and not pickle: the other side may be a student's process. What comes from it is a plain tree
of limited depth, so that whoever walks it or writes it down again comes to an end. A message that
can't be kept costs itself: what comes behind it on the same connection can be read.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from typing import Any

_LENGTH = struct.Struct("!Q")
_CREDENTIALS = struct.Struct("3i")
_ROOM = socket.CMSG_SPACE(_CREDENTIALS.size)
_PIECE = 2**16
"""Bytes that are read at once. For more the C library asks the kernel for memory and gives it back,
each time, which takes longer than to read a message."""
MOST_FILES = 250
"""Open files that pass with one message; Linux takes 253."""
LARGEST = 64 * 2**20
"""Bytes of the largest message that is read."""
_HUGEST = 2**30
"""Bytes of the largest message that is passed over: nobody sends more than that and means it."""
LARGEST_DEPTH = 300
"""Lists and objects within each other, of a message that is read; what is deeper is left out."""
MOST_CONTAINERS = 2_000_000
"""Lists and objects in one message: each takes a hundred bytes of memory, and two of a message."""


class WireError(ConnectionError):
    """The other side is gone, or sent what is no message."""


class WireTimeoutError(WireError):
    """No message came in time, or the other side doesn't read what is sent to it."""


class LostMessageError(WireError):
    """A message came that can't be kept; the next one can be read."""


class UnsendableError(ValueError):
    """A message can't be sent, and nothing of it was; the words say why."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a connection that tells who writes to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def send(
    connection: socket.socket,
    message: Any,
    passed: list[int] | None = None,
    deadline: float | None = None,
) -> None:
    """Send a message, and the open files ``passed`` with it.

    Raises :class:`UnsendableError` for what is no JSON or too large; :class:`WireTimeoutError`
    where the other side hasn't taken it by ``deadline``, by ``time.monotonic``, after which the
    connection is of no use; and :class:`WireError` where the other side is gone.
    """
    content = _encoded(message)
    left = memoryview(_LENGTH.pack(len(content)) + content)
    try:
        if passed:
            left = left[socket.send_fds(connection, [left[: _LENGTH.size]], passed) :]
        while left:
            try:
                left = left[connection.send(left, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                _wait_for([], [connection], deadline, "it isn't taken in time")
    except WireError:
        raise
    except OSError as problem:
        raise WireError(f"the other side is gone: {problem}") from None


def _encoded(message: Any) -> bytes:
    try:
        content = json.dumps(message).encode()
    except RecursionError:
        raise UnsendableError("it is nested too deeply") from None
    except (TypeError, ValueError) as problem:  # of a kind that JSON doesn't have, or going round
        raise UnsendableError(str(problem)) from None
    if len(content) > LARGEST:
        raise UnsendableError(f"it is larger than {LARGEST / 2**20:.0f} MiB")
    return content


def _wait_for(
    read: list[socket.socket], written: list[socket.socket], deadline: float | None, late: str
) -> None:
    """Wait until a connection can be read or written. Raises :class:`WireTimeoutError`."""
    wait = None if deadline is None else max(0.0, deadline - time.monotonic())
    try:
        # poll refuses a process that has given up the right to open files
        ready = select.select(read, written, [], wait)
    except (OSError, ValueError) as problem:  # closed at this end
        raise WireError(f"the other side is gone: {problem}") from None
    if not any(ready):
        raise WireTimeoutError(late)


class Reader:
    """Reads messages of one connection, with a time limit and something to do meanwhile."""

    def __init__(self, connection: socket.socket, largest: int = LARGEST) -> None:
        self.connection = connection
        self.largest = largest
        self.sender = 0
        """Process id of the sender of the last message, where the connection tells."""
        self._buffer = bytearray()
        self._passed_over = 0
        """Bytes still to come of a message that isn't kept."""

    @property
    def has_begun(self) -> bool:
        """Whether something of the next message has been read from the connection."""
        return bool(self._buffer)

    def receive(self, deadline: float | None = None) -> Any:
        """Return the next message.

        ``deadline`` is by ``time.monotonic``, in seconds. What has come by then is kept, so that
        one can go on waiting.

        Raises :class:`WireTimeoutError` when it has passed, :class:`LostMessageError` for a message
        that is too large or no JSON, and :class:`WireError` where the other side is gone.
        """
        if not self._passed_over:
            self._fill(_LENGTH.size, deadline)
            (length,) = _LENGTH.unpack(self._buffer[: _LENGTH.size])
            if length <= self.largest:
                return self._message(_LENGTH.size + length, deadline)
            if length > _HUGEST:
                raise WireError(f"a message of {length} bytes is too large")
            self._passed_over = _LENGTH.size + length
        while self._passed_over:
            self._fill(1, deadline)
            here = min(len(self._buffer), self._passed_over)
            del self._buffer[:here]
            self._passed_over -= here
        raise LostMessageError(f"it was larger than {self.largest / 2**20:.0f} MiB")

    def _message(self, whole: int, deadline: float | None) -> Any:
        self._fill(whole, deadline)
        content = bytes(self._buffer[_LENGTH.size : whole])
        del self._buffer[:whole]
        brackets = content.count(b"[") + content.count(b"{")
        if brackets > MOST_CONTAINERS:
            raise LostMessageError(f"it had more than {MOST_CONTAINERS:,} lists and objects")
        try:
            message = json.loads(content)
        except RecursionError:
            raise LostMessageError("it was nested too deeply") from None
        except ValueError:
            raise LostMessageError("it was no message") from None
        if brackets > LARGEST_DEPTH:
            _cut(message)
        return message

    def _fill(self, size: int, deadline: float | None) -> None:
        while len(self._buffer) < size:
            _wait_for([self.connection], [], deadline, "nothing came in time")
            try:
                chunk, extra, _, _ = self.connection.recvmsg(_PIECE, _ROOM)
            except OSError as problem:
                raise WireError(f"the other side is gone: {problem}") from None
            if not chunk:
                raise WireError("the other side is gone")
            for level, kind, data in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    self.sender = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
            self._buffer += chunk


def _cut(message: Any) -> None:
    """Empty what lies too deep in a message: whatever reads on calls itself for each level."""
    level = [message]
    for _ in range(LARGEST_DEPTH):
        below: list[Any] = []
        for item in level:
            values = item.values() if isinstance(item, dict) else item
            below += [value for value in values if isinstance(value, dict | list)]
        level = below
        if not level:
            return
    for item in level:
        item.clear()


def receive_with_files(connection: socket.socket, most: int = 4) -> tuple[Any, list[int]]:
    """Return the next message and the open files that came with it.

    Raises :class:`WireError` where the other side is gone or sent no message.
    """
    header, files, _, _ = socket.recv_fds(connection, _LENGTH.size, most)
    if len(header) < _LENGTH.size:
        raise WireError("the other side is gone")
    (length,) = _LENGTH.unpack(header)
    content = bytearray()
    while len(content) < length:
        chunk = connection.recv(length - len(content))
        if not chunk:
            raise WireError("the other side is gone")
        content += chunk
    return json.loads(bytes(content)), files
