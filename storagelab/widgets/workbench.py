"""Workbench: a part's controls, its instruments, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import ipywidgets

from storagelab.parts import PARTS, AnyPart, Outcome
from storagelab.parts.answers import in_units
from storagelab.schema import Control, Value
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.closing import close_all, parts_of
from storagelab.widgets.code_line import CodeLine
from storagelab.widgets.control_row import ControlRow, nearest
from storagelab.widgets.event_call import EventCall
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.instruments.math_peek import MathPeek
from storagelab.widgets.message_batcher import MessageBatcher
from storagelab.widgets.page_support import PageSupport
from storagelab.widgets.presets import Presets
from storagelab.widgets.theme import caption, caption_html
from storagelab.widgets.verdict import Verdict

if TYPE_CHECKING:
    from storagelab.widgets.moment import Moment
    from storagelab.widgets.run_recorder import RecordRun


def instruments_of(track: Track, part_name: str) -> list[Instrument]:
    """Return a part's instruments, those that have something to show of ``track``."""
    return [kind(track) for kind in _kinds(track, PARTS[part_name])]


def _kinds(track: Track, part: AnyPart) -> list[type[Instrument]]:
    """Return the kinds of a part's instruments; a lab loads those of its own part alone."""
    kinds: list[type[Instrument]] = [
        resolve_name(f"storagelab.widgets.instruments.{name}") for name in part.instruments
    ]
    return [kind for kind in kinds if kind.shows(track)]


class LazyPanel:
    """What is made after a workbench's first picture: the others, the equation, the line to paste.

    ``pictures`` belong on the stage, ``tools`` into the dock.
    """

    def __init__(
        self,
        kinds: Sequence[type[Instrument]],
        track: Track,
        controls: list[Control],
        sliders: Mapping[str, Any],
        on_restore: Callable[[Mapping[str, Value]], None],
    ) -> None:
        self._track = track
        self.instruments = [_silent(kind(track), sliders) for kind in kinds]
        self.math_peek = MathPeek()
        self.line = CodeLine(controls, on_restore)
        self.pictures = [instrument.widget for instrument in self.instruments]
        self.tools = [self.line.widget, self.math_peek.widget]

    def update(self, part: AnyPart, outcome: Outcome, settings: Mapping[str, Value]) -> None:
        """Show ``outcome``, which ``settings`` (SI, by control name) come to."""
        for instrument in self.instruments:
            instrument.update(outcome)
        self.math_peek.update(partial(part.equation, self._track, outcome))
        self.line.update(settings)


def _silent(instrument: Instrument, sliders: Mapping[str, Any]) -> Instrument:
    """Return an instrument whose marks may be dragged for ``sliders``, by their controls' names.

    Its words aren't announced: the summary is, and all would be noise.
    """
    instrument.live, instrument.sliders = False, sliders
    return instrument


