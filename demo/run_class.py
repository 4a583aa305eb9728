"""Run the demo class through real nbgrader, from release to feedback.

``python demo/run_class.py FOLDER`` lays out a course of its own in FOLDER (with its gradebook and
its exchange), so that no real class is touched.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from storagelab.course.generate import load_keys
from storagelab.course.kernels import run_notebook
from storagelab.course.layout import Layout, find_layout
from storagelab.course.nbgrader_steps import make_course, run_nbgrader
from storagelab.parts import PARTS
from storagelab.tracks import load_track

from students import Answers, Student, make_class, reference  # isort: skip - beside this file

Scores = dict[str, dict[str, float | None]]
"""By student and ``part/cell``; None where a person still has to grade."""

STEM_OF = {part.stem: part.name for part in PARTS.values()}


def do_homework(folder: Path, student: Student, answers: Answers) -> None:
    """Fill in a fetched assignment and run it, as the student would in JupyterLab."""
    notebooks = {
        part.name: nbformat.read(folder / f"{part.stem}.ipynb", as_version=4)
        for part in PARTS.values()
    }
    for name, cells in answers.items():
        for cell in notebooks[name].cells:
            if cell.id in cells:
                cell.source = cells[cell.id]
    student.spoil(notebooks)
    for name, notebook in notebooks.items():
        if name in answers:
            run_quietly(folder, notebook)
        nbformat.write(notebook, folder / f"{PARTS[name].stem}.ipynb")
    student.after(folder)


def run_quietly(folder: Path, notebook: nbformat.NotebookNode) -> None:
    """Run a student's cells, errors and all, but no tests: those are the grader's."""
    worked = nbformat.from_dict(notebook)
    worked.cells = [cell for cell in worked.cells if not is_grade(cell)]
    run_notebook(worked, folder, timeout=60, allow_errors=True)


def run_class(layout: Layout, track_name: str, folder: Path, progress: Progress) -> Scores:
    """Take the demo class of a track through a whole round in ``folder`` and return the scores."""
    shutil.rmtree(folder, ignore_errors=True)
    course, exchange, homes = folder / "course", folder / "exchange", folder / "homes"
    make_course(course, exchange, layout.nbgrader_config, layout.source)
    track, keys = load_track(track_name), load_keys(layout)
    students = make_class(keys, track)
    task = progress.add_task("release", total=2 + 2 * len(students) + 2)

    def step(name: str, action: Callable[[], object]) -> None:
        progress.update(task, description=name)
        action()
        progress.advance(task)

    def nbgrader(*arguments: str, where: Path = course) -> str:
        return run_nbgrader(where, exchange, *arguments)

    def attend(student: Student) -> None:
        home = homes / student.name
        home.mkdir(parents=True)
        shutil.copy2(layout.nbgrader_config, home)
        nbgrader("fetch_assignment", track_name, where=home)
        answers = reference(keys, track)
        student.change(answers)
        do_homework(home / track_name, student, answers)
        nbgrader("submit", track_name, "--student", student.name, where=home)
        progress.advance(task)

    step("generate the assignment", lambda: nbgrader("generate_assignment", track_name, "--create"))
    step("release it", lambda: nbgrader("release_assignment", track_name))
    progress.update(task, description="fetch, work, submit")
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(attend, students))
    step("collect", lambda: nbgrader("collect", track_name))
    for student in students:
        step(
            f"autograde {student.name}",
            lambda name=student.name: nbgrader(
                "autograde", track_name, "--create", "--student", name
            ),
        )
    step("generate the feedback", lambda: nbgrader("generate_feedback", track_name))
    progress.update(task, description="done")
    return read_scores(course, track_name)


def read_scores(course: Path, track_name: str) -> Scores:
    """Return what nbgrader's gradebook says of every graded cell."""
    scores: Scores = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(track_name):
            cells = scores.setdefault(submission.student_id, {})
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    cell = f"{STEM_OF[notebook.name]}/{grade.name}"
                    cells[cell] = None if grade.needs_manual_grade else grade.score
    return scores


def show(scores: Scores, console: Console) -> None:
    """Print the scores as a table, a row a student and a column a part."""
    table = Table(title="The demo class: points given by machine")
    table.add_column("student", no_wrap=True)
    for part in PARTS.values():
        table.add_column(part.name, justify="right")
    table.add_column("all", justify="right")
    table.add_column("to grade by hand", justify="right")
    for name, cells in sorted(scores.items()):
        sums = [
            sum(score or 0 for cell, score in cells.items() if cell.startswith(f"{part}/"))
            for part in PARTS
        ]
        by_hand = sum(score is None for score in cells.values())
        table.add_row(name, *(f"{points:g}" for points in (*sums, sum(sums))), f"{by_hand} cells")
    console.print(table)


def main() -> int:
    """Run the class and leave ``scores.json`` in its folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the course is laid out; emptied first")
    parser.add_argument("--track", default="cloud_titan")
    parser.add_argument("--show", action="store_true", help="only show the last run's scores")
    arguments = parser.parse_args()
    console = Console()
    scores_file = arguments.folder / "scores.json"
    if arguments.show:
        show(json.loads(scores_file.read_text(encoding="utf-8")), console)
        return 0
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        scores = run_class(find_layout(), arguments.track, arguments.folder.resolve(), progress)
    scores_file.write_text(json.dumps(scores, indent=1, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
