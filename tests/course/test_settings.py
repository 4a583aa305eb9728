"""The course's own settings: who turns variants off, changes the term, or misspells either."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import jupytext
import pytest

from storagelab.course.generate import fill_template
from storagelab.course.layout import Layout
from storagelab.course.settings import read_course
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.variants import variant_count, variant_of

TRACK = "tiny_pioneer"


def configured(folder: Path, *lines: str) -> Path:
    path = folder / "nbgrader_config.py"
    path.write_text("\n".join(["c = get_config()", *lines]), encoding="utf-8")
    return path


def test_the_committed_course_gives_everybody_their_own(layout: Layout) -> None:
    course = read_course(layout.nbgrader_config)
    assert (course.variants, course.course_id) == (True, "storagelab")
    assert course.opening == f'course="storagelab", term="{course.term}"'
    assert course.term


def test_without_a_configuration_the_defaults_count(tmp_path: Path) -> None:
    assert read_course(tmp_path / "nbgrader_config.py").opening == 'course="", term=""'


def test_what_is_quoted_is_read_by_python_as_it_was_written(tmp_path: Path) -> None:
    term = 'the "second"\\half'
    opening = read_course(configured(tmp_path, f"c.Course.term = {term!r}")).opening
    assert eval(f"dict({opening})")["term"] == term


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("c.Course.varients = False", r"c\.Course\.varients: did you mean c\.Course\.variants\?"),
        ("c.Course.zzz = 1", r"c\.Course\.zzz: there are "),
        ("c.Course.term = 2026", r"wrong setting of c\.Course: .*term"),
    ],
)
def test_a_slip_is_refused_with_its_name(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^nbgrader_config.py has a .*{says}"):
        read_course(configured(tmp_path, line))


def test_turned_off_notebooks_open_with_the_books_numbers_and_can_judge_who_has_begun(
    layout: Layout, tmp_path: Path
) -> None:
    shutil.copytree(layout.notebooks, tmp_path / "notebooks")
    for line, opening in (
        ("c.Course.variants = False", "variants=False"),
        ("c.Course.term = 'x'", 'course="", term="x"'),
    ):
        configured(tmp_path, line)
        text = fill_template(Layout(tmp_path), load_track(TRACK), PARTS["access"])
        notebook = jupytext.reads(text, fmt="md:myst")
        opened = [cell.source for cell in notebook.cells if "= open_part(" in cell.source]
        assert len(opened) >= 3
        assert all(f'open_part("{TRACK}", "access", {opening})' in cell for cell in opened)
        (table,) = [cell.source for cell in notebook.cells if "best = {" in cell.source]
        assert len(re.findall(r"^ +\d+: \{", table, re.MULTILINE)) == 1 + variant_count(TRACK)


def test_another_term_gives_most_students_other_numbers() -> None:
    students = [f"s{number:03}" for number in range(300)]
    first, second = (
        [variant_of(student, "storagelab", term, TRACK) for student in students]
        for term in ("2026-11", "2027-05")
    )
    same = sum(one == other for one, other in zip(first, second, strict=True))
    assert same < 0.1 * len(students) or variant_count(TRACK) < 20
