"""From the hand-written text notebooks and the tracks to nbgrader's ``source/``.

The steps, in their order, are in :func:`make_source`.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import jupytext
import nbformat
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from storagelab.course import pace
from storagelab.course.answers import load_answers, load_best
from storagelab.course.kernels import run_notebook
from storagelab.course.layout import Layout
from storagelab.course.settings import read_course
from storagelab.labs import reflection
from storagelab.labs.numbers import BOOK, VARIANT
from storagelab.labs.texts import NAMES, text_of
from storagelab.parts import PARTS, AnyPart
from storagelab.schema import Law
from storagelab.tracks import Track, load_track

# What each role of a cell means to nbgrader.
ROLES: dict[str, dict[str, bool]] = {
    "given": {"grade": False, "locked": True, "solution": False, "task": False},
    "answer": {"grade": False, "locked": False, "solution": True, "task": False},
    "test": {"grade": True, "locked": True, "solution": False, "task": False},
    "task": {"grade": False, "locked": True, "solution": False, "task": True},
}
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class GenerationError(Exception):
    """The notebooks can't be made; the message says which, where and why."""


def make_source(layout: Layout, track_name: str, part_name: str, home: Path) -> NotebookNode:
    """Return the instructor's notebook of one part of one track, with its reference outputs.

    It is run in ``home``, where the ledger of the parts before it lies: a student takes the
    three notebooks of a track one after the other in one folder, and so does nbval.

    The same inputs give the same bytes. Raises :class:`GenerationError` for an undefined
    placeholder, a malformed cell, or a reference solution that doesn't earn all points, and
    ``ValueError`` for a track that is unknown or whose file or answers are malformed.
    """
    track, part = load_track(track_name), PARTS[part_name]
    text = fill_template(layout, track, part)
    notebook: NotebookNode = jupytext.reads(text, fmt="md:myst")
    name = f"{track.name}/{part.stem}"
    set_metadata(notebook, name)
    set_grading(notebook, name)
    execute(notebook, name, home)
    check_full_points(notebook, name)
    return notebook


def to_bytes(notebook: NotebookNode) -> bytes:
    """Return a notebook as the bytes that are committed."""
    text: str = nbformat.writes(notebook, version=4)
    return (text + "\n").encode()


