"""What is written is nbformat's own, byte for byte, whatever a notebook holds."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sandgrader import notebook_json

ODD = (
    "", "\n", "one\ntwo\r\nthree\n", "\x00\x1f\x7f", "\u2028\u2029\x85", "\ufeff", "</b>/",
    "µ ≤ 𝄞", 'a "word" and a \\',
)  # fmt: skip
"""Texts that some way of writing JSON would write otherwise, or part into other lines."""
NUMBERS = (0, -0.0, 1e300, 1e-7, 0.1, 2**80, -(2**63), True, None)


def made(*values: Any) -> NotebookNode:
    """Return a notebook that has these values in all places that take them."""
    texts = [value for value in values if isinstance(value, str)] or ["text"]
    outputs = [
        new_output("stream", name="stdout", text="".join(texts)),
        new_output("display_data", {"text/plain": texts[0], "application/json": list(values)}),
        new_output("execute_result", {"text/html": "".join(texts), "image/png": "iVBOR\nw0"}),
        new_output("error", ename="Error", evalue=texts[0], traceback=texts),
    ]
    return new_notebook(
        metadata={"values": {"all": list(values), "none": [], "nothing": {}}, "signature": "x"},
        cells=[
            new_markdown_cell("\n".join(texts), attachments={"a.txt": {"text/plain": "a\nb"}}),
            new_code_cell("1\n2", outputs=outputs, metadata={"trusted": True, "z": 1, "a": 2}),
            *(new_code_cell(text) for text in texts),
        ],
    )


@pytest.mark.parametrize("values", [ODD, NUMBERS, (math.nan, math.inf), ("half \ud800",), (b"aa",)])
def test_what_is_written_is_what_nbformat_writes(values: tuple[Any, ...]) -> None:
    notebook = made(*values)
    assert notebook_json.write(copy.deepcopy(notebook), 4) == nbformat.writes(notebook, version=4)


def test_another_version_of_the_format_is_nbformats_matter() -> None:
    notebook = made("text")
    written = nbformat.writes(copy.deepcopy(notebook), version=3)
    assert notebook_json.write(copy.deepcopy(notebook), 3) == written


def test_a_notebook_that_is_not_valid_is_written_and_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notebook = made("text")
    notebook.cells[1].outputs[0]["name"] = 7
    content = json.dumps(notebook)
    with caplog.at_level("ERROR"):
        read = notebook_json.read(content)
        written = notebook_json.write(copy.deepcopy(read), 4)
    assert len([line for line in caplog.messages if "Notebook JSON is invalid" in line]) == 1
    assert written == nbformat.writes(read, version=4)


def test_what_is_read_is_what_nbformat_reads() -> None:
    content = nbformat.writes(made(*ODD, *NUMBERS))
    assert notebook_json.read(content) == nbformat.reads(content, as_version=4)
