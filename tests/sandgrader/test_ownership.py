"""What root grades belongs to whom the course does, so that formgrader's buttons go on working."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sandgrader.course import Course
from sandgrader.ownership import Owner
from tests.sandgrader.quickstart import NAME, copied
from tests.sandgrader.test_trouble import write

SOMEBODY = 58_777
ONE, OTHER = "all_right", "wrong"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root writes for others: run it as root")


@pytest.fixture
def somebodys(fresh: Path, tmp_path: Path) -> Path:
    """A course that isn't root's, closed to all others, with submissions and nothing graded."""
    course = copied(fresh, tmp_path)
    for path in (course, *course.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    course.chmod(0o700)
    return course


def roots(course: Path) -> list[str]:
    """Return what of a course isn't its owner's."""
    return [
        str(path.relative_to(course))
        for path in course.rglob("*")
        if path.lstat().st_uid != SOMEBODY
    ]


def test_root_writes_as_the_owner_and_as_root_again_afterwards(
    somebodys: Path, graded: Path, tmp_path: Path
) -> None:
    summary = write(somebodys, graded, ONE)
    assert [result.state for result in summary.results] == ["graded"]
    assert (somebodys / "autograded" / ONE / NAME / "problem1.ipynb").exists()
    assert roots(somebodys) == []
    (tmp_path / "later").touch()
    assert (tmp_path / "later").stat().st_uid == 0


def test_a_gradebook_that_root_makes_is_the_owners(somebodys: Path) -> None:
    (somebodys / "gradebook.db").unlink()
    Course(somebodys).close()
    assert (somebodys / "gradebook.db").exists()
    assert roots(somebodys) == []


def test_killed_at_any_moment_nothing_is_left_that_is_roots(somebodys: Path) -> None:
    """From its first byte a file is the owner's: nothing is given away later."""
    code = (
        "import os, sys; from pathlib import Path; from sandgrader.course import Course\n"
        f"course = Course(Path({str(somebodys)!r}))\n"
        "Path(course.root, '.grading', 'staging').mkdir(parents=True)\n"
        "Path(course.root, '.grading', 'staging', 'half').touch()\n"
        "with course.gradebook.transaction(writing=True) as book:\n"
        "    book.add_student('eve'); print('there', flush=True); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "there\n", done.stderr
    assert roots(somebodys) == []


def test_what_was_roots_before_is_given_back(somebodys: Path, graded: Path) -> None:
    """An older grader, or `sudo nbgrader autograde`, has left it."""
    shutil.copytree(graded / "autograded", somebodys / "autograded")
    os.chown(somebodys / "gradebook.db", 0, 0)
    with sqlite3.connect(somebodys / "gradebook.db") as book:
        book.execute("PRAGMA journal_mode=WAL")
        Course(somebodys).close()
        assert roots(somebodys) == []
    book.close()


def test_no_file_with_another_name_and_no_links_target_is_given(tmp_path: Path) -> None:
    course, secret = tmp_path / "course", tmp_path / "secret"
    (course / "autograded").mkdir(parents=True)
    secret.touch()
    os.chown(course, SOMEBODY, SOMEBODY)
    (course / "autograded" / "link").symlink_to(secret)
    os.link(secret, course / "autograded" / "name")
    Owner(course).give([course / "autograded"])
    assert secret.stat().st_uid == 0
    assert (course / "autograded").stat().st_uid == SOMEBODY


def test_a_course_of_roots_own_stays_roots(fresh: Path, tmp_path: Path) -> None:
    course = copied(fresh, tmp_path)
    Course(course).close()
    assert {path.stat().st_uid for path in course.rglob("*")} == {0}
