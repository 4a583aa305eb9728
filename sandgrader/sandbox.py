"""Starts warm processes in bubblewrap and watches over the interpreters that they fork.

What a sandbox sees: the Python environment, read-only; an empty folder of its own; nothing else. No
network, no course folder, no gradebook, no home. Where bubblewrap can't be used (it isn't there, or
the machine forbids user namespaces) interpreters are plain processes with limits, which
:data:`PLAIN_WARNING` says aloud: they can read whatever the grader's user can.

Graded as root, students' code runs as a user that nobody else is. Root is the owner of the kernel's
settings, and needs no right to write to what it owns.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import psutil

from sandgrader import bubblewrap, namespaces, system_calls, wire
from sandgrader.control_groups import ControlGroups
from sandgrader.leftovers import HeldTemporaryFolder
from sandgrader.submission_files import MOST_FILES

Kind = Literal["bubblewrap", "plain"]
TO_HAVE_ONE = (
    "Install bubblewrap (on Debian: sudo apt-get install bubblewrap) and allow user namespaces, "
    "or grade only work that you trust (--sandbox off)."
)
PLAIN_WARNING = (
    "NO SANDBOX: students' code runs as your own user (as nobody, where you are root), with this "
    f"machine's files and its network. {TO_HAVE_ONE}"
)
AS_ROOT = (
    "students' code runs as root, since {why}: where the sandbox has a hole, or there is none, it "
    "may change this machine. Grade as an ordinary user, or from an environment that everybody may "
    "read (outside of /root)"
)
READS_ALL = (
    "students' code may read every file of this machine, since {why}. Grade as an ordinary user, "
    "install bubblewrap, or grade from an environment that everybody may read (outside of /root)"
)
SEES_PROCESSES = (
    "students' code may read which processes run here and their command lines, since parts of this "
    "container's /proc are covered and the kernel lets nobody mount another one (docs/security.md)"
)
NO_FILTER = "system calls aren't filtered: there is no filter for this machine's architecture"
REFERENCE = "reference"
"""In the place of a student's id: the work is the reference solution, and nobody's."""
_FIRST_USER = 1_900_000_000
"""From here on numbers of users are nobody's: above those of containers, below the last."""
_NOBODY = 65534
_SETTINGS = ("ld.so.cache", "alternatives", "fonts", "localtime", "magic")
"""What of ``/etc`` programs need; nothing private."""
MOST_CARRIED = 128 * 2**20
"""Bytes of files that pass from one notebook to the next, or from the student's cells to tests."""
_PIECE_BYTES = 6 * 2**20
"""Bytes of a file that pass with one message."""
_PIECE = _PIECE_BYTES * 4 // 3
"""Characters of base64 that they take; a piece of these is base64 by itself."""
_POLL_INTERVAL = 0.25  # seconds between two looks at what an interpreter takes
_GRACE_PERIOD = 3.0  # seconds that an interrupted cell has to stop by itself
_PATIENCE = 4  # cells of a notebook that may use up the whole limit; the others have a tenth of it
_TAKING_TIME = 30.0  # seconds that an interpreter has to take what is sent to it
_LEAST = 0.1  # seconds for a cell: with less there is no use in beginning
_FOR_CELLS = 0.75  # of a submission's time, where its tests run after the cells of all notebooks
_STIR = 64 * 2**20  # bytes that an interpreter may take while it waits for its tests


_A_CELLS = "the limit for a cell"


class SandboxError(RuntimeError):
    """A sandbox can't be started; the message says why."""


class DiedError(Exception):
    """The interpreter is gone; the message says why."""


class LeftError(Exception):
    """Nobody waits for the answer of a call any more."""


class CellTimeoutError(Exception):
    """A cell didn't end in time and was interrupted; ``outputs`` is what it left.

    The message names the limit.
    """

    said = "a cell was interrupted after {}"

    def __init__(
        self, limit: str, outputs: list[dict[str, Any]] | None = None, count: int | None = None
    ) -> None:
        super().__init__(self.said.format(limit))
        self.is_nbgraders = limit.endswith(_A_CELLS)
        """Whether it is the limit that nbgrader has too."""
        self.outputs = outputs or []
        self.count = count


