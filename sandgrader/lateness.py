"""What being late costs, whenever points are given: by the machine, or later by a person.

nbgrader asks the course's rule when it grades, for the points that the machine has given until
then, and keeps the answer (``SubmittedNotebook.late_submission_penalty``). Points that a person
gives afterwards escape it: "nothing for late work" leaves them all. Here the rule is asked again,
through nbgrader's own preprocessor, for the points that there are now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbformat.v4 import new_notebook
from nbgrader import api
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.plugins import BasePlugin, LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from traitlets import Type

from sandgrader.configuration import CourseError
from sandgrader.course import Course, as_classes, working_in
from sandgrader.extensions import (
    Extension,
    check_lines,
    extension_for,
    grant,
    read_extensions,
)


@dataclass(frozen=True)
class Late:
    """A submission that is late, or that has an extension, and what the rule takes."""

    student: str
    seconds: float
    """Past the due date, the extension counted in; 0 in time."""
    extension: float | None
    """Seconds."""
    points: float
    """All that there are, given by hand or by the machine, before the penalty."""
    penalty: float
    before: float
    """The penalty that the gradebook had until now."""

    @property
    def total(self) -> float:
        """The points that are left."""
        return self.points - self.penalty

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**asdict(self), "total": self.total}


@dataclass(frozen=True)
class Lateness:
    """Who is late with an assignment, and what else there is to say of extensions."""

    late: list[Late]
    notes: list[str]


def extensions_of(course: Course) -> list[Extension]:
    """Return the course's extensions. Raises :class:`CourseError` for bad lines."""
    extensions = read_extensions(course.root, course.app)
    if extensions:
        with course.gradebook.transaction() as gradebook:
            dues = {item.name: item.duedate for item in gradebook.assignments}
        check_lines(extensions, dues, course.root, course.app)
    return extensions


def settle(course: Course, assignment: str, extensions: Iterable[Extension]) -> Lateness:
    """Put extensions and penalties of an assignment right in the gradebook; say who is late.

    Raises :class:`CourseError` where the course's rule fails.
    """
    extensions = [*extensions]
    rule = late_rule(course)
    with (
        course.gradebook.transaction(writing=True) as gradebook,
        working_in(course.root),
    ):
        due = gradebook.find_assignment(assignment).duedate
        notes = grant(gradebook, assignment, due, extensions)
        notes += _without_anybody(gradebook, course, assignment, extensions)
        before = _penalties(gradebook, assignment)
        if rule is not None:
            for student, notebooks in before.items():
                for name, penalty in notebooks.items():
                    _ask(rule, gradebook, assignment, student, name, penalty)
        found = [
            _late(gradebook.find_submission(assignment, student), notebooks)
            for student, notebooks in before.items()
        ]
        course.gradebook.commit()
    return Lateness(found, notes)


def late_rule(course: Course) -> Any:
    """Return nbgrader's preprocessor that asks the course's rule; none where it has none."""
    return _rule_of(Autograde(course.directory, parent=course.app))


def _rule_of(converter: Autograde) -> Any:
    for kind in as_classes(converter.autograde_preprocessors):
        if isinstance(kind, type) and issubclass(kind, AssignLatePenalties):
            return kind(parent=converter)
    return None


def settle_notebook(asking: Any, graded: Mapping[str, Any]) -> None:
    """Put the penalty of one notebook right, before something of nbgrader's reads it.

    ``graded`` says which it is and in which gradebook, as nbgrader's resources do; ``asking`` is
    what has the configuration.
    """
    which = (graded["notebook"], graded["assignment"], graded["student"])
    with Gradebook(graded["db_url"]) as gradebook:
        submitted = gradebook.find_submission_notebook(*which)
        is_late = submitted.assignment.total_seconds_late > 0
        if not is_late and submitted.late_submission_penalty is None:
            return
    rule = _rule_of(Autograde(config=asking.config))
    if rule is not None:
        rule.preprocess(new_notebook(), {"nbgrader": dict(graded)})


