"""The demo class: its students, what each hands in, and the scores that it deserves.

For instructors: the reference answers are filled in from the course's own keys, and what differs
by track (names, options, laws, costs) from the track, with the student's own numbers in it: every
student works in a hub, by whose name these are given. A student's ``loses`` names every test cell
whose score isn't full, with the score that it gets and why; everything else that can be graded by
machine earns all its points.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from nbformat import NotebookNode

from storagelab.course.answers import load_answers, load_best
from storagelab.course.layout import Layout, find_layout
from storagelab.course.settings import read_course
from storagelab.ledger import FILE_NAME
from storagelab.parts import PARTS, AnyOutcome
from storagelab.parts.answers import in_units, read_answer
from storagelab.parts.scoring import free_cost, share_for_cost, share_for_waste
from storagelab.schema import Control
from storagelab.tracks import TRACKS, load_track
from storagelab.variants import variant_of

Answers = dict[str, dict[str, str]]
"""Source text by part and by the id of the cell."""

REFLECTION = "Numbers, and reasons for them. " * 12
DEAR = 2.0
"""Times what earns all points: what somebody spends who solves the task without weighing it."""


class Loss(NamedTuple):
    """A test cell's score that isn't full."""

    score: float
    why: str
    says: str = ""
    """A piece of the sentence that the cell answers with; none where it only gives fewer points."""


@dataclass(frozen=True)
class Student:
    """One student of the class."""

    name: str
    story: str
    change: Callable[[Answers], None] = lambda answers: None
    """Turns the reference answers into what this student types."""
    spoil: Callable[[dict[str, NotebookNode]], None] = lambda notebooks: None
    """What is done to the notebooks themselves, by part."""
    after: Callable[[Path], None] = lambda folder: None
    """What is done to the folder before it is submitted."""
    works_as: str = ""
    """By whose name the hub knows who does the work, where it isn't this student."""
    loses: dict[str, Loss] = field(default_factory=dict)
    """The loss of each test cell, ``part/cell``, that doesn't earn all its points."""

    @property
    def user(self) -> str:
        """The hub's name of who does the work."""
        return self.works_as or self.name


# --- one part as its students and its answer key see it


