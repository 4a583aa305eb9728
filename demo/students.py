"""The demo class: ten students, what each hands in, and the scores that it deserves.

For instructors: the reference answers are filled in from the course's own keys. A student's
``loses`` names every test cell whose score isn't full, with the score that it gets and why;
everything else that can be graded by machine earns all its points.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from nbformat import NotebookNode

from storagelab.parts import PARTS
from storagelab.tracks import Track

Answers = dict[str, dict[str, str]]
"""Source text by part and by the id of the cell."""

LAWS = {
    "access": "def read_time(size, latency, bandwidth):\n    return latency + size / bandwidth",
    "pipeline": (
        "def stalled_fraction(io_time, prepare_time, compute_time):\n"
        "    slowest = max(io_time, prepare_time, compute_time)\n"
        "    return 1 - compute_time / slowest"
    ),
    "checkpoint": (
        "from math import exp\n\n"
        "def wall_time(solve_time, interval, dump_time, mtbf, restart_time):\n"
        "    grown = exp((interval + dump_time) / mtbf) - 1\n"
        "    return mtbf * exp(restart_time / mtbf) * grown * solve_time / interval"
    ),
}
REFLECTION = "Numbers, and reasons for them. " * 20
NUMBERS = {"access": "times_faster", "pipeline": "warm_hours", "checkpoint": "month_hours"}


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
    loses: dict[str, tuple[float, str]] = field(default_factory=dict)
    """Score and reason of each test cell, ``part/cell``, that isn't full."""


def lock(prediction: str, confidence: float) -> str:
    """Return the source of a lock cell."""
    return (
        f"prediction = {prediction!r}\nconfidence = {confidence}\n"
        'reason = "It was so at my last job."\npart.lock(prediction, confidence, reason)'
    )


def decide(decision: dict[str, Any], runs: list[dict[str, Any]] | None = None) -> str:
    """Return the source of a decision cell, with recorded runs before it."""
    recorded = "".join(f"part.record({run!r})\n" for run in runs or [])
    return f"{recorded}decision = {decision!r}\npart.decide(decision)"


def reference(keys: ModuleType, track: Track) -> Answers:
    """Return what a perfect student types, cell by cell."""
    answers: Answers = {}
    for part in PARTS.values():
        key = keys.reference_answers(track, part)
        number = NUMBERS[part.name]
        answers[part.name] = {
            "lock": lock(key["prediction"], 0.8),
            "conclude": f"conclusion = {key['conclusion']!r}\n{number} = {key[number]:.4g}",
            "law": LAWS[part.name],
            "decide": decide(key["decision"], key["runs"] if part.name == "pipeline" else None),
            "reflection": f"reflection = {REFLECTION!r}\npart.reflect(reflection)",
        }
    return answers


