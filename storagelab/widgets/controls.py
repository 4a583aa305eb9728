"""A track's controls as widgets, and their state as settings."""

from __future__ import annotations

from typing import Any

import ipywidgets

from storagelab.schema import Control, Value
from storagelab.units import KIB, format_binary
from storagelab.widgets import shared_styles

_SINGULAR = {"requests": "request", "samples": "sample"}
_LABELS = "12em"
"""Width of the names, so that all sliders begin at the same place."""


def value_label(control: Control, value: Value) -> str:
    """Return the text that the screen shows for a control's value, with its unit."""
    if control.labels:
        return control.label_of(value)
    if control.kind != "scale":
        return str(value)
    if control.si == KIB:
        return format_binary(float(value) * KIB)
    number = float(value)
    shown = f"{number:,.0f}" if number.is_integer() else f"{number:,g}"
    return f"{shown} {_SINGULAR.get(control.unit, control.unit) if number == 1 else control.unit}"


def field_label(control: Control) -> str:
    """Return the name, with the unit, of a field or column that holds a control's numbers."""
    return f"{control.label} ({control.unit})" if control.unit else control.label


def make_control(control: Control, value: Value | None = None) -> Any:
    """Return the widget of a control: a slider over its values, buttons, or a list.

    Its ``value`` is in the student's unit and begins at ``value`` or at the default; the slider's
    steps are the control's own values.
    """
    options = [(value_label(control, value), value) for value in control.values]
    common: dict[str, Any] = {
        "options": options,
        "value": control.default if value is None else value,
        "description": control.label,
        "layout": shared_styles.layout(width="auto", max_width="640px"),
    }
    if control.kind == "scale":
        style = shared_styles.style(
            ipywidgets.widgets.widget_int.SliderStyle, description_width=_LABELS
        )
        return ipywidgets.SelectionSlider(continuous_update=True, style=style, **common)
    if control.kind == "switch":
        return ipywidgets.ToggleButtons(
            tooltip=control.label,  # without one, ipywidgets shows the word "null"
            style={"description_width": _LABELS, "button_width": "11em"},
            **common,
        )
    style = shared_styles.style(
        ipywidgets.widgets.widget_description.DescriptionStyle, description_width=_LABELS
    )
    return ipywidgets.Dropdown(style=style, **common)