class Sheet:
    """One part of one track: its names, its reference answers, and what decisions cost.

    With the numbers of a variant of the track.
    """

    def __init__(self, keys: ModuleType, track_name: str, part_name: str, variant: int = 0) -> None:
        self.keys = keys
        self.track, self.part = load_track(track_name, variant), PARTS[part_name]
        self.content = self.part.of(self.track)
        self.number = self.part.asked(self.track).name
        self.decided = [control for control in self.content.controls if control.decided]
        self.options = [option.id for option in self.content.question.options]

    @cached_property
    def points(self) -> dict[str, float]:
        """The points of each test cell, as the part's text beside the keys has them."""
        text = (self._layout.notebooks / f"{self.part.stem}.md").read_text(encoding="utf-8")
        cells = re.findall(r"^role: test\nid: (.+)\npoints: (.+)$", text, re.MULTILINE)
        return {name: float(points) for name, points in cells}

    @property
    def _layout(self) -> Layout:
        """The checkout that the keys lie in."""
        return _layout_of(self.keys)

    @cached_property
    def key(self) -> dict[str, Any]:
        """What a perfect student answers."""
        lines = load_best(self._layout, self.track.name).get(self.track.variant, {})
        best = lines.get(self.part.name)  # none of the book's: that is looked for
        key: dict[str, Any] = self.keys.reference_answers(self.track, self.part, best)
        return key

    @cached_property
    def least(self) -> float:
        """The least cost at which every target is met."""
        return float(self.judge(self.key["decision"]).cost)

    def judge(self, decision: dict[str, Any]) -> AnyOutcome:
        """Return what the model says of a decision as a student types it."""
        return self.part.judge(self.track, decision)

    @property
    def first_scale(self) -> Control:
        """The first slider that takes a number."""
        return next(control for control in self.decided if control.kind == "scale")

    @property
    def wrong_option(self) -> str:
        """The first option that is wrong before the evidence and after it."""
        right = (self.key["prediction"], self.key["conclusion"])
        return next(option for option in self.options if option not in right)

    @cached_property
    def dear(self) -> dict[str, Any]:
        """The decision that meets every target for just over twice what earns all points.

        Where none costs as much, the dearest of them.
        """
        free = free_cost(self.least, self.part.crisis_cost(self.track))
        met = [item for item in self.keys.decisions(self.track, self.part) if not item.unmet]
        above = [outcome for outcome in met if outcome.cost >= DEAR * free]
        chosen = (
            min(above, key=lambda outcome: outcome.cost)
            if above
            else max(met, key=lambda outcome: outcome.cost)
        )
        decision: dict[str, Any] = self.keys.as_decision(self.track, self.part, chosen)
        return decision

    @cached_property
    def brute_runs(self) -> list[dict[str, Any]]:
        """As many decisions as there are runs, evenly over the grid: from all least to all most."""
        names = [control.name for control in self.decided]
        grid = list(itertools.product(*(map(item.to_si, item.values) for item in self.decided)))
        runs = self.track.pipeline.runs
        chosen = [grid[round(i * (len(grid) - 1) / (runs - 1))] for i in range(runs)]
        return [in_units(self.decided, dict(zip(names, values, strict=True))) for values in chosen]

    @cached_property
    def best_of_brute_runs(self) -> dict[str, Any]:
        """The cheapest of the ten that meets every target; where none does, the busiest."""
        outcomes = [(run, self.judge(run)) for run in self.brute_runs]
        met = [(run, outcome) for run, outcome in outcomes if not outcome.unmet]
        if met:
            return min(met, key=lambda item: item[1].cost)[0]
        return max(outcomes, key=lambda item: item[1].utilization)[0]

    def missed_by(self, decision: dict[str, Any]) -> str:
        """Return what a decision is told that misses a target; nothing where it meets them all."""
        unmet = self.judge(decision).unmet
        return next((says for limit, says in self.content.unmet.items() if limit in unmet), "")

    def cost_of(self, decision: dict[str, Any]) -> dict[str, Loss]:
        """Return what a decision loses by its cost, or by a target that it misses."""
        outcome, cell = self.judge(decision), f"{self.part.name}/decide-test"
        missed = self.missed_by(decision)
        if missed:
            return {cell: Loss(0.0, "a target is missed", missed)}
        points = self.points["decide-test"]
        times = outcome.cost / self.least
        score = round(
            points * share_for_cost(outcome.cost, self.least, self.part.crisis_cost(self.track)), 2
        )
        return {} if score == points else {cell: Loss(score, f"{times:.3g} times the least cost")}

    def waste_of(self, decision: dict[str, Any]) -> dict[str, Loss]:
        """Return what an interval loses by what it wastes, where a part has one."""
        if "interval-test" not in self.points:
            return {}
        ratio = self.keys.waste_ratio(self.track, self.judge(decision))
        score = round(self.points["interval-test"] * share_for_waste(ratio), 2)
        if score == self.points["interval-test"]:
            return {}
        says = "" if score else "Your interval doesn't fit the new failure rate"
        return {
            f"{self.part.name}/interval-test": Loss(
                score, f"{ratio:.3g} times the least waste", says
            )
        }

    # --- cells

    @property
    def head(self) -> str:
        """The first line of the law's function."""
        return f"def {self.content.law.name}({', '.join(self.content.law.arguments)}):"

    @cached_property
    def law(self) -> str:
        """The source of a right law: the reference's, which lies in the checkout of the keys."""
        solution = load_answers(self._layout, self.track.name).of(self.part).solution
        return "\n    ".join([f"import math\n\n\n{self.head}", *solution])

    def conclude(self, conclusion: str, number: str) -> str:
        """Return the source of a conclusion."""
        return f"conclusion = {conclusion!r}\n{self.number} = {number}"

    @property
    def answers(self) -> dict[str, str]:
        """What a perfect student types, by cell."""
        key = self.key
        return {
            "lock": lock(key["prediction"], 0.8),
            "conclude": self.conclude(key["conclusion"], f"{key['number']:.4g}"),
            "law": self.law,
            "decide": decide(key["decision"], key["runs"] if self.part.records_runs else []),
            "reflection": f"reflection = {REFLECTION!r}\npart.reflect(reflection)",
        }


