"""nbgrader's gradebook on PostgreSQL: two writers at once, and a server killed in mid-run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, text

from demo.forks import run_nbgrader
from sandgrader import scores, versions
from sandgrader.course import Course
from sandgrader.gradebook import OpenGradebook
from sandgrader.lateness import extensions_of, settle
from storagelab.course.nbgrader_steps import StepError
from tests.postgres import small_course

PATIENCE = 120
"""Seconds until a test gives up waiting for something that has to come."""


@pytest.fixture
def course(server: Any, tmp_path: Path) -> Any:
    folder = small_course.lay_out(tmp_path / "course", server.url)
    run_nbgrader(folder, tmp_path, "generate_assignment", small_course.ASSIGNMENT, "--create")
    with Gradebook(server.url) as gradebook:
        for name in small_course.STUDENTS:
            gradebook.add_student(name)
    return folder


def autograde(course: Any, *options: Any) -> Any:
    return run_nbgrader(course, course.parent, "autograde", small_course.ASSIGNMENT, *options)


def read_scores(url: str) -> dict[Any, dict[Any, Any]]:
    with Gradebook(url) as gradebook:
        return {
            submission.student_id: {
                grade.name: grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.assignment_submissions(small_course.ASSIGNMENT)
        }


def read_everything(url: str) -> dict[Any, list[Any]]:
    """Every row of every table: what is committed."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            tables = connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).scalars()
            return {
                table: sorted(map(str, connection.execute(text(f'SELECT * FROM "{table}"'))))
                for table in tables.all()
            }
    finally:
        engine.dispose()


def wait_until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "what the test waits for hasn't come"
        time.sleep(0.05)


class Gate:
    """Holds up everybody who writes to ``grade``, and sees who waits."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self.holding = self.engine.connect()
        self.holding.execute(text("LOCK TABLE grade IN SHARE ROW EXCLUSIVE MODE"))
        self.watching = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def waiting(self) -> int:
        question = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
        return self.watching.execute(text(question)).scalar_one()

    def open(self) -> None:
        self.holding.commit()

    def close(self) -> None:
        for connection in (self.holding, self.watching):
            connection.invalidate()
        self.engine.dispose()


@pytest.fixture
def gate(server: Any, course: Any) -> Iterator[Gate]:
    held = Gate(server.url)
    yield held
    held.close()


def test_two_writers_wait_for_each_other_and_lose_nothing(
    server: Any, course: Any, gate: Gate
) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        try:
            both = [
                pool.submit(autograde, course, f"--student={names}")
                for names in ("[a-h]*", "[i-z]*")
            ]
            wait_until(lambda: gate.waiting() == 2)
        finally:
            gate.open()
        for writer in both:
            writer.result()
    assert read_scores(server.url) == small_course.SCORES


def test_a_point_given_by_hand_survives_a_grader_at_work(
    server: Any, course: Any, gate: Gate
) -> None:
    """A person grades in formgrader while the machine grades somebody else."""
    gate.open()
    autograde(course, "--student=all_right")
    second = Gate(server.url)
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            grading = pool.submit(autograde, course)
            wait_until(lambda: second.waiting() == 1)
        finally:
            second.open()
            second.close()
        with Gradebook(server.url) as gradebook:
            grade = gradebook.find_grade(
                "half-test", small_course.NOTEBOOK, small_course.ASSIGNMENT, "all_right"
            )
            grade.manual_score = 1.5
            gradebook.db.commit()
        grading.result()
    assert read_scores(server.url) == small_course.SCORES
    with Gradebook(server.url) as gradebook:
        grade = gradebook.find_grade(
            "half-test", small_course.NOTEBOOK, small_course.ASSIGNMENT, "all_right"
        )
        assert (grade.manual_score, grade.score) == (1.5, 1.5)


@pytest.mark.parametrize("stroke", ["kill", pytest.param("abort", marks=pytest.mark.nightly)])
def test_a_server_that_dies_in_mid_run_leaves_nothing_half_written(
    server: Any, course: Any, gate: Gate, stroke: str
) -> None:
    """``kill -9`` and ``-m immediate``, while the grader's transaction is open."""
    gate.open()
    autograde(course, "--student=all_right")
    before = Gate(server.url)
    with ThreadPoolExecutor(max_workers=1) as pool:
        grading = pool.submit(autograde, course)
        wait_until(lambda: before.waiting() == 1)
        committed = read_everything(server.url)
        getattr(server, stroke)()
        before.close()
        assert not server.running
        with pytest.raises(StepError):
            grading.result()
    server.start()
    assert read_everything(server.url) == committed
    assert read_scores(server.url) != small_course.SCORES

    autograde(course)  # no force: only who is missing
    assert read_scores(server.url) == small_course.SCORES
    rows = read_everything(server.url)
    students, tests = len(small_course.STUDENTS), len(small_course.TESTS)
    assert len(rows["submitted_assignment"]) == len(rows["submitted_notebook"]) == students
    assert len(rows["grade"]) == students * tests


