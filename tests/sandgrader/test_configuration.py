"""Courses that are configured in other ways than this one: graded as nbgrader does, or refused."""

from __future__ import annotations

import copy
import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from sandgrader.command import command
from sandgrader.course import Course, CourseError, time_limits
from tests.sandgrader.corpus import CORPUS
from tests.sandgrader.corpus.case import RIGHT, Work
from tests.sandgrader.corpus.course import make
from tests.sandgrader.quickstart import grades_of, nbgrader
from tests.sandgrader.sheets import cell

Grader = Callable[..., str]
ANSWER = cell("answer", "### BEGIN SOLUTION\nx = 4\n### END SOLUTION", "x")
TEST = cell("test", "assert x == 4", "t")
PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write(path: Path, *cells: NotebookNode, kernel: dict[str, str] | None = None) -> None:
    notebook = new_notebook(cells=copy.deepcopy(list(cells)))
    for item in notebook.cells:
        said = item.metadata.get("nbgrader", {})
        said.pop("checksum", None)
        if not said.get("grade"):
            said.pop("points", None)
    notebook.metadata["kernelspec"] = kernel or PYTHON
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def make_course(
    folder: Path,
    settings: str = "",
    cells: tuple[NotebookNode, ...] = (ANSWER, TEST),
    kernel: dict[str, str] | None = None,
    submitted: str = "submitted/{}/ps1",
    **answers: str,
) -> Path:
    """Make a course of one notebook, in which each student answers with a source for ``x``."""
    config = "c = get_config()\nc.CourseDirectory.course_id = 'course'\n"
    (folder / "nbgrader_config.py").write_text(config + settings)
    write(folder / "source" / "ps1" / "sheet.ipynb", *cells, kernel=kernel)
    nbgrader(folder, "generate_assignment", "ps1")
    for student, answer in (answers or {"ann": "x = 4"}).items():
        target = folder / submitted.format(student)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder / "release" / "ps1", target)
        path = target / "sheet.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for item in notebook.cells:
            if item.metadata.get("nbgrader", {}).get("grade_id") == "x":
                item.source = answer
        nbformat.write(notebook, path)
    return folder


def points(course: Path) -> dict[str, float | None]:
    """Return each student's points for the test."""
    return {key[0]: said.auto for key, said in grades_of(course).items() if key[-1] == "t"}


def refused(course: Path, *words: str) -> None:
    """Assert that grading is refused with these words, before anything is started."""
    done = CliRunner().invoke(command, ["ps1", "--course", str(course)], catch_exceptions=False)
    assert done.exit_code == 2, done.output
    for word in words:
        assert word in done.output


# --- wrong settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("c.Grade.sandbox = 'yes'", ["sandbox", "auto", "required", "off"]),
        ("c.Grade.memory = 'much'", ["memory"]),
        ("c.Grade.processes = 0", ["processes"]),
        ("c.Grade.submission_time = 0", ["c.Grade.submission_time", "seconds above 0"]),
        ("c.Grade.submission_time = float('nan')", ["c.Grade.submission_time", "above 0"]),
        ("c.Grade.submission_time = 'long'", ["submission_time"]),
        ("c.Grade.memroy = 5", ["c.Grade.memroy", "did you mean c.Grade.memory?"]),
        ("c.CourseDirectory.ignore = 5", ["ignore"]),
        ("c.Grade.memory = 2**31\nc.Grade.memory = undefined", ["undefined"]),
        ("c.Grade.memory = (", ["SyntaxError"]),
    ],
)
def test_a_wrong_setting_is_refused_in_words(
    settings: str, words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{settings}\n")
    refused(tmp_path, "nbgrader_config.py", *words)


def test_a_folder_without_a_configuration_is_no_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    refused(tmp_path, "no nbgrader_config.py", "--course")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(None, (600.0, 600.0)), (-1, (600.0, 600.0)), (30, (30.0, 600.0)), (1800, (1800.0, 1800.0))],
)
def test_the_stated_time_limit_holds(stated: float | None, expected: tuple[float, float]) -> None:
    assert time_limits(stated, 600.0) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", 900.0),
        ("c.Execute.timeout = 1800", 1800.0),
        ("c.Grade.notebook_time = 3600", 3600.0),
        ("c.Grade.notebook_time = 3600\nc.Grade.submission_time = 60", 60.0),
    ],
)
def test_a_submissions_time_is_as_stated_or_no_less_than_a_notebooks(
    settings: str, expected: float, tmp_path: Path
) -> None:
    course = Course(make_course(tmp_path, settings))
    try:
        assert course.read_assignment("ps1").limits.submission_time == expected
    finally:
        course.close()


