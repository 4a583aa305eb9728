"""``storagelab track check``: what an author is told of a track's file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from storagelab.cli import main
from storagelab.course.layout import Layout
from storagelab.track_files import EXTRA_TRACKS, file_text, files, variants_file

TINY = "tiny_pioneer"


@pytest.fixture
def said(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what is said of a track's text, and the exit code."""
    monkeypatch.chdir(layout.root)

    def ask(text: str, name: str = TINY, *options: str) -> tuple[int, str]:
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(main, ["track", "check", str(path), *options])
        return done.exit_code, " ".join(done.output.split())

    return ask


def edited(old: str, new: str) -> str:
    text = file_text(TINY)
    assert old in text
    return text.replace(old, new, 1)


def test_a_track_that_teaches_is_said_to_and_its_key_is_shown_with_the_words(said: Any) -> None:
    code, told = said(file_text(TINY))
    assert code == 0
    assert "It teaches its lesson." in told
    assert "FAILS" not in told
    assert "The key points to 'erase'" in told
    assert "erase is confirmed: So it is. On average a buffer's blocks are there after" in told
    assert "dsp is refuted: You took the DSP for slow." in told


def test_what_fails_is_named_with_by_how_much_and_what_to_change(said: Any) -> None:
    """A budget that nothing keeps to: the nearest decision, and the number that it misses by."""
    code, told = said(edited("runs = 10\nbudget = 1e-3", "runs = 10\nbudget = 1e-5"))
    assert code == 1
    assert "FAILS: a region of the sliders meets the targets: 0 of" in told
    assert "The nearest, {'sram_kb':" in told
    assert "misses the budget (" in told
    assert "at most 10 µW" in told
    assert "Ask for less in the targets, or let the sliders go further." in told


def test_a_key_that_moved_is_said_with_the_option_whose_words_confirm_another(said: Any) -> None:
    code, told = said(
        edited('default = 120\nanswer = "interval_s"', 'default = 1800\nanswer = "interval_s"')
    )
    assert code == 1
    assert "the answer is the one whose words confirm it" in told
    assert "the words of the reveal confirm 'up'" in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "tiny_pioneer.toml: "),
        ('name = "tiny_pioneer"\n', "tiny_pioneer.toml: Object missing required field"),
        (file_text("cloud_titan"), "name is 'cloud_titan', which isn't the file's - at `$.name`"),
    ],
)
def test_what_is_no_track_is_named_with_its_field(said: Any, text: str, says: str) -> None:
    code, told = said(text)
    assert code == 2
    assert says in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ('field = "pipeline.load.withn"', "there is nothing at 'pipeline.load.withn'"),
        ('field = "pipeline.load"', "'pipeline.load' is no single value"),
    ],
)
def test_a_field_that_varies_has_to_be_there(said: Any, field: str, says: str) -> None:
    code, told = said(edited('field = "pipeline.load.within"', field))
    assert code == 2
    assert says in told
    assert "at `$.vary`" in told


def test_outside_of_a_checkout_there_are_no_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{TINY}.toml").write_text(file_text(TINY), encoding="utf-8")
    done = CliRunner().invoke(main, ["track", "check", f"{TINY}.toml"])
    assert done.exit_code == 2
    assert "isn't inside a checkout of the course" in done.output


# --- one track's file, and the others


def test_a_file_of_ones_own_never_takes_the_place_of_one_of_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(EXTRA_TRACKS, str(tmp_path))
    (tmp_path / f"{TINY}.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "sky_farer.toml").write_text("name = ", encoding="utf-8")
    assert "sky_farer" in files()
    assert files()["sky_farer"] == tmp_path / "sky_farer.toml"
    assert files()[TINY] != tmp_path / f"{TINY}.toml"
    assert variants_file(TINY) != tmp_path / "variants" / f"{TINY}.json"
    assert variants_file("sky_farer") == tmp_path / "variants" / "sky_farer.json"


def test_a_track_that_cant_be_made_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from storagelab.course import __main__ as steps

    made = []

    def write_source(layout: Layout, track: str, folder: Path) -> list[Path]:
        (folder / track).mkdir()
        if track == "sky_farer":
            raise ValueError("sky_farer.toml: Object missing required field `title`")
        made.append(track)
        return [folder / track]

    monkeypatch.setattr(steps, "TRACKS", (TINY, "sky_farer", "cloud_titan"))
    monkeypatch.setattr(steps, "write_source", write_source)
    monkeypatch.setattr(steps, "write_release", lambda *of: [])
    layout = Layout(tmp_path)
    paths = steps.generate(layout)
    assert sorted(made) == ["cloud_titan", TINY]
    assert sorted(path.name for path in paths) == ["cloud_titan", TINY]
    assert not (layout.generated / "source" / "sky_farer").exists()
    told = capsys.readouterr().err
    assert "the track sky_farer is not made: sky_farer.toml: Object missing" in told
    # one of the package's own is a fault of the course, and is one for `make`
    monkeypatch.setattr(steps, "TRACKS", (TINY,))
    shutil.rmtree(layout.generated)
    monkeypatch.setattr(steps, "write_source", _fails)
    with pytest.raises(ValueError, match="broken"):
        steps.generate(layout)


def _fails(*of: Any) -> list[Path]:
    raise ValueError("broken")


NOTEBOOKS = """
import hashlib
from storagelab.course.generate import fill_template
from storagelab.course.layout import find_layout
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
track = load_track("tiny_pioneer")
texts = [fill_template(find_layout(), track, part) for part in PARTS.values()]
print(len(TRACKS), hashlib.sha256("".join(texts).encode()).hexdigest())
"""
"""Prints how many tracks there are, and a digest of the texts of one track's notebooks."""


def test_tracks_of_ones_own_change_no_notebook_of_the_packages(
    tmp_path: Path, layout: Layout
) -> None:
    example = layout.root / "docs" / "example_track.toml"
    shutil.copy2(example, tmp_path / "orbit_scout.toml")
    (tmp_path / "sky_farer.toml").write_text("name = ", encoding="utf-8")
    without = {name: value for name, value in os.environ.items() if name != EXTRA_TRACKS}
    (alone, beside) = (
        subprocess.run(
            [sys.executable, "-c", NOTEBOOKS],
            cwd=layout.root, env={**without, **own}, capture_output=True, text=True, check=True,
        ).stdout.split()
        for own in ({}, {EXTRA_TRACKS: str(tmp_path)})
    )  # fmt: skip
    assert int(beside[0]) == int(alone[0]) + 2
    assert beside[1] == alone[1]
