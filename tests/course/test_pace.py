"""A part takes 15 minutes: its steps add up, its words can be read in the time that they get."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest

from storagelab.course import pace
from storagelab.course.answers import load_answers
from storagelab.course.layout import Layout
from storagelab.course.pace import line
from storagelab.labs import texts
from storagelab.parts import PARTS
from storagelab.parts.pace import MINUTES, STEPS
from storagelab.tracks import TRACKS, load_track
from storagelab.variants import variant_count
from storagelab.widgets import Workbench
from tests.parts.sliders import positions

EVERY = [
    pytest.param(name, part, id=f"{name}-{part.name}") for name in TRACKS for part in PARTS.values()
]


def test_the_steps_of_a_part_add_up_to_15_minutes() -> None:
    assert MINUTES == 15
    assert line("crisis") == "*1/7, 15 minutes left*"
    assert line("reflect") == "*7/7, 3 minutes left*"
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


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_the_text_keeps_within_its_budget(
    layout: Layout, track_name: str, part: Any, every: int
) -> None:
    """Whosever numbers are in it: every ninth variant's by day, and all by night."""
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    for variant in range(0, variant_count(track_name) + 1, every):
        track = load_track(track_name, variant)
        assert 300 < pace.words(notebook, track, part) <= pace.NOTEBOOK_WORDS
        question = part.words(track, part.of(track).reflection)
        assert len(question.split()) <= pace.REFLECTION_QUESTION_WORDS


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_a_part_takes_as_long_as_its_steps_say(layout: Layout, track_name: str, part: Any) -> None:
    """By the rule, whatever the notebook's words, controls and law are."""
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    track = load_track(track_name)
    lines = len(load_answers(layout, track_name).of(part).solution)
    minutes = pace.needed(notebook, track, part, lines)
    assert sum(minutes.values()) <= MINUTES
    assert sum(minutes.values()) >= MINUTES - 2.5
    for step in STEPS:
        assert minutes[step.name] == pytest.approx(step.minutes, abs=1), step.name


def test_the_rule_counts_words_and_actions(layout: Layout) -> None:
    track, part = load_track(TRACKS[0]), PARTS["access"]
    notebook = nbformat.read(layout.release / track.name / f"{part.stem}.ipynb", as_version=4)
    before = pace.needed(notebook, track, part, 1)
    of_law = pace.cells_of_steps(notebook)["law"]
    of_law[0].source += " word" * 2 * pace.WORDS_A_MINUTE
    after = pace.needed(notebook, track, part, 4)
    assert after["law"] - before["law"] == pytest.approx(2 + 3 * pace.LINE / 60)
    assert all(after[name] == before[name] for name in before if name != "law")


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_a_workbench_shows_few_words_at_once(track_name: str, part: Any) -> None:
    """Its summary, its titles and what a preset or the ops lead says; captions are folded away."""
    track = load_track(track_name)
    content = part.of(track)
    bench = Workbench(track, part.name)
    titles = sum(len(item.title.split()) for item in bench.instruments)
    notes = [preset.words for preset in content.presets]
    if part.has_event:
        notes.append(part.words(track, content.event))
    longest = max(len(note.split()) for note in notes)
    for outcome in positions(part, track, count=50):
        said = len(part.summary(track, outcome).split())
        assert said + titles + longest <= pace.WORKBENCH_WORDS


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_no_cell_of_text_is_long_and_no_placeholder_is_left(
    layout: Layout, track_name: str, part: Any
) -> None:
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    track = load_track(track_name)
    for cell in notebook.cells:
        assert "<<" not in cell.source
        assert "<%" not in cell.source
        read = pace.shown(cell, track, part)
        assert len(read.split()) < 230, cell.id
        assert not re.search(r"\{[a-z_]+\}", re.sub(r"\$.*?\$", "", read)), cell.id


@pytest.mark.parametrize(("track_name", "part"), EVERY)
def test_every_text_with_numbers_is_shown_once_and_none_stands_in_the_notebook(
    layout: Layout, track_name: str, part: Any
) -> None:
    """What a cell's own text said would be the book's numbers for everybody."""
    notebook = nbformat.read(layout.release / track_name / f"{part.stem}.ipynb", as_version=4)
    track = load_track(track_name)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert re.findall(r'part\.show\("(\w+)"\)', code) == list(texts.NAMES)
    written = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for name in texts.NAMES:
        for sentence in re.split(r"(?<=[.?!])\s+", texts.text_of(track, part, name)):
            assert not re.search(r"\d", sentence) or sentence not in written, name
