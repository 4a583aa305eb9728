"""What every instrument has: a figure with a caption, and an update that changes its marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import ipywidgets

from storagelab.parts import AnyOutcome
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Drawing, Target
from storagelab.widgets.figure_tools import FigureTools
from storagelab.widgets.hands import Handle, Hands
from storagelab.widgets.sub_choice import SubChoice
from storagelab.widgets.table import Table
from storagelab.widgets.theme import caption, caption_html, heading

EASE = 150
"""Milliseconds that marks take to move to their new places."""


class Shown(Protocol):
    """Something that a page can show and play back without a kernel."""

    @property
    def widget(self) -> ipywidgets.Widget:
        """What is displayed."""

    def update(self, outcome: AnyOutcome) -> None:
        """Show ``outcome``."""

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""

    def on_a_page(self) -> None:
        """Prepare for a page without a kernel."""


class Instrument:
    """A figure of one outcome.

    A subclass makes ``self.drawing`` and ``self.figure`` once; :meth:`draw` sets the marks' traits
    from an outcome and returns the caption; :meth:`table` gives the same numbers, unclipped.
    """

    name: str
    """The name of its files."""
    live = True
    """Whether a screen reader announces the caption; it needn't where a summary is announced."""
    title: str
    drawing: Drawing
    """The marks with their legend entries and table columns."""
    figure: Any
    extras: tuple[Any, ...] = ()
    """The instrument's own widgets, between the caption and the tools."""
    choices: tuple[SubChoice, ...] = ()
    """Those of its own widgets that choose what it shows."""
    follows: tuple[str, ...] = ()
    """The control for each option of its only choice, where it goes over to the one that moves."""
    sliders: Mapping[str, Any] = {}
    """The widgets of the controls that its marks may be dragged for, by the controls' names.

    Set before :attr:`widget` is made.
    """

    @classmethod
    def shows(cls, track: Track) -> bool:
        """Return whether there is anything to show of ``track``."""
        del track
        return True

    def __init__(self, track: Track) -> None:
        self.track = track
        self.caption = caption()
        self.outcome: AnyOutcome = None

    @property
    def dynamic(self) -> list[Target]:
        """Every trait that :meth:`draw` changes, except the caption's."""
        return self.drawing.dynamic

    @cached_property
    def legend(self) -> ipywidgets.HTML:
        """The legend of what is to be seen of the marks; it changes with an update."""
        return self.drawing.legend()

    def handles(self) -> Sequence[Handle]:
        """Return every mark that can be dragged, whether its slider is there or not.

        One that can't be dragged at present has no places.
        """
        return ()

    @cached_property
    def hands(self) -> Hands | None:
        """What lies over the figure for the hand, if a mark can be dragged or has words."""
        handles = [
            item
            for item in self.handles()
            if item.field is not None or item.control.name in self.sliders
        ]
        named = self.drawing.named
        return Hands(self.figure, named, handles, self.sliders) if handles or named else None

    @cached_property
    def tools(self) -> FigureTools:
        """The figure's numbers, and the buttons that save it."""
        return FigureTools(self.figure, self.title, self.name, lambda: self.table(self.outcome))

    @cached_property
    def widget(self) -> ipywidgets.Widget:
        """The figure with its title, legend, caption and tools."""
        self.figure.animation_duration = EASE
        hands = [] if self.hands is None else [self.hands]
        parts = [heading(self.title), *hands, self.figure, self.legend, self.caption]
        return shared_styles.column([*parts, *self.extras, self.tools], "storagelab-instrument")

    def update(self, outcome: AnyOutcome) -> None:
        """Show ``outcome``."""
        self.outcome = outcome
        self.caption.value = caption_html(self.draw(outcome), self.live, folds=True)
        if self.hands is not None:
            self.hands.show(self.drawing.words(outcome), self.handles())
        self.legend.value = self.drawing.legend_html()
        self.tools.refresh()

    def on_a_page(self, plays_choices: bool = False) -> None:
        """Prepare for a page without a kernel, which may play the changes of its choices."""
        del plays_choices
        self.tools.live = False

    def draw(self, outcome: AnyOutcome) -> str:
        """Set the marks from ``outcome`` and return the caption."""
        raise NotImplementedError

    def table(self, outcome: AnyOutcome) -> Table:
        """Return the numbers drawn for ``outcome``, with units in the columns' heads."""
        raise NotImplementedError

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        hands = [] if self.hands is None else [(self.hands, "words"), (self.hands, "places")]
        return [
            *self.dynamic,
            *hands,
            (self.legend, "value"),
            (self.caption, "value"),
            (self.tools, "columns"),
            (self.tools, "rows"),
        ]
