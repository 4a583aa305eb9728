"""Who is looking: a person, or a machine that runs the notebook where nobody sees it."""

from __future__ import annotations

import os
from typing import Any, Protocol


class Closable(Protocol):
    """What a cell shows and can take away again."""

    def close(self) -> None:
        """Take it out of the page and the kernel."""


_shown: dict[str, Closable] = {}
"""What each cell of the notebook shows, by the cell's id."""


def is_graded_run() -> bool:
    """Return whether nbgrader runs the notebook (autograding or validating), not a person."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def is_live() -> bool:
    """Return whether widgets are worth building: not in a graded run, nor if told otherwise.

    ``STORAGELAB_VIEW=static`` asks for text in their place.
    """
    return not is_graded_run() and os.environ.get("STORAGELAB_VIEW", "live") != "static"


def replace_shown(item: Closable) -> None:
    """Close what the running cell showed when it ran last, and remember ``item`` as what it shows.

    ipywidgets keeps every widget until it is closed: a student who runs a cell fifty times would
    have fifty workbenches in the kernel. Where the front end doesn't say which cell is running,
    nothing is closed, because it might be on the page elsewhere.
    """
    cell = _running_cell()
    if cell is None:
        return
    before = _shown.pop(cell, None)
    if before is not None:
        before.close()
    _shown[cell] = item


def _running_cell() -> str | None:
    from IPython.core.getipython import get_ipython

    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId")
    return str(cell) if cell else None