# --- other courses


def test_a_configuration_may_lie_in_jupyters_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grade: Grader
) -> None:
    course = tmp_path / "course"
    course.mkdir()
    make_course(course)
    elsewhere = tmp_path / "jupyter"
    elsewhere.mkdir()
    (course / "nbgrader_config.py").rename(elsewhere / "nbgrader_config.py")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(elsewhere))
    grade(course, "ps1")
    assert points(course) == {"ann": 1.0}


def test_folders_may_lie_in_another_order(tmp_path: Path, grade: Grader) -> None:
    order = "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'"
    course = make_course(tmp_path, order, submitted="submitted/ps1/{}", ann="x = 4", bob="x = 5")
    grade(course, "ps1")
    assert points(course) == {"ann": 1.0, "bob": 0}
    assert (course / "autograded" / "ps1" / "ann" / "sheet.ipynb").is_file()
    (summary,) = json.loads(grade(course, "ps1", "--json"))
    assert (summary["graded"], summary["skipped"]) == (0, 2)


def make_case(course: Path, config: str = "", *students: str) -> Course:
    """Make a course of the corpus, in which everybody's answers are right."""
    make(replace(CORPUS["hooks"], config=config, others=dict.fromkeys(students, RIGHT)), course)
    return Course(course)


def found_in(course: Course, *students: str) -> dict[str, str]:
    """Return whose submissions are found, and why some can't be used."""
    try:
        return {item.student: item.unusable for item in course.submissions("ps1", [*students])}
    finally:
        course.close()


NAMES = ["[brackets]", "1.2 (loops)", "a+b", "*", "(?P<x>y)", " blank "]


def test_names_of_students_and_folders_are_no_patterns(tmp_path: Path, grade: Grader) -> None:
    course = tmp_path / "Physics (1)+"
    config = "c.CourseDirectory.submitted_directory = 'handed in (1)+'"
    assert {*NAMES} < found_in(make_case(course, config, *NAMES)).keys()
    grade(course, "ps1")
    made = {path.parent.parent.name for path in course.glob("autograded/*/ps1/one.ipynb")}
    assert made == {"right", "nothing", *NAMES}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        scores = {item.student_id: item.score for item in gradebook.assignment_submissions("ps1")}
    assert scores == {**dict.fromkeys(NAMES, 2.0), "right": 2.0, "nothing": 0.0}


def test_names_of_assignments_are_no_patterns(tmp_path: Path) -> None:
    make(CORPUS["notebook_names"], tmp_path / "course")
    course = Course(tmp_path / "course")
    try:
        found = course.submissions(CORPUS["notebook_names"].assignment)
    finally:
        course.close()
    assert {item.student for item in found} == {"right", "nothing", "two"}


