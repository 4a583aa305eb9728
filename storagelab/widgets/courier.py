"""Courier: one message for all that a move of a slider changes.

A move changes some twenty widgets. ipywidgets sends a message for each, and packing and signing
one costs more than most of the pictures do; the browser paints in between. Together they go as
one, and what belongs together appears together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import anywidget
import traitlets
from ipywidgets import Widget

from storagelab.widgets.scripts import text_of

_Update = tuple[str, dict[str, Any], list[Any]]


class Courier(anywidget.AnyWidget):
    """Invisible; while :meth:`together` is open, it keeps the updates of what it carries for.

    The browser sets ``ready`` when its script is there, and ``heard`` when a first, empty message
    came through to it. Until then every widget speaks for itself.
    """

    _esm: Any = text_of("courier.js")
    ready: Any = traitlets.Bool(False).tag(sync=True)
    heard: Any = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._load: list[_Update] | None = None
        self._buffers: list[Any] = []
        self.on_msg(_answer)

    def carry_for(self, widgets: Iterable[Widget]) -> None:
        """Take over what ``widgets`` send; ``_send`` is the one door through which they do."""
        for widget in widgets:
            if widget is not self:
                widget._send = partial(self._take, widget)

    def _take(self, widget: Widget, message: dict[str, Any], buffers: Any = None) -> None:
        if self._load is None or message.get("method") != "update":
            type(widget)._send(widget, message, buffers)
            return
        self._load.append((widget.model_id, message["state"], message["buffer_paths"]))
        self._buffers.extend(buffers or [])

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what changes inside as one message at the end, also if something fails."""
        if self._load is not None or not self.heard:
            yield
            return
        self._load, self._buffers = [], []
        try:
            yield
        finally:
            load, buffers, self._load = self._load, self._buffers, None
            if load:
                self.send({"updates": load}, buffers)


def _answer(courier: Courier, *_: Any) -> None:
    """Send a browser that says hello a message to hear."""
    courier.send({"updates": []})
