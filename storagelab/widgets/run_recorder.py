"""RunRecorder: the button that puts a run into the ledger, and the runs that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storagelab.schema import Value
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.instruments.ten_runs import Run, TenRuns
from storagelab.widgets.theme import caption, caption_html

RECORD = "Record this run ({run} of {most})"
NONE_LEFT = "No runs left"
RecordRun = Callable[[dict[str, Any]], Sequence[Run]]
"""Takes a run and returns all that are recorded; raises ``ValueError`` with a sentence."""


class RunRecorder:
    """Records the present settings, as often as the track allows; nothing can be taken back.

    ``on_best`` is told the number and the settings of the cheapest run that meets the target,
    whenever there is one; ``on_recorded`` is called once a run has been recorded.
    """

    def __init__(
        self,
        track: Track,
        runs: Sequence[Run],
        present: Callable[[], dict[str, Any]],
        on_record: RecordRun | None,
        on_best: Callable[[int, Mapping[str, Value]], None],
        on_recorded: Callable[[], None],
    ) -> None:
        self._most = track.pipeline.runs
        self._present = present
        self._on_record = on_record
        self._on_best = on_best
        self._on_recorded = on_recorded
        self.ten_runs = TenRuns(track)
        self.button = shared_styles.button("auto", icon="dot-circle-o", button_style="primary")
        self.button.on_click(self._record)
        self._problem = caption()
        self.widget = shared_styles.column([self.button, self._problem, self.ten_runs.words])
        self.runs: Sequence[Run] = runs
        """All that are recorded, in their order."""
        self._show(runs)

    def has(self, run: Mapping[str, Any]) -> bool:
        """Return whether ``run`` is among those that are recorded."""
        return any(all(item.get(key) == run[key] for key in run) for item in self.runs)

    def _show(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.ten_runs.update(runs)
        left = self._most - len(runs)
        self.button.disabled = left <= 0 or self._on_record is None
        self.button.description = (
            RECORD.format(run=len(runs) + 1, most=self._most) if left > 0 else NONE_LEFT
        )
        best = self.ten_runs.best
        if best is not None:
            self._on_best(best + 1, runs[best])

    def _record(self, button: Any) -> None:
        if self._on_record is None:
            return
        try:
            runs = self._on_record(self._present())
        except ValueError as problem:
            self._problem.value = caption_html(str(problem))
            return
        self._problem.value = ""
        self._show(runs)
        self._on_recorded()