def test_the_hubs_own_database_survives_too(server: Any) -> None:
    """JupyterHub's users and tokens, in the tables that it makes itself."""
    orm = pytest.importorskip("jupyterhub.orm")
    url = server.create("hub")
    session = orm.new_session_factory(url=url)()
    session.add(orm.User(name="ada"))
    session.commit()
    session.add(orm.User(name="nobody"))
    session.flush()  # sent and not committed
    server.kill()
    session.invalidate()
    server.start()
    again = orm.new_session_factory(url=url)()
    assert [user.name for user in again.query(orm.User)] == ["ada"]
    again.close()


def test_the_graders_indexes_are_made_once(server: Any, course: Any) -> None:
    book = OpenGradebook(server.url, "")
    book.add_indexes()
    book.add_indexes()
    book.close()
    engine = create_engine(server.url)
    with engine.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_indexes WHERE indexname LIKE 'storagelab_%'")
        ).scalars()
        assert sorted(names) == ["comment", "grade", "submitted_notebook"]
    engine.dispose()


def test_what_made_a_grade_is_kept_there_and_extensions_too(course: Path) -> None:
    name, students = small_course.ASSIGNMENT, [*small_course.STUDENTS]
    (course / "extensions.csv").write_text(
        f"student,assignment,extra\n{students[0]},{name},2 days\n{students[1]},*,1 h\n"
    )
    opened = Course(course)
    try:
        with opened.gradebook.transaction(writing=True) as gradebook:
            gradebook.update_or_create_assignment(name, duedate="2026-03-01 12:00:00")
            for student in students:
                gradebook.add_submission(name, student, timestamp="2026-03-01 14:00:00")
            opened.gradebook.commit()
        assert versions.prepare(opened.gradebook)
        for mark in ("first", "second"):
            with opened.gradebook.transaction(writing=True) as gradebook:
                found = scores.read_scores(gradebook, [name])
                versions.record(gradebook, name, found, "v1", mark, stands_on=mark)
                opened.gradebook.commit()
        with opened.gradebook.transaction() as gradebook:
            made = versions.read_versions(gradebook, name)
            assert {*made} == {*students}
            assert {(item.regrade, item.stood_on) for item in made.values()} == {
                ("second", "second")
            }
            # nbgrader deletes a submission, and knows nothing of the table
            gradebook.remove_submission(name, students[2])
            opened.gradebook.commit()
            assert {*versions.read_versions(gradebook, name)} == {*students[:2]}
        late = {item.student: item for item in settle(opened, name, extensions_of(opened)).late}
        assert (late[students[0]].seconds, late[students[1]].seconds) == (0, 3600)
        (course / "extensions.csv").unlink()
        late = {item.student: item for item in settle(opened, name, extensions_of(opened)).late}
        assert (late[students[0]].extension, late[students[0]].seconds) == (None, 7200)
    finally:
        opened.close()
