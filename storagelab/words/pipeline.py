"""Part 2 in words."""

from __future__ import annotations

from dataclasses import replace

from storagelab.checkpoint import checkpoint_size
from storagelab.experiments.pipeline import PipelineOutcome, feed, one_unit_more
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
    significant,
)
from storagelab.words.dress import binding_words, cost_words, format_cost, format_setting, inside

POLICIES = {
    "never_evict": "keeps what it has",
    "lru": "throws out what was used longest ago (LRU)",
    "lru_repeated": "throws out what was used longest ago (LRU)",
    "random_replacement": "throws out anything",
}


def figures(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    settings, part = outcome.settings, track.pipeline
    doubled = feed(track, replace(settings, cache=2 * settings.cache))
    whole = feed(track, replace(settings, cache=track.pass_size))
    pinned = feed(track, replace(settings, policy="never_evict"))
    binding = binding_words(track)
    weights = float(checkpoint_size(track.checkpoint.parameters, 2))
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
        "doubled_hit_rate": format_share(doubled.warm.hit_rate),
        "pinned_hit_rate": format_share(pinned.warm.hit_rate),
        "cold_time": format_time(outcome.cold.time),
        "warm_time": format_time(outcome.warm.time),
        "doubled_warm_time": format_time(doubled.warm.time),
        "whole_warm_time": format_time(whole.warm.time),
        "pinned_warm_time": format_time(pinned.warm.time),
        "weights": format_bytes(weights),
        "weights_time": format_time(weights / settings.link),
        "runs": str(track.pipeline.runs),
        "cost": format_cost(track, outcome.cost),
        "budget": format_cost(track, part.budget or 0),
        "binding": binding[outcome.warm.binding],
    }


def summary(track: Track, outcome: PipelineOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says, terms, fed = figures(track, outcome), track.terms, track.fed
    reached = "missed" if "utilization" in outcome.unmet else "reached"
    sentences = [
        f"In {terms.warm} {says['supply']} reach {fed.name}, which {fed.verb('take')} "
        f"{says['demand']}; what binds is {says['binding']}. Over {says['epochs']} "
        f"{terms.passes} {fed.they} {fed.verb(fed.works)} {says['utilization']} of the time "
        f"and {fed.verb('wait')} {format_share(1 - outcome.utilization)}: the {says['target']} "
        f"target is {reached}. The {terms.cache} idles {says['nvme_idle']} of its bandwidth.",
        *cost_words(track, outcome.cost, outcome.budget),
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


def equation(track: Track, outcome: PipelineOutcome) -> str:
    """Return the tiers' equation for a warm pass with the present numbers, as LaTeX."""
    settings, warm = outcome.settings, outcome.warm
    hits = format_share(warm.hit_rate).replace("%", r"\%")
    misses = format_share(1 - warm.hit_rate).replace("%", r"\%")
    share = format_share(outcome.utilization).replace("%", r"\%")
    link = format_setting(track.pipeline.control("link"), settings.link)
    terms = []
    if warm.hit_rate < 1:
        terms.append(rf"\frac{{\text{{{link}}}}}{{{misses}}}")
    if warm.hit_rate > 0:
        terms.append(rf"\frac{{\text{{{format_bandwidth(settings.nvme)}}}}}{{{hits}}}")
    terms.append(rf"\text{{{format_bandwidth(warm.ceilings['prepare'])}}}")
    terms.append(rf"\text{{{format_bandwidth(outcome.demand)}}}")
    candidates = r",\ ".join(terms)
    return (
        r"\begin{aligned}"
        r"F &= \min\left(\frac{B_\text{link}}{1-h},\ \frac{B_\text{cache}}{h},\ "
        r"F_\text{prepare},\ F_\text{compute}\right) = "
        rf"\min\left({candidates}\right) = \text{{{format_bandwidth(warm.rate)}}} \\"
        r"\text{utilisation} &= "
        r"\frac{E \cdot t_\text{compute}}{T_\text{cold} + (E-1)\,T_\text{warm}}"
        rf" = {share} \quad\text{{with }} "
        rf"T_\text{{cold}} = \text{{{format_time(outcome.cold.time)}}},"
        rf"\ T_\text{{warm}} = \text{{{format_time(warm.time)}}}"
        r"\end{aligned}"
    )
