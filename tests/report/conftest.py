"""A made-up class that is known to the last answer, and the demo class through real nbgrader."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from storagelab.report.cohort import read_cohorts
from storagelab.report.command import command
from storagelab.report.course import open_course, open_gradebook
from storagelab.report.gradebook import read_class
from tests.report.synthetic import make_class


def cohorts_of(folder, *names):
    course = open_course(folder)
    with open_gradebook(course.db_url) as gradebook:
        book = read_class(gradebook, names)
    return {cohort.assignment.name: cohort for cohort in read_cohorts(course, book)}


@pytest.fixture(scope="session")
def truth(tmp_path_factory):
    """A made-up class of 60 in two tracks."""
    root = tmp_path_factory.mktemp("class") / "course"
    return make_class(root, ["cloud_titan", "tiny_pioneer"], 60, seed=7)


@pytest.fixture(scope="session")
def cohorts(truth):
    return cohorts_of(truth.course)


@pytest.fixture
def report():
    """Run ``storagelab report`` and return what it printed; it has to exit with ``code``."""

    def run(*arguments, code=0):
        done = CliRunner().invoke(command, [str(item) for item in arguments])
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done.output

    return run
