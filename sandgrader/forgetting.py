"""``sandgrader forget``: what a course keeps of one student, and its deletion.

What is found is listed; nothing is deleted unless that is asked for. It may be run again after it
was stopped at any moment. What it can't reach it names: files of the course in which the student's
id still stands, such as logs and reports.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from nbgrader.api import MissingEntry
from nbgrader.exchange.default.exchange import Exchange
from nbgrader.utils import notebook_hash
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sandgrader import versions
from sandgrader.configuration import CourseError
from sandgrader.course import Course
from sandgrader.gradebook import GradebookError, trouble_with
from sandgrader.marking import marks
from sandgrader.printable import printable
from sandgrader.scores import SnapshotError, read_snapshot, write_snapshot
from sandgrader.writer import grading_lock

WRONG_USE = 2
_SECRET = "submission_secret.txt"
_NOT_SEARCHED = {".git", ".venv", "node_modules"}
_CHUNK = 2**20


@dataclass
class Kept:
    """What a course keeps of one student."""

    in_gradebook: int | None = None
    """Submissions in the gradebook; none where the student isn't in it."""
    folders: list[Path] = field(default_factory=list)
    """What was handed in, graded and fed back, in the course and in the exchange."""
    snapshots: list[Path] = field(default_factory=list)
    """Files with the scores from before a run."""

    def __bool__(self) -> bool:
        return self.in_gradebook is not None or bool(self.folders or self.snapshots)

    def lines(self) -> Iterator[str]:
        """Yield what there is, a line each."""
        if self.in_gradebook is not None:
            count = self.in_gradebook
            work = "1 submission" if count == 1 else f"{count} submissions"
            yield f"the gradebook: the student, {work}, all grades and comments"
        for folder in self.folders:
            yield str(folder)
        for path in self.snapshots:
            yield f"{path}: the student's scores; others' stay"


def look_for(course: Course, student: str, aside: Path) -> Kept:
    """Return what a course keeps of a student; ``aside`` is the grader's own folder.

    Raises :class:`CourseError` where the student's folders can't be told from others'.
    """
    if student in ("", ".", "..") or set(student) & set("/\\\0"):
        raise CourseError(f"{student!r} can't be a student's id: it would name folders of others.")
    kept = Kept(folders=[*_in_course(course, student), *_in_exchange(course, student)])
    with course.gradebook.transaction() as gradebook:
        try:
            kept.in_gradebook = len(gradebook.find_student(student).submissions)
        except MissingEntry:
            kept.in_gradebook = None
    for path in sorted(aside.glob("scores-*.json")):
        try:
            if any(key.student == student for key in read_snapshot(path)):
                kept.snapshots.append(path)
        except SnapshotError:  # the last search names it where the id is in it
            continue
    return kept


def _in_course(course: Course, student: str) -> Iterator[Path]:
    directory = course.directory
    for step in ("submitted", "autograded", "feedback"):
        name = getattr(directory, f"{step}_directory")
        if directory.format_path(name, "\0", "") == directory.format_path(name, "", ""):
            raise CourseError("c.CourseDirectory.directory_structure doesn't name {student_id}.")
        # any assignment: it is put in where nothing is escaped any more
        place = glob.escape(directory.format_path(name, student, "\0")).replace("\0", "*")
        yield from map(Path, sorted(glob.glob(place)))


def _in_exchange(course: Course, student: str) -> Iterator[Path]:
    """Yield what lies in nbgrader's own exchange, a folder; one of another kind isn't known."""
    exchange = Exchange(coursedir=course.directory, parent=course.app)
    place = Path(exchange.root, course.directory.course_id)
    begin = f"{student}+"
    handed_in = [
        Path(path)
        for path in sorted(glob.glob(f"{glob.escape(str(place / 'inbound' / begin))}*"))
        # assignment, time and, since nbgrader 0.7, something random; else the id was longer
        if path.rpartition(os.sep)[2].removeprefix(begin).count("+") in (1, 2)
    ]
    yield from handed_in
    pages = {
        place / "feedback" / f"{page}.html"
        for folder in [*_in_course(course, student), *handed_in]
        for page in _pages(folder)
    }
    yield from sorted(page for page in pages if page.is_file())


