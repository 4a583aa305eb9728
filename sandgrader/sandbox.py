"""Starts warm processes in bubblewrap and watches over the interpreters that they fork.

What a sandbox sees: the Python environment, read-only; an empty folder of its own; nothing else. No
network, no course folder, no gradebook, no home. Where bubblewrap can't be used (it isn't there, or
the machine forbids user namespaces) interpreters are plain processes with limits, which
:data:`PLAIN_WARNING` says aloud: they can read whatever the grader's user can.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import psutil

from sandgrader import bubblewrap, namespaces, wire
from sandgrader.process_limits import ProcessLimit

Kind = Literal["bubblewrap", "plain"]
PLAIN_WARNING = (
    "NO SANDBOX: students' code runs as your own user, with your files and your network. "
    "Install bubblewrap (on Debian: sudo apt-get install bubblewrap) and allow user namespaces, "
    "or grade only work that you trust."
)
_SETTINGS = ("ld.so.cache", "alternatives", "fonts", "localtime", "magic")
"""What of ``/etc`` programs need; nothing private."""
_POLL_INTERVAL = 0.25  # seconds between two looks at what an interpreter takes
_GRACE_PERIOD = 3.0  # seconds that an interrupted cell has to stop by itself


class SandboxError(RuntimeError):
    """A sandbox can't be started; the message says why."""


class DiedError(Exception):
    """The interpreter is gone; the message says why."""


class CellTimeoutError(Exception):
    """A cell didn't end in time and was interrupted; ``outputs`` is what it left."""

    def __init__(self, outputs: list[dict[str, Any]], count: int | None) -> None:
        super().__init__("the cell took too long")
        self.outputs = outputs
        self.count = count


@dataclass(frozen=True)
class Limits:
    """What one interpreter may take."""

    cell_time: float = 30.0
    """Seconds for a cell."""
    notebook_time: float = 600.0
    """Seconds for all cells of a notebook."""
    memory: int = 2 * 2**30
    """Bytes for a process, and for all processes of an interpreter together."""
    disk: int = 256 * 2**20
    """Bytes of files."""
    processes: int = 64
    """Processes and threads."""
    output: int = 32 * 2**20
    """Bytes of a cell's outputs, on the wire."""


@dataclass(frozen=True)
class Environment:
    """What a sandbox sees besides the Python environment, and what is imported beforehand."""

    imports: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def _python_folders() -> list[Path]:
    """Return the folders that this Python needs, and this package's own."""
    return bubblewrap.outermost([*bubblewrap.python_folders(), Path(__file__).resolve().parent])


def _bubblewrap(environment: Environment, command: list[str]) -> list[str]:
    mounts = bubblewrap.Mounts()
    mounts.system()
    mounts.kernel()
    for folder in (Path("/tmp"), namespaces.WORK):
        mounts.in_memory(folder)
    mounts.folder(Path("/etc"))
    mounts.settings(_SETTINGS)
    for folder in (*_python_folders(), *map(Path, environment.readable)):
        mounts.read_only(folder)
    mounts.close(namespaces.WORK)
    line = [bubblewrap.PROGRAM, "--unshare-all", "--unshare-user", "--die-with-parent"]
    line += ["--new-session", "--uid", "1000", "--gid", "1000", "--hostname", "grader"]
    line += ["--clearenv"]
    for name, value in _variables(environment, str(namespaces.WORK)).items():
        line += ["--setenv", name, value]
    return [*line, *mounts.arguments, "--", *command]


