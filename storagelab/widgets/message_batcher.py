"""MessageBatcher: one message for everything that a move of a slider changes.

A move changes some twenty widgets. ipywidgets sends a message for each of them, and packing and
signing a message costs more than most figures do; the browser also paints in between. Batched
into one message they cost less, and what belongs together appears together.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import traitlets
from ipywidgets import Widget

from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script

_Update = tuple[str, dict[str, Any], list[Any]]


class MessageBatcher(Scripted):
    """Invisible; while :meth:`together` is open, it holds back the updates of its widgets.

    The browser sets ``ready`` once its script is there, and ``first_batch_received`` once a first
    batch has reached it. Until then every widget sends its own messages.

    This also works around anywidget's issue 803, "Early comm messages to widget are lost"
    (https://github.com/manzt/anywidget/issues/803). Its fix makes a widget's messages wait until
    its script has loaded, but for two seconds only: a widget whose script takes longer loses every
    message, for good. The batcher's script repairs that for the widgets listed in ``scripted``,
    and the first batch sends again what they may have lost until then.
    """

    _esm: Any = sent(script("message_batcher.js"))
    ready: Any = traitlets.Bool(False).tag(sync=True)
    first_batch_received: Any = traitlets.Bool(False).tag(sync=True)
    scripted: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, **options: Any) -> None:
        own = uuid.uuid4().hex  # the script has to know it from the start
        super().__init__(model_id=own, scripted=[own], **options)
        self._batch: list[_Update] | None = None
        self._buffers: list[Any] = []
        self._scripted: list[Scripted] = []
        self.on_msg(lambda batcher, *_: batcher.resend_state())  # to a browser that says hello

    def collect_from(self, widgets: Iterable[Widget]) -> None:
        """Take over what ``widgets`` send; all of it passes through their method ``_send``."""
        others = [widget for widget in widgets if widget is not self]
        for widget in others:
            widget._send = partial(self._take, widget)
        self._scripted = [widget for widget in others if isinstance(widget, Scripted)]
        self.scripted = [widget.model_id for widget in (self, *self._scripted)]

    def _take(self, widget: Widget, message: dict[str, Any], buffers: Any = None) -> None:
        if self._batch is None or message.get("method") != "update":
            type(widget)._send(widget, message, buffers)
            return
        self._batch.append((widget.model_id, message["state"], message["buffer_paths"]))
        self._buffers.extend(buffers or [])

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what changes inside as one message at the end, even if something fails."""
        if self._batch is not None or not self.first_batch_received:
            yield
            return
        with self._one_batch(even_empty=False):
            yield

    def resend_state(self) -> None:
        """Send one batch with the present state of every scripted widget, even if it is empty."""
        with self._one_batch(even_empty=True):
            for widget in self._scripted:
                # traits that begin with an underscore, such as the script itself, never change
                widget.send_state({name for name in widget.keys if not name.startswith("_")})

    @contextmanager
    def _one_batch(self, *, even_empty: bool) -> Iterator[None]:
        self._batch = []
        try:
            yield
        finally:
            batch, buffers = self._batch, self._buffers
            self._batch, self._buffers = None, []
            if batch or even_empty:
                self.send({"updates": batch}, buffers)
