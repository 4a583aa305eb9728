"""A figure's own choice: buttons or a slider, its changes told, and played without a kernel."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pytest

from storagelab.widgets.sub_choice import FEW, SubChoice


def chosen(count: int, **options: Any) -> tuple[SubChoice, list[Any]]:
    told: list[Any] = []
    made = SubChoice(
        "Which pass", [(f"pass {at}", at) for at in range(count)], lambda: told.append(made.value),
        **options,
    )  # fmt: skip
    return made, told


@pytest.mark.parametrize("count", [2, FEW, FEW + 1, 9])
def test_a_few_options_are_buttons_and_more_are_a_slider(count: int) -> None:
    made, _ = chosen(count)
    kind = ipywidgets.ToggleButtons if count <= FEW else ipywidgets.SelectionSlider
    assert isinstance(made.widget, kind)
    assert made.widget.description == "Which pass"
    assert made.value == 0
    assert chosen(count, value=1)[0].value == 1


@pytest.mark.parametrize("count", [3, 9])
def test_each_change_is_told_once_after_it(count: int) -> None:
    made, told = chosen(count)
    made.value = 2
    made.widget.index = 1
    made.value = 1
    assert told == [2, 1]


def test_a_button_says_what_it_does_where_nothing_else_is_said() -> None:
    assert list(chosen(2)[0].widget.tooltips) == ["Which pass: pass 0", "Which pass: pass 1"]
    assert list(chosen(2, tooltips=["cold", "warm"])[0].widget.tooltips) == ["cold", "warm"]


@pytest.mark.parametrize("count", [3, 9])
def test_a_page_shows_it_only_where_its_changes_are_recorded(count: int) -> None:
    words = ipywidgets.HTML("0")
    made = SubChoice(
        "Which pass", [(f"pass {at}", at) for at in range(count)],
        lambda: setattr(words, "value", str(made.value)),
    )  # fmt: skip
    made.hide()
    assert made.widget.layout.display == "none"
    playback = made.play([(words, "value")])
    assert made.widget.layout.display == ""
    assert playback.source is made.widget
    assert playback.frames == [[str(at)] for at in range(count)]
    assert made.value == 0
