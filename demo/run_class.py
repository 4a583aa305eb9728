"""Run the demo class through real nbgrader, from release to feedback.

``python -m demo.run_class FOLDER`` lays out a course of its own for every track in
``FOLDER/<track>`` (with its gradebook and its exchange), so that no real class is touched. The
gradebook is nbgrader's usual SQLite file, or where ``--gradebook`` says.

The first track's class goes every step of the way with nbgrader's own commands. The others' are
graded by ``storagelab grade``, and only one student's work travels through the exchange.
``--thorough`` spares nothing in any track: it is what the nightly tests look at.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Semaphore

from nbgrader.api import Gradebook
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from demo.forks import run_nbgrader
from demo.homework import do_homework
from demo.students import Student, make_class, own_variant, reference
from storagelab.course.generate import load_keys
from storagelab.course.layout import Layout, find_layout
from storagelab.course.nbgrader_steps import StepError, make_course, run_grader
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS

Scores = dict[str, dict[str, float | None]]
"""By student and ``part/cell``; None where a person still has to grade."""

STEM_OF = {part.stem: part.name for part in PARTS.values()}
CORES = min(os.cpu_count() or 1, 8)
"""How much is done at the same time."""
LOG = "autograde.log"
AT_A_SCREEN = "ada_perfect"
"""Who works in real kernels, with live workbenches, and hands in through the exchange."""


class Round:
    """A track's demo class on its way from release to feedback, in a folder of its own."""

    def __init__(
        self,
        layout: Layout,
        track_name: str,
        folder: Path,
        progress: Progress,
        cores: Semaphore,
        gradebook: str | None = None,
        thorough: bool = False,
    ) -> None:
        self.layout, self.track, self.folder = layout, track_name, folder
        self.thorough = thorough
        self.stock = thorough or track_name == TRACKS[0]
        self.gradebook = gradebook
        self.course, self.exchange = folder / "course", folder / "exchange"
        self.progress, self.cores = progress, cores
        self.keys = load_keys(layout)
        self.task: TaskID = progress.add_task(f"{track_name}: waits", total=None)

    def nbgrader(self, *arguments: str, where: Path | None = None) -> str:
        """Run an nbgrader command in the course's folder, or a student's."""
        return run_nbgrader(where or self.course, self.exchange, *arguments)

    def say(self, step: str) -> None:
        """Say what comes now: beside the bar or, where nobody sees a bar move, in a line."""
        self.progress.update(self.task, description=f"{self.track}: {step}")
        if not self.progress.console.is_terminal:
            self.progress.console.print(f"{self.track}: {step}")

    def run(self) -> Scores:
        """Take the class through the whole round; return the scores and keep them in the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        make_course(
            self.course,
            self.exchange,
            self.layout.nbgrader_config,
            self.layout.generated / "source",
        )
        if self.gradebook:  # in the course's folder: no student's configuration has the address
            with (self.course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
                config.write(f"\nc.CourseDirectory.db_url = {self.gradebook!r}\n")
        with self.cores:
            self.say("make the class")
            students = make_class(self.keys, self.track)
            self.progress.update(self.task, total=2 * len(students) + 4)
            self.say("release")
            self.nbgrader("generate_assignment", self.track, "--create")
            self.nbgrader("release_assignment", self.track)
            self.progress.advance(self.task, 2)
        self.say("fetch, work, submit")
        with ThreadPoolExecutor(max_workers=CORES) as pool:
            list(pool.map(self.attend, students))
        with self.cores:
            self.say("collect")
            self.nbgrader("collect", self.track)
            self.progress.advance(self.task)
            self.say("autograde")
            self.autograde(len(students))
            self.say("feedback")
            self.nbgrader("generate_feedback", self.track)
        scores = read_scores(self.course, self.track, self.gradebook)
        forgotten = {student.name for student in students} - set(scores)
        if forgotten:  # whatever ends a batch may not hide those behind it
            raise StepError(f"{self.track}: never graded: {', '.join(sorted(forgotten))}")
        text = json.dumps(scores, indent=1, sort_keys=True)
        (self.folder / "scores.json").write_text(text, encoding="utf-8")
        self.progress.advance(self.task)
        self.say("done")
        return scores

    def attend(self, student: Student) -> None:
        """Fetch the assignment, do it and submit it, as one student."""
        travels = self.stock or student.name == AT_A_SCREEN
        with self.cores:
            home = self.folder / "homes" / student.name
            home.mkdir(parents=True)
            if travels:
                shutil.copy2(self.layout.nbgrader_config, home)
                self.nbgrader("fetch_assignment", self.track, where=home)
            else:
                shutil.copytree(self.course / "release" / self.track, home / self.track)
            variant = own_variant(self.keys, self.track, student.user)
            answers = reference(self.keys, self.track, variant)
            student.change(answers)
            kernels = self.thorough or (self.stock and student.name == AT_A_SCREEN)
            do_homework(home / self.track, student, answers, kernels)
            if travels:
                self.nbgrader("submit", self.track, "--student", student.name, where=home)
            else:
                submitted = self.course / "submitted" / student.name / self.track
                shutil.copytree(home / self.track, submitted)
        self.progress.advance(self.task)

    def autograde(self, students: int) -> None:
        """Grade everybody in one command."""
        if self.stock:
            self.autograde_by_nbgrader(students)
        else:
            run_grader(self.course, self.exchange, self.track, "--workers", "1")
            self.progress.advance(self.task, students)

    def autograde_by_nbgrader(self, students: int) -> None:
        """Grade everybody with nbgrader, and show from its log how far it is."""
        log, before = self.course / LOG, self.progress.tasks[self.task].completed
        with ThreadPoolExecutor(max_workers=1) as pool:
            grading: Future[str] = pool.submit(
                self.nbgrader, "autograde", self.track, "--create", f"--NbGrader.logfile={LOG}"
            )
            while not grading.done():
                begun = log.read_text(encoding="utf-8").count("Autograding ") if log.exists() else 0
                done = max(begun - 1, 0) // len(PARTS)
                self.progress.update(self.task, completed=before + done)
                time.sleep(0.5)
        grading.result()
        self.progress.update(self.task, completed=before + students)


def read_scores(course: Path, track_name: str, address: str | None = None) -> Scores:
    """Return what nbgrader's gradebook says of every graded cell.

    The gradebook is the one at ``address``, by default the file in the course's folder.
    """
    scores: Scores = {}
    with Gradebook(address or f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(track_name):
            cells = scores.setdefault(submission.student_id, {})
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    cell = f"{STEM_OF[notebook.name]}/{grade.name}"
                    cells[cell] = None if grade.needs_manual_grade else grade.score
    return scores


def show(track_name: str, scores: Scores, console: Console) -> None:
    """Print a track's scores as a table, a row a student and a column a part."""
    table = Table(title=f"{track_name}: points given by machine", box=SIMPLE_HEAD)
    table.add_column("student", no_wrap=True)
    for part in PARTS.values():
        table.add_column(part.name, justify="right", no_wrap=True)
    table.add_column("all", justify="right")
    table.add_column("by hand", justify="right")
    for name, cells in sorted(scores.items()):
        sums = [
            sum(score or 0 for cell, score in cells.items() if cell.startswith(f"{part}/"))
            for part in PARTS
        ]
        by_hand = sum(score is None for score in cells.values())
        table.add_row(name, *(f"{points:g}" for points in (*sums, sum(sums))), str(by_hand))
    console.print(table)


