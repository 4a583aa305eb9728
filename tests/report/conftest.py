"""A made-up class that is known to the last answer, and the demo class through real nbgrader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandgrader.report.assemble import make_report
from sandgrader.report.cohort import read_cohorts
from sandgrader.report.course import open_course, open_gradebook
from sandgrader.report.gradebook import read_class
from storagelab.report.cohort import read_track
from storagelab.report.command import command
from storagelab.report.sections import StoragelabSections
from storagelab.tracks import TRACKS
from tests.report.synthetic import make_class


def _read(folder: Path, *names: Any) -> tuple[Any, Any]:
    course = open_course(folder)
    with open_gradebook(course.db_url) as gradebook:
        return course, read_cohorts(course, read_class(gradebook, names))


def cohorts_of(folder: Path, *names: Any) -> dict[Any, Any]:
    """Return the class of each assignment by its name, with what a track's ledgers tell."""
    course, found = _read(folder, *names)
    return {
        name: read_track(course, cohort) if name in TRACKS else cohort
        for name, cohort in ((cohort.assignment.name, cohort) for cohort in found)
    }


def report_of(folder: Path, shared: Any) -> Any:
    """Return a course's whole report, before it is written."""
    course, found = _read(folder)
    return make_report(course, found, StoragelabSections(), shared)


@pytest.fixture(scope="session")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A made-up class of 60 in two tracks."""
    root = tmp_path_factory.mktemp("class") / "course"
    return make_class(root, ["cloud_titan", "tiny_pioneer"], 60, seed=7)


@pytest.fixture(scope="session")
def cohorts(truth: Any) -> Any:
    return cohorts_of(truth.course)


@pytest.fixture
def report() -> Callable[..., Any]:
    """Run ``storagelab report`` and return what it printed; it has to exit with ``code``."""

    def run(*arguments: Any, code: int = 0) -> Any:
        done = CliRunner().invoke(command, [str(item) for item in arguments])
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done.output

    return run
