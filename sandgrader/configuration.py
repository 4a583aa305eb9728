"""A course's configuration as nbgrader reads it, but for one thing: a slip in it is said.

nbgrader logs an error in ``nbgrader_config.py`` and goes on with its defaults: a class would be
graded without its time limits, its plugins or its own gradebook.
"""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets import TraitError
from traitlets.utils.importstring import import_item

CONFIGURATION = "nbgrader_config"


class CourseError(ValueError):
    """The course can't be graded as it is; the message says why and what to do."""


class _Kept(logging.Handler):
    """Keeps what nbgrader says before it ends the program."""

    def __init__(self) -> None:
        super().__init__(logging.CRITICAL)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def read_configuration(folder: Path, needed: bool = True) -> tuple[Any, Any]:
    """Return nbgrader's application and its course directory, configured for ``folder``.

    Where that has no configuration of its own, the one in Jupyter's folders counts, which may name
    the course's folder. Raises :class:`CourseError` where it has a slip, or where there is none at
    all and one is ``needed``.
    """
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}. Name your course's with --course.")
    here = (folder / f"{CONFIGURATION}.py").is_file()
    app = NbGrader()
    app.raise_config_file_errors = True
    # a student who is late is none of a terminal's business, nor is a file that is copied
    app.log.handlers.clear()
    app.log.propagate = False
    app.log.setLevel(logging.CRITICAL)
    kept = _Kept()
    app.log.addHandler(kept)
    try:
        with contextlib.chdir(folder):  # a configuration may speak of files beside itself
            app.initialize([], root=str(folder) if here else "")
            # nbgrader's default is where one is when it is asked first
            root = str(folder) if here else CourseDirectory(parent=app).root
            directory = CourseDirectory(parent=app, root=root)
    except SystemExit as problem:
        said = [*kept.said, *([] if isinstance(problem.code, int | None) else [str(problem.code)])]
        words = (
            f"The configuration of {folder} ({CONFIGURATION}.py) can't be used: {' '.join(said)}"
        )
        raise CourseError(words) from None
    except TraitError as problem:
        words = f"The configuration of {folder} ({CONFIGURATION}.py) can't be used: {problem}"
        raise CourseError(words) from None
    except Exception as problem:
        raise CourseError(
            f"The configuration of {folder} ({CONFIGURATION}.py) has a slip: {where(problem)}. "
            "Nothing is done with a half of it."
        ) from None
    if needed and not here and not _is_any(folder, app):
        raise CourseError(
            f"There is no {CONFIGURATION}.py in {folder}. Go to your course's folder, or name it "
            "with --course FOLDER."
        )
    return app, directory


def named_function(setting: str, name: str) -> Callable[..., Any]:
    """Return the function that a ``setting`` names as ``module:function``.

    Raises :class:`CourseError` where there is none.
    """
    try:
        found = import_item(name.replace(":", "."))
    except (ImportError, ValueError) as problem:
        raise CourseError(
            f"c.{setting} names {name!r}, which can't be imported: {problem}"
        ) from None
    if not callable(found):
        raise CourseError(f"c.{setting} names {name!r}, which isn't a function.")
    return found  # type: ignore[no-any-return]


def _is_any(folder: Path, app: Any) -> bool:
    """Return whether there is any configuration of nbgrader, also one in which nothing is set."""
    return any(
        Path(place, f"{CONFIGURATION}{ending}").is_file()
        for place in (folder, *app.config_file_paths)
        for ending in (".py", ".json")
    )


def where(problem: Exception) -> str:
    """Return what went wrong in a configuration, with the file and the line where it did."""
    words = f"{type(problem).__name__}: {problem}".rstrip(": .")
    if isinstance(problem, SyntaxError) and problem.filename:
        return f"{problem.filename}, line {problem.lineno}: {type(problem).__name__}: {problem.msg}"
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if Path(frame.filename).stem.endswith("_config")
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}: {words}" if frames else words
