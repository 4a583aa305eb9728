"""What a student can get holds nothing that is hidden, and stock nbgrader's feedback does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

import storagelab
from storagelab.course.layout import Layout
from storagelab.labs import checking
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from tests.feedback.classroom import REGIONS, STUDENTS, TRAVELS, run_class

CLASSES = (TRACKS[0], pytest.param(TRACKS[2], marks=pytest.mark.nightly))


@pytest.fixture(scope="module", params=CLASSES)
def room(
    request: pytest.FixtureRequest, layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    return run_class(layout, request.param, tmp_path_factory.mktemp(request.param))


def texts(*folders: Any) -> Iterator[tuple[Any, str]]:
    """Yield every file under folders, with its text."""
    for folder in folders:
        assert folder.exists(), folder
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if path.is_file():
                yield path, path.read_text(encoding="utf-8", errors="replace")


def in_reach(room: Any) -> list[Any]:
    """Every file that a student of the class can get."""
    course_exchange = room.exchange / "storagelab"
    return list(
        texts(
            room.course / "release",
            room.course / "feedback",
            room.course / "grades.csv",
            course_exchange / "outbound",
            course_exchange / "feedback",
            room.homes,
        )
    )


def test_nothing_planted_is_in_what_a_student_can_get(room: Any) -> None:
    planted = [marker for markers in room.markers.values() for marker in markers]
    assert {
        kind: len(markers) >= len(PARTS) for kind, markers in room.markers.items()
    } == dict.fromkeys(REGIONS, True)
    files = in_reach(room)
    assert sum(path.suffix == ".html" for path, _ in files) >= (len(STUDENTS) + 1) * len(PARTS)
    for path, text in files:
        for marker in planted:
            assert marker not in text, f"{marker} is in {path}"


def test_every_hidden_test_and_mark_scheme_is_in_stock_nbgraders_feedback(room: Any) -> None:
    """The search above can find something: the same class, with nbgrader's own exporter."""
    room.nbgrader(
        "generate_feedback",
        room.track,
        "--student",
        "wrong",
        "--GenerateFeedback.exporter_class=nbconvert.exporters.HTMLExporter",
        "--CourseDirectory.feedback_directory=stock",
    )
    stock = "".join(room.page("wrong", part, folder="stock") for part in PARTS)
    for marker in [*room.markers["HIDDEN TESTS"], *room.markers["MARK SCHEME"]]:
        assert marker in stock, marker


def test_no_hidden_input_and_no_expected_value_is_in_the_feedback_of_who_prints_them(
    room: Any,
) -> None:
    """The inputs of a law's hidden calls are drawn by the student's name: they are known here."""
    track, seen = load_track(room.track), 0
    for part in PARTS.values():
        law = part.of(track).law
        here = Path.cwd()
        try:  # where nbgrader grades
            os.chdir(room.course / "autograded" / TRAVELS / room.track)
            cases = checking.drawn(f"{room.track}/{part.name}/law", law.ranges)
        finally:
            os.chdir(here)
        graded = (
            room.course / "autograded" / TRAVELS / room.track / f"{part.stem}.ipynb"
        ).read_text(encoding="utf-8")
        page = room.page(TRAVELS, part.name)
        assert "Your function stops on other inputs than the example's" in page
        for number in (number for case in cases for number in case):
            assert f"{number:.6g}" not in page
            assert repr(number) not in page
            seen += repr(number) in graded
    assert seen == 0, "what a hidden call prints isn't even kept in autograded/"


def test_no_traceback_goes_through_a_hidden_test(room: Any) -> None:
    for name in STUDENTS:
        for part in PARTS:
            page = room.page(name, part)
            assert "StudentError" not in page
            for word in ("follows_law", "credit(10", "site-packages", "checking.py"):
                assert word not in page, f"{name}, {part}: {word}"


def test_a_student_who_prints_the_tests_source_finds_it_withheld(room: Any) -> None:
    """By lines: under stock autograding a student's code can read the tests, and could hide it."""
    pages = [room.page(TRAVELS, part) for part in PARTS]
    assert all("repeats a part of a hidden test" in page for page in pages)


def test_who_has_nothing_wrong_is_told_nothing_wrong(room: Any) -> None:
    for part in PARTS:
        page = room.page("perfect", part)
        assert "Every test passed." in page
        for words in ("A hidden test failed", "Part of the hidden tests", "isn't what"):
            assert words not in page


