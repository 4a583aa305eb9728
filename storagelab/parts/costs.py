"""Costs: what a part's items are called, and for how long an amount is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from storagelab.parts.formatting import cost_with_period, format_job_cost

if TYPE_CHECKING:
    from storagelab.tracks import Track


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """How the costs of a part's outcomes are written."""

    items: Callable[[Track], Mapping[str, str]]
    """What each item of an outcome's ``costs`` is called in a sentence."""
    of_job: bool = False
    """Whether they are for a whole job, and not for the currency's period."""

    def amount(self, track: Track, cost: float) -> str:
        """Return a cost as it stands beside others of its kind, such as ``$1,230 a month``."""
        return format_job_cost(track, cost) if self.of_job else cost_with_period(track, cost)

    def phrase(self, track: Track, cost: float) -> str:
        """Return a cost with what it is for, such as ``$1,230 for the month of 8 nodes``."""
        amount, nodes = self.amount(track, cost), track.checkpoint.nodes
        if not self.of_job:
            return amount
        fleet = f" of {nodes:,} nodes" if nodes > 1 else ""
        return f"{amount} for {track.terms.run}{fleet}"

    def axis(self, track: Track) -> tuple[float, str]:
        """Return units of the currency in one of a cost axis, and the axis's name."""
        if not self.of_job:
            return track.currency.axis, track.currency.label
        if track.currency.unit == "$":
            return 1.0, "cost of the whole job, all nodes ($)"
        return 1.0, "energy of the whole job (J)"  # what watts come to
