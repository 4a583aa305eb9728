"""What is stale is found and graded again, and an interrupted regrade goes on where it stopped."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from sandgrader import writer
from sandgrader.export.command import command as export
from tests.sandgrader import quickstart
from tests.sandgrader.command import start, wait_until
from tests.sandgrader.quickstart import (
    ALL,
    NAME,
    copied,
    grades_of,
    hand_in,
    mend_a_test,
    only,
)

Grader = Callable[..., str]
SEED = int(os.environ.get("STORAGELAB_SEED", "0")) or random.randrange(10**6)
STUDENTS = sorted(quickstart.CLASS)
MOVED = "no_check, problem1, squares_invalid_input: more points (+1 points)"


@pytest.fixture(scope="module")
def mended(graded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graded course after somebody marked it and a test was mended, to be copied."""
    course = copied(graded, tmp_path_factory.mktemp("mended"))
    mend_a_test(course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in STUDENTS:  # a person has been at work
            essay = gradebook.find_grade("part-a", "problem2", NAME, student)
            essay.manual_score, essay.needs_manual_grade = 0.75, False
        gradebook.db.commit()
    return course


@pytest.fixture(scope="module")
def regraded(mended: Path, tmp_path_factory: pytest.TempPathFactory, grade: Grader) -> Path:
    """The same, graded once more without anything in between."""
    course = copied(mended, tmp_path_factory.mktemp("regraded"))
    (summary,) = json.loads(grade(course, NAME, "--json"))
    assert summary["stale"] == STUDENTS
    assert summary["graded"] == len(STUDENTS)
    assert summary["moved"] == [MOVED]
    assert (
        summary["regrade"]["moved"]
        == [{"student": "no_check", "before": 5.0, "after": 6.0, "by": 1.0}]
        or summary["regrade"]["moved"][0]["by"] == 1.0
    )
    assert summary["regrade"]["complete"]
    return course


def listed(course: Path, grade: Grader, *arguments: str) -> Any:
    """Return what there is to grade, and check that saying so changes nothing."""
    before = {path: path.stat().st_mtime_ns for path in sorted(course.rglob("*"))}
    (found,) = json.loads(grade(course, NAME, "--list", "--json", *arguments))
    assert {path: path.stat().st_mtime_ns for path in sorted(course.rglob("*"))} == before
    return found


def marked(course: Path) -> dict[str, int]:
    """Return how many grades each run has made, by its mark."""
    with sqlite3.connect(course / "gradebook.db") as plain:
        query = "SELECT regrade, count(*) FROM storagelab_graded GROUP BY regrade"
        return dict(plain.execute(query).fetchall())


def test_nothing_is_stale_where_nothing_has_changed(graded: Path, grade: Grader) -> None:
    found = listed(graded, grade)
    assert {key: found[key] for key in ("to_grade", "stale", "unknown", "pending")} == {
        "to_grade": [], "stale": [], "unknown": [], "pending": [],
    }  # fmt: skip
    assert listed(graded, grade, "--force")["to_grade"] == STUDENTS


def test_after_a_change_of_a_test_grades_are_stale_and_are_made_again(
    mended: Path, regraded: Path, grade: Grader
) -> None:
    assert listed(mended, grade)["stale"] == STUDENTS
    assert listed(regraded, grade)["to_grade"] == []
    assert not [*(regraded / ".grading").glob("regrade-*")]


def test_a_killed_regrade_goes_on_where_it_stopped(
    mended: Path, regraded: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(mended, tmp_path)
    process = start(course, NAME, "--force", "--workers", "1")
    try:
        wait_until(lambda: max(marked(course).values()) <= len(STUDENTS) - 3, process)
    finally:
        process.kill()
        process.communicate()
    done = len(STUDENTS) - max(marked(course).values())
    assert 3 <= done < len(STUDENTS)
    found = listed(course, grade)
    assert len(found["pending"]) == len(STUDENTS) - done
    # asked for once more, --force goes on as well
    assert listed(course, grade, "--force")["to_grade"] == found["to_grade"]
    (summary,) = json.loads(grade(course, NAME, "--force", "--json"))
    assert {item["student"] for item in summary["results"]} == {*found["to_grade"]}
    assert summary["regrade"]["complete"]
    assert summary["moved"] == [MOVED]
    assert grades_of(course) == grades_of(regraded)
    assert listed(course, grade)["to_grade"] == []


@pytest.mark.nightly
def test_a_regrade_that_is_killed_again_and_again_goes_on(
    mended: Path, regraded: Path, tmp_path: Path
) -> None:
    course, draw = copied(mended, tmp_path), random.Random(SEED)
    for _ in range(3):
        process = start(course, NAME, "--force", "--workers", "1")
        more = draw.randint(1, 3)
        before = max(marked(course), key=marked(course).__getitem__)
        left = marked(course)[before]
        wait_until(lambda left=left - more: max(marked(course).values()) <= left, process)  # type: ignore[misc]
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
        process.communicate()
    process = start(course, NAME, "--json")
    said, _ = process.communicate(timeout=400)
    assert process.returncode == 0, said
    assert MOVED in said, f"STORAGELAB_SEED={SEED}"
    assert grades_of(course) == grades_of(regraded), f"STORAGELAB_SEED={SEED}"


def test_whose_score_moved_is_said_over_all_runs_of_a_regrade(
    mended: Path, tmp_path: Path, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = copied(mended, tmp_path)
    write = writer.Writer.write

    def stop_after(self: Any, assignment: str, submission: Any, graded: Any) -> None:
        write(self, assignment, submission, graded)
        if submission.student == "no_check":
            raise KeyboardInterrupt

    asked = only("arrays", "no_check", "wrong")
    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "write", stop_after)
        grade(course, NAME, *asked, code=130)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        # a person's points are none that the regrade has moved
        gradebook.find_grade("part-a", "problem2", NAME, "arrays").manual_score = 0.5
        gradebook.db.commit()
    assert "no_check" not in listed(course, grade, *asked)["to_grade"]
    said = grade(course, NAME, *asked)
    assert f"moved: {MOVED}" in " ".join(said.split())
    assert "all are done" in said
    assert "part-a" not in said
    assert {*listed(course, grade)["stale"]} == {*STUDENTS} - {"arrays", "no_check", "wrong"}


def test_a_forced_regrade_of_the_same_version_goes_on_too(
    graded: Path, tmp_path: Path, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = copied(graded, tmp_path)
    write, written = writer.Writer.write, list[str]()

    def stop_after_one(self: Any, assignment: str, submission: Any, graded: Any) -> None:
        write(self, assignment, submission, graded)
        written.append(submission.student)
        raise KeyboardInterrupt

    asked = only("arrays", "no_check", "wrong")
    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "write", stop_after_one)
        grade(course, NAME, "--force", *asked, code=130)
    left = {"arrays", "no_check", "wrong"} - {*written}
    assert {*listed(course, grade)["pending"]} == left
    # who isn't asked for is left for the run after
    (summary,) = json.loads(grade(course, NAME, "--json", *only(min(left))))
    assert summary["regrade"]["left"] == [max(left)]
    (summary,) = json.loads(grade(course, NAME, "--json"))
    assert [item["student"] for item in summary["results"]] == [max(left)]
    assert summary["regrade"]["complete"]

    def refuse(self: Any, assignment: str, submission: Any, graded: Any) -> None:
        raise writer.WriteError("it can't be")

    # who couldn't be graded is tried again, and nobody is kept from beginning anew
    monkeypatch.setattr(writer.Writer, "write", refuse)
    grade(course, NAME, "--force", *only("arrays", "wrong"), code=1)
    assert listed(course, grade)["to_grade"] == ["arrays", "wrong"]
    assert listed(course, grade, "--force")["to_grade"] == STUDENTS


def test_grades_from_before_versions_were_kept_stay_until_the_assignment_changes(
    graded: Path, mended: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(graded, tmp_path)
    with sqlite3.connect(course / "gradebook.db") as plain:
        plain.execute("DROP TABLE storagelab_graded")
    assert listed(course, grade)["unknown"] == STUDENTS
    (summary,) = json.loads(grade(course, NAME, "--json"))
    assert (summary["unknown"], summary["results"]) == (STUDENTS, [])
    assert listed(course, grade)["unknown"] == STUDENTS
    grade(course, NAME, "--force", *only("arrays"))
    assert listed(course, grade)["unknown"] == [name for name in STUDENTS if name != "arrays"]
    assert grades_of(course) == grades_of(graded)
    (course / "source" / NAME / "tables.csv").write_text("1,2\n")
    assert listed(course, grade)["stale"] == STUDENTS


def test_after_a_changed_price_grades_are_outdated_and_stay(
    graded: Path, tmp_path: Path, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = copied(graded, tmp_path)
    with sqlite3.connect(course / "gradebook.db") as plain:
        plain.execute("DROP TABLE storagelab_stood_on")  # as an earlier version left it
    with (course / "nbgrader_config.py").open("a") as config:
        # a stand-in for a course's prices: a variable that is called like the assignment
        config.write("\nget_config().Grade.stands_on = 'os:getenv'\n")

    def said(*arguments: str) -> tuple[list[str], list[str]]:
        found = listed(course, grade, *arguments)
        assert (found["stale"], found["unknown"]) == ([], [])
        return found["outdated"], found["undated"]

    others = [name for name in STUDENTS if name != "arrays"]
    monkeypatch.setenv(NAME, "cheap")
    assert said() == ([], STUDENTS)
    (summary,) = json.loads(grade(course, NAME, "--json"))
    assert (summary["undated"], summary["results"]) == (STUDENTS, [])
    grade(course, NAME, "--force", *only("arrays"))
    assert said() == ([], others)
    assert "before it was kept what the course stands on" in " ".join(grade(course, NAME).split())
    monkeypatch.setenv(NAME, "dear")
    assert said() == (STUDENTS, [])
    assert listed(course, grade)["to_grade"] == []
    assert "outdated, graded before something changed" in grade(course, NAME, "--list")
    assert "and left as they are (--force grades" in " ".join(grade(course, NAME).split())
    exported = CliRunner().invoke(export, ["--course", str(course), "--out", str(tmp_path / "csv")])
    assert f"{NAME}: {len(STUDENTS)} outdated" in exported.output
    (summary,) = json.loads(grade(course, NAME, "--force", "--json", *only("arrays")))
    assert summary["outdated"] == []
    assert said() == (others, [])
    assert grades_of(course) == grades_of(graded)
    monkeypatch.delenv(NAME)
    assert "returns None" in grade(course, NAME, "--list", code=2)


def test_what_nbgrader_graded_in_between_is_of_unknown_version(
    graded: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(graded, tmp_path)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("correct_squares", "problem1", NAME, "wrong").auto_score = 1.0
        gradebook.db.commit()
    assert listed(course, grade)["unknown"] == ["wrong"]
    assert "of unknown version" in grade(course, NAME)


def test_a_persons_points_need_no_second_look_where_the_answer_is_the_same(
    graded: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(graded, tmp_path)
    address = f"sqlite:///{course / 'gradebook.db'}"

    def waiting() -> set[str]:
        with Gradebook(address) as gradebook:
            notebook = gradebook.find_submission_notebook("problem2", NAME, "wrong")
            return {item.name for item in notebook.grades if item.needs_manual_grade}

    with Gradebook(address) as gradebook:
        for cell in ("part-a", "part-b"):
            essay = gradebook.find_grade(cell, "problem2", NAME, "wrong")
            essay.manual_score, essay.needs_manual_grade = 0.75, False
        gradebook.find_comment("part-a", "problem2", NAME, "wrong").manual_comment = "nearly"
        gradebook.db.commit()
    grade(course, NAME, "--force", *only("wrong"))
    assert waiting() == set()
    hand_in(course, "wrong", {**ALL, "part-b": "Another."}, timestamp="2026-02-04 15:00:00 UTC")
    grade(course, NAME, *only("wrong"))
    assert waiting() == {"part-b"}
    with Gradebook(address) as gradebook:
        assert gradebook.find_grade("part-b", "problem2", NAME, "wrong").manual_score == 0.75
        assert gradebook.find_comment("part-a", "problem2", NAME, "wrong").comment == "nearly"


def test_a_damaged_note_of_a_regrade_is_said(graded: Path, tmp_path: Path, grade: Grader) -> None:
    course = copied(graded, tmp_path)
    (course / ".grading" / f"regrade-{NAME}.json").write_text("{")
    assert "Take it away and grade with --force" in " ".join(
        grade(course, NAME, "--list", code=2).split()
    )
