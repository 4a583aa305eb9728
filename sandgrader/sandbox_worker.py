"""What runs in a sandbox: a warm process that has done the imports, and interpreters forked of it.

One interpreter runs one notebook's cells, the student's or the judge's. It talks to the grader
over a socket that no other process has. Nothing in here is trusted once a student's cell has run:
whatever it sends is checked by who receives it, and it never is told anything that a student may
not know.

A student's functions are called in *snapshots*: where the grader takes the answers, the
interpreter forks, and the fork waits for calls with the notebook as it was at that cell. So a
function is judged as it stood there, and what it learns from its arguments reaches no cell.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import os
import random
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from sandgrader import namespaces, serialization, wire
from sandgrader.recorder import (
    OUTPUTS,
    RecordingShell,
    make_shell,
    run_cell,
    take_over_streams,
)

MOST_CARRIED = 32 * 2**20
"""Bytes of files that pass from one notebook to the next, or from the student's cells to tests."""


MOST_FILES = 2000
"""Files that pass at once."""


class CallError(Exception):
    """A student's function didn't answer; the words say why."""


def seed_everything(seed: str) -> None:
    """Make what nobody seeds the same in every run, as far as this can be had."""
    random.seed(seed)
    if "numpy" in sys.modules:
        import numpy as np
        from numpy.random import bit_generator

        np.random.seed(random.Random(seed).getrandbits(32))
        # an unseeded `default_rng()` asks the machine for its entropy by this name
        bit_generator.randbits = random.Random(seed).getrandbits  # type: ignore[attr-defined]


def main() -> None:
    """Do the imports that the grader names, then fork an interpreter for each that it asks for."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # it interrupts cells
    control = socket.socket(fileno=int(sys.argv[1]))
    wanted, _ = wire.receive_with_files(control)
    # NumPy in any case: what a notebook imports by itself nobody would have seeded
    for name in ("numpy", *wanted["imports"]):
        # a module that a course imports somewhere may fail by itself, and is then no loss
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    shell = make_shell()
    gc.collect()
    gc.freeze()  # shared pages stay shared: a fork's collector leaves them alone
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if wanted["namespaces"]:
        namespaces.hide_from_debuggers()
    wire.send(control, {"ready": True, "modules": sorted(sys.modules)})
    while True:
        try:
            order, files = wire.receive_with_files(control, most=wire.MOST_FILES)
        except (wire.WireError, OSError):
            return
        connection, *snapshots = (socket.socket(fileno=file) for file in files)
        if os.fork() == 0:
            control.close()
            _become_reaper(shell, connection, snapshots, order)
        for item in (connection, *snapshots):
            item.close()


def _become_reaper(
    shell: RecordingShell, connection: socket.socket, snapshots: list[socket.socket], order: Any
) -> None:
    """Make a world of its own, fork the interpreter into it, and stay until told to end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 1
    try:
        namespaces.die_with_parent()
        if order["namespaces"]:
            namespaces.hide_from_debuggers(False)
            namespaces.unshare()
            child = os.fork()  # the first process of its namespace: all others end with it
            if child:
                for item in (connection, *snapshots):
                    item.close()
                os.waitpid(child, 0)
                os._exit(0)
            namespaces.die_with_parent()
            namespaces.mount_own_folders(order["disk"], order["readable"])
            namespaces.drop_capabilities()
            namespaces.hide_from_debuggers()
        else:
            namespaces.become_subreaper()
        wire.send(connection, {"hello": "reaper"})
        wire.receive_with_files(connection)  # the word to go on, once it is where it belongs
        child = os.fork()
        if child == 0:
            namespaces.hide_from_debuggers(False)
            namespaces.die_with_parent()
            _become_interpreter(Interpreter(shell, connection, snapshots, order))
        for item in (connection, *snapshots):
            item.close()
        while True:  # reap whoever ends; the grader kills this process when all is done
            try:
                os.wait()
            except ChildProcessError:
                signal.pause()
    except BaseException as problem:
        with contextlib.suppress(Exception):
            wire.send(connection, {"failed": f"{type(problem).__name__}: {problem}"})
    finally:
        os._exit(status)


