"""The ledger keeps what was written, notices what was changed, and loses nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.ledger import (
    FILE_NAME,
    Entry,
    LedgerError,
    LedgerFullError,
    Opening,
    append_entry,
    entries_of,
    minutes_spent,
    opening_of,
    read_ledger,
    read_opening,
)

TRACK = "cloud_titan"
LOCK = {"prediction": "iops", "confidence": 0.7, "reason": ""}


def write_three(folder: Path) -> None:
    append_entry(folder, TRACK, "access", "lock", LOCK, {"cost": 1.0})
    append_entry(folder, TRACK, "access", "reveal", {"prediction": "iops"}, {"cost": 1.0})
    append_entry(folder, TRACK, "pipeline", "run", {"cache_gb": 500}, {"cost": 2.0})


def edit(folder: Path, change: Any) -> None:
    path = folder / FILE_NAME
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_folder_without_a_ledger_has_no_entries(tmp_path: Path) -> None:
    assert read_ledger(tmp_path, TRACK) == []


def test_entries_come_back_as_written_and_in_order(tmp_path: Path) -> None:
    write_three(tmp_path)
    entries = read_ledger(tmp_path, TRACK)
    assert [(entry.part, entry.kind) for entry in entries] == [
        ("access", "lock"),
        ("access", "reveal"),
        ("pipeline", "run"),
    ]
    assert entries[0].said == LOCK
    assert entries[2].model == {"cost": 2.0}
    assert entries_of(entries, "access", "lock") == entries[:1]


def test_the_file_can_be_read_by_the_instructor(tmp_path: Path) -> None:
    write_three(tmp_path)
    assert (tmp_path / FILE_NAME).stat().st_mode & stat.S_IROTH


def test_no_temporary_file_is_left(tmp_path: Path) -> None:
    write_three(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {FILE_NAME, f".{FILE_NAME}.lock"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a confidence lowered", lambda x: x["entries"][0]["said"].update(confidence=0.1)),
        ("a prediction swapped", lambda x: x["entries"][0]["said"].update(prediction="compute")),
        ("an entry taken out", lambda x: x["entries"].pop(1)),
        ("the first entry taken out", lambda x: x["entries"].pop(0)),
        ("two entries swapped", lambda x: x["entries"].insert(0, x["entries"].pop(1))),
        ("an entry doubled", lambda x: x["entries"].append(x["entries"][2])),
        ("a time moved", lambda x: x["entries"][0].update(time="2020-01-01T00:00:00+00:00")),
        ("a model's word changed", lambda x: x["entries"][2]["model"].update(cost=0.0)),
        ("an unknown field", lambda x: x["entries"][0].update(points=100)),
        ("a field missing", lambda x: x["entries"][0].pop("digest")),
        ("a wrong type", lambda x: x["entries"][0].update(sequence="one")),
    ],
)
def test_a_ledger_edited_by_hand_is_refused_in_a_sentence(
    tmp_path: Path, name: str, change: Any
) -> None:
    write_three(tmp_path)
    edit(tmp_path, change)
    with pytest.raises(LedgerError, match=r"edited by hand.*Rename ledger\.json"):
        read_ledger(tmp_path, TRACK)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "damaged"),
        (b"\x00\xff", "damaged"),
        (b'{"format": "storagelab-ledger", "version": 1, "track"', "damaged"),
        (b"[]", "damaged"),
        (b'{"format": "diary", "version": 1}', "isn't a storagelab ledger"),
        (b'{"format": "storagelab-ledger", "version": 3, "x": 1}', "a newer storagelab"),
        (b'{"format": "storagelab-ledger", "version": 0}', "an older storagelab"),
        (
            b'{"format":"storagelab-ledger","version":1,"track":"edge_guardian","entries":[]}',
            "belongs to the track 'edge_guardian'",
        ),
    ],
)
def test_an_unusable_file_is_named_and_left_as_it_is(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=says):
        read_ledger(tmp_path, TRACK)
    with pytest.raises(LedgerError, match=says):
        append_entry(tmp_path, TRACK, "access", "lock", LOCK, {})
    assert path.read_bytes() == content


def test_a_lock_without_its_fields_is_no_lock(tmp_path: Path) -> None:
    append_entry(tmp_path, TRACK, "access", "lock", {"prediction": "iops"}, {})
    with pytest.raises(LedgerError, match="is no lock"):
        read_ledger(tmp_path, TRACK)


def test_no_more_entries_than_there_may_be(tmp_path: Path) -> None:
    append_entry(tmp_path, TRACK, "access", "lock", LOCK, {}, most=1)
    with pytest.raises(LedgerFullError):
        append_entry(tmp_path, TRACK, "access", "lock", LOCK, {}, most=1)
    append_entry(tmp_path, TRACK, "pipeline", "lock", LOCK, {}, most=1)
    assert len(read_ledger(tmp_path, TRACK)) == 2


def append_twenty(folder: Path, part: str) -> None:
    for number in range(20):
        append_entry(folder, TRACK, part, "run", {"number": number}, {})


def test_two_notebooks_at_once_lose_no_entry(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=append_twenty, args=(tmp_path, part))
        for part in ("access", "pipeline")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    entries = read_ledger(tmp_path, TRACK)
    for part in ("access", "pipeline"):
        numbers = [entry.said["number"] for entry in entries_of(entries, part, "run")]
        assert numbers == list(range(20))


def test_a_writer_that_dies_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_three(tmp_path)
    before = (tmp_path / FILE_NAME).read_bytes()

    def die(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(LedgerError, match="can't be written: No space left on device"):
        append_entry(tmp_path, TRACK, "pipeline", "run", {}, {})
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {FILE_NAME, f".{FILE_NAME}.lock"}


# --- whose numbers

OPENING = Opening(17, "storagelab", "2026-11", "hub", "ada")
OLD = Path(__file__).with_name("ledger_of_version_1.json")
"""As the storagelab wrote it that knew no variants."""


def open_ledger(folder: Path, said: Any = None) -> None:
    append_entry(folder, TRACK, "", "open", said or dict(OPENING.said), {}, most=1)


def test_an_opening_comes_first_and_once(tmp_path: Path) -> None:
    open_ledger(tmp_path)
    write_three(tmp_path)
    assert opening_of(read_ledger(tmp_path, TRACK)) == OPENING
    assert json.loads((tmp_path / FILE_NAME).read_text())["version"] == 2
    with pytest.raises(LedgerFullError):
        open_ledger(tmp_path)
    assert len(read_ledger(tmp_path, TRACK)) == 4


def test_an_opening_takes_no_time_of_a_part(tmp_path: Path) -> None:
    open_ledger(tmp_path)
    append_entry(tmp_path, TRACK, "access", "lock", LOCK, {})
    assert minutes_spent(read_ledger(tmp_path, TRACK), "access") == 0


def test_a_ledger_of_version_1_goes_on_and_every_older_digest_stays(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(OLD.read_bytes())
    before = json.loads(OLD.read_text())
    assert before["version"] == 1
    old = read_ledger(tmp_path, TRACK)
    assert opening_of(old) is None
    assert path.read_bytes() == OLD.read_bytes()  # reading is no reason to write
    with pytest.raises(LedgerFullError):
        open_ledger(tmp_path)
    append_entry(tmp_path, TRACK, "pipeline", "lock", LOCK, {})
    now = json.loads(path.read_text())
    assert now["version"] == 2
    assert now["entries"][:-1] == before["entries"]
    assert now["entries"][-1]["previous"] == before["entries"][-1]["digest"]
    assert read_ledger(tmp_path, TRACK)[:-1] == old


@pytest.mark.parametrize(
    "said",
    [
        {},
        {**OPENING.said, "variant": "17"},
        {**OPENING.said, "variant": True},
        {**OPENING.said, "variant": -1},
        {**OPENING.said, "term": 2026},
    ],
)
def test_an_opening_without_its_fields_is_none(tmp_path: Path, said: Any) -> None:
    append_entry(tmp_path, TRACK, "", "open", {"variant": 0, **said}, {})
    with pytest.raises(LedgerError, match="entry 1 is no opening"):
        read_ledger(tmp_path, TRACK)
    assert read_opening(tmp_path, TRACK) is None


def test_who_spoils_an_entry_keeps_the_numbers_and_who_spoils_the_opening_doesnt(
    tmp_path: Path,
) -> None:
    open_ledger(tmp_path)
    write_three(tmp_path)
    edit(tmp_path, lambda x: x["entries"][1]["said"].update(confidence=0.1))
    edit(tmp_path, lambda x: x["entries"][2].update(kind="dream"))
    with pytest.raises(LedgerError, match="edited by hand"):
        read_ledger(tmp_path, TRACK)
    assert read_opening(tmp_path, TRACK) == OPENING
    assert read_opening(tmp_path, "edge_guardian") is None
    edit(tmp_path, lambda x: x["entries"][0]["said"].update(variant=5))
    assert read_opening(tmp_path, TRACK) is None


# --- time


def written(part: str, time: str) -> Entry:
    return Entry(1, time, part, "run", {}, {}, "", "")


def test_minutes_are_counted_between_a_parts_entries_and_longer_pauses_are_left_out() -> None:
    begin = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    at = {"access": [0, 4, 200, 203], "pipeline": [300, 330, 331], "checkpoint": [900]}
    entries = [
        written(part, (begin + timedelta(minutes=minute)).isoformat())
        for part, minutes in at.items()
        for minute in minutes
    ]
    assert [minutes_spent(entries, part) for part in at] == [7, 31, 0]


def test_a_clock_that_is_put_back_takes_no_time_away() -> None:
    times = ("2026-11-23T09:10:00", "?", "2026-11-23T09:00:00+00:00", "2026-11-23T09:05:00+00:00")
    assert minutes_spent([written("access", time) for time in times], "access") == 5


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = written("access", text).written
    assert time is None or time.tzinfo is not None
