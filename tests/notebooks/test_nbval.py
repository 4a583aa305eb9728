"""nbval on the source notebooks, strict: what they print is what is stored."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from storagelab.course.layout import Layout
from tests.notebooks.replay import RECORDED

CHANGED = ("workbench", "decide", "decide-test")


def run_nbval(folder: Path, recorded: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run nbval, strict, on the notebooks of a folder: in kernels, or on what they printed."""
    plugin = ["-p", "tests.notebooks.replay"] if recorded else []
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-cell-timeout=120", "-q"),
            *("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder), str(folder)),
            *plugin,
        ],
        env={
            **os.environ,
            "STORAGELAB_VIEW": "static",
            "STORAGELAB_VARIANT": "0",
            RECORDED: str(recorded),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def recorded(layout: Layout, make: Callable[[str], None]) -> Path:
    """The notebooks as the generator's kernels left them."""
    make("notebooks")
    return layout.generated / "source"


@pytest.fixture
def copy(layout: Layout, tmp_path: Path) -> Path:
    """Copies to run: a ledger written beside the sources would be released with them."""
    return shutil.copytree(layout.source, tmp_path / "source")


def count_cells(folder: Path) -> int:
    return sum(
        cell.cell_type == "code"
        for path in folder.rglob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    )


def check_that_all_pass(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"\b{count_cells(folder)} passed", done.stdout), done.stdout


def test_every_cell_printed_what_is_stored(copy: Path, recorded: Path) -> None:
    check_that_all_pass(run_nbval(copy, recorded), copy)


def test_a_stored_output_that_differs_is_noticed(copy: Path, recorded: Path) -> None:
    path = copy / "cloud_titan" / "1_access.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in CHANGED:
            output = cell.outputs[-1]  # a test's points, behind its words
            if output.output_type == "stream":
                output.text = output.text.replace("samples", "sampels", 1)
            else:
                output.data["text/plain"] = "9.0"
    nbformat.write(notebook, path)
    done = run_nbval(path.parent, recorded / "cloud_titan")
    assert done.returncode == 1
    assert f"{len(CHANGED)} failed, {count_cells(path.parent) - len(CHANGED)} passed" in done.stdout


def test_a_cell_that_was_not_the_one_run_is_noticed(copy: Path, recorded: Path) -> None:
    path = copy / "cloud_titan" / "1_access.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "law"]
    cell.source += "\n# changed"
    nbformat.write(notebook, path)
    done = run_nbval(path.parent, recorded / "cloud_titan")
    assert done.returncode == 1
    assert "this cell isn't the one that was run" in done.stdout


@pytest.mark.nightly
@pytest.mark.parametrize("track", ["cloud_titan", "edge_guardian", "mobile_nomad", "tiny_pioneer"])
def test_every_cell_prints_what_is_stored_in_a_kernel_of_today(copy: Path, track: str) -> None:
    """The same with kernels, as somebody's CI runs it."""
    check_that_all_pass(run_nbval(copy / track), copy / track)
