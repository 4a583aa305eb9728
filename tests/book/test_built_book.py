"""The built book, read as files: no answer in it, and nothing loaded from another host."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from storagelab.course.release import SECRET_MARKS

LOADS = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("object", "data"),
    ("embed", "src"),
}
IDLE_LINKS = {"canonical", "alternate", "index", "search", "next", "prev", "author", "copyright"}
"""Relations of <link> for which a browser loads nothing."""


@pytest.fixture(scope="module")
def book(layout, make) -> Path:
    make("book")
    return layout.root / "build" / "book" / "_build" / "html"


class Loads(HTMLParser):
    """Collects the addresses that a browser would load from a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "link" and set((given.get("rel") or "").split()) & IDLE_LINKS:
            return
        self.addresses += [
            value for name, value in attributes if (tag, name) in LOADS and value is not None
        ]


def foreign_loads(folder: Path) -> list[str]:
    found = []
    for page in sorted(folder.rglob("*.html")):
        parser = Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        found += [f"{page.name}: {a}" for a in parser.addresses if re.match(r"(https?:)?//", a)]
    for sheet in sorted(folder.rglob("*.css")):
        text = sheet.read_text(encoding="utf-8")
        found += [
            f"{sheet.name}: {a}"
            for a in re.findall(r"(?:url\(|@import\s)['\"]?((?:https?:)?//[^)'\"\s]+)", text)
        ]
    return found


def secrets_in(folder: Path, secrets: list[str]) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".html", ".md", ".ipynb", ".js", ".txt", ".json"):
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(folder)}: {secret}" for secret in secrets if secret in text]
    return found


@pytest.fixture(scope="module")
def secrets(layout) -> list[str]:
    text = (layout.notebooks / "keys.py").read_text(encoding="utf-8")
    return [*SECRET_MARKS, *re.findall(r"^def (\w+\()", text, re.MULTILINE)]


def test_no_answer_is_in_the_book(book, secrets):
    assert len(secrets) > 8
    assert secrets_in(book, secrets) == []


def test_a_planted_answer_is_found(tmp_path, secrets):
    (tmp_path / "_sources").mkdir()
    (tmp_path / "_sources" / "part.md").write_text("### BEGIN HIDDEN TESTS\nleast_cost(track)")
    found = secrets_in(tmp_path, secrets)
    assert [line.split(": ")[1] for line in found] == ["BEGIN HIDDEN TESTS", "least_cost("]


def test_nothing_is_loaded_from_another_host(book):
    assert len(list(book.rglob("*.html"))) >= 8
    assert foreign_loads(book) == []


def test_a_planted_foreign_load_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<script src="https://cdn.example/x.js"></script><a href="//b">')
    (tmp_path / "a.css").write_text("@import '//fonts.example/f.css'; a { background: url(//c/d) }")
    assert len(foreign_loads(tmp_path)) == 3


def test_no_page_shows_an_error_or_an_unfilled_number(book):
    for page in book.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "Traceback (most recent call last)" not in text
        assert "{glue:" not in text
        assert "glue:text" not in text


def test_mark_down_tables_are_tables(book):
    text = (book / "part1_access.html").read_text(encoding="utf-8")
    assert re.search(r"<table[^>]*>.*?Hard disk", text, re.DOTALL)
