"""One marker beside another and beside formgrader, on nbgrader's own gradebook."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from sandgrader.course import Course, CourseError
from sandgrader.marking.desk import Desk, Task
from sandgrader.marking.marks import ChangedError, GoneError, MarkError
from sandgrader.marking.pile import Share

from .essays import (
    CONFIG,
    PENALTY,
    STUDENTS,
    TASK,
    TEXT,
    address,
    formgrader,
    make_course,
)

NOTHING = {"points": None, "comment": ""}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("essays"))


@pytest.fixture
def course(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "course"))


@pytest.fixture
def at(course: Path) -> Iterator[Callable[..., Desk]]:
    """Sit down at the pile, as a marker."""
    opened: list[Course] = []

    def sit_down(marker: str = "mia", **more: Any) -> Desk:
        opened.append(Course(course))
        return Desk(opened[-1], Task(marker, **more))

    yield sit_down
    for item in opened:
        item.close()


def answers_of(desk: Desk, cell: str = TASK) -> list[str]:
    """Return the ids of a question's answers, in the order in which they come."""
    (found,) = [item for item in desk.pile()["questions"] if item["name"].endswith(f" {cell}")]
    return [line["id"] for line in found["answers"]]


def test_formgrader_reads_what_is_given(course: Path, at: Callable[..., Desk]) -> None:
    desk = at()
    one = answers_of(desk)[0]
    with formgrader(course, one) as (grade, _):
        grade.extra_credit = 0.25
        score = grade.notebook.score
    desk.write(one, {"points": 4}, NOTHING)
    desk.write(one, {"comment": "Which disk?"}, {"points": 4, "comment": ""})
    with formgrader(course, one) as (grade, comment):
        assert (grade.manual_score, grade.auto_score, grade.extra_credit) == (4, None, 0.25)
        assert not grade.needs_manual_grade
        assert comment.comment == "Which disk?"
        assert grade.notebook.late_submission_penalty == PENALTY
        assert grade.notebook.score == score + 4 + 0.25
    desk.write(one, {"points": None}, {"points": 4, "comment": "Which disk?"})
    with formgrader(course, one) as (grade, _):
        assert grade.manual_score is None
        assert grade.needs_manual_grade


def test_a_newer_score_is_never_written_over(course: Path, at: Callable[..., Desk]) -> None:
    desk = at()
    one = answers_of(desk)[0]
    with formgrader(course, one) as (grade, comment):
        grade.manual_score, grade.needs_manual_grade = 2, False
        comment.manual_comment = "By formgrader."
    with pytest.raises(ChangedError) as problem:
        desk.write(one, {"points": 6}, NOTHING)
    assert (problem.value.now.points, problem.value.now.comment) == (2, "By formgrader.")
    with pytest.raises(ChangedError):
        desk.write(one, {"points": 2, "comment": "Mine."}, NOTHING)
    with formgrader(course, one) as (grade, comment):
        assert (grade.manual_score, comment.comment) == (2, "By formgrader.")
    # what is there already isn't written over, and a comment alone disturbs no score
    desk.write(one, {"points": 2}, NOTHING)
    desk.write(one, {"comment": "Mine."}, {"points": None, "comment": "By formgrader."})
    with formgrader(course, one) as (grade, comment):
        assert (grade.manual_score, comment.comment) == (2, "Mine.")


@pytest.mark.parametrize("points", [-1, 6.5, float("nan"), float("inf"), "6", True, [1]])
def test_points_that_can_t_be_given_are_refused(at: Callable[..., Desk], points: object) -> None:
    desk = at()
    one = answers_of(desk)[0]
    with pytest.raises(MarkError):
        desk.write(one, {"points": points}, NOTHING)
    assert desk.mark(one)["mark"]["points"] is None


def test_an_answer_that_is_gone_is_said(course: Path, at: Callable[..., Desk]) -> None:
    desk = at()
    one = answers_of(desk)[0]
    student = desk.name(one)["student"]
    with Gradebook(address(course)) as gradebook:
        gradebook.remove_student(student)
    with pytest.raises(GoneError, match="Reload"):
        desk.write(one, {"points": 3}, NOTHING)
    with pytest.raises(GoneError):
        desk.question("0" * 12)


def test_shares_part_the_pile(at: Callable[..., Desk]) -> None:
    whole = set(answers_of(at()))
    parts = []
    for number in (1, 2):
        try:
            parts.append(set(answers_of(at(share=Share(number, 2)))))
        except ValueError:  # the four answers to one question may be in one share
            parts.append(set())
    assert parts[0] | parts[1] == whole
    assert not parts[0] & parts[1]


def test_the_pile_names_nobody(at: Callable[..., Desk]) -> None:
    desk = at()
    pile, one = desk.pile(), answers_of(desk)[0]
    assert not any(name in str(pile) for name in STUDENTS)
    assert desk.name(one)["student"] in STUDENTS


def test_who_marked_is_known(course: Path, at: Callable[..., Desk]) -> None:
    mia, noa = at("mia"), at("noa")
    one, two, *_ = answers_of(mia)
    mia.write(one, {"points": 3}, NOTHING)
    assert noa.mark(one)["mark"]["marker"] == "mia"
    lines = {
        line["id"]: line for question in noa.pile()["questions"] for line in question["answers"]
    }
    assert lines[one]["marked"]
    assert not lines[one]["mine"]
    assert not lines[two]["marked"]
    # what formgrader gave since is nobody's here
    with formgrader(course, one) as (grade, _):
        grade.manual_score = 5
    assert noa.mark(one)["mark"]["marker"] == ""


