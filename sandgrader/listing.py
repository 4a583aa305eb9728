"""``sandgrader grade --list``: what there is to grade and why; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from sandgrader.course import ASIDE, Course
from sandgrader.printable import printable
from sandgrader.regrading import Plan, make_plan
from sandgrader.summary import some


def list_work(
    course: Course,
    names: Sequence[str],
    students: list[str],
    force: bool,
    as_json: bool,
) -> None:
    """Print what there is to grade of assignments, and why. Nothing is written."""
    aside = course.root / ASIDE
    plans = []
    for name in names or course.assignments():
        assignment = course.read_assignment(name)
        found = course.submissions(name, students)
        plans.append(make_plan(course, aside, assignment, found, students, force))
    if as_json:
        click.echo(json.dumps([_as_listed(plan) for plan in plans], indent=1))
        return
    for plan in plans:
        click.echo(f"{printable(plan.assignment)}: {len(plan.left)} to grade")
        for line in _reasons(plan):
            click.echo(f"  {printable(line)}")


def _as_listed(plan: Plan) -> dict[str, Any]:
    return {
        "assignment": plan.assignment,
        "version": plan.version,
        "to_grade": [item.student for item in plan.left],
        "new": plan.new,
        "stale": plan.stale,
        "unknown": plan.unknown,
        "outdated": plan.outdated,
        "undated": plan.undated,
        "pending": [*plan.pending, *plan.elsewhere],
        "regrade_begun": plan.regrade.begun if plan.regrade else None,
    }


def _reasons(plan: Plan) -> Iterator[str]:
    if plan.new:
        yield f"not graded yet, or handed in again: {some(plan.new)}"
    if plan.stale:
        yield f"stale, graded before a change of the assignment: {some(plan.stale)}"
    if plan.regrade and (plan.pending or plan.elsewhere):
        who = some([*plan.pending, *plan.elsewhere])
        yield f"left of the regrade begun {plan.regrade.begun}: {who}"
    if plan.unknown:
        yield f"of unknown version, graded again with --force alone: {some(plan.unknown)}"
    if plan.outdated:
        yield (
            "outdated, graded before something changed that the course stands on (a price, a fact, "
            f"a law), graded again with --force alone: {some(plan.outdated)}"
        )
    if plan.undated:
        yield f"graded before it was kept what the course stands on: {some(plan.undated)}"