class NoTimeLeftError(CellTimeoutError):
    """A cell wasn't run: the time of its submission is over. The message names the limit."""

    said = "cells were not run, since the time was over ({})"


@dataclass(frozen=True)
class Limits:
    """What one interpreter may take."""

    cell_time: float = 30.0
    """Seconds for a cell."""
    notebook_time: float = 600.0
    """Seconds for all cells of a notebook."""
    submission_time: float = 900.0
    """Seconds for all code of a submission: every notebook, and each time that it is run."""
    memory: int = 2 * 2**30
    """Bytes for a process, and for all processes of an interpreter together."""
    disk: int = 256 * 2**20
    """Bytes of files."""
    processes: int = 64
    """Processes and threads."""
    output: int = 32 * 2**20
    """Bytes of a cell's outputs, on the wire."""


@dataclass(frozen=True)
class Deadline:
    """When the time of a submission's code is over, by ``time.monotonic``."""

    cells: float
    """When no cell runs any more."""
    limit: str
    """What that limit is called."""
    end: float
    """When the whole submission's is over, the tests' that run after the cells too."""

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the one that a submission has that begins now."""
        end = time.monotonic() + seconds
        return cls(end, f"{seconds:g} s, the limit for a submission", end)

    def for_cells(self, seconds: float) -> Deadline:
        """Return when cells have to be done, of the ``seconds`` in all, if tests run after them."""
        share = _FOR_CELLS * seconds
        limit = f"{share:g} s, what the cells of a submission have of its {seconds:g} s"
        return Deadline(self.end - seconds + share, limit, self.end)


@dataclass(frozen=True)
class Environment:
    """What a sandbox sees besides the Python environment, and what is imported beforehand."""

    imports: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def _python_folders() -> list[Path]:
    """Return the folders that this Python needs, and this package's own."""
    return bubblewrap.outermost([*bubblewrap.python_folders(), Path(__file__).resolve().parent])


