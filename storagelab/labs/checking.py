"""What test cells are written with: sentences in the place of tracebacks, credit as plain floats.

nbgrader takes a test cell's last value as points only if it prints as a plain number, and takes
any line on standard error as a failure; both are seen to here.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from storagelab.labs.errors import StudentError, in_words
from storagelab.labs.session import PartSession
from storagelab.ledger import Entry, entries_of, read_ledger
from storagelab.parts import Outcome, Part
from storagelab.tracks import Track
from storagelab.words.answers import in_units, read_answer


def expect(condition: object, sentence: str) -> None:
    """Raise the ``sentence`` for the student unless ``condition`` is true."""
    if condition is not True:
        raise StudentError(sentence)


def answer_in(namespace: Mapping[str, Any], name: str) -> Any:
    """Return the answer ``name`` from a notebook's globals.

    Raises a sentence where the answer's cell was deleted, renamed, not run or not filled in.
    """
    if name not in namespace:
        raise StudentError(
            f"There is no `{name}`: its answer cell is still to do, was deleted or renamed, or "
            "stopped with an error. Fetch the assignment again if the cell is gone."
        )
    return namespace[name]


def number_in(namespace: Mapping[str, Any], name: str, unit: str) -> float:
    """Return the number that a student gave as ``name``; a sentence where it is none."""
    value = answer_in(namespace, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise StudentError(f"`{name}` must be a plain number in {unit}.")
    return float(value)


def choice_in(namespace: Mapping[str, Any], name: str, choices: list[str]) -> str:
    """Return the option that a student gave as ``name``; a sentence where it is none."""
    value = answer_in(namespace, name)
    if type(value) is not str or value not in choices:
        raise StudentError(f"`{name}` must be one of {', '.join(map(repr, choices))}.")
    return value


def locked_before_reveal(session: PartSession) -> Entry:
    """Return the lock of a session's part.

    Raises a sentence where the ledger has no lock, shows the reveal first, or can't be used.
    What was predicted doesn't matter.
    """
    with in_words():
        entries = read_ledger(Path(session.folder), session.track.name)
    locks = entries_of(entries, session.part.name, "lock")
    if not locks:
        raise StudentError(
            "No prediction was locked. Fill in the lock, run its cell, and submit the ledger "
            "(ledger.json) with the notebook. A wrong prediction costs nothing."
        )
    reveals = entries_of(entries, session.part.name, "reveal")
    expect(
        not reveals or locks[0].sequence < reveals[0].sequence,
        "The evidence was revealed before the prediction was locked.",
    )
    return locks[0]


def judged(part: Part, track: Track, decision: object) -> Outcome:
    """Return what the model says of a decision; a sentence where it can't be read."""
    with in_words():
        return part.judge(track, decision)


def decided_among_runs(session: PartSession, decision: object, least: int) -> None:
    """Raise a sentence unless the ledger has ``least`` runs or more, the decision among them."""
    with in_words():
        entries = read_ledger(Path(session.folder), session.track.name)
        runs = [entry.said for entry in entries_of(entries, session.part.name, "run")]
        controls = session.part.of(session.track).controls
        said = in_units(controls, read_answer(controls, decision))
    expect(
        least <= len(runs) <= session.track.pipeline.runs,
        f"The ledger has {len(runs)} recorded runs; {least} to {session.track.pipeline.runs} "
        "are asked for.",
    )
    expect(said in runs, "The decision isn't one of your recorded runs.")


def call(function: object, *arguments: float) -> float:
    """Return what a student's function makes of ``arguments``, as a float.

    Warnings are swallowed. Raises a sentence where it isn't a function, isn't written yet,
    raises, or returns no finite number.
    """
    if not callable(function):
        raise StudentError("That isn't a function any more: define it again.")
    name = getattr(function, "__name__", "your function")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function(*arguments)
    except NotImplementedError:
        raise StudentError(f"`{name}` is still to do.") from None
    except Exception as error:
        raise StudentError(f"`{name}` stopped with {type(error).__name__}: {error}") from None
    try:
        number = float(result)
    except (TypeError, ValueError):
        kind = type(result).__name__
        raise StudentError(f"`{name}` must return a number, not a {kind}.") from None
    if not math.isfinite(number):
        raise StudentError(f"`{name}` returned {number}, which is no finite number.")
    return number


def drawn(cell: str, ranges: list[list[float]], count: int = 30) -> list[tuple[float, ...]]:
    """Return ``count`` inputs for a law, each argument drawn evenly in its logarithm.

    Seeded by the cell and by the student (the name of the folder that holds the submission),
    never by the clock: grading the same submission again asks the same.
    """
    draw = random.Random(f"{cell}/{Path.cwd().parent.name}")
    return [
        tuple(math.exp(draw.uniform(math.log(low), math.log(high))) for low, high in ranges)
        for _ in range(count)
    ]


def follows_law(
    function: object,
    law: Callable[..., float],
    cases: list[tuple[float, ...]],
    options: Mapping[str, Any] | None = None,
) -> None:
    """Raise a sentence unless a student's function equals ``law`` in every case, to 1e-6.

    ``options`` are what the law is called with besides. Warnings of a case at the edge of its
    domain are swallowed: the student's function is asked the same. The sentence gives away
    neither the inputs nor the expected values.
    """
    for case in cases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = float(law(*case, **(options or {})))
        if not math.isclose(call(function, *case), expected, rel_tol=1e-6, abs_tol=1e-12):
            raise StudentError(
                "Your function agrees with the example but not with the law on other inputs: "
                "check the units, and which terms belong together."
            )


def credit(points: float, share: float) -> float:
    """Return ``share`` of ``points``, clipped to what nbgrader may be given, as a plain float.

    Raises a sentence where nothing is earned: nbgrader reads a 0 as points only by luck.
    """
    earned = round(float(min(max(share, 0.0), 1.0) * points), 2)
    if not earned > 0:
        raise StudentError("No points for this answer.")
    return earned


def share_for_cost(cost: float, least: float) -> float:
    """Return the share of points for an answer that meets its target at ``cost``.

    All of them up to 1.25 times the least cost, then falling with the logarithm of the ratio to
    a quarter at 5 times and beyond: meeting the target is worth something at any price.
    """
    ratio = max(cost / least, 1.0)
    fallen = math.log(ratio / 1.25) / math.log(5 / 1.25)
    return min(1.0, max(0.25, 1 - 0.75 * fallen))
