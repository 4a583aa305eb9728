"""Part 2 in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storagelab.checkpoint import checkpoint_size
from storagelab.parts.formatting import (
    format_cost,
    format_setting,
    inside,
)
from storagelab.parts.limits import seen
from storagelab.parts.pipeline.experiment import evaluate_pipeline, one_unit_more
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
    significant,
)

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome
    from storagelab.tracks import Track


POLICIES = {
    "never_evict": "keeps what it has",
    "lru": "throws out what was used longest ago (LRU)",
    "lru_repeated": "throws out what was used longest ago (LRU)",
    "random_replacement": "throws out anything",
}


def figures(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    settings = outcome.settings
    doubled = evaluate_pipeline(track, replace(settings, cache=2 * settings.cache))
    whole = evaluate_pipeline(track, replace(settings, cache=track.pass_size))
    pinned = evaluate_pipeline(track, replace(settings, policy="never_evict"))
    weights = float(checkpoint_size(track.checkpoint.parameters, 2))
    return {
        **_present(track, outcome),
        "doubled_hit_rate": format_share(doubled.warm.hit_rate),
        "pinned_hit_rate": format_share(pinned.warm.hit_rate),
        "doubled_warm_time": format_time(doubled.warm.time),
        "whole_warm_time": format_time(whole.warm.time),
        "pinned_warm_time": format_time(pinned.warm.time),
        "weights": format_bytes(weights),
        "weights_time": format_time(weights / settings.link),
    }


def _present(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers of the outcome alone, which a slider's move asks for again and again."""
    settings, part = outcome.settings, track.pipeline
    return {
        "dataset_size": format_bytes(track.pass_size),
        "node_label": track.node.label,
        "epochs": format_count(outcome.epochs),
        "cache": format_bytes(settings.cache),
        "link": format_setting(part.control("link"), settings.link),
        "nvme": format_bandwidth(settings.nvme),
        "nvme_flow": format_bandwidth(outcome.warm.flows["hits"]),
        "nvme_idle": format_share(1 - outcome.busy["nvme"]),
        "link_flow": format_bandwidth(outcome.warm.flows["link"]),
        "demand": format_bandwidth(outcome.demand),
        "supply": format_bandwidth(outcome.warm.rate),
        "connections": format_count(outcome.connections),
        "utilization": format_share(outcome.utilization),
        "target": format_share(outcome.target_utilization),
        "policy": POLICIES[settings.policy],
        "hit_rate": format_share(outcome.warm.hit_rate),
        "cold_time": format_time(outcome.cold.time),
        "warm_time": format_time(outcome.warm.time),
        "runs": str(track.pipeline.runs),
        "cost": format_cost(track, outcome.cost),
        "budget": format_cost(track, part.budget or 0),
        "binding": binding_words(track)[outcome.warm.binding],
    }


def summary(track: Track, outcome: PipelineOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says, terms, fed = _present(track, outcome), track.terms, track.fed
    reached = "missed" if "utilization" in outcome.unmet else "reached"
    sentences = [
        f"In {terms.warm} {says['supply']} reach {fed.name}, which {fed.verb('take')} "
        f"{says['demand']}; what binds is {says['binding']}. Over {says['epochs']} "
        f"{terms.passes} {fed.they} {fed.verb(fed.works)} {says['utilization']} of the time "
        f"and {fed.verb('wait')} {format_share(1 - outcome.utilization)}: the {says['target']} "
        f"target is {reached}. The {terms.cache} idles {says['nvme_idle']} of its bandwidth.",
        *seen(outcome.limits, track, outcome, says),
    ]
    more = one_unit_more(track, outcome.settings)
    bought = [
        f"by {_points(more[item.name])} with {item.piece:,g} {item.unit} more of "
        f"{inside(item.label)}"
        for item in track.pipeline.controls
        if item.name in more
    ]
    sentences.append(f"The busy time would grow {', '.join(bought[:-1])} and {bought[-1]}.")
    return " ".join(sentences)


def _points(gain: float) -> str:
    """Return a change of a share in points, such as ``1.9 points``."""
    if gain < 5e-5:
        return "nothing"
    points = significant(100 * gain, 2)
    return f"{points} point" if points == "1" else f"{points} points"


def binding_words(track: Track) -> dict[str, str]:
    """Return what the pipeline's stages are called where they hold the others up."""
    terms = track.terms
    return {
        "link": f"the {terms.link}",
        "nvme": f"the {terms.cache}",
        "prepare": terms.preparer,
        "compute": f"{track.fed.name} {track.fed.themselves}",
    }
