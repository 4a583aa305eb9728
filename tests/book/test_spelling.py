"""British spelling in everything that a student reads, by the tool ``typos``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from storagelab.course.answers import load_answers
from storagelab.course.layout import Layout
from storagelab.tracks import TRACKS, load_track

CONFIG = Path(__file__).parent / "typos.toml"


def misspelt(*files: Path) -> list[str]:
    """Return a line for each word that is misspelt in some files."""
    tool = Path(sys.executable).with_name("typos")
    assert tool.exists(), "typos is missing: run `make setup`"
    done = subprocess.run(
        [tool, "--config", CONFIG, "--format", "brief", "--no-ignore", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 2), done.stderr
    return done.stdout.splitlines()


def prose(value: Any) -> list[str]:
    """Return every text of a track file that is more than one word, its {names} left out."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in prose(item)]
    if isinstance(value, list):
        return [text for item in value for text in prose(item)]
    if isinstance(value, str) and " " in value:
        return [re.sub(r"\{\w+\}", "", value)]
    return []


def test_the_books_the_notebooks_and_the_readmes_words(layout: Layout) -> None:
    files = [
        *sorted((layout.root / "book").glob("*.md")),
        *sorted(layout.notebooks.glob("*.md")),
        layout.root / "README.md",
    ]
    assert len(files) > 18
    assert misspelt(*files) == []


@pytest.mark.parametrize("name", TRACKS)
def test_a_tracks_words(layout: Layout, name: str, tmp_path: Path) -> None:
    given = msgspec.to_builtins(load_track(name))
    answers = msgspec.to_builtins(load_answers(layout, name))
    for told in answers.values():
        del told["solution"]
    texts = [*prose(given), *prose(answers)]
    assert len(texts) > 100
    file = tmp_path / f"{name}.md"
    file.write_text("\n\n".join(texts), encoding="utf-8")
    assert misspelt(file) == []


def test_a_planted_slip_and_an_american_word_are_found(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("We optimize the color of teh link. `utilization`\n", encoding="utf-8")
    assert len(misspelt(file)) == 3
