"""axe-core finds nothing serious on any page of the book, in the light and the dark.

Labs are looked at where they are open anyway, in ``test_jupyterlab``. What the book's theme gets
wrong is listed with its reason; a reason that has gone has to go from the list too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pytest

from .axe import grave_findings
from .conftest import Traffic, new_page, wait_until_settled

LOOKS = (("light", 1280), ("dark", 1280), ("light", 360))
"""Theme and width: what is laid out otherwise on a telephone has the same colours there."""


@dataclass(frozen=True)
class Known:
    """A finding that isn't ours to mend: the rule, and a piece of the element it is about."""

    rule: str
    html: str
    since: str
    reason: str


KNOWN = (
    Known(
        "label-content-name-mismatch",
        "search-button-field",
        "2026-11-24",
        "pydata-sphinx-theme names the search button Search and shows the shortcut keys in it",
    ),
    Known(
        "label-content-name-mismatch",
        "theme-switch-button",
        "2026-11-24",
        "pydata-sphinx-theme names the button Color mode; the text in it is hidden in all but one",
    ),
    Known(
        "summary-name",
        "<summary>",
        "2026-11-24",
        "pydata-sphinx-theme's arrow that unfolds a chapter in the navigation has no name",
    ),
    Known(
        "aria-required-children",
        "citation-list",
        "2026-11-24",
        "docutils writes the bibliography as a list whose entries have roles of another kind",
    ),
)
found_known: dict[str, set[Known]] = defaultdict(set)
"""What of the list was met, by theme."""


def pages(folder):
    return sorted(path.stem for path in folder.glob("*.html"))


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_no_page_of_the_book_has_a_grave_finding(
    browser, book_folder, book_server, axe, theme, width
):
    names = pages(book_folder)
    assert {"index", "part1_access", "track_cloud_titan", "glossary", "search"} <= {*names}
    grave = []
    options = {
        "viewport": {"width": width, "height": 900},
        "color_scheme": theme,
        "reduced_motion": "reduce",
    }
    with new_page(browser, Traffic(), **options) as page:
        for name in names:
            page.goto(f"{book_server}/{name}.html", wait_until="load")
            if page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
                page.wait_for_selector(".storagelab-workbench", state="attached")
            if page.locator(".storagelab-workbench .bqplot, .bqplot").count():
                wait_until_settled(page)
            for item in grave_findings(page, axe, ["html"]):
                known = [
                    entry
                    for entry in KNOWN
                    if entry.rule == item["rule"] and entry.html in item["html"]
                ]
                found_known[f"{theme} {width}"].update(known)
                if not known:
                    grave.append((name, item))
    assert grave == []


def test_every_known_finding_is_still_found():
    """Runs behind the pages: what nobody finds any more must leave the list."""
    if len(found_known) < len(LOOKS):
        pytest.skip("the pages were not all looked at")
    assert set().union(*found_known.values()) == set(KNOWN)


def test_axe_sees_what_is_wrong(page, axe):
    page.set_content("<main><h1>Wrong</h1><p>A <button></button> with no name</p></main>")
    assert [item["rule"] for item in grave_findings(page, axe, ["html"])][:1] != []
