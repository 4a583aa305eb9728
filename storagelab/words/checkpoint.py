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
    format_share,
    format_time,
)
from storagelab.words.dress import format_answer, format_job_cost, format_setting


def figures(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    part, settings = track.checkpoint, outcome.settings
    proposed = protect(track, replace(settings, interval=part.proposed_interval))
    present = protect(track, replace(settings, interval=part.present_interval))
    event = protect(track, replace(settings, node_mtbf=part.event_node_mtbf))

    def wall(shown: CheckpointOutcome) -> str:
        return format_answer(part.answer, shown.wall_time, digits=4)

    node_mtbf = part.control("node_mtbf")
    return {
        "nodes": format_count(part.nodes),
        "size": format_bytes(outcome.size),
        "written": format_bytes(outcome.written),
        "write_bandwidth": format_bandwidth(settings.write_bandwidth),
        "interval": format_time(settings.interval),
        "dump_time": format_time(outcome.dump_time),
        "node_mtbf": format_setting(node_mtbf, settings.node_mtbf),
        "mtbf": format_time(outcome.mtbf),
        "event_node_mtbf": format_setting(node_mtbf, part.event_node_mtbf),
        "event_mtbf": format_time(event.mtbf),
        "restart_time": format_time(part.restart_time),
        "solve_time": format_answer(part.answer, part.solve_time),
        "wall_time": wall(outcome),
        "present_interval": format_time(part.present_interval),
        "present_wall_time": wall(present),
        "proposed_interval": format_time(part.proposed_interval),
        "proposed_wall_time": wall(proposed),
        "proposed_share": format_share(proposed.storage_share),
        "proposed_life": _life(proposed),
        "waste_limit": format_share(outcome.waste_limit or 0),
        "overhead": _overhead(outcome),
        "optimum": format_time(outcome.optimum),
        "young": format_time(outcome.young),
        "daly": format_time(outcome.daly),
        "storage_share": format_share(outcome.storage_share),
        "storage_limit": format_share(outcome.storage_limit),
        "storm_interval": format_time(outcome.storm_interval),
        "life": _life(outcome),
        "life_target": format_time(outcome.life_target),
        "wear_interval": format_time(outcome.wear_interval),
        "cost": format_job_cost(track, outcome.cost),
    }


def _life(outcome: CheckpointOutcome) -> str:
    return format_time(outcome.life) if math.isfinite(outcome.life) else "any time"


def _overhead(outcome: CheckpointOutcome) -> str:
    share = outcome.wasted / outcome.solve_time
    return format_share(share) if math.isfinite(share) else "without end"


def summary(track: Track, outcome: CheckpointOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says, terms = figures(track, outcome), track.terms
    sentences = [
        f"A {terms.dump} writes {says['written']} in {says['dump_time']}, every "
        f"{says['interval']}; {terms.job} fails every {says['mtbf']} on average. "
        f"{terms.run[0].upper()}{terms.run[1:]} of {says['solve_time']} becomes "
        f"{says['wall_time']}; least time is wasted at an interval of {says['optimum']}.",
        _storage(says, terms.dumps, "storage" in outcome.unmet),
    ]
    if math.isfinite(outcome.life):
        sentences.append(_wear(says, "wear" in outcome.unmet))
    if outcome.waste_limit is not None:
        over = "more than" if "waste" in outcome.unmet else "within"
        sentences.append(
            f"The overhead is {says['overhead']}, {over} the {says['waste_limit']} that is borne."
        )
    sentences.append(f"Waste and {terms.writes} cost {says['cost']} for {terms.run}.")
    return " ".join(sentences)


def _storage(says: dict[str, str], dumps: str, crashes: bool) -> str:
    takes = f"{dumps[0].upper()}{dumps[1:]} take {says['storage_share']} of the storage's time"
    if not crashes:
        return f"{takes}, within its limit of {says['storage_limit']}."
    return (
        f"{takes}: more than the {says['storage_limit']} it can give. The storage crashes below "
        f"an interval of {says['storm_interval']}."
    )


def _wear(says: dict[str, str], worn: bool) -> str:
    if not worn:
        return f"The storage lasts {says['life']} of use, of {says['life_target']} asked for."
    return (
        f"The storage is worn out in {says['life']} of use and has to last {says['life_target']}: "
        f"that takes an interval of {says['wear_interval']} or more."
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
