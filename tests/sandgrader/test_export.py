"""Grades for Canvas, Moodle and a spreadsheet, read back as they are imported."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandgrader.export.command import command
from tests.sandgrader.quickstart import nbgrader
from tests.sandgrader.small_gradebook import (
    ASSIGNMENT,
    make_course,
    mark,
    open_gradebook,
)

HOUR = timedelta(hours=1)
CLASS = {"ada": -HOUR, "ben": 5 * HOUR, "cat": -HOUR, "dan": -HOUR}
IDS = """\ufeffstudent;name;canvas_id;sis_user_id;sis_login_id;section;email
ada;Ames, Ada;4711;;;Monday;ada@uni.example
ben;=cmd|' /C calc'!A1;;S-7;ben.ames;;ben@uni.example
cat;;;;cat.ames;Tuesday;
eve;;4712;;;;eve@uni.example
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A class in which dan's essays wait, and eve has handed in nothing."""
    late = "c.LateSubmissionPlugin.penalty_method = 'zero'"
    course = make_course(tmp_path / "course", CLASS, late)
    for student in ("ada", "ben", "cat"):
        mark(course, student, 5.5)
    with open_gradebook(course) as gradebook:
        gradebook.add_student("eve", first_name="Eve")
        gradebook.update_or_create_student("cat", last_name="@SUM(A1)")
    (course / "ids.csv").write_text(IDS)
    return course


def export(course: Path, kind: str, *arguments: str, code: int = 0) -> str:
    line = ["--course", str(course), "--format", kind, "--out", str(course / "out"), *arguments]
    done = CliRunner().invoke(command, line)
    assert done.exit_code == code, done.output
    return done.output


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return [*csv.reader(stream)]


def table(path: Path) -> dict[str, dict[str, str]]:
    head, *lines = rows(path)
    return {line[0]: dict(zip(head, line, strict=True)) for line in lines}


def test_a_spreadsheet_has_everybody_and_points_by_whom(course: Path) -> None:
    said = export(course, "csv")
    assert "STILL TO BE GRADED BY HAND: 2 cells of 1 submissions" in said
    found = table(course / "out" / "grades.csv")
    assert [*found] == [*CLASS, "eve"]
    ada = found["ada"]
    assert (ada["machine"], ada["by hand"], ada["total"], ada["most"]) == ("8", "11", "19", "20")
    assert (ada["one machine"], ada["two by hand"], ada["two most"]) == ("4", "5.5", "10")
    # what the rule leaves of points that were given by hand since
    ben = found["ben"]
    assert (ben["hours_late"], ben["penalty"], ben["total"]) == ("5", "19", "0")
    assert (found["dan"]["state"], found["dan"]["to be graded"]) == ("waits for a person", "2")
    assert (found["eve"]["state"], found["eve"]["total"]) == ("nothing handed in", "")
    assert found["cat"]["last_name"] == "'@SUM(A1)"
    assert (course / "out").stat().st_mode & 0o077 == 0


def test_canvas_gets_what_its_import_takes(course: Path) -> None:
    ids = ("--ids", str(course / "ids.csv"))
    said = export(course, "canvas", ASSIGNMENT, *ids, "--title", "Lab (77)", code=1)
    assert rows(course / "out" / f"canvas-{ASSIGNMENT}.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab (77)"],
        ["    Points Possible", "", "", "", "", "20"],
        ["Ames, Ada", "4711", "", "", "Monday", "19"],
        ["'=cmd|' /C calc'!A1", "", "S-7", "ben.ames", "", "0"],
        ["'@SUM(A1), Cat", "", "", "cat.ames", "Tuesday", "19"],
    ]
    assert f"left out of {ASSIGNMENT}, waits for a person: dan (left-out.csv has all)" in said
    why = "waits for a person: one: essay, two: essay"
    assert rows(course / "out" / "left-out.csv")[1] == ["dan", ASSIGNMENT, "8", why]
    assert "nothing handed in, and not in the files for an LMS: 1" in said


