"""MathPeek: the part's equation with the present numbers in it, behind a button."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import anywidget
import ipywidgets
import traitlets

from storagelab.parts import PARTS, Outcome
from storagelab.tracks import Track
from storagelab.widgets import kit
from storagelab.widgets.instruments.base import Instrument, Target
from storagelab.widgets.picture import picture
from storagelab.widgets.scripts import text_of
from storagelab.words.equation import Equation


class EquationView(anywidget.AnyWidget):
    """A button, and under it an equation, the words on it, and a table of its symbols.

    ``unfolded`` is whether they are seen; ``live`` whether a kernel can fill them when they are.
    """

    _esm: Any = text_of("math_peek.js")
    _css: Any = text_of("math_peek.css")
    tex: Any = traitlets.Unicode().tag(sync=True)
    words: Any = traitlets.Unicode().tag(sync=True)
    symbols: Any = traitlets.List().tag(sync=True)
    """Rows of sign, meaning, value, unit, and whether it dominates."""
    unfolded: Any = traitlets.Bool(False).tag(sync=True)
    live: Any = traitlets.Bool(True)


class MathPeek:
    """A button that shows and hides the equation; while it is hidden nothing is computed."""

    def __init__(self) -> None:
        self.widget = EquationView(layout=kit.layout())
        self._shown: Callable[[], Equation] | None = None
        self.widget.observe(lambda change: self._fill(), ["unfolded", "live"])

    def update(self, shown: Equation | Callable[[], Equation]) -> None:
        """Show an equation, or what a function returns, which is called once somebody looks."""
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


class _OnPage(Instrument):
    """A part's equation among a page's instruments."""

    name = "math_peek"

    def __init__(self, track: Track, part: str) -> None:
        super().__init__(track)
        self.part, self.peek = PARTS[part], MathPeek()
        self.peek.widget.unfolded = True

    @cached_property
    def widget(self) -> ipywidgets.Widget:
        """The equation, which has no figure."""
        return self.peek.widget

    @cached_property
    def tools(self) -> Any:
        """What is told that no kernel is there."""
        return self.peek.widget

    def update(self, outcome: Outcome) -> None:
        """Show the equation of ``outcome``."""
        self.peek.update(lambda: self.part.equation(self.track, outcome))

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return self.peek.targets()


def math_peek(
    track: str = "cloud_titan", part: str = "access", moving: str | None = None, **settings: Any
) -> ipywidgets.VBox:
    """Return the equation of a part with a track's numbers, unfolded, playable without a kernel.

    ``settings`` in SI by control name; errors are those of
    :func:`storagelab.widgets.picture.picture`.
    """
    return picture(lambda loaded: [_OnPage(loaded, part)], part, track, moving, **settings)
