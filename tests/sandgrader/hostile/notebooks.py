"""Notebooks that are broken, or that aren't what was released: files, encodings, cells."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from tests.sandgrader.hostile.case import (
    STEMS,
    Case,
    Notebooks,
    Work,
    cell_of,
    cheat,
    index_of,
    know_nothing,
    lost,
    right,
    whole,
)
from tests.sandgrader.hostile.patched import BEND

NOTEBOOK = f"{STEMS['access']}.ipynb"
UNREADABLE = lost("conclude law decide", "no answer can be read; the lock is in the ledger")
TESTS = ("lock-test", "conclude-test", "law-test", "decide-test")


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change the notebook of part 1 as bytes."""

    def place(folder: Path) -> None:
        path = folder / NOTEBOOK
        path.write_bytes(change(path.read_bytes()))

    return place


def _json(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Change the notebook of part 1 as JSON; what ``change`` returns is written, if anything."""

    def place(folder: Path) -> None:
        path = folder / NOTEBOOK
        notebook = json.loads(path.read_text(encoding="utf-8"))
        changed = change(notebook)
        text = json.dumps(notebook if changed is None else changed)
        path.write_text(text, encoding="utf-8")

    return place


def _metadata(**changes: Any) -> Callable[[Notebooks], None]:
    """Change what nbgrader has noted in every test cell of part 1."""

    def spoil(notebooks: Notebooks) -> None:
        for name in TESTS:
            cell_of(notebooks["access"], name).metadata["nbgrader"].update(changes)

    return spoil


def _third_version(folder: Path) -> None:
    path = folder / NOTEBOOK
    old = nbformat.convert(nbformat.read(path, as_version=4), 3)
    path.write_text(json.dumps(old), encoding="utf-8")


def _without_ids(notebook: dict[str, Any]) -> None:
    notebook["nbformat_minor"] = 0
    for cell in notebook["cells"]:
        del cell["id"]


def _same_ids(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        cell["id"] = "same"


def _of_version(major: int) -> Callable[[dict[str, Any]], None]:
    def change(notebook: dict[str, Any]) -> None:
        notebook["nbformat"], notebook["nbformat_minor"] = major, 0

    return change


def _renamed(folder: Path) -> None:
    (folder / NOTEBOOK).rename(folder / "1_access-Copy1.ipynb")


def _heavy(notebooks: Notebooks) -> None:
    """Leave 50 MB of output in a cell, as a picture at full size would."""
    picture = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo" * 4_800_000})
    cell_of(notebooks["access"], "workbench").outputs = [picture]


def _no_cells(notebooks: Notebooks) -> None:
    notebooks["access"].cells = []


def _test_twice(notebooks: Notebooks) -> None:
    """Copy an answer and its test, as copy and paste of cells does."""
    cells = notebooks["access"].cells
    place = index_of(notebooks["access"], "law-test")
    for name in ("law", "law-test"):
        again = copy.deepcopy(cell_of(notebooks["access"], name))
        again.id = f"{name}-again"
        place += 1
        cells.insert(place, again)


def _test_first_as_text(notebooks: Notebooks) -> None:
    """Put cells with the tests' own ids, and nothing to fail in them, before the tests."""
    cells = notebooks["access"].cells
    for name in TESTS[1:]:
        real = cell_of(notebooks["access"], name)
        fake = copy.deepcopy(real)
        fake.id, fake.source = f"{name}-mine", f"{float(real.metadata['nbgrader']['points'])}"
        fake.metadata["nbgrader"]["locked"] = False
        cells.insert(index_of(notebooks["access"], name), fake)


def _deleted(*names: str) -> Callable[[Notebooks], None]:
    def spoil(notebooks: Notebooks) -> None:
        notebooks["access"].cells = [c for c in notebooks["access"].cells if c.id not in names]

    return spoil


def _moved_up(notebooks: Notebooks) -> None:
    """Drag a test above the answer that it tests."""
    notebook = notebooks["access"]
    test = notebook.cells.pop(index_of(notebook, "law-test"))
    notebook.cells.insert(index_of(notebook, "law"), test)


def _sections_swapped(notebooks: Notebooks) -> None:
    """Decide before concluding: whole sections change places."""
    cells = notebooks["access"].cells
    start, end = (index_of(notebooks["access"], name) for name in ("decide-text", "decide-test"))
    section = cells[start : end + 1]
    del cells[start : end + 1]
    place = index_of(notebooks["access"], "conclude-text")
    cells[place:place] = section


def _retyped(kind: str, *names: str) -> Callable[[Notebooks], None]:
    def spoil(notebooks: Notebooks) -> None:
        for name in names:
            cell = cell_of(notebooks["access"], name)
            cell.cell_type = kind
            cell.pop("outputs", None)
            cell.pop("execution_count", None)

    return spoil


def _rewritten(notebooks: Notebooks) -> None:
    for name in TESTS:
        cell = cell_of(notebooks["access"], name)
        cell.source = f"{float(cell.metadata['nbgrader']['points'])}"
        cell.metadata["nbgrader"]["locked"] = False
        cell.metadata["deletable"] = cell.metadata["editable"] = True


def _given_cells_rewritten(notebooks: Notebooks) -> None:
    """Change the instructor's own cell at the top, which opens the part."""
    cell = cell_of(notebooks["access"], "open")
    cell.source = f"{cell.source}\n{BEND}"


def _tagged(*tags: str) -> Callable[[Notebooks], None]:
    def spoil(notebooks: Notebooks) -> None:
        for name in TESTS:
            cell_of(notebooks["access"], name).metadata["tags"] = list(tags)

    return spoil


def _untagged_names(notebooks: Notebooks) -> None:
    """Take away all that nbgrader noted, in every cell."""
    for cell in notebooks["access"].cells:
        cell.metadata.pop("nbgrader", None)


def _surrogate(notebook: dict[str, Any]) -> None:
    """Cut an emoji of a note in two, as a broken editor does; the answers are whole."""
    note = {"cell_type": "markdown", "id": "note", "metadata": {}, "source": "so slow \ud83d!"}
    notebook["cells"].insert(3, note)


def _latin(text: bytes) -> bytes:
    return text.decode().encode("latin-1", errors="replace")


def _options(notebooks: Notebooks) -> None:
    """Ask for other limits in the notebook's own metadata."""
    notebooks["access"].metadata.update(
        {"execution": {"timeout": -1, "allow_errors": False}, "nbgrader": {"points": 100}}
    )


def _renamed_variables(work: Work) -> None:
    know_nothing(work)
    work.access["conclude"] = "conclusions, times = 'iops', 413.0"


PACK = [
    right("version_3", "saves the notebook with an editor of 2013", place=_third_version),
    right("version_4_0", "saves the notebook without cell ids", place=_json(_without_ids)),
    right("version_4_same_ids", "has the same cell id in every cell", place=_json(_same_ids)),
    right(
        "version_5",
        "says that the notebook is of a version that doesn't exist yet",
        place=_json(_of_version(5)),
    ),
    right(
        "json_cut_off",
        "hands in half of a notebook: the disk was full",
        place=_bytes(lambda text: text[: len(text) // 2]),
        loses=UNREADABLE,
    ),
    right(
        "json_conflict",
        "hands in a notebook with a merge conflict of git in it",
        place=_bytes(lambda text: b"<<<<<<< HEAD\n" + text + b"=======\n>>>>>>> main\n"),
        loses=UNREADABLE,
    ),
    right(
        "json_list",
        "hands in JSON that is no notebook",
        place=_json(lambda notebook: []),
        loses=UNREADABLE,
    ),
    right(
        "json_nested",
        "hands in a notebook with 100,000 brackets inside each other",
        place=_bytes(
            lambda text: text.rstrip()[:-1] + b', "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        ),
        loses=UNREADABLE,
    ),
    right(
        "empty_file",
        "hands in a notebook of 0 bytes",
        place=_bytes(lambda text: b""),
        loses=UNREADABLE,
    ),
    right(
        "empty_notebook",
        "hands in a notebook without a cell",
        spoil=_no_cells,
        loses=lost("conclude law decide", "the answers are gone"),
    ),
    right(
        "renamed",
        "hands in 1_access-Copy1.ipynb and no 1_access.ipynb",
        place=_renamed,
        loses=whole("access", "there is no notebook of that name"),
    ),
    right("heavy", "hands in a notebook of 50 MB, with right answers", spoil=_heavy),
    right(
        "encoding_bom",
        "saves the notebook with a byte order mark",
        place=_bytes(lambda text: b"\xef\xbb\xbf" + text),
    ),
    right(
        "encoding_utf_16",
        "saves the notebook as UTF-16",
        place=_bytes(lambda text: text.decode().encode("utf-16")),
    ),
    right(
        "encoding_latin_1",
        "saves the notebook as Latin-1, with letters of it",
        place=_bytes(_latin),
    ),
    right(
        "encoding_nul",
        "has NUL bytes at the notebook's end: a disk's lost blocks",
        place=_bytes(lambda text: text[:-200] + b"\0" * 200),
        loses=UNREADABLE,
    ),
    right("encoding_surrogate", "has half an emoji in a note", place=_json(_surrogate)),
    right(
        "cells_copied", "copies an answer with its test: both are there twice", spoil=_test_twice
    ),
    cheat(
        "cells_forged",
        "puts cells with the tests' ids and their points before the tests",
        spoil=_test_first_as_text,
    ),
    right("cells_tests_deleted", "deletes every test", spoil=_deleted(*TESTS)),
    right(
        "cells_answer_deleted",
        "deletes an answer's cell",
        spoil=_deleted("decide"),
        loses=lost("decide", "the answer is gone"),
    ),
    right(
        "cells_first_deleted",
        "deletes the cell that opens the part, but works as if it were there",
        spoil=_deleted("open", "workbench"),
    ),
    right(
        "cells_test_moved",
        "drags a test above its answer",
        spoil=_moved_up,
        loses=lost("law", "the test comes before the answer"),
    ),
    right(
        "cells_sections_swapped",
        "moves the last section before the others, as a whole",
        spoil=_sections_swapped,
    ),
    right("cells_test_as_text", "turns tests into text", spoil=_retyped("markdown", *TESTS)),
    cheat(
        "cells_test_as_raw",
        "turns tests into raw text, so that nothing runs",
        spoil=_retyped("raw", *TESTS),
    ),
    right(
        "cells_answer_as_text",
        "turns an answer into text by a slip of the key M",
        spoil=_retyped("markdown", "law"),
    ),
    cheat(
        "cells_rewritten", "unlocks the tests and writes their points into them", spoil=_rewritten
    ),
    cheat(
        "cells_given_rewritten",
        "rewrites the given cell at the top, to bend the package",
        spoil=_given_cells_rewritten,
    ),
    cheat(
        "cells_skipped",
        "tags the tests `skip-execution`: what doesn't run can't fail",
        spoil=_tagged("skip-execution"),
    ),
    cheat(
        "cells_may_raise",
        "tags the tests `raises-exception` and `hide-output`",
        spoil=_tagged("raises-exception", "hide-output", "remove-output", "remove-cell"),
    ),
    cheat(
        "metadata_solution",
        "marks the tests as solutions, which a person grades",
        spoil=_metadata(solution=True),
    ),
    cheat("metadata_points", "writes 100 points into every test", spoil=_metadata(points=100)),
    cheat(
        "metadata_no_grade",
        "writes into every test that it isn't graded",
        spoil=_metadata(grade=False),
    ),
    right(
        "metadata_removed", "uses a tool that strips all metadata of cells", spoil=_untagged_names
    ),
    right(
        "metadata_schema_old",
        "has the metadata of nbgrader's first version in the tests",
        spoil=_metadata(schema_version=1),
    ),
    right(
        "metadata_schema_new",
        "has the metadata of a version of nbgrader that isn't out yet",
        spoil=_metadata(schema_version=99),
    ),
    right("metadata_options", "asks for other limits in the notebook's metadata", spoil=_options),
    Case(
        "renamed_answers",
        "gives every answer another name",
        _renamed_variables,
        loses=lost("conclude", "there is no answer of that name")
        | lost("law decide", "the answers are wrong"),
    ),
]
