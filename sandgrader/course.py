"""A course as nbgrader's configuration describes it, and where its submissions stand."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde
from nbgrader.preprocessors import CheckCellMetadata, Execute, OverwriteCells
from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import LoggingConfigurable

from sandgrader.assignment import Assignment, read_beside, read_notebook
from sandgrader.configuration import CourseError as CourseError
from sandgrader.configuration import read_configuration
from sandgrader.gradebook import OpenGradebook, cells_of, copy_definition
from sandgrader.sandbox import Environment, Limits
from sandgrader.submission_files import plain_name, read_moment, why_no_folder


class Grade(LoggingConfigurable):
    """Settings of ``sandgrader grade``, beside nbgrader's own in ``nbgrader_config.py``."""

    memory = Int(2 * 2**30, help="Bytes of memory for a submission's processes.").tag(config=True)
    disk = Int(256 * 2**20, help="Bytes of files that a submission may write.").tag(config=True)
    processes = Int(64, help="Processes and threads of a submission.").tag(config=True)
    notebook_time = Float(600.0, help="Seconds for all cells of a notebook.").tag(config=True)
    sandbox = Enum(
        ["auto", "required", "off"],
        "auto",
        help="Whether code runs in bubblewrap: where that works, or not at all, or never.",
    ).tag(config=True)
    one_interpreter = Bool(
        False, help="Run tests in the student's interpreter, as nbgrader does."
    ).tag(config=True)
    readable = List(
        Unicode(), help="Files and folders that notebooks may read besides the environment."
    ).tag(config=True)
    variables = Dict(
        value_trait=Unicode(), key_trait=Unicode(), help="Variables of the notebooks' environment."
    ).tag(config=True)
    evidence = List(
        Unicode(),
        help="Files that tests see as they were handed in, whatever cells do to them meanwhile.",
    ).tag(config=True)
    imports = List(
        Unicode(), help="Modules to import beforehand, besides those that solutions import."
    ).tag(config=True)


@dataclass(frozen=True)
class Submission:
    """A student's submission of an assignment, and what is known of its grading."""

    student: str
    folder: Path
    autograded: Path
    timestamp: str
    unusable: str = ""
    """Why there is nothing to grade, in words; empty where there is."""


