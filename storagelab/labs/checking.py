"""What test cells are written with: sentences in the place of tracebacks, credit as plain floats.

nbgrader takes a test cell's last value as points only if it prints as a plain number, and takes
any line on standard error as a failure; both are seen to here.

What a student may read of a hidden test leaves it in two ways: as a :class:`StudentError`, where
nothing is earned, or through :func:`tell`, where something is missing. Neither holds an input of
a hidden call, an expected value, or text that a student's function made from them.
"""

from __future__ import annotations

import builtins
import math
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storagelab.labs.diagnosis import suspect
from storagelab.labs.errors import StudentError, in_words
from storagelab.labs.numbers import graded_student, why_not_own
from storagelab.labs.run_mode import is_graded_run
from storagelab.labs.session import PartSession
from storagelab.ledger import Entry, LedgerError, entries_of, read_ledger
from storagelab.parts import AnyPart, Outcome, Part, misconceptions
from storagelab.parts.answers import in_units, read_answer
from storagelab.parts.part import OutcomeT, SettingsT
from storagelab.parts.scoring import share_for_cost, share_for_waste
from storagelab.tracks import Track

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome

TO_STUDENT = {"storagelab": {"to": "student"}}
"""The metadata of an output that feedback shows although its cell has hidden tests."""


def tell(sentence: str) -> None:
    """Put a sentence for the student under the test cell; it counts neither way.

    For what is missing where some points are earned.
    """
    from IPython.core.getipython import get_ipython  # a student's install without a notebook

    shell = get_ipython()
    if shell is None:
        print(sentence)
    else:
        shell.display_pub.publish(data={"text/plain": sentence}, metadata=TO_STUDENT)


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
    number = math.nan
    if isinstance(value, int | float | Fraction | Decimal) and not isinstance(value, bool):
        try:
            number = float(value)
        except (OverflowError, ValueError):
            number = math.inf
    if not math.isfinite(number):
        raise StudentError(f"`{name}` must be a plain number in {unit}.")
    return number


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
    entries = _own_entries(session)
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


def _own_entries(session: PartSession) -> list[Entry]:
    """Return a ledger's entries; a sentence where it can't be used, or is somebody else's.

    Whose it is can be told of one that was made in a hub, while it is graded: the folder that
    holds the submission then has the student's name.
    """
    with in_words():
        entries = read_ledger(Path(session.folder), session.track.name)
    student = graded_student()
    if student is not None:
        own_track(session)
        users = {entry.said["user"] for entry in entries if "user" in entry.said}
        expect(users <= {student}, "ledger.json was made by somebody else. Hand in your own.")
    return entries


def own_track(session: PartSession) -> Track:
    """Return the track with the numbers by which a student's work is judged: the session's.

    Raises a sentence where these are somebody else's, as far as that can be told: see
    :func:`why_not_own`.
    """
    student = graded_student()
    if student is not None:
        why = why_not_own(session.track.name, Path(session.folder), student)
        expect(not why, why)
    return session.track


def judged(part: Part[SettingsT, OutcomeT], track: Track, decision: object) -> OutcomeT:
    """Return what the model says of a decision; a sentence where it can't be read."""
    with in_words():
        return part.judge(track, decision)


def decided_among_runs(session: PartSession, decision: object, least: int) -> None:
    """Raise a sentence unless the ledger has ``least`` runs or more, the decision among them."""
    entries = _own_entries(session)
    with in_words():
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

    For arguments that the student sees: an exception is told with its message. Warnings are
    swallowed, and what the function writes to standard error goes to standard output. Raises a
    sentence where it isn't a function, isn't written yet, raises, or returns no finite number.
    """
    name = getattr(function, "__name__", "your function")
    try:
        with redirect_stderr(sys.stdout):
            return _number(function, name, arguments)
    except StudentError:
        raise
    except Exception as error:
        raise StudentError(f"`{name}` stopped with {type(error).__name__}: {error}") from None


def _number(function: object, name: str, arguments: tuple[float, ...]) -> float:
    """Return what ``function`` makes of ``arguments``; what it raises itself passes through."""
    if not callable(function):
        raise StudentError("That isn't a function any more: define it again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function(*arguments)
    except NotImplementedError:
        raise StudentError(f"`{name}` is still to do.") from None
    except StudentError as error:  # the student's own: not a sentence of the course
        raise ValueError(str(error)) from None
    try:
        number = float(result)
    except OverflowError:
        number = math.inf
    except (TypeError, ValueError):
        raise StudentError(
            f"`{name}` must return a number, not a {_known(type(result), 'thing of its own')}."
        ) from None
    if not math.isfinite(number):
        raise StudentError(f"`{name}` returned {number}, which is no finite number.")
    return number


def _known(kind: type, otherwise: str) -> str:
    """Return the name of one of Python's own types; a student's class can be called anything."""
    known = getattr(builtins, kind.__name__, None) is kind
    return "NoneType" if kind is type(None) else kind.__name__ if known else otherwise


@contextmanager
def _unheard() -> Iterator[None]:
    """Swallow what a student's function prints or displays: it knows a hidden test's inputs."""
    from IPython.utils.capture import capture_output

    with (
        capture_output(stdout=False, stderr=False, display=True),
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        yield


def _asked(function: object, arguments: tuple[float, ...]) -> float:
    """Return what a student's function makes of hidden ``arguments``.

    What goes wrong is told in one sentence, whatever it is: a kind of exception that depends on the
    arguments would tell as much about them as there are kinds.
    """
    try:
        return _number(function, "Your function", arguments)
    except Exception:
        raise StudentError(
            "Your function stops on other inputs than the example's, or returns no finite number "
            "there."
        ) from None


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
    arguments: Sequence[str] = (),
    missed: str = "",
) -> None:
    """Raise a sentence unless a student's function equals ``law`` in every case, to 1e-6.

    ``options`` are what the law is called with besides. Warnings of a case at the edge of its
    domain are swallowed: the student's function is asked the same. The sentence says on which of
    the function's ``arguments`` the error depends, where that can be found out; it gives away
    neither the inputs nor the expected values. ``missed`` is the open example in words where the
    function fails that already: who does is told as much as who fails later.
    """

    def right(*case: float) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(law(*case, **(options or {})))

    def asked(*case: float) -> float:
        return _asked(function, case)

    with _unheard():
        if all(
            math.isclose(asked(*case), right(*case), rel_tol=1e-6, abs_tol=1e-12) for case in cases
        ):
            return
        where = suspect(asked, right, cases, arguments)
    lead = (
        f"Your function doesn't give the example's value. {missed}"
        if missed
        else "Your function agrees with the example but not with the law on other inputs."
    )
    raise StudentError(f"{lead} {where or 'Check the units, and which terms belong together.'}")


def concluded(
    part: AnyPart,
    track: Track,
    answers: tuple[str, str, float],
    key: Mapping[str, Any],
    shares: tuple[float, float],
    near: float,
) -> float:
    """Return the share of points for a conclusion, and tell the student which idea is missed.

    ``answers`` are the option, the name of the number, and the number; ``key`` the right
    ``conclusion`` and ``number``. ``shares`` are what each of the two is worth, and ``near`` how
    far the number may be off, as a share of it. Raises the sentences where neither is right.
    """
    option, name, number = answers
    missed = []
    if option != key["conclusion"]:
        said = misconceptions.Conclusion(option, number, *_locked(part, track))
        missed.append(misconceptions.refuted(track, part, said))
    is_near = abs(number / key["number"] - 1) <= near
    if not is_near:
        missed.append(misconceptions.misread(track, part, name, number, key["number"], near))
    if len(missed) == 2:
        raise StudentError("\n".join(missed))
    for sentence in missed:
        tell(sentence)
    return float(shares[0] * (option == key["conclusion"]) + shares[1] * is_near)


def _locked(part: AnyPart, track: Track) -> tuple[str, float]:
    """Return what the ledger beside the notebook has as the part's prediction, if anything."""
    try:
        locks = entries_of(read_ledger(Path(), track.name), part.name, "lock")
    except LedgerError:
        return "", 0.0
    if not locks:
        return "", 0.0
    return str(locks[0].said["prediction"]), float(locks[0].said["confidence"])


