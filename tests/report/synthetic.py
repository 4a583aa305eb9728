"""Made-up classes of any size, with a gradebook, ledgers and notebooks, and what is true of them.

Rows go into nbgrader's own tables in bulk: its methods commit once a cell, which takes an hour
for a thousand students.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import nbformat
from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import insert

from storagelab.course.layout import find_layout
from storagelab.ledger import FORMAT, VERSION, Entry
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from tests.report import prose as made_up

BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "made-up"\n'


@dataclass
class Answer:
    """What one student said in one part, and how long the ledger says that it took."""

    student: str
    track: str
    part: str
    prediction: str
    confidence: float
    reason: str
    conclusion: str
    minutes: float
    runs: list[dict] = field(default_factory=list)
    decision: dict = field(default_factory=dict)
    law: str = ""
    reflection: str = ""


@dataclass
class Truth:
    """What is true of a made-up class."""

    course: Path
    students: list[str]
    names: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    points: dict[tuple[str, str, str, str], float] = field(default_factory=dict)
    """By student, track, notebook and cell."""
    cells: dict[str, list[tuple[str, str, float, bool]]] = field(default_factory=dict)
    """By track: notebook, cell, points, whether a person grades it."""


def chain(track: str, lines: Sequence[tuple[str, str, Any, datetime]]) -> list[Entry]:
    """Return entries as the ledger seals them, from part, kind, what was said and when."""
    entries: list[Entry] = []
    for number, (part, kind, said, at) in enumerate(lines, start=1):
        entry = Entry(
            sequence=number, time=at.isoformat(timespec="seconds"), part=part, kind=kind,  # type: ignore[arg-type]
            said=said, model={}, previous=entries[-1].digest if entries else "", digest="",
        )  # fmt: skip
        entries.append(msgspec.structs.replace(entry, digest=entry.sealed(track)))
    return entries


def write_ledger(folder: Path, track: str, entries: list[Entry]) -> None:
    """Write entries as a ledger."""
    file = {"format": FORMAT, "version": VERSION, "track": track, "entries": entries}
    (folder / "ledger.json").write_bytes(msgspec.json.encode(file))


def write_notebook(path: Path, cells: dict[str, str]) -> None:
    """Write a notebook with answer cells alone, by grade id; the reflection is nobody's cell."""
    made = [
        {
            "id": name, "cell_type": "code", "execution_count": None, "outputs": [],
            "source": [source],
            "metadata": {}
            if name == "reflection"
            else {"nbgrader": {"grade_id": name, "solution": True}},
        }
        for name, source in cells.items()
    ]  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def graded_cells(source: Path) -> list[tuple[str, str, float, bool]]:
    """Return the graded cells of an assignment's source: notebook, cell, points, by a person."""
    found = []
    for path in sorted(source.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            told = cell.metadata.get("nbgrader", {})
            if told.get("grade") or told.get("task"):
                by_person = bool(told.get("task"))
                found.append((path.stem, told["grade_id"], float(told["points"]), by_person))
    return found


def solutions(source: Path) -> dict[str, dict[str, object]]:
    """Return what the reference solution assigns in each notebook, as far as it is literal."""
    found: dict[str, dict[str, object]] = {}
    for path in sorted(source.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if not cell.metadata.get("nbgrader", {}).get("solution"):
                continue
            for line in ast.parse(cell.source).body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                    with suppress(ValueError):
                        value = ast.literal_eval(line.value)
                        found.setdefault(path.stem, {})[line.targets[0].id] = value
    return found


def laws(source: Path) -> dict[str, str]:
    """Return the reference solution's law in each notebook, as source text."""
    return {
        path.stem: cell.source
        for path in sorted(source.glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "law"
    }


def make_class(
    root: Path,
    tracks: list[str],
    size: int,
    seed: int = 0,
    by_person: bool = False,
    url: str = "",
) -> Truth:
    """Make a course under ``root`` with a class of ``size``, graded in every track.

    With ``by_person`` the reflections are graded as well. The gradebook is nbgrader's usual file,
    or at ``url``.
    """
    draw = random.Random(seed)
    root.mkdir(parents=True)
    place = f"c.CourseDirectory.db_url = {url!r}\n" if url else ""
    (root / "nbgrader_config.py").write_text(CONFIG + place, encoding="utf-8")
    students = [f"s{draw.getrandbits(40):010x}" for _ in range(size)]
    truth = Truth(root, students)
    truth.names = [f"Given{item[1:]} Family{item[1:]}" for item in students]
    for track in tracks:
        shutil.copytree(find_layout().source / track, root / "source" / track)
        truth.cells[track] = graded_cells(root / "source" / track)
        right, law = solutions(root / "source" / track), laws(root / "source" / track)
        for student in students:
            ability = draw.random()
            _work(truth, draw, track, student, ability, right, law)
            for notebook, cell, most, person in truth.cells[track]:
                share = 1.0 if draw.random() < 0.2 + 0.75 * ability else draw.choice((0.0, 0.5))
                if not person or by_person:
                    truth.points[student, track, notebook, cell] = round(most * share, 2)
    fill_gradebook(truth, url or f"sqlite:///{root / 'gradebook.db'}")
    return truth


def cells_of(answer: Answer) -> dict[str, str]:
    """Return the cells of a notebook as somebody filled them in."""
    return {
        "conclude": f"conclusion = {answer.conclusion!r}",
        "law": answer.law,
        "decide": f"decision = {answer.decision!r}\npart.decide(decision)",
        "reflection": f"reflection = {answer.reflection!r}\npart.reflect(reflection)",
    }


def _work(
    truth: Truth,
    draw: random.Random,
    track_name: str,
    student: str,
    able: float,
    right: dict[str, dict],
    law: dict[str, str],
) -> None:
    prose = random.Random(f"{student} {track_name}")  # what else is drawn stays as it was
    track = load_track(track_name)
    folder = truth.course / "submitted" / student / track_name
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2026-11-23 12:00:00.000000 UTC", encoding="utf-8")
    now = BEGIN + timedelta(seconds=draw.randrange(10_000))
    lines = []
    for part in PARTS.values():
        content = part.of(track)
        options = [option.id for option in content.question.options]
        controls = content.controls
        best = right[part.stem]
        runs = [
            {item.answer: draw.choice(item.values) for item in controls}
            for _ in range(draw.randint(3, 9) if part.records_runs else 0)
        ]
        decision = dict(best["decision"])
        for item in controls:  # who is able changes little of the best
            if item.decided and draw.random() > able:
                decision[item.answer] = draw.choice(item.values)
        if runs:
            runs.append(decision)
        knows, sees = draw.random() < 0.6 * able, draw.random() < 0.3 + 0.6 * able
        answer = Answer(
            student, track_name, part.name,
            prediction=best["prediction"] if knows else draw.choice(options),
            confidence=round(min(1.0, max(0.0, draw.gauss(0.4 + 0.5 * able, 0.2))), 2),
            reason=f"because-{draw.getrandbits(60):x}",
            conclusion=best["conclusion"] if sees else draw.choice(options),
            minutes=draw.triangular(4 * 60, 30 * 60, 12 * 60) // 1 / 60,
            runs=runs,
            decision=decision,
            law=made_up.law(prose, law[part.stem]),
            reflection=made_up.reflection(prose),
        )  # fmt: skip
        truth.answers.append(answer)
        said = {"prediction": answer.prediction, "confidence": answer.confidence,
                "reason": answer.reason}  # fmt: skip
        last = now + timedelta(minutes=answer.minutes)
        lines += [
            (part.name, "lock", said, now),
            (part.name, "reveal", {"prediction": answer.prediction}, now),
            *((part.name, "run", run, now) for run in runs),
            (part.name, "decision", decision, last),
        ]
        now = last
        write_notebook(folder / f"{part.stem}.ipynb", cells_of(answer))
    write_ledger(folder, track_name, chain(track_name, lines))


def fill_gradebook(truth: Truth, url: str) -> None:
    """Write the class and its points into the gradebook at ``url``."""
    names = iter(range(10**9))

    def fresh() -> str:
        return f"{next(names):032x}"

    tables: dict[type, list[dict]] = {}

    def add(kind: type, **values: object) -> str:
        tables.setdefault(kind, []).append({"id": fresh(), **values})
        return tables[kind][-1]["id"]

    for student, name in zip(truth.students, truth.names, strict=True):
        first, last = name.split()
        add(api.Student, id=student, first_name=first, last_name=last, email=f"{student}@x.org")
    for track, cells in truth.cells.items():
        assignment = add(api.Assignment, name=track, course_id="made-up",
                         duedate=datetime(2026, 11, 24))  # fmt: skip
        notebooks = {
            stem: add(api.Notebook, name=stem, assignment_id=assignment)
            for stem in dict.fromkeys(cell[0] for cell in cells)
        }
        of_cell = {}
        for stem, cell, most, by_person in cells:
            kind = api.TaskCell if by_person else api.GradeCell
            number = add(api.BaseCell, name=cell, notebook_id=notebooks[stem], type=kind.__name__)
            tables.setdefault(kind, []).append(
                {"id": number, "max_score": most, "cell_type": "markdown" if by_person else "code"}
            )
            of_cell[stem, cell] = number, by_person
        for student in truth.students:
            submission = add(api.SubmittedAssignment, assignment_id=assignment, student_id=student,
                             timestamp=datetime(2026, 11, 23, 12))  # fmt: skip
            for stem, notebook in notebooks.items():
                submitted = add(api.SubmittedNotebook, assignment_id=submission,
                                notebook_id=notebook, late_submission_penalty=None)  # fmt: skip
                for (where, cell), (number, by_person) in of_cell.items():
                    if where == stem:
                        points = truth.points.get((student, track, stem, cell))
                        add(api.Grade, notebook_id=submitted, cell_id=number,
                            auto_score=None if by_person else points,
                            manual_score=points if by_person else None,
                            needs_manual_grade=points is None)  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    with (
        patch.dict(os.environ, PATH=path),  # nbgrader calls alembic by its bare name
        Gradebook(url, course_id="made-up") as gradebook,
    ):
        for kind, rows in tables.items():
            gradebook.db.execute(insert(kind.__table__), rows)  # type: ignore[attr-defined]
        gradebook.db.commit()


def main() -> None:
    """Make a class of any size, to measure with or to look at."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--tracks", nargs="+", required=True)
    arguments = parser.parse_args()
    begun = time.perf_counter()
    make_class(arguments.folder, arguments.tracks, arguments.size, by_person=True)
    print(f"{time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
