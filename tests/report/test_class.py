"""Who is where, what was believed, what was decided: on classes that are known."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import delete, event, update

from sandgrader.report import items, roster
from sandgrader.report.course import SOURCE, open_course
from storagelab.course.generate import load_keys
from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.report import beliefs, strategies, words
from storagelab.report.outcomes import DECISION, RUN, target
from storagelab.report.reference import Reference, read_reference
from storagelab.tracks import TRACKS, load_track
from storagelab.variants import variant_count
from tests.report.conftest import cohorts_of
from tests.report.synthetic import make_class

TRACK = load_track("cloud_titan")


@pytest.fixture
def course(truth: Any, tmp_path: Path) -> Any:
    """A copy of the class's course, to be changed."""
    return shutil.copytree(truth.course, tmp_path / "course")


@pytest.fixture
def change(course: Any) -> Callable[..., None]:
    """Change the gradebook of the copy by statements."""

    def run(*statements: Any) -> None:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}", course_id="") as gradebook:
            for statement in statements:
                gradebook.db.execute(statement)
            gradebook.db.commit()

    return run


def states(course: Any) -> tuple[Any, Any]:
    cohort = cohorts_of(course, "cloud_titan")["cloud_titan"]
    return roster.students(cohort), roster.states(roster.students(cohort))


# --- who is where


def test_points_are_nbgraders_sums(truth: Any, cohorts: Any) -> None:
    table = roster.students(cohorts["cloud_titan"])
    for row in table.rows:
        own = [
            points
            for (student, track, *_), points in truth.points.items()
            if (student, track) == (row["student"], "cloud_titan")
        ]
        assert row["points"] == pytest.approx(sum(own))
        assert row["most"] == 100
        assert row["state"] == roster.WAITS  # the reflections
        assert row["name"].split()[0] == f"Given{row['student'][1:]}"
    by_part = roster.points(cohorts["cloud_titan"])
    assert {row["most"] for row in by_part.rows} == {33, 34}
    for row in by_part.rows:
        own = sum(
            points
            for (student, track, notebook, _), points in truth.points.items()
            if (student, track, notebook) == (row["student"], "cloud_titan", row["notebook"])
        )
        assert row["points"] == pytest.approx(own)


def test_everybody_is_in_one_state(truth: Any, course: Any, change: Callable[..., None]) -> None:
    graded, waits, ungraded, nothing, late = truth.students[:5]
    shutil.rmtree(course / "submitted" / nothing)
    submission = api.SubmittedAssignment.__table__
    of = {name: submission.c.student_id == name for name in truth.students}
    notebooks = api.SubmittedNotebook.__table__
    own = notebooks.c.assignment_id.in_(
        submission.select().where(of[graded]).with_only_columns(submission.c.id)
    )
    grade = api.Grade.__table__
    change(
        delete(submission).where(of[ungraded] | of[nothing]),
        update(submission).where(of[late]).values(timestamp=datetime(2026, 11, 24, 6)),
        update(grade)
        .where(grade.c.notebook_id.in_(notebooks.select().where(own).with_only_columns(
            notebooks.c.id)))
        .values(needs_manual_grade=False, manual_score=2.0),
    )  # fmt: skip
    table, counted = states(course)
    found = {row["student"]: row for row in table.rows}
    assert found[graded]["state"] == roster.GRADED
    assert found[waits]["state"] == roster.WAITS
    assert found[ungraded]["state"] == roster.UNGRADED
    assert found[nothing]["state"] == roster.NOTHING
    assert found[nothing]["points"] is None
    assert found[nothing]["handed_in"] is None
    assert (found[late]["hours_late"], found[waits]["hours_late"]) == (6.0, 0.0)
    size = len(truth.students)
    assert [(row["state"], row["students"], row["late"]) for row in counted.rows] == [
        (roster.GRADED, 1, 0), (roster.WAITS, size - 3, 1), (roster.UNGRADED, 1, 0),
        (roster.NOTHING, 1, 0),
    ]  # fmt: skip


