"""Presets: positions of a workbench that tell a story, one button each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from storagelab.schema import PartTable, Value
from storagelab.widgets import shared_styles
from storagelab.widgets.theme import caption, caption_html

START = "The start"
CRISIS = "The crisis"
BEST_RUN = "My best run"
BEST_WORDS = "Run {run}: the cheapest of yours that meets the target."


class Position(msgspec.Struct, frozen=True):
    """Where a preset sets the controls: by name, in the student's units."""

    label: str
    words: str
    values: dict[str, Value]

    def is_at(self, values: Mapping[str, Value]) -> bool:
        """Return whether controls that stand at ``values`` are here."""
        return all(values.get(name) == value for name, value in self.values.items())


def positions(content: PartTable) -> list[Position]:
    """Return a part's positions: the start and the crisis, then what its track file adds.

    Where nothing turns, the start is the crisis, and has one button.
    """
    names = {item.answer: item.name for item in content.controls}
    start = {item.name: item.default for item in content.controls}
    crisis = {**start, **{names[key]: value for key, value in content.turn.items()}}
    told = [
        Position(
            preset.label,
            preset.words,
            {**crisis, **{names[key]: value for key, value in preset.settings.items()}},
        )
        for preset in content.presets
    ]
    first = [Position(START, "As the workbench opens.", start)] if content.turn else []
    return [*first, Position(CRISIS, "As it was when they called.", crisis), *told]


PRESSED = ("mod-active",)
"""The CSS class of a pressed button, as ipywidgets has it; page_support.js says it aloud."""


class Presets:
    """A row of buttons; pressing one sets the controls and says what is seen there.

    The button of the position where the controls are is pressed, and what it said is gone as soon
    as they are elsewhere. ``best_run`` shows a button more as soon as there is one: a run in the
    student's units.
    """

    def __init__(
        self,
        content: PartTable,
        on_choice: Callable[[Mapping[str, Value]], None],
    ) -> None:
        self._on_choice = on_choice
        self._content = content
        self.words = caption()
        self._places: dict[Any, Position] = {}
        self._chosen: Position | None = None
        self._present: Mapping[str, Value] = {}
        self.buttons = [self._button(position) for position in positions(content)]
        label = shared_styles.html("Set all to")
        self.row = shared_styles.row([label, *self.buttons], "storagelab-presets")
        self._best: Any = None
        self.widget = shared_styles.column([self.row, self.words])

    def _button(self, position: Position) -> Any:
        button = shared_styles.button("auto", description=position.label, tooltip=position.words)
        button.on_click(lambda pressed: self._choose(position))
        self._places[button] = position
        return button

    def _choose(self, position: Position) -> None:
        self._on_choice(position.values)
        self._chosen = position
        self.words.value = caption_html(position.words)

    def update(self, values: Mapping[str, Value]) -> None:
        """Mark the position where the controls are, in the student's units by name, if any."""
        self._present = values
        for button, position in self._places.items():
            button._dom_classes = PRESSED if position.is_at(values) else ()
        if self._chosen is not None and not self._chosen.is_at(values):
            self._chosen = None
            self.words.value = ""

    def best_run(self, number: int, run: Mapping[str, Value]) -> None:
        """Offer run ``number`` (from 1), given as an answer, as the student's best so far."""
        names = {item.answer: item.name for item in self._content.controls if item.decided}
        position = Position(
            BEST_RUN,
            BEST_WORDS.format(run=number),
            {names[key]: value for key, value in run.items()},
        )
        if self._best is not None:
            del self._places[self._best]
            self._best.close()
        self._best = self._button(position)
        self.row.children = (*self.row.children[: len(self.buttons) + 1], self._best)
        self.update(self._present)
