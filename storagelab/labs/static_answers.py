"""What stands in a notebook's cells, read without running any of it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

_LARGEST = 64 * 2**20  # bytes


class NotebookError(ValueError):
    """A notebook can't be read; the message says why, in a sentence."""


@dataclass
class StaticAnswers:
    """The names that a notebook's cells give a meaning to, the last one of each."""

    values: dict[str, Any] = field(default_factory=dict)
    """Those that are plain values as they stand."""
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    """Those whose value only a run could tell."""
    undone: set[str] = field(default_factory=set)
    """Cells, by id, that are still as they were released."""
    broken: dict[str, str] = field(default_factory=dict)
    """Cells, by id, that aren't Python, with what is wrong."""
    opened: tuple[str, str] | None = None
    """The track and the part that the notebook opens."""
    given: dict[str, Any] = field(default_factory=dict)
    """What else it opens them with, by name: the course and the term."""


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str]
    id: str = ""
    metadata: dict[str, Any] = {}


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def read_static_answers(path: Path) -> StaticAnswers:
    """Return what stands in the notebook at ``path``.

    Raises :class:`NotebookError` where it can't be read.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise NotebookError(f"{path.name} is too large to be a notebook of this course.")
        content = path.read_bytes()
    except OSError as error:
        raise NotebookError(f"{path.name} can't be read: {error.strerror}.") from None
    try:
        notebook = msgspec.json.decode(content, type=_Notebook)
    except (msgspec.DecodeError, RecursionError):
        raise NotebookError(
            f"{path.name} is damaged: it is no notebook. Restore a copy of it, or fetch the "
            "assignment again into another folder and put your answers into that."
        ) from None
    answers = StaticAnswers()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            grading = cell.metadata.get("nbgrader")
            grading = grading if isinstance(grading, dict) else {}
            if grading.get("grade") and not grading.get("solution"):
                continue  # a test says nothing of what the student answers
            _read_cell(answers, str(grading.get("grade_id", cell.id)), "".join(cell.source))
    return answers


def _read_cell(answers: StaticAnswers, name: str, source: str) -> None:
    # what IPython alone understands would be no Python
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")]
    try:
        statements = ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        answers.broken[name] = f"{getattr(error, 'msg', 'it is nested too deeply')}{line}"
        return
    if any(_is_stub(statement) for statement in statements):
        answers.undone.add(name)
    for statement in statements:
        if isinstance(statement, ast.FunctionDef):
            _forget(answers, statement.name)
            answers.functions[statement.name] = statement
        for target in _targets(statement):
            _forget(answers, target)
            try:
                answers.values[target] = _value(_assigned(statement))
            except (ValueError, ArithmeticError, TypeError, RecursionError):
                answers.computed.add(target)
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "open_part":
            named = [item.value for item in call.args if isinstance(item, ast.Constant)]
            if len(named) >= 2 and answers.opened is None:
                answers.opened = str(named[0]), str(named[1])
                answers.given = {
                    str(item.arg): item.value.value
                    for item in call.keywords
                    if isinstance(item.value, ast.Constant)
                }


def _forget(answers: StaticAnswers, name: str) -> None:
    answers.values.pop(name, None)
    answers.functions.pop(name, None)
    answers.computed.discard(name)


def _is_stub(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Raise):
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def is_undone(function: ast.FunctionDef) -> bool:
    """Return whether a function is still as it was released: it only says so."""
    return any(map(_is_stub, function.body))


def takes(function: ast.FunctionDef, count: int) -> bool:
    """Return whether a function can be called with ``count`` arguments by position."""
    positional = len(function.args.posonlyargs) + len(function.args.args)
    if function.args.vararg is None and count > positional:
        return False
    required = positional - len(function.args.defaults)
    needs_names = any(default is None for default in function.args.kw_defaults)
    return count >= required and not needs_names


def _targets(statement: ast.stmt) -> list[str]:
    """Return the names that a statement sets, whatever it is."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    stored = [item for item in ast.walk(statement) if isinstance(item, ast.Name)]
    return [item.id for item in stored if isinstance(item.ctx, ast.Store)]


def _assigned(statement: ast.stmt) -> ast.expr:
    """Return what a plain assignment gives its names; ``ValueError`` for any other statement."""
    if isinstance(statement, ast.Assign):
        if all(isinstance(target, ast.Name) for target in statement.targets):
            return statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return statement.value
    raise ValueError("no plain assignment")


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> Any:
    """Return a literal's value, or that of a sum or a product of numbers.

    Raises ``ValueError`` for anything else.
    """
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        pair = _value(node.left), _value(node.right)
        if all(isinstance(item, int | float) for item in pair):
            return _ARITHMETIC[type(node.op)](*pair)
        raise ValueError("no numbers")
    return ast.literal_eval(node)
