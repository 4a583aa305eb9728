"""Faults: where the models are known to be wrong, and by how much, from the cases that show it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from storagelab.units import significant
from storagelab.validation.cases import Case


@dataclass(frozen=True)
class Fault:
    """Something that a model leaves out or takes for granted."""

    part: int
    """The part of the course that lives with it, 1 to 3."""
    fault: str
    model: str
    """The function's name with its module, as in a case."""
    cases: str
    """What the names of the cases have in common that show it; nothing means all of the model's."""

    def shown_by(self, cases: Sequence[Case]) -> list[Case]:
        """Return those of ``cases`` that show the fault."""
        return [case for case in cases if case.model == self.model and self.cases in case.name]

    def size(self, cases: Sequence[Case]) -> str:
        """Return how far off the model is in the cases that show the fault, in words.

        Raises ``ValueError`` where none of ``cases`` does.
        """
        errors = [case.error for case in self.shown_by(cases)]
        if not errors:
            raise ValueError(f"no case shows the fault: {self.fault}")
        low, high = (_off(error) for error in (min(errors), max(errors)))
        return high if low == high else f"{low} to {high}"


def _off(error: float) -> str:
    """Return a relative error in words: ``25% too low``, ``7.5 times as high``, ``exact``."""
    if error == 0:
        return "exact"
    if error >= 1:
        return f"{significant(1 + error, 2)} times as high"
    return f"{significant(100 * abs(error), 2)}% too {'high' if error > 0 else 'low'}"


def load_faults() -> list[Fault]:
    """Return the rows of ``data/faults.csv``."""
    path = resources.files("storagelab") / "data" / "faults.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [Fault(int(row["part"]), row["fault"], row["model"], row["cases"]) for row in rows]
