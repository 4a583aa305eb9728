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
    time_unit,
)
from storagelab.words.dress import binding_words, cost_words, format_cost, format_setting, inside
from storagelab.words.equation import Equation, boxed, share, struck, symbol, text

POLICIES = {
    "never_evict": "keeps what it has",
    "lru": "throws out what was used longest ago (LRU)",
    "lru_repeated": "throws out what was used longest ago (LRU)",
    "random_replacement": "throws out anything",
}


def figures(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    settings = outcome.settings
    doubled = feed(track, replace(settings, cache=2 * settings.cache))
    whole = feed(track, replace(settings, cache=track.pass_size))
    pinned = feed(track, replace(settings, policy="never_evict"))
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


def equation(track: Track, outcome: PipelineOutcome) -> Equation:
    """Return the tiers' equation for a warm pass with the present numbers, the least one boxed."""
    settings, warm, terms = outcome.settings, outcome.warm, track.terms
    hits, misses = warm.hit_rate, 1 - warm.hit_rate
    link, cache = format_bandwidth(settings.link), format_bandwidth(settings.nvme)
    prepare = format_bandwidth(warm.ceilings["prepare"])
    candidates = {"prepare": text(prepare), "compute": text(format_bandwidth(outcome.demand))}
    if hits > 0:
        candidates = {"nvme": rf"\frac{{{text(cache)}}}{{{share(hits)}}}", **candidates}
    if misses > 0:
        candidates = {"link": rf"\frac{{{text(link)}}}{{{share(misses)}}}", **candidates}
    values = r",\ ".join(boxed(tex, name == warm.binding) for name, tex in candidates.items())
    computing = track.pass_size / outcome.demand
    scale, unit = time_unit(computing)
    pass_time, cold, later = (
        struck(time, scale, unit) for time in (computing, outcome.cold.time, warm.time)
    )
    again = outcome.epochs - 1
    first = outcome.cold.time > again * warm.time
    passes, rest = text(format_count(outcome.epochs)), text(format_count(again))
    tex = (
        r"\begin{aligned}"
        r"F &= \min\left(\frac{B_\text{link}}{1-h},\ \frac{B_\text{cache}}{h},\ "
        rf"F_\text{{prepare}},\ F_\text{{compute}}\right) = \min\left({values}\right) = "
        rf"{text(format_bandwidth(warm.rate))} \\[1ex]"
        r"\text{utilisation} &= "
        r"\frac{E \cdot t_\text{compute}}{T_\text{cold} + (E-1)\,T_\text{warm}} = "
        rf"\frac{{{passes} \cdot {pass_time}}}{{{boxed(cold, first)} + "
        rf"{boxed(rest + chr(92) + 'cdot ' + later, not first)}}} = {share(outcome.utilization)}"
        r"\end{aligned}"
    )
    holds = binding_words(track)[warm.binding]
    rate = format_bandwidth(warm.rate)
    words = f"The least of the ceilings dominates: {holds}, at {rate} in {terms.warm}. "
    longer = "the first pass, which fills the cache" if first else f"{terms.passes} after the first"
    if outcome.epochs > 1:
        words += f"Of the whole time, {longer} {'takes' if first else 'take'} the most."
    fed = track.fed
    return Equation(
        tex,
        words.strip(),
        (
            symbol("B_link", f"bandwidth of the {terms.link}", link, warm.binding == "link"),
            symbol("B_cache", f"bandwidth of the {terms.cache}", cache, warm.binding == "nvme"),
            symbol("h", f"share of the reads that the {terms.cache} serves", format_share(hits)),
            symbol(
                "F_prepare", f"what {terms.preparer} can do", prepare, warm.binding == "prepare"
            ),
            symbol(
                "F_compute",
                f"what {fed.name} {fed.verb('take')}",
                format_bandwidth(outcome.demand),
                warm.binding == "compute",
            ),
            symbol("F", f"what reaches {fed.name} in {terms.warm}", rate),
            symbol("E", f"number of {terms.passes}", format_count(outcome.epochs)),
            symbol(
                "t_compute",
                f"time of a pass if {fed.name} never {fed.verb('wait')}",
                format_time(computing),
            ),
            symbol("T_cold", "time of the first pass", format_time(outcome.cold.time), first),
            symbol("T_warm", "time of each later pass", format_time(warm.time), not first),
        ),
    )
