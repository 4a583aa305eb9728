"""A workbench for a page without a kernel, and everything of it that a change of state moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from storagelab.parts.answers import in_units
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Target
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.moment import Moment
from storagelab.widgets.recorded.player import Player
from storagelab.widgets.theme import caption_html
from storagelab.widgets.workbench import Workbench


class Unit(msgspec.Struct, frozen=True):
    """What is shown together and looks at the same numbers: a figure, the summary, the verdict."""

    show: Callable[[Any], None]
    """Shows an outcome."""
    targets: list[Target]
    """The traits that it changes."""
    choices: Sequence[Any] = ()
    """What it chooses by itself: each has options and an index, whose change shows it anew."""
    along: Sequence[str] = ()
    """For each option of its only choice the control that is drawn against, if that is the choice.

    The page follows the control that is moved, as the figure does in a lab.
    """

    def ways(self) -> list[tuple[int, ...]]:
        """Return the positions of the choices in each combination, the present one first.

        One of them moves at a time.
        """
        first = tuple(choice.index for choice in self.choices)
        return [
            first,
            *(
                (*first[:number], at, *first[number + 1 :])
                for number, choice in enumerate(self.choices)
                for at in range(len(choice.options))
                if at != first[number]
            ),
        ]


class Kept:
    """Whether the present run is recorded: a choice that the page makes, and nobody sees."""

    options = ("no", "yes")

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._index, self._on_change = 0, on_change

    @property
    def index(self) -> int:
        """1 for a run that is recorded."""
        return self._index

    @index.setter
    def index(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self._on_change()


class PageBench:
    """A part's workbench whose figures' choices can be played, and its :attr:`units`.

    It is the workbench of the lab itself. Only what a page can't answer is out of sight: the guess,
    whose answer is drawn from the start.
    """

    def __init__(self, track: Track, part_name: str) -> None:
        self.bench = Workbench(track, part_name, on_record=lambda run: [])
        self.track, self.part = track, self.bench.part
        self.below = self.bench.complete()
        for instrument in self.bench.instruments:
            instrument.on_a_page(plays_choices=True)
        self.below.math_peek.widget.live = False
        with shared_styles.shared():
            self.moment = Moment(track, self.part)
            self.player = Player(layout=shared_styles.layout())
        self.kept = Kept(self._judge)
        self._last: Any = None
        self.units = self._units()
        for unit in self.units:
            unit.show(self.bench.outcome)

    def _units(self) -> list[Unit]:
        bench, track, part = self.bench, self.track, self.part
        peek, line = self.below.math_peek, self.below.line
        found = [_of_figure(instrument) for instrument in bench.instruments]

        def summarise(outcome: Any) -> None:
            bench.summary.value = caption_html(part.summary(track, outcome), folds=True)

        def paste(outcome: Any) -> None:
            line.update(_settings(outcome, bench.controls))

        found += [
            Unit(summarise, [(bench.summary, "value")]),
            Unit(lambda outcome: peek.update(part.equation(track, outcome)), peek.targets()),
            Unit(paste, [(line.field, "value")]),
            Unit(self._show_judged, self._judged(), [self.kept] if part.records_runs else []),
        ]
        if part.records_runs:
            strip = bench.strip
            found += [
                Unit(strip.update, strip.targets()),
                Unit(self._tell_run, [(self.player, "run")]),
            ]
        return found

    def _judged(self) -> list[Target]:
        """Return the traits that depend on whether the run is recorded."""
        told = [(self.moment, name) for name in ("met", "now", "clicks")]
        return [(self.bench.verdict.widget, "value"), *told]

    def _show_judged(self, outcome: Any) -> None:
        """Show the verdict, and whether it is the moment."""
        self._last = outcome
        self._judge()

    def _judge(self) -> None:
        outcome, part, track = self._last, self.part, self.track
        recorded = part.records_runs and self.kept.index == 1
        self.bench.verdict.update(outcome, recorded)
        # of the settings only what the task gives is looked at
        given = _settings(outcome, part.given(track))
        met = part.would_do(track, given, outcome, recorded)
        self.moment.update(outcome, met)
        if not met:
            self.moment.now, self.moment.clicks = [], []

    def _tell_run(self, outcome: Any) -> None:
        """Tell what the list of recorded runs says of this one."""
        from storagelab.widgets.instruments.ten_runs import came_to  # other parts record no runs

        run = in_units(self.bench.content.controls, _settings(outcome, self.bench.controls))
        self.player.run = came_to(self.track, run, self.part.judge(self.track, run))

    @property
    def most_ways(self) -> int:
        """The combinations of choices of the figure that has the most."""
        return max(len(unit.ways()) for unit in self.units)

    @property
    def targets(self) -> list[Target]:
        """Every trait that moves, unit by unit."""
        return [target for unit in self.units for target in unit.targets]


def _of_figure(instrument: Instrument) -> Unit:
    choices = [choice.widget for choice in instrument.choices]
    return Unit(instrument.update, instrument.targets(), choices, instrument.follows)


def _settings(outcome: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return an outcome's settings of these names."""
    return {name: getattr(outcome.settings, name) for name in names}
