"""Small courses of all kinds are graded as nbgrader grades them, or as it is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from storagelab.course.layout import find_layout
from tests.sandgrader.command import start
from tests.sandgrader.corpus import BY_DAY, CORPUS, THEMES, Case
from tests.sandgrader.corpus.course import digest, grade_as_told, make, surroundings
from tests.sandgrader.corpus.outcome import (
    differences,
    listed_scores,
    load,
    measure,
    moved_scores,
    read,
)
from tests.sandgrader.corpus.table import PAGE, page

Grader = Callable[..., str]
ALL = [pytest.param(name, marks=() if name in BY_DAY else pytest.mark.nightly) for name in CORPUS]
LIVE = "partial_credit"
"""The case that nbgrader itself grades after every change too."""


def grade_once(case: Case, course: Path, grade: Grader, *options: str, code: int = 0) -> str:
    """Grade a case's course and return what is said in JSON."""
    if not case.environment:
        return grade(course, case.assignment, "--json", *case.options, *options, code=code)
    options = (*case.options, *options)
    with start(course, case.assignment, "--json", "--workers", "1", *options) as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == code, said
    return said


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    return CORPUS[request.param]


@pytest.mark.parametrize("case", ALL, indirect=True)
def test_it_is_graded_as_by_nbgrader(case: Case, tmp_path: Path, grade: Grader) -> None:
    course = tmp_path / "course"
    make(case, course)
    stored = load().get(case.name)
    assert stored is not None
    anew = f"python -m tests.sandgrader.corpus measure {case.name}"
    assert (stored.digest, stored.nbgrader) == (digest(case, course), version("nbgrader")), anew
    with surroundings(case, course):
        if case.refused:
            said = grade_once(case, course, grade, code=2)
            assert re.search(case.refused, said)
            with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
                assert gradebook.assignment_submissions(case.assignment) == []
            return
        said = ""

        def grade_it(again: bool) -> None:
            nonlocal said
            said = grade_once(case, course, grade, *(["--force"] if again else []))

        grade_as_told(case, course, grade_it)
        ours = read(case, course)
        assert differences(stored.table, ours) == case.differs
        assert listed_scores(said) == moved_scores(stored.table, ours)
        assert re.search(case.said, said)


@pytest.mark.parametrize(
    "case",
    [pytest.param(name, marks=() if name == LIVE else pytest.mark.nightly) for name in CORPUS],
    indirect=True,
)
def test_nbgrader_gives_what_was_measured(case: Case, tmp_path: Path) -> None:
    measured = measure(case, tmp_path)
    stored = load()[case.name]
    assert differences(stored.table, measured.table) == {}
    assert stored == measured


def test_the_page_says_what_the_corpus_says() -> None:
    root = find_layout(Path(__file__).parent).root
    written = (root / PAGE).read_text(encoding="utf-8")
    assert written == page(), "write it anew: python -m tests.sandgrader.corpus table"


def test_every_theme_is_graded_by_day() -> None:
    for cases in THEMES.values():
        assert {case.name for case in cases} & set(BY_DAY)
    assert len(CORPUS) >= 40


def test_what_differs_has_a_reason() -> None:
    for case in CORPUS.values():
        assert bool(case.why) == bool(case.differs or case.refused), case.name
