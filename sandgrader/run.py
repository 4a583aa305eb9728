"""Hands submissions to workers, and what comes back to the one that writes.

Workers run students' code and know no gradebook; this process writes and runs nobody's code. A
worker that dies is replaced and its submission run again; a submission that takes its workers down
three times is reported, and the class goes on.
"""

from __future__ import annotations

import errno
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import sqlalchemy.exc

from sandgrader import interrupts, trials, worker
from sandgrader.assignment import Assignment, Way
from sandgrader.course import ASIDE, Course, CourseError, Submission
from sandgrader.execution import Difference
from sandgrader.gradebook import trouble_with
from sandgrader.sandbox import TO_HAVE_ONE, Kind, SandboxError
from sandgrader.submission_files import read_folder
from sandgrader.workers import KilledError, Task, Workers
from sandgrader.writer import WriteError, Writer

State = Literal["graded", "failed"]
RETRY_DELAYS = (0.5, 1, 2, 4, 8, 15, 30, 60)
"""Seconds between tries where the database doesn't answer: two minutes in all."""

FETCHES = 3
"""How often a submission is graded at most, if its result can't be fetched."""

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""What is wrong with a disk, and not with one submission."""


DISTURBED = (
    "another program has changed its scores or its files since it was graded here (nbgrader "
    "autograde?). Wait for its end, then grade this one again with --force --student"
)
"""Of a submission that isn't as it was written."""


class StoppedError(RuntimeError):
    """Grading can't go on now; what is graded is kept, and run again it may go on from there."""


@dataclass
class Result:
    """What is known of one submission."""

    student: str
    state: State
    why: str = ""
    notes: dict[str, list[str]] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)
    """Why a notebook of this submission was run in another way than the class's, by notebook."""
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    """Tests whose points aren't nbgrader's, by notebook."""
    seconds: float = 0.0
    sandbox: Kind | Literal[""] = ""
    """What its code ran in; empty where none ran."""


