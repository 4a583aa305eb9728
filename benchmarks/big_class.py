"""A class of any size: the demo class's submissions, handed in again under other names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs, to_builtins
from nbgrader.api import Gradebook

from storagelab.course.layout import find_layout
from storagelab.ledger import FILE_NAME, LedgerError, read_ledger

TRACK = "cloud_titan"
WAITS = ("finn_never_stops",)
"""Who spends the class's time on a limit: what they measure is the limit."""


def make_class(folder: Path, size: int) -> Path:
    """Make a course with ``size`` submissions, none graded, and return its folder.

    Raises ``SystemExit`` with a sentence where there is no demo class.
    """
    made = find_layout().root / "build" / "demo-class" / TRACK / "course"
    submitted = made / "submitted"
    if not submitted.is_dir():
        raise SystemExit("There is no demo class to take submissions from: make demo-class")
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("submitted", "autograded", "feedback", "*.log")
    shutil.copytree(made, folder, ignore=ignored)
    # the settings of now, of which the demo class may be older
    shutil.copy(find_layout().root / "nbgrader_config.py", folder)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for student in [item.id for item in gradebook.students]:
            gradebook.remove_student(student)
    students = [path for path in sorted(submitted.iterdir()) if path.name not in WAITS]
    for number in range(size):
        student = students[number % len(students)]
        target = folder / "submitted" / f"{student.name}_{number:04}"
        shutil.copytree(student, target)
        forget_whose(target / TRACK)
    return folder


def forget_whose(folder: Path) -> None:
    """Seal a ledger anew as one of somebody outside of a hub, with the same numbers.

    Handed in again under another name it would be somebody else's, and earn next to nothing. One
    that was spoilt stays as it is.
    """
    try:
        entries = read_ledger(folder, TRACK)
    except LedgerError:
        return
    previous, sealed = "", []
    for entry in entries:
        said = {name: value for name, value in entry.said.items() if name != "user"}
        if entry.kind == "open":
            said["origin"] = "set"
        entry = structs.replace(entry, said=said, previous=previous, digest="")
        sealed.append(structs.replace(entry, digest=entry.sealed(TRACK)))
        previous = sealed[-1].digest
    if sealed:
        path = folder / FILE_NAME
        ledger = json.loads(path.read_text(encoding="utf-8"))
        ledger["entries"] = to_builtins(sealed)
        path.write_text(json.dumps(ledger, indent=1), encoding="utf-8")


def ungraded(course: Path, folder: Path) -> Path:
    """Return a copy of a class that isn't graded."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course, folder)
    return folder


def run(course: Path, *command: str, prefix: Sequence[str] = ()) -> str:
    """Run a Python module's command in a course and return what it printed.

    ``prefix`` is a program that runs it, with its arguments.
    """
    here = Path(sys.executable).parent
    done = subprocess.run(
        [*prefix, sys.executable, "-m", *command],
        cwd=course,
        env={**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def scores(course: Path) -> dict[tuple[str, str, str], tuple[float | None, bool]]:
    """Return every machine-given score of a class, by student, notebook and cell."""
    found = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(TRACK):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    key = (submission.student_id, notebook.name, grade.name)
                    found[key] = (grade.auto_score, bool(grade.needs_manual_grade))
    return found
