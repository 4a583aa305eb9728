"""``storagelab report`` as an instructor calls it, rightly and wrongly."""

from __future__ import annotations

import csv
import shutil
import socket
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from sandgrader.report.course import open_course, open_gradebook
from sandgrader.report.tables import in_file
from sandgrader.scores import read_scores, write_snapshot
from storagelab.cli import main
from tests.postgres.server import NoPostgresError, throwaway_postgres
from tests.report.synthetic import CONFIG, make_class


def rows_of(path: Any) -> list[Any]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_class(tmp_path_factory.mktemp("small") / "course", ["tiny_pioneer"], 1)


def test_storagelab_knows_the_command() -> None:
    done = CliRunner().invoke(main, ["report", "--help"])
    assert done.exit_code == 0
    assert "--moved BEFORE AFTER" in done.output.replace("\n", " ")


def test_a_page_and_files_are_written_for_the_owner_alone(
    truth: Any, tmp_path: Path, report: Callable[..., Any]
) -> None:
    out = tmp_path / "a" / "report"
    printed = report("--course", truth.course, "--out", out)
    assert str(out / "index.html") in printed
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    told = {(row["table"], row["column"]) for row in rows_of(out / "columns.csv")}
    for path in out.glob("*.csv"):
        if path.name != "columns.csv":
            with path.open(encoding="utf-8", newline="") as stream:
                heads = next(csv.reader(stream))
            assert heads
            assert {(path.stem, head) for head in heads} <= told
    assert {row["assignment"] for row in rows_of(out / "students.csv")} == set(truth.cells)
    assert all(row["means"] for row in rows_of(out / "columns.csv"))


def test_only_the_assignments_that_are_named_are_reported(
    truth: Any, tmp_path: Path, report: Callable[..., Any]
) -> None:
    report("tiny_pioneer", "--course", truth.course, "--out", tmp_path)
    assert {row["assignment"] for row in rows_of(tmp_path / "students.csv")} == {"tiny_pioneer"}
    assert "cloud_titan" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_by_default_the_course_is_the_working_folder(
    small: Any, monkeypatch: pytest.MonkeyPatch, report: Callable[..., Any]
) -> None:
    monkeypatch.chdir(small.course)
    assert "report/index.html" in report()
    assert "report-shared/index.html" in report("--shared")


def test_a_shared_report_isnt_put_among_names(
    truth: Any, tmp_path: Path, report: Callable[..., Any]
) -> None:
    report("--course", truth.course, "--out", tmp_path / "out")
    asked = ("--course", truth.course, "--out", tmp_path / "out", "--shared")
    assert "has a report with names" in report(*asked, code=1)