Sheets = dict[str, Sheet]
"""A track's sheets, by part."""


def _layout_of(keys: ModuleType) -> Layout:
    return find_layout(Path(str(keys.__file__)).parent)


@cache
def read_sheet(keys: ModuleType, track_name: str, part_name: str, variant: int = 0) -> Sheet:
    """Return a part's sheet, the book's or a variant's; what is computed for it once stays."""
    return Sheet(keys, track_name, part_name, variant)


@cache
def own_variant(keys: ModuleType, track_name: str, name: str) -> int:
    """Return the variant of a track that the hub's user ``name`` has in the checkout's course."""
    course = read_course(_layout_of(keys).nbgrader_config)
    if not course.variants:
        return 0
    return variant_of(name, course.course_id, course.term, track_name)


def own_sheets(keys: ModuleType, track_name: str, name: str) -> Sheets:
    """Return a track's sheets with the numbers of the hub's user ``name``, by part."""
    variant = own_variant(keys, track_name, name)
    return {part: read_sheet(keys, track_name, part, variant) for part in PARTS}


def lock(prediction: str, confidence: float) -> str:
    """Return the source of a lock cell."""
    return (
        f"prediction = {prediction!r}\nconfidence = {confidence}\n"
        'reason = "It was so at my last job."\npart.lock(prediction, confidence, reason)'
    )


def decide(decision: dict[str, Any], runs: list[dict[str, Any]]) -> str:
    """Return the source of a decision cell, with recorded runs before it."""
    recorded = "".join(f"part.record({run!r})\n" for run in runs)
    return f"{recorded}decision = {decision!r}\npart.decide(decision)"


def reference(keys: ModuleType, track_name: str, variant: int = 0) -> Answers:
    """Return what a perfect student types in a track, cell by cell: the book's, or a variant's."""
    return {name: dict(read_sheet(keys, track_name, name, variant).answers) for name in PARTS}


# --- the students

NO_LOCK = Loss(0.0, "no prediction was locked", "No prediction was locked.")
EDITED = Loss(0.0, "the ledger was edited by hand", "ledger.json was edited by hand")
NO_DECISION = "There is no `decision`"
UNDONE = {
    "lock-test": NO_LOCK,
    "conclude-test": Loss(0.0, "still to do", "There is no `conclusion`"),
    "law-test": Loss(0.0, "still to do", "is still to do."),
    "runs-test": Loss(0.0, "still to do", NO_DECISION),
    "decide-test": Loss(0.0, "still to do", NO_DECISION),
    "interval-test": Loss(0.0, "still to do", NO_DECISION),
}
BY_HAND = {
    "access/lock-test": EDITED,
    "pipeline/lock-test": EDITED,
    "checkpoint/lock-test": EDITED,
    "pipeline/runs-test": Loss(0.0, "its cell stops where it reads the ledger", NO_DECISION),
    "pipeline/decide-test": Loss(0.0, "its cell stops where it reads the ledger", NO_DECISION),
}


def perfect(sheets: Sheets) -> Student:
    """Return who does everything right."""
    return Student("ada_perfect", "does everything right")


def wrong_prediction(sheets: Sheets) -> Student:
    """Return who is wrong before the evidence and right after it: nothing is lost by that."""

    def change(answers: Answers) -> None:
        for name, sheet in sheets.items():
            answers[name]["lock"] = lock(sheet.wrong_option, 0.9)

    return Student(
        "ben_wrong_prediction",
        "locks a wrong prediction in every part, honestly, and concludes right",
        change=change,
    )


