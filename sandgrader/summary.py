"""What ``sandgrader grade`` says of a run on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandgrader.printable import printable
from sandgrader.run import Result, Summary
from sandgrader.sandbox import PLAIN_WARNING


def said(text: str) -> str:
    """Return text for a terminal, of which nothing is a command to it or to rich."""
    return escape(printable(text))


def print_summary(summary: Summary, console: Console) -> None:
    """Print what a run did with an assignment."""
    console.print(
        f"[bold]{said(summary.assignment)}[/]: {len(summary.of('graded'))} graded, "
        f"{summary.skipped} graded before, {len(summary.of('failed'))} failed"
        + (f", {summary.seconds:.0f} s" if summary.results else "")
    )
    if summary.missing:
        console.print(f"  no submission of it was found: {said(summary.missing)}", highlight=False)
    for line in _versions(summary):
        console.print(f"  {said(line)}", highlight=False)
    _print_regrade(summary, console)
    for line in _lateness(summary):
        console.print(f"  {said(line)}", highlight=False)
    if not summary.results:
        return
    if summary.sandbox == "plain":
        without = [result.student for result in summary.results if result.sandbox == "plain"]
        console.print(f"[bold red]{PLAIN_WARNING}[/]")
        if len(without) < len(summary.results):
            names = ", ".join(map(said, without[:10])) + (" …" if without[10:] else "")
            console.print(f"  {len(without)} of {len(summary.results)} ran like this: {names}")
    for lack, count in summary.lacks.items():
        of_all = f"{count} of {len(summary.results)} submissions"
        console.print(f"[red]  {of_all}: {said(lack)}[/]", highlight=False)
    for process in summary.beside:
        console.print(
            f"[bold red]`nbgrader autograde` was started in this course meanwhile and is still at "
            f"work (process {process}). What it changes from now on isn't noticed here: end it, or "
            "wait for it, then look with `--force`.[/]"
        )
    for line in _ways(summary):
        console.print(f"  {said(line)}", highlight=False)
    for result in summary.results:
        for line in _said_of(result):
            console.print(f"  {said(result.student)}, {said(line)}", highlight=False)


def some(students: Sequence[str]) -> str:
    """Return some of many names, in words."""
    return ", ".join(students[:10]) + (f" and {len(students) - 10} more" if students[10:] else "")


def _versions(summary: Summary) -> Iterator[str]:
    """Yield what there is to say of grades' versions, a line each."""
    if summary.stale:
        yield f"graded again after a change of the assignment: {some(summary.stale)}"
    if summary.unknown:
        yield (
            f"of unknown version, and left as they are (--force grades them again): "
            f"{some(summary.unknown)}"
        )
    if summary.outdated:
        yield (
            "outdated, graded before something changed that the course stands on (a price, a "
            "fact, a law), and left as they are (--force grades them again): "
            f"{some(summary.outdated)}"
        )
    if summary.undated:
        yield (
            "graded before it was kept what the course stands on, and left as they are: "
            f"{some(summary.undated)}"
        )
    if summary.unversioned:
        yield (
            "The gradebook takes no table of this grader's (the right to make one?): after a "
            "change of a test, grade with --force."
        )


def _print_regrade(summary: Summary, console: Console) -> None:
    """Print how far a regrade has come, and whose points moved since it began."""
    found = summary.regrade
    if found is None:
        return
    left = found["left"]
    state = f"{len(left)} are left: {some(left)}" if left else "all are done"
    line = f"regrade of {found['students']}, begun {found['begun']}: {state}"
    console.print(f"  {said(line)}", highlight=False)
    if found["moved"]:
        grid = Table(box=SIMPLE_HEAD)
        grid.add_column("student", overflow="fold")
        for head in ("before", "after", "moved by"):
            grid.add_column(head, justify="right", no_wrap=True)
        for item in found["moved"]:
            points = (f"{item['before']:g}", f"{item['after']:g}", f"{item['by']:+g}")
            grid.add_row(said(item["student"]), *points)
        console.print(grid)
    for line in summary.moved:
        console.print(f"  moved: {said(line)}", highlight=False)
    if summary.before:
        console.print(f"  scores of before: {said(summary.before)}", highlight=False)


def _lateness(summary: Summary) -> Iterator[str]:
    """Yield who is late and what has changed about what it costs, a line each."""
    late = [item for item in summary.late if item["seconds"]]
    extended = sum(item["extension"] is not None for item in summary.late)
    if late:
        taken = sum(item["penalty"] for item in late)
        yield f"late: {len(late)}, {taken:g} points taken off (`sandgrader late` lists them)"
    if extended:
        yield f"with an extension: {extended}"
    for item in summary.late:
        if abs(item["penalty"] - item["before"]) > 1e-9:
            yield (
                f"{item['student']}: {item['penalty']:g} points taken off for being late, where "
                f"it was {item['before']:g}: the points or the due date have changed since"
            )
    for note in summary.notes:
        yield f"extensions: {note}"


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
        for note, count in Counter(notes).items():
            yield f"{name}: {note}" + (f" ({count} times)" if count > 1 else "")
