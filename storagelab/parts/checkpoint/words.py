"""Part 3 in words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.formatting import (
    format_answer,
    format_job_cost,
    format_setting,
)
from storagelab.parts.limits import seen
from storagelab.units import (
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
)

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.tracks import Track


def figures(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    part, settings = track.checkpoint, outcome.settings
    proposed = evaluate_checkpoint(track, replace(settings, interval=part.proposed_interval))
    present = evaluate_checkpoint(track, replace(settings, interval=part.present_interval))
    event = evaluate_checkpoint(track, replace(settings, node_mtbf=part.event_node_mtbf))
    node_mtbf = part.control("node_mtbf")
    shown = {
        **_present(track, outcome),
        "event_node_mtbf": format_setting(node_mtbf, part.event_node_mtbf),
        "event_mtbf": format_time(event.mtbf),
        "present_interval": format_time(part.present_interval),
        "present_wall_time": _wall(track, present),
        "proposed_interval": format_time(part.proposed_interval),
        "proposed_wall_time": _wall(track, proposed),
        "proposed_share": format_share(proposed.storage_share),
        "proposed_life": _life(proposed),
    }
    return {**shown, "event": part.event.format_map(shown).strip()}


def _present(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers of the outcome alone, which a slider's move asks for again and again."""
    part, settings = track.checkpoint, outcome.settings
    return {
        "nodes": format_count(part.nodes),
        "size": format_bytes(outcome.size),
        "written": format_bytes(outcome.written),
        "write_bandwidth": format_bandwidth(settings.write_bandwidth),
        "interval": format_time(settings.interval),
        "dump_time": format_time(outcome.dump_time),
        "node_mtbf": format_setting(part.control("node_mtbf"), settings.node_mtbf),
        "mtbf": format_time(outcome.mtbf),
        "restart_time": format_time(part.restart_time),
        "solve_time": format_answer(part.answer, part.solve_time),
        "wall_time": _wall(track, outcome),
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


def _wall(track: Track, outcome: CheckpointOutcome) -> str:
    return format_answer(track.checkpoint.answer, outcome.wall_time, digits=4)


def _life(outcome: CheckpointOutcome) -> str:
    return format_time(outcome.life) if math.isfinite(outcome.life) else "any time"


def _overhead(outcome: CheckpointOutcome) -> str:
    share = outcome.wasted / outcome.solve_time
    return format_share(share) if math.isfinite(share) else "without end"


def summary(track: Track, outcome: CheckpointOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says, terms = _present(track, outcome), track.terms
    sentences = [
        f"A {terms.dump} writes {says['written']} in {says['dump_time']}, every "
        f"{says['interval']}; {terms.job} fails every {says['mtbf']} on average. "
        f"{terms.run[0].upper()}{terms.run[1:]} of {says['solve_time']} becomes "
        f"{says['wall_time']}; least time is wasted at an interval of {says['optimum']}.",
        *seen(outcome.limits, track, outcome, says),
        f"Waste and {terms.writes} cost {says['cost']} for {terms.run}.",
    ]
    return " ".join(sentences)
