from __future__ import annotations

import base64
import contextlib
import os
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandgrader import submission_files
from sandgrader.submission_files import (
    TIMESTAMP,
    CarriedFiles,
    moment_of,
    plain_name,
    read_folder,
    read_moment,
    why_no_folder,
)


def test_files_come_with_their_folders(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b.bin").write_bytes(bytes(range(256)))
    handed = read_folder(tmp_path)
    assert handed.files == {"a.txt": b"a", "deep/er/b.bin": bytes(range(256))}
    assert handed.refused == {}


def test_links_of_every_kind_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("the key")
    folder = tmp_path / "handed"
    folder.mkdir()
    (folder / "file.txt").symlink_to(secret / "key.txt")
    (folder / "folder").symlink_to(secret)
    (folder / "up").symlink_to("..")
    (folder / "nowhere").symlink_to("gone")
    handed = read_folder(folder)
    assert handed.files == {}
    assert set(handed.refused) == {"file.txt", "folder", "up", "nowhere"}


def test_a_pipe_and_a_socket_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(tmp_path):
        listening.bind("socket")  # by a short path: a long one can't be
    handed = read_folder(tmp_path)
    assert handed.files == {}
    assert "no regular file" in handed.refused["pipe"]
    assert "no regular file" in handed.refused["socket"]


def test_what_is_too_large_is_left_and_the_rest_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission_files, "LARGEST_FILE", 100)
    monkeypatch.setattr(submission_files, "LARGEST_FOLDER", 150)
    (tmp_path / "a").write_bytes(bytes(101))
    (tmp_path / "b").write_bytes(bytes(100))
    (tmp_path / "c").write_bytes(bytes(51))
    (tmp_path / "d").write_bytes(bytes(50))
    handed = read_folder(tmp_path)
    assert {name: len(content) for name, content in handed.files.items()} == {"b": 100, "d": 50}
    assert "too large" in handed.refused["a"]


def test_a_file_of_holes_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as stream:
        stream.truncate(10 * 2**40)
    assert "too large" in read_folder(tmp_path).refused["holes"]


def test_too_many_files_are_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission_files, "MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}").write_bytes(b"")
    handed = read_folder(tmp_path)
    assert sorted(handed.files) == ["0", "1", "2"]
    assert sorted(handed.refused) == ["3", "4"]


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe")).write_bytes(b"x")
    handed = read_folder(tmp_path)
    assert handed.files == {}
    assert len(handed.refused) == 1


def test_ignored_names_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_bytes(b"")
    (tmp_path / "x.pyc").write_bytes(b"")
    (tmp_path / "x.py").write_bytes(b"")
    handed = read_folder(tmp_path, ["*.pyc", "__pycache__"])
    assert list(handed.files) == ["x.py"]
    assert handed.refused == {}


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    assert "can't be read" in read_folder(tmp_path / "gone").refused["."]


def test_many_small_files_in_a_hidden_folder_take_no_notebooks_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission_files, "MOST_FILES", 4)
    (tmp_path / ".env" / "lib").mkdir(parents=True)
    for number in range(21):
        (tmp_path / ".env" / "lib" / f"{number:04}.py").write_bytes(b"")
    for name in ("zz.ipynb", "a.txt", "ledger.json", TIMESTAMP):
        (tmp_path / name).write_bytes(b"soon")
    handed = read_folder(tmp_path, first=["ledger.json"])
    assert set(handed.files) == {"zz.ipynb", "a.txt", "ledger.json", TIMESTAMP}
    assert handed.notes() == [
        ".env/lib/0000.py is one of more than 4 files; so it is with 20 more",
        f"{TIMESTAMP} says no time: the submission counts as in time",
    ]


def test_folders_without_number_are_looked_at_to_a_limit_and_notebooks_still_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission_files, "MOST_ENTRIES", 50)
    for number in range(100):
        (tmp_path / "many" / f"{number}").mkdir(parents=True)
    (tmp_path / "work.ipynb").write_bytes(b"{}")
    handed = read_folder(tmp_path)
    assert set(handed.files) == {"work.ipynb"}
    assert "more than 50 files and folders" in handed.refused["many"]


