"""Who is looking: a person, or a machine that runs the notebook where nobody sees it."""

from __future__ import annotations

import os


def is_graded_run() -> bool:
    """Return whether nbgrader runs the notebook (autograding or validating), not a person."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def is_live() -> bool:
    """Return whether widgets are worth building: not in a graded run, nor if told otherwise.

    ``STORAGELAB_VIEW=static`` asks for text in their place.
    """
    return not is_graded_run() and os.environ.get("STORAGELAB_VIEW", "live") != "static"
