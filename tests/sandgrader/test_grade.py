"""``sandgrader grade`` gives what nbgrader gives, and leaves what nbgrader works with."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from storagelab.course.layout import find_layout
from storagelab.tracks import TRACKS
from tests.sandgrader import quickstart
from tests.sandgrader.quickstart import (
    ALL,
    NAME,
    copied,
    files_of,
    grades_of,
    hand_in,
    measure,
    mend_a_test,
    nbgrader,
    only,
    read_grades,
    read_measured,
)

Grader = Callable[..., str]
DEMO = find_layout().root / "build" / "demo-class"
WHOLE = "cloud_titan"
"""The track with every kind of student."""
OTHERS = [track for track in TRACKS if track != WHOLE]
SOME = ("ada_perfect", "ben_wrong_prediction", "gus_twice_the_cost")


def test_the_quick_start_course_has_nbgraders_scores(graded: Path) -> None:
    """Those that were measured: two dozen kernels need a minute for them, by night."""
    measured = read_measured()
    assert measured.nbgrader == version("nbgrader"), f"measure {quickstart.STOCK.name} anew"
    assert len({key[0] for key in measured.grades}) == len(quickstart.CLASS)
    assert grades_of(graded) == measured.grades


def test_autograded_has_nbgraders_files(graded: Path) -> None:
    assert files_of(graded) == read_measured().files


@pytest.mark.nightly
def test_nbgrader_gives_what_was_measured(fresh: Path, tmp_path: Path) -> None:
    assert measure(copied(fresh, tmp_path)) == read_measured()


def test_nbgraders_feedback_goes_on_from_there(graded: Path, tmp_path: Path) -> None:
    course = copied(graded, tmp_path)
    nbgrader(course, "generate_feedback", NAME)
    pages = [*course.glob(f"feedback/*/{NAME}/problem1.html")]
    assert len(pages) == len(quickstart.CLASS)
    assert "did not raise" in (course / f"feedback/no_check/{NAME}/problem1.html").read_text()


def test_it_says_which_tests_ran_in_the_students_interpreter(
    fresh: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(fresh, tmp_path)
    (summary,) = json.loads(grade(course, NAME, "--json", *only("all_right", "not_called")))
    assert "sum_of_squares_uses_squares" in summary["isolation"]["problem1"]
    assert summary["isolation"]["problem2"] == ""
    assert summary["graded"] == 2
    assert summary["sandbox"] in ("bubblewrap", "plain")


def check_demo_class(track: str, folder: Path, grade: Grader, students: Sequence[str] = ()) -> None:
    """Grade a track's demo class, or some of it, and compare it with what nbgrader made of it."""
    stock = DEMO / track / "course"
    if not (stock / "autograded").is_dir():
        pytest.fail("there is no demo class: run `make demo-class`")
    expected = {
        key: said
        for key, said in grades_of(stock, track).items()
        if not students or key[0] in students
    }
    course = folder / "course"
    ignored = shutil.ignore_patterns("autograded", "feedback", "*.log")
    shutil.copytree(stock, course, ignore=ignored)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nc.Execute.timeout = 6\n")  # for whose cell never stops
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in [item.id for item in gradebook.students]:
            gradebook.remove_student(student)
    assert grades_of(course, track) == {}
    (summary,) = json.loads(grade(course, track, "--json", *only(*students)))
    assert grades_of(course, track) == expected != {}
    assert summary["isolation"] == dict.fromkeys(summary["isolation"], "")


def test_the_demo_class_has_nbgraders_scores(tmp_path: Path, grade: Grader) -> None:
    check_demo_class(WHOLE, tmp_path, grade)


@pytest.mark.parametrize("track", OTHERS)
def test_some_of_every_track_have_nbgraders_scores(
    track: str, tmp_path: Path, grade: Grader
) -> None:
    check_demo_class(track, tmp_path, grade, SOME)


@pytest.mark.nightly
@pytest.mark.parametrize("track", OTHERS)
def test_every_tracks_demo_class_has_nbgraders_scores(
    track: str, tmp_path: Path, grade: Grader
) -> None:
    check_demo_class(track, tmp_path, grade)


# --- again


def test_what_is_graded_is_not_graded_again(graded: Path, tmp_path: Path, grade: Grader) -> None:
    course = copied(graded, tmp_path)
    (summary,) = json.loads(grade(course, NAME, "--json"))
    assert (summary["skipped"], summary["results"]) == (len(quickstart.CLASS), [])


