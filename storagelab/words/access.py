"""Part 1 in words."""

from __future__ import annotations

import math

from storagelab.experiments.access import AccessOutcome
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_binary,
    format_bytes,
    format_count,
    format_share,
    format_time,
    time_unit,
)
from storagelab.words.dress import cost_words, format_cost
from storagelab.words.equation import Equation, boxed, share, struck, symbol, text

_BINDING = {
    "latency": "the latency of each request: too few are outstanding",
    "iops": "the requests per second that the device answers",
    "bandwidth": "the bytes per second that the device moves",
}


def figures(track: Track, outcome: AccessOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    consumer = track.terms.consumer
    return {
        "dataset_size": format_bytes(track.dataset.size),
        "dataset_label": track.dataset.label,
        "samples": format_count(track.dataset.samples),
        "sample_size": format_bytes(track.dataset.sample_size),
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
        "stalled_share": format_share(outcome.stalled_share),
        "stall_time": format_time(outcome.stall_time),
        "slack": format_time(outcome.slack),
        "misses": format_count(outcome.misses),
        "misses_limit": format_count(track.access.misses_limit or 0),
        "active": format_share(outcome.active),
        "cost": format_cost(track, outcome.cost),
        "budget": format_cost(track, track.access.budget or 0),
        "binding": _BINDING.get(outcome.binding, f"{consumer.name} {consumer.themselves}"),
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
        *_shuffle(track, outcome, says),
        *_deadline(track, outcome, says),
        *cost_words(track, outcome.cost, outcome.budget),
    ]
    return " ".join(sentences)


def _shuffle(track: Track, outcome: AccessOutcome, says: dict[str, str]) -> list[str]:
    if not outcome.reach_target:
        return []
    terms = track.terms
    moved = (
        f"The shuffle moves a {terms.sample} by {says['reach']} places on average, where a full "
        f"one moves it by {says['full_reach']}; the training asks for {says['reach_target']}."
    )
    if not outcome.fill_time:
        return [moved]
    return [
        moved,
        f"Neighbours end up {says['separation']} apart, and the buffer fills for "
        f"{says['fill_time']} before the first batch.",
    ]


def _deadline(track: Track, outcome: AccessOutcome, says: dict[str, str]) -> list[str]:
    if outcome.misses_limit is None:
        return []
    steps = track.terms.steps
    stalls = "No write is in the way of a read."
    if outcome.stalled_share:
        left = (
            f"a read can wait {says['slack']} beside its own time"
            if outcome.slack
            else "no read has a moment to wait"
        )
        stalls = (
            f"Writes keep the device busy {says['stalled_share']} of the time, for up to "
            f"{says['stall_time']}, and {left}."
        )
    late = f"{says['misses']} {steps} an hour come too late"
    allowed = says["misses_limit"] if outcome.misses_limit else "none"
    return [stalls, f"{late}, where {allowed} may."]


def equation(track: Track, outcome: AccessOutcome) -> Equation:
    """Return the data-pipeline equation with the present numbers, its longest times boxed."""
    step, io_time, consumer = outcome.steps, outcome.io_time, track.terms.consumer
    computing = step["compute"]
    names = {
        "open": "opening files",
        "wait": "waiting for the first byte",
        "read": "moving the bytes",
    }
    longest = max(names, key=lambda name: step[name])
    starved = io_time > computing
    scale, unit = time_unit(computing)
    taken = struck(computing, scale, unit)
    terms = " + ".join(rf"t_\text{{{name}}}" for name in names)
    values = " + ".join(boxed(text(format_time(step[name])), name == longest) for name in names)
    tex = (
        r"\begin{aligned}"
        rf"t_\text{{I/O}} &= {terms} = {values} = {text(format_time(io_time))} \\[1ex]"
        r"\text{utilisation} &= \frac{t_\text{compute}}{\max(t_\text{I/O},\ t_\text{compute})} = "
        rf"\frac{{{taken}}}{{\max\left({boxed(struck(io_time, scale, unit), starved)},\ "
        rf"{boxed(taken, not starved)}\right)}} = {share(outcome.utilization)}"
        r"\end{aligned}"
    )
    works = f"{consumer.name} {consumer.verb(consumer.works)}"
    part = format_share(step[longest] / io_time)
    words = (
        f"Of the {format_time(io_time)} that storage takes for a {track.terms.step}, "
        f"{format_time(step[longest])} ({part}) go into {names[longest]}: that term dominates. "
    )
    words += (
        f"Storage takes longer than {works} ({format_time(computing)}), so the greater of the two "
        "is storage."
        if starved
        else f"While {works} for {format_time(computing)}, storage is done: the greater of the two "
        "is the computing."
    )
    return Equation(
        tex,
        words,
        (
            *(
                symbol(
                    f"t_{name}", f"time of {names[name]}", format_time(step[name]), name == longest
                )
                for name in names
            ),
            symbol(
                "t_I/O",
                f"time that storage takes for a {track.terms.step}",
                format_time(io_time),
                starved,
            ),
            symbol("t_compute", f"time in which {works}", format_time(computing), not starved),
            symbol("q", "requests outstanding at once", format_count(outcome.settings.queue_depth)),
            symbol("b", "bytes of a request", format_binary(outcome.request_bytes)),
        ),
    )
