"""axe-core on a page: what it finds that is serious or critical."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

SCRIPT = "node_modules/axe-core/axe.min.js"
WITHOUT_HTML = "axe.configure({ noHtml: true });"
"""Else axe writes the HTML of each element on which a rule is tried, with all that is in it."""
THEMES = ("light", "dark")
GRAVE = ("serious", "critical")

RUN = """async (places) => {
  const found = await axe.run(places, {
    // no style sheet is asked for again: a page that is a file can't
    resultTypes: ['violations'], preload: false, elementRef: true,
  });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, impact: node.impact || rule.impact, html: node.element?.outerHTML.slice(0, 300),
    place: node.target.join(' '), why: node.failureSummary,
  })));
}"""


PAINTED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return !document.getAnimations().some((item) => item instanceof CSSTransition);
}"""


def await_painted(page: Page) -> None:
    """Wait until what was changed is painted, and no colour is on its way to another."""
    page.wait_for_function(PAINTED)


def grave_findings(page: Page, axe: str, places: list[str]) -> list[dict[str, Any]]:
    """Return what is serious or critical within ``places``, selectors, with all folds open."""
    page.evaluate(
        """(places) => document.querySelectorAll(places.map((place) => `${place} details`).join())
          .forEach((item) => { item.open = true; })""",
        places,
    )
    await_painted(page)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate(RUN, {"include": [[place] for place in places]})
    return [item for item in found if item["impact"] in GRAVE]
