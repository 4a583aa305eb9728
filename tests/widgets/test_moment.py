"""The crisis and now stand side by side once the targets are met, and not before."""

from __future__ import annotations

from typing import Any

import keys
import pytest

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets import moment as moments
from storagelab.widgets.playback import record
from storagelab.widgets.workbench import Workbench

from .benches import EVERY_BENCH, within


class Driven:
    """A workbench, its cheapest decision, and what the task gives, in the student's units."""

    def __init__(self, name: str, part_name: str) -> None:
        track = load_track(name)
        runs: list[Any] = []
        self.bench = bench = Workbench(track, part_name, on_record=lambda run: [*runs, run])
        best = keys.reference_answers(track, PARTS[part_name])["decision"]
        given = bench.part.given(track)
        self.decided, self.given = {}, {}
        for item in bench.content.controls:
            if item.name in given:
                (self.given[item.name],) = [
                    value for value in item.values if item.to_si(value) == given[item.name]
                ]
            if item.answer in best and item.decided:
                self.decided[item.name] = next(
                    value for value in item.values if value == best[item.answer]
                )

    def record(self) -> None:
        if self.bench.part.records_runs:
            self.bench.recorder.button.click()


@pytest.fixture
def driven(name: str, part_name: str) -> Driven:
    return Driven(name, part_name)


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_it_comes_with_a_decision_that_would_do_and_costs_nothing_before(driven: Driven) -> None:
    bench, track = driven.bench, driven.bench.track
    bench.complete()
    for button in bench.presets.buttons[: 1 + bool(bench.content.turn)]:
        button.click()
        assert bench.moment is None
    bench.set(**driven.given)
    bench.set(**driven.decided)
    if bench.part.records_runs:
        assert bench.moment is None  # nothing says yet how many hours it would take
    driven.record()
    moment = bench.moment
    assert moment is not None
    assert moment.met
    assert moment in list(within(bench.widget))
    crisis = bench.part.run(track, {**bench.content.turned, **bench.part.given(track)})
    for shown, outcome in ((moment.crisis, crisis), (moment.now, bench.outcome)):
        numbers = bench.part.headline(track, outcome).numbers
        assert shown == [[item.number, item.label] for item in numbers]
    assert [number for number, _ in moment.crisis] != [number for number, _ in moment.now]


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_it_doesnt_come_while_the_task_is_made_easier(driven: Driven) -> None:
    """An order, a record or a failure rate that the task gives can be moved, and doesn't count."""
    bench = driven.bench
    for item in bench.content.controls:
        if item.name in driven.given:
            for value in item.values:
                if value != driven.given[item.name]:
                    bench.set(**{**driven.decided, **driven.given, item.name: value})
                    driven.record()
                    assert bench.moment is None


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_it_keeps_the_last_settings_that_did_and_comes_but_once(driven: Driven) -> None:
    bench = driven.bench
    bench.set(**driven.given, **driven.decided)
    driven.record()
    moment = bench.moment
    assert moment is not None
    now = moment.now
    bench.presets.buttons[-1 if not bench.content.turn else 1].click()
    assert (moment.met, moment.now) == (False, now)
    bench.set(**driven.given, **driven.decided)
    driven.record()
    assert bench.moment is moment
    assert moment.met
    assert sum(isinstance(item, moments.Moment) for item in within(bench.widget)) == 1


@pytest.mark.parametrize(("name", "part_name"), EVERY_BENCH)
def test_only_what_clicks_can_be_heard_and_at_its_own_rates(driven: Driven) -> None:
    bench = driven.bench
    bench.set(**driven.given, **driven.decided)
    driven.record()
    moment = bench.moment
    assert moment is not None
    if (bench.track.name, bench.part.name) != ("tiny_pioneer", "access"):
        assert moment.clicks == []
        return
    assert moment.clicks == [bench.part.crisis(bench.track).misses, 0.0]
    assert moment.crisis[0][0] == f"{moment.clicks[0]:,.0f}"


def test_a_page_without_a_kernel_can_play_it_back() -> None:
    driven = Driven("tiny_pioneer", "access")
    bench = driven.bench
    bench.set(**driven.given, **driven.decided)
    moment = bench.moment
    assert moment is not None
    control = bench.controls["device"].slider
    playback = record(control, [(moment, "now"), (moment, "met"), (moment, "clicks")])
    met = [frame[playback.names.index("met")] for frame in playback.frames]
    assert sorted(set(met)) == [False, True]
