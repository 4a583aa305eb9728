"""What came out of grading a course, as one table that two graders can be compared by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbgrader.api import Gradebook

from tests.sandgrader.corpus.case import Case
from tests.sandgrader.corpus.course import digest, grade_by_nbgrader, make, opened

Table = dict[str, Any]
"""What is said of each ``student/notebook/cell``, and of other things by such names."""

STOCK = Path(__file__).with_name("stock.json")
"""What nbgrader makes of each case: ``python -m tests.sandgrader.corpus measure`` writes it."""

NOTES = "graded.log"
"""A file that a course's own plugins may write: their lines are compared."""

_CACHES = ("__pycache__", ".ipynb_checkpoints")


class Measured(NamedTuple):
    """What nbgrader makes of a case."""

    digest: str
    """Of the course as it was before."""
    nbgrader: str
    passed: bool
    """Whether it went through the class without an error of its own."""
    table: Table


def read(case: Case, course: Path) -> Table:
    """Return what a graded course's gradebook and ``autograded/`` have.

    Of a cell: what the machine gives, what a person gave, extra credit, whether it waits for a
    person. Of a submission: seconds late and penalties. Of its folder: its files and their modes.
    """
    table: Table = {}
    notes = course / NOTES
    if notes.exists():
        table["course: notes"] = sorted(notes.read_text().splitlines())
    with opened(case, course) as (_, directory):
        with Gradebook(directory.db_url) as gradebook:
            for submission in gradebook.assignment_submissions(case.assignment):
                table.update(_submission(submission))
        for student in case.students:
            step = directory.autograded_directory
            folder = Path(directory.format_path(step, student, case.assignment))
            files = sorted(_files(folder))
            many = hashlib.sha256(repr(files).encode()).hexdigest()[:16]
            table[f"{student}: files"] = files if len(files) < 50 else [len(files), many]
            for path in sorted(folder.glob("*.ipynb")):
                table.update(_notebook(case, f"{student}/{path.stem}", path))
    return table


def _submission(submission: Any) -> Iterator[tuple[str, Any]]:
    who = submission.student_id
    if submission.total_seconds_late:
        yield f"{who}: seconds late", submission.total_seconds_late
    for notebook in submission.notebooks:
        where = f"{who}/{notebook.name}"
        if notebook.late_submission_penalty:
            yield f"{where}: penalty", notebook.late_submission_penalty
        for grade in notebook.grades:
            yield (
                f"{where}/{grade.name}",
                [
                    grade.auto_score,
                    grade.manual_score,
                    grade.extra_credit,
                    bool(grade.needs_manual_grade),
                ],
            )
        for comment in notebook.comments:
            if comment.comment:
                yield f"{where}/{comment.name}: comment", comment.comment


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not set(_CACHES) & set(name.parts):
            yield f"{name.as_posix()} {path.stat().st_mode & 0o777:o}"


def _notebook(case: Case, where: str, path: Path) -> Iterator[tuple[str, Any]]:
    notebook = nbformat.read(path, as_version=4)
    cells = notebook.cells
    if "course" in notebook.metadata:  # an exporter of the course's own has been there
        yield f"{where}: course", notebook.metadata["course"]
    pasted = sorted(name for cell in cells for name in cell.get("attachments", {}))
    if pasted:
        yield f"{where}: attachments", pasted
    if case.outputs:
        yield f"{where}: outputs", [_kinds(cell.get("outputs", ())) for cell in cells]


def _kinds(outputs: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for output in outputs:
        said = output.get("name") or output.get("ename")
        kind = f"{output.output_type}: {said or ', '.join(sorted(output.get('data', {})))}"
        # in how many pieces a stream comes is a matter of time
        if not (found and kind == found[-1] and output.output_type == "stream"):
            found.append(kind)
    return found


def measure(case: Case, folder: Path) -> Measured:
    """Have nbgrader grade a case in a new folder."""
    course = folder / "course"
    make(case, course)
    known_by = digest(case, course)
    passed = grade_by_nbgrader(case, course)
    return Measured(known_by, version("nbgrader"), passed, read(case, course))


def load() -> dict[str, Measured]:
    """Return what was measured, by case."""
    if not STOCK.exists():
        return {}
    stored = json.loads(STOCK.read_text(encoding="utf-8"))
    return {name: Measured(**said) for name, said in stored.items()}


def store(measured: dict[str, Measured]) -> None:
    """Write what was measured, a line for each entry."""
    parts = []
    for name, said in sorted(measured.items()):
        head = json.dumps({key: getattr(said, key) for key in ("digest", "nbgrader", "passed")})
        lines = [f"{json.dumps(key)}: {json.dumps(said.table[key])}" for key in sorted(said.table)]
        parts.append(
            f'{json.dumps(name)}: {head[:-1]}, "table": {{\n ' + ",\n ".join(lines) + "\n}}"
        )
    STOCK.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def moved_scores(stock: Table, ours: Table) -> dict[str, tuple[float, float]]:
    """Return what nbgrader gives and what the grader gives where both have a score, not the same.

    Keys are ``student/notebook/cell``.
    """
    return {
        key: (stock[key][0], said[0])
        for key, said in differences(stock, ours).items()
        if ": " not in key and said and None not in (stock.get(key) or [None])[:1] + said[:1]
    }


def listed_scores(summary: str) -> dict[str, tuple[float, float]]:
    """Return what a summary in JSON says of where the grader's scores aren't nbgrader's."""
    return {
        f"{result['student']}/{notebook}/{item['test']}": (item["nbgrader"], item["given"])
        for assignment in json.loads(summary)
        for result in assignment["results"]
        for notebook, items in result.get("differences", {}).items()
        for item in items
    }


def differences(stock: Table, ours: Table) -> Table:
    """Return what the grader has where that isn't what nbgrader has."""
    keys = sorted({*stock, *ours})
    return {key: ours.get(key) for key in keys if ours.get(key) != stock.get(key)}
