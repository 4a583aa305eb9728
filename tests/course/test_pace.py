"""A part takes 15 minutes: its steps add up, its words can be read in the time that they get."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest

from storagelab.course.layout import Layout
from storagelab.course.pace import line, reading_minutes
from storagelab.parts import PARTS
from storagelab.parts.pace import MINUTES, STEPS
from storagelab.tracks import TRACKS

EVERY = [
    pytest.param(name, part, id=f"{name}-{part.name}") for name in TRACKS for part in PARTS.values()
]


def test_the_steps_of_a_part_add_up_to_15_minutes() -> None:
    assert MINUTES == 15
    assert line("crisis") == "*Step 1 of 7. About 15 minutes left.*"
    assert line("reflect") == "*Step 7 of 7. About 2 minutes left.*"
    with pytest.raises(ValueError, match="unknown step 'nap'; known are crisis, lock"):
        line("nap")


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_every_step_of_a_notebook_says_where_one_is_in_order(
    layout: Layout, track_name: str, part: Any
) -> None:
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    places = [text.index(line(step.name)) for step in STEPS]
    assert places == sorted(places)
    assert all(text.count(line(step.name)) == 1 for step in STEPS)


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_reading_leaves_most_of_the_time_for_doing(
    layout: Layout, track_name: str, part: Any
) -> None:
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    assert 1.5 < reading_minutes(notebook) < MINUTES / 3
    # eight things to do, at the outside a minute each beside the five at the workbench
    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert len(answers) == 4


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_no_cell_of_text_is_long_and_no_placeholder_is_left(
    layout: Layout, track_name: str, part: Any
) -> None:
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    for cell in notebook.cells:
        assert "<<" not in cell.source
        assert "<%" not in cell.source
        if cell.cell_type == "markdown":
            assert len(cell.source.split()) < 230, cell.id
            assert not re.search(r"\{[a-z_]+\}", re.sub(r"\$.*?\$", "", cell.source)), cell.id
