"""Things in the submission's folder that are no plain files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.sandgrader.hostile.case import NO_LEDGER, STEMS, cheat, right, whole
from tests.sandgrader.hostile.readers import reader

NOTEBOOK = f"{STEMS['access']}.ipynb"
NONE = whole("access", "there is no notebook of one's own")


def _link(name: str, target: str) -> Callable[[Path], None]:
    """Put a symbolic link in the place of whatever has the name."""

    def place(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return place


def _pipe(name: str) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return place


def _folder(folder: Path) -> None:
    (folder / NOTEBOOK).unlink()
    (folder / NOTEBOOK).mkdir()
    (folder / NOTEBOOK / "inside.txt").write_text("a folder\n", encoding="utf-8")


def _closed(folder: Path) -> None:
    (folder / "draft.txt").write_text("closed\n", encoding="utf-8")
    (folder / "draft.txt").chmod(0)
    (folder / NOTEBOOK).chmod(0)


def _odd_names(folder: Path) -> None:
    for name in (
        b"..hidden",
        b"-rf",
        b"two\nlines.txt",
        b"quote'\"$(touch pwned).txt",
        b"\xff\xfe-no-text",
        b"%s %(student_id)s {student_id}",
        b"n" * 250,
    ):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"odd\n")


def _deep(folder: Path) -> None:
    """Make a path that is longer than the system lets anyone open in one go."""
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(40):
            os.mkdir("d" * 100)
            os.chdir("d" * 100)
        Path("bottom.txt").write_text("down here\n", encoding="utf-8")
    finally:
        os.chdir(here)


def _timestamp(folder: Path) -> None:
    (folder / "timestamp.txt").write_text("yesterday, honestly\n", encoding="utf-8")


SECRET = "planted-outside"
"""A file beside the course that a test plants, for links to point to."""

PACK = [
    right(
        "link_to_passwd",
        "hands in a link to /etc/passwd and one to a file of the instructor's",
        place=lambda folder: (
            _link("notes.txt", "/etc/passwd")(folder),
            _link("more.txt", f"../../../{SECRET}")(folder),
        )[-1],
    ),
    cheat(
        "link_to_gradebook",
        "hands in a link to the gradebook and writes all points through it",
        """
import sqlite3
with sqlite3.connect("book.db", timeout=1) as book:
    book.execute("UPDATE grade SET manual_score = 10, needs_manual_grade = 0")
""",
        at="decide",
        place=_link("book.db", "../../../gradebook.db"),
    ),
    reader(
        "link_to_course",
        "hands in a link to the course's folder and takes the keys from there",
        """
import glob
found = []
for name in glob.glob("all/source/*/*.ipynb") + glob.glob("all/autograded/*/*/*.ipynb"):
    found.append(open(name).read().replace("\\\\n", chr(10)).replace('\\\\"', '"'))
""",
        place=_link("all", "../../.."),
    ),
    right(
        "link_is_the_notebook",
        "hands in a link to a classmate's notebook in the place of an own one",
        place=_link(NOTEBOOK, f"../../innocent_ada/cloud_titan/{NOTEBOOK}"),
        loses=NONE,
    ),
    right(
        "link_is_the_ledger",
        "hands in a link to a classmate's ledger in the place of an own one",
        place=_link("ledger.json", "../../innocent_ada/cloud_titan/ledger.json"),
        loses=NO_LEDGER,
    ),
    right(
        "link_to_itself",
        "hands in links that go round in circles, and one to nowhere",
        place=lambda folder: (
            _link("round.txt", "round.txt")(folder),
            _link("loop", ".")(folder),
            _link("nowhere.txt", "../nowhere/at/all")(folder),
        )[-1],
    ),
    right(
        "pipe_beside",
        "hands in a named pipe beside the notebooks: who opens it waits for ever",
        place=_pipe("data.csv"),
    ),
    right(
        "pipe_is_the_notebook",
        "hands in a named pipe for a notebook",
        place=_pipe(NOTEBOOK),
        loses=NONE,
    ),
    right(
        "folder_is_the_notebook",
        "hands in a folder that is named like a notebook",
        place=_folder,
        loses=NONE,
    ),
    right(
        "file_closed",
        "hands in files that their owner may not read: a slip of chmod",
        place=_closed,
    ),
    right(
        "file_odd_names",
        "hands in files with names of two lines, of no text, of shell commands, of 250 letters",
        place=_odd_names,
    ),
    right(
        "file_deep",
        "hands in forty folders inside each other, 4,000 letters deep",
        place=_deep,
    ),
    right(
        "file_timestamp",
        "hands in a timestamp.txt that is no time",
        place=_timestamp,
    ),
]
