"""What a marker is shown: the answer as harmless HTML, the rubric, the points to choose from."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from traitlets.config import Config

from sandgrader.marking.answers import read_answer, text_in
from sandgrader.marking.rubric import choices, keys, levels_in, read_rubric
from sandgrader.regions import hidden_regions

from .essays import CODE, HOSTILE, QUESTION, SCHEME, TASK, TEXT, answered

REGIONS = hidden_regions(Config())


def written(folder: Path, text: str, drop: str = "") -> Path:
    notebook = answered(text, SCHEME)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if not drop or cell.metadata.get("nbgrader", {}).get("grade_id") != drop
    ]
    path = folder / "one.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_task_is_answered_behind_it(tmp_path: Path) -> None:
    html, words = read_answer(written(tmp_path, "Seeks.\nTwice & more."), TASK, is_task=True)
    assert "Seeks.\nTwice &amp; more." in html
    assert words == 4
    assert "print(len(reflection))" in html  # the cell as it was typed, and what it printed
    assert "<pre>80\n</pre>" in html
    assert "MARK SCHEME" not in html
    assert "double" not in html
    assert "Which disk?" not in html  # the course's own cell between task and answer
    assert "Nothing stands" not in html


def test_an_answer_is_its_cell(tmp_path: Path) -> None:
    path = written(tmp_path, "It is *slow*, by $t = 1/b$.")
    html, words = read_answer(path, TEXT, is_task=False)
    assert "<em>slow</em>" in html
    assert "<math" in html
    assert words == 7
    code, none = read_answer(path, CODE, is_task=False)
    assert "def double(x):" in code
    assert none == 0


@pytest.mark.parametrize("cell", [TASK, TEXT, CODE])
def test_a_hostile_answer_stays_a_text(tmp_path: Path, cell: str) -> None:
    html, _ = read_answer(written(tmp_path, HOSTILE), cell, is_task=cell == TASK)
    for tag in ("<script", "<img src=x", "<style", 'href="javascript'):
        assert tag not in html


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    unread = "graded notebook isn&#x27;t there"
    assert unread in read_answer(tmp_path / "no.ipynb", TASK, is_task=True).html
    gone = read_answer(written(tmp_path, "x", drop=TEXT), TEXT, is_task=False)
    assert "cell isn&#x27;t in this student" in gone.html
    empty = read_answer(written(tmp_path, ""), TEXT, is_task=False)
    assert "Nothing was written" in empty.html
    link = tmp_path / "link.ipynb"
    link.symlink_to(tmp_path / "one.ipynb")
    assert unread in read_answer(link, TASK, is_task=True).html


def test_an_answer_elsewhere_is_found(tmp_path: Path) -> None:
    notebook = answered("Elsewhere.", SCHEME)
    notebook.cells.append(notebook.cells.pop(2))
    nbformat.write(notebook, tmp_path / "one.ipynb")
    html = read_answer(tmp_path / "one.ipynb", TASK, is_task=True).html
    assert "Nothing stands behind the task" in html
    assert "Elsewhere." in html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('x = """\nTwo\nlines\n"""\nf(x)', "Two\nlines"),
        ("x: str = 'one'", "one"),
        ("x = ''", ""),
        ("x = 'a'\ny = 'b'", None),
        ("def f():\n    'text'\n", None),
        ("x = 1 +", None),
        ("x = 1", None),
        ("(" * 3000, None),
    ],
)
def test_a_text_in_code_is_known(source: str, text: str | None) -> None:
    assert text_in(source) == text


def test_a_task_says_its_scheme() -> None:
    rubric = read_rubric(TASK, True, QUESTION, Path("nowhere"), REGIONS)
    assert rubric.question == "## Reflect\n\nWhy is it slow?"
    assert rubric.scheme.startswith("- **6 points**")
    assert "\n    - or half of it" in rubric.scheme
    assert "MARK SCHEME" not in rubric.scheme
    assert rubric.levels == (0, 3, 6)


def test_an_answer_has_its_question_and_reference(tmp_path: Path) -> None:
    path = written(tmp_path, "The reference.")
    rubric = read_rubric(TEXT, False, "", path, REGIONS)
    assert rubric.question == "Say *why*."
    assert rubric.solution == "The reference."
    assert read_rubric(CODE, False, "", path, REGIONS).question == "Write `double`."
    assert read_rubric("gone", False, "", path, REGIONS).solution == ""


def test_levels_are_read_off_a_scheme() -> None:
    assert levels_in("* 1.5 pts: some\n* **3 marks** all\n1 point none\nin 4 points of time") == (
        1, 1.5, 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("most", "levels", "points", "letters"),
    [
        (3, (), [0, 1, 2, 3], "0123"),
        (3, (0, 1.5, 3), [0, 1, 1.5, 2, 3], ["0", "1", "", "2", "3"]),
        (20, (5, 10), [0, 5, 10, 20], "0123"),
        (20, (5, 50), [0, 5, 20], "012"),
        (10, (), [0, 2, 4, 6, 8, 10], "012345"),
        (0.5, (), [0, 0.1, 0.2, 0.3, 0.4, 0.5], "012345"),
    ],
)
def test_every_choice_has_a_key(
    most: float, levels: tuple[float, ...], points: list[float], letters: list[str]
) -> None:
    found = choices(most, levels)
    assert found == pytest.approx(points)
    assert keys(found) == list(letters)
