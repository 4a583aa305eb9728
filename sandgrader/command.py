"""``sandgrader grade``: grades submissions as ``nbgrader autograde`` does, safely and faster."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from sandgrader import interrupts
from sandgrader.assignment import Assignment
from sandgrader.cluster import OPEN_WARNING, ClusterError, dask_workers, is_open
from sandgrader.course import Course, CourseError, Submission
from sandgrader.gradebook import GradebookError, trouble_with
from sandgrader.neighbours import running_autograders
from sandgrader.printable import printable
from sandgrader.regrading import ScoresBefore
from sandgrader.run import Result, Run, StoppedError, Summary
from sandgrader.sandbox import PLAIN_WARNING, SandboxError
from sandgrader.workers import Nursery, Workers, local_workers
from sandgrader.writer import Writer, grading_lock

ALL_GRADED, SOME_FAILED, WRONG_USE, STOPPED = 0, 1, 2, 3


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignments", nargs=-1)
@click.option("--course", type=click.Path(path_type=Path), default=Path(), show_default="here",
              help="The course's folder, with nbgrader_config.py.")  # fmt: skip
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
@click.option("--force", is_flag=True, help="Grade again what is graded; manual grades stay.")
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
    graded stays, what is missing is graded.

    Exit codes: 0 all graded; 1 some submissions couldn't be graded, or another program changed them
    meanwhile; 2 wrong use, or a course, a configuration or a gradebook that can't be used as it is;
    3 stopped early by a disk or a database, which may go on when it is run again; 130 interrupted.
    """
    console = Console(stderr=True, quiet=as_json)
    try:
        # whoever is forked later would have the course's lock and its gradebook
        with interrupts.remembered(), Nursery() as nursery, _opened(course) as opened:
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
    except (CourseError, SandboxError, ClusterError) as problem:
        _stop(str(problem), WRONG_USE, as_json)
    except GradebookError as problem:
        if problem.passing:
            _stop(f"{problem}\n{_GO_ON}", STOPPED, as_json)
        _stop(str(problem), WRONG_USE, as_json)
    except StoppedError as problem:
        _stop(f"{problem}\n{_GO_ON}", STOPPED, as_json)
    except OSError as problem:
        _stop(f"The disk can't be used: {problem}\n{_GO_ON}", STOPPED, as_json)
    except KeyboardInterrupt:
        _stop("Interrupted. What is graded is kept. Run it again to go on.", 130, as_json)
    if as_json:
        click.echo(json.dumps([summary.as_json() for summary in summaries], indent=1))
    failed = any(summary.of("failed") or summary.beside for summary in summaries)
    sys.exit(SOME_FAILED if failed else ALL_GRADED)


_GO_ON = "What is graded is kept. When that is mended, run it again to go on."


def _stop(words: str, code: int, as_json: bool) -> None:
    words = printable(words, keep="\n")
    if as_json:
        click.echo(json.dumps({"error": words, "code": code}))
    click.echo(words, err=True)
    sys.exit(code)


