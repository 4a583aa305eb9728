"""Boxes, texts and buttons that share layouts and styles within one workbench.

ipywidgets gives every widget a layout and a style of its own, each of them a widget with a channel
to the browser: two thirds of a workbench would be layouts that say nothing. Within
:func:`shared` equal ones are made once. Outside of it, everything has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import ipywidgets

Made = dict[Any, Any]
"""The layouts and styles that a workbench has, by what they say."""

_made: ContextVar[Made | None] = ContextVar("made", default=None)


@contextmanager
def shared(made: Made | None = None) -> Iterator[None]:
    """Share layouts and styles among the widgets that are made inside, and with ``made`` ones.

    They belong to one workbench, so that closing it closes them; who wants to change a layout later
    makes one of its own. What is made anew is added to ``made``.
    """
    token = _made.set({} if made is None else made)
    try:
        yield
    finally:
        _made.reset(token)


def _once(make: Callable[..., Any], **options: str | float) -> Any:
    made = _made.get()
    if made is None:
        return make(**options)
    key = (make, tuple(sorted(options.items())))
    if key not in made:
        made[key] = make(**options)
    return made[key]


def layout(**options: str) -> Any:
    """Return a layout that nobody will change."""
    return _once(ipywidgets.Layout, **options)


def style(make: Callable[..., Any], **options: str) -> Any:
    """Return a style of the kind ``make``, such as ``ipywidgets.SliderStyle``."""
    return _once(make, **options)


def html(text: str = "", **options: str) -> ipywidgets.HTML:
    """Return text; ``options`` are its layout's."""
    return ipywidgets.HTML(
        text,
        layout=layout(**options),
        style=style(ipywidgets.widgets.widget_string.HTMLStyle),
    )


def column(children: Sequence[Any] = (), name: str = "") -> ipywidgets.VBox:
    """Return a box of ``children`` one below the other, with the CSS class ``name``."""
    return _box(ipywidgets.VBox, children, name)


def row(children: Sequence[Any] = (), name: str = "") -> ipywidgets.HBox:
    """Return a box of ``children`` side by side, with the CSS class ``name``."""
    return _box(ipywidgets.HBox, children, name)


def _box(make: Any, children: Sequence[Any], name: str) -> Any:
    return make(list(children), layout=layout(), _dom_classes=(name,) if name else ())


def button(width: str, **options: Any) -> ipywidgets.Button:
    """Return a button; ``options`` are ipywidgets' own."""
    return ipywidgets.Button(
        layout=layout(width=width), style=style(ipywidgets.ButtonStyle), **options
    )


def pixel_scale() -> Any:
    """Return the scale of a bqplot figure's own edges, which never changes."""
    import bqplot

    return _once(bqplot.LinearScale, min=0, max=1, allow_padding=False)
