"""What has to be graded again and why; and whose score moved, until all of it is done.

A submission is graded again where its grade is of another version of the assignment, where it was
handed in again, and where somebody asks for it (``--force``). Such a run is noted in a file in the
grader's own folder before it begins, with the scores of before: killed at any moment, the next run
goes on where it stopped and says whose score moved over both.

What is done is read from the gradebook, which has the run's mark with each grade.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from sandgrader import scores, versions
from sandgrader.assignment import Assignment
from sandgrader.configuration import CourseError
from sandgrader.course import Course, Submission
from sandgrader.scores import Change, Scores
from sandgrader.versions import Made

FORMAT, VERSION = "sandgrader-regrade", 1


class Regrade(msgspec.Struct, frozen=True, kw_only=True):
    """A regrade that isn't done: the file ``regrade-<assignment>.json``."""

    format: str
    version: int
    id: str
    """The mark of the run that is at work on it, or was the last to be."""
    begun: str
    before: str
    """The file with the scores from before it began, beside this one."""
    students: list[str]
    """All of whom it is about."""
    left: list[str]
    """Those of them who weren't graded when the last run began."""
    forced: list[str] | None
    """Whom ``--force`` was asked for, empty for everybody; none where nobody asked."""

    def pending(self, made: dict[str, Made]) -> set[str]:
        """Return who is still to be graded."""
        return {name for name in self.left if name not in made or made[name].regrade != self.id}


@dataclass
class Plan:
    """What a run has to grade of an assignment, and why."""

    assignment: str
    version: str
    id: str
    """The run's mark."""
    left: list[Submission] = field(default_factory=list)
    """What is to be graded."""
    new: list[str] = field(default_factory=list)
    """Students whose work isn't graded yet, or not as it was handed in last."""
    stale: list[str] = field(default_factory=list)
    """Students whose grade is of another version of the assignment."""
    unknown: list[str] = field(default_factory=list)
    """Students of whose grade nobody knows by which version it was made."""
    stands_on: str = ""
    """What the course stands on; empty where it doesn't say."""
    outdated: list[str] = field(default_factory=list)
    """Students whose grade is of this version, and from when the course stood on something else."""
    undated: list[str] = field(default_factory=list)
    """Students of whose grade nobody knows what the course stood on when it was made."""
    pending: list[str] = field(default_factory=list)
    """Students whom a regrade hasn't come to."""
    elsewhere: list[str] = field(default_factory=list)
    """Such students who aren't among those that were asked for."""
    regrade: Regrade | None = None
    """The regrade that isn't done."""


@dataclass(frozen=True)
class StudentMoved:
    """A student whose points a regrade has changed, before a late penalty."""

    student: str
    before: float
    after: float


@dataclass(frozen=True)
class Progress:
    """How far a regrade has come, and whose score moved since it began."""

    begun: str
    before: str
    """Where the scores of before are kept, below the course's folder."""
    students: int
    left: list[str]
    moved: list[str]
    """What moved, a cell a line."""
    by_student: list[StudentMoved]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "begun": self.begun,
            "students": self.students,
            "left": self.left,
            "complete": not self.left,
            "moved": [{**asdict(item), "by": item.after - item.before} for item in self.by_student],
        }


def make_plan(
    course: Course,
    aside: Path,
    assignment: Assignment,
    submissions: Sequence[Submission],
    asked: Sequence[str] = (),
    force: bool = False,
) -> Plan:
    """Return what is to be graded of ``submissions``; nothing is written.

    ``asked`` are the students that were named, none for everybody. Raises :class:`CourseError`
    where the file of a regrade can't be read.
    """
    name = assignment.name
    with course.gradebook.transaction() as gradebook:
        made = versions.read_versions(gradebook, name)
        now = by_student(scores.read_scores(gradebook, [name]))
    plan = Plan(name, versions.version_of(assignment), uuid4().hex)
    plan.stands_on = course.stands_on(name)
    plan.new = [item.student for item in course.ungraded(name, [*submissions])]
    plan.regrade = _read(_file(aside, name))
    there = {item.student for item in submissions}
    if plan.regrade is not None:
        pending = plan.regrade.pending(made)
        plan.pending = sorted(pending & there)
        # of who is gone from submitted/ nothing is left to be graded
        plan.elsewhere = sorted(pending - there) if asked else []
    for student in sorted(there - {*plan.new}):
        known = made.get(student)
        if known is not None and known.version != plan.version:
            plan.stale.append(student)
        elif known is None or not known.is_still(now.get(student, {})):
            plan.unknown.append(student)
        elif plan.stands_on and known.stood_on not in ("", plan.stands_on):
            plan.outdated.append(student)
        elif not known.known:
            plan.unknown.append(student)
        elif plan.stands_on and not known.stood_on_known:
            plan.undated.append(student)
    wanted = {*plan.new, *plan.stale, *plan.pending}
    if force and not _goes_on(plan, asked):
        wanted = there
    plan.left = [item for item in submissions if item.student in wanted]
    return plan


def _goes_on(plan: Plan, asked: Sequence[str]) -> bool:
    """Return whether a ``--force`` is the one that was interrupted, asked for once more."""
    return bool(plan.pending) and plan.regrade is not None and plan.regrade.forced == sorted(asked)


