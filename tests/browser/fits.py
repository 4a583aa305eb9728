"""What doesn't fit on a page: boxes with a scrollbar under them, and words broken in the middle."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from playwright.sync_api import TimeoutError as TooLate

SCROLLS = '[role="region"][tabindex="0"]'
"""The boxes that are meant to scroll: tables and equations may be wider than a screen.

They have a name and take the focus, so that they scroll by keyboard too.
"""

CROWDED = """([root, scrolls]) => [...document.querySelectorAll(root)].flatMap((frame) => {
  const edge = frame.getBoundingClientRect().right + 0.5;
  const clips = (item) => getComputedStyle(item).overflowX !== 'visible';
  return [frame, ...frame.querySelectorAll('*')]
    .filter((item) => item instanceof HTMLElement && item.clientWidth && item.checkVisibility()
      && !item.closest(scrolls) && !item.matches('input, select, option')
      && getComputedStyle(item).clipPath === 'none')
    .map((item) => [item, item.getBoundingClientRect()])
    .filter(([item, box]) => (clips(item) && item.scrollWidth > item.clientWidth)
      || box.right > edge)
    .map(([item, box]) => `${item.tagName} ${item.className}: ${item.scrollWidth} in `
      + `${item.clientWidth}, ${Math.round(box.right)} up to ${Math.round(edge)}`);
})
"""
BROKEN = r"""(root) => {
  const broken = [];
  for (const box of document.querySelectorAll(root)) {
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const item = node.parentElement;
      if (!item.checkVisibility() || item.closest('script, style, option, svg')
        || item.closest('.storagelab-folds')) continue;
      // a line may break behind a hyphen or a slash
      for (const match of node.data.matchAll(/[^\s\-–—/]+/g)) {
        const range = document.createRange();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        const tops = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
        if (tops.size > 1) broken.push(match[0]);
      }
    }
  }
  return broken;
}"""


def crowded(page: Any, root: str) -> list[str]:
    """Return the boxes in ``root``, a CSS selector, that don't fit.

    They have a scrollbar or hide something, or they reach beyond the right edge of ``root``.

    A figure takes a moment to follow a window that has become narrower, so they have one too.
    """
    asked = [root, SCROLLS]
    with suppress(TooLate):
        page.wait_for_function(f"(asked) => !({CROWDED})(asked).length", arg=asked, timeout=10_000)
    found: list[str] = page.evaluate(CROWDED, asked)
    return found


def broken_words(page: Any, root: str) -> list[str]:
    """Return the words in ``root``, a CSS selector, that begin on one line and end on another."""
    found: list[str] = page.evaluate(BROKEN, root)
    return found
