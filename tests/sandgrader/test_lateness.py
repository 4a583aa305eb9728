"""Late work: rules that cover points given by hand, and extensions by student."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_notebook
from nbgrader.preprocessors import AssignLatePenalties, GetGrades
from traitlets.config import Config

from sandgrader.extensions import parse_amount, parse_moment
from sandgrader.feedback import FeedbackExporter
from sandgrader.late_command import command
from tests.sandgrader.small_gradebook import (
    ASSIGNMENT,
    DUE,
    NOTEBOOKS,
    make_course,
    mark,
    open_gradebook,
)

HOUR = timedelta(hours=1)
CLASS = {"ada": 2 * HOUR, "ben": -HOUR, "cat": 30 * HOUR}
NOTHING = "c.LateSubmissionPlugin.penalty_method = 'zero'"
TENTH = "c.AssignLatePenalties.plugin_class = 'tenth_off.TenthOff'"
RULE = """
from nbgrader.plugins import LateSubmissionPlugin

class TenthOff(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.1 * score * (total_seconds_late // 3600)
"""


def run(course: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, [*arguments, "--course", str(course)])
    assert done.exit_code == code, done.output
    return done.output


def late(course: Path) -> dict[str, Any]:
    """Return what is said of each student who is late or has an extension."""
    (found,) = json.loads(run(course, "--json"))
    return {item["student"]: item for item in found["late"]}


def totals(course: Path) -> dict[str, float]:
    """Return what nbgrader's exporter and its feedback make of everybody's points."""
    with open_gradebook(course) as gradebook:
        return {
            item.student_id: item.score - item.late_submission_penalty
            for item in gradebook.assignment_submissions(ASSIGNMENT)
        }


def test_a_rule_that_gives_nothing_gives_nothing_for_points_by_hand(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, NOTHING)
    assert late(course)["ada"]["penalty"] == 8
    for student in CLASS:
        mark(course, student)
    assert totals(course) == {"ada": 12, "ben": 20, "cat": 12}  # as nbgrader leaves it
    found = late(course)["ada"]
    assert (found["before"], found["penalty"], found["total"]) == (8, 20, 0)
    assert totals(course) == {"ada": 0, "ben": 20, "cat": 0}
    assert late(course)["ada"]["before"] == 20  # nothing more to put right


def test_a_share_is_taken_of_points_by_hand_too(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, TENTH)
    (course / "tenth_off.py").write_text(RULE)
    mark(course, "ada")
    run(course)
    # no more than there is
    assert totals(course) == {"ada": pytest.approx(16), "ben": 8, "cat": 0}


def test_a_rule_that_fails_is_said(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, TENTH.replace("tenth_off", "a_slip"))
    (course / "a_slip.py").write_text(RULE.replace("0.1 * score", "score[0]"))
    said = run(course, code=2)
    assert "rule for late work (a_slip.TenthOff) fails for ada: TypeError" in said


def test_a_due_date_that_is_put_off_takes_the_penalty_away(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, NOTHING)
    run(course)
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=str(DUE + 3 * HOUR))
    run(course)
    assert totals(course) == {"ada": 8, "ben": 8, "cat": 0}


def test_feedback_takes_off_points_by_hand_too(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, NOTHING)
    run(course)
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    said = {}
    for student in ("ada", "ben"):
        mark(course, student)
        exporter = FeedbackExporter(config=config)
        exporter.register_preprocessor(GetGrades, enabled=True)
        graded = {
            "notebook": "one", "assignment": ASSIGNMENT, "student": student,
            "db_url": f"sqlite:///{course / 'gradebook.db'}",
        }  # fmt: skip
        page, _ = exporter.from_notebook_node(new_notebook(), resources={"nbgrader": graded})
        said[student] = " ".join(page.split())
    assert "10 taken off for a late submission" in said["ada"]
    assert "taken off" not in said["ben"]


# --- extensions


def extend(course: Path, *lines: str) -> None:
    head = "student,assignment,until,extra,reason"
    (course / "extensions.csv").write_text("\n".join([head, *lines]) + "\n")


def test_an_extension_counts_and_ends_with_its_line(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, NOTHING)
    extend(course, "cat,ps1,2026-03-02 20:00 Europe/Berlin,,ill", "ada,*,,2 hours,")
    found = late(course)
    assert (found["ada"]["seconds"], found["ada"]["extension"]) == (0, 7200)
    assert found["cat"]["extension"] == 31 * 3600  # until 19:00 UTC of the next day
    assert totals(course) == {"ada": 8, "ben": 8, "cat": 8}
    extend(course, "ada,*,,2 hours,", "ada,ps1,,1 hour,this one counts")
    assert totals(course)["cat"] == 8
    run(course)
    assert totals(course) == {"ada": 0, "ben": 8, "cat": 0}
    (course / "extensions.csv").unlink()
    assert "extension" in late(course)["ada"]
    assert late(course)["ada"]["extension"] is None


def test_an_extension_that_was_given_in_the_gradebook_stays_and_is_said(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, NOTHING)
    with open_gradebook(course) as gradebook:
        gradebook.grant_extension(ASSIGNMENT, "cat", hours=40)
    extend(course, "ada,ps1,,5 h,", "zoe,ps1,,5 h,")
    said = " ".join(run(course).split())
    assert "cat has an extension of 1 day, 16:00:00 that was given in the gradebook" in said
    assert "line 3 is about zoe, whom the gradebook doesn't have" in said
    assert totals(course) == {"ada": 8, "ben": 8, "cat": 8}


def test_every_bad_line_is_said_and_nothing_is_changed(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, NOTHING)
    extend(
        course,
        "ada,ps1,2026-03-02 20:00,,",
        "ada,ps1,,two days,",
        "ben,ps1,,,",
        ",ps1,,1 h,",
        "ben,*,2026-03-02 20:00 UTC,,",
        "cat,ps1,,1 h,",
        "cat,ps1,,2 h,",
        "dan,ps1,,2 h,a reason,with a comma",
    )
    said = run(course, code=2)
    for words in ("line 9: 6 cells, where the head has 5",):
        assert words in said
    extend(course, *(course / "extensions.csv").read_text().splitlines()[1:-1])
    said = run(course, code=2)
    for words in (
        "line 2: '2026-03-02 20:00' names no time zone",
        "line 3: 'two days' is no amount of time",
        "line 4: either a new due date (until) or additional time (extra), and not both",
        "line 5: no student",
        "line 6: one due date for all assignments",
        "line 8: cat has an extension of ps1 in line 7 already",
    ):
        assert words in said
    extend(course, "cat,ps2,,1 h,", "ada,ps1,2026-02-01 20:00 UTC,,")
    said = run(course, code=2)
    assert "line 2: the gradebook has no assignment 'ps2' (it has: ps1)" in said
    assert "line 3: 2026-02-01 20:00:00 UTC is before the due date" in said
    (course / "extensions.csv").write_text("student,assigment,extra\n")
    assert "an unknown column 'assigment': did you mean assignment?" in run(course, code=2)
    with open_gradebook(course) as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "cat").extension is None


def test_a_file_that_the_configuration_names_has_to_be_there(tmp_path: Path) -> None:
    course = make_course(tmp_path, CLASS, "c.Extensions.file = 'given.csv'")
    assert "given.csv can't be read" in run(course, code=2)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-08 23:59 +01:00", datetime(2026, 3, 8, 22, 59)),
        ("2026-03-08T23:59+0100", datetime(2026, 3, 8, 22, 59)),
        ("2026-03-08 23:59 UTC", datetime(2026, 3, 8, 23, 59)),
        ("2026-07-08 23:59:30 Europe/Berlin", datetime(2026, 7, 8, 21, 59, 30)),
        ("2026-03-08T23:59Z", datetime(2026, 3, 8, 23, 59)),
    ],
)
def test_a_moment_is_read_with_its_zone(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["2026-03-08", "8 March 23:59 UTC", "UTC", "2026-03-08 9:00 A/B"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a moment is written"):
        parse_moment(text)


def test_amounts_of_time_are_read() -> None:
    assert parse_amount("1 week 2 days, 3h") == timedelta(weeks=1, days=2, hours=3)
    assert parse_amount("90 min") == timedelta(minutes=90)
    for text in ("2", "2 months", "soon", "2 days ago", "-2 days"):
        with pytest.raises(ValueError, match="is no amount of time"):
            parse_amount(text)


def test_nbgraders_own_preprocessor_knows_extensions_by_the_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``nbgrader autograde`` asks, which works in the course's folder."""
    course = make_course(tmp_path, CLASS)
    extend(course, "ada,ps1,,3 h,", "cat,ps1,,3 h,")
    monkeypatch.chdir(course)
    config = Config()
    config.AssignLatePenalties.plugin_class = "sandgrader.lateness.ExtendedLateSubmission"
    config.LateSubmissionPlugin.penalty_method = "zero"
    for student in CLASS:
        for notebook in NOTEBOOKS:
            resources = {
                "notebook": notebook,
                "assignment": ASSIGNMENT,
                "student": student,
                "db_url": "sqlite:///gradebook.db",
            }
            AssignLatePenalties(config=config).preprocess(new_notebook(), {"nbgrader": resources})
    assert totals(course) == {"ada": 8, "ben": 8, "cat": 0}
