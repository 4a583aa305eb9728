from __future__ import annotations

import contextlib
import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sandgrader.repair import (
    Cell,
    UnreadableError,
    put_in_order,
    read_notebook,
    unreadable,
)

ANSWER = Cell("answer", "code", "# yours", "a", False, False, True, False, None)
TEST = Cell("test", "code", "assert x == 1  # hidden", "t", True, True, False, False, 2.0)
ESSAY = Cell("essay", "markdown", "write", "e", False, True, True, False, 3.0)
TASK = Cell("task", "markdown", "do", "k", True, False, False, True, 4.0)
CELLS = {item.grade_id: item for item in (ANSWER, TEST, ESSAY, TASK)}

SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
SOMETHING_LIKE_CELLS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "cell_type": st.sampled_from(["code", "markdown", "raw", "slide"]) | SHAPES,
            "source": st.text() | st.lists(st.text() | st.integers()) | SHAPES,
            "attachments": st.dictionaries(
                st.text(), st.dictionaries(st.text(), st.text()) | SHAPES
            )
            | SHAPES,
            "metadata": st.fixed_dictionaries(
                {"nbgrader": st.fixed_dictionaries({"grade_id": st.sampled_from([*CELLS, "?"])})}
            )
            | SHAPES,
            "outputs": SHAPES,
        },
    )
    | SHAPES,
    max_size=6,
)


def marked(source: str, grade_id: str, kind: str = "code", **said: Any) -> NotebookNode:
    cell = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
    cell.metadata["nbgrader"] = NotebookNode(grade_id=grade_id, **said)
    return cell


def ids(notebook: NotebookNode) -> list[str | None]:
    return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]


@given(SOMETHING_LIKE_CELLS, st.booleans())
def test_whatever_cells_come_a_notebook_of_nbgraders_comes_out(cells: Any, add: bool) -> None:
    content = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    notebook = put_in_order(read_notebook(content.encode()), CELLS, add)
    nbformat.validate(notebook)
    found = [grade_id for grade_id in ids(notebook) if grade_id]
    assert len(found) == len(set(found))
    assert set(found) <= set(CELLS)
    for cell in notebook.cells:
        said = cell.metadata.get("nbgrader")
        if said:
            meant = CELLS[said.grade_id]
            assert said == meant.metadata()
            assert cell.cell_type == meant.cell_type
            assert not meant.locked or cell.source == meant.source
    if add:
        assert {"test", "essay", "task"} <= set(found)