def test_one_student_is_a_class(small: Any, tmp_path: Path, report: Callable[..., Any]) -> None:
    report("--course", small.course, "--out", tmp_path)
    assert [row["student"] for row in rows_of(tmp_path / "students.csv")] == small.students
    assert small.students[0] in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_an_empty_class_is_told(tmp_path: Path, report: Callable[..., Any]) -> None:
    made = make_class(tmp_path / "course", ["cloud_titan"], 0)
    report("--course", made.course, "--out", tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Nobody has handed this in yet." in page
    report("--course", made.course, "--out", tmp_path / "shared", "--shared")


def test_an_assignment_that_is_no_track_has_scores_and_cells_and_no_ledgers(
    tmp_path: Path, report: Callable[..., Any]
) -> None:
    made = make_class(tmp_path / "course", ["cloud_titan"], 6, by_person=True)
    with Gradebook(f"sqlite:///{made.course / 'gradebook.db'}", course_id="") as gradebook:
        gradebook.find_assignment("cloud_titan").name = "ps1"
        gradebook.db.commit()
    for student in made.students:
        place = made.course / "submitted" / student
        (place / "cloud_titan").rename(place / "ps1")
    report("--course", made.course, "--out", tmp_path / "out")
    assert len(rows_of(tmp_path / "out" / "items.csv")) == len(made.cells["cloud_titan"])
    assert not (tmp_path / "out" / "beliefs.csv").exists()
    students = rows_of(tmp_path / "out" / "students.csv")
    assert {row["state"] for row in students} == {"graded"}


def test_a_course_without_a_key_says_that_nothing_is_right_or_wrong(
    tmp_path: Path, report: Callable[..., Any]
) -> None:
    made = make_class(tmp_path / "course", ["cloud_titan"], 6)
    shutil.rmtree(made.course / "source")
    report("--course", made.course, "--out", tmp_path / "out")
    assert "No answer key was found" in (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert {row["right_before"] for row in rows_of(tmp_path / "out" / "beliefs.csv")} == {""}


def test_hostile_names_are_text_on_the_page_and_no_formula_in_a_file(
    tmp_path: Path, report: Callable[..., Any]
) -> None:
    made = make_class(tmp_path / "course", ["cloud_titan"], 2)
    worst, name = "=cmd", "<script>alert(1)</script>"
    with Gradebook(f"sqlite:///{made.course / 'gradebook.db'}", course_id="") as gradebook:
        gradebook.add_student(worst, first_name=name, last_name="&amp;")
    report("--course", made.course, "--out", tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1  # the page's own
    assert "&lt;script&gt;alert(1)" in page
    students = rows_of(tmp_path / "out" / "students.csv")
    assert f"'{worst}" in [row["student"] for row in students]
    assert f"{name} &amp;" in [row["name"] for row in students]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (3, "3"), (-2.5, "-2.5"),
        (1 / 3, "0.3333333333"), ("plain", "plain"), ("=1+1", "'=1+1"), ("@x", "'@x"),
        ("-1", "'-1"), ("+1", "'+1"), ("\t=1", "'\t=1"), ("", ""),
    ],
)  # fmt: skip
def test_a_value_in_a_file(value: Any, text: str) -> None:
    assert in_file(value) == text


# --- bad input


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--course", "{tmp}/nowhere"], "is no folder"),
        (["--course", "{tmp}/bare"], "There is no gradebook at sqlite:"),
        (["--course", "{tmp}/noise"], "can't be read"),
        (["--course", "{tmp}/other"], "is no gradebook of nbgrader"),
        (["--course", "{tmp}/bad"], "The configuration of"),
        (["--course", "{small}", "cloud_titan"], "no assignment 'cloud_titan'; it has tiny_pi"),
        (["--moved", "{tmp}/nowhere", "{tmp}/nowhere"], "No such file"),
        (["--moved", "{tmp}/bare/nbgrader_config.py", "{tmp}/nowhere"], "is no snapshot"),
        (["--moved", "nonsense://", "{tmp}/nowhere"], "can't be read"),
    ],
)
def test_bad_input_ends_in_a_sentence(
    tmp_path: Path, small: Any, report: Callable[..., Any], arguments: list[str], says: str
) -> None:
    for name in ("bare", "noise", "other", "bad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "noise" / "gradebook.db").write_bytes(b"noise" * 1000)
    with sqlite3.connect(tmp_path / "other" / "gradebook.db") as other:
        other.execute("CREATE TABLE t (x)")
    (tmp_path / "bad" / "nbgrader_config.py").write_text("raise SystemExit('no such track')")
    known = {"tmp": tmp_path, "small": small.course}
    made = [item.format(**known) for item in arguments]
    printed = report(*made, "--out", tmp_path / "out", code=1)
    assert printed.startswith("Error: ")
    assert says in printed.replace("\n", " ")
    assert not (tmp_path / "bare" / "gradebook.db").exists(), "made one where there was none"
    assert not (tmp_path / "out").exists()


def test_a_place_that_cant_be_written_to_is_told(
    tmp_path: Path, small: Any, report: Callable[..., Any]
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    printed = report("--course", small.course, "--out", tmp_path / "file" / "out", code=1)
    assert "Not a directory" in printed
    assert report("--course", small.course, "--out", tmp_path / "file", code=2)


def test_a_gradebook_without_assignments_is_told(
    tmp_path: Path, report: Callable[..., Any], small: Any
) -> None:
    made = make_class(tmp_path / "course", [], 3)
    assert "has no assignment yet" in report("--course", made.course, "--out", tmp_path, code=1)


def test_a_database_that_doesnt_answer_is_told_without_its_password(
    tmp_path: Path, report: Callable[..., Any]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"postgresql://grader:secret@127.0.0.1:{port}/class"
    config = f"{CONFIG}c.CourseDirectory.db_url = {url!r}\n"
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    printed = report("--course", tmp_path, "--out", tmp_path / "out", code=1)
    assert "can't be read" in printed
    assert "secret" not in printed


def test_a_database_named_from_the_courses_folder_is_found(
    truth: Any, tmp_path: Path, report: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    course = shutil.copytree(truth.course, tmp_path / "course")
    (course / "gradebook.db").rename(course / "grades.db")
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write('c.CourseDirectory.db_url = "sqlite:///grades.db"\n')
    monkeypatch.chdir(tmp_path)
    report("--course", course, "--out", tmp_path / "out")
    assert len(rows_of(tmp_path / "out" / "students.csv")) == 2 * len(truth.students)


def test_a_gradebook_on_postgresql_says_the_same(
    tmp_path: Path, report: Callable[..., Any]
) -> None:
    try:
        with throwaway_postgres() as server:
            url = server.create("grades")
            for name, where in (("file", ""), ("server", url)):
                made = make_class(tmp_path / name, ["tiny_pioneer"], 8, url=where)
                report("--course", made.course, "--out", tmp_path / f"of-{name}")
            assert not (tmp_path / "server" / "gradebook.db").exists()
            asked = report("--moved", tmp_path / "file" / "gradebook.db", url)
    except NoPostgresError as lack:
        pytest.skip(str(lack))
    scores = 8 * len(made.cells["tiny_pioneer"])
    assert f"0 scores are different, {scores} as before." in asked
    for path in (tmp_path / "of-file").glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "of-server" / path.name).read_bytes()


# --- whose score moved


@pytest.fixture
def regraded(truth: Any, tmp_path: Path) -> tuple[Path, Any, Any, int]:
    """A snapshot from before, and a gradebook in which one test was mended for two students."""
    course = shutil.copytree(truth.course, tmp_path / "course")
    with open_gradebook(open_course(course).db_url) as gradebook:
        before = read_scores(gradebook)
    write_snapshot(tmp_path / "before.json", before)
    chosen = [
        student
        for student in truth.students
        if truth.points[student, "cloud_titan", "1_access", "law-test"] == 0
    ][:2]
    assert len(chosen) == 2
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", course_id="") as gradebook:
        for student in chosen:
            gradebook.find_grade("law-test", "1_access", "cloud_titan", student).auto_score = 8.0
        gradebook.db.commit()
    return tmp_path / "before.json", course / "gradebook.db", chosen, len(before)


def test_whose_score_moved_is_said_cell_by_cell(
    regraded: tuple[Path, Any, Any, int], tmp_path: Path, report: Callable[..., Any]
) -> None:
    before, after, chosen, count = regraded
    printed = report("--moved", before, after, "--out", tmp_path / "moved")
    for student in chosen:
        assert f"{student}, cloud_titan: +8 points" in printed
    assert f"2 scores are different, {count - 2} as before." in printed
    rows = rows_of(tmp_path / "moved" / "moved.csv")
    assert [row["student"] for row in rows] == sorted(chosen)
    assert {(row["cell"], row["before"], row["after"], row["by"], row["what"]) for row in rows} == {
        ("law-test", "0", "8", "8", "more points")
    }


def test_two_gradebooks_are_compared_by_file_or_by_address(
    regraded: tuple[Path, Any, Any, int], truth: Any, report: Callable[..., Any]
) -> None:
    _, after, chosen, _ = regraded
    old = truth.course / "gradebook.db"
    for place in (after, f"sqlite:///{after}"):
        printed = report("--moved", old, place)
        assert all(f"{student}, cloud_titan: +8" in printed for student in chosen)
    assert "Nobody's points moved." in report("tiny_pioneer", "--moved", old, after)
    assert "Nobody's points moved." in report("--moved", after, after)


def test_whose_score_moved_has_no_shared_version(
    regraded: tuple[Path, Any, Any, int], report: Callable[..., Any]
) -> None:
    before, after, *_ = regraded
    assert "no shared version" in report("--moved", before, after, "--shared", code=2)
