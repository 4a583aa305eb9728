"""The shared version: no name, no word, no time, no small group."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandgrader.report import roster
from sandgrader.report.page import render
from sandgrader.report.privacy import LEAST, pseudonymous
from tests.report.conftest import report_of
from tests.report.synthetic import make_class

# --- pseudonyms


def drawn(cohort: Any) -> Any:
    return pseudonymous(roster.students(cohort), roster.points(cohort))


def test_everybody_has_a_name_of_their_own_and_four_others_are_alike(
    truth: Any, cohorts: Any
) -> None:
    table = drawn(cohorts["cloud_titan"])
    names = [row["student"] for row in table.rows]
    assert sorted(names) == [f"student {number:02d}" for number in range(1, 61)]
    kinds = [row["parts"] for row in table.rows]
    for kind in set(kinds):
        assert kinds.count(kind) >= LEAST


def test_names_are_drawn_anew_and_follow_no_order(cohorts: Any) -> None:
    """Sixty people in the same order twice: once in 60! times, if it is drawn."""
    found = [[row["parts"] for row in drawn(cohorts["cloud_titan"]).rows] for _ in range(4)]
    assert len({tuple(order) for order in found}) == 4
    assert len({tuple(sorted(map(str, order))) for order in found}) == 1


def test_the_same_student_cant_be_followed_from_one_assignment_to_another(cohorts: Any) -> None:
    """Each assignment's names begin at one again, in an order of its own."""
    for cohort in cohorts.values():
        assert drawn(cohort).rows[0]["student"] == "student 01"
    assert [row["parts"] for row in drawn(cohorts["cloud_titan"]).rows] != [
        row["parts"] for row in drawn(cohorts["tiny_pioneer"]).rows
    ]


# --- the whole version


@pytest.fixture(scope="module")
def shared(truth: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[Any, str]:
    from click.testing import CliRunner

    from storagelab.report.command import command

    out = tmp_path_factory.mktemp("shared") / "out"
    asked = ["--course", str(truth.course), "--out", str(out), "--shared"]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 0, done.output
    return {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}


def test_no_name_id_mail_or_reason_is_in_any_file(truth: Any, shared: dict[Any, str]) -> None:
    words = [*truth.students, *(answer.reason for answer in truth.answers)]
    for name in truth.names:
        words += [name, *name.split()]
    words += [f"{student}@x.org" for student in truth.students]
    assert len(words) > 600
    for file, text in shared.items():
        folded = text.lower()
        assert [word for word in words if word.lower() in folded] == [], file


def test_the_version_with_names_has_them_so_that_the_search_finds_something(
    truth: Any, tmp_path: Path, report: Callable[..., Any]
) -> None:
    report("--course", truth.course, "--out", tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert all(student in page for student in truth.students)
    locks = (tmp_path / "out" / "locks.csv").read_text(encoding="utf-8")
    assert all(answer.reason in locks for answer in truth.answers)


def test_no_exact_time_is_in_any_file(shared: dict[Any, str]) -> None:
    today = re.compile(r"\d{4}-\d{2}-\d{2}(?!\S*[T ]\d)")
    for file, text in shared.items():
        assert re.findall(r"\d{2}:\d{2}:\d{2}", text) == [], file
        assert re.findall(r"T\d{2}:\d{2}", text) == [], file
        assert len(set(today.findall(text))) <= 1, file  # the day of the report
    for row in csv.DictReader(shared["time_quartiles.csv"].splitlines()):
        assert all(float(row[name]) % 5 == 0 for name in ("quarter", "median", "three_quarters"))


def test_no_group_of_fewer_than_five_is_in_any_file(shared: dict[Any, str]) -> None:
    seen = 0
    for file, text in shared.items():
        for row in csv.DictReader(text.splitlines()) if file.endswith(".csv") else ():
            for name in ("students", "before", "after", "late"):
                if name in row and file not in ("columns.csv",) and row[name]:
                    assert not 0 < int(row[name]) < LEAST, (file, row)
                    seen += 1
    assert seen > 100


def test_tables_about_persons_are_left_out(shared: dict[Any, str]) -> None:
    assert {"students.csv", "points.csv", "locks.csv", "times.csv", "strategies.csv",
            "ledgers.csv", "moves.csv"} & shared.keys() == set()  # fmt: skip
    assert {"index.html", "states.csv", "beliefs.csv", "pseudonyms.csv"} <= shared.keys()


def test_a_class_of_four_is_not_shared_at_all(tmp_path: Path) -> None:
    made = make_class(tmp_path / "c", ["cloud_titan"], 4)
    whole = report_of(made.course, shared=True)
    assert whole.tables == []
    assert "nothing of it is shared" in render(whole)
    assert report_of(made.course, shared=False).tables


def test_a_class_of_six_shares_little_and_nothing_small(tmp_path: Path) -> None:
    made = make_class(tmp_path / "c", ["cloud_titan"], 6)
    whole = report_of(made.course, shared=True)
    for table in whole.tables:
        for row in table.rows:
            for name in table.guard.counts:
                assert row[name] is None or row[name] == 0 or row[name] >= LEAST
    assert not any(student in render(whole) for student in made.students)


def test_a_share_of_a_shown_count_tells_no_single_student(shared: dict[Any, str]) -> None:
    """59 of 60 would be one person."""
    for file, of, parts in (
        ("calibration.csv", "predictions", ("right",)),
        ("items.csv", "students", ("full", "none")),
    ):
        for row in csv.DictReader(shared[file].splitlines()):
            for name in parts:
                if row[of] and row[name]:
                    assert int(row[name]) % LEAST == 0 or row[name] == row[of]
    for file, of, share in (
        ("brier.csv", "predictions", "share"),
        ("items.csv", "students", "mean_share"),
        ("calibration.csv", "predictions", "share"),
    ):
        for row in csv.DictReader(shared[file].splitlines()):
            if row[of] and row[share]:
                count = float(row[share]) * int(row[of])
                assert count == pytest.approx(LEAST * round(count / LEAST), abs=1e-4) or (
                    float(row[share]) == 1
                )