def test_folders_may_lie_deeper_and_nothing_else_is_left_there(
    tmp_path: Path, grade: Grader
) -> None:
    order = "'2026.1/{nbgrader_step}/{student_id}/tasks/{assignment_id}'"
    course = tmp_path / "course"
    config = f"c.CourseDirectory.directory_structure = {order}"
    assert found_in(make_case(course, config)) == {"right": "", "nothing": ""}
    before = {path.name for path in (course / "2026.1").iterdir()}
    grade(course, "ps1")
    assert (course / "2026.1" / "autograded/right/tasks/ps1/one.ipynb").is_file()
    assert {path.name for path in (course / "2026.1").iterdir()} == {*before, "autograded"}


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"student_id_exclude": "right,test"}, ["nothing", "test2"]),
        ({"student_id_exclude": "*"}, ["nothing", "right", "test", "test2"]),
        ({"student_id": "test*", "student_id_exclude": "test2"}, ["test"]),
        ({"student_id": "[nt]?[st]*"}, ["nothing", "test", "test2"]),
        ({"student_id": "nobody"}, []),
    ],
)
def test_students_are_left_out_as_the_course_says(
    settings: dict[str, str], found: list[str], tmp_path: Path
) -> None:
    course = make_case(tmp_path / "course", "", "test", "test2")
    for name, value in settings.items():
        setattr(course.directory, name, value)
    assert [*found_in(course)] == found


def test_a_student_who_is_named_is_graded_unless_the_course_leaves_them_out(
    tmp_path: Path,
) -> None:
    course = make_case(tmp_path / "course")
    course.directory.student_id, course.directory.student_id_exclude = "a*", "nothing"
    assert found_in(course, "right") == {"right": ""}
    with pytest.raises(CourseError, match="student_id_exclude leaves nothing out"):
        found_in(course, "nothing")


def test_where_nobody_handed_anything_in_that_is_said(tmp_path: Path, grade: Grader) -> None:
    make_case(tmp_path / "course").close()
    shutil.rmtree(tmp_path / "course" / "submitted")
    said = "".join(grade(tmp_path / "course", "ps1").split())
    assert f"nosubmissionofitwasfound:{tmp_path}/course/submitted/*/ps1" in said


def test_a_module_that_students_write_is_theirs_alone(tmp_path: Path, grade: Grader) -> None:
    solved = "def double(x):\n    return 2 * x\n"
    case = replace(
        CORPUS["file_of_ones_own"],
        files={"source/ps1/answers.py": solved},
        options=(),
        others={
            "writes": Work(files={"answers.py": "def double(x):\n    return x + x\n"}),
            "writes_wrongly": Work(files={"answers.py": "def double(x):\n    return x\n"}),
            "forgets": Work(without=("answers.py",)),
        },
    )
    course = tmp_path / "course"
    make(case, course)
    (summary,) = json.loads(grade(course, "ps1", "--json"))
    assert (summary["missed"], summary["ways"]) == ({}, {"one": "shared"})
    assert "answers.py" in summary["isolation"]["one"]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        scores = {item.student_id: item.score for item in gradebook.assignment_submissions("ps1")}
    assert {name: score for name, score in scores.items() if name in case.others} == {
        "writes": 2.0, "writes_wrongly": 0.0, "forgets": 0.0
    }  # fmt: skip
    assert not (course / "autograded" / "forgets" / "ps1" / "answers.py").exists()


def test_a_course_says_which_folder_is_whose(tmp_path: Path) -> None:
    course = make_case(tmp_path / "course")
    course.directory.directory_structure = "{nbgrader_step}/{assignment_id}"
    with pytest.raises(CourseError, match="student_id"):
        found_in(course)


def test_a_folder_that_is_closed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = make_case(tmp_path / "course")
    lstat, scandir = Path.lstat, os.scandir

    def shut(path: Path) -> os.stat_result:
        if path.parent.name == "right":
            raise PermissionError(errno.EACCES, "Permission denied")
        return lstat(path)

    # as it is for a grader who isn't root
    monkeypatch.setattr(Path, "lstat", shut)
    words = "the submission's folder can't be read: Permission denied"
    assert found_in(course) == {"nothing": "", "right": words}

    def all_shut(path: Any) -> Any:
        if Path(path).name == "submitted":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", all_shut)
    with pytest.raises(CourseError, match="submitted can't be read: Permission denied"):
        found_in(course)


