"""One or more instruments of a track with a single control, playable without a kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets

from storagelab.parts import PARTS
from storagelab.tracks import Track, load_track
from storagelab.widgets import shared_styles
from storagelab.widgets.controls import make_control
from storagelab.widgets.instruments.base import Instrument, Shown
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.playback import record


@shared_styles.shared()
def picture(
    build: Callable[[Track], Sequence[Shown]],
    part_name: str,
    track_name: str,
    moving: str | None = None,
    **settings: Any,
) -> ipywidgets.VBox:
    """Return instruments of a part with the single control ``moving``, or with no control.

    ``settings``, in SI by control name, replace those of the track's crisis. Raises ``ValueError``
    for an unknown track or setting, and ``KeyError`` for an unknown part or control.
    """
    track, part = load_track(track_name), PARTS[part_name]
    instruments = build(track)
    start = part.crisis(track).settings
    unknown = sorted(set(settings) - set(start.__dataclass_fields__))
    if unknown:
        known = ", ".join(start.__dataclass_fields__)
        raise ValueError(f"unknown setting {unknown[0]!r}; part {part_name!r} has {known}")
    fixed = replace(start, **settings)

    slider: Any = None
    if moving is not None:
        control = part.of(track).control(moving)
        chosen = getattr(fixed, moving)
        values = {control.to_si(value): value for value in control.values}
        if chosen not in values:
            raise ValueError(
                f"{moving} can't be {chosen!r}; it can be {', '.join(map(str, values))}"
            )
        slider = make_control(control, values[chosen])
        slider.add_class("storagelab-single")
        for instrument in instruments:
            if isinstance(instrument, Instrument):
                instrument.sliders = {moving: slider}

    def show(chosen: Any) -> None:
        for instrument in instruments:
            instrument.update(part.experiment(track, chosen))

    show(fixed)
    for instrument in instruments:
        instrument.on_a_page()
    moved: list[Any] = []
    if moving is not None:
        slider.observe(
            lambda change: show(replace(fixed, **{moving: control.to_si(slider.value)})), "index"
        )
        targets = [target for instrument in instruments for target in instrument.targets()]
        moved = [record(slider, targets), slider]
    shown = [instrument.widget for instrument in instruments]
    return shared_styles.column(
        [PageSupport(layout=shared_styles.layout()), *moved, *shown], "storagelab-workbench"
    )
