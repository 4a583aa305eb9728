"""What a change makes anew: no more than what depends on it, and nothing less."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storagelab.course.layout import Layout

STEPS = {
    "notebooks": "storagelab.course generate",
    "demo-class": "demo.run_class build/demo-class",
    "book": "jupyter-book build",
}
"""What is made, and the command that makes it."""

REFERENCES = """
import os, sys
os.environ.update({"STORAGELAB_VIEW": "static", "STORAGELAB_VARIANT": "0"})
import nbformat
for path in sys.argv[1:]:
    names = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, path, "exec"), names)
for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None) or ""
    if "/storagelab/" in file and "site-packages" not in file:
        print(file)
"""
"""Runs reference notebooks as the generator does, and prints the course's modules they import."""


@pytest.fixture(scope="module")
def made_after(layout: Layout, make: Callable[[str], None]) -> Callable[..., list[str]]:
    """Return which of the steps would be done anew if some files were changed now."""
    for step in STEPS:
        make(step)

    def ask(*files: str) -> list[str]:
        changed = [f"--what-if={file}" for file in files]
        done = subprocess.run(
            ["make", "--dry-run", *changed, *STEPS],
            cwd=layout.root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [step for step, command in STEPS.items() if command in done.stdout]

    return ask


@pytest.mark.parametrize(
    ("file", "steps"),
    [
        ("storagelab/widgets/scripts/workbench.css", ["book"]),
        ("storagelab/widgets/workbench.py", ["book"]),
        ("book/_static/storagelab.css", ["book"]),
        ("book/part1_access.md", ["book"]),
        ("storagelab/validation/cases.py", ["book"]),
        ("storagelab/checkpoint/storm.py", ["notebooks", "demo-class", "book"]),
        ("storagelab/data/devices.csv", ["notebooks", "demo-class", "book"]),
        ("storagelab/labs/checking.py", ["notebooks", "demo-class", "book"]),
        ("notebooks/1_access.md", ["notebooks", "demo-class"]),
        ("notebooks/keys.py", ["notebooks", "demo-class"]),
        ("demo/students.py", ["demo-class"]),
        ("tests/models/test_access.py", []),
        ("tests/browser/test_book.py", []),
        ("docs/hub.md", []),
        ("sandgrader/marking/page/mark.js", []),
        ("docs/example_track.toml", ["book"]),
        ("source/cloud_titan/1_access.ipynb", []),
    ],
)
def test_a_change_makes_what_depends_on_it(
    layout: Layout, made_after: Callable[..., list[str]], file: str, steps: list[str]
) -> None:
    assert (layout.root / file).exists()
    assert made_after() == [], "something isn't up to date by itself"
    assert made_after(file) == steps


def test_whatever_a_reference_notebook_imports_makes_it_anew(
    layout: Layout, made_after: Callable[..., list[str]], tmp_path: Path
) -> None:
    notebooks = sorted((layout.source / "tiny_pioneer").glob("*.ipynb"))
    done = subprocess.run(
        [sys.executable, "-c", REFERENCES, *map(str, notebooks)],
        cwd=tmp_path, env={"PYTHONPATH": f"{layout.root}:{layout.notebooks}", "PATH": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = re.findall(r"/(storagelab/\S+\.py)$", done.stdout, re.MULTILINE)
    assert len(files) > 30
    for file in files:
        assert "notebooks" in made_after(file), f"{file} isn't among the notebooks' inputs"