def skipped_the_lock(sheets: Sheets) -> Student:
    """Return who has no evidence of a prediction, and so no recorded run."""

    def change(answers: Answers) -> None:
        for cells in answers.values():
            del cells["lock"]

    return Student(
        "cleo_skipped_the_lock",
        "never locks anything: no workbench, no recorded runs",
        change=change,
        loses={
            "access/lock-test": NO_LOCK,
            "pipeline/lock-test": NO_LOCK,
            "checkpoint/lock-test": NO_LOCK,
            "pipeline/runs-test": Loss(0.0, "runs are recorded behind the lock", NO_DECISION),
            "pipeline/decide-test": Loss(
                0.0, "the cell stops where it records the first run", NO_DECISION
            ),
        },
    )


def half_done(sheets: Sheets) -> Student:
    """Return who leaves the release's own to-dos where they are: these earn nothing."""

    def change(answers: Answers) -> None:
        del answers["checkpoint"]
        for cell in ("law", "decide", "reflection"):
            del answers["pipeline"][cell]

    undone = {
        "pipeline": ("law-test", "runs-test", "decide-test"),
        "checkpoint": ("lock-test", "conclude-test", "law-test", "decide-test", "interval-test"),
    }
    return Student(
        "dan_half_done",
        "hands in part 1 and half of part 2",
        change=change,
        loses={f"{part}/{cell}": UNDONE[cell] for part, cells in undone.items() for cell in cells},
    )


def code_raises(sheets: Sheets) -> Student:
    """Return who writes code that raises when it is called, when it is read, when it is run."""

    def change(answers: Answers) -> None:
        answers["access"]["law"] = f"{sheets['access'].head}\n    return a_name_that_is_nowhere"
        answers["pipeline"]["law"] = f"def {sheets['pipeline'].content.law.name}(:\n    pass"
        answers["checkpoint"]["decide"] = "1 / 0"

    law = sheets["pipeline"].content.law.name
    return Student(
        "eve_code_raises",
        "writes code that raises, or isn't Python",
        change=change,
        loses={
            "access/law-test": Loss(0.0, "a NameError inside", "stopped with NameError"),
            "pipeline/law-test": Loss(
                0.0, "a SyntaxError: the function is never defined", f"There is no `{law}`"
            ),
            "checkpoint/decide-test": Loss(0.0, "a ZeroDivisionError: no decision", NO_DECISION),
            "checkpoint/interval-test": Loss(0.0, "a ZeroDivisionError: no decision", NO_DECISION),
        },
    )


def never_stops(sheets: Sheets) -> Student:
    """Return who writes a loop that only the time limit ends; what comes after it is graded."""

    def change(answers: Answers) -> None:
        answers["access"]["law"] = f"{sheets['access'].head}\n    while True:\n        pass"

    return Student(
        "finn_never_stops",
        "writes an endless loop",
        change=change,
        loses={"access/law-test": Loss(0.0, "interrupted after the time limit", "timeout")},
    )


def twice_the_cost(sheets: Sheets) -> Student:
    """Return who meets every target for about twice what earns all points."""

    def change(answers: Answers) -> None:
        for name, sheet in sheets.items():
            runs = [*sheet.key["runs"][:3], sheet.dear] if sheet.part.records_runs else []
            answers[name]["decide"] = decide(sheet.dear, runs)

    loses: dict[str, Loss] = {}
    for sheet in sheets.values():
        loses |= {**sheet.waste_of(sheet.dear), **sheet.cost_of(sheet.dear)}
    return Student(
        "gus_twice_the_cost",
        "meets every target at about twice the cost that earns all points",
        change=change,
        loses=loses,
    )


