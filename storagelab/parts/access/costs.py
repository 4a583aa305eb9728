"""What the items of part 1's costs are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.costs import Costs

if TYPE_CHECKING:
    from storagelab.tracks import Track


def _items(track: Track) -> dict[str, str]:
    consumer = track.terms.consumer
    return {
        "device": "the device and its work",
        "memory": "buffer and requests in flight",
        "requests": "requests",
        "idle": f"the time in which {consumer.name} {consumer.verb('wait')}",
    }


COSTS = Costs(items=_items)
