"""The hostile and broken pack, graded beside a class of innocent students, cell by cell."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keys
import nbformat
import psutil
import pytest

from demo.students import Student, make_student
from sandgrader.submission_files import is_regular_file, moment_of
from storagelab.course.layout import Layout
from storagelab.course.nbgrader_steps import run_nbgrader
from tests.sandgrader.command import grade_here
from tests.sandgrader.hostile import FAMILIES, PACK, lay_out
from tests.sandgrader.hostile.case import STEMS, TRACK, Case, Loss, Work, own_parts
from tests.sandgrader.hostile.files import SECRET
from tests.sandgrader.hostile.greedy import LEFT
from tests.sandgrader.hostile.measure import RESULTS
from tests.sandgrader.hostile.planted import MARK, leaks, make_course, plant
from tests.sandgrader.hostile.readers import LOOT
from tests.sandgrader.hostile.scores import Scores, deserved, differences, full_scores, read_scores
from tests.sandgrader.hostile.table import PAGE, page
from tests.sandgrader.hostile.tellers import TELL_APART

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None,
    reason="the pack isn't run without a sandbox: install bubblewrap",
)

SECONDS = 5
"""A cell's time limit here, for those who use it up; nobody else needs a third of it."""
CLASSMATES = {
    "innocent_ada": "ada_perfect",
    "innocent_ben": "ben_wrong_prediction",
    "zoe_innocent": "eve_code_raises",
}
"""Innocent students, before and behind the pack in the alphabet, by whom they work like."""
SECONDS_IN_ALL = 100
"""A submission's, for the one who uses it up."""
RUN = "STORAGELAB_TEST_RUN"


def classmate(name: str) -> Case:
    """Return a student of the demo class as a case, with the demo class's losses."""
    student: Student = make_student(keys, TRACK, CLASSMATES[name])

    def type_in(work: Work) -> None:
        student.change(work.answers)

    loses = {cell: Loss(loss.score, loss.why) for cell, loss in student.loses.items()}
    return Case(name, student.story, type_in, loses=loses)


EVERYBODY = {**PACK, **{name: classmate(name) for name in CLASSMATES}}

AGAIN = sorted(
    {
        *CLASSMATES,
        *(name for name, case in PACK.items() if case.chance),
        *(cases[0].name for cases in FAMILIES.values()),
    }
)
"""Who is graded a second time in the ordinary run: whose score the pack leaves to chance, and one
of every family. By night everybody is."""


@dataclass
class Graded:
    """A course that was graded."""

    course: Path
    full: dict[str, float]
    run: str
    scores: dict[str, Scores] = field(default_factory=dict)
    summary: dict = field(default_factory=dict)
    leaks: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The parts whose notebooks somebody handed in who didn't hand in all."""

    def full_of(self, name: str) -> dict[str, float]:
        """Return all points of every cell of what somebody handed in."""
        parts = self.parts.get(name, tuple(STEMS))
        return {cell: points for cell, points in self.full.items() if cell.startswith(parts)}

    def autograded(self, name: str) -> Path:
        return self.course / "autograded" / name / TRACK

    def outputs(self, name: str, part: str = "access") -> str:
        path = self.autograded(name) / f"{STEMS[part]}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        return json.dumps([cell.get("outputs", []) for cell in cells])


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder, and a grader's environment in which things are that are nobody else's business."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_PASSWORD", MARK)
        patch.setenv("TMPDIR", str(folder / "tmp"))
        patch.setattr(tempfile, "tempdir", None)  # asked for anew
        yield folder


