"""Reads and writes notebooks that have run as nbformat does, byte for byte, in half of its time.

nbformat looks whether a notebook is valid when it is read and when it is written, and writes down a
copy of it in Python. Here it looks once, and what is written is laid out in C.
"""

from __future__ import annotations

import json
from functools import partial

import msgspec
import nbformat
from nbformat import NotebookNode, reader
from nbformat.v4.nbjson import BytesEncoder
from nbformat.v4.rwbase import split_lines, strip_transient
from traitlets.log import get_logger

_VERSION = 4
"""Of the format, in which notebooks have run."""


def read(content: str) -> NotebookNode:
    """Return a notebook as ``nbformat.reads`` does, without looking whether it is valid."""
    notebook: NotebookNode = reader.reads(content)
    return notebook


def write(notebook: NotebookNode, version: int) -> str:
    """Return what ``nbformat.writes`` does; the notebook is of no use after that."""
    if (version, reader.get_version(notebook)[0]) != (_VERSION, _VERSION):
        return str(nbformat.writes(notebook, version=version))
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as problem:
        get_logger().error("Notebook JSON is invalid: %s", problem)
    return _laid_out(strip_transient(split_lines(notebook)))


def _laid_out(notebook: NotebookNode) -> str:
    written = partial(json.dumps, notebook, cls=BytesEncoder, sort_keys=True, ensure_ascii=False)
    content = written()
    try:
        return msgspec.json.format(content, indent=1)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # what Python writes and JSON doesn't have: numbers that are none, halves of characters
        return written(indent=1, separators=(",", ": "))
