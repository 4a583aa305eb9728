"""MathPeek: the part's equation with the present numbers in it, behind a toggle."""

from __future__ import annotations

import ipywidgets


class MathPeek:
    """A button that shows and hides the equation."""

    def __init__(self) -> None:
        self.toggle = ipywidgets.ToggleButton(
            value=False, description="Math peek", icon="superscript"
        )
        self.equation = ipywidgets.HTMLMath(layout=ipywidgets.Layout(width="100%", overflow="auto"))
        self.equation.layout.display = "none"
        self.toggle.observe(self._switch, "value")
        self.widget = ipywidgets.VBox([self.toggle, self.equation])

    def _switch(self, change: object) -> None:
        self.equation.layout.display = "" if self.toggle.value else "none"

    def update(self, latex: str) -> None:
        """Show ``latex``, an equation without its dollar signs."""
        self.equation.value = f"$${latex}$$"