@pytest.fixture(scope="module")
def graded(layout: Layout, machine: Path, request: pytest.FixtureRequest) -> Graded:
    """The pack, graded.

    In the ordinary run most cases hand in the notebooks alone that they have something of their
    own in: the others are the same in every case, and take two thirds of the time. By night all
    are handed in.
    """
    folder = machine
    course = folder / "course"
    make_course(course, layout.nbgrader_config, layout.source)
    run = uuid.uuid4().hex
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        # everybody has the book's numbers, also who hands in no ledger
        config.write(
            f"\nc.Execute.timeout = {SECONDS}\nc.Grade.submission_time = {SECONDS_IN_ALL}\n"
            f"c.Grade.variables = {{{RUN!r}: {run!r}, 'STORAGELAB_VARIANT': '0'}}\n"
        )
    (folder / SECRET).write_text(MARK, encoding="utf-8")
    run_nbgrader(course, folder, "generate_assignment", TRACK, "--create")
    graded = Graded(course, full_scores(course / "source"), run)
    by_night = "not nightly" not in request.config.getoption("-m")
    release = course / "release" / TRACK
    for case in EVERYBODY.values():
        folder_of = course / "submitted" / case.name / TRACK
        lay_out(case, folder_of, release)
        if not by_night and case.name not in AGAIN:
            graded.parts[case.name] = own_parts(case, folder_of, release)
            leave_out(graded, case.name, folder_of)
    graded.summary = grade(graded)
    graded.scores = read_scores(course / "gradebook.db", graded.full)
    graded.leaks = {
        name: leaks(graded.autograded(name))
        for name in EVERYBODY
        if graded.autograded(name).is_dir()
    }
    return graded


def leave_out(graded: Graded, name: str, folder: Path) -> None:
    """Remove the notebooks that a case doesn't hand in from its folder."""
    for part in STEMS.keys() - set(graded.parts.get(name, STEMS)):
        (folder / f"{STEMS[part]}.ipynb").unlink()


def grade(graded: Graded, *options: str) -> dict[str, Any]:
    """Grade the pack's course and return the summary; who fails is for the tests below to say."""
    asked = [TRACK, "--sandbox", "required", "--json", *options]
    (summary,) = json.loads(grade_here(graded.course, *asked))
    return summary


def grade_again(graded: Graded, names: Iterable[str]) -> dict[str, Scores]:
    """Grade some students once more and return everybody's scores."""
    grade(graded, "--force", *(word for name in names for word in ("--student", name)))
    return read_scores(graded.course / "gradebook.db", graded.full)


@pytest.fixture(scope="module")
def second(graded: Graded) -> dict[str, Scores]:
    return grade_again(graded, AGAIN)


@pytest.fixture(scope="module")
def second_by_night(graded: Graded) -> dict[str, Scores]:
    return grade_again(graded, sorted(EVERYBODY.keys() - set(AGAIN)))


every_case = pytest.mark.parametrize("name", PACK)


# --- the pack itself


def test_the_pack_is_as_large_as_it_has_to_be_and_every_family_is_there() -> None:
    assert len(PACK) >= 60
    assert all(len(cases) >= 8 for cases in FAMILIES.values())


@every_case
def test_every_loss_is_of_a_cell_that_there_is_and_is_a_loss(name: str, layout: Layout) -> None:
    case, full = PACK[name], full_scores(layout.source)
    assert sum(deserved(case.loses, full).values()) <= sum(full.values())
    assert case.chance == () or set(case.chance) <= case.loses.keys()
    assert all(loss.why for loss in case.loses.values())
    assert case.story
    assert not case.story.endswith(".")


def test_a_score_that_isnt_deserved_is_found(layout: Layout) -> None:
    case, full = PACK["patch_displayhook"], full_scores(layout.source)
    right: dict[str, Any] = {**deserved(case.loses, full)}
    assert differences(case, right, full) == {}
    for cell, score in right.items():
        assert set(differences(case, {**right, cell: score + 1}, full)) == {cell}
        assert set(differences(case, {**right, cell: None}, full)) == {cell}
        assert set(differences(case, {key: right[key] for key in right if key != cell}, full))