def test_what_is_left_out_is_said_in_a_few_lines(tmp_path: Path) -> None:
    for number in range(submission_files.MOST_FILES + 500):
        (tmp_path / f"{number:04}").write_bytes(b"")
        (tmp_path / f"link{number:04}").symlink_to("nowhere")
    notes = read_folder(tmp_path).notes()
    assert len(notes) == 2
    assert all(len(note) < 200 for note in notes)


def test_control_characters_of_a_name_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "\x1b[2Jwiped\n").symlink_to("nowhere")
    (note,) = read_folder(tmp_path).notes()
    assert note.startswith("\\x1b[2Jwiped\\x0a is a link")


def test_names_of_255_bytes_and_deep_folders_come_or_are_told(tmp_path: Path) -> None:
    (tmp_path / ("n" * 255)).write_bytes(b"long")
    here = tmp_path
    with contextlib.chdir(here):
        for _ in range(40):
            Path("d" * 100).mkdir()
            os.chdir("d" * 100)
        Path("bottom").write_bytes(b"")
    handed = read_folder(tmp_path)
    assert set(handed.files) == {"n" * 255}
    assert [*handed.refused.values()] == ["has too long a path"]


def test_what_is_no_submissions_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    assert why_no_folder(tmp_path / "folder") == ""
    assert "is a link" in why_no_folder(tmp_path / "link")
    assert "no folder" in why_no_folder(tmp_path / "file")
    assert "no folder" in why_no_folder(tmp_path / "pipe")
    assert "can't be read" in why_no_folder(tmp_path / "gone")


NAMES = st.binary(min_size=1, max_size=40).filter(
    lambda name: not {b"/"[0], 0} & set(name) and name not in (b".", b"..")
)
KINDS = st.sampled_from(["file", "folder", "link", "pipe", "closed", "holes", "deep"])


@given(
    st.dictionaries(NAMES | st.just(TIMESTAMP.encode()) | st.just(b"1.ipynb"), KINDS, max_size=8)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_folder_stops_its_reading(tmp_path: Path, entries: dict[bytes, str]) -> None:
    folder = Path(os.fsdecode(os.path.join(bytes(tmp_path), os.urandom(8).hex().encode())))
    folder.mkdir()
    for name, kind in entries.items():
        path = os.path.join(bytes(folder), name)
        if kind == "folder":
            os.mkdir(path)
        elif kind == "deep":
            os.makedirs(os.path.join(path, *[b"d"] * 30))
        elif kind == "link":
            os.symlink(b"../" + name, path)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            with open(path, "wb") as stream:
                stream.truncate(2**42 if kind == "holes" else 3)
            os.chmod(path, 0 if kind == "closed" else 0o600)
    handed = read_folder(folder)
    read_moment(folder)
    assert all(plain_name(name) == name for name in handed.files)
    assert all(note.isprintable() for note in handed.notes())


# --- moments


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"2026-02-04 15:00:00 UTC", datetime(2026, 2, 4, 15)),
        (b"\xef\xbb\xbf2026-02-04 15:00:00 UTC\r\n", datetime(2026, 2, 4, 15)),
        (b"2026-02-04 15:00:00+0100\n", datetime(2026, 2, 4, 14)),
        (b"yesterday, honestly", None),
        (b"0000-01-01 00:00:00 UTC", None),
        (b"0001-01-01 00:00:00 +1400", None),
        (b"99999-01-01 00:00:00 UTC", None),
        (b"2026-02-04 15:00:00 " + b"9" * 100, None),
        (b"2026-02-04 15:00:00 UTC\xff", None),
        (b"", None),
        (b" " * 5_000_000, None),
        (b"9" * 5_000_000, None),
    ],
)
def test_a_moment_is_read_or_there_is_none(content: bytes, expected: datetime | None) -> None:
    assert moment_of(content) == (expected.isoformat() if expected else "")


