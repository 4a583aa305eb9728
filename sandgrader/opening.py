"""How a command opens a course, and says in words and in its exit code what is wrong with it."""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from sandgrader.cluster import ClusterError
from sandgrader.course import Course, CourseError
from sandgrader.gradebook import GradebookError, trouble_with
from sandgrader.printable import printable
from sandgrader.run import StoppedError
from sandgrader.sandbox import SandboxError

WRONG_USE, STOPPED, INTERRUPTED = 2, 3, 130
_GO_ON = "What is graded is kept. When that is mended, run it again to go on."


@contextmanager
def opened_course(folder: Path) -> Iterator[Course]:
    """Give a course, whose database's faults are said in words."""
    # nbgrader makes submissions in a way that SQLAlchemy has words about, for each of them
    warnings.simplefilter("ignore", SAWarning)
    course = Course(folder)
    try:
        yield course
    except SQLAlchemyError as problem:
        raise trouble_with(problem, course.gradebook.address) from None
    finally:
        with contextlib.suppress(SQLAlchemyError):  # said already
            course.close()


@contextmanager
def said_faults(as_json: bool) -> Iterator[None]:
    """End the command with a sentence and an exit code where a course can't be worked on."""
    try:
        yield
    except (CourseError, SandboxError, ClusterError) as problem:
        _stop(str(problem), WRONG_USE, as_json)
    except GradebookError as problem:
        if problem.passing:
            _stop(f"{problem}\n{_GO_ON}", STOPPED, as_json)
        _stop(str(problem), WRONG_USE, as_json)
    except StoppedError as problem:
        _stop(f"{problem}\n{_GO_ON}", STOPPED, as_json)
    except OSError as problem:
        _stop(f"The disk can't be used: {problem}\n{_GO_ON}", STOPPED, as_json)
    except KeyboardInterrupt:
        words = "Interrupted. What is graded is kept. Run it again to go on."
        _stop(words, INTERRUPTED, as_json)


def _stop(words: str, code: int, as_json: bool) -> NoReturn:
    words = printable(words, keep="\n")
    if as_json:
        click.echo(json.dumps({"error": words, "code": code}))
    click.echo(words, err=True)
    sys.exit(code)
