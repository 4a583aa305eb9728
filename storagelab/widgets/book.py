"""A part's instruments for a page without a kernel: one slider, and what it moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ipywidgets

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.accessibility import SliderNames
from storagelab.widgets.controls import make_control
from storagelab.widgets.playback import record
from storagelab.widgets.theme import styles
from storagelab.widgets.workbench import instruments_of


def show_moving(track_name: str, part_name: str, moving: str, **settings: Any) -> ipywidgets.VBox:
    """Return a part's instruments with the one control ``moving``, playable without a kernel.

    ``settings``, in SI by control name, replace the track's defaults. Raises ``ValueError`` for
    an unknown track, and ``KeyError`` for an unknown part or control.
    """
    track, part = load_track(track_name), PARTS[part_name]
    control = part.of(track).control(moving)
    slider = make_control(control)
    instruments = instruments_of(track, part_name)
    fixed = replace(part.baseline(track).settings, **settings)

    def update(change: object = None) -> None:
        outcome = part.experiment(track, replace(fixed, **{moving: control.to_si(slider.value)}))
        for instrument in instruments:
            instrument.update(outcome)

    slider.observe(update, "index")
    update()
    playback = record(slider, [item for instrument in instruments for item in instrument.targets()])
    shown = [instrument.widget for instrument in instruments]
    box = ipywidgets.VBox([SliderNames(), playback, slider, *shown, styles()])
    box.add_class("storagelab-workbench")
    return box
