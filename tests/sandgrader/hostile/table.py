"""The page on the pack: every case, what it deserves, and what stock nbgrader gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.sandgrader.hostile import FAMILIES, PACK
from tests.sandgrader.hostile.case import ALL_OF, Case
from tests.sandgrader.hostile.measure import RESULTS, TIMEOUT
from tests.sandgrader.hostile.scores import deserved, full_scores

PAGE = Path("docs") / "hostile.md"

_HEAD = """\
# The hostile and broken pack

{count} submissions of one assignment that try to earn points that they don't deserve, to read what
is hidden, to harm the grader, or that are broken or merely odd. `tests/sandgrader/test_hostile.py`
hands them in beside a class of innocent students, has `storagelab grade` grade everybody, and
compares every test cell's score with the one below. This page is made from the pack
(`python -m tests.sandgrader.hostile table`); a test fails where it isn't what the pack says.

Three rules give the scores:

- Points that aren't earned aren't given.
- Nobody loses more than their own act loses. An odd way of being right costs nothing.
- What was right before an interpreter died counts; what comes after it doesn't.

Who attacks, answers part 1 wrongly throughout, so that any of its {attacked:g} points beyond the
{lock:g} of an honestly locked prediction would be the attack's. Who is broken or odd, has
everything right. A part that isn't named has all its points: {parts}.

The column *stock nbgrader* is `nbgrader autograde` with this course's configuration and {timeout} s
for a cell, run once for each case: a dash where it gives what is deserved, *not run* where only
limits that it doesn't have would stop a case, else the cells that it scores differently.
*Not graded* is a submission that comes out of it without any score, of the parts that are right
too; *never ends* is one that had to be ended by hand. *Stops the class* means that whoever comes
after it in the alphabet isn't graded either, and *leaks* that the text of a hidden test, or the
inputs of a hidden call, stood in what the student gets back: its cells' and tests' outputs, or its
files.

{summary}
"""


def _sentence(text: str) -> str:
    """Return text that can stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _points(number: float | None) -> str:
    return "a person's turn" if number is None else f"{number:g}"


def _in_words(cells: Iterable[tuple[str, str]]) -> str:
    """Return ``part/cell`` and what is said of each, a part at a time."""
    parts: dict[str, list[str]] = {}
    for cell, says in cells:
        part, name = cell.split("/")
        parts.setdefault(part, []).append(f"{name.removesuffix('-test')} {says}")
    return "; ".join(f"{part}: {', '.join(says)}" for part, says in parts.items())


def _deserves(case: Case, full: dict[str, float]) -> str:
    if not case.loses:
        return "all"
    scores = deserved(case.loses, full)
    said = [
        (
            cell,
            f"{scores[cell]:g}"
            + (f" or {full[cell]:g}, the same each time" if cell in case.chance else ""),
        )
        for cell in full
        if cell in case.loses
    ]
    return _in_words(said)


def _why(case: Case) -> str:
    return "; ".join(dict.fromkeys(loss.why for loss in case.loses.values()))


def stock_differs(case: Case, result: dict[str, Any], full: dict[str, float]) -> dict[str, str]:
    """Return the cells to which stock nbgrader gives other points than they deserve, and what."""
    points = deserved(case.loses, full)
    return {
        cell: _points(score)
        for cell, score in result["scores"].items()
        if score not in ({points[cell], full[cell]} if cell in case.chance else {points[cell]})
    }


def _stock(case: Case, results: dict[str, Any], full: dict[str, float]) -> str:
    if case.not_by_stock:
        return "not run"
    result = results[case.name]
    says = []
    if isinstance(result.get("exit"), str):
        says.append("**never ends**")
    elif not result["scores"]:
        says.append("**not graded**")
    else:
        order = {cell: place for place, cell in enumerate(full)}
        differs = stock_differs(case, result, full)
        if differs:
            says.append(_in_words(sorted(differs.items(), key=lambda item: order[item[0]])))
    if not result.get("others_graded", True):
        says.append("**stops the class**")
    if result["leaks"]:
        says.append("**leaks**")
    return "; ".join(says) or "–"


def _summary(results: dict[str, Any], full: dict[str, float]) -> str:
    """Return in a sentence how stock nbgrader does."""
    run = [case for case in PACK.values() if not case.not_by_stock]
    won = lost = ungraded = 0
    for case in run:
        result, points = results[case.name], deserved(case.loses, full)
        differs = [
            (score or 0.0) - points[cell]
            for cell, score in result["scores"].items()
            if cell in stock_differs(case, result, full)
        ]
        won += any(difference > 0 for difference in differs)
        lost += any(difference < 0 for difference in differs)
        ungraded += not result["scores"]
    stops = sum(not results[case.name].get("others_graded", True) for case in run)
    leak = sum(results[case.name]["leaks"] for case in run)
    return (
        f"Of the {len(run)} that stock nbgrader was given, {won} get points that they don't "
        f"deserve, {lost} lose points that they do, {ungraded} aren't graded at all, {stops} keep "
        f"the rest of the class from being graded, and {leak} get hidden things back."
    )


def page(root: Path) -> str:
    """Return the page's text, of the checkout at ``root``.

    Raises ``KeyError`` for a case that stock nbgrader hasn't been measured with.
    """
    full = full_scores(root / "source")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    sums = {
        part: sum(points for cell, points in full.items() if cell.startswith(f"{part}/"))
        for part in ALL_OF
    }
    lock = full["access/lock-test"]
    text = [
        _HEAD.format(
            count=len(PACK),
            attacked=sums["access"],
            lock=lock,
            parts=", ".join(f"{part} {points:g}" for part, points in sums.items()),
            timeout=TIMEOUT,
            summary=_summary(results, full),
        )
    ]
    for title, cases in FAMILIES.items():
        text += [f"## {title}\n", "| student | what it does | deserves | why | stock nbgrader |"]
        text.append("|---|---|---|---|---|")
        text += [
            "| "
            + " | ".join(
                _sentence(cell)
                for cell in (
                    f"`{case.name}`",
                    case.story,
                    _deserves(case, full),
                    _why(case),
                    _stock(case, results, full),
                )
            )
            + " |"
            for case in cases
        ]
        text.append("")
    return "\n".join(text)


def write_page(root: Path) -> None:
    """Write the page into the checkout at ``root``."""
    (root / PAGE).write_text(page(root), encoding="utf-8")
