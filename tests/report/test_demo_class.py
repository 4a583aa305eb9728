"""The report on the demo class, whose students and scores are known, after real nbgrader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keys
import pytest

from demo.students import names_in, own_sheets, read_sheet
from sandgrader.report import items, roster
from storagelab.parts import PARTS
from storagelab.report import beliefs, calibration, ledgers, strategies, times
from storagelab.report.ledger_state import SOUND, UNUSABLE
from storagelab.report.outcomes import DECISION, RUN
from storagelab.tracks import TRACKS, Track
from tests.report.conftest import cohorts_of

WITHOUT_EVIDENCE = {
    "cleo_skipped_the_lock": PARTS,
    "hana_edited_the_confidence": PARTS,
    "kai_edited_the_runs": PARTS,
    "dan_half_done": ["checkpoint"],
}
"""Who has no usable lock in which parts; who copies another track has none where options differ."""
EDITORS = {"hana_edited_the_confidence", "kai_edited_the_runs"}

every_track = pytest.mark.parametrize("track", TRACKS)


@pytest.fixture(scope="module")
def cohort_in(demo_class: Path) -> Callable[[Any], Any]:
    found = {}

    def read(track: Any) -> Any:
        if track not in found:
            found[track] = cohorts_of(demo_class / track / "course", track)[track]
        return found[track]

    return read


def locked(track: Any, name: str, part: Any) -> Any:
    """Return what a student locked, or None."""
    if part in WITHOUT_EVIDENCE.get(name, ()):
        return None
    sheet = read_sheet(keys, track, part)
    if name == "ben_wrong_prediction":
        return sheet.wrong_option, 0.9
    if name == "lea_copies_another_track":
        copied = TRACKS[(TRACKS.index(track) + 1) % len(TRACKS)]
        option = read_sheet(keys, copied, part).key["prediction"]
        return (option, 0.8) if option in sheet.options else None
    return sheet.key["prediction"], 0.8


@every_track
def test_everybody_waits_for_a_person_with_the_points_of_the_demo_class(
    track: Any, cohort_in: Any, demo_class: Any
) -> None:
    scores = json.loads((demo_class / track / "scores.json").read_text(encoding="utf-8"))
    table = roster.students(cohort_in(track))
    assert [row["student"] for row in table.rows] == sorted(names_in(track))
    for row in table.rows:
        assert row["state"] == roster.WAITS  # the reflections
        assert row["points"] == pytest.approx(sum(filter(None, scores[row["student"]].values())))
    perfect = table.of(student="ada_perfect").rows[0]
    assert (perfect["points"], perfect["most"]) == (80, 100)


@every_track
def test_edited_ledgers_are_listed_and_nobody_elses(
    track: Track, cohort_in: Callable[[Any], Any]
) -> None:
    listed = ledgers.ledgers(cohort_in(track))
    assert {row["student"] for row in listed.rows if row["state"] == UNUSABLE} == EDITORS
    states = {name: evidence.state for name, evidence in cohort_in(track).evidence.items()}
    for name, state in states.items():
        if name not in EDITORS:
            # machines that work side by side can write the same to the second
            doubts = cohort_in(track).evidence[name].doubts
            assert state == SOUND or all("to the second" in doubt for doubt in doubts), name


@every_track
def test_predictions_are_those_of_the_students(track: Any, cohort_in: Callable[[Any], Any]) -> None:
    table = beliefs.locks(cohort_in(track))
    for name in names_in(track):
        for part in PARTS:
            rows = [row for row in table.of(student=name, part=part).rows if row["prediction"]]
            found = [(row["prediction"], row["confidence"]) for row in rows]
            wanted = locked(track, name, part)
            assert found == ([wanted] if wanted else []), (name, part)


@every_track
def test_beliefs_and_their_keys_are_those_of_the_class(
    track: Any, cohort_in: Callable[[Any], Any]
) -> None:
    cohort = cohort_in(track)
    locks = beliefs.locks(cohort)
    table = beliefs.beliefs(cohort, cohort.track, locks)
    for part in PARTS:
        sheet = read_sheet(keys, track, part)
        own = [locked(track, name, part) for name in names_in(track)]
        for option in sheet.options:
            rows = table.of(part=part, option=option).rows
            before = sum(row["before"] for row in rows)
            assert before == sum(bool(lock) and lock[0] == option for lock in own)
            assert {row["right_before"] for row in rows} == {option == sheet.key["prediction"]}
        wrong = table.of(part=part, option=sheet.wrong_option).rows[0]
        assert wrong["before"] >= 1  # ben
        concluded = {row["student"]: row["conclusion"] for row in locks.of(part=part).rows}
        for name in ("ada_perfect", "ben_wrong_prediction", "cleo_skipped_the_lock"):
            assert concluded[name] == own_sheets(keys, track, name)[part].key["conclusion"]
            (row,) = locks.of(part=part, student=name).rows
            assert row["conclusion_right"]
    ivy = locks.of(student="ivy_deleted_and_renamed", part="checkpoint").rows[0]
    assert ivy["conclusion"] is None  # renamed


@every_track
def test_confidence_against_correctness_is_that_of_the_class(
    track: Any, cohort_in: Callable[[Any], Any]
) -> None:
    table = calibration.calibration(beliefs.locks(cohort_in(track)))
    own = [
        (lock, read_sheet(keys, track, part).key["prediction"])
        for part in PARTS
        for name in names_in(track)
        if (lock := locked(track, name, part))
    ]
    top = table.rows[-1]
    assert (top["from_confidence"], top["predictions"]) == (0.8, len(own))
    assert top["right"] == sum(lock[0] == right for lock, right in own)
    assert [row["predictions"] for row in table.rows[:-1]] == [0, 0, 0, 0]


@every_track
def test_machines_take_no_time(track: Track, cohort_in: Callable[[Any], Any]) -> None:
    table = times.times(cohort_in(track))
    assert table.of(student="ada_perfect").rows
    assert max(row["minutes"] for row in table.rows) < 5


@every_track
def test_strategies_are_those_of_the_students(track: Any, cohort_in: Callable[[Any], Any]) -> None:
    cohort = cohort_in(track)
    table = strategies.strategies(cohort, cohort.track)
    for part in PARTS:
        for name, dear in (
            ("ada_perfect", False), ("gus_twice_the_cost", True),
            # from the answer cell: the ledger is no evidence any more
            ("hana_edited_the_confidence", False),
        ):  # fmt: skip
            sheet = own_sheets(keys, track, name)[part]
            decision = sheet.dear if dear else sheet.key["decision"]
            row = table.of(student=name, part=part, kind=DECISION).rows[0]
            assert row["cost"] == pytest.approx(sheet.judge(decision).cost)
            assert row["meets"] is True
    brute = table.of(student="max_brute_force", part="pipeline", kind=RUN).rows
    sheet = own_sheets(keys, track, "max_brute_force")["pipeline"]
    assert [row["cost"] for row in brute] == pytest.approx(
        [sheet.judge(run).cost for run in sheet.brute_runs]
    )
    assert table.of(student="kai_edited_the_runs", kind=RUN).rows == []
    assert table.of(student="cleo_skipped_the_lock", kind=RUN).rows == []


@every_track
def test_cells_are_counted_as_the_scores_are(track: Any, cohort_in: Any, demo_class: Any) -> None:
    scores = json.loads((demo_class / track / "scores.json").read_text(encoding="utf-8"))
    table = items.items(cohort_in(track))
    assert items.broken(table) == []
    for part in PARTS.values():
        for row in table.of(notebook=part.stem, by="machine").rows:
            own = [student[f"{part.name}/{row['cell']}"] for student in scores.values()]
            assert row["students"] == len(own)
            assert row["full"] == sum(score == row["most"] for score in own)
            assert row["none"] == sum(score == 0 for score in own)
            assert row["mean_share"] == pytest.approx(sum(own) / len(own) / row["most"])
        waits = table.of(notebook=part.stem, by="person").rows
        assert [row["students"] for row in waits] == [0]


def test_the_shared_version_of_the_demo_class_has_no_name_and_no_reason(
    demo_class: Path, tmp_path: Path, report: Callable[..., Any]
) -> None:
    track = TRACKS[0]
    report("--course", demo_class / track / "course", "--out", tmp_path / "out", "--shared")
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()]
    assert len(texts) > 8
    for text in texts:
        assert [name for name in names_in(track) if name in text] == []
        assert "last job" not in text