def edited_the_confidence(sheets: Sheets) -> Student:
    """Return who puts a prediction right afterwards: such a ledger is no evidence of anything."""
    return Student(
        "hana_edited_the_confidence",
        "lowers a confidence in the ledger after the reveal",
        after=lambda folder: edit_ledger(folder, "lock", "said", {"confidence": 0.1}),
        loses=BY_HAND,
    )


def edited_the_runs(sheets: Sheets) -> Student:
    """Return who does so with the numbers of the recorded runs."""
    return Student(
        "kai_edited_the_runs",
        "improves the numbers of the recorded runs in the ledger",
        after=lambda folder: edit_ledger(folder, "run", "model", {"utilization": 1.0, "cost": 1.0}),
        loses=BY_HAND,
    )


def deleted_and_renamed(sheets: Sheets) -> Student:
    """Return who loses cells: a test is put back by nbgrader, a missing answer is named."""

    def change(answers: Answers) -> None:
        checkpoint = sheets["checkpoint"]
        law = checkpoint.content.law.name
        cells = answers["checkpoint"]
        cells["law"] = cells["law"].replace(f"def {law}(", f"def my_{law}(")
        cells["conclude"] = cells["conclude"].replace("conclusion =", "my_conclusion =")

    def spoil(notebooks: dict[str, NotebookNode]) -> None:
        for notebook, gone in (("access", "decide"), ("pipeline", "law-test")):
            cells = notebooks[notebook].cells
            notebooks[notebook].cells = [cell for cell in cells if cell.id != gone]

    law = sheets["checkpoint"].content.law.name
    return Student(
        "ivy_deleted_and_renamed",
        "deletes an answer cell and a test cell, and renames two answers",
        change=change,
        spoil=spoil,
        loses={
            "access/decide-test": Loss(0.0, "the answer's cell is gone", NO_DECISION),
            "checkpoint/law-test": Loss(0.0, "the function was renamed", f"There is no `{law}`"),
            "checkpoint/conclude-test": Loss(
                0.0, "the conclusion was renamed", "There is no `conclusion`"
            ),
        },
    )


def no_numbers(sheets: Sheets) -> Student:
    """Return who gives NaN, infinity and text where numbers belong."""
    pipeline = sheets["pipeline"]
    scale = pipeline.first_scale

    def change(answers: Answers) -> None:
        for name, number in (("access", "float('nan')"), ("pipeline", "'two and a half'")):
            sheet = sheets[name]
            answers[name]["conclude"] = sheet.conclude(sheet.key["conclusion"], number)
        endless = {**pipeline.key["decision"], scale.answer: float("inf")}
        typed = decide(endless, pipeline.key["runs"]).replace(": inf", ": float('inf')")
        answers["pipeline"]["decide"] = typed
        answers["checkpoint"]["law"] = f"{sheets['checkpoint'].head}\n    return 'a month'"

    out_of_range = f"{scale.answer} must be from"
    return Student(
        "juno_gives_no_numbers",
        "answers with NaN, infinity and text",
        change=change,
        loses={
            "access/conclude-test": Loss(0.0, "NaN", "must be a plain number"),
            "pipeline/conclude-test": Loss(
                0.0, "text in the place of a number", "must be a plain number"
            ),
            "pipeline/runs-test": Loss(0.0, "infinity can't be a recorded run", out_of_range),
            "pipeline/decide-test": Loss(0.0, "infinity", out_of_range),
            "checkpoint/law-test": Loss(0.0, "returns text", "must return a number, not a str"),
        },
    )


def copies_another_track(sheets: Sheets) -> Student:
    """Return who has every answer right, for the next track."""
    track = next(iter(sheets.values())).track
    copied = TRACKS[(TRACKS.index(track.name) + 1) % len(TRACKS)]
    keys, me = next(iter(sheets.values())).keys, "lea_copies_another_track"

    def change(answers: Answers) -> None:
        answers.clear()
        answers.update(reference(keys, copied, own_variant(keys, copied, me)))

    loses: dict[str, Loss] = {}
    for name, other in own_sheets(keys, copied, me).items():
        loses |= copied_losses(sheets[name], other)
    return Student(
        me,
        f"pastes every answer of {copied}",
        change=change,
        loses=loses,
    )


