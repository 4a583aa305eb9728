"""Hidden regions of a cell, as nbgrader's delimiters mark them."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme
from traitlets.config import Config

NAME = "sandgrader"
"""Under which a notebook's metadata says how it was run."""
Regions = tuple[tuple[str, str], ...]
"""Pairs of what begins and what ends a region, each somewhere in a line."""


def hidden_regions(config: Any) -> Regions:
    """Return how a course marks hidden tests and mark schemes, hidden tests first."""
    # their own sections alone: nbconvert's defaults for exporters aren't known to them
    delimiters = Config({name: config[name] for name in ("ClearHiddenTests", "ClearMarkScheme")})
    tests, schemes = ClearHiddenTests(config=delimiters), ClearMarkScheme(config=delimiters)
    return (
        (tests.begin_test_delimeter, tests.end_test_delimeter),
        (schemes.begin_mark_scheme_delimeter, schemes.end_mark_scheme_delimeter),
    )


def strip_regions(source: str, regions: Iterable[tuple[str, str]]) -> tuple[str, list[str]]:
    """Return ``source`` without the regions between delimiters, and the lines taken out."""
    kept, taken = _apart(source, regions)
    return "\n".join(kept).strip("\n"), [line.strip() for line in taken]


def within_regions(source: str, regions: Iterable[tuple[str, str]]) -> str:
    """Return what stands between the delimiters, without these, indented as it is."""
    pairs = list(regions)
    marks = [mark for pair in pairs for mark in pair]
    _, taken = _apart(source, pairs)
    return "\n".join(line for line in taken if not any(mark in line for mark in marks)).strip("\n")


def _apart(source: str, regions: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the lines outside of the regions, and those of the regions with their delimiters."""
    kept: list[str] = []
    taken: list[str] = []
    pairs, end = list(regions), ""
    for line in source.split("\n"):
        begun = "" if end else next((close for begin, close in pairs if begin in line), "")
        if not end and not begun:
            kept.append(line)
            continue
        taken.append(line)
        end = "" if end and end in line else begun or end
    return kept, taken


def seal(cells: Iterable[NotebookNode], regions: Regions) -> str:
    """Return a word that only who knows a notebook's hidden lines can say.

    The grader puts it into the metadata of a notebook whose own cells ran apart from its tests; no
    student can, who hasn't seen them.
    """
    lines = [line for cell in cells for line in strip_regions(cell.source, regions)[1]]
    return hashlib.sha256("\n".join(["apart", *lines]).encode()).hexdigest()


@lru_cache(maxsize=1024)
def brought_in(source: str, regions: Regions) -> str:
    """Return what the open part of a test brings into a notebook before it tests anything.

    These are its imports, definitions and constants, which a later answer may use: its student has
    run the open test above. Hidden regions bring in nothing.
    """
    try:
        tree = ast.parse(strip_regions(source, regions)[0])
    except (SyntaxError, ValueError):
        return ""
    return "\n".join(ast.unparse(node) for node in tree.body if _brings_in(node))


def _brings_in(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        try:
            ast.literal_eval(node.value)
        except (ValueError, TypeError):
            return False
        return True
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, kinds)
