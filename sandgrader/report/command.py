"""``sandgrader report``: the class report, and whose score moved."""

from __future__ import annotations

from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sandgrader.printable import printable
from sandgrader.report.assemble import make_report
from sandgrader.report.cohort import read_cohorts
from sandgrader.report.course import ReportError, open_course, open_gradebook
from sandgrader.report.gradebook import read_class
from sandgrader.report.page import render
from sandgrader.report.risk import BELOW
from sandgrader.report.sections import CourseSections
from sandgrader.report.tables import ASSIGNMENT, Column, Row, Table, write_tables
from sandgrader.scores import Moved, Scores, SnapshotError, moved, read_scores, read_snapshot

PAGE = "index.html"
NAMED = "students.csv"
"""The file that only a report with names has."""


def report_command(added: CourseSections, about: str) -> click.Command:
    """Return the command, for a course that adds to the report; ``about`` is its help."""

    @click.command(help=about)
    @click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
    @click.option(
        "--course", type=click.Path(path_type=Path), default=".", show_default=True,
        help="The course's folder, with nbgrader_config.py.",
    )  # fmt: skip
    @click.option(
        "--out", type=click.Path(path_type=Path, file_okay=False),
        help="Where the page and the CSV files go: report, or report-shared.",
    )  # fmt: skip
    @click.option(
        "--at-risk", type=click.FloatRange(0, 100), default=100 * BELOW, show_default=True,
        metavar="PERCENT", help="Of the machine's points, below which a student is at risk.",
    )  # fmt: skip
    @click.option("--shared", is_flag=True, help="Without names, texts, exact times, small groups.")
    @click.option(
        "--moved", "between", nargs=2, metavar="BEFORE AFTER",
        help="Say whose score differs between two gradebooks: files, database URLs, or snapshots.",
    )  # fmt: skip
    def report(
        assignments: tuple[str, ...],
        course: Path,
        out: Path | None,
        at_risk: float,
        shared: bool,
        between: tuple[str, str] | None,
    ) -> None:
        try:
            if between is None:
                _report(assignments, course, added, out, shared, at_risk / 100)
                return
            if shared:
                raise click.UsageError("--moved names students: it has no shared version.")
            before, after = (_scores(place, assignments) for place in between)
            _moved(before, after, out)
        except (ReportError, SnapshotError) as problem:
            raise click.ClickException(str(problem)) from None
        except OSError as problem:
            raise click.ClickException(f"{problem.filename}: {problem.strerror}.") from None

    return report


command = report_command(
    CourseSections(),
    """Report on a class: who is where, the points, every graded cell.

    Writes a page and CSV files from the gradebook and the submissions of each ASSIGNMENT, or of
    all. Nothing of a submission is executed, and nothing is changed.
    """,
)


def _report(
    assignments: tuple[str, ...],
    folder: Path,
    added: CourseSections,
    out: Path | None,
    shared: bool,
    at_risk: float,
) -> None:
    course = open_course(folder)
    with open_gradebook(course.db_url) as gradebook:
        book = read_class(gradebook, assignments)
    report = make_report(course, read_cohorts(course, book), added, shared, at_risk)
    place = _folder(out or Path("report-shared" if shared else "report"))
    if shared and (place / NAMED).exists():
        raise ReportError(f"{place} has a report with names: choose another folder with --out.")
    paths = write_tables(place, report.tables)
    (place / PAGE).write_text(render(report), encoding="utf-8")
    click.echo(f"{place / PAGE}, and {len(paths)} CSV files beside it.")


def _folder(place: Path) -> Path:
    # a class's points are nobody else's business on a shared machine
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _scores(place: str, assignments: tuple[str, ...]) -> Scores:
    """Return the scores in a gradebook (a file or a URL) or in a snapshot."""
    if "://" in place:
        try:
            url = make_url(place)
        except ArgumentError:
            raise ReportError(f"{place!r} is no database URL.") from None
    elif _is_database(Path(place)):
        url = make_url("sqlite://").set(database=str(Path(place).absolute()))
    else:
        scores = read_snapshot(Path(place))
        return {key: score for key, score in scores.items()
                if not assignments or key.assignment in assignments}  # fmt: skip
    with open_gradebook(url) as gradebook:
        return read_scores(gradebook, assignments or None)


def _is_database(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(16) == b"SQLite format 3\0"


_MOVED = (
    Column("student", "the student's id"),
    ASSIGNMENT,
    Column("notebook", "the notebook"),
    Column("cell", "the cell's grade id"),
    Column("before", "points before; empty where there was no score"),
    Column("after", "points after; empty where there is no score"),
    Column("by", "points more than before"),
    Column("what", "what happened"),
)


def _moved(before: Scores, after: Scores, out: Path | None) -> None:
    found, console = moved(before, after), Console()
    for line in summary(found):
        click.echo(printable(line))
    if found.changes:
        grid = Grid(box=SIMPLE_HEAD)
        for head in ("student", "assignment", "notebook", "cell"):
            grid.add_column(head, overflow="fold")
        for head in ("before", "after", "by"):
            grid.add_column(head, justify="right", no_wrap=True)
        grid.add_column("what")
        for change in found.changes:
            points = ("–" if score is None else f"{score.points:g}"
                      for score in (change.before, change.after))  # fmt: skip
            key = (escape(printable(name)) for name in change.key)
            grid.add_row(*key, *points, f"{change.by:+g}", change.what)
        console.print(grid)
    if out is not None:
        rows: list[Row] = [
            {
                **change.key._asdict(),
                "before": change.before.points if change.before else None,
                "after": change.after.points if change.after else None,
                "by": change.by,
                "what": change.what,
            }
            for change in found.changes
        ]
        write_tables(_folder(out), [Table("moved", "Scores that are different", _MOVED, rows)])
        click.echo(f"{out / 'moved.csv'}")


def summary(found: Moved) -> list[str]:
    """Return whose sum moved by how much, and how much is as it was, in sentences."""
    lines = []
    by_student = sorted(found.students.items())
    sums = [(student, assignment, by) for (student, assignment), by in by_student if abs(by) > 1e-9]
    for student, assignment, by in sums:
        lines.append(f"{student}, {assignment}: {by:+g} points")
    scores = "1 score is" if len(found.changes) == 1 else f"{len(found.changes)} scores are"
    lines.append(f"{scores} different, {found.same} as before.")
    if not sums:
        lines.append("Nobody's points moved.")
    return lines
