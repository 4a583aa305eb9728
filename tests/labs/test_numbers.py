"""Whose numbers: a student has the same ones everywhere, a ledger keeps them, a copier is told."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storagelab.labs import checking, numbers, open_part
from storagelab.labs.errors import StudentError
from storagelab.labs.numbers import GRADED_STUDENT, HUB_USER, VARIANT
from storagelab.labs.texts import NAMES, text_of
from storagelab.ledger import FILE_NAME, opening_of, read_ledger, read_opening
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.variants import variant_count, variant_of
from tests.test_ledger import OLD

TRACK = "cloud_titan"
COURSE: dict[str, Any] = {"course": "storagelab", "term": "2026-11"}


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub, and no number that is set."""
    for name in (VARIANT, HUB_USER, GRADED_STUDENT):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Go to where a student's work is graded, with the ledger of ``folder`` beside it."""

    def go(student: str, folder: Path | None = None, told: bool = True) -> Path:
        place = tmp_path / "autograded" / student / TRACK
        place.mkdir(parents=True)
        if folder is not None:
            (place / FILE_NAME).write_bytes((folder / FILE_NAME).read_bytes())
        monkeypatch.chdir(place)
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        monkeypatch.delenv(HUB_USER, raising=False)
        if told:
            monkeypatch.setenv(GRADED_STUDENT, student)
        return place

    return go