@contextmanager
def _opened(folder: Path) -> Iterator[Course]:
    """Give a course, whose database's faults are said in words."""
    # nbgrader makes submissions in a way that SQLAlchemy has words about, for each of them
    warnings.simplefilter("ignore", SAWarning)
    course = Course(folder)
    try:
        yield course
    except SQLAlchemyError as problem:
        raise trouble_with(problem, course.gradebook.address) from None
    finally:
        with contextlib.suppress(SQLAlchemyError):  # said already
            course.close()


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
    with grading_lock(course) as aside:
        plan: list[tuple[Assignment, Summary, list[Submission]]] = []
        for name in names or course.assignments():
            # one that isn't there is said before any is graded
            assignment = course.read_assignment(name)
            found = course.submissions(name, students)
            left = found if force else course.ungraded(name, found)
            summary = Summary(name, len(found), len(found) - len(left))
            if not found:
                summary.missing = str(course.submitted(course.directory.student_id, name))
            plan.append((assignment, summary, left))
            summaries.append(summary)
        if any(left for _, _, left in plan):
            writer = Writer(course, aside)
            with hands.at_work(console) as workers:
                runs = []
                for assignment, summary, left in plan:
                    if left:
                        run = Run(course, writer, workers)
                        started = time.monotonic()
                        run.prepare(assignment, summary)
                        summary.seconds = time.monotonic() - started
                        runs.append((run, summary, left))
                _check_references(course, summaries)
                for run, summary, left in runs:
                    scores = ScoresBefore(course, aside, summary.assignment)
                    _grade_one(run, summary, left, console)
                    summary.before = scores.kept
                    summary.moved = scores.moved()
                    summary.beside = running_autograders(course.root)
    for summary in summaries:
        _print(summary, console)
    return summaries


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
                progress.console.print(f"[red]{_said(result.student)}[/]: {_said(result.why)}")
            progress.advance(bar)

        def wait(students: list[str]) -> None:
            names = ", ".join(_said(name[:20]) for name in students[:3])
            more = f" and {len(students) - 3} more" if students[3:] else ""
            progress.update(bar, description=f"{_said(summary.assignment)}: {names}{more}")

        run.report, run.waits_for = report, wait
        run.grade(left, summary)
    summary.seconds += time.monotonic() - started


def _said(text: str) -> str:
    """Return text for a terminal, of which nothing is a command to it or to rich."""
    return escape(printable(text))


def _print(summary: Summary, console: Console) -> None:
    console.print(
        f"[bold]{_said(summary.assignment)}[/]: {len(summary.of('graded'))} graded, "
        f"{summary.skipped} graded before, {len(summary.of('failed'))} failed"
        + (f", {summary.seconds:.0f} s" if summary.results else "")
    )
    if summary.missing:
        console.print(f"  no submission of it was found: {_said(summary.missing)}", highlight=False)
    if not summary.results:
        return
    if summary.sandbox == "plain":
        without = [result.student for result in summary.results if result.sandbox == "plain"]
        console.print(f"[bold red]{PLAIN_WARNING}[/]")
        if len(without) < len(summary.results):
            names = ", ".join(map(_said, without[:10])) + (" …" if without[10:] else "")
            console.print(f"  {len(without)} of {len(summary.results)} ran like this: {names}")
    for lack, count in summary.lacks.items():
        of_all = f"{count} of {len(summary.results)} submissions"
        console.print(f"[red]  {of_all}: {_said(lack)}[/]", highlight=False)
    for process in summary.beside:
        console.print(
            f"[bold red]`nbgrader autograde` was started in this course meanwhile and is still at "
            f"work (process {process}). What it changes from now on isn't noticed here: end it, or "
            "wait for it, then look with `--force`.[/]"
        )
    for line in summary.moved:
        console.print(f"  moved: {_said(line)}", highlight=False)
    for line in _ways(summary):
        console.print(f"  {_said(line)}", highlight=False)
    for result in summary.results:
        for line in _said_of(result):
            console.print(f"  {_said(result.student)}, {_said(line)}", highlight=False)


_WAYS = {
    "isolated": "tests ran in an interpreter of their own",
    "both": "some tests ran in the student's interpreter too",
    "shared": "tests ran in the student's interpreter",
    "kernel": "ran in a kernel, as nbgrader runs it",
}


def _ways(summary: Summary) -> Iterator[str]:
    """Yield how an assignment's notebooks were run, a line each where there is more to say."""
    for name, way in summary.ways.items():
        if summary.isolation[name]:
            yield f"{name}: {_WAYS[way]}: {summary.isolation[name]}"
    for name, tests in summary.missed.items():
        for test, end in tests.items():
            yield f"{name}: the reference solution doesn't earn all points of {test}: {end}"


def _said_of(result: Result) -> Iterator[str]:
    """Yield what there is to say of a submission, a line each."""
    for name, why in result.ways.items():
        yield f"{name}: run in both ways: {why}"
    for name, differences in result.differences.items():
        for item in differences:
            yield (
                f"{name}, {item.test}: {item.given:g} points, where nbgrader gives "
                f"{item.nbgrader:g}: {item.why}"
            )
    for name, notes in result.notes.items():
        for note in notes:
            yield f"{name}: {note}"
