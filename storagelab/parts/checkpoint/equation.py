"""The equation of part 3 with an outcome's numbers in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.checkpoint.words import format_loss
from storagelab.parts.equation import Equation, Symbol, boxed, share, struck, symbol, text
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


def _interval(outcome: CheckpointOutcome) -> str:
    """Return the rule for the best interval with the present numbers, and not what it comes to."""
    way, mtbf = outcome.scheme, _seconds(outcome.mtbf)
    if way.kind == "near":
        arrives = _seconds(way.storm / way.every)
        weight = way.local_share + (1 - way.local_share) * way.every
        return (
            r"\tau_\text{opt} &= \sqrt{\frac{2\,(d + D/k)\,M}{\varphi + (1-\varphi)\,k}} "
            rf"\\ &= \sqrt{{\frac{{2 \cdot ({_seconds(way.stop)} + {arrives}) "
            rf"\cdot {mtbf}}}{{{text(significant(weight))}}}}}"
        )
    dump = way.stop if way.kind == "background" else outcome.dump_time
    rule = (
        r"\tau_\text{opt} &\approx \sqrt{2\,d\,M} = "
        rf"\sqrt{{2 \cdot {_seconds(dump)} \cdot {mtbf}}} "
        r"\quad\text{since } \sqrt{\text{s}\cdot\text{s}} = \text{s}"
    )
    if way.kind == "background":
        return rf"{rule} \\ \tau &\ge D = {_seconds(way.storm)}"
    return rf"{rule} \\[1ex] \tau_\text{{opt}} &= M\left[1 + W_0\left(-e^{{-1-d/M}}\right)\right]"


def _time(outcome: CheckpointOutcome, wall: str) -> str:
    """Return the law of the wall time with the present numbers."""
    way, interval, mtbf = outcome.scheme, outcome.settings.interval, outcome.mtbf
    restart = _ratio(way.restart_time, mtbf)
    if way.kind == "near":
        again = r"\left[\varphi + (1-\varphi)\,k\right]\frac{\tau}{2M}"
        return (
            rf"\frac{{T}}{{T_s}} - 1 &\approx \frac{{d + D/k}}{{\tau}} + {again} + "
            rf"\frac{{R}}{{M}} \\ R/M &= {restart}, \quad T = {wall}"
        )
    copied = r"e^{D/M}" if way.kind == "background" else ""
    copying = rf"e^{{{_ratio(way.storm, mtbf)}}} \cdot " if way.kind == "background" else ""
    return (
        rf"T &= M\,e^{{R/M}}{copied}\left(e^{{(\tau+d)/M}}-1\right)\frac{{T_s}}{{\tau}} \\"
        rf"&= {_seconds(mtbf)} \cdot e^{{{restart}}} \cdot {copying}"
        rf"\left(e^{{{_ratio(interval + outcome.dump_time, mtbf)}}}-1\right) "
        rf"{_ratio(outcome.solve_time, interval)} = {wall}"
    )


def equation(track: Track, outcome: CheckpointOutcome) -> Equation:
    """Return the best interval's rule and the wall time with the present numbers.

    The worst loss is boxed; what the rule comes to is left to the reader.
    """
    terms, worst = track.terms, _worst(outcome)
    wall = _wall(track, outcome)
    losses = " + ".join(
        boxed(_lost(track, outcome, name), name == worst) for name in ("dump", "lost", "restart")
    )
    whole = r"1 - T_s/T" if outcome.gone else "T - T_s"
    tex = (
        r"\begin{aligned}"
        rf"{_interval(outcome)} \\[1ex] {_time(outcome, wall)} \\[1ex]"
        rf"{whole} &= \text{{{terms.dumps}}} + \text{{lost work}} + \text{{restarts}} "
        rf"\\ &= {losses}"
        r"\end{aligned}"
    )
    return Equation(tex, _dominating(track, outcome), _symbols(track, outcome))


def _wall(track: Track, outcome: CheckpointOutcome) -> str:
    if not math.isfinite(outcome.wall_time):
        return text("no end at all")
    return text(format_time(outcome.wall_time))


def _lost(track: Track, outcome: CheckpointOutcome, name: str) -> str:
    """Return one of the losses as TeX, in the unit in which they are asked for."""
    loss = outcome.losses[name]
    if outcome.gone:
        return share(loss)
    return text(format_loss(track, loss))


def _dominating(track: Track, outcome: CheckpointOutcome) -> str:
    """Return which part of the waste is the largest, and how large the others are."""
    terms, worst = track.terms, _worst(outcome)
    apart = "R is in T and not in τ: it costs time, and leaves the best interval where it is."
    if not math.isfinite(outcome.wall_time):
        return (
            f"Lost work dominates without end: at this rate {terms.job} hardly ever gets through "
            f"an interval. {apart}"
        )
    names = {"dump": terms.dumps, "lost": "work that is lost", "restart": "restarts"}
    shares = {name: format_loss(track, outcome.losses[name]) for name in names}
    first, second = (name for name in names if name != worst)
    said, verb = names[worst], "dominates" if worst == "lost" else "dominate"
    return (
        f"{said[0].upper()}{said[1:]} {verb}: {shares[worst]}, against "
        f"{shares[first]} for {names[first]} and {shares[second]} for {names[second]}. {apart}"
    )


def _symbols(track: Track, outcome: CheckpointOutcome) -> tuple[Symbol, ...]:
    terms, way, worst = track.terms, outcome.scheme, _worst(outcome)

    def time(seconds: float) -> str:
        return format_time(seconds) if math.isfinite(seconds) else "without end"

    def lost(name: str) -> str:
        return format_loss(track, outcome.losses[name])

    lambert = [Symbol("W_0", "Lambert's function, upper branch", "a function", "")]
    stop = way.stop + way.storm if way.kind == "at_once" else way.stop
    found = [symbol("d", f"for which a {terms.dump} stops {terms.job}", time(stop))]
    if way.kind != "at_once":
        found.append(symbol("D", "until it has arrived at the shared storage", time(way.storm)))
    if way.kind == "near":
        found += [
            symbol("k", f"one {terms.dump} in so many goes there", str(way.every)),
            symbol("φ", "failures that spare what is kept near", format_share(way.local_share)),
        ]
    return (
        *found,
        symbol("M", f"mean time between failures of {terms.job}", time(outcome.mtbf)),
        symbol("R", "time of a restart", time(way.restart_time)),
        symbol("τ", f"work between two {terms.dumps}", time(outcome.settings.interval)),
        Symbol("τ_opt", "the τ that loses least", "yours to find", ""),
        *(lambert if way.kind == "at_once" else ()),
        symbol("T_s", "work without a failure", time(outcome.solve_time)),
        symbol("T", "expected time of it all", time(outcome.wall_time)),
        symbol(terms.dumps, f"lost to {terms.dumps}", lost("dump"), worst == "dump"),
        symbol("lost work", "lost to failures, or done again", lost("lost"), worst == "lost"),
        symbol("restarts", "lost to restarts", lost("restart"), worst == "restart"),
    )
