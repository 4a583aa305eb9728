"""Workers of this machine: processes forked of the grader, which talks to them over sockets.

A fork has everything loaded, where a program that is started anew takes seconds for its imports;
and no port is opened that somebody could find. It isn't the grader that forks them when they are
needed, but its *nursery*: a process that it forks of itself at its very beginning, before it has a
lock, a gradebook or a second thread. So workers know no gradebook, and one that dies is replaced.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import struct
import threading
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NoReturn, Protocol

from sandgrader import namespaces, worker
from sandgrader.sandbox import SandboxError

MOST_DEATHS = 3
"""Workers that one task may take down before it is given up."""
_NUMBER = struct.Struct("!i")
_PATIENCE = 10
"""Seconds that workers get to end what they are doing."""


class KilledError(RuntimeError):
    """A task is given up: its workers ended, one after another."""


class Task(Protocol):
    """Something that a worker does."""

    key: str

    def result(self) -> Any:
        """Wait for what comes of it. Raises what it raises, or :class:`KilledError`."""

    def release(self) -> None:
        """Forget what came of it."""


class Workers(Protocol):
    """Processes that run functions with arguments that can be pickled."""

    size: int
    """How many there are."""
    here: bool
    """Whether they have this machine's environment, and no other."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Task:
        """Have a function called by a worker."""

    def first_done(self, tasks: Collection[Task]) -> Task:
        """Wait until one of some tasks is done, and return it."""


class NurseryError(RuntimeError):
    """No worker can be started any more."""


class Nursery:
    """The process that workers are forked of; it ends with the grader, and they with it."""

    def __init__(self) -> None:
        """Fork it. To be called before the grader opens anything that workers mustn't have."""
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with warnings.catch_warnings():
            # of threads that libraries have begun: they take no part in what workers do
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if self._process == 0:
            self._control.close()
            _tend(theirs)
        theirs.close()

    def bear(self) -> tuple[int, Connection]:
        """Return a new worker: its process, and the connection to it.

        Raises :class:`NurseryError`.
        """
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
                (process,) = _NUMBER.unpack(self._control.recv(_NUMBER.size))
        except (OSError, struct.error) as problem:
            ours.close()
            raise NurseryError(f"no worker can be started: {problem}") from None
        finally:
            theirs.close()
        return process, Connection(ours.detach())

    def close(self) -> None:
        """End it, when its workers have ended."""
        self._control.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)

    def __enter__(self) -> Nursery:
        """Return itself; it ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()


def _tend(control: socket.socket) -> NoReturn:
    """Fork a worker for each connection that comes, and stay until the last of them has ended."""
    try:
        namespaces.die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a terminal sends to all of a command
        signal.signal(signal.SIGCHLD, _reap)
        while True:
            message, files, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                break
            process = os.fork()
            if process == 0:
                control.close()
                _work(Connection(files[0]))
            os.close(files[0])
            control.sendall(_NUMBER.pack(process))
        signal.alarm(_PATIENCE)  # whoever hasn't ended by then ends with this process
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
    finally:
        os._exit(0)


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _work(connection: Connection) -> NoReturn:
    """Do what comes over a connection, one after another, until it is closed."""
    try:
        namespaces.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, _leave)
        with contextlib.suppress(EOFError, OSError, SystemExit):
            while True:
                function, arguments = connection.recv()
                try:
                    answer = True, function(*arguments)
                except SandboxError as problem:
                    answer = False, problem
                except Exception as problem:  # which may hold what can't be sent
                    answer = False, RuntimeError(f"{type(problem).__name__}: {problem}")
                connection.send(answer)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        worker.close()
    finally:
        os._exit(0)


def _leave(*_: object) -> NoReturn:
    raise SystemExit


class _LocalTask:
    def __init__(self, key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.key = key
        self.order = function, arguments
        self.deaths = 0
        self.done = threading.Event()
        self.answer: Any = None
        self.problem: Exception | None = None

    def end(self, answer: Any, problem: Exception | None = None) -> None:
        self.answer, self.problem = answer, problem
        self.done.set()

    def result(self) -> Any:
        self.done.wait()
        if self.problem is not None:
            raise self.problem
        return self.answer

    def release(self) -> None:
        self.answer = None


class LocalWorkers:
    """Workers of this machine, each born when there is something for it to do."""

    here = True

    def __init__(self, nursery: Nursery, size: int) -> None:
        self.size = size
        self._nursery = nursery
        self._keys = itertools.count()
        self._waiting: SimpleQueue[_LocalTask | None] = SimpleQueue()
        self._done: SimpleQueue[_LocalTask] = SimpleQueue()
        self._arrived: dict[str, _LocalTask] = {}
        self._connections: dict[int, Connection] = {}
        self._closing = False
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Task:
        """Have a function called by a worker."""
        task = _LocalTask(f"task-{next(self._keys)}", function, arguments)
        self._waiting.put(task)
        return task

    def first_done(self, tasks: Collection[Task]) -> Task:
        """Wait until one of some tasks is done, and return it."""
        while True:
            for task in tasks:
                if self._arrived.pop(task.key, None) is not None:
                    return task
            arrived = self._done.get()
            self._arrived[arrived.key] = arrived

    def _serve(self) -> None:
        """Give one worker after another what waits, in a thread."""
        at: tuple[int, Connection] | None = None
        while (task := self._waiting.get()) is not None and not self._closing:
            while not task.done.is_set():
                try:
                    at = at or self._born()
                    succeeded, answer = self._asked(at[1], task)
                except (EOFError, ConnectionError):  # it has ended in the middle of it
                    if at is not None:
                        self._connections.pop(at[0]).close()
                    at = None
                    task.deaths += 1
                    if task.deaths >= MOST_DEATHS or self._closing:
                        words = f"{task.deaths} of them ended while they ran it"
                        task.end(None, KilledError(words))
                except Exception as problem:  # what came can't be read, or nobody comes any more
                    task.end(None, problem)
                else:
                    task.end(*((answer, None) if succeeded else (None, answer)))
            self._done.put(task)

    def _born(self) -> tuple[int, Connection]:
        process, connection = self._nursery.bear()
        self._connections[process] = connection
        return process, connection

    @staticmethod
    def _asked(connection: Connection, task: _LocalTask) -> tuple[bool, Any]:
        connection.send(task.order)
        succeeded, answer = connection.recv()
        return succeeded, answer

    @property
    def processes(self) -> list[int]:
        """The processes of those that have been born."""
        return [*self._connections]

    def close(self) -> None:
        """End them, in the middle of what they do."""
        self._closing = True
        for _ in self._threads:
            self._waiting.put(None)
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        for thread in self._threads:
            thread.join(_PATIENCE)
        for connection in [*self._connections.values()]:
            connection.close()


@contextmanager
def local_workers(nursery: Nursery, size: int) -> Iterator[LocalWorkers]:
    """Give workers of this machine, which end with the block."""
    workers = LocalWorkers(nursery, size)
    try:
        yield workers
    finally:
        workers.close()
