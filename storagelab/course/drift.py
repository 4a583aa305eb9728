"""Whether the committed notebooks are the ones that the course's sources make, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ASPECTS = {
    "cell_type": "kind",
    "source": "source",
    "metadata": "metadata",
    "outputs": "stored output",
    "execution_count": "execution count",
}
"""What is compared of a cell, and what it is called."""


def differences(generated: Path, committed: Path) -> list[str]:
    """Return a sentence for each thing that differs between two trees of notebooks.

    Each names the file and, where it is a cell that differs, the cell and what of it. Trees that
    are the same byte for byte have no differences, and no others do. A folder that doesn't exist
    has no files.
    """
    made, stored = _files(generated), _files(committed)
    told = []
    for name in sorted(made.keys() | stored.keys()):
        place = f"{committed.name}/{name}"
        if name not in stored:
            told.append(f"{place} is missing")
        elif name not in made:
            told.append(f"{place} isn't made by anything")
        elif made[name].read_bytes() != stored[name].read_bytes():
            told += [f"{place}{what}" for what in _notebook_differences(made[name], stored[name])]
    return told


def _files(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _notebook_differences(made: Path, stored: Path) -> list[str]:
    """Return how two files that aren't the same bytes differ; there is at least one way."""
    try:
        notebooks = [nbformat.read(path, as_version=4) for path in (made, stored)]
    except Exception:  # whatever stands there instead, it is no notebook
        return [" isn't a notebook that can be read"]
    told = list(_cell_differences(*notebooks))
    return told or [": the notebook's own metadata or its spelling differs"]


def _cell_differences(made: NotebookNode, stored: NotebookNode) -> Iterator[str]:
    ours, theirs = ({cell.id: cell for cell in notebook.cells} for notebook in (made, stored))
    for name in ours.keys() - theirs.keys():
        yield f", cell {name}: the cell is missing"
    for name in theirs.keys() - ours.keys():
        yield f", cell {name}: the cell isn't made by anything"
    shared = [name for name in ours if name in theirs]
    if shared != [name for name in theirs if name in ours]:
        yield ": its cells come in another order"
    for name in shared:
        for aspect, called in ASPECTS.items():
            if ours[name].get(aspect) != theirs[name].get(aspect):
                yield f", cell {name}: its {called} differs"
