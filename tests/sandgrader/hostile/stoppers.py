"""What would stop a class, or be believed later: wherever files and messages are read."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sandgrader.hostile.case import (
    NO_LEDGER,
    STEMS,
    TRACK,
    Case,
    Notebooks,
    Work,
    cheat,
    insert_after,
    lost,
    right,
)

NOTEBOOK = f"{STEMS['access']}.ipynb"
LEDGER, TIMESTAMP = "ledger.json", "timestamp.txt"

SAY_OTHERWISE = """
import sandgrader.wire

really = sandgrader.wire.send

def say(connection, message, *more, **named):
    if isinstance(message, dict):
        message = changed(message)
    return really(connection, message, *more, **named)

sandgrader.wire.send = say
"""
"""Changes what the interpreter sends from then on; ``changed`` stands before it."""


def _bytes(name: str, content: bytes) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return place


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / TIMESTAMP)


def _folder(folder: Path) -> None:
    (folder / TIMESTAMP).mkdir()
    (folder / TIMESTAMP / "inside.txt").write_text("a folder\n", encoding="utf-8")


def _link(folder: Path) -> None:
    (folder / TIMESTAMP).symlink_to("/dev/zero")


def _environment(folder: Path) -> None:
    """Keep a virtual environment beside the notebooks."""
    for number in range(2100):
        path = folder / ".env" / "lib" / f"package{number // 100}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")


def _many_folders(folder: Path) -> None:
    for number in range(3000):
        (folder / "empty" / f"{number}").mkdir(parents=True)


def _no_files(folder: Path) -> None:
    """Leave a socket, a file of 10 TB of holes and names that a terminal would obey."""
    with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    with (folder / "holes.bin").open("wb") as stream:
        stream.truncate(10 * 2**40)
    for name in ("\x1b[2J\x1b[31mall graded", "two\rlines", "\u202etxt.exe", "\x07"):
        (folder / name).write_text("odd\n", encoding="utf-8")
        (folder / f"{name}link").symlink_to("nowhere")


def _types(folder: Path) -> None:
    """Give everything in a notebook but the sources another type."""
    path = folder / NOTEBOOK
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook |= {"nbformat": "4", "nbformat_minor": [], "metadata": "none"}
    for number, cell in enumerate(notebook["cells"]):
        cell |= {"id": number, "outputs": "none", "execution_count": {}, "attachments": 5}
        cell["source"] = cell["source"].splitlines(keepends=True)
        if "nbgrader" not in cell["metadata"]:
            cell["metadata"] = []
    notebook["cells"][1:1] = [5, None, [], {}, {"cell_type": ["code"], "source": {"a": 1}}]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _mark(mark: bytes, encoding: str) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        path = folder / LEDGER
        path.write_bytes(mark + path.read_text(encoding="utf-8").encode(encoding))

    return place


def _deaf(notebooks: Notebooks) -> None:
    """Let the interpreter read no more, then have two megabytes in the next cell."""
    code = "import sandgrader.wire, time\n\nsandgrader.wire.Reader.receive = time.sleep"
    patch = "lambda *_, **__: time.sleep(3600)"
    insert_after(notebooks["access"], "lock-test", f"# {'x' * 2_000_000}\npass", "large")
    insert_after(notebooks["access"], "lock-test", code.replace("time.sleep", patch), "deaf")


def _forge_for_later(name: str) -> Callable[[Work], None]:
    """Write, in part 1, a ledger in which all three parts are locked; send it as ``name``."""

    def type_in(work: Work) -> None:
        entries: list[tuple[str, str, dict[str, Any]]] = []
        for part, sheet in work.sheets.items():
            said = {"prediction": sheet.key["prediction"], "confidence": 1.0, "reason": ""}
            entries.append((part, "lock", said))
            entries += [(part, "run", run) for run in sheet.key.get("runs", ())]
        work.before(
            "lock",
            f"""
import pathlib
from storagelab.ledger import append_entry

for part_name, kind, said in {entries!r}:
    append_entry(pathlib.Path("."), {TRACK!r}, part_name, kind, said, {{}})