def _bubblewrap(
    environment: Environment, command: list[str], who: _Who, scratch: Path
) -> list[str]:
    user = who.user
    (scratch / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (scratch / "nsswitch.conf").write_text("hosts: files\n")
    mounts = bubblewrap.Mounts()
    mounts.system()
    mounts.kernel(who.proc)
    mounts.no_files_among_devices()
    for folder in (Path("/tmp"), namespaces.WORK):
        mounts.in_memory(folder, 0o1777)
    mounts.folder(Path("/etc"))
    mounts.settings(_SETTINGS)
    for name in ("hosts", "nsswitch.conf"):
        mounts.read_only(scratch / name, Path("/etc", name))
    shown = [*_python_folders(), *map(Path, environment.readable)]
    for folder in bubblewrap.parents(shown):
        mounts.folder(folder, 0o755)
    for folder in shown:
        mounts.read_only(folder)
    mounts.close(namespaces.WORK)
    line = [bubblewrap.PROGRAM, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "grader"]
    if user is None:
        line += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    else:
        # root's own mounts lead through folders that are closed to others; what it needs for them
        # and to become somebody else is gone before anything is imported
        line += ["--cap-drop", "ALL"]
        for right in ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID"):
            line += ["--cap-add", right]
    line += ["--clearenv"]
    for name, value in _variables(environment, str(namespaces.WORK)).items():
        line += ["--setenv", name, value]
    return [*line, *mounts.arguments, "--", *command]


@dataclass(frozen=True)
class _Who:
    """Whom students' code runs as."""

    user: int | None
    """A number; none is whom the grader runs as."""
    proc: bubblewrap.Proc = "none"
    """Which ``/proc`` there is in bubblewrap; with none, it mounts its own as root."""
    reads_all: bool = False
    """Whether it keeps root's right to read everything."""
    lacks: str = ""
    """What that doesn't keep it from; ``{why}`` is why nobody better would do."""


def _who(kind: Kind) -> list[_Who]:
    """Return whom students' code may run as, best first."""
    if os.getuid() != 0:
        # where parts of /proc are covered (a container, a hub's sandbox) bubblewrap can't mount one
        nested = [_Who(None, "outer")] if kind == "bubblewrap" else []
        return [_Who(None, "own"), *nested]
    user = _FIRST_USER + os.getpid()
    # in a container there may be fewer users than that
    ranges = [map(int, line.split()) for line in _read_lines("/proc/self/uid_map")]
    if not any(first <= user < first + count for first, _, count in ranges):
        user = _NOBODY
    who = [_Who(user), _Who(None, "own", lacks=AS_ROOT)]
    if kind == "plain":
        who.insert(1, _Who(user, reads_all=True, lacks=READS_ALL))
    return who


def _read_lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


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
        self.lacks: list[str] = [] if system_calls.machine_is_known() else [NO_FILTER]
        """What it can't keep students' code from, in words for an instructor."""
        self._forks = 0
        why = ""
        *better, last = _who(kind)
        for who in (*better, last):
            try:
                self._start(environment, who, timeout)
            except SandboxError as problem:
                if who is last:
                    raise
                why = str(problem)
            else:
                if who.lacks:
                    self.lacks.append(who.lacks.format(why=why))
                break

    def _start(self, environment: Environment, who: _Who, timeout: float) -> None:
        self._who = who
        sandboxed = self.kind == "bubblewrap"
        self._folder = HeldTemporaryFolder()
        scratch = self._folder.path
        self._work = str(namespaces.WORK if sandboxed else scratch / "work")
        self._control, theirs = wire.pair()
        number = theirs.fileno()
        command = [sys.executable, "-m", "sandgrader.sandbox_worker", str(number)]
        environ: dict[str, str] | None = None
        if sandboxed:
            command = _bubblewrap(environment, command, who, scratch)
        else:
            environ = _variables(environment, self._work)
            os.mkdir(self._work, 0o700)
            if who.user is not None:
                scratch.chmod(0o711)
                os.chown(self._work, who.user, who.user)
        try:
            self._process = subprocess.Popen(
                command,
                pass_fds=[number],
                env=environ,
                cwd=scratch if sandboxed else self._work,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError as problem:
            self._folder.remove()
            raise SandboxError(f"{command[0]} can't be started: {problem.strerror}") from None
        finally:
            theirs.close()
        wanted = {
            "imports": environment.imports,
            "namespaces": sandboxed,
            "user": who.user,
            "reads_all": who.reads_all,
            "readable": [*self._readable, self._work],
        }
        try:
            wire.send(self._control, wanted)
            ready = wire.Reader(self._control).receive(time.monotonic() + timeout)
        except wire.WireError:
            self._process.kill()
            said = self._process.communicate()[1].decode(errors="replace").strip()
            self.close()
            raise SandboxError(f"the sandbox didn't start: {said[-500:] or 'no answer'}") from None
        if "failed" in ready:
            self.close()
            raise SandboxError(str(ready["failed"]))
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
        deadline: Deadline | None = None,
    ) -> Interpreter:
        """Fork an interpreter. Raises :class:`SandboxError` where that fails.

        Without a ``deadline`` it has the time of a submission that begins now.
        """
        deadline = deadline or Deadline.after(limits.submission_time)
        ours, theirs = wire.pair()
        pairs = [wire.pair() for _ in range(min(snapshots, wire.MOST_FILES - 1))]
        # the copies in which functions are called aren't the student's to answer for
        limits = replace(limits, processes=limits.processes + len(pairs))
        self._forks += 1
        sandboxed = self.kind == "bubblewrap"
        order = {
            "namespaces": sandboxed,
            "reads_all": self._who.reads_all,
            "work": self._work if sandboxed else f"{self._work}/{self._forks}",
            "student": student,
            "known_as": "" if student == REFERENCE else student,
            "assignment": assignment,
            "readable": self._readable,
            "judge": judge,
            "seed": seed,
            "memory": limits.memory,
            "disk": limits.disk,
            "processes": limits.processes,
            # the kernel looks at each process, also where nobody waits for it any more
            "processor": math.ceil(max(0.0, deadline.end - time.monotonic()) + _GRACE_PERIOD),
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
        snapshot_ends = [item[0] for item in pairs]
        forked = Interpreter(ours, snapshot_ends, limits, deadline, contained=sandboxed)
        if self._who.proc == "outer" and not forked.own_proc and SEES_PROCESSES not in self.lacks:
            self.lacks.append(SEES_PROCESSES)
        return forked

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
        self._folder.remove()


class Answering(Protocol):
    """Answers what a judge's cell asks of a student's functions."""

    def answer(
        self, order: dict[str, Any], deadline: float, left: Callable[[], bool]
    ) -> dict[str, Any]:
        """Return what the function returned or raised, by ``deadline`` (``time.monotonic``).

        Raises :class:`LeftError` where ``left`` says that nobody waits for it any more.
        """


class Interpreter:
    """One notebook's interpreter, seen from outside: cells go in, outputs come out.

    Any method raises :class:`DiedError` where the process is gone or had to be ended.
    """

    def __init__(
        self,
        connection: socket.socket,
        snapshots: list[socket.socket],
        limits: Limits,
        deadline: Deadline,
        *,
        contained: bool,
    ) -> None:
        self._connection = connection
        self._contained = contained  # whether its first process takes all others with it
        self._reader = wire.Reader(connection, limits.output)
        self._snapshots = snapshots
        self._calls: dict[int, _Calls] = {}
        self._limits = limits
        self._end = time.monotonic() + limits.notebook_time
        self._deadline = deadline
        self.resting: list[Interpreter] = []
        """Others of the submission, whose tests are still to run: they are looked at meanwhile."""
        self._most = limits.memory
        self.reaper = self._process = 0  # as this machine numbers them
        self.own_proc = False
        """Whether its ``/proc`` shows its own processes and no others."""
        self._why = ""
        self._waiting: deque[Any] = deque()  # messages that came while a call was answered
        self._late = 0  # cells that were interrupted
        # files count as memory there: they are kept in it
        self._groups = ControlGroups(limits.processes, limits.memory + limits.disk)
        self._deaths = 0  # processes ended for want of memory that were already told of
        try:
            self.reaper = self._greeted("reaper")
            self._groups.put(self.reaper)
            wire.send(connection, {"go": True})
            self._process = self._greeted("interpreter")
        except (wire.WireError, SandboxError) as problem:
            self.close()
            raise SandboxError(f"an interpreter didn't start: {problem}") from None

    def _greeted(self, who: str) -> int:
        hello = self._reader.receive(time.monotonic() + 60)
        if hello.get("hello") != who:
            raise SandboxError(str(hello.get("failed", "something else came first")))
        self.own_proc = self.own_proc or hello.get("own_proc") is True
        return self._reader.sender

    # --- what it is asked

    def write(self, files: Mapping[str, str | None], beside: bool = False) -> None:
        """Put files (their contents in base64) into its folder; those without one are removed."""
        if not files:
            return
        piece: dict[str, str | None] = {}
        size = 0
        for name, content in files.items():
            if content is None:
                piece[name] = None
                continue
            for start in range(0, len(content) or 1, _PIECE):
                part = content[start : start + _PIECE]
                if piece and (start or size + len(part) > _PIECE):
                    self._ask({"do": "files", "files": piece, "beside": beside}, 60)
                    piece, size = {}, 0
                if start:
                    self._ask({"do": "more", "name": name, "part": part, "beside": beside}, 60)
                else:
                    piece[name] = part
                    size += len(part)
        self._ask({"do": "files", "files": piece, "beside": beside}, 60)

    def _read(self, sizes: Any) -> dict[str, str]:
        """Return files that it has, in base64, piece by piece.

        It may be a student's own process that answers: what doesn't come as it was announced is
        left out.
        """
        files = {}
        left = MOST_CARRIED
        for name, size in [*sizes.items()][:MOST_FILES] if isinstance(sizes, dict) else ():
            if not isinstance(size, int) or not 0 <= size <= left:
                continue
            parts: list[str] = []
            for start in range(0, size, _PIECE_BYTES):
                order = {"do": "read", "name": name, "start": start, "bytes": _PIECE_BYTES}
                part = self._ask(order, 60).get("part")
                if not isinstance(part, str) or len(part) > _PIECE:
                    break
                parts.append(part)
            else:
                files[name] = "".join(parts)
                left -= size
        return files

    def run(
        self, source: str, calls: Answering | None = None
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Run a cell and return its outputs and its execution count.

        ``calls`` answers what the cell asks of a student's functions. Raises
        :class:`CellTimeoutError` where the cell took too long but could be interrupted, and
        :class:`NoTimeLeftError` where it wasn't run for want of time.
        """
        if self._deadline.cells - time.monotonic() < _LEAST:
            raise NoTimeLeftError(self._deadline.limit)
        seconds, limit = self._cell_limit()
        deadline = time.monotonic() + seconds
        try:
            self._send({"do": "run", "source": source}, seconds)
        except wire.UnsendableError as problem:
            return [_lost(f"This cell can't be run: {problem}.")], None
        while True:
            try:
                reply = self._wait(deadline)
            except wire.WireTimeoutError:
                self._late += 1
                reply = self._interrupt(limit)
                reply = reply if calls is None else self._end_of_cell(reply)
                raise CellTimeoutError(
                    limit, reply.get("outputs", []), reply.get("count")
                ) from None
            if calls is not None and "left" in reply:  # its answer was on its way already
                continue
            if calls is None or "call" not in reply:
                if "lost" in reply:
                    return [_lost(f"The outputs of this cell are lost: {reply['lost']}.")], None
                return reply.get("outputs", []), reply.get("count")
            left = _Left(self._reader, self._waiting, reply["call"])
            try:
                answer = calls.answer(reply, deadline, left)
            except LeftError:
                continue
            except wire.WireTimeoutError:
                self._late += 1
                reply = self._end_of_cell(reply)
                raise CellTimeoutError(
                    limit, reply.get("outputs", []), reply.get("count")
                ) from None
            self._send({**answer, "call": reply["call"]})

    def _end_of_cell(self, reply: dict[str, Any]) -> dict[str, Any]:
        """Return what comes at the end of a judge's cell whose time is over.

        It is told that no call is answered any more, so that it stays whole for the next test.
        """
        until = time.monotonic() + _GRACE_PERIOD
        while "call" in reply or "left" in reply:
            if time.monotonic() > until:
                self._fail("it went on calling")
            if "call" in reply:
                self._send({"call": reply["call"], "error": [], "words": "it took too long"})
            reply = self._wait(until, kill=True)
        return reply

    def _cell_limit(self) -> tuple[float, str]:
        """Return how many seconds the next cell has, and what that limit is called."""
        seconds = self._limits.cell_time
        limit = f"{seconds:g} s, {_A_CELLS}"
        if self._late >= _PATIENCE:
            seconds /= 10
            limit = f"{seconds:g} s, {_A_CELLS} after {_PATIENCE} that were interrupted"
        now = time.monotonic()
        if self._end - now < seconds:
            seconds = max(_LEAST, self._end - now)
            limit = f"{self._limits.notebook_time:g} s, the limit for a notebook"
        if self._deadline.cells - now < seconds:
            seconds, limit = max(_LEAST, self._deadline.cells - now), self._deadline.limit
        return seconds, limit

    def execute(
        self,
        sources: list[str],
        kernel: dict[str, Any],
        settings: dict[str, Any],
        tests: Iterable[int] = (),
        evidence: Mapping[str, str | None] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Run cells in a kernel, and yield what comes out of each: its number, outputs and count.

        ``kernel`` is a kernelspec and ``settings`` nbgrader's configuration of its executor. The
        files of ``evidence`` (as :meth:`write` takes them) are put back before each of ``tests``.
        """
        self._send({
            "do": "execute", "cells": sources, "kernel": kernel, "settings": settings,
            "tests": list(tests), "evidence": dict(evidence or {}),
        })  # fmt: skip
        while True:
            try:
                reply = self._wait(min(self._end, self._deadline.cells))
            except wire.WireTimeoutError:
                limit = f"{self._limits.notebook_time:g} s, the limit for a notebook"
                if self._deadline.cells < self._end:
                    limit = self._deadline.limit
                self._fail(f"its cells took longer than {limit}")
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
        # an interpreter may claim a snapshot for which it was given no connection
        taken = reply.get("snapshot") is True and snapshot < len(self._snapshots)
        if taken:
            self.calls(snapshot).greet()
        files: dict[str, str] = {}
        with contextlib.suppress(DiedError):  # the answers are there
            files = self._read(reply.get("files"))
        return {**reply, "snapshot": taken, "files": files}

    def bind(
        self,
        answers: Mapping[str, Any],
        names: Iterable[str],
        modules: Mapping[str, str],
        carried: Iterable[str] = (),
    ) -> None:
        """Give ``names`` the answers that another interpreter's ``take`` returned, and no others.

        ``modules`` are names that this interpreter imports by itself. Of those ``carried``,
        functions that the next cell calls see what it, or such a cell before it, bound them to.
        """
        order = {
            "answers": dict(answers), "names": list(names), "modules": dict(modules),
            "carried": list(carried),
        }  # fmt: skip
        self._ask({"do": "bind", **order}, 30)

    def modules(self) -> list[str]:
        """Return the names of the modules that cells have imported."""
        return list(self._ask({"do": "modules"}, 30).get("modules", []))

    def calls(self, snapshot: int) -> _Calls:
        """Return what answers calls of a snapshot's functions."""
        if snapshot not in self._calls:
            reader = wire.Reader(self._snapshots[snapshot], self._limits.output)
            self._calls[snapshot] = _Calls(self, reader)
        return self._calls[snapshot]

    # --- how it is asked

    def _send(self, order: Any, seconds: float = _TAKING_TIME) -> None:
        if self._why:
            raise DiedError(self._why)
        try:
            wire.send(self._connection, order, deadline=time.monotonic() + seconds)
        except wire.WireTimeoutError:
            self._fail("it no longer listened")
        except wire.WireError:
            self._fail("it stopped")

    def _ask(self, order: Any, seconds: float) -> Any:
        self._send(order)
        return self._wait(self.by(seconds), kill=True)

    def by(self, seconds: float) -> float:
        """Return when so many seconds are over, or soon after the submission's time is."""
        return min(time.monotonic() + seconds, self._deadline.end + _GRACE_PERIOD)

    def _wait(self, deadline: float, kill: bool = False) -> Any:
        if self._waiting:
            return self._waiting.popleft()
        try:
            return self.wait_for(self._reader, deadline)
        except wire.WireTimeoutError:
            if not kill:
                raise
            is_over = time.monotonic() > self._deadline.end
            over = f" before its time was over ({self._deadline.limit})" if is_over else ""
            self._fail(f"it didn't answer{over}")
        except wire.LostMessageError as problem:
            return {"lost": str(problem)}
        except wire.WireError as problem:
            self._fail(str(problem))

    def wait_for(
        self, reader: wire.Reader, deadline: float, left: Callable[[], bool] = lambda: False
    ) -> Any:
        """Return a reader's next message, and look meanwhile at what the processes take.

        Raises :class:`LeftError` as soon as ``left`` says that nobody waits for it any more.
        """
        while True:
            now = time.monotonic()
            try:
                reply = reader.receive(min(deadline, now + _POLL_INTERVAL))
            except wire.WireTimeoutError:
                self._check_usage()
                for other in self.resting:
                    with contextlib.suppress(DiedError):  # who asks it next is told so
                        other._check_usage()
                if left():
                    raise LeftError from None
                if time.monotonic() >= deadline:
                    raise
            else:
                if not isinstance(reply, dict):
                    raise wire.LostMessageError("it was no message")
                return reply

    def _check_usage(self) -> None:
        """End all of it where its processes are too many or take too much memory together."""
        if self._groups.memory_deaths() > self._deaths:
            self._fail(self._too_much_memory())
        if self._groups.hold_memory and self._groups.hold_processes:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = psutil.Process(self.reaper).children(recursive=True)
            if len(processes) > self._limits.processes:
                # they may be many more by now: only their first process ends them all at once
                os.kill(self.reaper, signal.SIGKILL)
                self._fail(f"it started more than {self._limits.processes} processes")
            if _memory_of(processes) > self._most:
                self._fail(self._too_much_memory())

    def _too_much_memory(self) -> str:
        return f"its processes took more than {self._most / 2**30:.3g} GiB of memory"

    def rest(self) -> int:
        """Have it take hardly more memory than it does now, until :meth:`wake`.

        Returns the bytes that its processes take.
        """
        taken = self._groups.memory_taken()
        if not self._groups.hold_memory:
            with contextlib.suppress(psutil.NoSuchProcess):
                taken = _memory_of(psutil.Process(self.reaper).children(recursive=True))
        self._most = min(self._most, taken + _STIR)
        self._groups.limit_memory(self._most)
        return taken

    def wake(self) -> None:
        """Let it have all that is an interpreter's again: its functions are called."""
        self._most = self._limits.memory
        self._groups.limit_memory(self._limits.memory + self._limits.disk)

    def _interrupt(self, limit: str) -> Any:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGINT)
        try:
            return self._wait(time.monotonic() + _GRACE_PERIOD)
        except wire.WireTimeoutError:
            self._fail(f"a cell couldn't be interrupted after {limit}")

    def _fail(self, why: str) -> Any:
        if self._groups.memory_deaths() > self._deaths:
            why = self._too_much_memory()
        self._why = self._why or why
        self._end_all_but_snapshots()
        # what a snapshot is asked later isn't to blame for these
        self._deaths = self._groups.memory_deaths()
        raise DiedError(self._why)

    def _end_all_but_snapshots(self) -> None:
        """End the interpreter and what it started; what was right before it failed counts."""
        kept = {self.reaper, *(calls.process for calls in self._calls.values())}
        end = time.monotonic() + _GRACE_PERIOD
        with contextlib.suppress(psutil.NoSuchProcess):
            reaper = psutil.Process(self.reaper)
            # one may have started another before it was ended itself
            while time.monotonic() < end:
                found = reaper.children(recursive=True)
                ended = [process for process in found if process.pid not in kept]
                if not ended:
                    break
                for process in ended:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                psutil.wait_procs(ended, timeout=max(0.0, end - time.monotonic()))

    def close(self) -> None:
        """End the interpreter, its snapshots and every process that they left."""
        self._connection.close()
        for item in self._snapshots:
            item.close()
        if self.reaper:
            self._end_processes()
            self.reaper = 0  # another process may get its number
        self._groups.close()

    def _end_processes(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            reaper = psutil.Process(self.reaper)
            # in a namespace of its own the first process takes all others with it, and looking for
            # them would read all of this machine's; the plain fallback has to find them
            ended = [reaper]
            if not self._contained:
                ended[:0] = reaper.children(recursive=True)
            for process in ended:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(ended, timeout=_GRACE_PERIOD)

    def __enter__(self) -> Interpreter:
        """Return itself; it ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()


def _memory_of(processes: Iterable[psutil.Process]) -> int:
    """Return the bytes that processes take together; pages that forks share count once."""
    memory = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            memory += process.memory_full_info().pss
    return memory


def _lost(words: str) -> dict[str, Any]:
    """Return what stands in the place of a cell's outputs.

    An error, so that a test whose outputs nobody has seen isn't taken for one that passed.
    """
    return {"output_type": "error", "ename": "OutputLost", "evalue": words, "traceback": [words]}


class _Calls:
    """Passes calls of a student's functions to the snapshot where they live."""

    def __init__(self, interpreter: Interpreter, reader: wire.Reader) -> None:
        self._interpreter = interpreter
        self._reader = reader
        self._dead = ""

    def greet(self) -> None:
        """Wait for the snapshot to say that it is there, and so which process it is."""
        try:
            self._interpreter.wait_for(self._reader, self._interpreter.by(30))
        except wire.WireError as problem:
            self._dead = f"its process stopped: {problem}"

    @property
    def process(self) -> int:
        """The snapshot's process."""
        return self._reader.sender

    def answer(
        self, order: Any, deadline: float, left: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """Return what the function returned or raised.

        Raises ``WireTimeoutError`` where it takes too long; the snapshot is then of no use. Where
        ``left`` says that nobody waits for it any more the function is interrupted, and that raises
        :class:`LeftError`; others of the snapshot can be called then.
        """
        if self._dead:
            return {"error": [], "words": self._dead}
        try:
            wire.send(self._reader.connection, order, deadline=deadline)
            reply = self._interpreter.wait_for(self._reader, deadline, left)
        except LeftError:
            self._interrupt()
            raise
        except wire.LostMessageError as problem:
            return {"error": [], "words": f"its answer can't be passed on: {problem}"}
        except wire.WireTimeoutError:
            self._dead = "it took too long before"
            self._signal(signal.SIGKILL)
            raise
        except (wire.WireError, DiedError) as problem:
            self._dead = f"its process stopped: {problem}"
            return {"error": [], "words": self._dead}
        told = ("value", "error", "words", "changed", "noisy")
        return {key: reply[key] for key in told if key in reply}

    def _interrupt(self) -> None:
        """Stop the function that runs, or all of the snapshot where it doesn't stop."""
        self._signal(signal.SIGINT)
        try:
            self._interpreter.wait_for(self._reader, time.monotonic() + _GRACE_PERIOD)
        except wire.LostMessageError:
            pass
        except wire.WireTimeoutError:
            self._dead = "it couldn't be interrupted before"
            self._signal(signal.SIGKILL)
        except (wire.WireError, DiedError) as problem:
            self._dead = f"its process stopped: {problem}"

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._reader.sender:
                os.kill(self._reader.sender, number)


class _Left:
    """Tells whether a judge's cell no longer waits for the answer of a call.

    An alarm of a test's own may have taken it out of the call, the cell may be over, or the process
    that it started to ask in its place may have ended. What comes from the judge meanwhile is kept.
    """

    def __init__(self, reader: wire.Reader, waiting: deque[Any], number: Any) -> None:
        self._reader = reader
        self._waiting = waiting
        self._number = number
        self._process = reader.sender

    def __call__(self) -> bool:
        """Return whether nobody waits."""
        with contextlib.suppress(wire.WireTimeoutError):
            while True:
                try:
                    reply = self._reader.receive(0.0)
                except wire.LostMessageError as problem:
                    reply = {"lost": str(problem)}
                except wire.WireTimeoutError:
                    raise
                except wire.WireError:  # who asks next is told so
                    return True
                self._waiting.append(reply if isinstance(reply, dict) else {})
        if any("call" not in reply and "left" not in reply for reply in self._waiting):
            return True
        if any(reply.get("left") == self._number for reply in self._waiting):
            return True
        return bool(self._process) and not psutil.pid_exists(self._process)


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
