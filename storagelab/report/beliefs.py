"""What the class believed before the evidence and concluded after it, by misconception."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sandgrader.report.tables import (
    ASSIGNMENT,
    STUDENT,
    Column,
    Guard,
    Row,
    Table,
)
from storagelab.parts import PARTS
from storagelab.report.cohort import TrackCohort
from storagelab.report.columns import PART, PART_IN_FILE
from storagelab.tracks import Track

OTHER = "(no option of this question)"
NONE = "(none, or none that can be read)"

_BELIEFS = (
    ASSIGNMENT,
    PART_IN_FILE,
    Column("option", "the option's id", "option"),
    Column("belief", "the belief behind the option, in the track's words", "belief"),
    Column("right_before", "whether it is the right prediction with their own numbers; empty where "
           "no key was found", "right before"),
    Column("before", "students who locked it", "before"),
    Column("right_after", "whether it is the right conclusion with their own numbers, which asks "
           "about a changed case in part 3; empty where no key was found", "right after"),
    Column("after", "students whose notebook concludes it, as far as it is a plain text there",
           "after"),
)  # fmt: skip
_MOVES = (
    ASSIGNMENT,
    PART,
    Column("before", "the option that was locked", "before"),
    Column("after", "the option that was concluded", "after"),
    Column("students", "students who went from the one to the other", "students"),
)
_LOCKS = (
    STUDENT,
    ASSIGNMENT,
    PART,
    Column("prediction", "the option that was locked", "locked"),
    Column("confidence", "from 0 (a guess) to 1 (certain)", "confidence"),
    Column("right", "whether it is right; empty where no key was found", "right"),
    Column("conclusion", "the option that was concluded", "concluded"),
    Column("conclusion_right", "whether that is right; empty where no key was found",
           "right after"),
    Column("reason", "the student's own line", "reason"),
)  # fmt: skip


def locks(cohort: TrackCohort) -> Table:
    """Return every prediction with the conclusion that followed it."""
    rows: list[Row] = []
    for student, evidence in sorted(cohort.evidence.items()):
        for part in PARTS:
            lock, conclusion = evidence.lock(part), evidence.conclusions.get(part)
            own = evidence.variant
            if lock is None and conclusion is None:
                continue
            rows.append(
                {
                    "student": student,
                    "assignment": cohort.assignment.name,
                    "part": part,
                    "prediction": lock.prediction if lock else None,
                    "confidence": lock.confidence if lock else None,
                    "right": cohort.right(part, lock.prediction, own) if lock else None,
                    "conclusion": conclusion,
                    "conclusion_right": None
                    if conclusion is None
                    else cohort.right(part, conclusion, own, conclusion=True),
                    "reason": (lock.reason or None) if lock else None,
                }
            )
    return Table("locks", "Every lock", _LOCKS, rows)


def beliefs(cohort: TrackCohort, track: Track, locks: Table) -> Table:
    """Return how many held each belief before and after, from the table of :func:`locks`.

    An option that is right with the numbers of some students and wrong with those of others has a
    line for each.
    """
    rows: list[Row] = []
    for name, part in PARTS.items():
        options = part.of(track).question.options
        ids = {option.id for option in options}
        here = [row for row in locks.rows if row["part"] == name]
        before = _counted((row["prediction"] for row in here), ids)
        after = _counted((row["conclusion"] for row in here), ids)
        variants = {row["student"]: cohort.evidence[row["student"]].variant for row in here}
        for option in options:
            # whoever is alike in this is counted together: first those with whom it is right
            alike: dict[tuple[bool | None, bool | None], set[int]] = {}
            for variant in sorted({*variants.values()} or {0}):
                is_right = (
                    cohort.right(name, option.id, variant),
                    cohort.right(name, option.id, variant, conclusion=True),
                )
                alike.setdefault(is_right, set()).add(variant)
            for is_right in sorted(alike, key=str, reverse=True):
                theirs = [row for row in here if variants[row["student"]] in alike[is_right]]
                rows.append(
                    {
                        "assignment": cohort.assignment.name,
                        "part": name,
                        "option": option.id,
                        "belief": option.belief,
                        "right_before": is_right[0],
                        "before": sum(row["prediction"] == option.id for row in theirs),
                        "right_after": is_right[1],
                        "after": sum(row["conclusion"] == option.id for row in theirs),
                    }
                )
        for kind in (OTHER, NONE):
            if before[kind] or after[kind]:
                rows.append(
                    {
                        "assignment": cohort.assignment.name,
                        "part": name,
                        "option": kind,
                        "belief": kind,
                        "right_before": None,
                        "before": before[kind],
                        "right_after": None,
                        "after": after[kind],
                    }
                )
    guard = Guard(group=("assignment", "part"), counts=("before", "after"))
    return Table("beliefs", "Beliefs before and after", _BELIEFS, rows, guard)


def _counted(found: Iterable[str | None], ids: set[str]) -> Counter[str]:
    return Counter(
        NONE if option is None else option if option in ids else OTHER for option in found
    )


def moves(locks: Table) -> Table:
    """Return how many went from which belief to which, of those with both."""
    counted = Counter(
        (row["assignment"], row["part"], row["prediction"], row["conclusion"])
        for row in locks.rows
        if row["prediction"] is not None and row["conclusion"] is not None
    )
    order = list(PARTS)
    rows: list[Row] = [
        dict(zip(("assignment", "part", "before", "after"), key, strict=True)) | {"students": count}
        for key, count in sorted(
            counted.items(), key=lambda item: (order.index(item[0][1]), -item[1], item[0])
        )
    ]
    return Table("moves", "From which belief to which", _MOVES, rows)
