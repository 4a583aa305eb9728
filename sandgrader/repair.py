"""Puts a submitted notebook in order before nbgrader's own preprocessors see it.

What a student may change is the sources of cells and their order. All else (which cells are graded,
for how many points, their types and ids) is taken from the gradebook, where the instructor's
version is; so that metadata that was lost, doubled or made up can neither win a point nor stop a
class. A notebook that can't be read at all becomes the instructor's cells with a note on top.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import nbformat
from nbformat import NotebookNode

LARGEST_NOTEBOOK = 100 * 2**20
MOST_CONTAINERS = 2_000_000
"""Lists and objects in a notebook, each of which takes a hundred bytes of memory."""
MOST_CELLS = 10_000
_NOTE = "This cell (id: {}) was missing: it was put back for grading."
_ATTACHED = re.compile(r"\]\(\s*<?attachment:([^)>\s]+)")
"""Names of attached pictures in Markdown."""
_NOT_THERE = base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="420" height="30">'
    b'<text x="5" y="20">This picture was not handed in with the notebook.</text></svg>'
).decode()


def _code(source: str) -> NotebookNode:
    return NotebookNode(
        id="", cell_type="code", metadata=NotebookNode(), source=source, outputs=[],
        execution_count=None,
    )  # fmt: skip


def _markdown(source: str) -> NotebookNode:
    return NotebookNode(id="", cell_type="markdown", metadata=NotebookNode(), source=source)


def _raw(source: str) -> NotebookNode:
    return NotebookNode(id="", cell_type="raw", metadata=NotebookNode(), source=source)


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    return NotebookNode(
        nbformat=nbformat.v4.nbformat,
        nbformat_minor=nbformat.v4.nbformat_minor,
        metadata=NotebookNode(),
        cells=cells,
    )


_MAKE = {"code": _code, "markdown": _markdown, "raw": _raw}
"""By type, what makes a cell. nbformat's own looks at each against its schema; what is made here is
right but for its id, which comes after, and the whole notebook is looked at when it is written."""


class UnreadableError(ValueError):
    """A submitted file is no notebook; the message says why, for its student."""


@dataclass(frozen=True)
class Cell:
    """A cell of the instructor's version, as the gradebook has it."""

    grade_id: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None

    @property
    def is_test(self) -> bool:
        """Whether a machine grades by running this cell."""
        return self.grade and not self.solution and self.cell_type == "code"

    def metadata(self) -> NotebookNode:
        """Return nbgrader's metadata of the cell."""
        said: dict[str, Any] = {
            "grade_id": self.grade_id,
            "cell_type": self.cell_type,
            "checksum": self.checksum,
            "locked": self.locked,
            "grade": self.grade,
            "solution": self.solution,
            "task": self.task,
            "schema_version": 3,
        }
        if self.points is not None:
            said["points"] = self.points
        return NotebookNode(said)


def read_notebook(content: bytes) -> NotebookNode:
    """Return a submitted notebook as nbformat 4, with nothing in it but cells.

    Raises :class:`UnreadableError`.
    """
    if len(content) > LARGEST_NOTEBOOK:
        raise UnreadableError(f"it is larger than {LARGEST_NOTEBOOK / 2**20:.0f} MiB")
    if not content.strip():
        raise UnreadableError("it is empty")
    if content.count(b"[") + content.count(b"{") > MOST_CONTAINERS:
        raise UnreadableError(f"it has more than {MOST_CONTAINERS:,} lists and objects")
    try:
        try:
            data = json.loads(content)
        except UnicodeDecodeError:
            data = json.loads(content.decode("latin-1"))
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    except ValueError as problem:
        raise UnreadableError(f"it is no JSON ({problem})") from None
    if not isinstance(data, dict):
        raise UnreadableError("it is no notebook")
    cells = [*map(_clean, _cells_of(data))]
    for position, cell in enumerate(cells):
        cell["id"] = f"cell-{position}"
    return _notebook(cells)


def _cells_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    if isinstance(data.get("worksheets"), list):
        try:
            data = nbformat.convert(nbformat.from_dict({**data, "nbformat": 3}), 4)
        except Exception as problem:
            raise UnreadableError(
                f"its old format can't be converted ({type(problem).__name__})"
            ) from None
    cells = data.get("cells")
    if not isinstance(cells, list):
        raise UnreadableError("it has no list of cells")
    if len(cells) > MOST_CELLS:
        raise UnreadableError(f"it has more than {MOST_CELLS:,} cells")
    return [cell for cell in cells if isinstance(cell, dict)]


def _clean(cell: dict[str, Any]) -> NotebookNode:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        source = ""
    source = _text(source).replace("\r\n", "\n")
    kind = cell.get("cell_type")
    made: NotebookNode = _MAKE[kind if isinstance(kind, str) and kind in _MAKE else "raw"](source)
    if made.cell_type != "code":
        _attach(made, cell.get("attachments"))
    metadata = cell.get("metadata")
    said = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = said.get("grade_id") if isinstance(said, dict) else None
    if isinstance(grade_id, str):
        made.metadata["nbgrader"] = NotebookNode(grade_id=grade_id)
    return made


