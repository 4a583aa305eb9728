"""Writes one graded submission: all of it, or nothing.

nbgrader's own converter does the writing, into a folder aside; then what it wrote to the gradebook
is committed, then the folder takes its place. Killed between any two of these, the submission is
one that has no folder, and is graded again.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock, Timeout
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory

from sandgrader.course import (
    Course,
    CourseError,
    Submission,
    read_timestamp,
    working_in,
)
from sandgrader.submission_files import TIMESTAMP
from sandgrader.worker import Graded

ASIDE = ".grading"
"""The grader's own folder in a course: what is being written, and records of runs."""


class WriteError(RuntimeError):
    """nbgrader refused a submission; the message says why."""


class _FromExecuted(Autograde):
    """nbgrader's autograding from the moment on when the cells have run."""

    executed: dict[str, str]

    def convert_notebooks(self) -> None:
        # nbgrader's own goes over a class and logs what fails; here what fails is raised
        (found,) = self.assignments.values()
        self.notebooks = sorted(found)
        self.run_pre_convert_hook()
        self.init_assignment(self.coursedir.assignment_id, self.coursedir.student_id)
        for notebook in self.notebooks:
            self.convert_single_notebook(notebook)
        self.set_permissions(self.coursedir.assignment_id, self.coursedir.student_id)
        self.run_post_convert_hook()

    def convert_single_notebook(self, notebook_filename: str) -> None:
        resources = self.init_single_notebook_resources(notebook_filename)
        notebook = nbformat.reads(self.executed[resources["unique_key"]], as_version=4)
        self._sanitizing = False
        self._init_preprocessors()
        try:
            # as the exporter does, without its copies and its checks between any two of them
            for preprocessor in self.exporter._preprocessors:
                notebook, resources = preprocessor(notebook, resources)
            resources["output_extension"] = self.exporter.file_extension
            self.write_single_notebook(nbformat.writes(notebook), resources)
        finally:
            self._sanitizing = True


@contextmanager
def grading_lock(course: Course) -> Iterator[Path]:
    """Keep other graders out of a course, and clear away what a killed one left.

    Gives the grader's own folder. Raises :class:`CourseError` where another one is at work.
    """
    aside = course.root / ASIDE
    try:
        aside.mkdir(exist_ok=True)
    except OSError as problem:
        raise CourseError(f"{aside} can't be made: {problem.strerror}.") from None
    lock = FileLock(aside / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CourseError(
            "Another grader is at work in this course: wait for it, or end it."
        ) from None
    try:
        shutil.rmtree(aside / "staging", ignore_errors=True)
        yield aside
    finally:
        lock.release()


class Writer:
    """The one that writes a course's gradebook and its ``autograded/``."""

    def __init__(self, course: Course, aside: Path) -> None:
        self._course = course
        self._staging = aside / "staging"
        self._preprocessors = course.saving_preprocessors()
        course.gradebook.add_indexes()

    def write(self, assignment: str, submission: Submission, graded: Graded) -> None:
        """Write a graded submission into the gradebook and ``autograded/``.

        Raises :class:`WriteError` where nbgrader refuses it, and ``OSError`` or SQLAlchemy's
        errors where the disk or the database fails. Nothing is then written of it.
        """
        staging = self._staging / "submission"  # nbgrader would read a student's name as a pattern
        shutil.rmtree(staging, ignore_errors=True)
        try:
            directory = CourseDirectory(
                parent=self._course.app,
                root=str(self._course.root),
                submitted_directory=str(staging / "submitted"),
                autograded_directory=str(staging / "autograded"),
                student_id=submission.student,
                assignment_id=assignment,
            )
            # in whatever order the course's folders lie
            handed, made = (
                Path(directory.format_path(step, submission.student, assignment))
                for step in (directory.submitted_directory, directory.autograded_directory)
            )
            self._lay_out(handed, graded)
            with self._course.gradebook.transaction(), working_in(self._course.root):
                self._convert(directory, graded)
                self._exchange(made, staging / "before", submission)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _lay_out(self, folder: Path, graded: Graded) -> None:
        folder.mkdir(parents=True)
        for name, content in graded.files.items():
            if name == TIMESTAMP and not read_timestamp(content.decode(errors="replace")):
                continue  # nbgrader would stop at it
            path = folder / name
            # cells may have made a folder of what was a file, or the other way round
            with contextlib.suppress(NotADirectoryError, IsADirectoryError, FileExistsError):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        for name in graded.notebooks:
            # nbgrader looks for the name; the content is what has run
            (folder / f"{name}.ipynb").touch()

    def _convert(self, directory: CourseDirectory, graded: Graded) -> None:
        converter: Any = _FromExecuted(directory, parent=self._course.app)
        converter.executed = graded.notebooks
        converter.autograde_preprocessors = self._preprocessors
        try:
            converter.start()
        # a test that gives more points than there are ends with a ValueError
        except (NbGraderException, ValueError, SystemExit) as problem:
            raise WriteError(f"nbgrader refuses it: {problem}") from problem

    def _exchange(self, made: Path, before: Path, submission: Submission) -> None:
        target = submission.autograded
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(before)
        try:
            self._course.gradebook.commit()
        except BaseException:
            if before.exists():
                before.rename(target)
            raise
        made.rename(target)
