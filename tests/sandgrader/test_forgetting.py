"""``sandgrader forget``: all of one student goes, nothing of another's, and it is listed first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.utils import notebook_hash
from sqlalchemy import delete, select

from sandgrader.forgetting import command, still_named
from sandgrader.marking.marks import MARKS
from sandgrader.scores import read_scores, read_snapshot, write_snapshot
from sandgrader.versions import GRADED, STOOD_ON, keep_versions, record
from tests.sandgrader.quickstart import NAME, copied, grades_of

WHO, OTHER = "wrong", "all_right"


def forget(course: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, [*arguments, "--course", str(course)])
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done.output


def keep_of_its_own(gradebook: Gradebook) -> None:
    """Put both students into the grader's tables beside nbgrader's."""
    keep_versions(gradebook)
    MARKS.create(gradebook.db.connection(), checkfirst=True)
    gradebook.db.execute(delete(GRADED))
    for student in (WHO, OTHER):
        of = {"student": student, "assignment": NAME, "notebook": "problem1", "cell": "c"}
        mark = {"role": "first", "marker": "mia", "points": 1.0, "comment": "", "moment": ""}
        gradebook.db.execute(MARKS.insert().values(**of, **mark))
    record(gradebook, NAME, read_scores(gradebook), "v", "r", stands_on="prices")
    gradebook.db.commit()


def kept_of_its_own(course: Path) -> tuple[set[str], list[int]]:
    """Return whose marks there are, and of how many submissions it is kept what made the grade."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        marked = {row.student for row in gradebook.db.execute(select(MARKS))}
        kept = [len(gradebook.db.execute(select(table)).all()) for table in (GRADED, STOOD_ON)]
        return marked, kept


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    """A graded class with an exchange, feedback, a snapshot, a report and a log."""
    course, exchange = copied(graded, tmp_path), tmp_path / "exchange" / "course101"
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc = get_config()\nc.Exchange.root = {str(tmp_path / 'exchange')!r}\n")
        config.write("c.CourseDirectory.course_id = 'course101'\n")
    (exchange / "feedback").mkdir(parents=True)
    for student in (WHO, OTHER, f"{WHO}er", f"{WHO}+er"):
        (exchange / "inbound" / f"{student}+{NAME}+2026-02-03 15:00:00 UTC+x").mkdir(parents=True)
        (course / "feedback" / student / NAME).mkdir(parents=True)
    for student in (WHO, OTHER):
        (course / "submitted" / student / NAME / "submission_secret.txt").write_text(student)
        # of what was handed in before, too
        (before,) = exchange.glob(f"inbound/{student}+{NAME}+*")
        (before / "submission_secret.txt").write_text(f"before {student}")
        (before / "problem1.ipynb").write_text("{}")
        for secret in (student, f"before {student}"):
            page = notebook_hash(secret=secret, notebook_id="problem1")
            (exchange / "feedback" / f"{page}.html").write_text(student)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        scores = read_scores(gradebook)
        keep_of_its_own(gradebook)
    (course / ".grading").mkdir(exist_ok=True)
    write_snapshot(course / ".grading" / f"scores-{NAME}-20260203T150000Z.json", scores)
    (course / "notes.log").write_text(f"graded {WHO}, and {WHO}er\n")
    (course / "other.log").write_text(f"graded {WHO}er and {WHO}-two\n")
    return course


def everything(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in root.rglob("*")
        if path.name not in ("lock", "staging")  # the grader's own
    }


def test_without_delete_it_is_listed_and_nothing_changes(course: Path) -> None:
    before = everything(course.parent)
    said = forget(course, WHO)
    assert everything(course.parent).keys() == before.keys()
    for place in ("the gradebook: the student, 1 submission, all grades", "submitted/wrong/ps1",
                  "autograded/wrong/ps1", "feedback/wrong/ps1", "inbound/wrong+ps1+",
                  ".grading/scores-ps1-", "Nothing was deleted."):  # fmt: skip
        assert place in said
    assert grades_of(course)


def test_all_of_one_student_goes_and_nothing_of_anothers(course: Path) -> None:
    before, grades = everything(course.parent), grades_of(course)
    _, kept = kept_of_its_own(course)
    said = forget(course, WHO, "--delete")
    assert kept_of_its_own(course) == ({OTHER}, [count - 1 for count in kept])
    assert f"the id still stands in {course / 'notes.log'}" in said
    assert "other.log" not in said  # who is called alike is somebody else
    after = everything(course.parent)
    gone = before.keys() - after.keys()
    assert all("/wrong/" in f"/{name}/" or "wrong+" in name or "feedback/" in name for name in gone)
    assert {name for name in gone if OTHER in name} == set()
    assert len([name for name in gone if name.endswith(".html")]) == 2
    assert not [name for name in after if "/wrong/" in f"/{name}/" or f"/wrong+{NAME}" in name]
    assert [name for name in after if f"/wrong+er+{NAME}" in name]
    assert grades_of(course) == {key: said for key, said in grades.items() if key[0] != WHO}
    (path,) = course.glob(".grading/scores-*.json")
    assert {key.student for key in read_snapshot(path)} == {key[0] for key in grades} - {WHO}
    # most builds of SQLite keep what was deleted in the file, until it is written anew
    assert course / "gradebook.db" not in list(still_named(course, WHO))
    said = forget(course, WHO, code=2)
    assert "Nothing is kept of 'wrong'" in said


def test_stopped_half_way_it_goes_on(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", "somewhere")

    with monkeypatch.context() as patch:
        patch.setattr("sandgrader.forgetting.shutil.rmtree", fails)
        assert "somewhere: Permission denied" in forget(course, WHO, "--delete", code=2)
    assert "Deleted." in forget(course, WHO, "--delete")
    assert not list(course.parent.rglob(f"{WHO}+{NAME}*"))
    assert not (course / "submitted" / WHO).exists()


def test_who_isnt_there_is_said(course: Path, tmp_path: Path) -> None:
    assert "Nothing is kept of 'nobody'" in forget(course, "nobody", code=2)
    before = everything(course.parent)
    for name in ("", ".", "..", "../submitted", f"{WHO}/{NAME}"):
        assert "can't be a student's id" in forget(course, name, "--delete", code=2)
    config = course / "nbgrader_config.py"
    told = config.read_text(encoding="utf-8")
    config.write_text(
        f"{told}\nc.CourseDirectory.directory_structure = '{{nbgrader_step}}/{{assignment_id}}'\n"
    )
    assert "doesn't name {student_id}" in forget(course, WHO, "--delete", code=2)
    config.write_text(told, encoding="utf-8")
    assert everything(course.parent) == before
    (tmp_path / "empty").mkdir()
    forget(tmp_path / "empty", "nobody", code=2)
