from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandgrader import submission_files
from sandgrader.submission_files import read_folder


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
    handed = read_folder(tmp_path)
    assert handed.files == {}
    assert "no regular file" in handed.refused["pipe"]


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
        stream.truncate(2**40)
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
