"""nbval on the source notebooks, strict: what they print is what is stored."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import nbformat
import pytest

from storagelab.tracks import TRACKS


def run_nbval(folder) -> subprocess.CompletedProcess:
    """Run nbval, strict, on the notebooks of a folder: the kernels work in it."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-cell-timeout=120", "-q"),
            *("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder), str(folder)),
        ],
        env={**os.environ, "STORAGELAB_VIEW": "static"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(layout, tmp_path):
    """Copies to run: a ledger written beside the sources would be released with them."""

    def of(track_name: str, pattern: str = "*.ipynb"):
        for path in (layout.source / track_name).glob(pattern):
            (tmp_path / path.name).write_bytes(path.read_bytes())
        return tmp_path

    return of


@pytest.mark.parametrize("track_name", TRACKS)
def test_every_cell_prints_what_is_stored(copy, track_name):
    folder = copy(track_name)
    cells = sum(
        cell.cell_type == "code"
        for path in folder.glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    )
    done = run_nbval(folder)
    assert done.returncode == 0, done.stdout
    assert re.search(rf"\b{cells} passed", done.stdout), done.stdout


@pytest.mark.parametrize("cell_id", ["workbench", "decide", "decide-test"])
def test_a_stored_output_that_differs_is_noticed(copy, cell_id):
    folder = copy("cloud_titan", "1_access.ipynb")
    path = folder / "1_access.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    output = cell.outputs[0]
    if output.output_type == "stream":
        output.text = output.text.replace("samples", "sampels", 1)
    else:
        output.data["text/plain"] = "9.0"
    nbformat.write(notebook, path)
    done = run_nbval(folder)
    assert done.returncode == 1
    assert "1 failed" in done.stdout
