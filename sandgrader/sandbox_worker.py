"""What runs in a sandbox: a warm process that has done the imports, and interpreters forked of it.

One interpreter runs one notebook's cells, the student's or the judge's. It talks to the grader
over a socket that no other process has. Nothing in here is trusted once a student's cell has run:
whatever it sends is checked by who receives it, and it never is told anything that a student may
not know.

A student's functions are called in *snapshots*: where the grader takes the answers, the
interpreter forks, and the fork waits for calls with the notebook as it was at that cell. So a
function is judged as it stood there, and what it learns from its arguments reaches no cell.
Iterators and what can be awaited are asked there too, and what a function changes in its arguments
is carried back.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from sandgrader import (
    arguments,
    kernel_runner,
    large_pages,
    namespaces,
    pools,
    serialization,
    system_calls,
    wire,
)
from sandgrader.preloaded import Preloaded
from sandgrader.recorder import (
    OUTPUTS,
    RecordingShell,
    close_streams,
    make_shell,
    prime,
    run_cell,
    take_over_streams,
    taken,
)
from sandgrader.running_loop import RunningLoop

MOST_AHEAD = 256
"""Items of a student's iterator that are fetched at once, where a test asks for many."""


class CallError(Exception):
    """A student's function didn't answer; the words say why."""


def seed_everything(seed: str, preloaded: Preloaded) -> None:
    """Make what nobody seeds the same in every run, as far as this can be had.

    NumPy stays out of sight where no notebook has imported it.
    """
    random.seed(seed)
    legacy: Any = preloaded.get("numpy.random.mtrand")
    bit_generator: Any = preloaded.get("numpy.random.bit_generator")
    if legacy is not None and bit_generator is not None:
        legacy.seed(random.Random(seed).getrandbits(32))
        # an unseeded `default_rng()` asks the machine for its entropy by this name
        bit_generator.randbits = random.Random(seed).getrandbits


def main() -> None:
    """Do the imports that the grader names, then fork an interpreter for each that it asks for."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # it interrupts cells
    control = socket.socket(fileno=int(sys.argv[1]))
    wanted, _ = wire.receive_with_files(control)
    try:
        _become_nobody(wanted)
    except OSError as problem:
        wire.send(control, {"failed": str(problem)})
        return
    shell = make_shell()
    # NumPy in any case: what a notebook imports by itself nobody would have seeded
    imports = ("numpy", "numpy.random", *wanted["imports"])
    preloaded = Preloaded(imports, lambda: prime(shell))
    system_calls.prepare()
    gc.collect()
    gc.freeze()  # shared pages stay shared: a fork's collector leaves them alone
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    namespaces.hide_from_debuggers(False)  # who has changed its user can't read its own /proc
    large_pages.collapse()
    if wanted["namespaces"]:
        namespaces.hide_from_debuggers()
    wire.send(control, {"ready": True, "modules": preloaded.names})
    while True:
        try:
            order, files = wire.receive_with_files(control, most=wire.MOST_FILES)
        except (wire.WireError, OSError):
            return
        connection, *snapshots = (socket.socket(fileno=file) for file in files)
        if _fork(connection, order) == 0:
            control.close()
            _become_reaper(shell, preloaded, connection, snapshots, order)
        for item in (connection, *snapshots):
            item.close()


def _become_nobody(wanted: Any) -> None:
    """Become an unprivileged user, where root has started this; see that enough can be read then.

    Raises ``OSError``.
    """
    if wanted["user"] is None:
        return
    needed = [*wanted["readable"], *(item for item in sys.path if os.path.exists(item))]
    if wanted["namespaces"]:
        namespaces.mount_proc()
    namespaces.become(wanted["user"], reads_all=wanted["reads_all"])
    for item in needed:
        asked = os.R_OK | (os.X_OK if os.path.isdir(item) else 0)
        if not os.access(item, asked, effective_ids=True):
            raise PermissionError(f"an ordinary user can't read {item}")


def _fork(connection: socket.socket, order: Any) -> int:
    """Fork what becomes a reaper, into a world of its own; return what ``os.fork`` does."""
    if not order["namespaces"]:
        return os.fork()
    order["who"] = os.getuid(), os.getgid()
    if namespaces.is_alone():
        return _fork_apart(connection)
    # a thread of what a course imports may hold a lock, for which os.fork has its library prepare
    between = os.fork()
    if between:
        return between
    child = _fork_apart(connection)
    if child:
        _stand_between(child)
    return child


def _fork_apart(connection: socket.socket) -> int:
    """Fork into namespaces; return what ``os.fork`` does, or -1 where the kernel allows none."""
    try:
        return namespaces.fork_apart()
    except OSError as problem:
        with contextlib.suppress(wire.WireError):
            wire.send(connection, {"failed": str(problem)})
        return -1


def _stand_between(child: int) -> None:
    """End with the warm process, and when the child does that this one has forked."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    namespaces.die_with_parent()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    if child > 0:
        os.waitpid(child, 0)
    os._exit(0)


