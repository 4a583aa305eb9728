"""The whole book as one PDF: the built pages one after the other, printed by Chromium.

Run as ``python book/pdf.py FOLDER FILE`` with the folder of the built book; ``book/_ext`` has to be
on the path. Figures and mathematics are those that are in the pages already, so that nothing is
loaded and nothing has to move. What links to another page leads to its place in the PDF.
"""

from __future__ import annotations

import re
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup, Tag
from stills import browser_options

ROOT = Path(__file__).resolve().parents[1]
CONTENTS = ROOT / "book" / "_toc.yml"
SCREEN_ONLY = (
    "script, template, .headerlink, .prev-next-area, .copybtn, .toggle-button, .storagelab-hands, "
    ".storagelab-still [inert], .storagelab-still .storagelab-narrow, .storagelab-tools"
)
"""What does something on a screen and nothing on paper."""
STYLE = Path(__file__).with_suffix(".css")
GLYPHS = "#MJX-SVG-global-cache"
FOOTER = """
<div style="width: 100%; font: 8px sans-serif; color: #555; text-align: center">
storagelab · <span class="pageNumber"></span></div>
"""


def chapters(entries: Any, depth: int = 0) -> list[tuple[str, int]]:
    """Return the pages below an entry of the table of contents, each with its depth."""
    found: list[tuple[str, int]] = []
    for entry in entries:
        if "file" in entry:
            found.append((entry["file"], depth))
        for inner in ("chapters", "sections"):
            found += chapters(entry.get(inner, []), depth + ("file" in entry))
    return found


def _renamed(article: Tag, page: str, pages: set[str]) -> None:
    """Give every name of a page the page's own before it, and let links lead to these."""
    own = {item["id"] for item in article.find_all(id=True)}
    for item in article.find_all(True):
        if "id" in item.attrs:
            item["id"] = f"{page}--{item['id']}"
        for name, value in list(item.attrs.items()):
            if not isinstance(value, str):
                continue
            if name in ("href", "xlink:href"):
                if not value.startswith("#") or value[1:] in own:
                    item[name] = _place(value, page, pages)
            elif "url(#" in value:
                item[name] = re.sub(r"url\((['\"]?)#", rf"url(\1#{page}--", value)


def _place(link: str, page: str, pages: set[str]) -> str:
    """Return where a link of a page leads in the PDF; other hosts stay what they are."""
    if link.startswith("#"):
        return f"#{page}--{link[1:]}" if link != "#" else f"#{page}"
    found = re.fullmatch(r"([\w-]+)\.html(?:#(.*))?", link)
    if found is None or found[1] not in pages:
        return link
    return f"#{found[1]}--{found[2]}" if found[2] else f"#{found[1]}"


def assembled(folder: Path) -> str:
    """Return all pages of a built book as one; ``FileNotFoundError`` where it isn't built."""
    listed = yaml.safe_load(CONTENTS.read_text(encoding="utf-8"))
    order = [(listed["root"], 0), *chapters(listed["parts"])]
    pages = {name for name, _ in order}
    first = BeautifulSoup((folder / f"{listed['root']}.html").read_text("utf-8"), "html.parser")
    links = [str(item) for item in first.find_all("link", rel="stylesheet")]
    styles: dict[str, None] = {}
    titles, texts = [], []
    glyphs: dict[str, str] = {}
    for name, depth in order:
        made = BeautifulSoup((folder / f"{name}.html").read_text("utf-8"), "html.parser")
        for style in made.find_all("style"):
            styles[str(style.string)] = None
        article = made.select_one("article.bd-article")
        if article is None:
            raise ValueError(f"{name}.html has no article")
        for item in article.select(SCREEN_ONLY):
            item.decompose()
        # the shapes of the mathematics' letters, which each page has once for all of its formulas
        glyphs |= {str(item["id"]): str(item) for item in made.select(f"{GLYPHS} [id]")}
        _renamed(article, name, pages)
        heading = article.find("h1")
        titles.append((name, depth, heading.get_text(" ", strip=True) if heading else name))
        texts.append(f'<section class="storagelab-chapter" id="{name}">{article}</section>')
    said = first.find("meta", attrs={"name": "description"})
    promise = str(said["content"]) if isinstance(said, Tag) else ""
    rows = "".join(
        f'<a class="{"storagelab-inner" if depth else ""}" href="#{name}">{escape(title)}</a>'
        for name, depth, title in titles
    )
    return (
        '<!doctype html><html lang="en" data-theme="light" data-mode="light"><head>'
        f'<meta charset="utf-8"><title>storagelab</title><base href="{folder.as_uri()}/">'
        f"{''.join(links)}<style>{chr(10).join(styles)}</style><style>{STYLE.read_text('utf-8')}</style></head><body>"
        f'<div class="storagelab-cover"><img src="_static/logo.svg" alt=""><h1>storagelab</h1>'
        f"<p>{escape(promise)}</p></div>"
        f'<nav class="storagelab-chapter storagelab-contents"><h2>Contents</h2>{rows}</nav>'
        f'<svg style="display: none"><defs>{"".join(glyphs.values())}</defs></svg>'
        f"{''.join(texts)}</body></html>"
    )


def main(folder: Path, target: Path) -> None:
    """Print the book in ``folder`` to ``target``."""
    if not (folder / "index.html").exists():
        sys.exit(f"There is no book in {folder}: run `make book` first.")
    options = browser_options()
    if options is None:
        sys.exit("The PDF is printed by Chromium, which wasn't found: see `make chromium`.")
    from playwright.sync_api import sync_playwright

    text = assembled(folder)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        whole = Path(place) / "book.html"
        whole.write_text(text, encoding="utf-8")
        browser = driver.chromium.launch(**options)
        page = browser.new_page()
        page.goto(whole.as_uri(), wait_until="load", timeout=300_000)
        page.pdf(
            path=target, prefer_css_page_size=True, print_background=True, outline=True,
            tagged=True, display_header_footer=True, header_template="<span></span>",
            footer_template=FOOTER,
        )  # fmt: skip
        browser.close()
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
