"""Workbench: a part's controls, its instruments, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets

from storagelab.parts import PARTS, Outcome
from storagelab.tracks import Track, Value
from storagelab.widgets.accessibility import SliderNames
from storagelab.widgets.controls import make_control, settings_of
from storagelab.widgets.deadline_tail import DeadlineTail
from storagelab.widgets.flow_gauge import FlowGauge
from storagelab.widgets.instrument import Instrument
from storagelab.widgets.io_waterfall import IOWaterfall
from storagelab.widgets.iops_throughput import IOPSThroughput
from storagelab.widgets.math_peek import MathPeek
from storagelab.widgets.prose import paragraphs
from storagelab.widgets.sankey import DataFlowSankey
from storagelab.widgets.saturation import Saturation
from storagelab.widgets.ten_runs import TenRuns
from storagelab.widgets.theme import caption, say, styles
from storagelab.widgets.young_daly import YoungDaly
from storagelab.words.answers import answer_line, in_units

INSTRUMENTS: dict[str, tuple[Callable[[Track], Instrument], ...]] = {
    "access": (IOWaterfall, IOPSThroughput),
    "pipeline": (DataFlowSankey, FlowGauge, Saturation),
    "checkpoint": (YoungDaly,),
}


def instruments_of(track: Track, part_name: str) -> list[Instrument]:
    """Return a part's instruments for a track: a deadline, where there is one, has its own."""
    built = [build(track) for build in INSTRUMENTS[part_name]]
    if part_name == "access" and track.access.misses_limit is not None:
        built.insert(0, DeadlineTail(track))
    return built


RecordRun = Callable[[dict[str, Any]], list[dict[str, Any]]]
"""Takes a run in the student's units, and returns all that are recorded."""


class Workbench:
    """The live half of a part; ``widget`` is what is displayed."""

    def __init__(
        self,
        track: Track,
        part_name: str,
        runs: Sequence[dict[str, Any]] = (),
        on_record: RecordRun | None = None,
    ) -> None:
        self.track = track
        self.part = PARTS[part_name]
        self.content = self.part.of(track)
        self.controls = {item.name: make_control(item) for item in self.content.controls}
        self.instruments = instruments_of(track, part_name)
        for instrument in self.instruments:
            instrument.live = False  # the summary is announced; all at once would be noise
        self.math_peek = MathPeek()
        self.summary = caption()
        self.line = caption()
        self.outcome: Outcome = None
        self._paused = False
        for control in self.controls.values():
            control.observe(lambda change: self.refresh(), "value")

        reset = ipywidgets.Button(
            description="Back to the start", icon="undo", layout=ipywidgets.Layout(width="14em")
        )
        reset.on_click(lambda button: self.set(**self._defaults()))
        above: list[Any] = [*self.controls.values(), ipywidgets.HBox([reset])]
        below: list[Any] = [self.math_peek.widget, self.line]
        if part_name == "checkpoint":
            above.append(self._event())
        if part_name == "pipeline":
            above.append(self._recorder(list(runs), on_record))
            below.append(self.ten_runs.widget)
        self.widget = ipywidgets.VBox(
            [
                SliderNames(),
                styles(),
                *above,
                self.summary,
                *(instrument.widget for instrument in self.instruments),
                *below,
            ]
        )
        self.widget.add_class("storagelab-workbench")
        self.refresh()

    def _defaults(self) -> dict[str, Value]:
        return {item.name: item.default for item in self.content.controls}

    def settings(self) -> dict[str, Value]:
        """Return the present settings, SI by control name."""
        return settings_of(self.content.controls, self.controls)

    def set(self, **values: Value) -> None:
        """Set controls, in the student's units, and redraw once.

        Raises ``KeyError`` for an unknown control and ``TraitError`` for a value that isn't on it.
        """
        self._paused = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._paused = False
        self.refresh()

    def refresh(self) -> None:
        """Compute the outcome of the present settings and show it everywhere."""
        if self._paused:
            return
        settings = self.settings()
        self.outcome = self.part.run(self.track, settings)
        self.summary.value = say(self.part.summary(self.track, self.outcome))
        for instrument in self.instruments:
            instrument.update(self.outcome)
        self.math_peek.update(self.part.equation(self.track, self.outcome))
        line = answer_line(self.content.controls, settings)
        self.line.value = f"<p>The line to paste:</p><pre><code>{escape(line)}</code></pre>"

    def _event(self) -> ipywidgets.Widget:
        content = self.track.checkpoint
        control = content.control("node_mtbf")
        words = caption()
        button = ipywidgets.Button(
            description=content.event_button,
            icon="phone",
            button_style="warning",
            layout=ipywidgets.Layout(width="18em"),
        )

        def call(button: Any) -> None:
            words.value = paragraphs(self.part.words(self.track, content.event))
            self.set(node_mtbf=content.event_node_mtbf / control.si)

        button.on_click(call)
        return ipywidgets.VBox([button, words])

    def _recorder(self, runs: list[dict[str, Any]], on_record: RecordRun | None) -> Any:
        most = self.track.pipeline.runs
        self.ten_runs = TenRuns(self.track)
        self.record_button = ipywidgets.Button(
            icon="dot-circle-o", button_style="primary", layout=ipywidgets.Layout(width="18em")
        )
        problem = caption()

        def show(recorded: list[dict[str, Any]]) -> None:
            self.ten_runs.update(recorded)
            left = most - len(recorded)
            self.record_button.disabled = left <= 0 or on_record is None
            self.record_button.description = (
                f"Record this run ({len(recorded) + 1} of {most})" if left > 0 else "No runs left"
            )

        def record(button: Any) -> None:
            if on_record is None:
                return
            try:
                show(on_record(in_units(self.content.controls, self.settings())))
                problem.value = ""
            except ValueError as error:
                problem.value = say(str(error))

        self.record_button.on_click(record)
        show(runs)
        return ipywidgets.VBox([self.record_button, problem, self.ten_runs.words])
