"""Writes one graded submission: all of it, or nothing.

nbgrader's own converter does the writing, into a folder aside; then what it wrote to the gradebook
is committed, then the folder takes its place. Killed between any two of these, the submission is
one that has no folder, and is graded again.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory

from sandgrader import notebook_json, versions
from sandgrader.by_hand import Answers, answers_of, needs_no_second_look, read_answers
from sandgrader.course import ASIDE, Course, CourseError, Submission, working_in
from sandgrader.neighbours import Stamp, disturbed, running_autograders, stamp
from sandgrader.scores import Scores, read_scores
from sandgrader.submission_files import TIMESTAMP, moment_of
from sandgrader.worker import Graded

_NAME_ERRORS = (
    errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ,
)  # fmt: skip
"""What is wrong with a file's name alone: the submission is written without that file."""


class WriteError(RuntimeError):
    """nbgrader refused a submission; the message says why."""


class _Aside(CourseDirectory):
    """nbgrader's view of a course in which a submission lies elsewhere while it is written."""

    def format_path(
        self, nbgrader_step: str, student_id: str, assignment_id: str, escape: bool = False
    ) -> str:
        # those two are whole paths: whatever the course puts before a step's name isn't theirs
        if nbgrader_step in (self.submitted_directory, self.autograded_directory):
            return str(Path(nbgrader_step, student_id, assignment_id))
        return str(super().format_path(nbgrader_step, student_id, assignment_id, escape))


