"""The gallery shows every instrument, by code that runs, in the book and in the docs alike."""

from __future__ import annotations

import re
from typing import Any

import ipywidgets
import pytest

from storagelab.course.layout import Layout
from storagelab.widgets.gallery import GALLERY

CELL = re.compile(r"```(?:\{code-cell\} ipython3|python)\n((?!:tags:).+?)\n```", re.DOTALL)


@pytest.fixture(scope="module")
def cells(layout: Layout) -> dict[str, str]:
    text = (layout.root / "book" / "gallery.md").read_text(encoding="utf-8")
    return {name(code): code for code in CELL.findall(text)}


def name(code: str) -> str:
    return re.search(r"import (\w+)", code).group(1)


def test_every_instrument_is_in_it_in_the_order_of_the_course(cells: dict[str, str]) -> None:
    assert list(cells) == list(GALLERY)


@pytest.mark.parametrize("instrument", GALLERY)
def test_its_lines_make_the_picture(cells: dict[str, str], instrument: Any) -> None:
    code = cells[instrument]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 3
    *first, last = code.strip().rpartition("\n")[0::2]
    names: dict[str, Any] = {}
    exec("\n".join(first), names)
    shown = eval(last, names)
    assert isinstance(shown, ipywidgets.VBox)
    assert "storagelab-workbench" in shown._dom_classes


def test_the_docs_have_the_same_lines_and_a_picture_of_each(
    cells: dict[str, str], layout: Layout
) -> None:
    text = (layout.root / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert {name(code): code for code in CELL.findall(text)} == cells
    pictures = re.findall(r"!\[.{20,}?\]\((.+?)\)", text)
    assert len(pictures) == len(cells)
    for picture in pictures:
        assert (layout.root / "docs" / picture).is_file(), picture
