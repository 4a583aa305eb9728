"""EventCall: the button by which the track's stakeholder calls with bad news."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storagelab.parts import PARTS
from storagelab.schema import Value
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.prose import paragraphs
from storagelab.widgets.theme import caption


class EventCall:
    """Shows what the caller says and sets the failure rate to the new one."""

    def __init__(self, track: Track, set_controls: Callable[..., None]) -> None:
        content = track.checkpoint
        mtbf: Value = content.event_node_mtbf / content.control("node_mtbf").si
        self.words = caption()
        self.says = paragraphs(PARTS["checkpoint"].words(track, content.event))
        self.button = shared_styles.button(
            "auto", description=content.event_button, icon="phone", button_style="warning"
        )

        def call(button: Any) -> None:
            self.words.value = self.says
            set_controls(node_mtbf=mtbf)

        self.button.on_click(call)
        self.widget = shared_styles.column([self.button, self.words])
