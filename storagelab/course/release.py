"""From ``source/`` to ``release/``: nbgrader's own student version, checked for leaks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat

from storagelab.course.nbgrader_steps import make_course, run_nbgrader

SECRET_MARKS = ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")
"""What opens a region that no student may see."""


class LeakError(Exception):
    """Something that no student may see is about to be released."""


def write_release(config: Path, source: Path, track_name: str, folder: Path) -> list[Path]:
    """Write a track's student notebooks under ``folder/<track>/`` and return their paths.

    They are made of ``source/<track>/``, with nbgrader's configuration ``config``.

    nbgrader makes them in a course of its own, so that no gradebook of a real class is touched.
    Nothing is written where a secret is left: :class:`LeakError` then.
    """
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch) / "course"
        make_course(course, Path(scratch) / "exchange", config, source)
        run_nbgrader(
            course, Path(scratch) / "exchange", "generate_assignment", track_name, "--create"
        )
        made = sorted((course / "release" / track_name).iterdir())
        contents = {path.name: path.read_text(encoding="utf-8") for path in made}
    for name, text in contents.items():
        check_no_secret(name, text)
    target = folder / track_name
    target.mkdir(parents=True, exist_ok=True)
    for stray in {path.name for path in target.iterdir()} - set(contents):
        (target / stray).unlink()
    for name, text in contents.items():
        # nbgrader leaves out the newline at the end, which git and editors want
        (target / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return [target / name for name in contents]


def check_no_secret(name: str, text: str) -> None:
    """Raise :class:`LeakError` if a released file is no notebook, has outputs or holds a secret."""
    if not name.endswith(".ipynb"):
        raise LeakError(f"{name} lies beside the notebooks in source/: it would be released")
    for mark in SECRET_MARKS:
        if mark in text:
            raise LeakError(f"{name}: {mark!r} is left in the student's version")
    for cell in nbformat.reads(text, as_version=4).cells:
        if cell.get("outputs"):
            raise LeakError(f"{name}, cell {cell.id}: an output is left in the student's version")