@given(
    st.binary(max_size=60) | st.text(alphabet="0123456789-:+TZ UC./", max_size=40).map(str.encode)
)
def test_no_content_of_a_timestamp_raises(content: bytes) -> None:
    moment = moment_of(content)
    assert moment == "" or datetime.fromisoformat(moment)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "holes"])
def test_a_timestamp_that_is_no_file_says_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / TIMESTAMP
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
        (path / "inside").write_bytes(b"")
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as stream:
            stream.truncate(2**43)
    assert read_moment(tmp_path) == ""
    handed = read_folder(tmp_path)
    assert handed.files == {}
    assert set(handed.refused) == {TIMESTAMP}


# --- names and evidence


@pytest.mark.parametrize(
    "name",
    ["ledger.json", "./ledger.json", ".//ledger.json", "ledger.json/", "LEDGER.json",
     "ledger.json/inside", "./ledger.json/./inside", "\uff4cedger.json",
     "timestamp.txt", "./timestamp.txt", "Timestamp.TXT", "timestamp.txt/inside"],
)  # fmt: skip
def test_evidence_and_the_moment_stay_as_they_were_handed_in(name: str) -> None:
    handed = {"ledger.json": b"mine", TIMESTAMP: b"then"}
    carried = CarriedFiles(handed, {}, evidence=["./ledger.json"])
    assert carried.take({name: base64.b64encode(b"forged").decode(), "more": "bQ=="}) == {
        "more": "bQ=="
    }
    assert carried.files == {**handed, "more": b"m"}
    assert carried.fixed == {"ledger.json": b"mine"}


def test_evidence_that_was_not_handed_in_is_not_made_either() -> None:
    carried = CarriedFiles({}, {}, evidence=["data/log.json"])
    forged = base64.b64encode(b"forged").decode()
    assert carried.take({"data/log.json": forged, "data": forged}) == {}
    assert carried.files == {}
    assert carried.fixed == {"data/log.json": None}


@pytest.mark.parametrize(
    "name",
    ["../up", "a/../ledger.json", "/etc/passwd", "", ".", "nul\0", "n" * 256, "\ud800",
     "/".join(["deep"] * 21), "/".join(["n" * 200] * 6)],
)  # fmt: skip
def test_names_that_lead_out_or_are_none_are_passed_over(name: str) -> None:
    carried = CarriedFiles({}, {})
    assert carried.take({name: "bQ=="}) == {}
    assert carried.files == {}


@pytest.mark.parametrize("sent", [None, [], "x", {"a": 5}, {"a": "bad"}, {"a": None}])
def test_what_is_no_files_is_passed_over(sent: Any) -> None:
    carried = CarriedFiles({}, {})
    assert carried.take(sent) == {}


def test_what_cells_made_of_a_file_takes_its_place_but_never_the_courses() -> None:
    carried = CarriedFiles({"notes.txt": b"1", "data/one": b"1"}, {"helper.py": b"ours"})
    made = base64.b64encode(b"2").decode()
    carried.take({"notes.txt/inside": made, "data": made, "helper.py/inside": made})
    assert carried.files == {"helper.py": b"ours", "notes.txt/inside": b"2", "data": b"2"}


def test_a_students_file_is_not_in_the_way_of_the_courses_own() -> None:
    handed = {"data": b"mine", "helper.py/x": b"mine", "own.csv": b"mine", "kept.py": b"mine"}
    beside = {"data/x.csv": b"ours", "helper.py": b"ours", "own.csv": b"ours", "kept.py": b"ours"}
    carried = CarriedFiles(handed, beside, kept=["kept.py"])
    assert carried.files == {**beside, "kept.py": b"mine"}


def test_what_cells_write_is_carried_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission_files, "LARGEST_FOLDER", 10)
    monkeypatch.setattr(submission_files, "MOST_FILES", 2)
    carried = CarriedFiles({"a": b"12345"}, {})
    small, large = base64.b64encode(b"12").decode(), base64.b64encode(b"123456").decode()
    carried.take({"b": large, "c": small, "d": small, "a": small})
    assert carried.files == {"a": b"12", "c": b"12"}
