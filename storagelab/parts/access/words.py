"""Part 1 in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.formatting import format_cost, large_cost
from storagelab.parts.headline import BigNumber
from storagelab.parts.limits import Figures, seen
from storagelab.units import (
    format_bandwidth,
    format_binary,
    format_bytes,
    format_count,
    format_share,
    format_size,
    format_time,
)

if TYPE_CHECKING:
    from storagelab.parts.access.experiment import AccessOutcome
    from storagelab.tracks import Track


BINDING = {
    "latency": "the latency of each request: too few are outstanding",
    "iops": "the requests per second that the device answers",
    "bandwidth": "the bytes per second that the device moves",
    "stalls": "the writes that a read now and then waits behind",
}
"""What the summary calls each limit of the storage."""


def figures(track: Track, outcome: AccessOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    consumer = track.terms.consumer
    return {
        "dataset_size": format_bytes(track.dataset.size),
        "dataset_label": track.dataset.label,
        "samples": format_count(track.dataset.samples),
        "sample_size": format_size(track.dataset.sample_size),
        "step_samples": format_count(track.node.accelerators * track.node.batch_size),
        "period": format_time(track.node.compute_time),
        "demand": format_count(outcome.demand),
        "demand_bandwidth": format_bandwidth(outcome.demand * track.dataset.sample_size),
        "supply": format_count(outcome.supply),
        "bandwidth": format_bandwidth(outcome.bandwidth),
        "sequential_bandwidth": format_bandwidth(outcome.sequential_bandwidth),
        "latency_ceiling": format_count(outcome.ceilings["latency"]),
        "iops_ceiling": _count(outcome.ceilings["iops"]),
        "bandwidth_ceiling": format_count(outcome.ceilings["bandwidth"]),
        "queue_depth": format_count(outcome.settings.queue_depth),
        "io_time": format_time(outcome.io_time),
        "utilization": format_share(outcome.utilization),
        "target": format_share(outcome.target_utilization),
        "reach": format_count(outcome.reach),
        "reach_target": format_count(outcome.reach_target),
        "full_reach": format_count(outcome.full_reach),
        "separation": format_count(outcome.separation),
        "fill_time": format_time(outcome.fill_time),
        "kept": format_share(outcome.kept),
        "request_bytes": format_binary(outcome.request_bytes),
        "knee": format_binary(outcome.knee),
        "memory": format_bytes(outcome.memory),
        "writes": format_bandwidth(track.access.writes),
        "stall_fraction": format_share(outcome.stall_fraction),
        "stall_time": format_time(outcome.stall_time),
        "slack": format_time(outcome.slack),
        "misses": format_count(outcome.misses),
        "misses_limit": format_count(track.access.misses_limit or 0),
        "skips": format_count(outcome.skips),
        "skips_limit": format_count(outcome.skips_limit) if outcome.skips_limit else "none",
        "skip_time": format_time(track.access.skip_time or 0),
        "blocked": format_time(outcome.steps["blocked"]),
        "active": format_share(outcome.active),
        "cost": format_cost(track, outcome.cost),
        "budget": format_cost(track, track.access.budget or 0),
        "binding": BINDING.get(outcome.binding, f"{consumer.name} {consumer.themselves}"),
    }


def _count(ceiling: float) -> str:
    return format_count(ceiling) if math.isfinite(ceiling) else "any number"


def summary(track: Track, outcome: AccessOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says, terms, consumer = figures(track, outcome), track.terms, track.terms.consumer
    sentences = [
        f"Storage delivers {says['supply']} {terms.samples} a second ({says['bandwidth']}) and "
        f"{consumer.name} {consumer.verb('take')} {says['demand']}: {consumer.they} "
        f"{consumer.verb(consumer.works)} {says['utilization']} of the time. What binds is "
        f"{says['binding']}. This order keeps {says['kept']} of what the device moves at its best.",
        *seen(outcome.limits, track, outcome, says),
    ]
    return " ".join(sentences)


def sentence(track: Track, says: Figures) -> str:
    """Return what matters most now: the two rates, and what binds."""
    return (
        f"Storage delivers {says['supply']} {track.terms.samples} a second, and "
        f"{says['demand']} are asked for. What binds: {says['binding']}."
    )


def cost(track: Track, says: Figures) -> BigNumber:
    """Return what it costs, to set large."""
    return large_cost(track, says["cost"])
