"""The equation of part 2 with an outcome's numbers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.equation import Equation, Symbol, boxed, share, struck, symbol, text
from storagelab.parts.formatting import format_answer
from storagelab.parts.pipeline.words import binding_words
from storagelab.units import (
    bandwidth_unit,
    format_bandwidth,
    format_bytes,
    format_count,
    format_share,
    format_time,
)

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome
    from storagelab.tracks import Track


def equation(track: Track, outcome: PipelineOutcome) -> Equation:
    """Return the tiers' equation for a warm pass with the present numbers, the least one boxed."""
    warm, part, fed = outcome.warm, track.pipeline, track.fed
    general, candidates, symbols = (_log if part.is_log else _tiers)(track, outcome)
    values = r",\ ".join(boxed(tex, name == warm.binding) for name, tex in candidates.items())
    scale, unit = bandwidth_unit(outcome.demand)
    got, asked = (struck(rate, scale, unit) for rate in (warm.rate, outcome.demand))
    lines = [
        rf"F &= \min\left({general}\right)",
        rf"&= \min\left({values}\right) = {text(format_bandwidth(warm.rate))}",
        rf"\frac{{F}}{{F_\text{{compute}}}} &= \frac{{{got}}}{{{asked}}} = "
        rf"{share(warm.rate / outcome.demand)}",
    ]
    words = (
        f"The least of the ceilings dominates: {binding_words(track)[warm.binding]}, at "
        f"{format_bandwidth(warm.rate)} in {track.terms.warm}."
    )
    if part.cold_start:
        lines.append(
            r"\text{utilisation} &= "
            r"\frac{E \cdot t_\text{compute}}{T_\text{cold} + (E-1)\,T_\text{warm}}"
        )
        words += " The last line is over the whole job: a recorded run puts its numbers in."
    computing = track.pass_size / track.pass_demand
    symbols += [
        symbol(
            "F_compute",
            f"what {fed.name} {fed.verb('take')}",
            format_bandwidth(outcome.demand),
            warm.binding == "compute",
        ),
        symbol("F", f"what reaches {fed.name} in {track.terms.warm}", format_bandwidth(warm.rate)),
    ]
    if part.cold_start:
        symbols += [
            symbol("E", f"number of {track.terms.passes}", format_count(outcome.epochs)),
            symbol(
                "t_compute",
                f"time of a pass if {fed.name} never {fed.verb('wait')}",
                format_time(computing),
            ),
            symbol("T_cold", "time of the first pass", format_time(outcome.cold.time)),
            symbol(
                "T_warm",
                f"time of {track.terms.warm}",
                format_answer(part.answer, outcome.warm.time),
            ),
        ]
    rows = r" \\[1ex]".join(lines)
    return Equation(rf"\begin{{aligned}}{rows}\end{{aligned}}", words, tuple(symbols))


def _tiers(track: Track, outcome: PipelineOutcome) -> tuple[str, dict[str, str], list[Symbol]]:
    """Return the terms in general, those with the present numbers, and what they mean."""
    settings, warm, terms = outcome.settings, outcome.warm, track.terms
    hits, held = warm.hit_rate, warm.memory_hit_rate
    misses = warm.flows["link"] / warm.rate
    link, cache = format_bandwidth(settings.link), format_bandwidth(settings.nvme)
    prepare = format_bandwidth(warm.ceilings["prepare"])
    candidates = {"prepare": text(prepare), "compute": text(format_bandwidth(outcome.demand))}
    if hits > 0:
        candidates = {"nvme": rf"\frac{{{text(cache)}}}{{{share(hits)}}}", **candidates}
    if misses > 0:
        candidates = {"link": rf"\frac{{{text(link)}}}{{{share(misses)}}}", **candidates}
    has_memory = track.pipeline.has_control("memory")
    passed = "1-h-m" if has_memory else "1-h"
    general = (
        rf"\frac{{B_\text{{link}}}}{{{passed}}},\ \frac{{B_\text{{cache}}}}{{h}},\ "
        r"F_\text{prepare},\ F_\text{compute}"
    )
    symbols = [
        symbol("B_link", f"bandwidth of the {terms.link}", link, warm.binding == "link"),
        symbol("B_cache", f"bandwidth of the {terms.cache}", cache, warm.binding == "nvme"),
        symbol("h", f"share of the reads that the {terms.cache} serves", format_share(hits)),
    ]
    if has_memory:
        symbols.append(
            symbol("m", f"share of the reads that the {terms.memory} serves", format_share(held))
        )
    symbols.append(
        symbol("F_prepare", f"what {terms.preparer} can do", prepare, warm.binding == "prepare")
    )
    return general, candidates, symbols


def _log(track: Track, outcome: PipelineOutcome) -> tuple[str, dict[str, str], list[Symbol]]:
    """Return the same of a log, which fills while the uplink works."""
    settings, warm, terms = outcome.settings, outcome.warm, track.terms
    duration = format_time(track.pass_size / track.pass_demand)
    room, link = format_bytes(settings.cache), format_bandwidth(settings.link)
    candidates = {name: text(format_bandwidth(warm.ceilings[name])) for name in warm.ceilings}
    candidates["link"] = rf"\frac{{{text(room)}}}{{{text(duration)}}} + {text(link)}"
    general = r"\frac{R}{T} + B_\text{link},\ F_\text{log},\ F_\text{prepare},\ F_\text{compute}"
    return general, candidates, [
        symbol("R", f"room in the {terms.cache}", room, warm.binding == "link"),
        symbol("T", f"time of {terms.warm}", duration),
        symbol("B_link", f"bandwidth of the {terms.link}", link),
        symbol(
            "F_log",
            f"what {terms.link} and {terms.cache} can take while something is logged, averaged "
            f"over {terms.warm}",
            format_bandwidth(warm.ceilings["nvme"]),
            warm.binding == "nvme",
        ),
        symbol(
            "F_prepare",
            f"what {terms.preparer} can do",
            format_bandwidth(warm.ceilings["prepare"]),
            warm.binding == "prepare",
        ),
    ]  # fmt: skip
