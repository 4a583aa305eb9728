"""MathPeek computes nothing while it is closed, and shows the part's equation once it is open."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.instruments.math_peek import MathPeek, math_peek
from tests.widgets.benches import CLOUDS_OWN, EVERY_BENCH, outcomes

TRACK, PART = load_track("cloud_titan"), PARTS["access"]
SENT = ("tex", "words", "symbols")


def shown(view: Any) -> tuple[Any, Any, list[tuple[Any, ...]]]:
    """Return what a peek shows, in the form of an equation."""
    return view.tex, view.words, [tuple(row) for row in view.symbols]


def of(equation: Any) -> tuple[Any, Any, list[tuple[Any, Any, Any, Any, Any]]]:
    rows = [
        (item.sign, item.meaning, item.value, item.unit, item.dominates)
        for item in equation.symbols
    ]
    return equation.tex, equation.words, rows


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
@given(st.data())
def test_an_open_peek_shows_the_equation_of_any_state(
    name: str, part_name: str, data: st.DataObject
) -> None:
    track, part = load_track(name), PARTS[part_name]
    outcome = data.draw(outcomes(name, part_name))
    peek = MathPeek()
    peek.widget.unfolded = True
    peek.update(lambda: part.equation(track, outcome))
    assert shown(peek.widget) == of(part.equation(track, outcome))
    said = " ".join(
        [peek.widget.words, *(str(cell) for row in peek.widget.symbols for cell in row)]
    )
    assert not re.search(r"[{}\\]|\b(nan|inf|None)\b", said)
    if name != "cloud_titan":
        assert not re.search(CLOUDS_OWN, said, re.IGNORECASE)


def test_while_it_is_closed_nothing_is_computed_or_sent() -> None:
    peek, changed, asked = MathPeek(), [], []
    peek.widget.observe(lambda change: changed.append(change.name), list(SENT))

    def equation() -> Any:
        asked.append(1)
        return PART.equation(TRACK, PART.baseline(TRACK))

    for _ in range(3):
        peek.update(equation)
    assert not changed
    assert not asked
    peek.widget.unfolded = True
    assert len(asked) == 1
    assert set(changed) == set(SENT)
    peek.widget.unfolded = False
    peek.update(equation)
    assert len(asked) == 1


def test_what_is_opened_is_the_latest_and_an_equation_itself_will_do() -> None:
    peek = MathPeek()
    peek.update(lambda: pytest.fail("an equation of the past"))
    equation = PART.equation(TRACK, PART.baseline(TRACK))
    peek.update(equation)
    peek.widget.unfolded = True
    assert shown(peek.widget) == of(equation)


def test_a_peek_that_was_never_updated_opens_empty() -> None:
    peek = MathPeek()
    peek.widget.unfolded = True
    assert shown(peek.widget) == ("", "", [])


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize(
    ("part_name", "moving"),
    [("access", "queue_depth"), ("pipeline", "link"), ("checkpoint", "interval")],
)
def test_on_a_page_it_is_open_and_plays_the_equation_of_each_value(
    name: str, part_name: str, moving: str
) -> None:
    track, part = load_track(name), PARTS[part_name]
    if not part.of(track).has_control(moving):
        pytest.skip("this track has no such control")
    box = math_peek(name, part_name, moving)
    (view,) = [child for child in box.children if hasattr(child, "tex")]
    (playback,) = [child for child in box.children if hasattr(child, "frames")]
    assert view.unfolded
    assert shown(view) == of(part.equation(track, part.crisis(track)))
    control = part.of(track).control(moving)
    values = part.of(track).turned
    for index in (0, len(control.values) - 1):
        outcome = part.run(track, {**values, moving: control.to_si(control.values[index])})
        frame = dict(zip(playback.names, playback.frames[index], strict=True))
        tex, words, _ = of(part.equation(track, outcome))
        assert frame.get("tex", view.tex) == tex
        assert frame.get("words", view.words) == words
