"""An IPython that keeps what a cell prints and shows, as the outputs of a notebook's cell.

It does in one process what a kernel and its client do in two, for the price of a function call: a
kernel's own shell, with its magics and its hooks, in an event loop that runs. What it can't do is
talk back: ``input()`` raises, and widgets have no page to live on.
"""

from __future__ import annotations

import asyncio
import builtins
import codecs
import contextlib
import getpass
import importlib
import io
import linecache
import os
import re
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError, UsageError
from jupyter_client.session import json_packer, json_unpacker
from traitlets import Type
from traitlets.config import Config

from sandgrader.outputs import Output, Outputs, Text
from sandgrader.running_loop import RunningLoop

OUTPUTS = Outputs()
"""There is one interpreter in a process, and it runs one cell at a time."""
_WITH_THE_FIRST_CELL = ("IPython.core.logger", "bdb")
"""What IPython imports when it runs its first cell; every interpreter would do so anew."""
_LOOPS = (
    *(None, "inline", "nbagg", "notebook", "ipympl", "widget", "asyncio"),
    *("qt", "qt5", "qt6", "tk", "gtk", "gtk3", "gtk4", "wx", "osx", "pyglet"),
)
"""Event loops that may be asked for. Nobody sees a window here: they change nothing."""


class _Stream(io.TextIOBase):
    """Standard output or standard error, as the cells' Python sees it."""

    encoding = "UTF-8"

    def __init__(self, name: str) -> None:
        self.name = f"<{name}>"
        self._name = name
        self._process = os.getpid()
        self._drained = 0.0

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        # both lead to what a person reads; for a line on standard error nbgrader takes points, and
        # what a kernel's own leads to is no cell's output
        return 1

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() != self._process:  # a child's, which has no outputs of its own
            os.write(1 if self._name == "stdout" else 2, text.encode(errors="replace"))
            return len(text)
        now = time.monotonic()
        if now - self._drained > _MOMENT:  # a loop that prints doesn't look each time
            drain()
        self._drained = now
        OUTPUTS.stream(self._name, text)
        return len(text)


class _Descriptor:
    """What arrives at the process's own standard output or standard error.

    A child process, a library in C or ``sys.__stdout__`` writes there. A thread reads it while a
    cell waits for its child, however much that writes; only the ends of it are kept.
    """

    def __init__(self, name: str, number: int) -> None:
        self._name = name
        self._process = os.getpid()
        self._text = Text()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._lock = threading.Lock()
        self._end, theirs = os.pipe()
        os.set_blocking(self._end, False)
        os.dup2(theirs, number)
        os.close(theirs)
        threading.Thread(target=self._follow, name=f"{name} of children", daemon=True).start()

    def _follow(self) -> None:
        # they are for the thread that cells run in, which may want them to wait
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            select.select([self._end], [], [])
            self._read()

    def _read(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):
            while content := os.read(self._end, 2**16):
                self._text.add(self._decoder.decode(content))

    def drain(self) -> None:
        """Put what has arrived by now into the cell's outputs."""
        if os.getpid() != self._process:  # a child would take it away from its parent
            return
        self._read()
        with self._lock:
            text, self._text = self._text, Text()
        OUTPUTS.stream(self._name, "\n".join(text.lines()))


_FILES: dict[str, _Descriptor] = {}
_MOMENT = 0.001  # seconds; no child has printed anything in less


def drain() -> None:
    """Put what children have written into the cell's outputs: it comes before what follows."""
    for file in _FILES.values():
        file.drain()


def _sent(content: Any) -> Any:
    """Return what a kernel's client has of what a kernel sends: pictures as text, tuples as lists.

    Raises what a kernel raises, ``ValueError`` for one, where it can't be sent.
    """
    return json_unpacker(json_packer(content))


class _Result(DisplayHook):
    """Keeps the value of a cell's last expression."""

    def start_displayhook(self) -> None:
        self._output: Output = {"output_type": "execute_result", "data": {}, "metadata": {}}

    def write_output_prompt(self) -> None:
        self._output["execution_count"] = self.prompt_count

    def quiet(self) -> bool:
        # IPython reads a cell word by word to see whether a semicolon ends it
        shell: Any = self.shell
        cells = shell.history_manager.input_hist_parsed
        return ";" in cells[-1] and bool(super().quiet())  # type: ignore[no-untyped-call]

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self._output["data"] = _sent(format_dict)
        self._output["metadata"] = _sent(md_dict or {})

    def finish_displayhook(self) -> None:
        if self._output["data"]:
            drain()
            OUTPUTS.show(self._output)


