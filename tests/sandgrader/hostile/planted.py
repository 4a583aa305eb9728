"""A course with marks in its hidden tests, and the search for them in what students get back."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat

from tests.sandgrader.hostile.case import STEMS, TRACK
from tests.sandgrader.hostile.readers import LOOT

MARK = "planted-in-a-hidden-test"
_BEGIN = "### BEGIN HIDDEN TESTS"
_LOOT = re.compile(rf"{LOOT}\([^)]*\d")


def plant(source: Path) -> int:
    """Put a mark into every hidden region of a course's ``source/``; return how many there are."""
    count = 0
    for stem in STEMS.values():
        path = source / TRACK / f"{stem}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if _BEGIN in cell.source:
                count += cell.source.count(_BEGIN)
                mark = f"{_BEGIN}\nplanted = {MARK!r}"
                cell.source = cell.source.replace(_BEGIN, mark)
        nbformat.write(notebook, path)
    return count


def make_course(folder: Path, config: Path, source: Path) -> None:
    """Lay out a course of the pack's track alone, with marks in its hidden tests."""
    folder.mkdir(parents=True)
    shutil.copy2(config, folder / "nbgrader_config.py")
    shutil.copytree(source / TRACK, folder / "source" / TRACK)
    if not plant(folder / "source"):
        raise ValueError("no hidden test was found to put a mark into")


def _told(text: str) -> list[str]:
    return ([MARK] if MARK in text else []) + _LOOT.findall(text)[:1]


def leaks(folder: Path) -> list[str]:
    """Return what is hidden and stands in a graded submission all the same, with its place.

    The tests' own sources are hidden by whoever makes the feedback; everything else here is the
    student's: cells, what they and the tests answered, and files.
    """
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".ipynb" and path.stem in STEMS.values():
            text = _without_tests(text)
        found += [f"{path.relative_to(folder)}: {what}" for what in _told(text)]
    return found


def _without_tests(text: str) -> str:
    try:
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade"):
                cell["source"] = ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return text  # a student wrote it, not the grader
    return json.dumps(notebook, ensure_ascii=False)
