"""Find and close every part of a widget: ipywidgets closes only the box itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ipywidgets import Widget


def close_all(widget: Widget) -> int:
    """Close ``widget`` and every widget in its traits, and return how many these were.

    These are children, a figure's marks, axes and scales, layouts and styles. None of them may be
    used by another figure too.
    """
    found = parts_of(widget)
    for item in found:
        item.close()
    return len(found)


def parts_of(widget: Widget) -> list[Widget]:
    """Return ``widget`` and every widget in its traits, each once, the inner ones first."""
    return list(_within(widget, set()))


def _within(widget: Widget, seen: set[int]) -> Iterator[Widget]:
    if id(widget) in seen:
        return
    seen.add(id(widget))
    for name in widget.keys:
        for item in _widgets(getattr(widget, name)):
            yield from _within(item, seen)
    yield widget


def _widgets(value: Any) -> Iterator[Widget]:
    if isinstance(value, Widget):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _widgets(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _widgets(item)
