"""A class of three hundred through a term's course: made, worked, handed in, graded and so on.

``python -m benchmarks.term [STUDENTS]`` lays out a course in ``build/term``, in which each student
has numbers of their own, takes it from the release to the exported grades, and says what each step
takes. Whoever's score isn't the one deserved is named, and the exit code is then 1.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.table import Table

from benchmarks.big_class import run
from demo.homework import do_homework
from demo.run_class import read_scores
from demo.students import (
    EVERYBODY,
    ONCE,
    Sheets,
    Student,
    own_sheets,
    own_variant,
    read_sheet,
    reference,
)
from sandgrader.course import Course
from sandgrader.marking.desk import Desk, Task
from storagelab.course.generate import load_keys
from storagelab.course.layout import find_layout
from storagelab.course.nbgrader_steps import make_course, run_nbgrader
from storagelab.parts import PARTS

TRACK = "cloud_titan"
STUDENTS = 300
NEIGHBOURS = ("nora_pastes_a_neighbours_lines", "ole_hands_in_a_neighbours_folder")
"""Whose losses hang on one neighbour of the demo class; here everybody works alone."""
POINTS = itertools.cycle((6.0, 3.0, 6.0, 0.0, 3.0, 6.0))
"""Of a reflection; the rubric's levels, in no particular order."""
FOLDER = find_layout().root / "build" / "term"


class Clock:
    """Seconds that each step took."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float, str]] = []

    @contextmanager
    def step(self, name: str, note: str = "") -> Iterator[None]:
        """Time a step."""
        began = time.perf_counter()
        yield
        self.steps.append((name, time.perf_counter() - began, note))
        print(f"{name}: {self.steps[-1][1]:.0f} s", flush=True)


def student_of(keys: ModuleType, number: int) -> Student:
    """Return a student of the large class, who does what one of the demo class does."""
    kinds = [name for name in EVERYBODY if name not in (*ONCE, *NEIGHBOURS)]
    kind = kinds[number % len(kinds)]
    name = f"{kind}_{number:03}"
    sheets: Sheets = own_sheets(keys, TRACK, name)
    return replace(EVERYBODY[kind](sheets), name=name)


def work(keys: ModuleType, course: Path, home: Path, student: Student) -> None:
    """Do a student's homework and hand it in."""
    shutil.copytree(course / "release" / TRACK, home / TRACK)
    answers = reference(keys, TRACK, own_variant(keys, TRACK, student.user))
    student.change(answers)
    do_homework(home / TRACK, student, answers, kernels=False)
    shutil.copytree(home / TRACK, course / "submitted" / student.name / TRACK)


def mark(course: Path) -> int:
    """Mark every answer that a person has to, as the page does; return how many there were."""
    opened = Course(course)
    try:
        desk = Desk(opened, Task("a_script"))
        waiting = [
            answer["id"] for question in desk.pile()["questions"] for answer in question["answers"]
        ]
        for answer in waiting:
            desk.text(answer)  # what a marker reads
            points, nothing = {"points": next(POINTS)}, {"points": None, "comment": ""}
            desk.write(answer, points, nothing)
        return len(waiting)
    finally:
        opened.close()


def wrong_scores(keys: ModuleType, course: Path, students: list[Student]) -> list[str]:
    """Return a line for each machine-given score that isn't the one deserved."""
    found = read_scores(course, TRACK)
    points = {
        f"{part}/{cell}": most
        for part in PARTS
        for cell, most in read_sheet(keys, TRACK, part).points.items()
    }
    lines = []
    for student in students:
        for cell, most in points.items():
            deserved = student.loses[cell].score if cell in student.loses else most
            if found[student.name][cell] != deserved:
                lines.append(f"{student.name}, {cell}: {found[student.name][cell]}, not {deserved}")
    return lines


def main(size: int) -> int:
    """Take a class of ``size`` through the course; return 1 where a score isn't deserved."""
    layout = find_layout()
    keys = load_keys(layout)
    shutil.rmtree(FOLDER, ignore_errors=True)
    course, exchange = FOLDER / "course", FOLDER / "exchange"
    clock = Clock()
    with clock.step("make the course, release"):
        make_course(course, exchange, layout.nbgrader_config, layout.generated / "source")
        run_nbgrader(course, exchange, "generate_assignment", TRACK, "--create")
        run_nbgrader(course, exchange, "release_assignment", TRACK)
    with clock.step("make up the students", "their answers follow from their own numbers"):
        students = [student_of(keys, number) for number in range(size)]
    with clock.step("work and hand in", "cells run without kernels"):
        for student in students:
            work(keys, course, FOLDER / "homes" / student.name, student)
    with clock.step("grade", "storagelab grade, two workers"):
        run(course, "storagelab", "grade", TRACK, "--workers", "2")
    wrong = wrong_scores(keys, course, students)
    with clock.step("mark", "by a script through the page's own desk: a person reads for hours"):
        marked = mark(course)
    with clock.step("report"):
        run(course, "storagelab", "report", TRACK)
    with clock.step("feedback", "nbgrader generate_feedback"):
        run_nbgrader(course, exchange, "generate_feedback", TRACK)
    with clock.step("export", "a table, and files for Canvas and Moodle"):
        ids = course / "ids.csv"
        rows = [f"{student.name},{student.name}@example.org" for student in students]
        ids.write_text("\n".join(["student,email", *rows]) + "\n", encoding="utf-8")
        export = ("storagelab", "export", TRACK, "--ids", str(ids))
        run(course, *export, "--format", "csv")
        run(course, *export, "--format", "moodle", "--by", "email")

    table = Table(title=f"{size} students, {marked} answers marked")
    table.add_column("step")
    table.add_column("s", justify="right")
    table.add_column("")
    for name, seconds, note in clock.steps:
        table.add_row(name, f"{seconds:.0f}", note)
    Console(width=120).print(table)
    (FOLDER / "term.json").write_text(json.dumps(clock.steps, indent=1), encoding="utf-8")
    variants = len({own_variant(keys, TRACK, student.user) for student in students})
    print(f"{variants} variants in the class; {len(wrong)} scores that aren't deserved")
    print("\n".join(wrong[:40]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDENTS))
