"""Table: the exact numbers behind a figure, to be read, read aloud or saved."""

from __future__ import annotations

import csv
import io
import math

import msgspec

Cell = str | float


class Table(msgspec.Struct, frozen=True):
    """Columns, with their units in the heads, and rows of text and numbers.

    The numbers are the model's own, even where the figure clips them at its edge.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"every row needs {len(self.columns)} cells, as many as columns")

    def csv(self) -> str:
        """Return the table as comma-separated values, numbers in full."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()

    def thinned(self, most: int = 12) -> Table:
        """Return a table of at most ``most`` rows, evenly spread, the first and last among them.

        Raises ``ValueError`` for fewer than 2.
        """
        if most < 2:
            raise ValueError(f"most must be 2 or more; got {most}")
        if len(self.rows) <= most:
            return self
        last = len(self.rows) - 1
        kept = [round(index * last / (most - 1)) for index in range(most)]
        return Table(self.columns, tuple(self.rows[index] for index in kept))

    def shown(self) -> list[list[Cell]]:
        """Return the rows for a screen, with signs for NaN and infinity, which JSON lacks."""
        return [[_shown(cell) for cell in row] for row in self.rows]


def _shown(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return cell
    number = float(cell)
    if math.isfinite(number):
        return number
    return "–" if math.isnan(number) else "∞" if number > 0 else "-∞"
