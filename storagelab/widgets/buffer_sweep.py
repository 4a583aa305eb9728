"""BufferSweep: a button that lets the shuffle buffer sweep once over the shuffle map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Target
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script

_MOVING = ("read", "used", "buffer", "sentences")


class BufferSweep(Scripted):
    """Plays in the page what Python has played: needs no kernel, and changes none of the marks.

    ``read`` and ``used`` are the places at which each stored sample is read and used, ``buffer``
    the samples that the buffer holds, ``top`` the figure's height in heights of the map, and
    ``sentences`` what there is to be seen at the sweep's beginning, in the middle and at its end.
    ``colors`` are those of a sample and of a ``marked`` one.
    """

    _esm: Any = sent(script("buffer_sweep.js"))
    read: Any = traitlets.List(traitlets.Int()).tag(sync=True)
    used: Any = traitlets.List(traitlets.Int()).tag(sync=True)
    buffer: Any = traitlets.Int(0).tag(sync=True)
    marked: Any = traitlets.List(traitlets.Int()).tag(sync=True)
    colors: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    top: Any = traitlets.Float(1.0).tag(sync=True)
    sentences: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, marked: Sequence[int], colors: Sequence[str], top: float) -> None:
        super().__init__(
            marked=list(marked), colors=list(colors), top=top, layout=shared_styles.layout()
        )

    def show(
        self, read: Sequence[int], used: Sequence[int], buffer: int, sentences: Sequence[str]
    ) -> None:
        """Take over an order, in one message or in none."""
        with self.hold_sync():
            self.read, self.used = list(read), list(used)
            self.buffer, self.sentences = buffer, list(sentences)

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [(self, name) for name in _MOVING]
