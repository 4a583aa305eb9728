"""A track's storage as a drawing: from the store by link and cache to the consumer.

It is plain SVG in the page's own text colour, so that it needs no script and can be read in a light
theme, in a dark theme and on paper. It shows what each stage could do by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

from storagelab.devices import load_device
from storagelab.parts import PARTS
from storagelab.parts.formatting import format_setting
from storagelab.tracks import Track
from storagelab.units import format_bandwidth, format_bytes, format_time

WIDTH, HALF, GAP = 340, 162, 30
"""Widths of the drawing and of each of two boxes side by side, and the gap between two boxes."""
TITLE_SIZE, LINE_SIZE, LEADING, PADDING = 15, 14, 20, 8

Stage = Literal["store", "link", "cache", "memory", "consumer"]


def stages(track: Track, device_at: Stage = "store") -> dict[Stage, list[str]]:
    """Return each stage's name and its numbers, as lines of text.

    ``device_at`` is the stage of the device on which the data lies, which gets its latency. Sizes
    and bandwidths are those of the baseline of part 2.
    """
    outcome, terms = PARTS["pipeline"].baseline(track), track.terms
    settings, link = outcome.settings, track.pipeline.control("link")
    lines: dict[Stage, list[str]] = {
        "store": [terms.store, f"{format_bytes(track.pass_size)} in {terms.warm}"],
        "link": [terms.link, format_setting(link, settings.link)],
        "cache": [terms.cache, format_bytes(settings.cache), format_bandwidth(settings.nvme)],
        "memory": [
            terms.memory,
            *([format_bytes(settings.memory)] if track.pipeline.has_control("memory") else []),
            f"filled at {format_bandwidth(outcome.warm.ceilings['prepare'])} at most",
        ],
        "consumer": [track.fed.label, f"demand: {format_bandwidth(outcome.demand)}"],
    }
    latency = format_time(load_device(track.access.later_home).latency)
    lines[device_at].append(f"first byte: {latency}")
    return lines


def hierarchy(track: Track, device_at: Stage = "store") -> str:
    """Return the drawing as SVG, with a title and a description in words.

    Link and cache stand side by side, because a byte takes one way or the other. The line into the
    cache is dashed, because how and when the cache is filled differs from track to track.
    """
    lines = stages(track, device_at)
    middle, top = WIDTH / 2, 1.0
    parts = [_box(1, top, WIDTH - 2, lines["store"])]
    top += _height(lines["store"])
    left, right = 1 + HALF / 2, WIDTH - 1 - HALF / 2
    parts += [_arrow(left, top), _arrow(right, top, dashed=True)]
    top += GAP
    height = max(_height(lines["link"]), _height(lines["cache"]))
    parts.append(_box(1, top, HALF, lines["link"], height))
    parts.append(_box(WIDTH - 1 - HALF, top, HALF, lines["cache"], height))
    top += height
    parts += [_arrow(left, top), _arrow(right, top)]
    top += GAP
    for stage in ("memory", "consumer"):
        if stage == "consumer":
            parts.append(_arrow(middle, top))
            top += GAP
        parts.append(_box(1, top, WIDTH - 2, lines[stage]))
        top += _height(lines[stage])
    name = f"hierarchy-{track.name}"
    return (
        f'<svg class="storagelab-hierarchy" viewBox="0 0 {WIDTH} {top + 1:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-words" xmlns="http://www.w3.org/2000/svg" '
        'style="width:100%;max-width:460px;color:inherit">'
        f'<title id="{name}-title">The storage hierarchy of the {escape(track.persona.name)}'
        f'</title><desc id="{name}-words">{escape(words(track, device_at))}</desc>'
        f"{''.join(parts)}</svg>"
    )


def words(track: Track, device_at: Stage = "store") -> str:
    """Return what the drawing shows, in words."""
    lines = {stage: _told(given) for stage, given in stages(track, device_at).items()}
    return (
        f"From the top: {lines['store']}. From there two ways lead on, side by side: "
        f"{lines['link']}; and {lines['cache']}. Both end in {lines['memory']}. "
        f"Last comes {lines['consumer']}."
    )


def _told(lines: Sequence[str]) -> str:
    return f"{lines[0]} ({', '.join(lines[1:])})"


def _height(lines: Sequence[str]) -> float:
    return 2 * PADDING + LEADING * len(lines)


def _box(
    left: float, top: float, width: float, lines: Sequence[str], height: float | None = None
) -> str:
    height = height or _height(lines)
    above = (height - _height(lines)) / 2
    middle = left + width / 2
    texts = [
        f'<text x="{middle:g}" y="{top + above + PADDING + LEADING * index + 15:g}" '
        f'font-size="{LINE_SIZE if index else TITLE_SIZE}" '
        f'font-weight="{"normal" if index else "bold"}" '
        f'text-anchor="middle" fill="currentColor">{escape(line)}</text>'
        for index, line in enumerate(lines)
    ]
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="4" '
        f'fill="currentColor" fill-opacity="0.05" stroke="currentColor" stroke-width="1.5"/>'
        f"{''.join(texts)}"
    )


def _arrow(x: float, top: float, dashed: bool = False) -> str:
    end = top + GAP
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M{x:g} {top:g} V{end - 8:g}" fill="none" stroke="currentColor" '
        f'stroke-width="2"{dashes}/>'
        f'<path d="M{x - 6:g} {end - 9:g} L{x:g} {end:g} L{x + 6:g} {end - 9:g} Z" '
        'fill="currentColor"/>'
    )
