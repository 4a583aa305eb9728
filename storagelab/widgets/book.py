"""A part's instruments for a page without a kernel: one control moves them all."""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets

from storagelab.widgets.picture import picture
from storagelab.widgets.workbench import instruments_of


def show_moving(track_name: str, part_name: str, moving: str, **settings: Any) -> ipywidgets.VBox:
    """Return a part's instruments with the one control ``moving``, playable without a kernel.

    ``settings`` and errors are those of :func:`storagelab.widgets.picture.picture`.
    """
    build = partial(instruments_of, part_name=part_name)
    return picture(build, part_name, track_name, moving, **settings)
