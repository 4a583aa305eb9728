"""What a submission of the pack is made of, and the two works that most of them start from."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import nbformat
from nbformat import NotebookNode

from demo.students import Answers, Loss, Sheet, read_sheet, reference
from storagelab.course.generate import load_keys
from storagelab.course.layout import find_layout
from storagelab.labs import open_part
from storagelab.parts import PARTS

TRACK = "cloud_titan"
STEMS = {name: part.stem for name, part in PARTS.items()}

Notebooks = dict[str, NotebookNode]
"""A submission's notebooks, by part."""


@dataclass(frozen=True)
class Work:
    """What a student types: the answers, and what is needed to write other ones."""

    answers: Answers
    sheets: dict[str, Sheet]

    @property
    def access(self) -> dict[str, str]:
        """The answers of part 1, in which most of the pack's attacks are made."""
        return self.answers["access"]

    @property
    def sheet(self) -> Sheet:
        """Part 1 as its answer key sees it."""
        return self.sheets["access"]

    def before(self, cell: str, code: str, part: str = "access") -> None:
        """Put ``code`` in front of an answer."""
        self.answers[part][cell] = f"{code.strip()}\n\n{self.answers[part][cell]}"

    def after(self, cell: str, code: str, part: str = "access") -> None:
        """Put ``code`` behind an answer."""
        self.answers[part][cell] = f"{self.answers[part][cell]}\n\n{code.strip()}"

    def law(self, body: str) -> None:
        """Write part 1's law anew: ``body`` is what stands in the function."""
        lines = "".join(f"\n    {line}" if line else "\n" for line in body.strip().split("\n"))
        self.access["law"] = f"import math\n\n\n{self.sheet.head}{lines}"


def _nothing(work: Work) -> None:
    pass


def _untouched(folder: Path) -> None:
    pass


@dataclass(frozen=True)
class Case:
    """One submission of the pack."""

    name: str
    """The student's id."""
    story: str
    """What the student does, as the end of a sentence that begins with the student."""
    type_in: Callable[[Work], None] = _nothing
    """Turns the reference answers into what is typed."""
    spoil: Callable[[Notebooks], None] = lambda notebooks: None
    """What is done to the notebooks' cells and metadata."""
    place: Callable[[Path], None] = _untouched
    """What is done to the folder's files before it is handed in."""
    loses: dict[str, Loss] = field(default_factory=dict)
    """The loss of each test cell, ``part/cell``, that doesn't deserve all its points."""
    chance: tuple[str, ...] = ()
    """Cells that deserve all points or what ``loses`` says: whichever, the same each time."""
    not_by_stock: str = ""
    """Why stock nbgrader isn't given this one; nothing where it can be."""


# --- what is lost


def lost(cells: str, why: str, part: str = "access") -> dict[str, Loss]:
    """Return the loss of all points of a part's test cells, named by their first words."""
    return {f"{part}/{cell}-test": Loss(0.0, why) for cell in cells.split()}


ALL_OF = {
    "access": "lock conclude law decide",
    "pipeline": "lock conclude law runs decide",
    "checkpoint": "lock conclude law decide interval",
}
"""The machine's test cells of each part, in their order, by their first words."""


def whole(part: str, why: str) -> dict[str, Loss]:
    """Return the loss of everything in a part that a machine grades."""
    return lost(ALL_OF[part], why, part)


NO_ANSWER = lost("conclude law decide", "the answers are wrong, whatever the code beside them does")
NO_LEDGER = {
    **lost("lock", "no honest evidence of a prediction"),
    **lost("lock runs", "no honest evidence of a prediction, nor of a run", "pipeline"),
    **lost("decide", "the cell stops where it records the first run", "pipeline"),
    **lost("lock", "no honest evidence of a prediction", "checkpoint"),
}


# --- who the attackers are

EXAMPLE = 6.3e6
"""What part 1's law gives in the example that students see, in seconds."""


def know_nothing(work: Work) -> None:
    """Answer part 1 wrongly throughout; the law gives the example's value and no other.

    What an attacker earns then is earned by the attack alone.
    """
    sheet = work.sheet
    work.access["conclude"] = sheet.conclude(sheet.wrong_option, "1.0")
    work.law(f"return {EXAMPLE}")
    baseline = {control.answer: control.default for control in sheet.decided}
    work.access["decide"] = f"decision = {baseline!r}\npart.decide(decision)"


