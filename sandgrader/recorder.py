"""An IPython that keeps what a cell prints and shows, as the outputs of a notebook's cell.

It does in one process what a kernel and its client do in two, for the price of a function call.
What it can't do is talk back: ``input()`` raises, and widgets have no page to live on.
"""

from __future__ import annotations

import builtins
import io
import sys
from typing import Any

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

MOST_CHARACTERS = 2_000_000
"""Characters of output that a cell keeps; more is cut, with a line that says so."""
CUT = "\n... more output than is kept: the rest is left out ...\n"

Output = dict[str, Any]
"""An output of a code cell, as nbformat 4 writes it."""


class Outputs:
    """What the running cell has put out so far."""

    def __init__(self) -> None:
        self.items: list[Output] = []
        self._ids: list[str | None] = []
        self._size = 0
        self._clear_before_next = False
        self._pieces: dict[str, list[str]] = {}
        """What was written to each stream: joined when it is asked for, not at every print."""

    def taken(self) -> list[Output]:
        """Return what the cell put out."""
        for item in self.items:
            if item["output_type"] == "stream":
                item["text"] = "".join(self._pieces[item["name"]])
        return self.items

    def start(self) -> None:
        """Begin a new cell."""
        self.__init__()  # type: ignore[misc]

    def stream(self, name: str, text: str) -> None:
        """Add text to standard output or standard error."""
        if not text:
            return
        if self._size > MOST_CHARACTERS:
            return
        self._make_room()
        text = text[: MOST_CHARACTERS - self._size + 1]
        self._size += len(text)
        if self._size > MOST_CHARACTERS:
            text += CUT
        if name not in self._pieces:
            self._pieces[name] = []
            self._add({"output_type": "stream", "name": name, "text": ""})
        self._pieces[name].append(text)

    def show(self, output: Output, display_id: str | None = None, update: bool = False) -> None:
        """Add a result, a display or an error; ``update`` puts it in the place of earlier ones."""
        size = _size_of(output)
        if output["output_type"] != "error" and self._size + size > MOST_CHARACTERS:
            self.stream("stdout", CUT)
            return
        if update:
            for place, known in enumerate(self._ids):
                if known == display_id and display_id is not None:
                    self.items[place] = output
            return
        self._make_room()
        self._size += size
        self._add(output, display_id)

    def clear(self, wait: bool) -> None:
        """Take away what is there, at once or when the next output comes."""
        if wait:
            self._clear_before_next = True
        else:
            self.items, self._ids, self._clear_before_next = [], [], False
            self._pieces = {}

    def _make_room(self) -> None:
        if self._clear_before_next:
            self.clear(wait=False)

    def _add(self, output: Output, display_id: str | None = None) -> None:
        self.items.append(output)
        self._ids.append(display_id)


def _size_of(output: Output) -> int:
    data = output.get("data") or {}
    return sum(len(value) if isinstance(value, str) else 1000 for value in data.values())


OUTPUTS = Outputs()
"""There is one interpreter in a process, and it runs one cell at a time."""


class _Stream(io.TextIOBase):
    def __init__(self, name: str) -> None:
        self.name = f"<{name}>"
        self._name = name

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        OUTPUTS.stream(self._name, text)
        return len(text)


class _Result(DisplayHook):
    """Keeps the value of a cell's last expression."""

    def start_displayhook(self) -> None:
        self._output: Output = {"output_type": "execute_result", "data": {}, "metadata": {}}

    def write_output_prompt(self) -> None:
        self._output["execution_count"] = self.prompt_count

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self._output["data"] = json_clean(encode_images(format_dict))
        self._output["metadata"] = json_clean(md_dict or {})

    def finish_displayhook(self) -> None:
        if self._output["data"]:
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
            "data": json_clean(encode_images(data)),
            "metadata": json_clean(metadata or {}),
        }
        OUTPUTS.show(output, (transient or {}).get("display_id"), update)

    def clear_output(self, wait: bool = False) -> None:
        OUTPUTS.clear(wait)


class RecordingShell(InteractiveShell):
    """An interactive shell that keeps outputs in the place of printing them."""

    displayhook_class = Type(_Result)
    display_pub_class = Type(_Displays)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        try:
            said = str(evalue)
        except Exception:  # a student's exception may fail to say what it is
            said = ""
        name = str(getattr(etype, "__name__", etype))
        OUTPUTS.show(
            {"output_type": "error", "ename": name, "evalue": said, "traceback": [*map(str, stb)]}
        )

    def ask_exit(self) -> None:
        """Do nothing: a notebook's cells all run, whatever one of them asks."""


def make_shell() -> RecordingShell:
    """Make this process's shell: no history file, no profile, colours as a kernel has them."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "neutral"
    shell: RecordingShell = RecordingShell.instance(config=config)
    return shell


def take_over_streams() -> None:
    """Send what this process prints to the running cell's outputs."""
    sys.stdout = _Stream("stdout")
    sys.stderr = _Stream("stderr")
    builtins.input = _no_input


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("input() has nobody to ask while a notebook is graded")


def run_cell(shell: RecordingShell, source: str) -> tuple[list[Output], int]:
    """Run a cell and return its outputs and its execution count."""
    OUTPUTS.start()
    count = shell.execution_count
    shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
    return OUTPUTS.taken(), count
