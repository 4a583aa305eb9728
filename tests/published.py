"""The published tables as test cases."""

import csv
from importlib import resources

import pytest


def rows(table):
    """Return a table of ``storagelab/data/published``: numbers as floats, words as they are."""
    path = resources.files("storagelab") / "data" / "published" / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [{key: _number(text) for key, text in row.items()} for row in csv.DictReader(lines)]


def cases(table):
    """Return the table's rows as parameters of a test, each with its first column as its name."""
    return [pytest.param(row, id=str(next(iter(row.values())))) for row in rows(table)]


def _number(text):
    try:
        return float(text)
    except ValueError:
        return text