class Course:
    """A folder with ``nbgrader_config.py``, a gradebook and submissions."""

    def __init__(self, root: Path) -> None:
        """Read the configuration. Raises :class:`CourseError` where there is none."""
        self.app, self.directory = read_configuration(root.resolve())
        self.root = Path(self.directory.root)
        # nbgrader looks for alembic on the path, also where the environment isn't activated
        here = str(Path(sys.executable).parent)
        if here not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        try:
            self.settings = Grade(parent=self.app)
        except TraitError as problem:
            raise CourseError(f"A setting of c.Grade can't be used: {problem}") from None
        self.gradebook = OpenGradebook(self.directory.db_url, self.directory.course_id)

    def close(self) -> None:
        """Close the gradebook."""
        self.gradebook.close()

    def assignments(self) -> list[str]:
        """Return the assignments that the gradebook knows."""
        with self.gradebook.transaction() as gradebook:
            return [item.name for item in gradebook.assignments]

    def read_assignment(self, name: str) -> Assignment:
        """Return an assignment. Raises :class:`CourseError` where the gradebook has none."""
        source = Path(self.directory.format_path(self.directory.source_directory, ".", name))
        converter = Autograde(self.directory, parent=self.app)
        execute = Execute(parent=converter)
        settings = self.settings
        with self.gradebook.transaction() as gradebook:
            try:
                definition = gradebook.find_assignment(name)
            except MissingEntry:
                known = ", ".join(item.name for item in gradebook.assignments) or "none"
                raise CourseError(
                    f"The gradebook has no assignment {name!r} (it has: {known}). Make it with "
                    f"nbgrader generate_assignment {name}"
                ) from None
            notebooks = {
                item.name: read_notebook(item.name, cells_of(item), source / f"{item.name}.ipynb")
                for item in definition.notebooks
            }
            content = copy_definition(gradebook, name)
        if not notebooks:
            raise CourseError(f"The assignment {name!r} has no notebooks in the gradebook.")
        return Assignment(
            name=name,
            notebooks=notebooks,
            beside=read_beside(source, self.directory.ignore),
            kept=frozenset(converter.exclude_overwriting.get(name, [])),
            evidence=frozenset(filter(None, map(plain_name, settings.evidence))),
            environment=Environment(
                tuple(settings.imports),
                tuple(str(Path(item).resolve()) for item in settings.readable),
                dict(settings.variables),
            ),
            limits=Limits(
                cell_time=float(execute.timeout or settings.notebook_time),
                notebook_time=settings.notebook_time,
                memory=settings.memory,
                disk=settings.disk,
                processes=settings.processes,
            ),
            sandbox=settings.sandbox,
            add_missing=OverwriteCells(parent=converter).add_missing_cells,
            one_interpreter=settings.one_interpreter,
            timeout_error=dict(execute.error_on_timeout),
            definition=content,
            sanitizers=tuple(_needed(converter.sanitize_preprocessors)),
            config=self.app.config,
        )

    def saving_preprocessors(self) -> list[Any]:
        """Return nbgrader's preprocessors for what has run already."""
        converter = Autograde(self.directory, parent=self.app)
        return _needed(converter.autograde_preprocessors)

    def submissions(self, assignment: str, students: list[str] | None = None) -> list[Submission]:
        """Return the submissions of an assignment, by student.

        Raises :class:`CourseError` for a student who handed nothing in.
        """
        pattern = self.directory.format_path(
            self.directory.submitted_directory, "(?P<student>.+)", assignment, escape=True
        )
        folder = Path(self.directory.submitted_directory)
        found = {}
        base = self.root / folder
        for path in sorted(base.glob("*/*")) if base.is_dir() else []:
            match = re.fullmatch(pattern, str(path))
            if match:
                found[match["student"]] = path
        unknown = sorted(set(students or ()) - set(found))
        if unknown:
            raise CourseError(f"No submission of {assignment!r} by {', '.join(unknown)}.")
        return [
            Submission(
                student,
                path,
                self.autograded(student, assignment),
                read_moment(path),
                why_no_folder(path),
            )
            for student, path in found.items()
            if not students or student in students
        ]

    def autograded(self, student: str, assignment: str) -> Path:
        """Return the folder of a graded submission."""
        step = self.directory.autograded_directory
        return Path(self.directory.format_path(step, student, assignment))

    def ungraded(self, assignment: str, submissions: list[Submission]) -> list[Submission]:
        """Return the submissions that aren't graded, or not wholly, or that are newer."""
        notebooks, scored = self._scored(assignment)
        left = []
        for item in submissions:
            if item.unusable:
                left.append(item)
                continue
            handed = {path.stem for path in item.folder.glob("*.ipynb")} & set(notebooks)
            written = all((item.autograded / f"{name}.ipynb").exists() for name in handed)
            before = read_moment(item.autograded)
            newer = bool(item.timestamp and before and item.timestamp > before)
            if not (item.autograded.is_dir() and written and item.student in scored) or newer:
                left.append(item)
        return left

    def _scored(self, assignment: str) -> tuple[list[str], set[str]]:
        """Return an assignment's notebooks, and the students whose tests all have a score."""
        from nbgrader import api

        with self.gradebook.transaction() as gradebook:
            database = gradebook.db
            notebooks = [item.name for item in gradebook.find_assignment(assignment).notebooks]
            has = (
                database.query(api.SubmittedAssignment.student_id)
                .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
                .filter(api.Assignment.name == assignment)
            )
            lacks = (
                has.join(
                    api.SubmittedNotebook,
                    api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id,
                )
                .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
                .join(api.GradeCell, api.Grade.cell_id == api.GradeCell.id)
                .filter(
                    api.Grade.auto_score.is_(None),
                    api.Grade.manual_score.is_(None),
                    api.Grade.needs_manual_grade.is_(False),
                )
            )
            return notebooks, {row[0] for row in has} - {row[0] for row in lacks}


def _needed(preprocessors: list[Any]) -> list[Any]:
    """Return those of nbgrader's preprocessors that have something left to do.

    Cells have run. Their metadata is the gradebook's by then, so that checking it (nbgrader checks
    its schema with every cell, and takes longer for it than for all the rest) can find nothing.
    """
    done = (ExecutePreprocessor, CheckCellMetadata)
    return [
        kind for kind in preprocessors if not (isinstance(kind, type) and issubclass(kind, done))
    ]


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
