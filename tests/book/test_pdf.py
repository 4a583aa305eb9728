"""The PDF has the whole book in it, and every link of a page leads to a place in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pdf import assembled, main


@pytest.fixture(scope="module")
def whole(book: Path) -> BeautifulSoup:
    return BeautifulSoup(assembled(book), "html.parser")


def test_every_page_is_in_it_once_and_in_order(whole: BeautifulSoup, chapters: list[str]) -> None:
    found = [str(item["id"]) for item in whole.select("section.storagelab-chapter")]
    assert found == chapters
    listed = [str(item["href"]) for item in whole.select(".storagelab-contents a")]
    assert listed == [f"#{name}" for name in chapters]


def test_what_refers_to_something_finds_it(whole: BeautifulSoup, chapters: list[str]) -> None:
    names = [str(item["id"]) for item in whole.find_all(id=True)]
    assert len(set(names)) == len(names)
    for item in whole.find_all(True):
        for name in ("href", "xlink:href"):
            link = str(item.get(name, ""))
            if link.startswith("#"):
                assert link[1:] in names, link
            page = re.fullmatch(r"([\w-]+)\.html(#.*)?", link)
            assert page is None or page[1] not in chapters, link
        for value in item.attrs.values():
            for place in re.findall(r"url\(['\"]?#([^'\")]+)", str(value)):
                assert place in names, place


def test_every_view_is_there_as_a_picture_and_nothing_runs(
    whole: BeautifulSoup, book: Path, chapters: list[str]
) -> None:
    views = sum(
        (book / f"{name}.html").read_text(encoding="utf-8").count("widget-view+json")
        for name in chapters
    )
    assert len(whole.select(".storagelab-still")) == views > 20
    assert not whole.find_all("script")
    assert not whole.select("[inert]")


def test_a_book_that_is_not_built_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make book"):
        main(tmp_path, tmp_path / "book.pdf")


@pytest.mark.nightly
def test_it_is_printed(book: Path, tmp_path: Path) -> None:
    target = tmp_path / "book.pdf"
    main(book, target)
    data = target.read_bytes()
    assert data.startswith(b"%PDF")
    assert int(max(re.findall(rb"/Count (\d+)", data), key=int)) > 100
