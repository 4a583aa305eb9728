"""The built book, read as files: no answer in it, and nothing loaded from another host."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import keys
import pytest

from storagelab.course.layout import Layout
from storagelab.course.release import SECRET_MARKS
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from tests.leaks import secrets_in, texts_of_answers

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


READ = (".html", ".md", ".ipynb", ".js", ".txt", ".json", ".py")


@pytest.fixture(scope="module")
def marks(layout: Layout) -> list[str]:
    """What only an instructor's file has: the marks of hidden cells, the functions of the keys."""
    text = (layout.notebooks / "keys.py").read_text(encoding="utf-8")
    return [*SECRET_MARKS, *re.findall(r"^def (\w+\()", text, re.MULTILINE), "least cost"]


@pytest.fixture(scope="module")
def answers(layout: Layout) -> list[str]:
    """Every answer of every track, as the instructor's guide has them."""
    told = texts_of_answers(layout)
    for name in TRACKS:
        track = load_track(name)
        for part in PARTS.values():
            content = part.of(track)
            decision = keys.as_decision(track, part, keys.least_cost(track, part))
            told += [repr(decision), json.dumps(decision)]
            told += [part.words(track, option.words) for option in content.question.options]
            told += [option.belief for option in content.question.options]
    return told


def test_no_answer_is_in_the_book(book: Path, marks: list[str], answers: list[str]) -> None:
    assert len(marks) > 8
    assert len(answers) > 150
    assert secrets_in(book, [*marks, *answers], READ) == []


def test_a_planted_answer_is_found(tmp_path: Path, marks: list[str], answers: list[str]) -> None:
    (tmp_path / "_sources").mkdir()
    page = tmp_path / "_sources" / "part.md"
    page.write_text("### BEGIN HIDDEN TESTS\nleast_cost(track)")
    found = secrets_in(tmp_path, marks)
    assert [line.split(": ")[1] for line in found] == ["BEGIN HIDDEN TESTS", "least_cost("]
    page.unlink()
    for index, answer in enumerate(answers):
        tagged = answer.replace(" ", " <em>", 1).replace("'", "&#39;")
        (tmp_path / f"{index}.html").write_text(f"<p>So {tagged}</p>", encoding="utf-8")
    assert len({line.split(": ")[0] for line in secrets_in(tmp_path, answers)}) == len(answers)


def test_nothing_is_loaded_from_another_host(book: Path) -> None:
    assert len(list(book.rglob("*.html"))) >= 8
    assert foreign_loads(book) == []


def test_a_planted_foreign_load_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<script src="https://cdn.example/x.js"></script><a href="//b">'
    )
    (tmp_path / "a.css").write_text("@import '//fonts.example/f.css'; a { background: url(//c/d) }")
    assert len(foreign_loads(tmp_path)) == 3


def test_no_page_knows_a_kernel_elsewhere(book: Path) -> None:
    pages = sorted(book.glob("*.html"))
    assert len(pages) > 15
    for path in pages:
        text = path.read_text(encoding="utf-8").lower()
        assert "thebe" not in text, path.name
        assert "binder" not in text, path.name
