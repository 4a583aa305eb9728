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

    ``marked`` is the guess in SI, and None until there is one; ``on_mark`` is called after it, and
    ``on_move`` after each change of what would be marked.
    """

    def __init__(
        self, control: Control, on_mark: Callable[[], None], on_move: Callable[[], None]
    ) -> None:
        self.control, self._on_mark = control, on_mark
        self.marked: float | None = None
        self.field: Any = ipywidgets.FloatText(
            # neither where the slider is nor where anything is to be found
            value=_middle(control),
            description=f"My guess: best {inside(field_label(control))}",
            step=None,
            layout=shared_styles.layout(width="24em", max_width="100%"),
            style=shared_styles.style(
                ipywidgets.widgets.widget_description.DescriptionStyle, description_width="initial"
            ),
        )
        self.field.observe(lambda change: on_move(), "value")
        self.button = shared_styles.button(
            "12em", description="Mark my guess", icon="map-marker", button_style="primary"
        )
        self.button.on_click(self._mark)
        self.widget = shared_styles.row([self.field, self.button], "storagelab-guess")

    @property
    def value(self) -> float:
        """What would be marked, in SI: the field's number, held to the ends of the control."""
        low, high = float(self.control.values[0]), float(self.control.values[-1])
        typed = float(self.field.value)
        shown = _middle(self.control) if math.isnan(typed) else min(max(typed, low), high)
        return float(self.control.to_si(shown))

    def _mark(self, button: Any) -> None:
        """Take the guess."""
        if math.isnan(self.field.value):
            return
        self.marked = self.value
        self.field.value = self.marked / self.control.si
        self._on_mark()


def _middle(control: Control) -> float:
    """Return the middle value of a control."""
    return float(control.values[len(control.values) // 2])
