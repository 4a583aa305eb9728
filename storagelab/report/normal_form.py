"""A law as a student wrote it, without what doesn't matter: names, comments, spacing, docstring.

Nothing is executed: a cell is parsed, and what comes of it is compared as text.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from storagelab.report.notebooks import parsed


@dataclass(frozen=True)
class Law:
    """A law in a form that is equal for functions that differ in nothing that counts."""

    form: str
    lines: int
    """Statements in it, the docstring left out."""


def law_in(source: str, name: str) -> Law | None:
    """Return the law called ``name`` that a cell defines last; None where there is none to read.

    A function whose body is still to do is none.
    """
    found = [
        line
        for line in parsed(source) or ()
        if isinstance(line, ast.FunctionDef) and line.name == name
    ]
    if not found:
        return None
    try:
        function = found[-1]
        _strip(function)
        if all(isinstance(line, ast.Raise | ast.Pass) or _is_text(line) for line in function.body):
            return None
        _Renamed(function).visit(function)
        lines = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
        return Law(ast.dump(function), lines)
    except RecursionError:
        return None


def _is_text(line: ast.stmt) -> bool:
    """Return whether a line is a constant alone: a docstring, or three dots."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def _strip(function: ast.FunctionDef) -> None:
    """Take out lines that do nothing, and what Python doesn't look at."""
    kept = [line for line in function.body if not _is_text(line)]
    function.body = kept or function.body
    function.returns, function.decorator_list = None, []
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.annotation = None


class _Renamed(ast.NodeTransformer):
    """Calls what a function binds by numbers, in the order in which it comes up."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self._names: dict[str, str] = {}
        # a name that is bound further down is the function's own further up as well
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                self._called(node.arg)
        self._own = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        } | set(self._names)

    def _called(self, name: str) -> str:
        return self._names.setdefault(name, f"_{len(self._names)}")

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Rename an argument."""
        return ast.arg(self._called(node.arg))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename what the function itself binds."""
        return ast.Name(self._called(node.id), node.ctx) if node.id in self._own else node