def test_comments_come_back_by_use(at: Callable[..., Desk]) -> None:
    desk = at()
    one, two, three, _ = answers_of(desk)
    desk.write(one, {"comment": "Which disk?"}, NOTHING)
    desk.write(two, {"comment": "A number is missing.\nWhich disk?"}, NOTHING)
    desk.write(three, {"comment": "A number is missing.\n \nWhich disk?"}, NOTHING)
    (identity,) = [
        item["id"] for item in desk.pile()["questions"] if item["name"].endswith(f" {TASK}")
    ]
    assert desk.question(identity)["phrases"] == [
        {"text": "Which disk?", "uses": 3},
        {"text": "A number is missing.", "uses": 2},
    ]
    others = [item["id"] for item in desk.pile()["questions"] if item["id"] != identity]
    assert all(desk.question(item)["phrases"] == [] for item in others)


def test_a_second_marker_sees_nothing_of_the_first(course: Path, at: Callable[..., Desk]) -> None:
    first = at("mia")
    one, two, three, four = answers_of(first)
    for grade_id, points in ((one, 6), (two, 3), (three, 0)):
        first.write(grade_id, {"points": points, "comment": "First."}, NOTHING)
    second = at("noa", second=1.0)
    assert set(answers_of(second)) == {one, two, three, four}
    assert second.mark(one)["mark"]["points"] is None
    assert "First." not in str(second.mark(one)) + str(second.text(one))
    assert "First." not in str([second.question(item["id"]) for item in second.pile()["questions"]])
    for grade_id, points in ((one, 6), (two, 6), (three, 0), (four, 3)):
        second.write(grade_id, {"points": points}, NOTHING)
    with formgrader(course, four) as (grade, _):
        assert grade.manual_score is None  # a second mark is no grade


def test_where_two_disagree_a_third_look_settles(course: Path, at: Callable[..., Desk]) -> None:
    first = at("mia")
    one, two, three, _ = answers_of(first)
    for grade_id, points in ((one, 6), (two, 3), (three, 0)):
        first.write(grade_id, {"points": points}, NOTHING)
    second = at("noa", second=1.0)
    for grade_id, points in ((one, 6), (two, 6), (three, 0)):
        second.write(grade_id, {"points": points}, NOTHING)
    third = at("lea")
    (found,) = third.agreed()
    assert (found["answers"], found["exact"], found["near"]) == (3, pytest.approx(2 / 3), 1)
    (apart,) = found["apart"]
    assert (apart["id"], apart["settled"], apart["here"]) == (two, None, True)
    assert third.mark(two, settling=True)["both"]["second"]["points"] == 6
    third.write(two, {"points": 4}, {"points": 3, "comment": ""})
    (found,) = third.agreed()
    assert found["apart"][0]["first"]["points"] == 3  # what was given first stays known
    assert found["apart"][0]["settled"]["marker"] == "lea"
    with formgrader(course, two) as (grade, _):
        assert grade.manual_score == 4


def test_nobody_marks_their_own_marks_again(at: Callable[..., Desk]) -> None:
    mia = at("mia")
    one, *others = answers_of(mia)
    mia.write(one, {"points": 6}, NOTHING)
    assert set(answers_of(at("mia", second=1.0))) == set(others)
    at("noa", second=1.0).write(others[0], {"points": 1}, NOTHING)
    assert others[0] not in answers_of(at("lea", second=1.0))


def test_a_flag_is_formgraders(course: Path, at: Callable[..., Desk]) -> None:
    desk = at()
    one = answers_of(desk)[0]
    desk.flag(one, True)
    with formgrader(course, one) as (grade, _):
        assert grade.notebook.flagged
    assert all(line["flagged"] == (line["id"] == one) for question in desk.pile()["questions"]
               for line in question["answers"] if question["name"].endswith(TASK))  # fmt: skip


def test_a_course_says_more_of_a_submission(course: Path, at: Callable[..., Desk]) -> None:
    (course / "nbgrader_config.py").write_text(f"{CONFIG}c.Mark.beside = 'posixpath:basename'\n")
    # called with a folder, an assignment and a notebook: one that takes less is said in the page
    desk = at()
    assert desk.text(answers_of(desk)[0])["beside"][0][0] == "Can't be read"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c.Mark.beside = 'nowhere_at_all:numbers'", "can't be imported"),
        ("c.Mark.beside = 'os:sep'", "isn't a function"),
        ("c.Mark.besides = ''", "c.Mark.besides"),
        ("c.Mark.beside = 3", "wrong setting"),
    ],
)
def test_a_wrong_setting_is_said(
    course: Path, at: Callable[..., Desk], line: str, words: str
) -> None:
    (course / "nbgrader_config.py").write_text(f"{CONFIG}{line}\n")
    with pytest.raises(CourseError, match=words):
        at()


def test_nothing_to_mark_is_said(at: Callable[..., Desk]) -> None:
    with pytest.raises(CourseError, match="it has essays"):
        at(assignments=("essay",))
    with pytest.raises(CourseError, match="nothing to mark"):
        at(share=Share(999, 999))


def test_text_cells_are_marked_as_well(course: Path, at: Callable[..., Desk]) -> None:
    desk = at()
    one = answers_of(desk, TEXT)[0]
    desk.write(one, {"points": 1.5, "comment": "Half."}, NOTHING)
    with formgrader(course, one) as (grade, comment):
        assert (grade.manual_score, comment.comment) == (1.5, "Half.")
