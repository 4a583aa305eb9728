"""GaugeStrip: the rate that arrives against what is asked for, as one slim bar with its numbers."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets

from storagelab.colors import BLUE, GREEN, RED
from storagelab.parts import AnyOutcome
from storagelab.parts.formatting import format_answer
from storagelab.parts.pipeline.experiment import PipelineOutcome
from storagelab.parts.pipeline.words import binding_words, stage_labels
from storagelab.tracks import Track
from storagelab.units import format_bandwidth, format_share
from storagelab.widgets import shared_styles
from storagelab.widgets.drawing import Target
from storagelab.widgets.picture import picture

END = 1.25
"""The end of the bar in demands, with room for the path's spare capacity."""
_COLORS = f"--arrives:{GREEN};--missing:{RED};--spare:{BLUE}"


class GaugeStrip:
    """A bar for the warm pass: what arrives, what is missing up to the demand, what is spare.

    Two lines under it say the same in numbers, with what binds and the time that a pass takes; a
    ``bare`` one stands where these are said beside it.
    What the passes come to over the whole job, only a recorded run says.
    """

    def __init__(self, track: Track, bare: bool = False) -> None:
        self.track = track
        self._bare = bare
        self.widget = shared_styles.html(width="auto")

    def update(self, outcome: AnyOutcome) -> None:
        """Show ``outcome``."""
        says = escape(words(self.track, outcome))
        lines = "" if self._bare else _lines(self.track, outcome)
        self.widget.value = (
            f'<div class="storagelab-gauge" style="{_COLORS}" role="img" aria-label="{says}">'
            f"{_bar(outcome)}{lines}</div>"
        )

    def targets(self) -> list[Target]:
        """Return every trait that an update changes."""
        return [(self.widget, "value")]

    def on_a_page(self) -> None:
        """Prepare for a page without a kernel, which needs nothing more than the text."""


def pieces(outcome: PipelineOutcome) -> dict[str, tuple[float, float]]:
    """Return the bar's pieces by name: where each begins and ends, in demands, up to ``END``."""
    arrives = outcome.warm.rate / outcome.demand
    spare = min(END, outcome.warm.supply / outcome.demand)
    found = {"arrives": (0.0, arrives)}
    if arrives < 1 - 1e-9:
        found["missing"] = (arrives, 1.0)
    if spare > 1 + 1e-9:
        found["spare"] = (1.0, spare)
    return found


def _bar(outcome: PipelineOutcome) -> str:
    drawn = "".join(
        f'<i class="storagelab-gauge-{name}" style="left:{100 * begin / END:.4g}%;'
        f'width:{100 * (end - begin) / END:.4g}%"></i>'
        for name, (begin, end) in pieces(outcome).items()
    )
    mark = f'<i class="storagelab-gauge-mark" style="left:{100 / END:.4g}%"></i>'
    return f'<div class="storagelab-gauge-bar">{drawn}{mark}</div>'


def _lines(track: Track, outcome: PipelineOutcome) -> str:
    """Return the two lines under the bar; a short stroke shows which number its mark stands for."""
    terms, warm = track.terms, outcome.warm
    binds = stage_labels(track)[warm.binding]
    reached = format_share(warm.rate / outcome.demand)
    if "spare" in pieces(outcome):
        reached = f"spare {format_bandwidth(warm.supply - outcome.demand)}"
    return (
        f"<div><b>{format_bandwidth(warm.rate)}</b> of "
        f'<i class="storagelab-gauge-key"></i>{format_bandwidth(outcome.demand)} '
        f"· binds: <b>{escape(binds)}</b></div>"
        f"<div>{reached} · {escape(terms.warm)}: "
        f"<b>{_time(track, outcome.read_off)}</b></div>"
    )


def _time(track: Track, seconds: float) -> str:
    """Return the number that the conclusion asks for in its unit."""
    on_record = " on record" if track.pipeline.is_log else ""
    return f"{format_answer(track.pipeline.answer, seconds)}{on_record}"


def words(track: Track, outcome: PipelineOutcome) -> str:
    """Return what the strip shows in sentences, for those who can't see it."""
    terms, warm, fed = track.terms, outcome.warm, track.fed
    sentences = [
        f"In {terms.warm}, {format_bandwidth(warm.rate)} of {format_bandwidth(outcome.demand)} "
        f"arrive, {format_share(warm.rate / outcome.demand)} of what {fed.name} "
        f"{fed.verb('ask')} for: {_time(track, outcome.read_off)}. "
        f"What binds is {binding_words(track)[warm.binding]}."
    ]
    if track.pipeline.cold_start:
        sentences.append(
            f"The first pass, which finds the {terms.cache} empty, gets "
            f"{format_bandwidth(outcome.cold.rate)}: {_time(track, outcome.cold.time)}."
        )
    if "spare" in pieces(outcome):
        beyond = warm.supply > END * outcome.demand
        sentences.append(
            f"The path could deliver {format_bandwidth(warm.supply)}"
            f"{', beyond the end of the bar' if beyond else ''}."
        )
    return " ".join(sentences)


def data_flow_gauge(
    track: str = "cloud_titan", moving: str | None = "link", **settings: Any
) -> ipywidgets.VBox:
    """Return the strip of a track's feeding path, playable without a kernel.

    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    return picture(lambda loaded: [GaugeStrip(loaded)], "pipeline", track, moving, **settings)