def changed(message):
    files = message.get("files")
    if isinstance(files, dict) and {LEDGER!r} in files:
        message["files"] = {{**files, {name!r}: files.pop({LEDGER!r})}}
    return message
{SAY_OTHERWISE}""",
        )

    return type_in


def _without(folder: Path) -> None:
    (folder / LEDGER).unlink()


FORGED_FIRST = {
    **NO_LEDGER,
    **lost("lock", "the prediction was locked while the notebook was graded"),
}


def _forged(name: str, spelling: str, how: str) -> Case:
    return Case(
        name,
        f"has no ledger; writes one for all parts while the first is graded, and sends it {how}",
        _forge_for_later(spelling),
        place=_without,
        loses=FORGED_FIRST,
    )


PACK = [
    right("timestamp_is_a_pipe", "hands in a named pipe for a timestamp.txt", place=_pipe),
    right("timestamp_is_a_folder", "hands in a folder named timestamp.txt", place=_folder),
    right(
        "timestamp_is_a_link",
        "hands in a link to /dev/zero for a timestamp.txt",
        place=_link,
        not_by_stock="it would read zeros into memory without an end",
    ),
    right(
        "timestamp_year_0",
        "hands in a timestamp.txt of the year 0",
        place=_bytes(TIMESTAMP, b"0000-01-01 00:00:00 UTC"),
    ),
    right(
        "timestamp_year_99999",
        "hands in a timestamp.txt of the year 99999",
        place=_bytes(TIMESTAMP, b"99999-12-31 23:59:59 UTC"),
    ),
    right(
        "timestamp_huge",
        "hands in a timestamp.txt of 5 MB of digits",
        place=_bytes(TIMESTAMP, b"9" * 5_000_000),
    ),
    right(
        "timestamp_no_text",
        "hands in a timestamp.txt that is a time and then bytes that are no text",
        place=_bytes(TIMESTAMP, b"2026-02-04 15:00:00 UTC\xff\xfe\n"),
    ),
    right(
        "environment_beside",
        "keeps 2,100 files of a virtual environment in a folder .env beside the notebooks",
        place=_environment,
    ),
    right("folders_beside", "hands in 3,000 empty folders", place=_many_folders),
    right(
        "no_files_beside",
        "hands in a socket, 10 TB of holes, and names that clear a terminal",
        place=_no_files,
    ),
    right("notebook_types", "has other types than nbformat's all over the notebook", place=_types),
    right(
        "ledger_mark",
        "saves the ledger with a byte order mark",
        place=_mark(codecs.BOM_UTF8, "utf-8"),
    ),
    right(
        "ledger_utf_16",
        "saves the ledger as UTF-16",
        place=_mark(codecs.BOM_UTF16_LE, "utf-16-le"),
    ),
    right(
        "output_nested",
        "displays JSON that is nested 490 deep",
        "from IPython.display import display\n\ndeep = []\nfor _ in range(490):\n"
        "    deep = [deep]\ndisplay({'application/json': deep}, raw=True)",
        at="conclude",
    ),
    right(
        "output_nested_in_the_last_cell",
        "sends outputs that are nested 900 deep, with halves of letters for names, in a later cell",
        "deep = 'x'\nfor _ in range(900):\n    deep = {'\\ud800': deep}\n"
        "strange = {'output_type': 'display_data', 'metadata': deep,\n"
        "           'data': {'application/json': deep, '\\udfff/json': '\\ud800'}}\n\n"
        "def changed(message):\n    if 'outputs' in message:\n"
        "        message['outputs'] = [strange] * 3\n    return message\n" + SAY_OTHERWISE,
    ),
    right(
        "outputs_too_large",
        "sends outputs of 40 MB for every cell from the second answer on",
        "def changed(message):\n    if 'outputs' in message:\n"
        "        text = 'x' * 40_000_000\n"
        "        message['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': text}]\n"
        "    return message\n" + SAY_OTHERWISE,
        at="conclude",
    ),
    right(
        "outputs_that_are_no_message",
        "sends a list, a number and brackets without number in the place of cells' outputs",
        "turn = iter(range(10**9))\n\ndef changed(message):\n    if 'outputs' not in message:\n"
        "        return message\n    return [[1, 2], 5, None][next(turn) % 3]\n" + SAY_OTHERWISE,
        at="conclude",
    ),
    right(
        "snapshot_that_is_not_there",
        "says of every answer that it can be called in a snapshot",
        "def changed(message):\n    if 'answers' in message and not message['answers']:\n"
        "        message['snapshot'] = True\n    return message\n" + SAY_OTHERWISE,
        at="conclude",
    ),
    Case(
        "listens_no_more",
        "lets the interpreter read no more, and has 2 MB in the next cell",
        spoil=_deaf,
        loses=lost("conclude law decide", "the interpreter doesn't read these cells"),
        not_by_stock="it breaks the grader's own connection",
    ),
    _forged("ledger_forged_for_later", LEDGER, "as it is"),
    _forged("ledger_forged_with_a_dot", "./ledger.json", "as ./ledger.json"),
    _forged("ledger_forged_by_a_way_round", "a/../ledger.json", "as a/../ledger.json"),
    _forged("ledger_forged_in_capitals", "LEDGER.JSON", "as LEDGER.JSON"),
    cheat(
        "timestamp_sent",
        "sends a timestamp.txt of the year before under another spelling of its name",
        "import base64\n\nearly = base64.b64encode(b'1999-12-31 23:59:59 UTC').decode()\n\n"
        "def changed(message):\n    if 'files' in message:\n"
        "        message['files'] = {name: early for name in ('./timestamp.txt', 'TIMESTAMP.TXT',\n"
        "                            'x/../timestamp.txt', 'timestamp.txt/', 'timestamp.txt')}\n"
        "    return message\n" + SAY_OTHERWISE,
    ),
]