def cheat(
    name: str,
    story: str,
    code: str = "",
    at: str = "lock",
    law: str = "",
    loses: dict[str, Loss] | None = None,
    **more: Any,
) -> Case:
    """Return who knows nothing and has ``code`` in front of an answer of part 1, or a ``law``."""

    def type_in(work: Work) -> None:
        know_nothing(work)
        if code:
            work.before(at, code)
        if law:
            work.law(law)

    return Case(name, story, type_in, loses=loses or NO_ANSWER, **more)


def right(
    name: str,
    story: str,
    code: str = "",
    at: str = "decide",
    law: str = "",
    after: tuple[str, str] | None = None,
    loses: dict[str, Loss] | None = None,
    **more: Any,
) -> Case:
    """Return who has everything right but for ``code`` in front of an answer, or another law.

    ``after`` is an answer's cell and what stands behind it.
    """

    def type_in(work: Work) -> None:
        if code:
            work.before(at, code)
        if after:
            work.after(*after)
        if law:
            work.law(law)

    return Case(name, story, type_in, loses=loses or {}, **more)


# --- a submission's folder


@cache
def _keys() -> ModuleType:
    return load_keys(find_layout(Path(__file__).parent))


@cache
def _sheets() -> dict[str, Sheet]:
    return {part: read_sheet(_keys(), TRACK, part) for part in PARTS}


@contextlib.contextmanager
def _at_home(user: str) -> Iterator[None]:
    """Let the package see a student who works at home, as ``user`` of a hub, without a screen."""
    home = {"STORAGELAB_VIEW": "static", "JUPYTERHUB_USER": user}
    with (
        patch.dict(os.environ, home),
        patch("os.fsync"),  # thousands of entries, none of which has to outlast a power cut
        contextlib.redirect_stdout(io.StringIO()),
    ):
        os.environ.pop("NBGRADER_EXECUTION", None)
        yield


def write_ledger(folder: Path, student: str, track: str = TRACK) -> None:
    """Write the ledger of somebody who locks, looks, records and decides, honestly."""
    with _at_home(student):
        for name in PARTS:
            sheet = read_sheet(_keys(), track, name)
            session = open_part(track, name, folder)
            session.lock(sheet.key["prediction"], 0.8, f"It was so at {student}'s last job.")
            session.workbench()
            if name == "pipeline":
                for run in sheet.key["runs"]:
                    session.record(run)
            session.decide(sheet.key["decision"])


def write_notebook(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook's JSON as it is, valid or not."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="")


def lay_out(case: Case, folder: Path, release: Path) -> None:
    """Make the folder that a student of the pack hands in, from the release's notebooks."""
    work = Work(reference(_keys(), TRACK), _sheets())
    case.type_in(work)
    notebooks = {
        name: nbformat.read(release / f"{stem}.ipynb", as_version=4) for name, stem in STEMS.items()
    }
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            cell.source = work.answers[name].get(cell.id, cell.source)
    case.spoil(notebooks)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_ledger(folder, case.name)
    for lock_file in folder.glob(".*.lock"):
        lock_file.unlink()
    for name, notebook in notebooks.items():
        write_notebook(folder / f"{STEMS[name]}.ipynb", notebook)
    case.place(folder)


def own_parts(case: Case, folder: Path, release: Path) -> tuple[str, ...]:
    """Return the parts that a case's folder has something of its own in, or loses points of.

    All of them, where it does something to the folder's files: that may reach every notebook.
    """
    if case.place is not _untouched:
        return tuple(STEMS)
    answers = reference(_keys(), TRACK)
    lost_in = {cell.partition("/")[0] for cell in case.loses}
    own = []
    for name, stem in STEMS.items():
        notebook = nbformat.read(release / f"{stem}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = answers[name].get(cell.id, cell.source)
        expected = json.dumps(notebook, indent=1, ensure_ascii=False)
        written = (folder / f"{stem}.ipynb").read_text(encoding="utf-8")
        if name in lost_in or written != f"{expected}\n":
            own.append(name)
    return tuple(own or STEMS)


# --- cells


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with the id ``name``."""
    return next(cell for cell in notebook.cells if cell.id == name)


def index_of(notebook: NotebookNode, name: str) -> int:
    """Return the place of the cell with the id ``name``."""
    return [cell.id for cell in notebook.cells].index(name)


def insert_after(notebook: NotebookNode, name: str, source: str, ident: str = "extra") -> None:
    """Put a code cell of the student's own behind the cell ``name``."""
    cell = nbformat.v4.new_code_cell(source, id=ident)
    notebook.cells.insert(index_of(notebook, name) + 1, cell)
