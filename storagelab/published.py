"""Published figures: the tables of ``data/published``, as their sources print them."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

Row = dict[str, Any]
"""One line of a published table: numbers as floats, words as they are."""


def read_table(table: str) -> list[Row]:
    """Return the rows of ``data/published/<table>.csv``."""
    path = resources.files("storagelab") / "data" / "published" / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [{key: _value(text) for key, text in row.items()} for row in csv.DictReader(lines)]


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
