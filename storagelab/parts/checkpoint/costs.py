"""What the items of part 3's costs are called; they are for the whole job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.costs import Costs

if TYPE_CHECKING:
    from storagelab.tracks import Track


def _items(track: Track) -> dict[str, str]:
    return {
        "wasted": "time that is wasted",
        "bandwidth": track.terms.writes,
        "spares": "machines held to spare",
        "near": "room for what is kept near",
    }


COSTS = Costs(items=_items, of_job=True)
