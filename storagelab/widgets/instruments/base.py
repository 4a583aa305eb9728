"""What every instrument has: a figure with words under it, and an update that redraws nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import ipywidgets

from storagelab.parts import AnyOutcome
from storagelab.tracks import Track
from storagelab.widgets import kit
from storagelab.widgets.figure_tools import FigureTools
from storagelab.widgets.table import Table
from storagelab.widgets.theme import caption, heading, say

Target = tuple[Any, str]
"""A widget and the name of one of its traits that an update changes."""

EASE = 150
"""Milliseconds in which marks move to where they belong."""


class Shown(Protocol):
    """What a page can show of an outcome, and play without a kernel."""

    @property
    def widget(self) -> ipywidgets.Widget:
        """What is displayed."""

    def update(self, outcome: AnyOutcome) -> None:
        """Show ``outcome``."""

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""

    def on_a_page(self) -> None:
        """Get ready for a page that has no kernel to ask."""


class Instrument:
    """A figure of one outcome.

    A subclass makes ``self.figure``, its marks and its legend once; :meth:`draw` sets their traits
    from an outcome and returns the words to go under them; :meth:`table` gives the same numbers
    without the figure's edges.
    """

    name: str
    """What its files are called."""
    live = True
    """Whether a screen reader announces the words; where others say it all, it shouldn't."""
    title: str
    figure: Any
    legend: Any
    dynamic: list[Target]
    """What :meth:`draw` changes, the words left out."""
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
        self.outcome: AnyOutcome = None

    @cached_property
    def tools(self) -> FigureTools:
        """The numbers of the figure, and what saves it."""
        return FigureTools(self.figure, self.title, self.name, lambda: self.table(self.outcome))

    @cached_property
    def widget(self) -> ipywidgets.Widget:
        """The figure with its title, its legend, its words and its tools."""
        self.figure.animation_duration = EASE
        parts = [heading(self.title), self.figure, self.legend, self.caption]
        return kit.column([*parts, *self.extras, self.tools], "storagelab-instrument")

    def update(self, outcome: AnyOutcome) -> None:
        """Show ``outcome``."""
        self.outcome = outcome
        self.caption.value = say(self.draw(outcome), self.live)
        self.tools.refresh()

    def on_a_page(self) -> None:
        """Get ready for a page that has no kernel to ask."""
        self.tools.live = False

    def draw(self, outcome: AnyOutcome) -> str:
        """Set the marks from ``outcome`` and return what is seen now."""
        raise NotImplementedError

    def table(self, outcome: AnyOutcome) -> Table:
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