def test_an_extension_and_a_penalty_count_as_in_nbgrader(
    truth: Any, course: Any, change: Callable[..., None]
) -> None:
    student = truth.students[0]
    submission, notebooks = api.SubmittedAssignment.__table__, api.SubmittedNotebook.__table__
    mine = submission.select().where(submission.c.student_id == student)
    change(
        update(submission)
        .where(submission.c.student_id == student)
        .values(timestamp=datetime(2026, 11, 24, 6), extension=timedelta(hours=4)),
        update(notebooks)
        .where(notebooks.c.assignment_id.in_(mine.with_only_columns(submission.c.id)))
        .values(late_submission_penalty=1.5),
    )
    before = roster.students(cohorts_of(truth.course, "cloud_titan")["cloud_titan"])
    row, old = (
        next(row for row in table.rows if row["student"] == student)
        for table in (states(course)[0], before)
    )
    assert row["hours_late"] == 2.0
    assert row["penalty"] == 4.5
    assert row["points"] == pytest.approx(max(old["points"] - 4.5, 0))


def test_work_handed_in_again_after_grading_is_told(truth: Any, course: Any) -> None:
    student = truth.students[0]
    stamp = course / "submitted" / student / "cloud_titan" / "timestamp.txt"
    stamp.write_text("2026-11-23 14:30:00.000000 +7200", encoding="utf-8")  # nbgrader's zones
    found = {row["student"]: row for row in states(course)[0].rows}
    assert found[student]["again"] is True
    assert found[student]["handed_in"] == "2026-11-23T12:30:00Z"
    assert not any(row["again"] for name, row in found.items() if name != student)


@pytest.mark.parametrize("content", ["", "yesterday, I think", "2026-13-45", "9" * 10_000])
def test_a_timestamp_that_is_none_is_none(truth: Any, course: Any, content: Any) -> None:
    student = truth.students[0]
    stamp = course / "submitted" / student / "cloud_titan" / "timestamp.txt"
    stamp.write_text(content, encoding="utf-8")
    found = {row["student"]: row for row in states(course)[0].rows}
    assert found[student]["handed_in"] == "2026-11-23T12:00:00Z"  # the gradebook's


def test_who_isnt_in_the_gradebook_but_has_handed_in_is_listed(course: Any) -> None:
    (course / "submitted" / "stranger" / "cloud_titan").mkdir(parents=True)
    found = {row["student"]: row for row in states(course)[0].rows}
    assert found["stranger"]["state"] == roster.UNGRADED


def test_the_spread_of_points_holds_everybody(truth: Any, cohorts: Any) -> None:
    table = roster.distribution(roster.points(cohorts["cloud_titan"]))
    assert sum(row["students"] for row in table.rows) == len(truth.students)
    graded = sum(cell[2] for cell in truth.cells["cloud_titan"] if not cell[3])
    sums: Counter[str] = Counter()
    for (student, track, *_), points in truth.points.items():
        if track == "cloud_titan":
            sums[student] += points
    for row in table.rows:
        top = 100.1 if row["to_percent"] == 100 else row["to_percent"]
        inside = [
            1 for points in sums.values() if row["from_percent"] <= points * 100 / graded < top
        ]
        assert row["students"] == len(inside)


# --- keys, beliefs


def own_options(keys: Any, track: str, variant: int) -> dict[str, tuple[Any, Any]]:
    if variant > variant_count(track):
        return dict.fromkeys(PARTS, (None, None))
    answers = {part: key(load_track(track, variant)) for part, key in keys.KEYS.items()}
    return {part: (found["prediction"], found["conclusion"]) for part, found in answers.items()}


