"""What feedback says: of every mistake something, in every track, and of no answer anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keys
import pytest

from demo.students import read_sheet
from storagelab.labs import checking
from storagelab.labs.errors import StudentError
from storagelab.labs.session import PartSession
from storagelab.parts import PARTS, misconceptions
from storagelab.parts.scoring import free_cost
from storagelab.tracks import TRACKS
from storagelab.units import significant

pytestmark = pytest.mark.usefixtures("searched_once")
every_part = pytest.mark.parametrize(
    ("track_name", "part_name"), [(track, part) for track in TRACKS for part in PARTS]
)


@pytest.fixture
def sheet(track_name: str, part_name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    return read_sheet(keys, track_name, part_name)


def spellings(number: int) -> Any:
    """How the number could stand in a text."""
    return {significant(number, digits) for digits in (3, 4, 5)} | {f"{number:.4g}", repr(number)}


def concluded(sheet: Any, option: Any, number: int) -> Any:
    return checking.concluded(
        sheet.part, sheet.track, (option, sheet.number, number), sheet.key, (0.5, 0.5), 0.01
    )


@every_part
def test_a_wrong_conclusion_is_met_with_its_idea_and_never_with_the_answer(sheet: Any) -> None:
    right = sheet.content.question.option(sheet.key["conclusion"])
    wrong = [option for option in sheet.content.question.options if option.id != right.id]
    assert len(wrong) >= 2
    for option in wrong:
        with pytest.raises(StudentError) as raised:
            concluded(sheet, option.id, 1.37 * sheet.key["number"])
        said = str(raised.value)
        assert option.belief in said
        for secret in (right.belief, sheet.part.words(sheet.track, right.text), repr(right.id)):
            assert secret not in said
        start = sheet.part.figures(sheet.track, sheet.part.crisis(sheet.track)).values()
        for secret in spellings(sheet.key["number"]):
            assert secret not in said or any(secret in shown for shown in start)


@every_part
def test_half_right_earns_half_and_says_what_is_missing(
    sheet: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    key = sheet.key
    assert concluded(sheet, key["conclusion"], key["number"]) == 1
    assert capsys.readouterr().out == ""
    assert concluded(sheet, key["conclusion"], 1.37 * key["number"]) == 0.5
    assert f"`{sheet.number}`" in capsys.readouterr().out
    assert concluded(sheet, sheet.wrong_option, key["number"]) == 0.5
    said = capsys.readouterr().out
    assert "The idea behind it" in said
    assert f"`{sheet.number}`" not in said


@every_part
@pytest.mark.parametrize(
    ("number", "says"),
    [
        (lambda right: 1.018 * right, "It is close"),
        (lambda right: 1.03 * right, ""),
        (lambda right: 60 * right, "another unit"),
        (lambda right: right / 1000, "another unit"),
        (lambda right: 1.7 * right, ""),
        (lambda right: 0.0, ""),
        (lambda right: -1.0, ""),
    ],
)
def test_a_wrong_number_is_said_how_it_seems_to_be_wrong(
    sheet: Any, number: Any, says: str
) -> None:
    # of what is only wrong it is said how to read it off
    again = "read the list" if sheet.part.number == 1 else "Put everything back to the start"
    says = says or again
    right = sheet.key["number"]
    said = misconceptions.misread(sheet.track, sheet.part, "n", number(right), right, 0.01)
    assert says in said
    assert significant(right, 4) not in re.findall(r"\d[\d.,]*", said)


def test_a_number_of_the_start_or_turned_round_is_known_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sheet = read_sheet(keys, "cloud_titan", "checkpoint")
    start = sheet.part.baseline(sheet.track).loss / sheet.track.checkpoint.answer.si
    said = misconceptions.misread(sheet.track, sheet.part, "n", start, sheet.key["number"], 0.01)
    assert "what is lost before the change" in said
    whole = sheet.track.checkpoint.solve_time / sheet.track.checkpoint.answer.si
    said = misconceptions.misread(
        sheet.track, sheet.part, "n", whole + sheet.key["number"], sheet.key["number"], 0.01
    )
    assert "how long the month takes, and not what of it is lost" in said
    sheet = read_sheet(keys, "cloud_titan", "access")
    right = sheet.key["number"]
    assert "turned round" in misconceptions.misread(
        sheet.track, sheet.part, "n", 1 / right, right, 0.1
    )


def test_who_held_on_to_a_prediction_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = read_sheet(keys, "cloud_titan", "access")
    concluded(sheet, "compute", sheet.key["number"])
    assert "sure of it before" not in capsys.readouterr().out
    checking_session = PartSession(sheet.track, sheet.part, tmp_path)
    checking_session.lock("compute", 0.9)
    capsys.readouterr()
    concluded(sheet, "compute", sheet.key["number"])
    assert "You were 90% sure of it before the evidence" in capsys.readouterr().out
    (tmp_path / "ledger.json").write_text("{}")
    concluded(sheet, "compute", sheet.key["number"])
    assert "sure of it before" not in capsys.readouterr().out


@pytest.mark.parametrize("track_name", TRACKS)
@pytest.mark.parametrize("part_name", ["checkpoint"])
def test_who_locked_it_of_another_case_is_not_told_to_have_held_on(
    sheet: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lock is about the start; what is right of the start can be wrong after the change."""
    PartSession(sheet.track, sheet.part, tmp_path).lock(sheet.wrong_option, 0.9)
    capsys.readouterr()
    concluded(sheet, sheet.wrong_option, sheet.key["number"])
    said = capsys.readouterr().out
    assert "It is what you locked, of another case" in said
    assert "held on" not in said