def _leave_streams() -> None:
    """Take no part in the standard streams of the warm process, which all its forks would share."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _become_reaper(
    shell: RecordingShell,
    preloaded: Preloaded,
    connection: socket.socket,
    snapshots: list[socket.socket],
    order: Any,
) -> None:
    """Furnish the own world, fork the interpreter into it, and stay until told to end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 1
    own_proc = False
    try:
        namespaces.die_with_parent()
        _leave_streams()
        namespaces.hide_from_debuggers(False)  # what is hidden can't write to its own /proc
        namespaces.go_first()
        if order["namespaces"]:
            namespaces.become_somebody(*order["who"])
            own_proc = namespaces.mount_own_folders(order["disk"], order["readable"])
        else:
            namespaces.become_subreaper()
        namespaces.limit(*(order[name] for name in namespaces.LIMITS))
        namespaces.drop_rights(order["reads_all"])
        namespaces.hide_from_debuggers()
        wire.send(connection, {"hello": "reaper", "own_proc": own_proc})
        wire.receive_with_files(connection)  # the word to go on, once it is where it belongs
        child = os.fork()
        if child == 0:
            namespaces.hide_from_debuggers(False)
            namespaces.die_with_parent()
            _become_interpreter(Interpreter(shell, preloaded, connection, snapshots, order))
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
        preloaded: Preloaded,
        connection: socket.socket,
        snapshots: list[socket.socket],
        order: Any,
    ) -> None:
        self._shell = shell
        self._preloaded = preloaded
        self._loop = RunningLoop()
        self._connection = connection
        self._snapshots = snapshots
        self._order = order
        self._reader = wire.Reader(connection)
        self._beside: Path | None = None
        self._seen: dict[str, tuple[int, int]] = {}
        self._calls = 0
        self._process = 0
        self._carried: tuple[str, ...] = ()
        """Names of the notebook's own that tests bind anew, and functions may read."""
        self._rebound: set[str] = set()
        self._before_test: dict[str, Any] | None = None
        """What they were before the test that runs, if it is a test that runs."""

    def enter(self) -> None:
        """Go to the folder of the submission, and set streams, paths and seeds."""
        order = self._order
        os.setsid()
        os.nice(5)  # whatever it starts, those that watch it come first
        self._process = os.getpid()
        work = Path(order["work"])
        folder = work / order["student"] / order["assignment"]
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        take_over_streams()
        namespaces.limit(*(order[name] for name in namespaces.LIMITS))
        os.environ["HOME"] = str(work)
        # for courses whose tasks differ from student to student; empty for the reference solution
        os.environ["SANDGRADER_STUDENT"] = order["known_as"]
        if not order["namespaces"]:  # else the folder that is home is its own already
            self._shell.move_home(work)
        sys.path[:] = [item for item in sys.path if item]
        if order["judge"]:
            # what an instructor's tests import, and never a student's file of the same name
            self._beside = work / ".course"
            self._beside.mkdir(parents=True, exist_ok=True)
            sys.path.insert(0, str(self._beside))
        else:
            sys.path.insert(0, "")
        seed_everything(order["seed"], self._preloaded)
        wire.send(self._connection, {"hello": "interpreter"})

    def give_up(self, problem: BaseException) -> None:
        """Tell the grader, if that can still be done, why there is nothing more to come."""
        with contextlib.suppress(Exception):
            wire.send(self._connection, {"failed": f"{type(problem).__name__}: {problem}"})

    def serve(self) -> None:
        """Answer the grader until it closes the connection."""
        actions = {
            "files": self._write,
            "more": self._write_more,
            "read": self._read,
            "run": self._run,
            "take": self._take,
            "bind": self._bind,
            "modules": self._list_modules,
            "execute": self._execute,
        }
        self._before = set(sys.modules)
        while True:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            order = self._next_order()
            reply = actions[order["do"]](order)
            try:
                wire.send(self._connection, reply)
            except wire.UnsendableError as problem:  # it costs itself, and nothing that follows
                wire.send(self._connection, {"lost": str(problem)})

    def _next_order(self) -> Any:
        """Return the next order; an answer of a call that a cell no longer waits for is none."""
        while True:
            if not self._reader.has_begun:
                self._loop.wait_for(self._connection)
            order = self._reader.receive()
            if "do" in order:
                return order

    # --- files, of which large ones come and go in pieces

    def _write(self, order: Any) -> Any:
        for folder in self._written(order):
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

    def _write_more(self, order: Any) -> Any:
        for folder in self._written(order):
            with contextlib.suppress(OSError, ValueError):
                flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
                with os.fdopen(os.open(folder / order["name"], flags), "ab") as stream:
                    stream.write(base64.b64decode(order["part"]))
        self._changed()
        return {"done": True}

    def _written(self, order: Any) -> list[Path]:
        """Return the folders that an order writes to."""
        here = [Path.cwd()]
        return [*here, self._beside] if self._beside is not None and order["beside"] else here

    def _read(self, order: Any) -> Any:
        content = b""
        with contextlib.suppress(OSError, ValueError):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            with os.fdopen(os.open(order["name"], flags), "rb") as stream:
                stream.seek(order["start"])
                content = stream.read(order["bytes"])
        return {"part": base64.b64encode(content).decode()}

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

    def _sizes_of_changed(self) -> dict[str, int]:
        sizes = {}
        for name, path in self._changed().items():
            with contextlib.suppress(OSError):
                sizes[name] = path.stat().st_size
        return sizes

    # --- cells

    def _run(self, order: Any) -> Any:
        before = self._own() if self._before_test is None else self._before_test
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            outputs, count = run_cell(self._shell, self._loop, order["source"])
        except KeyboardInterrupt:  # between the cell's end and here
            outputs, count = taken(), self._shell.execution_count
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.getpid() != self._process:  # a cell forked, and this is the child
            os._exit(0)
        if self._before_test is None:  # a given cell, which the student's side has run too
            self._rebound -= self._changed_names(before)
        else:
            self._rebound |= self._changed_names(before)
            self._before_test = None
        return {"outputs": outputs, "count": count}

    def _own(self) -> dict[str, Any]:
        return {name: self._shell.user_ns.get(name) for name in self._carried}

    def _changed_names(self, before: dict[str, Any]) -> set[str]:
        return {name for name, value in self._own().items() if value is not before.get(name)}

    def _execute(self, order: Any) -> Any:
        def begins(number: int) -> None:
            if number in order["tests"]:
                self._write({"files": order["evidence"], "beside": False})

        try:
            kernel_runner.execute(order, lambda told: wire.send(self._connection, told), begins)
        except Exception as problem:  # the kernel died, or never began
            return {"done": False, "words": f"{type(problem).__name__}: {problem}"[:2000]}
        return {"done": True}

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
        answers, not_plain = {}, []
        for name in order["names"]:
            if name in namespace:
                answers[name] = encoder.encode(namespace[name])
                if not encoder.plain:
                    not_plain.append(name)
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
                    self._connection.close()
                    self._loop.after_fork()
                    close_streams()
                    pools.start_anew()
                    _Snapshot(functions, namespace, self._loop, own).serve()
                finally:
                    os._exit(0)
            own.close()
        return {
            "answers": answers,
            "not_plain": not_plain,
            "files": self._sizes_of_changed(),
            "snapshot": snapshot,
        }

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
        self._carried = tuple(order["carried"])
        self._before_test = self._own()
        return {"done": True}

    def _stand_in(self, kind: str, number: int, name: str) -> Any:
        if kind == "iterator":
            return self._iterate(number)
        if kind == "awaitable":
            return _Awaited(self, number)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(number, args, kwargs)

        call.__name__ = call.__qualname__ = name
        return call

    def _call(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        encoder = serialization.Encoder(strict=True)
        reply = self.ask({
            "function": number,
            "args": [encoder.encode(item) for item in args],
            "kwargs": {name: encoder.encode(item) for name, item in kwargs.items()},
            "names": self._bound_anew(),
        })  # fmt: skip
        for name, changed in (reply.get("changed") or {}).items():
            given = kwargs[name] if name in kwargs else args[int(name)]
            arguments.carry_back(given, serialization.decode(changed, self._stand_in))
        return self._answer(reply)

    def _bound_anew(self) -> dict[str, Any]:
        """Return the values of names that tests have bound anew, as far as they are plain."""
        found = {}
        own = self._own()
        for name in self._rebound | self._changed_names(self._before_test or own):
            if name in self._shell.user_ns:
                with contextlib.suppress(serialization.NotPlainError):
                    found[name] = serialization.Encoder(strict=True).encode(own[name])
        return found

    def _iterate(self, number: int) -> Iterator[Any]:
        """Yield what a student's iterator does, asking for more at once the more is asked."""
        ahead = 1
        while True:
            items, ended = self._answer(self.ask({"function": number, "next": ahead}))
            yield from items
            if ended:
                return
            ahead = min(2 * ahead, MOST_AHEAD)

    def wait_for(self, number: int) -> Any:
        """Return what comes of something that a student's process can await."""
        return self._answer(self.ask({"function": number, "await": True}))

    def ask(self, order: dict[str, Any]) -> Any:
        """Return the reply of the student's process."""
        self._calls += 1
        number = self._calls
        with _undisturbed():
            wire.send(self._connection, {**order, "call": number})
        try:
            while True:
                with _undisturbed():
                    reply = self._arrived()
                if reply is None:
                    select.select([self._connection], [], [])
                elif reply.get("call") == number:  # and not of a call that was interrupted
                    return reply
        except BaseException:  # an alarm of the test's own, for one
            with _undisturbed(), contextlib.suppress(wire.WireError):
                wire.send(self._connection, {"left": number})
            raise

    def _arrived(self) -> Any:
        """Return a message that is there as a whole, if any."""
        try:
            return self._reader.receive(0.0)
        except wire.WireTimeoutError:
            return None

    def _answer(self, reply: Any) -> Any:
        if "value" in reply:
            return serialization.decode(reply["value"], self._stand_in)
        raise _as_exception(reply.get("error"), str(reply.get("words", "")))


_set_mask: Any = importlib.import_module("_signal").pthread_sigmask
"""What Python's own calls, and then makes 64 names of numbers, which takes longer than the call."""
_ALL_SIGNALS = signal.valid_signals()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals wait, whose handlers may raise: of a message, nothing is to be lost."""
    before = _set_mask(signal.SIG_BLOCK, _ALL_SIGNALS)
    try:
        yield
    finally:
        _set_mask(signal.SIG_SETMASK, before)


def _mark(state: os.stat_result) -> tuple[int, int]:
    """Return what a file's change is told by."""
    return state.st_mtime_ns, state.st_size


class _Awaited:
    """What stands in the judge's process for a coroutine or a task of a student's."""

    def __init__(self, interpreter: Interpreter, number: int) -> None:
        self._interpreter = interpreter
        self._number = number

    def __await__(self) -> Generator[Any, None, Any]:
        return self._interpreter.wait_for(self._number)
        yield  # it is a generator, as Python wants it


class _Snapshot:
    """A fork of a student's interpreter that answers calls, until its connection is closed."""

    def __init__(
        self,
        functions: list[Any],
        namespace: dict[str, Any],
        loop: RunningLoop,
        connection: socket.socket,
    ) -> None:
        self._functions = functions
        self._namespace = namespace
        self._loop = loop
        self._connection = connection
        self._encoder = serialization.Encoder(self._keep)
        self._late: dict[int, BaseException] = {}

    def _keep(self, function: Any) -> int:
        """Keep what a call returned that can be asked for more."""
        self._functions.append(function)
        return len(self._functions) - 1

    def serve(self) -> None:
        reader = wire.Reader(self._connection)
        wire.send(self._connection, {"hello": "snapshot"})
        while True:
            order = reader.receive()
            OUTPUTS.start()
            try:
                reply = self._reply(order)
            except BaseException as error:
                reply = _as_error(error)
            try:
                wire.send(self._connection, reply)
            except wire.UnsendableError as problem:
                wire.send(self._connection, {"error": [], "words": str(problem)})

    def _reply(self, order: Any) -> dict[str, Any]:
        asked = self._functions[order["function"]]
        if "next" in order:
            return {"value": self._next(order["function"], asked, order["next"])}
        if order.get("await"):
            return {"value": self._encoder.encode(self._loop.run(asked))}
        for name, encoded in order.get("names", {}).items():
            self._namespace[name] = serialization.decode(encoded)
        given = {**dict(enumerate(order["args"])), **order["kwargs"]}
        known = {name: serialization.decode(item) for name, item in given.items()}
        args = [known[place] for place in range(len(order["args"]))]
        named = {name: known[name] for name in order["kwargs"]}
        value, error = self._loop.run(_called(asked, args, named))
        reply = {
            "changed": arguments.changed(self._encoder, given, known),
            # nbgrader gives no points where anything is on standard error
            "noisy": OUTPUTS.noisy,
        }
        if error is not None:
            return {**reply, **_as_error(error)}
        return {**reply, "value": self._encoder.encode(value)}

    def _next(self, number: int, iterator: Any, most: int) -> serialization.Encoded:
        if number in self._late:
            raise self._late.pop(number)
        items: list[Any] = []
        ended = False
        while len(items) < most and not ended:
            try:
                items.append(next(iterator))
            except StopIteration:
                ended = True
            except BaseException as error:
                if not items:
                    raise
                self._late[number] = error  # what came before it is asked for first
                break
        return self._encoder.encode((items, ended))


async def _called(
    function: Any, args: list[Any], named: dict[str, Any]
) -> tuple[Any, BaseException | None]:
    """Call a function within the running loop, as a cell does; return what it returns or raises."""
    try:
        return function(*args, **named), None
    except BaseException as error:  # some kinds mean something else to a loop
        return None, error


def _as_error(error: BaseException) -> dict[str, Any]:
    """Return what is told of an exception: the kinds that it is of, and its words."""
    try:
        words = str(error)[:2000]
    except BaseException:
        words = ""
    return {"error": [kind.__name__ for kind in type(error).__mro__], "words": words}


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