NEIGHBOUR = "ada_perfect"
"""From whom others copy: what she hands in is right, with her numbers."""
NOT_MINE = "ledger.json was made by somebody else. Hand in your own."


def _neighbours(sheets: Sheets) -> Sheets:
    sheet = next(iter(sheets.values()))
    return own_sheets(sheet.keys, sheet.track.name, NEIGHBOUR)


def pastes_a_neighbours_lines(sheets: Sheets) -> Student:
    """Return who types a neighbour's answers into a notebook with other numbers."""

    def change(answers: Answers) -> None:
        for name, sheet in _neighbours(sheets).items():
            answers[name] = dict(sheet.answers)

    loses: dict[str, Loss] = {}
    for name, other in _neighbours(sheets).items():
        loses |= neighbours_losses(sheets[name], other)
    return Student(
        "nora_pastes_a_neighbours_lines",
        f"pastes the lines of {NEIGHBOUR} into a notebook with other numbers",
        change=change,
        loses=loses,
    )


def hands_in_a_neighbours_folder(sheets: Sheets) -> Student:
    """Return who hands in what a neighbour did, the ledger too: the laws are anybody's."""
    judged = ("lock-test", "conclude-test", "runs-test", "decide-test", "interval-test")
    return Student(
        "ole_hands_in_a_neighbours_folder",
        f"hands in the folder of {NEIGHBOUR}, with her ledger",
        works_as=NEIGHBOUR,
        loses={
            f"{name}/{cell}": Loss(0.0, "the ledger is a neighbour's", NOT_MINE)
            for name, sheet in sheets.items()
            for cell in judged
            if cell in sheet.points
        },
    )


def brute_force(sheets: Sheets) -> Student:
    """Return who records ten runs without a thought and takes the cheapest that will do."""
    pipeline = sheets["pipeline"]

    def change(answers: Answers) -> None:
        answers["pipeline"]["decide"] = decide(pipeline.best_of_brute_runs, pipeline.brute_runs)

    return Student(
        "max_brute_force",
        "records all ten runs evenly over the grid and decides the cheapest that will do",
        change=change,
        loses=pipeline.cost_of(pipeline.best_of_brute_runs),
    )


def edit_ledger(folder: Path, kind: str, place: str, changes: dict[str, Any]) -> None:
    """Change every entry of a kind in a student's ledger, as a text editor would."""
    path = folder / FILE_NAME
    ledger = json.loads(path.read_text(encoding="utf-8"))
    entries = [entry for entry in ledger["entries"] if entry["kind"] == kind]
    if not all(changes.keys() <= entry[place].keys() for entry in entries) or not entries:
        raise ValueError(f"the ledger has no {kind} with {', '.join(changes)}")
    for entry in entries:
        entry[place].update(changes)
    path.write_text(json.dumps(ledger), encoding="utf-8")


def copied_losses(own: Sheet, other: Sheet) -> dict[str, Loss]:
    """Return what the right answers of another track's part lose in one's own.

    What fits by its names is worth what the model says of it.
    """
    loses: dict[str, Loss] = {}
    if other.key["prediction"] not in own.options:
        loses["lock-test"] = NO_LOCK
    if other.key["conclusion"] not in own.options:
        loses["conclude-test"] = Loss(0.0, "no option here", "`conclusion` must be one of")
    elif other.number != own.number:
        loses["conclude-test"] = Loss(0.0, "another number", f"There is no `{own.number}`")
    else:
        raise ValueError(f"{other.track.name} and {own.track.name} conclude alike")
    if other.content.law.name != own.content.law.name:
        law = own.content.law.name
        loses["law-test"] = Loss(0.0, "another law", f"There is no `{law}`")
    else:
        raise ValueError(f"{other.track.name} and {own.track.name} ask for the same law")
    try:
        read_answer(own.content.controls, other.key["decision"])
    except ValueError as problem:
        # where runs are recorded, the cell stops before there is a decision
        says = NO_DECISION if own.part.records_runs else str(problem)
        loses["decide-test"] = Loss(0.0, "other sliders", says)
        if "runs-test" in own.points:
            loses["runs-test"] = Loss(0.0, "its cell stops at the first run", says)
        if "interval-test" in own.points:
            loses["interval-test"] = Loss(0.0, "other sliders", says)
    else:
        raise ValueError(f"{other.track.name} and {own.track.name} decide alike")
    return {f"{own.part.name}/{cell}": loss for cell, loss in loses.items()}


