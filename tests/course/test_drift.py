"""The committed notebooks are the ones that the sources make, and the comparison can fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from storagelab.course import __main__ as command
from storagelab.course.drift import differences
from storagelab.course.layout import Layout

HOW = "run `make release`, look at what it changes, and commit that"


@pytest.mark.parametrize("version", command.VERSIONS)
def test_what_is_committed_is_what_the_sources_make(
    layout: Layout, make: Callable[[str], None], version: str
) -> None:
    make("notebooks")
    found = differences(layout.generated / version, layout.root / version)
    assert not found, "\n".join([*found, HOW])


# --- the guard itself: it compares copies of what is committed with what is committed


def tamper(path: Path, cell_id: str, change: Callable[[NotebookNode], None]) -> None:
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    change(cell)
    path.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")


def another_source(cell: NotebookNode) -> None:
    cell.source += "\n"


def another_output(cell: NotebookNode) -> None:
    cell.outputs[-1].data["text/plain"] = "9.0"


def other_points(cell: NotebookNode) -> None:
    cell.metadata.nbgrader.points += 1


@pytest.mark.parametrize(
    ("version", "cell", "change", "says"),
    [
        ("source", "law", another_source, "its source differs"),
        ("release", "lock", another_source, "its source differs"),
        ("source", "decide-test", another_output, "its stored output differs"),
        ("release", "law-test", other_points, "its metadata differs"),
    ],
)
def test_a_changed_cell_is_named(
    layout: Layout,
    tmp_path: Path,
    version: str,
    cell: str,
    change: Callable[[NotebookNode], None],
    says: str,
) -> None:
    copy = shutil.copytree(layout.root / version, tmp_path / version)
    assert differences(layout.root / version, copy) == []
    name = "mobile_nomad/1_access.ipynb"
    tamper(copy / name, cell, change)
    assert differences(layout.root / version, copy) == [f"{version}/{name}, cell {cell}: {says}"]


def test_files_and_cells_that_come_and_go_are_named(layout: Layout, tmp_path: Path) -> None:
    copy = shutil.copytree(layout.release, tmp_path / "release")
    track = copy / "tiny_pioneer"
    (track / "helper.py").write_text("x = 1", encoding="utf-8")
    (track / "2_pipeline.ipynb").unlink()
    (track / "3_checkpoint.ipynb").write_text("no notebook", encoding="utf-8")
    path = track / "1_access.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in reversed(notebook.cells) if cell.id != "law"]
    notebook.cells.append(nbformat.v4.new_code_cell("1", id="mine"))
    nbformat.write(notebook, path)
    place = "release/tiny_pioneer"
    assert differences(layout.release, copy) == [
        f"{place}/1_access.ipynb, cell law: the cell is missing",
        f"{place}/1_access.ipynb, cell mine: the cell isn't made by anything",
        f"{place}/1_access.ipynb: its cells come in another order",
        f"{place}/2_pipeline.ipynb is missing",
        f"{place}/3_checkpoint.ipynb isn't a notebook that can be read",
        f"{place}/helper.py isn't made by anything",
    ]


def test_a_spelling_that_changes_no_cell_is_a_difference_too(
    layout: Layout, tmp_path: Path
) -> None:
    copy = shutil.copytree(layout.release / "edge_guardian", tmp_path / "edge_guardian")
    path = copy / "1_access.ipynb"
    path.write_bytes(path.read_bytes() + b"\n")
    (told,) = differences(layout.release / "edge_guardian", copy)
    assert "its spelling differs" in told


def test_taking_over_leaves_other_assignments_alone(layout: Layout, tmp_path: Path) -> None:
    mine = Layout(tmp_path)
    with pytest.raises(FileNotFoundError, match="make notebooks"):
        command.take_over(mine)
    for version in command.VERSIONS:
        shutil.copytree(layout.root / version, mine.generated / version)
        (mine.root / version / "my_own" / "ps1.ipynb").mkdir(parents=True)
    told = command.take_over(mine)
    assert "source/cloud_titan/1_access.ipynb is missing" in told
    assert command.take_over(mine) == []
    for version in command.VERSIONS:
        assert differences(layout.root / version / "mobile_nomad",
                           mine.root / version / "mobile_nomad") == []  # fmt: skip
        assert (mine.root / version / "my_own" / "ps1.ipynb").exists()
