"""The event loop in which cells run, and which goes on between them, as a kernel's does.

A notebook's cell may ask for the running loop and start tasks without an ``await``; they go on
while the interpreter waits for its next order.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import signal
import socket
from collections.abc import Awaitable
from typing import Any


class RunningLoop:
    """One interpreter's event loop."""

    def __init__(self) -> None:
        # a selector without a descriptor of its own: a fork shares nothing with its parent; and not
        # poll, which fails where a cell has taken the right to open files from itself
        self._loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
        asyncio.set_event_loop(self._loop)

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Return what comes of an awaitable, which SIGINT interrupts wherever it is.

        Raises what it raises, ``KeyboardInterrupt`` where it was interrupted outside of itself.
        """
        task = asyncio.ensure_future(awaitable, loop=self._loop)

        def interrupt(*_: object) -> None:
            if asyncio.current_task(self._loop) is not None:
                raise KeyboardInterrupt
            self._loop.call_soon_threadsafe(task.cancel)  # all are waiting

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            while not task.done():
                try:
                    self._go_on_to(task)
                except KeyboardInterrupt:
                    task.cancel()  # where it isn't done, this came in somebody else's step
            return task.result()
        finally:
            signal.signal(signal.SIGINT, before)

    def wait_for(self, connection: socket.socket) -> None:
        """Go on with what cells have started until something can be read from ``connection``."""
        arrived = self._loop.create_future()

        def tell() -> None:
            if not arrived.done():
                arrived.set_result(None)

        self._loop.add_reader(connection, tell)
        try:
            while not arrived.done():
                with contextlib.suppress(KeyboardInterrupt):  # a task of a student's can raise it
                    self._go_on_to(arrived)
        finally:
            self._loop.remove_reader(connection)

    def _go_on_to(self, future: asyncio.Future[Any]) -> None:
        """Run until a future is done, or the loop was stopped by what runs in it."""
        try:
            self._loop.run_until_complete(future)
        except KeyboardInterrupt:
            raise
        except BaseException:  # the future's own, or what stops a loop: a task that exits
            if self._loop.is_closed():
                raise

    def after_fork(self) -> None:
        """Let go of what a fork shares with its parent: the pipe that wakes the loop up."""
        self._loop._close_self_pipe()  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):  # a cell may have taken the right to open anything
            self._loop._make_self_pipe()  # type: ignore[attr-defined]
