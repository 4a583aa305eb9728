"""The demo class, graded by nbgrader: every student's score, cell by cell."""

from __future__ import annotations

import json

import keys
import nbformat
import pytest
from students import make_class

from storagelab.parts import PARTS
from storagelab.tracks import load_track

STUDENTS = make_class(keys, load_track("cloud_titan"))


@pytest.fixture(scope="module")
def folder(layout, make):
    make("demo-class")
    return layout.root / "build" / "demo-class"


@pytest.fixture(scope="module")
def scores(folder):
    return json.loads((folder / "scores.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def full(layout):
    """All points of every graded cell; None where a person grades."""
    points = {}
    for part in PARTS.values():
        path = layout.source / "cloud_titan" / f"{part.stem}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            grading = cell.metadata.get("nbgrader", {})
            if grading.get("grade"):
                points[f"{part.name}/{cell.id}"] = float(grading["points"])
            elif grading.get("task"):
                points[f"{part.name}/{cell.id}"] = None
    return points


def test_everybody_is_graded(scores):
    assert set(scores) == {student.name for student in STUDENTS}


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.name)
def test_every_cell_has_the_score_that_it_deserves(student, scores, full):
    deserved = {**full, **{cell: score for cell, (score, why) in student.loses.items()}}
    assert scores[student.name] == deserved


def test_a_wrong_prediction_costs_nothing(scores):
    assert scores["ben_wrong_prediction"] == scores["ada_perfect"]


def test_meeting_the_targets_for_too_much_money_earns_part_of_the_points(scores, full):
    for part in ("access", "pipeline", "checkpoint"):
        cell = f"{part}/decide-test"
        assert 0 < scores["gus_spends_more"][cell] < full[cell]


def test_the_ledger_travels_to_the_instructor_as_it_is(folder):
    for student in STUDENTS:
        home = folder / "homes" / student.name / "cloud_titan" / "ledger.json"
        for stage in ("submitted", "autograded"):
            path = folder / "course" / stage / student.name / "cloud_titan" / "ledger.json"
            assert path.exists() == home.exists()
            if home.exists():
                assert path.read_bytes() == home.read_bytes()


def test_everybody_gets_feedback_that_says_in_words_what_went_wrong(folder):
    feedback = folder / "course" / "feedback"
    for student in STUDENTS:
        for part in PARTS.values():
            assert (feedback / student.name / "cloud_titan" / f"{part.stem}.html").exists()
    for name, stem, says in (
        ("cleo_skipped_the_lock", "1_access", "No prediction was locked."),
        ("hana_edited_the_ledger", "1_access", "ledger.json was edited by hand"),
        ("eve_code_raises", "1_access", "stopped with NameError"),
        ("ivy_deleted_and_renamed", "1_access", "There is no `decision`"),
        ("juno_gives_no_numbers", "2_pipeline", "link_gbps must be from 1 to 100 Gb/s"),
    ):
        page = (feedback / name / "cloud_titan" / f"{stem}.html").read_text(encoding="utf-8")
        assert says in page, f"{name}: {says}"
        assert "site-packages/storagelab" not in page