PREPROCESSORS = """
import sys
sys.path.insert(0, {root!r})
from nbgrader.preprocessors import NbGraderPreprocessor
class Here(NbGraderPreprocessor):
    def preprocess(self, notebook, resources):
        notebook.cells[0].source += '\\ny = 1'
        return notebook, resources
import of_the_course
c.Autograde.sanitize_preprocessors.insert(0, Here)
c.Autograde.sanitize_preprocessors.insert(0, of_the_course.There)
c.Autograde.sanitize_preprocessors.insert(0, 'of_the_course.Named')
c.Autograde.autograde_preprocessors.insert(0, of_the_course.BeforeCells)
c.Autograde.exporter_class = 'of_the_course.Noted'
c.ExecutePreprocessor.timeout = -1
c.IncludeHeaderFooter.header = 'source/header.ipynb'
"""
MODULE = """
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor
class Noted(NotebookExporter):
    def from_filename(self, filename, resources=None, **more):
        self.name = resources['nbgrader']['student']
        return super().from_filename(filename, resources, **more)
    def from_notebook_node(self, notebook, resources=None, **more):
        notebook.metadata['graded'] = self.name
        return super().from_notebook_node(notebook, resources, **more)
class There(NbGraderPreprocessor):
    def preprocess(self, notebook, resources):
        notebook.cells[0].source += '\\nz = 2'
        return notebook, resources
class Named(There):
    def preprocess(self, notebook, resources):
        notebook.cells[0].source += '\\nw = 3'
        return notebook, resources
class BeforeCells(There):
    def preprocess(self, notebook, resources):
        notebook.cells[0].source += '\\nprint("it ran")'
        return notebook, resources
"""


def test_preprocessors_an_exporter_a_header_and_links_of_the_courses_own(
    tmp_path: Path, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = tmp_path / "course"
    (course / "source" / "ps1").mkdir(parents=True)
    (course / "of_the_course.py").write_text(MODULE)
    (tmp_path / "shared.csv").write_text("4")
    (course / "source" / "ps1" / "linked.csv").symlink_to(tmp_path / "shared.csv")
    write(course / "source" / "header.ipynb", cell("given", "import math\nEXPECTED = 4"))
    given = cell("given", "read = open('linked.csv').read()")
    answer = cell("answer", "### BEGIN SOLUTION\nx = int(read)\n### END SOLUTION", "x")
    test = cell("test", "assert math.sqrt(EXPECTED) == 2 and x == EXPECTED", "t")
    monkeypatch.setattr(sys, "path", [*sys.path])
    settings = PREPROCESSORS.format(root=str(course))
    make_course(course, settings, (given, answer, test), ann="x = int(read)", bob="x = 5")
    (summary,) = json.loads(grade(course, "ps1", "--json"))
    assert summary["ways"] == {"sheet": "isolated"}
    assert points(course) == {"ann": 1.0, "bob": 0}
    graded = nbformat.read(course / "autograded" / "ann" / "ps1" / "sheet.ipynb", as_version=4)
    # nbgrader reads a configuration twice, and so a line that adds something adds two
    assert {"w = 3", "z = 2", "y = 1"} <= set(graded.cells[0].source.splitlines())
    assert graded.cells[0].outputs[0].text.startswith("it ran\n")
    assert graded.metadata["graded"] == "ann"
    sys.modules.pop("of_the_course", None)
    (course / "source" / "ps1" / "linked.csv").unlink()
    (course / "source" / "ps1" / "linked.csv").symlink_to(tmp_path / "nowhere.csv")
    refused(course, "linked.csv", "leads nowhere")


def test_a_kernel_that_isnt_installed_is_named(tmp_path: Path) -> None:
    kernel = {"name": "ir", "display_name": "R", "language": "R"}
    course = make_course(tmp_path, "c.ClearSolutions.code_stub = {'R': 'stop()'}", kernel=kernel)
    refused(course, "'sheet'", "'ir'", "language: R")
    assert points(course) == {}


def install_kernel(folder: Path, only_here: Path) -> None:
    """Install a kernel of this Python with a folder of modules of its own."""
    (folder / "kernels" / "elsewhere").mkdir(parents=True)
    spec: dict[str, Any] = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Elsewhere",
        "language": "python",
        "env": {"PYTHONPATH": str(only_here)},
    }
    (folder / "kernels" / "elsewhere" / "kernel.json").write_text(json.dumps(spec))


