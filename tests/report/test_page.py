"""The page: one file that asks nobody for anything, readable by everybody."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from storagelab.colors import BLUE, GREEN, ORANGE, PURPLE
from storagelab.report.command import command

GROUNDS = {"light": "#ffffff", "dark": "#16191d"}


@pytest.fixture(scope="module")
def made(truth: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the page of a report, ``named`` or ``shared``; each is made once."""

    @cache
    def make(which: str) -> Path:
        out = tmp_path_factory.mktemp("page") / "out"
        flags = ["--shared"] if which == "shared" else []
        asked = ["--course", str(truth.course), "--out", str(out), *flags]
        done = CliRunner().invoke(command, asked)
        assert done.exit_code == 0, done.output
        return out / "index.html"

    return make


@pytest.fixture(scope="module", params=["named", "shared"])
def page(request: pytest.FixtureRequest, made: Callable[[str], Path]) -> Path:
    return made(request.param)


@pytest.fixture(scope="module")
def named(made: Callable[[str], Path]) -> Path:
    return made("named")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "br", "img", "hr", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: Any) -> None:
        self.text += data


@pytest.fixture(scope="module")
def read(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def test_every_element_is_closed_and_every_id_is_there_once(read: Reader) -> None:
    assert read.open == []
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_no_script_but_the_pages_own_and_nothing_from_elsewhere(read: Reader, page: Path) -> None:
    tags = [tag for tag, _ in read.tags]
    assert set(tags) & {"link", "img", "iframe", "object", "use", "image"} == set()
    assert tags.count("script") == 1
    for _, attributes in read.tags:
        assert not any(name.startswith("on") for name in attributes)
        target = attributes.get("href") or attributes.get("src")
        assert target is None or re.fullmatch(r"#[\d-]+|[a-z_]+\.csv", target)
    addresses = set(re.findall(r"https?://[^\"' <]+", page.read_text(encoding="utf-8")))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a place


def test_a_script_that_isnt_the_pages_own_does_not_run(page: Path, browser: Any) -> None:
    text = page.read_text(encoding="utf-8")
    hostile = page.parent / "hostile.html"
    hostile.write_text(
        text.replace("<h1>", "<script>document.title = 'taken'</script><h1>"), encoding="utf-8"
    )
    tab = browser.new_page()
    tab.goto(hostile.as_uri())
    assert tab.title().startswith("Class report")
    assert tab.locator("th button").count(), "the page's own has not run either"
    tab.close()
    hostile.unlink()


def test_every_link_in_the_page_leads_somewhere(read: Reader) -> None:
    ids = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    links = [item["href"][1:] for tag, item in read.tags if tag == "a" and item["href"][0] == "#"]
    assert len(links) > 20
    assert set(links) <= ids


def test_every_link_leads_to_a_file(read: Reader, page: Path) -> None:
    files = [item["href"] for tag, item in read.tags if tag == "a" and ".csv" in item["href"]]
    assert files
    assert all((page.parent / name).exists() for name in files)
    assert {path.name for path in page.parent.glob("*.csv")} == set(files)


def test_every_picture_has_words_and_a_table(read: Reader) -> None:
    pictures = [attributes for tag, attributes in read.tags if tag == "svg"]
    assert len(pictures) >= 2 * 9
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert len(attributes["aria-label"]) > 20
        assert attributes["aria-label"] in read.text
    tables = sum(tag == "table" for tag, _ in read.tags)
    assert tables >= len(pictures)


def test_headings_leave_out_no_level(read: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def luminance(color: Any) -> Any:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]  # fmt: skip
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: Any, other: Any) -> Any:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", GROUNDS)
def test_what_is_drawn_stands_out_from_the_ground(scheme: str) -> None:
    for color in (BLUE, ORANGE, GREEN, PURPLE):
        assert contrast(color, GROUNDS[scheme]) >= 3, color


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", GROUNDS)
def test_it_fits_the_screen_and_asks_nobody(
    page: Path, browser: Any, width: int, scheme: str
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked, said = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(page.as_uri())
    assert asked == [page.as_uri()]
    assert said == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    wanted = GROUNDS[scheme]
    assert ground == f"rgb({', '.join(str(int(wanted[at : at + 2], 16)) for at in (1, 3, 5))})"
    # every label of every picture inside of it, and large enough to be read
    outside = tab.evaluate(
        """() => [...document.querySelectorAll("svg")].flatMap((svg) => {
          const frame = svg.getBoundingClientRect();
          return [...svg.querySelectorAll("text")].filter((text) => {
            if (!text.textContent.trim()) return false;
            const box = text.getBoundingClientRect();
            return box.left < frame.left - 2 || box.right > frame.right + 2
              || box.top < frame.top - 2 || box.bottom > frame.bottom + 2;
          }).map((text) => text.textContent);
        })"""
    )
    assert outside == []
    smallest = tab.evaluate(
        """() => Math.min(...[...document.querySelectorAll("svg text")]
          .filter((text) => text.textContent.trim())
          .map((text) => text.getBoundingClientRect().height || 99))"""
    )
    assert smallest >= 9
    tab.close()


def test_it_is_light_on_paper_and_nothing_hangs_over_the_edge(page: Path, browser: Any) -> None:
    tab = browser.new_page(viewport={"width": 720, "height": 1000}, color_scheme="dark")
    tab.goto(page.as_uri())
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(tab.pdf(format="A4")) > 10_000
    tab.close()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        # two looks that have nothing in common, and by night the others
        (360, "dark"),
        (1280, "light"),
        pytest.param(360, "light", marks=pytest.mark.nightly),
        pytest.param(1280, "dark", marks=pytest.mark.nightly),
    ],
)
def test_axe_finds_nothing(page: Path, browser: Any, axe: str, width: int, scheme: str) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab.goto(page.as_uri())
    tab.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    tab.evaluate(axe)
    found = tab.evaluate(
        "axe.run(document, { resultTypes: ['violations'] })"
        ".then((all) => all.violations.map((one) => one.id))"
    )
    assert found == []
    tab.close()