def note_unknown(course: Course, plan: Plan) -> None:
    """Note which grades were there at this version, so that a change after it makes them stale.

    And which were there on what the course stands on, so that a change of that outdates them.
    """
    if not (plan.unknown or plan.undated) or not versions.prepare(course.gradebook):
        return
    with course.gradebook.transaction(writing=True) as gradebook:
        versions.keep_versions(gradebook)
        made = versions.read_versions(gradebook, plan.assignment)
        found = by_student(scores.read_scores(gradebook, [plan.assignment], plan.unknown))
        for student, own in found.items():
            known = made.get(student)
            if known is None or not known.is_still(own):
                mark = known.regrade if known else ""
                versions.record(gradebook, plan.assignment, own, plan.version, mark, known=False)
        unsaid = [*plan.unknown, *plan.undated]
        versions.note_stood_on(gradebook, plan.assignment, unsaid, plan.stands_on)
        course.gradebook.commit()


def by_student(found: Scores) -> dict[str, Scores]:
    """Return scores of one assignment by student."""
    sorted_out: dict[str, Scores] = {}
    for key, score in found.items():
        sorted_out.setdefault(key.student, {})[key] = score
    return sorted_out


def begin(
    course: Course, aside: Path, plan: Plan, asked: Sequence[str] = (), force: bool = False
) -> None:
    """Note what is graded again, before it is. Raises ``OSError`` where that can't be kept."""
    with course.gradebook.transaction() as gradebook:
        now = scores.read_scores(gradebook, [plan.assignment])
    graded = {key.student for key in now}
    again = {item.student for item in plan.left if item.student in graded}
    unfinished = plan.regrade
    if not again and unfinished is None:
        return
    moment = datetime.now(UTC)
    if unfinished is None:
        before = f"scores-{plan.assignment}-{moment.strftime('%Y%m%dT%H%M%SZ')}.json"
        scores.write_snapshot(aside / before, now)
        forced = sorted(asked) if force else None
    else:
        before = unfinished.before
        forced = sorted(asked) if force and unfinished.forced != [] else unfinished.forced
    plan.regrade = Regrade(
        format=FORMAT,
        version=VERSION,
        id=plan.id,
        begun=unfinished.begun if unfinished else moment.isoformat(timespec="seconds"),
        before=before,
        students=sorted({*again, *(unfinished.students if unfinished else ())}),
        left=sorted({*again, *plan.pending, *plan.elsewhere}),
        forced=forced,
    )
    scores.write_whole(_file(aside, plan.assignment), msgspec.json.encode(plan.regrade))


def progress(
    course: Course, aside: Path, plan: Plan, done: Collection[str] = ()
) -> Progress | None:
    """Return how far a regrade has come, and end it where all is done; none where there is none.

    To be called at the end of a run that nothing has interrupted. ``done`` are students who were
    graded just now, for a gradebook that keeps no versions. Raises :class:`CourseError` where the
    scores of before can't be read.
    """
    regrade = plan.regrade
    if regrade is None:
        return None
    with course.gradebook.transaction() as gradebook:
        made = versions.read_versions(gradebook, plan.assignment)
        after = scores.read_scores(gradebook, [plan.assignment])
    left = regrade.pending(made) - {*done}
    if regrade.id != plan.id:  # nothing of it was to be graded in this run
        left &= {*plan.pending, *plan.elsewhere}
    try:
        before = scores.read_snapshot(aside / regrade.before)
    except scores.SnapshotError as problem:
        raise CourseError(
            f"{problem} It has the scores from before a regrade that isn't done. Take "
            f"{_file(aside, plan.assignment)} away to go on without them."
        ) from None
    changes = [change for change in scores.moved(before, after).changes if _is_ours(change)]
    if not left:
        _file(aside, plan.assignment).unlink(missing_ok=True)
    elif regrade.id == plan.id and not plan.elsewhere:
        # whoever is left couldn't be graded: a --force after this one begins anew
        regrade = msgspec.structs.replace(regrade, forced=None)
        scores.write_whole(_file(aside, plan.assignment), msgspec.json.encode(regrade))
    return Progress(
        begun=regrade.begun,
        before=str((aside / regrade.before).relative_to(course.root)),
        students=len(regrade.students),
        left=sorted(left),
        moved=[_in_words(change) for change in changes],
        by_student=_sums(changes, after),
    )


def _is_ours(change: Change) -> bool:
    """Return whether it is a regrade's: no first grade, and nothing that a person has done."""
    was, now = change.before, change.after
    if was is None or (was.auto is None and not was.waits):
        return False
    if now is None:
        return True
    by_machine = (was.auto, was.most) != (now.auto, now.most)
    by_person = (was.manual, was.extra) != (now.manual, now.extra)
    return by_machine or not by_person


def _in_words(change: Change) -> str:
    key = change.key
    points = f" ({change.by:+g} points)" if change.by else ""
    return f"{key.student}, {key.notebook}, {key.cell}: {change.what}{points}"


def _sums(changes: Sequence[Change], after: Scores) -> list[StudentMoved]:
    totals = {
        student: sum(score.points for score in own.values())
        for student, own in by_student(after).items()
    }
    by: dict[str, float] = {}
    for change in changes:
        by[change.key.student] = by.get(change.key.student, 0.0) + change.by
    return [
        StudentMoved(student, totals.get(student, 0.0) - points, totals.get(student, 0.0))
        for student, points in sorted(by.items())
        if abs(points) > 1e-9
    ]


def _file(aside: Path, assignment: str) -> Path:
    return aside / f"regrade-{assignment}.json"


def _read(path: Path) -> Regrade | None:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Regrade)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, RecursionError) as problem:
        raise CourseError(
            f"{path} says what is left of a regrade, and can't be read: {problem}. Take it away "
            "and grade with --force; only whose score moved until now is then not said."
        ) from None
    if (found.format, found.version) != (FORMAT, VERSION):
        raise CourseError(
            f"{path} is {found.format!r}, version {found.version}; this sandgrader reads "
            f"{FORMAT!r}, version {VERSION}. Go on with the one that wrote it."
        )
    return found