@dataclass
class Summary:
    """What a run did."""

    assignment: str
    asked: int = 0
    skipped: int = 0
    """Submissions that were graded before."""
    missing: str = ""
    """Where submissions were looked for, if there is none."""
    results: list[Result] = field(default_factory=list)
    ways: dict[str, Way] = field(default_factory=dict)
    """How each notebook is run, if its submission gives no reason for another way."""
    isolation: dict[str, str] = field(default_factory=dict)
    """Why tests of a notebook ran in the student's interpreter; empty where none did."""
    missed: dict[str, dict[str, str]] = field(default_factory=dict)
    """Tests for which the reference solution itself has not all points, and how they end."""
    without_solutions: list[str] = field(default_factory=list)
    """Notebooks of which ``source/`` has the questions alone."""
    stale: list[str] = field(default_factory=list)
    """Students whose grade was of another version of the assignment; they are graded again."""
    unknown: list[str] = field(default_factory=list)
    """Students of whose grade nobody knows by which version it was made; it stays."""
    outdated: list[str] = field(default_factory=list)
    """Students whose grade is from when the course stood on something else; it stays."""
    undated: list[str] = field(default_factory=list)
    """Students of whose grade nobody knows what the course stood on; it stays."""
    unversioned: bool = False
    """Whether the gradebook refuses to keep versions."""
    regrade: dict[str, Any] | None = None
    """How far a regrade has come, and whose points moved since it began; none without one."""
    moved: list[str] = field(default_factory=list)
    """Which scores aren't what they were before the regrade, in words; no first grades."""
    before: str = ""
    """Where the scores from before the regrade are kept, if there were any."""
    late: list[dict[str, Any]] = field(default_factory=list)
    """Who is late or has an extension, and what it costs, in seconds and points."""
    notes: list[str] = field(default_factory=list)
    """What else there is to say of extensions."""
    sandbox: Kind | Literal[""] = ""
    """The weakest that any submission's code ran in."""
    lacks: dict[str, int] = field(default_factory=dict)
    """What students' code wasn't kept from, in words, and for how many submissions."""
    beside: list[int] = field(default_factory=list)
    """Processes of ``nbgrader autograde`` that are at work in the course at the run's end."""
    seconds: float = 0.0
    writing: float = 0.0
    """Seconds that the gradebook took, of all."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**asdict(self), "graded": len(self.of("graded")), "failed": len(self.of("failed"))}

    def of(self, state: State) -> list[Result]:
        """Return what is known of submissions in a state."""
        return [item for item in self.results if item.state == state]

    def add(self, result: Result) -> None:
        """Add what is known of a submission."""
        self.results.append(result)
        if result.sandbox and self.sandbox != "plain":
            self.sandbox = result.sandbox


class Run:
    """One run over the submissions of an assignment."""

    def __init__(
        self,
        course: Course,
        writer: Writer,
        workers: Workers,
        report: Callable[[Result], None] = lambda result: None,
        waits_for: Callable[[list[str]], None] = lambda students: None,
    ) -> None:
        """``report`` gets each result, ``waits_for`` the students whose work is being run."""
        self._course = course
        self._writer = writer
        self._workers = workers
        self.report = report
        """Is told each submission's result."""
        self.waits_for = waits_for
        """Is told whose submissions are being run."""

    def prepare(self, assignment: Assignment, summary: Summary) -> None:
        """Find out how the assignment's notebooks are run. Raises :class:`CourseError`."""
        aside = self._course.root / ASIDE
        kept = trials.read(aside, assignment) if self._workers.here else None
        tried = kept if kept is not None else self._try_references(assignment)
        if kept is None and self._workers.here:
            trials.keep(aside, assignment, tried)
        imports = dict.fromkeys(name for _, imported in tried.values() for name in imported)
        assignment = assignment.with_isolation({name: way for name, (way, _) in tried.items()})
        found = {name: notebook.isolation for name, notebook in assignment.notebooks.items()}
        summary.ways = {name: isolation.way for name, isolation in found.items()}
        summary.isolation = {name: isolation.why for name, isolation in found.items()}
        summary.missed = {
            name: isolation.missed for name, isolation in found.items() if isolation.missed
        }
        summary.without_solutions = [
            name for name, isolation in found.items() if isolation.without_solutions
        ]
        self._content = assignment.content
        self._digest = assignment.digest
        self._imports = tuple(imports)
        self._name = assignment.name
        self._evidence = assignment.evidence
        if kept is not None:  # whether there can be a sandbox was found out long ago
            with _said_of_sandbox():
                self._workers.submit(
                    worker.begin, self._digest, self._content, self._imports
                ).result()

    def _try_references(self, assignment: Assignment) -> dict[str, trials.Tried]:
        try:
            with _said_of_sandbox():
                tasks = {
                    name: self._workers.submit(
                        worker.try_isolation, assignment.digest, assignment.content, name
                    )
                    for name in assignment.notebooks
                }
                return {name: task.result() for name, task in tasks.items()}
        except SandboxError:
            raise
        except Exception as problem:
            raise CourseError(
                f"The reference solution of {assignment.name} can't be run: {problem}"
            ) from problem

    def submit(self, item: Submission) -> tuple[Task, list[str]]:
        """Return the future of a submission's run, and what of its files was refused and why."""
        files = read_folder(item.folder, self._course.directory.ignore, self._evidence)
        future = self._workers.submit(
            worker.grade, self._digest, self._content, self._imports, item.student, files.files
        )
        return future, files.notes()

    def grade(self, submissions: list[Submission], summary: Summary) -> None:
        """Grade submissions. Raises :class:`StoppedError` where the disk or the database fails."""
        for item in submissions:
            if item.unusable:
                self._tell(Result(item.student, "failed", item.unusable), summary)
        waiting = deque(item for item in submissions if not item.unusable)
        self._writer.watch([*waiting])
        by_key: dict[str, Submission] = {}
        running: dict[str, Task] = {}

        def submit() -> None:
            item = waiting.popleft()
            future, refused[item.student] = self.submit(item)
            by_key[future.key] = item
            running[future.key] = future

        refused: dict[str, list[str]] = {}
        # enough to keep every worker busy, and no more of the class in memory
        workers = self._workers.size
        for _ in range(min(2 * workers + 2, len(waiting))):
            submit()

        def say_who() -> None:
            self.waits_for([item.student for item in list(by_key.values())[:workers]])

        say_who()
        fetched: Counter[str] = Counter()
        while running:
            future = self._workers.first_done(running.values())
            del running[future.key]
            interrupts.check()
            item = by_key.pop(future.key)
            graded, is_lost = fetch(future)
            fetched[item.student] += 1
            if is_lost and fetched[item.student] < FETCHES:
                waiting.appendleft(item)
                submit()
                continue
            if waiting:
                submit()
            say_who()
            result = self._receive(item, graded, summary)
            if refused[item.student]:
                result.notes["files"] = refused.pop(item.student)
            self._tell(result, summary)
        self._look_back(summary)

    def _tell(self, result: Result, summary: Summary) -> None:
        summary.add(result)
        self.report(result)

    def _look_back(self, summary: Summary) -> None:
        """Take back what isn't as it was written: another program graded at the same time."""
        disturbed = set(self._writer.disturbed(self._name))
        for result in summary.results:
            if result.student in disturbed:
                result.state, result.why = "failed", DISTURBED
                self.report(result)

    def _receive(
        self, item: Submission, graded: worker.Graded | Exception, summary: Summary
    ) -> Result:
        if isinstance(graded, Exception):  # its workers died, one after another
            return Result(item.student, "failed", f"its worker died: {graded}")
        for lack in graded.lacks:
            summary.lacks[lack] = summary.lacks.get(lack, 0) + 1
        if graded.failed:
            return Result(item.student, "failed", graded.failed, sandbox=graded.kind)
        started = time.monotonic()
        try:
            self._write(item, graded)
        except WriteError as problem:
            return Result(item.student, "failed", str(problem), sandbox=graded.kind)
        finally:
            summary.writing += time.monotonic() - started
        return Result(
            item.student,
            "graded",
            notes={name: ran.notes for name, ran in graded.executions.items() if ran.notes},
            ways={name: ran.why for name, ran in graded.executions.items() if ran.why},
            differences={
                name: ran.differences for name, ran in graded.executions.items() if ran.differences
            },
            seconds=sum(ran.seconds for ran in graded.executions.values()),
            sandbox=graded.kind,
        )

    def _write(self, item: Submission, graded: worker.Graded) -> None:
        for wait in (*RETRY_DELAYS, None):
            try:
                self._writer.write(self._name, item, graded)
                return
            except OSError as problem:
                if problem.errno not in DISK_ERRORS:
                    raise WriteError(f"it can't be written: {problem}") from problem
                raise StoppedError(f"The disk can't be written: {problem}") from None
            except Exception as problem:
                fault = _fault_of_database(problem)
                if fault is None:
                    if isinstance(problem, WriteError):
                        raise
                    words = f"it can't be written: {type(problem).__name__}: {problem}"
                    raise WriteError(words) from problem
                trouble = trouble_with(fault, self._course.gradebook.address)
                if not trouble.passing:
                    raise trouble from None
                if wait is None or "no room" in str(trouble):
                    raise StoppedError(str(trouble)) from None
                time.sleep(wait)


@contextmanager
def _said_of_sandbox() -> Iterator[None]:
    """Say what to do where a sandbox is required and impossible, before anybody is graded."""
    try:
        yield
    except SandboxError as problem:
        raise SandboxError(f"Nothing was graded: {problem}. {TO_HAVE_ONE}") from None


def fetch(future: Task) -> tuple[worker.Graded | Exception, bool]:
    """Return the result of a run or the error in its place, and whether a result was lost.

    A worker that is gone when its result is fetched takes the result along, and the error that
    comes in its place depends on how far the scheduler had come. A task whose workers died one
    after another has failed, and no result of it was lost.
    """
    try:
        return future.result(), False
    except KilledError as problem:
        return problem, False
    except Exception as problem:
        return problem, True
    finally:
        future.release()


def _fault_of_database(problem: BaseException | None) -> sqlalchemy.exc.DBAPIError | None:
    """Return what the database failed with; nbgrader's own errors may stand before it.

    What it says of one row (a name that it can't hold) is no fault of the database.
    """
    while problem is not None:
        if isinstance(problem, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError):
            return problem
        if type(problem) is sqlalchemy.exc.DatabaseError:  # a damaged file
            return problem
        problem = problem.__cause__ or problem.__context__
    return None