def test_a_later_submission_is_graded_and_its_manual_grades_stay(
    graded: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(graded, tmp_path)
    address = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(address) as gradebook:
        essay = gradebook.find_grade("part-a", "problem2", NAME, "wrong")
        essay.manual_score, essay.needs_manual_grade = 0.75, False
        test = gradebook.find_grade("correct_squares", "problem1", NAME, "wrong")
        test.manual_score, test.extra_credit = 0.25, 0.5
        comment = gradebook.find_comment("part-a", "problem2", NAME, "wrong")
        comment.manual_comment = "nearly"
        gradebook.db.commit()
    hand_in(course, "wrong", ALL, timestamp="2026-02-04 15:00:00 UTC")
    (summary,) = json.loads(grade(course, NAME, "--json"))
    assert [item["student"] for item in summary["results"]] == ["wrong"]
    with Gradebook(address) as gradebook:
        test = gradebook.find_grade("correct_squares", "problem1", NAME, "wrong")
        assert (test.auto_score, test.manual_score, test.extra_credit) == (1, 0.25, 0.5)
        essay = gradebook.find_grade("part-a", "problem2", NAME, "wrong")
        assert essay.manual_score == 0.75
        comment = gradebook.find_comment("part-a", "problem2", NAME, "wrong")
        assert comment.comment == "nearly"
    others = {key: said for key, said in grades_of(graded).items() if key[0] != "wrong"}
    assert {key: said for key, said in grades_of(course).items() if key[0] != "wrong"} == others


def test_forced_it_gives_the_same_scores(graded: Path, tmp_path: Path, grade: Grader) -> None:
    course = copied(graded, tmp_path)
    grade(course, NAME, "--force", "--student", "arrays", "--student", "exits")
    before, after = grades_of(graded), grades_of(course)
    # nbgrader asks for a second look at manual grades only; there are none
    assert after == before


@pytest.mark.nightly
def test_one_interpreter_gives_the_same_scores(
    fresh: Path, graded: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(fresh, tmp_path)
    grade(course, NAME, "--one-interpreter", "--sandbox", "off", "--workers", "1")
    assert grades_of(course) == grades_of(graded)


# --- wrong use


def test_no_course_is_said(tmp_path: Path, grade: Grader) -> None:
    assert "There is no nbgrader_config.py" in grade(tmp_path, code=2)


def test_an_unknown_assignment_is_said(graded: Path, tmp_path: Path, grade: Grader) -> None:
    course = copied(graded, tmp_path)
    (course / "submitted" / "wrong" / NAME).rename(course / "submitted" / "wrong" / "ps9")
    assert "no assignment 'ps9' (it has: ps1)" in grade(course, "ps9", code=2)


def test_an_unknown_student_is_said(graded: Path, grade: Grader) -> None:
    assert "No submission of 'ps1' by zoe" in grade(graded, NAME, "--student", "zoe", code=2)


def test_a_scheduler_that_is_not_there_is_said(
    fresh: Path, tmp_path: Path, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = copied(fresh, tmp_path)
    monkeypatch.setattr("sandgrader.cluster.CONNECTING", 1.0)
    said = grade(course, NAME, "--scheduler", "tcp://127.0.0.1:9", "--open-scheduler", code=3)
    assert "No Dask scheduler answers" in said
    assert "run it again" in said.lower()


def test_errors_are_json_too(tmp_path: Path, grade: Grader) -> None:
    said = grade(tmp_path, "--json", code=2)
    assert json.loads(said.splitlines()[0])["code"] == 2


def test_a_broken_submission_is_graded_beside_the_others(
    fresh: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(fresh, tmp_path)
    folder = hand_in(course, "broken", ALL)
    (folder / "problem1.ipynb").write_text("{")
    (folder / "timestamp.txt").write_text("yesterday, I think")
    renamed = hand_in(course, "renamed", ALL)
    for name in ("problem1", "problem2"):
        (renamed / f"{name}.ipynb").rename(renamed / f"{name} (1).ipynb")
    asked = only("all_right", "broken", "renamed")
    (summary,) = json.loads(grade(course, NAME, "--json", *asked))
    assert summary["graded"] == 3
    assert summary["failed"] == 0
    said = read_grades(f"sqlite:///{course / 'gradebook.db'}", NAME)
    assert said["broken", "problem1", "correct_squares"].auto == 0
    assert said["broken", "problem2", "part-a"].waits
    assert said["renamed", "problem1", "correct_squares"].auto == 0
    page = nbformat.read(course / f"autograded/broken/{NAME}/problem1.ipynb", as_version=4)
    assert re.search("can't be read: it is no JSON", page.cells[0].source)
    assert said["all_right", "problem1", "correct_squares"].auto == 1


def test_after_a_test_was_mended_it_says_whose_score_moved(
    graded: Path, tmp_path: Path, grade: Grader
) -> None:
    course = copied(graded, tmp_path)
    mend_a_test(course)
    before = grades_of(course)
    (summary,) = json.loads(grade(course, NAME, "--force", "--json"))
    after = grades_of(course)
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed == {("no_check", "problem1", "squares_invalid_input")}
    assert summary["moved"] == [
        "no_check, problem1, squares_invalid_input: more points (+1 points)"
    ]
    assert (course / summary["before"]).is_file()
