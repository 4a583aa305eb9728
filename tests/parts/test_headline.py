"""What a workbench sets large, and its list of what is asked for."""

from __future__ import annotations

import itertools

import pytest

from storagelab.parts import PARTS, AnyPart
from storagelab.tracks import TRACKS, Track, load_track

CASES = list(itertools.product(TRACKS, PARTS))


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def case(request: pytest.FixtureRequest) -> tuple[Track, AnyPart]:
    track, part = request.param
    return load_track(track), PARTS[part]


def test_the_list_says_of_each_limit_whether_a_decision_misses_it(
    case: tuple[Track, AnyPart],
) -> None:
    track, part = case
    for outcome in (part.baseline(track), part.crisis(track)):
        lines = part.goals(track, outcome)
        assert {line.name for line in lines if not line.is_met} == set(outcome.unmet)
        assert {line.name for line in lines} <= {
            limit.name for limit in part.limits() if limit.in_use(track)
        }


def test_the_numbers_set_large_are_those_of_the_prose(case: tuple[Track, AnyPart]) -> None:
    track, part = case
    outcome = part.crisis(track)
    shown = part.figures(track, outcome)
    first, cost = part.headline(track, outcome).numbers
    assert first.number in shown.values()
    assert cost.number == shown["cost"]
    assert part.headline(track, outcome).sentence.endswith(".")


def test_no_run_shows_before_it_is_recorded_what_only_a_recorded_one_shows() -> None:
    for name, part in itertools.product(TRACKS, PARTS.values()):
        track = load_track(name)
        outcome = part.crisis(track)
        hidden = [line.goal.now for line in part.goals(track, outcome) if line.once_recorded]
        assert bool(hidden) == part.records_runs
        if hidden:
            said = part.headline(track, outcome, recorded=False)
            large = {number.number for number in said.numbers}
            assert not large & {*hidden, part.figures(track, outcome)["cost"]}
