"""``sandgrader report`` on nbgrader's own quick-start course, and what a course can add to it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from sandgrader.report.assemble import make_report
from sandgrader.report.cohort import Cohort, read_cohorts
from sandgrader.report.command import command
from sandgrader.report.course import Course, open_course, open_gradebook
from sandgrader.report.figures import Figure, Report
from sandgrader.report.gradebook import read_class
from sandgrader.report.page import render
from sandgrader.report.sections import CourseSections, Sections
from sandgrader.report.tables import Column, Guard, Row, Table, Tables
from tests.sandgrader import quickstart
from tests.sandgrader.quickstart import NAME, copied, hand_in


def run(*arguments: object) -> str:
    done = CliRunner().invoke(command, [str(item) for item in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def out(graded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "out"
    run("--course", graded, "--out", folder)
    return folder


def test_points_are_nbgraders_sums(graded: Path, out: Path) -> None:
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        expected = {item.student.id: item for item in gradebook.assignment_submissions(NAME)}
        rows = {row["student"]: row for row in rows_of(out / "students.csv")}
        assert set(rows) == set(expected) == set(quickstart.CLASS)
        for student, row in rows.items():
            assert float(row["points"]) == pytest.approx(expected[student].score)
            assert float(row["most"]) == expected[student].max_score
            assert row["state"] == "waiting for a person"


def test_every_graded_cell_is_listed(out: Path) -> None:
    rows = {row["cell"]: row for row in rows_of(out / "items.csv")}
    assert rows["correct_squares"]["by"] == "machine"
    # an essay that nobody has read yet has no score, one that nobody wrote has none to come
    assert int(rows["part-a"]["students"]) < len(quickstart.CLASS) / 2
    right = [name for name, (answers, _) in quickstart.CLASS.items() if answers]
    assert 0 < float(rows["correct_squares"]["mean_share"]) < 1
    assert int(rows["correct_squares"]["students"]) >= len(right)


def test_the_page_has_names_and_nothing_of_a_course_that_it_does_not_know(out: Path) -> None:
    page = (out / "index.html").read_text(encoding="utf-8")
    assert all(student in page for student in quickstart.CLASS)
    assert "ledger" not in page.lower()
    assert "ledger" not in (out / "columns.csv").read_text(encoding="utf-8")


def test_the_shared_version_names_nobody(graded: Path, tmp_path: Path) -> None:
    run("--course", graded, "--out", tmp_path / "out", "--shared")
    assert not (tmp_path / "out" / "students.csv").exists()
    for path in (tmp_path / "out").iterdir():
        text = path.read_text(encoding="utf-8")
        assert [student for student in quickstart.CLASS if f"{student}<" in text] == []
    drawn = rows_of(tmp_path / "out" / "pseudonyms.csv")
    assert len(drawn) == len(quickstart.CLASS)


def test_whose_score_moved_is_said_of_a_snapshot_and_a_gradebook(
    graded: Path, tmp_path: Path, grade: Callable[..., str]
) -> None:
    course = copied(graded, tmp_path)
    hand_in(course, "wrong", quickstart.ALL, timestamp="2026-02-04 15:00:00 UTC")
    grade(course, NAME)
    (snapshot,) = course.glob(".grading/scores-*.json")
    said = run("--moved", snapshot, course / "gradebook.db")
    assert "wrong, ps1: +" in said
    assert "wrong" not in run("--moved", snapshot, graded / "gradebook.db")


class Answers(Sections):
    """A course that counts what its students say."""

    def about(self, student: str) -> Row:
        return {"said": student.upper()}

    def tables(self, coarse: bool) -> list[Table]:
        columns = (Column("answer", "the answer", "answer"), Column("students", "n", "students"))
        rows: list[Row] = [{"answer": "often", "students": 9}, {"answer": "rare", "students": 1}]
        return [Table("answers", "Answers", columns, rows, Guard((), ("students",)))]

    def figures(self, tables: Tables) -> list[Figure]:
        return [Figure("What was said", ["In words."], table=tables["answers"])]

    def figures_with_names(self, tables: Tables) -> list[Figure]:
        return [Figure("Who said it", ["Everybody."])]


class CountedCourse(CourseSections):
    student_columns = (Column("said", "what was said", "said"),)

    def label_of(self, notebook: str) -> str:
        return f"sheet {notebook[-1]}"

    def about(self, course: Course, cohort: Cohort) -> Sections:
        return Answers("A course of answers")


def report_of(folder: Path, shared: bool) -> Report:
    course = open_course(folder)
    with open_gradebook(course.db_url) as gradebook:
        cohorts = read_cohorts(course, read_class(gradebook))
    return make_report(course, cohorts, CountedCourse(), shared)


def test_what_a_course_adds_is_there_and_in_its_place(graded: Path) -> None:
    report = report_of(graded, shared=False)
    (chapter,) = report.chapters
    assert chapter.title == "A course of answers"
    headings = [figure.heading for figure in chapter.figures]
    assert headings == [
        "Who is where", "Points", "Students at risk", "What was said", "Every graded cell",
        "Who said it", "Everybody",
    ]  # fmt: skip
    page = render(report)
    assert "ALL_RIGHT" in page
    assert "sheet 2" in page


def test_what_a_course_adds_is_cleared_before_it_is_shared(graded: Path) -> None:
    report = report_of(graded, shared=True)
    (table,) = [table for table in report.tables if table.name == "answers"]
    assert [row["students"] for row in table.rows] == [None, None]
    page = render(report)
    assert "Who said it" not in page
    assert "ALL_RIGHT" not in page
