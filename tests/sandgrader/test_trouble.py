"""What is wrong with a course, its gradebook, its disk or its neighbours is said, and ends well."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sandgrader.configuration import CourseError, read_configuration
from sandgrader.course import Course
from sandgrader.gradebook import OpenGradebook, trouble_with
from sandgrader.neighbours import running_autograders
from sandgrader.printable import printable
from sandgrader.report.tables import in_file
from sandgrader.run import Result, Run, Summary
from sandgrader.worker import Graded
from sandgrader.writer import Writer, grading_lock
from tests.postgres.server import NoPostgresError, throwaway_postgres
from tests.sandgrader.command import start
from tests.sandgrader.quickstart import (
    ALL,
    CLASS,
    NAME,
    copied,
    grades_of,
    hand_in,
    only,
    read_measured,
)

Grader = Callable[..., str]
ONE, OTHER = "all_right", "wrong"


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> Path:
    return copied(fresh, tmp_path)


@pytest.fixture(autouse=True)
def no_other_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "jupyter"
    folder.mkdir()
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    return folder


def write(course: Path, graded: Path, *students: str) -> Summary:
    """Write students' work of the graded course into another: a run without the running."""
    here, summary, told = Course(course), Summary(NAME), list[Result]()
    try:
        with grading_lock(here) as aside:
            nobody: Any = None
            run = Run(here, Writer(here, aside), nobody, told.append)
            run._name = NAME
            found = here.submissions(NAME, [*students])
            run._writer.watch(found)
            for item in found:
                run._tell(run._receive(item, executed(graded, item.student), summary), summary)
            run._look_back(summary)
    finally:
        here.close()
    return summary


def executed(graded: Path, student: str) -> Graded:
    """Return a graded student's work as a worker returns it, from the graded course."""
    folder = graded / "autograded" / (student if student in CLASS else ONE) / NAME
    notebooks = {path.stem: path.read_text() for path in folder.glob("*.ipynb")}
    return Graded(student, notebooks, {"timestamp.txt": (folder / "timestamp.txt").read_bytes()})


def of(summary: Summary) -> dict[str, Result]:
    return {result.student: result for result in summary.results}


def configure(course: Path, lines: str) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc = get_config()\n{lines}\n")


# --- the configuration


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("c.Execute.timeout = 5\nc.Grade.memory = 1 +", "SyntaxError"),
        ("c.Grade.memory = nothing", "NameError: name 'nothing' is not defined"),
        ("open('lost.csv')", "FileNotFoundError: [Errno 2] No such file or directory: 'lost.csv'"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit('this track is unknown')", "this track is unknown"),
        ("c.Grade.sandbox = 'yes'", "'sandbox' trait"),
        ("c.CourseDirectory.ignore = 5", "'ignore' trait"),
    ],
)
def test_a_slip_in_the_configuration_is_said_and_nothing_is_graded(
    slip: str, words: str, course: Path, grade: Grader
) -> None:
    configure(course, slip)
    said = grade(course, NAME, code=2)
    assert words in said
    if "Error" in words:
        lines = (course / "nbgrader_config.py").read_text().splitlines()
        line = lines.index(slip.splitlines()[-1]) + 1
        assert f"{course / 'nbgrader_config.py'}, line {line}:" in said.replace("\n", "")
    assert not (course / "autograded").exists()


def test_a_slip_in_another_file_is_said_where_the_configuration_calls_it(course: Path) -> None:
    (course / "more_config.py").write_text("def f():\n    return 1 / 0\n")
    configure(course, "import sys\nsys.path.insert(0, '.')\nimport more_config\nmore_config.f()")
    with pytest.raises(CourseError, match=r"more_config.py, line 2: ZeroDivisionError"):
        read_configuration(course)


def test_a_configuration_in_jupyters_folder_counts(
    course: Path, tmp_path: Path, no_other_configuration: Path
) -> None:
    settings = course / "nbgrader_config.py"
    with settings.open("a") as config:
        config.write(f"\nc.CourseDirectory.root = {str(course)!r}\nc.Execute.timeout = 77\n")
    shutil.move(settings, no_other_configuration)
    (tmp_path / "elsewhere").mkdir()
    for folder in (course, tmp_path / "elsewhere"):
        found = Course(folder)
        try:
            assert found.root == course
            assert found.read_assignment(NAME).limits.cell_time == 77
        finally:
            found.close()


