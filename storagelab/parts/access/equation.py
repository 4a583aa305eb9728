"""The equation of part 1 with an outcome's numbers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.equation import Equation, boxed, share, struck, symbol, text
from storagelab.units import (
    format_share,
    format_time,
    time_unit,
)

if TYPE_CHECKING:
    from storagelab.parts.access.experiment import AccessOutcome
    from storagelab.tracks import Track


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
        rf"t_\text{{I/O}} &= {terms} \\ &= {values} = {text(format_time(io_time))} \\[1ex]"
        r"\text{utilisation} &= \frac{t_\text{compute}}{\max(t_\text{I/O},\ t_\text{compute})} "
        rf"\\[1ex] &= \frac{{{taken}}}{{\max\left({boxed(struck(io_time, scale, unit), starved)},\ "
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
        ),
    )
