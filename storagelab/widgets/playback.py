"""Playback: a slider that moves figures without a kernel, from frames recorded beforehand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from ipywidgets import Widget, widget_serialization

from storagelab.widgets.drawing import Target
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script


class Playback(Scripted):
    """Sets ``targets[i].names[i]`` to ``frames[n][i]`` when the slider's index becomes n.

    The frames may themselves be played by another one: where a figure has a choice of its own,
    each position of the slider brings the frames of that choice.
    """

    _esm: Any = sent(script("playback.js"))
    source = traitlets.Instance(Widget).tag(sync=True, **widget_serialization)
    targets = traitlets.List(traitlets.Instance(Widget)).tag(sync=True, **widget_serialization)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    frames: Any = traitlets.List().tag(sync=True)


def record(slider: Any, targets: Sequence[Target]) -> Playback:
    """Walk ``slider`` (a selection slider) over its options and record the targets' traits.

    Traits that never change are left out; numbers keep six significant digits. Raises
    ``ValueError`` for a trait that can't be recorded. The slider returns to its position in any
    case.
    """
    start = slider.index
    frames = []
    try:
        for index in range(len(slider.options)):
            slider.index = index
            frames.append(frame_of(targets))
    finally:
        slider.index = start
    moving = [
        position
        for position in range(len(targets))
        if any(frame[position] != frames[0][position] for frame in frames)
    ]
    return Playback(
        source=slider,
        targets=[targets[position][0] for position in moving],
        names=[targets[position][1] for position in moving],
        frames=[[frame[position] for position in moving] for frame in frames],
    )


def frame_of(targets: Sequence[Target]) -> list[Any]:
    """Return the present values of traits as JSON; ``ValueError`` for what JSON doesn't have."""
    return [plain(getattr(widget, trait)) for widget, trait in targets]


def plain(value: Any, digits: int = 6) -> Any:
    """Return a trait's value as JSON, its numbers with so many significant digits.

    Raises ``ValueError`` for NaN and infinity: JSON has neither, and a page with one of them in
    its widgets' state shows no widget at all.
    """
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item, digits) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"only finite numbers can be played back, not {value}")
        return float(f"{value:.{digits}g}")
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ValueError(f"only numbers and text can be played back, not {value!r}")
