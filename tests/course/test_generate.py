"""The generator: same bytes each time, loud where something is undefined, malformed or wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from msgspec import structs

from storagelab.course.generate import (
    GenerationError,
    check_full_points,
    fill_template,
    make_source,
    set_grading,
    set_metadata,
)
from storagelab.course.layout import Layout, find_layout
from storagelab.parts import PARTS
from storagelab.tracks import EXTRA_TRACKS, Track


@pytest.fixture
def copy(layout: Layout, tmp_path: Path) -> Layout:
    shutil.copytree(layout.notebooks, tmp_path / "notebooks")
    return Layout(tmp_path)


def edit(layout: Layout, old: str, new: str) -> None:
    path = layout.notebooks / "1_access.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_undefined_placeholder_is_named(copy: Layout, track: Track) -> None:
    edit(copy, "<< track.mission >>", "<< track.misson >>")
    with pytest.raises(GenerationError, match=r"1_access\.md.*'misson'"):
        fill_template(copy, track, PARTS["access"])


def test_an_undefined_number_in_a_tracks_words_is_named(copy: Layout, track: Track) -> None:
    crisis = structs.replace(track.access, crisis="{latency_of_the_moon}")
    with pytest.raises(GenerationError, match=r"uses \{latency_of_the_moon\}"):
        fill_template(copy, structs.replace(track, access=crisis), PARTS["access"])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: lock-test", "id: lock", "'lock' is there twice"),
        ("role: test", "role: tset", "unknown role 'tset'"),
        ("points: 3\n", "", "a test cell with points None"),
        ("role: answer\n", "role: answer\npoints: 3\n", "a answer cell with points 3"),
        ("role: answer\n", "rôle: answer\n", "unknown metadata"),
        ("id: law-test", "id: law test", "is no cell id"),
    ],
)
def test_a_malformed_cell_is_refused(
    copy: Layout, track: Track, old: str, new: str, says: str
) -> None:
    import jupytext

    edit(copy, old, new)
    notebook = jupytext.reads(fill_template(copy, track, PARTS["access"]), fmt="md:myst")

    def set_all() -> None:
        set_metadata(notebook, "x")
        set_grading(notebook, "x")

    with pytest.raises(GenerationError, match=says):
        set_all()


def test_a_track_without_answers_is_refused_before_anything_runs(
    copy: Layout, tmp_path: Path
) -> None:
    (copy.answers / "cloud_titan.toml").unlink()
    with pytest.raises(ValueError, match=r"^notebooks/answers/cloud_titan\.toml is missing"):
        make_source(copy, "cloud_titan", "access", tmp_path)


@pytest.mark.parametrize("body", ['"return latency * bandwidth"', '"return (latency"'])
def test_a_solution_that_is_not_the_law_is_refused(copy: Layout, tmp_path: Path, body: str) -> None:
    path = copy.answers / "cloud_titan.toml"
    right = '"return share / (1 - share) * latency * bandwidth"'
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, body), encoding="utf-8")
    with pytest.raises(GenerationError, match="the reference solution fails"):
        make_source(copy, "cloud_titan", "access", tmp_path)


def test_a_reference_solution_that_is_wrong_is_refused(copy: Layout, tmp_path: Path) -> None:
    edit(copy, "    << line >>", "    return 1.0")
    with pytest.raises(GenerationError, match="the reference solution fails"):
        make_source(copy, "cloud_titan", "access", tmp_path)


def test_a_reference_solution_that_earns_less_than_all_is_refused(layout: Layout) -> None:
    notebook = nbformat.read(layout.source / "cloud_titan" / "1_access.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "decide-test"]
    cell.outputs[-1].data["text/plain"] = "9.5"
    with pytest.raises(GenerationError, match=r"decide-test: .* earns 9.5 of 10"):
        check_full_points(notebook, "x")


def test_a_track_is_worth_100_points(layout: Layout) -> None:
    points = 0
    for part in PARTS.values():
        path = layout.source / "cloud_titan" / f"{part.stem}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            points += cell.metadata.get("nbgrader", {}).get("points", 0)
    assert points == 100


def test_outside_a_checkout_the_course_tools_say_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="isn't inside a checkout of the course"):
        find_layout(tmp_path)


SHIPPED = """
import hashlib
from storagelab.course.generate import fill_template
from storagelab.course.layout import find_layout
from storagelab.edition import stands_on
from storagelab.parts import PARTS
from storagelab.track_files import file_text, shipped, variants_file
from storagelab.tracks import TRACKS, load_track
for name in shipped():
    assert name in TRACKS
    made = [file_text(name), variants_file(name).read_text("utf-8"), stands_on(name)]
    made += [repr(load_track(name, 1)), repr(load_track(name))]
    print(name, hashlib.sha256("".join(made).encode()).hexdigest())
print(fill_template(find_layout(), load_track("tiny_pioneer"), PARTS["pipeline"]))
"""
"""Says what the notebooks of the package's own tracks are made from, and one of them."""


def test_tracks_of_ones_own_change_nothing_of_the_packages(layout: Layout, tmp_path: Path) -> None:
    """A good one, one that can't be read, and one under a name that is taken."""
    shutil.copy2(layout.root / "docs" / "example_track.toml", tmp_path / "orbit_scout.toml")
    (tmp_path / "broken.toml").write_text('name = "broken', encoding="utf-8")
    (tmp_path / "cloud_titan.toml").write_text('name = "cloud_titan"', encoding="utf-8")
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants" / "tiny_pioneer.json").write_text("{", encoding="utf-8")

    def said(**more: str) -> str:
        known = {name: value for name, value in os.environ.items() if name != EXTRA_TRACKS}
        line = [sys.executable, "-c", SHIPPED]
        return subprocess.run(
            line, cwd=layout.root, env=known | more, capture_output=True, text=True, check=True
        ).stdout

    alone = said()
    assert len(alone) > 1000
    assert said(**{EXTRA_TRACKS: str(tmp_path)}) == alone