def _variables(environment: Environment, home: str) -> dict[str, str]:
    """Return an interpreter's environment: nothing of the grader's own comes along."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "NBGRADER_EXECUTION": "autograde",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # a fork inherits no threads, and each submission has one core's worth
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **environment.variables,
    }


class WarmProcess:
    """A process with the imports done, from which interpreters are forked in milliseconds."""

    def __init__(self, kind: Kind, environment: Environment, timeout: float = 120.0) -> None:
        """Start it. Raises :class:`SandboxError` where it isn't up in ``timeout`` seconds."""
        self.kind = kind
        # an environment may lie where an interpreter gets an empty folder of its own
        readable = [*map(Path, environment.readable), *_python_folders()]
        self._readable = [str(item) for item in bubblewrap.outermost(readable)]
        self.modules: list[str] = []
        self._scratch = tempfile.TemporaryDirectory(prefix="grade-")
        self._work = str(namespaces.WORK) if kind == "bubblewrap" else self._scratch.name
        self._control, theirs = wire.pair()
        number = theirs.fileno()
        command = [sys.executable, "-m", "sandgrader.sandbox_worker", str(number)]
        environ: dict[str, str] | None = None
        if kind == "bubblewrap":
            command = _bubblewrap(environment, command)
        else:
            environ = _variables(environment, self._work)
        try:
            self._process = subprocess.Popen(
                command,
                pass_fds=[number],
                env=environ,
                cwd=self._scratch.name,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError as problem:
            raise SandboxError(f"{command[0]} can't be started: {problem.strerror}") from None
        finally:
            theirs.close()
        try:
            sandboxed = kind == "bubblewrap"
            wire.send(self._control, {"imports": environment.imports, "namespaces": sandboxed})
            ready = wire.Reader(self._control).receive(time.monotonic() + timeout)
        except wire.WireError:
            self._process.kill()
            said = self._process.communicate()[1].decode(errors="replace").strip()
            self.close()
            raise SandboxError(f"the sandbox didn't start: {said[-500:] or 'no answer'}") from None
        self.modules = list(ready["modules"])

    def fork(
        self,
        student: str,
        assignment: str,
        limits: Limits,
        *,
        judge: bool = False,
        snapshots: int = 0,
        seed: str = "",
    ) -> Interpreter:
        """Fork an interpreter. Raises :class:`SandboxError` where that fails."""
        ours, theirs = wire.pair()
        pairs = [wire.pair() for _ in range(min(snapshots, wire.MOST_FILES - 1))]
        order = {
            "namespaces": self.kind == "bubblewrap",
            "work": self._work if self.kind == "bubblewrap" else tempfile.mkdtemp(dir=self._work),
            "student": student,
            "assignment": assignment,
            "readable": self._readable,
            "judge": judge,
            "seed": seed,
            "memory": limits.memory,
            "disk": limits.disk,
            "processes": limits.processes,
        }
        passed = [theirs.fileno(), *(item[1].fileno() for item in pairs)]
        try:
            wire.send(self._control, order, passed)
        except wire.WireError as problem:
            ours.close()
            for item in pairs:
                item[0].close()
            raise SandboxError(f"an interpreter can't be forked: {problem}") from None
        finally:
            theirs.close()
            for item in pairs:
                item[1].close()
        return Interpreter(ours, [item[0] for item in pairs], limits)

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it and whatever was forked of it."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        shutil.rmtree(self._scratch.name, ignore_errors=True)
        self._scratch.cleanup()


class Answering(Protocol):
    """Answers what a judge's cell asks of a student's functions."""

    def answer(self, order: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Return what the function returned or raised, by ``deadline`` (``time.monotonic``)."""


class Interpreter:
    """One notebook's interpreter, seen from outside: cells go in, outputs come out.

    Any method raises :class:`DiedError` where the process is gone or had to be ended.
    """

    def __init__(
        self, connection: socket.socket, snapshots: list[socket.socket], limits: Limits
    ) -> None:
        self._connection = connection
        self._reader = wire.Reader(connection, limits.output)
        self._snapshots = snapshots
        self._calls: dict[int, _Calls] = {}
        self._limits = limits
        self._end = time.monotonic() + limits.notebook_time
        self.reaper = self._process = 0  # as this machine numbers them
        self._why = ""
        self._process_limit = ProcessLimit(limits.processes)
        try:
            self.reaper = self._greeted("reaper")
            self._process_limit.put(self.reaper)
            wire.send(connection, {"go": True})
            self._process = self._greeted("interpreter")
        except (wire.WireError, SandboxError) as problem:
            self.close()
            raise SandboxError(f"an interpreter didn't start: {problem}") from None

    def _greeted(self, who: str) -> int:
        hello = self._reader.receive(time.monotonic() + 60)
        if hello.get("hello") != who:
            raise SandboxError(str(hello.get("failed", "something else came first")))
        return self._reader.sender

    # --- what it is asked

    def write(self, files: Mapping[str, str], beside: bool = False) -> None:
        """Put files (their contents in base64) into its folder."""
        self._ask({"do": "files", "files": dict(files), "beside": beside}, 60)

    def run(
        self, source: str, calls: Answering | None = None
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Run a cell and return its outputs and its execution count.

        ``calls`` answers what the cell asks of a student's functions. Raises
        :class:`CellTimeoutError` where the cell took too long but could be interrupted.
        """
        self._send({"do": "run", "source": source})
        limit = min(self._limits.cell_time, max(0.1, self._end - time.monotonic()))
        deadline = time.monotonic() + limit
        while True:
            try:
                reply = self._wait(deadline)
            except wire.WireTimeoutError:
                reply = self._interrupt()
                raise CellTimeoutError(reply.get("outputs", []), reply.get("count")) from None
            if calls is None or "call" not in reply:
                return reply.get("outputs", []), reply.get("count")
            try:
                answer = calls.answer(reply, deadline)
            except wire.WireTimeoutError:
                # the judge is told, so that it stays whole for the next test
                self._send({"call": reply["call"], "error": [], "words": "it took too long"})
                reply = self._wait(time.monotonic() + _GRACE_PERIOD, kill=True)
                raise CellTimeoutError(reply.get("outputs", []), reply.get("count")) from None
            self._send({**answer, "call": reply["call"]})

    def execute(
        self, sources: list[str], kernel: dict[str, Any], settings: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Run cells in a kernel, and yield what comes out of each: its number, outputs and count.

        ``kernel`` is a kernelspec and ``settings`` nbgrader's configuration of its executor.
        """
        self._send({"do": "execute", "cells": sources, "kernel": kernel, "settings": settings})
        while True:
            try:
                reply = self._wait(self._end)
            except wire.WireTimeoutError:
                self._fail("the notebook took too long")
            if "cell" not in reply:
                break
            yield reply
        if reply.get("done") is not True:
            self._fail(str(reply.get("words") or "the kernel stopped"))

    def take(self, names: Iterable[str], snapshot: int) -> dict[str, Any]:
        """Return the answers of these names, as they are now, and the files that changed.

        Functions among them can be called in the snapshot of that number.
        """
        reply = self._ask({"do": "take", "names": list(names), "snapshot": snapshot}, 30)
        if reply.get("snapshot") is True:
            self.calls(snapshot).greet()
        return dict(reply)

    def bind(
        self, answers: Mapping[str, Any], names: Iterable[str], modules: Mapping[str, str]
    ) -> None:
        """Give ``names`` the answers that another interpreter's ``take`` returned, and no others.

        ``modules`` are names that this interpreter imports by itself.
        """
        order = {"answers": dict(answers), "names": list(names), "modules": dict(modules)}
        self._ask({"do": "bind", **order}, 30)

    def modules(self) -> list[str]:
        """Return the names of the modules that cells have imported."""
        return list(self._ask({"do": "modules"}, 30)["modules"])

    def calls(self, snapshot: int) -> _Calls:
        """Return what answers calls of a snapshot's functions."""
        if snapshot not in self._calls:
            reader = wire.Reader(self._snapshots[snapshot], self._limits.output)
            self._calls[snapshot] = _Calls(self, reader)
        return self._calls[snapshot]

    # --- how it is asked

    def _send(self, order: Any) -> None:
        try:
            wire.send(self._connection, order)
        except wire.WireError:
            self._fail("it stopped")

    def _ask(self, order: Any, seconds: float) -> Any:
        self._send(order)
        return self._wait(time.monotonic() + seconds, kill=True)

    def _wait(self, deadline: float, kill: bool = False) -> Any:
        try:
            return self.wait_for(self._reader, deadline)
        except wire.WireTimeoutError:
            if not kill:
                raise
            self._fail("it didn't answer")
        except wire.WireError as problem:
            self._fail(str(problem))

    def wait_for(self, reader: wire.Reader, deadline: float) -> Any:
        """Return a reader's next message, and look meanwhile at what the processes take."""
        while True:
            now = time.monotonic()
            try:
                reply = reader.receive(min(deadline, now + _POLL_INTERVAL))
            except wire.WireTimeoutError:
                self._check_usage()
                if time.monotonic() >= deadline:
                    raise
            else:
                if not isinstance(reply, dict):
                    raise wire.WireError("what came is no message")
                return reply

    def _check_usage(self) -> None:
        """End all of it where its processes are too many or take too much memory together."""
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = psutil.Process(self.reaper).children(recursive=True)
            if len(processes) > self._limits.processes:
                # they may be many more by now: only their first process ends them all at once
                os.kill(self.reaper, signal.SIGKILL)
                self._fail(f"it started more than {self._limits.processes} processes")
            memory = 0
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    # pages that forks share count once
                    memory += process.memory_full_info().pss
            if memory > self._limits.memory:
                self._fail(f"its processes took more than {self._limits.memory / 2**30:.3g} GiB")

    def _interrupt(self) -> Any:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGINT)
        try:
            return self._wait(time.monotonic() + _GRACE_PERIOD)
        except wire.WireTimeoutError:
            self._fail("a cell took too long and couldn't be interrupted")

    def _fail(self, why: str) -> Any:
        self._why = self._why or why
        # what it started goes with it; snapshots stay: what was right before counts
        kept = {self.reaper, *(calls.process for calls in self._calls.values())}
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.reaper).children(recursive=True):
                if process.pid not in kept:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
        raise DiedError(self._why)

    def close(self) -> None:
        """End the interpreter, its snapshots and every process that they left."""
        self._connection.close()
        for item in self._snapshots:
            item.close()
        with contextlib.suppress(psutil.NoSuchProcess):
            if self.reaper:
                reaper = psutil.Process(self.reaper)
                # in a namespace of its own the first process takes all others with it; the plain
                # fallback has to find them
                ended = [*reaper.children(recursive=True), reaper]
                for process in ended:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                psutil.wait_procs(ended, timeout=2)
        self._process_limit.close()

    def __enter__(self) -> Interpreter:
        """Return itself; it ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()


class _Calls:
    """Passes calls of a student's functions to the snapshot where they live."""

    def __init__(self, interpreter: Interpreter, reader: wire.Reader) -> None:
        self._interpreter = interpreter
        self._reader = reader
        self._dead = ""

    def greet(self) -> None:
        """Wait for the snapshot to say that it is there, and so which process it is."""
        try:
            self._interpreter.wait_for(self._reader, time.monotonic() + 10)
        except wire.WireError as problem:
            self._dead = f"its process stopped: {problem}"

    @property
    def process(self) -> int:
        """The snapshot's process."""
        return self._reader.sender

    def answer(self, order: Any, deadline: float) -> dict[str, Any]:
        """Return what the function returned or raised.

        Raises ``WireTimeoutError`` where it takes too long; the snapshot is then of no use.
        """
        if self._dead:
            return {"error": [], "words": self._dead}
        try:
            wire.send(self._reader.connection, order)
            reply = self._interpreter.wait_for(self._reader, deadline)
        except wire.WireTimeoutError:
            self._dead = "it took too long before"
            with contextlib.suppress(ProcessLookupError):
                if self._reader.sender:
                    os.kill(self._reader.sender, signal.SIGKILL)
            raise
        except (wire.WireError, DiedError) as problem:
            self._dead = f"its process stopped: {problem}"
            return {"error": [], "words": self._dead}
        return {key: reply[key] for key in ("value", "error", "words", "noisy") if key in reply}


def best_kind() -> tuple[Kind, str]:
    """Return the best sandbox that works here, and why it isn't bubblewrap if it isn't."""
    if shutil.which(bubblewrap.PROGRAM) is None:
        return "plain", "bubblewrap isn't installed"
    try:
        warm = WarmProcess("bubblewrap", Environment())
    except SandboxError as problem:
        return "plain", str(problem)
    try:
        warm.fork("somebody", "something", Limits()).close()
    except SandboxError as problem:
        return "plain", str(problem)
    finally:
        warm.close()
    return "bubblewrap", ""
