"""Every page of the built book: whole, filled, linked, and with a name for each figure."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

import storagelab
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_count, format_time

from .conftest import words_of

TERMS = (
    "request size", "latency", "bandwidth", "throughput", "iops", "knee", "queue depth",
    "little's law", "mva", "read-ahead", "prefetch", "tail latency", "p99", "straggler", "epoch",
    "cold epoch", "warm epoch", "shard", "shuffle buffer", "displacement", "hit rate", "lru",
    "pinning", "write amplification", "garbage collection", "over-provisioning", "erase suspend",
    "wear", "endurance", "checkpoint", "dump", "mtbf", "goodput", "young-daly",
)  # fmt: skip
"""What the glossary has to explain, in small letters."""


def typographic(text: str) -> str:
    """Return text with plain quotes and no marks of emphasis, in one line."""
    plain = text.translate(str.maketrans("‘’“”", "''\"\""))
    return " ".join(plain.replace("*", "").split())


def test_every_page_of_the_contents_is_built_and_has_one_heading_of_its_own(
    soups: dict[str, BeautifulSoup],
) -> None:
    assert len(soups) >= 15
    for name, soup in soups.items():
        assert len(soup.select("article h1")) == 1, name


def test_no_page_shows_an_error_or_an_unfilled_number(
    book: Path, soups: dict[str, BeautifulSoup]
) -> None:
    for name, soup in soups.items():
        text = (book / f"{name}.html").read_text(encoding="utf-8")
        for mark in ("Traceback (most recent call last)", "{glue:", "glue:text", "{term}", "{doc}"):
            assert mark not in text, name
        words = words_of(soup)
        if name == "functions":  # it speaks of Python, where None and NaN are words
            continue
        assert re.findall(r"[{}]|<<|>>|\[\[", words) == [], name
        assert re.findall(r"\b(?:nan|inf|None|undefined|NaN (?!and infinity))\b", words) == [], name


def test_no_widgets_state_has_a_number_that_is_none(book: Path) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} in a page's widget state")

    scripts = list((book / "models").glob("*.js"))
    assert len(scripts) >= 8
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        json.loads(text[text.index("[") :].rstrip(";\n"), parse_constant=refuse)


def test_every_table_has_a_head_and_every_picture_a_name(soups: dict[str, BeautifulSoup]) -> None:
    for name, soup in soups.items():
        for table in soup.select("article table"):
            assert table.select("th[scope], thead th"), name
            assert not any(len(row.find_all(["td", "th"])) == 0 for row in table.select("tr")), name
        for picture in soup.select('article svg[role="img"]'):
            assert picture.title.string, name
            assert picture.desc.string, name
        for picture in soup.select("article img"):
            assert picture.get("alt"), name
        for button in soup.select("article summary"):
            assert button.get_text(strip=True), name


def broken_links(folder: Path) -> list[str]:
    """Return every link of the pages in a folder that leads to no file, or to no place in one."""
    soups = {
        path.resolve(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(folder.glob("*.html"))
    }
    places = {
        path: {item.get("id") or item.get("name") for item in soup.select("[id], a[name]")}
        for path, soup in soups.items()
    }
    broken = []
    for path, soup in soups.items():
        for item in soup.select("a[href], link[href], img[src], script[src]"):
            address = str(item.get("href") or item.get("src") or "")
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or address in ("#", ""):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            missing = not target.is_file()
            place = unquote(parts.fragment)
            if not missing and place and target in places:
                missing = place not in places[target]
            if missing:
                broken.append(f"{path.name}: {address}")
    return broken


def test_every_link_inside_the_book_leads_somewhere(book: Path) -> None:
    ours = [line for line in broken_links(book) if not line.startswith(("genindex", "search"))]
    assert ours == []


def test_a_planted_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="top"></h1><a href="#top"></a><a href="#gone"></a><a href="b.html"></a>'
        '<a href="a.html#top"></a><a href="https://example.org/x"></a><img src="no.png">'
    )
    assert broken_links(tmp_path) == ["a.html: #gone", "a.html: b.html", "a.html: no.png"]


def test_mark_down_tables_are_tables(book: Path) -> None:
    text = (book / "part1_access.html").read_text(encoding="utf-8")
    assert re.search(r"<table[^>]*>.*?Hard disk", text, re.DOTALL)


# --- the tracks


@pytest.mark.parametrize("name", TRACKS)
def test_a_tracks_chapter_tells_its_three_crises_under_their_headings(
    soups: dict[str, BeautifulSoup], name: str
) -> None:
    track, soup = load_track(name), soups[f"track_{name}"]
    words = typographic(words_of(soup))
    headings = [item.get_text() for item in soup.select("article h2")]
    assert track.persona.name in soup.select_one("article h1").get_text()
    assert track.mission in words
    for part in PARTS.values():
        content = part.of(track)
        assert any(f"Part {part.number}: {content.title}" in heading for heading in headings)
        told = typographic(part.words(track, content.crisis))
        assert told in words


@pytest.mark.parametrize("name", TRACKS)
def test_a_tracks_chapter_says_first_what_to_lock(
    soups: dict[str, BeautifulSoup], name: str
) -> None:
    track, soup = load_track(name), soups[f"track_{name}"]
    assert soup.select_one("article h2").get_text().startswith("Lock these first")
    words = typographic(words_of(soup))
    for part in PARTS.values():
        asked = typographic(part.words(track, part.of(track).question.text))
        assert asked in words
        assert words.index(asked) < words.index("The hierarchy")


@pytest.mark.parametrize("name", TRACKS)
def test_a_tracks_chapter_gives_a_source_for_each_price_and_device(
    soups: dict[str, BeautifulSoup], tables: ModuleType, name: str
) -> None:
    track = load_track(name)
    words = typographic(words_of(soups[f"track_{name}"]))
    for price in track.prices.values():
        assert typographic(price.source) in words
        assert price.date in words
    for device in tables.devices_of(track):
        assert f"{device.evidence}: {typographic(device.source)}" in words
    assert typographic(track.dataset.source) in words
    assert typographic(track.node.source) in words


def test_the_page_of_choice_leads_to_every_track(soups: dict[str, BeautifulSoup]) -> None:
    soup = soups["tracks"]
    for name in TRACKS:
        (row,) = [
            row
            for row in soup.select("table.storagelab-prose tbody tr")
            if row.select(f'th a[href="track_{name}.html"]')
        ]
        told = row.get_text(" ")
        track = load_track(name)
        assert track.persona.name in told
        assert track.persona.team in told
        assert all(len(cell.get_text()) > 10 for cell in row.select("td"))


LAWS = ("part1_access", "part2_pipeline", "part3_checkpoint")


@pytest.mark.parametrize(("page", "part"), list(zip(LAWS, PARTS.values(), strict=True)))
def test_each_chapter_is_one_of_a_textbook(
    soups: dict[str, BeautifulSoup], page: Any, part: Any
) -> None:
    """Objectives, figures that say what is fixed, self-checks, a summary, and what to read."""
    article = soups[page].select_one("article")
    headings = [item.get_text().rstrip("#") for item in article.select("h2")]
    assert headings[-3:] == ["Check yourself", "Summary", "Further reading"]
    assert len(article.select(".admonition.note li")) >= 4
    answers = article.select(".admonition.dropdown .admonition-title")
    assert 3 <= len(answers) <= 5
    for number, answer in enumerate(answers, start=1):
        assert answer.get_text() == f"Answer {part.number}.{number}"
        assert f"{part.number}.{number}" in words_of(soups[page])
    captions = [item.get_text() for item in article.select("figure[id] figcaption")]
    assert captions
    moving = [caption for caption in captions if "What moves is" in caption]
    assert all("Fixed: " in caption for caption in moving)
    assert len(moving) >= len(captions) - 1  # the two curves of all tracks have nothing to move


@pytest.mark.parametrize(("page", "part"), list(zip(LAWS, PARTS.values(), strict=True)))
def test_each_parts_chapter_has_its_law_in_every_track(
    soups: dict[str, BeautifulSoup], page: Any, part: Any
) -> None:
    (table,) = soups[page].select("table.storagelab-figures")
    heads = [cell.get_text() for cell in table.select("thead th")]
    assert heads[1:] == [load_track(name).persona.name for name in TRACKS]
    for row in table.select("tbody tr"):
        assert all(cell.get_text(strip=True) for cell in row.select("td"))
        assert [cell["data-head"] for cell in row.select("td")] == heads[1:]
    told = table.get_text(" ")
    number = {
        "access": lambda start: format_count(start.demand),
        "pipeline": lambda start: format_bandwidth(start.demand),
        "checkpoint": lambda start: format_time(start.optimum),
    }[part.name]
    for name in TRACKS:
        assert number(part.baseline(load_track(name))) in told


# --- the glossary


def test_the_glossary_explains_the_fields_words(soups: dict[str, BeautifulSoup]) -> None:
    entries = {
        term.get_text(strip=True).rstrip("#").lower().replace("’", "'")
        for term in soups["glossary"].select("dl.glossary dt")
    }
    assert set(TERMS) <= entries
    for text in soups["glossary"].select("dl.glossary dd"):
        assert len(text.get_text().split()) >= 4


def test_chapters_lead_to_the_glossary(soups: dict[str, BeautifulSoup]) -> None:
    for name in ("index", "part1_access", "part2_pipeline", "part3_checkpoint"):
        links = soups[name].select('article a[href*="glossary.html#term-"]')
        assert len(links) >= (1 if name == "index" else 3), name


def test_a_page_with_evidence_says_so_before_it_shows_any(
    book: Path, soups: dict[str, BeautifulSoup]
) -> None:
    """Who locks a prediction after playing with an instrument has predicted nothing."""
    showing = set()
    for name, soup in soups.items():
        if name in ("index", "fleet_scale"):
            continue  # what their pictures show is no answer to any question
        views = soup.select('script[type="application/vnd.jupyter.widget-view+json"]')
        if not views:
            continue
        showing.add(name)
        (note,) = soup.select("article .admonition.important")
        assert "This page shows evidence" in note.get_text(), name
        assert note.find_previous("h1") is not None, name
        # in the order of the page, the note stands before the first picture
        assert views[0].find_previous("div", class_="important") is note, name
    assert {"gallery", "is_it_true", "part1_access", "track_tiny_pioneer"} <= showing


def test_the_reference_has_every_function_of_the_models(soups: dict[str, BeautifulSoup]) -> None:
    told = {item["id"] for item in soups["functions"].select("dt[id]")}
    for name in storagelab.__all__:
        module = getattr(storagelab, name)
        if module is storagelab.units:  # people's units, for the screen
            continue
        public = getattr(module, "__all__", None) or [
            key
            for key, item in vars(module).items()
            if callable(item) and item.__module__ == module.__name__ and not key.startswith("_")
        ]
        missing = {f"{module.__name__}.{key}" for key in public} - told
        assert public
        assert not {key for key in missing if callable(getattr(module, key.split(".")[-1]))}