class _FromExecuted(Autograde):
    """nbgrader's autograding from the moment on when the cells have run."""

    student: str
    executed: dict[str, str]

    def init_notebooks(self) -> None:
        # nbgrader's own reads names of students, assignments and folders as patterns
        folder = self._format_source(self.coursedir.assignment_id, self.student)
        wanted = glob.glob(f"{self.coursedir.notebook_id}.ipynb", root_dir=folder)
        self.assignments = {folder: [str(Path(folder, name)) for name in wanted]}

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        # and here it takes them out of a path again, by another kind of pattern
        name = Path(notebook_filename).stem
        return {
            "unique_key": name,
            "output_files_dir": f"{name}_files",
            "nbgrader": {
                "student": self.student,
                "assignment": self.coursedir.assignment_id,
                "notebook": name,
                "db_url": self.coursedir.db_url,
            },
        }

    def convert_notebooks(self) -> None:
        # nbgrader's own goes over a class and logs what fails; here what fails is raised
        (found,) = self.assignments.values()
        self.notebooks = sorted(found)
        self.run_pre_convert_hook()
        self.init_assignment(self.coursedir.assignment_id, self.student)
        for notebook in self.notebooks:
            self.convert_single_notebook(notebook)
        self.set_permissions(self.coursedir.assignment_id, self.student)
        self.run_post_convert_hook()

    def convert_single_notebook(self, notebook_filename: str) -> None:
        resources = self.init_single_notebook_resources(notebook_filename)
        self._sanitizing = False
        self._init_preprocessors()
        try:
            output, resources = self._export(notebook_filename, resources)
            self.write_single_notebook(output, resources)
        finally:
            self._sanitizing = True

    def _export(self, file: str, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        executed = self.executed[resources["unique_key"]]
        if type(self.exporter) is not NotebookExporter:  # the course's own does what it does
            Path(file).write_text(executed, encoding="utf-8")
            output, resources = self.exporter.from_filename(file, resources=resources)
            return output, resources
        notebook = notebook_json.read(executed)
        # as the exporter does, without its copies and its checks between any two of them
        for preprocessor in self.exporter._preprocessors:
            notebook, resources = preprocessor(notebook, resources)
        resources["output_extension"] = self.exporter.file_extension
        return notebook_json.write(notebook, self.exporter.nbformat_version), resources


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
        with course.gradebook.alone() as alone:
            if not alone:
                raise CourseError(
                    "Another grader is at work on this gradebook: wait for it, or end it."
                )
            refuse_neighbours(course)
            shutil.rmtree(aside / "staging", ignore_errors=True)
            for left in _left_behind(course):
                shutil.rmtree(left, ignore_errors=True)
            yield aside
    finally:
        lock.release()


def refuse_neighbours(course: Course) -> None:
    """Raise :class:`CourseError` where nbgrader grades in this course at this moment."""
    for process in running_autograders(course.root):
        raise CourseError(
            f"`nbgrader autograde` is at work in this course (process {process}): wait for it, or "
            "end it. Two at once take points from students."
        )


_OWN = ".grading-"
"""What the names of folders begin with that are a submission's on the way into its place."""


def _own_folder(target: Path, kind: str) -> Path:
    """Return a folder beside ``target``, so that it can be renamed to it on any disk."""
    name = hashlib.sha256(target.name.encode(errors="surrogateescape")).hexdigest()[:16]
    return target.with_name(f"{_OWN}{kind}-{name}")


def _left_behind(course: Course) -> list[Path]:
    """Return the folders of submissions whose grader was killed while it put them in place."""
    # students and assignments aren't known: they are put in where nothing is escaped any more
    anybody = str(course.autograded("\0", "\0").with_name(f"{_OWN}\0"))
    return [Path(path) for path in glob.glob(glob.escape(anybody).replace("\0", "*"))]


def _move(source: Path, target: Path) -> None:
    """Move a folder, to another disk as well; nothing is half there where it fails."""
    shutil.rmtree(target, ignore_errors=True)
    try:
        shutil.move(source, target)
    except BaseException:
        if source.exists():
            shutil.rmtree(target, ignore_errors=True)
        raise


class Writer:
    """The one that writes a course's gradebook and its ``autograded/``."""

    def __init__(self, course: Course, aside: Path) -> None:
        self._course = course
        self._staging = aside / "staging"
        self._preprocessors = course.saving_preprocessors()
        self._before: dict[Path, Stamp] = {}
        self._written: dict[str, tuple[Scores, Stamp, Path]] = {}
        self._version = self._mark = self._stands_on = ""
        course.gradebook.add_indexes()
        self.keeps_versions = versions.prepare(course.gradebook)
        """Whether the gradebook takes what a grade was made by; a database may refuse a table."""

    def mark(self, version: str, regrade: str, stands_on: str) -> None:
        """Say by which version of the assignment grades are made from now on, and in which run.

        ``stands_on`` is what the course stands on meanwhile.
        """
        self._version, self._mark, self._stands_on = version, regrade, stands_on

    def watch(self, submissions: list[Submission]) -> None:
        """Note what there is of submissions before they are graded, to see who else does so."""
        self._written.clear()
        self._before = {item.autograded: stamp(item.autograded) for item in submissions}

    def disturbed(self, assignment: str) -> list[str]:
        """Return the students whose grades another program has changed since they were written."""
        with self._course.gradebook.transaction() as gradebook:
            return disturbed(self._written, read_scores(gradebook, [assignment]))

    def write(self, assignment: str, submission: Submission, graded: Graded) -> None:
        """Write a graded submission into the gradebook and ``autograded/``.

        Raises :class:`WriteError` where nbgrader refuses it, and ``OSError`` or SQLAlchemy's
        errors where the disk or the database fails. Nothing is then written of it.
        """
        staging = self._staging / "submission"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            directory = _Aside(
                parent=self._course.app,
                root=str(self._course.root),
                submitted_directory=str(staging / "submitted"),
                autograded_directory=str(staging / "autograded"),
                student_id=submission.student,
                assignment_id=assignment,
            )
            handed, made = (
                Path(directory.format_path(step, submission.student, assignment))
                for step in (directory.submitted_directory, directory.autograded_directory)
            )
            self._lay_out(handed, graded)
            with (
                self._course.gradebook.transaction(writing=True) as gradebook,
                working_in(self._course.root),
            ):
                student = submission.student
                before = read_scores(gradebook, [assignment], [student])
                self._convert(directory, student, graded)
                scores = read_scores(gradebook, [assignment], [student])
                answers = {name: answers_of(ran) for name, ran in graded.notebooks.items()}
                if any(score.manual is not None for score in before.values()):
                    self._keep_by_hand(gradebook, assignment, submission, before, scores, answers)
                if self.keeps_versions and self._mark:
                    versions.keep_versions(gradebook)
                    versions.record(
                        gradebook,
                        assignment,
                        scores,
                        self._version,
                        self._mark,
                        answers,
                        stands_on=self._stands_on,
                    )
                self._exchange(made, submission)
            where = submission.autograded
            self._before[where] = stamp(where)
            self._written[submission.student] = (scores, self._before[where], where)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _lay_out(self, folder: Path, graded: Graded) -> None:
        folder.mkdir(parents=True)
        for name, content in graded.files.items():
            if name == TIMESTAMP:
                moment = moment_of(content)
                if not moment:
                    continue  # nbgrader would stop at it
                if not content.isascii():  # and at a byte order mark
                    content = f"{moment.replace('T', ' ')} UTC\n".encode()
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as problem:
                if problem.errno not in _NAME_ERRORS:
                    raise
        for name in graded.notebooks:
            # nbgrader looks for the name; the content is what has run
            (folder / f"{name}.ipynb").touch()

    def _convert(self, directory: CourseDirectory, student: str, graded: Graded) -> None:
        converter: Any = _FromExecuted(directory, parent=self._course.app)
        converter.student = student
        converter.executed = graded.notebooks
        converter.autograde_preprocessors = self._preprocessors
        try:
            converter.start()
        # a test that gives more points than there are ends with a ValueError
        except (NbGraderException, ValueError, SystemExit) as problem:
            raise WriteError(f"nbgrader refuses it: {problem}") from problem

    def _keep_by_hand(
        self,
        gradebook: Any,
        assignment: str,
        submission: Submission,
        before: Scores,
        after: Scores,
        answers: dict[str, Answers],
    ) -> None:
        """Let a person's points count without a second look where nothing about them changed."""
        student = submission.student
        kept = versions.read_versions(gradebook, assignment, [student]).get(student)
        if kept is not None and kept.answers and kept.is_still(before):
            was, given = kept.answers, kept.scores
        else:  # another program's, or from before answers were kept
            was, given = read_answers(submission.autograded, answers), {}
        pairs = {name: (was.get(name, {}), now) for name, now in answers.items()}
        for key in needs_no_second_look(before, after, pairs, given):
            grade = gradebook.find_grade(key.cell, key.notebook, assignment, student)
            grade.needs_manual_grade = False

    def _exchange(self, made: Path, submission: Submission) -> None:
        target = submission.autograded
        if submission.autograded in self._before and stamp(target) != self._before[target]:
            raise WriteError(
                "another program has graded it meanwhile (nbgrader autograde, formgrader): that is "
                "as it was left. Wait for its end, then grade this one again"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        new, before = _own_folder(target, "new"), _own_folder(target, "old")
        _move(made, new)
        try:
            if target.exists():
                _move(target, before)
            try:
                self._course.gradebook.commit()
            except BaseException:
                if before.exists():
                    _move(before, target)
                    self._before[target] = stamp(target)
                raise
            new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(before, ignore_errors=True)
