"""Every page of the book in Firefox, from its files: another engine, which refuses other things."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .chromium import find_program
from .conftest import KNOWN_NOISE

pytestmark = [pytest.mark.full, pytest.mark.nightly]
SCRIPT = Path(__file__).with_name("firefox.js")
PATIENCE = 1800
"""Seconds for all pages; they take some two minutes."""


def find_firefox() -> str:
    path = find_program("STORAGELAB_FIREFOX", "firefox-esr", "firefox")
    if path is not None:
        return path
    pytest.fail("Firefox is needed: run .ci/firefox, or set STORAGELAB_FIREFOX to the path of one")


@pytest.fixture(scope="module")
def seen(book_folder: Path) -> dict[str, dict[str, Any]]:
    """Return what Firefox found on each page, by name."""
    order = {
        "executable": find_firefox(),
        "folder": str(book_folder),
        "pages": sorted(path.stem for path in book_folder.glob("*.html")),
    }
    done = subprocess.run(
        [Path(sys.prefix) / "bin" / "node", SCRIPT],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    assert sorted(found) == order["pages"]
    return found


def failing(seen: dict[str, dict[str, Any]], is_right: Any) -> dict[str, Any]:
    return {name: page for name, page in seen.items() if not is_right(page)}


def test_every_page_loads_without_an_error(seen: dict[str, dict[str, Any]]) -> None:
    def grave(page: dict[str, Any]) -> list[str]:
        return [said for said in page["errors"] if not any(word in said for word in KNOWN_NOISE)]

    assert failing(seen, lambda page: page["heading"] == 1 and not grave(page)) == {}


def test_every_figure_is_there_at_once_comes_to_life_and_answers_a_key(
    seen: dict[str, dict[str, Any]],
) -> None:
    assert sum(bool(page["views"]) for page in seen.values()) > 15
    assert failing(seen, lambda page: page["live"] == page["views"]) == {}
    assert failing(seen, lambda page: page["stills"] or not page["views"]) == {}
    assert failing(seen, lambda page: page["moves"] or page["moves"] is None) == {}
    assert sum(page["moves"] is True for page in seen.values()) > 15


def test_icons_and_formulas_are_drawn(seen: dict[str, dict[str, Any]]) -> None:
    assert failing(seen, lambda page: page["icons"] == [] and page["formulas"] == 0) == {}
