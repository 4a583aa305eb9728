"""How well what a page shows can be told from its ground, as WCAG 2 measures it."""

from __future__ import annotations

COLORS = """(selector) => [...document.querySelectorAll(selector)]
  .filter((item) => item.getClientRects().length && item.textContent.trim())
  .map((item) => {
    let ground = item;
    const painted = (one) => getComputedStyle(one).backgroundColor;
    const clear = (color) => color === 'rgba(0, 0, 0, 0)' || color === 'transparent';
    while (ground.parentElement && clear(painted(ground))) ground = ground.parentElement;
    const style = getComputedStyle(item);
    return {
      words: item.textContent.trim().slice(0, 40),
      color: item instanceof SVGElement ? style.fill : style.color,
      ground: clear(painted(ground)) ? painted(document.body) : painted(ground),
    };
  })"""
"""The colour and the ground of every element of a selector that has words."""


def luminance(color: str) -> float:
    """Return the relative luminance of a CSS ``rgb()``."""
    channels = [float(part) / 255 for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
