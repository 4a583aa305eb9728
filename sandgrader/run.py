"""Hands submissions to Dask's workers, and what comes back to the one that writes.

Workers run students' code and know no gradebook; this process writes and runs nobody's code. A
worker that dies is replaced and its submission run again; a submission that takes its workers down
three times is reported, and the class goes on.
"""

from __future__ import annotations

import errno
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import sqlalchemy.exc

from sandgrader import worker
from sandgrader.assignment import Assignment, Way
from sandgrader.course import Course, Submission
from sandgrader.execution import Difference
from sandgrader.submission_files import read_folder
from sandgrader.writer import WriteError, Writer

State = Literal["graded", "failed"]
RETRY_DELAYS = (0.5, 1, 2, 4, 8, 15, 30, 60)
"""Seconds between tries where the database doesn't answer: two minutes in all."""

FETCHES = 3
"""How often a submission is graded at most, if its result can't be fetched."""

CONNECTING = 20.0
"""Seconds that a scheduler gets to answer."""
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM)
"""What is wrong with a disk, and not with one submission."""


class StoppedError(RuntimeError):
    """Grading can't go on; what is graded is kept, and running it again goes on from there."""


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


@dataclass
class Summary:
    """What a run did."""

    assignment: str
    asked: int = 0
    skipped: int = 0
    """Submissions that were graded before."""
    results: list[Result] = field(default_factory=list)
    ways: dict[str, Way] = field(default_factory=dict)
    """How each notebook is run, if its submission gives no reason for another way."""
    isolation: dict[str, str] = field(default_factory=dict)
    """Why tests of a notebook ran in the student's interpreter; empty where none did."""
    missed: dict[str, dict[str, str]] = field(default_factory=dict)
    """Tests for which the reference solution itself has not all points, and how they end."""
    without_solutions: list[str] = field(default_factory=list)
    """Notebooks of which ``source/`` has the questions alone."""
    moved: list[str] = field(default_factory=list)
    """Whose score isn't what it was before, in words; first grades are no moves."""
    before: str = ""
    """Where the scores from before the run are kept, if there were any."""
    sandbox: str = ""
    seconds: float = 0.0
    writing: float = 0.0
    """Seconds that the gradebook took, of all."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**asdict(self), "graded": len(self.of("graded")), "failed": len(self.of("failed"))}

    def of(self, state: State) -> list[Result]:
        """Return what is known of submissions in a state."""
        return [item for item in self.results if item.state == state]


@contextmanager
def cluster(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Give a Dask client: of the scheduler at that address, or of ``workers`` processes here."""
    import dask
    from distributed import Client, LocalCluster

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=CONNECTING)
        except (OSError, ValueError) as problem:
            raise StoppedError(f"No Dask scheduler answers at {scheduler}: {problem}") from None
        try:
            yield client
        finally:
            with suppress(Exception):
                client.run(worker.close)
            client.close()
        return
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            host="127.0.0.1",
            silence_logs="CRITICAL",
        ) as local,
        Client(local) as client,
    ):
        yield client


class Run:
    """One run over the submissions of an assignment."""

    def __init__(
        self, course: Course, writer: Writer, client: Any, report: Callable[[Result], None]
    ) -> None:
        self._course = course
        self._writer = writer
        self._client = client
        self.report = report
        """Is told each submission's result."""

    def prepare(self, assignment: Assignment, summary: Summary) -> None:
        """Find out how the assignment's notebooks are run. Raises :class:`StoppedError`."""
        try:
            tried = self._client.gather(
                [
                    self._client.submit(
                        worker.try_isolation,
                        assignment.digest,
                        assignment.content,
                        name,
                        retries=2,
                        pure=False,
                    )
                    for name in assignment.notebooks
                ]
            )
        except Exception as problem:
            raise StoppedError(f"The reference solution can't be run: {problem}") from problem
        found = {
            name: isolation
            for name, (isolation, _) in zip(assignment.notebooks, tried, strict=True)
        }
        imports = dict.fromkeys(name for _, imported in tried for name in imported)
        assignment = assignment.with_isolation(found)
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

    def submit(self, item: Submission) -> tuple[Any, list[str]]:
        """Return the future of a submission's run, and what of its files was refused and why."""
        files = read_folder(item.folder, self._course.directory.ignore)
        future = self._client.submit(
            worker.grade,
            self._digest,
            self._content,
            self._imports,
            item.student,
            files.files,
            pure=False,
            retries=0,
        )
        return future, [f"{path} {why}" for path, why in files.refused.items()]

    def grade(self, submissions: list[Submission], summary: Summary) -> None:
        """Grade submissions. Raises :class:`StoppedError` where the disk or the database fails."""
        from distributed import as_completed

        waiting = deque(submissions)
        by_key: dict[str, Submission] = {}
        running = as_completed([], with_results=False)

        def submit() -> None:
            item = waiting.popleft()
            future, refused[item.student] = self.submit(item)
            by_key[future.key] = item
            running.add(future)

        refused: dict[str, list[str]] = {}
        # enough to keep every worker busy, and no more of the class in memory
        ahead = 2 * max(1, len(self._client.scheduler_info(n_workers=-1)["workers"])) + 2
        for _ in range(min(ahead, len(waiting))):
            submit()
        fetched: Counter[str] = Counter()
        for future in running:
            item = by_key.pop(future.key)
            graded, is_lost = fetch(future)
            fetched[item.student] += 1
            if is_lost and fetched[item.student] < FETCHES:
                waiting.appendleft(item)
                submit()
                continue
            if waiting:
                submit()
            result = self._receive(item, graded, summary)
            if refused[item.student]:
                result.notes["files"] = refused.pop(item.student)
            summary.results.append(result)
            self.report(result)

    def _receive(
        self, item: Submission, graded: worker.Graded | Exception, summary: Summary
    ) -> Result:
        if isinstance(graded, Exception):  # its workers died, one after another
            return Result(item.student, "failed", f"its worker died: {graded}")
        summary.sandbox = graded.kind
        if graded.failed:
            return Result(item.student, "failed", graded.failed)
        started = time.monotonic()
        try:
            self._write(item, graded)
        except WriteError as problem:
            return Result(item.student, "failed", str(problem))
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
                    raise
                if wait is None or "disk is full" in str(fault) or "No space left" in str(fault):
                    raise StoppedError(f"The gradebook can't be written: {fault.orig}") from None
                time.sleep(wait)


def fetch(future: Any) -> tuple[worker.Graded | Exception, bool]:
    """Return the result of a run or the error in its place, and whether a result was lost.

    A worker that is gone when its result is fetched takes the result along, and the error that
    comes in its place depends on how far the scheduler had come. A task whose workers died one
    after another has failed, and no result of it was lost.
    """
    from distributed import KilledWorker

    try:
        return future.result(), False
    except KilledWorker as problem:
        return problem, False
    except Exception as problem:
        return problem, True
    finally:
        future.release()


def _fault_of_database(problem: BaseException | None) -> sqlalchemy.exc.DBAPIError | None:
    """Return what the database failed with; nbgrader's own errors may stand before it."""
    while problem is not None:
        if isinstance(problem, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError):
            return problem
        problem = problem.__cause__ or problem.__context__
    return None