def neighbours_losses(own: Sheet, other: Sheet) -> dict[str, Loss]:
    """Return what a neighbour's right answers of the same part lose with one's own numbers."""
    loses: dict[str, Loss] = {}
    share, near = NUMBERS[own.part.name]
    is_right = own.key["conclusion"] == other.key["conclusion"]
    is_near = abs(float(f"{other.key['number']:.4g}") / own.key["number"] - 1) <= near
    if not is_right or not is_near:
        earned = share * is_near + (1 - share) * is_right
        score = round(own.points["conclude-test"] * earned, 2)
        loses["conclude-test"] = Loss(score, "a neighbour's number", "" if score else "isn't what")
    line = other.key["decision"]
    says = own.missed_by(line)
    for cell, loss in (*own.cost_of(line).items(), *own.waste_of(line).items()):
        loses[cell.partition("/")[2]] = loss
    if says and "interval-test" in own.points:
        loses["interval-test"] = Loss(0.0, "a target is missed", says)
    if says:
        loses["decide-test"] = Loss(0.0, "a target is missed", "right for somebody else's numbers")
    return {f"{own.part.name}/{cell}": loss for cell, loss in loses.items()}


NUMBERS = {"access": (0.5, 0.1), "pipeline": (0.4, 0.05), "checkpoint": (0.5, 0.05)}
"""What a conclusion's number is worth, as a share of its points, and how near it has to be."""

EVERYBODY: dict[str, Callable[[Sheets], Student]] = {
    "ada_perfect": perfect,
    "ben_wrong_prediction": wrong_prediction,
    "cleo_skipped_the_lock": skipped_the_lock,
    "dan_half_done": half_done,
    "eve_code_raises": code_raises,
    "finn_never_stops": never_stops,
    "gus_twice_the_cost": twice_the_cost,
    "hana_edited_the_confidence": edited_the_confidence,
    "ivy_deleted_and_renamed": deleted_and_renamed,
    "juno_gives_no_numbers": no_numbers,
    "kai_edited_the_runs": edited_the_runs,
    "lea_copies_another_track": copies_another_track,
    "max_brute_force": brute_force,
    "nora_pastes_a_neighbours_lines": pastes_a_neighbours_lines,
    "ole_hands_in_a_neighbours_folder": hands_in_a_neighbours_folder,
}


ONCE = ("finn_never_stops",)
"""Who is in the first track's class alone: a time limit takes half a minute and knows no track."""


def names_in(track_name: str) -> list[str]:
    """Return the names of a track's students."""
    return [name for name in EVERYBODY if track_name == TRACKS[0] or name not in ONCE]


@cache
def make_student(keys: ModuleType, track_name: str, name: str) -> Student:
    """Return the student called ``name`` of a track's demo class."""
    student = EVERYBODY[name](own_sheets(keys, track_name, name))
    if student.name != name:
        raise ValueError(f"{name} is listed under another name than {student.name}")
    return student


def make_class(keys: ModuleType, track_name: str) -> list[Student]:
    """Return the students of a track's demo class."""
    return [make_student(keys, track_name, name) for name in names_in(track_name)]