class Workbench:
    """The live half of a part; ``widget`` is what is displayed.

    The controls, what they add up to and the first picture are made at once. All that lies below
    takes as long again: it is made when the browser has got those, or when somebody asks for it
    (:meth:`complete`).
    """

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
        self.outcome: Outcome
        self._said = ""
        self._paused = False
        self._below: LazyPanel | None = None
        self.moment: Moment | None = None
        self._first_kind, *self._other_kinds = _kinds(track, self.part)
        self._made: shared_styles.Made = {}
        with shared_styles.shared(self._made):
            self.message_batcher = MessageBatcher(layout=shared_styles.layout())
            self.widget = self._build(runs, on_record)
        self.message_batcher.observe(lambda change: self._hand_over(), "ready")
        self.refresh()

    def _build(
        self, runs: Sequence[dict[str, Any]], on_record: RecordRun | None
    ) -> ipywidgets.Widget:
        self.controls = {
            item.name: ControlRow(item, self.refresh, self.message_batcher.together)
            for item in self.content.controls
        }
        self.presets = Presets(self.content, self._go_to)
        self._sliders = {name: row.slider for name, row in self.controls.items()}
        self.first = _silent(self._first_kind(self.track), self._sliders)
        self.summary = caption()
        self.summary.add_class("storagelab-summary")
        self.verdict = Verdict(self.track, self.part)
        rows = [control.widget for control in self.controls.values()]
        docked: list[Any] = [
            self.verdict.widget,
            self.presets.widget,
            shared_styles.column(rows, "storagelab-controls"),
        ]
        # where the lazy panel's pictures and tools will be
        self._pictures, self._tools = shared_styles.column(), shared_styles.column()
        staged: list[Any] = [self.first.widget, self._pictures]
        if self.part.has_event:
            self.event = EventCall(self.track, self.set)
            docked.append(self.event.widget)
        if self.part.records_runs:
            # other parts record no runs
            from storagelab.widgets.gauge_strip import GaugeStrip
            from storagelab.widgets.run_recorder import RunRecorder

            self.strip = GaugeStrip(self.track, bare=True)
            self.recorder = RunRecorder(
                self.track, runs, self._present_run, on_record, self.presets.best_run, self.refresh
            )
            docked.insert(1, self.strip.widget)
            docked.append(self.recorder.widget)
            staged.append(self.recorder.ten_runs.widget)
        unseen = [PageSupport(layout=shared_styles.layout()), self.message_batcher]
        self.dock = shared_styles.column([*docked, self._tools, self.summary], "storagelab-dock")
        self.stage = shared_styles.column(staged, "storagelab-stage")
        bench = shared_styles.column([self.dock, self.stage], "storagelab-bench")
        return shared_styles.column([*unseen, bench], "storagelab-workbench")

    def complete(self) -> LazyPanel:
        """Make what lies under the first picture, unless it is there, and return it."""
        if self._below is None:
            with shared_styles.shared(self._made):
                controls = self.content.controls
                self._below = LazyPanel(
                    self._other_kinds, self.track, controls, self._sliders, self._restore
                )
            self._below.update(self.part, self.outcome, self.settings())
            self._pictures.children = self._below.pictures
            self._tools.children = self._below.tools
        return self._below

    @property
    def instruments(self) -> list[Instrument]:
        """Every picture, from the first on."""
        return [self.first, *self.complete().instruments]

    @property
    def math_peek(self) -> MathPeek:
        """The equation."""
        return self.complete().math_peek

    @property
    def line(self) -> CodeLine:
        """The line to paste."""
        return self.complete().line

    def _hand_over(self) -> None:
        """Complete the workbench, and let the batcher collect from every part of it.

        This is done once there is a browser that can unpack its batches.
        """
        self.complete()
        self.message_batcher.collect_from(parts_of(self.widget))

    def settings(self) -> dict[str, Value]:
        """Return the present settings, SI by control name."""
        return {name: row.control.to_si(row.value) for name, row in self.controls.items()}

    def set(self, **values: Value) -> None:
        """Set controls, in the student's units, and redraw once.

        Raises ``KeyError`` for an unknown control and ``TraitError`` for a value that isn't on it.
        """
        with self.message_batcher.together():
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
            with self.message_batcher.together():
                self._show_present()

    def _show_present(self) -> None:
        settings = self.settings()
        self.outcome = self.part.run(self.track, settings)
        self.presets.update({name: row.value for name, row in self.controls.items()})
        self._said = self.part.summary(self.track, self.outcome)
        self.summary.value = caption_html(self._said, folds=True)
        recorded = False
        if self.part.records_runs:
            self.strip.update(self.outcome)
            recorded = self.recorder.has(self._present_run())
        self.verdict.update(self.outcome, recorded)
        self._show_moment(self.part.would_do(self.track, settings, self.outcome, recorded))
        self.first.update(self.outcome)
        if self._below is not None:
            self._below.update(self.part, self.outcome, settings)

    def _show_moment(self, met: bool) -> None:
        """Show the crisis beside what is now, from the first time on that the targets are met."""
        if self.moment is not None:
            self.moment.update(self.outcome, met)
        elif met:
            from storagelab.widgets.moment import Moment  # most settings never need it

            with shared_styles.shared(self._made):
                self.moment = Moment(self.track, self.part)
            self.moment.update(self.outcome, met)
            self.stage.children = (*self.stage.children, self.moment)
            if self.message_batcher.ready:
                self.message_batcher.collect_from(parts_of(self.widget))

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Return what Jupyter shows: the widget, and where there is none, the words."""
        del options
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"text/plain": self._said, "application/vnd.jupyter.widget-view+json": view}

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
