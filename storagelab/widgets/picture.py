"""One or more instruments with a single control, playable without a kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets

from storagelab.parts import PARTS
from storagelab.schema import Control, Value
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
    if moving is None:
        return played(instruments, part.experiment(track, fixed))

    def outcome_of(value: Value) -> Any:
        return part.experiment(track, replace(fixed, **{moving: value}))

    control = part.of(track).control(moving)
    return moved(instruments, control, getattr(fixed, moving), outcome_of)


def moved(
    instruments: Sequence[Shown],
    control: Control,
    chosen: Value,
    outcome_of: Callable[[Value], Any],
) -> ipywidgets.VBox:
    """Return instruments that show ``outcome_of`` the values of ``control``, in SI units.

    They begin with ``chosen``; raises ``ValueError`` where that isn't one of the values.
    """
    values = {control.to_si(value): value for value in control.values}
    if chosen not in values:
        raise ValueError(
            f"{control.name} can't be {chosen!r}; it can be {', '.join(map(str, values))}"
        )
    slider = make_control(control, values[chosen])
    slider.add_class("storagelab-single")
    for instrument in instruments:
        if isinstance(instrument, Instrument):
            instrument.sliders = {control.name: slider}
    played(instruments, outcome_of(chosen))

    def show(change: Any) -> None:
        del change
        outcome = outcome_of(control.to_si(slider.value))
        for instrument in instruments:
            instrument.update(outcome)

    slider.observe(show, "index")
    targets = [target for instrument in instruments for target in instrument.targets()]
    return _column(instruments, record(slider, targets), slider)


def played(instruments: Sequence[Shown], outcome: Any) -> ipywidgets.VBox:
    """Return instruments that show one outcome on a page without a kernel."""
    for instrument in instruments:
        instrument.update(outcome)
    for instrument in instruments:
        instrument.on_a_page()
    return _column(instruments)


def _column(instruments: Sequence[Shown], *above: ipywidgets.Widget) -> ipywidgets.VBox:
    shown = [instrument.widget for instrument in instruments]
    return shared_styles.column(
        [PageSupport(layout=shared_styles.layout()), *above, *shown], "storagelab-workbench"
    )