@pytest.mark.parametrize("where", ["course", "jupyter"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nbgrader_config.py", ""),
        ("nbgrader_config.py", "# c = get_config()\n"),
        ("nbgrader_config.json", "{}"),
    ],
)
def test_a_configuration_in_which_nothing_is_set_counts(
    where: str, name: str, content: str, tmp_path: Path
) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / where / name).write_text(content)
    _, directory = read_configuration(tmp_path / "course")
    assert directory.root == str(tmp_path / "course")


def test_no_configuration_anywhere_is_said(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"There is no nbgrader_config\.py"):
        read_configuration(tmp_path)
    with pytest.raises(CourseError, match="There is no folder"):
        read_configuration(tmp_path / "gone")


# --- the gradebook


def test_a_damaged_gradebook_is_said(course: Path, grade: Grader) -> None:
    book = course / "gradebook.db"
    content = bytearray(book.read_bytes())
    content[4096 : len(content)] = b"\x55" * (len(content) - 4096)
    book.write_bytes(content)
    said = grade(course, NAME, code=2)
    assert "is damaged" in said
    assert "run it again" not in said.lower()


def test_a_gradebook_that_is_none_is_said(course: Path, grade: Grader) -> None:
    (course / "gradebook.db").write_bytes(b"no database at all" * 1000)
    assert "is no database" in grade(course, NAME, code=2)


def test_a_gradebook_of_another_version_is_said(course: Path, grade: Grader) -> None:
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("ALTER TABLE source_cell DROP COLUMN checksum")
    assert "nbgrader db upgrade" in grade(course, NAME, code=2)


def test_a_gradebook_that_somebody_has_locked_is_said(course: Path, grade: Grader) -> None:
    address = f"sqlite:///{course / 'gradebook.db'}?timeout=0.1"
    configure(course, f"c.CourseDirectory.db_url = {address!r}")
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        said = grade(course, NAME, code=3)
    finally:
        other.close()
    assert "is locked: another program writes in it" in said
    assert "run it again to go on" in said


@pytest.mark.parametrize(
    ("address", "words"),
    [("no address", "can't be used"), ("nosuch://x/y", "can't be used"),
     ("sqlite:////no/such/folder/x.db", "can't be opened")],
)  # fmt: skip
def test_an_address_that_is_none_is_said(
    address: str, words: str, course: Path, grade: Grader
) -> None:
    configure(course, f"c.CourseDirectory.db_url = {address!r}")
    assert words in grade(course, NAME, code=2)


def test_a_password_is_not_printed() -> None:
    problem = OperationalError("", {}, Exception("could not connect"))
    said = str(trouble_with(problem, "postgresql://me:secret@host/grades"))
    assert "secret" not in said
    assert "host/grades" in said


def test_while_it_writes_nobody_else_does(graded: Path, tmp_path: Path) -> None:
    course = copied(graded, tmp_path)
    path = course / "gradebook.db"
    book = OpenGradebook(f"sqlite:///{path}", "course")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        with book.transaction(writing=True) as gradebook:
            found = gradebook.find_grade("part-a", "problem2", NAME, OTHER)
            assert found.manual_score is None  # what is read now is what is written on
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("UPDATE grade SET manual_score = 1")
            found.extra_credit = 0.5
            book.commit()
        other.execute("UPDATE grade SET manual_score = 1")
        with book.transaction(writing=True) as gradebook:
            found = gradebook.find_grade("part-a", "problem2", NAME, OTHER)
            assert (found.manual_score, found.extra_credit) == (1, 0.5)
    finally:
        other.close()
        book.close()


# --- the disk


