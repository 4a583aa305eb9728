"""What every instrument has: a figure with words under it, and an update that redraws nothing."""

from __future__ import annotations

from typing import Any

import ipywidgets

from storagelab.parts import Outcome
from storagelab.tracks import Track
from storagelab.widgets.theme import caption, heading, say

Target = tuple[Any, str]
"""A widget and the name of one of its traits that an update changes."""


class Instrument:
    """A figure of one outcome.

    A subclass makes ``self.figure``, its marks and its legend once; :meth:`draw` sets their traits
    from an outcome and returns the words to go under them.
    """

    live = True
    """Whether a screen reader announces the words; where others say it all, it shouldn't."""
    title: str
    figure: Any
    legend: Any
    dynamic: list[Target]
    """What :meth:`draw` changes, the words left out."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.caption = caption()

    @property
    def widget(self) -> ipywidgets.Widget:
        """The figure with its title, its legend and its words."""
        return ipywidgets.VBox([heading(self.title), self.figure, self.legend, self.caption])

    def update(self, outcome: Outcome) -> None:
        """Show ``outcome``."""
        self.caption.value = say(self.draw(outcome), self.live)

    def draw(self, outcome: Outcome) -> str:
        """Set the marks from ``outcome`` and return what is seen now."""
        raise NotImplementedError

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [*self.dynamic, (self.caption, "value")]
