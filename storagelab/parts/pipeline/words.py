"""Part 2 in words: rates and what binds; what a job costs, a recorded run alone says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storagelab.parts.formatting import format_cost, format_setting, inside, large_cost
from storagelab.parts.headline import BigNumber
from storagelab.parts.limits import Figures, seen
from storagelab.parts.pipeline.experiment import evaluate_pipeline, one_unit_more
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
)

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome
    from storagelab.tracks import Track


POLICIES = {
    "never_evict": "keeps what it has and throws nothing out",
    "lru": "throws out what was used longest ago (LRU)",
    "lru_repeated": "throws out what was used longest ago (LRU)",
    "random_replacement": "throws out anything",
}


def figures(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    settings = outcome.settings
    doubled = evaluate_pipeline(track, replace(settings, cache=2 * settings.cache))
    pinned = evaluate_pipeline(track, replace(settings, policy="never_evict"))
    load = track.pipeline.load
    return {
        **present(track, outcome),
        "doubled_cache": format_bytes(2 * settings.cache),
        "doubled_hit_rate": format_share(doubled.warm.hit_rate),
        "pinned_hit_rate": format_share(pinned.warm.hit_rate),
        "filled_after": format_time(_filled_after(outcome)),
        "load_size": format_bytes((load.size or track.pass_size) if load else 0.0),
        "link_alone": format_share(min(1.0, settings.link / outcome.demand)),
    }


def _filled_after(outcome: PipelineOutcome) -> float:
    """Return the seconds until a log is full that the uplink empties all along; 0 for never."""
    over = outcome.demand - outcome.settings.link
    return outcome.settings.cache / over if over > 0 else 0.0


def present(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers of the outcome alone, which a slider's move asks for again and again."""
    settings, part = outcome.settings, track.pipeline
    return {
        "dataset_size": format_bytes(track.pass_size),
        "node_label": track.node.label,
        "epochs": format_count(outcome.epochs),
        "cache": format_bytes(settings.cache),
        "link": format_setting(part.control("link"), settings.link),
        "nvme": format_bandwidth(settings.nvme),
        "memory": format_bytes(settings.memory),
        "workers": format_count(settings.workers),
        "cores": format_count(track.node.cores),
        "prepared": format_bandwidth(outcome.warm.ceilings["prepare"]),
        "nvme_flow": format_bandwidth(outcome.warm.flows["hits"]),
        "nvme_idle": format_share(1 - outcome.busy["nvme"]),
        "link_flow": format_bandwidth(outcome.warm.flows["link"]),
        "demand": format_bandwidth(outcome.demand),
        "raised": format_bandwidth(track.pass_demand),
        "supply": format_bandwidth(outcome.warm.rate),
        "connections": format_count(outcome.connections),
        "utilization": format_share(outcome.utilization),
        "target": format_share(outcome.target_utilization),
        "policy": POLICIES[settings.policy],
        "hit_rate": format_share(outcome.warm.hit_rate),
        "memory_hit_rate": format_share(outcome.warm.memory_hit_rate),
        "cold_time": format_time(outcome.cold.time),
        "warm_time": format_time(outcome.warm.time),
        "load_time": format_time(outcome.load_time or 0.0),
        "load_limit": format_time(outcome.load_limit or 0.0),
        "runs": str(track.pipeline.runs),
        "cost": format_cost(track, outcome.cost),
        "budget": format_cost(track, part.budget or 0),
        "cache_limit": format_bytes(part.cache_limit or 0.0),
        "binding": binding_words(track)[outcome.warm.binding],
    }


def summary(track: Track, outcome: PipelineOutcome) -> str:
    """Return what is seen now, in a few sentences: rates, and what binds."""
    says, terms, fed = present(track, outcome), track.terms, track.fed
    part = track.pipeline
    if part.is_log:
        sentences = [
            f"In {terms.warm} {says['demand']} of {says['raised']} are to be logged, and "
            f"{says['supply']} get on record; what binds is {says['binding']}."
        ]
        if part.has_control("content"):
            of_all = format_share(part.contents[outcome.settings.content].incidents)
            sentences.append(f"All of it on record would explain {of_all} of the incidents.")
    else:
        sentences = [
            f"In {terms.warm} {says['supply']} reach {fed.name}, which {fed.verb('take')} "
            f"{says['demand']}; what binds is {says['binding']}."
        ]
    sentences += [
        f"The {terms.cache} idles {says['nvme_idle']} of its bandwidth.",
        *seen(outcome.limits, track, outcome, says),
    ]
    more = one_unit_more(track, outcome.settings)
    bought = [
        f"{_gained(more[item.name])} with {item.piece:,g} {item.unit} more of {inside(item.label)}"
        for item in part.controls
        if item.name in more
    ]
    job = f"over {says['epochs']} {terms.passes}"
    sentences += [
        f"{terms.warm[0].upper()}{terms.warm[1:]} would gain {', '.join(bought[:-1])} and "
        f"{bought[-1]}.",
        f"What all of this comes to {job}, and costs, a recorded run says.",
    ]
    return " ".join(sentences)


def _gained(rate: float) -> str:
    """Return a gain of bytes/s, or that there is none."""
    return format_bandwidth(rate) if rate > 0 else "nothing"


def stage_labels(track: Track) -> dict[str, str]:
    """Return what the pipeline's stages are called in figures."""
    terms = track.terms
    return {
        "link": terms.link,
        "nvme": terms.cache,
        "prepare": "preparation",
        "compute": track.fed.label,
    }


def binding_words(track: Track) -> dict[str, str]:
    """Return what the pipeline's stages are called where they hold the others up."""
    terms = track.terms
    link = f"the {terms.link}"
    return {
        "link": f"{link} once the {terms.cache} is full" if track.pipeline.is_log else link,
        "nvme": f"the {terms.cache}",
        "prepare": terms.preparer,
        "compute": f"{track.fed.name} {track.fed.themselves}",
    }


def sentence(track: Track, says: Figures) -> str:
    """Return what matters most now: what binds, and what idles."""
    return (
        f"What binds: {says['binding']}. The {track.terms.cache} idles {says['nvme_idle']} of its "
        "bandwidth."
    )


def rates(track: Track, says: Figures) -> tuple[BigNumber, BigNumber]:
    """Return the rate that comes and the one that is asked for, to set large."""
    if track.pipeline.is_log:
        return (
            BigNumber(says["supply"], "get on record"),
            BigNumber(says["demand"], "are to be logged"),
        )
    fed = track.fed
    return (
        BigNumber(says["supply"], f"reach {fed.name}"),
        BigNumber(says["demand"], f"{fed.name} {fed.verb('take')}"),
    )


def cost(track: Track, says: Figures) -> BigNumber:
    """Return what it costs, to set large."""
    return large_cost(track, says["cost"])
