"""What the items of part 2's costs are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.costs import Costs

if TYPE_CHECKING:
    from storagelab.tracks import Track


def _items(track: Track) -> dict[str, str]:
    terms, fed = track.terms, track.fed
    waiting = f"the time in which {fed.name} {fed.verb('wait')}"
    return {
        "link": f"the {terms.link}",
        "cache": f"the room in the {terms.cache}",
        "nvme": f"the bandwidth of the {terms.cache}",
        "memory": f"the {terms.memory}",
        "workers": "the cores that prepare",
        "requests": "requests",
        "idle": "what can't be reconstructed" if track.pipeline.is_log else waiting,
    }


COSTS = Costs(items=_items)