def test_autograded_may_lie_on_another_disk(
    course: Path, graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def of_one_disk(source: Any, target: Any, **options: Any) -> None:
        there = ["/autograded/" in str(path) and ".grading/" not in str(path)
                 for path in (source, target)]  # fmt: skip
        if there[0] != there[1]:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target, **options)

    monkeypatch.setattr(os, "rename", of_one_disk)
    for _ in range(2):
        assert not write(course, graded, ONE, OTHER).of("failed")
    mine = {key: said for key, said in grades_of(graded).items() if key[0] in (ONE, OTHER)}
    assert grades_of(course) == mine
    for student in (ONE, OTHER):
        names = {path.name for path in (course / "autograded" / student / NAME).iterdir()}
        assert {"problem1.ipynb", "problem2.ipynb"} <= names
        assert [path.name for path in (course / "autograded" / student).iterdir()] == [NAME]


def test_what_a_killed_grader_left_beside_the_folders_is_cleared_away(
    course: Path, graded: Path
) -> None:
    left = course / "autograded" / OTHER / ".grading-new-0123456789abcdef"
    left.mkdir(parents=True)
    (left / "problem1.ipynb").write_text("{}")
    write(course, graded, ONE)
    assert not left.exists()


def test_a_folder_that_may_not_be_written_costs_its_student_alone(
    course: Path, graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Writer._exchange

    def closed(self: Any, made: Path, submission: Any) -> None:
        if submission.student == OTHER:
            raise PermissionError(errno.EACCES, "Permission denied", str(submission.autograded))
        exchange(self, made, submission)

    monkeypatch.setattr(Writer, "_exchange", closed)
    found = of(write(course, graded, ONE, OTHER))
    assert found[ONE].state == "graded"
    assert "Permission denied" in found[OTHER].why
    assert {key[0] for key in grades_of(course)} == {ONE}


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError("x"), TypeError("x")])
def test_whatever_nbgrader_raises_costs_its_student_alone(
    error: Exception, course: Path, graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = Writer._convert

    def fail(self: Any, directory: Any, *about: Any) -> None:
        if OTHER in (directory.student_id, *about):
            raise error
        convert(self, directory, *about)

    monkeypatch.setattr(Writer, "_convert", fail)
    found = of(write(course, graded, ONE, OTHER))
    assert found[ONE].state == "graded"
    assert type(error).__name__ in found[OTHER].why


# --- submissions


def test_what_students_hand_in_for_a_folder_or_a_name_costs_nobody_else(
    course: Path, grade: Grader
) -> None:
    shutil.move(course / "submitted" / OTHER / NAME, course / "elsewhere")
    (course / "submitted" / OTHER / NAME).symlink_to(course / "elsewhere")
    shutil.rmtree(course / "submitted" / "nothing" / NAME)
    os.mkfifo(course / "submitted" / "nothing" / NAME)
    mallory = "\x1b[2Jmallory"
    (hand_in(course, mallory, ALL) / "\x1b]0;title\x07[bold]").symlink_to("nowhere")
    said = grade(course, NAME, *only(ONE, OTHER, "nothing", mallory), code=1)
    words = said.replace("\n", " ")
    assert f"{OTHER}: the submission's folder is a link" in words
    assert "nothing: the submission is no folder" in words
    assert "2 graded, 0 graded before, 2 failed" in words
    assert {key[0] for key in grades_of(course)} == {ONE, mallory}
    assert "\x1b[2J" not in said
    assert "\x1b]0" not in said
    assert "\\x1b[2Jmallory" in words
    assert "\\x1b]0;title\\x07[bold] is a link" in words


def test_a_student_whose_name_is_no_text_costs_nobody_else(course: Path, graded: Path) -> None:
    student = os.fsdecode(b"no-text-\xff")
    shutil.copytree(course / "submitted" / ONE, course / "submitted" / student)
    found = of(write(course, graded, student, ONE))
    assert found[student].state == "failed"
    assert found[ONE].state == "graded"
    assert {key[0] for key in grades_of(course)} == {ONE}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain ü 語", "plain ü 語"), ("\x1b[31m", "\\x1b[31m"), ("a\r\nb", "a\\x0d\\x0ab"),
     ("\u202egnp.exe", "\\u202egnp.exe"), ("\udcff", "\\udcff"), ("\x9b2J", "\\x9b2J")],
)  # fmt: skip
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_cannot_be_seen_is_written_out_in_reports_too() -> None:
    assert in_file("\x1b[2J\u202ename") == "\\x1b[2J\\u202ename"
    assert in_file("two\nlines") == "two\nlines"
    assert in_file("\r=1+1") == "'\\x0d=1+1"


# --- neighbours


@pytest.fixture
def neighbour() -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Start what looks like ``nbgrader autograde`` in a course, and does nothing."""
    started: list[subprocess.Popen[bytes]] = []

    def start(course: Path) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-c", "import sys; sys.stdin.read()", "nbgrader", "autograde"]
        started.append(subprocess.Popen(line, cwd=course, stdin=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.communicate()


def test_nbgrader_itself_is_found_at_work(course: Path) -> None:
    line = [sys.executable, "-m", "nbgrader", "autograde", NAME]
    assert running_autograders(course) == []
    process = subprocess.Popen(line, cwd=course, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and not running_autograders(course):
            time.sleep(0.02)
        assert running_autograders(course) == [process.pid]
        assert running_autograders(course.parent) == []
    finally:
        process.kill()
        process.wait()


def test_where_nbgrader_is_at_work_nothing_is_graded(
    course: Path, grade: Grader, neighbour: Callable[[Path], Any]
) -> None:
    process = neighbour(course)
    assert f"at work in this course (process {process.pid})" in grade(course, NAME, code=2)
    assert not (course / "autograded").exists()


def test_nbgrader_that_starts_meanwhile_is_said(
    course: Path, grade: Grader, neighbour: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Writer.write

    def then_start(self: Any, *about: Any) -> None:
        really(self, *about)
        neighbour(course)

    monkeypatch.setattr(Writer, "write", then_start)
    said = grade(course, NAME, "--student", ONE, code=1)
    assert "was started in this course meanwhile and is still at" in said


def begin_autograde(course: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start ``nbgrader autograde`` itself."""
    line = [sys.executable, "-m", "nbgrader", "autograde", NAME, *options]
    return subprocess.Popen(line, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def begun(folder: Path, process: subprocess.Popen[Any]) -> bool:
    """Wait until a grader has written the first of a class; return whether it is still at work."""
    end = time.monotonic() + 600
    while process.poll() is None and not [*folder.glob(f"autograded/*/{NAME}/*.ipynb")]:
        assert time.monotonic() < end, "it gets nowhere"
        time.sleep(0.02)
    return process.poll() is None


@pytest.mark.nightly
def test_while_nbgrader_grades_the_class_it_is_left_alone(
    course: Path, graded: Path, grade: Grader
) -> None:
    process = begin_autograde(course)
    try:
        assert begun(course, process)
        said = grade(course, NAME, code=2)
        assert f"at work in this course (process {process.pid})" in said
        assert process.wait(600) == 0
    finally:
        process.kill()
        process.wait()
    assert grades_of(course) == read_measured().grades, "nbgrader's own run was disturbed"
    grade(course, NAME, "--force")
    assert grades_of(course) == grades_of(graded)


@pytest.mark.nightly
@pytest.mark.parametrize("options", [(), ("--force",), (*only(ONE), "--force")])
def test_nobody_loses_points_to_nbgrader_that_grades_the_class_meanwhile(
    options: tuple[str, ...], course: Path, graded: Path, grade: Grader
) -> None:
    ours = start(course, NAME, "--json", "--workers", "1")
    theirs = None
    try:
        assert begun(course, ours)
        theirs = begin_autograde(course, *options)
        said, _ = ours.communicate(timeout=600)
        assert ours.returncode in (0, 1), said
        (summary,) = json.loads(said)
        theirs.wait(600)
    finally:
        for process in (ours, theirs):
            if process is not None:
                process.kill()
                process.wait()
    right, now = grades_of(graded), grades_of(course)
    told = {result["student"] for result in summary["results"] if result["state"] == "failed"}
    if not summary["beside"]:  # else all of it was said not to be known
        assert {key[0] for key in right if now.get(key) != right[key]} <= told
    assert ours.returncode == (1 if told or summary["beside"] else 0)
    grade(course, NAME, "--force")
    assert grades_of(course) == right


def _score_away(course: Path) -> None:
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("UPDATE grade SET auto_score = 0.25 WHERE auto_score = 1")


def _folder_away(course: Path) -> None:
    shutil.rmtree(course / "autograded" / ONE / NAME)


def _other_notebook(course: Path) -> None:
    path = course / "autograded" / ONE / NAME / "problem1.ipynb"
    path.unlink()
    path.write_text("{}")


@pytest.mark.parametrize("disturb", [_score_away, _folder_away, _other_notebook])
def test_what_another_program_changes_meanwhile_is_noticed(
    disturb: Callable[[Path], None], course: Path, graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Writer.write

    def then_disturb(self: Any, name: str, submission: Any, work: Any) -> None:
        really(self, name, submission, work)
        if submission.student == ONE:
            disturb(course)

    monkeypatch.setattr(Writer, "write", then_disturb)
    found = of(write(course, graded, ONE, OTHER))
    assert found[ONE].state == "failed"
    assert "another program has changed its scores or its files" in found[ONE].why
    assert found[OTHER].state == "graded"


def test_what_another_program_has_graded_first_is_left(
    course: Path, graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = Writer._convert
    folder = course / "autograded" / ONE / NAME

    def late(self: Any, *about: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "problem1.ipynb").write_text("another's")
        convert(self, *about)

    monkeypatch.setattr(Writer, "_convert", late)
    found = of(write(course, graded, ONE))
    assert "another program has graded it meanwhile" in found[ONE].why
    assert (folder / "problem1.ipynb").read_text() == "another's"
    assert grades_of(course) == {}


def test_what_a_person_gives_in_formgrader_meanwhile_stays(
    course: Path, graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Writer.write

    def then_give(self: Any, name: str, submission: Any, work: Any) -> None:
        really(self, name, submission, work)
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            essay = gradebook.find_grade("part-a", "problem2", NAME, submission.student)
            essay.manual_score, essay.needs_manual_grade = 0.75, False
            gradebook.db.commit()

    monkeypatch.setattr(Writer, "write", then_give)
    assert not write(course, graded, ONE, OTHER).of("failed")
    expected, found = grades_of(graded), grades_of(course)
    for student in (ONE, OTHER):
        assert found[student, "problem2", "part-a"].manual == 0.75
        for key in (key for key in found if key[0] == student and key[-1] != "part-a"):
            assert found[key] == expected[key]


def test_two_graders_of_one_gradebook_on_two_machines() -> None:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(throwaway_postgres())
        except NoPostgresError as lack:
            pytest.skip(str(lack))
        address = server.create("grades")
        one, two = OpenGradebook(address, "course"), OpenGradebook(address, "course")
        try:
            with one.alone() as first, two.alone() as second:
                assert (first, second) == (True, False)
            with two.alone() as again:
                assert again
            with one.transaction(writing=True), two.transaction(writing=True):
                level = one.gradebook.db.execute(text("SHOW transaction_isolation")).scalar()
                assert level == "repeatable read"
        finally:
            one.close()
            two.close()


# --- the summary


def test_the_sandbox_of_a_summary_is_the_weakest() -> None:
    summary = Summary(NAME)
    for student, kind in (("a", "bubblewrap"), ("b", "plain"), ("c", "bubblewrap"), ("d", "")):
        summary.add(Result(student, "graded", sandbox=kind))  # type: ignore[arg-type]
    assert summary.sandbox == "plain"


def test_a_gradebooks_trouble_says_whether_it_may_pass() -> None:
    def passes(words: str) -> bool:
        problem = OperationalError("", {}, Exception(words))
        return trouble_with(problem, "sqlite:///x.db").passing

    assert passes("database is locked")
    assert passes("server closed the connection unexpectedly")
    assert not passes("no such table: student")
    assert not passes("attempt to write a readonly database")


# --- no sandbox


def test_a_sandbox_that_is_required_and_is_not_there_ends_it_before_anybody_is_graded(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # where no bubblewrap is
    with (course / "nbgrader_config.py").open("a") as configuration:
        configuration.write("\nc.Grade.sandbox = 'required'\n")
    grader = start(course, NAME, "--workers", "1")
    said = " ".join(grader.communicate(timeout=300)[0].split())
    assert grader.returncode == 2, said
    assert "Nothing was graded: a sandbox is required: bubblewrap isn't installed." in said
    assert "sudo apt-get install bubblewrap" in said
    assert not (course / "autograded").exists()
