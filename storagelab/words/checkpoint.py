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
    significant,
)
from storagelab.words.dress import format_answer, format_job_cost, format_setting
from storagelab.words.equation import Equation, Symbol, boxed, struck, symbol, text


def figures(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    part, settings = track.checkpoint, outcome.settings
    proposed = protect(track, replace(settings, interval=part.proposed_interval))
    present = protect(track, replace(settings, interval=part.present_interval))
    event = protect(track, replace(settings, node_mtbf=part.event_node_mtbf))
    node_mtbf = part.control("node_mtbf")
    return {
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


def _seconds(time: float) -> str:
    return rf"{text(significant(time))}\,\text{{s}}"


def _ratio(over: float, under: float) -> str:
    return rf"\frac{{{struck(over, 1, 's')}}}{{{struck(under, 1, 's')}}}"


def _worst(outcome: CheckpointOutcome) -> str:
    """Return which part of the waste is the largest: dump, lost or restart."""
    if not math.isfinite(outcome.wall_time):
        return "lost"
    return max(("dump", "lost", "restart"), key=lambda name: outcome.parts[name])


def equation(track: Track, outcome: CheckpointOutcome) -> Equation:
    """Return the best interval and the wall time with the present numbers, the worst loss boxed."""
    terms, part, interval = track.terms, track.checkpoint, outcome.settings.interval
    dump, mtbf, worst = outcome.dump_time, outcome.mtbf, _worst(outcome)
    wall = text(format_answer(part.answer, outcome.wall_time, digits=4))
    losses = " + ".join(
        boxed(text(format_answer(part.answer, outcome.parts[name])), name == worst)
        for name in ("dump", "lost", "restart")
    )
    tex = (
        r"\begin{aligned}"
        r"\tau_\text{Young} &= \sqrt{2\,d\,M} = "
        rf"\sqrt{{2 \cdot {_seconds(dump)} \cdot {_seconds(mtbf)}}} = {_seconds(outcome.young)} "
        r"\quad\text{since } \sqrt{\text{s}\cdot\text{s}} = \text{s} \\[1ex]"
        r"\tau_\text{opt} &= M\left[1 + W_0\left(-e^{-1-d/M}\right)\right] = "
        rf"{_seconds(outcome.optimum)} \\[1ex]"
        r"T &= M\,e^{R/M}\left(e^{(\tau+d)/M}-1\right)\frac{T_s}{\tau} \\"
        rf"&= {_seconds(mtbf)} \cdot e^{{{_ratio(outcome.restart_time, mtbf)}}}"
        rf"\left(e^{{{_ratio(interval + dump, mtbf)}}}-1\right) "
        rf"{_ratio(outcome.solve_time, interval)} = {wall} \\[1ex]"
        rf"T - T_s &= \text{{{terms.dumps}}} + \text{{lost work}} + \text{{restarts}} = {losses}"
        r"\end{aligned}"
    )
    return Equation(tex, _dominating(track, outcome), _symbols(track, outcome))


def _dominating(track: Track, outcome: CheckpointOutcome) -> str:
    """Return which part of the waste is the largest, and how large the others are."""
    terms, worst = track.terms, _worst(outcome)
    if not math.isfinite(outcome.wall_time):
        return (
            f"Lost work dominates without end: at this rate {terms.job} hardly ever gets through "
            "an interval."
        )
    names = {"dump": terms.dumps, "lost": "work that is lost and done again", "restart": "restarts"}
    shares = {name: format_share(outcome.parts[name] / outcome.solve_time) for name in names}
    first, second = (name for name in names if name != worst)
    said, verb = names[worst], "dominates" if worst == "lost" else "dominate"
    return (
        f"{said[0].upper()}{said[1:]} {verb}: {shares[worst]} of the work, against "
        f"{shares[first]} for {names[first]} and {shares[second]} for {names[second]}."
    )


def _symbols(track: Track, outcome: CheckpointOutcome) -> tuple[Symbol, ...]:
    terms, parts, worst = track.terms, outcome.parts, _worst(outcome)

    def time(seconds: float) -> str:
        return format_time(seconds) if math.isfinite(seconds) else "without end"

    return (
        symbol("d", f"time of a {terms.dump}", time(outcome.dump_time)),
        symbol("M", f"mean time between failures of {terms.job}", time(outcome.mtbf)),
        symbol("R", "time of a restart", time(outcome.restart_time)),
        symbol("τ", f"work between two {terms.dumps}", time(outcome.settings.interval)),
        symbol("T_s", "work without a failure", time(outcome.solve_time)),
        symbol("T", "expected time of it all", time(outcome.wall_time)),
        symbol("τ_Young", "best interval by Young's rule", time(outcome.young)),
        symbol("τ_opt", "best interval, exact", time(outcome.optimum)),
        symbol(terms.dumps, f"time spent on {terms.dumps}", time(parts["dump"]), worst == "dump"),
        symbol("lost work", "time of work done again", time(parts["lost"]), worst == "lost"),
        symbol("restarts", "time spent on restarts", time(parts["restart"]), worst == "restart"),
    )