def make_class(keys: ModuleType, track: Track) -> list[Student]:
    """Return the students of ``track``'s demo class."""
    wrong = {
        part.name: next(
            option.id
            for option in part.of(track).question.options
            if option.id != keys.reference_answers(track, part)["prediction"]
        )
        for part in PARTS.values()
    }
    dear = {part.name: keys.reference_answers(track, part)["decision"] for part in PARTS.values()}
    dear["access"] = {**dear["access"], "queue_depth": 256, "buffer_samples": 131072}
    dear["pipeline"] = {**dear["pipeline"], "link_gbps": 25}
    dear["checkpoint"] = {**dear["checkpoint"], "write_bandwidth_gbs": 1000, "interval_min": 1.5}
    dear_share = {
        part.name: keys_share(keys, track, part.name, dear[part.name]) for part in PARTS.values()
    }

    def predict_wrongly(answers: Answers) -> None:
        for name, option in wrong.items():
            answers[name]["lock"] = lock(option, 0.9)

    def skip_locks(answers: Answers) -> None:
        for cells in answers.values():
            del cells["lock"]

    def do_half(answers: Answers) -> None:
        del answers["checkpoint"]
        for cell in ("law", "decide", "reflection"):
            del answers["pipeline"][cell]

    def raise_errors(answers: Answers) -> None:
        answers["access"]["law"] = "def read_time(size, latency, bandwidth):\n    return sise / 0"
        answers["pipeline"]["law"] = "def stalled_fraction(:\n    pass"
        answers["checkpoint"]["decide"] = "1 / 0"

    def never_stop(answers: Answers) -> None:
        answers["access"]["law"] = (
            "def read_time(size, latency, bandwidth):\n    while True:\n        size += 1"
        )

    def spend_more(answers: Answers) -> None:
        for name in PARTS:
            runs = keys.reference_answers(track, PARTS[name])["runs"][:3]
            runs = [*runs, dear[name]] if name == "pipeline" else None
            answers[name]["decide"] = decide(dear[name], runs)

    def edit_ledger(folder: Path) -> None:
        path = folder / "ledger.json"
        ledger = json.loads(path.read_text(encoding="utf-8"))
        ledger["entries"][0]["said"]["confidence"] = 0.1
        path.write_text(json.dumps(ledger), encoding="utf-8")

    def remove_cells(notebooks: dict[str, NotebookNode]) -> None:
        for notebook, gone in (("access", "decide"), ("pipeline", "law-test")):
            cells = notebooks[notebook].cells
            notebooks[notebook].cells = [cell for cell in cells if cell.id != gone]

    def rename_answers(answers: Answers) -> None:
        answers["checkpoint"]["law"] = LAWS["checkpoint"].replace("wall_time", "my_time")
        answers["checkpoint"]["conclude"] = answers["checkpoint"]["conclude"].replace(
            "conclusion", "my_conclusion"
        )

    def give_no_numbers(answers: Answers) -> None:
        key = keys.reference_answers(track, PARTS["pipeline"])
        answers["access"]["conclude"] = "conclusion = 'iops'\ntimes_faster = float('nan')"
        answers["pipeline"]["conclude"] = "conclusion = 'warm'\nwarm_hours = 'two and a half'"
        decision = decide({**key["decision"], "link_gbps": float("inf")}, key["runs"])
        answers["pipeline"]["decide"] = decision.replace(": inf", ": float('inf')")
        answers["checkpoint"]["law"] = (
            "def wall_time(solve_time, interval, dump_time, mtbf, restart_time):\n"
            "    return 'a month'"
        )

    no_lock = (0.0, "no prediction was locked")
    bad_ledger = (0.0, "the ledger was edited by hand")
    undone = (0.0, "still to do")
    return [
        Student("ada_perfect", "does everything right"),
        Student(
            "ben_wrong_prediction",
            "locks a wrong prediction in every part, honestly, and concludes right",
            change=predict_wrongly,
        ),
        Student(
            "cleo_skipped_the_lock",
            "never locks anything: no workbench, no recorded runs",
            change=skip_locks,
            loses={
                "access/lock-test": no_lock,
                "pipeline/lock-test": no_lock,
                "checkpoint/lock-test": no_lock,
                "pipeline/runs-test": (0.0, "runs are recorded behind the lock"),
                "pipeline/decide-test": (0.0, "the cell stops where it records the first run"),
            },
        ),
        Student(
            "dan_half_done",
            "hands in part 1 and half of part 2",
            change=do_half,
            loses={
                "pipeline/law-test": undone,
                "pipeline/runs-test": undone,
                "pipeline/decide-test": undone,
                **{
                    f"checkpoint/{cell}": undone
                    for cell in (
                        "lock-test",
                        "conclude-test",
                        "law-test",
                        "decide-test",
                        "interval-test",
                    )
                },
            },
        ),
        Student(
            "eve_code_raises",
            "writes code that raises, or isn't Python",
            change=raise_errors,
            loses={
                "access/law-test": (0.0, "a NameError inside"),
                "pipeline/law-test": (0.0, "a SyntaxError: the function is never defined"),
                "checkpoint/decide-test": (0.0, "a ZeroDivisionError: no decision"),
                "checkpoint/interval-test": (0.0, "a ZeroDivisionError: no decision"),
            },
        ),
        Student(
            "finn_never_stops",
            "writes an endless loop",
            change=never_stop,
            loses={"access/law-test": (0.0, "interrupted after the time limit")},
        ),
        Student(
            "gus_spends_more",
            "meets every target at far more than the least cost",
            change=spend_more,
            loses={
                "access/decide-test": (round(10 * dear_share["access"], 2), "too dear"),
                "pipeline/decide-test": (round(9 * dear_share["pipeline"], 2), "too dear"),
                "checkpoint/decide-test": (round(6 * dear_share["checkpoint"], 2), "too dear"),
            },
        ),
        Student(
            "hana_edited_the_ledger",
            "lowers a confidence in the ledger after the reveal",
            after=edit_ledger,
            loses={
                "access/lock-test": bad_ledger,
                "pipeline/lock-test": bad_ledger,
                "checkpoint/lock-test": bad_ledger,
                "pipeline/runs-test": bad_ledger,
                "pipeline/decide-test": (0.0, "its cell stops where it reads the ledger"),
            },
        ),
        Student(
            "ivy_deleted_and_renamed",
            "deletes an answer cell and a test cell, and renames two answers",
            change=rename_answers,
            spoil=remove_cells,
            loses={
                "access/decide-test": (0.0, "the answer's cell is gone"),
                "checkpoint/law-test": (0.0, "there is no wall_time"),
                "checkpoint/conclude-test": (0.0, "there is no conclusion"),
            },
        ),
        Student(
            "juno_gives_no_numbers",
            "answers with NaN, infinity and text",
            change=give_no_numbers,
            loses={
                "access/conclude-test": (0.0, "NaN"),
                "pipeline/conclude-test": (0.0, "text in the place of a number"),
                "pipeline/runs-test": (0.0, "infinity can't be a recorded run"),
                "pipeline/decide-test": (0.0, "infinity"),
                "checkpoint/law-test": (0.0, "returns text"),
            },
        ),
    ]


def keys_share(keys: ModuleType, track: Track, part_name: str, decision: dict[str, Any]) -> float:
    """Return the share of points that a decision's cost leaves, by the course's own scale."""
    from storagelab.labs.checking import share_for_cost

    part = PARTS[part_name]
    outcome = part.judge(track, decision)
    if outcome.unmet:
        raise ValueError(f"{part_name}: a dear decision has to meet its targets: {outcome.unmet}")
    return share_for_cost(outcome.cost, keys.least_cost(track, part).cost)
