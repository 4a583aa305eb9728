"""A ledger that version 0.1.0 wrote is read by this one, written on, and held against nobody."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sandgrader.report.course import open_course
from storagelab import edition as of_the_course
from storagelab.edition import edition, stands_on
from storagelab.labs import open_part
from storagelab.ledger import FILE_NAME, append_entry, read_ledger
from storagelab.report import ledger_state
from storagelab.report.ledger_state import DOUBTFUL, SOUND
from storagelab.report.outcomes import Point
from storagelab.report.submissions import read_evidence
from storagelab.track_files import file_text, variants_file
from storagelab.tracks import TRACKS, load_track
from tests.report.synthetic import CONFIG

TRACK = "tiny_pioneer"
STORED = Path(__file__).with_name("ledger_0_1_0.json")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A submission in a course, with an earlier version's ledger."""
    (tmp_path / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    folder = tmp_path / "submitted" / "ada" / TRACK
    folder.mkdir(parents=True)
    shutil.copy(STORED, folder / FILE_NAME)
    return folder


def state(home: Path) -> tuple[str, tuple[str, ...]]:
    course = open_course(home.parents[2])
    found = read_evidence(course, load_track(TRACK), ["ada"])["ada"]
    return found.state, found.doubts


def test_an_earlier_ledger_is_read_and_written_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = Counter(entry.kind for entry in read_ledger(home, TRACK))
    assert kinds == {"lock": 3, "reveal": 3, "run": 4, "decision": 3}
    assert state(home) == (SOUND, ())
    session = open_part(TRACK, "pipeline", home)
    assert "Locked: 'allin', confidence 50%." in capsys.readouterr().out
    last = dict(read_ledger(home, TRACK)[-1].said)
    append_entry(home, TRACK, "checkpoint", "decision", last, {"cost": 1.0})
    assert state(home) == (SOUND, ())
    assert session.part.name == "pipeline"


def test_a_corrected_price_makes_nobody_doubtful(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded today is held against a ledger today, and not after a correction."""
    session = open_part(TRACK, "checkpoint", home)
    decided = dict(read_ledger(home, TRACK)[-1].said)
    other = next(control for control in session.part.of(session.track).controls if control.decided)
    decided[other.answer] = next(v for v in other.values if v != decided[other.answer])
    session.decide(decided)
    assert read_ledger(home, TRACK)[-1].model["edition"] == edition(TRACK)
    assert state(home) == (SOUND, ())
    point = Point(1.0, 1.0, ())
    monkeypatch.setattr(ledger_state, "judge", lambda track, variant: lambda *_: point)
    assert state(home)[0] == DOUBTFUL
    monkeypatch.setattr(ledger_state, "edition", lambda track: "0123456789ab")
    assert state(home) == (SOUND, ())


@pytest.mark.parametrize("digest", [edition, stands_on])
def test_an_edition_is_of_a_tracks_numbers(
    digest: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = {name: digest(name) for name in TRACKS}
    assert len(set(now.values())) == len(TRACKS)

    def changed() -> set[str]:
        edition.cache_clear()
        return {name for name in TRACKS if digest(name) != now[name]}

    corrected = file_text(TRACK).replace("amount = ", "amount = 1", 1)
    assert corrected != file_text(TRACK)
    others = tmp_path / "variants.json"
    others.write_text("{}")
    try:
        with monkeypatch.context() as patch:
            patch.setattr(
                of_the_course,
                "file_text",
                lambda name: corrected if name == TRACK else file_text(name),
            )
            assert changed() == {TRACK}
        with monkeypatch.context() as patch:
            patch.setattr(
                of_the_course,
                "variants_file",
                lambda name: others if name == TRACK else variants_file(name),
            )
            assert changed() == {TRACK}
        assert changed() == set()
    finally:
        edition.cache_clear()


def test_an_assignment_that_is_no_track_stands_on_itself_alone() -> None:
    assert stands_on("ps1") == ""
