"""What the figures of a track show, in words, from the tables that they are drawn from."""

from __future__ import annotations

from sandgrader.report.tables import Table, percent
from sandgrader.report.words import count, part_of, total
from storagelab.ledger import LONGEST_PAUSE
from storagelab.parts import PARTS
from storagelab.parts.pace import MINUTES
from storagelab.report import alike, outcomes, similarity, strategies
from storagelab.report.beliefs import NONE
from storagelab.report.calibration import LEVEL
from storagelab.tracks import Track
from storagelab.units import significant

PLANNED = MINUTES
"""Minutes that a part is meant to take."""

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
LEDGERS = (
    "An unusable ledger is no evidence, and its student is missing in the figures above that come "
    "from ledgers. A doubtful one is counted; look at it. Digests show a slip of the hand, not a "
    "forger who runs the course's own code."
)

NO_FACTS = (
    "The workbench was opened before every decision, nobody decided at once, no ledgers are "
    "shared, and no answers are alike beyond what the class has in common."
)
NO_PROOF = (
    "None of this is proof, and none of it says why. Each line is what the files say; what else "
    "explains it is in the table below, and a talk with the student comes before any conclusion."
)
TAKEN_OUT = (
    "Equal answers are told with what is common taken out: the least-cost decision, the one at "
    f"which the workbench opens, and what {percent(alike.POPULAR)} of the class have. Of what is "
    f"left, {alike.DECISIONS_ALIKE} decisions have to be equal, or {alike.ANSWERS_ALIKE} decisions "
    f"and laws, or a law of {alike.LONG} lines: in less, honest students meet. Reflections are "
    f"compared by runs of {similarity.RUN} words, the question's left out, which weigh the more "
    f"the fewer have them, from {percent(similarity.SIMILAR)} on."
)
ONE_BY_ONE = {
    "openings": "By the ledger's clock, which is the student's machine's. Where the workbench was "
    "not opened before the decision that stands, the times around it are unknown.",
    "locks": "What each student locked before the evidence and concluded after it.",
    "moves": "Of those who locked and concluded.",
    "times": "Between the part's entries in the ledger, longer pauses left out.",
    "strategies": "Computed again from the settings.",
}
"""What is said before each list of all students, by its table."""


def integrity(facts: Table) -> str:
    """Return how many students there is something to say of, and of what kind."""
    students: dict[str, set[str]] = {}
    for row in facts.rows:
        students.setdefault(row["kind"], set()).add(row["student"])
    all_ = count(len(set().union(*students.values())), "student")
    told = ", ".join(f"{kind} {len(found)}" for kind, found in students.items())
    return f"There is something to know of {all_}: {told}."


def _some(number: int | None) -> str:
    return "a withheld number of answers" if number is None else count(number, "answer")


def beliefs(table: Table) -> str:
    """Return how many were right before and after."""
    told: list[str] = []
    for when, tail in (("before", "before the evidence"), ("after", "after it")):
        # an answer that isn't there is no belief
        of = total([row for row in table.rows if row["option"] != NONE], when)
        right = [row for row in table.rows if row[f"right_{when}"]]
        verb = "were right " if not told else ""
        known = f"{part_of(total(right, when), of)} {verb}{tail}"
        told.append(known if right else f"{_some(of)} {tail}")
    wrong: dict[str, int] = {}
    for row in table.rows:
        if row["before"] and row["right_before"] is False:
            wrong[row["belief"]] = wrong.get(row["belief"], 0) + row["before"]
    sentence = f"{', '.join(told)}."
    sentence = sentence[0].upper() + sentence[1:]
    if wrong:
        worst = max(wrong, key=wrong.__getitem__)
        sentence += f" The most frequent misconception before: “{worst}” ({wrong[worst]})."
    return sentence


def calibration(table: Table, brier: Table) -> str:
    """Return how sure the class was and how often it was right."""
    whole = brier.of(part="all").rows[0]
    if whole["predictions"] is None:
        return "Too few predictions to be shown."
    sentence = (
        f"{count(whole['predictions'], 'prediction')}: {percent(whole['share'])} were right, "
        f"at a mean confidence of {percent(whole['mean_confidence'])}. "
        f"Brier score {significant(whole['brier'])}."
    )
    bins = [row for row in table.rows if row["predictions"]]
    if bins:
        top = bins[-1]
        sentence += (
            f" Of the surest ({percent(top['from_confidence'])} and above) "
            f"{top['right']} of {top['predictions']} were right."
        )
    return sentence


def scale(chance: float) -> str:
    """Return how the picture is to be read."""
    return (
        f"Bars are Wilson's {LEVEL:.0%} intervals, numbers the predictions in a bin. The dashed "
        f"line is who says what is so: from {percent(chance)} right at 0 (a guess) to all "
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
    whole = total(
        [row for row in decisions.rows if row["came_to"] != strategies.UNREADABLE], "students"
    )
    sentence = f"{part_of(number, whole)} decisions meet every target."
    if number is None:
        sentence = "How many decisions meet every target is withheld."
    good = [row["cost"] for row in table.rows if row["kind"] == outcomes.DECISION and row["meets"]]
    if good:
        low, high = (PARTS[name].costs.amount(track, cost) for cost in (min(good), max(good)))
        sentence += f" These cost {low}." if low == high else f" These cost {low} to {high}."
    if aim is not None:
        sentence += f" The dashed line is the target, {percent(aim)}."
    return sentence