def _become_interpreter(interpreter: Interpreter) -> None:
    try:
        interpreter.enter()
        interpreter.serve()
    except BaseException as problem:  # the grader sees this, or that the connection is closed
        interpreter.give_up(problem)
    finally:
        os._exit(0)


class Interpreter:
    """Runs cells, and takes or binds answers, as the grader asks."""

    def __init__(
        self,
        shell: RecordingShell,
        connection: socket.socket,
        snapshots: list[socket.socket],
        order: Any,
    ) -> None:
        self._shell = shell
        self._connection = connection
        self._snapshots = snapshots
        self._order = order
        self._reader = wire.Reader(connection)
        self._beside: Path | None = None
        self._seen: dict[str, tuple[int, int]] = {}
        self._calls = 0
        self._process = 0

    def enter(self) -> None:
        """Go to the folder of the submission, and set limits, streams, paths and seeds."""
        order = self._order
        os.setsid()
        os.nice(5)  # whatever it starts, those that watch it come first
        self._process = os.getpid()
        work = Path(order["work"])
        folder = work / order["student"] / order["assignment"]
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        namespaces.limit(order["memory"], order["disk"], order["processes"])
        take_over_streams()
        sys.path[:] = [item for item in sys.path if item]
        if order["judge"]:
            # what an instructor's tests import, and never a student's file of the same name
            self._beside = work / ".course"
            self._beside.mkdir(parents=True, exist_ok=True)
            sys.path.insert(0, str(self._beside))
        else:
            sys.path.insert(0, "")
        seed_everything(order["seed"])
        wire.send(self._connection, {"hello": "interpreter"})

    def give_up(self, problem: BaseException) -> None:
        """Tell the grader, if that can still be done, why there is nothing more to come."""
        with contextlib.suppress(Exception):
            wire.send(self._connection, {"failed": f"{type(problem).__name__}: {problem}"})

    def serve(self) -> None:
        """Answer the grader until it closes the connection."""
        actions = {
            "files": self._write,
            "run": self._run,
            "take": self._take,
            "bind": self._bind,
            "modules": self._list_modules,
        }
        self._before = set(sys.modules)
        while True:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            order = self._reader.receive()
            reply = actions[order["do"]](order)
            try:
                wire.send(self._connection, reply)
            except wire.UnsendableError as problem:  # it costs itself, and nothing that follows
                wire.send(self._connection, {"lost": str(problem)})

    # --- files

    def _write(self, order: Any) -> Any:
        folders = [Path.cwd()]
        if self._beside is not None and order.get("beside"):
            folders.append(self._beside)
        for folder in folders:
            for name, content in order["files"].items():
                path = folder / name
                # a student's file of that name may be a folder or a link by now
                with contextlib.suppress(OSError, ValueError):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.unlink(missing_ok=True)
                    if content is not None:  # what isn't to be there is taken away
                        path.write_bytes(base64.b64decode(content))
        for name in order["files"]:
            with contextlib.suppress(OSError, ValueError):  # what is written isn't a cell's change
                self._seen[str(Path(name))] = _mark((Path.cwd() / name).lstat())
        return {"done": True}

    def _changed(self) -> dict[str, Path]:
        """Return the regular files that were made or changed since this was asked last."""
        here, changed = Path.cwd(), {}
        for root, folders, names in os.walk(here):
            folders.sort()
            for name in sorted(names):
                path = Path(root) / name
                with contextlib.suppress(OSError):
                    state = path.lstat()
                    if not path.is_file() or path.is_symlink():
                        continue
                    mark = _mark(state)
                    key = str(path.relative_to(here))
                    if self._seen.get(key) != mark:
                        self._seen[key] = mark
                        changed[key] = path
        return changed

    def _read_changed(self) -> dict[str, str]:
        files, left = {}, MOST_CARRIED
        for name, path in [*self._changed().items()][:MOST_FILES]:
            with contextlib.suppress(OSError):
                if path.stat().st_size <= left:
                    content = path.read_bytes()
                    left -= len(content)
                    files[name] = base64.b64encode(content).decode()
        return files

    # --- cells

    def _run(self, order: Any) -> Any:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            outputs, count = run_cell(self._shell, order["source"])
        except KeyboardInterrupt:  # between the cell's end and here
            outputs, count = OUTPUTS.taken(), self._shell.execution_count
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.getpid() != self._process:  # a cell forked, and this is the child
            os._exit(0)
        return {"outputs": outputs, "count": count}

    def _list_modules(self, order: Any) -> Any:
        return {"modules": sorted(set(sys.modules) - self._before)}

    # --- answers, on the student's side

    def _take(self, order: Any) -> Any:
        functions: list[Any] = []

        def keep(function: Any) -> int:
            functions.append(function)
            return len(functions) - 1

        namespace = self._shell.user_ns
        encoder = serialization.Encoder(keep)
        answers = {
            name: encoder.encode(namespace[name]) for name in order["names"] if name in namespace
        }
        snapshot = bool(functions) and order["snapshot"] < len(self._snapshots)
        drawn = random.getstate()
        if snapshot:
            own = self._snapshots[order["snapshot"]]
            if os.fork() == 0:
                random.setstate(drawn)  # Python seeds a fork anew
                try:
                    # whoever holds the other end would hide from the grader that this one died
                    for item in self._snapshots:
                        if item is not own:
                            item.close()
                    self._answer_calls(functions, own)
                finally:
                    os._exit(0)
            own.close()
        return {"answers": answers, "files": self._read_changed(), "snapshot": snapshot}

    def _answer_calls(self, functions: list[Any], connection: socket.socket) -> None:
        self._connection.close()
        reader = wire.Reader(connection)
        encoder = serialization.Encoder()
        wire.send(connection, {"hello": "snapshot"})
        while True:
            order = reader.receive()
            OUTPUTS.start()
            try:
                arguments = [serialization.decode(item) for item in order["args"]]
                named = {name: serialization.decode(item) for name, item in order["kwargs"].items()}
                reply = {"value": encoder.encode(functions[order["function"]](*arguments, **named))}
            except BaseException as error:
                kinds = [kind.__name__ for kind in type(error).__mro__]
                try:
                    words = str(error)[:2000]
                except BaseException:
                    words = ""
                reply = {"error": kinds, "words": words}
            try:
                wire.send(connection, reply)
            except wire.UnsendableError as problem:
                wire.send(connection, {"error": [], "words": str(problem)})

    # --- answers, on the judge's side

    def _bind(self, order: Any) -> Any:
        namespace = self._shell.user_ns
        for name in order["names"]:
            namespace.pop(name, None)
        for name, module in order["modules"].items():
            namespace[name] = importlib.import_module(module)
        for name, encoded in order["answers"].items():
            try:
                namespace[name] = serialization.decode(encoded, self._stand_in)
            except serialization.NotPlainError as problem:
                namespace[name] = serialization.Opaque(str(problem))
        return {"done": True}

    def _stand_in(self, number: int, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(number, args, kwargs)

        call.__name__ = call.__qualname__ = name
        return call

    def _call(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        encoder = serialization.Encoder(strict=True)
        self._calls += 1
        order = {
            "call": self._calls,
            "function": number,
            "args": [encoder.encode(item) for item in args],
            "kwargs": {name: encoder.encode(item) for name, item in kwargs.items()},
        }
        wire.send(self._connection, order)
        reply = self._reader.receive()
        while reply.get("call") != self._calls:  # of a call that was interrupted
            reply = self._reader.receive()
        if "value" in reply:
            return serialization.decode(reply["value"])
        raise _as_exception(reply.get("error"), str(reply.get("words", "")))


def _mark(state: os.stat_result) -> tuple[int, int]:
    """Return what a file's change is told by."""
    return state.st_mtime_ns, state.st_size


def _as_exception(kinds: Any, words: str) -> Exception:
    """Return the built-in exception nearest to what a student's function raised.

    A class of the student's own stays behind: its name would be a way to be taken for another.
    """
    import builtins

    for name in kinds if isinstance(kinds, list) else []:
        kind = getattr(builtins, str(name), None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception:
            with contextlib.suppress(TypeError):  # UnicodeDecodeError wants more than words
                return kind(words)
    return CallError(words or "the function stopped")


if __name__ == "__main__":
    main()
