"""The equation of part 2 with an outcome's numbers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.equation import Equation, boxed, share, struck, symbol, text
from storagelab.parts.pipeline.words import binding_words
from storagelab.units import (
    format_bandwidth,
    format_count,
    format_share,
    format_time,
    time_unit,
)

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome
    from storagelab.tracks import Track


def equation(track: Track, outcome: PipelineOutcome) -> Equation:
    """Return the tiers' equation for a warm pass with the present numbers, the least one boxed."""
    settings, warm, terms = outcome.settings, outcome.warm, track.terms
    hits, misses = warm.hit_rate, 1 - warm.hit_rate
    link, cache = format_bandwidth(settings.link), format_bandwidth(settings.nvme)
    prepare = format_bandwidth(warm.ceilings["prepare"])
    candidates = {"prepare": text(prepare), "compute": text(format_bandwidth(outcome.demand))}
    if hits > 0:
        candidates = {"nvme": rf"\frac{{{text(cache)}}}{{{share(hits)}}}", **candidates}
    if misses > 0:
        candidates = {"link": rf"\frac{{{text(link)}}}{{{share(misses)}}}", **candidates}
    values = r",\ ".join(boxed(tex, name == warm.binding) for name, tex in candidates.items())
    computing = track.pass_size / outcome.demand
    scale, unit = time_unit(computing)
    pass_time, cold, later = (
        struck(time, scale, unit) for time in (computing, outcome.cold.time, warm.time)
    )
    again = outcome.epochs - 1
    first = outcome.cold.time > again * warm.time
    passes, rest = text(format_count(outcome.epochs)), text(format_count(again))
    tex = (
        r"\begin{aligned}"
        r"F &= \min\left(\frac{B_\text{link}}{1-h},\ \frac{B_\text{cache}}{h},\ "
        rf"F_\text{{prepare}},\ F_\text{{compute}}\right) = \min\left({values}\right) = "
        rf"{text(format_bandwidth(warm.rate))} \\[1ex]"
        r"\text{utilisation} &= "
        r"\frac{E \cdot t_\text{compute}}{T_\text{cold} + (E-1)\,T_\text{warm}} = "
        rf"\frac{{{passes} \cdot {pass_time}}}{{{boxed(cold, first)} + "
        rf"{boxed(rest + chr(92) + 'cdot ' + later, not first)}}} = {share(outcome.utilization)}"
        r"\end{aligned}"
    )
    holds = binding_words(track)[warm.binding]
    rate = format_bandwidth(warm.rate)
    words = f"The least of the ceilings dominates: {holds}, at {rate} in {terms.warm}. "
    longer = "the first pass, which fills the cache" if first else f"{terms.passes} after the first"
    if outcome.epochs > 1:
        words += f"Of the whole time, {longer} {'takes' if first else 'take'} the most."
    fed = track.fed
    return Equation(
        tex,
        words.strip(),
        (
            symbol("B_link", f"bandwidth of the {terms.link}", link, warm.binding == "link"),
            symbol("B_cache", f"bandwidth of the {terms.cache}", cache, warm.binding == "nvme"),
            symbol("h", f"share of the reads that the {terms.cache} serves", format_share(hits)),
            symbol(
                "F_prepare", f"what {terms.preparer} can do", prepare, warm.binding == "prepare"
            ),
            symbol(
                "F_compute",
                f"what {fed.name} {fed.verb('take')}",
                format_bandwidth(outcome.demand),
                warm.binding == "compute",
            ),
            symbol("F", f"what reaches {fed.name} in {terms.warm}", rate),
            symbol("E", f"number of {terms.passes}", format_count(outcome.epochs)),
            symbol(
                "t_compute",
                f"time of a pass if {fed.name} never {fed.verb('wait')}",
                format_time(computing),
            ),
            symbol("T_cold", "time of the first pass", format_time(outcome.cold.time), first),
            symbol("T_warm", "time of each later pass", format_time(warm.time), not first),
        ),
    )
