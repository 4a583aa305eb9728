"""Scores in a gradebook are nbgrader's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from sandgrader.scores import Key, moved, read_scores


def test_every_score_is_what_nbgrader_says(truth: Any) -> None:
    url = f"sqlite:///{truth.course / 'gradebook.db'}"
    with Gradebook(url, course_id="made-up") as gradebook:
        found = read_scores(gradebook)
        assert read_scores(gradebook, ["tiny_pioneer"]) == {
            key: value for key, value in found.items() if key.assignment == "tiny_pioneer"
        }
        for student in truth.students[:3]:
            for track in truth.cells:
                submission = gradebook.find_submission(track, student)
                own = [value for key, value in found.items() if key[:2] == (student, track)]
                assert sum(item.points for item in own) == pytest.approx(submission.score)
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        mine = found[Key(student, track, notebook.name, grade.name)]
                        assert mine.points == grade.score
                        assert mine.most == grade.max_score
                        assert mine.waits == grade.needs_manual_grade
    assert len(found) == len(truth.students) * sum(map(len, truth.cells.values()))


def test_what_a_person_gave_and_extra_points_count_as_in_nbgrader(
    truth: Any, tmp_path: Path
) -> None:
    course = shutil.copytree(truth.course, tmp_path / "course")
    student, place = truth.students[0], ("1_access", "cloud_titan")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", course_id="made-up") as gradebook:
        before = read_scores(gradebook)
        for cell, manual, extra in (("law-test", 1.5, None), ("conclude-test", None, 2.0)):
            grade = gradebook.find_grade(cell, *place, student)
            grade.manual_score, grade.extra_credit = manual, extra
        gradebook.db.commit()
        after = read_scores(gradebook)
        for cell in ("law-test", "conclude-test"):
            grade = gradebook.find_grade(cell, *place, student)
            gradebook.db.refresh(grade)
            assert after[Key(student, "cloud_titan", "1_access", cell)].points == grade.score
    found = moved(before, after)
    assert {change.key.cell for change in found.changes} <= {"law-test", "conclude-test"}
    assert {change.key.student for change in found.changes} == {student}
    assert len(found.changes) + found.same == len(before)