def home_of(user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Open and lock part 1 as ``user`` of a hub."""
    folder = tmp_path / f"home-{user}"
    folder.mkdir()
    monkeypatch.setenv(HUB_USER, user)
    open_part(TRACK, "access", folder, **COURSE).lock("iops", 0.5)
    return folder


# --- how a student comes to a number


def test_in_a_hub_the_number_follows_from_name_course_and_term(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HUB_USER, "ada")
    session = open_part(TRACK, "access", tmp_path, **COURSE)
    own = variant_of("ada", "storagelab", "2026-11", TRACK)
    assert session.track is load_track(TRACK, own)
    assert f"Your own numbers: variant {own}. Nothing is locked yet." in capsys.readouterr().out
    opening = opening_of(read_ledger(tmp_path, TRACK))
    assert opening is not None
    assert opening.said == {
        "variant": own, "course": "storagelab", "term": "2026-11", "origin": "hub", "user": "ada",
    }  # fmt: skip


def test_elsewhere_it_is_drawn_once_and_kept_for_all_three_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([4, 11])
    monkeypatch.setattr("secrets.randbelow", lambda count: next(drawn))
    for part in PARTS:
        assert open_part(TRACK, part, tmp_path, **COURSE).track.variant == 5
    assert [entry.kind for entry in read_ledger(tmp_path, TRACK)] == ["open"]
    # another term, and no variants any more: who has begun goes on
    assert open_part(TRACK, "access", tmp_path, course="x", term="2027-05").track.variant == 5
    assert open_part(TRACK, "access", tmp_path, variants=False).track.variant == 5


@pytest.mark.parametrize("given", [{}, {"variants": False}, {**COURSE, "variants": False}])
def test_without_a_term_or_without_variants_everybody_has_the_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Any
) -> None:
    monkeypatch.setenv(HUB_USER, "ada")
    assert open_part(TRACK, "access", tmp_path, **given).track is load_track(TRACK)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_number_can_be_set_and_one_that_there_isnt_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HUB_USER, "ada")
    for wrong, says in (
        ("many", f"{VARIANT} must be a whole number, as 0 for the book's; it says 'many'"),
        (str(variant_count(TRACK) + 1), "has no variant"),
    ):
        monkeypatch.setenv(VARIANT, wrong)
        with pytest.raises(StudentError, match=says):
            open_part(TRACK, "access", tmp_path, **COURSE)
        assert not (tmp_path / FILE_NAME).exists()
    monkeypatch.setenv(VARIANT, "0")
    assert open_part(TRACK, "access", tmp_path, **COURSE).track is load_track(TRACK)
    monkeypatch.setenv(VARIANT, "2")  # what is begun holds
    assert open_part(TRACK, "access", tmp_path, **COURSE).track is load_track(TRACK)


def test_a_ledger_from_before_there_were_variants_goes_on_with_the_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE_NAME).write_bytes(OLD.read_bytes())
    monkeypatch.setenv(HUB_USER, "ada")
    session = open_part(TRACK, "pipeline", tmp_path, **COURSE)
    assert session.track is load_track(TRACK)
    session.lock("warm", 0.5)
    assert open_part(TRACK, "access", tmp_path, **COURSE).track is load_track(TRACK)


def test_who_puts_the_ledger_away_goes_on_with_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_part(TRACK, "access", tmp_path, **COURSE)
    (tmp_path / FILE_NAME).rename(tmp_path / "away.json")
    session.lock("iops", 0.5)
    assert [entry.kind for entry in read_ledger(tmp_path, TRACK)] == ["open", "lock"]
    assert open_part(TRACK, "pipeline", tmp_path, **COURSE).track is session.track


def test_where_nothing_can_be_written_a_drawn_number_isnt_used_and_the_hubs_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert open_part(TRACK, "access", tmp_path, **COURSE).track.variant == 0
    assert "ledger.json can't be written: No space left" in capsys.readouterr().out
    monkeypatch.setenv(HUB_USER, "ada")
    assert open_part(TRACK, "access", tmp_path, **COURSE).track.variant > 0


def test_every_text_is_said_with_the_own_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIANT, "3")
    changed = 0
    for name, part in PARTS.items():
        session = open_part(TRACK, name, tmp_path, **COURSE)
        capsys.readouterr()
        for text in NAMES:
            session.show(text)
            said = capsys.readouterr().out.strip()
            assert said == text_of(load_track(TRACK, 3), part, text)
            changed += said != text_of(load_track(TRACK), part, text)
    assert changed >= 2 * len(PARTS)
    with pytest.raises(StudentError, match="there is no text 'crises'; there are crisis, question"):
        session.show("crises")


# --- where it is graded


@pytest.mark.parametrize("told", [True, False], ids=["sandgrader", "nbgrader"])
def test_without_a_ledger_the_students_id_tells_the_number(
    graded: Callable[..., Path], told: bool
) -> None:
    graded("ada", told=told)
    own = variant_of("ada", "storagelab", "2026-11", TRACK)
    assert open_part(TRACK, "access", **COURSE).track.variant == own
    assert not Path(FILE_NAME).exists()


def test_the_reference_solution_is_the_books_graded_or_at_work(
    graded: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    graded("reference")
    monkeypatch.setenv(GRADED_STUDENT, "")
    assert open_part(TRACK, "access", **COURSE).track.variant == 0
    monkeypatch.delenv("NBGRADER_EXECUTION")
    assert open_part(TRACK, "access", **COURSE).track.variant == 0


def test_what_was_drawn_is_what_is_graded(graded: Callable[..., Path], tmp_path: Path) -> None:
    own = open_part(TRACK, "access", tmp_path, **COURSE).track
    graded("ada", tmp_path)
    session = open_part(TRACK, "access", **COURSE)
    assert checking.own_track(session) is session.track is own


@pytest.mark.parametrize("told", [True, False], ids=["sandgrader", "nbgrader"])
def test_a_neighbours_ledger_is_nobodys_own(
    graded: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    folder = home_of("ada", tmp_path, monkeypatch)
    graded("ben", folder, told)
    session = open_part(TRACK, "access", **COURSE)
    for test in (checking.own_track, checking.locked_before_reveal):
        with pytest.raises(StudentError, match="made by somebody else"):
            test(session)


def test_the_owners_own_is_and_a_number_that_isnt_the_hubs_isnt(
    graded: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home_of("ada", tmp_path, monkeypatch)
    graded("ada", folder)
    session = open_part(TRACK, "access", **COURSE)
    assert checking.own_track(session) is session.track
    monkeypatch.setattr(numbers, "variant_of", lambda *given: session.track.variant + 1)
    with pytest.raises(StudentError, match="holds another student's numbers: those of variant"):
        checking.own_track(session)


def test_who_spoils_the_ledger_is_still_judged_by_the_own_numbers(
    graded: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home_of("ada", tmp_path, monkeypatch)
    text = (folder / FILE_NAME).read_text().replace("0.5", "0.1")
    (folder / FILE_NAME).write_text(text)
    graded("ada", folder)
    session = open_part(TRACK, "access", **COURSE)
    opening = read_opening(Path(), TRACK)
    assert opening is not None
    assert checking.own_track(session).variant == opening.variant
    with pytest.raises(StudentError, match="edited by hand"):
        checking.locked_before_reveal(session)


# --- decisions


def cheapest_of(layout: Any, part: str) -> dict[int, dict[str, Any]]:
    """Return the table of a hidden test, as the instructor's notebook has it."""
    import nbformat

    path = layout.source / TRACK / f"{PARTS[part].stem}.ipynb"
    (cell,) = [item for item in nbformat.read(path, 4).cells if item.id == "decide-test"]
    table = cell.source.partition("best = ")[2].partition("\n}\n")[0] + "\n}"
    best: dict[int, dict[str, Any]] = ast.literal_eval(table)
    return best


@pytest.mark.parametrize("part", PARTS)
def test_every_variants_best_line_is_worth_all_points_to_whom_it_belongs(
    layout: Any, part: str
) -> None:
    best = cheapest_of(layout, part)
    assert list(best) == [*range(variant_count(TRACK) + 1)]
    for variant, line in best.items():
        own = load_track(TRACK, variant)
        assert checking.decided(PARTS[part], own, line, best) == 1


def test_a_neighbours_best_line_is_told_to_be_a_neighbours_wherever_it_loses_points(
    layout: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    own, lost = load_track(TRACK, 1), dict.fromkeys(PARTS, 0)
    for name, part in PARTS.items():
        best = cheapest_of(layout, name)
        for variant, line in best.items():
            try:
                share, said = checking.decided(part, own, line, best), ""
            except StudentError as missed:
                share, said = 0.0, str(missed)
            said += capsys.readouterr().out
            assert ("right for somebody else's numbers" in said) == (share < 1), variant
            assert share == 1 or "variant 1." in said
            lost[name] += share < 1
    assert max(lost.values()) > 1


def test_numbers_that_a_notebook_has_no_test_for_are_said() -> None:
    line = {"interval_min": 1}
    with pytest.raises(StudentError, match="no test for your numbers, variant 3"):
        checking.decided(PARTS["access"], load_track(TRACK, 3), line, {0: line})