@pytest.mark.nightly
def test_a_notebook_is_run_by_the_kernel_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grade: Grader
) -> None:
    only_here = tmp_path / "modules"
    only_here.mkdir()
    (only_here / "module_of_a_kernel.py").write_text("FOUR = 4")
    install_kernel(tmp_path / "jupyter", only_here)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    course = tmp_path / "course"
    course.mkdir()
    kernel = {"name": "elsewhere", "display_name": "Elsewhere", "language": "python"}
    cells = (new_code_cell("from module_of_a_kernel import FOUR"), ANSWER,
             cell("test", "assert x == FOUR", "t"))  # fmt: skip
    make_course(course, cells=cells, kernel=kernel, ann="x = FOUR", bob="x = 5")
    (summary,) = json.loads(grade(course, "ps1", "--json"))
    assert summary["ways"] == {"sheet": "kernel"}
    assert points(course) == {"ann": 1.0, "bob": 0}


def test_a_reference_solution_without_all_points_stops_before_the_class(
    tmp_path: Path, grade: Grader
) -> None:
    (tmp_path / "readings.csv").write_text("4")
    solution = f"### BEGIN SOLUTION\nx = int(open({str(tmp_path / 'readings.csv')!r}).read())\n"
    cells = (cell("answer", f"{solution}### END SOLUTION", "x"), TEST)
    course = tmp_path / "course"
    course.mkdir()
    make_course(course, cells=cells)
    said = grade(course, "ps1", code=2)
    assert "ps1, sheet, t: NameError" in said
    assert "'x' ends with FileNotFoundError" in said
    assert points(course) == {}
    (summary,) = json.loads(grade(course, "ps1", "--json", "--imperfect-reference"))
    assert "NameError" in summary["missed"]["sheet"]["t"]
    assert points(course) == {"ann": 1.0}
    # what it needs may be shown to it
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Grade.readable = [{str(tmp_path / 'readings.csv')!r}]\n")
    (summary,) = json.loads(grade(course, "ps1", "--json", "--force"))
    assert summary["missed"] == {}


def test_points_that_nbgrader_gives_and_this_grader_doesnt_are_listed(
    tmp_path: Path, grade: Grader
) -> None:
    yes = "class Yes:\n    def __eq__(self, other): return True\nx = Yes()"
    course = make_course(tmp_path, ann="x = 4", eve=yes)
    (summary,) = json.loads(grade(course, "ps1", "--json"))
    assert points(course) == {"ann": 1.0, "eve": 0}
    listed = {item["student"]: item["differences"] for item in summary["results"]}
    assert listed["ann"] == {}
    (difference,) = listed["eve"]["sheet"]
    assert (difference["nbgrader"], difference["given"]) == (1.0, 0)
    assert "0 points, where nbgrader gives 1" in grade(course, "ps1", "--force")


def test_an_executor_of_the_courses_own_is_refused(tmp_path: Path) -> None:
    own = (
        "from nbgrader.preprocessors import Execute\nclass Mine(Execute):\n    pass\n"
        "c.Autograde.autograde_preprocessors = [Mine]\n"
    )
    refused(make_course(tmp_path, own), "Mine", "nbgrader autograde")