def _attach(cell: NotebookNode, said: Any) -> None:
    """Give a cell the pictures that were pasted into it.

    A picture that its text names and that isn't there gets a word in its place: nbgrader's
    feedback fails without one.
    """
    attached = {
        _text(name): {_text(form): content for form, content in found.items()}
        for name, forms in (said.items() if isinstance(said, dict) else ())
        if (found := _forms(forms))
    }
    for name in _ATTACHED.findall(cell.source) if cell.cell_type == "markdown" else ():
        if (
            name not in attached
        ):  # some programs write a space as %20, and nbconvert doesn't read it
            attached[name] = attached.get(unquote(name)) or {"image/svg+xml": _NOT_THERE}
    if attached:
        cell["attachments"] = nbformat.from_dict(attached)


def _forms(said: Any) -> dict[str, str]:
    """Return a picture's content by its kind, those that are text."""
    forms = {}
    for form, content in said.items() if isinstance(said, dict) else ():
        if isinstance(content, list) and all(isinstance(line, str) for line in content):
            content = "".join(content)
        if isinstance(content, str):
            forms[form] = _text(content)
    return forms


def _text(said: str) -> str:
    return said.encode(errors="replace").decode()


def put_in_order(notebook: NotebookNode, cells: dict[str, Cell], add_missing: bool) -> NotebookNode:
    """Give each cell of ``notebook`` the metadata of the instructor's cell of the same id.

    Of several with one id the last is meant, as in nbgrader; the others, and cells with ids that
    nobody knows, are a student's own. ``add_missing`` puts tests and tasks that were deleted back
    behind the instructor's cell that comes before them.
    """
    seen: set[str] = set()
    for position, cell in reversed([*enumerate(notebook.cells)]):
        said = cell.metadata.pop("nbgrader", None)
        meant = cells.get(said.grade_id) if said else None
        if meant is not None and meant.grade_id not in seen:
            seen.add(meant.grade_id)
            if cell.cell_type != meant.cell_type:
                pasted = cell.get("attachments")
                cell = _MAKE[meant.cell_type](cell.source)
                if pasted and meant.cell_type != "code":
                    cell["attachments"] = pasted
            cell.metadata["nbgrader"] = meant.metadata()
            if meant.locked:
                cell.source = meant.source
        cell["id"] = f"cell-{position}"
        notebook.cells[position] = cell
    if add_missing:
        _add_missing(notebook, cells, seen)
    return notebook


def _add_missing(notebook: NotebookNode, cells: dict[str, Cell], seen: set[str]) -> None:
    after: int | None = None  # where nothing that comes before it is left, a cell goes to the end
    ids = [_id_of(cell) for cell in notebook.cells]
    for meant in cells.values():
        if meant.grade_id in seen:
            after = max(after or 0, ids.index(meant.grade_id))
        elif meant.grade or meant.task:
            added = [_missing(meant, len(notebook.cells))]
            if meant.locked:  # it has to stay as it was to the letter: the note comes before it
                note = _markdown(_NOTE.format(meant.grade_id))
                note["id"] = f"note-{len(notebook.cells)}"
                added.insert(0, note)
            if after is None:
                after = len(notebook.cells) - 1
            notebook.cells[after + 1 : after + 1] = added
            ids[after + 1 : after + 1] = map(_id_of, added)
            after += len(added)
            seen.add(meant.grade_id)


def _missing(meant: Cell, number: int) -> NotebookNode:
    source = meant.source
    if not meant.locked:
        mark = "# " if meant.cell_type == "code" else ""
        source = f"{mark}{_NOTE.format(meant.grade_id)}\n\n{source}"
    cell: NotebookNode = _MAKE[meant.cell_type](source)
    cell.metadata["nbgrader"] = meant.metadata()
    cell["id"] = f"missing-{number}"
    return cell


def _id_of(cell: NotebookNode) -> str | None:
    said = cell.metadata.get("nbgrader")
    return said.grade_id if said else None


def unreadable(cells: dict[str, Cell], why: str) -> NotebookNode:
    """Return the instructor's cells with a note of why the submitted file isn't here."""
    note = _markdown(
        f"**The notebook that was submitted can't be read: {why}.** "
        "Nothing in it could be graded. Fetch the assignment again, put your answers in, and "
        "submit that."
    )
    note["id"] = "unreadable"
    notebook = whole(cells, required=True)
    notebook.cells.insert(0, note)
    return notebook


def whole(cells: dict[str, Cell], required: bool = False) -> NotebookNode:
    """Return a notebook of the instructor's cells in order, or of those ``required`` to be there.

    These are the ones that are graded, and tasks.
    """
    notebook = _notebook([])
    if required:
        _add_missing(notebook, cells, set())
        return notebook
    for number, meant in enumerate(cells.values()):
        cell = _MAKE[meant.cell_type](meant.source)
        cell.metadata["nbgrader"] = meant.metadata()
        cell["id"] = f"cell-{number}"
        notebook.cells.append(cell)
    return notebook
