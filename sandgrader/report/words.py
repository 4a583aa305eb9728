"""What a figure shows, in words, from the table that it is drawn from."""

from __future__ import annotations

from sandgrader.report.items import ENOUGH
from sandgrader.report.privacy import LEAST
from sandgrader.report.risk import UNDONE
from sandgrader.report.tables import Row, Table, percent

GIVEN_OUT = (
    "In per cent of what was given out so far: what still waits for a person counts neither as "
    "points nor as points to be had."
)
ITEMS = (
    "Mean share is a cell's difficulty: the share of its points that the class has. Discrimination "
    "is the correlation with the points in all other cells: near 0 a cell doesn't tell who knows "
    "more, below 0 something is wrong with it. Cells are remarked on from "
    f"{ENOUGH} graded students on."
)
EVERYBODY = "Points so far: what a person still has to grade counts 0 until then."
PSEUDONYMS = (
    "The names are drawn anew for each assignment and report, in an order that tells nothing, and "
    f"kept nowhere. Where fewer than {LEAST} students are alike, what they have is withheld."
)


def count(number: int | None, one: str, more: str | None = None) -> str:
    """Return a count in words: ``1 student``, ``3 students``; withheld where it isn't shared."""
    if number is None:
        return f"a withheld number of {more or one + 's'}"
    return f"{number} {one if number == 1 else more or one + 's'}"


def total(rows: list[Row], column: str) -> int | None:
    """Return the sum of a column; None where one of its values is withheld."""
    values = [row[column] for row in rows]
    return None if any(value is None for value in values) else sum(values)


def part_of(number: int | None, whole: int | None) -> str:
    """Return how many of how many, each of which may be withheld."""
    return f"{'withheld' if number is None else number} of {'withheld' if whole is None else whole}"


def states(table: Table) -> str:
    """Return how many are where."""
    told = [
        f"{'withheld' if row['students'] is None else row['students']} {row['state']}"
        for row in table.rows
        if row["students"] != 0
    ]
    late, all_ = total(table.rows, "late"), total(table.rows, "students")
    whole = count(all_, "student") if all_ is not None else "The class"
    tail = "Nobody was late." if late == 0 else f"Late: {'withheld' if late is None else late}."
    return f"{whole}: {', '.join(told)}. {tail}"


def distribution(table: Table) -> str:
    """Return where most of the points lie."""
    known = [row for row in table.rows if row["students"]]
    if not known:
        return "No points to be shown yet."
    most = max(known, key=lambda row: row["students"])
    where = f"from {most['from_percent']} to {most['to_percent']}%"
    return f"The largest group has {where} of the points: {count(most['students'], 'student')}."


def at_risk(table: Table) -> str:
    """Return how many may need help, and for how many of them more than one rule holds."""
    if not table.rows:
        return "None of the rules holds for anybody."
    more = sum(row["signs"] > 1 for row in table.rows)
    said = f"{count(len(table.rows), 'student')} may need help"
    return f"{said}, {more} of them by more than one sign." if more else f"{said}."


def risk_rules(below: float, more: str = "") -> str:
    """Return the rules by which a student is at risk; ``more`` is the course's own."""
    rules = (
        "nothing handed in, which is no alarm before the due date",
        f"less than {percent(below)} of the points that the machine has given out so far "
        "(--at-risk sets another number)",
        f"no point by machine in {percent(UNDONE)} of the notebooks or more",
        *filter(None, [more]),
    )
    return f"A sign is one of these: {'; '.join(rules)}."


def items(table: Table) -> str:
    """Return the hardest cell, and what is remarked on."""
    known = [row for row in table.rows if row["mean_share"] is not None]
    if not known:
        return "No cell is graded yet for enough students."
    hardest = min(known, key=lambda row: row["mean_share"])
    sentence = (
        f"The hardest is {hardest['cell']} in {hardest['notebook']}: "
        f"{percent(hardest['mean_share'])} of its points."
    )
    for row in known:
        if row["remark"]:
            sentence += f" {row['cell']} in {row['notebook']}: {row['remark']}"
    return sentence
