"""Boxes, texts and buttons that share layouts and styles within one workbench.

ipywidgets gives every widget a layout and a style of its own, each of which is a widget with its
own channel to the browser: two thirds of a workbench would be empty layouts. Within :func:`shared`,
equal ones are made only once. Outside of it, every widget has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import ipywidgets

Made = dict[Any, Any]
"""The layouts and styles of a workbench, by their options."""

_made: ContextVar[Made | None] = ContextVar("made", default=None)


@contextmanager
def shared(made: Made | None = None) -> Iterator[None]:
    """Share layouts and styles among the widgets that are made inside, and those in ``made``.

    New ones are added to ``made``. They belong to one workbench, and closing it closes them. A
    widget whose layout changes later needs a layout of its own.
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
    """Return a layout that may be shared and must not be changed."""
    return _once(ipywidgets.Layout, **options)


def style(make: Callable[..., Any], **options: str) -> Any:
    """Return a style of the kind ``make``, such as ``ipywidgets.SliderStyle``."""
    return _once(make, **options)


def html(text: str = "", **options: str) -> ipywidgets.HTML:
    """Return text as a widget; ``options`` are those of its layout."""
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
    """Return a button; ``options`` are those of ipywidgets."""
    return ipywidgets.Button(
        layout=layout(width=width), style=style(ipywidgets.ButtonStyle), **options
    )


def pixel_scale() -> Any:
    """Return the scale of a bqplot figure's own edges, which never changes."""
    import bqplot

    return _once(bqplot.LinearScale, min=0, max=1, allow_padding=False)