def test_moodle_gets_what_its_import_takes(course: Path) -> None:
    ids = ("--ids", str(course / "ids.csv"))
    summary = json.loads(
        export(course, "moodle", *ids, "--unfinished", "--missing-as-zero", "--json", code=1)
    )
    assert rows(course / "out" / f"moodle-{ASSIGNMENT}.csv") == [
        ["First name", "Last name", "Email address", ASSIGNMENT, f"{ASSIGNMENT} (feedback)"],
        ["Ada", "Ames", "ada@uni.example", "19", "one: 9.5 of 10; two: 9.5 of 10"],
        [
            "Ben", "Ames", "ben@uni.example", "0",
            "one: 9.5 of 10; two: 9.5 of 10; 19 taken off for being 5 h late",
        ],
        ["Eve", "", "eve@uni.example", "0", "one: 0 of 10; two: 0 of 10"],
    ]  # fmt: skip
    # a row without an address would count for the student before it
    left = {item["student"]: item["why"] for item in summary["left_out"]}
    assert left == {"cat": "nobody knows their email", "dan": "nobody knows their email"}
    assert [item["student"] for item in summary["waiting"]] == ["dan"]


def test_nbgraders_own_ids_may_be_the_others(course: Path) -> None:
    export(course, "canvas", "--id-is", "sis_login_id", "--unfinished")
    found = rows(course / "out" / f"canvas-{ASSIGNMENT}.csv")[2:]
    assert [line[3] for line in found] == [*CLASS]
    assert not (course / "out" / "left-out.csv").exists()


def test_the_gradebooks_own_ids_are_taken(course: Path) -> None:
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_student("ada", lms_user_id="99")
        gradebook.update_or_create_student("cat", lms_user_id="no number")
    export(course, "canvas", code=1)
    assert [line[1] for line in rows(course / "out" / f"canvas-{ASSIGNMENT}.csv")[2:]] == ["99"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ada;;1", "ada for the second time"),
        ("fay;;4711", "canvas_id '4711' is another student's in line 2"),
        ("fay;;x1", "canvas_id 'x1' is no number"),
        ("fay;;;=1+1", "sis_user_id '=1+1' begins as a formula does"),
        (";;1", "no student"),
    ],
)
def test_bad_ids_are_said_by_line(course: Path, line: str, says: str) -> None:
    (course / "ids.csv").write_text(IDS + line + "\n")
    said = export(course, "canvas", "--ids", str(course / "ids.csv"), code=2)
    assert f"line 6: {says}" in said
    assert not (course / "out").exists()


def test_unknown_names_are_said(course: Path) -> None:
    (course / "ids.csv").write_text(IDS + "zoe;;5\n")
    assert "zoe, whom the gradebook doesn't have" in export(
        course, "csv", "--ids", str(course / "ids.csv")
    )
    assert "no assignment ps9 (it has: ps1)" in export(course, "csv", "ps9", code=2)
    assert "doesn't have zoe" in export(course, "csv", "--student", "zoe", code=2)


def test_nbgrader_exports_with_it(course: Path) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.LmsExport.ids = 'ids.csv'\nc.LmsExport.unfinished = True\n")
        config.write(f"c.LmsExport.titles = {{{ASSIGNMENT!r}: 'Lab (77)'}}\n")
    nbgrader(course, "export", "--exporter=sandgrader.export.CanvasExport", "--to=out")
    found = rows(course / "out" / f"canvas-{ASSIGNMENT}.csv")
    assert found[0][-1] == "Lab (77)"
    assert len(found) == 5


def test_grades_above_what_moodle_takes_are_said(course: Path) -> None:
    def raise_it(gradebook: Any) -> None:
        gradebook.find_grade("essay", "one", ASSIGNMENT, "ada").extra_credit = 90.0
        gradebook.db.commit()

    with open_gradebook(course) as gradebook:
        raise_it(gradebook)
    said = export(course, "moodle", "--ids", str(course / "ids.csv"), code=1)
    assert "has grades above 100, with which Moodle ends an import" in said
