"""Guess: a number to be marked on a figure before the figure shows the answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ipywidgets

from storagelab.parts.formatting import inside
from storagelab.schema import Control
from storagelab.widgets import shared_styles
from storagelab.widgets.controls import field_label


class Guess:
    """A field for one value of a control, and a button that marks it; both take the keyboard.

    ``marked`` is the guess in SI, and None until there is one; ``on_mark`` is called after it.
    """

    def __init__(self, control: Control, on_mark: Callable[[], None]) -> None:
        self._control, self._on_mark = control, on_mark
        self.marked: float | None = None
        self.field: Any = ipywidgets.FloatText(
            value=float(control.default),
            description=f"My guess: best {inside(field_label(control))}",
            step=None,
            layout=shared_styles.layout(width="24em"),
            style=shared_styles.style(
                ipywidgets.widgets.widget_description.DescriptionStyle, description_width="initial"
            ),
        )
        self.button = shared_styles.button(
            "12em", description="Mark my guess", icon="map-marker", button_style="primary"
        )
        self.button.on_click(self._mark)
        self.widget = shared_styles.row([self.field, self.button], "storagelab-guess")

    def _mark(self, button: Any) -> None:
        """Take the guess, held to the ends of the control."""
        typed = float(self.field.value)
        if math.isnan(typed):
            return
        low, high = float(self._control.values[0]), float(self._control.values[-1])
        self.field.value = min(max(typed, low), high)
        self.marked = float(self._control.to_si(self.field.value))
        self._on_mark()
