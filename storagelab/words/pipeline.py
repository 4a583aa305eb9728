"""Part 2 in words."""

from __future__ import annotations

from dataclasses import replace

from storagelab.experiments.pipeline import PipelineOutcome, feed, one_unit_more
from storagelab.tracks import Track
from storagelab.units import (
    GBIT_PER_SECOND,
    format_bandwidth,
    format_bytes,
    format_money,
    format_share,
    format_time,
    significant,
)

BINDING = {
    "link": "the download link",
    "nvme": "the local NVMe",
    "prepare": "the CPU that prepares the samples",
    "compute": "the accelerators themselves",
}


def format_link(rate: float) -> str:
    """Return a link's bandwidth in the unit that links are sold in, such as ``25 Gb/s``."""
    return f"{significant(rate / GBIT_PER_SECOND)} Gb/s"


def figures(track: Track, outcome: PipelineOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    settings = outcome.settings
    doubled = feed(track, replace(settings, cache=2 * settings.cache))
    return {
        "dataset_size": format_bytes(track.dataset.size),
        "node_label": track.node.label,
        "epochs": str(outcome.epochs),
        "cache": format_bytes(settings.cache),
        "link": format_link(settings.link),
        "nvme": format_bandwidth(settings.nvme),
        "nvme_flow": format_bandwidth(outcome.warm.flows["hits"]),
        "nvme_idle": format_share(1 - outcome.busy["nvme"]),
        "demand": format_bandwidth(outcome.demand),
        "supply": format_bandwidth(outcome.warm.rate),
        "connections": str(outcome.connections),
        "utilization": format_share(outcome.utilization),
        "target": format_share(outcome.target_utilization),
        "hit_rate": format_share(outcome.warm.hit_rate),
        "doubled_hit_rate": format_share(doubled.warm.hit_rate),
        "cold_time": format_time(outcome.cold.time),
        "warm_time": format_time(outcome.warm.time),
        "doubled_warm_time": format_time(doubled.warm.time),
        "runs": str(track.pipeline.runs),
        "cost": format_money(outcome.cost),
        "binding": BINDING[outcome.warm.binding],
    }


def summary(track: Track, outcome: PipelineOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says = figures(track, outcome)
    waiting = format_share(1 - outcome.utilization)
    reached = "reached" if not outcome.unmet else "missed"
    more = one_unit_more(track, outcome.settings)
    return (
        f"In a warm epoch {says['supply']} reach the accelerators, which take {says['demand']}; "
        f"what binds is {says['binding']}. Over {says['epochs']} epochs they compute "
        f"{says['utilization']} of the time and wait {waiting}: the {says['target']} target is "
        f"{reached}. The local NVMe idles {says['nvme_idle']} of its bandwidth; the node costs "
        f"{says['cost']} a month, idle accelerators included. The busy time would grow by "
        f"{_points(more['link'])} with one more Gb/s of link, by {_points(more['nvme'])} with one "
        f"more GB/s of NVMe and by {_points(more['cache'])} with one more TB of cache."
    )


def _points(gain: float) -> str:
    """Return a change of a share in points, such as ``1.9 points``."""
    if gain < 5e-5:
        return "nothing"
    points = significant(100 * gain, 2)
    return f"{points} point" if points == "1" else f"{points} points"


def equation(track: Track, outcome: PipelineOutcome) -> str:
    """Return the tiers' equation for a warm epoch with the present numbers, as LaTeX."""
    del track
    settings, warm = outcome.settings, outcome.warm
    hits = format_share(warm.hit_rate).replace("%", r"\%")
    misses = format_share(1 - warm.hit_rate).replace("%", r"\%")
    share = format_share(outcome.utilization).replace("%", r"\%")
    terms = [rf"\frac{{\text{{{format_link(settings.link)}}}}}{{{misses}}}"]
    if warm.hit_rate > 0:
        terms.append(rf"\frac{{\text{{{format_bandwidth(settings.nvme)}}}}}{{{hits}}}")
    terms.append(rf"\text{{{format_bandwidth(warm.ceilings['prepare'])}}}")
    terms.append(rf"\text{{{format_bandwidth(outcome.demand)}}}")
    candidates = r",\ ".join(terms)
    return (
        r"\begin{aligned}"
        r"F &= \min\left(\frac{B_\text{link}}{1-h},\ \frac{B_\text{NVMe}}{h},\ "
        r"F_\text{prepare},\ F_\text{compute}\right) = "
        rf"\min\left({candidates}\right) = \text{{{format_bandwidth(warm.rate)}}} \\"
        r"\text{utilisation} &= "
        r"\frac{E \cdot t_\text{compute}}{T_\text{cold} + (E-1)\,T_\text{warm}}"
        rf" = {share} \quad\text{{with }} "
        rf"T_\text{{cold}} = \text{{{format_time(outcome.cold.time)}}},"
        rf"\ T_\text{{warm}} = \text{{{format_time(warm.time)}}}"
        r"\end{aligned}"
    )
