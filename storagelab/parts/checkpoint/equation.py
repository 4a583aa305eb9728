"""The equation of part 3 with an outcome's numbers in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.equation import Equation, Symbol, boxed, struck, symbol, text
from storagelab.parts.formatting import (
    format_answer,
)
from storagelab.units import (
    format_share,
    format_time,
    significant,
)

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.tracks import Track


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
