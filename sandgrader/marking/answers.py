"""What a student wrote, as harmless HTML: shown to somebody who may do what a student may not."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from sandgrader.cleaning import LONGEST, from_markdown, from_output
from sandgrader.marking.notebooks import Cell, read_cells


class Shown(NamedTuple):
    """An answer as a page shows it."""

    html: str
    words: int
    """Words of text, without code; 0 where there is only code."""


def read_answer(notebook: Path, grade_id: str, is_task: bool) -> Shown:
    """Return the answer in a graded notebook to the task or in the cell called ``grade_id``.

    A task is answered in the cells behind it, up to the next one of the course's own. What the
    course gives right behind the task, such as a cell that shows the question, is passed over.
    Where these cells are empty, the answer is in whatever cells a student has added. What is said
    of a missing answer is said in the page.
    """
    cells = read_cells(notebook)
    if not cells:
        return Shown(_note("This student's graded notebook isn't there, or can't be read."), 0)
    place = next((at for at, cell in enumerate(cells) if cell.grade_id == grade_id), None)
    if place is None:
        return Shown(_note("The question's cell isn't in this student's notebook."), 0)
    if not is_task:
        return _shown([cells[place]])
    after = itertools.dropwhile(lambda cell: cell.grade_id and not cell.marked, cells[place + 1 :])
    behind = list(itertools.takewhile(lambda cell: not cell.grade_id, after))
    if any(cell.source.strip() for cell in behind):
        return _shown(behind)
    added = [cell for cell in cells if not cell.grade_id and cell.source.strip()]
    if not added:
        return Shown(_note("Nothing was written."), 0)
    html, words = _shown(added)
    return Shown(_note("Nothing stands behind the task. Cells elsewhere in it:") + html, words)


def _shown(cells: Sequence[Cell]) -> Shown:
    pieces, words = [], 0
    for cell in cells:
        if not cell.source.strip():
            continue
        if cell.kind == "code":
            text = text_in(cell.source)
            pieces.append(_code(cell, text))
            words += len((text or "").split())
        else:
            pieces.append(f'<div class="prose">{_markdown(cell)}</div>')
            words += len(cell.source.split())
    return Shown("".join(pieces) or _note("Nothing was written."), words)


def _markdown(cell: Cell) -> str:
    return from_markdown(cell.source[:LONGEST], cell.attachments)


def code_block(source: str) -> str:
    """Return code as it was typed."""
    return f'<pre class="code">{escape(source[:LONGEST])}</pre>'


def _code(cell: Cell, text: str | None) -> str:
    """Return a cell of code with what it printed; a text in it is set as one."""
    code = code_block(cell.source)
    printed = "".join(f'<div class="output">{from_output(item)}</div>' for item in cell.outputs)
    if text is None:
        return code + printed
    prose = escape(text[:LONGEST]) if text.strip() else _note("Nothing was written.")
    return (
        f'<div class="prose as-typed">{prose}</div>'
        f"<details><summary>The cell as it was typed</summary>{code}{printed}</details>"
    )


def text_in(source: str) -> str | None:
    """Return the one text that a cell of code assigns and hands on; None where it does more.

    ``reflection = "..."`` and a call that takes it are a text; a function with a docstring is none.
    """
    if len(source) > LONGEST:
        return None
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    texts = []
    for line in body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.Constant):
            if isinstance(line.value.value, str):
                texts.append(line.value.value)
        elif not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)):
            return None
    return re.sub(r"\A\s*\n|\s+\Z", "", texts[0]) if len(texts) == 1 else None


def _note(words: str) -> str:
    return f'<p class="note">{escape(words)}</p>'