@every_part
def test_every_limit_that_can_be_missed_is_said_with_own_numbers(sheet: Any) -> None:
    missed: set[str] = set()
    for outcome in keys.decisions(sheet.track, sheet.part):
        if set(outcome.unmet) <= missed:
            continue
        missed |= set(outcome.unmet)
        with pytest.raises(StudentError) as raised:
            checking.meets_targets(sheet.part, sheet.track, outcome)
        lines = str(raised.value).splitlines()
        assert len(lines) == len(outcome.unmet)
        for limit, line in zip(outcome.unmet, lines, strict=True):
            own = line.removeprefix(sheet.content.unmet[limit])
            assert own != line
            assert any(letter.isdigit() for letter in own)
    assert missed
    assert missed <= {limit.name for limit in sheet.part.limits()}


@every_part
def test_a_dear_decision_is_told_in_wide_steps_and_never_the_least_cost(
    sheet: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    money = sheet.part.costs.amount
    least = money(sheet.track, sheet.least)
    free = free_cost(sheet.least, sheet.part.crisis_cost(sheet.track))
    said = set()
    for outcome in keys.decisions(sheet.track, sheet.part):
        times = outcome.cost / sheet.least
        step = 0 if outcome.cost <= free else 1 + sum(times > edge for edge in (2, 5))
        if outcome.unmet or step in said or money(sheet.track, outcome.cost) == least:
            continue
        said.add(step)
        share = checking.worth(sheet.part, sheet.track, outcome, sheet.least)
        words = capsys.readouterr().out
        assert (share == 1) == (words == "") == (step == 0)
        if words:
            assert money(sheet.track, outcome.cost) in words
            assert least not in words
            assert f"{significant(times)} times" not in words
    assert len(said) > 1


@pytest.mark.parametrize("track_name", TRACKS)
@pytest.mark.parametrize("part_name", ["checkpoint"])
def test_an_interval_is_told_what_it_wastes_on_either_side(
    sheet: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = set()
    for outcome in keys.decisions(sheet.track, sheet.part):
        if outcome.unmet:
            continue
        ratio = keys.waste_ratio(sheet.track, outcome)
        kind = 0 if ratio <= 1.05 else 1 if ratio < 2 else 2
        if kind in seen:
            continue
        seen.add(kind)
        if kind == 2:
            with pytest.raises(StudentError, match="doesn't fit the new failure rate"):
                checking.fits_failures(sheet.track, outcome, ratio)
            continue
        share = checking.fits_failures(sheet.track, outcome, ratio)
        assert (capsys.readouterr().out == "") == (share == 1) == (kind == 0)
    assert {0, 1} <= seen
