"""The demo class of a track with its gradebook on PostgreSQL: some of it, by night all of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keys
import nbformat
import pytest
from click.testing import CliRunner

from demo.forks import run_nbgrader
from demo.run_class import read_scores
from demo.students import ONCE, make_student, names_in
from storagelab.cli import main
from storagelab.course.layout import Layout
from storagelab.parts import PARTS

TRACK = "cloud_titan"
"""The track with every kind of student."""
SOME = ("ada_perfect", "ben_wrong_prediction", "eve_code_raises")


def points_of(layout: Layout) -> dict[str, Any]:
    points = {}
    for part in PARTS.values():
        path = layout.source / TRACK / f"{part.stem}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            grading = cell.metadata.get("nbgrader", {})
            if grading.get("grade") or grading.get("task"):
                by_hand = grading.get("task")
                points[f"{part.name}/{cell.id}"] = None if by_hand else float(grading["points"])
    return points


def put_back(layout: Layout, course: Any, name: str) -> Any:
    """The graded cells that a student deleted, so that nbgrader put them back.

    nbgrader puts one after the cell that comes before it in ``source_cell``, a table without an
    order. SQLite gives rows as they came in. PostgreSQL gives them as they lie, and a row may lie
    where there was room: the cell then comes too early, finds no answer and scores 0. Its score
    is left to chance by nbgrader 0.9; no other's may be.
    """

    def graded(folder: Path) -> Iterator[str]:
        for part in PARTS.values():
            for cell in nbformat.read(folder / f"{part.stem}.ipynb", as_version=4).cells:
                grading = cell.metadata.get("nbgrader", {})
                if grading.get("grade") or grading.get("task"):
                    yield f"{part.name}/{grading['grade_id']}"

    theirs = set(graded(course / "submitted" / name / TRACK))
    return set(graded(layout.source / TRACK)) - theirs


def test_some_of_the_class_have_the_scores_that_they_have_with_sqlite(
    server: Any, demo_class: Path, tmp_path: Path
) -> None:
    with_sqlite = json.loads((demo_class / TRACK / "scores.json").read_text(encoding="utf-8"))
    done, course = demo_class / TRACK / "course", tmp_path / "course"
    shutil.copytree(done / "source", course / "source")
    for name in SOME:
        shutil.copytree(done / "submitted" / name, course / "submitted" / name)
    shutil.copy2(done / "nbgrader_config.py", course)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.CourseDirectory.db_url = {server.url!r}\n")
    run_nbgrader(course, tmp_path, "generate_assignment", TRACK, "--create")
    said = CliRunner().invoke(main, ["grade", TRACK, "--course", str(course)])
    assert said.exit_code == 0, said.output
    assert read_scores(course, TRACK, server.url) == {name: with_sqlite[name] for name in SOME}
    assert not list(course.glob("*.db")), "a gradebook in a file after all"


@pytest.mark.nightly
def test_the_whole_class_has_the_scores_that_it_has_with_sqlite(
    server: Any, layout: Layout, demo_class: Path, tmp_path: Path
) -> None:
    with_sqlite = json.loads((demo_class / TRACK / "scores.json").read_text(encoding="utf-8"))
    program = [sys.executable, "-m", "demo.run_class", str(tmp_path)]
    done = subprocess.run(
        [*program, "--track", TRACK, "--gradebook", server.url],
        cwd=layout.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{server.log}"

    course = tmp_path / TRACK / "course"
    scores = read_scores(course, TRACK, server.url)
    assert scores == json.loads((tmp_path / TRACK / "scores.json").read_text(encoding="utf-8"))
    assert not list(course.glob("*.db")), "a gradebook in a file after all"

    names = names_in(TRACK)
    assert set(ONCE) < set(names)
    full = points_of(layout)
    chance = {name: put_back(layout, course, name) for name in names}
    assert {name for name, cells in chance.items() if cells} == {"ivy_deleted_and_renamed"}
    for name in names:
        loses = make_student(keys, TRACK, name).loses
        deserved = {**full, **{cell: loss.score for cell, loss in loses.items()}}
        assert with_sqlite[name] == deserved
        for cell in chance[name]:
            assert scores[name].pop(cell) in (deserved.pop(cell), 0.0)
        assert scores[name] == deserved
        for part in PARTS.values():
            assert (course / "feedback" / name / TRACK / f"{part.stem}.html").exists()
    # the address, with whatever password it may hold, is the instructor's alone
    holders = [path for path in tmp_path.rglob("*.py") if server.url in path.read_text("utf-8")]
    assert holders == [course / "nbgrader_config.py"]
