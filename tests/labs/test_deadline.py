"""A notebook and ``storagelab check`` say when an assignment is due, and that it's late."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from storagelab.course.layout import find_layout
from storagelab.labs import open_part
from storagelab.labs.check import command
from storagelab.labs.deadline import (
    EXCHANGE,
    FILE_NAME,
    due_line,
    find_due,
    is_past,
    read_due,
    when,
    write_due,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine whose clock is set to UTC, with an exchange in which nothing is released."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        patched.setenv(EXCHANGE, str(tmp_path / "exchange"))
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(days=2, hours=3, minutes=59), "in 2 days 3 hours"),
        (timedelta(days=1, minutes=5), "in 1 day 5 minutes"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(seconds=59), "in under a minute"),
        (-timedelta(minutes=62), "1 hour 2 minutes ago"),
        (-timedelta(seconds=2), "under a minute ago"),
    ],
)
def test_a_moment_is_said_as_people_write_it_and_how_far_it_is(away: timedelta, words: str) -> None:
    assert when(NOON, NOON - away) == f"Tuesday 1 December 2026, 12:00 UTC ({words})"


def test_it_is_said_in_the_time_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    assert when(NOON, NOON).startswith("Tuesday 1 December 2026, 07:00 EST")


def test_the_moment_itself_is_in_time() -> None:
    assert not is_past(NOON, NOON)
    assert is_past(NOON, NOON + timedelta(microseconds=1))


def test_what_is_written_is_read_in_whichever_time_zone(tmp_path: Path) -> None:
    write_due(tmp_path, datetime.fromisoformat("2026-12-01T13:00:00+01:00"))
    assert read_due(tmp_path) == NOON
    write_due(tmp_path, None)
    assert read_due(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "7", '{"due": 7}', '{"due": "soon"}', '{"due": "2026-12-01"}']
)
def test_a_file_that_says_no_moment_is_no_due_date(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert read_due(tmp_path) is None
    assert due_line(tmp_path) == ""


def test_the_exchange_counts_where_the_assignment_is_in_it(tmp_path: Path) -> None:
    own, released = tmp_path / "work", tmp_path / "exchange" / "storagelab" / "outbound" / "work"
    own.mkdir()
    write_due(own, NOON)
    assert find_due(own) == NOON
    released.mkdir(parents=True)
    assert find_due(own) is None  # the date was taken away
    write_due(released, NOON + timedelta(days=7))
    assert find_due(own) == NOON + timedelta(days=7)


def test_a_notebook_and_the_check_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_due(tmp_path, datetime.now(UTC) - timedelta(hours=3, minutes=1))
    open_part("cloud_titan", "access", tmp_path)
    said = capsys.readouterr().out
    assert "Nothing is locked yet. This was due " in said
    assert "(3 hours 1 minute ago): what you submit now is late." in said
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    open_part("cloud_titan", "access", tmp_path)
    assert "due" not in capsys.readouterr().out  # the same each time it is graded


def test_check_says_it_in_words_and_for_programs(release: Path) -> None:
    write_due(release, datetime.now(UTC) + timedelta(hours=5, minutes=1, seconds=40))
    said = CliRunner().invoke(command, [str(release)]).output
    assert "Due " in said
    assert "(in 5 hours 1 minute)." in " ".join(said.split())
    found = json.loads(CliRunner().invoke(command, [str(release), "--json"]).output)
    assert datetime.fromisoformat(found["due"]) == read_due(release)
    write_due(release, None)
    found = json.loads(CliRunner().invoke(command, [str(release), "--json"]).output)
    assert found["due"] is None
    assert "due" not in CliRunner().invoke(command, [str(release)]).output.lower()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A student's copy as it is released."""
    return Path(shutil.copytree(find_layout().root / "release" / "cloud_titan", tmp_path / "mine"))
