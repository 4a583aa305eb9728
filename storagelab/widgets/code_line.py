"""CodeLine: the workbench's state as a line of code, which can also be read back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from storagelab.parts.answers import answer_line, read_answer
from storagelab.schema import Control, Value
from storagelab.widgets import shared_styles
from storagelab.widgets.copy_button import CopyButton
from storagelab.widgets.theme import caption, caption_html

WRONG = (
    "This isn't a line that the workbench gave: it has to look like decision = {...}. "
    "The workbench stays as it is."
)
EXACT = "Restored."
NEAR = "Restored, as near as the sliders come to it. Your answer may say it exactly."


def read_line(controls: list[Control], line: str) -> dict[str, Value]:
    """Return the decided settings, in SI by name, from a line such as ``decision = {...}``.

    No code in the line is run. Raises ``ValueError`` with a sentence for the student.
    """
    text = line.strip().removeprefix("decision").lstrip().removeprefix("=").strip()
    try:
        answer = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise ValueError(WRONG) from None
    return read_answer(controls, answer)


class CodeLine:
    """A field that shows the line; a line that is pasted into it sets the workbench.

    ``on_restore`` takes settings in SI by control name and sets the controls to the nearest values.
    """

    def __init__(
        self, controls: list[Control], on_restore: Callable[[Mapping[str, Value]], None]
    ) -> None:
        self._controls = controls
        self._on_restore = on_restore
        self._shown = ""
        self.field = ipywidgets.Text(
            description="The line to paste",
            continuous_update=False,
            layout=shared_styles.layout(width="auto", flex="1 1 20em"),
            style=shared_styles.style(
                ipywidgets.widgets.widget_string.TextStyle, description_width="auto"
            ),
        )
        self.field.add_class("storagelab-code")
        self.field.observe(self._edited, "value")
        copy = CopyButton(
            source=self.field, what="the line to paste", layout=shared_styles.layout()
        )
        self.words = caption()
        row = shared_styles.row([self.field, copy], "storagelab-control")
        self.widget = shared_styles.column([row, self.words])

    def update(self, settings: Mapping[str, Value]) -> None:
        """Show the line of ``settings``, SI by control name."""
        self._shown = answer_line(self._controls, settings)
        self.field.value = self._shown

    def _edited(self, change: Any) -> None:
        line = change["new"]
        if line == self._shown:
            return
        try:
            settings = read_line(self._controls, line)
        except ValueError as problem:
            self.words.value = caption_html(str(problem))
            return
        self._on_restore(settings)
        exact = answer_line(self._controls, settings) == self._shown
        self.words.value = caption_html(EXACT if exact else NEAR)
        self.field.value = self._shown
