"""Exporters for ``nbgrader export``, and what ``sandgrader export`` does.

In ``nbgrader_config.py``, or as options::

    nbgrader export --exporter=sandgrader.export.CanvasExport --to grades
    c.LmsExport.ids = "ids.csv"
    c.LmsExport.titles = {"cloud_titan": "Storage lab (1234)"}
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Enum, Unicode

from sandgrader.configuration import CourseError
from sandgrader.course import ASIDE, Course
from sandgrader.export.formats import MOODLE_MOST, as_csv, canvas, moodle, plain
from sandgrader.export.grades import Grade, read_grades
from sandgrader.export.ids import CANVAS, MOODLE, Ids, read_ids
from sandgrader.lateness import extensions_of, settle
from sandgrader.regrading import make_plan
from sandgrader.report.tables import in_file
from sandgrader.scores import write_whole
from sandgrader.summary import some

LEFT_OUT = "left-out.csv"


@dataclass
class Exported:
    """What was written, and what wasn't."""

    files: list[Path] = field(default_factory=list)
    count: int = 0
    """Grades in the files."""
    waiting: list[Grade] = field(default_factory=list)
    """Grades of which a person has a part still to grade."""
    left_out: list[tuple[Grade, str]] = field(default_factory=list)
    """Grades that aren't in the files, and why."""
    missing: list[Grade] = field(default_factory=list)
    """Who has handed in nothing."""
    notes: list[str] = field(default_factory=list)


class LmsExport(ExportPlugin):
    """Settings of all exporters, and what they have in common."""

    ids = Unicode("", help="A file that says who is who in the other system.").tag(config=True)
    id_is = Enum(
        ["", *CANVAS, *MOODLE], "", help="What nbgrader's own ids are in the other system."
    ).tag(config=True)
    titles = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="What assignments are called in the other system; in Canvas with their id.",
    ).tag(config=True)
    unfinished = Bool(
        False, help="Export grades of which a person has a part still to grade, as they are."
    ).tag(config=True)
    missing_as_zero = Bool(False, help="Export 0 for who has handed in nothing.").tag(config=True)
    kind = "csv"

    def needed(self) -> tuple[str, ...]:
        """Return by which ids the other system may know a student; none where it needs no such."""
        return ()

    def export(self, gradebook: Any) -> None:
        """Write the files, called by ``nbgrader export``."""
        try:
            course = Course(Path(self.parent.coursedir.root or "."))
            try:
                done = self.write(course)
            finally:
                course.close()
        except CourseError as problem:
            self.log.error("%s", problem)
            sys.exit(2)
        for path in done.files:
            self.log.info("Wrote %s", path)
        for line in loud(done):
            self.log.warning("%s", line)

    def write(self, course: Course) -> Exported:
        """Put penalties right, then write the files. Raises :class:`CourseError`, ``OSError``."""
        folder = course.root / (self.to or "grades")
        ids = read_ids(course.root / self.ids if self.ids else None, self.id_is)
        grades, done = self._read(course)
        done.notes += self._unknown_ids(course, ids)
        wanted = self._sorted_out(grades, ids, done)
        done.count = len(wanted)
        # a class's points are nobody else's business on a shared machine
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tables = self.tables(grades, wanted, ids, done)
        for name in {grade.assignment for grade in grades}:
            # one of before, which now has nobody in it
            (folder / f"{self.kind}-{name}.csv").unlink(missing_ok=True)
        for name, rows in tables.items():
            write_whole(folder / name, as_csv(rows))
            done.files.append(folder / name)
        left = [
            [in_file(grade.person.id), in_file(grade.assignment), in_file(grade.total), why]
            for grade, why in done.left_out
        ]
        if left:
            write_whole(
                folder / LEFT_OUT, as_csv([["student", "assignment", "total", "why"], *left])
            )
            done.files.append(folder / LEFT_OUT)
        else:
            (folder / LEFT_OUT).unlink(missing_ok=True)
        return done

    def tables(
        self, grades: Sequence[Grade], wanted: Sequence[Grade], ids: Ids, done: Exported
    ) -> dict[str, list[list[str]]]:
        """Return the rows of each file by its name."""
        return {"grades.csv": plain(grades)}

    def title(self, assignment: str) -> str:
        """Return what an assignment is called in the other system."""
        return str(self.titles.get(assignment, assignment))

    def _read(self, course: Course) -> tuple[list[Grade], Exported]:
        done = Exported()
        extensions = extensions_of(course)
        names = [str(name) for name in self.assignment]
        known = course.assignments()
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CourseError(
                f"The gradebook has no assignment {', '.join(unknown)} "
                f"(it has: {', '.join(known) or 'none'})."
            )
        handed_in = {}
        for name in names or known:
            done.notes += settle(course, name, extensions).notes
            found = course.submissions(name)
            handed_in[name] = {item.student for item in found}
            done.notes += _not_of_now(course, name)
        students = [str(student) for student in self.student]
        with course.gradebook.transaction() as gradebook:
            return read_grades(gradebook, names, students, handed_in), done

    def _unknown_ids(self, course: Course, ids: Ids) -> list[str]:
        with course.gradebook.transaction() as gradebook:
            known = {student.id for student in gradebook.students}
        return [
            f"{self.ids} has {student}, whom the gradebook doesn't have"
            for student in ids.lines
            if student not in known
        ]

    def _sorted_out(self, grades: Sequence[Grade], ids: Ids, done: Exported) -> list[Grade]:
        wanted = []
        for grade in grades:
            if grade.state == "nothing handed in" and not self.missing_as_zero:
                done.missing.append(grade)
                continue
            if grade.waiting:
                done.waiting.append(grade)
            why = self._why_not(grade, ids)
            if why:
                done.left_out.append((grade, why))
            else:
                wanted.append(grade)
        return wanted

    def _why_not(self, grade: Grade, ids: Ids) -> str:
        if not self.needed():
            return ""
        if grade.state == "handed in, not graded":
            return "handed in, not graded yet"
        if grade.waiting and not self.unfinished:
            return f"waits for a person: {', '.join(grade.waiting)}"
        if not any(ids.of(grade.person).get(key) for key in self.needed()):
            return f"nobody knows their {' or '.join(self.needed())}"
        return ""


