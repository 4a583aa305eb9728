"""Which states are recorded: all where these are few, and those that matter elsewhere."""

from __future__ import annotations

import bisect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.control_row import cuts, nearest
from storagelab.widgets.recorded.plan import (
    AT_ONCE,
    position,
    settings_at,
    slices_of,
    start_of,
    states,
)

EVERY = pytest.mark.parametrize(
    ("track_name", "part_name"), [(t, p) for t in TRACKS for p in PARTS]
)


@EVERY
def test_the_first_table_has_the_start_and_every_decided_state(
    track_name: str, part_name: str
) -> None:
    track, part = load_track(track_name), PARTS[part_name]
    controls = part.of(track).controls
    first, *others = slices_of(track, part)
    assert {item.name for item in controls if item.decided} <= {
        item.name for item in first.axes(controls)
    }
    assert start_of(controls) in states(controls, first)
    assert first.states(controls) == len(states(controls, first)) <= AT_ONCE
    everything = math.prod(len(item.values) for item in controls)
    assert (first.states(controls) == everything) == (others == [])


@EVERY
def test_every_value_of_every_control_is_in_some_table(track_name: str, part_name: str) -> None:
    track, part = load_track(track_name), PARTS[part_name]
    controls = part.of(track).controls
    found: dict[str, set[int]] = {item.name: set() for item in controls}
    for piece in slices_of(track, part):
        for state in states(controls, piece):
            for name, at in state.items():
                found[name].add(at)
    assert found == {item.name: set(range(len(item.values))) for item in controls}


@EVERY
def test_where_a_decision_is_judged_every_decided_state_is_there(
    track_name: str, part_name: str
) -> None:
    track, part = load_track(track_name), PARTS[part_name]
    controls = part.of(track).controls
    given_values = {
        item.name: position(item, part.given(track)[item.name])
        for item in controls
        if item.name in part.given(track)
    }
    decided = {item.name for item in controls if item.decided}
    assert any(
        decided <= {item.name for item in piece.axes(controls)}
        and all(piece.fixed.get(name, at) == at for name, at in given_values.items())
        for piece in slices_of(track, part)
    )


def test_choices_of_figures_get_a_table_of_their_own_where_there_are_too_many() -> None:
    track, part = load_track("cloud_titan"), PARTS["checkpoint"]
    assert slices_of(track, part, ways=1)[0].plays_choices
    pieces = slices_of(track, part, ways=12)
    assert [piece.plays_choices for piece in pieces] == [*[False] * (len(pieces) - 1), True]


def test_the_first_control_moves_the_fastest() -> None:
    track, part = load_track("tiny_pioneer"), PARTS["checkpoint"]
    controls = part.of(track).controls
    walked = states(controls, slices_of(track, part)[0])
    assert [state[controls[0].name] for state in walked[:3]] == [0, 1, 2]
    assert len({tuple(state.values()) for state in walked}) == len(walked)
    assert settings_at(controls, start_of(controls)) == part.of(track).defaults


SCALES = [
    item
    for name in TRACKS
    for part in PARTS.values()
    for item in part.of(load_track(name)).controls
    if item.kind == "scale"
]


@given(st.sampled_from(SCALES), st.floats(0, 1))
def test_the_cuts_lead_to_the_nearest_value(control: object, share: float) -> None:
    values = sorted(float(value) for value in control.values)  # type: ignore[attr-defined]
    assert values == [float(value) for value in control.values]  # type: ignore[attr-defined]
    typed = values[0] + share * (values[-1] - values[0])
    found = values[bisect.bisect_left(cuts(control), typed)]  # type: ignore[arg-type]
    assert found == pytest.approx(float(nearest(control, typed)))  # type: ignore[arg-type]
