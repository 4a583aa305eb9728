"""Courier: one message for all that a move of a slider changes.

A move changes some twenty widgets. ipywidgets sends a message for each, and packing and signing
one costs more than most of the pictures do; the browser paints in between. Together they go as
one, and what belongs together appears together.
"""

from __future__ import annotations

import uuid
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

    The browser sets ``ready`` when its script is there, and ``heard`` when a first load came
    through to it. Until then every widget speaks for itself.

    anywidget loses, for good, what is sent to a widget whose script took the browser more than two
    seconds to load. The courier's script mends that for those in ``scripted``, and the first load
    says again what may have been lost until then.
    """

    _esm: Any = text_of("courier.js")
    ready: Any = traitlets.Bool(False).tag(sync=True)
    heard: Any = traitlets.Bool(False).tag(sync=True)
    scripted: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, **options: Any) -> None:
        own = uuid.uuid4().hex  # to be known to the script from the start
        super().__init__(model_id=own, scripted=[own], **options)
        self._load: list[_Update] | None = None
        self._buffers: list[Any] = []
        self._scripted: list[anywidget.AnyWidget] = []
        self.on_msg(lambda courier, *_: courier.say_again())  # to a browser that says hello

    def carry_for(self, widgets: Iterable[Widget]) -> None:
        """Take over what ``widgets`` send; ``_send`` is the one door through which they do."""
        others = [widget for widget in widgets if widget is not self]
        for widget in others:
            widget._send = partial(self._take, widget)
        self._scripted = [widget for widget in others if isinstance(widget, anywidget.AnyWidget)]
        self.scripted = [widget.model_id for widget in (self, *self._scripted)]

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
        with self._one_load(even_empty=False):
            yield

    def say_again(self) -> None:
        """Send one load with the present state of every scripted widget, empty if there is none."""
        with self._one_load(even_empty=True):
            for widget in self._scripted:
                # what begins with an underscore, the script itself among it, never changes
                widget.send_state({name for name in widget.keys if not name.startswith("_")})

    @contextmanager
    def _one_load(self, *, even_empty: bool) -> Iterator[None]:
        self._load = []
        try:
            yield
        finally:
            load, buffers = self._load, self._buffers
            self._load, self._buffers = None, []
            if load or even_empty:
                self.send({"updates": load}, buffers)
