"""A part's instruments for a page without a kernel: one control moves them all."""

from __future__ import annotations

from typing import Any

import ipywidgets

from storagelab.parts import PARTS
from storagelab.tracks import Track
from storagelab.widgets.instruments.base import Shown
from storagelab.widgets.picture import picture
from storagelab.widgets.workbench import instruments_of


def show_moving(track_name: str, part_name: str, moving: str, **settings: Any) -> ipywidgets.VBox:
    """Return a part's instruments with the one control ``moving``, playable without a kernel.

    ``settings`` and errors are those of :func:`storagelab.widgets.picture.picture`.
    """

    def build(track: Track) -> list[Shown]:
        shown: list[Shown] = [*instruments_of(track, part_name)]
        if PARTS[part_name].records_runs:
            from storagelab.widgets.gauge_strip import GaugeStrip  # as on the workbench

            shown.insert(0, GaugeStrip(track))
        return shown

    return picture(build, part_name, track_name, moving, **settings)
