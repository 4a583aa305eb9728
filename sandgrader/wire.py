"""Messages between processes: JSON behind its length, over a Unix socket, with file descriptors.

JSON and not pickle: the other side may be a student's process.
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
MOST_FILES = 250
"""Open files that pass with one message; Linux takes 253."""
LARGEST = 64 * 2**20
"""Bytes of the largest message that is read."""


class WireError(ConnectionError):
    """The other side is gone, or sent what is no message."""


class WireTimeoutError(WireError):
    """No message came in time."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a connection that tells who writes to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def send(connection: socket.socket, message: Any, passed: list[int] | None = None) -> None:
    """Send a message, and the open files ``passed`` with it.

    Raises :class:`WireError` where the other side is gone.
    """
    content = json.dumps(message).encode()
    try:
        header = _LENGTH.pack(len(content))
        if passed:
            socket.send_fds(connection, [header], passed)
        else:
            connection.sendall(header)
        connection.sendall(content)
    except OSError as problem:
        raise WireError(f"the other side is gone: {problem}") from None


class Reader:
    """Reads messages of one connection, with a time limit and something to do meanwhile."""

    def __init__(self, connection: socket.socket, largest: int = LARGEST) -> None:
        self.connection = connection
        self.largest = largest
        self.sender = 0
        """Process id of the sender of the last message, where the connection tells."""
        self._buffer = bytearray()

    def receive(self, deadline: float | None = None) -> Any:
        """Return the next message.

        ``deadline`` is by ``time.monotonic``, in seconds. What has come by then is kept, so that
        one can go on waiting.

        Raises :class:`WireTimeoutError` when it has passed, and :class:`WireError` where the
        other side is gone, or sent a message that is too large or no JSON.
        """
        self._fill(_LENGTH.size, deadline)
        (length,) = _LENGTH.unpack(self._buffer[: _LENGTH.size])
        if length > self.largest:
            raise WireError(f"a message of {length} bytes is too large")
        whole = _LENGTH.size + length
        self._fill(whole, deadline)
        content = bytes(self._buffer[_LENGTH.size : whole])
        del self._buffer[:whole]
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise WireError("what came is no message") from None

    def _fill(self, size: int, deadline: float | None) -> None:
        while len(self._buffer) < size:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self.connection], [], [], wait)[0]:
                raise WireTimeoutError("nothing came in time")
            try:
                chunk, extra, _, _ = self.connection.recvmsg(
                    2**20, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
            except OSError as problem:
                raise WireError(f"the other side is gone: {problem}") from None
            if not chunk:
                raise WireError("the other side is gone")
            for level, kind, data in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    self.sender = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
            self._buffer += chunk


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