class _Displays(DisplayPublisher):
    """Keeps what a cell displays."""

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        self._validate_data(data, metadata or {})  # type: ignore[no-untyped-call]
        output = {
            "output_type": "display_data",
            "data": _sent(data),
            "metadata": _sent(metadata or {}),
        }
        drain()
        OUTPUTS.show(output, (transient or {}).get("display_id"), update)

    def clear_output(self, wait: bool = False) -> None:
        OUTPUTS.clear(wait)

    def set_parent(self, parent: Any) -> None:
        """Take no notice: nobody asks for a cell by a message."""


_MAGIC = re.compile(
    r"""
    ^\s*[!?%,;/]                          # a line that is a command
    | ^\s*(?:>>>|\.\.\.|In\ \[)            # or was copied with its prompt
    | ^(?!\s*\#)[^\n]*\?[ \t]*$           # or asks for help
    | =\s*(?:\\\n\s*)*[!%]                # a value that a command gives
    """,
    re.MULTILINE | re.VERBOSE,
)


def is_python(cell: str) -> bool:
    """Return whether IPython has nothing to transform in a cell; where in doubt, say no.

    A cell of one line may be a magic without its sign, as far as nothing else has that name.
    """
    return (
        "\n" in cell.strip("\n")
        and not cell[0].isspace()
        and "\r" not in cell
        and "\f" not in cell
        and _MAGIC.search(cell) is None
    )


class RecordingShell(ZMQInteractiveShell):
    """A kernel's shell that keeps outputs in the place of sending them."""

    displayhook_class = Type(_Result)  # type: ignore[assignment]
    display_pub_class = Type(_Displays)  # type: ignore[assignment]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]
        self._transformers = self._all_transformers()
        self._transformed: tuple[str, str] | None = None

    def _all_transformers(self) -> list[Any]:
        manager = self.input_transformer_manager
        return [
            *manager.cleanup_transforms,
            *manager.line_transforms,
            *manager.token_transformers,
            *self.input_transformers_post,
        ]

    def transform_cell(self, raw_cell: str) -> str:
        """Return a cell as Python, its magics as calls.

        IPython reads every cell twice and word by word for it. Of the one that runs it is kept in
        mind, and a cell in which no line can be a magic is Python already.
        """
        known, self._transformed = self._transformed, None
        if known is not None and known[0] == raw_cell:
            return known[1]
        if is_python(raw_cell) and self._all_transformers() == self._transformers:
            return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"
        return str(super().transform_cell(raw_cell))  # type: ignore[no-untyped-call]

    def keep_in_mind(self, raw_cell: str, transformed: str) -> None:
        """Know what the cell that is run next is as Python."""
        self._transformed = raw_cell, transformed

    def should_run_async(
        self, raw_cell: str, *, transformed_cell: Any = None, preprocessing_exc_tuple: Any = None
    ) -> bool:
        """Return whether a cell awaits anything."""
        if not any(word in (transformed_cell or raw_cell) for word in ("await", "async")):
            return False  # it needn't be compiled to be asked
        return super().should_run_async(
            raw_cell,
            transformed_cell=transformed_cell,
            preprocessing_exc_tuple=preprocessing_exc_tuple,
        )

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        try:
            said = str(evalue)
        except Exception:  # a student's exception may fail to say what it is
            said = ""
        name = str(getattr(etype, "__name__", etype))
        drain()
        OUTPUTS.show(
            {
                "output_type": "error",
                "ename": name,
                "evalue": said,
                "traceback": [str(line).removesuffix("\n") for line in stb],
            }
        )
        self._last_traceback = stb

    def _format_exception_for_storage(self, exception: Any, *_: Any, **__: Any) -> dict[str, Any]:
        """Return what the history keeps of an exception: it is shown, and not written out twice."""
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing for the event loops that there are. Raises ``UsageError`` for others."""
        if gui not in _LOOPS:
            raise UsageError(f"Invalid GUI request {gui!r}, valid ones are: {_LOOPS}")

    def ask_exit(self) -> None:
        """Do nothing: a notebook's cells all run, whatever one of them asks."""

    def move_home(self, folder: Path) -> None:
        """Keep in ``folder`` what a kernel keeps in its user's home, such as ``%store``'s."""
        home = folder / ".ipython"
        home.mkdir(exist_ok=True)
        self.ipython_dir = str(home)
        self.init_profile_dir(None)  # type: ignore[no-untyped-call]


