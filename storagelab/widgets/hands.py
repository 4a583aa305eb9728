"""Hands: the marks of a figure that can be dragged, and the numbers of those that are pointed at.

bqplot's own marks can be moved (``enable_move``), but to any place, by the mouse alone, and with a
message of their own to the kernel. Here a mark sets the very control that moves it, to the values
that the control has, by mouse, by touch and by keys, also on a page without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import traitlets
from ipywidgets import Widget, widget_serialization

from storagelab.schema import Control
from storagelab.widgets import shared_styles
from storagelab.widgets.controls import value_label
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script, style


class Handle(msgspec.Struct, frozen=True):
    """A mark whose first point is dragged along x in place of a scale's own widget."""

    mark: Any
    """A ``bqplot.Scatter``."""
    control: Control
    places: tuple[float, ...]
    """Where the point lies on the mark's x scale at each of the control's values at present."""
    label: str
    """What a screen reader calls it."""
    field: Any = None
    """The field that holds the number in the student's unit, where that isn't the slider."""


class Hands(Scripted):
    """What lies over a figure for the hand; it draws nothing of the figure itself.

    Dragging ``marks[i]`` to ``places[i][n]`` sets a trait of ``sources[i]`` to its nth value; both
    are in ``ways[i]``. A handle without places isn't there. ``words[i]`` is what the points of
    ``named[i]`` say when they are pointed at or focused; a point with an empty text says nothing.
    """

    _esm: Any = sent(script("hands.js"))
    _css: Any = sent(style("hands.css"))
    figure = traitlets.Instance(Widget).tag(sync=True, **widget_serialization)
    marks = traitlets.List(traitlets.Instance(Widget)).tag(sync=True, **widget_serialization)
    sources = traitlets.List(traitlets.Instance(Widget)).tag(sync=True, **widget_serialization)
    ways: Any = traitlets.List(traitlets.Dict()).tag(sync=True)
    places: Any = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    named = traitlets.List(traitlets.Instance(Widget)).tag(sync=True, **widget_serialization)
    words: Any = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)

    def __init__(
        self,
        figure: Any,
        named: Sequence[Any],
        handles: Sequence[Handle] = (),
        sliders: Mapping[str, Any] | None = None,
    ) -> None:
        sources = [
            (sliders or {})[item.control.name] if item.field is None else item.field
            for item in handles
        ]
        super().__init__(
            figure=figure,
            named=list(named),
            words=[[] for _ in named],
            marks=[item.mark for item in handles],
            sources=sources,
            ways=[_way(item) for item in handles],
            places=[list(item.places) for item in handles],
            layout=shared_styles.layout(),
            _dom_classes=("storagelab-hands",),
        )
        self._handled = [(item.mark, item.control.name) for item in handles]

    def show(self, words: list[list[str]], handles: Sequence[Handle]) -> None:
        """Set what the points say, and where the handles that are there lead."""
        self.words = words
        places = {(item.mark, item.control.name): list(item.places) for item in handles}
        self.places = [places.get(key, []) for key in self._handled]


def _way(item: Handle) -> dict[str, Any]:
    """Return which trait a handle sets, to which values, and how these are called."""
    values = item.control.values
    return {
        "label": item.label,
        "trait": "index" if item.field is None else "value",
        "values": list(range(len(values))) if item.field is None else list(values),
        "texts": [value_label(item.control, value) for value in values],
    }