class CsvExport(LmsExport):
    """All that is known, in ``grades.csv``; a student's assignment a row."""


class CanvasExport(LmsExport):
    """A file for each assignment that Canvas's gradebook imports, and ``grades.csv``."""

    kind = "canvas"

    def needed(self) -> tuple[str, ...]:
        """Return by which ids Canvas may know a student."""
        return CANVAS

    def tables(
        self, grades: Sequence[Grade], wanted: Sequence[Grade], ids: Ids, done: Exported
    ) -> dict[str, list[list[str]]]:
        """Return the rows of each file by its name."""
        return super().tables(grades, wanted, ids, done) | {
            f"canvas-{name}.csv": canvas(of, ids, self.title(name))
            for name, of in _by_assignment(wanted).items()
        }


class MoodleExport(LmsExport):
    """A file for each assignment that Moodle's gradebook imports, and ``grades.csv``."""

    by = Enum(MOODLE, "email", help="By which of its columns Moodle knows a student.").tag(
        config=True
    )
    kind = "moodle"

    def needed(self) -> tuple[str, ...]:
        """Return by which id Moodle knows a student."""
        return (self.by,)

    def tables(
        self, grades: Sequence[Grade], wanted: Sequence[Grade], ids: Ids, done: Exported
    ) -> dict[str, list[list[str]]]:
        """Return the rows of each file by its name."""
        made = super().tables(grades, wanted, ids, done)
        for name, of in _by_assignment(wanted).items():
            if max(grade.total for grade in of) > MOODLE_MOST:
                done.notes.append(
                    f"{name} has grades above {MOODLE_MOST:g}, with which Moodle ends an import, "
                    "unless its site allows for them (unlimitedgrades, gradepointmax)"
                )
            made[f"moodle-{name}.csv"] = moodle(of, ids, self.title(name), self.by)
        return made


KINDS: dict[str, type[LmsExport]] = {
    kind.kind: kind for kind in (CsvExport, CanvasExport, MoodleExport)
}


def _by_assignment(grades: Sequence[Grade]) -> dict[str, list[Grade]]:
    found: dict[str, list[Grade]] = {}
    for grade in grades:
        found.setdefault(grade.assignment, []).append(grade)
    return found


def _not_of_now(course: Course, name: str) -> list[str]:
    """Return what is to be graded before an export, in words."""
    try:
        assignment = course.read_assignment(name)
    except CourseError:  # it can't be graded here, but its grades are there
        return []
    plan = make_plan(course, course.root / ASIDE, assignment, course.submissions(name))
    counts = {
        "to be graded first": len(plan.left),
        "outdated, graded before something changed that the course stands on": len(plan.outdated),
    }
    return [
        f"{name}: {count} {what} (`sandgrader grade --list` says why)"
        for what, count in counts.items()
        if count
    ]


def alarms(done: Exported) -> list[str]:
    """Return what nobody may miss."""
    if not done.waiting:
        return []
    cells = sum(len(grade.waiting) for grade in done.waiting)
    return [f"STILL TO BE GRADED BY HAND: {cells} cells of {len(done.waiting)} submissions"]


def loud(done: Exported) -> list[str]:
    """Return what somebody has to know before the files are imported, a line each."""
    lines = alarms(done)
    groups: dict[tuple[str, str], list[str]] = {}
    for grade, why in done.left_out:
        groups.setdefault((grade.assignment, why.split(":")[0]), []).append(grade.person.id)
    for (assignment, why), students in groups.items():
        lines.append(f"left out of {assignment}, {why}: {some(students)} ({LEFT_OUT} has all)")
    if done.missing:
        lines.append(f"nothing handed in, and not in the files for an LMS: {len(done.missing)}")
    return [*lines, *done.notes]
