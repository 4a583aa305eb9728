"""CodeLine: the workbench's state as the line of code for the answer cell, both ways."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from storagelab.parts.answers import answer_line, read_answer
from storagelab.schema import Control, Value
from storagelab.widgets import kit
from storagelab.widgets.copy_button import CopyButton
from storagelab.widgets.theme import caption, say


def read_line(controls: list[Control], line: str) -> dict[str, Value]:
    """Return the settings in a line such as ``decision = {...}``: decided ones, SI, by name.

    Nothing in it is run. Raises ``ValueError`` with a sentence for the student.
    """
    text = line.strip().removeprefix("decision").lstrip().removeprefix("=").strip()
    try:
        answer = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise ValueError(
            "This isn't a line that the workbench gave: it has to look like decision = {...}. "
            "The workbench stays as it is."
        ) from None
    return read_answer(controls, answer)


class CodeLine:
    """A field with the line; a line put into it sets the workbench.

    ``on_restore`` takes settings in SI by control name, and sets the controls to what is nearest.
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
            layout=kit.layout(width="auto", flex="1 1 20em"),
            style=kit.style(ipywidgets.widgets.widget_string.TextStyle, description_width="auto"),
        )
        self.field.add_class("storagelab-code")
        self.field.observe(self._edited, "value")
        copy = CopyButton(source=self.field, what="the line to paste", layout=kit.layout())
        self.words = caption()
        row = kit.row([self.field, copy], "storagelab-control")
        self.widget = kit.column([row, self.words])

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
            self.words.value = say(str(problem))
            return
        self._on_restore(settings)
        exact = answer_line(self._controls, settings) == self._shown
        near = "Restored, as near as the sliders come to it. Your answer may say it exactly."
        self.words.value = say("Restored." if exact else near)
        self.field.value = self._shown
