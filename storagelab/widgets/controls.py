"""A track's controls as widgets, and their state as settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets

from storagelab.tracks import Control, Value
from storagelab.units import KIB, format_binary, format_count

_WIDE = ipywidgets.Layout(width="auto", max_width="640px")
_SINGULAR = {"requests": "request", "samples": "sample"}
_STYLE = {"description_width": "12em"}


def value_label(control: Control, value: Value) -> str:
    """Return what the screen calls a control's value, with its unit."""
    if control.labels:
        return control.label_of(value)
    if control.kind != "scale":
        return str(value)
    if control.si == KIB:
        return format_binary(float(value) * KIB)
    number = float(value)
    shown = format_count(number) if number.is_integer() and number < 1e6 else f"{number:,g}"
    return f"{shown} {_SINGULAR.get(control.unit, control.unit) if number == 1 else control.unit}"


def make_control(control: Control) -> Any:
    """Return the widget of a control: a slider over its values, buttons, or a list.

    Its ``value`` is the student's number; the slider's steps are the control's own values.
    """
    options = [(value_label(control, value), value) for value in control.values]
    common: dict[str, Any] = {
        "options": options,
        "value": control.default,
        "description": control.label,
        "style": _STYLE,
        "layout": _WIDE,
    }
    if control.kind == "scale":
        return ipywidgets.SelectionSlider(continuous_update=True, **common)
    if control.kind == "switch":
        return ipywidgets.ToggleButtons(
            tooltip=control.label,  # without one, ipywidgets shows the word "null"
            **{**common, "style": {"description_width": "12em", "button_width": "11em"}},
        )
    return ipywidgets.Dropdown(**common)


def settings_of(controls: list[Control], widgets: Mapping[str, Any]) -> dict[str, Value]:
    """Return the widgets' state as SI values by control name."""
    return {item.name: item.to_si(widgets[item.name].value) for item in controls}