@pytest.mark.parametrize("track", TRACKS)
def test_the_reference_in_the_source_is_the_computed_key(
    layout: Layout, track: str, tmp_path: Path
) -> None:
    keys, loaded = load_keys(layout), load_track(track)
    own = {
        part: (key(loaded)["prediction"], key(loaded)["conclusion"])
        for part, key in keys.KEYS.items()
    }
    here = open_course(layout.root)
    assert (here.folder(SOURCE, ".", track) / "1_access.ipynb").exists()
    (layout.root / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=layout.root / "build") as bare:  # in the checkout, without a source
        for course in (here, open_course(Path(bare))):
            found = read_reference(course, loaded)
            assert {part: item.options(0) for part, item in found.items()} == own
            for variant in (1, 2, 999):
                wanted = own_options(keys, track, variant)
                assert {part: item.options(variant) for part, item in found.items()} == wanted
    assert read_reference(open_course(tmp_path), loaded) == {}


@pytest.mark.parametrize("track", ["cloud_titan", "tiny_pioneer"])
def test_beliefs_are_counted_before_and_after(truth: Any, cohorts: Any, track: str) -> None:
    cohort, loaded = cohorts[track], load_track(track)
    locks = beliefs.locks(cohort)
    table = beliefs.beliefs(cohort, loaded, locks)
    for name, part in PARTS.items():
        own = [item for item in truth.answers if (item.track, item.part) == (track, name)]
        here = table.of(part=name).rows
        assert [row["option"] for row in here] == [
            option.id for option in part.of(loaded).question.options
        ]
        for row, option in zip(here, part.of(loaded).question.options, strict=True):
            assert row["belief"] == option.belief
            assert row["before"] == sum(item.prediction == option.id for item in own)
            assert row["after"] == sum(item.conclusion == option.id for item in own)
        assert sum(bool(row["right_before"]) for row in here) == 1
        assert sum(bool(row["right_after"]) for row in here) == 1
        went = Counter((item.prediction, item.conclusion) for item in own)
        moves = beliefs.moves(locks).of(part=name).rows
        assert {(row["before"], row["after"]): row["students"] for row in moves} == went


def test_what_is_right_is_judged_by_the_students_own_numbers(cohorts: Any) -> None:
    cohort, part, other = cohorts["cloud_titan"], "checkpoint", 3
    right = {0: "longer", other: "shorter"}
    known = Reference(lambda variant: ("longer", right[variant]))
    has = {
        student: replace(
            evidence, variant=other if at % 3 else 0, conclusions={part: right[at % 2 * other]}
        )
        for at, (student, evidence) in enumerate(sorted(cohort.evidence.items()))
    }
    cohort = replace(cohort, evidence=has, reference={part: known})
    locks = beliefs.locks(cohort)
    told = {row["student"]: row["conclusion_right"] for row in locks.of(part=part).rows}
    assert told == {
        student: right[evidence.variant] == evidence.conclusions[part]
        for student, evidence in has.items()
    }
    table = beliefs.beliefs(cohort, cohort.track, locks).of(part=part)
    for option in right.values():
        lines = {row["right_after"]: row["after"] for row in table.of(option=option).rows}
        assert lines == {
            known: sum(
                told[student] is known and evidence.conclusions[part] == option
                for student, evidence in has.items()
            )
            for known in (True, False)
        }
    assert f"{sum(told.values())} of {len(told)} after it" in words.beliefs(table)


# --- strategies


def test_every_run_and_decision_lies_where_the_model_says(truth: Any, cohorts: Any) -> None:
    table = strategies.strategies(cohorts["cloud_titan"], TRACK)
    own = [item for item in truth.answers if item.track == "cloud_titan"]
    assert len(table.of(kind=RUN).rows) == sum(len(item.runs) for item in own)
    # what never ends has no place in a plane of costs
    own = [item for item in own if math.isfinite(PARTS[item.part].judge(TRACK, item.decision).cost)]
    assert len(table.of(kind=DECISION).rows) == len(own)
    found = {(row["student"], row["part"], row["kind"], row["number"]): row for row in table.rows}
    for item in own[:45]:
        part = PARTS[item.part]
        told = [(DECISION, 1, item.decision), *((RUN, at, run) for at, run in
                                                enumerate(item.runs, start=1))]  # fmt: skip
        for kind, number, said in told:
            outcome, row = part.judge(TRACK, said), found[item.student, item.part, kind, number]
            assert row["cost"] == pytest.approx(outcome.cost)
            assert row["meets"] == (not outcome.unmet)
            if item.part == "checkpoint":
                assert row["useful"] == pytest.approx(outcome.solve_time / outcome.wall_time)
            else:
                assert row["useful"] == outcome.utilization


