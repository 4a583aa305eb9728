"""The course as nbgrader sees it: its folders and its gradebook, by its own configuration."""

from __future__ import annotations

import contextlib
import glob
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from sandgrader.configuration import CourseError, read_configuration

AUTOGRADED, SUBMITTED, SOURCE = "autograded", "submitted", "source"


class ReportError(Exception):
    """There is nothing to report on; the message says why and what to do, in a sentence."""


class Course:
    """A course's folders and where its gradebook is."""

    def __init__(self, directory: Any) -> None:
        self._directory = directory
        self.root = Path(directory.root)
        self.db_url = _whole(make_url(directory.db_url), self.root)

    def step(self, name: str) -> str:
        """Return what the course calls a step of nbgrader, such as ``autograded``."""
        return str(getattr(self._directory, f"{name}_directory"))

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Return where a step keeps a student's assignment; ``.`` is the student of ``source``."""
        return Path(self._directory.format_path(self.step(step), student, assignment))

    def students_in(self, step: str, assignment: str) -> list[str]:
        """Return the students who have a folder of an assignment in a step, sorted."""
        name, any_student = self.step(step), "(?P<student>[^/\\\\]+)"
        pattern = re.compile(
            self._directory.format_path(name, any_student, re.escape(assignment), escape=True)
        )
        # a student's id can't be known before: it is put in where nothing is escaped any more
        place = glob.escape(self._directory.format_path(name, "\0", assignment)).replace("\0", "*")
        found = (pattern.fullmatch(path) for path in glob.glob(place))
        return sorted(match["student"] for match in found if match)


def open_course(folder: Path) -> Course:
    """Return the course in ``folder``, configured as nbgrader's commands there would be.

    Raises :class:`ReportError` where there is no such folder or its configuration can't be used.
    """
    if not folder.is_dir():
        raise ReportError(f"{folder} is no folder: name the course's with --course.")
    path = list(sys.path)
    try:
        return Course(read_configuration(folder.resolve(), needed=False)[1])
    except CourseError as problem:
        raise ReportError(str(problem)) from None
    except ArgumentError as problem:
        raise ReportError(f"The configuration in {folder} can't be used: {problem}") from None
    finally:
        sys.path[:] = path  # nbgrader puts the working folder into it


def _whole(url: URL, root: Path) -> URL:
    """Return the URL of an SQLite file by its whole path: nbgrader's commands run in the root."""
    file = url.database
    if url.get_backend_name() == "sqlite" and file and file != ":memory:":
        return url.set(database=str(root / file))
    return url


@contextlib.contextmanager
def open_gradebook(url: URL) -> Iterator[Gradebook]:
    """Open the gradebook at ``url`` for reading.

    nbgrader would make a new one where there is none, so that is refused before. Raises
    :class:`ReportError` where there is no gradebook, or the database doesn't answer.
    """
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise ReportError(f"There is no gradebook at {shown}: grade a submission first.")
    try:
        engine = create_engine(url)
        try:
            is_one = inspect(engine).has_table("submitted_assignment")
        finally:
            engine.dispose()
        if not is_one:
            raise ReportError(f"The database at {shown} is no gradebook of nbgrader.")
        # without a course's id nothing is written
        with Gradebook(url.render_as_string(hide_password=False), course_id="") as gradebook:
            yield gradebook
    except DBAPIError as problem:
        says = str(problem.orig).strip().splitlines()[0]
        raise ReportError(f"The gradebook at {shown} can't be read: {says}.") from None
    except (SQLAlchemyError, ImportError) as problem:
        raise ReportError(f"The gradebook at {shown} can't be read: {problem}") from None
