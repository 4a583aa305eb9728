"""``storagelab lab``: a copy is made where there is none, and a student's work is never touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from storagelab.course.layout import Layout
from storagelab.labs import handout
from storagelab.tracks import TRACKS

TRACK = "tiny_pioneer"


def call(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(handout.command, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("track", TRACKS)
def test_a_copy_is_the_release_and_it_says_where(layout: Layout, here: Path, track: str) -> None:
    said = call(track, "--no-open")
    assert contents(here / track) == contents(layout.release / track)
    assert f"Your copy is in {here / track}: 1_access.ipynb" in said


def test_a_students_work_is_left_alone_and_what_was_deleted_comes_anew(
    layout: Layout, here: Path
) -> None:
    call(TRACK, "--no-open")
    folder = here / TRACK
    (folder / "1_access.ipynb").write_text("mine", encoding="utf-8")
    (folder / "ledger.json").write_text("mine too", encoding="utf-8")
    (folder / "3_checkpoint.ipynb").unlink()
    (folder / "3_checkpoint.ipynb").symlink_to("nowhere")  # a link is somebody's, too
    assert "Nothing in it was changed." in call(TRACK, "--no-open")
    assert (folder / "1_access.ipynb").read_text(encoding="utf-8") == "mine"
    assert (folder / "3_checkpoint.ipynb").is_symlink()
    (folder / "3_checkpoint.ipynb").unlink()
    assert "3_checkpoint.ipynb is new; the rest wasn't changed." in call(TRACK, "--no-open")
    assert contents(folder) == {
        **contents(layout.release / TRACK),
        "1_access.ipynb": b"mine",
        "ledger.json": b"mine too",
    }


def test_called_from_inside_the_copy_it_is_the_same_copy(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(TRACK, "--no-open")
    monkeypatch.chdir(here / TRACK)
    assert "Nothing in it was changed." in call(TRACK, "--no-open")


def test_another_folder_and_another_release(here: Path) -> None:
    own = here / "release" / "orbit_scout"
    own.mkdir(parents=True)
    (own / "1_access.ipynb").write_bytes(b"own")
    (own / "answers.txt").write_bytes(b"no notebook")
    call("orbit_scout", "--release", "release", "--folder", "deep/er", "--no-open")
    assert contents(here / "deep" / "er") == {"1_access.ipynb": b"own"}


def test_what_cant_be_copied_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = call("nowhere", "--no-open", code=handout.NOT_OPENED)
    assert "no notebooks of 'nowhere'; there are cloud_titan, edge_guardian" in said
    (here / TRACK).write_text("a file", encoding="utf-8")
    assert "can't be copied" in call(TRACK, "--no-open", code=handout.NOT_OPENED)
    assert (here / TRACK).read_text(encoding="utf-8") == "a file"
    monkeypatch.setattr(handout, "_releases", list)
    assert "This installation has no notebooks." in call(TRACK, "--no-open", code=2)


def test_jupyterlab_starts_in_the_copy_with_the_first_notebook_and_the_options(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyterlab import labapp  # takes a second

    started: list[Any] = []

    def launch(arguments: list[str]) -> None:
        started.append((Path.cwd(), arguments))

    monkeypatch.setattr(labapp.LabApp, "launch_instance", launch)
    call(TRACK, "--", "--port", "8899")
    monkeypatch.chdir(here)
    call("--", "--port", "8899")
    assert [where for where, _ in started] == [here / TRACK, here / TRACKS[0]]
    for _, arguments in started:
        assert arguments[0] == "1_access.ipynb"
        assert arguments[-2:] == ["--port", "8899"]