def test_the_plane_holds_every_strategy_once_on_its_side_of_the_target(cohorts: Any) -> None:
    for cohort in cohorts.values():
        chosen = strategies.strategies(cohort, cohort.track)
        plane = strategies.plane(cohort.track, chosen)
        for part in PARTS:
            here, aim = chosen.of(part=part).rows, target(cohort.track, part)
            cells = plane.of(part=part).rows
            assert sum(row["settings"] for row in cells) == len(here)
            if aim is None:
                continue
            above = sum(row["settings"] for row in cells if row["useful"] >= aim)
            assert above == sum(row["useful"] >= aim for row in here)


def test_what_decisions_miss_adds_up_to_who_handed_in(truth: Any, cohorts: Any) -> None:
    for cohort in cohorts.values():
        table = strategies.misses(cohort, strategies.strategies(cohort, cohort.track))
        for part in PARTS:
            counts = [row["students"] for row in table.of(part=part).rows]
            assert sum(counts) == len(truth.students)


def test_the_targets_are_the_tracks_own() -> None:
    assert target(TRACK, "access") == TRACK.access.target_utilization
    assert target(TRACK, "checkpoint") is None
    nomad = load_track("mobile_nomad")
    assert nomad.checkpoint.waste_limit is not None
    assert target(nomad, "checkpoint") == 1 - nomad.checkpoint.waste_limit


# --- cells


@pytest.mark.parametrize(
    ("points", "says"),
    [(0.0, "Nobody has a point"), (8.0, "Everybody has all points")],
)
def test_a_cell_that_is_the_same_for_all_is_remarked_on(
    course: Any, change: Callable[..., None], points: float, says: str
) -> None:
    grade, cell, notebook = (kind.__table__ for kind in (api.Grade, api.BaseCell, api.Notebook))
    law = cell.join(notebook, notebook.c.id == cell.c.notebook_id).select().where(
        cell.c.name == "law-test", notebook.c.name == "1_access"
    )  # fmt: skip
    change(
        update(grade)
        .where(grade.c.cell_id.in_(law.with_only_columns(cell.c.id)))
        .values(auto_score=points)
    )
    table = items.items(cohorts_of(course, "cloud_titan")["cloud_titan"])
    remarks = {(row["notebook"], row["cell"]): row["remark"] for row in table.rows}
    assert says in remarks["1_access", "law-test"]
    assert table.of(notebook="1_access", cell="law-test").rows[0]["discrimination"] is None
    assert remarks["2_pipeline", "law-test"] is None
    broken = [(row["notebook"], row["cell"]) for row in items.broken(table)]
    assert broken == ([("1_access", "law-test")] if points == 0 else [])


# --- scale


def queries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return how many statements reading a class sends to the database."""
    sent = []
    begin = Gradebook.__init__

    def watched(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        event.listen(self.engine, "before_cursor_execute", lambda *details: sent.append(details[2]))

    with monkeypatch.context() as patch:
        patch.setattr(Gradebook, "__init__", watched)
        cohorts_of(folder)
    return sent


def test_a_larger_class_asks_the_gradebook_no_more_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (make_class(tmp_path / str(size), ["cloud_titan"], size) for size in (2, 40))
    assert len(queries(few.course, monkeypatch)) == len(queries(many.course, monkeypatch)) <= 8


def test_nothing_is_written_into_the_gradebook(
    truth: Any, course: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (course / "gradebook.db").read_bytes()
    sent = queries(course, monkeypatch)
    assert {statement.split()[0] for statement in sent} == {"SELECT"}
    assert (course / "gradebook.db").read_bytes() == before