# --- tables that are sorted, folded and searched


SHOWN = """(table) => [...table.tBodies[0].rows]
  .filter((row) => row.checkVisibility()).map((row) => row.cells[0].textContent)"""


@pytest.fixture
def everybody(named: Path, browser: Any) -> Iterator[tuple[Any, Any]]:
    """The page, and its table of everybody."""
    tab = browser.new_page(viewport={"width": 1366, "height": 800})
    tab.goto(named.as_uri())
    region = tab.get_by_role("region", name="Everybody, cloud_titan")
    yield tab, region.locator("table")
    tab.close()


def in_order(name: str) -> list[Any]:
    """Return what a name is sorted by where 2 comes before 10."""
    return [int(bit) if bit.isdigit() else bit for bit in re.split(r"(\d+)", name.lower())]


def points(table: Any) -> list[float]:
    at = table.locator("thead th").all_text_contents().index("points")
    cells = table.locator(f"tbody tr td:nth-child({at + 1})").all_text_contents()
    return [float(cell) for cell in cells]


def test_a_table_is_sorted_by_keys_from_its_heads(everybody: tuple[Any, Any], truth: Any) -> None:
    tab, table = everybody
    head = table.get_by_role("columnheader", name="points", exact=True)
    assert head.get_attribute("aria-sort") is None
    before = points(table)
    head.get_by_role("button").focus()
    for key, direction in (("Enter", "ascending"), ("Space", "descending")):
        tab.keyboard.press(key)
        assert head.get_attribute("aria-sort") == direction
        assert points(table) == sorted(before, reverse=direction == "descending")
        assert tab.get_by_role("status").text_content() == f"Sorted by points, {direction}."
    by_name = table.get_by_role("columnheader", name="name", exact=True)
    by_name.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    names = table.locator("tbody td:nth-child(2)").all_text_contents()
    assert names == sorted(truth.names, key=in_order)


def test_a_long_table_shows_its_first_rows_until_all_are_asked_for(
    everybody: tuple[Any, Any], truth: Any
) -> None:
    tab, table = everybody
    assert len(table.evaluate(SHOWN)) == 25
    button = tab.locator("section", has=table).get_by_role("button", name="Show all 60 rows")
    button.last.click()
    assert len(table.evaluate(SHOWN)) == len(truth.students)
    tab.emulate_media(media="print")
    assert len(table.evaluate(SHOWN)) == len(truth.students)


def test_paper_has_all_rows_of_a_folded_table(everybody: tuple[Any, Any], truth: Any) -> None:
    tab, table = everybody
    tab.emulate_media(media="print")
    assert len(table.evaluate(SHOWN)) == len(truth.students)
    tab.set_viewport_size({"width": 720, "height": 1000})
    assert tab.evaluate("document.documentElement.scrollWidth") == 720
    widths = tab.locator("main table").evaluate_all("(all) => all.map((one) => one.scrollWidth)")
    assert max(widths) <= 720


def test_a_student_is_found_in_every_table(everybody: tuple[Any, Any], truth: Any) -> None:
    tab, table = everybody
    student, name = truth.students[40], truth.names[40]
    for wanted in (student, name.lower()):
        tab.get_by_role("searchbox").fill(wanted)
        assert table.evaluate(SHOWN) == [student]
        assert tab.get_by_role("status").text_content() == "1 found."
        locks = tab.get_by_role("region", name="Every lock, cloud_titan").locator("table")
        assert locks.evaluate(SHOWN) == [student] * 3, "its list is still folded away"
        shown = tab.locator("main h3:visible").all_text_contents()
        assert "Everybody" in shown
        assert "Every graded cell" not in shown
    tab.get_by_role("searchbox").fill("nobody of this name")
    assert tab.locator("main h3:visible").count() == 0
    tab.get_by_role("searchbox").fill("")
    assert tab.locator("main h3:visible").count() > 15
    assert len(table.evaluate(SHOWN)) == 25
    assert tab.locator("main details[open]").count() == 0


def test_without_a_script_every_row_is_there(named: Path, browser: Any, truth: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(named.as_uri())
    region = tab.get_by_role("region", name="Everybody, cloud_titan")
    assert region.locator("tbody tr:visible").count() == len(truth.students)
    assert tab.locator("#find").is_hidden()
    context.close()


def test_what_is_in_a_file_is_on_the_page(named: Path) -> None:
    """Every column of every table has a head, but the assignment, which the page is about."""
    reader = Reader()
    reader.feed(named.read_text(encoding="utf-8"))
    for file in named.parent.glob("*.csv"):
        if file.stem not in ("columns", "points"):  # points are in everybody's row
            with file.open(encoding="utf-8", newline="") as stream:
                rows = list(csv.reader(stream))
            lacking = [text for row in rows[1:] for head, text in zip(rows[0], row, strict=True)
                       if head in ("option", "reason", "belief", "fact", "why", "name", "remark")
                       and text and text not in reader.text]  # fmt: skip
            assert lacking == [], file.name