def meets_targets(part: AnyPart, track: Track, outcome: Outcome) -> None:
    """Raise what a decision misses, by how much, unless it meets every target."""
    if outcome.unmet:
        raise StudentError("\n".join(misconceptions.missed_targets(track, part, outcome)))


def worth(part: AnyPart, track: Track, outcome: Outcome, least: float) -> float:
    """Return the share of points for a decision that meets its targets, and tell what it wastes.

    ``least`` is the least cost at which they are met; what the crisis costs is the other measure,
    see :func:`share_for_cost`.
    """
    share = share_for_cost(outcome.cost, least, part.crisis_cost(track))
    if share < 1:
        tell(misconceptions.too_dear(track, part, outcome, outcome.cost / least))
    return share


def decided(
    part: AnyPart, track: Track, decision: object, best: Mapping[int, Mapping[str, Any]]
) -> float:
    """Return the share of points for a decision, and tell what it wastes.

    ``best`` is the cheapest decision that meets every target, as a student types it, by the
    track's variant. Raises the sentences of what is missed, and beside them whether the line would
    be right with somebody else's numbers.
    """
    if track.variant not in best:
        raise StudentError(
            f"This notebook has no test for your numbers, variant {track.variant}: it is of "
            "another version of the course. Ask your instructor."
        )
    outcome = judged(part, track, decision)
    whose = _right_elsewhere(part, track, decision, best)
    try:
        meets_targets(part, track, outcome)
    except StudentError as missed:
        raise StudentError(f"{missed}\n{whose}".strip()) from None
    share = worth(part, track, outcome, part.judge(track, best[track.variant]).cost)
    if share < 1 and whose:
        tell(whose)
    return share


def _right_elsewhere(
    part: AnyPart, track: Track, decision: object, best: Mapping[int, Mapping[str, Any]]
) -> str:
    """Return a sentence where a decision is the best one for another variant, and not for this."""
    controls = part.of(track).controls
    said = in_units(
        [control for control in controls if control.decided], read_answer(controls, decision)
    )
    if said == best[track.variant] or said not in best.values():
        return ""
    return (
        "This line is right for somebody else's numbers. Yours are those that your notebook says: "
        f"variant {track.variant}."
    )


def fits_failures(track: Track, outcome: CheckpointOutcome, ratio: float) -> float:
    """Return the share of points for an interval that wastes ``ratio`` times the least.

    See :func:`share_for_waste`; raises the sentence where nothing is earned.
    """
    from storagelab.parts.checkpoint.misconceptions import wasteful_interval  # loads the models

    share = share_for_waste(ratio)
    if share == 1:
        return share
    says = wasteful_interval(track, outcome, ratio)
    if share == 0:
        raise StudentError(f"Your interval doesn't fit the new failure rate. {says}")
    tell(says)
    return share


def credit(points: float, share: float) -> float:
    """Return ``share`` of ``points``, clipped to what nbgrader may be given, as a plain float.

    Raises a sentence where nothing is earned: nbgrader reads a 0 as points only by luck.
    """
    earned = round(float(min(max(share, 0.0), 1.0) * points), 2)
    if not earned > 0:
        raise StudentError("No points for this answer.")
    if not is_graded_run():  # a page of feedback has words of its own
        print("Passed, as far as it is tested before you submit.")
    return earned