# libraries ask for a kernel's shell by its name
RecordingShell.__name__ = RecordingShell.__qualname__ = "ZMQInteractiveShell"


def make_shell() -> RecordingShell:
    """Make this process's shell: no history file, no profile, colours as a kernel has them."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "neutral"
    # the lines that were run, as Python shows them: IPython reads and colours whole files for more
    config.InteractiveShell.xmode = "Plain"
    shell: RecordingShell = RecordingShell.instance(config=config)
    extensions: Any = shell.extension_manager
    extensions.load_extension("storemagic")  # as every kernel does
    for name in _WITH_THE_FIRST_CELL:
        importlib.import_module(name)
    return shell


def prime(shell: RecordingShell) -> None:
    """Fill what IPython loads and compiles when it first needs it, without a trace in the shell."""
    source = "def divide(number):\n    return number / 0\n\ndivide(1)\n"
    name = "<a cell>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        exec(compile(source, name, "exec"), {})
    except ZeroDivisionError:
        tracebacks: Any = shell.InteractiveTB
        tracebacks.structured_traceback(*sys.exc_info())
        tracebacks.tb = None
    del linecache.cache[name]
    shell.input_transformer_manager.transform_cell("%time 1\nx = !ls\nx?")
    for value in (1, 1.5, "text", [1], {"key": (None, True)}):
        shell.display_formatter.format(value)  # type: ignore[union-attr]


def take_over_streams() -> None:
    """Send what this process and its children print to the running cell's outputs."""
    for number, name in enumerate(("stdout", "stderr"), start=1):
        _FILES[name] = _Descriptor(name, number)
        own = open(number, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        setattr(sys, f"__{name}__", own)
    sys.stdout = _Stream("stdout")
    sys.stderr = _Stream("stderr")
    builtins.input = _nobody_to_ask("raw_input")
    getpass.getpass = _nobody_to_ask("getpass")


def close_streams() -> None:
    """Let what this process and its children print go nowhere: nobody is to read it."""
    with contextlib.suppress(OSError):  # a cell may have taken the right to open anything
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(nowhere, number)
        os.close(nowhere)
    _FILES.clear()
    sys.stdout = _Stream("stdout")
    sys.stderr = _Stream("stderr")


def _nobody_to_ask(name: str) -> Callable[..., NoReturn]:
    def ask(*_: object, **__: object) -> NoReturn:
        raise StdinNotImplementedError(
            f"{name} was called, but this frontend does not support input requests."
        )

    return ask


async def _run(shell: RecordingShell, source: str) -> None:
    """Run a cell as a kernel does: awaited where it awaits, else in one go within the loop."""
    failed = None
    try:
        transformed = shell.transform_cell(source)
    except Exception:
        transformed, failed = source, sys.exc_info()
    how: dict[str, Any] = {"transformed_cell": transformed, "preprocessing_exc_tuple": failed}
    if not shell.should_run_async(source, **how):
        if failed is None:
            shell.keep_in_mind(source, transformed)
        shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        return
    result = None
    try:
        result = await shell.run_cell_async(source, store_history=True, **how)
    finally:
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)


def run_cell(shell: RecordingShell, loop: RunningLoop, source: str) -> tuple[list[Output], int]:
    """Run a cell and return its outputs and its execution count."""
    OUTPUTS.start()
    count = shell.execution_count
    # a cell that was stopped: what it put out stays
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        loop.run(_run(shell, source))
    return taken(), count


def taken() -> list[Output]:
    """Return what the cell put out, its children's outputs too."""
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):  # a cell may have closed it
            if stream is not None:
                stream.flush()
    drain()
    return OUTPUTS.taken()
