"""Moment: the crisis and now, side by side, when the targets are met for the first time."""

from __future__ import annotations

from typing import Any

import traitlets

from storagelab.parts import AnyOutcome, AnyPart
from storagelab.parts.headline import Headline
from storagelab.tracks import Track
from storagelab.widgets import shared_styles
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script, style


class Moment(Scripted):
    """The numbers of the crisis and of now, as a panel that opens itself once, when ``met`` is set.

    Closed, it can be opened again. It shows the last ``now`` at which the targets were met. Where
    ``clicks`` has the clicks an hour then and now, a button lets them be heard.
    """

    _esm: Any = sent(script("moment.js"))
    _css: Any = sent(style("moment.css"))
    crisis: Any = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    now: Any = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    clicks: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    met: Any = traitlets.Bool(False).tag(sync=True)

    def __init__(self, track: Track, part: AnyPart) -> None:
        super().__init__(layout=shared_styles.layout())
        self._track, self._part = track, part
        # a decision is held against what the present settings come to after the bad news
        self._crisis = part.run(track, {**part.of(track).turned, **part.given(track)})
        self._is_heard = part.name == "access" and track.access.heard
        self.crisis = _numbers(part.headline(track, self._crisis))

    def update(self, outcome: AnyOutcome, met: bool) -> None:
        """Show ``outcome`` as what is now, if it has ``met`` the targets."""
        with self.hold_sync():
            if met:
                self.now = _numbers(self._part.headline(self._track, outcome))
                if self._is_heard:
                    self.clicks = [self._crisis.misses, outcome.misses]
            self.met = met


def _numbers(headline: Headline) -> list[list[str]]:
    return [[item.number, item.label] for item in headline.numbers]
