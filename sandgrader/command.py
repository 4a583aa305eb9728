"""``sandgrader grade``: grades submissions as ``nbgrader autograde`` does, safely and faster."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import OperationalError

from sandgrader import interrupts
from sandgrader.assignment import Assignment
from sandgrader.cluster import OPEN_WARNING, dask_workers, is_open
from sandgrader.course import Course, CourseError, Submission
from sandgrader.extensions import Extension
from sandgrader.lateness import extensions_of, settle
from sandgrader.listing import list_work
from sandgrader.neighbours import running_autograders
from sandgrader.opening import opened_course, said_faults
from sandgrader.regrading import Plan, begin, make_plan, note_unknown, progress
from sandgrader.run import RETRY_DELAYS, Result, Run, Summary
from sandgrader.summary import print_summary, said
from sandgrader.workers import Nursery, Workers, local_workers
from sandgrader.writer import Writer, grading_lock

ALL_GRADED, SOME_FAILED = 0, 1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignments", nargs=-1)
@click.option("--course", type=click.Path(path_type=Path), default=Path(), show_default="here",
              help="The course's folder, with nbgrader_config.py.")  # fmt: skip
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
@click.option("--force", is_flag=True, help="Grade again what is graded; manual grades stay.")
@click.option("--list", "only_list", is_flag=True,
              help="Say what there is to grade and why, and grade nothing.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True,
              help="Processes that run submissions.")  # fmt: skip
@click.option("--scheduler",
              help="Address of a Dask scheduler whose workers to use instead: tls://HOST:PORT, "
                   "with the certificates that Dask's configuration names.")  # fmt: skip
@click.option("--open-scheduler", is_flag=True,
              help="Use one that asks for no certificate; nobody else may be able to reach it."
              )  # fmt: skip
@click.option("--sandbox", type=click.Choice(["auto", "required", "off"]),
              help="Run in bubblewrap where it works, or refuse to grade, or without.")  # fmt: skip
@click.option("--one-interpreter", is_flag=True,
              help="Run tests in the student's interpreter, as nbgrader does.")  # fmt: skip
@click.option("--imperfect-reference", is_flag=True,
              help="Grade although the reference solution doesn't earn all points.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and only that.")
def command(
    assignments: tuple[str, ...],
    course: Path,
    students: tuple[str, ...],
    force: bool,
    only_list: bool,
    workers: int,
    scheduler: str | None,
    open_scheduler: bool,
    sandbox: str | None,
    one_interpreter: bool,
    imperfect_reference: bool,
    as_json: bool,
) -> None:
    """Grade the submissions of ASSIGNMENTS, or of all that have any.

    Works on nbgrader's folders and gradebook. Interrupted at any moment, run it again: what is
    graded stays, what is missing is graded. After a change of a test, or of a file that tests
    need, the grades from before it are stale, and are made again.

    Exit codes: 0 all graded; 1 some submissions couldn't be graded, or another program changed them
    meanwhile; 2 wrong use, or a course, a configuration or a gradebook that can't be used as it is;
    3 stopped early by a disk or a database, which may go on when it is run again; 130 interrupted.
    """
    console = Console(stderr=True, quiet=as_json)
    with (
        said_faults(as_json),
        interrupts.remembered(),
        # whoever is forked later would have the course's lock and its gradebook
        Nursery() as nursery,
        opened_course(course) as opened,
    ):
        if only_list:
            list_work(opened, assignments, list(students), force, as_json)
            return
        summaries = _grade(
            opened,
            assignments,
            list(students),
            force,
            _Hands(nursery, workers, scheduler, open_scheduler),
            {
                "sandbox": sandbox,
                "one_interpreter": one_interpreter or None,
                "imperfect_reference": imperfect_reference or None,
            },
            console,
        )
    if as_json:
        click.echo(json.dumps([summary.as_json() for summary in summaries], indent=1))
    failed = any(summary.of("failed") or summary.beside for summary in summaries)
    sys.exit(SOME_FAILED if failed else ALL_GRADED)


@dataclass(frozen=True)
class _Hands:
    """Who runs submissions, as the command was told."""

    nursery: Nursery
    size: int
    scheduler: str | None
    open_scheduler: bool

    @contextmanager
    def at_work(self, console: Console) -> Iterator[Workers]:
        """Give them."""
        if self.scheduler is None:
            with local_workers(self.nursery, self.size) as workers:
                yield workers
            return
        if self.open_scheduler and is_open(self.scheduler):
            console.print(f"[bold red]{OPEN_WARNING}[/]")
        with dask_workers(self.scheduler, allow_open=self.open_scheduler) as workers:
            yield workers


def _grade(
    course: Course,
    names: tuple[str, ...],
    students: list[str],
    force: bool,
    hands: _Hands,
    settings: dict[str, Any],
    console: Console,
) -> list[Summary]:
    for name, value in settings.items():
        if value is not None:
            setattr(course.settings, name, value)
    summaries = []
    extensions = extensions_of(course)
    with grading_lock(course) as aside:
        work: list[tuple[Assignment, Summary, Plan]] = []
        for name in names or course.assignments():
            # one that isn't there is said before any is graded
            assignment = course.read_assignment(name)
            found = course.submissions(name, students)
            plan = make_plan(course, aside, assignment, found, students, force)
            summary = Summary(name, len(found), len(found) - len(plan.left))
            summary.stale = plan.stale
            again = {item.student for item in plan.left}
            summary.unknown, summary.outdated, summary.undated = (
                [student for student in those if student not in again]
                for those in (plan.unknown, plan.outdated, plan.undated)
            )
            if not found:
                summary.missing = str(course.submitted(course.directory.student_id, name))
            work.append((assignment, summary, plan))
            summaries.append(summary)
        if any(plan.left for _, _, plan in work):
            writer = Writer(course, aside)
            with hands.at_work(console) as workers:
                runs = []
                for assignment, summary, plan in work:
                    if plan.left:
                        run = Run(course, writer, workers)
                        started = time.monotonic()
                        run.prepare(assignment, summary)
                        summary.seconds = time.monotonic() - started
                        runs.append((run, summary, plan))
                _check_references(course, summaries)
                for run, summary, plan in runs:
                    begin(course, aside, plan, students, force)
                    writer.mark(plan.version, plan.id, plan.stands_on)
                    summary.unversioned = not writer.keeps_versions
                    _grade_one(run, summary, plan.left, console)
                    summary.beside = running_autograders(course.root)
        for _, summary, plan in work:
            _settle(course, aside, plan, summary, extensions)
    for summary in summaries:
        print_summary(summary, console)
    return summaries


def _settle(
    course: Course, aside: Path, plan: Plan, summary: Summary, extensions: list[Extension]
) -> None:
    """Say what a regrade has moved, note what was graded by whom knows what, take what is late."""
    found = progress(course, aside, plan, [item.student for item in summary.of("graded")])
    if found is not None:
        summary.regrade, summary.moved, summary.before = found.as_json(), found.moved, found.before
    with contextlib.suppress(OperationalError):  # a locked gradebook: the next run notes it
        note_unknown(course, plan)
    for wait in (*RETRY_DELAYS, None):
        try:
            lateness = settle(course, plan.assignment, extensions)
            break
        except OperationalError:  # formgrader is saving, or a database is starting again
            if wait is None:
                raise
            time.sleep(wait)
    summary.late = [item.as_json() for item in lateness.late]
    summary.notes = lateness.notes


def _check_references(course: Course, summaries: list[Summary]) -> None:
    """Raise :class:`CourseError` where a reference solution doesn't earn all points itself.

    Nobody can then tell a wrong answer from a test that fails for everybody.
    """
    if course.settings.imperfect_reference:
        return
    lines = [
        f"  {summary.assignment}, {notebook}, {test}: {end}"
        for summary in summaries
        for notebook, tests in summary.missed.items()
        for test, end in tests.items()
    ]
    if lines:
        raise CourseError(
            "The reference solution in source/ doesn't earn all points:\n"
            + "\n".join(lines)
            + "\nNothing was graded. Does it need a file (c.Grade.readable), a variable "
            "(c.Grade.variables), or more time (c.Execute.timeout)? With --imperfect-reference "
            "submissions are graded all the same."
        )


def _grade_one(run: Run, summary: Summary, left: list[Submission], console: Console) -> None:
    started = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(summary.assignment, total=len(left))

        def report(result: Result) -> None:
            if result.state == "failed":
                progress.console.print(f"[red]{said(result.student)}[/]: {said(result.why)}")
            progress.advance(bar)

        def wait(students: list[str]) -> None:
            names = ", ".join(said(name[:20]) for name in students[:3])
            more = f" and {len(students) - 3} more" if students[3:] else ""
            progress.update(bar, description=f"{said(summary.assignment)}: {names}{more}")

        run.report, run.waits_for = report, wait
        run.grade(left, summary)
    summary.seconds += time.monotonic() - started
