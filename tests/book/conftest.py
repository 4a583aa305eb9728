"""What the tests of the book share: the built book, its pages' words, and its tables' module."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from bs4 import BeautifulSoup

from storagelab.course.layout import Layout


@pytest.fixture(scope="session")
def book(layout: Layout, make: Callable[[str], None]) -> Path:
    make("book")
    return layout.root / "build" / "book" / "_build" / "html"


@pytest.fixture(scope="session")
def chapters(layout: Layout) -> list[str]:
    """Return the name of every page in the table of contents, the first page first."""
    contents = yaml.safe_load((layout.root / "book" / "_toc.yml").read_text(encoding="utf-8"))

    def below(item: dict) -> list[str]:
        names = [item["file"]] if "file" in item else []
        for child in (*item.get("chapters", ()), *item.get("sections", ())):
            names += below(child)
        return names

    return [contents["root"], *(name for part in contents["parts"] for name in below(part))]


@pytest.fixture(scope="session")
def soups(book: Path, chapters: list[str]) -> dict[str, BeautifulSoup]:
    return {
        name: BeautifulSoup((book / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        for name in chapters
    }


def words_of(soup: BeautifulSoup, but: str = "script, style, title, .math, pre, code") -> str:
    """Return the words of a page's article as they are read, without code and mathematics."""
    article = BeautifulSoup(str(soup.select_one("article")), "html.parser")
    for item in article.select(but):
        item.decompose()
    return " ".join(article.get_text(" ").split())


@pytest.fixture(scope="session")
def tables(layout: Layout) -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", layout.root / "book" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
