"""Tidy tables: an observation a row, a variable a column, each column with its meaning."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from sandgrader.printable import printable

Row = dict[str, Any]
"""By column: text, a whole or other number, a yes or no, or None where nothing is known."""


def percent(share: float) -> str:
    """Return a fraction as a percentage, such as ``94.6%`` or ``1.8%``."""
    value = 100 * share
    return f"{value:.{2 if abs(value) < 10 else 3}g}%"


def show(value: object) -> str:
    """Return a value as a page has it: a number with three digits, or all before the point."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
    return str(value)


@dataclass(frozen=True)
class Column:
    """A variable: what it is called in the file, what it means, and how a page shows it."""

    name: str
    means: str
    label: str = ""
    """Its head on the page; without one it is in the file alone."""
    show: Callable[[Any], str] = show


STUDENT = Column("student", "the student's id", "student")
NAME = Column("name", "first and last name, where the gradebook has them", "name")
ASSIGNMENT = Column("assignment", "the assignment")


class Cell(NamedTuple):
    """A value on the page."""

    text: str
    key: str
    """The number that it is sorted by, where its text isn't that; else empty."""


def _cell(column: Column, value: Any) -> Cell:
    if value is None:
        return Cell("–", "")
    text = column.show(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    key = f"{value:.10g}" if is_number else ""
    return Cell(text, "" if key == text else key)


@dataclass(frozen=True)
class Guard:
    """How a table is made fit to be shared: counts of students that a group adds up from."""

    group: tuple[str, ...]
    """Rows alike in these add up to a whole."""
    counts: tuple[str, ...]
    """Columns that count students. A small one is withheld, and where the rest would tell it, one
    more."""
    goes: tuple[str, ...] = ()
    """What else is withheld where the first count is."""
    rows_go: bool = False
    """Whether a row whose first count is withheld is left out."""


@dataclass(frozen=True)
class Table:
    """A table of the report."""

    name: str
    """Of its file, without the ending."""
    title: str
    columns: tuple[Column, ...]
    rows: list[Row] = field(default_factory=list)
    guard: Guard | None = None
    """None: it is about persons, and isn't shared."""

    def of(self, **values: Any) -> Table:
        """Return the table with only the rows that have these values."""
        rows = [row for row in self.rows if all(row[key] == at for key, at in values.items())]
        return Table(self.name, self.title, self.columns, rows, self.guard)

    @property
    def about_persons(self) -> bool:
        """Whether each row is about a student."""
        return self.guard is None and any(column.name == STUDENT.name for column in self.columns)

    def shown(self, value: Row) -> list[Cell]:
        """Return a row as the page has it."""
        return [_cell(item, value[item.name]) for item in self.columns if item.label]


Tables = dict[str, Table]
"""By name."""


def joined(tables: Sequence[Table]) -> Table:
    """Return tables of one name as one, row behind row."""
    first = tables[0]
    rows = [row for table in tables for row in table.rows]
    return Table(first.name, first.title, first.columns, rows, first.guard)


def with_names(table: Table, names: Mapping[str, str]) -> Table:
    """Return a table about students with their names behind their ids; any other as it is."""
    if not table.about_persons or any(column.name == NAME.name for column in table.columns):
        return table
    columns = tuple(
        item
        for column in table.columns
        for item in ((column, NAME) if column.name == STUDENT.name else (column,))
    )
    rows = [{**row, NAME.name: names.get(row[STUDENT.name]) or None} for row in table.rows]
    return replace(table, columns=columns, rows=rows)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_file(value: object) -> str:
    """Return a value as a CSV file has it; text that a spreadsheet would run is quoted for it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    return printable(f"'{text}" if text.startswith(_FORMULA) else text, keep="\n\t")


def write_tables(folder: Path, tables: Sequence[Table]) -> list[Path]:
    """Write each table as CSV into ``folder``, and ``columns.csv`` that says what is in them."""
    paths = []
    for table in tables:
        heads = [column.name for column in table.columns]
        rows = ([in_file(row[head]) for head in heads] for row in table.rows)
        paths.append(_write(folder / f"{table.name}.csv", heads, rows))
    meanings = (
        [table.name, column.name, column.means] for table in tables for column in table.columns
    )
    paths.append(_write(folder / "columns.csv", ["table", "column", "means"], meanings))
    return paths


def _write(path: Path, heads: Sequence[str], rows: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(heads)
        writer.writerows(rows)
    return path