def load_keys(layout: Layout) -> ModuleType:
    """Return ``notebooks/keys.py`` as a module."""
    spec = importlib.util.spec_from_file_location("keys", layout.notebooks / "keys.py")
    if spec is None or spec.loader is None:
        raise GenerationError("notebooks/keys.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill_template(layout: Layout, track: Track, part: AnyPart) -> str:
    """Return a part's text with the track's words in it.

    Numbers that are a student's own aren't: a session shows them.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(layout.notebooks),
        undefined=jinja2.StrictUndefined,
        # not {{ }}, which MyST gives another meaning
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        keep_trailing_newline=True,
    )
    environment.filters["py"] = repr
    content = part.of(track)
    crisis = part.crisis(track)
    keys, answers = load_keys(layout), load_answers(layout, track.name).of(part)
    course = read_course(layout.nbgrader_config)
    where = f"{part.stem}.md with {track.name}.toml"
    try:
        for option in content.question.options:  # students see the words of what they locked
            part.words(track, option.words)
        for name in NAMES:
            text_of(track, part, name)
        key = keys.reference_answers(track, part)
        best = {BOOK: key["decision"]}
        # of all, also where everybody has the book's by now: who has begun goes on
        for variant, lines in load_best(layout, track.name).items():
            best[variant] = lines[part.name]
        return environment.get_template(f"{part.stem}.md").render(
            track=track,
            part=part,
            content=content,
            answers=answers,
            f=part.figures(track, crisis),
            opening=course.opening,
            best=best,
            pace=pace.line,
            reflection_words=" to ".join(map(str, reflection.WORDS)),
            key=key,
            law_example=_example(content.law),
            decided_keys=", ".join(
                f'"{item.answer}": ...' for item in content.controls if item.decided
            ),
            option_ids=", ".join(f'"{option.id}"' for option in content.question.options),
        )
    except jinja2.TemplateError as error:
        line = getattr(error, "lineno", None)
        place = f", line {line}" if line else ""
        raise GenerationError(f"{part.stem}.md{place}: {error}") from error
    except KeyError as error:
        raise GenerationError(
            f"{where}: a text uses {{{error.args[0]}}}, and the part has no such number"
        ) from error
    except ValueError as error:  # the keys', or a brace that stands alone in a text
        raise GenerationError(f"{where}: {error}") from error


def _example(law: Law) -> float:
    """Return what a law gives for its open example, with as many digits as a person types."""
    room, _, name = law.model.partition(".")
    try:
        model = getattr(importlib.import_module(f"storagelab.{room}"), name)
    except (ImportError, AttributeError):
        raise ValueError(f"the law {law.name}: there is no {law.model!r} in storagelab") from None
    value = float(model(*law.example, **law.options))
    return float(f"{value:.6g}")


def set_metadata(notebook: NotebookNode, name: str) -> None:
    """Give the notebook its kernel, and each cell a fixed id: its own, or one from its place."""
    notebook.metadata = NotebookNode(KERNEL)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = set()
    for index, cell in enumerate(notebook.cells):
        cell.id = cell.metadata.pop("id", f"cell-{index:02d}")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell.id):
            raise GenerationError(f"{name}: {cell.id!r} is no cell id")
        if cell.id in seen:  # a doubled grade id would stop nbgrader's whole batch
            raise GenerationError(f"{name}: the cell id {cell.id!r} is there twice")
        seen.add(cell.id)


def set_grading(notebook: NotebookNode, name: str) -> None:
    """Turn each cell's role and points into nbgrader's metadata."""
    for cell in notebook.cells:
        role, points = cell.metadata.pop("role", None), cell.metadata.pop("points", None)
        if set(cell.metadata) - {"tags"}:
            raise GenerationError(f"{name}, cell {cell.id}: unknown metadata {dict(cell.metadata)}")
        if role is None:
            continue
        if role not in ROLES:
            raise GenerationError(f"{name}, cell {cell.id}: unknown role {role!r}")
        if (points is not None) != (role in ("test", "task")):
            raise GenerationError(f"{name}, cell {cell.id}: a {role} cell with points {points!r}")
        grading: dict[str, Any] = {"grade_id": cell.id, "schema_version": 3, **ROLES[role]}
        if points is not None:
            grading["points"] = points
        cell.metadata["nbgrader"] = grading


def execute(notebook: NotebookNode, name: str, home: Path) -> None:
    """Run the notebook in ``home``, as its author would, and keep what it prints.

    The view is static: a widget's state has random ids, and can be compared with nothing. The
    numbers are the book's: it is nobody's work.
    """
    try:
        run_notebook(notebook, home, variables={"STORAGELAB_VIEW": "static", VARIANT: str(BOOK)})
    except Exception as error:
        raise GenerationError(f"{name}: the reference solution fails.\n{error}") from error
    notebook.metadata = NotebookNode(KERNEL)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise GenerationError(f"{name}, cell {cell.id}: on stderr: {output.text}")


def check_full_points(notebook: NotebookNode, name: str) -> None:
    """Raise unless the reference solution earns all points in every test cell."""
    for cell in notebook.cells:
        if is_grade(cell):
            earned, points = determine_grade(cell)
            if earned != points:
                raise GenerationError(
                    f"{name}, cell {cell.id}: the reference solution earns {earned} of {points}"
                )


def write_source(layout: Layout, track_name: str, folder: Path) -> list[Path]:
    """Write a track's notebooks under ``folder/<track>/`` and return their paths.

    What else lies in that folder is removed: nbgrader would release it.
    """
    target = folder / track_name
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    with tempfile.TemporaryDirectory() as home:
        for part in PARTS.values():
            path = target / f"{part.stem}.ipynb"
            notebook = make_source(layout, track_name, part.name, Path(home))
            path.write_bytes(to_bytes(notebook))
            paths.append(path)
    for stray in set(target.iterdir()) - set(paths):
        stray.unlink()
    return paths
