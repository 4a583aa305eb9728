"""A track of one's own, from its two files to grades: ``docs/example_track.toml`` and its answers.

The names of the tracks are read when the package is imported, and everything here happens in
processes of its own for that reason: this file run as a program, with a step's name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest

from storagelab.course.answers import load_answers
from storagelab.course.generate import load_keys, write_source
from storagelab.course.kernels import run_notebook
from storagelab.course.layout import Layout, find_layout
from storagelab.course.nbgrader_steps import make_course, run_nbgrader
from storagelab.course.release import check_no_secret
from storagelab.parts import PARTS
from storagelab.tracks import EXTRA_TRACKS, load_track

pytestmark = pytest.mark.full

NAME, COPIED = "orbit_scout", "cloud_titan"
ADA, LEA = "ada_perfect", f"lea_copies_{COPIED}"
EXAMPLE, ANSWERS = "docs/example_track.toml", "docs/example_answers.toml"
STEMS = [part.stem for part in PARTS.values()]


# --- what happens in a process that knows the track, or doesn't


def go_through(folder: Path) -> None:
    """Take the track from its file to scores, in a course under ``folder``."""
    from demo.homework import do_homework
    from demo.run_class import read_scores
    from demo.students import Student, reference

    layout, keys = find_layout(), load_keys(find_layout())
    track = load_track(NAME)
    crises = {name: part.crisis(track) for name, part in PARTS.items()}
    write_source(layout, NAME, folder / "source")

    course, exchange = folder / "course", folder / "exchange"
    make_course(course, exchange, layout.nbgrader_config, folder / "source")
    run_nbgrader(course, exchange, "generate_assignment", NAME, "--create")

    def work(name: str, answers_of: str) -> None:
        home = course / "submitted" / name / NAME
        shutil.copytree(course / "release" / NAME, home)
        do_homework(home, Student(name, "tries the new track"), reference(keys, answers_of), False)

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, (ADA, LEA), (NAME, COPIED)))
    run_nbgrader(course, exchange, "autograde", NAME, "--create")
    found = {
        "unmet": {name: outcome.unmet for name, outcome in crises.items()},
        "decisions": {
            name: keys.reference_answers(track, part)["decision"] for name, part in PARTS.items()
        },
        "scores": read_scores(course, NAME),
    }
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


def without_the_file(folder: Path) -> None:
    """Print what is said of the track where nobody has its file: to instructor and student."""
    try:
        write_source(find_layout(), NAME, folder / "nowhere")
    except ValueError as error:
        print(f"generator: {error}")
    release = folder / "course" / "release" / NAME / f"{STEMS[0]}.ipynb"
    notebook = nbformat.read(release, as_version=4)
    (index,) = [index for index, cell in enumerate(notebook.cells) if cell.id == "open"]
    notebook.cells = notebook.cells[: index + 1]
    run_notebook(notebook, folder, allow_errors=True)
    print("student:", *("\n".join(output.traceback) for output in notebook.cells[-1].outputs))


STEPS = {"go-through": go_through, "without-the-file": without_the_file}


# --- the tests


def run(layout: Layout, checkout: Layout, folder: Path | None, *arguments: str) -> str:
    """Run Python in ``checkout`` and return what it prints.

    The track files of ``folder`` are there beside the package's.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in (EXTRA_TRACKS, "STORAGELAB_VIEW", "NBGRADER_EXECUTION")
    }
    environment["PYTHONPATH"] = str(layout.root)
    if folder:
        environment[EXTRA_TRACKS] = str(folder)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def checkout(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A checkout of an instructor's, with the example's answers in it."""
    mine = Layout(tmp_path_factory.mktemp("checkout"))
    shutil.copy2(layout.nbgrader_config, mine.root)
    shutil.copytree(layout.notebooks, mine.notebooks)
    shutil.copy2(layout.root / ANSWERS, mine.answers / f"{NAME}.toml")
    return mine


@pytest.fixture(scope="module")
def tracks(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example as an instructor lays it out for everybody."""
    folder = tmp_path_factory.mktemp("tracks")
    shutil.copy2(layout.root / EXAMPLE, folder / f"{NAME}.toml")
    return folder


@pytest.fixture(scope="module")
def course(
    layout: Layout, checkout: Layout, tracks: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder in which the track has gone through everything."""
    folder = tmp_path_factory.mktemp("own")
    run(layout, checkout, tracks, "-m", __name__, "go-through", str(folder))
    return folder


@pytest.fixture(scope="module")
def found(course: Path) -> Any:
    return json.loads((course / "found.json").read_text(encoding="utf-8"))


def test_the_track_loads_beside_the_packages_own(
    layout: Layout, checkout: Layout, tracks: Path
) -> None:
    code = (
        "from storagelab.tracks import TRACKS, load_track; print(*TRACKS); load_track(TRACKS[-1])"
    )
    known = run(layout, checkout, tracks, "-c", code).split()
    assert known == [*run(layout, checkout, None, "-c", code).split(), NAME]


def test_it_teaches_what_every_track_has_to(layout: Layout, checkout: Layout, tracks: Path) -> None:
    """A crisis, a way out, no shortcut, an event that changes the answer: the package's own test
    of that, on the track of one's own."""
    lessons = str(layout.root / "tests/parts/test_lessons.py")
    chosen = f"{NAME} and not another_track"  # those pair every track with every other
    said = run(
        layout,
        checkout,
        tracks,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        lessons,
        "-k",
        chosen,
    )
    assert int(re.search(r"(\d+) passed", said)[1]) >= 3 * len(PARTS)


def text_of(path: Path) -> str:
    """Return all that is typed into a notebook."""
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def test_its_crisis_is_one_in_every_part(found: Any) -> None:
    assert set(found["unmet"]) == set(PARTS)
    assert all(found["unmet"].values())


def test_its_reference_solutions_earn_all_points_in_every_notebook(course: Path) -> None:
    """The generator refuses a track where they don't, so that three notebooks say it all."""
    assert sorted(path.stem for path in (course / "source" / NAME).iterdir()) == STEMS


def test_its_words_are_filled_in_and_the_reveal_shows_its_numbers(course: Path) -> None:
    for path in (course / "source" / NAME).iterdir():
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            assert "<<" not in cell.source
            if cell.cell_type == "markdown":
                assert not re.search(r"\{[a-z_]+\}", re.sub(r"\$.*?\$", "", cell.source)), cell.id
        (workbench,) = [cell for cell in notebook.cells if cell.id == "workbench"]
        says = "".join(output.get("text", "") for output in workbench.outputs)
        assert "You locked" in says
        assert not re.search(r"\bnan\b|[{}]", says)


def test_its_release_holds_three_notebooks_and_no_secret(
    layout: Layout, checkout: Layout, course: Path, found: Any
) -> None:
    keys = re.findall(r"^def (\w+_\w+)", (layout.notebooks / "keys.py").read_text(), re.MULTILINE)
    released = course / "course" / "release" / NAME
    assert sorted(path.stem for path in released.iterdir()) == STEMS
    for name, part in PARTS.items():
        answers = load_answers(checkout, NAME).of(part)
        decision = repr(found["decisions"][name])
        secrets = (decision, answers.reason, *answers.solution, *answers.scheme, *answers.facts)
        hidden = text_of(course / "source" / NAME / f"{part.stem}.ipynb")
        text = text_of(released / f"{part.stem}.ipynb")
        for secret in secrets:
            assert secret in hidden
        for secret in (*secrets, *keys):
            assert secret not in text, f"{part.stem}: {secret}"
        check_no_secret(
            f"{part.stem}.ipynb", (released / f"{part.stem}.ipynb").read_text(encoding="utf-8")
        )


def test_a_student_who_does_it_all_gets_every_point_that_a_machine_gives(
    course: Path, found: Any
) -> None:
    full = {}
    for part in PARTS.values():
        for cell in nbformat.read(course / "source" / NAME / f"{part.stem}.ipynb", 4).cells:
            grading = cell.metadata.get("nbgrader", {})
            if grading.get("grade") or grading.get("task"):
                by_hand = grading.get("task")
                full[f"{part.name}/{cell.id}"] = None if by_hand else float(grading["points"])
    assert found["scores"][ADA] == full
    assert sum(points or 0 for points in full.values()) == 80


def test_nothing_goes_wrong_in_that_students_notebooks(course: Path) -> None:
    for stem in STEMS:
        path = course / "course" / "autograded" / ADA / NAME / f"{stem}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                assert output.output_type != "error", (stem, cell.id)
                assert output.get("name") != "stderr", (stem, cell.id)


def test_that_students_ledger_has_every_step(course: Path) -> None:
    path = course / "course" / "submitted" / ADA / NAME / "ledger.json"
    ledger = json.loads(path.read_text(encoding="utf-8"))
    kinds = {(entry["part"], entry["kind"]) for entry in ledger["entries"]}
    steps = {(part, kind) for part in PARTS for kind in ("lock", "reveal", "decision")}
    assert kinds == {*steps, ("pipeline", "run")}


def test_a_student_who_pastes_another_tracks_answers_gets_nothing(found: Any) -> None:
    assert set(found["scores"][LEA]) == set(found["scores"][ADA])
    assert [score for score in found["scores"][LEA].values() if score] == []


def test_where_nobody_has_the_file_instructor_and_student_are_told_so(
    layout: Layout, checkout: Layout, course: Path
) -> None:
    said = run(layout, checkout, None, "-m", __name__, "without-the-file", str(course))
    for_instructor, for_student = said.split("student: ")
    for sentence in (for_instructor, for_student):
        assert f"unknown track {NAME!r}; known are" in sentence
        assert COPIED in sentence
        assert "Traceback" not in sentence


if __name__ == "__main__":
    STEPS[sys.argv[1]](Path(sys.argv[2]))


def test_nbgrader_stops_at_an_assignment_whose_track_nobody_knows(
    layout: Layout, tmp_path: Path
) -> None:
    """Graded all the same, it would earn next to nothing, and only the feedback would say why."""
    (tmp_path / "source" / NAME).mkdir(parents=True)
    (tmp_path / "source" / NAME / "1_access.ipynb").touch()
    shutil.copy2(layout.nbgrader_config, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "list"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={key: value for key, value in os.environ.items() if key != EXTRA_TRACKS},
    )  # fmt: skip
    assert done.returncode != 0
    assert f"assignments of unknown tracks: {NAME}. Set {EXTRA_TRACKS}" in done.stderr