def run_tracks(
    tracks: list[str],
    folder: Path,
    console: Console,
    gradebook: str | None = None,
    thorough: bool = False,
) -> None:
    """Run the class of each track; as much at the same time as there are cores.

    ``gradebook`` is an address with ``{track}`` in the place of a track's name: the rounds go on
    side by side, each with a gradebook of its own.
    """
    layout, cores = find_layout(), Semaphore(CORES)
    columns = (
        TextColumn("{task.description:<36}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with (
        Progress(*columns, console=console) as progress,
        ThreadPoolExecutor(max_workers=len(tracks)) as pool,
    ):
        rounds = [
            Round(
                layout,
                name,
                folder / name,
                progress,
                cores,
                gradebook and gradebook.replace("{track}", name),
                thorough,
            )
            for name in tracks
        ]
        running = [pool.submit(item.run) for item in rounds]
        try:
            for track in running:
                track.result()
        except KeyboardInterrupt:  # the pools would finish first what they have begun
            progress.stop()
            os._exit(130)


def main() -> int:
    """Run the class of every track, or show its scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", type=Path, help="where the courses are laid out; a track's own is emptied first"
    )
    parser.add_argument("--track", choices=TRACKS, help="only this track")
    parser.add_argument(
        "--gradebook",
        metavar="URL",
        help="address of an empty database for the gradebook in the place of a SQLite file; "
        "{track} in it stands for the track's name",
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="kernels, the exchange and nbgrader's own grading for every student of every track",
    )
    parser.add_argument("--show", action="store_true", help="only show the last run's scores")
    arguments = parser.parse_args()
    tracks = [arguments.track] if arguments.track else list(TRACKS)
    if arguments.gradebook and len(tracks) > 1 and "{track}" not in arguments.gradebook:
        parser.error("--gradebook needs {track}, or --track: each track has a gradebook of its own")
    console = Console()
    if not arguments.show:
        try:
            run_tracks(
                tracks,
                arguments.folder.resolve(),
                console,
                arguments.gradebook,
                arguments.thorough,
            )
        except StepError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    for name in tracks:
        path = arguments.folder / name / "scores.json"
        if path.exists():
            show(name, json.loads(path.read_text(encoding="utf-8")), console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
