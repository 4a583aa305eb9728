"""What every instrument has: a figure with words under it, and an update that redraws nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import ipywidgets

from storagelab.parts import Outcome
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Drawing, Target
from storagelab.widgets.figure_tools import FigureTools
from storagelab.widgets.table import Table
from storagelab.widgets.theme import caption, caption_html, heading

EASE = 150
"""Milliseconds in which marks move to where they belong."""


class Shown(Protocol):
    """What a page can show of an outcome, and play without a kernel."""

    @property
    def widget(self) -> ipywidgets.Widget:
        """What is displayed."""

    def update(self, outcome: Outcome) -> None:
        """Show ``outcome``."""

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""

    def on_a_page(self) -> None:
        """Get ready for a page that has no kernel to ask."""


class Instrument:
    """A figure of one outcome.

    A subclass makes ``self.drawing`` and ``self.figure`` once; :meth:`draw` sets the marks' traits
    from an outcome and returns the words to go under them; :meth:`table` gives the same numbers
    without the figure's edges.
    """

    name: str
    """What its files are called."""
    live = True
    """Whether a screen reader announces the words; it shouldn't where others tell it everything."""
    title: str
    drawing: Drawing
    """The marks, and what the legend and the table say of them."""
    figure: Any
    extras: tuple[Any, ...] = ()
    """Widgets of its own between the words and the tools."""

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether there is anything to show of ``track``."""
        del track
        return True

    def __init__(self, track: Track) -> None:
        self.track = track
        self.caption = caption()
        self.outcome: Outcome = None

    @property
    def dynamic(self) -> list[Target]:
        """What :meth:`draw` changes, the words left out."""
        return self.drawing.dynamic

    @cached_property
    def legend(self) -> ipywidgets.HTML:
        """What the marks stand for."""
        return self.drawing.legend()

    @cached_property
    def tools(self) -> FigureTools:
        """The numbers of the figure, and what saves it."""
        return FigureTools(self.figure, self.title, self.name, lambda: self.table(self.outcome))

    @cached_property
    def widget(self) -> ipywidgets.Widget:
        """The figure with its title, its legend, its words and its tools."""
        self.figure.animation_duration = EASE
        parts = [heading(self.title), self.figure, self.legend, self.caption]
        return shared_styles.column([*parts, *self.extras, self.tools], "storagelab-instrument")

    def update(self, outcome: Outcome) -> None:
        """Show ``outcome``."""
        self.outcome = outcome
        self.caption.value = caption_html(self.draw(outcome), self.live)
        self.tools.refresh()

    def on_a_page(self) -> None:
        """Get ready for a page that has no kernel to ask."""
        self.tools.live = False

    def draw(self, outcome: Outcome) -> str:
        """Set the marks from ``outcome`` and return what is seen now."""
        raise NotImplementedError

    def table(self, outcome: Outcome) -> Table:
        """Return what is drawn of ``outcome`` as numbers, with units in the columns' heads."""
        raise NotImplementedError

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [
            *self.dynamic,
            (self.caption, "value"),
            (self.tools, "columns"),
            (self.tools, "rows"),
        ]