def _penalties(gradebook: Any, assignment: str) -> dict[str, dict[str, float | None]]:
    """Return the penalties by student and notebook, of who is late, has one, or an extension."""
    submission, submitted = api.SubmittedAssignment.__table__, api.SubmittedNotebook.__table__
    of, notebook = api.Assignment.__table__, api.Notebook.__table__
    query = (
        select(
            submission.c.student_id, submission.c.timestamp, submission.c.extension,
            of.c.duedate, notebook.c.name, submitted.c.late_submission_penalty,
        )
        .select_from(
            submitted.join(submission, submission.c.id == submitted.c.assignment_id)
            .join(of, of.c.id == submission.c.assignment_id)
            .join(notebook, notebook.c.id == submitted.c.notebook_id)
        )
        .where(of.c.name == assignment)
        .order_by(submission.c.student_id, notebook.c.name)
    )  # fmt: skip
    rows = [*gradebook.db.execute(query)]
    concerned = {
        row.student_id
        for row in rows
        if row.late_submission_penalty is not None
        or row.extension is not None
        or (row.timestamp and row.duedate and row.timestamp > row.duedate)
    }
    found: dict[str, dict[str, float | None]] = {}
    for row in rows:
        if row.student_id in concerned:
            found.setdefault(row.student_id, {})[row.name] = row.late_submission_penalty
    return found


def _ask(
    rule: Any, gradebook: Any, assignment: str, student: str, notebook: str, was: float | None
) -> None:
    submitted = gradebook.find_submission_notebook(notebook, assignment, student)
    if was is None and not submitted.score:
        return  # nothing to take from: nbgrader asks nothing of a notebook that wasn't handed in
    resources = {
        "nbgrader": {
            "notebook": notebook, "assignment": assignment, "student": student, "db_url": "",
        }
    }  # fmt: skip
    try:
        rule.preprocess(new_notebook(), resources)
    except CourseError:
        raise
    except Exception as problem:
        kind = rule.plugin_class
        raise CourseError(
            f"The course's rule for late work ({kind.__module__}.{kind.__name__}) fails for "
            f"{student}: {type(problem).__name__}: {problem}"
        ) from problem


def _late(submission: Any, before: dict[str, float | None]) -> Late:
    extension = submission.extension
    return Late(
        student=submission.student_id,
        seconds=float(submission.total_seconds_late),
        extension=None if extension is None else extension.total_seconds(),
        points=float(sum(notebook.score for notebook in submission.notebooks)),
        penalty=float(
            sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks)
        ),
        before=float(sum(penalty or 0.0 for penalty in before.values())),
    )


def _without_anybody(
    gradebook: Any, course: Course, assignment: str, extensions: Iterable[Extension]
) -> list[str]:
    """Return which lines are about nobody who is known: slips, or who hasn't come yet."""
    known = {student.id for student in gradebook.students}
    return [
        f"line {item.line} is about {item.student}, whom the gradebook doesn't have: a slip, or "
        "nothing handed in yet"
        for item in extensions
        if item.student not in known and extension_for(extensions, item.student, assignment) is item
    ]


class ExtendedLateSubmission(LateSubmissionPlugin):
    """A rule for late work that knows the course's extensions, for ``nbgrader autograde`` too.

    In ``nbgrader_config.py``::

        c.AssignLatePenalties.plugin_class = "sandgrader.lateness.ExtendedLateSubmission"
        c.LateSubmissionPlugin.penalty_method = "zero"   # or, with a rule of the course's own:
        c.ExtendedLateSubmission.rule = "my_rules.AnHourAPoint"

    ``sandgrader grade`` grants extensions by itself; it needs no plugin for them.
    """

    rule = Type(
        LateSubmissionPlugin,
        klass=BasePlugin,
        help="The rule that is asked about who is late in spite of an extension.",
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the rule's penalty, in points, or none where the extension covers the delay.

        Raises :class:`CourseError` for bad lines in the file.
        """
        asking = self.parent
        if isinstance(asking, AssignLatePenalties):
            submission = asking.gradebook.find_submission(asking.assignment_id, student_id)
            line = extension_for(
                # nbgrader's converters work in the course's folder
                read_extensions(Path.cwd(), self),
                student_id,
                asking.assignment_id,
            )
            beyond = line.beyond(submission.assignment.duedate) if line else None
            if beyond is not None and beyond > (submission.extension or timedelta()):
                submission.extension = beyond  # nbgrader commits it with the penalty
            total_seconds_late = submission.total_seconds_late
            if total_seconds_late == 0:
                return None
        penalty: float | None = self.rule(parent=self).late_submission_penalty(
            student_id, score, total_seconds_late
        )
        return penalty