@given(SHAPES | st.binary())
def test_whatever_comes_is_read_or_refused_in_words(content: Any) -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with contextlib.suppress(UnreadableError):
        nbformat.validate(read_notebook(raw))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "no notebook"),
        (b"{}", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"worksheets": [{"cells": 1}]}', "can't be converted"),
    ],
)
def test_what_is_no_notebook_is_named(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_notebook(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_encodings_are_understood(encoding: str) -> None:
    cells = [{"cell_type": "code", "source": "x = 'é'", "metadata": {}, "outputs": []}]
    text = json.dumps({"nbformat": 4, "cells": cells}, ensure_ascii=False)
    assert read_notebook(text.encode(encoding)).cells[0].source == "x = 'é'"


def test_an_old_notebook_is_converted() -> None:
    cell = {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "language": "python",
            "metadata": {"nbgrader": {"grade_id": "answer"}}, "outputs": []}  # fmt: skip
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    notebook = put_in_order(read_notebook(json.dumps(old).encode()), CELLS, False)
    assert notebook.cells[0].source == "x = 1\ny = 2"
    assert ids(notebook) == ["answer"]


def test_line_ends_of_windows_and_half_characters_do_no_harm() -> None:
    cells = [{"cell_type": "code", "source": "x = 1\r\ny = '\ud800'"}]
    notebook = read_notebook(json.dumps({"cells": cells}).encode())
    assert notebook.cells[0].source == "x = 1\ny = '?'"


def test_points_and_locks_are_the_instructors() -> None:
    forged = marked("pass", "test", grade=True, points=1000, locked=False, solution=True)
    notebook = put_in_order(new_notebook(cells=[forged]), CELLS, False)
    assert notebook.cells[0].source == TEST.source
    assert notebook.cells[0].metadata.nbgrader == TEST.metadata()


def test_of_doubled_cells_the_last_is_meant() -> None:
    cells = [marked("x = 1", "answer"), marked("x = 2", "answer")]
    notebook = put_in_order(new_notebook(cells=cells), CELLS, False)
    assert ids(notebook) == [None, "answer"]
    assert [cell.source for cell in notebook.cells] == ["x = 1", "x = 2"]


def test_a_retyped_test_is_code_again() -> None:
    notebook = put_in_order(new_notebook(cells=[marked("", "test", kind="markdown")]), CELLS, False)
    assert notebook.cells[0].cell_type == "code"
    assert notebook.cells[0].source == TEST.source


def test_missing_cells_come_back_where_they_were() -> None:
    cells = [new_code_cell("import math"), marked("x = 1", "answer"), new_code_cell("print(x)")]
    notebook = put_in_order(new_notebook(cells=cells), CELLS, True)
    found = ids(notebook)
    assert [grade_id for grade_id in found if grade_id] == ["answer", "test", "essay", "task"]
    assert notebook.cells[-1].source == "print(x)"
    assert "was missing" in notebook.cells[found.index("test") - 1].source
    # a person has to see that an essay is gone: nbgrader takes an unchanged one for no answer
    assert notebook.cells[found.index("essay")].source != ESSAY.source


def test_missing_cells_stay_missing_where_nbgrader_leaves_them() -> None:
    notebook = put_in_order(new_notebook(cells=[marked("x = 1", "answer")]), CELLS, False)
    assert ids(notebook) == ["answer"]


def test_tests_come_behind_answers_that_lost_their_metadata() -> None:
    cells = [new_code_cell("x = 1"), new_code_cell("y = 2")]
    notebook = put_in_order(new_notebook(cells=cells), CELLS, True)
    assert ids(notebook)[:2] == [None, None]
    assert [grade_id for grade_id in ids(notebook) if grade_id] == ["test", "essay", "task"]


def test_what_cannot_be_read_is_said_in_its_place() -> None:
    notebook = unreadable(CELLS, "it is empty")
    nbformat.validate(notebook)
    assert "it is empty" in notebook.cells[0].source
    assert {"test", "essay", "task"} <= set(ids(notebook))


def test_pasted_pictures_stay_and_a_lost_one_stops_no_feedback() -> None:
    cells = [
        {
            "cell_type": "markdown",
            "source": "![a](attachment:a.png) ![b](attachment:b%20c.png) ![d](attachment:gone.png)",
            "attachments": {
                "a.png": {"image/png": "iVBORw0KGgo="},
                "b c.png": {"image/jpeg": ["iVBO", "Rw0KGgo="]},
            },
        },
        {"cell_type": "code", "source": "", "attachments": {"a": {"image/png": "x"}}},
        {"cell_type": "markdown", "source": "", "attachments": {"a": 3, "b": {"c": 4}, "d": {}}},
        {"cell_type": "markdown", "source": "![x](attachment:\ud800)", "attachments": ["odd"]},
    ]
    notebook = read_notebook(json.dumps({"cells": cells}).encode())
    nbformat.validate(notebook)
    first, code, odd, _ = notebook.cells
    assert first.attachments["a.png"] == {"image/png": "iVBORw0KGgo="}
    assert first.attachments["b%20c.png"] == {"image/jpeg": "iVBORw0KGgo="}
    assert "image/svg+xml" in first.attachments["gone.png"]
    assert "attachments" not in code
    assert "attachments" not in odd
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert html.count("data:image/") >= 4


def test_a_retyped_cell_keeps_its_pictures() -> None:
    pasted = {"a": {"image/png": "iVBORw0KGgo="}}
    raw = {"cell_type": "raw", "source": "![](attachment:a)", "attachments": pasted,
           "metadata": {"nbgrader": {"grade_id": "task"}}}  # fmt: skip
    meant = Cell("task", "markdown", "", "", False, True, True, False, 3.0)
    notebook = put_in_order(
        read_notebook(json.dumps({"cells": [raw]}).encode()), {"task": meant}, True
    )
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].attachments == pasted
