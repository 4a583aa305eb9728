"""Say what the book is: its version, its address, what each page is about, and how it is found.

Two things are known only to who publishes it, and absent where they aren't said: the address of the
book (``STORAGELAB_BOOK_ADDRESS``) and of its repository (``STORAGELAB_BOOK_REPOSITORY``). Both can
also be set in ``_config.yml``, as Jupyter Book describes it.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from docutils import nodes  # type: ignore[import-untyped]
from offline import HERE, ROOT, as_classic
from sphinx.application import Sphinx
from sphinx.config import Config

from storagelab import __version__

COVER = "_static/cover.png"
LONGEST = 200
"""Letters of a description; what is longer is cut where it is shown."""
BIBTEX = """\
```text
@misc{{storagelab,
  author = {{{{The storagelab authors}}}},
  title  = {{storagelab: Why storage starves the fleet}},
  year   = {{{year}}},
  note   = {{Version {version}}},
}}
```
"""
SUMMARY = re.compile(
    r'(<a class="[^"]*reference internal" href="[^"]*">(?P<title>[^<]+)</a><details[^>]*>)<summary>'
)
SEARCH_BUTTON = re.compile(r'(<button class="[^"]*search-button-field[^>]*) aria-label="Search"')
SEARCHTOOLS = '<script src="_static/searchtools.js"></script>'
# what isn't read out of a page for its words
NOT_WORDS = "script, style, svg, .math, .headerlink, .cell_input, mjx-container"


def built_from() -> tuple[str, str]:
    """Return the date of what the book is built from, as YYYY-MM-DD, and its commit or nothing."""
    done = subprocess.run(
        ["git", "log", "-1", "--format=%cs %h"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0 and done.stdout.strip():
        date, commit = done.stdout.split()
        return date, commit
    when = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    return time.strftime("%Y-%m-%d", time.gmtime(when)), ""


def configure(app: Sphinx, config: Config) -> None:
    """Set what depends on the version, the checkout and the environment."""
    date, commit = built_from()
    config.version = config.release = __version__
    dated = f"built from commit {commit} of {date}" if commit else f"built on {date}"
    said = {"version": __version__, "year": date[:4]}
    config.myst_substitutions.update(said, dated=dated, bibtex=BIBTEX.format(**said))
    config.html_theme_options["extra_footer"] = f"<p>Version {__version__}, {dated}</p>"
    address = os.environ.get("STORAGELAB_BOOK_ADDRESS")
    if address:
        config.html_baseurl = address.rstrip("/") + "/"
    repository = os.environ.get("STORAGELAB_BOOK_REPOSITORY")
    if repository:
        config.html_theme_options.update(
            repository_url=repository,
            repository_branch="main",
            path_to_docs="book",
            use_repository_button=True,
            use_source_button=True,
        )


def about(document: nodes.document) -> str:
    """Return the first words of a page, whole sentences where they are short enough."""
    for paragraph in document.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section):
            continue
        copy = paragraph.deepcopy()
        for formula in list(copy.findall(nodes.math)):
            formula.parent.remove(formula)
        words = " ".join(copy.astext().split())
        if len(words) <= LONGEST:
            return words
        whole = words[:LONGEST].rfind(". ") + 1
        return words[:whole] if whole else words[: words[:LONGEST].rfind(" ")] + " …"
    return ""


def add_tags(
    app: Sphinx, name: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Add a page's description, and what a link to it is shown as elsewhere."""
    title = html.unescape(re.sub(r"<[^>]+>", "", context.get("title", "")))
    project = app.config.html_title or app.config.project
    described = (about(document) if document is not None else "") or project
    tags = {
        "description": described,
        "og:type": "article" if name != app.config.root_doc else "website",
        "og:site_name": project,
        "og:title": title,
        "og:description": described,
    }
    if app.config.html_baseurl:
        tags["og:url"] = urljoin(app.config.html_baseurl, f"{name}.html")
        tags["og:image"] = urljoin(app.config.html_baseurl, COVER)
        tags["twitter:card"] = "summary_large_image"
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n    <meta {"property" if key.startswith("og:") else "name"}="{key}" '
        f'content="{html.escape(value)}" />'
        for key, value in tags.items()
    )


def named(page: str) -> str:
    """Return a page with names for what the theme and docutils leave nameless.

    The arrows that unfold a chapter get its title, and a bibliography's entries the role that its
    list has to have in it. The search button is called what stands on it, shortcut and all, so
    that who speaks to a computer can say what they see.
    """
    page = SEARCH_BUTTON.sub(r"\1", page)
    page = SUMMARY.sub(
        lambda found: f'{found[1]}<summary aria-label="Chapters below: {found["title"]}">', page
    )
    return page.replace('role="doc-biblioentry"', 'role="listitem"')


def words_of(page: str) -> str:
    """Return a page's words in its sections, without mathematics, as the search page shows them."""
    article = BeautifulSoup(page, "html.parser").select_one("article")
    if article is None:
        return ""
    for item in article.select(NOT_WORDS):
        item.decompose()
    for tag in article.find_all(True):
        if tag.name == "section":
            tag.attrs = {"id": str(tag.get("id") or "")}
        else:
            tag.insert_after(" ")
            tag.unwrap()
    return f'<main role="main">{" ".join(article.decode_contents().split())}</main>'


def identify(app: Sphinx, error: Exception | None) -> None:
    """Rewrite the pages, and write the words that the search page shows."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    words = {}
    for path in sorted(out.glob("*.html")):
        page = path.read_text(encoding="utf-8")
        if path.stem in app.env.found_docs:
            words[path.stem] = words_of(page)
        page = named(page)
        if path.stem == "search" and "search.js" not in page:
            asked = '<script src="vendor/search.js"></script>\n  '
            page = page.replace(SEARCHTOOLS, asked + SEARCHTOOLS)
        path.write_text(page, encoding="utf-8")
    last = f"window.fetch = answering({json.dumps(words)}, window.fetch.bind(window));"
    script = as_classic(HERE / "search.js", last)
    (out / "vendor" / "search.js").write_text(script, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps, the last of them between those that lighten and that draw."""
    app.connect("config-inited", configure)
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", identify, priority=560)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