def _pages(folder: Path) -> Iterator[str]:
    """Yield what the exchange calls the feedback on a submission's notebooks."""
    try:
        secret = (folder / _SECRET).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for path in folder.glob("*.ipynb"):
        if secret:
            yield notebook_hash(secret=secret, notebook_id=path.stem)


def delete(course: Course, student: str, kept: Kept) -> None:
    """Delete what is kept of a student.

    The folders go last: from them it is known which pages in the exchange are the student's.
    Raises ``OSError`` where a file can't be deleted, and SQLAlchemy's errors.
    """
    if kept.in_gradebook is not None:
        with course.gradebook.transaction(writing=True) as gradebook:
            versions.forget(gradebook, student)
            marks.forget(gradebook, student)
            gradebook.remove_student(student)
            course.gradebook.commit()
        _compact(course)
    for path in kept.snapshots:
        scores = read_snapshot(path)
        write_snapshot(path, {key: of for key, of in scores.items() if key.student != student})
    for path in reversed(kept.folders):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if path.parent.name == student and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _compact(course: Course) -> None:
    """Have SQLite write its file anew: a deleted row may stay readable in it until then."""
    engine = course.gradebook.gradebook.engine
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))


def still_named(root: Path, student: str) -> Iterator[Path]:
    """Yield the files of a course in which a student's id still stands as a word, or that it names.

    Source and release are the course's, and nobody's work.
    """
    word = re.compile(rb"(?<![\w.-])" + re.escape(student.encode()) + rb"(?![\w-])")
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if _NOT_SEARCHED & {*inside.parts} or inside.parts[0] in ("source", "release"):
            continue
        try:
            if path.is_file() and not path.is_symlink() and _holds(path, word, len(student)):
                yield path
        except OSError:  # what can't be read can't be said
            continue


def _holds(path: Path, word: re.Pattern[bytes], length: int) -> bool:
    tail = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if word.search(tail + chunk):
                return True
            tail = chunk[-length - 2 :]
    return False


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("student")
@click.option("--course", type=click.Path(path_type=Path), default=Path(), show_default="here",
              help="The course's folder, with nbgrader_config.py.")  # fmt: skip
@click.option("--delete", "really", is_flag=True, help="Delete it; without this it is listed.")
def command(student: str, course: Path, really: bool) -> None:
    """List what a course keeps of STUDENT, and delete it with --delete.

    That is the student and the grades in the gradebook, the folders with the work in the course and
    in nbgrader's exchange, the feedback there, and the scores from before a regrade. At the end it
    names the files in which the id still stands. Backups, the hub's database and the student's own
    home aren't known to it.

    Exit code: 2 if nothing is known of STUDENT, or the course can't be used.
    """
    try:
        opened = Course(course)
        try:
            _forget(opened, student, really)
        finally:
            opened.close()
    except (CourseError, GradebookError) as problem:
        _stop(str(problem))
    except SQLAlchemyError as problem:
        _stop(str(trouble_with(problem, opened.gradebook.address)))
    except OSError as problem:
        _stop(
            f"{problem.filename}: {problem.strerror}. What is left is listed when you run it again."
        )


def _forget(course: Course, student: str, really: bool) -> None:
    with grading_lock(course) as aside:
        kept = look_for(course, student, aside)
        if not kept:
            raise CourseError(f"Nothing is kept of {student!r} in {course.root}.")
        for line in kept.lines():
            click.echo(printable(line))
        if not really:
            click.echo("Nothing was deleted. --delete deletes it, for good.")
            return
        delete(course, student, kept)
    click.echo("Deleted.")
    left = list(still_named(course.root, student))
    for path in left:
        click.echo(printable(f"the id still stands in {path}"))
    if left:
        click.echo("These are yours to judge: make reports anew, and delete or edit logs.")


def _stop(words: str) -> Any:
    click.echo(printable(words, keep="\n"), err=True)
    sys.exit(WRONG_USE)
