"""MathPeek: the part's equation with the present numbers in it, behind a button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from storagelab.parts import PARTS, Outcome
from storagelab.parts.equation import Equation
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Target
from storagelab.widgets.picture import picture
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script, style


class EquationView(Scripted):
    """A button, and under it an equation, an explanation, and a table of its symbols.

    ``unfolded`` says whether these are visible, ``live`` whether a kernel is there to fill them.
    """

    _esm: Any = sent(script("math_peek.js"))
    _css: Any = sent(style("math_peek.css"))
    tex: Any = traitlets.Unicode().tag(sync=True)
    words: Any = traitlets.Unicode().tag(sync=True)
    symbols: Any = traitlets.List().tag(sync=True)
    """Rows of sign, meaning, value, unit, and whether it dominates."""
    unfolded: Any = traitlets.Bool(False).tag(sync=True)
    live: Any = traitlets.Bool(True)


class MathPeek:
    """A button that shows and hides the equation; while it is hidden nothing is computed."""

    def __init__(self) -> None:
        self.widget = EquationView(layout=shared_styles.layout())
        self._shown: Callable[[], Equation] | None = None
        self.widget.observe(lambda change: self._fill(), ["unfolded", "live"])

    def update(self, shown: Equation | Callable[[], Equation]) -> None:
        """Show an equation, or what a function returns; it is called only when it is visible."""
        self._shown = shown if callable(shown) else lambda: shown
        self._fill()

    def _fill(self) -> None:
        view = self.widget
        if self._shown is None or (view.live and not view.unfolded):
            return
        equation = self._shown()
        with view.hold_sync():
            view.tex, view.words = equation.tex, equation.words
            view.symbols = [
                [item.sign, item.meaning, item.value, item.unit, item.dominates]
                for item in equation.symbols
            ]

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [(self.widget, name) for name in ("tex", "words", "symbols")]


class _Unfolded:
    """A part's equation among a page's instruments."""

    def __init__(self, track: Track, part: str) -> None:
        self._track, self._part, self._peek = track, PARTS[part], MathPeek()
        self.widget = self._peek.widget
        self.widget.unfolded = True

    def update(self, outcome: Outcome) -> None:
        """Show the equation of ``outcome``."""
        self._peek.update(lambda: self._part.equation(self._track, outcome))

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return self._peek.targets()

    def on_a_page(self) -> None:
        """Prepare for a page without a kernel."""
        self.widget.live = False


def math_peek(
    track: str = "cloud_titan", part: str = "access", moving: str | None = None, **settings: Any
) -> ipywidgets.VBox:
    """Return the equation of a part with a track's numbers, unfolded, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`.
    """
    return picture(lambda loaded: [_Unfolded(loaded, part)], part, track, moving, **settings)
