"""Confidence against correctness: who says to be sure, and is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import NormalDist, fmean

from sandgrader.report.privacy import in_fives
from sandgrader.report.tables import ASSIGNMENT, Column, Guard, Row, Table, percent
from storagelab.parts import PARTS
from storagelab.tracks import Track

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges; each bin holds its lower one, the last one both."""
LEVEL = 0.95

_BINS = (
    ASSIGNMENT,
    Column("from_confidence", "stated confidence, from", "from"),
    Column("to_confidence", "up to but not including; 1 is in the last bin", "below"),
    Column("predictions", "predictions with such a confidence, of all parts", "predictions"),
    Column("students", "students whom they are of"),
    Column("right", "those that were right", "right"),
    Column("share", "right ones of all, 0 to 1", "share", percent),
    Column("low", f"lower end of Wilson's {LEVEL:.0%} interval of that share", "at least",
           percent),
    Column("high", "upper end", "at most", percent),
    Column("mean_confidence", "mean of the stated confidences", "mean confidence"),
)  # fmt: skip
_SCORES = (
    ASSIGNMENT,
    Column("part", "access, pipeline, checkpoint or all", "part"),
    Column("predictions", "predictions with a known key", "predictions"),
    Column("students", "students whom they are of"),
    Column("share", "right ones of all, 0 to 1", "right", percent),
    Column("mean_confidence", "mean of the stated confidences, 0 to 1", "mean confidence"),
    Column("brier", "Brier score: mean squared distance of the confidence, taken as a "
           "probability, from 1 (right) or 0 (wrong); 0 is perfect, 0.25 is a coin", "Brier"),
    Column("brier_from_chance", "the same with the confidence on the scale that students were "
           "given, where 0 is a guess: from 1 / options to 1", "Brier, 0 is a guess"),
)  # fmt: skip


def wilson(right: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval of a share. Raises ``ValueError`` unless 0 <= right <= of, of > 0.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if not 0 <= right <= of or not of:
        raise ValueError(f"{right} of {of} is no share")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, squared = right / of, z * z / of
    middle = (share + squared / 2) / (1 + squared)
    half = z / (1 + squared) * math.sqrt(share * (1 - share) / of + squared / (4 * of))
    # the ends at 0 and 1 are the share itself, but for rounding
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Return the Brier score of stated probabilities. Raises ``ValueError`` for none."""
    if not confidences:
        raise ValueError("there is no prediction to score")
    return fmean((p - hit) ** 2 for p, hit in zip(confidences, right, strict=True))


def calibration(locks: Table, coarse: bool = False) -> Table:
    """Return the share of right predictions by stated confidence, all parts together.

    ``coarse`` counts right ones in fives.
    """
    known = _known(locks)
    name = locks.rows[0]["assignment"] if locks.rows else ""
    rows: list[Row] = []
    for index, (low, high) in enumerate(itertools.pairwise(BINS)):
        last = index == len(BINS) - 2
        inside = [
            row
            for row in known
            if low <= row["confidence"] < high or (last and row["confidence"] == high)
        ]
        right, of = sum(row["right"] for row in inside), len(inside)
        if coarse:
            right = in_fives(right, of)
        at_least, at_most = wilson(right, of) if of else (None, None)
        rows.append(
            {
                "assignment": name,
                "from_confidence": low,
                "to_confidence": high,
                "predictions": of,
                "students": len({row["student"] for row in inside}),
                "right": right,
                "share": right / of if of else None,
                "low": at_least,
                "high": at_most,
                "mean_confidence": fmean(row["confidence"] for row in inside) if of else None,
            }
        )
    guard = Guard(
        group=("assignment",),
        counts=("students",),
        goes=("predictions", "right", "share", "low", "high", "mean_confidence"),
    )
    return Table("calibration", "Confidence against correctness", _BINS, rows, guard)


def brier_scores(track: Track, locks: Table, coarse: bool = False) -> Table:
    """Return the Brier scores of each part, and of all. ``coarse`` counts right ones in fives."""
    known, rows = _known(locks), []
    chances = {name: 1 / len(part.of(track).question.options) for name, part in PARTS.items()}
    for part in (*PARTS, "all"):
        here = [row for row in known if part in ("all", row["part"])]
        if not here:
            continue
        stated = [row["confidence"] for row in here]
        hits = [row["right"] for row in here]
        scaled = [
            chances[row["part"]] + (1 - chances[row["part"]]) * row["confidence"] for row in here
        ]
        rows.append(
            {
                "assignment": here[0]["assignment"],
                "part": part,
                "predictions": len(here),
                "students": len({row["student"] for row in here}),
                "share": (in_fives(sum(hits), len(hits)) if coarse else sum(hits)) / len(hits),
                "mean_confidence": fmean(stated),
                "brier": brier(stated, hits),
                "brier_from_chance": brier(scaled, hits),
            }
        )
    # a part is no share of the others: each is a group of its own
    guard = Guard(
        group=("assignment", "part"),
        counts=("students",),
        goes=("predictions", "share", "mean_confidence", "brier", "brier_from_chance"),
    )
    return Table("brier", "Brier scores", _SCORES, rows, guard)


def _known(locks: Table) -> list[Row]:
    return [row for row in locks.rows if row["right"] is not None]
