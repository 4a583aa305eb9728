"""Part 3 in words."""

from __future__ import annotations

import math
from dataclasses import replace

from storagelab.experiments.checkpoint import CheckpointOutcome, protect
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_hours,
    format_money,
    format_share,
    format_time,
)


def _wall(outcome: CheckpointOutcome) -> str:
    return format_hours(outcome.wall_time) if math.isfinite(outcome.wall_time) else "no end at all"


def figures(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    part, settings = track.checkpoint, outcome.settings
    proposed = protect(track, replace(settings, interval=part.proposed_interval))
    present = protect(track, replace(settings, interval=part.present_interval))
    event = protect(track, replace(settings, node_mtbf=part.event_node_mtbf))
    return {
        "nodes": format_count(part.nodes),
        "size": format_bytes(outcome.size),
        "written": format_bytes(outcome.written),
        "write_bandwidth": format_bandwidth(settings.write_bandwidth),
        "interval": format_time(settings.interval),
        "dump_time": format_time(outcome.dump_time),
        "node_mtbf": format_hours(settings.node_mtbf),
        "mtbf": format_time(outcome.mtbf),
        "event_node_mtbf": format_hours(part.event_node_mtbf),
        "event_mtbf": format_time(event.mtbf),
        "solve_time": format_hours(part.solve_time),
        "wall_time": _wall(outcome),
        "present_interval": format_time(part.present_interval),
        "present_wall_time": _wall(present),
        "proposed_interval": format_time(part.proposed_interval),
        "proposed_wall_time": _wall(proposed),
        "optimum": format_time(outcome.optimum),
        "young": format_time(outcome.young),
        "daly": format_time(outcome.daly),
        "storage_share": format_share(outcome.storage_share),
        "storage_limit": format_share(outcome.storage_limit),
        "storm_interval": format_time(outcome.storm_interval),
        "cost": format_money(outcome.cost)
        if math.isfinite(outcome.cost)
        else "more than any budget",
    }


def summary(track: Track, outcome: CheckpointOutcome) -> str:
    """Return what is seen now, in three sentences."""
    says = figures(track, outcome)
    storage = (
        f"Dumps take {says['storage_share']} of the storage's time, within its limit of "
        f"{says['storage_limit']}."
        if "storage" not in outcome.unmet
        else f"Dumps take {says['storage_share']} of the storage's time: more than the "
        f"{says['storage_limit']} it can give. The storage crashes below an interval of "
        f"{says['storm_interval']}."
    )
    return (
        f"A checkpoint writes {says['written']} in {says['dump_time']}, every {says['interval']}; "
        f"the job fails every {says['mtbf']} on average. The month of {says['solve_time']} "
        f"becomes {says['wall_time']}; least time is wasted at an interval of {says['optimum']}. "
        f"{storage} Waste and write bandwidth cost {says['cost']} for the job."
    )


def equation(track: Track, outcome: CheckpointOutcome) -> str:
    """Return Young's and Daly's interval and the wall time with the present numbers, as LaTeX."""
    says = figures(track, outcome)
    d, m = rf"\text{{{says['dump_time']}}}", rf"\text{{{says['mtbf']}}}"
    return (
        r"\begin{aligned}"
        rf"\tau_\text{{Young}} &= \sqrt{{2\,d\,M}} = \sqrt{{2 \cdot {d} \cdot {m}}} = "
        rf"\text{{{says['young']}}} \\"
        r"\tau_\text{opt} &= M\left[1 + W_0\left(-e^{-1-d/M}\right)\right] = "
        rf"\text{{{says['optimum']}}} \\"
        r"T &= M\,e^{R/M}\left(e^{(\tau+d)/M}-1\right)\frac{T_s}{\tau} = "
        rf"\text{{{says['wall_time']}}} \quad\text{{at }} \tau = \text{{{says['interval']}}}"
        r"\end{aligned}"
    )
