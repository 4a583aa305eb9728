"""What part 1 holds against a misconception."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.access import ACCESS
from storagelab.parts.misconceptions import Conclusion, Misconceptions

if TYPE_CHECKING:
    from storagelab.tracks import Track


class AccessMisconceptions(Misconceptions):
    """How much faster order is: a ratio, which can be turned round."""

    def evidence(self, track: Track, said: Conclusion) -> str:
        """Return what comes at the start and what is asked for."""
        terms, shown = track.terms, ACCESS.figures(track, ACCESS.crisis(track))
        late = ""
        if track.access.misses_limit is not None:
            late = f" and {shown['misses']} {terms.steps} an hour come too late"
        return (
            f"In the crisis {shown['supply']} {terms.samples} a second come where "
            f"{shown['demand']} are asked for{late}. Which bar of the waterfall grows then?"
        )

    def at_the_start(self, track: Track) -> dict[float, str]:
        """Return what the list says at the start's request size and queue depth, and of nothing."""
        crisis = ACCESS.crisis(track)
        return {
            1.0: "no difference at all",
            crisis.order_factor: "what the workbench says before you change anything",
        }

    def how_to_read(self, change: str, track: Track) -> str:
        """Return where the list of factors is, and what to set for ``change``."""
        return f"Set {change}, and read the list in the throughput curve."

    def own_slip(self, number: float, right: float, near: float) -> str:
        """Return what is said of the right ratio upside down."""
        if math.isclose(number * right, 1, rel_tol=near):
            return "It is turned round: how many times more come in order is asked for."
        return ""