def test_hidden_things_are_found_wherever_students_get_them(layout: Layout, tmp_path: Path) -> None:
    notebook = nbformat.read(layout.source / TRACK / f"{STEMS['access']}.ipynb", as_version=4)
    path = tmp_path / f"{STEMS['access']}.ipynb"
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source += f"\nplanted = {MARK!r}"  # the tests' own sources are another's business
    nbformat.write(notebook, path)
    assert leaks(tmp_path) == []
    own = next(cell for cell in notebook.cells if cell.get("outputs") is not None)
    own.outputs = [nbformat.v4.new_output("stream", text=f"look: {MARK}")]
    nbformat.write(notebook, path)
    assert len(leaks(tmp_path)) == 1
    (tmp_path / "loot.txt").write_text(f"{LOOT}(12.5, 3)", encoding="utf-8")
    assert len(leaks(tmp_path)) == 2


def test_every_hidden_test_gets_a_mark(layout: Layout, tmp_path: Path) -> None:
    shutil.copytree(layout.source / TRACK, tmp_path / TRACK)
    hidden = sum(
        cell.source.count("BEGIN HIDDEN TESTS")
        for stem in STEMS.values()
        for cell in nbformat.read(tmp_path / TRACK / f"{stem}.ipynb", as_version=4).cells
    )
    assert plant(tmp_path) == hidden == 18


def test_the_page_is_what_the_pack_says(layout: Layout) -> None:
    assert (layout.root / PAGE).read_text(encoding="utf-8") == page(layout.root)


def test_stock_nbgrader_was_measured_with_all_that_it_can_be_given() -> None:
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert set(measured) == {case.name for case in PACK.values() if not case.not_by_stock}


# --- what the grader makes of it


@every_case
def test_every_cell_has_the_score_that_it_deserves(name: str, graded: Graded) -> None:
    assert differences(PACK[name], graded.scores.get(name, {}), graded.full_of(name)) == {}


@pytest.mark.parametrize("name", CLASSMATES)
def test_the_rest_of_the_class_is_graded_and_right(name: str, graded: Graded) -> None:
    case = EVERYBODY[name]
    assert graded.scores[name] == deserved(case.loses, graded.full)


def test_who_hands_in_less_has_something_of_their_own_in_all_of_it(graded: Graded) -> None:
    assert not graded.parts.keys() & set(AGAIN)
    for name, parts in graded.parts.items():
        lost = {cell.partition("/")[0] for cell in PACK[name].loses}
        assert lost <= set(parts), name


def test_nobody_is_left_out_and_nothing_failed(graded: Graded) -> None:
    assert set(graded.scores) == set(EVERYBODY)
    assert graded.summary["failed"] == 0
    assert {result["state"] for result in graded.summary["results"]} == {"graded"}
    for name in EVERYBODY:
        assert graded.autograded(name).is_dir(), name


def test_all_tests_were_judged_outside_the_students_interpreters(graded: Graded) -> None:
    assert graded.summary["sandbox"] == "bubblewrap"
    assert set(graded.summary["isolation"].values()) == {""}


@every_case
def test_nothing_hidden_is_in_what_the_student_gets_back(name: str, graded: Graded) -> None:
    assert graded.leaks[name] == []


def test_how_a_hidden_call_fails_is_told_to_nobody(graded: Graded) -> None:
    said = set()
    for name in TELL_APART:
        path = graded.autograded(name) / f"{STEMS['access']}.ipynb"
        (test,) = [
            cell
            for cell in nbformat.read(path, as_version=4).cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "law-test"
        ]
        said.add(json.dumps([[item.ename, item.evalue] for item in test.outputs]))
    assert len(said) == 1


@pytest.mark.parametrize("name", AGAIN)
def test_graded_again_the_same_work_has_the_same_score(
    name: Any, graded: Graded, second: dict[str, Scores]
) -> None:
    assert second[name] == graded.scores[name] != {}


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(EVERYBODY.keys() - set(AGAIN)))
def test_graded_again_everybody_else_has_the_same_score_too(
    name: Any, graded: Graded, second_by_night: dict[str, Scores]
) -> None:
    assert second_by_night[name] == graded.scores[name] != {}


