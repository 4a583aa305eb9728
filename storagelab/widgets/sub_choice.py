"""SubChoice: what a single figure shows, chosen below it with a control like those of the part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Target
from storagelab.widgets.playback import Playback, record

FEW = 6
"""As many options, or fewer, are buttons; more are a slider."""


class SubChoice:
    """A figure's own control, such as its epoch or its resource; ``widget`` is what is shown.

    A few ``options``, each a text and its value, are buttons; more are the steps of a slider. Both
    take the keyboard. ``on_change`` is called after each change, also by :attr:`value`. A page
    without a kernel shows the choice where :meth:`play` has recorded what it changes.
    """

    def __init__(
        self,
        label: str,
        options: Sequence[tuple[str, Any]],
        on_change: Callable[[], None],
        value: Any = None,
        tooltips: Sequence[str] = (),
    ) -> None:
        common: dict[str, Any] = {
            "options": list(options),
            "value": options[0][1] if value is None else value,
            "description": label,
            # a layout of its own: it changes on a page without a kernel
            "layout": ipywidgets.Layout(width="auto", max_width="640px"),
            "_dom_classes": ("storagelab-sub-choice",),
        }
        self.widget: Any
        if len(options) <= FEW:
            self.widget = ipywidgets.ToggleButtons(
                tooltips=list(tooltips) or [f"{label}: {text}" for text, _ in options],
                style={"description_width": "", "button_width": "auto"},
                **common,
            )
        else:
            self.widget = ipywidgets.SelectionSlider(
                style=shared_styles.style(
                    ipywidgets.widgets.widget_int.SliderStyle, description_width="initial"
                ),
                **common,
            )
        self.widget.observe(lambda change: on_change(), "value")

    @property
    def value(self) -> Any:
        """The value of the chosen option."""
        return self.widget.value

    @value.setter
    def value(self, value: Any) -> None:
        self.widget.value = value

    def hide(self) -> None:
        """Take it out of sight: a page without a kernel can't answer it."""
        self.widget.layout.display = "none"

    def play(self, targets: Sequence[Target]) -> Playback:
        """Show it, and return what plays its changes of ``targets`` on a page without a kernel.

        Raises ``ValueError`` as :func:`storagelab.widgets.playback.record` does.
        """
        self.widget.layout.display = ""
        return record(self.widget, targets)
