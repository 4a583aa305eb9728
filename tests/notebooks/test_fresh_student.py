"""A fresh student's notebook runs from top to bottom: to-dos fail as to-dos, nothing else fails."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from storagelab.course.kernels import run_notebook
from storagelab.course.layout import Layout
from storagelab.labs.numbers import HUB_USER, VARIANT
from storagelab.ledger import opening_of, read_ledger
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS
from storagelab.variants import variant_count

pytestmark = pytest.mark.full

TO_DO = "Still to do"
FOLLOWS = ("No prediction was locked", "There is no `", "` is still to do")
"""What an unanswered cell does to the tests behind it."""


@pytest.mark.parametrize("track_name", TRACKS)
@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.name)
def test_only_to_dos_fail(
    layout: Layout, track_name: str, part: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGELAB_VIEW", "live")
    for name in (VARIANT, HUB_USER):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(layout.release / track_name, tmp_path, dirs_exist_ok=True)
    notebook = nbformat.read(tmp_path / f"{part.stem}.ipynb", as_version=4)
    run_notebook(notebook, tmp_path, allow_errors=True)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        grading = cell.metadata.get("nbgrader", {})
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if grading.get("solution") and cell.id != "law":  # a function's to-do waits in its body
            assert [error.ename for error in errors] == ["NotImplementedError"], cell.id
            assert errors[0].evalue.startswith(TO_DO)
        elif grading.get("grade"):
            assert [error.ename for error in errors] == ["StudentError"], cell.id
            assert any(words in errors[0].evalue for words in FOLLOWS), errors[0].evalue
            # the sentence in lines, and no traceback
            assert " ".join(errors[0].traceback).split() == errors[0].evalue.split()
        else:
            assert errors == [], cell.id
            assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.id
    entries = read_ledger(tmp_path, track_name)
    assert [entry.kind for entry in entries] == ["open"]  # whose numbers; nothing else was done
    opening = opening_of(entries)
    assert opening is not None
    assert opening.origin == "drawn"
    assert 1 <= opening.variant <= variant_count(track_name)


def test_the_closed_workbench_says_why(layout: Layout, tmp_path: Path) -> None:
    shutil.copytree(layout.release / "cloud_titan", tmp_path, dirs_exist_ok=True)
    notebook = nbformat.read(tmp_path / "1_access.ipynb", as_version=4)
    run_notebook(notebook, tmp_path, allow_errors=True)
    (workbench,) = [cell for cell in notebook.cells if cell.id == "workbench"]
    assert any("The workbench is closed." in item.get("text", "") for item in workbench.outputs)