def test_links_bring_in_nothing_from_outside(graded: Graded) -> None:
    for name in ("link_to_passwd", "writes_links", "link_to_itself"):
        for path in graded.autograded(name).rglob("*"):
            assert not path.is_symlink()
            if path.is_file():
                assert b"root:x:0:0" not in path.read_bytes()
    assert "root:x:0:0" not in graded.outputs("link_to_passwd")


def test_nobody_wrote_into_the_gradebook_but_the_grader(graded: Graded) -> None:
    with sqlite3.connect(graded.course / "gradebook.db") as book:
        (by_hand,) = book.execute(
            "SELECT COUNT(*) FROM grade WHERE manual_score IS NOT NULL"
        ).fetchone()
        late = book.execute("SELECT timestamp FROM submitted_assignment").fetchall()
    assert by_hand == 0
    assert set(late) == {(None,)}, "a student's own timestamp.txt was believed"


@every_case
def test_evidence_and_the_moment_are_as_they_were_handed_in(name: str, graded: Graded) -> None:
    """In what the next notebook found, and in what the class report reads."""
    handed = graded.course / "submitted" / name / TRACK
    for file in ("ledger.json", "timestamp.txt"):
        written = graded.autograded(name) / file
        if written.exists():
            assert written.read_bytes() == (handed / file).read_bytes()
        else:
            usable = is_regular_file(handed / file) and (
                file == "ledger.json" or moment_of((handed / file).read_bytes())
            )
            assert not usable


def test_nothing_is_left_running(graded: Graded) -> None:
    """By a variable that every process of this run's sandboxes has, and one of the leftovers'."""
    left = []
    for process in psutil.process_iter():
        try:
            variables = process.environ()
        except psutil.Error:
            continue
        if variables.get(RUN) == graded.run or variables.get("NAME") == LEFT:
            left.append(process.cmdline())
    assert left == []


def test_nothing_is_left_lying_about(graded: Graded) -> None:
    folder = graded.course.parent
    assert {path.name for path in folder.iterdir()} == {"course", "tmp", SECRET}
    # Dask keeps two locks of its own there
    assert {path.name for path in (folder / "tmp").iterdir()} <= {"dask-scratch-space"}
    names = {path.name for path in graded.course.iterdir()}
    assert names - {".grading", ".jupyter"} == {
        "nbgrader_config.py",
        "gradebook.db",
        "source",
        "release",
        "submitted",
        "autograded",
    }
    dropped = {"escaped.txt", "pwned", "hoard.bin", "still-here"}
    # walked from inside: one submission is deeper than a path may be long
    for inside, folders, files, _ in os.fwalk(folder):
        if Path(inside) == graded.course:
            folders.remove("submitted")
        if graded.autograded("daemon_left") not in (Path(inside), *Path(inside).parents):
            assert not dropped & {*folders, *files}, inside


def test_what_was_handed_in_is_as_it_was(graded: Graded, tmp_path: Path) -> None:
    """A submission is evidence: grading changes nothing in it."""
    for name in ("writes_over_notebooks", "writes_folder_over_file", "ledger_forged_by_append"):
        lay_out(PACK[name], tmp_path / name, graded.course / "release" / TRACK)
        leave_out(graded, name, tmp_path / name)
        handed = graded.course / "submitted" / name / TRACK
        for path in (tmp_path / name).rglob("*"):
            twin = handed / path.relative_to(tmp_path / name)
            assert twin.exists()
            if path.is_file() and path.name != "ledger.json":  # that has the time in it
                assert twin.read_bytes() == path.read_bytes()
        ours = {path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*")}
        assert {path.relative_to(handed) for path in handed.rglob("*")} == ours


@pytest.mark.parametrize(
    "name", ["read_processes", "read_whole_disk", "read_course_above", "read_course_beside_package"]
)
def test_who_looks_around_finds_no_key(name: str, graded: Graded) -> None:
    said = graded.outputs(name)
    assert "reference_answers" not in said
    assert "BEGIN HIDDEN" not in said
    assert "gradebook" not in said
