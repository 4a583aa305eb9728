"""What a figure shows, in words, from the table that it is drawn from."""

from __future__ import annotations

from storagelab.ledger import LONGEST_PAUSE
from storagelab.parts import PARTS
from storagelab.parts.pace import MINUTES
from storagelab.report import outcomes, strategies
from storagelab.report.beliefs import NONE
from storagelab.report.calibration import LEVEL
from storagelab.report.items import ENOUGH
from storagelab.report.privacy import LEAST
from storagelab.report.tables import Row, Table
from storagelab.tracks import Track
from storagelab.units import format_share, significant

PLANNED = MINUTES
"""Minutes that a part is meant to take."""

GIVEN_OUT = (
    "In per cent of what was given out so far: what still waits for a person counts neither as "
    "points nor as points to be had."
)
CHANGED_CASE = (
    "The conclusion of this part is about a changed case, so another answer can be right after "
    "the evidence than before it."
)
NO_KEY = (
    "No answer key was found, neither in the course's source/ nor in notebooks/keys.py around it: "
    "what is right can't be said."
)
BRIER = (
    "The mean squared distance between what was said and what came: 0 is perfect, a coin that "
    "always says 50% has 0.25. The second score reads the confidence on the scale that students "
    "were given, on which 0 is a guess among the options and not a certainty of being wrong."
)
UNSEEN = (
    "The ledger sees the lock, the reveal, recorded runs and decisions, by the clock of the "
    "student's machine. It doesn't see reading before the lock or writing after the last entry, "
    "so a part took longer than this. A pause of over "
    f"{LONGEST_PAUSE.total_seconds() / 60:.0f} minutes is left out. The dashed line is the "
    f"{PLANNED:g} minutes that a part is planned for."
)
PLANE = (
    "Each mark is a cell of the plane; the larger it is, the more students are in it. What a "
    "ledger says of an outcome isn't believed: it is computed again from the settings."
)
DECISIONS = (
    "From the answer cell where the decision stands there as a plain dictionary, else from the "
    "ledger's last decision."
)
ITEMS = (
    "Mean share is a cell's difficulty: the share of its points that the class has. Discrimination "
    "is the correlation with the points in all other cells: near 0 a cell doesn't tell who knows "
    "more, below 0 something is wrong with it. Cells are remarked on from "
    f"{ENOUGH} graded students on."
)
LEDGERS = (
    "An unusable ledger is no evidence, and its student is missing in the figures above that come "
    "from ledgers. A doubtful one is counted; look at it. Digests show a slip of the hand, not a "
    "forger who runs the course's own code."
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


def _sum(rows: list[Row], column: str) -> int | None:
    values = [row[column] for row in rows]
    return None if any(value is None for value in values) else sum(values)


def _some(number: int | None) -> str:
    return "a withheld number of answers" if number is None else count(number, "answer")


def _of(number: int | None, whole: int | None) -> str:
    return f"{'withheld' if number is None else number} of {'withheld' if whole is None else whole}"


def states(table: Table) -> str:
    """Return how many are where."""
    told = [
        f"{'withheld' if row['students'] is None else row['students']} {row['state']}"
        for row in table.rows
        if row["students"] != 0
    ]
    late, all_ = _sum(table.rows, "late"), _sum(table.rows, "students")
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


def beliefs(table: Table) -> str:
    """Return how many were right before and after."""
    told: list[str] = []
    for when, tail in (("before", "before the evidence"), ("after", "after it")):
        # an answer that isn't there is no belief
        of = _sum([row for row in table.rows if row["option"] != NONE], when)
        right = [row[when] for row in table.rows if row[f"right_{when}"]]
        verb = "were right " if not told else ""
        told.append(f"{_of(right[0], of)} {verb}{tail}" if right else f"{_some(of)} {tail}")
    known = [row for row in table.rows if row["before"] and row["right_before"] is False]
    sentence = f"{', '.join(told)}."
    sentence = sentence[0].upper() + sentence[1:]
    if known:
        worst = max(known, key=lambda row: row["before"])
        sentence += (
            f" The most frequent misconception before: “{worst['belief']}” ({worst['before']})."
        )
    return sentence


def calibration(table: Table, brier: Table) -> str:
    """Return how sure the class was and how often it was right."""
    whole = brier.of(part="all").rows[0]
    if whole["predictions"] is None:
        return "Too few predictions to be shown."
    sentence = (
        f"{count(whole['predictions'], 'prediction')}: {format_share(whole['share'])} were right, "
        f"at a mean confidence of {format_share(whole['mean_confidence'])}. "
        f"Brier score {significant(whole['brier'])}."
    )
    bins = [row for row in table.rows if row["predictions"]]
    if bins:
        top = bins[-1]
        sentence += (
            f" Of the surest ({format_share(top['from_confidence'])} and above) "
            f"{top['right']} of {top['predictions']} were right."
        )
    return sentence


def scale(chance: float) -> str:
    """Return how the picture is to be read."""
    return (
        f"Bars are Wilson's {LEVEL:.0%} intervals, numbers the predictions in a bin. The dashed "
        f"line is who says what is so: from {format_share(chance)} right at 0 (a guess) to all "
        "right at 100%. Below it, a class is surer than it should be."
    )


def times(table: Table) -> str:
    """Return the median of each part."""
    told = [
        ("a withheld time" if row["median"] is None else f"{row['median']:.0f} min")
        + f" in part {PARTS[row['part']].number}"
        for row in table.rows
    ]
    return f"Half of the students took less than {', '.join(told)}."


def plane(track: Track, name: str, table: Table, decisions: Table, aim: float | None) -> str:
    """Return how many decisions meet the targets, and from where to where their costs go."""
    met = decisions.of(came_to=strategies.MEETS).rows
    number = met[0]["students"] if met else 0
    whole = _sum(
        [row for row in decisions.rows if row["came_to"] != strategies.UNREADABLE], "students"
    )
    sentence = f"{_of(number, whole)} decisions meet every target."
    if number is None:
        sentence = "How many decisions meet every target is withheld."
    good = [row["cost"] for row in table.rows if row["kind"] == outcomes.DECISION and row["meets"]]
    if good:
        low, high = (PARTS[name].costs.amount(track, cost) for cost in (min(good), max(good)))
        sentence += f" These cost {low}." if low == high else f" These cost {low} to {high}."
    if aim is not None:
        sentence += f" The dashed line is the target, {format_share(aim)}."
    return sentence


def items(table: Table) -> str:
    """Return the hardest cell, and what is remarked on."""
    known = [row for row in table.rows if row["mean_share"] is not None]
    if not known:
        return "No cell is graded yet for enough students."
    hardest = min(known, key=lambda row: row["mean_share"])
    sentence = (
        f"The hardest is {hardest['cell']} in {hardest['notebook']}: "
        f"{format_share(hardest['mean_share'])} of its points."
    )
    for row in known:
        if row["remark"]:
            sentence += f" {row['cell']} in {row['notebook']}: {row['remark']}"
    return sentence
