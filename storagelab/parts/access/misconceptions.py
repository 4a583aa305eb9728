"""What part 1 holds against a misconception."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.access import ACCESS
from storagelab.parts.misconceptions import Conclusion, Misconceptions

if TYPE_CHECKING:
    from storagelab.tracks import Track


class AccessMisconceptions(Misconceptions):
    """How much more is read: a ratio, which can be turned round."""

    def evidence(self, track: Track, said: Conclusion) -> str:
        """Return what comes at the start and what is asked for."""
        terms, shown = track.terms, ACCESS.figures(track, ACCESS.baseline(track))
        late = ""
        if track.access.misses_limit is not None:
            late = f" and {shown['misses']} {terms.steps} an hour come too late"
        return (
            f"At the start {shown['supply']} {terms.samples} a second come where "
            f"{shown['demand']} are asked for{late}. Which bar of the waterfall grows then?"
        )

    def at_the_start(self, track: Track) -> dict[float, str]:
        """Return the one ratio that changes nothing."""
        return {1.0: "no change at all"}

    def own_slip(self, number: float, right: float, near: float) -> str:
        """Return what is said of the right ratio upside down."""
        if math.isclose(number * right, 1, rel_tol=near):
            return "It is turned round: how many times more is asked for, not what is left."
        return ""
