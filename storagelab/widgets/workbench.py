"""Workbench: a part's controls, its instruments, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import ipywidgets

from storagelab.parts import PARTS, Outcome
from storagelab.tracks import Track, Value
from storagelab.widgets import kit
from storagelab.widgets.closing import close_all, parts_of
from storagelab.widgets.code_line import CodeLine
from storagelab.widgets.control_row import ControlRow, nearest
from storagelab.widgets.courier import Courier
from storagelab.widgets.event_call import EventCall
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.instruments.math_peek import MathPeek
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.presets import Presets
from storagelab.widgets.theme import caption, say
from storagelab.words.answers import in_units

if TYPE_CHECKING:
    from storagelab.widgets.run_recorder import RecordRun

INSTRUMENTS = {
    "access": (
        "deadline_tail:DeadlineTail",
        "io_waterfall:IOWaterfall",
        "iops_throughput:IOPSThroughput",
        "shuffle_map:ShuffleMap",
    ),
    "pipeline": (
        "sankey:DataFlowSankey",
        "flow_gauge:DataFlowGauge",
        "saturation:PipelineSaturation",
    ),
    "checkpoint": ("young_daly:YoungDaly", "checkpoint_storm:CheckpointStorm"),
}
"""Each part's instruments, as module and class: a lab loads those of its own part alone."""


def instruments_of(track: Track, part_name: str) -> list[Instrument]:
    """Return a part's instruments, those that have something to show of ``track``."""
    kinds: list[type[Instrument]] = [
        resolve_name(f"storagelab.widgets.instruments.{name}") for name in INSTRUMENTS[part_name]
    ]
    return [kind(track) for kind in kinds if kind.shows(track)]


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
        self.outcome: Outcome = None
        self._paused = False
        with kit.shared():
            self.courier = Courier(layout=kit.layout())
            self.widget = self._build(runs, on_record)
        self.courier.observe(self._hand_over, "ready")
        self.refresh()

    def _build(
        self, runs: Sequence[dict[str, Any]], on_record: RecordRun | None
    ) -> ipywidgets.Widget:
        self.controls = {
            item.name: ControlRow(item, self.refresh) for item in self.content.controls
        }
        self.presets = Presets(self.content, self._go_to)
        self.line = CodeLine(self.content.controls, self._restore)
        self.instruments = instruments_of(self.track, self.part.name)
        for instrument in self.instruments:
            instrument.live = False  # the summary is announced; all at once would be noise
        self.math_peek = MathPeek()
        self.summary = caption()
        rows = [control.widget for control in self.controls.values()]
        above: list[Any] = [self.presets.widget, *rows]
        below: list[Any] = [self.math_peek.widget, self.line.widget]
        if self.part.name == "checkpoint":
            self.event = EventCall(self.track, self.set)
            above.append(self.event.widget)
        if self.part.name == "pipeline":
            from storagelab.widgets.run_recorder import RunRecorder  # other parts record no runs

            self.recorder = RunRecorder(
                self.track, runs, self._present_run, on_record, self.presets.best_run
            )
            above.append(self.recorder.widget)
            below.append(self.recorder.ten_runs.widget)
        pictures = [instrument.widget for instrument in self.instruments]
        unseen = [PageSupport(layout=kit.layout()), self.courier]
        return kit.column(
            [*unseen, *above, self.summary, *pictures, *below], "storagelab-workbench"
        )

    def _hand_over(self, change: Any) -> None:
        """Let the courier carry for every part, once there is a browser that can unpack it."""
        self.courier.carry_for(parts_of(self.widget))

    def settings(self) -> dict[str, Value]:
        """Return the present settings, SI by control name."""
        return {name: row.control.to_si(row.value) for name, row in self.controls.items()}

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
        if not self._paused:
            with self.courier.together():
                self._show_present()

    def _show_present(self) -> None:
        settings = self.settings()
        self.outcome = self.part.run(self.track, settings)
        self.summary.value = say(self.part.summary(self.track, self.outcome))
        for instrument in self.instruments:
            instrument.update(self.outcome)
        self.math_peek.update(partial(self.part.equation, self.track, self.outcome))
        self.line.update(settings)
        if self.part.name == "pipeline":
            self.recorder.ten_runs.now(self._present_run())

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Return what Jupyter shows: the widget, and where there is none, the words."""
        del options
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        said = self.part.summary(self.track, self.outcome)
        return {"text/plain": said, "application/vnd.jupyter.widget-view+json": view}

    def close(self) -> None:
        """Take the workbench out of the page and the kernel, with every widget in it."""
        close_all(self.widget)

    def _present_run(self) -> dict[str, Any]:
        return in_units(self.content.controls, self.settings())

    def _go_to(self, values: Mapping[str, Value]) -> None:
        """Set controls to what is nearest to ``values``, in the student's units."""
        self.set(
            **{
                name: nearest(row.control, float(values[name]))
                if row.control.kind == "scale"
                else values[name]
                for name, row in self.controls.items()
                if name in values
            }
        )

    def _restore(self, settings: Mapping[str, Value]) -> None:
        self._go_to(
            {
                name: float(value) / self.controls[name].control.si
                if self.controls[name].control.kind == "scale"
                else value
                for name, value in settings.items()
            }
        )
