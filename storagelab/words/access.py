"""Part 1 in words."""

from __future__ import annotations

from storagelab.experiments.access import AccessOutcome
from storagelab.tracks import Track
from storagelab.units import (
    format_bandwidth,
    format_binary,
    format_bytes,
    format_count,
    format_money,
    format_share,
    format_time,
)

BINDING = {
    "compute": "the accelerators themselves",
    "latency": "the latency of each request: too few are outstanding",
    "iops": "the requests per second that the device answers",
    "bandwidth": "the bytes per second that the device moves",
}


def figures(track: Track, outcome: AccessOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    return {
        "dataset_size": format_bytes(track.dataset.size),
        "dataset_label": track.dataset.label,
        "samples": format_count(track.dataset.samples),
        "sample_size": format_bytes(track.dataset.sample_size),
        "demand": format_count(outcome.demand),
        "demand_bandwidth": format_bandwidth(outcome.demand * track.dataset.sample_size),
        "supply": format_count(outcome.supply),
        "bandwidth": format_bandwidth(outcome.bandwidth),
        "sequential_bandwidth": format_bandwidth(outcome.sequential_bandwidth),
        "iops_ceiling": format_count(outcome.ceilings["iops"]),
        "bandwidth_ceiling": format_count(outcome.ceilings["bandwidth"]),
        "queue_depth": format_count(outcome.settings.queue_depth),
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
        "cost": format_money(outcome.cost),
        "binding": BINDING[outcome.binding],
    }


def summary(track: Track, outcome: AccessOutcome) -> str:
    """Return what is seen now, in a few sentences."""
    says = figures(track, outcome)
    first = (
        f"Storage delivers {says['supply']} samples a second ({says['bandwidth']}) and the "
        f"accelerators take {says['demand']}: they compute {says['utilization']} of the time. "
        f"What binds is {says['binding']}. This order keeps {says['kept']} of what the device "
        f"moves at its best."
    )
    reach = (
        f" The shuffle moves a sample by {says['reach']} places on average, where a full one "
        f"moves it by {says['full_reach']}; the training asks for {says['reach_target']}."
    )
    if outcome.fill_time:
        reach += (
            f" Neighbours end up {says['separation']} apart, and the buffer fills for "
            f"{says['fill_time']} before the first batch."
        )
    return first + reach + f" It costs {says['cost']} a month, idle accelerators included."


def equation(track: Track, outcome: AccessOutcome) -> str:
    """Return the data-pipeline equation with the present numbers, as LaTeX."""
    settings, step = outcome.settings, outcome.steps
    io_time = step["open"] + step["wait"] + step["read"]
    share = format_share(outcome.utilization).replace("%", r"\%")
    return (
        r"\begin{aligned}"
        r"t_\text{I/O} &= t_\text{open} + t_\text{wait} + t_\text{read} = "
        rf"\text{{{format_time(step['open'])}}} + \text{{{format_time(step['wait'])}}} + "
        rf"\text{{{format_time(step['read'])}}} = \text{{{format_time(io_time)}}} \\"
        rf"&\quad\text{{at }} q = {settings.queue_depth:g} \text{{ and }} "
        rf"b = \text{{{format_binary(outcome.request_bytes)}}} \\"
        r"\text{utilisation} &= \frac{t_\text{compute}}{\max(t_\text{I/O},\ t_\text{compute})} = "
        rf"\frac{{\text{{{format_time(step['compute'])}}}}}"
        rf"{{\text{{{format_time(max(io_time, step['compute']))}}}}} = {share}"
        r"\end{aligned}"
    )