def test_every_failed_test_says_which_idea_was_missed_with_own_numbers(room: Any) -> None:
    track = load_track(room.track)
    for part in PARTS.values():
        page = text_of(room.page("wrong", part.name))
        notebook = (
            room.course / "submitted" / "wrong" / room.track / f"{part.stem}.ipynb"
        ).read_text(encoding="utf-8")
        concluded = re.search(r"conclusion = '(\w+)'", notebook)[1]
        option = part.of(track).question.option(concluded)
        assert f"The idea behind it: “{option.belief}”" in page
        # of a prediction about another case than the conclusion's nothing is held against anybody
        held = "80% sure of it before the evidence" in page
        assert held != part.changed_case
        assert "off by the same factor everywhere" in page
        crisis = part.run(track, {**part.of(track).turned, **part.given(track)})
        assert crisis.unmet
        for limit in crisis.unmet:
            assert part.of(track).unmet[limit] in page
        assert "A hidden test failed" not in page


def test_partial_credit_says_what_is_missing(room: Any) -> None:
    for part in PARTS.values():
        page = text_of(room.page("raises", part.name))
        assert "isn't what the workbench shows" in page
        assert "Your function stops on other inputs than the example's" in page
        assert "I was called with" not in page.replace("raise ValueError(f'I was called with", "")


BUTTON = """
import sys
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

app = NbGrader()
app.initialize([])
api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
done = api.generate_feedback(sys.argv[1], sys.argv[2], force=True)
print(done["log"])
sys.exit(not done["success"])
"""


def test_formgraders_button_makes_the_same_pages(room: Any) -> None:
    before = [room.page("raises", part) for part in PARTS]
    environment = {**os.environ, "NBGRADER_EXCHANGE": str(room.exchange)}
    ran = subprocess.run(
        [sys.executable, "-c", BUTTON, room.track, "raises"],
        cwd=room.course,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "not recognized" not in ran.stdout
    assert [room.page("raises", part) for part in PARTS] == before


def test_feedback_reaches_its_student_alone_and_is_the_same(room: Any) -> None:
    pages = {
        path.read_text(encoding="utf-8")
        for path in (room.exchange / "storagelab/feedback").iterdir()
    }
    assert pages == {room.page(TRAVELS, part) for part in PARTS}


# --- what is no class's: the committed release, the package, the built book


def pairs_of_lines(text: str) -> set[Any]:
    """Return what stands in a text one under the other, be it a program, a notebook or a page."""
    plain = unescape(text).replace("\\n", "\n").replace('\\"', '"')
    lines = [line.strip(' \t",') for line in plain.splitlines()]
    return set(pairwise(line for line in lines if line))


def hidden_pairs(layout: Layout) -> set[Any]:
    """Return the pairs of lines that are in hidden tests and nowhere in the open."""
    found, visible = set(), set()
    for path in sorted(layout.source.rglob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            pattern = r"### BEGIN HIDDEN TESTS\n(.*?)### END"
            for region in re.findall(pattern, cell.source, re.DOTALL):
                found |= pairs_of_lines(region)
            visible |= pairs_of_lines(re.sub(pattern, "", cell.source, flags=re.DOTALL))
    return {pair for pair in found - visible if not any("import" in line for line in pair)}


def test_no_hidden_test_is_in_the_release_the_package_or_the_book(layout: Layout) -> None:
    hidden = hidden_pairs(layout)
    assert len(hidden) > 100
    folders = [layout.release, Path(storagelab.__file__).parent]
    book = layout.root / "build" / "book"
    if book.exists():
        folders.append(book)
    for path, text in texts(*folders):
        if path.suffix in (".py", ".toml", ".json", ".ipynb", ".html", ".txt", ".md", ".js"):
            assert not hidden & pairs_of_lines(text), path
    assert hidden & pairs_of_lines((layout.notebooks / "keys.py").read_text(encoding="utf-8"))
    source = next(layout.source.rglob("1_access.ipynb"))
    assert hidden & pairs_of_lines(source.read_text(encoding="utf-8"))


def test_the_release_has_no_outputs_and_no_answers_in_its_metadata(layout: Layout) -> None:
    for path, text in texts(layout.release):
        for cell in json.loads(text)["cells"]:
            assert not cell.get("outputs"), path


def text_of(page: Any) -> str:
    """Return a page's words without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())
